//! Clusters of thousands: what they do once they know themselves.

use std::time::{Duration, Instant};

use super::scale::{report_death, sent};
use super::spread::{one_broadcast, resident_kib};
use super::{Plan, Report, Sample, config, two};
use crate::world::World;

/// Until the first heartbeats of all are over.
const SETTLING: Duration = Duration::from_secs(10);
/// How long a cluster at rest is watched.
const REST: Duration = Duration::from_secs(30);
/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(300);
/// How exactly it is told when newcomers are known: to look through all tables takes long.
const STEP: Duration = Duration::from_millis(10);
/// While changes are watched, a process is started again so often: ten thousand nodes, each once a day.
const CHANGE: Duration = Duration::from_millis(8640);
const CHANGES: usize = 14;
/// How long such a process is down.
const DOWN: Duration = Duration::from_secs(3);

/// What one node sent in a while, by the second.
struct Rate {
    datagrams: f64,
    bytes: f64,
    exchanges: f64,
    /// Processor's seconds of the simulator for one second of the cluster.
    cost: f64,
}

/// Clusters of each size, whose tables are filled before time begins: they rest, hear broadcasts, miss
/// killed processes and silent hosts, take newcomers, and go through restarts.
#[must_use]
pub fn large(plan: &Plan) -> Report {
    let columns = vec![
        "nodes",
        "KiB a node",
        "s for a second",
        "datagrams/s a node",
        "bytes/s a node",
        "broadcast ms p50",
        "max",
        "missed",
        "killed s p50",
        "killed max",
        "silent s p50",
        "silent max",
        "newcomers",
        "known to all, s",
        "with dead ones",
        "amid restarts",
        "tables exchanged/s a node",
        "told DEAD wrongly",
    ];
    let title = "Clusters that know themselves from the first moment".into();
    let mut report = Report { title, columns, ..Report::default() };
    for &nodes in &plan.nodes {
        let row = of_size(plan, nodes, &mut report);
        (plan.progress)(&format!("| {} |", row.join(" | ")));
        report.rows.push(row);
    }
    report
}

#[allow(clippy::cast_precision_loss)] // figures for people
fn of_size(plan: &Plan, nodes: usize, report: &mut Report) -> Vec<String> {
    let say = |what: &str| (plan.progress)(&format!("{nodes} nodes: {what}"));
    let before = resident_kib();
    let mut world = World::new(plan.seeds.start, config(plan.sealed));
    world.keep_statuses_only();
    world.start_filled(nodes);
    world.seen.clear();
    let kib = resident_kib().saturating_sub(before) as f64 / nodes as f64;
    say(&format!("tables filled, {kib:.0} KiB a node"));
    world.run(SETTLING);
    if !world.is_whole() {
        report.broken.push(format!("{nodes} nodes do not know each other after they were filled"));
    }
    let mut wrong = world.seen.len();
    world.seen.clear();
    let rest = watched(&mut world, |world| world.run(REST));
    say(&format!("at rest: {:.1} bytes/s, {:.2} s for a second", rest.bytes, rest.cost));
    wrong += world.seen.len();
    let broadcasts: Vec<_> =
        (0..plan.trials).map(|trial| one_broadcast(&mut world, trial)).collect();
    let missed: usize = broadcasts.iter().map(|(missed, _)| missed).sum();
    let millis = Sample::of(broadcasts.iter().map(|(_, took)| took.as_secs_f64() * 1e3).collect());
    say(&format!("broadcasts: {:.0} ms", millis.at(50)));
    let trials = plan.trials.min(nodes / 4);
    let killed = (1..=trials).map(|place| report_death(&mut world, nodes - place, World::crash));
    let killed = Sample::of(killed.collect());
    say(&format!("killed: {:.2} s", killed.at(50)));
    let silent =
        (1..=trials).map(|place| report_death(&mut world, nodes - trials - place, World::vanish));
    let silent = Sample::of(silent.collect());
    say(&format!("silent: {:.2} s", silent.at(50)));
    world.run(SETTLING);
    let newcomers = (nodes / 100).max(1);
    let known = newcomers_known(&mut world, newcomers);
    say(&format!("{newcomers} newcomers: {known:.2} s"));
    world.run(SETTLING);
    let after = watched(&mut world, |world| world.run(REST));
    say(&format!("at rest, with dead members: {:.1} bytes/s", after.bytes));
    let changes = watched(&mut world, restarts);
    if !world.run_until(PATIENCE, World::is_counted) {
        report.broken.push(format!("{nodes} nodes are not whole after restarts"));
    }
    let mut row = vec![nodes.to_string(), format!("{kib:.0}"), two(rest.cost)];
    row.extend([two(rest.datagrams), format!("{:.1}", rest.bytes)]);
    row.extend([50, 100].map(|share| format!("{:.0}", millis.at(share))));
    row.push(missed.to_string());
    row.extend([killed.at(50), killed.at(100), silent.at(50), silent.at(100)].map(two));
    row.extend([newcomers.to_string(), two(known)]);
    row.extend([format!("{:.1}", after.bytes), format!("{:.1}", changes.bytes)]);
    row.push(format!("{:.3}", changes.exchanges));
    row.push(wrong.to_string());
    row
}

/// What a node sends while something is done.
#[allow(clippy::cast_precision_loss)] // figures for people
fn watched(world: &mut World, what: impl FnOnce(&mut World)) -> Rate {
    let nodes = world.running().count() as f64;
    let (now, clock) = (world.now, Instant::now());
    let (datagrams, bytes, streams) = (world.datagrams, sent(world), world.streams);
    what(world);
    let seconds = world.now.since(now).as_secs_f64();
    let per = |total: u64| total as f64 / seconds / nodes;
    Rate {
        datagrams: per(world.datagrams - datagrams),
        bytes: per(sent(world) - bytes),
        exchanges: per(world.streams - streams),
        cost: clock.elapsed().as_secs_f64() / seconds,
    }
}

/// Nodes that start at one moment and know the first: the seconds until all know all.
fn newcomers_known(world: &mut World, count: usize) -> f64 {
    let began = world.now;
    for _ in 0..count {
        world.start(&[0]);
    }
    while world.now.since(began) < PATIENCE && !world.is_whole() {
        world.run(STEP);
        world.seen.clear();
    }
    world.now.since(began).as_secs_f64()
}

/// Processes that end and start again, one after the other.
fn restarts(world: &mut World) {
    for change in 0..CHANGES {
        let node = 1 + change * 7919 % (world.nodes() / 2);
        world.crash(node);
        world.run(DOWN);
        world.restart(node, &[0]);
        world.run(CHANGE - DOWN);
        world.seen.clear();
    }
}
