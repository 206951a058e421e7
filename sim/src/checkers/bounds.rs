//! Nothing grows beyond its bound.

use std::collections::BTreeMap;

use seafoam::limits;
use seafoam::proto::Time;

use super::{Checker, Facts, Found};
use crate::happening::{Happened, Happening};
use crate::world::World;

/// Datagrams that one node sends in a second at most, whatever happens: news every 25 ms to eight
/// members make 320, and answers, helpers and the repair of broadcasts come on top.
const DATAGRAMS_PER_SECOND: u64 = 2500;

/// Queues, tables, datagrams and their number stay within what `limits.rs` says.
#[derive(Default)]
pub(super) struct Bounds {
    /// What members that turned bits made up cost has no such bound.
    any_rate: bool,
    sent: BTreeMap<usize, (u64, u64)>,
}

impl Bounds {
    /// All but the number of datagrams.
    pub(super) fn without_rate() -> Self {
        Self { any_rate: true, ..Self::default() }
    }
}

impl Checker for Bounds {
    fn name(&self) -> &'static str {
        "bounds"
    }

    fn observe(&mut self, facts: &Facts, happened: &Happened, found: &mut Found) {
        let (at, by) = (happened.at, happened.by);
        let Happening::Sent { bytes } = happened.what else { return };
        if bytes > facts.datagram_bytes {
            let text = format!("a datagram of {bytes} bytes, {} allowed", facts.datagram_bytes);
            found.report(at, by, text);
        }
        let second = at.since(Time::ZERO).as_secs();
        let sent = self.sent.entry(by).or_default();
        if sent.0 != second {
            *sent = (second, 0);
        }
        sent.1 += 1;
        if sent.1 == DATAGRAMS_PER_SECOND && !self.any_rate {
            found.report(at, by, format!("{DATAGRAMS_PER_SECOND} datagrams in one second"));
        }
    }

    fn inspect(&mut self, _facts: &Facts, world: &World, found: &mut Found) {
        for by in world.running() {
            let Some(stats) = world.stats(by) else { continue };
            let rows = [
                ("members", stats.members, 16_384),
                ("tombstones", stats.tombstones, limits::TOMBSTONES),
                ("update_queue", stats.update_queue, 16_384),
                ("broadcast_queue", stats.broadcast_queue, limits::BROADCAST_QUEUE),
                ("probes_waiting", stats.probes_waiting, 2 * limits::PROBES_WAITING),
                ("messages_waiting", stats.messages_waiting, limits::MESSAGES_WAITING),
                ("health", stats.health, 8),
            ];
            for (what, value, most) in rows {
                if value > most as u64 {
                    found.report(world.now, by, format!("{what} is {value}, {most} allowed"));
                }
            }
        }
    }
}
