//! Living nodes that are called dead under loss.

use std::time::Duration;

use seafoam::{Event, NodeStatus};

use super::{Plan, Report, cluster};
use crate::parallel::each_seed;
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
                let mut world = cluster(plan, seed, nodes);
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
            (plan.progress)(&format!("{nodes} nodes, {permille} permille lost"));
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
pub(super) fn told(world: &World, wanted: NodeStatus) -> impl Iterator<Item = (usize, &str)> {
    world.seen.iter().filter_map(move |seen| {
        if let Event::Status { node, status, .. } = &seen.event
            && *status == wanted
        {
            return Some((seen.by, &*node.name));
        }
        None
    })
}
