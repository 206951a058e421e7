//! The engine among its like, in virtual time: what a user may rely on, on a network with faults.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, missing_docs)]

use std::time::Duration;

use seafoam::{Config, Event, NodeStatus};
use seafoam_sim::{Bursts, World};

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// A cluster of `count` nodes that all know each other.
fn cluster(seed: u64, count: usize) -> World {
    let mut world = World::new(seed, Config::new().insecure(true).listen_ip("10.0.0.0"));
    world.start_many(count);
    assert!(world.run_until(seconds(10), World::is_whole), "seed {seed}: never whole");
    world.run(seconds(5));
    world.seen.clear();
    world
}

fn status_events(world: &World, of: usize, status: NodeStatus) -> Vec<usize> {
    let name = World::address(of).to_string();
    let wanted = |event: &Event| match event {
        Event::Status { node, status: seen, .. } => *node.name == *name && *seen == status,
        _ => false,
    };
    world.seen.iter().filter(|seen| wanted(&seen.event)).map(|seen| seen.by).collect()
}

fn deaths(world: &World) -> usize {
    let dead = |event: &Event| matches!(event, Event::Status { status: NodeStatus::Dead, .. });
    world.seen.iter().filter(|seen| dead(&seen.event)).count()
}

#[test]
fn nodes_that_know_one_seed_find_each_other() {
    for count in [2, 3, 6, 20, 100] {
        let mut world = World::new(7, Config::new().insecure(true).listen_ip("10.0.0.0"));
        world.start_many(count);
        assert!(world.run_until(seconds(2), World::is_whole), "{count} nodes");
        assert_eq!(deaths(&world), 0);
    }
}

#[test]
fn the_same_seed_gives_the_same_world() {
    let run = |seed| {
        let mut world = World::new(seed, Config::new().insecure(true).listen_ip("10.0.0.0"));
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
fn a_crash_is_seen_by_all_within_three_seconds() {
    for (count, runs) in [(2, 20), (3, 20), (6, 20), (20, 5), (100, 2)] {
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
    for (loss, minutes) in [(0, 5), (50, 5), (200, 5)] {
        let mut world = cluster(11, 20);
        world.network.loss_permille = loss;
        world.run(seconds(minutes * 60));
        assert_eq!(deaths(&world), 0, "{loss} of 1000 lost");
    }
}

#[test]
fn a_pause_of_a_second_is_survived_and_refuted() {
    for seed in 0..10 {
        let mut world = cluster(seed, 12);
        world.pause(5, seconds(1));
        world.run(seconds(10));
        assert_eq!(deaths(&world), 0, "seed {seed}");
        assert!(world.is_whole(), "seed {seed}");
    }
}

#[test]
fn a_restart_is_told_from_the_old_run() {
    let mut world = cluster(3, 6);
    let name = World::address(2).to_string();
    let before = world.view(0, &name).unwrap().generation;
    world.crash(2);
    world.run(Duration::from_millis(300)); // nobody can know yet
    world.restart(2, &[0]);
    let all_know = |world: &World| {
        (0..6).all(|by| world.view(by, &name).is_some_and(|node| node.generation > before))
    };
    assert!(world.run_until(seconds(1), all_know));
    assert!(world.is_whole());
    for by in [0, 1, 3, 4, 5] {
        let seen: Vec<_> = world
            .seen
            .iter()
            .filter(|seen| seen.by == by)
            .filter_map(|seen| match &seen.event {
                Event::Status { node, status, .. } if *node.name == *name => Some(*status),
                _ => None,
            })
            .collect();
        let end = &seen[seen.len() - 2..];
        assert_eq!(end, [NodeStatus::Dead, NodeStatus::Alive], "node {by} saw {seen:?}");
    }
}

#[test]
fn a_dead_node_that_returns_under_a_new_generation_is_taken_at_once() {
    let mut world = cluster(4, 6);
    world.crash(2);
    world.run(seconds(20));
    assert_eq!(status_events(&world, 2, NodeStatus::Dead).len(), 5);
    world.restart(2, &[0]);
    assert!(world.run_until(seconds(1), World::is_whole));
}

#[test]
fn a_leave_is_seen_as_left_and_never_as_death() {
    for count in [2, 6, 30] {
        let mut world = cluster(5, count);
        world.command(1, |engine, now| engine.leave(now));
        assert!(world.run_until(seconds(1), |world| world.has_left(1)), "{count} nodes");
        world.crash(1);
        world.run(seconds(10));
        let others = status_events(&world, 1, NodeStatus::Left);
        let told = others.iter().filter(|by| **by != 1).count();
        assert_eq!(told, count - 1, "{count} nodes");
        assert_eq!(deaths(&world), 0);
        world.run(seconds(70));
        assert_eq!(world.status(1, 0), None, "listed for 60 s");
    }
}

#[test]
fn all_may_leave_at_the_same_moment() {
    for seed in 0..20 {
        let mut world = cluster(seed, 8);
        let mut gone = vec![false; 8];
        for node in 0..8 {
            world.command(node, |engine, now| engine.leave(now));
        }
        // Each closes as soon as its leave is done, as programs do.
        let end = world.now + seconds(2);
        while world.now < end {
            world.run(Duration::from_millis(1));
            for (node, gone) in gone.iter_mut().enumerate() {
                if world.has_left(node) && !std::mem::replace(gone, true) {
                    world.crash(node);
                }
            }
        }
        assert!(gone.iter().all(|gone| *gone), "seed {seed}: {gone:?}");
        assert_eq!(deaths(&world), 0, "seed {seed}");
    }
}

#[test]
fn who_leaves_while_it_joins_is_seen_to_leave() {
    for seed in 0..20 {
        let mut world = cluster(seed, 3);
        let newcomer = world.start(&[0]);
        let alive = |world: &World| world.status(newcomer, 0) == Some(NodeStatus::Alive);
        assert!(world.run_until(seconds(1), alive));
        world.command(newcomer, |engine, now| engine.leave(now));
        assert!(world.run_until(seconds(1), |world| world.has_left(newcomer)), "seed {seed}");
        world.crash(newcomer);
        world.run(seconds(8));
        assert_eq!(deaths(&world), 0, "seed {seed}");
        for by in 0..3 {
            assert_eq!(world.status(newcomer, by), Some(NodeStatus::Left), "seed {seed}");
        }
    }
}

#[test]
fn who_leaves_does_not_wait_for_the_dead() {
    // The process is killed, its kernel says so; then the host is gone without a word.
    for (end, most) in [(World::crash as fn(&mut World, usize), 1500), (World::vanish, 4000)] {
        for count in [2, 3] {
            let mut world = cluster(4, count);
            (1..count).for_each(|node| end(&mut world, node));
            world.command(0, |engine, now| engine.leave(now));
            let left = world.run_until(Duration::from_millis(most), |world| world.has_left(0));
            assert!(left, "{count} nodes, {most} ms");
        }
    }
}

#[test]
fn a_lone_node_leaves_at_once() {
    let mut world = World::new(1, Config::new().insecure(true).listen_ip("10.0.0.0"));
    world.start(&[]);
    world.command(0, |engine, now| engine.leave(now));
    assert!(world.has_left(0));
}

#[test]
fn a_broadcast_reaches_every_other_member_once() {
    for (count, loss) in [(2, 0), (6, 0), (100, 0), (100, 50)] {
        let mut world = cluster(6, count);
        world.network.loss_permille = loss;
        world.network.duplicate_permille = 200;
        for sender in [0, count - 1] {
            world.command(sender, |engine, now| engine.broadcast(now, b"tide").unwrap());
        }
        world.run(seconds(1));
        for by in 0..count {
            let delivered: Vec<_> = world
                .seen
                .iter()
                .filter(|seen| seen.by == by)
                .filter_map(|seen| match &seen.event {
                    Event::Broadcast { origin, .. } => Some(origin.name.clone()),
                    _ => None,
                })
                .collect();
            let expected = usize::from(by != 0) + usize::from(by != count - 1);
            assert_eq!(
                delivered.len(),
                expected,
                "{count} nodes, {loss}: node {by}: {delivered:?}"
            );
        }
    }
}

#[test]
fn a_partition_of_any_length_heals_by_itself() {
    for length in [5, 60, 600] {
        let mut world = cluster(8, 12);
        let (left, right) = ([0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]);
        world.network.partition(&left, &right);
        world.run(seconds(length));
        if length >= 60 {
            assert_eq!(world.healthy(0), 6);
            assert_eq!(world.healthy(11), 6);
        }
        world.network.heal();
        world.seen.clear();
        assert!(world.run_until(seconds(15), World::is_whole), "after {length} s");
        world.run(seconds(2));
        let merged = world.seen.iter().filter_map(|seen| match seen.event {
            Event::Merged { members } => Some((seen.by, members)),
            _ => None,
        });
        let merged: Vec<_> = merged.collect();
        let tellers: std::collections::BTreeSet<_> = merged.iter().map(|(by, _)| *by).collect();
        match length {
            5 => assert!(merged.iter().all(|(_, members)| (2..=6).contains(members))),
            _ => assert_eq!(tellers.len(), 12, "all tell of the merge: {merged:?}"),
        }
    }
}

#[test]
fn an_isolated_node_does_not_bury_the_rest_at_once() {
    let mut world = cluster(9, 12);
    world.network.partition(&[0], &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    world.run(seconds(8));
    let own: Vec<_> = world
        .seen
        .iter()
        .filter(|seen| seen.by == 0)
        .filter(|seen| matches!(seen.event, Event::Status { status: NodeStatus::Dead, .. }))
        .collect();
    assert!(own.is_empty(), "a deaf node judges nobody: {own:?}");
    world.network.heal();
    assert!(world.run_until(seconds(15), World::is_whole));
}

#[test]
fn the_last_one_left_reports_all_others_in_the_end() {
    for (count, seed) in [(3, 0), (3, 1), (6, 2), (12, 3)] {
        let mut world = cluster(seed, count);
        for node in 1..count {
            world.crash(node);
        }
        let all_dead =
            |world: &World| (1..count).all(|of| world.status(of, 0) == Some(NodeStatus::Dead));
        // Each is suspected when its turn comes, and then spared for ten seconds.
        let most = seconds(16 + count as u64);
        assert!(world.run_until(most, all_dead), "{count} nodes, seed {seed}");
    }
}

#[test]
fn a_node_of_many_that_nothing_answers_holds_itself_for_the_one_that_is_cut_off() {
    let mut world = cluster(4, 12);
    let rest: Vec<_> = (1..12).collect();
    world.network.partition(&[0], &rest);
    world.run(seconds(29));
    assert!((1..12).all(|of| world.status(of, 0) != Some(NodeStatus::Dead)), "three times 10 s");
    let all_dead = |world: &World| (1..12).all(|of| world.status(of, 0) == Some(NodeStatus::Dead));
    assert!(world.run_until(seconds(20), all_dead), "in the end it may be the last one");
}

#[test]
fn the_end_of_a_later_run_does_not_bury_a_living_one_whose_clock_was_set_back() {
    let mut world = cluster(21, 3);
    world.run(seconds(2));
    world.command(2, |engine, now| engine.leave(now));
    world.run(seconds(2));
    world.crash(2);
    // One that knows of no earlier run meets the new one before it meets those that do.
    world.network.partition(&[2, 3], &[0, 1]);
    world.start(&[0]);
    world.set_wall(2, -3_600_000);
    world.restart(2, &[3]);
    world.run(seconds(2));
    assert_eq!(world.status(2, 3), Some(NodeStatus::Alive));
    world.seen.clear();
    world.network.heal();
    assert!(world.run_until(seconds(20), World::is_whole));
    // That it took a later generation since may have come first; that it left never does.
    assert!(status_events(&world, 2, NodeStatus::Left).iter().all(|by| *by != 3));
}

#[test]
fn what_a_node_suspects_while_it_is_cut_off_is_told_to_nobody() {
    let mut world = cluster(17, 12);
    let rest: Vec<_> = (1..12).collect();
    world.network.partition(&[0], &rest);
    world.run(Duration::from_millis(900)); // too short for anybody to be called dead
    world.network.heal();
    world.run(seconds(5));
    world.seen.clear();
    world.network.partition(&[0], &rest);
    world.run(seconds(7));
    world.network.heal();
    assert!(world.run_until(seconds(10), World::is_whole));
    world.run(seconds(5));
    for of in 1..12 {
        let by_others: Vec<_> = status_events(&world, of, NodeStatus::Suspected)
            .into_iter()
            .filter(|by| *by != 0)
            .collect();
        assert!(by_others.is_empty(), "{of} was suspected by {by_others:?}");
        assert!(status_events(&world, of, NodeStatus::Dead).is_empty());
    }
}

#[test]
fn a_removed_node_that_lives_comes_back_and_a_dead_one_does_not() {
    let mut world = cluster(10, 6);
    world.crash(5);
    world.run(seconds(5));
    for node in [4, 5] {
        let name = World::address(node).to_string();
        world.command(0, |engine, now| engine.remove_node(now, &name).unwrap());
        assert_eq!(world.status(node, 0), None);
    }
    world.run(seconds(20));
    assert_eq!(world.status(4, 0), Some(NodeStatus::Alive));
    assert_eq!(world.status(5, 0), None);
}

#[test]
fn an_accusation_is_refuted_by_a_higher_incarnation() {
    let mut world = cluster(12, 6);
    let name = World::address(3).to_string();
    let before = world.view(0, &name).unwrap().incarnation;
    world.command(0, |engine, now| {
        engine.update_node_status(now, &name, NodeStatus::Dead).unwrap();
    });
    assert_eq!(world.status(3, 0), Some(NodeStatus::Suspected));
    world.run(seconds(5));
    assert_eq!(deaths(&world), 0);
    assert!(world.is_whole());
    assert!(world.view(0, &name).unwrap().incarnation > before);
}

#[test]
fn of_two_living_nodes_with_one_name_the_older_run_learns_of_it() {
    let mut world = cluster(13, 4);
    let newcomer = world.start(&[]);
    world.start_as(newcomer, &World::address(1).to_string(), &[0]);
    world.run(seconds(5));
    let conflicts: Vec<_> =
        world.seen.iter().filter(|seen| matches!(seen.event, Event::Conflict { .. })).collect();
    assert_eq!(conflicts.len(), 1);
    assert_eq!(conflicts[0].by, 1);
}

#[test]
fn a_named_address_is_unknown_until_it_answers() {
    let mut world = World::new(14, Config::new().insecure(true).listen_ip("10.0.0.0"));
    world.start(&[]);
    let address = World::address(1);
    let text = address.to_string();
    let node = world.command(0, |engine, now| engine.add_node(now, &text, Some(address))).unwrap();
    assert_eq!(node.unwrap().status, NodeStatus::Unknown);
    assert_eq!(world.status(1, 0), Some(NodeStatus::Unknown));
    world.run(seconds(30));
    assert_eq!(world.status(1, 0), Some(NodeStatus::Unknown));
    world.start(&[]);
    assert!(world.run_until(seconds(12), World::is_whole));
    let told = |event: &Event| matches!(event, Event::Node { node } if *node.name == *text);
    assert!(world.seen.iter().any(|seen| seen.by == 0 && told(&seen.event)));
}

#[test]
fn the_cost_at_rest_does_not_grow_with_the_cluster() {
    let rate = |count: usize| {
        let mut world = cluster(15, count);
        world.run(seconds(30));
        let (datagrams, bytes) = (world.datagrams, world.bytes);
        world.run(seconds(60));
        let per = |total: u64| total as f64 / (count as f64 * 60.0);
        (per(world.datagrams - datagrams), per(world.bytes - bytes))
    };
    let (small, large) = (rate(10), rate(100));
    println!("datagrams, payload bytes per node and second: {small:?} at 10, {large:?} at 100");
    assert!(small.0 < 4.2 && large.0 < 4.2, "{small:?} {large:?}");
    assert!(large.1 < small.1 * 1.2, "{small:?} {large:?}");
}

/// Found by the swarm: probes that began in bad times ran for up to a minute, and accused members
/// that had answered later ones.
#[test]
fn a_probe_that_an_answer_overtook_accuses_nobody() {
    for seed in 0..4 {
        let mut world = cluster(seed, 25);
        let (good, bad) = (Duration::from_millis(750), Duration::from_millis(4700));
        world.network.bursts = Some(Bursts { good, bad, loss_permille: 700 });
        world.run(seconds(30));
        world.network.bursts = None;
        assert!(world.run_until(seconds(30), World::is_whole), "seed {seed}");
        world.run(seconds(12));
        world.seen.clear();
        world.run(seconds(50));
        let suspected = |event: &Event| matches!(event, Event::Status { .. });
        let late: Vec<_> = world.seen.iter().filter(|seen| suspected(&seen.event)).collect();
        assert!(late.is_empty(), "seed {seed}: {late:?}");
    }
}
