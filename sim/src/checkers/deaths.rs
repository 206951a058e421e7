//! Accuracy and completeness of failure detection.

use seafoam::proto::Notice;
use seafoam::{Event, NodeStatus};

use super::{Checker, Facts, Found};
use crate::happening::{Happened, Happening};
use crate::world::World;

/// While the network is fair, nobody calls a process dead that runs, unless an earlier one of its name
/// had a later generation, or the same, so that the event may mean that one.
pub(super) struct Accuracy;

impl Checker for Accuracy {
    fn name(&self) -> &'static str {
        "accuracy"
    }

    fn observe(&mut self, facts: &Facts, happened: &Happened, found: &mut Found) {
        let Happening::Told(Notice::Event(Event::Status { node, status, .. })) = &happened.what
        else {
            return;
        };
        if !facts.fair || *status != NodeStatus::Dead {
            return;
        }
        let (name, generation) = (&node.name, node.generation);
        if facts.is_outdated(name, generation) || facts.is_shared(name, generation) {
            return;
        }
        let lives = facts.named(&node.name);
        if lives.is_some_and(|(_, life)| life.generation == node.generation) {
            let text = format!("{} runs and is called DEAD", node.name);
            found.report(happened.at, happened.by, text);
        }
    }
}

/// In the end every process that runs is ALIVE to every other, and nothing else is healthy.
pub(super) struct Completeness;

impl Checker for Completeness {
    fn name(&self) -> &'static str {
        "completeness"
    }

    fn conclude(&mut self, facts: &Facts, world: &World, found: &mut Found) {
        for (by, _) in facts.lives() {
            for node in world.table(by).filter(|node| node.is_healthy()) {
                let truth = facts.named(&node.name).map(|(_, life)| life.generation);
                if truth != Some(node.generation) {
                    let text = format!(
                        "{} of generation {} is {}, but what runs is {truth:?}",
                        node.name, node.generation, node.status
                    );
                    found.report(world.now, by, text);
                }
            }
            for (of, life) in facts.lives() {
                let status = world.view(by, &life.name).map(|node| node.status);
                if status != Some(NodeStatus::Alive) {
                    let text = format!("{} (node {of}) runs and is {status:?}", life.name);
                    found.report(world.now, by, text);
                }
            }
        }
    }
}
