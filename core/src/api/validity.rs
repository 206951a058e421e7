//! Validity and leadership as a host sees them.

use std::fmt;
use std::sync::Arc;

use super::node::Node;
use super::words::words;

words! {
    /// Whether this side of a partition may act.
    ValidityState {
        Fallback = 0, "fallback", "Plain membership: no lighthouse is configured or learned, or `fallback` is set.";
        Forming = 1, "forming", "Not enough lighthouses were seen yet.";
        Valid = 2, "valid", "Enough lighthouses are included.";
        Invalid = 3, "invalid", "Too few lighthouses are included.";
    }
}

words! {
    /// Where the list of lighthouses comes from.
    ValidityBasis {
        Listed = 0, "listed", "The configured list, the same on every node.";
        Learned = 1, "learned", "Flags of nodes that were seen; good for validity, not for elections.";
    }
}

words! {
    /// How far a lease's term can be trusted to rise after a loss of all state.
    TermQuality {
        Durable = 0, "durable", "The term floor is kept on disk.";
        ClockFloor = 1, "clock_floor", "The term floor comes from the wall clock: weaker.";
    }
}

/// Whether this side may act, and what is missing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Validity {
    /// The verdict.
    pub state: ValidityState,
    /// Where the list of lighthouses comes from.
    pub basis: ValidityBasis,
    /// Names of the lighthouses that are included now.
    pub seen: Vec<Arc<str>>,
    /// How many must be included.
    pub needed: u32,
    /// Names of those that are not.
    pub missing: Vec<Arc<str>>,
}

impl Validity {
    /// Plain membership.
    #[must_use]
    pub const fn fallback() -> Self {
        Self {
            state: ValidityState::Fallback,
            basis: ValidityBasis::Listed,
            seen: Vec::new(),
            needed: 0,
            missing: Vec::new(),
        }
    }
}

/// One sentence for people: the verdict, and who is missing.
impl fmt::Display for Validity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.state == ValidityState::Fallback {
            return f.write_str("fallback: plain membership, without lighthouses");
        }
        let count = self.seen.len() + self.missing.len();
        let Self { state, needed, seen, missing, .. } = self;
        write!(f, "{state}: {} of {count} lighthouses are included, {needed} needed", seen.len())?;
        for (what, names) in [("included", seen), ("missing", missing)] {
            if !names.is_empty() {
                write!(f, "; {what}: {}", names.join(", "))?;
            }
        }
        Ok(())
    }
}

/// The leader's time-bounded right to lead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lease {
    /// Fencing token: strictly rising from tenure to tenure.
    pub term: u64,
    /// Milliseconds that are left of it, by this node's clock.
    pub remaining_millis: u64,
    /// How far the term can be trusted.
    pub term_quality: TermQuality,
}

/// Why a node is suspected or dead, as this process knows it.
#[derive(Clone, PartialEq, Debug)]
pub struct Why {
    /// The node.
    pub node: Arc<Node>,
    /// Milliseconds since its status changed here.
    pub since_millis: u64,
    /// Who stated it first.
    pub source: Arc<str>,
    /// Names of the members that failed to reach it, as far as they are known.
    pub witnesses: Vec<Arc<str>>,
    /// Whether this node's own ping failed since the suspicion began.
    pub own_ping_failed: bool,
    /// This node's own health score when asked: 0 is healthy, 8 the worst.
    pub own_health: u32,
}
