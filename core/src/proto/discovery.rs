//! Finding members: seeds, named addresses, multicast, strangers that speak, the dead that return.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use super::engine::Engine;
use super::members::{Member, MemberId, SELF};
use super::output::{Change, Transmit};
use super::probe::Purpose;
use super::time::Time;
use super::timers::Timer;
use super::wire::{Carrier, Message, Packet, PacketWriter, Record, Status};
use crate::api::error::{Error, ErrorCode, Result};
use crate::api::event::Event;
use crate::api::node::{DATACENTER_NONE, Node, NodeRank, NodeStatus, PING_NO_DATA};
use crate::limits;

/// A DEAD member is pinged again so long after its death, then twice and twice again,
const FIRST_RETRY: Duration = Duration::from_millis(500);
/// so often; afterwards one random dead member per second is.
const OWN_RETRIES: u32 = 4;
/// About so many members of a datacenter try each time: one is enough, as it tells all the others.
const RETRIERS: u64 = 10;
const RETRY_TICK: Duration = Duration::from_millis(500);
/// When nobody came back from death for so long, those who did are counted.
const RETURNS_PAUSE: Duration = Duration::from_millis(500);
/// A stranger at one address is asked who it is no more often than this,
const ASK_PAUSE: Duration = Duration::from_secs(1);
/// and so many addresses are remembered for that.
pub(super) const ASKED: usize = 1024;
/// Named addresses that do not answer are tried again up to so far apart.
const NAMED_PAUSE: Duration = Duration::from_secs(10);
/// Announcements answered per second.
const ANSWERS_PER_SECOND: u32 = 2;
/// Of n members about so many answer an announcement.
const ANSWERERS: u64 = 3;

/// A rate with a burst: tokens that come back with time.
pub(super) struct Bucket {
    tokens: u64,
    most: u64,
    per_second: u64,
    filled: Time,
}

impl Bucket {
    pub(super) const fn new(now: Time, per_second: u32, burst: u32) -> Self {
        let most = burst as u64 * 1_000_000;
        Self { tokens: most, most, per_second: per_second as u64, filled: now }
    }

    /// Takes one token; false where there is none now.
    pub(super) fn take(&mut self, now: Time) -> bool {
        let micros = now.0.saturating_sub(self.filled.0);
        self.filled = now;
        self.tokens =
            self.tokens.saturating_add(micros.saturating_mul(self.per_second)).min(self.most);
        let has = self.tokens >= 1_000_000;
        if has {
            self.tokens -= 1_000_000;
        }
        has
    }
}

/// An address that the user named and that has not answered yet.
#[derive(Clone, Debug)]
pub(super) struct Named {
    address: Option<SocketAddr>,
    again_at: Time,
    pause: Duration,
    node: Node,
}

/// What is being looked for.
pub(super) struct Discovery {
    pub(super) named: BTreeMap<Arc<str>, Named>,
    pub(super) changes: VecDeque<Change>,
    pub(super) admissions: Bucket,
    pub(super) asked: BTreeMap<SocketAddr, Time>,
    answers: Bucket,
    retry_armed: bool,
    last_random_retry: Time,
    /// Members that came back from death within a moment, and when the last of them did.
    returned: (u32, Time),
}

impl Discovery {
    pub(super) fn new(now: Time) -> Self {
        Self {
            named: BTreeMap::new(),
            changes: VecDeque::new(),
            admissions: Bucket::new(now, limits::NEW_MEMBERS_PER_SECOND, limits::NEW_MEMBERS_BURST),
            asked: BTreeMap::new(),
            answers: Bucket::new(now, ANSWERS_PER_SECOND, ANSWERS_PER_SECOND),
            retry_armed: false,
            last_random_retry: now,
            returned: (0, now),
        }
    }
}

impl Engine {
    /// A member that was DEAD is back in the same run.
    pub(super) fn note_return(&mut self, now: Time) {
        self.discovery.returned = (self.discovery.returned.0 + 1, now);
        self.timers.arm(now + RETURNS_PAUSE, Timer::Merged);
    }

    /// Two or more that came back together were not dead: the network was cut, and is whole again.
    pub(super) fn merged_timer(&mut self, now: Time) {
        let (members, last) = self.discovery.returned;
        if now >= last + RETURNS_PAUSE {
            self.discovery.returned.0 = 0;
            if members > 1 {
                self.tell(Event::Merged { members });
            }
        }
    }

    /// Begins a full-state exchange with each address that is neither this node's own nor that of a
    /// healthy member, and says whether any is one. The driver calls it with the addresses of a
    /// seed, again and again with back-off, looking the name up each time.
    pub fn contact(&mut self, now: Time, addresses: &[SocketAddr]) -> bool {
        let (mut known, mut others) = (false, Vec::new());
        for address in addresses {
            match self.members.by_address(*address) {
                Some(SELF) => {}
                Some(id) if self.members.get(id).is_some_and(Member::is_healthy) => known = true,
                Some(_) | None => others.push(*address),
            }
        }
        // In another order each time: silent addresses shall not stand before living ones for ever.
        self.shuffle(&mut others);
        for address in others {
            self.sync_up_to(now, address, limits::CONNECTING);
        }
        known
    }

    /// Somebody whose handle nobody told of: a new run, a member that was missed, or nonsense.
    pub(super) fn ask_stranger(&mut self, now: Time, from: SocketAddr) {
        if self.leaving.is_some() {
            return;
        }
        let asked = &mut self.discovery.asked;
        if asked.get(&from).is_some_and(|at| now.since(*at) < ASK_PAUSE) {
            self.stats.dropped_rate_limited += 1;
            return;
        }
        if asked.len() >= ASKED {
            asked.retain(|_, at| now.since(*at) < ASK_PAUSE);
            if asked.len() >= ASKED {
                self.stats.dropped_rate_limited += 1;
                return;
            }
        }
        asked.insert(from, now);
        self.sync_with(now, from);
    }

    /// Adds a node that the user named: UNKNOWN under the text of `address` until it answers.
    /// `resolved` is none while a host name has not been looked up; calling again with the same
    /// text and an address goes on from there.
    ///
    /// # Errors
    /// `busy` where the table is full.
    pub fn add_node(
        &mut self,
        now: Time,
        address: &str,
        resolved: Option<SocketAddr>,
    ) -> Result<Node> {
        let known = resolved.and_then(|address| self.members.by_address(address));
        if let Some(node) = known.and_then(|id| self.members.snapshot(id, 0))
            && node.is_healthy()
        {
            self.drop_named(address);
            return Ok(node);
        }
        // What is UNKNOWN would hide the member that has this name, this node itself at worst.
        if let Some(id) = self.members.by_name(address)
            && let Some(node) = self.members.snapshot(id, 0)
            && (id == SELF || node.is_healthy())
        {
            return Ok(node);
        }
        let count = self.members.len() + self.discovery.named.len();
        let again = self.discovery.named.contains_key(address);
        if !again && count >= self.settings.max_members as usize {
            let text = format!(
                "the table has {count} nodes, which is max_members; {address} was not added"
            );
            return Err(Error::new(ErrorCode::Busy, text));
        }
        let node = self.named_node(now, address, resolved);
        let named =
            Named { address: resolved, again_at: now, pause: FIRST_RETRY, node: node.clone() };
        self.discovery.changes.push_back(Change::Put { node: node.clone(), heard: now });
        self.discovery.named.insert(address.into(), named);
        self.arm_retry(now);
        Ok(node)
    }

    fn named_node(&self, now: Time, address: &str, resolved: Option<SocketAddr>) -> Node {
        let port = |text: &str| text.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        Node {
            name: address.into(),
            address: address.into(),
            ip: resolved.map(|address| address.ip()),
            port: resolved.map_or_else(|| port(address).unwrap_or(0), |address| address.port()),
            status: NodeStatus::Unknown,
            rank: NodeRank::Normal,
            is_lighthouse: false,
            datacenter: DATACENTER_NONE,
            generation: 0,
            incarnation: 0,
            ping_millis: PING_NO_DATA,
            age_millis: 0,
            timestamp_millis: self.wall_millis(now),
            emit_counter: 0,
            status_source: address.into(),
            tags: Arc::default(),
        }
    }

    fn drop_named(&mut self, text: &str) -> Option<Node> {
        let named = self.discovery.named.remove(text)?;
        match self.members.by_name(text) {
            Some(id) => self.members.mark(id), // it stood behind the named address
            None => self.discovery.changes.push_back(Change::Remove { name: text.into() }),
        }
        Some(named.node)
    }

    /// A member that answers takes the place of the address that the user named, and of a text that
    /// is its name.
    pub(super) fn settle_named(&mut self, now: Time, id: MemberId) {
        let _ = now;
        let Some(member) = self.members.get(id) else {
            return;
        };
        let (name, address) = (Arc::clone(&member.identity.name), member.address());
        let named = self.drop_named(&name).is_some();
        if self.drop_named_at(address) || named {
            self.tell_changed(id);
        }
    }

    /// Every text that names this address has served its turn.
    pub(super) fn drop_named_at(&mut self, address: SocketAddr) -> bool {
        let named = self.discovery.named.iter();
        let found = named.filter(|(_, named)| named.address == Some(address));
        let texts: Vec<_> = found.map(|(text, _)| Arc::clone(text)).collect();
        for text in &texts {
            self.drop_named(text);
        }
        !texts.is_empty()
    }

    /// Forgets a node and leaves a tombstone for its generation.
    ///
    /// # Errors
    /// `unknown_node`; `invalid_address` for the local node.
    pub fn remove_node(&mut self, now: Time, node: &str) -> Result<Node> {
        if let Some(named) = self.drop_named(node) {
            return Ok(named);
        }
        let id = self.find(node)?;
        if id == SELF {
            return Err(Error::new(
                ErrorCode::InvalidAddress,
                format!(
                    "{node} is the local node, which cannot be removed: leave or close instead"
                ),
            ));
        }
        let snapshot = self.members.snapshot(id, 0).ok_or_else(|| self.unknown(node))?;
        self.unlearn(&snapshot.name);
        self.forget(now, id);
        Ok(snapshot)
    }

    /// Sets a node's local timestamp.
    ///
    /// # Errors
    /// `unknown_node`.
    pub fn touch_node(&mut self, now: Time, node: &str) -> Result<()> {
        let wall = self.wall_millis(now);
        if let Some(named) = self.discovery.named.get_mut(node) {
            named.node.timestamp_millis = wall;
            let node = named.node.clone();
            self.discovery.changes.push_back(Change::Put { node, heard: now });
            return Ok(());
        }
        let id = self.find(node)?;
        self.members.update(id, |member| member.timestamp_millis = wall);
        Ok(())
    }

    pub(super) fn find(&self, node: &str) -> Result<MemberId> {
        self.members.find(node).ok_or_else(|| self.unknown(node))
    }

    pub(super) fn unknown(&self, node: &str) -> Error {
        let short: String = node.chars().take(80).collect();
        Error::new(
            ErrorCode::UnknownNode,
            format!(
                "{short:?} is no name or address of the {} nodes in the table",
                self.members.len()
            ),
        )
    }

    // The dead, and addresses without an answer.

    pub(super) fn plan_retry(&mut self, now: Time, id: MemberId) {
        self.members.update(id, |member| member.rare().retry_at = now + FIRST_RETRY);
        self.arm_retry(now);
    }

    fn arm_retry(&mut self, now: Time) {
        if !self.discovery.retry_armed {
            self.discovery.retry_armed = true;
            self.timers.arm(now + RETRY_TICK, Timer::Retry);
        }
    }

    pub(super) fn retry_tick(&mut self, now: Time) {
        self.discovery.retry_armed = false;
        if self.leaving.is_some() {
            return;
        }
        self.find_bridges(now);
        let dead = self.members.dead().filter(|(_, member)| self.retries(member));
        let dead: Vec<_> = dead.collect();
        let due = dead.iter().filter(|(_, member)| member.retry_at() <= now).map(|(id, _)| *id);
        let due: Vec<_> = due.collect();
        let resting: Vec<_> =
            dead.iter().filter(|(_, m)| m.retry_at() == Time::NEVER).map(|(id, _)| *id).collect();
        let any = self.members.status_count(Status::Dead) > 0 || !self.discovery.named.is_empty();
        for id in due {
            self.members.update(id, |member| {
                member.retries += 1;
                member.rare().retry_at = match u32::from(member.retries) {
                    OWN_RETRIES.. => Time::NEVER,
                    retries => now + FIRST_RETRY * (1 << retries),
                };
            });
            if self.tries_again(id) {
                self.probe(now, id, Purpose::Revive);
            }
        }
        if !resting.is_empty() && now.since(self.discovery.last_random_retry) >= RETRY_TICK * 2 {
            self.discovery.last_random_retry = now;
            // One of one's own datacenter, and one of those across that this node keeps in touch with.
            let (far, near): (Vec<_>, Vec<_>) =
                resting.into_iter().partition(|id| self.far_of(*id).is_some());
            for some in [near, far].into_iter().filter(|some| !some.is_empty()) {
                let place = usize::try_from(self.below(some.len() as u64)).unwrap_or(0);
                if let Some(id) = some.get(place).filter(|id| self.tries_again(**id)) {
                    self.probe(now, *id, Purpose::Revive);
                }
            }
        }
        self.retry_named(now);
        if any {
            self.arm_retry(now);
        }
    }

    /// Whether it is this member that tries a dead one again now. Those across have few who do.
    fn tries_again(&mut self, id: MemberId) -> bool {
        let near = self.members.groups.healthy(self.settings.datacenter) as u64;
        self.far_of(id).is_some() || self.below(near) < RETRIERS
    }

    fn retry_named(&mut self, now: Time) {
        let mut due = Vec::new();
        for named in self.discovery.named.values_mut() {
            if let (Some(address), true) = (named.address, named.again_at <= now) {
                due.push(address);
                named.again_at = now + named.pause;
                named.pause = (named.pause * 2).min(NAMED_PAUSE);
            }
        }
        for address in due {
            self.sync_up_to(now, address, limits::CONNECTING);
        }
    }

    /// One timer for all nodes that LEFT: it stands for the one whose time is over first.
    pub(super) fn plan_forgetting(&mut self, at: Time) {
        if self.timers.when(Timer::Forget).is_none() {
            self.timers.arm(at, Timer::Forget);
        }
    }

    /// LEFT nodes and tombstones whose time is over.
    pub(super) fn forget_tick(&mut self, now: Time) {
        let left = self.members.iter().filter(|(id, m)| *id != SELF && m.status == Status::Left);
        let left = left.map(|(id, member)| (id, member.since + limits::LEFT_LISTED));
        let (gone, listed): (Vec<_>, Vec<_>) = left.partition(|(_, until)| *until <= now);
        for (id, _) in gone {
            self.forget(now, id);
        }
        if let Some(first) = listed.into_iter().map(|(_, until)| until).min() {
            self.plan_forgetting(first);
        }
        self.members.forget_tombstones(now);
    }

    // Multicast.

    pub(super) fn announce(&mut self, now: Time) {
        if self.leaving.is_some() || !self.settings.multicast_enabled {
            return;
        }
        let mut bytes = Vec::new();
        let most = self.settings.max_datagram_bytes as usize;
        let mut packet =
            PacketWriter::new(&mut bytes, self.cluster_tag, &Message::Announce {}, most);
        packet.push_member(&self.me());
        self.transmits.push_back(Transmit::Announce { bytes });
        let interval = self.settings.multicast_announce_interval_seconds;
        if interval > 0 {
            let next = now + Duration::from_secs(u64::from(interval));
            self.timers.arm(next, Timer::Announce);
        }
    }

    /// A multicast announcement arrived.
    pub fn handle_announcement(&mut self, now: Time, from: SocketAddr, bytes: &[u8]) {
        let mut plain = Vec::new();
        let opened = match &mut self.door {
            Some(door) => door.open_announcement(now, bytes, &mut plain).then_some(&*plain),
            None => Some(bytes),
        };
        let Some(bytes) = opened else {
            self.stats.multicast_ignored += 1;
            return;
        };
        let packet = Packet::decode(bytes, self.cluster_tag, Carrier::Datagram);
        let Ok(Packet { message: Message::Announce {}, mut records, .. }) = packet else {
            self.stats.multicast_ignored += 1;
            return;
        };
        let Some(Ok(Record::Member(record))) = records.next() else {
            self.stats.multicast_ignored += 1;
            return;
        };
        let me = self.me();
        if record.identity == me.identity {
            return; // one's own voice
        }
        if !self.is_reachable(record.address, from) {
            self.stats.multicast_ignored += 1;
            return;
        }
        self.stats.multicast_received += 1;
        let known = self.members.by_name(&record.identity.name).and_then(|id| self.members.get(id));
        if known.is_some_and(|m| m.identity == record.identity && m.is_healthy()) {
            return;
        }
        // About three of n answer, spread over a heartbeat, or a joining node would be flooded.
        let members = self.members.healthy() as u64;
        let chosen = self.below(members) < ANSWERERS;
        if chosen && self.discovery.answers.take(now) {
            let micros = u64::from(self.settings.heartbeat_millis) * 1000;
            let delay = Duration::from_micros(self.below(micros));
            self.timers.arm(now + delay, Timer::Answer(record.address));
        }
    }

    pub(super) fn answer_announcement(&mut self, now: Time, to: SocketAddr) {
        if self.leaving.is_none() {
            self.contact(now, &[to]);
        }
    }

    /// Whether an announced address can be meant for this node: of its family, and on loopback only
    /// where this node and the voice are.
    fn is_reachable(&self, announced: SocketAddr, from: SocketAddr) -> bool {
        let me = self.me().address.ip();
        let ip = announced.ip();
        let link_local = match ip {
            IpAddr::V4(ip) => ip.is_link_local(),
            IpAddr::V6(ip) => ip.is_unicast_link_local(),
        };
        ip.is_ipv4() == me.is_ipv4()
            && !ip.is_unspecified()
            && !ip.is_multicast()
            && announced.port() != 0
            && ip.is_loopback() == me.is_loopback()
            && (!link_local || ip == from.ip())
    }
}
