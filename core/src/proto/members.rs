//! The table of members: who there is, found by name, handle and address.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::groups::Groups;
use super::hash::{self, TableDigest};
pub(super) use super::member::{Member, public_status, snapshot_of};
use super::places::{Places, Slots};
use super::time::Time;
use super::wire::{Identity, Status};
use crate::api::node::Node;
use crate::limits;

/// A place in the table. Places are used again, so whoever keeps one also keeps the handle.
pub(super) type MemberId = usize;

/// The local node's place.
pub(super) const SELF: MemberId = 0;

/// A removed run that late gossip may not bring back.
#[derive(Clone, Copy, Debug)]
struct Tombstone {
    generation: u64,
    run: u64,
    until: Time,
}

/// All members, the local one included. Bounded by `max_members`; tombstones by
/// [`limits::TOMBSTONES`].
pub(super) struct Members {
    slots: Slots,
    free: Vec<MemberId>,
    names: Places,
    handles: Places,
    addresses: Places,
    tombstones: BTreeMap<Arc<str>, Tombstone>,
    digest: TableDigest,
    counts: [usize; 6],
    pub(super) groups: Groups,
    /// Places of those that say that they are lighthouses: few, so nobody looks through all for them.
    flagged: BTreeSet<MemberId>,
    /// Places of the DEAD, which are looked at twice a second while there are any.
    dead: BTreeSet<MemberId>,
    /// Places of members that changed, each once; some may be empty by now.
    dirty: VecDeque<MemberId>,
    removed: Vec<Arc<str>>,
    /// Rises with each change of who is there, where on the ring, and in which datacenter and state.
    pub(super) stamp: u64,
}

impl Members {
    /// The empty table; nobody else knows the secret.
    pub(super) fn new(secret: u64) -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            names: Places::new(secret),
            handles: Places::new(secret),
            addresses: Places::new(secret),
            tombstones: BTreeMap::new(),
            digest: TableDigest::new(),
            counts: [0; 6],
            groups: Groups::default(),
            flagged: BTreeSet::new(),
            dead: BTreeSet::new(),
            dirty: VecDeque::new(),
            removed: Vec::new(),
            stamp: 0,
        }
    }

    pub(super) fn get(&self, id: MemberId) -> Option<&Member> {
        self.slots.get(id).and_then(Option::as_deref)
    }

    /// Changes a member through a closure, so that digest, counts and indexes follow.
    pub(super) fn update<T>(
        &mut self,
        id: MemberId,
        change: impl FnOnce(&mut Member) -> T,
    ) -> Option<T> {
        let member = self.slots.get_mut(id).and_then(Option::as_deref_mut)?;
        let before = (member.digested(), member.status, member.address(), member.handle);
        let (place, flag) = ((member.datacenter, member.status), member.is_lighthouse);
        let outcome = change(member);
        if before.3 != member.handle {
            member.ring = hash::ring_position(&member.identity);
        }
        let redigested = !member.is_digested_as(before.0.as_ref());
        let (moved, flagged) = ((member.datacenter, member.status), member.is_lighthouse);
        let same = (before.1, before.3) == (member.status, member.handle);
        let changed = redigested || !same || !member.is_at(before.2);
        self.groups.change(Some(place), Some(moved));
        self.stamp += u64::from(changed || place != moved);
        if changed {
            if redigested {
                for digested in [before.0, member.digested()].into_iter().flatten() {
                    self.digest.toggle(digested.digest());
                }
            }
            self.count(before.1, -1);
            self.count(moved.1, 1);
            self.unindex(id, before.2, before.3);
            self.index(id);
        }
        if flag != flagged || before.1 != moved.1 {
            self.flag(id);
        }
        self.mark(id);
        Some(outcome)
    }

    pub(super) fn insert(&mut self, mut member: Member) -> MemberId {
        member.dirty = false; // it is not in line yet, whatever it was copied from
        let id = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        self.tombstones.remove(&member.identity.name);
        if let Some(digested) = member.digested() {
            self.digest.toggle(digested.digest());
        }
        self.count(member.status, 1);
        self.groups.change(None, Some((member.datacenter, member.status)));
        self.stamp += 1;
        if let Some(slot) = self.slots.get_mut(id) {
            *slot = Some(Box::new(member));
        }
        self.names.insert(&self.slots, id, |member| &*member.identity.name);
        self.index(id);
        self.flag(id);
        self.mark(id);
        id
    }

    /// Takes a member out and leaves a tombstone for its run.
    pub(super) fn remove(&mut self, id: MemberId, now: Time) -> Option<Member> {
        let member = self.slots.get_mut(id)?.take()?;
        self.names.remove(id, &*member.identity.name);
        self.unindex(id, member.address(), member.handle);
        self.flagged.remove(&id);
        self.dead.remove(&id);
        if let Some(digested) = member.digested() {
            self.digest.toggle(digested.digest());
        }
        self.count(member.status, -1);
        self.groups.change(Some((member.datacenter, member.status)), None);
        self.stamp += 1;
        self.free.push(id);
        self.removed.push(Arc::clone(&member.identity.name));
        if self.tombstones.len() >= limits::TOMBSTONES {
            let oldest = self.tombstones.iter().min_by_key(|(_, stone)| stone.until);
            if let Some(name) = oldest.map(|(name, _)| Arc::clone(name)) {
                self.tombstones.remove(&name);
            }
        }
        let Identity { name, generation, run } = member.identity.clone();
        self.tombstones
            .insert(name, Tombstone { generation, run, until: now + limits::TOMBSTONE_AGE });
        Some(*member)
    }

    /// Whether a tombstone forbids this run.
    pub(super) fn is_buried(&self, identity: &Identity, now: Time) -> bool {
        let run = (identity.generation, identity.run);
        let stone = self.tombstones.get(&identity.name);
        stone.is_some_and(|stone| stone.until > now && run <= (stone.generation, stone.run))
    }

    pub(super) fn forget_tombstones(&mut self, now: Time) {
        self.tombstones.retain(|_, stone| stone.until > now);
    }

    pub(super) fn tombstones(&self) -> usize {
        self.tombstones.len()
    }

    pub(super) fn by_name(&self, name: &str) -> Option<MemberId> {
        self.names.find(&self.slots, name, |member, name| *member.identity.name == *name, |_| ())
    }

    pub(super) fn by_handle(&self, handle: u32) -> Option<MemberId> {
        let rank = Member::is_healthy;
        self.handles.find(&self.slots, &handle, |member, handle| member.handle == *handle, rank)
    }

    /// A healthy member owns its address, for a dead one's may have been given to another; of several
    /// healthy ones whoever nobody suspects, and of those whoever came last.
    pub(super) fn by_address(&self, address: SocketAddr) -> Option<MemberId> {
        let rank = |member: &Member| {
            (member.is_healthy(), member.status == Status::Alive, member.healthy_since)
        };
        self.addresses.find(&self.slots, &address, |member, at| member.is_at(*at), rank)
    }

    /// By name, or else by the text of the address.
    pub(super) fn find(&self, text: &str) -> Option<MemberId> {
        self.by_name(text).or_else(|| self.by_address(text.parse().ok()?))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (MemberId, &Member)> {
        self.slots
            .iter()
            .enumerate()
            .filter_map(|(id, slot)| slot.as_deref().map(|member| (id, member)))
    }

    /// Whoever says that it is a lighthouse, in the order of places.
    pub(super) fn lighthouses(&self) -> impl Iterator<Item = &Member> {
        self.flagged.iter().filter_map(|id| self.get(*id))
    }

    /// The other members that are ALIVE or SUSPECTED.
    pub(super) fn healthy_others(&self) -> impl Iterator<Item = (MemberId, &Member)> {
        self.iter().filter(|(id, member)| *id != SELF && member.is_healthy())
    }

    /// Whether nobody else is healthy in the local node's datacenter, which this is.
    pub(super) fn is_alone_in(&self, datacenter: u8) -> bool {
        let me = self.get(SELF).is_some_and(Member::is_healthy);
        self.groups.healthy(datacenter) == usize::from(me)
    }

    /// ALIVE or SUSPECTED, the local node included.
    pub(super) fn healthy(&self) -> usize {
        self.status_count(Status::Alive) + self.status_count(Status::Suspected)
    }

    pub(super) fn status_count(&self, status: Status) -> usize {
        self.counts.get(usize::from(status as u8)).copied().unwrap_or(0)
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    pub(super) fn digest(&self) -> [u8; 16] {
        self.digest.bytes()
    }

    /// The name that goes with a handle, or the handle in hexadecimal where nobody has it.
    pub(super) fn name_of(&self, handle: u32) -> Arc<str> {
        match self.by_handle(handle).and_then(|id| self.get(id)) {
            Some(member) => Arc::clone(&member.identity.name),
            None => format!("#{handle:08x}").into(),
        }
    }

    pub(super) fn mark(&mut self, id: MemberId) {
        let Some(member) = self.slots.get_mut(id).and_then(Option::as_deref_mut) else { return };
        if !std::mem::replace(&mut member.dirty, true) {
            self.dirty.push_back(id);
        }
    }

    pub(super) fn pop_removed(&mut self) -> Option<Arc<str>> {
        self.removed.pop()
    }

    pub(super) fn pop_dirty(&mut self) -> Option<MemberId> {
        while let Some(id) = self.dirty.pop_front() {
            let member = self.slots.get_mut(id).and_then(Option::as_deref_mut);
            // The place may have been given to another member since, which is in line itself.
            if member.is_some_and(|member| std::mem::take(&mut member.dirty)) {
                return Some(id);
            }
        }
        None
    }

    /// The public snapshot of a member; its age is for the reader to fill in.
    pub(super) fn snapshot(&self, id: MemberId, emit_counter: u16) -> Option<Node> {
        self.get(id).map(|member| snapshot_of(member, emit_counter))
    }

    /// The mean of a member's own recent ping times.
    pub(super) fn mean_ping(&self, id: MemberId) -> Duration {
        let millis = self.get(id).map_or(0.0, |member| member.history.mean_millis());
        Duration::from_secs_f64(millis / 1000.0)
    }

    fn count(&mut self, status: Status, by: isize) {
        if let Some(count) = self.counts.get_mut(usize::from(status as u8)) {
            *count = count.saturating_add_signed(by);
        }
    }

    /// Keeps whoever says that it is a lighthouse, and whoever is DEAD.
    fn flag(&mut self, id: MemberId) {
        let member = self.get(id);
        let is = member.map_or((false, false), |m| (m.is_lighthouse, m.status == Status::Dead));
        for (kept, is) in [(&mut self.flagged, is.0), (&mut self.dead, is.1)] {
            if is {
                kept.insert(id);
            } else {
                kept.remove(&id);
            }
        }
    }

    /// The DEAD, in the order of their places.
    pub(super) fn dead(&self) -> impl Iterator<Item = (MemberId, &Member)> {
        self.dead.iter().filter_map(|id| Some((*id, self.get(*id)?)))
    }

    fn index(&mut self, id: MemberId) {
        self.handles.insert(&self.slots, id, |member| &member.handle);
        self.addresses.insert(&self.slots, id, Member::at);
    }

    fn unindex(&mut self, id: MemberId, address: SocketAddr, handle: u32) {
        self.handles.remove(id, &handle);
        self.addresses.remove(id, &address);
    }
}

#[cfg(test)]
mod tests {
    use super::super::wire::MemberRecord;
    use super::*;

    fn table(flags: &[bool]) -> (Members, Vec<MemberId>) {
        let mut members = Members::new(1);
        let places = flags.iter().zip(1_u16..).map(|(flag, port)| {
            let address = SocketAddr::from(([127, 0, 0, 1], port));
            let identity = Identity { name: format!("n{port}").into(), generation: 1, run: 1 };
            let mut record = MemberRecord::bare(identity, address, Status::Alive);
            (record.is_lighthouse, record.datacenter) = (*flag, 1 + u8::from(port > 2));
            members.insert(Member::of(&record, Time::ZERO, 0))
        });
        let places = places.collect();
        (members, places)
    }

    fn lighthouses(members: &Members) -> Vec<&str> {
        members.lighthouses().map(|member| &*member.identity.name).collect()
    }

    #[test]
    fn lighthouses_are_who_says_so_at_the_time() {
        let (mut members, places) = table(&[false, true, false, true]);
        assert_eq!(lighthouses(&members), ["n2", "n4"]);
        members.update(places[2], |member| member.is_lighthouse = true);
        members.update(places[1], |member| member.is_lighthouse = false);
        assert_eq!(lighthouses(&members), ["n3", "n4"]);
        members.remove(places[3], Time::ZERO);
        assert_eq!(lighthouses(&members), ["n3"]);
    }

    #[test]
    fn alone_is_who_has_no_healthy_other_in_its_datacenter() {
        let (mut members, places) = table(&[false, false, false, false]);
        assert!(!members.is_alone_in(1));
        members.update(places[1], |member| member.status = Status::Dead);
        assert!(members.is_alone_in(1));
        members.update(places[0], |member| member.status = Status::Left);
        assert!(members.is_alone_in(1), "a node that left is not alone with itself");
        assert!(!members.is_alone_in(2));
        members.update(places[1], |member| member.status = Status::Suspected);
        assert!(!members.is_alone_in(1));
    }

    #[test]
    fn of_two_at_one_address_whoever_nobody_suspects_comes_first() {
        let (mut members, places) = table(&[false, false]);
        let address = members.get(places[0]).unwrap().address();
        members.update(places[1], |member| member.move_to(address));
        members
            .update(places[0], |member| member.healthy_since = Time::ZERO + limits::MESSAGE_TIME);
        assert_eq!(members.by_address(address), Some(places[0]), "it came last");
        members.update(places[0], |member| member.status = Status::Suspected);
        assert_eq!(members.by_address(address), Some(places[1]));
        members.update(places[1], |member| member.status = Status::Dead);
        assert_eq!(members.by_address(address), Some(places[0]), "the other one is dead");
    }
}
