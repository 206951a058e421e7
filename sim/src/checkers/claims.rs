//! Who a node is: only it says more of itself than was known.

use std::collections::BTreeMap;
use std::sync::Arc;

use seafoam::NodeStatus;

use super::{Checker, Facts, Found};
use crate::happening::{Happened, Happening};

/// No node lists another under a generation or incarnation that it never had, or goes back from a
/// later one to an earlier one.
#[derive(Default)]
pub(super) struct Identity {
    seen: BTreeMap<usize, BTreeMap<Arc<str>, (u64, u32)>>,
}

impl Checker for Identity {
    fn name(&self) -> &'static str {
        "identity"
    }

    fn observe(&mut self, facts: &Facts, happened: &Happened, found: &mut Found) {
        let (at, by) = (happened.at, happened.by);
        let seen = self.seen.entry(by).or_default();
        let node = match &happened.what {
            Happening::Started { .. } => return seen.clear(),
            Happening::Removed(name) => {
                seen.remove(name);
                return;
            }
            Happening::Put(node) => node,
            Happening::Ended { .. } | Happening::Sent { .. } | Happening::Told(_) => return,
        };
        if node.status == NodeStatus::Unknown {
            return;
        }
        let claim = (node.generation, node.incarnation);
        if facts.highest(&node.name, claim.0).is_none_or(|highest| highest < claim.1) {
            let text = format!("{} is listed as {claim:?}, which it never was", node.name);
            found.report(at, by, text);
        }
        let before = seen.insert(Arc::clone(&node.name), claim);
        // Of two processes that share a generation the later one begins with incarnation 0 again.
        let replaced = before.is_some_and(|before| before.0 == claim.0)
            && facts.is_shared(&node.name, claim.0);
        if before.is_some_and(|before| before > claim) && !replaced {
            let text = format!("{} went back from {before:?} to {claim:?}", node.name);
            found.report(at, by, text);
        }
    }
}
