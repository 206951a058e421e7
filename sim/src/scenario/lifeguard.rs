//! The experiment of Lifeguard (arXiv 1707.00788, section V), with both rule sets in the same network:
//! some nodes are held up again and again, and nodes that are not are called dead.

use std::time::{Duration, Instant};

use seafoam::NodeStatus;
use seafoam::proto::Time;

use super::stress::told;
use super::{Plan, Report, Sample, cluster, two};
use crate::memberlist::{Peers, rules::Parts};
use crate::parallel::each_seed;
use crate::random::Random;
use crate::world::World;

/// How many nodes are held up at once.
const HELD: [usize; 6] = [1, 4, 8, 16, 24, 32];
/// How long, milliseconds.
const SPANS: [u64; 5] = [128, 512, 2048, 8192, 32_768];
/// How long they run in between, milliseconds.
const RESTS: [u64; 8] = [1, 4, 16, 64, 256, 1024, 4096, 16_384];
/// How long each run takes.
const RUN: Duration = Duration::from_secs(120);

/// What holds a node up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum How {
    /// What it sends and reads hangs while its timers run, as in the paper.
    Blocked,
    /// The process is stopped.
    Stopped,
}

/// One case of the experiment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) nodes: usize,
    pub(super) how: How,
    held: usize,
    /// For so many milliseconds, all in step; none where each is held up for itself, for any of the
    /// times.
    millis: Option<u64>,
}

impl Case {
    pub(super) fn all(nodes: usize) -> impl Iterator<Item = Self> {
        let spans = || SPANS.into_iter().map(Some).chain([None]);
        let some = HELD.into_iter().filter(move |held| *held < nodes);
        let both = [How::Blocked, How::Stopped].into_iter();
        both.flat_map(move |how| {
            let some = some.clone();
            spans().flat_map(move |millis| {
                some.clone().map(move |held| Self { nodes, how, held, millis })
            })
        })
    }

    /// When which node is held up, and for how long: the same for both rule sets. The last ones are.
    fn plan(&self, seed: u64) -> Vec<(Duration, usize, Duration)> {
        let mut random = Random::new(seed ^ 0x11fe);
        let millis = Duration::from_millis;
        let rest = |random: &mut Random| millis(random.pick(&RESTS).copied().unwrap_or(1));
        let mut plan = Vec::new();
        if let Some(span) = self.millis.map(millis) {
            let mut at = Duration::ZERO;
            while at < RUN {
                plan.extend((0..self.held).map(|place| (at, self.nodes - 1 - place, span)));
                at += span + rest(&mut random);
            }
            return plan;
        }
        for place in 0..self.held {
            let mut at = rest(&mut random);
            while at < RUN {
                let span = millis(random.pick(&SPANS).copied().unwrap_or(128));
                plan.push((at, self.nodes - 1 - place, span));
                at += span + rest(&mut random);
            }
        }
        plan.sort_by_key(|(at, ..)| *at);
        plan
    }

    /// Sorts deaths by who says them of whom.
    fn count(&self, deaths: impl Iterator<Item = (usize, usize)>, datagrams: u64) -> Count {
        let first = self.nodes - self.held;
        let mut count = Count { datagrams, ..Count::default() };
        for (by, of) in deaths.filter(|(_, of)| *of < self.nodes) {
            match (of < first, by < first) {
                (true, true) => count.by_healthy += 1,
                (true, false) => count.by_held += 1,
                (false, true) => count.of_held += 1,
                (false, false) => {}
            }
        }
        count
    }
}

/// What came of one run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Count {
    /// Deaths of healthy nodes that healthy ones spoke of,
    pub(super) by_healthy: u32,
    /// and those that held ones did.
    pub(super) by_held: u32,
    /// Deaths of held nodes that healthy ones spoke of.
    of_held: u32,
    pub(super) datagrams: u64,
}

pub(super) fn engines(plan: &Plan, case: Case, seed: u64) -> Count {
    let mut world = cluster(plan, seed, case.nodes);
    let (began, datagrams) = (world.now, world.datagrams);
    for (at, node, span) in case.plan(seed) {
        world.run((began + at).since(world.now));
        match case.how {
            How::Blocked => world.block(node, span),
            How::Stopped => world.pause(node, span),
        }
    }
    world.run((began + RUN).since(world.now));
    let datagrams = world.datagrams - datagrams;
    let deaths = told(&world, NodeStatus::Dead)
        .filter_map(|(by, name)| Some((by, World::node_at(name.parse().ok()?)?)));
    case.count(deaths, datagrams)
}

pub(super) fn peers(case: Case, seed: u64, parts: Parts) -> Count {
    let mut peers = Peers::with(seed, case.nodes, parts);
    let began = Time::ZERO + Duration::from_secs(10);
    peers.run_to(began);
    let datagrams = peers.datagrams;
    for (at, node, span) in case.plan(seed) {
        peers.run_to(began + at);
        match case.how {
            How::Blocked => peers.block(node, span),
            How::Stopped => peers.pause(node, span),
        }
    }
    peers.run_to(began + RUN);
    let deaths = peers.deaths.iter().map(|death| (death.by, death.of));
    case.count(deaths, peers.datagrams - datagrams)
}

/// The counts of all runs of a case with one rule set.
#[derive(Default)]
struct Found(Vec<Count>);

impl Found {
    fn sum(&self, of: impl Fn(&Count) -> u32) -> u32 {
        self.0.iter().map(of).sum()
    }

    /// Mean of a run with its 95 % interval.
    fn mean(&self, of: impl Fn(&Count) -> u32) -> String {
        let (mean, half) = Sample::of(self.0.iter().map(|c| f64::from(of(c))).collect()).mean();
        format!("{} ±{}", two(mean), two(half))
    }

    #[allow(clippy::cast_precision_loss)] // figures for people
    fn rate(&self, nodes: usize) -> f64 {
        let sent: u64 = self.0.iter().map(|count| count.datagrams).sum();
        sent as f64 / RUN.as_secs_f64() / nodes as f64 / self.0.len().max(1) as f64
    }
}

const BY_HEALTHY: fn(&Count) -> u32 = |count| count.by_healthy;
const BY_ANY: fn(&Count) -> u32 = |count| count.by_healthy + count.by_held;

/// Both rule sets in all cases: DEAD said of nodes that nothing held up.
#[must_use]
pub fn lifeguard(plan: &Plan) -> Report {
    let mut report = Report {
        title: "Lifeguard's experiment: DEAD said of nodes that nothing held up, mean of 120 s"
            .into(),
        columns: vec![
            "nodes",
            "how",
            "held for ms",
            "held",
            "runs",
            "seafoam FP-",
            "seafoam FP",
            "seafoam of held",
            "seafoam datagrams/s",
            "memberlist FP-",
            "memberlist FP",
            "memberlist of held",
            "memberlist datagrams/s",
            "worse",
        ],
        axes: ("nodes that are held up", "false deaths a run, all lengths together"),
        ..Report::default()
    };
    let mut sums = [[0_u32; 3]; 2];
    let mut lines: Vec<(String, Vec<(f64, f64)>)> = Vec::new();
    for (case, found) in runs(plan) {
        for (sums, found) in sums.iter_mut().zip(&found) {
            sums[0] += found.sum(BY_HEALTHY);
            sums[1] += found.sum(BY_ANY);
            sums[2] += found.sum(|count| count.of_held);
        }
        draw(&mut lines, case, &found);
        report.rows.push(row(case, &found));
    }
    report.rows.push(last_row(sums));
    report.lines = lines;
    report
}

/// All cases with what came of them. All are run with the first seed, then with the next one, so that
/// a run that ends for want of time has something of each.
fn runs(plan: &Plan) -> Vec<(Case, [Found; 2])> {
    let all = plan.nodes.iter().flat_map(|nodes| Case::all(*nodes));
    let cases: Vec<_> = all.filter(|case| name(case.how).contains(&plan.only)).collect();
    let mut found: Vec<_> = cases.iter().map(|case| (*case, <[Found; 2]>::default())).collect();
    let count = cases.len() as u64;
    let place = |item: u64| usize::try_from(item % count).unwrap_or(0);
    let items = plan.seeds.start * count..plan.seeds.end * count;
    let began = Instant::now();
    let work = |item: u64| {
        let case = *cases.get(place(item))?;
        Some([engines(plan, case, item / count), peers(case, item / count, Parts::ALL)])
    };
    each_seed(items, plan.jobs, work, |item, counts| {
        if let (Some((case, found)), Some(counts)) = (found.get_mut(place(item)), counts) {
            found.iter_mut().zip(counts).for_each(|(found, count)| found.0.push(count));
            (plan.progress)(&format!("seed {}: {}", item / count, row(*case, found).join(" | ")));
        }
        plan.patience.is_none_or(|patience| began.elapsed() < patience)
    });
    found.retain(|(_, found)| !found[0].0.is_empty());
    found
}

fn name(how: How) -> &'static str {
    match how {
        How::Blocked => "sends and reads hang",
        How::Stopped => "process stopped",
    }
}

fn row(case: Case, found: &[Found; 2]) -> Vec<String> {
    let [ours, theirs] = found;
    let worse =
        ours.sum(BY_HEALTHY) > theirs.sum(BY_HEALTHY) || ours.sum(BY_ANY) > theirs.sum(BY_ANY);
    let mut row = vec![
        case.nodes.to_string(),
        name(case.how).into(),
        case.millis.map_or_else(|| "any".into(), |millis| millis.to_string()),
        case.held.to_string(),
        ours.0.len().to_string(),
    ];
    for found in found {
        row.push(found.mean(BY_HEALTHY));
        row.push(found.mean(BY_ANY));
        row.push(found.mean(|count| count.of_held));
        row.push(two(found.rate(case.nodes)));
    }
    row.push(if worse { "yes" } else { "" }.into());
    row
}

fn last_row(sums: [[u32; 3]; 2]) -> Vec<String> {
    let mut row =
        vec!["all".to_string(), "sums".into(), String::new(), String::new(), String::new()];
    for sums in sums {
        row.extend(sums.iter().map(ToString::to_string));
        row.push(String::new());
    }
    row.push(String::new());
    row
}

/// Adds a case to the lines of the chart: one for each rule set and way, all lengths together.
fn draw(lines: &mut Vec<(String, Vec<(f64, f64)>)>, case: Case, found: &[Found; 2]) {
    for (found, who) in found.iter().zip(["seafoam", "memberlist"]) {
        let name = format!("{who}, {}", name(case.how));
        let place = lines.iter().position(|(line, _)| *line == name).unwrap_or_else(|| {
            lines.push((name, Vec::new()));
            lines.len() - 1
        });
        let runs = f64::from(u32::try_from(found.0.len()).unwrap_or(1).max(1));
        let (x, y) = (u32::try_from(case.held).unwrap_or(0), f64::from(found.sum(BY_ANY)) / runs);
        let Some((_, line)) = lines.get_mut(place) else { continue };
        match line.iter_mut().find(|(held, _)| *held == f64::from(x)) {
            Some((_, sum)) => *sum += y,
            None => line.push((f64::from(x), y)),
        }
    }
}
