//! What a node's host is told of others makes sense in its order.

use std::collections::BTreeMap;
use std::sync::Arc;

use seafoam::proto::Notice;
use seafoam::{Event, NodeStatus};

use super::{Checker, Facts, Found};
use crate::happening::{Happened, Happening};
use crate::world::World;

/// Status, generation, incarnation.
type Claim = (NodeStatus, u64, u32);

/// Every status event begins where the one before it ended; a run that LEFT does not come back, and
/// one that was DEAD comes back by its own word alone; the last event is what the table says.
#[derive(Default)]
pub(super) struct Order {
    last: BTreeMap<usize, BTreeMap<Arc<str>, Claim>>,
}

impl Checker for Order {
    fn name(&self) -> &'static str {
        "order"
    }

    fn observe(&mut self, facts: &Facts, happened: &Happened, found: &mut Found) {
        let (at, by) = (happened.at, happened.by);
        let last = self.last.entry(by).or_default();
        let event = match &happened.what {
            Happening::Started { .. } => return last.clear(),
            Happening::Removed(name) => {
                last.remove(name);
                return;
            }
            Happening::Told(Notice::Event(event)) => event,
            Happening::Ended { .. }
            | Happening::Sent { .. }
            | Happening::Put(_)
            | Happening::Told(_) => return,
        };
        let Event::Status { node, status, previous, .. } = event else { return };
        let claim = (*status, node.generation, node.incarnation);
        let before = last.insert(Arc::clone(&node.name), claim);
        let name = &node.name;
        if *status == *previous {
            found.report(at, by, format!("{name} changed from {previous} to {status}"));
        }
        let Some((stood, generation, incarnation)) = before else { return };
        let same_run = generation == node.generation && !facts.is_shared(name, generation);
        if stood != *previous {
            let text = format!("{name} was {stood}, and changed from {previous} to {status}");
            found.report(at, by, text);
        }
        if same_run && stood == NodeStatus::Left {
            found.report(at, by, format!("{name} had LEFT and became {status}"));
        }
        let returns = stood == NodeStatus::Dead && status.is_healthy();
        // Who was lost with a whole datacenter had nothing to refute.
        let least = incarnation + u32::from(!facts.is_far(by, node.datacenter));
        if same_run && returns && node.incarnation < least {
            found.report(at, by, format!("{name} was DEAD and became {status} without its word"));
        }
    }

    fn inspect(&mut self, facts: &Facts, world: &World, found: &mut Found) {
        for (by, last) in &self.last {
            if facts.life(*by).is_none() {
                continue;
            }
            for (name, (status, ..)) in last {
                let listed = world.view(*by, name).map(|node| node.status);
                if listed != Some(*status) {
                    let text = format!("{name} is {listed:?}, the last event said {status}");
                    found.report(world.now, *by, text);
                }
            }
        }
    }
}
