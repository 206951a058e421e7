//! How long a crash takes to be known to all, in virtual time: many seeds, several sizes.
//!
//! Once the host is silent, so that there is nothing but missing answers; once its kernel refuses
//! connections.

#![allow(clippy::print_stdout)] // a command

use std::time::Duration;

use seafoam::{Config, NodeStatus};
use seafoam_sim::World;

fn main() {
    for (silent, what) in [(true, "host silent"), (false, "process killed, its host answers")] {
        println!("{what}");
        println!("{:>6} {:>6} {:>9} {:>9} {:>9}", "nodes", "runs", "median s", "p99 s", "max s");
        for (count, runs) in
            [(2, 200), (3, 200), (6, 200), (10, 200), (20, 60), (50, 60), (100, 60)]
        {
            let mut seconds: Vec<f64> =
                (0..runs).map(|seed| detection(seed, count, silent)).collect();
            seconds.sort_by(f64::total_cmp);
            let at = |share: usize| {
                seconds.get((seconds.len() - 1) * share / 100).copied().unwrap_or(f64::NAN)
            };
            println!("{count:>6} {runs:>6} {:>9.2} {:>9.2} {:>9.2}", at(50), at(99), at(100));
        }
    }
}

/// Seconds from the end of one of `count` nodes until all others hold it for DEAD.
fn detection(seed: u64, count: usize, silent: bool) -> f64 {
    let mut world = World::new(seed, Config::new().insecure(true).listen_ip("10.0.0.0"));
    world.start_many(count);
    // The crash falls into another phase of the heartbeats in each run.
    world.run(Duration::from_micros(8_000_000 + seed * 137_123));
    let (victim, crash) = (count - 1, world.now);
    if silent {
        world.vanish(victim);
    } else {
        world.crash(victim);
    }
    let dead = |world: &World, by| world.status(victim, by) == Some(NodeStatus::Dead);
    world.run_until(Duration::from_secs(60), |world| (0..victim).all(|by| dead(world, by)));
    world.now.since(crash).as_secs_f64()
}
