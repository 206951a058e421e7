//! One engine against what an unfriendly network can send it: nothing is answered that should not
//! be, nothing grows without its bound, and no lie makes it unable to contradict.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::wildcard_enum_match_arm, missing_docs)]

use std::net::SocketAddr;
use std::time::Duration;

use seafoam::proto::wire::{
    BroadcastRecord, Evidence, Identity, MemberRecord, Message, PacketWriter, Record, Status,
    WitnessSet,
};
use seafoam::proto::{Change, Engine, LocalNode, Notice, Time, Transmit, hash};
use seafoam::{Config, Event, NodeStatus, limits};

const PEER: &str = "127.0.0.1:2000";

struct Bench {
    engine: Engine,
    now: Time,
    sent: Vec<(SocketAddr, Vec<u8>)>,
    streams: Vec<u64>,
    events: Vec<Event>,
    nodes: std::collections::BTreeMap<String, NodeStatus>,
}

impl Bench {
    fn new() -> Self {
        Self::with(Config::new())
    }

    fn with(config: Config) -> Self {
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

    fn drain(&mut self) {
        while let Some(transmit) = self.engine.poll_transmit() {
            match transmit {
                Transmit::Datagram { to, bytes } => self.sent.push((to, bytes)),
                Transmit::Stream { token, .. } => self.streams.push(token),
                Transmit::Announce { .. } => {}
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

    fn hear(&mut self, from: &str, message: &Message, records: &[Record]) {
        let mut bytes = Vec::new();
        let mut packet =
            PacketWriter::new(&mut bytes, hash::cluster_tag("seafoam"), message, 65_000);
        for record in records {
            assert!(packet.push(record), "{record:?} does not fit");
        }
        self.hear_bytes(from, &bytes);
    }

    fn hear_bytes(&mut self, from: &str, bytes: &[u8]) {
        self.engine.handle_datagram(self.now, from.parse().unwrap(), bytes);
        self.drain();
    }

    fn wait(&mut self, span: Duration) {
        let end = self.now + span;
        while self.engine.next_deadline() <= end {
            self.now = self.engine.next_deadline().max(self.now);
            self.engine.handle_timeout(self.now);
            self.drain();
        }
        self.now = end;
    }

    /// Makes a peer known, as its gossip would.
    fn meet(&mut self, peer: &MemberRecord) {
        let from = peer.identity.handle();
        self.hear(PEER, &Message::Gossip { from }, &[Record::Member(peer.clone())]);
    }
}

fn member(name: &str, status: Status, incarnation: u32) -> MemberRecord {
    let identity = Identity::new(name, 900, 5).unwrap();
    MemberRecord { incarnation, ..MemberRecord::bare(identity, PEER.parse().unwrap(), status) }
}

fn accusation(of: &Identity, status: Status, incarnation: u32) -> Record {
    let witnesses = WitnessSet::from_iter([(77, Evidence::Silent)]);
    let base = member("x", status, incarnation);
    Record::Member(MemberRecord { identity: of.clone(), source: 77, witnesses, ..base })
}

#[test]
fn garbage_is_dropped_counted_and_never_answered() {
    let mut bench = Bench::new();
    let mut word = 0x9e37_79b9_7f4a_7c15_u64;
    for length in 0..20_000_usize {
        let bytes: Vec<u8> = (0..length % 300)
            .map(|_| {
                word ^= word << 13;
                word ^= word >> 7;
                word ^= word << 17;
                (word >> 32) as u8
            })
            .collect();
        bench.hear_bytes("127.0.0.1:4000", &bytes);
    }
    assert!(bench.sent.is_empty() && bench.streams.is_empty() && bench.events.is_empty());
    let stats = bench.engine.stats();
    let dropped = stats.dropped_version
        + stats.dropped_malformed
        + stats.dropped_foreign_cluster
        + stats.dropped_sealed;
    assert_eq!(dropped, 20_000);
    assert_eq!(stats.members, 1);
}

#[test]
fn another_cluster_is_told_apart_from_nonsense() {
    let mut bench = Bench::new();
    let mut bytes = Vec::new();
    let message = Message::Ping { sequence: 1, from: 9, to: 0 };
    PacketWriter::new(&mut bytes, hash::cluster_tag("harbour"), &message, 1200);
    bench.hear_bytes("127.0.0.1:4000", &bytes);
    assert!(bench.sent.is_empty());
    assert_eq!(bench.engine.stats().dropped_foreign_cluster, 1);
}

#[test]
fn a_stranger_gets_no_more_bytes_than_it_sent() {
    let mut bench = Bench::new();
    bench.meet(&member("peer", Status::Alive, 0)); // something to piggyback
    bench.sent.clear();
    let mut bytes = Vec::new();
    let message = Message::Ping { sequence: 1, from: 999, to: 0 };
    PacketWriter::new(&mut bytes, hash::cluster_tag("seafoam"), &message, 1200);
    bench.hear_bytes("127.0.0.1:4000", &bytes);
    let answered: usize =
        bench.sent.iter().filter(|(to, _)| to.port() == 4000).map(|(_, answer)| answer.len()).sum();
    assert!(answered > 0, "an honest ping is answered");
    assert!(answered <= bytes.len(), "{answered} for {}", bytes.len());
}

#[test]
fn strangers_are_asked_at_a_bounded_rate() {
    let mut bench = Bench::new();
    for from in 1..=10_000_u32 {
        let port = 3000 + from % 1000;
        bench.hear(&format!("127.0.0.1:{port}"), &Message::Gossip { from }, &[]);
    }
    assert!(bench.streams.len() <= limits::SYNCS, "{} exchanges", bench.streams.len());
}

#[test]
fn every_accusation_can_be_refuted_even_at_the_last_incarnation() {
    let mut bench = Bench::new();
    bench.meet(&member("peer", Status::Alive, 0));
    let from = member("peer", Status::Alive, 0).identity.handle();
    let mut me = Identity::new("me", 1000, 1).unwrap();
    for (incarnation, next) in [(0, 1), (1, 2), (40, 41), (u32::MAX - 1, u32::MAX)] {
        let lie = accusation(&me, Status::Suspected, incarnation);
        bench.hear(PEER, &Message::Gossip { from }, &[lie]);
        assert_eq!(own_claim(&mut bench), (1000, next));
    }
    let lie = accusation(&me, Status::Dead, u32::MAX);
    bench.hear(PEER, &Message::Gossip { from }, &[lie]);
    assert_eq!(own_claim(&mut bench), (1001, 0), "a new run tops what no incarnation can");
    me.generation = 1001;
    let lie = accusation(&me, Status::Suspected, 0);
    bench.hear(PEER, &Message::Gossip { from }, &[lie]);
    assert_eq!(own_claim(&mut bench), (1001, 1));
    assert_eq!(bench.engine.stats().refutations, 6);
}

/// The newest statement about `name` that the engine sent.
fn newest(bench: &Bench, name: &str) -> Option<MemberRecord> {
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
fn own_claim(bench: &mut Bench) -> (u64, u32) {
    let claim = newest(bench, "me").expect("a claim of its own was sent");
    (claim.identity.generation, claim.incarnation)
}

#[test]
fn the_accused_hears_of_it_with_every_answer() {
    let mut bench = Bench::new();
    bench.meet(&member("peer", Status::Alive, 0));
    bench.engine.update_node_status(bench.now, "peer", NodeStatus::Suspected).unwrap();
    bench.drain();
    bench.sent.clear();
    let from = identity("peer").handle();
    bench.hear(PEER, &Message::Ping { sequence: 1, from, to: 0 }, &[]);
    assert_eq!(newest(&bench, "peer").unwrap().status, Status::Suspected);
}

#[test]
fn only_a_node_itself_says_that_it_left() {
    let mut bench = Bench::new();
    bench.meet(&member("peer", Status::Alive, 3));
    let from = member("peer", Status::Alive, 0).identity.handle();
    bench.hear(PEER, &Message::Gossip { from }, &[accusation(&identity("peer"), Status::Left, 2)]);
    assert_eq!(bench.nodes["peer"], NodeStatus::Alive, "an old claim");
    bench.hear(PEER, &Message::Gossip { from }, &[Record::Member(member("peer", Status::Left, 4))]);
    assert_eq!(bench.nodes["peer"], NodeStatus::Left);
    bench.hear(
        PEER,
        &Message::Gossip { from },
        &[Record::Member(member("peer", Status::Alive, 4))],
    );
    bench.hear(PEER, &Message::Gossip { from }, &[accusation(&identity("peer"), Status::Dead, 4)]);
    assert_eq!(bench.nodes["peer"], NodeStatus::Left, "LEFT goes before the rest");
}

fn identity(name: &str) -> Identity {
    member(name, Status::Alive, 0).identity
}

#[test]
fn dead_from_others_is_a_claim_to_verify() {
    let mut bench = Bench::new();
    bench.meet(&member("peer", Status::Alive, 0));
    let from = identity("peer").handle();
    bench.hear(PEER, &Message::Gossip { from }, &[accusation(&identity("peer"), Status::Dead, 0)]);
    assert_eq!(bench.nodes["peer"], NodeStatus::Suspected);
    let pinged = |(to, _): &(SocketAddr, Vec<u8>)| to.port() == 2000;
    assert!(bench.sent.iter().any(pinged), "it is asked at once");
}

#[test]
fn unusable_addresses_and_statuses_make_no_member() {
    let mut bench = Bench::new();
    let from = 9;
    for address in ["0.0.0.0:5", "127.0.0.1:0", "224.0.0.1:5", "255.255.255.255:5", "[::]:5"] {
        let record =
            MemberRecord { address: address.parse().unwrap(), ..member("peer", Status::Alive, 0) };
        bench.hear("127.0.0.1:4000", &Message::Gossip { from }, &[Record::Member(record)]);
    }
    for status in [Status::Unknown, Status::Dead, Status::Left] {
        let record = Record::Member(member("peer", status, 0));
        bench.hear("127.0.0.1:4000", &Message::Gossip { from }, &[record]);
    }
    assert_eq!(bench.engine.stats().members, 1);
    assert!(bench.events.is_empty());
}

#[test]
fn the_table_keeps_to_max_members_and_counts_what_it_refuses() {
    let mut bench = Bench::with(Config::new().max_members(10_u32));
    for number in 0..50 {
        let record = member(&format!("n{number}"), Status::Alive, 0);
        bench.hear("127.0.0.1:4000", &Message::Gossip { from: 9 }, &[Record::Member(record)]);
    }
    assert_eq!(bench.engine.stats().members, 10);
    assert_eq!(bench.engine.stats().members_refused, 41);
    assert_eq!(bench.nodes.len(), 10);
    let error = bench.engine.add_node(bench.now, "127.0.0.1:9", None).unwrap_err();
    assert_eq!(error.code(), seafoam::ErrorCode::Busy);
}

#[test]
fn a_storm_of_new_members_is_taken_at_a_bounded_rate() {
    let mut bench = Bench::new();
    let admitted = |bench: &Bench| bench.engine.stats().members as u32 - 1;
    for number in 0..6000 {
        let record = member(&format!("n{number}"), Status::Alive, 0);
        bench.hear("127.0.0.1:4000", &Message::Gossip { from: 9 }, &[Record::Member(record)]);
    }
    assert_eq!(admitted(&bench), limits::NEW_MEMBERS_BURST);
    bench.now = bench.now + Duration::from_millis(500);
    for number in 6000..9000 {
        let record = member(&format!("n{number}"), Status::Alive, 0);
        bench.hear("127.0.0.1:4000", &Message::Gossip { from: 9 }, &[Record::Member(record)]);
    }
    assert_eq!(admitted(&bench), limits::NEW_MEMBERS_BURST + limits::NEW_MEMBERS_PER_SECOND / 2);
}

#[test]
fn broadcasts_are_delivered_once_and_their_queue_is_bounded() {
    let mut bench = Bench::new();
    bench.meet(&member("peer", Status::Alive, 0));
    let from = identity("peer").handle();
    let broadcast = |index| {
        Record::Broadcast(BroadcastRecord {
            origin: identity("peer"),
            address: PEER.parse().unwrap(),
            index,
            bytes: vec![0; 100].into(),
        })
    };
    for index in [1, 2, 2, 1, 3] {
        bench.hear(PEER, &Message::Gossip { from }, &[broadcast(index)]);
    }
    assert_eq!(bench.engine.stats().broadcasts_received, 3);
    assert_eq!(bench.engine.stats().broadcasts_duplicate, 2);
    for index in 10..10 + 2 * limits::BROADCAST_QUEUE as u32 {
        bench.hear(PEER, &Message::Gossip { from }, &[broadcast(index)]);
    }
    let stats = bench.engine.stats();
    assert!(stats.broadcast_queue <= limits::BROADCAST_QUEUE as u64);
    assert!(stats.broadcasts_refused > 0);
    assert_eq!(stats.broadcasts_received, 3 + 2 * limits::BROADCAST_QUEUE as u64);
    let error = bench.engine.broadcast(bench.now, b"x").unwrap_err();
    assert_eq!(error.code(), seafoam::ErrorCode::Busy);
    let error = bench.engine.broadcast(bench.now, &[0; 257]).unwrap_err();
    assert_eq!(error.code(), seafoam::ErrorCode::PayloadTooLarge);
    bench.wait(Duration::from_secs(60));
    assert_eq!(bench.engine.stats().broadcast_queue, 0, "the queue empties by itself");
}

#[test]
fn a_node_that_was_held_up_judges_nobody_until_it_has_listened() {
    let mut bench = Bench::new();
    bench.meet(&member("peer", Status::Alive, 0));
    bench.now = bench.now + Duration::from_secs(30);
    bench.engine.handle_timeout(bench.now); // 30 s late: this process was stopped
    bench.drain();
    assert_eq!(bench.engine.stats().stalls, 1);
    assert_eq!(bench.nodes["peer"], NodeStatus::Alive);
    assert!(bench.engine.stats().health > 0);
}

#[test]
fn removed_runs_stay_away_and_their_tombstones_are_bounded() {
    let mut bench = Bench::new();
    let gossip = Message::Gossip { from: 9 };
    for number in 0..limits::NEW_MEMBERS_BURST + 100 {
        bench.now = bench.now + Duration::from_millis(2);
        let record = member(&format!("n{number}"), Status::Alive, 0);
        bench.hear("127.0.0.1:4000", &gossip, &[Record::Member(record.clone())]);
        bench.engine.remove_node(bench.now, &format!("n{number}")).unwrap();
        bench.hear("127.0.0.1:4000", &gossip, &[Record::Member(record)]);
    }
    let stats = bench.engine.stats();
    assert_eq!(stats.members, 1, "late gossip brings nobody back");
    assert_eq!(stats.tombstones, limits::TOMBSTONES as u64);
    let newer = MemberRecord {
        identity: Identity::new("n4100", 901, 1).unwrap(),
        ..member("n4100", Status::Alive, 0)
    };
    bench.hear("127.0.0.1:4000", &gossip, &[Record::Member(newer)]);
    assert_eq!(bench.engine.stats().members, 2, "a newer run is welcome");
}

#[test]
fn a_named_address_can_be_touched_and_removed_before_it_answers() {
    let mut bench = Bench::new();
    bench.engine.add_node(bench.now, "harbour:7", None).unwrap();
    bench.drain();
    assert_eq!(bench.nodes["harbour:7"], NodeStatus::Unknown);
    bench.engine.touch_node(bench.now, "harbour:7").unwrap();
    bench.engine.remove_node(bench.now, "harbour:7").unwrap();
    bench.drain();
    assert!(!bench.nodes.contains_key("harbour:7"));
    let error = bench.engine.touch_node(bench.now, "harbour:7").unwrap_err();
    assert_eq!(error.code(), seafoam::ErrorCode::UnknownNode);
}

#[test]
fn one_and_the_same_input_gives_the_same_bytes() {
    let run = || {
        let mut bench = Bench::new();
        for number in 0..20 {
            let record = member(&format!("n{number}"), Status::Alive, 0);
            bench.hear("127.0.0.1:4000", &Message::Gossip { from: 9 }, &[Record::Member(record)]);
        }
        bench.wait(Duration::from_secs(20));
        bench.sent
    };
    let (one, other) = (run(), run());
    assert!(one.len() > 100);
    assert_eq!(one, other);
}
