//! Words of the election, right in their form.

use std::time::Duration;

use seafoam::proto::election::{Answer, Ballot, Claim, Grant, Owner, Poll, Verdict, Vote};
use seafoam::proto::hash;
use seafoam::proto::wire::{Identity, Word};

use crate::source::Source;

fn owner(source: &mut Source<'_>, of: &Identity) -> Owner {
    if source.once_in(4) {
        return Owner { generation: source.any(), run: source.any(), name: source.any() };
    }
    Owner { generation: of.generation, run: of.run, name: hash::elector(&of.name) }
}

fn ballot(source: &mut Source<'_>, of: &Identity) -> Ballot {
    Ballot { counter: u32::from(source.any::<u8>()), owner: owner(source, of) }
}

fn answer(source: &mut Source<'_>, of: &Identity) -> Answer {
    match source.below(4) {
        0 => Answer::Free { own: None },
        1 => Answer::Free { own: Some(source.any()) },
        2 => Answer::Held {
            owner: owner(source, of),
            remaining: Duration::from_millis(u64::from(source.any::<u32>())),
        },
        _ => Answer::Rejected { promised: source.any() },
    }
}

/// Any of them, most likely about this speaker.
pub fn word(source: &mut Source<'_>, of: &Identity) -> Word {
    let (ballot, place) = (ballot(source, of), source.pick(&[0, 1, 2, 15, 255]));
    let term = source.pick(&[0, 1, u64::MAX]);
    match source.below(14) {
        0 => Word::Poll(Poll { ballot, trial: source.any() }),
        1 => {
            let (trial, term_is_yours) = (source.any(), source.any());
            let answer = answer(source, of);
            Word::Vote { place, vote: Vote { ballot, trial, answer, term, term_is_yours } }
        }
        2 => Word::Claim(Claim { ballot, term }),
        3 => {
            let refused = Verdict::Refused { promised: source.any(), term };
            let verdict = if source.any() { Verdict::Granted } else { refused };
            Word::Grant { place, grant: Grant { ballot, verdict }, durable: source.any() }
        }
        4 => Word::Release { ballot, successor: source.any() },
        5 => Word::Released { place, ballot },
        6 => Word::Free(ballot),
        7 => Word::Handoff(ballot),
        8 => Word::TermAsk(ballot),
        9 => Word::TermTell { place, ballot, term: source.any::<bool>().then_some(term) },
        10 => Word::ListAsk(ballot),
        11 => Word::ListSet { ballot, term },
        12 => {
            let (durable, written) = (source.any(), source.any());
            Word::ListTell { place, ballot, durable, written, term }
        }
        _ => Word::ListNews { ballot, version: source.pick(&[0, 1, 2, u32::MAX]) },
    }
}
