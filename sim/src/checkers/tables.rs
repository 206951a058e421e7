//! In the end all tables say the same.

use std::collections::BTreeMap;

use super::{Checker, Facts, Found};
use crate::happening::Happened;
use crate::world::World;

/// Everybody sees the tags that a node set last.
pub(super) struct Tags;

impl Checker for Tags {
    fn name(&self) -> &'static str {
        "tags"
    }

    fn conclude(&mut self, facts: &Facts, world: &World, found: &mut Found) {
        for (of, life) in facts.lives() {
            let wanted = facts.tags.get(&of).map_or("", String::as_str);
            for (by, _) in facts.lives() {
                let Some(node) = world.view(by, &life.name) else { continue };
                let pairs: Vec<_> = node.tags.iter().map(|(k, v)| format!("{k}={v}")).collect();
                let seen = pairs.join(",");
                if seen != wanted {
                    let text = format!("{} has tags {wanted:?}, seen as {seen:?}", life.name);
                    found.report(world.now, by, text);
                }
            }
        }
    }
}

/// All list the same healthy members with the same words, and their digests agree: none that
/// differs is counted any more.
#[derive(Default)]
pub(super) struct Agreement {
    differing: BTreeMap<usize, u64>,
}

impl Agreement {
    fn table(world: &World, by: usize) -> Vec<(String, u64, u32)> {
        let healthy = world.table(by).filter(|node| node.is_healthy());
        healthy.map(|node| (node.name.to_string(), node.generation, node.incarnation)).collect()
    }
}

impl Checker for Agreement {
    fn name(&self) -> &'static str {
        "agreement"
    }

    fn observe(&mut self, _facts: &Facts, _happened: &Happened, _found: &mut Found) {}

    /// Remembers what was counted at the last look before the end.
    fn inspect(&mut self, _facts: &Facts, world: &World, _found: &mut Found) {
        let count = |by| (by, world.stats(by).map_or(0, |stats| stats.digests_differing));
        self.differing = world.running().map(count).collect();
    }

    fn conclude(&mut self, facts: &Facts, world: &World, found: &mut Found) {
        let mut lives = facts.lives();
        let Some((first, _)) = lives.next() else { return };
        let wanted = Self::table(world, first);
        for (by, _) in lives {
            let table = Self::table(world, by);
            if table != wanted {
                let other: Vec<_> = table.iter().filter(|row| !wanted.contains(row)).collect();
                let text = format!("differs from node {first}: {other:?}");
                found.report(world.now, by, text);
            }
        }
        for (by, before) in &self.differing {
            let now = world.stats(*by).map_or(0, |stats| stats.digests_differing);
            if now > *before {
                let text = format!("{} digests differed at rest", now - before);
                found.report(world.now, *by, text);
            }
        }
    }
}
