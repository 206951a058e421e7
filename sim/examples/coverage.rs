//! How many members a broadcast misses, and how long it takes to reach all, in virtual time.
//!
//! `cargo run --release -p seafoam-sim --example coverage [nodes [loss permille [seeds]]]`: one
//! broadcast the moment all nodes know each other, then nine more, one in each second.

#![allow(clippy::print_stdout)] // a command

use std::collections::BTreeSet;
use std::time::Duration;

use seafoam::{Config, Event};
use seafoam_sim::World;

/// Broadcasts of one seed.
const ROUNDS: usize = 10;
/// How long each may take.
const PATIENCE: Duration = Duration::from_secs(5);

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|text| text.parse::<u64>().ok());
    let nodes = usize::try_from(numbers.next().unwrap_or(100)).unwrap_or(100);
    let loss = numbers.next().unwrap_or(0);
    let seeds = numbers.next().unwrap_or(20);
    let (mut missed, mut incomplete, mut millis) = (0, 0, Vec::new());
    for seed in 0..seeds {
        let mut world = World::new(seed, Config::new().insecure(true).listen_ip("10.0.0.0"));
        world.start_many(nodes);
        world.run_until(Duration::from_secs(10), World::is_whole);
        world.network.loss_permille = loss;
        for round in 0..ROUNDS {
            let (left, took) = broadcast(&mut world, nodes, (round * 31) % nodes);
            missed += left;
            incomplete += usize::from(left > 0);
            millis.push(took.as_millis());
            world.run(Duration::from_secs(1).saturating_sub(took));
        }
    }
    millis.sort_unstable();
    let at = |share: usize| millis.get((millis.len() - 1) * share / 100).copied().unwrap_or(0);
    println!("{nodes} nodes, {loss} permille lost, {} broadcasts", millis.len());
    println!("missed deliveries {missed}, broadcasts that missed a member {incomplete}");
    println!("to all: median {} ms, p99 {} ms, max {} ms", at(50), at(99), at(100));
}

/// Broadcasts once; how many members missed it within the patience, and how long it took.
fn broadcast(world: &mut World, nodes: usize, origin: usize) -> (usize, Duration) {
    world.seen.clear();
    let began = world.now;
    world.command(origin, |engine, now| engine.broadcast(now, &[7; 100]).map(drop));
    let (mut read, mut got) = (0, BTreeSet::new());
    let done = |world: &World| {
        for seen in world.seen.iter().skip(read) {
            if matches!(seen.event, Event::Broadcast { .. }) {
                got.insert(seen.by);
            }
        }
        read = world.seen.len();
        got.len() == nodes - 1
    };
    world.run_until(PATIENCE, done);
    (nodes - 1 - got.len(), world.now.since(began))
}
