//! Two datacenters and more, in virtual time.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, missing_docs)]

use std::collections::BTreeSet;
use std::time::Duration;

use seafoam::{Config, Event, NodeStatus};
use seafoam_sim::{Delay, World};

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn config(datacenter: u8) -> Config {
    Config::new().insecure(true).listen_ip("10.0.0.0").datacenter(datacenter)
}

/// Datacenter after datacenter, of so many nodes each, numbered from 1 on.
fn world_of(seed: u64, sizes: &[usize]) -> World {
    let mut world = World::new(seed, config(0));
    for (number, size) in (1..).zip(sizes) {
        world.configure(config(number));
        for _ in 0..*size {
            let node = world.start(&[0]);
            if number > 1 {
                world.network.move_far(node);
            }
        }
    }
    assert!(world.run_until(seconds(20), World::is_whole), "seed {seed}: never whole");
    world.run(seconds(10));
    assert_eq!(deaths(&world), 0, "seed {seed}");
    world.seen.clear();
    world
}

fn halves(size: usize) -> (Vec<usize>, Vec<usize>) {
    ((0..size).collect(), (size..2 * size).collect())
}

fn deaths(world: &World) -> usize {
    let dead = |event: &Event| matches!(event, Event::Status { status: NodeStatus::Dead, .. });
    world.seen.iter().filter(|seen| dead(&seen.event)).count()
}

/// What one node was told of datacenters, each with how many deaths it had been told of before.
fn told(world: &World, by: usize) -> Vec<(u8, bool, usize)> {
    let mut dead = 0;
    let mut told = Vec::new();
    for seen in world.seen.iter().filter(|seen| seen.by == by) {
        match &seen.event {
            Event::Status { status: NodeStatus::Dead, .. } => dead += 1,
            Event::Datacenter { number, lost } => told.push((*number, *lost, dead)),
            _ => {}
        }
    }
    told
}

#[test]
fn one_datacenter_for_all_costs_and_does_what_none_does() {
    let run = |datacenter| {
        let mut world = World::new(3, config(datacenter));
        world.start_many(12);
        world.run(seconds(10));
        world.crash(4);
        world.run(seconds(10));
        let events = world.seen.iter().map(|seen| (seen.at, seen.by)).collect::<Vec<_>>();
        (world.datagrams, world.streams, events)
    };
    assert_eq!(run(7), run(255));
}

#[test]
fn what_goes_across_at_rest_does_not_grow_with_the_datacenters() {
    let rest = |size| {
        let mut world = world_of(1, &[size, size]);
        world.run(seconds(20));
        let before = world.far_bytes;
        world.run(seconds(60));
        (world.far_bytes - before) as f64 / 60.0
    };
    let (small, large) = (rest(10), rest(60));
    println!("bytes a second across: {small:.0} of 2 x 10, {large:.0} of 2 x 60");
    assert!(small > 0.0 && large < small * 1.2, "{small} {large}");
}

#[test]
fn a_death_is_known_in_both_within_three_seconds() {
    for seed in 0..4 {
        let mut world = world_of(seed, &[20, 20]);
        for victim in [5, 25] {
            world.seen.clear();
            world.crash(victim);
            let all_know = |world: &World| {
                let mut others = (0..40).filter(|by| world.runs(*by));
                others.all(|by| world.status(victim, by) == Some(NodeStatus::Dead))
            };
            assert!(world.run_until(seconds(3), all_know), "seed {seed}, {victim}");
            assert!((0..40).all(|by| told(&world, by).is_empty()));
        }
    }
}

#[test]
fn a_datacenter_that_is_cut_off_is_told_of_once_and_first_and_comes_back() {
    for seed in 0..4 {
        let mut world = world_of(seed, &[20, 20]);
        let (left, right) = halves(20);
        world.network.partition(&left, &right);
        world.run(seconds(60));
        for by in 0..40 {
            let number = if by < 20 { 2 } else { 1 };
            assert_eq!(told(&world, by), [(number, true, 0)], "seed {seed}, node {by}");
            for of in 0..40 {
                let cut = (of < 20) != (by < 20);
                let status = if cut { NodeStatus::Dead } else { NodeStatus::Alive };
                assert_eq!(world.status(of, by), Some(status), "seed {seed}, {of} by {by}");
            }
        }
        // One death for each member of the other, none inside.
        assert_eq!(deaths(&world), 2 * 20 * 20, "seed {seed}");
        world.seen.clear();
        world.network.heal();
        let healed = world.now;
        assert!(world.run_until(seconds(30), World::is_whole), "seed {seed}: never whole");
        println!("seed {seed}: whole after {:?}", world.now.since(healed));
        world.run(seconds(10));
        assert_eq!(deaths(&world), 0, "seed {seed}");
        for by in 0..40 {
            let number = if by < 20 { 2 } else { 1 };
            assert_eq!(told(&world, by), [(number, false, 0)], "seed {seed}, node {by}");
        }
    }
}

#[test]
fn broadcasts_reach_all_across_a_long_lossy_link() {
    let mut world = world_of(2, &[30, 30]);
    world.network.far_delay =
        Some(Delay::Uniform(Duration::from_millis(40), Duration::from_millis(45)));
    world.network.far_loss_permille = 50;
    world.run(seconds(20));
    assert_eq!(deaths(&world), 0);
    for trial in 0..20 {
        world.seen.clear();
        let origin = trial * 7 % 60;
        world.command(origin, |engine, now| engine.broadcast(now, b"to all").map(drop));
        world.run(seconds(4));
        let got = world.seen.iter().filter(|seen| matches!(seen.event, Event::Broadcast { .. }));
        let got: Vec<_> = got.map(|seen| seen.by).collect();
        let distinct: BTreeSet<_> = got.iter().copied().collect();
        assert_eq!((got.len(), distinct.len()), (59, 59), "from {origin}");
        assert!(!distinct.contains(&origin));
    }
}

#[test]
fn a_datacenter_that_loses_its_bridges_at_once_is_not_lost() {
    for seed in 0..3 {
        let mut world = world_of(seed, &[12, 12]);
        let number = 1;
        let mut names: Vec<_> = (12..24).collect();
        names.sort_by_key(|node| {
            let name = World::address(*node).to_string();
            std::cmp::Reverse(seafoam::proto::hash::bridge(number, &name))
        });
        for node in names.into_iter().take(3) {
            world.vanish(node);
        }
        world.run(seconds(30));
        for by in world.running().collect::<Vec<_>>() {
            assert_eq!(told(&world, by), [], "seed {seed}, node {by}");
        }
        assert!(world.is_whole(), "seed {seed}");
        assert_eq!(deaths(&world), 3 * 21, "seed {seed}: each survivor is told of three");
    }
}

#[test]
fn a_datacenter_whose_processes_all_die_is_lost_and_back_when_they_start_again() {
    for seed in 0..3 {
        let mut world = world_of(seed, &[6, 6]);
        for node in 6..12 {
            world.crash(node);
        }
        world.run(seconds(20));
        for by in 0..6 {
            assert_eq!(told(&world, by), [(2, true, 0)], "seed {seed}, node {by}");
        }
        assert_eq!(deaths(&world), 36, "seed {seed}");
        world.seen.clear();
        world.configure(config(2));
        for node in 6..12 {
            world.restart(node, &[0]);
        }
        assert!(world.run_until(seconds(20), World::is_whole), "seed {seed}");
        world.run(seconds(5));
        for by in 0..6 {
            assert_eq!(told(&world, by), [(2, false, 0)], "seed {seed}, node {by}");
        }
    }
}

/// A newcomer is told what its side says of the others before it knows who is on its side: one word was
/// enough for it, of members that it did not list yet, and then it listed them for ever.
#[test]
fn whoever_joins_while_a_datacenter_falls_silent_loses_it_too() {
    for seed in 0..20 {
        let silent = || {
            let mut world = world_of(seed, &[3, 2]);
            world.vanish(3);
            world.vanish(4);
            world
        };
        let mut world = silent();
        let began = world.now;
        assert!(world.run_until(seconds(30), |world| !told(world, 0).is_empty()), "seed {seed}");
        let took = world.now.since(began);
        // The same again: one of the three ends just before it would agree, and a newcomer comes.
        let mut world = silent();
        world.run(took - Duration::from_millis(1000));
        world.crash(2);
        world.run(Duration::from_millis(900 + seed * 20));
        world.configure(config(1));
        let newcomer = world.start(&[0]);
        world.run(seconds(60));
        for by in [0, 1, newcomer] {
            let healthy = world.table(by).filter(|node| node.is_healthy()).count();
            assert_eq!(healthy, 3, "seed {seed}, node {by}");
        }
    }
}

/// Its neighbours judge a member; they have removed it from their lists. Then nobody did.
#[test]
fn whoever_was_removed_by_its_neighbours_and_dies_is_found_from_afar() {
    for seed in 0..5 {
        let mut world = world_of(seed, &[2, 3]);
        let name = World::address(2).to_string();
        for neighbour in [3, 4] {
            world.command(neighbour, |engine, now| engine.remove_node(now, &name).unwrap());
        }
        world.crash(2);
        let all_know =
            |world: &World| (0..2).all(|by| world.status(2, by) == Some(NodeStatus::Dead));
        assert!(world.run_until(seconds(60), all_know), "seed {seed}");
        assert!((0..2).all(|by| told(&world, by).is_empty()), "seed {seed}");
    }
}

/// The same in the middle of a suspicion, and in a datacenter that is large enough to judge alone: the
/// verdict that the others wait for never comes.
#[test]
fn whoever_is_removed_by_its_judges_while_it_is_suspected_is_found_dead_elsewhere() {
    for seed in 0..5 {
        let mut world = world_of(seed, &[6, 6]);
        let (gone, name) = (11, World::address(11).to_string());
        world.crash(gone);
        let held = Some(NodeStatus::Suspected);
        let heard = |world: &World| (0..6).any(|by| world.status(gone, by) == held);
        assert!(world.run_until(seconds(20), heard), "seed {seed}");
        remove(&mut world, 6..11, &name);
        world.run(seconds(60));
        let healthy = |by: &usize| world.status(gone, *by).is_some_and(NodeStatus::is_healthy);
        let left: Vec<_> = (0..11).filter(healthy).collect();
        assert!(left.is_empty(), "seed {seed}: still listed by {left:?}");
    }
}

/// The same before anybody suspects it: no news of its end goes across, only tables that do not list it.
#[test]
fn whoever_was_removed_by_all_of_a_large_datacenter_and_dies_is_found_dead_elsewhere() {
    for seed in 0..5 {
        let mut world = world_of(seed, &[6, 6]);
        let (gone, name) = (11, World::address(11).to_string());
        remove(&mut world, 6..11, &name);
        world.crash(gone);
        let all_know =
            |world: &World| (0..6).all(|by| world.status(gone, by) == Some(NodeStatus::Dead));
        assert!(world.run_until(seconds(90), all_know), "seed {seed}");
        assert!((0..6).all(|by| told(&world, by).is_empty()), "seed {seed}");
    }
}

fn remove(world: &mut World, by: std::ops::Range<usize>, name: &str) {
    for node in by {
        world.command(node, |engine, now| engine.remove_node(now, name).unwrap());
    }
}

#[test]
fn one_node_in_a_datacenter_is_a_node_and_dies_as_one() {
    for seed in 0..5 {
        let mut world = world_of(seed, &[8, 1]);
        world.vanish(8);
        let all_know =
            |world: &World| (0..8).all(|by| world.status(8, by) == Some(NodeStatus::Dead));
        assert!(world.run_until(seconds(6), all_know), "seed {seed}");
        assert!((0..8).all(|by| told(&world, by).is_empty()), "seed {seed}");
    }
}

#[test]
fn as_many_datacenters_as_nodes_still_find_a_death_and_carry_a_broadcast() {
    let mut world = world_of(1, &[1; 12]);
    world.command(3, |engine, now| engine.broadcast(now, b"to all").map(drop));
    world.run(seconds(3));
    let got = world.seen.iter().filter(|seen| matches!(seen.event, Event::Broadcast { .. }));
    assert_eq!(got.count(), 11);
    world.seen.clear();
    world.crash(5);
    let all_know = |world: &World| {
        let mut others = (0..12).filter(|by| *by != 5);
        others.all(|by| world.status(5, by) == Some(NodeStatus::Dead))
    };
    assert!(world.run_until(seconds(6), all_know));
    world.run(seconds(10));
    assert_eq!(deaths(&world), 11);
}

#[test]
fn a_third_datacenter_bridges_a_cut_between_two() {
    let mut world = world_of(4, &[6, 6, 6]);
    let (first, second): (Vec<_>, Vec<_>) = ((0..6).collect(), (6..12).collect());
    world.network.partition(&first, &second);
    world.run(seconds(60));
    assert_eq!(deaths(&world), 0);
    assert!(world.seen.iter().all(|seen| !matches!(seen.event, Event::Datacenter { .. })));
    world.seen.clear();
    world.command(2, |engine, now| engine.broadcast(now, b"around").map(drop));
    world.run(seconds(10));
    let got = world.seen.iter().filter(|seen| matches!(seen.event, Event::Broadcast { .. }));
    assert_eq!(got.count(), 17);
    world.seen.clear();
    world.crash(8);
    world.run(seconds(10));
    assert!((0..18).filter(|by| *by != 8).all(|by| world.status(8, by) == Some(NodeStatus::Dead)));
}

#[test]
fn a_cut_of_one_way_is_told_of_where_nothing_is_heard_and_heals() {
    let mut world = world_of(6, &[10, 10]);
    for from in 0..10 {
        for to in 10..20 {
            world.network.cut_one_way(from, to);
        }
    }
    world.run(seconds(60));
    // The second datacenter hears nobody of the first; the first still hears the second.
    for by in 10..20 {
        assert_eq!(told(&world, by), [(1, true, 0)], "node {by}");
    }
    for by in 0..10 {
        assert_eq!(told(&world, by), [], "node {by}");
    }
    assert_eq!(deaths(&world), 100);
    world.network.heal();
    assert!(world.run_until(seconds(30), World::is_whole));
}
