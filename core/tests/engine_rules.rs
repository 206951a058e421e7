//! One engine and its rules: restarts, leaving, named addresses, seeds, announcements.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::wildcard_enum_match_arm, missing_docs)]

mod engine_support;

use engine_support::{Bench, PEER, accusation, identity, member, newest, own_claim};
use std::net::SocketAddr;
use std::time::Duration;

use seafoam::proto::wire::{
    BroadcastRecord, FrameWriter, Identity, MAX_FRAME_BYTES, MemberRecord, Message, Record, Status,
};
use seafoam::proto::{Engine, LocalNode, Time, Transmit, hash};
use seafoam::{Config, NodeStatus, limits};

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

#[test]
fn a_seed_that_lists_this_node_too_is_contacted() {
    let mut bench = Bench::new();
    let both = ["127.0.0.1:1000".parse().unwrap(), PEER.parse().unwrap()];
    assert!(!bench.engine.contact(bench.now, &both));
    bench.drain();
    assert_eq!(bench.streams.len(), 1);
}

#[test]
fn silent_seeds_do_not_keep_the_living_one_out() {
    let mut bench = Bench::new();
    let seeds: Vec<SocketAddr> =
        (1..=9).map(|n| format!("127.0.0.1:{}", 3000 + n).parse().unwrap()).collect();
    bench.engine.contact(bench.now, &seeds);
    bench.drain();
    assert_eq!(bench.streams.len(), 9);
}

#[test]
fn no_generation_is_beyond_refutation() {
    let mut bench = Bench::new();
    bench.meet(&member("peer", Status::Alive, 0));
    let from = identity("peer").handle();
    let far = |run| Identity::new("me", u64::MAX, run).unwrap();
    for lie in [
        accusation(&far(0), Status::Dead, 0),
        accusation(&far(1), Status::Suspected, u32::MAX),
        accusation(&far(u64::MAX), Status::Alive, 0),
    ] {
        bench.hear(PEER, &Message::Gossip { from }, &[lie]);
    }
    assert_eq!(bench.engine.stats().dropped_malformed, 3);
    bench.hear(
        PEER,
        &Message::Gossip { from },
        &[accusation(&Identity::new("me", 1000, 1).unwrap(), Status::Suspected, 0)],
    );
    assert_eq!(own_claim(&mut bench), (1000, 1), "it stands where it stood");
}

#[test]
fn one_datagram_earns_one_correction() {
    let mut bench = Bench::new();
    let old = accusation(&Identity::new("me", 1, 1).unwrap(), Status::Dead, 0);
    bench.hear("127.0.0.1:4000", &Message::Gossip { from: 9 }, &vec![old; 500]);
    assert_eq!(bench.sent.iter().filter(|(to, _)| to.port() == 4000).count(), 1);
}

#[test]
fn pings_of_the_host_do_not_stop_the_detector() {
    let mut bench = Bench::new();
    bench.meet(&member("peer", Status::Alive, 0));
    for ticket in 0..=limits::PROBES_WAITING as u64 {
        let to = "127.0.0.1:9".parse().unwrap();
        let begun = bench.engine.ping(bench.now, to, ticket, Duration::from_secs(3600));
        assert_eq!(begun.is_ok(), ticket < limits::PROBES_WAITING as u64);
    }
    bench.drain();
    bench.wait(Duration::from_secs(30));
    assert!(matches!(bench.nodes["peer"], NodeStatus::Suspected | NodeStatus::Dead));
}

#[test]
fn what_never_fits_is_delivered_and_not_kept() {
    let mut bench = Bench::with(Config::new().max_datagram_bytes(508_u32));
    bench.meet(&member("peer", Status::Alive, 0));
    let record = BroadcastRecord {
        origin: identity("peer"),
        address: PEER.parse().unwrap(),
        index: 1,
        receipt: false,
        bytes: vec![0; 1024].into(),
    };
    let from = identity("peer").handle();
    bench.hear(PEER, &Message::Gossip { from }, &[Record::Broadcast(record)]);
    assert_eq!(bench.engine.stats().broadcasts_received, 1);
    assert_eq!(bench.engine.stats().broadcast_queue, 0);
}

#[test]
fn a_lie_of_leaving_is_topped_by_a_new_run() {
    let mut bench = Bench::new();
    bench.meet(&member("peer", Status::Alive, 0));
    let lie = accusation(&Identity::new("me", 1000, 1).unwrap(), Status::Left, 0);
    bench.hear(PEER, &Message::Gossip { from: identity("peer").handle() }, &[lie]);
    assert_eq!(own_claim(&mut bench), (1001, 0));
}

#[test]
fn a_named_text_hides_no_member() {
    let mut bench = Bench::new();
    bench.meet(&member(PEER, Status::Alive, 0));
    bench.wait(Duration::from_secs(30));
    assert_eq!(bench.nodes[PEER], NodeStatus::Dead);
    bench.engine.add_node(bench.now, PEER, Some(PEER.parse().unwrap())).unwrap();
    bench.engine.remove_node(bench.now, PEER).unwrap();
    bench.drain();
    assert_eq!(bench.nodes[PEER], NodeStatus::Dead);
}

#[test]
fn a_node_that_left_says_so_with_every_answer() {
    let mut bench = Bench::new();
    bench.meet(&member("peer", Status::Alive, 0));
    bench.engine.leave(bench.now);
    bench.wait(Duration::from_secs(10)); // nothing is passed on any more
    bench.sent.clear();
    bench.hear(PEER, &Message::Ping { sequence: 1, from: identity("peer").handle(), to: 0 }, &[]);
    assert_eq!(newest(&bench, "me").map(|me| me.status), Some(Status::Left));
}

#[test]
fn a_changed_interval_leaves_one_chain_of_announcements() {
    let config = |seconds: u32| {
        Config::new().without_env().multicast_announce_interval_seconds(seconds).resolve().unwrap()
    };
    let me = LocalNode {
        name: "me".into(),
        address: "127.0.0.1:1000".parse().unwrap(),
        generation: 1000,
        run: 1,
        seed: 7,
    };
    let mut engine = Engine::new(Time::ZERO, 0, &config(10), me);
    let (mut now, mut announced) = (Time::ZERO, 0);
    for second in 0..134 {
        now = Time(second * 1_000_000);
        if (1..=3).contains(&second) {
            engine.apply_settings(now, &config(10 + second as u32));
        }
        while engine.next_deadline() <= now {
            engine.handle_timeout(now);
        }
        while let Some(transmit) = engine.poll_transmit() {
            announced += usize::from(matches!(transmit, Transmit::Announce { .. }));
        }
    }
    assert_eq!(
        announced,
        4 + 10,
        "one at start and at each change, then one in 13 s until {now:?}"
    );
}

/// A seed is asked for its table, and answers.
fn take_table(bench: &mut Bench, members: impl IntoIterator<Item = MemberRecord>) {
    bench.engine.contact(bench.now, &["127.0.0.1:3000".parse().unwrap()]);
    bench.drain();
    let token = bench.streams.pop().expect("the seed is asked");
    let message = Message::SyncResponse { from: identity("n0").handle(), flags: 0 };
    let mut answer = Vec::new();
    let tag = hash::cluster_tag("seafoam");
    let mut frames = FrameWriter::new(&mut answer, tag, &message, MAX_FRAME_BYTES);
    for member in members {
        frames.push(&Record::Member(member));
    }
    frames.finish();
    bench.engine.handle_stream(bench.now, token, Ok(answer));
    bench.drain();
}

#[test]
fn an_earlier_run_that_a_table_lists_is_told_of_the_later_one_that_is_over() {
    let mut bench = Bench::new();
    let later = member("peer", Status::Alive, 0);
    bench.meet(&later);
    let record = accusation(&later.identity, Status::Dead, 0);
    bench.hear("127.0.0.1:4000", &Message::Gossip { from: 9 }, &[record]);
    bench.wait(Duration::from_secs(60)); // it finds that itself
    assert_eq!(bench.nodes["peer"], NodeStatus::Dead);
    let earlier = MemberRecord {
        identity: Identity::new("peer", later.identity.generation - 1, 5).unwrap(),
        address: "127.0.0.1:5000".parse().unwrap(),
        ..member("peer", Status::Alive, 0)
    };
    bench.sent.clear();
    take_table(&mut bench, [earlier]);
    assert_eq!(bench.nodes["peer"], NodeStatus::Dead, "it has to top that generation first");
    let told = bench.sent.iter().filter(|(to, _)| to.port() == 5000).count();
    assert_eq!(told, 1);
    let record = newest(&bench, "peer").expect("its end is told");
    assert_eq!(
        (record.identity.generation, record.status),
        (later.identity.generation, Status::Dead)
    );
}

#[test]
fn whoever_joins_takes_the_whole_table_and_passes_none_of_it_on() {
    const THERE: u32 = limits::NEW_MEMBERS_BURST + 2000;
    let mut bench = Bench::new();
    let there = (0..THERE).map(|number| member(&format!("n{number}"), Status::Alive, 0));
    take_table(&mut bench, there);
    let stats = bench.engine.stats();
    assert_eq!((stats.members, stats.members_refused), (u64::from(THERE) + 1, 0));
    assert!(stats.update_queue <= 1, "nothing but the own record: {}", stats.update_queue);
    // What was asked for leaves the rate to what was not.
    for number in THERE..THERE + 10 {
        bench.meet(&member(&format!("n{number}"), Status::Alive, 0));
    }
    assert_eq!(bench.engine.stats().members, u64::from(THERE) + 11);
}
