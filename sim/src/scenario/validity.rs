//! How old the evidence of a lighthouse gets where all is well, and how soon a cut shows.

use std::time::Duration;

use seafoam::{Config, ValidityState};

use super::{Plan, Report, Sample, config, two};
use crate::parallel::each_seed;
use crate::random::Random;
use crate::world::World;

/// Lighthouses of each cluster: the first nodes.
const LIGHTHOUSES: usize = 3;
/// How long evidence is watched.
const WATCHED: Duration = Duration::from_secs(60);
/// How often.
const LOOK: Duration = Duration::from_millis(50);
/// A cut or its end is waited for no longer than this.
const PATIENCE: Duration = Duration::from_secs(60);

/// A cluster of `nodes` whose first ones are the lighthouses.
fn with_lighthouses(sealed: bool, rule: &str) -> Config {
    let names = (0..LIGHTHOUSES).map(|node| World::address(node).to_string());
    config(sealed).lighthouses(names.collect::<Vec<_>>()).validity_rule(rule)
}

/// How long a lighthouse counts after its last beacon was counted, and so how long a cut may take to
/// show but for what the network takes: five seconds, and half a heartbeat for each doubling.
fn longest(nodes: usize) -> Duration {
    let rounds = usize::BITS - (nodes - 1).leading_zeros();
    Duration::from_secs(5) + Duration::from_millis(250) * rounds
}

fn settled(seed: u64, nodes: usize, config: Config) -> World {
    let mut world = World::new(seed, config);
    world.start_many(nodes);
    world.run_until(PATIENCE, |world| world.is_whole() && all(world, 0..nodes, true));
    world.run(Duration::from_secs(10));
    world.seen.clear();
    world
}

fn all(world: &World, mut nodes: impl Iterator<Item = usize>, valid: bool) -> bool {
    nodes.all(|node| {
        let state = world.engine(node).map(|engine| engine.validity().state);
        (state == Some(ValidityState::Valid)) == valid
    })
}

/// Of each node the age of the oldest beacon that it counts by, the oldest of a look at all.
#[must_use]
pub fn evidence(plan: &Plan) -> Report {
    let mut report = Report {
        title: "Seconds since the last new beacon of the lighthouse heard of least recently".into(),
        columns: vec!["nodes", "lost", "looks", "p50", "p99", "max", "counts for", "not VALID"],
        axes: ("seconds", "percent of looks"),
        ..Report::default()
    };
    for &nodes in &plan.nodes {
        for permille in [0, 50, 200, 300] {
            let (mut ages, mut lapses) = (Vec::new(), 0);
            let work = |seed| watched(seed, nodes, permille, plan.sealed);
            each_seed(plan.seeds.clone(), plan.jobs, work, |_, (some, lapsed)| {
                ages.extend(some);
                lapses += lapsed;
                true
            });
            let ages = Sample::of(ages);
            report.rows.push(vec![
                nodes.to_string(),
                format!("{} %", permille / 10),
                ages.len().to_string(),
                two(ages.at(50)),
                two(ages.at(99)),
                two(ages.at(100)),
                two(longest(nodes).as_secs_f64()),
                lapses.to_string(),
            ]);
            let name = format!("{nodes} nodes, {} % lost", permille / 10);
            report.lines.push((name, ages.shares()));
        }
    }
    report
}

fn watched(seed: u64, nodes: usize, permille: u64, sealed: bool) -> (Vec<f64>, usize) {
    // With `all`, what a node counts by ends when the oldest does.
    let mut world = settled(seed, nodes, with_lighthouses(sealed, "all"));
    world.network.loss_permille = permille;
    world.network.stream_loss_permille = permille;
    let (end, mut ages, mut lapses) = (world.now + WATCHED, Vec::new(), 0);
    while world.now < end {
        world.run(LOOK);
        for node in LIGHTHOUSES..nodes {
            let until = world.engine(node).map(|engine| engine.valid_until());
            let left = until.unwrap_or_default().since(world.now).as_secs_f64();
            if left > 0.0 {
                ages.push(longest(nodes).as_secs_f64() - left);
            } else {
                lapses += 1;
            }
        }
    }
    (ages, lapses)
}

/// Half of all are cut off with one of three lighthouses, for 20 s: until all of them are INVALID,
/// whether anybody else is, and from the first contact until all are VALID.
#[must_use]
pub fn cut(plan: &Plan) -> Report {
    let mut report = Report {
        title: "Seconds from a cut until all of its side are INVALID, and from contact until VALID"
            .into(),
        columns: vec![
            "nodes",
            "cuts",
            "INVALID p50",
            "max",
            "bound",
            "others INVALID",
            "VALID p50",
            "max ",
        ],
        axes: ("seconds", "percent of cuts"),
        ..Report::default()
    };
    for &nodes in &plan.nodes {
        let (mut ends, mut starts, mut others) = (Vec::new(), Vec::new(), 0);
        let work = |seed| cuts(seed, nodes, plan.trials, plan.sealed);
        each_seed(plan.seeds.clone(), plan.jobs, work, |_, found| {
            for (end, start, other) in found {
                ends.push(end);
                starts.push(start);
                others += usize::from(other);
            }
            true
        });
        let (ends, starts) = (Sample::of(ends), Sample::of(starts));
        report.rows.push(vec![
            nodes.to_string(),
            ends.len().to_string(),
            two(ends.at(50)),
            two(ends.at(100)),
            two(longest(nodes).as_secs_f64()),
            others.to_string(),
            two(starts.at(50)),
            two(starts.at(100)),
        ]);
        report.lines.push((format!("{nodes} nodes"), ends.shares()));
    }
    report
}

fn cuts(seed: u64, nodes: usize, count: usize, sealed: bool) -> Vec<(f64, f64, bool)> {
    let mut world = settled(seed, nodes, with_lighthouses(sealed, "majority"));
    let mut random = Random::new(seed ^ 0xc07);
    let mut found = Vec::new();
    for _ in 0..count {
        world.run(random.span(Duration::ZERO, Duration::from_secs(2)));
        let lost = random.place(LIGHTHOUSES);
        let side = |node: &usize| *node == lost || *node >= LIGHTHOUSES && node.is_multiple_of(2);
        let (left, right): (Vec<_>, Vec<_>) = (0..nodes).partition(side);
        world.network.partition(&left, &right);
        let began = world.now;
        world.run_until(PATIENCE, |world| all(world, left.iter().copied(), false));
        let end = world.now.since(began).as_secs_f64();
        world.run(Duration::from_secs(20));
        let other = !all(&world, right.iter().copied(), true);
        world.network.heal();
        let contact = |world: &World| {
            let seen = |node: &usize| world.engine(*node).map_or(0, |e| e.validity().seen.len());
            left.iter().any(|node| seen(node) > 1)
        };
        world.run_until(PATIENCE, contact);
        let met = world.now;
        world.run_until(PATIENCE, |world| all(world, 0..nodes, true));
        found.push((end, world.now.since(met).as_secs_f64(), other));
        world.run_until(PATIENCE, World::is_whole);
        world.run(Duration::from_secs(5));
        world.seen.clear();
    }
    found
}

/// What lighthouses cost a cluster at rest for 60 s.
#[must_use]
#[allow(clippy::cast_precision_loss)] // figures for people
pub fn beacons(plan: &Plan) -> Report {
    let mut report = Report {
        title: "A cluster at rest for 60 s: what beacons cost; bytes with 28 of IP and UDP".into(),
        columns: vec!["nodes", "lighthouses", "datagrams/s a node", "bytes/s a node"],
        axes: ("lighthouses", "bytes a second and node"),
        ..Report::default()
    };
    for &nodes in &plan.nodes {
        let mut line = Vec::new();
        for lighthouses in [0, 3, 15_usize].into_iter().filter(|count| *count <= nodes) {
            let names = (0..lighthouses).map(|node| World::address(node).to_string());
            // Beacons alone: nobody stands.
            let config = config(plan.sealed).lighthouses(names.collect::<Vec<_>>());
            let config = config.leader_eligible(false);
            let mut world = World::new(plan.seeds.start, config);
            world.start_many(nodes);
            world.run_until(PATIENCE, World::is_whole);
            world.run(Duration::from_secs(30));
            let (datagrams, bytes) = (world.datagrams, world.bytes);
            world.run(Duration::from_secs(60));
            let sent = world.datagrams - datagrams;
            let per = |total: u64| total as f64 / 60.0 / nodes as f64;
            let bytes = per(world.bytes - bytes + sent * 28);
            report.rows.push(vec![
                nodes.to_string(),
                lighthouses.to_string(),
                two(per(sent)),
                format!("{bytes:.0}"),
            ]);
            line.push((lighthouses as f64, bytes));
        }
        report.lines.push((format!("{nodes} nodes"), line));
    }
    report
}
