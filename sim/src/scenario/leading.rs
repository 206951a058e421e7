//! How soon a leader is followed, how long one stays, and what it sends.

use std::time::Duration;

use seafoam::proto::Engine;

use super::{Plan, Report, Sample, config, two};
use crate::happening::Happening;
use crate::parallel::each_seed;
use crate::random::Random;
use crate::world::World;

/// Anything is waited for no longer than this.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a leader is watched where it should stay.
const WATCHED: Duration = Duration::from_secs(600);
/// After a cut it may move once, for so long.
const MOVES: Duration = Duration::from_secs(15);

/// Nodes of which the first `lighthouses` vote, with disks; somebody leads, and all know it.
fn led(plan: &Plan, seed: u64, nodes: usize, lighthouses: usize) -> World {
    let names = (0..lighthouses).map(|node| World::address(node).to_string());
    let mut world = World::new(seed, config(plan.sealed).lighthouses(names.collect::<Vec<_>>()));
    world.give_disks();
    world.start_many(nodes);
    world.run_until(PATIENCE, World::is_whole);
    world.run_until(PATIENCE, |world| world.leading().next().is_some());
    world.run(Duration::from_secs(5));
    world.seen.clear();
    world
}

/// How a leader ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    Killed,
    Silent,
    Resigns,
    HandsOver,
}

const ENDS: [(Ends, &str); 4] = [
    (Ends::Killed, "process killed"),
    (Ends::Silent, "host silent"),
    (Ends::Resigns, "resigns"),
    (Ends::HandsOver, "hands over"),
];

/// A leader ends: until another one leads, and until all that run know it.
#[must_use]
pub fn failover(plan: &Plan) -> Report {
    let mut report = Report {
        title: "Seconds from the end of a leader until another one leads, default lease".into(),
        columns: vec![
            "the leader",
            "nodes",
            "lighthouses",
            "trials",
            "p50",
            "p99",
            "max",
            "all know p50",
            "all know p99",
            "two at once",
        ],
        axes: ("seconds", "percent of trials"),
        ..Report::default()
    };
    for (ends, name) in ENDS.into_iter().filter(|(_, name)| name.contains(&plan.only)) {
        for &nodes in &plan.nodes {
            for lighthouses in [3, 5_usize].into_iter().filter(|count| *count < nodes) {
                let (mut leads, mut knows, mut wrong) = (Vec::new(), Vec::new(), 0);
                let work = |seed| ended(plan, seed, nodes, lighthouses, ends);
                each_seed(plan.seeds.clone(), plan.jobs, work, |_, (found, violations)| {
                    for (led, known) in found {
                        leads.push(led);
                        knows.push(known);
                    }
                    wrong += violations;
                    true
                });
                let (leads, knows) = (Sample::of(leads), Sample::of(knows));
                report.rows.push(vec![
                    name.into(),
                    nodes.to_string(),
                    lighthouses.to_string(),
                    leads.len().to_string(),
                    two(leads.at(50)),
                    two(leads.at(99)),
                    two(leads.at(100)),
                    two(knows.at(50)),
                    two(knows.at(99)),
                    wrong.to_string(),
                ]);
                let line = format!("{name}, {nodes} nodes, {lighthouses} lighthouses");
                report.lines.push((line, leads.shares()));
                (plan.progress)(
                    &report.rows.last().map_or_else(String::new, |row| row.join(" | ")),
                );
            }
        }
    }
    report
}

/// Of one world: how long it took each time, and what was seen that must never be.
fn ended(
    plan: &Plan,
    seed: u64,
    nodes: usize,
    lighthouses: usize,
    ends: Ends,
) -> (Vec<(f64, f64)>, usize) {
    let mut world = led(plan, seed, nodes, lighthouses);
    let mut random = Random::new(seed ^ 0x1ead);
    let mut found = Vec::new();
    for trial in 0..plan.trials {
        // Another phase of the renewals each time.
        world.run(random.span(Duration::ZERO, Duration::from_secs(3)));
        let Some((leader, _)) = world.leading().next() else { break };
        let began = world.now;
        match ends {
            Ends::Killed => world.crash(leader),
            Ends::Silent => world.vanish(leader),
            Ends::Resigns => {
                world.command(leader, |engine, now| engine.resign(now, trial as u64));
            }
            Ends::HandsOver => {
                let heir = (leader + 1 + random.place(nodes - 1)) % nodes;
                let heir = World::address(heir).to_string();
                world.command(leader, |engine, now| {
                    engine.transfer_leadership(now, &heir, trial as u64)
                });
            }
        }
        let next = |world: &World| world.leading().find(|(node, _)| *node != leader);
        world.run_until(PATIENCE, |world| next(world).is_some());
        let led = world.now;
        world.run_until(PATIENCE, all_know);
        let seconds = |at: seafoam::proto::Time| at.since(began).as_secs_f64();
        found.push((seconds(led), seconds(world.now)));
        if !world.runs(leader) {
            world.restart(leader, &[(leader + 1) % nodes]);
        }
        world.run_until(PATIENCE, World::is_whole);
        world.run(Duration::from_secs(8)); // a lighthouse that was restarted is silent for a lease
        world.seen.clear();
    }
    (found, world.leader_violations().len())
}

fn all_know(world: &World) -> bool {
    let Some((leader, term)) = world.leading().next() else { return false };
    let name = World::address(leader).to_string();
    world.running().all(|node| {
        let heard = world.engine(node).and_then(Engine::leader);
        heard.is_some_and(|(heard, of)| *heard == *name && of == term)
    })
}

/// A network in which a leader should stay.
#[derive(Clone, Copy)]
enum Links {
    /// So many of a thousand are lost.
    Lossy(u64),
    /// Whoever does not vote or lead reaches one lighthouse alone.
    One,
    /// Five lighthouses: the first three reach each other, the fourth the second alone, the fifth the
    /// third alone (the topology of Howard and Abraham, 2020).
    Tails,
    /// Five lighthouses in a ring: each reaches its two neighbours.
    Ring,
}

const LINKS: [(Links, &str); 7] = [
    (Links::Lossy(0), "nothing lost"),
    (Links::Lossy(50), "5 % lost"),
    (Links::Lossy(100), "10 % lost"),
    (Links::Lossy(200), "20 % lost"),
    (Links::One, "one link each to the lighthouses"),
    (Links::Tails, "three lighthouses, two behind one link each"),
    (Links::Ring, "five lighthouses in a ring"),
];

impl Links {
    const fn lighthouses(self) -> usize {
        match self {
            Self::Lossy(_) | Self::One => 3,
            Self::Tails | Self::Ring => 5,
        }
    }

    fn cut(self, world: &mut World, nodes: usize, leader: usize) {
        let mut cut = |one: usize, other: usize| world.network.partition(&[one], &[other]);
        match self {
            Self::Lossy(permille) => {
                world.network.loss_permille = permille;
                world.network.stream_loss_permille = permille;
            }
            Self::One => {
                for node in (3..nodes).filter(|node| *node != leader) {
                    (0..3).filter(|light| light % 3 != node % 3).for_each(|it| cut(node, it));
                }
            }
            Self::Tails => {
                for (one, other) in [(3, 0), (3, 2), (3, 4), (4, 0), (4, 1)] {
                    cut(one, other);
                }
            }
            Self::Ring => (0..5).for_each(|node| cut(node, (node + 2) % 5)),
        }
    }
}

/// Ten minutes on bad links: how often the lead changes.
#[must_use]
pub fn tenures(plan: &Plan) -> Report {
    let mut report = Report {
        title: "Changes of the lead in ten minutes, from 15 s after the links went bad".into(),
        columns: vec!["links", "nodes", "runs", "changes", "at first", "not led, s", "two at once"],
        axes: ("case", "changes"),
        ..Report::default()
    };
    for (links, name) in LINKS.into_iter().filter(|(_, name)| name.contains(&plan.only)) {
        for &nodes in &plan.nodes {
            let (mut changes, mut first, mut runs, mut wrong) = (0, 0, 0, 0);
            let mut gap = 0.0_f64;
            let work = |seed| stayed(plan, seed, nodes, links);
            each_seed(plan.seeds.clone(), plan.jobs, work, |_, of| {
                changes += of.changes;
                first += of.first;
                gap = gap.max(of.not_led);
                wrong += of.violations;
                runs += 1;
                true
            });
            report.rows.push(vec![
                name.into(),
                nodes.to_string(),
                runs.to_string(),
                changes.to_string(),
                first.to_string(),
                two(gap),
                wrong.to_string(),
            ]);
            (plan.progress)(&report.rows.last().map_or_else(String::new, |row| row.join(" | ")));
            #[allow(clippy::cast_precision_loss)] // figures for people
            report.lines.push((format!("{name}, {nodes} nodes"), vec![(0.0, changes as f64)]));
        }
    }
    report
}

struct Stayed {
    changes: usize,
    /// Changes in the first seconds.
    first: usize,
    /// Seconds without a leader, the first ones left out.
    not_led: f64,
    violations: usize,
}

fn stayed(plan: &Plan, seed: u64, nodes: usize, links: Links) -> Stayed {
    let mut world = led(plan, seed, nodes, links.lighthouses());
    let leader = world.leading().next().map_or(0, |(node, _)| node);
    let before = world.tenures().len();
    links.cut(&mut world, nodes, leader);
    world.run(MOVES);
    let first = world.tenures().len() - before;
    let (began, moved) = (world.now, world.tenures().len());
    let mut not_led = 0.0;
    while world.now < began + WATCHED {
        world.run(Duration::from_millis(100));
        world.seen.clear();
        if world.leading().next().is_none() {
            not_led += 0.1;
        }
    }
    let changes = world.tenures().len() - moved;
    Stayed { changes, first, not_led, violations: world.leader_violations().len() }
}

/// What the leader, the lighthouses and the others send at rest for 60 s.
#[must_use]
#[allow(clippy::cast_precision_loss)] // figures for people
pub fn lead(plan: &Plan) -> Report {
    let mut report = Report {
        title: "A cluster at rest with a leader: datagrams and bytes a second that one node sends, with \
                28 of IP and UDP"
            .into(),
        columns: vec![
            "nodes",
            "lighthouses",
            "who",
            "datagrams/s p50",
            "datagrams/s max",
            "bytes/s p50",
            "bytes/s max",
        ],
        axes: ("nodes", "bytes a second that the leader sends"),
        ..Report::default()
    };
    let mut line = Vec::new();
    for &nodes in &plan.nodes {
        let lighthouses = 5.min(nodes);
        let mut world = led(plan, plan.seeds.start, nodes, lighthouses);
        // Sealed, each pair that meets for the first time sends two datagrams more.
        rest(&mut world, Duration::from_secs(20) + Duration::from_millis(nodes as u64 * 1100));
        let leader = world.leading().next().map_or(0, |(node, _)| node);
        let sent = rest(&mut world, Duration::from_secs(60));
        let of = |who: &dyn Fn(usize) -> bool| {
            let some = sent.iter().enumerate().filter(|(node, _)| who(*node));
            let some: Vec<_> = some.map(|(_, sent)| *sent).collect();
            let datagrams = some.iter().map(|(count, _)| *count as f64 / 60.0).collect();
            let bytes = some.iter().map(|(_, bytes)| *bytes as f64 / 60.0).collect();
            (Sample::of(datagrams), Sample::of(bytes))
        };
        let groups: [(&str, &dyn Fn(usize) -> bool); 3] = [
            ("leader", &|node| node == leader),
            ("lighthouses", &|node| node < lighthouses && node != leader),
            ("others", &|node| node >= lighthouses && node != leader),
        ];
        for (name, who) in groups {
            let (datagrams, bytes) = of(who);
            report.rows.push(vec![
                nodes.to_string(),
                lighthouses.to_string(),
                name.into(),
                two(datagrams.at(50)),
                two(datagrams.at(100)),
                format!("{:.0}", bytes.at(50)),
                format!("{:.0}", bytes.at(100)),
            ]);
        }
        line.push((nodes as f64, of(&|node| node == leader).1.at(50)));
    }
    report.lines.push(("leader".into(), line));
    report
}

/// Lets time pass; by node the datagrams and bytes that it sent.
fn rest(world: &mut World, span: Duration) -> Vec<(u64, u64)> {
    world.watch();
    let end = world.now + span;
    let mut sent = vec![(0, 0); world.nodes()];
    while world.now < end {
        world.run(end.since(world.now).min(Duration::from_secs(1)));
        for happened in world.take_happened() {
            if let (Happening::Sent { bytes }, Some(sent)) =
                (&happened.what, sent.get_mut(happened.by))
            {
                *sent = (sent.0 + 1, sent.1 + *bytes as u64 + 28);
            }
        }
        world.seen.clear();
    }
    sent
}
