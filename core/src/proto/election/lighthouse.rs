//! What a lighthouse promises, grants and refuses.

use super::ballot::{Ballot, Owner};
use super::flaws::Flaws;
use super::messages::{Answer, Claim, Grant, Poll, Verdict, Vote};
use super::timing::Timing;
use crate::proto::time::Time;

/// Who may lead, as this lighthouse granted it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Record {
    /// The round that it was granted to.
    pub ballot: Ballot,
    /// The term of the claim.
    pub term: u64,
    /// It lives before this moment.
    pub until: Time,
}

/// The highest term that was claimed, and by whom: what must outlive a restart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Floor {
    /// The term; 0 before the first.
    pub term: u64,
    /// None where it is not known: then nobody may claim that term again.
    pub owner: Option<Owner>,
}

/// What becomes of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// To be answered.
    Answer(Grant),
    /// To be answered once [`Lighthouse::persisted`] was told that this floor is on disk.
    Write(Floor),
}

/// The state of one lighthouse. All of it but the floor is lost with the process, which is why a
/// lighthouse begins in silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lighthouse {
    promised: Ballot,
    record: Option<Record>,
    silent_until: Time,
    floor: Floor,
    /// What is on disk; none where nothing is kept.
    kept: Option<Floor>,
}

impl Lighthouse {
    /// A lighthouse that begins, or begins again: silent, for it may have granted what it does not
    /// know any more. `kept` is what its disk holds, none where it has none.
    #[must_use]
    pub fn begin(now: Time, timing: &Timing, kept: Option<Floor>) -> Self {
        Self {
            promised: Ballot::default(),
            record: None,
            silent_until: now + timing.silence,
            floor: kept.unwrap_or_default(),
            kept,
        }
    }

    /// This process was held up, perhaps for longer than it can tell: its own clock is not to be
    /// trusted for what it granted before. The floor stays: it does not depend on time.
    pub fn distrust(&mut self, now: Time, timing: &Timing) {
        self.promised = Ballot::default();
        self.record = None;
        self.silent_until = self.silent_until.max(now + timing.silence);
    }

    /// Whether it answers neither polls nor claims nor releases.
    #[must_use]
    pub fn is_silent(&self, now: Time) -> bool {
        now < self.silent_until
    }

    /// When the silence ends.
    #[must_use]
    pub const fn silent_until(&self) -> Time {
        self.silent_until
    }

    /// The record that lives.
    #[must_use]
    pub fn live(&self, now: Time) -> Option<Record> {
        self.record.filter(|record| now < record.until)
    }

    /// The highest term.
    #[must_use]
    pub const fn floor(&self) -> Floor {
        self.floor
    }

    /// Its file was lost, and others told what it must have held at least. Only before it answers
    /// anything.
    pub fn recover(&mut self, floor: Floor) {
        self.floor = floor;
    }

    /// What is on disk.
    #[must_use]
    pub const fn kept(&self) -> Option<Floor> {
        self.kept
    }

    /// The answer to a poll; none in silence.
    ///
    /// A live record of another owner is answered before the promise is looked at, so that no
    /// candidate can move anything while somebody leads. An equal ballot votes again: the first
    /// vote may be lost.
    pub fn poll(&mut self, now: Time, poll: &Poll, flaws: Flaws) -> Option<Vote> {
        if self.is_silent(now) {
            return None;
        }
        let asker = poll.ballot.owner;
        let live = self.live(now);
        let foreign = live.filter(|record| record.ballot.owner != asker);
        let answer = match foreign.filter(|_| !flaws.poll_ignores_foreign()) {
            Some(record) => {
                Answer::Held { owner: record.ballot.owner, remaining: record.until.since(now) }
            }
            None if !poll.trial && poll.ballot < self.promised => {
                Answer::Rejected { promised: self.promised.counter }
            }
            None => {
                if !poll.trial {
                    self.promised = poll.ballot;
                }
                let own = live.filter(|record| record.ballot.owner == asker);
                Answer::Free { own: own.map(|record| record.ballot.counter) }
            }
        };
        Some(Vote {
            ballot: poll.ballot,
            trial: poll.trial,
            answer,
            term: self.floor.term,
            term_is_yours: self.floor.owner == Some(asker),
        })
    }

    /// What becomes of a claim; none in silence. The record stands at once, in memory: were it set
    /// only after the write, it could replace another's that came meanwhile.
    pub fn claim(
        &mut self,
        now: Time,
        claim: &Claim,
        timing: &Timing,
        flaws: Flaws,
    ) -> Option<Ruling> {
        if self.is_silent(now) {
            return None;
        }
        let Claim { ballot, term } = *claim;
        let owner = ballot.owner;
        let foreign = self.live(now).is_some_and(|record| record.ballot.owner != owner);
        let taken = self.floor.owner != Some(owner) && !flaws.equal_term_of_anybody();
        let low = term < self.floor.term || (term == self.floor.term && taken);
        let refused = (foreign && !flaws.claim_replaces_foreign())
            || (ballot < self.promised && !flaws.claim_ignores_promise())
            || (low && !flaws.claim_ignores_term());
        if refused {
            let verdict =
                Verdict::Refused { promised: self.promised.counter, term: self.floor.term };
            return Some(Ruling::Answer(Grant { ballot, verdict }));
        }
        self.promised = self.promised.max(ballot);
        self.record = Some(Record { ballot, term, until: now + timing.record });
        if term > self.floor.term {
            self.floor = Floor { term, owner: Some(owner) };
        }
        let on_disk = self.kept.is_none_or(|kept| kept.term >= self.floor.term);
        Some(if on_disk || flaws.grant_before_disk() {
            Ruling::Answer(Grant { ballot, verdict: Verdict::Granted })
        } else {
            Ruling::Write(self.floor)
        })
    }

    /// This floor is on disk now: the grant that waited for it, where its record still lives.
    pub fn persisted(&mut self, now: Time, floor: Floor) -> Option<Grant> {
        let kept = self.kept.as_mut()?;
        *kept = floor.max(*kept);
        let on_disk = kept.term >= self.floor.term;
        let record = self.live(now).filter(|_| on_disk && !self.is_silent(now))?;
        Some(Grant { ballot: record.ballot, verdict: Verdict::Granted })
    }

    /// Clears a record of this owner's that is no newer than this ballot, and promises that no claim of
    /// an older one counts that comes late. A record of a later round stays, whoever says otherwise.
    /// None in silence, otherwise whether it did.
    pub fn release(&mut self, now: Time, ballot: Ballot, flaws: Flaws) -> Option<bool> {
        if self.is_silent(now) {
            return None;
        }
        let live = self.live(now);
        let covers = |record: Record| {
            let older = record.ballot <= ballot || flaws.release_by_owner();
            record.ballot.owner == ballot.owner && older
        };
        let cleared = live.is_some_and(covers);
        if cleared {
            self.record = None;
        }
        if cleared || live.is_none() {
            self.promised = self.promised.max(ballot);
        }
        Some(cleared)
    }
}

/// Time passes by moving every moment towards a fixed "now": so that states that differ by the hour
/// alone are one.
#[cfg(feature = "model")]
impl Lighthouse {
    /// The same state, one step of `by` later, as seen from `now`.
    pub fn age(&mut self, now: Time, by: std::time::Duration) {
        let earlier = |moment: Time| (moment - by).max(now);
        self.silent_until = earlier(self.silent_until);
        if let Some(record) = &mut self.record {
            record.until = earlier(record.until);
        }
        self.record = self.live(now);
    }
}
