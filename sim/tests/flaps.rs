//! A host that loses most of what it sends, or hears nothing for a while: what the others make of it.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, missing_docs)]

use std::time::Duration;

use seafoam::{Config, Event, NodeStatus};
use seafoam_sim::World;

const NODES: usize = 40;
const GRAY: usize = NODES - 1;

fn cluster(seed: u64) -> World {
    let mut world = World::new(seed, Config::new().insecure(true).listen_ip("10.0.0.0"));
    world.start_many(NODES);
    assert!(world.run_until(Duration::from_secs(30), World::is_whole), "seed {seed}");
    world.run(Duration::from_secs(10));
    world.seen.clear();
    world
}

/// What others than the host itself were told: of whom, and that it is this.
fn told(world: &World, wanted: NodeStatus) -> Vec<String> {
    let others = world.seen.iter().filter(|seen| seen.by != GRAY);
    let of = |event: &Event| match event {
        Event::Status { node, status, .. } if *status == wanted => Some(node.name.to_string()),
        _ => None,
    };
    others.filter_map(|seen| of(&seen.event)).collect()
}

#[test]
fn a_host_that_loses_most_of_what_it_sends_keeps_nobody_busy() {
    for seed in 0..3 {
        let mut world = cluster(seed);
        let minute = |world: &mut World| {
            let before = world.datagrams;
            world.run(Duration::from_secs(60));
            world.datagrams - before
        };
        let rest = minute(&mut world);
        world.network.spoil(GRAY, 800, 0);
        world.run(Duration::from_secs(20));
        world.seen.clear();
        let busy = minute(&mut world);
        assert!(busy < rest * 5, "seed {seed}: {rest} datagrams in a minute at rest, then {busy}");
        assert!(told(&world, NodeStatus::Dead).is_empty(), "seed {seed}");
        // One suspicion is one event at each of the others.
        let suspicions = told(&world, NodeStatus::Suspected).len() / (NODES - 1);
        assert!(suspicions < 60, "seed {seed}: suspected {suspicions} times in a minute");
    }
}

#[test]
fn a_host_that_flapped_and_dies_is_found_dead_all_the_same() {
    for seed in 0..3 {
        let mut world = cluster(seed);
        world.network.spoil(GRAY, 800, 0);
        world.run(Duration::from_secs(60));
        world.vanish(GRAY);
        let dead =
            |world: &World| (0..GRAY).all(|by| world.status(GRAY, by) == Some(NodeStatus::Dead));
        assert!(world.run_until(Duration::from_secs(20), dead), "seed {seed}");
    }
}

/// Rapid's flip-flop: twenty seconds of nothing, twenty of everything, again and again.
#[test]
fn each_flip_is_one_change_of_status_at_each_of_the_others() {
    for seed in 0..3 {
        let mut world = cluster(seed);
        for _ in 0..3 {
            world.network.spoil(GRAY, 0, 1000);
            world.run(Duration::from_secs(20));
            world.network.spoil(GRAY, 0, 0);
            world.run(Duration::from_secs(20));
        }
        let dead = told(&world, NodeStatus::Dead);
        let gray = World::address(GRAY).to_string();
        assert!(dead.iter().all(|name| *name == gray), "seed {seed}: {dead:?}");
        assert_eq!(dead.len(), 3 * (NODES - 1), "seed {seed}");
        assert!(world.is_whole(), "seed {seed}");
    }
}
