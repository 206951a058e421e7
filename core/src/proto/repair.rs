//! Broadcasts that a member missed: each node says with its pings and ACKs which recent ones it can
//! give, and whoever lacks one asks for it (anti-entropy for broadcasts: Demers et al. 1987,
//! section 1.3).
//!
//! Passing on at random leaves a member out now and then: with 12 copies by each of 100 members
//! about one delivery in 100 000, far more under loss or when copies go to the same few. What is
//! asked for by name is not left to chance.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use super::engine::Engine;
use super::members::{MemberId, SELF};
use super::time::Time;
use super::wire::{BroadcastRecord, IndexSet, Message, PacketWriter, Record};
use crate::limits;

/// Broadcasts younger than this are still being passed on: nobody is told of them yet.
const ON_THEIR_WAY: Duration = Duration::from_millis(400);
/// Sets of broadcasts that one datagram offers or asks for.
const SETS: usize = 8;

/// How far below its highest index a set reaches.
const SET_REACH: u32 = 32;

/// The origin's handle, and the index.
type Key = (u32, u32);

struct Held {
    record: BroadcastRecord,
    at: Time,
}

impl Held {
    fn is_settled(&self, now: Time) -> bool {
        now.since(self.at) >= ON_THEIR_WAY
    }
}

/// Recent broadcasts, kept for those that missed them.
#[derive(Default)]
pub(super) struct Kept {
    held: BTreeMap<Key, Held>,
    order: VecDeque<(Time, Key)>,
    bytes: usize,
    /// The lowest that may have been in the last set: the next datagram goes on below it.
    offered: Key,
}

impl Kept {
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    pub(super) fn keep(&mut self, now: Time, record: &BroadcastRecord) {
        self.forget(now);
        let key = (record.origin.handle(), record.index);
        self.bytes += record.bytes.len();
        self.order.push_back((now, key));
        let held = Held { record: record.clone(), at: now };
        if let Some(other) = self.held.insert(key, held) {
            self.bytes -= other.record.bytes.len(); // two origins of one handle
        }
        while self.order.len() > limits::BROADCASTS_KEPT
            || self.bytes > limits::BROADCAST_KEPT_BYTES
        {
            self.drop_oldest();
        }
    }

    fn forget(&mut self, now: Time) {
        while self.order.front().is_some_and(|(at, _)| now.since(*at) > limits::BROADCAST_KEPT) {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let Some((at, key)) = self.order.pop_front() else {
            return;
        };
        if self.held.get(&key).is_some_and(|held| held.at == at)
            && let Some(held) = self.held.remove(&key)
        {
            self.bytes -= held.record.bytes.len();
        }
    }

    /// What the next datagram offers: a few sets in turn, those of one origin from its newest
    /// broadcast down to its oldest, then those of the next origin.
    fn offers(&mut self, now: Time) -> Vec<IndexSet> {
        self.forget(now);
        let mut sets = Vec::new();
        let mut first = None;
        // The oldest is still on its way, so all are: a flood costs nothing here.
        if self.order.front().is_none_or(|(at, _)| now.since(*at) < ON_THEIR_WAY) {
            return sets;
        }
        while sets.len() < SETS {
            let Some((origin, highest)) = self.next_settled(now).filter(|key| first != Some(*key))
            else {
                break;
            };
            first.get_or_insert((origin, highest));
            self.offered = (origin, highest.saturating_sub(SET_REACH));
            let reach = self.held.range(self.offered..=(origin, highest)).rev();
            let settled = reach.filter(|(_, held)| held.is_settled(now));
            sets.extend(IndexSet::of(origin, settled.map(|((_, index), _)| *index)));
        }
        sets
    }

    /// The next below what was offered last, of the same origin, or the newest of the next one.
    fn next_settled(&self, now: Time) -> Option<Key> {
        let settled = |(key, held): (&Key, &Held)| held.is_settled(now).then_some(*key);
        let (mut origin, mut below) = self.offered;
        let mut first = None;
        loop {
            let mut older = self.held.range((origin, 0)..(origin, below)).rev();
            if let Some(key) = older.find_map(settled) {
                return Some(key);
            }
            let next = self.held.range((origin.saturating_add(1), 0)..).next();
            origin = next.or_else(|| self.held.iter().next())?.0.0;
            below = u32::MAX;
            // Once around, each origin from its newest on.
            if first == Some(origin) {
                return None;
            }
            first.get_or_insert(origin);
        }
    }
}

impl Engine {
    /// Says which broadcasts this node can give.
    pub(super) fn offer_broadcasts(&mut self, now: Time, packet: &mut PacketWriter<'_>) {
        for set in self.broadcasts.kept.offers(now) {
            packet.push(&Record::Have(set));
        }
    }

    /// Somebody has broadcasts: what is missing here is asked for.
    pub(super) fn want_broadcasts(&mut self, to: SocketAddr, offers: &[IndexSet]) {
        let sets: Vec<_> = offers.iter().take(SETS).filter_map(|set| self.missing(*set)).collect();
        if !sets.is_empty() {
            self.send_records(to, sets.into_iter().map(Record::Want));
        }
    }

    fn missing(&self, offered: IndexSet) -> Option<IndexSet> {
        let id = self.members.by_handle(offered.origin).filter(|id| *id != SELF)?;
        let origin = &self.members.get(id)?.identity;
        let unseen = offered.iter().filter(|index| !self.broadcasts.has_seen(origin, *index));
        IndexSet::of(offered.origin, unseen)
    }

    /// A member asks for broadcasts: it gets what fits one datagram, of those that were sent since
    /// it is a member.
    pub(super) fn give_broadcasts(&mut self, to: SocketAddr, asker: MemberId, wanted: &[IndexSet]) {
        if wanted.is_empty() {
            return;
        }
        let Some(member) = self.members.get(asker).filter(|member| member.is_healthy()) else {
            return;
        };
        let (since, handle) = (member.healthy_since, member.handle);
        let keys =
            wanted.iter().take(SETS).flat_map(|set| set.iter().map(|index| (set.origin, index)));
        let held = &self.broadcasts.kept.held;
        let records: Vec<_> = keys
            .filter(|(origin, _)| *origin != handle)
            .filter_map(|key| held.get(&key))
            .filter(|held| held.at >= since)
            .map(|held| Record::Broadcast(held.record.clone()))
            .collect();
        self.stats.broadcasts_repaired += self.send_records(to, records);
    }

    /// One datagram with as many of the records as it has room for; how many that were. None is
    /// sent for none.
    pub(super) fn send_records(
        &mut self,
        to: SocketAddr,
        records: impl IntoIterator<Item = Record>,
    ) -> u64 {
        let message = Message::Gossip { from: self.my_handle() };
        let most = self.settings.max_datagram_bytes as usize;
        let mut bytes = self.spare.take();
        let mut packet = PacketWriter::new(&mut bytes, self.cluster_tag, &message, most);
        let sent = records.into_iter().filter(|record| packet.push(record)).count();
        if sent > 0 {
            self.transmits.push_back(super::output::Transmit::Datagram { to, bytes });
        } else {
            self.spare.give(bytes);
        }
        sent as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::wire::Identity;

    fn record(name: &str, index: u32, bytes: usize) -> BroadcastRecord {
        BroadcastRecord {
            origin: Identity { name: name.into(), generation: 1, run: 1 },
            address: SocketAddr::from(([10, 0, 0, 1], 7000)),
            index,
            receipt: false,
            bytes: vec![0; bytes].into(),
        }
    }

    const SETTLED: Time = Time(400_000);

    #[test]
    fn what_is_on_its_way_is_not_offered() {
        let mut kept = Kept::default();
        kept.keep(Time::ZERO, &record("a", 1, 10));
        assert_eq!(kept.offers(Time::ZERO), []);
        kept.keep(SETTLED, &record("a", 2, 10));
        let sets = kept.offers(SETTLED);
        let indexes: Vec<_> = sets.iter().map(|set| (set.highest, set.below)).collect();
        assert_eq!(indexes, [(1, 0)]);
    }

    #[test]
    fn a_flood_that_is_on_its_way_hides_nothing_that_is_settled() {
        let mut kept = Kept::default();
        kept.keep(Time::ZERO, &record("early", 1, 10));
        for index in 0..1000 {
            kept.keep(SETTLED, &record(&format!("late-{}", index % 7), index, 10));
        }
        for _ in 0..3 {
            let sets = kept.offers(SETTLED);
            let found: Vec<_> = sets.iter().map(|set| (set.origin, set.highest)).collect();
            assert_eq!(found, [(record("early", 1, 10).origin.handle(), 1)]);
        }
    }

    #[test]
    fn every_origin_is_offered_in_turn() {
        let mut kept = Kept::default();
        for origin in 0..20 {
            kept.keep(Time::ZERO, &record(&format!("node-{origin}"), 7, 10));
        }
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..3 {
            let sets = kept.offers(SETTLED);
            assert!(sets.len() <= SETS, "{}", sets.len());
            seen.extend(sets.iter().map(|set| set.origin));
        }
        assert_eq!(seen.len(), 20);
    }

    #[test]
    fn all_of_one_origin_is_offered_from_the_newest_down() {
        let mut kept = Kept::default();
        let lists = |kept: &mut Kept| -> Vec<Vec<u32>> {
            kept.offers(SETTLED).into_iter().map(|set| set.iter().collect()).collect()
        };
        for index in [3, 4, 6, 40] {
            kept.keep(Time::ZERO, &record("a", index, 10));
        }
        for _ in 0..3 {
            assert_eq!(lists(&mut kept), [vec![40], vec![6, 4, 3]]);
        }
        kept.keep(Time::ZERO, &record("a", 8, 10));
        assert_eq!(lists(&mut kept), [vec![40, 8], vec![6, 4, 3]]);
    }

    #[test]
    fn a_flood_of_one_origin_is_offered_to_its_oldest() {
        let mut kept = Kept::default();
        (0..1000).for_each(|index| kept.keep(Time::ZERO, &record("a", index, 10)));
        kept.keep(Time::ZERO, &record("b", 7, 10));
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..5 {
            let sets = kept.offers(SETTLED);
            assert!(sets.len() <= SETS, "{}", sets.len());
            seen.extend(sets.iter().flat_map(|set| set.iter().map(|index| (set.origin, index))));
        }
        assert_eq!(seen.len(), 1001);
    }

    #[test]
    fn no_more_is_kept_than_the_limits_allow() {
        let mut kept = Kept::default();
        let most = u32::try_from(limits::BROADCASTS_KEPT).unwrap_or(u32::MAX);
        for index in 0..most * 2 {
            kept.keep(Time::ZERO, &record("a", index, 1024));
        }
        assert!(kept.held.len() <= limits::BROADCASTS_KEPT);
        assert!(kept.bytes <= limits::BROADCAST_KEPT_BYTES);
        assert_eq!(kept.bytes, kept.held.len() * 1024);
        assert_eq!(kept.order.len(), kept.held.len());
        kept.forget(Time::ZERO + limits::BROADCAST_KEPT * 2);
        assert_eq!((kept.held.len(), kept.bytes), (0, 0));
    }
}
