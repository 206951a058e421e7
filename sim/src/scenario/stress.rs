//! Living nodes that are called dead: under loss, and among nodes that stall (the experiment of
//! Lifeguard, section V).

use std::time::Duration;

use seafoam::{Event, NodeStatus};

use super::{Plan, Report, Sample, cluster, two};
use crate::parallel::each_seed;
use crate::random::Random;
use crate::world::World;

/// A cluster on a lossy network for 60 s: how many living nodes are called DEAD.
#[must_use]
pub fn loss(plan: &Plan) -> Report {
    let mut report = Report {
        title: "Living nodes called DEAD in 60 s on a lossy network, TCP lossy as well".into(),
        columns: vec!["nodes", "lost", "runs", "DEAD events", "suspicions", "bytes/s a node"],
        axes: ("percent of datagrams lost", "bytes a second and node"),
        ..Report::default()
    };
    for &nodes in &plan.nodes {
        let mut line = Vec::new();
        for permille in [0, 50, 200, 300] {
            let (mut dead, mut suspected, mut runs, mut sent) = (0, 0, 0, 0);
            let work = |seed| {
                let mut world = cluster(seed, nodes);
                world.network.loss_permille = permille;
                world.network.stream_loss_permille = permille;
                let before = world.bytes + world.datagrams * 28 + world.stream_bytes;
                world.run(Duration::from_secs(60));
                let after = world.bytes + world.datagrams * 28 + world.stream_bytes;
                let told = |status| told(&world, status).count();
                (told(NodeStatus::Dead), told(NodeStatus::Suspected), after - before)
            };
            each_seed(plan.seeds.clone(), plan.jobs, work, |_, (died, doubted, bytes)| {
                dead += died;
                suspected += doubted;
                sent += bytes;
                runs += 1;
                true
            });
            #[allow(clippy::cast_precision_loss)] // figures for people
            let bytes = sent as f64 / 60.0 / nodes as f64 / f64::from(runs.max(1));
            report.rows.push(vec![
                nodes.to_string(),
                format!("{} %", permille / 10),
                runs.to_string(),
                dead.to_string(),
                suspected.to_string(),
                format!("{bytes:.0}"),
            ]);
            #[allow(clippy::cast_precision_loss)] // 300 at most
            line.push((permille as f64 / 10.0, bytes));
        }
        report.lines.push((format!("{nodes} nodes"), line));
    }
    report
}

/// Who said what of whom: all events of one status.
fn told(world: &World, wanted: NodeStatus) -> impl Iterator<Item = (usize, &str)> {
    world.seen.iter().filter_map(move |seen| {
        if let Event::Status { node, status, .. } = &seen.event
            && *status == wanted
        {
            return Some((seen.by, &*node.name));
        }
        None
    })
}

/// Nodes of the experiment, and how many of them stall at once.
const STALLING: [usize; 5] = [1, 4, 8, 16, 32];
/// How long they do, and how long they run in between: 128 ms to 32.8 s, 1 ms to 16.4 s.
const SPANS: [u64; 5] = [128, 512, 2048, 8192, 32_768];
/// How long each run takes.
const RUN: Duration = Duration::from_secs(120);

/// Some nodes stall again and again: their sockets are blocked while their timers run, or the whole
/// process is stopped. Counted: DEAD said of healthy nodes by healthy ones, and by stalling ones.
#[must_use]
pub fn lifeguard(plan: &Plan) -> Report {
    let mut report = Report {
        title: "Lifeguard's experiment, 120 s: DEAD said of healthy nodes, mean of a run".into(),
        columns: vec![
            "nodes",
            "stalling",
            "how",
            "runs",
            "by healthy",
            "95 %",
            "by stalling",
            "of stalling",
        ],
        axes: ("nodes that stall", "DEAD events of healthy nodes a run"),
        ..Report::default()
    };
    for &nodes in &plan.nodes {
        for (how, blocked) in [("sockets blocked", true), ("process stopped", false)] {
            let mut line = Vec::new();
            for stalling in STALLING.into_iter().filter(|count| *count < nodes) {
                let mut found: Vec<[usize; 3]> = Vec::new();
                let work = |seed| stalls(seed, nodes, stalling, blocked);
                each_seed(plan.seeds.clone(), plan.jobs, work, |_, counts| {
                    found.push(counts);
                    true
                });
                #[allow(clippy::cast_precision_loss)] // figures for people
                let mean = |which: usize| {
                    Sample::of(
                        found.iter().map(|c| c.get(which).map_or(0.0, |n| *n as f64)).collect(),
                    )
                    .mean()
                };
                let ((healthy, half), (by_stalling, _), (of_stalling, _)) =
                    (mean(0), mean(1), mean(2));
                report.rows.push(vec![
                    nodes.to_string(),
                    stalling.to_string(),
                    how.into(),
                    found.len().to_string(),
                    two(healthy),
                    format!("±{half:.2}"),
                    two(by_stalling),
                    two(of_stalling),
                ]);
                #[allow(clippy::cast_precision_loss)] // 32 at most
                line.push((stalling as f64, healthy + by_stalling));
            }
            report.lines.push((how.into(), line));
        }
    }
    report
}

/// DEAD events: of healthy nodes by healthy ones, of healthy ones by stalling ones, of stalling ones
/// by healthy ones.
fn stalls(seed: u64, nodes: usize, stalling: usize, blocked: bool) -> [usize; 3] {
    let mut world = cluster(seed, nodes);
    let mut random = Random::new(seed ^ 0x11fe);
    let mut next = vec![world.now; stalling];
    let end = world.now + RUN;
    // The last ones stall: the first is the seed of all.
    while let Some((place, at)) =
        next.iter().copied().enumerate().min_by_key(|(_, at)| *at).filter(|(_, at)| *at < end)
    {
        world.run(at.since(world.now));
        let millis = |random: &mut Random| {
            Duration::from_millis(random.pick(&SPANS).copied().unwrap_or(128))
        };
        let (span, rest) = (millis(&mut random), millis(&mut random) / 2);
        let node = nodes - 1 - place;
        if blocked {
            world.block(node, span);
        } else {
            world.pause(node, span);
        }
        if let Some(next) = next.get_mut(place) {
            *next = at + span + rest;
        }
    }
    world.run(end.since(world.now));
    let first = nodes - stalling;
    let names: std::collections::BTreeSet<_> =
        (first..nodes).map(|node| World::address(node).to_string()).collect();
    let mut counts = [0; 3];
    for (by, name) in told(&world, NodeStatus::Dead) {
        match (names.contains(name), by >= first) {
            (false, false) => counts[0] += 1,
            (false, true) => counts[1] += 1,
            (true, false) => counts[2] += 1,
            (true, true) => {}
        }
    }
    counts
}
