//! Links that work one way only are told, at both ends and soon, and never because of loss; and why
//! a node is suspected, in virtual time.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, missing_docs)]

use std::time::Duration;

use seafoam::{Config, Event, Hint, LinkDirection, NodeStatus};
use seafoam_sim::World;

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn world(seed: u64, count: usize) -> World {
    let mut world = World::new(seed, Config::new().insecure(true).listen_ip("10.0.0.0"));
    world.start_many(count);
    assert!(world.run_until(millis(10_000), World::is_whole), "seed {seed}: never whole");
    world.run(Duration::from_micros(5_000_000 + seed * 137_123));
    world.seen.clear();
    world
}

/// What was told of links: by whom, of whom, which way works.
fn links(world: &World) -> Vec<(usize, String, LinkDirection)> {
    let link = |event: &Event| match event {
        Event::Link { node, direction } => Some((node.name.to_string(), *direction)),
        _ => None,
    };
    let seen = world.seen.iter();
    seen.filter_map(|seen| link(&seen.event).map(|(of, way)| (seen.by, of, way))).collect()
}

fn accusations(world: &World) -> usize {
    let accused = |event: &Event| matches!(event, Event::Status { status: NodeStatus::Dead, .. });
    world.seen.iter().filter(|seen| accused(&seen.event)).count()
}

fn name(node: usize) -> String {
    World::address(node).to_string()
}

/// After one round of probes, n heartbeats of half a second, and six seconds of looking.
fn within(count: usize) -> Duration {
    millis(count as u64 * 1000 + 6000)
}

#[test]
fn a_one_way_cut_is_told_at_both_ends_once_and_its_end_too() {
    let mut spans = Vec::new();
    for (count, seeds) in [(3, 20), (5, 20), (30, 12)] {
        for seed in 0..seeds {
            let mut world = world(seed, count);
            world.network.cut_one_way(1, 2); // what 1 sends does not reach 2
            let told = |world: &World| links(world).len() >= 2;
            let began = world.now;
            assert!(world.run_until(within(count), told), "seed {seed}, {count} nodes: not told");
            spans.push((count, world.now.since(began)));
            world.run(millis(30_000));
            let mut found = links(&world);
            found.sort_by_key(|(by, ..)| *by);
            let expected =
                [(1, name(2), LinkDirection::Inbound), (2, name(1), LinkDirection::Outbound)];
            assert_eq!(found, expected, "seed {seed}, {count} nodes");
            assert_eq!(world.stats(1).unwrap().links_one_way, 1);
            assert_eq!(accusations(&world), 0, "seed {seed}, {count} nodes");

            world.seen.clear();
            world.network.heal();
            let healed = world.run_until(millis(5000), told);
            assert!(healed, "seed {seed}, {count} nodes: its end was not told");
            world.run(millis(10_000));
            let both = |(_, _, way): &(_, _, LinkDirection)| *way == LinkDirection::Both;
            assert!(links(&world).len() == 2 && links(&world).iter().all(both), "seed {seed}");
            assert_eq!(world.stats(1).unwrap().links_one_way, 0);
        }
    }
    for count in [3, 5, 30] {
        let mut of: Vec<_> =
            spans.iter().filter(|(n, _)| *n == count).map(|(_, span)| span.as_millis()).collect();
        of.sort_unstable();
        println!("{count} nodes: median {} ms, most {} ms", of[of.len() / 2], of[of.len() - 1]);
    }
}

#[test]
fn a_way_that_changes_is_told_again() {
    let mut world = world(1, 5);
    world.network.cut_one_way(1, 2);
    assert!(world.run_until(within(5), |world| links(world).len() == 2));
    world.seen.clear();
    world.network.heal();
    world.network.cut_one_way(2, 1);
    assert!(world.run_until(millis(20_000), |world| links(world).len() == 2));
    let mut found = links(&world);
    found.sort_by_key(|(by, ..)| *by);
    let expected = [(1, name(2), LinkDirection::Outbound), (2, name(1), LinkDirection::Inbound)];
    assert_eq!(found, expected);
}

#[test]
fn loss_is_no_one_way_link() {
    for permille in [50, 200] {
        for seed in 0..4 {
            let mut world = world(seed, 30);
            world.network.loss_permille = permille;
            world.network.stream_loss_permille = permille;
            world.run(millis(60_000));
            assert_eq!(links(&world), [], "seed {seed}, loss {permille}");
        }
    }
}

#[test]
fn a_link_cut_both_ways_is_none_that_works_one_way() {
    let mut world = world(3, 5);
    world.network.partition(&[1], &[2]);
    world.run(millis(40_000));
    assert_eq!(links(&world), []);
    assert_eq!(accusations(&world), 0);
    assert!(world.is_whole());
}

#[test]
fn a_member_that_dies_behind_a_one_way_link_is_let_go() {
    let mut world = world(4, 5);
    world.network.cut_one_way(1, 2);
    assert!(world.run_until(within(5), |world| links(world).len() == 2));
    world.crash(2);
    let dead = |world: &World| world.status(2, 1) == Some(NodeStatus::Dead);
    assert!(world.run_until(millis(20_000), dead));
    assert!(world.run_until(millis(5000), |world| world.stats(1).unwrap().links_one_way == 0));
    assert_eq!(links(&world).len(), 2, "its status tells, not its link");
}

#[test]
fn why_tells_which_ways_failed_who_bore_witness_and_when() {
    let mut hints = Vec::new();
    for seed in 0..20 {
        let mut world = world(seed, 6);
        if seed % 2 == 0 {
            world.vanish(5);
        } else {
            world.crash(5);
        }
        let dead = |world: &World| (0..5).all(|by| world.status(5, by) == Some(NodeStatus::Dead));
        assert!(world.run_until(millis(10_000), dead), "seed {seed}");
        for by in 0..5 {
            let now = world.now;
            let why = world.engine(by).unwrap().why(now, &name(5)).unwrap();
            assert_eq!(why.node.status, NodeStatus::Dead);
            assert!((0..5).any(|accuser| *why.accuser == name(accuser)), "{why:?}");
            assert!(why.suspected_millis >= why.since_millis, "{why:?}");
            assert!(why.heard_millis >= why.suspected_millis, "{why:?}");
            assert!(!why.witnesses.is_empty() && !why.witnesses.contains(&name(5).into()));
            assert_eq!(why.witnesses.len(), why.witness_hints.len());
            assert_eq!(why.witnesses.len(), why.witness_millis.len());
            assert!(why.witness_millis.is_sorted_by(|a, b| a >= b), "{why:?}");
            let helpers = why.helpers_failed.len() + why.helpers_silent.len();
            assert!(helpers == 0 || helpers == 3, "{why:?}");
            if seed % 2 == 0 && helpers > 0 {
                assert_eq!(why.helpers_failed.len(), 3, "helpers say so: {why:?}");
            }
            if why.own_ping_failed {
                hints.push((seed % 2 == 0, why.own_hint));
            }
        }
        let alive = world.engine(0).unwrap().why(world.now, &name(1)).unwrap();
        assert!(alive.accuser.is_empty() && alive.suspected_millis == 0, "{alive:?}");
        assert!(
            alive.witnesses.is_empty() && alive.own_hint == Hint::None && !alive.own_ping_failed
        );
    }
    assert!(hints.contains(&(true, Hint::Silent)) && hints.contains(&(false, Hint::Gone)));
    assert!(!hints.contains(&(true, Hint::Gone)) && !hints.contains(&(false, Hint::Silent)));
}

#[test]
fn why_of_a_paused_process_says_that_it_hangs() {
    let mut world = world(7, 6);
    world.pause(5, millis(9000));
    let hung = |world: &World| {
        (0..5).any(|by| {
            let why = world.engine(by).unwrap().why(world.now, &name(5)).unwrap();
            why.own_hint == Hint::Hung && why.node.status == NodeStatus::Suspected
        })
    };
    assert!(world.run_until(millis(8000), hung));
    assert!(world.run_until(millis(20_000), World::is_whole));
    let why = world.engine(0).unwrap().why(world.now, &name(5)).unwrap();
    assert_eq!((why.own_hint, why.suspected_millis), (Hint::None, 0), "over: {why:?}");
}
