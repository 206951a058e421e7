//! One state of the world: nodes, what is under way between them, and what an onlooker knows.

use seafoam::proto::Time;
use seafoam::proto::election::{Ballot, Candidate, Claim, Floor, Lighthouse, Owner, Poll};

use crate::bounds::{Bounds, TICK};
use crate::small::Few;

/// "Now", always: what lies ahead comes nearer instead, so that states that differ by the hour alone
/// are one.
pub const NOW: Time = Time(1_000_000);

/// What must never happen, seen by an onlooker who knows everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// Two nodes lead at one instant (S1).
    TwoLeaders,
    /// Two tenures have one term (S2, S14).
    TermUsedTwice,
    /// A later tenure has a lower term (S2).
    TermFell,
    /// A lighthouse replaced a live record of another owner (S4).
    RecordReplaced,
    /// A release cleared what it does not name (S7).
    WrongRelease,
    /// A lease was stretched by something else than a majority of grants (S8).
    Stretched,
    /// A claim went out without the votes of a majority (S9).
    ClaimedWithoutMajority,
    /// A healthy leader cannot renew.
    LockedOut,
}

/// One candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    /// Its rules and what they hold.
    pub candidate: Candidate,
    /// Which run of the process.
    pub run: u8,
    /// The term of its present tenure.
    pub tenure: Option<u64>,
    /// Which list it works by, from 0.
    pub version: u8,
}

/// One lighthouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site {
    /// Its rules and what they hold.
    pub lighthouse: Lighthouse,
    /// Which list it works by, from 0.
    pub version: u8,
    /// Whether that list is on its disk.
    pub written: bool,
    /// Whether it knows the highest term, too: from then on it votes.
    pub settled: bool,
}

/// Everything. What was sent once may arrive at any later time, any number of times, or never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The candidates.
    pub nodes: [Node; 2],
    /// The lighthouses.
    pub sites: Few<Site, 4>,
    /// Polls under way, with the list that they were sent by.
    pub polls: Few<(Poll, u8), 4>,
    /// Claims under way.
    pub claims: Few<(Claim, u8), 4>,
    /// Releases under way.
    pub releases: Few<Ballot, 4>,
    /// How much of the bounds is left: ballots, releases, restarts of either side, lost grants.
    pub left: [u8; 5],
    /// The wall clock, where it matters.
    pub wall: u8,
    /// Terms that were led in, as bits from the term `base`.
    pub spent: Few<u64, 5>,
    /// What went wrong.
    pub fault: Option<Fault>,
}

/// The owner of one run of one candidate.
#[must_use]
pub fn owner(place: usize, run: u8) -> Owner {
    Owner { generation: u64::from(run), run: place as u64, name: place as u64 }
}

impl State {
    /// Nobody leads, nothing is under way, and the lighthouses begin in silence.
    #[must_use]
    pub fn first(bounds: &Bounds) -> Self {
        let count = members(bounds, 0).count_ones() as u8;
        let node = |place| Node {
            candidate: Candidate::new(owner(place, 0), count),
            run: 0,
            tenure: None,
            version: 0,
        };
        let mut second = node(1);
        for _ in 0..bounds.head_start {
            second.candidate.poll(NOW, &bounds.timing());
        }
        second.candidate.step_down(); // from the round
        let kept = bounds.durable.then(Floor::default);
        let mut timing = bounds.timing();
        timing.silence = std::time::Duration::ZERO; // what came before the first start is nothing
        let lighthouse = Lighthouse::begin(NOW, &timing, kept);
        let site = Site { lighthouse, version: 0, written: true, settled: true };
        Self {
            nodes: [node(0), second],
            sites: std::iter::repeat_n(site, usize::from(bounds.lighthouses)).collect(),
            polls: Few::default(),
            claims: Few::default(),
            releases: Few::default(),
            left: [
                bounds.ballots,
                bounds.releases,
                bounds.candidate_restarts,
                bounds.lighthouse_restarts,
                bounds.lost_grants,
            ],
            wall: 0,
            spent: Few::default(),
            fault: None,
        }
    }

    /// How many lead now.
    #[must_use]
    pub fn leaders(&self, bounds: &Bounds) -> usize {
        let timing = bounds.timing();
        self.nodes.iter().filter(|node| node.candidate.leads(NOW, &timing).is_some()).count()
    }

    /// A tick of everybody's clock.
    pub fn tick(&mut self, bounds: &Bounds) {
        let timing = bounds.timing();
        for node in &mut self.nodes {
            node.candidate.age(NOW, TICK);
            if node.candidate.leads(NOW, &timing).is_none() {
                node.tenure = None;
            }
        }
        for site in self.sites.iter_mut() {
            site.lighthouse.age(NOW, TICK);
        }
        self.wall += u8::from(bounds.wall_ticks.is_some());
    }

    /// Drops what can matter no more, and brings lighthouses that differ by their place alone into
    /// one order.
    pub fn normalise(&mut self, bounds: &Bounds) {
        for node in &mut self.nodes {
            node.candidate.forget_waits();
        }
        if !bounds.late_polls {
            let open = self.nodes.map(|node| node.candidate.round(NOW));
            self.polls.retain(|(poll, _)| {
                open.iter().flatten().any(|(other, claim)| other == poll && claim.is_none())
            });
        }
        // What every lighthouse refuses, and releases of what no lighthouse can hold any more.
        let sites = self.sites;
        let refused = |claim: &Claim| {
            let below = |site: &Site| site.lighthouse.kept().is_some_and(|k| k.term > claim.term);
            !bounds.flaws.claim_ignores_term && sites.iter().all(below)
        };
        self.claims.retain(|(claim, _)| !refused(claim));
        let claims = self.claims;
        let held = |ballot: Ballot| {
            let covers = |older: Ballot| older.owner == ballot.owner && older <= ballot;
            let mut records = sites.iter().filter_map(|site| site.lighthouse.live(NOW));
            records.any(|record| covers(record.ballot))
                || claims.iter().any(|(claim, _)| covers(claim.ballot))
        };
        self.releases.retain(|ballot| bounds.flaws.release_by_owner || held(*ballot));
        if bounds.change.is_some() {
            return; // their places are in the lists
        }
        let bits = |place: usize| {
            let place = u8::try_from(place).unwrap_or(u8::MAX);
            [self.nodes[0].candidate.bits_of(place), self.nodes[1].candidate.bits_of(place)]
        };
        let count = self.sites.len();
        let mut places = [0, 1, 2, 3];
        let order = &mut places[..count];
        order.sort_unstable_by(|a, b| {
            let key = |place: usize| (bits(place), self.sites[place]);
            key(*a).cmp(&key(*b))
        });
        if order.iter().enumerate().any(|(new, old)| new != *old) {
            self.sites = order.iter().map(|old| self.sites[*old]).collect();
            for node in &mut self.nodes {
                node.candidate.reorder(order);
            }
        }
    }

    /// What an onlooker sees of a lease that was just granted to the candidate at `place`.
    pub fn note_lease(&mut self, bounds: &Bounds, place: usize, term: u64) {
        let Some(node) = self.nodes.get_mut(place) else { return };
        if node.tenure == Some(term) {
            return;
        }
        node.tenure = Some(term);
        let highest = self.spent.iter().max().copied().unwrap_or(0);
        if !self.spent.insert(term) {
            self.fault = Some(Fault::TermUsedTwice);
        } else if term < highest && !bounds.broken_clocks {
            self.fault = Some(Fault::TermFell);
        }
    }
}

/// Who is in a list, as bits.
#[must_use]
pub fn members(bounds: &Bounds, version: u8) -> u8 {
    let listed = |change: crate::Change| change.lists.get(usize::from(version)).copied();
    bounds.change.and_then(listed).unwrap_or((1 << bounds.lighthouses) - 1)
}

/// The place in its list of the lighthouse `site`.
#[must_use]
pub fn place_in_list(bounds: &Bounds, version: u8, site: usize) -> Option<u8> {
    let list = members(bounds, version);
    let bit = 1_u8 << site;
    (list & bit != 0).then(|| (list & (bit - 1)).count_ones() as u8)
}
