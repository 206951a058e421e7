//! What must hold after each input, whatever it was.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use seafoam::proto::wire::{Carrier, FrameReader, FrameStep, Packet, Record};
use seafoam::proto::{Change, Engine, Notice, Time, Transmit};
use seafoam::{Event, Node, NodeStatus, Settings, Stats, limits};

use crate::packets::ME;
use crate::tag;
use crate::world::own_address;

/// A stranger's datagram is answered with no more bytes than it had and these: who this node is,
/// in a member record without tags.
const ANSWER_BYTES: usize = 192;

/// What was handed in, as far as outputs are measured by it.
pub struct Input {
    /// The source of a datagram.
    from: Option<SocketAddr>,
    bytes: usize,
    /// Packets that it may bring about, for each member, probe and message that waits.
    per_waiting: usize,
    /// And beside those.
    others: usize,
}

impl Input {
    pub fn datagram(from: SocketAddr, bytes: &[u8]) -> Self {
        // For each record its subject may be asked, by ping and knock, and its bringer corrected.
        let packet = Packet::decode(bytes, tag(), Carrier::Datagram);
        let records = packet.map_or(0, |packet| packet.records.count());
        Self { from: Some(from), bytes: bytes.len(), per_waiting: 0, others: 6 + 3 * records }
    }

    pub fn announcement() -> Self {
        Self { from: None, bytes: 0, per_waiting: 0, others: 0 }
    }

    pub fn stream(bytes: &[u8]) -> Self {
        // No record is shorter than 20 bytes.
        Self { from: None, bytes: bytes.len(), per_waiting: 0, others: 6 + bytes.len() / 7 }
    }

    pub fn timeout() -> Self {
        Self { from: None, bytes: 0, per_waiting: 6, others: 64 }
    }

    pub fn command() -> Self {
        Self { from: None, bytes: 0, per_waiting: 0, others: 16 }
    }
}

/// What one input brought about.
#[derive(Default)]
pub struct Outputs {
    pub transmits: Vec<Transmit>,
    pub changes: Vec<Change>,
    pub notices: Vec<Notice>,
}

/// The host's view of the engine, and what it was told before.
pub struct Watch {
    max_datagram: usize,
    heartbeat_millis: u32,
    nodes: BTreeMap<Arc<str>, Node>,
    told: BTreeMap<Arc<str>, NodeStatus>,
    stats: Stats,
    broadcasts: u64,
    messages: u64,
    /// The newest claim that the engine made of itself: generation and incarnation.
    claim: (u64, u32),
}

impl Watch {
    pub fn new(settings: &Settings) -> Self {
        let mut watch = Self {
            max_datagram: settings.max_datagram_bytes as usize,
            heartbeat_millis: settings.heartbeat_millis,
            nodes: BTreeMap::new(),
            told: BTreeMap::new(),
            stats: Stats::default(),
            broadcasts: 0,
            messages: 0,
            claim: (0, 0),
        };
        watch.apply(settings);
        watch
    }

    pub fn apply(&mut self, settings: &Settings) {
        self.heartbeat_millis = self.heartbeat_millis.min(settings.heartbeat_millis);
    }

    pub fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.get(name)
    }

    /// The host removed a node: what was told of it counts no more.
    pub fn removed(&mut self, name: &str) {
        self.told.remove(name);
    }

    /// How often deadlines may come within a span.
    pub fn calls_within(&self, span: Time) -> u64 {
        let seconds = span.0 / 1_000_000 + 1;
        let beats = u64::from(1000 / self.heartbeat_millis.max(1)) + 1;
        let members = self.nodes.len() as u64;
        1000 + self.stats.messages_waiting * 16 + seconds * (100 + 8 * beats + 80 * members)
    }

    /// Looks at the outputs of one input, and at the engine after it.
    pub fn look(&mut self, input: &Input, outputs: &Outputs, engine: &Engine) {
        let known = |nodes: &BTreeMap<Arc<str>, Node>| {
            let from = input.from.map(|from| (Some(from.ip()), from.port()));
            nodes.values().any(|node| from == Some((node.ip, node.port)))
        };
        let before = known(&self.nodes);
        for change in &outputs.changes {
            self.change(change);
        }
        for notice in &outputs.notices {
            self.notice(notice);
        }
        let most = input.others + input.per_waiting * self.waiting();
        let count = outputs.transmits.len();
        assert!(count <= most, "{count} packets where {most} are the most");
        for transmit in &outputs.transmits {
            self.transmit(transmit);
        }
        if !before && !known(&self.nodes) {
            self.stranger(input, outputs);
        }
        self.whole(engine);
    }

    /// Nobody can make the engine send a third party more than it sent itself.
    fn stranger(&self, input: &Input, outputs: &Outputs) {
        let Some(from) = input.from else { return };
        let sent: usize = outputs
            .transmits
            .iter()
            .map(|transmit| match transmit {
                Transmit::Datagram { to, bytes } if *to == from => bytes.len(),
                _ => 0,
            })
            .sum();
        let most = input.bytes + ANSWER_BYTES;
        assert!(sent <= most, "{sent} bytes to a stranger that sent {}", input.bytes);
    }

    /// What timers are there for.
    fn waiting(&self) -> usize {
        let waiting = self.stats.messages_waiting + self.stats.probes_waiting;
        self.nodes.len() + usize::try_from(waiting).unwrap_or(usize::MAX)
    }

    fn change(&mut self, change: &Change) {
        match change {
            Change::Remove { name } => {
                assert_ne!(&**name, ME, "the local node is never removed");
                assert!(self.nodes.remove(name).is_some(), "{name} was in the table");
            }
            Change::Put { node, .. } => {
                if &*node.name == ME {
                    assert!(
                        matches!(node.status, NodeStatus::Alive | NodeStatus::Left),
                        "{node:?}"
                    );
                    assert_eq!(node.port, own_address().port());
                    self.claim(node.generation, node.incarnation);
                }
                self.nodes.insert(Arc::clone(&node.name), node.clone());
            }
        }
    }

    /// Claims of one's own only rise, or others would not believe the latest.
    fn claim(&mut self, generation: u64, incarnation: u32) {
        let claim = (generation, incarnation);
        assert!(claim >= self.claim, "from {:?} to {claim:?}", self.claim);
        self.claim = claim;
    }

    fn notice(&mut self, notice: &Notice) {
        match notice {
            Notice::Event(Event::Status { node, status, previous, .. }) => {
                assert_eq!(node.status, *status);
                self.status(node, *previous);
            }
            Notice::Event(Event::Broadcast { origin, bytes, .. }) => {
                assert!(bytes.len() <= limits::BROADCAST_BYTES, "of {}", origin.name);
                self.broadcasts += 1;
            }
            Notice::Event(Event::Message { bytes, .. }) => {
                assert!(bytes.len() <= limits::DATAGRAM_BYTES.max(limits::MESSAGE_BYTES));
                self.messages += 1;
            }
            Notice::Event(Event::Conflict { node, .. }) => assert_eq!(&*node.name, ME),
            _ => {}
        }
    }

    /// Each event goes on where the last one of that node ended, in a step that there is.
    fn status(&mut self, node: &Node, previous: NodeStatus) {
        use NodeStatus::{Alive, Dead, Left, Suspected, Unknown};
        let told = self.told.insert(Arc::clone(&node.name), node.status);
        let mine = (&*node.name == ME).then_some(Alive);
        let told = told.or(mine).unwrap_or(Unknown);
        // A node that is gone may be forgotten to make room, and come as new in the same moment.
        let forgotten = previous == Unknown && !told.is_healthy();
        assert!(told == previous || forgotten, "{} was {told}, not {previous}", node.name);
        let step = (previous, node.status);
        let exists = matches!(
            step,
            (Unknown | Suspected | Dead | Left, Alive)
                | (Alive, Suspected | Dead | Left)
                | (Suspected, Dead | Left)
                | (Dead, Left)
        );
        assert!(exists, "{}: {previous} to {}", node.name, node.status);
    }

    /// Everything that is sent can be read.
    fn transmit(&mut self, transmit: &Transmit) {
        match transmit {
            Transmit::Datagram { bytes, .. } | Transmit::Announce { bytes } => {
                assert!(bytes.len() <= self.max_datagram, "{} bytes in a datagram", bytes.len());
                match Packet::decode(bytes, tag(), Carrier::Datagram) {
                    Ok(packet) => self.records(packet),
                    Err(error) => panic!("it sends a datagram that is {error}"),
                }
            }
            Transmit::Stream { request, .. } => self.stream(request),
            Transmit::Knock { .. } | Transmit::Persist { .. } | Transmit::PersistList { .. } => {}
        }
    }

    fn records(&self, packet: Packet<'_>) {
        for record in packet.records {
            match record {
                Err(error) => panic!("it sends a record with {error}"),
                Ok(Record::Member(member)) if &*member.identity.name == ME => {
                    let claim = (member.identity.generation, member.incarnation);
                    assert!(claim <= self.claim, "it knows {:?} and sends {claim:?}", self.claim);
                }
                Ok(_) => {}
            }
        }
    }

    /// A stream that the engine writes.
    pub fn stream(&self, mut bytes: &[u8]) {
        let mut reader = FrameReader::new();
        loop {
            match reader.step(&mut bytes) {
                Ok(FrameStep::Frame(frame)) => {
                    match Packet::decode(frame, tag(), Carrier::Stream) {
                        Ok(packet) => self.records(packet),
                        Err(error) => panic!("it writes a frame that is {error}"),
                    }
                }
                Ok(FrameStep::End) => break,
                other => panic!("it writes a stream that ends in {other:?}"),
            }
        }
        assert!(bytes.is_empty(), "{} bytes behind the end of a stream", bytes.len());
    }

    /// The counters and tables of the engine against their bounds, and against what was told.
    fn whole(&mut self, engine: &Engine) {
        let stats = engine.stats();
        let rows = Stats::ROWS.iter().zip(self.stats.values()).zip(stats.values());
        for (((name, kind, _), before), after) in rows {
            assert!(*kind != "counter" || after >= before, "{name} fell from {before} to {after}");
        }
        let within = |name: &str, value: u64, most: usize| {
            assert!(value <= most as u64, "{value} {name} where {most} are the most");
        };
        let members = stats.members - stats.members_unknown;
        within("points of health", stats.health, 8);
        for size in engine.sizes() {
            within(size.name, size.now as u64, size.most);
        }
        let counted = stats.members_alive + stats.members_suspected + stats.members_dead;
        assert_eq!(members, counted + stats.members_left, "{stats:?}");
        assert_eq!(stats.broadcasts_received, self.broadcasts);
        assert_eq!(stats.messages_received, self.messages);
        let listed =
            |status| self.nodes.values().filter(|node| node.status == status).count() as u64;
        assert_eq!(listed(NodeStatus::Alive), stats.members_alive, "ALIVE in the view");
        assert_eq!(listed(NodeStatus::Suspected), stats.members_suspected, "SUSPECTED in the view");
        // A text that the user named may stand before a member of that name that is gone.
        let (gone, unknown) =
            (stats.members_dead + stats.members_left, listed(NodeStatus::Unknown));
        let seen = listed(NodeStatus::Dead) + listed(NodeStatus::Left);
        assert!(seen <= gone && seen + unknown >= gone, "{seen} of {gone} in the view");
        self.stats = stats;
    }
}
