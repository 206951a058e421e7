//! Broadcasts: at most once, never to their origin, and to all who were there.

use std::collections::BTreeSet;

use seafoam::Event;
use seafoam::proto::Notice;

use super::facts::number;
use super::{Checker, Facts, Found};
use crate::happening::{Happened, Happening};
use crate::world::World;

/// The number and bytes of a broadcast that a node was told of.
fn delivered(happened: &Happened) -> Option<(u64, &[u8], &str)> {
    let Happening::Told(Notice::Event(Event::Broadcast { origin, bytes, .. })) = &happened.what
    else {
        return None;
    };
    Some((number(bytes)?, bytes, &origin.name))
}

/// Each process is told at most once, its origin never, and of nothing that was not sent.
#[derive(Default)]
pub(super) struct AtMostOnce {
    told: BTreeSet<(usize, u64, u64)>,
}

impl Checker for AtMostOnce {
    fn name(&self) -> &'static str {
        "broadcast at most once"
    }

    fn observe(&mut self, facts: &Facts, happened: &Happened, found: &mut Found) {
        let Some((number, bytes, _)) = delivered(happened) else { return };
        let (at, by) = (happened.at, happened.by);
        let Some(process) = facts.process(by) else { return };
        match facts.broadcasts.get(&number) {
            Some(sent) if sent.bytes == bytes => {
                if sent.from == process {
                    found.report(at, by, format!("its own broadcast {number} came back"));
                }
            }
            Some(_) | None => found.report(at, by, format!("nobody sent broadcast {number}")),
        }
        if !self.told.insert((process.0, process.1, number)) {
            found.report(at, by, format!("broadcast {number} came again"));
        }
    }
}

/// What was broadcast while all was well came to everybody.
#[derive(Default)]
pub(super) struct Coverage {
    told: BTreeSet<(u64, (usize, u64))>,
}

impl Checker for Coverage {
    fn name(&self) -> &'static str {
        "broadcast to all"
    }

    fn observe(&mut self, facts: &Facts, happened: &Happened, _found: &mut Found) {
        if let (Some((number, ..)), Some(process)) =
            (delivered(happened), facts.process(happened.by))
        {
            self.told.insert((number, process));
        }
    }

    fn conclude(&mut self, facts: &Facts, world: &World, found: &mut Found) {
        for (number, sent) in &facts.broadcasts {
            for process in &sent.wanted {
                let there = facts.process(process.0) == Some(*process);
                if there && !self.told.contains(&(*number, *process)) {
                    let text = format!("broadcast {number} of node {} never came", sent.from.0);
                    found.report(world.now, process.0, text);
                }
            }
        }
    }
}
