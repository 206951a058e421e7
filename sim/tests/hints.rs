//! What the kernel of a silent member's host tells: dead processes are reported soon, paused ones
//! are spared, in virtual time.

#![allow(clippy::unwrap_used, missing_docs)]

use std::time::Duration;

use seafoam::{Config, Event, NodeStatus};
use seafoam_sim::World;

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn world(seed: u64, count: usize) -> World {
    let mut world = World::new(seed, Config::new().insecure(true).listen_ip("10.0.0.0"));
    world.start_many(count);
    assert!(world.run_until(millis(10_000), World::is_whole), "seed {seed}: never whole");
    // The fault falls into another phase of the heartbeats with each seed.
    world.run(Duration::from_micros(5_000_000 + seed * 137_123));
    world.seen.clear();
    world
}

fn deaths(world: &World) -> usize {
    let dead = |event: &Event| matches!(event, Event::Status { status: NodeStatus::Dead, .. });
    world.seen.iter().filter(|seen| dead(&seen.event)).count()
}

fn is_dead(world: &World, of: usize) -> bool {
    world.running().filter(|by| *by != of).all(|by| world.status(of, by) == Some(NodeStatus::Dead))
}

#[test]
fn a_killed_process_is_dead_everywhere_within_two_seconds() {
    for (count, seeds) in [(2, 40), (3, 40), (5, 40), (30, 20)] {
        for seed in 0..seeds {
            let mut world = world(seed, count);
            world.crash(count - 1);
            let done = world.run_until(millis(2000), |world| is_dead(world, count - 1));
            assert!(done, "seed {seed}, {count} nodes");
            assert_eq!(deaths(&world), count - 1, "seed {seed}, {count} nodes");
        }
    }
}

#[test]
fn a_paused_process_is_spared_for_eight_seconds() {
    for (count, seeds) in [(3, 20), (20, 10)] {
        for seed in 0..seeds {
            let mut world = world(seed, count);
            world.pause(1, millis(1000 + seed * 7000 / (seeds - 1)));
            world.run(millis(20_000));
            assert_eq!(deaths(&world), 0, "seed {seed}, {count} nodes");
            assert!(world.is_whole(), "seed {seed}, {count} nodes");
        }
    }
}

#[test]
fn a_process_that_hangs_for_good_is_dead_after_the_patience_and_comes_back() {
    for seed in 0..5 {
        let mut world = world(seed, 10);
        world.pause(4, millis(30_000));
        let spared = world.run_until(millis(9_500), |world| deaths(world) > 0);
        assert!(!spared, "seed {seed}: too soon");
        let dead = |world: &World| {
            let dead = |by| world.status(4, by) == Some(NodeStatus::Dead);
            (0..10).filter(|by| *by != 4).all(dead)
        };
        assert!(world.run_until(millis(6000), dead), "seed {seed}: too late");
        assert!(world.run_until(millis(30_000), World::is_whole), "seed {seed}: never back");
    }
}

#[test]
fn a_host_that_is_silent_for_a_moment_is_spared() {
    for seed in 0..20 {
        let mut world = world(seed, 20);
        let others: Vec<_> = (0..19).collect();
        world.network.partition(&[19], &others);
        world.run(millis(1400));
        world.network.heal();
        world.run(millis(10_000));
        assert_eq!(deaths(&world), 0, "seed {seed}");
        assert!(world.is_whole(), "seed {seed}");
    }
}

#[test]
fn a_vanished_host_is_dead_everywhere_within_three_seconds() {
    for seed in 0..20 {
        let mut world = world(seed, 20);
        world.vanish(19);
        assert!(world.run_until(millis(3000), |world| is_dead(world, 19)), "seed {seed}");
    }
}
