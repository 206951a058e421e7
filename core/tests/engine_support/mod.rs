//! One engine on a bench: what it hears, says, and believes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::wildcard_enum_match_arm,
    dead_code,
    missing_docs
)]

use std::net::SocketAddr;
use std::time::Duration;

use seafoam::proto::wire::{
    Evidence, Identity, MemberRecord, Message, PacketWriter, Record, Status, WitnessSet,
};
use seafoam::proto::{Change, Engine, LocalNode, Notice, Time, Transmit, hash};
use seafoam::{Config, Event, NodeStatus};

pub const PEER: &str = "127.0.0.1:2000";

pub struct Bench {
    pub engine: Engine,
    pub now: Time,
    pub sent: Vec<(SocketAddr, Vec<u8>)>,
    pub streams: Vec<u64>,
    pub events: Vec<Event>,
    pub nodes: std::collections::BTreeMap<String, NodeStatus>,
}

impl Bench {
    pub fn new() -> Self {
        Self::with(Config::new())
    }

    pub fn with(config: Config) -> Self {
        let settings = config.without_env().multicast_enabled(false).resolve().unwrap();
        let me = LocalNode {
            name: "me".into(),
            address: "127.0.0.1:1000".parse().unwrap(),
            generation: 1000,
            run: 1,
            seed: 7,
        };
        let engine = Engine::new(Time::ZERO, 5_000_000, &settings, me);
        let (sent, streams, events) = (Vec::new(), Vec::new(), Vec::new());
        let mut bench =
            Self { engine, now: Time::ZERO, sent, streams, events, nodes: Default::default() };
        bench.drain();
        bench
    }

    pub fn drain(&mut self) {
        while let Some(transmit) = self.engine.poll_transmit() {
            match transmit {
                Transmit::Datagram { to, bytes } => self.sent.push((to, bytes)),
                Transmit::Stream { token, .. } => self.streams.push(token),
                Transmit::Knock { .. }
                | Transmit::Announce { .. }
                | Transmit::Persist { .. }
                | Transmit::PersistList { .. } => {}
            }
        }
        while let Some(change) = self.engine.poll_change() {
            match change {
                Change::Put { node, .. } => {
                    self.nodes.insert(node.name.to_string(), node.status);
                }
                Change::Remove { name } => {
                    self.nodes.remove(&*name);
                }
            }
        }
        while let Some(notice) = self.engine.poll_notice() {
            if let Notice::Event(event) = notice {
                self.events.push(event);
            }
        }
    }

    pub fn hear(&mut self, from: &str, message: &Message, records: &[Record]) {
        let mut bytes = Vec::new();
        let mut packet =
            PacketWriter::new(&mut bytes, hash::cluster_tag("seafoam"), message, 65_000);
        for record in records {
            assert!(packet.push(record), "{record:?} does not fit");
        }
        self.hear_bytes(from, &bytes);
    }

    pub fn hear_bytes(&mut self, from: &str, bytes: &[u8]) {
        self.engine.handle_datagram(self.now, from.parse().unwrap(), bytes);
        self.drain();
    }

    pub fn wait(&mut self, span: Duration) {
        let end = self.now + span;
        while self.engine.next_deadline() <= end {
            self.now = self.engine.next_deadline().max(self.now);
            self.engine.handle_timeout(self.now);
            self.drain();
        }
        self.now = end;
    }

    /// Makes a peer known, as its gossip would.
    pub fn meet(&mut self, peer: &MemberRecord) {
        let from = peer.identity.handle();
        self.hear(PEER, &Message::Gossip { from }, &[Record::Member(peer.clone())]);
    }
}

pub fn member(name: &str, status: Status, incarnation: u32) -> MemberRecord {
    let identity = Identity::new(name, 900, 5).unwrap();
    MemberRecord { incarnation, ..MemberRecord::bare(identity, PEER.parse().unwrap(), status) }
}

pub fn accusation(of: &Identity, status: Status, incarnation: u32) -> Record {
    let witnesses = WitnessSet::from_iter([(77, Evidence::Silent)]);
    let base = member("x", status, incarnation);
    Record::Member(MemberRecord { identity: of.clone(), source: 77, witnesses, ..base })
}

pub fn identity(name: &str) -> Identity {
    member(name, Status::Alive, 0).identity
}

/// The newest statement about `name` that the engine sent.
pub fn newest(bench: &Bench, name: &str) -> Option<MemberRecord> {
    use seafoam::proto::wire::{Carrier, Packet};
    let tag = hash::cluster_tag("seafoam");
    bench.sent.iter().rev().find_map(|(_, bytes)| {
        let packet = Packet::decode(bytes, tag, Carrier::Datagram).unwrap();
        packet.records.flatten().find_map(|record| match record {
            Record::Member(member) if &*member.identity.name == name => Some(member),
            _ => None,
        })
    })
}

/// Generation and incarnation of the newest claim that the engine made of itself.
pub fn own_claim(bench: &mut Bench) -> (u64, u32) {
    let claim = newest(bench, "me").expect("a claim of its own was sent");
    (claim.identity.generation, claim.incarnation)
}
