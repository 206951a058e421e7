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
        eprintln!(
            "{nodes} nodes: all VALID after {:.2} s",
            world.now.since(Time::ZERO).as_secs_f64()
        );
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
        let (left, right): (Vec<_>, Vec<_>) = (0..nodes)
            .partition(|node| *node == 0 || *node >= LIGHTHOUSES && node.is_multiple_of(2));
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

#[test]
fn a_link_that_comes_and_goes_does_not_flap_validity() {
    let nodes = 9;
    let mut world = at_rest(5, nodes, listed(LIGHTHOUSES, "all"));
    let others: Vec<_> = (0..nodes - 1).collect();
    for _ in 0..30 {
        // Shorter than anybody needs to be called DEAD.
        world.network.partition(&[nodes - 1], &others);
        world.run(seconds(0.9));
        world.network.heal();
        world.run(seconds(0.9));
    }
    assert_eq!((0..nodes).map(|node| changes(&world, node)).sum::<usize>(), 0);
    assert!(all(&world, 0..nodes, ValidityState::Valid));
    // Longer: each time INVALID once, and VALID once it lasted for two seconds.
    for _ in 0..5 {
        world.network.partition(&[0], &(1..nodes).collect::<Vec<_>>());
        world.run(seconds(9.0));
        assert!(all(&world, 0..nodes, ValidityState::Invalid));
        for _ in 0..6 {
            world.network.heal();
            world.run(seconds(1.0));
            world.network.partition(&[0], &(1..nodes).collect::<Vec<_>>());
            world.run(seconds(1.5));
        }
        world.network.heal();
        world.run(seconds(6.0));
        assert!(all(&world, 0..nodes, ValidityState::Valid));
    }
    for node in 0..nodes {
        let changes = changes(&world, node);
        assert!(changes <= 30, "{node}: {changes} changes");
    }
}

#[test]
fn a_loss_of_a_fifth_makes_nobody_invalid() {
    let mut world = at_rest(6, 50, listed(5, "majority"));
    world.network.loss_permille = 200;
    world.network.stream_loss_permille = 200;
    world.run(seconds(120.0));
    let states = |seen: &seafoam_sim::Seen| matches!(&seen.event, Event::Validity { validity } if validity.state != ValidityState::Valid);
    assert_eq!(world.seen.iter().filter(|seen| states(seen)).count(), 0);
}

#[test]
fn a_lighthouse_that_restarts_counts_by_its_new_run_alone() {
    let mut world = at_rest(7, 8, listed(LIGHTHOUSES, "all"));
    world.record();
    world.run(seconds(3.0));
    let old: Vec<_> = world.recorded().iter().filter(|one| one.0 == 0).cloned().collect();
    world.crash(0);
    assert!(world.run_until(seconds(10.0), |world| all(world, 1..8, ValidityState::Invalid)));
    // What its dead run said, from any address and again and again, is worth nothing.
    for (from, to, bytes) in old {
        world.inject(from, to, bytes);
    }
    world.run(seconds(3.0));
    assert!(all(&world, 1..8, ValidityState::Invalid));
    world.restart(0, &[1]);
    let back = world.now;
    assert!(world.run_until(seconds(4.0), |world| all(world, 0..8, ValidityState::Valid)));
    assert!(world.now.since(back) >= seconds(2.0), "held");
}

#[test]
fn who_was_stopped_for_long_is_invalid_when_it_goes_on_and_valid_after_the_hold() {
    let mut world = at_rest(8, 8, listed(LIGHTHOUSES, "majority"));
    world.pause(7, seconds(9.0));
    world.run(seconds(9.0) + seconds(0.01));
    assert_eq!(state(&world, 7), ValidityState::Invalid, "what waited in its socket is old");
    world.run(seconds(4.0));
    assert_eq!(state(&world, 7), ValidityState::Valid);
}

#[test]
fn any_and_a_small_number_warn_at_start() {
    let warned = |rule: &str, count: usize| {
        let mut world = World::new(9, listed(count, rule));
        world.watch();
        world.start(&[]);
        let said = world.take_happened();
        said.iter().any(|one| format!("{one:?}").contains("both sides can be VALID"))
    };
    assert!(warned("any", 3) && warned("2", 4) && warned("1", 2));
    assert!(!warned("any", 1) && !warned("2", 3) && !warned("majority", 4) && !warned("all", 2));
}

#[test]
fn flags_alone_are_learned_and_a_number_makes_them_count() {
    for (rule, counts) in [("majority", false), ("2", true)] {
        let mut world = World::new(10, config().validity_rule(rule));
        world.start(&[]);
        world.configure(config().validity_rule(rule).is_lighthouse(true));
        world.start(&[0]);
        world.start(&[0]);
        world.configure(config().validity_rule(rule));
        world.start(&[0]);
        assert_eq!(state(&world, 0), ValidityState::Fallback);
        assert!(world.run_until(seconds(6.0), |world| all(world, 0..4, ValidityState::Valid)));
        world.run(seconds(3.0));
        for node in 0..4 {
            let validity = validity(&world, node);
            assert_eq!((validity.basis, validity.needed), (ValidityBasis::Learned, 2));
            assert_eq!(validity.seen.len(), 2);
            let until = world.engine(node).unwrap().valid_until();
            assert_eq!(until > world.now, counts, "{rule}");
            assert!(!world.engine(node).unwrap().is_valid(), "no election without a list");
        }
        // One that is dead still counts; one that leaves does not.
        world.crash(1);
        world.run(seconds(12.0));
        assert_eq!(validity(&world, 3).missing, [World::address(1).to_string().into()]);
        assert_eq!(state(&world, 3), ValidityState::Invalid);
        world.command(2, |engine, now| engine.leave(now));
        world.run(seconds(3.0));
        let after = validity(&world, 3);
        assert_eq!(after.seen.len() + after.missing.len(), 1, "{after}");
    }
}

#[test]
fn fallback_switches_all_of_it_off() {
    let mut world = World::new(11, listed(LIGHTHOUSES, "majority").fallback(true));
    world.start_many(4);
    world.run(seconds(10.0));
    assert!(world.is_whole());
    assert!(all(&world, 0..4, ValidityState::Fallback));
    assert!(!world.seen.iter().any(|seen| matches!(seen.event, Event::Validity { .. })));
}

/// A lighthouse that is suspected or slow is none the less there; beacons at rest stay few bytes.
#[test]
fn beacons_cost_little() {
    let cost = |lighthouses: usize| {
        let config = if lighthouses == 0 { config() } else { listed(lighthouses, "majority") };
        let config = config.leader_eligible(false);
        let mut world = World::new(12, config);
        world.start_many(30);
        world.run(seconds(30.0));
        let (bytes, datagrams) = (world.bytes, world.datagrams);
        world.run(seconds(60.0));
        (world.bytes - bytes, world.datagrams - datagrams)
    };
    let (none, sent) = cost(0);
    for (lighthouses, most) in [(3, 9 * 3), (15, 9 * 15)] {
        let (bytes, datagrams) = cost(lighthouses);
        let more = (bytes - none) as f64 / datagrams as f64;
        eprintln!(
            "{lighthouses} lighthouses: {more:.1} bytes a datagram more, {datagrams} of {sent}"
        );
        assert!(more <= f64::from(most));
        assert!(datagrams.abs_diff(sent) * 20 < sent, "hardly any datagrams of their own");
    }
}
