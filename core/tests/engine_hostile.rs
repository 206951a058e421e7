//! One engine against what an unfriendly network can send it: nothing is answered that should not
//! be, nothing grows without its bound, and no lie makes it unable to contradict.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::wildcard_enum_match_arm, missing_docs)]

mod engine_support;

use engine_support::{Bench, PEER, accusation, identity, member, newest, own_claim};
use std::net::SocketAddr;
use std::time::Duration;

use seafoam::proto::hash;
use seafoam::proto::wire::{
    BroadcastRecord, Identity, MemberRecord, Message, PacketWriter, Record, Status,
};
use seafoam::{Config, NodeStatus, limits};

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
            receipt: false,
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
fn who_a_node_is_is_told_to_strangers_without_its_tags() {
    let zone = format!("zone={}", "a".repeat(400));
    let mut bench = Bench::with(Config::new().tags(zone.as_str()));
    let mut bytes = Vec::new();
    let message = Message::Ping { sequence: 1, from: 999, to: 77 }; // an earlier run is meant
    PacketWriter::new(&mut bytes, hash::cluster_tag("seafoam"), &message, 1200);
    bench.hear_bytes("127.0.0.1:4000", &bytes);
    let answered: usize =
        bench.sent.iter().filter(|(to, _)| to.port() == 4000).map(|(_, answer)| answer.len()).sum();
    assert!(answered > 0, "it is told of this run");
    assert!(answered <= 4 * bytes.len(), "{answered} for {}", bytes.len());
    bench.meet(&member("peer", Status::Alive, 0));
    bench.sent.clear();
    bench.hear(PEER, &Message::Ping { sequence: 1, from: 999, to: 77 }, &[]);
    let told = newest(&bench, "me").and_then(|me| me.tags);
    assert!(told.is_some_and(|tags| tags.len() > 400), "members are told all");
}

#[test]
fn what_the_user_named_does_not_hide_a_member_of_that_name() {
    let mut bench = Bench::new();
    bench.meet(&member("host:1", Status::Alive, 0));
    for name in ["me", "host:1"] {
        let node = bench.engine.add_node(bench.now, name, None).unwrap();
        assert_eq!(node.status, NodeStatus::Alive);
        bench.drain();
        assert_eq!(bench.nodes[name], NodeStatus::Alive);
    }
    bench.engine.add_node(bench.now, "late:1", None).unwrap();
    bench.drain();
    assert_eq!(bench.nodes["late:1"], NodeStatus::Unknown);
    bench.meet(&member("late:1", Status::Alive, 0));
    bench.engine.touch_node(bench.now, "late:1").unwrap();
    bench.drain();
    assert_eq!(bench.nodes["late:1"], NodeStatus::Alive);
    assert_eq!(bench.engine.stats().members_unknown, 0);
}

#[test]
fn ever_newer_words_of_one_member_make_nothing_longer() {
    let mut bench = Bench::with(Config::new().max_members(4_u32));
    let say = |bench: &mut Bench, record: MemberRecord| {
        let records = [Record::Member(record)];
        bench.hear("127.0.0.1:4000", &Message::Gossip { from: 9 }, &records);
    };
    for number in 0..3000_u32 {
        let mut record = member("peer", Status::Alive, 0);
        record.identity.generation += u64::from(number);
        say(&mut bench, record.clone());
        let (source, incarnation) = (77, 1);
        say(&mut bench, MemberRecord { status: Status::Suspected, source, ..record.clone() });
        say(&mut bench, MemberRecord { incarnation, ..record.clone() });
        say(&mut bench, MemberRecord { status: Status::Left, incarnation, ..record });
    }
    for size in bench.engine.sizes() {
        assert!(
            size.now <= size.most,
            "{} {} where {} are the most",
            size.now,
            size.name,
            size.most
        );
        assert!(size.now <= 64, "{} {}", size.now, size.name);
    }
}

#[test]
fn those_that_left_are_forgotten_in_time_though_others_leave() {
    let mut bench = Bench::new();
    for number in 0..20_u32 {
        let name = format!("n{number}");
        for status in [Status::Alive, Status::Left] {
            let record = member(&name, status, 0);
            let from = record.identity.handle();
            bench.hear(PEER, &Message::Gossip { from }, &[Record::Member(record)]);
        }
        bench.wait(Duration::from_secs(5));
    }
    // The last one left 5 s ago, and whoever left 60 s ago or more is gone.
    assert_eq!(bench.nodes.values().filter(|status| **status == NodeStatus::Left).count(), 11);
    bench.wait(Duration::from_secs(55));
    assert_eq!(bench.nodes.len(), 1);
}
