//! The table of members: who there is, found by name, handle and address.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::groups::Groups;
use super::hash::{self, TableDigest};
use super::places::{Places, Slots};
use super::rtt::PeerTimes;
use super::suspicion::Suspicion;
use super::tags::Tags;
use super::time::Time;
use super::why::Doubt;
use super::wire::{Candidacy, Identity, MemberRecord, Status, StatusClass, WitnessSet};
use crate::api::node::{Node, NodeRank, NodeStatus, PING_NO_DATA};
use crate::limits;

/// A place in the table. Places are used again, so whoever keeps one also keeps the handle.
pub(super) type MemberId = usize;

/// The local node's place.
pub(super) const SELF: MemberId = 0;

/// One member, as this node knows it.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) identity: Identity,
    pub(super) handle: u32,
    /// Its place on the probe ring, kept because every heartbeat compares all of them.
    pub(super) ring: u64,
    pub(super) address: SocketAddr,
    pub(super) address_text: Arc<str>,
    pub(super) status: Status,
    pub(super) incarnation: u32,
    pub(super) datacenter: u8,
    pub(super) is_lighthouse: bool,
    pub(super) candidacy: Candidacy,
    /// Whether it is heard to lead.
    pub(super) is_leader: bool,
    pub(super) tags: Tags,
    /// Who first stated the status; 0 is the member itself.
    pub(super) source: u32,
    pub(super) source_name: Arc<str>,
    pub(super) heard: Time,
    /// When it was heard last without a helper's help; [`Time::ZERO`] for never.
    pub(super) direct: Time,
    pub(super) since: Time,
    /// Since when it counts as healthy, without a break.
    pub(super) healthy_since: Time,
    /// Wall clock of the last ping or status change.
    pub(super) timestamp_millis: u64,
    pub(super) ping_millis: f64,
    pub(super) history: PeerTimes,
    /// Pings in a row that timed out: from two on, its timeout doubles each time.
    pub(super) timeouts: u32,
    /// Held while it is SUSPECTED; apart, because few members are.
    pub(super) suspicion: Option<Box<Suspicion>>,
    /// What is told of the suspicion, also after death.
    pub(super) doubt: Option<Box<Doubt>>,
    /// How often it was tried again since it died.
    pub(super) retries: u32,
    pub(super) retry_at: Time,
    /// DEAD because nobody of its datacenter is heard: nothing is said against it alone.
    pub(super) lost: bool,
    /// Whether it is among those that changed.
    pub(super) dirty: bool,
}

impl Member {
    pub(super) fn of(record: &MemberRecord, now: Time, wall_millis: u64) -> Self {
        let name = Arc::clone(&record.identity.name);
        Self {
            handle: record.identity.handle(),
            ring: hash::ring_position(&record.identity),
            identity: record.identity.clone(),
            address: record.address,
            address_text: text_of(record.address, &name),
            status: record.status,
            incarnation: record.incarnation,
            datacenter: record.datacenter,
            is_lighthouse: record.is_lighthouse,
            candidacy: record.candidacy,
            is_leader: false,
            tags: Tags::of(record.tags.as_ref()),
            source: 0,
            source_name: name,
            heard: now,
            direct: Time::ZERO,
            since: now,
            healthy_since: now,
            timestamp_millis: wall_millis,
            ping_millis: PING_NO_DATA,
            history: PeerTimes::default(),
            timeouts: 0,
            suspicion: None,
            doubt: None,
            retries: 0,
            retry_at: Time::NEVER,
            lost: false,
            dirty: false,
        }
    }

    /// The suspicion against it.
    pub(super) fn held(&self) -> Option<Suspicion> {
        self.suspicion.as_deref().copied()
    }

    /// Another address, and its text.
    pub(super) fn move_to(&mut self, address: SocketAddr) {
        self.address = address;
        self.address_text = text_of(address, &self.identity.name);
    }

    pub(super) fn is_healthy(&self) -> bool {
        matches!(self.status, Status::Alive | Status::Suspected)
    }

    pub(super) fn record(&self) -> MemberRecord {
        MemberRecord {
            identity: self.identity.clone(),
            address: self.address,
            status: self.status,
            incarnation: self.incarnation,
            datacenter: self.datacenter,
            is_lighthouse: self.is_lighthouse,
            candidacy: self.candidacy,
            tags: self.tags.bytes.clone(),
            source: self.source,
            witnesses: self.held().map_or_else(WitnessSet::new, |held| held.witnesses),
        }
    }

    /// What its part of the digest is made of: healthy members alone, because a node that joins
    /// later need not know who died before.
    fn digested(&self) -> Option<Digested> {
        let versions = (self.incarnation, self.tags.version());
        self.is_healthy().then(|| Digested { identity: self.identity.clone(), versions })
    }

    /// Whether its part of the digest is (still) this one.
    fn is_digested_as(&self, digested: Option<&Digested>) -> bool {
        digested.map_or(!self.is_healthy(), |digested| {
            let versions = (self.incarnation, self.tags.version());
            self.is_healthy() && digested.versions == versions && digested.identity == self.identity
        })
    }
}

/// The text of an address; most nodes are called by theirs, and have it once.
fn text_of(address: SocketAddr, name: &Arc<str>) -> Arc<str> {
    let text = address.to_string();
    if text == **name { Arc::clone(name) } else { text.into() }
}

/// What a member's part of the digest is made of. Most changes of a member leave it as it is, and to
/// compare is cheaper than to hash.
struct Digested {
    identity: Identity,
    /// Of its claims, and of its tags.
    versions: (u32, u32),
}

impl Digested {
    fn digest(&self) -> [u8; 16] {
        hash::member_digest(&self.identity, self.versions, StatusClass::Healthy)
    }
}

pub(super) const fn public_status(status: Status) -> NodeStatus {
    match status {
        Status::Unknown => NodeStatus::Unknown,
        Status::Alive => NodeStatus::Alive,
        Status::Suspected => NodeStatus::Suspected,
        Status::Dead => NodeStatus::Dead,
        Status::Left => NodeStatus::Left,
    }
}

/// The public snapshot of a member.
pub(super) fn snapshot_of(member: &Member, emit_counter: u16) -> Node {
    Node {
        name: Arc::clone(&member.identity.name),
        address: Arc::clone(&member.address_text),
        ip: Some(member.address.ip()),
        port: member.address.port(),
        status: public_status(member.status),
        rank: match (member.is_leader, member.is_lighthouse) {
            (true, _) => NodeRank::Leader,
            (false, true) => NodeRank::Lighthouse,
            (false, false) => NodeRank::Normal,
        },
        is_lighthouse: member.is_lighthouse,
        datacenter: member.datacenter,
        generation: member.identity.generation,
        incarnation: member.incarnation,
        ping_millis: member.ping_millis,
        age_millis: 0,
        timestamp_millis: member.timestamp_millis,
        emit_counter,
        status_source: Arc::clone(&member.source_name),
        tags: Arc::clone(&member.tags.map),
    }
}

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
        let before = (member.digested(), member.status, member.address, member.handle);
        let place = (member.datacenter, member.status);
        let outcome = change(member);
        if before.3 != member.handle {
            member.ring = hash::ring_position(&member.identity);
        }
        let after = (member.status, member.address, member.handle);
        let redigested = !member.is_digested_as(before.0.as_ref());
        let moved = (member.datacenter, member.status);
        self.groups.change(Some(place), Some(moved));
        let changed = redigested || (before.1, before.2, before.3) != after;
        self.stamp += u64::from(changed || place != moved);
        if changed {
            if redigested {
                for digested in [before.0, member.digested()].into_iter().flatten() {
                    self.digest.toggle(digested.digest());
                }
            }
            self.count(before.1, -1);
            self.count(after.0, 1);
            self.unindex(id, before.2, before.3);
            self.index(id);
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
        self.mark(id);
        id
    }

    /// Takes a member out and leaves a tombstone for its run.
    pub(super) fn remove(&mut self, id: MemberId, now: Time) -> Option<Member> {
        let member = self.slots.get_mut(id)?.take()?;
        self.names.remove(id, &*member.identity.name);
        self.unindex(id, member.address, member.handle);
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
    /// healthy ones whoever came last.
    pub(super) fn by_address(&self, address: SocketAddr) -> Option<MemberId> {
        let rank = |member: &Member| (member.is_healthy(), member.healthy_since);
        self.addresses.find(&self.slots, &address, |member, at| member.address == *at, rank)
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

    /// The other members that are ALIVE or SUSPECTED.
    pub(super) fn healthy_others(&self) -> impl Iterator<Item = (MemberId, &Member)> {
        self.iter().filter(|(id, member)| *id != SELF && member.is_healthy())
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

    fn index(&mut self, id: MemberId) {
        self.handles.insert(&self.slots, id, |member| &member.handle);
        self.addresses.insert(&self.slots, id, |member| &member.address);
    }

    fn unindex(&mut self, id: MemberId, address: SocketAddr, handle: u32) {
        self.handles.remove(id, &handle);
        self.addresses.remove(id, &address);
    }
}
