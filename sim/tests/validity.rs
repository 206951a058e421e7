//! Validity: who may act after a cut, how soon everybody knows, and that nothing flaps.

#![allow(clippy::unwrap_used, missing_docs)]

use std::time::Duration;

use seafoam::proto::Time;
use seafoam::{Config, Event, Validity, ValidityBasis, ValidityState};
use seafoam_sim::World;

const LIGHTHOUSES: usize = 3;

fn seconds(span: f64) -> Duration {
    Duration::from_secs_f64(span)
}

fn config() -> Config {
    Config::new().insecure(true).listen_ip("10.0.0.0")
}

/// The first few nodes are the lighthouses.
fn listed(count: usize, rule: &str) -> Config {
    let names = (0..count).map(|node| World::address(node).to_string());
    config().lighthouses(names.collect::<Vec<_>>()).validity_rule(rule)
}

fn validity(world: &World, node: usize) -> Validity {
    Validity::clone(world.engine(node).unwrap().validity())
}

fn state(world: &World, node: usize) -> ValidityState {
    validity(world, node).state
}

fn all(world: &World, nodes: impl IntoIterator<Item = usize>, wanted: ValidityState) -> bool {
    nodes.into_iter().all(|node| state(world, node) == wanted)
}

/// How often a node's state changed in what was seen.
fn changes(world: &World, node: usize) -> usize {
    let mut last = None;
    let mut count = 0;
    for seen in world.seen.iter().filter(|seen| seen.by == node) {
        if let Event::Validity { validity } = &seen.event {
            count += usize::from(last.replace(validity.state) != Some(validity.state));
        }
    }
    count
}

/// A cluster that came to rest, all VALID.
fn at_rest(seed: u64, nodes: usize, config: Config) -> World {
    let mut world = World::new(seed, config);
    world.start_many(nodes);
    let valid = |world: &World| world.is_whole() && all(world, 0..nodes, ValidityState::Valid);
    assert!(world.run_until(seconds(30.0), valid), "never valid");
    world.run(seconds(10.0));
    world.seen.clear();
    world
}

/// How long a cut may take to show: five beacons, and half a heartbeat for each doubling.
fn longest(nodes: usize) -> Duration {
    let rounds = usize::BITS - (nodes - 1).leading_zeros();
    seconds(5.0) + seconds(0.25) * rounds
}

#[test]
fn a_cluster_forms_and_is_valid_within_four_seconds_of_contact() {
    for (seed, nodes) in [(1, 4), (2, 10), (3, 100)] {
        let mut world = World::new(seed, listed(LIGHTHOUSES, "majority"));
        world.start(&[0]);
        assert_eq!(state(&world, 0), ValidityState::Forming);
        assert_eq!(validity(&world, 0).seen.len(), 1, "a lighthouse counts itself");
        for _ in 1..nodes {
            world.start(&[0]);
        }
        let valid = |world: &World| all(world, 0..nodes, ValidityState::Valid);
        assert!(world.run_until(seconds(4.0), valid), "{nodes} nodes");
        eprintln!("{nodes} nodes: all VALID after {:.2} s", world.now.since(Time::ZERO).as_secs_f64());
        world.run(seconds(5.0));
        let last = validity(&world, nodes - 1);
        assert_eq!((last.basis, last.needed), (ValidityBasis::Listed, 2));
        assert_eq!((last.seen.len(), last.missing.len()), (3, 0));
    }
}

#[test]
fn after_a_cut_the_minority_is_invalid_in_time_and_the_majority_stays_valid() {
    for (seed, nodes) in [(1, 10), (2, 100), (3, 100), (4, 33)] {
        let mut world = at_rest(seed, nodes, listed(LIGHTHOUSES, "majority"));
        // One lighthouse on the left, with half of all.
        let (left, right): (Vec<_>, Vec<_>) =
            (0..nodes).partition(|node| *node == 0 || *node >= LIGHTHOUSES && node % 2 == 0);
        world.network.partition(&left, &right);
        let cut = world.now;
        let invalid = |world: &World| all(world, left.clone(), ValidityState::Invalid);
        assert!(world.run_until(longest(nodes) + seconds(0.3), invalid), "{nodes} nodes");
        let took = world.now.since(cut).as_secs_f64();
        world.run(seconds(20.0));
        assert!(all(&world, left.clone(), ValidityState::Invalid));
        for node in &right {
            assert_eq!(changes(&world, *node), 1, "{node} saw a lighthouse go and stayed VALID");
            assert_eq!(state(&world, *node), ValidityState::Valid);
        }
        world.network.heal();
        let healed = world.now;
        // First contact: the first node there that hears of one beyond the cut again.
        let lists = |world: &World| left.iter().any(|node| validity(world, *node).seen.len() > 1);
        assert!(world.run_until(seconds(30.0), lists), "no contact");
        let contact = world.now;
        let valid = |world: &World| all(world, 0..nodes, ValidityState::Valid);
        assert!(world.run_until(seconds(4.0), valid), "{nodes} nodes not valid again");
        eprintln!(
            "{nodes} nodes: INVALID {took:.2} s after the cut, contact {:.2} s after the heal, VALID \
             {:.2} s later",
            contact.since(healed).as_secs_f64(),
            world.now.since(contact).as_secs_f64()
        );
    }
}
