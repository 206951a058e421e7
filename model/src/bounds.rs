//! How far a model goes, and which rules it breaks.

use std::time::Duration;

use seafoam::proto::election::{Flaws, Timing};

/// One step of the model's clock. Clocks that differ enter by the spans alone: the worst case is
/// that a lease, a record and a silence take equally long.
pub const TICK: Duration = Duration::from_micros(1);

/// One model: its size, its bounds, its spans, its flaws.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// What it is called in reports.
    pub name: &'static str,
    /// Lighthouses, 1 to 4. There are two candidates.
    pub lighthouses: u8,
    /// Ballots altogether.
    pub ballots: u8,
    /// Counters that the second candidate has used before: so that it need not lose a round to learn
    /// them.
    pub head_start: u8,
    /// Leases given up.
    pub releases: u8,
    /// Restarts of candidates.
    pub candidate_restarts: u8,
    /// Restarts of lighthouses.
    pub lighthouse_restarts: u8,
    /// Grants that are lost, or stay in a lighthouse's memory.
    pub lost_grants: u8,
    /// Lease, record and silence in ticks.
    pub spans: (u32, u32, u32),
    /// Whether lighthouses keep their floor on disk. Where not, `wall_ticks` bounds the time.
    pub durable: bool,
    /// Where nothing is on disk: how many ticks the wall clock goes, which is the floor then.
    pub wall_ticks: Option<u8>,
    /// Whether polls of rounds that are over still arrive, and votes are lost after the promise:
    /// nothing but promises comes of either.
    pub late_polls: bool,
    /// Whether clocks are so far off that only the token is promised.
    pub broken_clocks: bool,
    /// The lists of lighthouses, one after the other; none where there is one for ever.
    pub change: Option<Change>,
    /// Whether every state with a healthy leader must let it renew.
    pub renewal: bool,
    /// Which rules are broken.
    pub flaws: Flaws,
}

/// How the list changes while all run: one list after the other, node by node, each at its time.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    /// The lists in their order, as bits.
    pub lists: &'static [u8],
    /// The lighthouses that may change, as bits; the others stay with the first list.
    pub sites: u8,
    /// The candidates that may.
    pub nodes: u8,
    /// The next list comes only once every lighthouse of the present one works by it.
    pub one_by_one: bool,
    /// Who was in the list before asks the others for the highest term, after its silence.
    pub asks_again: bool,
    /// Who was not in the list before asks, too.
    pub newcomer_asks: bool,
    /// A lighthouse tells others the highest term before the new list is on its disk.
    pub answers_early: bool,
}

impl Change {
    /// Everybody changes, by the rules.
    #[must_use]
    pub const fn right(lists: &'static [u8]) -> Self {
        Self {
            lists,
            sites: 0b1111,
            nodes: 0b11,
            one_by_one: true,
            asks_again: true,
            newcomer_asks: true,
            answers_early: false,
        }
    }
}

impl Bounds {
    /// The rules as they are: 2 candidates, 3 lighthouses, 3 ballots, a restart on each side.
    #[must_use]
    pub fn right(name: &'static str) -> Self {
        Self {
            name,
            lighthouses: 3,
            ballots: 3,
            head_start: 0,
            releases: 1,
            candidate_restarts: 1,
            lighthouse_restarts: 1,
            lost_grants: 1,
            spans: (2, 2, 2),
            durable: true,
            wall_ticks: None,
            late_polls: false,
            broken_clocks: false,
            change: None,
            renewal: false,
            flaws: Flaws::default(),
        }
    }

    /// The spans as the rules take them.
    #[must_use]
    pub fn timing(&self) -> Timing {
        let (lease, record, silence) = self.spans;
        let guard = Duration::ZERO; // it only takes away from what the leader may do
        Timing { lease: TICK * lease, record: TICK * record, silence: TICK * silence, guard }
    }
}
