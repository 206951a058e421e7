//! The election as an onlooker sees it who hears every word and knows every clock: the rules S3 to
//! S9, S11 and S18 of docs/guarantees.md, apart from the code that keeps them.

use std::collections::BTreeMap;
use std::time::Duration;

use seafoam::proto::Time;
use seafoam::proto::election::{Answer, Ballot, Owner, Record, Verdict, majority};
use seafoam::proto::leadership::ElectionView;
use seafoam::proto::wire::Word;

/// Who, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) now: Time,
    /// By the node's own clock.
    pub(crate) local: Time,
    pub(crate) node: usize,
    /// Which process of it.
    pub(crate) run: u64,
}

/// A lighthouse as it was last seen.
#[derive(Clone, Copy, Debug)]
struct Seat {
    run: u64,
    configuration: u64,
    record: Option<Record>,
    /// When that process was first seen.
    began: Time,
}

/// What was heard and seen so far; of one world, so bounded by its length.
#[derive(Debug, Default)]
pub(crate) struct Onlooker {
    /// Which places, as bits, voted for a round, and which granted it.
    votes: BTreeMap<Ballot, u16>,
    grants: BTreeMap<Ballot, u16>,
    /// The latest round of each owner that it gave up.
    released: BTreeMap<Owner, u32>,
    seats: BTreeMap<usize, Seat>,
    /// The latest round of each owner by which it held a lease.
    held_by: BTreeMap<Owner, u32>,
    /// The highest term of which a process was told, of each scope.
    told: BTreeMap<(usize, u64, Option<u8>), u64>,
}

impl Onlooker {
    /// A node says a word to another one.
    pub(crate) fn hear(
        &mut self,
        at: Moment,
        view: &ElectionView,
        lease: Duration,
        word: &Word,
    ) -> Option<String> {
        match *word {
            Word::Vote { place, vote } => {
                if !vote.trial && matches!(vote.answer, Answer::Free { .. }) {
                    *self.votes.entry(vote.ballot).or_default() |= 1 << place;
                }
                self.silent(at, view, lease)
            }
            Word::Grant { place, grant, .. } => {
                if grant.verdict == Verdict::Granted {
                    *self.grants.entry(grant.ballot).or_default() |= 1 << place;
                }
                self.silent(at, view, lease)
            }
            Word::Claim(claim) => {
                let voted = self.votes.get(&claim.ballot).copied().unwrap_or_default();
                let count = voted.count_ones() as usize + own(view);
                (count < majority(view.voters)).then(|| {
                    format!("S9: a claim in {:?} with {count} votes", claim.ballot.counter)
                })
            }
            Word::Release { ballot, .. } => {
                let latest = self.released.entry(ballot.owner).or_default();
                *latest = ballot.counter.max(*latest);
                None
            }
            Word::Poll(_)
            | Word::Released { .. }
            | Word::Free(_)
            | Word::Handoff(_)
            | Word::TermAsk(_)
            | Word::TermTell { .. }
            | Word::ListAsk(_)
            | Word::ListTell { .. }
            | Word::ListSet { .. }
            | Word::ListNews { .. } => None,
        }
    }

    /// S5: a lighthouse that may have lost what it granted says nothing for as long as that may live.
    fn silent(&self, at: Moment, view: &ElectionView, lease: Duration) -> Option<String> {
        let began = self.seats.get(&at.node).filter(|seat| seat.run == at.run)?.began;
        let age = at.now.since(began);
        if age < lease {
            return Some(format!("S5: a word {age:?} after its start"));
        }
        let silent = view.seat.is_some_and(|seat| at.local < seat.silent_until);
        silent.then(|| "S5: a word in its silence".to_owned())
    }

    /// A node has handled something: what it keeps as a lighthouse follows from what was there.
    pub(crate) fn look(&mut self, at: Moment, view: &ElectionView) -> Option<String> {
        let Some(seat) = view.seat else {
            self.seats.remove(&at.node);
            return None;
        };
        let (configuration, record) = (view.configuration, seat.record);
        let Some(before) = self.seats.get(&at.node).copied().filter(|it| it.run == at.run) else {
            let began = at.now;
            self.seats.insert(at.node, Seat { run: at.run, configuration, record, began });
            return None;
        };
        self.seats.insert(at.node, Seat { configuration, record, ..before });
        let forgot = at.local < seat.silent_until || configuration != before.configuration;
        let lived = before.record.filter(|record| !forgot && at.local < record.until)?;
        let (counter, owner) = (lived.ballot.counter, lived.ballot.owner);
        // What it releases of its own it does not say to others.
        let gave_up = owner == view.owner
            || self.released.get(&owner).is_some_and(|latest| *latest >= counter);
        match record {
            None if !gave_up => Some(format!("S7: round {counter} was cleared, not released")),
            Some(new) if new.ballot.owner != owner && !gave_up => {
                Some(format!("S4: round {counter} was replaced by one of another owner"))
            }
            Some(new) if new.ballot.owner == owner && new.ballot.counter < counter => {
                Some(format!("S7: round {counter} was replaced by an earlier one"))
            }
            _ => None,
        }
    }

    /// A node begins to lead, or leads for longer. `holders` are lighthouses that hold its record for
    /// at least so long, or have lost all records and are silent, or are down.
    pub(crate) fn lead(&mut self, view: &ElectionView, holders: usize) -> Option<String> {
        let quorum = majority(view.voters);
        if holders < quorum {
            return Some(format!("S3: {holders} of {} hold its lease", view.voters));
        }
        let own = own(view);
        if own >= quorum {
            return None; // what a node says to itself is not heard
        }
        let used = self.held_by.get(&view.owner).copied().unwrap_or_default();
        let granted = |(ballot, places): (&Ballot, &u16)| {
            let count = places.count_ones() as usize + own;
            let fits = ballot.owner == view.owner && ballot.counter > used && count >= quorum;
            fits.then_some(ballot.counter)
        };
        let Some(round) = self.grants.iter().filter_map(granted).max() else {
            return Some(format!("S6, S8: no round after {used} has {quorum} grants"));
        };
        self.held_by.insert(view.owner, round);
        None
    }

    /// A process is told who leads; S18: never of a term below one that it was told of.
    pub(crate) fn tell(&mut self, at: Moment, scope: Option<u8>, term: u64) -> Option<String> {
        let highest = self.told.entry((at.node, at.run, scope)).or_default();
        if term < *highest {
            return Some(format!("S18: told of term {term} after {highest}"));
        }
        *highest = term;
        None
    }
}

/// Its own vote or grant, which nobody hears: 1 for a lighthouse.
fn own(view: &ElectionView) -> usize {
    usize::from(view.seat.is_some())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use seafoam::proto::election::{Claim, Grant, Vote};
    use seafoam::proto::leadership::SeatView;

    use super::*;

    const LEASE: Duration = Duration::from_secs(3);
    const OWNER: Owner = Owner { generation: 1, run: 2, name: 3 };
    const OTHER: Owner = Owner { generation: 1, run: 2, name: 4 };

    fn at(seconds: u64) -> Moment {
        let now = Time::ZERO + Duration::from_secs(seconds);
        Moment { now, local: now, node: 0, run: 1 }
    }

    fn view(record: Option<(Owner, u32)>) -> ElectionView {
        let record = record.map(|(owner, counter)| Record {
            ballot: Ballot { counter, owner },
            term: 7,
            until: Time::ZERO + Duration::from_secs(100),
        });
        let seat = Some(SeatView { silent_until: Time::ZERO + LEASE, record });
        ElectionView { owner: OWNER, configuration: 1, scope: 255, voters: 3, may_lead: true, seat }
    }

    fn voter() -> ElectionView {
        ElectionView { owner: Owner::default(), ..view(None) }
    }

    fn vote(place: u8, counter: u32, trial: bool) -> Word {
        let ballot = Ballot { counter, owner: OWNER };
        let answer = Answer::Free { own: None };
        Word::Vote { place, vote: Vote { ballot, trial, answer, term: 0, term_is_yours: false } }
    }

    fn grant(place: u8, counter: u32) -> Word {
        let ballot = Ballot { counter, owner: OWNER };
        Word::Grant { place, grant: Grant { ballot, verdict: Verdict::Granted }, durable: true }
    }

    fn claim(counter: u32) -> Word {
        Word::Claim(Claim { ballot: Ballot { counter, owner: OWNER }, term: 7 })
    }

    fn release(owner: Owner, counter: u32) -> Word {
        Word::Release { ballot: Ballot { counter, owner }, successor: 0 }
    }

    /// Whether what was said begins with the rule's name.
    fn is(what: Option<String>, rule: &str) -> bool {
        what.is_some_and(|what| what.starts_with(rule))
    }

    #[test]
    fn a_word_in_silence_is_found() {
        let mut onlooker = Onlooker::default();
        assert_eq!(onlooker.look(at(0), &view(None)), None);
        assert!(is(onlooker.hear(at(2), &view(None), LEASE, &vote(0, 1, false)), "S5"));
        assert!(is(onlooker.hear(at(2), &view(None), LEASE, &grant(0, 1)), "S5"));
        assert_eq!(onlooker.hear(at(3), &view(None), LEASE, &vote(0, 1, false)), None);
        let mut held_up = view(None);
        held_up.seat.as_mut().unwrap().silent_until = at(9).local;
        assert!(is(onlooker.hear(at(8), &held_up, LEASE, &grant(0, 1)), "S5"));
    }

    #[test]
    fn a_claim_needs_votes_of_two_places_in_that_round() {
        let mut onlooker = Onlooker::default();
        let candidate = ElectionView { seat: None, ..view(None) };
        for word in [vote(1, 5, false), vote(1, 5, false), vote(2, 5, true), vote(2, 4, false)] {
            assert_eq!(onlooker.hear(at(9), &voter(), LEASE, &word), None);
        }
        assert!(is(onlooker.hear(at(9), &candidate, LEASE, &claim(5)), "S9"));
        assert_eq!(onlooker.hear(at(9), &view(None), LEASE, &claim(5)), None, "its own vote");
        onlooker.hear(at(9), &voter(), LEASE, &vote(0, 5, false));
        assert_eq!(onlooker.hear(at(9), &candidate, LEASE, &claim(5)), None);
    }

    #[test]
    fn a_record_goes_by_its_owners_release_alone() {
        let look = |released: Option<Word>, next: Option<(Owner, u32)>| {
            let mut onlooker = Onlooker::default();
            assert_eq!(onlooker.look(at(10), &view(Some((OTHER, 5)))), None);
            released.map(|word| onlooker.hear(at(11), &voter(), LEASE, &word));
            onlooker.look(at(12), &view(next))
        };
        assert!(is(look(None, None), "S7"));
        assert!(is(look(None, Some((OWNER, 6))), "S4"));
        assert!(is(look(Some(release(OTHER, 4)), None), "S7"), "an earlier round");
        assert!(is(look(Some(release(OWNER, 9)), None), "S7"), "another owner");
        assert!(is(look(None, Some((OTHER, 4))), "S7"));
        assert_eq!(look(Some(release(OTHER, 5)), None), None);
        assert_eq!(look(Some(release(OTHER, 5)), Some((OWNER, 6))), None);
        assert_eq!(look(None, Some((OTHER, 6))), None);
    }

    #[test]
    fn a_lease_needs_holders_and_grants_of_a_later_round() {
        let mut onlooker = Onlooker::default();
        let leader = ElectionView { seat: None, ..view(None) };
        for word in [grant(0, 5), grant(0, 5), grant(1, 4)] {
            onlooker.hear(at(9), &voter(), LEASE, &word);
        }
        assert!(is(onlooker.lead(&leader, 1), "S3"));
        assert!(is(onlooker.lead(&leader, 2), "S6"));
        onlooker.hear(at(9), &voter(), LEASE, &grant(2, 5));
        assert_eq!(onlooker.lead(&leader, 2), None);
        assert!(is(onlooker.lead(&leader, 2), "S6, S8"), "the same round again");
    }

    #[test]
    fn a_lower_term_told_is_found() {
        let mut onlooker = Onlooker::default();
        assert_eq!(onlooker.tell(at(1), None, 5), None);
        assert_eq!(onlooker.tell(at(1), Some(3), 4), None, "of another scope");
        assert_eq!(onlooker.tell(Moment { run: 2, ..at(1) }, None, 4), None, "of another process");
        assert_eq!(onlooker.tell(at(2), None, 5), None);
        assert!(is(onlooker.tell(at(3), None, 4), "S18"));
    }
}
