//! What a candidate asks for, counts, and holds.

use std::time::Duration;

use super::ballot::{Ballot, Owner};
use super::flaws::Flaws;
use super::majority;
use super::messages::{Answer, Claim, Grant, Poll, Verdict, Vote};
use super::timing::Timing;
use crate::proto::time::Time;

/// A counter that somebody reports may raise the own one by so much at most: one bad packet does
/// not use the counters up.
const COUNTER_JUMP: u32 = 1 << 16;
/// The same for terms: a year of milliseconds, times 16.
const TERM_JUMP: u64 = 16 * 366 * 24 * 3_600_000;

/// What a candidate does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing.
    Wait,
    /// A majority would vote: stand, by [`Candidate::poll`].
    Stand,
    /// A majority voted: this goes to every lighthouse.
    Claim(Claim),
    /// It leads, in a term of its own.
    Elected {
        /// The term.
        term: u64,
    },
    /// It goes on to lead; the term differs from that before where another used it meanwhile.
    Renewed {
        /// The term.
        term: u64,
    },
    /// This round came to nothing. An older lease runs on.
    Abandoned {
        /// How long another's record lives, where that was the reason.
        held: Option<Duration>,
    },
}

/// The lease that a majority granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Lease {
    ballot: Ballot,
    term: u64,
    until: Time,
}

/// One round. Lighthouses are bits, by their place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Round {
    ballot: Ballot,
    /// Fixed before the first poll went out: nothing that comes later can stretch it.
    deadline: Time,
    trial: bool,
    /// The lease that this round renews.
    base: Option<Ballot>,
    votes: u16,
    /// The term that was claimed, once a majority voted.
    claimed: Option<u64>,
    grants: u16,
    rejections: u16,
    /// The highest term of the votes, and whether it was another's.
    term: u64,
    foreign_term: bool,
    /// When the last of the others' records is over that were told of. A moment, not a span: the
    /// round may stay open for long after the answer.
    held: Option<Time>,
    /// Only for a flaw: messages instead of lighthouses.
    messages: u16,
}

/// The state of one candidate, and of the leader that it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Candidate {
    me: Owner,
    /// How many lighthouses there are.
    lighthouses: u8,
    /// The highest counter used or seen.
    counter: u32,
    /// The highest term claimed or seen.
    term: u64,
    round: Option<Round>,
    lease: Option<Lease>,
}

impl Candidate {
    /// A candidate that holds nothing. There are 1 to 15 lighthouses.
    #[must_use]
    pub const fn new(me: Owner, lighthouses: u8) -> Self {
        Self { me, lighthouses, counter: 0, term: 0, round: None, lease: None }
    }

    /// Whose candidate it is.
    #[must_use]
    pub const fn owner(&self) -> Owner {
        self.me
    }

    /// The term that it leads in at this moment, and when that ends, the guard taken off. Whoever
    /// needs the truth compares with the clock at the moment of need.
    #[must_use]
    pub fn leads(&self, now: Time, timing: &Timing) -> Option<(u64, Time)> {
        self.active(now, timing).map(|lease| (lease.term, lease.until - timing.guard))
    }

    fn active(&self, now: Time, timing: &Timing) -> Option<Lease> {
        self.lease.filter(|lease| now < lease.until - timing.guard)
    }

    /// When the lease ends in which it led, the guard taken off; also where that is over.
    #[must_use]
    pub fn led_until(&self, timing: &Timing) -> Option<Time> {
        self.lease.map(|lease| lease.until - timing.guard)
    }

    /// The round that is open: its ballot, and whether it is a trial and whether it is claimed.
    #[must_use]
    pub fn round(&self, now: Time) -> Option<(Poll, Option<Claim>)> {
        let round = self.round.filter(|round| now < round.deadline)?;
        let claim = round.claimed.map(|term| Claim { ballot: round.ballot, term });
        Some((Poll { ballot: round.ballot, trial: round.trial }, claim))
    }

    /// The lighthouses whose answer the open round still lacks, as bits.
    #[must_use]
    pub fn silent(&self) -> u16 {
        let all = (1_u16 << self.lighthouses) - 1;
        self.round.map_or(0, |round| {
            let heard = if round.claimed.is_some() { round.grants } else { round.votes };
            all & !heard & !round.rejections
        })
    }

    /// When the open round ends.
    #[must_use]
    pub fn round_ends(&self) -> Option<Time> {
        self.round.map(|round| round.deadline)
    }

    /// Somebody leads in this term: an own claim must be higher.
    pub fn learn_term(&mut self, term: u64) {
        self.term = self.term.max(term.min(self.term.saturating_add(TERM_JUMP)));
    }

    /// Asks whether a majority would vote, without changing anything anywhere.
    pub fn try_out(&mut self, now: Time, timing: &Timing) -> Poll {
        self.open(now, timing, true)
    }

    /// Opens a round with a fresh ballot: it renews the own lease where one is active.
    pub fn poll(&mut self, now: Time, timing: &Timing) -> Poll {
        self.open(now, timing, false)
    }

    fn open(&mut self, now: Time, timing: &Timing, trial: bool) -> Poll {
        self.counter = self.counter.saturating_add(1);
        let ballot = Ballot { counter: self.counter, owner: self.me };
        self.round = Some(Round {
            ballot,
            deadline: now + timing.lease,
            trial,
            base: self.active(now, timing).map(|lease| lease.ballot),
            votes: 0,
            claimed: None,
            grants: 0,
            rejections: 0,
            term: 0,
            foreign_term: false,
            held: None,
            messages: 0,
        });
        Poll { ballot, trial }
    }

    /// A vote came from the lighthouse at this place of the list. `wall_term` is the clock's floor
    /// under a new term.
    pub fn vote(
        &mut self,
        now: Time,
        place: u8,
        vote: &Vote,
        wall_term: u64,
        timing: &Timing,
        flaws: Flaws,
    ) -> Next {
        let active = self.active(now, timing);
        let Some(bit) = self.bit(place) else { return Next::Wait };
        let Some(round) = self.round.as_mut().filter(|round| {
            let same = round.ballot == vote.ballot && round.trial == vote.trial;
            same && round.claimed.is_none() && now < round.deadline
        }) else {
            return Next::Wait;
        };
        // What a lighthouse knows counts even where it does not vote.
        if vote.term > round.term {
            (round.term, round.foreign_term) = (vote.term, !vote.term_is_yours);
        } else if vote.term == round.term {
            round.foreign_term |= !vote.term_is_yours;
        }
        let renews = round.base.filter(|_| active.is_some());
        let counts = match vote.answer {
            Answer::Free { own: None } => true,
            Answer::Free { own: Some(counter) } => renews
                .is_some_and(|base| base.counter == counter || !flaws.renewal_of_exact_ballot()),
            Answer::Held { remaining, .. } => {
                round.held = round.held.max(Some(now + remaining));
                false
            }
            Answer::Rejected { promised } => {
                self.counter = learn(self.counter, promised);
                false
            }
        };
        if !counts {
            round.rejections |= bit & !round.votes;
            return self.give_up(now);
        }
        round.rejections &= !bit;
        round.votes |= bit;
        let count = if flaws.votes_by_message() {
            round.messages += 1;
            u32::from(round.messages)
        } else {
            round.votes.count_ones()
        };
        if (count as usize) < majority(usize::from(self.lighthouses)) {
            return Next::Wait;
        }
        if round.trial {
            self.round = None;
            return Next::Stand;
        }
        self.claim(wall_term, active, flaws)
    }

    /// A majority voted: the claim of the open round.
    fn claim(&mut self, wall_term: u64, active: Option<Lease>, flaws: Flaws) -> Next {
        let Some(round) = self.round.as_mut() else { return Next::Wait };
        let renewed = active.filter(|lease| round.base == Some(lease.ballot));
        let own = renewed.map(|lease| lease.term).filter(|own| {
            let used = round.term > *own || (round.term == *own && round.foreign_term);
            !used || flaws.renewal_keeps_term()
        });
        self.term = self.term.max(learn_term(self.term.max(wall_term), round.term));
        let term = own.unwrap_or_else(|| self.term.saturating_add(1).max(wall_term));
        self.term = self.term.max(term);
        // What was voted has done its work: rounds that differ by it alone are one.
        *round = Round { claimed: Some(term), votes: 0, rejections: 0, ..*round };
        (round.term, round.foreign_term, round.messages, round.held) = (0, false, 0, None);
        Next::Claim(Claim { ballot: round.ballot, term })
    }

    /// A grant, or a refusal, came from the lighthouse at this place of the list.
    pub fn grant(
        &mut self,
        now: Time,
        place: u8,
        grant: &Grant,
        timing: &Timing,
        flaws: Flaws,
    ) -> Next {
        let active = self.active(now, timing);
        let Some(bit) = self.bit(place) else { return Next::Wait };
        let quorum = majority(usize::from(self.lighthouses));
        let Some(round) = self.round.as_mut() else { return Next::Wait };
        let Some(term) = round.claimed.filter(|_| round.ballot == grant.ballot) else {
            return Next::Wait;
        };
        if now >= round.deadline {
            return Next::Wait;
        }
        if let Verdict::Refused { promised, term } = grant.verdict {
            round.rejections |= bit & !round.grants;
            self.counter = learn(self.counter, promised);
            self.term = learn_term(self.term, term);
            return self.give_up(now);
        }
        round.rejections &= !bit;
        round.grants |= bit;
        let count = if flaws.grants_by_message() {
            round.messages += 1;
            u32::from(round.messages)
        } else {
            round.grants.count_ones()
        };
        if (count as usize) < quorum {
            return Next::Wait;
        }
        let (ballot, base) = (round.ballot, round.base);
        let until = if flaws.lease_from_grants() { now + timing.lease } else { round.deadline };
        self.round = None;
        // A renewal that comes after the lease lapsed is no renewal: nobody may lead in that term
        // again, for others may have read that it ended.
        if base.is_some() && active.is_none() && !flaws.renewal_after_the_end() {
            return Next::Abandoned { held: None };
        }
        self.lease = Some(Lease { ballot, term, until });
        if base.is_some() { Next::Renewed { term } } else { Next::Elected { term } }
    }

    /// Abandons the open round where so many refused that no majority is left.
    fn give_up(&mut self, now: Time) -> Next {
        let count = usize::from(self.lighthouses);
        let most = count - majority(count);
        match self.round {
            Some(round) if round.rejections.count_ones() as usize > most => self.abandon(now),
            Some(_) | None => Next::Wait,
        }
    }

    /// Ends a round whose time is over. An older lease that still runs is kept.
    pub fn expire(&mut self, now: Time) -> Next {
        match self.round {
            Some(round) if now >= round.deadline => self.abandon(now),
            Some(_) | None => Next::Wait,
        }
    }

    /// Whether a lighthouse refused its vote in the round that is open, and nothing is claimed yet:
    /// then the last that are silent may be waited for in vain, and a new ballot does better.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.round.is_some_and(|round| round.claimed.is_none() && round.rejections != 0)
    }

    /// Ends the open round before its time. An older lease that still runs is kept.
    pub fn abandon(&mut self, now: Time) -> Next {
        match self.round.take() {
            Some(round) => Next::Abandoned { held: round.held.map(|until| until.since(now)) },
            None => Next::Wait,
        }
    }

    /// Goes on with another list of lighthouses: without a lease, for that was granted by the list
    /// before, and with every counter and term that it used, which are never used again.
    pub fn relist(&mut self, lighthouses: u8) {
        self.round = None;
        self.lease = None;
        self.lighthouses = lighthouses;
    }

    /// Stops leading, and standing: what is to be released at every lighthouse, where there was a
    /// lease: a ballot above every one that it used, for rounds that were given up, or whose grants
    /// are still on their way, left records as well. From here on it does not lead.
    pub fn step_down(&mut self) -> Option<Ballot> {
        self.round = None;
        self.lease.take()?;
        self.counter = self.counter.saturating_add(1);
        Some(Ballot { counter: self.counter, owner: self.me })
    }

    fn bit(&self, place: u8) -> Option<u16> {
        (place < self.lighthouses).then(|| 1 << place)
    }
}

fn learn(own: u32, seen: u32) -> u32 {
    own.max(seen.min(own.saturating_add(COUNTER_JUMP)))
}

/// The clock's floor is in `own` where it is known: honest terms are never a year beyond it.
fn learn_term(own: u64, seen: u64) -> u64 {
    own.max(seen.min(own.saturating_add(TERM_JUMP)))
}

#[cfg(feature = "model")]
impl Candidate {
    /// The same state, one step of `by` later, as seen from `now`.
    pub fn age(&mut self, now: Time, by: Duration) {
        let earlier = |moment: Time| (moment - by).max(now);
        if let Some(round) = &mut self.round {
            round.deadline = earlier(round.deadline);
            round.held = round.held.map(earlier);
        }
        if let Some(lease) = &mut self.lease {
            lease.until = earlier(lease.until);
        }
        self.expire(now);
    }

    /// Forgets what cannot matter to safety: how long others hold.
    pub fn forget_waits(&mut self) {
        if let Some(round) = &mut self.round {
            round.held = None;
        }
    }

    /// What this candidate has of the lighthouse at a place: bits that name that place.
    #[must_use]
    pub fn bits_of(&self, place: u8) -> u8 {
        let Some(round) = self.round else { return 0 };
        let bit = |set: u16, weight: u8| if set & (1 << place) == 0 { 0 } else { weight };
        bit(round.votes, 1) | bit(round.grants, 2) | bit(round.rejections, 4)
    }

    /// The same candidate with the lighthouses in another order: `order[new] = old`.
    pub fn reorder(&mut self, order: &[usize]) {
        let Some(round) = &mut self.round else { return };
        let moved = |set: u16| {
            let bits = order.iter().enumerate();
            bits.fold(0_u16, |bits, (new, old)| bits | ((set >> old & 1) << new))
        };
        round.votes = moved(round.votes);
        round.grants = moved(round.grants);
        round.rejections = moved(round.rejections);
    }
}
