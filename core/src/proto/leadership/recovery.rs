//! A lighthouse whose file is gone asks the others for the highest term, after its silence and never
//! before: a term that is claimed meanwhile would be used twice. It votes once it has a file again: a
//! majority that voted is a majority that has files, so that at most a minority ever has to ask.

use std::time::Duration;

use super::super::election::{Ballot, Floor, majority};
use super::super::engine::Engine;
use super::super::members::MemberId;
use super::super::time::Time;
use super::super::wire::Word;
use crate::api::level::LogLevel;

/// The others are asked so often.
const PAUSE: Duration = Duration::from_millis(500);
/// So many questions without enough answers make a warning, each time.
const PATIENCE: u32 = 60;

/// What the others said.
pub(in super::super) struct Recovery {
    voters: usize,
    /// Whether the list was changed while nodes ran: then there is no first start.
    changed: bool,
    /// What this lighthouse knows itself, where it was in the list before.
    known: Option<Floor>,
    /// By place: nothing yet, no file, or the term.
    answers: [Option<Option<u64>>; 16],
    /// Answers to earlier questions mean nothing.
    question: u32,
    next: Time,
    /// What they told, on its way to the disk.
    settled: Option<Floor>,
}

impl Recovery {
    pub(super) const fn new(voters: usize) -> Self {
        Self {
            voters,
            changed: false,
            known: None,
            answers: [None; 16],
            question: 0,
            next: Time::ZERO,
            settled: None,
        }
    }

    /// After a change of the list: what any majority of the list before may have claimed is asked
    /// for, and what it knows itself counts as an answer.
    pub(super) const fn again(voters: usize, known: Option<Floor>) -> Self {
        Self { changed: true, known, ..Self::new(voters) }
    }

    pub(super) const fn known(&self) -> Option<Floor> {
        self.known
    }

    pub(super) const fn next(&self) -> Time {
        self.next
    }

    /// The floor, where the answers tell it. Its owner is never copied: an equal term must be
    /// refused to everybody.
    fn floor(&self) -> Option<Floor> {
        let terms = || self.answers.iter().flatten().flatten();
        let others = self.voters - 1;
        let said = self.answers.iter().flatten().count();
        let highest = terms().copied().max().unwrap_or(0);
        if let Some(known) = self.known {
            let enough = terms().count() + 1 >= majority(self.voters);
            let floor = Floor { term: highest, owner: None };
            return enough.then_some(if highest > known.term { floor } else { known });
        }
        if self.changed && self.voters > 1 {
            // So many that every majority of this list, and of the one before, has one of them
            // beside this lighthouse itself.
            let enough = terms().count() >= self.voters.div_ceil(2);
            return enough.then_some(Floor { term: highest, owner: None });
        }
        if terms().count() >= majority(self.voters).min(others).max(1) {
            return Some(Floor { term: highest, owner: None });
        }
        // The first start of all: nobody has ever claimed anything, as far as disks can tell.
        (said >= others && highest == 0).then(Floor::default)
    }
}

impl Engine {
    pub(super) fn recover(&mut self, now: Time) {
        // It answers nothing by a list that it could forget.
        if self.leadership.as_ref().is_some_and(|all| !all.lists.written) {
            return;
        }
        let (me, own) = (self.owner_of_self(), self.own_seat());
        if self.settle_recovery(now) {
            return;
        }
        let seat = self.leadership.as_mut().and_then(|all| all.seat.as_mut());
        let Some(recovery) = seat.and_then(|seat| seat.recovery.as_mut()) else { return };
        if now < recovery.next {
            return;
        }
        recovery.question = recovery.question.wrapping_add(1);
        recovery.next = now + PAUSE;
        let question = recovery.question;
        let others = !own & ((1 << recovery.voters) - 1);
        self.say_to_voters(others, Word::TermAsk(Ballot { counter: question, owner: me }));
        if question.is_multiple_of(PATIENCE) {
            let text = "the file of this lighthouse's term is missing and too few of the others tell \
                        theirs: it takes no part in elections until they do";
            self.note(LogLevel::Warn, text.to_owned());
        }
    }

    /// Writes down what the answers tell, where they suffice; again where the disk failed.
    fn settle_recovery(&mut self, now: Time) -> bool {
        let Some(all) = self.leadership.as_mut() else { return false };
        let (timing, seat) = (all.timing, all.seat.as_mut());
        let Some(recovery) = seat.and_then(|seat| seat.recovery.as_mut()) else { return false };
        let Some(floor) = recovery.settled.or_else(|| recovery.floor()) else { return false };
        if recovery.settled.is_some() && now < recovery.next {
            return true;
        }
        recovery.settled = Some(floor);
        recovery.next = now + PAUSE;
        self.persist(&timing, floor);
        true
    }

    /// The file is there again: from here on this lighthouse votes.
    pub(super) fn recovered(&mut self, floor: Floor) {
        let Some(seat) = self.leadership.as_mut().and_then(|all| all.seat.as_mut()) else { return };
        if seat.recovery.as_ref().is_none_or(|recovery| recovery.settled != Some(floor)) {
            return;
        }
        let changed = seat.recovery.take().is_some_and(|recovery| recovery.changed);
        seat.lighthouse.recover(floor);
        let text = match floor.term {
            _ if changed => {
                format!("this lighthouse votes by the new list, after term {}", floor.term)
            }
            0 => "no lighthouse has a term on its disk: the first one follows the clock".to_owned(),
            term => format!("the term of this lighthouse is {term} at least: the others have it"),
        };
        self.note(LogLevel::Info, text);
    }

    /// Another lighthouse lost its file.
    pub(super) fn tell_term(&mut self, from: MemberId, ballot: Ballot) {
        // With a list that is not on its disk it may fall back, and grant by the one before what this
        // answer does not tell.
        let Some(all) = self.leadership.as_ref().filter(|all| all.lists.written) else { return };
        let Some(seat) = &all.seat else { return };
        // What has no disk, or lost it, may know less than it once granted.
        let asks = seat.recovery.as_ref().is_some_and(|recovery| recovery.known.is_none());
        let knows = seat.has_disk && !asks;
        let term = knows.then(|| seat.lighthouse.floor().term);
        let place = seat.place;
        self.say(from, Word::TermTell { place, ballot, term });
    }

    pub(super) fn hear_term(&mut self, now: Time, place: u8, ballot: Ballot, term: Option<u64>) {
        let mine = ballot.owner == self.owner_of_self();
        let Some(seat) = self.leadership.as_mut().and_then(|all| all.seat.as_mut()) else { return };
        let silent = seat.lighthouse.is_silent(now);
        let Some(recovery) = seat.recovery.as_mut() else { return };
        let current = mine && ballot.counter == recovery.question && !silent;
        let own = place == seat.place;
        if let Some(answer) = recovery.answers.get_mut(usize::from(place))
            && current
            && !own
        {
            *answer = Some(term);
            self.settle_recovery(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(voters: usize, answers: &[(usize, Option<u64>)]) -> Option<Floor> {
        let mut recovery = Recovery::new(voters);
        for (place, answer) in answers {
            recovery.answers[*place] = Some(*answer);
        }
        recovery.floor()
    }

    #[test]
    fn the_highest_of_a_majority_counts_and_nobody_owns_it() {
        let floor = |term| Some(Floor { term, owner: None });
        assert_eq!(said(3, &[(0, Some(5))]), None);
        assert_eq!(said(3, &[(0, Some(5)), (1, Some(7))]), floor(7));
        assert_eq!(said(3, &[(0, Some(5)), (1, None)]), None);
        assert_eq!(said(5, &[(0, Some(5)), (1, None), (2, Some(9)), (3, Some(2))]), floor(9));
        // Of two the other one has granted everything.
        assert_eq!(said(2, &[(0, Some(4))]), floor(4));
    }

    #[test]
    fn after_a_change_the_own_term_counts_and_a_newcomer_asks_more() {
        let told = |voters, known, answers: &[(usize, u64)]| {
            let mut recovery = Recovery::again(voters, known);
            for (place, term) in answers {
                recovery.answers[*place] = Some(Some(*term));
            }
            recovery.floor()
        };
        let own =
            Some(Floor { term: 5, owner: Some(super::super::super::election::Owner::default()) });
        let floor = |term| Some(Floor { term, owner: None });
        assert_eq!(told(1, own, &[]), own);
        assert_eq!(told(2, own, &[]), None);
        assert_eq!(told(2, own, &[(1, 5)]), own);
        assert_eq!(told(4, own, &[(1, 4)]), None);
        assert_eq!(told(4, own, &[(1, 4), (2, 9)]), floor(9));
        assert_eq!(told(2, None, &[(0, 4)]), floor(4));
        assert_eq!(told(4, None, &[(0, 4)]), None);
        assert_eq!(told(4, None, &[(0, 4), (1, 0)]), floor(4));
        assert_eq!(told(5, None, &[(0, 4), (1, 0)]), None);
    }

    #[test]
    fn where_nobody_has_a_file_all_begin() {
        assert_eq!(said(1, &[]), Some(Floor::default()));
        assert_eq!(said(2, &[(1, None)]), Some(Floor::default()));
        assert_eq!(said(3, &[(1, None)]), None);
        assert_eq!(said(3, &[(1, None), (2, None)]), Some(Floor::default()));
        assert_eq!(said(2, &[]), None);
        // One of them has known that a moment earlier.
        assert_eq!(said(4, &[(0, Some(0)), (1, None), (2, None)]), Some(Floor::default()));
        assert_eq!(said(4, &[(0, Some(1)), (1, None), (2, None)]), None);
    }
}
