//! How far a node trusts itself (Lifeguard, local health multiplier; section IV-A).

/// The worst score.
const WORST: u32 = 8;

/// A score from 0 (healthy) to 8: timeouts are multiplied by it plus one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Awareness {
    score: u32,
}

impl Awareness {
    /// Something speaks for a fault of this node's own.
    pub(super) fn worse(&mut self) {
        self.score = (self.score + 1).min(WORST);
    }

    /// A probe was answered.
    pub(super) fn better(&mut self) {
        self.score = self.score.saturating_sub(1);
    }

    pub(super) const fn score(self) -> u32 {
        self.score
    }

    /// What timeouts are multiplied by.
    pub(super) const fn factor(self) -> u32 {
        self.score + 1
    }
}
