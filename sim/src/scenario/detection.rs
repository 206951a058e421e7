//! How long a death takes to be known, and whether a pause is taken for one.

use std::time::Duration;

use super::{Plan, Report, Sample, cluster, deaths, interval, two};
use crate::parallel::each_seed;
use crate::random::Random;
use crate::world::World;

/// A death is waited for no longer than this.
const PATIENCE: Duration = Duration::from_secs(120);

/// A process is killed; its host answers.
#[must_use]
pub fn crash(plan: &Plan) -> Report {
    detection(plan, false, "process killed, its host answers")
}

/// A host goes silent.
#[must_use]
pub fn silent(plan: &Plan) -> Report {
    detection(plan, true, "host silent")
}

/// Of one death: seconds until the first and until all others say so; bytes that each node sent.
struct Death {
    first: f64,
    all: f64,
    bytes: f64,
}

fn detection(plan: &Plan, silent: bool, title: &str) -> Report {
    let mut report = Report {
        title: format!("Seconds from a death until the others report DEAD: {title}"),
        columns: vec!["nodes", "deaths", "first p50", "all p50", "all p99", "all max", "bytes p50"],
        axes: ("seconds until all report DEAD", "percent of deaths"),
        ..Report::default()
    };
    for &nodes in &plan.nodes {
        let mut found: Vec<Death> = Vec::new();
        let work = |seed| trials(plan, seed, nodes, silent);
        each_seed(plan.seeds.clone(), plan.jobs, work, |_, deaths| {
            found.extend(deaths);
            true
        });
        let all = Sample::of(found.iter().map(|death| death.all).collect());
        let first = Sample::of(found.iter().map(|death| death.first).collect());
        let bytes = Sample::of(found.iter().map(|death| death.bytes).collect());
        report.rows.push(vec![
            nodes.to_string(),
            all.len().to_string(),
            two(first.at(50)),
            two(all.at(50)),
            two(all.at(99)),
            two(all.at(100)),
            format!("{:.0}", bytes.at(50)),
        ]);
        report.lines.push((format!("{nodes} nodes"), all.shares()));
    }
    report
}

#[allow(clippy::cast_precision_loss)] // figures for people
fn trials(plan: &Plan, seed: u64, nodes: usize, silent: bool) -> Vec<Death> {
    let mut world = cluster(plan, seed, nodes);
    let mut random = Random::new(seed ^ 0xdead);
    let mut found = Vec::new();
    for _ in 0..plan.trials {
        // Not the seed of the others: whoever returns needs it. Another phase of the beats each time.
        let victim = 1 + random.place(nodes - 1);
        world.run(random.span(Duration::ZERO, Duration::from_secs(2)));
        world.seen.clear();
        let (began, name) = (world.now, World::address(victim).to_string());
        let sent = world.bytes + world.datagrams * 28 + world.stream_bytes;
        if silent {
            world.vanish(victim);
        } else {
            world.crash(victim);
        }
        let (mut first, mut read, mut know) = (None, 0, 0);
        world.run_until(PATIENCE, |world| {
            if read < world.seen.len() {
                read = world.seen.len();
                know = deaths(world, &name).count();
            }
            if know > 0 && first.is_none() {
                first = Some(world.now);
            }
            know >= nodes - 1
        });
        let sent = world.bytes + world.datagrams * 28 + world.stream_bytes - sent;
        found.push(Death {
            first: first.unwrap_or(world.now).since(began).as_secs_f64(),
            all: world.now.since(began).as_secs_f64(),
            bytes: sent as f64 / nodes as f64,
        });
        world.restart(victim, &[0]);
        world.run_until(PATIENCE, World::is_whole);
        world.run(Duration::from_secs(8));
    }
    found
}

/// How a node is held.
#[derive(Clone, Copy)]
enum Held {
    /// The whole host: nothing of it answers.
    Host,
    /// The process: its kernel takes connections.
    Process,
}

/// Hosts silent for 1.4 s, and processes stopped for up to 8 s: how many are called DEAD.
#[must_use]
pub fn pause(plan: &Plan) -> Report {
    let seconds = Duration::from_secs_f64;
    let kinds = [
        ("host silent 1.0 s", Held::Host, seconds(1.0), seconds(1.0)),
        ("host silent 1.4 s", Held::Host, seconds(1.4), seconds(1.4)),
        ("host silent 2.0 s", Held::Host, seconds(2.0), seconds(2.0)),
        ("process stopped 1.4 s", Held::Process, seconds(1.4), seconds(1.4)),
        ("process stopped up to 8 s", Held::Process, seconds(0.0), seconds(8.0)),
        ("process stopped 9 to 12 s", Held::Process, seconds(9.0), seconds(12.0)),
    ];
    let mut report = Report {
        title: "Living nodes that are held for a while and called DEAD by anybody".into(),
        columns: vec!["held", "nodes", "trials", "called DEAD", "percent", "95 % interval"],
        axes: ("seconds held", "percent called DEAD"),
        ..Report::default()
    };
    for (name, held, least, most) in kinds.into_iter().filter(|kind| kind.0.contains(&plan.only)) {
        for &nodes in &plan.nodes {
            let mut found: Vec<(f64, bool)> = Vec::new();
            let work = |seed| holds(plan, seed, nodes, held, (least, most));
            each_seed(plan.seeds.clone(), plan.jobs, work, |_, some| {
                found.extend(some);
                true
            });
            let (hits, count) = (found.iter().filter(|(_, dead)| *dead).count(), found.len());
            let (low, high) = interval(hits, count);
            #[allow(clippy::cast_precision_loss)] // thousands
            let percent = hits as f64 * 100.0 / count.max(1) as f64;
            report.rows.push(vec![
                name.into(),
                nodes.to_string(),
                count.to_string(),
                hits.to_string(),
                two(percent),
                format!("{low:.2} to {high:.2}"),
            ]);
            let middle = (least + most).as_secs_f64() / 2.0;
            report.lines.push((name.into(), vec![(middle, percent)]));
        }
    }
    report
}

/// Holds a node so often, one at a time: for how long, and whether anybody called it DEAD.
fn holds(
    plan: &Plan,
    seed: u64,
    nodes: usize,
    held: Held,
    (least, most): (Duration, Duration),
) -> Vec<(f64, bool)> {
    let mut world = cluster(plan, seed, nodes);
    let mut random = Random::new(seed ^ 0xcafe);
    let mut found = Vec::new();
    for _ in 0..plan.trials {
        let (one, span) = (random.place(nodes), random.span(least, most));
        world.run(random.span(Duration::ZERO, Duration::from_secs(1)));
        world.seen.clear();
        world.pause(one, span);
        world.network.silence(one, matches!(held, Held::Host));
        world.run(span);
        world.network.silence(one, false);
        world.run(Duration::from_secs(4));
        let dead = deaths(&world, &World::address(one).to_string()).any(|by| by != one);
        found.push((span.as_secs_f64(), dead));
        world.run_until(Duration::from_secs(60), World::is_whole);
    }
    found
}
