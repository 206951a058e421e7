//! The list of lighthouses changes while all run: one more, or one less, whatever happens meanwhile.

#![allow(clippy::unwrap_used, missing_docs)]

use std::time::Duration;

use seafoam::{Config, ErrorCode};
use seafoam_sim::World;

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// A silence of the lighthouses, a record, and 5 s.
const AGAIN: Duration = Duration::from_millis(2 * 3027 + 5000);

fn config(lighthouses: usize) -> Config {
    let list: Vec<_> = (0..lighthouses).map(|node| World::address(node).to_string()).collect();
    Config::new().insecure(true).listen_ip("10.0.0.0").lighthouses(list)
}

/// Nodes of which the first three vote, with disks; somebody leads, and the lighthouses are heard.
fn led(seed: u64, count: usize) -> (World, usize) {
    let mut world = World::new(seed, config(3));
    world.give_disks();
    world.start_many(count);
    let led = world.run_until(seconds(20), |world| world.leading().next().is_some());
    assert!(led, "seed {seed}: nobody leads");
    world.run(seconds(2));
    let (leader, _) = world.leading().next().unwrap();
    (world, leader)
}

fn sound(world: &World, what: &str) {
    assert_eq!(world.leader_violations(), &[] as &[String], "{what}");
}

fn last_term(world: &World) -> u64 {
    world.tenures().last().unwrap().term
}

/// Waits until somebody leads in a later term; how long nobody did.
fn next_leader(world: &mut World, term: u64, what: &str) -> (usize, Duration) {
    let begun = world.now;
    let later = |world: &World| world.leading().find(|(_, of)| *of > term);
    assert!(world.run_until(AGAIN, |world| later(world).is_some()), "{what}: nobody leads again");
    (later(world).unwrap().0, world.now.since(begun))
}

fn all_have(world: &World, nodes: usize, version: u32) -> bool {
    (0..nodes).all(|node| world.list_version(node) == Some(version))
}

#[test]
fn one_is_added_and_one_removed_and_somebody_leads_again() {
    let mut gaps = Vec::new();
    for seed in 0..10 {
        let what = format!("seed {seed}");
        let (mut world, leader) = led(seed, 7);
        let term = last_term(&world);
        world.relist(leader, &[0, 1, 2, 3]).unwrap();
        let (leader, gap) = next_leader(&mut world, term, &what);
        gaps.push(gap);
        assert!(world.run_until(seconds(10), |world| all_have(world, 7, 1)), "{what}");
        world.run(seconds(4));
        let term = last_term(&world);
        world.relist(leader, &[1, 2, 3]).unwrap();
        let (_, gap) = next_leader(&mut world, term, &what);
        gaps.push(gap);
        assert!(world.run_until(seconds(10), |world| all_have(world, 7, 2)), "{what}");
        world.run(seconds(10));
        for node in 0..7 {
            let validity = world.engine(node).unwrap().validity();
            let names: Vec<_> = validity.seen.iter().map(ToString::to_string).collect();
            let listed: Vec<_> = (1..4).map(|node| World::address(node).to_string()).collect();
            assert_eq!(names, listed, "{what}: node {node}");
            let own = world.view(node, &World::address(0).to_string()).unwrap();
            assert!(!own.is_lighthouse, "{what}: node {node}");
        }
        sound(&world, &what);
    }
    gaps.sort();
    println!("leaderless: {:?} to {:?}", gaps.first().unwrap(), gaps.last().unwrap());
    assert!(gaps.last().unwrap() < &millis(4500), "{gaps:?}");
}

/// Found by a swarm's seed: where nothing is voted under the old list any more, whoever was away
/// heard of the new one by a reminder alone, after seconds.
#[test]
fn whoever_was_away_takes_the_list_as_it_joins() {
    for seed in 0..10 {
        let what = format!("seed {seed}");
        let mut world = World::new(seed, config(1));
        world.give_disks();
        world.start_many(4);
        world.run(seconds(10));
        world.crash(1);
        for list in [&[0, 2][..], &[2]] {
            world.run(seconds(10));
            let (leader, term) = world.leading().next().unwrap();
            world.relist(leader, list).unwrap();
            next_leader(&mut world, term, &what);
        }
        world.run(seconds(20));
        world.restart(1, &[0]);
        assert!(world.run_until(seconds(1), |world| all_have(world, 4, 2)), "{what}");
        sound(&world, &what);
    }
}

#[test]
fn what_may_not_be_is_refused_and_changes_nothing() {
    let (mut world, leader) = led(1, 6);
    let other = (0..6).find(|node| *node != leader).unwrap();
    let code = |outcome: seafoam::Result<()>| outcome.unwrap_err().code();
    assert_eq!(code(world.relist(other, &[0, 1, 2, 3])), ErrorCode::NotLeader);
    for list in [&[0, 1, 3][..], &[0, 1, 2, 3, 4], &[0], &[]] {
        assert_eq!(code(world.relist(leader, list)), ErrorCode::InvalidConfig, "{list:?}");
    }
    // Not there.
    assert_eq!(code(world.relist(leader, &[0, 1, 2, 77])), ErrorCode::InvalidConfig);
    world.relist(leader, &[2, 1, 0]).unwrap(); // the same one
    world.run(seconds(5));
    assert!(all_have(&world, 6, 0));
    assert_eq!(world.tenures().len(), 1);
    sound(&world, "refused");
}

#[test]
fn without_disks_the_list_stays() {
    let mut world = World::new(3, config(3));
    world.start_many(5);
    assert!(world.run_until(seconds(20), |world| world.leading().next().is_some()));
    world.run(seconds(2));
    let (leader, _) = world.leading().next().unwrap();
    let error = world.relist(leader, &[0, 1, 2, 3]).unwrap_err();
    assert!(error.to_string().contains("has no state_dir"), "{error}");
    world.run(seconds(5));
    assert!(all_have(&world, 5, 0));
}

#[test]
fn the_next_change_waits_for_every_lighthouse() {
    for seed in 0..4 {
        let what = format!("seed {seed}");
        let (mut world, leader) = led(seed, 7);
        let late = (0..3).find(|node| *node != leader).unwrap();
        let others: Vec<_> = (0..7).filter(|node| *node != late).collect();
        world.network.partition(&[late], &others);
        let term = last_term(&world);
        world.relist(leader, &[0, 1, 2, 3]).unwrap();
        let (leader, _) = next_leader(&mut world, term, &what);
        world.run(seconds(5));
        let removed: Vec<_> = [0, 1, 2, 3].into_iter().filter(|node| *node != late).collect();
        let error = world.relist(leader, &removed).unwrap_err();
        assert_eq!(error.code(), ErrorCode::Busy, "{what}");
        assert!(error.to_string().contains(&World::address(late).to_string()), "{what}: {error}");
        world.network.heal();
        assert!(world.run_until(seconds(40), |world| all_have(world, 7, 1)), "{what}");
        world.run(seconds(10));
        let (leader, term) = world.leading().next().unwrap();
        world.relist(leader, &removed).unwrap();
        next_leader(&mut world, term, &what);
        sound(&world, &what);
    }
}

/// A lighthouse, or the leader, ends at every point of the change and starts again with the list
/// that it was configured with.
#[test]
fn whoever_restarts_at_any_point_the_change_ends_whole() {
    for step in 0..24 {
        for victim in 0..4 {
            let what = format!("step {step}, victim {victim}");
            let (mut world, leader) = led(100 + step, 6);
            let term = last_term(&world);
            world.relist(leader, &[0, 1, 2, 3]).unwrap();
            world.run(millis(2 * step * step));
            let node = if victim == 3 { leader } else { victim };
            world.restart(node, &[(node + 1) % 6, (node + 2) % 6]);
            next_leader(&mut world, term, &what);
            let whole = |world: &World| all_have(world, 6, 0) || all_have(world, 6, 1);
            assert!(world.run_until(seconds(30), whole), "{what}");
            world.run(seconds(10));
            assert!(whole(&world), "{what}");
            assert_eq!(world.leading().count(), 1, "{what}");
            sound(&world, &what);
        }
    }
}

#[test]
fn a_list_on_disk_outlives_every_process() {
    let (mut world, leader) = led(5, 6);
    let term = last_term(&world);
    world.relist(leader, &[0, 1, 2, 3]).unwrap();
    next_leader(&mut world, term, "added");
    assert!(world.run_until(seconds(10), |world| all_have(world, 6, 1)));
    let term = last_term(&world);
    for node in 0..6 {
        world.crash(node);
    }
    world.run(seconds(5));
    for node in 0..6 {
        world.restart(node, &[(node + 1) % 6]);
    }
    next_leader(&mut world, term, "restarted");
    assert!(all_have(&world, 6, 1), "a node fell back to the configured list");
    sound(&world, "restarted");
}

#[test]
fn a_dead_lighthouse_is_replaced() {
    for seed in 0..4 {
        let what = format!("seed {seed}");
        let (mut world, leader) = led(seed, 7);
        let dead = (0..3).find(|node| *node != leader).unwrap();
        world.crash(dead);
        world.run(seconds(10));
        let (leader, term) = world.leading().next().unwrap();
        let left: Vec<_> = (0..3).filter(|node| *node != dead).collect();
        world.relist(leader, &left).unwrap();
        let (leader, _) = next_leader(&mut world, term, &what);
        world.run(seconds(4));
        let term = last_term(&world);
        world.relist(leader, &[left[0], left[1], 3]).unwrap();
        next_leader(&mut world, term, &what);
        // It comes back with its old list, and learns that it is no lighthouse any more.
        world.restart(dead, &[left[0]]);
        assert!(world.run_until(seconds(20), |world| all_have(world, 7, 2)), "{what}");
        sound(&world, &what);
    }
}
