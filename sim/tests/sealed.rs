//! Sealed clusters in virtual time: what a user may rely on, and what attackers cannot do.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, missing_docs)]

use std::time::Duration;

use seafoam::proto::seal::{Key, KeyList, Seeded};
use seafoam::{Config, Event, NodeStatus};
use seafoam_sim::World;

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn key(seed: u64) -> Key {
    Key::generate(&mut Seeded::new(seed)).unwrap()
}

fn sealed(keys: &[Key]) -> Config {
    Config::new().listen_ip("10.0.0.0").keys(KeyList(keys.to_vec()))
}

fn plain() -> Config {
    Config::new().listen_ip("10.0.0.0").insecure(true)
}

fn cluster(seed: u64, count: usize) -> World {
    let mut world = World::new(seed, sealed(&[key(1)]));
    world.start_many(count);
    assert!(world.run_until(seconds(10), World::is_whole), "seed {seed}: never whole");
    world.run(seconds(5));
    world.seen.clear();
    world
}

fn deaths(world: &World) -> usize {
    let dead = |event: &Event| matches!(event, Event::Status { status: NodeStatus::Dead, .. });
    world.seen.iter().filter(|seen| dead(&seen.event)).count()
}

#[test]
fn a_sealed_cluster_joins_as_fast_as_a_plain_one() {
    for count in [2, 3, 6, 20, 100] {
        let mut whole_after = Vec::new();
        for config in [plain(), sealed(&[key(1)])] {
            let mut world = World::new(7, config);
            world.start_many(count);
            assert!(world.run_until(seconds(2), World::is_whole), "{count} nodes");
            whole_after.push(world.now.millis());
            world.run(seconds(60));
            assert_eq!(deaths(&world), 0);
        }
        println!("{count} nodes, milliseconds to join, plain and sealed: {whole_after:?}");
    }
}

#[test]
fn a_crash_is_seen_by_all_as_fast_as_in_a_plain_one() {
    for (count, runs) in [(2, 10), (3, 10), (20, 5), (100, 1)] {
        for seed in 0..runs {
            let mut world = cluster(seed, count);
            world.crash(count - 1);
            let all_know = |world: &World| {
                (0..count - 1).all(|by| world.status(count - 1, by) == Some(NodeStatus::Dead))
            };
            assert!(world.run_until(seconds(3), all_know), "seed {seed}, {count} nodes");
            assert_eq!(deaths(&world), count - 1, "seed {seed}: each survivor says so once");
        }
    }
}

#[test]
fn nobody_is_called_dead_on_a_lossy_network() {
    for (loss, minutes) in [(50, 3), (200, 5)] {
        let mut world = cluster(11, 20);
        world.network.loss_permille = loss;
        world.network.duplicate_permille = 100;
        world.run(seconds(minutes * 60));
        assert_eq!(deaths(&world), 0, "{loss} of 1000 lost");
    }
}

#[test]
fn the_same_seed_gives_the_same_world() {
    let run = |seed| {
        let mut world = World::new(seed, sealed(&[key(1)]));
        world.network.loss_permille = 100;
        world.network.duplicate_permille = 50;
        world.start_many(12);
        world.run(seconds(5));
        world.crash(3);
        world.run(seconds(5));
        (world.trace(), world.datagrams, world.seen.len())
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1).0, run(2).0);
}

#[test]
fn the_cost_at_rest_is_that_of_the_seal_alone() {
    let rate = |config: Config| {
        let mut world = World::new(15, config);
        world.start_many(20);
        assert!(world.run_until(seconds(10), World::is_whole));
        world.run(seconds(30));
        let (datagrams, bytes) = (world.datagrams, world.bytes);
        world.run(seconds(60));
        let per = |total: u64| total as f64 / (20.0 * 60.0);
        (per(world.datagrams - datagrams), per(world.bytes - bytes))
    };
    let (open, shut) = (rate(plain()), rate(sealed(&[key(1)])));
    let with_headers = shut.1 + 28.0 * shut.0;
    println!("per node and second: {open:?} plain, {shut:?} sealed, {with_headers} with IPv4, UDP");
    assert!(shut.0 < open.0 * 1.01, "{open:?} {shut:?}");
    assert!(with_headers < 300.0, "{with_headers}");
}

type Belief = (String, NodeStatus, u64, u32);

/// What every node believes, but for times.
fn beliefs(world: &World) -> Vec<(usize, Vec<Belief>)> {
    let count = world.running().count();
    let of = |by: usize| {
        let node = |of: usize| {
            let node = world.view(by, &World::address(of).to_string()).unwrap();
            (node.name.to_string(), node.status, node.generation, node.incarnation)
        };
        (by, (0..count).map(node).collect())
    };
    (0..count).map(of).collect()
}

#[test]
fn replayed_traffic_changes_nothing_and_is_answered_at_no_greater_length() {
    let mut world = World::new(21, sealed(&[key(1)]));
    world.record();
    world.start_many(6);
    assert!(world.run_until(seconds(10), World::is_whole));
    world.run(seconds(20));
    let captured = world.recorded().to_vec();
    let (before, stats) = (beliefs(&world), world.stats(2).unwrap());
    world.seen.clear();
    // Everything once more, to its receiver and to another one, from its sender and from a stranger.
    let bytes: usize = captured.iter().map(|(.., bytes)| bytes.len()).sum();
    let (sent, began) = (world.bytes, world.now);
    for (from, to, bytes) in &captured {
        for (from, to) in [(*from, *to), (*from, (*to + 1) % 6), (40, *to)] {
            world.inject(from, to, bytes.clone());
        }
    }
    world.run(seconds(1));
    let answered = world.bytes - sent;
    assert!(answered < bytes as u64 / 4 + 6000, "{answered} bytes after {bytes} replayed thrice");
    world.run(seconds(20));
    assert_eq!(deaths(&world), 0);
    assert!(world.seen.is_empty(), "{:?}", world.seen);
    assert_eq!(beliefs(&world), before);
    let after = world.stats(2).unwrap();
    assert!(after.dropped_replayed > stats.dropped_replayed + 50, "{after:?}");
    assert!(after.dropped_unknown_session > 0, "{after:?}");
    assert_eq!((after.sessions, after.members), (stats.sessions, stats.members));
    assert!(world.now > began);
}

#[test]
fn traffic_of_an_earlier_run_means_nothing_to_a_later_one() {
    let mut world = World::new(22, sealed(&[key(1)]));
    world.record();
    world.start_many(4);
    assert!(world.run_until(seconds(10), World::is_whole));
    world.command(1, |engine, now| engine.leave(now));
    world.run(seconds(2));
    let captured = world.recorded().to_vec();
    world.crash(1);
    world.crash(2);
    world.restart(1, &[0]);
    world.restart(2, &[0]);
    assert!(world.run_until(seconds(5), World::is_whole));
    world.run(seconds(5));
    world.seen.clear();
    for (from, to, bytes) in &captured {
        world.inject(*from, *to, bytes.clone());
    }
    world.run(seconds(20));
    assert!(world.seen.is_empty(), "{:?}", world.seen);
    assert!(world.is_whole());
}

#[test]
fn forged_packets_are_dropped_counted_and_never_answered() {
    let mut world = cluster(23, 4);
    let mut random = Seeded::new(5);
    let sent = world.datagrams;
    let mut source = |length: usize| {
        let mut bytes = vec![0; length];
        assert!(seafoam::proto::seal::Entropy::fill(&mut random, &mut bytes));
        bytes
    };
    let tag = seafoam::proto::hash::cluster_tag("seafoam").to_le_bytes();
    let id = key(1).id().0.to_le_bytes();
    let count = 3000;
    for round in 0..count {
        let mut bytes = source(round % 400);
        let head = match round % 4 {
            0 => [&[1][..], &id, &tag].concat(),
            1 => [&[0x81][..], &id].concat(),
            2 => [&[1, 0, 0][..], &tag].concat(),
            _ => Vec::new(),
        };
        for (place, byte) in bytes.iter_mut().zip(head) {
            *place = byte;
        }
        // From a member's own address and from a stranger's.
        world.inject(if round % 2 == 0 { 1 } else { 50 }, 0, bytes);
    }
    world.run(Duration::from_millis(100));
    assert!(world.datagrams - sent < 10, "{} answers", world.datagrams - sent);
    let stats = world.stats(0).unwrap();
    let dropped = stats.dropped_forged
        + stats.dropped_malformed
        + stats.dropped_version
        + stats.dropped_unsealed
        + stats.dropped_sealed
        + stats.dropped_foreign_cluster
        + stats.dropped_replayed
        + stats.dropped_unknown_session;
    assert!(dropped >= count as u64, "{stats:?}");
    world.run(seconds(20));
    assert!(world.is_whole() && deaths(&world) == 0);
}

#[test]
fn other_keys_and_other_clusters_are_kept_out_and_told_apart() {
    let mut world = cluster(24, 3);
    world.configure(sealed(&[key(2)]));
    let wrong = world.start(&[0]);
    world.configure(sealed(&[key(1)]).cluster_name("another"));
    let foreign = world.start(&[0]);
    world.configure(plain());
    let open = world.start(&[0]);
    for node in [wrong, foreign, open] {
        let to = World::address(0);
        world.command(node, |engine, now| engine.ping(now, to, 1, seconds(1)).unwrap());
    }
    world.run(seconds(5));
    let stats = world.stats(0).unwrap();
    assert!(stats.dropped_sealed > 0, "{stats:?}");
    assert!(stats.dropped_foreign_cluster > 0, "{stats:?}");
    assert!(stats.dropped_unsealed > 0, "{stats:?}");
    for node in [wrong, foreign, open] {
        assert_eq!(world.healthy(node), 1);
    }
    assert_eq!(world.healthy(0), 3);
}

#[test]
fn a_restart_is_seen_at_once() {
    for seed in 0..5 {
        let mut world = cluster(seed, 6);
        let name = World::address(2).to_string();
        let before = world.view(0, &name).unwrap().generation;
        world.crash(2);
        world.run(Duration::from_millis(300));
        world.restart(2, &[0]);
        let all_know = |world: &World| {
            (0..6).all(|by| world.view(by, &name).is_some_and(|node| node.generation > before))
        };
        assert!(world.run_until(seconds(1), all_know), "seed {seed}");
        assert!(world.run_until(seconds(1), World::is_whole), "seed {seed}");
        // What is said right after it reaches the new run too.
        world.seen.clear();
        world.command(5, |engine, now| engine.broadcast(now, b"tide").unwrap());
        let heard = |world: &World| {
            world.seen.iter().any(|seen| {
                seen.by == 2
                    && matches!(&seen.event, Event::Broadcast { bytes, .. } if &**bytes == b"tide")
            })
        };
        assert!(world.run_until(seconds(1), heard), "seed {seed}");
        world.run(seconds(10));
        assert_eq!(deaths(&world), 0, "seed {seed}");
    }
}

#[test]
fn a_key_is_rotated_under_loss_without_losing_anybody() {
    use seafoam::proto::Goal;
    for seed in 0..5 {
        let mut world = cluster(seed, 12);
        world.network.loss_permille = 200;
        let (old, new) = (key(1).id(), key(2).id());
        for node in 0..12 {
            world.command(node, |engine, _| engine.install_key(key(2)).unwrap());
        }
        world.command(3, |engine, now| {
            engine.survey_keys(now, 7, Goal::Rotate(new), seconds(20)).unwrap();
        });
        let rotated = |world: &World| {
            (0..12).all(|node| world.engine(node).unwrap().ring().first().unwrap().id() == new)
        };
        assert!(world.run_until(seconds(20), rotated), "seed {seed}");
        for node in 0..12 {
            world.command(node, |engine, _| engine.retire_key(old).unwrap());
        }
        world.run(seconds(30));
        assert_eq!(deaths(&world), 0, "seed {seed}");
        assert!(world.running().all(|by| world.healthy(by) == 12), "seed {seed}");
    }
}

#[test]
fn a_rotation_waits_for_the_last_one_and_a_straggler_comes_back_after_its_key() {
    use seafoam::proto::Goal;
    let mut world = cluster(26, 6);
    let (old, new) = (key(1).id(), key(2).id());
    for node in 0..5 {
        world.command(node, |engine, _| engine.install_key(key(2)).unwrap());
    }
    let rotate = |world: &mut World| {
        world.command(0, |engine, now| {
            engine.survey_keys(now, 7, Goal::Rotate(new), seconds(3)).unwrap();
        });
        world.run(seconds(5));
    };
    rotate(&mut world);
    let first =
        |world: &World, node: usize| world.engine(node).unwrap().ring().first().unwrap().id();
    assert!((0..6).all(|node| first(&world, node) == old), "one lacks it: nothing changes");
    // By hand all the same: who lacks it is lost, and comes back once it has it.
    for node in 0..5 {
        world.command(node, |engine, _| engine.use_key(new).unwrap());
        world.command(node, |engine, _| engine.retire_key(old).unwrap());
    }
    world.run(seconds(30));
    assert_eq!(world.status(5, 0), Some(NodeStatus::Dead));
    world.command(5, |engine, _| engine.install_key(key(2)).unwrap());
    world.command(5, |engine, _| engine.use_key(new).unwrap());
    assert!(world.run_until(seconds(20), World::is_whole));
}

#[test]
fn a_cloned_machine_repeats_no_nonce() {
    use seafoam::proto::{Engine, LocalNode, Time, Transmit};
    let settings = sealed(&[key(1)]).without_env().multicast_enabled(false).resolve().unwrap();
    // Same seed, same name, same run: as two machines that were restored from one image. Only the
    // system's random bytes differ.
    let packets = |entropy: u64| {
        let me = LocalNode {
            name: "clone".into(),
            address: World::address(1),
            generation: 1,
            run: 2,
            seed: 3,
        };
        let source =
            Box::new(Repeats { session: Seeded::new(9), draws: 0, rest: Seeded::new(entropy) });
        let mut engine = Engine::with_entropy(Time::ZERO, 0, &settings, me, source);
        for ticket in 0..20 {
            engine.ping(Time::ZERO, World::address(ticket + 5), ticket as u64, seconds(1)).unwrap();
        }
        let mut nonces = Vec::new();
        while let Some(transmit) = engine.poll_transmit() {
            if let Transmit::Datagram { bytes, .. } = transmit {
                nonces.push(bytes[7..31].to_vec());
            }
        }
        nonces
    };
    let (one, two) = (packets(1), packets(2));
    assert_eq!((one.len(), two.len()), (20, 20));
    for (one, two) in one.iter().zip(&two) {
        assert_eq!(one[..16], two[..16], "session and counter repeat");
        assert_ne!(one[16..], two[16..]);
    }
}

/// Gives the same session to every clone, and other bytes afterwards.
struct Repeats {
    session: Seeded,
    draws: u32,
    rest: Seeded,
}

impl seafoam::proto::seal::Entropy for Repeats {
    fn fill(&mut self, bytes: &mut [u8]) -> bool {
        self.draws += 1;
        if self.draws <= 2 { self.session.fill(bytes) } else { self.rest.fill(bytes) }
    }
}
