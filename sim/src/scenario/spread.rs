//! How fast clusters come together, how far broadcasts go, and what rest costs.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use seafoam::Event;

use super::{Plan, Report, Sample, cluster, config, two};
use crate::parallel::each_seed;
use crate::world::World;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// All start at one moment and know the first: until all see all.
#[must_use]
pub fn join(plan: &Plan) -> Report {
    let mut report = Report {
        title: "Seconds from the start of all until all see all ALIVE".into(),
        columns: vec!["nodes", "runs", "p50", "max", "bytes a node p50"],
        axes: ("seconds", "percent of runs"),
        ..Report::default()
    };
    for &nodes in &plan.nodes {
        let (mut found, mut bytes) = (Vec::new(), Vec::new());
        #[allow(clippy::cast_precision_loss)] // figures for people
        let work = |seed| {
            let mut world = World::new(seed, config(plan.sealed));
            world.start_many(nodes);
            world.run_until(PATIENCE, World::is_whole);
            let sent = world.bytes + world.datagrams * 28 + world.stream_bytes;
            (world.now.0 as f64 / 1e6, sent as f64 / nodes as f64)
        };
        each_seed(plan.seeds.clone(), plan.jobs, work, |_, (seconds, sent)| {
            found.push(seconds);
            bytes.push(sent);
            true
        });
        let (found, bytes) = (Sample::of(found), Sample::of(bytes));
        report.rows.push(vec![
            nodes.to_string(),
            found.len().to_string(),
            two(found.at(50)),
            two(found.at(100)),
            format!("{:.0}", bytes.at(50)),
        ]);
        report.lines.push((format!("{nodes} nodes"), found.shares()));
    }
    report
}

/// Broadcasts of 100 bytes at 5 % loss: whom they miss within five seconds, and how long they take.
#[must_use]
pub fn broadcast(plan: &Plan) -> Report {
    let mut report = Report {
        title: "Broadcasts of 100 bytes, 5 % of datagrams lost".into(),
        columns: vec!["nodes", "broadcasts", "missed", "deliveries", "p50 ms", "p99 ms", "max ms"],
        axes: ("milliseconds until all have it", "percent of broadcasts"),
        ..Report::default()
    };
    for &nodes in &plan.nodes {
        let (mut missed, mut millis) = (0, Vec::new());
        let work = |seed| {
            let mut world = cluster(plan, seed, nodes);
            world.network.loss_permille = 50;
            world.network.stream_loss_permille = 50;
            (0..plan.trials).map(|trial| one_broadcast(&mut world, trial)).collect::<Vec<_>>()
        };
        each_seed(plan.seeds.clone(), plan.jobs, work, |_, some| {
            for (left, took) in some {
                missed += left;
                millis.push(took.as_secs_f64() * 1000.0);
            }
            true
        });
        let millis = Sample::of(millis);
        report.rows.push(vec![
            nodes.to_string(),
            millis.len().to_string(),
            missed.to_string(),
            (millis.len() * (nodes - 1)).to_string(),
            format!("{:.0}", millis.at(50)),
            format!("{:.0}", millis.at(99)),
            format!("{:.0}", millis.at(100)),
        ]);
        report.lines.push((format!("{nodes} nodes"), millis.shares()));
    }
    report
}

pub(super) fn one_broadcast(world: &mut World, trial: usize) -> (usize, Duration) {
    let nodes = world.nodes();
    world.run(Duration::from_millis(700));
    world.seen.clear();
    let began = world.now;
    world.command(trial * 31 % nodes, |engine, now| engine.broadcast(now, &[7; 100]).map(drop));
    let (mut read, mut got) = (0, BTreeSet::new());
    world.run_until(Duration::from_secs(5), |world| {
        for seen in world.seen.iter().skip(read) {
            if matches!(seen.event, Event::Broadcast { .. }) {
                got.insert(seen.by);
            }
        }
        read = world.seen.len();
        got.len() == nodes - 1
    });
    (nodes - 1 - got.len(), world.now.since(began))
}

/// Two halves are cut off from each other for a while: from the mending until all see all ALIVE.
#[must_use]
pub fn partition(plan: &Plan) -> Report {
    let mut report = Report {
        title: "Seconds from the end of a partition into halves until all see all ALIVE".into(),
        columns: vec!["nodes", "cut for s", "runs", "p50", "p99", "max"],
        axes: ("seconds", "percent of runs"),
        ..Report::default()
    };
    for &nodes in &plan.nodes {
        let lengths = [10, 60, 600, 3600];
        for cut in lengths.into_iter().filter(|cut| format!("{cut} s").contains(&plan.only)) {
            let mut found = Vec::new();
            let work = |seed| {
                let mut world = cluster(plan, seed, nodes);
                let (left, right): (Vec<_>, Vec<_>) = (0..nodes).partition(|node| node % 2 == 0);
                world.network.partition(&left, &right);
                world.run(Duration::from_secs(cut));
                world.network.heal();
                let healed = world.now;
                world.run_until(PATIENCE, World::is_whole);
                world.now.since(healed).as_secs_f64()
            };
            each_seed(plan.seeds.clone(), plan.jobs, work, |_, seconds| {
                found.push(seconds);
                true
            });
            let found = Sample::of(found);
            report.rows.push(vec![
                nodes.to_string(),
                cut.to_string(),
                found.len().to_string(),
                two(found.at(50)),
                two(found.at(99)),
                two(found.at(100)),
            ]);
            report.lines.push((format!("cut for {cut} s"), found.shares()));
        }
    }
    report
}

/// What a cluster at rest sends in 60 s, and what that costs this machine.
#[must_use]
#[allow(clippy::cast_precision_loss)] // figures for people
pub fn steady(plan: &Plan) -> Report {
    let mut report = Report {
        title: "A cluster at rest for 60 virtual seconds; bytes with 28 of IP and UDP a datagram"
            .into(),
        columns: vec![
            "nodes",
            "datagrams/s a node",
            "bytes/s a node",
            "real s a virtual s",
            "KiB a pair",
        ],
        axes: ("nodes", "bytes a second and node"),
        ..Report::default()
    };
    let mut line = Vec::new();
    for &nodes in &plan.nodes {
        let before = resident_kib();
        let mut world = cluster(plan, plan.seeds.start, nodes);
        // Sealed, each pair that meets for the first time sends two datagrams more.
        world.run(Duration::from_secs(20) + Duration::from_millis(nodes as u64 * 1100));
        let (datagrams, bytes, streams) = (world.datagrams, world.bytes, world.stream_bytes);
        let began = Instant::now();
        world.run(Duration::from_secs(60));
        let took = began.elapsed().as_secs_f64() / 60.0;
        let per = |total: u64| total as f64 / 60.0 / nodes as f64;
        let sent = world.datagrams - datagrams;
        let bytes = per(world.bytes - bytes + sent * 28 + world.stream_bytes - streams);
        let pairs = (nodes * nodes) as f64;
        report.rows.push(vec![
            nodes.to_string(),
            two(per(sent)),
            format!("{bytes:.0}"),
            format!("{took:.4}"),
            two(resident_kib().saturating_sub(before) as f64 / pairs),
        ]);
        line.push((nodes as f64, bytes));
    }
    report.lines.push(("seafoam".into(), line));
    report
}

/// What this process holds in memory, swapped out or not; 0 where the machine does not say.
pub(super) fn resident_kib() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let figure = |line: &str| line.split_whitespace().nth(1)?.parse::<u64>().ok();
    let kept = |line: &&str| line.starts_with("VmRSS:") || line.starts_with("VmSwap:");
    text.lines().filter(kept).filter_map(figure).sum()
}
