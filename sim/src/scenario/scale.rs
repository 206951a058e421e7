//! What more nodes cost each of them, and how much longer anything takes.

use std::time::Duration;

use seafoam::proto::Time;

use super::spread::{one_broadcast, resident_kib};
use super::{Plan, Report, Sample, config, deaths, two};
use crate::world::World;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(300);
/// What happened is forgotten so often while a cluster starts: n nodes tell of n each.
const FORGET: Duration = Duration::from_millis(5);
/// How long a cluster at rest is watched.
const REST: Duration = Duration::from_secs(60);
/// Of what the smallest cluster sends at rest, others may send so many percent more or less.
const FLAT_PERCENT: f64 = 10.0;

/// What one cluster cost.
struct Cost {
    join: f64,
    join_bytes: f64,
    datagrams: f64,
    bytes: f64,
    micros: f64,
    kib: f64,
    broadcasts: Sample,
    missed: usize,
    deaths: Sample,
}

/// Clusters of each size: they start, rest, hear broadcasts and miss killed processes. It does not hold
/// where a node of a larger cluster sends over a tenth more or less at rest than one of the first.
#[must_use]
#[allow(clippy::cast_precision_loss)] // figures for people
pub fn scale(plan: &Plan) -> Report {
    let mut report = Report {
        title: "What one node costs a second at rest, against the number of nodes; the first size is 100".into(),
        columns: vec![
            "nodes",
            "join s",
            "bytes a node to join",
            "datagrams/s a node",
            "bytes/s a node",
            "processor us/s a node",
            "KiB a node",
            "broadcast ms p50",
            "max",
            "missed",
            "killed to DEAD by all s p50",
            "max",
        ],
        axes: ("nodes, as powers of ten", "percent of the cost at the first size"),
        ..Report::default()
    };
    let mut first: Option<Cost> = None;
    let mut lines = [Vec::new(), Vec::new(), Vec::new()];
    for &nodes in &plan.nodes {
        let cost = of_size(plan, nodes);
        report.rows.push(row(nodes, &cost));
        (plan.progress)(&format!("| {} |", row(nodes, &cost).join(" | ")));
        let base = first.as_ref().unwrap_or(&cost);
        let shares = [
            percent(cost.datagrams, base.datagrams),
            percent(cost.bytes, base.bytes),
            percent(cost.micros, base.micros),
        ];
        for (line, share) in lines.iter_mut().zip(shares) {
            line.push(((nodes as f64).log10(), share));
        }
        report.broken.extend(not_flat(nodes, [shares[0], shares[1]]));
        first.get_or_insert(cost);
    }
    let names = ["datagrams", "bytes", "processor time, the simulator's included"];
    report.lines = names.into_iter().map(str::to_owned).zip(lines).collect();
    report
}

/// What a node of so many sends beyond its share of what one of the first size does, in percent:
/// datagrams and bytes.
fn not_flat(nodes: usize, shares: [f64; 2]) -> Vec<String> {
    let named = shares.into_iter().zip(["datagrams", "bytes"]);
    let off = named.filter(|(share, _)| (share - 100.0).abs() > FLAT_PERCENT);
    let told = |(share, what)| {
        format!(
            "at {nodes} nodes each sends {share:.1} % of the {what} that one sent at the first size"
        )
    };
    off.map(told).collect()
}

/// Bytes so far, with 28 of IP and UDP a datagram.
pub(super) fn sent(world: &World) -> u64 {
    world.bytes + world.datagrams * 28 + world.stream_bytes
}

pub(super) fn percent(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part * 100.0 / whole } else { 0.0 }
}

fn row(nodes: usize, cost: &Cost) -> Vec<String> {
    vec![
        nodes.to_string(),
        two(cost.join),
        format!("{:.0}", cost.join_bytes),
        two(cost.datagrams),
        format!("{:.1}", cost.bytes),
        format!("{:.0}", cost.micros),
        format!("{:.0}", cost.kib),
        format!("{:.0}", cost.broadcasts.at(50)),
        format!("{:.0}", cost.broadcasts.at(100)),
        cost.missed.to_string(),
        two(cost.deaths.at(50)),
        two(cost.deaths.at(100)),
    ]
}

#[allow(clippy::cast_precision_loss)] // figures for people
fn of_size(plan: &Plan, nodes: usize) -> Cost {
    let before = resident_kib();
    let mut world = World::new(plan.seeds.start, config(plan.sealed));
    // What hosts keep of each other beside their engines would be the most of it.
    world.keep_statuses_only();
    world.start_many(nodes);
    join(plan, &mut world, nodes);
    let each = nodes as f64;
    let (join, join_bytes) = (world.now.0 as f64 / 1e6, sent(&world) as f64 / each);
    (plan.progress)(&format!("{nodes} nodes know each other after {join:.2} s"));
    // Sealed, each pair that meets for the first time sends two datagrams more.
    let meet = if plan.sealed { nodes as u64 * 1100 } else { 0 };
    for _ in 0..20 + meet / 1000 {
        world.run(Duration::from_secs(1));
        world.seen.clear();
    }
    let (datagrams, bytes, cpu) = (world.datagrams, sent(&world), processor_nanos());
    world.run(REST);
    let per = |total: u64| total as f64 / REST.as_secs_f64() / each;
    let (datagrams, bytes) = (per(world.datagrams - datagrams), per(sent(&world) - bytes));
    let micros = per(processor_nanos().saturating_sub(cpu)) / 1000.0;
    let kib = resident_kib().saturating_sub(before) as f64 / each;
    (plan.progress)(&format!("{nodes} nodes at rest: {bytes:.1} bytes/s, {kib:.0} KiB a node"));
    let (mut missed, mut millis) = (0, Vec::new());
    for trial in 0..plan.trials {
        let (left, took) = one_broadcast(&mut world, trial);
        missed += left;
        millis.push(took.as_secs_f64() * 1000.0);
    }
    let killed = (1..=plan.trials.min(nodes / 2))
        .map(|place| report_death(&mut world, nodes - place, World::crash));
    let deaths = Sample::of(killed.collect());
    let broadcasts = Sample::of(millis);
    Cost { join, join_bytes, datagrams, bytes, micros, kib, broadcasts, missed, deaths }
}

/// Lets a cluster come together, and tells once a second how far it is.
#[allow(clippy::cast_precision_loss)] // figures for people
fn join(plan: &Plan, world: &mut World, nodes: usize) {
    let mut told = 0;
    while !world.run_until(FORGET, World::is_whole) && world.now.since(Time::ZERO) < PATIENCE {
        world.seen.clear();
        let second = world.now.0 / 1_000_000;
        if second > told {
            told = second;
            let known: usize = (0..nodes).map(|node| world.healthy(node)).sum();
            let share = percent(known as f64, (nodes * nodes) as f64);
            (plan.progress)(&format!("{nodes} nodes, {second} s: {share:.1} % of pairs"));
        }
    }
}

/// Ends a process in one way; the seconds until all that still run report it DEAD.
pub(super) fn report_death(
    world: &mut World,
    victim: usize,
    end: impl FnOnce(&mut World, usize),
) -> f64 {
    // Another phase of the beats each time.
    world.run(Duration::from_millis(5000 + victim as u64 * 373 % 1000));
    world.seen.clear();
    let (began, name) = (world.now, World::address(victim).to_string());
    end(world, victim);
    let others = world.running().count();
    let (mut read, mut know) = (0, 0);
    world.run_until(PATIENCE, |world| {
        if read < world.seen.len() {
            read = world.seen.len();
            know = deaths(world, &name).count();
        }
        know >= others
    });
    world.now.since(began).as_secs_f64()
}

/// The processor's time of this thread so far; 0 where the machine does not say.
fn processor_nanos() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::not_flat;

    #[test]
    fn a_tenth_more_or_less_is_flat_and_no_more_than_that() {
        assert_eq!(not_flat(100, [109.9, 90.1]).len(), 0);
        assert_eq!(not_flat(100, [110.1, 100.0]).len(), 1);
        assert_eq!(not_flat(100, [89.9, 111.0]).len(), 2);
        assert!(not_flat(300, [100.0, 125.0])[0].contains("125.0 % of the bytes"));
    }
}
