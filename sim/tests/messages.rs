//! Tags and messages to one node among many, in virtual time.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, missing_docs)]

use std::time::Duration;

use seafoam::proto::Notice;
use seafoam::{Config, Event, Settings};
use seafoam_sim::World;

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn config() -> Config {
    Config::new().insecure(true).listen_ip("10.0.0.0")
}

fn world(seed: u64, count: usize) -> World {
    let mut world = World::new(seed, config());
    world.start_many(count);
    assert!(world.run_until(millis(10_000), World::is_whole), "seed {seed}: never whole");
    world
}

fn settings(tags: &str) -> Settings {
    config().without_env().multicast_enabled(false).tags(tags).resolve().unwrap()
}

fn tag(world: &mut World, node: usize, tags: &str) {
    world.command(node, |engine, now| engine.apply_settings(now, &settings(tags)));
}

fn tags(world: &World, of: usize, by: usize) -> String {
    let node = world.view(by, &World::address(of).to_string()).unwrap();
    node.tags.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}

fn all_see(world: &World, of: usize, wanted: &str) -> bool {
    world.running().all(|by| tags(world, of, by) == wanted)
}

#[test]
fn tags_reach_all_and_the_last_ones_stay() {
    for (seed, loss) in [(1, 0), (2, 50), (3, 200)] {
        let mut world = world(seed, 30);
        world.network.loss_permille = loss;
        for round in 0..5 {
            tag(&mut world, 4, &format!("round={round}"));
            world.run(millis(20));
        }
        let done = |world: &World| all_see(world, 4, "round=4");
        assert!(world.run_until(millis(5000), done), "seed {seed}");
        tag(&mut world, 4, "");
        assert!(world.run_until(millis(5000), |world| all_see(world, 4, "")), "seed {seed}");
    }
}

#[test]
fn a_member_that_missed_the_word_of_tags_gets_it() {
    let mut world = world(4, 10);
    world.run(millis(4000));
    let others: Vec<_> = (0..9).collect();
    world.network.partition(&[9], &others);
    tag(&mut world, 2, "role=cache");
    world.run(millis(900));
    world.network.heal();
    assert!(world.run_until(millis(8000), |world| all_see(world, 2, "role=cache")));
}

#[test]
fn who_joins_later_sees_the_tags_and_a_new_run_begins_without() {
    let mut world = world(5, 5);
    tag(&mut world, 1, "zone=a,role=db");
    world.run(millis(1000));
    world.start(&[0]);
    assert!(world.run_until(millis(3000), World::is_whole));
    assert!(world.run_until(millis(2000), |world| all_see(world, 1, "role=db,zone=a")));
    world.crash(1);
    world.run(millis(100));
    world.restart(1, &[0]);
    assert!(world.run_until(millis(5000), |world| World::is_whole(world) && all_see(world, 1, "")));
}

/// What the wire carries is more than some nodes' datagrams hold: the tables bring it.
#[test]
fn tags_too_long_for_a_members_datagrams_reach_all_the_same() {
    let mut world = World::new(6, config().max_datagram_bytes(508_u32));
    world.start_many(6);
    assert!(world.run_until(millis(10_000), World::is_whole));
    let long = format!("a={}", "x".repeat(480));
    tag(&mut world, 3, &long);
    assert!(world.run_until(millis(15_000), |world| all_see(world, 3, &long)));
}

fn send(world: &mut World, from: usize, to: usize, bytes: &[u8], ticket: u64) {
    world
        .command(from, |engine, now| engine.send(now, World::address(to), bytes, ticket))
        .unwrap()
        .unwrap();
}

fn received(world: &World, by: usize) -> Vec<(String, Vec<u8>)> {
    let of = |event: &Event| match event {
        Event::Message { sender, bytes } => Some((sender.name.to_string(), bytes.to_vec())),
        _ => None,
    };
    world.seen.iter().filter(|seen| seen.by == by).filter_map(|seen| of(&seen.event)).collect()
}

fn outcome(world: &World, from: usize, wanted: u64) -> Option<bool> {
    world.notices.iter().find_map(|(by, notice)| match notice {
        Notice::Sent { ticket, acknowledged } if *by == from && *ticket == wanted => {
            Some(*acknowledged)
        }
        _ => None,
    })
}

#[test]
fn a_message_of_any_size_arrives_once_whatever_is_lost() {
    for (seed, loss) in [(1, 0), (2, 200), (3, 250)] {
        let mut world = world(seed, 5);
        world.network.loss_permille = loss;
        world.network.duplicate_permille = 100;
        for (ticket, size) in [0, 1, 1000, 1023, 1024, 1025, 1200, 5000, 65_536].iter().enumerate()
        {
            let bytes: Vec<u8> = (0..*size).map(|at| (at % 251) as u8).collect();
            let ticket = ticket as u64;
            send(&mut world, 1, 3, &bytes, ticket);
            let done = world.run_until(millis(6000), |world| outcome(world, 1, ticket).is_some());
            assert!(done, "seed {seed}, {size} bytes");
            assert_eq!(outcome(&world, 1, ticket), Some(true), "seed {seed}, {size} bytes");
            world.run(millis(3000));
            let sender = World::address(1).to_string();
            assert_eq!(received(&world, 3), [(sender, bytes)], "seed {seed}, {size} bytes");
            world.seen.clear();
            world.notices.clear();
        }
    }
}

#[test]
fn a_message_to_a_crashed_node_is_given_up_after_five_seconds() {
    let mut world = world(7, 3);
    world.crash(2);
    send(&mut world, 0, 2, b"anybody?", 1);
    send(&mut world, 0, 2, &[0; 5000], 2);
    world.run(millis(4900));
    assert_eq!((outcome(&world, 0, 1), outcome(&world, 0, 2)), (None, None));
    world.run(millis(200));
    assert_eq!((outcome(&world, 0, 1), outcome(&world, 0, 2)), (Some(false), Some(false)));
}

#[test]
fn a_message_to_a_stranger_makes_the_two_known_to_each_other() {
    let mut world = World::new(8, config());
    world.start(&[]);
    world.start(&[]);
    send(&mut world, 0, 1, b"hello", 1);
    assert!(world.run_until(millis(4000), |world| outcome(world, 0, 1) == Some(true)));
    assert_eq!(received(&world, 1).len(), 1);
    assert!(world.run_until(millis(3000), World::is_whole));
}

#[test]
fn a_message_to_oneself_comes_at_once() {
    let mut world = world(9, 2);
    send(&mut world, 0, 0, b"note", 1);
    assert_eq!(outcome(&world, 0, 1), Some(true));
    assert_eq!(received(&world, 0).len(), 1);
    assert!(received(&world, 1).is_empty());
}

#[test]
fn a_late_acknowledgement_for_the_process_before_acknowledges_nothing() {
    let mut world = world(9, 2);
    world.record();
    world.command(0, |engine, now| engine.send(now, World::address(1), &[1; 8], 1).unwrap());
    world.run(millis(500));
    let answers: Vec<_> =
        world.recorded().iter().filter(|sent| (sent.0, sent.1) == (1, 0)).cloned().collect();
    assert_eq!(outcome(&world, 0, 1), Some(true));
    world.restart(0, &[]);
    world.network.partition(&[0], &[1]);
    world.notices.clear();
    world.command(0, |engine, now| engine.send(now, World::address(1), &[2; 8], 2).unwrap());
    for (from, to, bytes) in answers {
        world.inject(from, to, bytes);
    }
    world.run(millis(60_000));
    assert_eq!(outcome(&world, 0, 2), Some(false), "it never came");
}
