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

words! {
    /// What the kernel of a silent node's host did with a TCP connection.
    Hint {
        None = 0, "none", "No connection was tried, or its outcome is not known yet.";
        Silent = 1, "silent", "Nothing came back: the host is dead, or the network is cut.";
        Hung = 2, "hung", "It was accepted: the process is paused, or its datagrams are lost.";
        Gone = 3, "gone", "It was refused: the process is gone.";
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
    /// Names of the members that failed to reach it, in the order in which they were heard here:
    /// the first 16.
    pub witnesses: Vec<Arc<str>>,
    /// Whether this node's own ping failed since the suspicion began.
    pub own_ping_failed: bool,
    /// This node's own health score when asked: 0 is healthy, 8 the worst.
    pub own_health: u32,
    /// Who began the suspicion, as heard here; empty where there was none.
    pub accuser: Arc<str>,
    /// Milliseconds since the suspicion began here, also of a node that is dead by now; 0 where
    /// there was none.
    pub suspected_millis: u64,
    /// Milliseconds since anything came from the node itself, also through a helper.
    pub heard_millis: u64,
    /// What each of `witnesses` found out about the node's host, in their order.
    pub witness_hints: Vec<Hint>,
    /// Milliseconds since each of `witnesses` was first heard here, in their order.
    pub witness_millis: Vec<u64>,
    /// What a TCP connection of this node's own to the node's host told.
    pub own_hint: Hint,
    /// Names of the helpers of this node's last probe that could not reach the node either, and
    /// said so.
    pub helpers_failed: Vec<Arc<str>>,
    /// Names of those that said nothing in time.
    pub helpers_silent: Vec<Arc<str>>,
}

/// The fields of a [`Why`]: name and shape. New ones are appended.
pub const WHY_FIELDS: &[(&str, &str)] = &[
    ("node", "Node"),
    ("since_millis", "u64"),
    ("source", "text"),
    ("witnesses", "list of text"),
    ("own_ping_failed", "bool"),
    ("own_health", "u32"),
    ("accuser", "text"),
    ("suspected_millis", "u64"),
    ("heard_millis", "u64"),
    ("witness_hints", "list of Hint"),
    ("witness_millis", "list of u64"),
    ("own_hint", "Hint"),
    ("helpers_failed", "list of text"),
    ("helpers_silent", "list of text"),
];
