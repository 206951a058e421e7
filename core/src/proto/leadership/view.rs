//! What whoever checks the election from outside may look at.

use super::super::election::{Owner, Record};
use super::super::engine::Engine;
use super::super::time::Time;

/// A node's part in the election at a moment: for simulators and tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ElectionView {
    /// Whose rounds its own are.
    pub owner: Owner,
    /// Digest of what it votes and stands by.
    pub configuration: u64,
    /// Whose leader it is about: a datacenter, or 255 for the whole cluster.
    pub scope: u8,
    /// Lighthouses of its list.
    pub voters: usize,
    /// Whether it may lead: VALID by its list, and eligible.
    pub may_lead: bool,
    /// As a lighthouse; none where it is none.
    pub seat: Option<SeatView>,
}

/// A lighthouse at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeatView {
    /// Until when it is silent.
    pub silent_until: Time,
    /// Whom it granted what lives.
    pub record: Option<Record>,
}

impl Engine {
    /// This node's part in the election; none where it takes none.
    #[must_use]
    pub fn election_view(&self, now: Time) -> Option<ElectionView> {
        let all = self.leadership.as_ref()?;
        let seat = all.seat.as_ref().map(|seat| SeatView {
            silent_until: seat.lighthouse.silent_until(),
            record: seat.lighthouse.live(now),
        });
        Some(ElectionView {
            owner: self.owner_of_self(),
            configuration: all.configuration,
            scope: all.scope,
            voters: all.voters.len(),
            may_lead: self.is_valid() && self.settings.leader_eligible,
            seat,
        })
    }
}
