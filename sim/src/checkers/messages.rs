//! Messages to one node: at most once, and what was acknowledged did come.

use std::collections::{BTreeMap, BTreeSet};

use seafoam::Event;
use seafoam::proto::Notice;

use super::facts::number;
use super::{Checker, Facts, Found};
use crate::happening::{Happened, Happening};
use crate::world::World;

/// Each process is given a message at most once, and only what was sent.
#[derive(Default)]
pub(super) struct AtMostOnce {
    given: BTreeSet<(usize, u64, u64)>,
}

impl Checker for AtMostOnce {
    fn name(&self) -> &'static str {
        "message at most once"
    }

    fn observe(&mut self, facts: &Facts, happened: &Happened, found: &mut Found) {
        let Happening::Told(Notice::Event(Event::Message { bytes, .. })) = &happened.what else {
            return;
        };
        let (at, by) = (happened.at, happened.by);
        let Some(process) = facts.process(by) else { return };
        let number = number(bytes).unwrap_or(0);
        if facts.messages.get(&number).is_none_or(|sent| sent.bytes != **bytes) {
            found.report(at, by, format!("nobody sent message {number}"));
        }
        if !self.given.insert((process.0, process.1, number)) {
            found.report(at, by, format!("message {number} came again"));
        }
    }
}

/// A message that is said to have come did come; while all was well, every one came.
#[derive(Default)]
pub(super) struct Delivery {
    given: BTreeSet<u64>,
    outcomes: BTreeMap<u64, bool>,
}

impl Checker for Delivery {
    fn name(&self) -> &'static str {
        "message delivery"
    }

    fn observe(&mut self, _facts: &Facts, happened: &Happened, found: &mut Found) {
        let Happening::Told(notice) = &happened.what else { return };
        if let Notice::Event(Event::Message { bytes, .. }) = notice {
            self.given.extend(number(bytes));
        }
        if let Notice::Sent { ticket, acknowledged } = notice
            && self.outcomes.insert(*ticket, *acknowledged).is_some()
        {
            let text = format!("message {ticket} had two outcomes");
            found.report(happened.at, happened.by, text);
        }
    }

    fn conclude(&mut self, facts: &Facts, world: &World, found: &mut Found) {
        for (number, sent) in &facts.messages {
            let (outcome, given) = (self.outcomes.get(number), self.given.contains(number));
            if outcome == Some(&true) && !given {
                let text = format!("message {number} is said to have come, and did not");
                found.report(world.now, sent.from.0, text);
            }
            if outcome.is_none() && facts.process(sent.from.0) == Some(sent.from) {
                found.report(world.now, sent.from.0, format!("message {number} has no outcome"));
            }
            let there = |process: &(usize, u64)| facts.process(process.0) == Some(*process);
            let wanted = !sent.wanted.is_empty() && sent.wanted.iter().all(there);
            if wanted && (outcome != Some(&true) || !given) {
                let text = format!("message {number}: outcome {outcome:?}, given {given}");
                found.report(world.now, sent.from.0, text);
            }
        }
    }
}
