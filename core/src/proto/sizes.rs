//! How much each table and queue of the engine holds, beside what it may hold: for tests that fill
//! them.

use super::discovery::ASKED;
use super::engine::Engine;
use crate::limits;

/// Timers of surveys and links, those that are there once, and those of announcements: two a second are
/// answered, within the longest heartbeat, a minute.
const OTHERS: usize = limits::SURVEYS + limits::LINKS + 8 + 128;

/// One table or queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Size {
    /// What is in it.
    pub name: &'static str,
    /// How many there are.
    pub now: usize,
    /// How many there may be with these settings.
    pub most: usize,
}

impl Engine {
    /// Probes at once: one for each member and purpose of this node's own, and those for others.
    pub(super) fn most_probes(&self) -> usize {
        4 * self.settings.max_members as usize + limits::PROBES_WAITING + limits::LINKS
    }

    /// Every table and queue whose size depends on what others send.
    #[must_use]
    pub fn sizes(&self) -> Vec<Size> {
        let members = self.settings.max_members as usize;
        let probes = self.most_probes();
        let messages = limits::MESSAGES_WAITING;
        let rows = [
            ("members", self.members.len(), members),
            ("named addresses", self.discovery.named.len(), members),
            ("tombstones", self.members.tombstones(), limits::TOMBSTONES),
            ("addresses asked", self.discovery.asked.len(), ASKED),
            ("updates", self.gossip.updates.len(), members),
            ("members to gossip to", self.gossip.order.len(), members),
            ("members to probe", self.probing.order.len(), members),
            ("probes", self.probing.waiting.len(), probes),
            ("late probes", self.probing.late.len(), probes),
            ("knocks", self.knocks.under_way.len(), limits::KNOCKS),
            ("links", self.links.len(), limits::LINKS),
            ("exchanges", self.syncs.under_way.len(), limits::CONNECTING),
            ("broadcasts", self.broadcasts.waiting(), limits::BROADCAST_QUEUE),
            ("broadcasts kept", self.broadcasts.kept.len(), limits::BROADCASTS_KEPT),
            ("origins", self.broadcasts.origins(), limits::BROADCAST_ORIGINS),
            ("messages", self.directs.waiting(), messages),
            ("streams of messages", self.directs.streams.len(), 2 * messages),
            ("senders", self.directs.taken.len(), limits::BROADCAST_ORIGINS),
            ("surveys", self.surveys.len(), limits::SURVEYS),
            ("lighthouses", self.validity.len(), limits::LIGHTHOUSES),
            ("timers", self.timers.len(), 2 * members + 2 * probes + messages + OTHERS),
        ];
        rows.into_iter().map(|(name, now, most)| Size { name, now, most }).collect()
    }
}
