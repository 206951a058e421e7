//! One host's network is gone for a while: what it says of the others, with both rule sets. Who cannot
//! be heard by anybody cannot tell its own cut from the others' end.

use std::time::Duration;

use seafoam::NodeStatus;

use super::stress::told;
use super::{Plan, Report, cluster, two};
use crate::memberlist::Peers;
use crate::parallel::each_seed;
use crate::random::Random;

/// How long it is cut off, seconds.
const CUTS: [u64; 4] = [10, 20, 33, 60];
/// How long it is watched afterwards.
const AFTER: Duration = Duration::from_secs(30);

/// Of the others, how many the cut-off node calls DEAD: seafoam's rules, memberlist's.
fn run(plan: &Plan, nodes: usize, cut: Duration, seed: u64) -> [usize; 2] {
    let phase = Random::new(seed ^ 0xa1).span(Duration::ZERO, Duration::from_secs(1));
    let mut world = cluster(plan, seed, nodes);
    world.run(phase);
    world.network.silence(0, true);
    world.run(cut);
    world.network.silence(0, false);
    world.run(AFTER);
    let ours = told(&world, NodeStatus::Dead).filter(|(by, _)| *by == 0).count();
    let mut peers = Peers::new(seed, nodes);
    peers.run(Duration::from_secs(10) + phase);
    peers.network.silence(0, true);
    peers.run(cut);
    peers.network.silence(0, false);
    peers.run(AFTER);
    [ours, peers.deaths.iter().filter(|death| death.by == 0).count()]
}

/// The first node of each size is cut off for each of the spans, so many times as there are seeds.
#[must_use]
pub fn alone(plan: &Plan) -> Report {
    let mut rows = Vec::new();
    for nodes in plan.nodes.iter().copied() {
        for cut in CUTS {
            let (mut sums, mut runs) = ([0; 2], 0);
            let work = |seed| run(plan, nodes, Duration::from_secs(cut), seed);
            each_seed(plan.seeds.clone(), plan.jobs, work, |_, deaths| {
                sums.iter_mut().zip(deaths).for_each(|(sum, deaths)| *sum += deaths);
                runs += 1;
                true
            });
            (plan.progress)(&format!("{nodes} nodes, {cut} s"));
            let mut row = vec![nodes.to_string(), cut.to_string(), runs.to_string()];
            row.extend(sums.map(|sum| share(sum, runs * nodes.saturating_sub(1))));
            rows.push(row);
        }
    }
    Report {
        title: "Of the others, whom a node that is cut off calls DEAD".into(),
        columns: vec!["nodes", "cut off for s", "runs", "seafoam %", "memberlist %"],
        rows,
        ..Report::default()
    }
}

#[allow(clippy::cast_precision_loss)] // figures for people
fn share(part: usize, whole: usize) -> String {
    two(part as f64 * 100.0 / whole.max(1) as f64)
}
