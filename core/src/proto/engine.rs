//! The engine: its state, its doors, and the dispatch of what comes in. The rules are in the
//! neighbouring files, one idea each.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rand_xoshiro::Xoshiro256StarStar;
use rand_xoshiro::rand_core::SeedableRng;

use super::awareness::Awareness;
use super::broadcast::Broadcasts;
use super::datacenters::Datacenters;
use super::direct::Directs;
use super::discovery::Discovery;
use super::gossip::Gossip;
use super::keyring::Surveys;
use super::knock::Knocks;
use super::leadership::Leadership;
use super::leave::Leaving;
use super::links::Links;
use super::members::{Member, MemberId, Members, SELF};
use super::output::{Change, Notice, Transmit};
use super::probe::Probing;
use super::receipt::Receipts;
use super::rtt::PingHistory;
use super::seal::{Door, Entropy, KeyRing, Seeded};
use super::sealing::with_room;
use super::spare::Spare;
use super::sync::Syncs;
use super::tags::Tags;
use super::time::Time;
use super::timers::{Timer, Timers};
use super::validity::Validities;
use super::wire::{Identity, MemberRecord, Status};
use super::{claims, hash};
use crate::api::config::Settings;
use crate::api::event::Event;
use crate::api::level::LogLevel;
use crate::api::node::Node;
use crate::api::stats::Stats;

/// A call so much later than its deadline means that this node itself was held up.
const STALL: Duration = Duration::from_millis(100);

/// Who this process is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LocalNode {
    /// Name, unique in the cluster.
    pub name: Arc<str>,
    /// The address that others use.
    pub address: SocketAddr,
    /// Milliseconds since the epoch at start.
    pub generation: u64,
    /// 64 random bits, drawn at start.
    pub run: u64,
    /// Seed of the engine's own random numbers.
    pub seed: u64,
}

/// The membership engine of one node.
///
/// The caller hands in moments that never go back, drains every output after each call, and calls
/// [`handle_timeout`](Self::handle_timeout) when [`next_deadline`](Self::next_deadline) has come.
/// Waiting datagrams are handed in before a deadline that has come, so that a node that was held
/// up hears what was said meanwhile before it judges anybody.
pub struct Engine {
    pub(super) settings: Settings,
    pub(super) cluster_tag: u32,
    pub(super) members: Members,
    pub(super) timers: Timers,
    pub(super) rng: Xoshiro256StarStar,
    pub(super) stats: Stats,
    pub(super) transmits: VecDeque<Transmit>,
    pub(super) spare: Spare,
    pub(super) notices: VecDeque<Notice>,
    pub(super) awareness: Awareness,
    pub(super) histories: BTreeMap<u8, PingHistory>,
    pub(super) probing: Probing,
    pub(super) knocks: Knocks,
    pub(super) links: Links,
    pub(super) gossip: Gossip,
    pub(super) broadcasts: Broadcasts,
    pub(super) receipts: Receipts,
    pub(super) directs: Directs,
    pub(super) syncs: Syncs,
    pub(super) discovery: Discovery,
    pub(super) datacenters: Datacenters,
    pub(super) leaving: Option<Leaving>,
    pub(super) validity: Validities,
    /// None in a plain cluster.
    pub(super) door: Option<Box<Door>>,
    pub(super) surveys: Surveys,
    /// None where nobody votes.
    pub(super) leadership: Option<Box<Leadership>>,
    /// The two members heard last, newest first, and when: whether anybody but a given member was
    /// heard can be told from two.
    pub(super) heard: [(MemberId, Time); 2],
    /// No verdict before this moment: this node was held up.
    pub(super) distrust_until: Time,
    /// Whether others may have heard of this run: from then on its generation is fixed.
    pub(super) established: bool,
    pub(super) name_taken: bool,
    wall_offset_millis: u64,
}

impl Engine {
    /// An engine that knows only itself, for simulators: what sealing needs of random bytes follows
    /// from the seed. `wall_millis` is the wall clock at `now`, used for timestamps alone.
    #[must_use]
    pub fn new(now: Time, wall_millis: u64, settings: &Settings, me: LocalNode) -> Self {
        let entropy = Seeded::new(me.seed.rotate_left(32));
        Self::with_entropy(now, wall_millis, settings, me, Box::new(entropy))
    }

    /// As [`new`](Self::new), with a source of random bytes for sessions and nonces.
    #[must_use]
    pub fn with_entropy(
        now: Time,
        wall_millis: u64,
        settings: &Settings,
        me: LocalNode,
        entropy: Box<dyn Entropy>,
    ) -> Self {
        let leadership = Leadership::new(now, settings, &me).map(Box::new);
        let LocalNode { name, address, generation, run, seed } = me;
        let identity = Identity { name, generation, run };
        let validity = Validities::new(settings, &identity.name);
        let record = MemberRecord {
            datacenter: settings.datacenter,
            is_lighthouse: validity.is_own(),
            candidacy: settings.candidacy(),
            ..MemberRecord::bare(identity, address, Status::Alive)
        };
        let cluster_tag = hash::cluster_tag(&settings.cluster_name);
        let ring = KeyRing::new(&settings.keys);
        let door = (!ring.is_empty()).then(|| {
            Box::new(Door::new(now, ring, (cluster_tag, &settings.cluster_name), entropy))
        });
        let mut engine = Self {
            settings: with_room(settings, door.is_some()),
            cluster_tag,
            members: Members::new(seed.rotate_left(17)),
            timers: Timers::default(),
            rng: Xoshiro256StarStar::seed_from_u64(seed),
            stats: Stats::default(),
            transmits: VecDeque::new(),
            spare: Spare::default(),
            notices: VecDeque::new(),
            awareness: Awareness::default(),
            histories: BTreeMap::new(),
            probing: Probing::default(),
            knocks: Knocks::default(),
            links: Links::default(),
            gossip: Gossip::default(),
            broadcasts: Broadcasts::default(),
            receipts: Receipts::default(),
            directs: Directs::of_run(run),
            syncs: Syncs::new(now),
            discovery: Discovery::new(now),
            datacenters: Datacenters::default(),
            leaving: None,
            validity,
            door,
            surveys: Surveys::default(),
            leadership,
            heard: [(SELF, Time::ZERO); 2],
            distrust_until: Time::ZERO,
            established: false,
            name_taken: false,
            wall_offset_millis: wall_millis.saturating_sub(now.millis()),
        };
        let mut member = Member::of(&record, now, engine.wall_millis(now));
        member.tags = Tags::own(0, &settings.tags);
        engine.members.insert(member);
        engine.start(now);
        engine
    }

    fn start(&mut self, now: Time) {
        // A random phase keeps nodes that start together from probing in step.
        let phase = self.below(u64::from(self.settings.heartbeat_millis) * 1000);
        self.timers.arm(now + Duration::from_micros(phase), Timer::Beat);
        self.timers.arm(now, Timer::Election);
        if self.settings.multicast_enabled {
            self.timers.arm(now, Timer::Announce);
        }
        self.start_validity(now);
    }

    /// The kernel reported that nothing listens at `to` (ICMP port unreachable).
    ///
    /// A hint that anybody can forge: in this version it changes nothing.
    pub fn handle_unreachable(&mut self, now: Time, to: SocketAddr) {
        let _ = (now, to);
    }

    /// The next deadline has come, or more.
    pub fn handle_timeout(&mut self, now: Time) {
        if let Some(door) = &mut self.door {
            door.tick(now);
        }
        if now.since(self.timers.next()) > STALL {
            self.note_stall(now);
        }
        while let Some(timer) = self.timers.pop_due(now) {
            match timer {
                Timer::Beat => self.beat(now),
                Timer::Gossip => self.gossip_tick(now),
                Timer::Probe(sequence) => self.probe_timer(now, sequence),
                Timer::Nack(sequence) => self.nack_timer(now, sequence),
                Timer::Suspicion(id) => self.suspicion_timer(now, id),
                Timer::Corroborate(id) => self.corroborate_timer(now, id),
                Timer::Retry => self.retry_tick(now),
                Timer::Merged => self.merged_timer(now),
                Timer::Forget => self.forget_tick(now),
                Timer::Direct(sequence) => self.direct_timer(now, sequence),
                Timer::Receipt(index) => self.receipt_timer(now, index),
                Timer::Announce => self.announce(now),
                Timer::Answer(to) => self.answer_announcement(now, to),
                Timer::Election => self.election_tick(now),
                Timer::Link(id) => self.link_timer(now, id),
                Timer::Survey(ticket) => self.survey_tick(now, ticket),
                Timer::Validity => self.review_validity(now),
            }
        }
    }

    /// This node was held up: what it did not hear meanwhile proves nothing about others.
    fn note_stall(&mut self, now: Time) {
        self.stats.stalls += 1;
        self.awareness.worse();
        self.distrust_until = now + self.settings.suspicion_floor();
        self.drop_own_probes();
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called next.
    #[must_use]
    pub fn next_deadline(&self) -> Time {
        self.timers.next()
    }

    /// The next thing to tell.
    pub fn poll_notice(&mut self) -> Option<Notice> {
        let note = self.door.as_mut().and_then(|door| door.poll_note());
        let note = note.map(|(level, text)| Notice::Log(level, text));
        note.or_else(|| self.notices.pop_front())
    }

    /// The next change of the table. Drain the changes before the notices, so that a reader of an
    /// event finds what it tells of.
    pub fn poll_change(&mut self) -> Option<Change> {
        if let Some(change) = self.discovery.changes.pop_front() {
            return Some(change);
        }
        while let Some(name) = self.members.pop_removed() {
            // The name may have come back since.
            if self.members.by_name(&name).is_none() {
                return Some(Change::Remove { name });
            }
        }
        let id = self.members.pop_dirty()?; // only members that are in the table are dirty
        let heard = match self.members.get(id) {
            Some(member) if id != SELF => member.heard,
            _ => Time::NEVER,
        };
        let node = self.members.snapshot(id, self.gossip.updates.left(&id))?;
        Some(Change::Put { node, heard })
    }

    /// The engine's own counters and gauges; those of the runtime are 0 here.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let count = |status| self.members.status_count(status) as u64;
        let unknown = self.discovery.named.len() as u64;
        let own = Stats {
            members: self.members.len() as u64 + unknown,
            members_unknown: unknown,
            members_alive: count(Status::Alive),
            members_suspected: count(Status::Suspected),
            members_dead: count(Status::Dead),
            members_left: count(Status::Left),
            tombstones: self.members.tombstones() as u64,
            update_queue: self.gossip.updates.len() as u64,
            messages_waiting: self.directs.waiting() as u64,
            broadcast_queue: self.broadcasts.waiting() as u64,
            probes_waiting: self.probing.waiting.len() as u64,
            links_one_way: self.links.one_way(),
            health: u64::from(self.awareness.score()),
            ..self.stats
        };
        self.door.as_ref().map_or(own, |door| own.plus(&door.stats()))
    }

    /// Takes over settings that changed at run time.
    pub fn apply_settings(&mut self, now: Time, settings: &Settings) {
        let announces = |settings: &Settings| settings.multicast_announce_interval_seconds;
        let announced = announces(&self.settings);
        let frontload = self.settings.frontload_millis();
        let retagged = self.settings.tags != settings.tags;
        self.settings = with_room(settings, self.door.is_some());
        if self.me().candidacy != settings.candidacy() {
            self.set_candidacy(now, settings.candidacy());
        }
        if retagged {
            self.set_tags(now, &settings.tags);
        }
        if frontload != settings.frontload_millis() {
            self.histories.clear(); // what was measured is measured again within seconds
        }
        if announced != announces(settings) && settings.multicast_enabled {
            self.timers.arm(now, Timer::Announce);
        }
    }

    // What the rules share.

    pub(super) fn me(&self) -> MemberRecord {
        // The local node is inserted by `new` and never removed.
        self.members.get(SELF).map_or_else(claims::nobody, Member::record)
    }

    pub(super) fn my_handle(&self) -> u32 {
        self.members.get(SELF).map_or(0, |me| me.handle)
    }

    pub(super) fn wall_millis(&self, now: Time) -> u64 {
        self.wall_offset_millis + now.millis()
    }

    /// A number from 0 to `bound - 1`; 0 where the bound is 0. The bias of the remainder is below
    /// 2^-32 for every bound used here.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        use rand_xoshiro::rand_core::Rng;
        self.rng.next_u64() % bound.max(1)
    }

    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last as u64 + 1);
            // Below `last + 1`, which is a usize.
            items.swap(last, usize::try_from(other).unwrap_or(last));
        }
    }

    pub(super) fn tell(&mut self, event: Event) {
        self.notices.push_back(Notice::Event(event));
    }

    pub(super) fn note(&mut self, level: LogLevel, text: String) {
        self.notices.push_back(Notice::Log(level, text));
    }

    pub(super) fn node(&self, id: MemberId) -> Option<Arc<Node>> {
        self.members.snapshot(id, self.gossip.updates.left(&id)).map(Arc::new)
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("local", &self.me().identity.name)
            .field("members", &self.members.len())
            .finish_non_exhaustive()
    }
}
