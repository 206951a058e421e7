//! The models that are explored: the rules in several sizes, and each rule broken.

use crate::bounds::{Bounds, Change};
use crate::state::Fault;
use crate::{Flaws, state};

/// A model, and what must come of it.
#[derive(Clone, Debug)]
pub struct Case {
    /// The model.
    pub bounds: Bounds,
    /// The faults of which one must be found; none where nothing may go wrong.
    pub expected: &'static [state::Fault],
}

const TWO: &[Fault] = &[Fault::TwoLeaders];
const TWICE: &[Fault] = &[Fault::TermUsedTwice];
const TERM: &[Fault] = &[Fault::TermUsedTwice, Fault::TermFell];
const LOCKED: &[Fault] = &[Fault::LockedOut];

fn right(bounds: Bounds) -> Case {
    Case { bounds, expected: &[] }
}

fn none() -> Flaws {
    Flaws::default()
}

/// The rules as they ship, in sizes that take seconds.
#[must_use]
pub fn rules() -> Vec<Case> {
    let small = |name| Bounds { ballots: 2, ..Bounds::right(name) };
    vec![
        right(Bounds { renewal: true, ..small("two ballots, a restart on each side") }),
        right(Bounds {
            candidate_restarts: 0,
            lighthouse_restarts: 0,
            lost_grants: 0,
            ..Bounds::right("three ballots, no restart")
        }),
        right(Bounds { lighthouses: 1, ballots: 3, ..Bounds::right("one lighthouse") }),
        right(Bounds { lighthouses: 2, candidate_restarts: 0, ..small("two lighthouses") }),
        right(Bounds {
            broken_clocks: true,
            spans: (2, 1, 0),
            candidate_restarts: 0,
            ..small("broken clocks: the token alone")
        }),
        right(Bounds {
            durable: false,
            wall_ticks: Some(4),
            candidate_restarts: 0,
            lighthouse_restarts: 2,
            lost_grants: 0,
            ..small("no disk, the clock as floor")
        }),
        with_restart(&changing("one is added, then the first one removed", &[1, 0b11, 0b10], 2)),
        changing("a third one is added", &[0b011, 0b111], 3),
        changing("one of three is removed", &[0b111, 0b110], 3),
    ]
}

/// The list changes by the rules, with two rounds and no restart.
fn changing(name: &'static str, lists: &'static [u8], lighthouses: u8) -> Case {
    right(Bounds {
        lighthouses,
        change: Some(Change::right(lists)),
        ballots: 2,
        releases: 0,
        candidate_restarts: 0,
        lighthouse_restarts: 0,
        lost_grants: 0,
        ..Bounds::right(name)
    })
}

/// The same with the restart of a lighthouse, which may fall back to the list before as long as the
/// present one is not on its disk.
fn with_restart(case: &Case) -> Case {
    let bounds = Bounds { lighthouse_restarts: 1, ..case.bounds.clone() };
    Case { bounds, expected: case.expected }
}

/// The rules as they ship, in sizes that take minutes and gigabytes.
#[must_use]
pub fn rules_at_length() -> Vec<Case> {
    vec![
        changing("one of three is removed, then another", &[0b111, 0b110, 0b100], 3),
        changing("a third is added, then the first removed", &[0b011, 0b111, 0b110], 3),
        with_restart(&changing("a third is added, with a restart", &[0b011, 0b111], 3)),
        changing("one is added to three", &[0b0111, 0b1111], 4),
        right(Bounds { late_polls: true, ballots: 2, ..Bounds::right("two ballots, late polls") }),
        right(Bounds { lost_grants: 0, ..Bounds::right("three ballots, a restart on each side") }),
        right(Bounds {
            lighthouses: 4,
            ballots: 2,
            ..Bounds::right("four lighthouses, two ballots")
        }),
        right(Bounds {
            lighthouses: 2,
            ballots: 4,
            candidate_restarts: 0,
            lost_grants: 0,
            ..Bounds::right("two lighthouses, four ballots")
        }),
    ]
}

/// The rules broken: each must be found out.
#[must_use]
pub fn broken() -> Vec<Case> {
    let plain = |name, ballots| Bounds {
        ballots,
        releases: 0,
        candidate_restarts: 0,
        lighthouse_restarts: 0,
        lost_grants: 0,
        ..Bounds::right(name)
    };
    let case = |bounds, expected| Case { bounds, expected };
    let mut cases = vec![
        case(Bounds { spans: (2, 1, 2), ..plain("a record shorter than the lease", 2) }, TWO),
        case(Bounds { spans: (2, 2, 0), lighthouse_restarts: 1, ..plain("no silence", 2) }, TWO),
        case(
            Bounds { spans: (2, 2, 1), lighthouse_restarts: 1, ..plain("a short silence", 2) },
            TWO,
        ),
    ];
    let flawed = |name, ballots, flaws| Bounds { flaws, ..plain(name, ballots) };
    cases.extend([
        case(flawed("lease from the grants", 2, Flaws { lease_from_grants: true, ..none() }), TWO),
        case(
            flawed(
                "a live foreign record is nothing",
                2,
                Flaws { poll_ignores_foreign: true, claim_replaces_foreign: true, ..none() },
            ),
            TWO,
        ),
        case(
            Bounds {
                releases: 1,
                head_start: 2,
                ..flawed(
                    "release matches the owner only",
                    3,
                    Flaws { release_by_owner: true, ..none() },
                )
            },
            TWO,
        ),
        case(
            flawed("votes by message", 2, Flaws { votes_by_message: true, ..none() }),
            &[Fault::ClaimedWithoutMajority],
        ),
        case(
            flawed("grants by message", 2, Flaws { grants_by_message: true, ..none() }),
            &[Fault::TwoLeaders, Fault::TermUsedTwice],
        ),
    ]);
    cases.extend(broken_terms());
    cases.extend(broken_changes());
    cases.extend(broken_liveness());
    cases
}

fn broken_terms() -> Vec<Case> {
    let quiet = |name| Bounds {
        ballots: 2,
        releases: 0,
        candidate_restarts: 0,
        lighthouse_restarts: 0,
        lost_grants: 0,
        ..Bounds::right(name)
    };
    let case = |bounds, expected| Case { bounds, expected };
    vec![
        case(
            Bounds {
                durable: false,
                lighthouse_restarts: 2,
                ..quiet("no disk and no clock under the term")
            },
            TERM,
        ),
        case(
            Bounds {
                lighthouse_restarts: 2,
                flaws: Flaws { grant_before_disk: true, ..none() },
                lost_grants: 1,
                ..quiet("granted before it is on disk")
            },
            TERM,
        ),
        case(
            Bounds {
                broken_clocks: true,
                spans: (2, 1, 0),
                lighthouse_restarts: 1,
                flaws: Flaws { equal_term_of_anybody: true, ..none() },
                ..quiet("an equal term of anybody")
            },
            TWICE,
        ),
        case(
            Bounds {
                flaws: Flaws { renewal_after_the_end: true, ..none() },
                ..quiet("a renewal after the end")
            },
            TWICE,
        ),
    ]
}

fn broken_changes() -> Vec<Case> {
    let case = |name, lighthouses, change| Case {
        bounds: Bounds {
            lighthouses,
            change: Some(change),
            ballots: 2,
            releases: 0,
            candidate_restarts: 0,
            lighthouse_restarts: 0,
            lost_grants: 0,
            ..Bounds::right(name)
        },
        expected: &[Fault::TwoLeaders, Fault::TermUsedTwice, Fault::TermFell],
    };
    let right = Change::right;
    // Where a newcomer asks, it hears of that fault: the rule must hold by itself.
    let swap = Change {
        sites: 0b1010,
        nodes: 0b10,
        asks_again: false,
        newcomer_asks: false,
        ..right(&[0b0111, 0b1011])
    };
    let moved = right(&[0b01, 0b11, 0b10]);
    vec![
        case("a lighthouse is swapped for another", 4, swap),
        case(
            "a change begins before the last one is over",
            2,
            Change { one_by_one: false, ..moved },
        ),
        case("a newcomer votes without asking", 2, Change { newcomer_asks: false, ..moved }),
        with_restart(&case(
            "the term is told before the list is on disk",
            2,
            Change { answers_early: true, ..moved },
        )),
        case(
            "nobody asks again after a change",
            3,
            Change {
                sites: 0b110,
                nodes: 0b10,
                asks_again: false,
                ..right(&[0b111, 0b110, 0b100])
            },
        ),
    ]
}

fn broken_liveness() -> Vec<Case> {
    let quiet = |name, flaws| Bounds {
        ballots: 3,
        releases: 0,
        candidate_restarts: 0,
        lighthouse_restarts: 0,
        lost_grants: 1,
        renewal: true,
        flaws,
        ..Bounds::right(name)
    };
    let case = |bounds, expected| Case { bounds, expected };
    vec![
        case(
            quiet(
                "a renewal counts the exact ballot only",
                Flaws { renewal_of_exact_ballot: true, ..none() },
            ),
            LOCKED,
        ),
        case(
            quiet("a renewal keeps its term", Flaws { renewal_keeps_term: true, ..none() }),
            LOCKED,
        ),
    ]
}

/// Broken rules whose way to a fault is long.
#[must_use]
pub fn broken_at_length() -> Vec<Case> {
    vec![
        Case {
            bounds: Bounds {
                ballots: 4,
                releases: 1,
                candidate_restarts: 0,
                lighthouse_restarts: 0,
                lost_grants: 0,
                flaws: Flaws { claim_ignores_promise: true, claim_ignores_term: true, ..none() },
                ..Bounds::right("claims without regard to promise and term")
            },
            expected: &[Fault::TwoLeaders, Fault::TermUsedTwice, Fault::TermFell],
        },
        Case {
            bounds: Bounds {
                ballots: 4,
                candidate_restarts: 0,
                lost_grants: 0,
                flaws: Flaws { claim_replaces_foreign: true, ..none() },
                ..Bounds::right("a claim replaces a live foreign record")
            },
            expected: &[Fault::TwoLeaders, Fault::TermFell],
        },
    ]
}
