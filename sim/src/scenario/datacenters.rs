//! Two datacenters: what goes across, how long a death takes to be known in both, and cuts between
//! them.

use std::collections::BTreeSet;
use std::time::Duration;

use seafoam::{Event, NodeStatus};

use super::{Plan, Report, Sample, config, deaths, two};
use crate::network::Delay;
use crate::parallel::each_seed;
use crate::random::Random;
use crate::world::World;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// A broadcast and its repair.
const BROADCAST: Duration = Duration::from_secs(12);
/// How long a cut lasts.
const CUT: Duration = Duration::from_secs(60);

/// Two datacenters of half the nodes each, at rest.
fn datacenters(plan: &Plan, seed: u64, nodes: usize, bad: bool) -> World {
    let mut world = World::new(seed, config(plan.sealed));
    for node in 0..nodes {
        let second = node >= nodes / 2;
        world.configure(config(plan.sealed).datacenter(1 + u8::from(second)));
        world.start(&[0]);
        if second {
            world.network.move_far(node);
        }
    }
    if bad {
        let (least, most) = (Duration::from_millis(40), Duration::from_millis(45));
        world.network.far_delay = Some(Delay::Uniform(least, most));
        world.network.far_loss_permille = 50;
    }
    world.run_until(PATIENCE, World::is_whole);
    world.run(Duration::from_secs(20));
    world.seen.clear();
    world
}

/// What two datacenters send each other at rest, and for a broadcast; half of the nodes each.
#[must_use]
#[allow(clippy::cast_precision_loss)] // figures for people
pub fn across(plan: &Plan) -> Report {
    let mut report = Report {
        title: "Two datacenters: what goes across in 60 s at rest, with 28 of IP and UDP a \
                datagram, and for a broadcast of 100 bytes"
            .into(),
        columns: vec![
            "nodes",
            "datagrams/s across",
            "bytes/s across",
            "bytes a broadcast",
            "missed",
            "deliveries",
            "p50 ms",
            "max ms",
        ],
        axes: ("nodes", "bytes a second across"),
        ..Report::default()
    };
    let mut line = Vec::new();
    for &nodes in &plan.nodes {
        let mut rows = Vec::new();
        let work = |seed| {
            let mut world = datacenters(plan, seed, nodes, false);
            let before = (world.far_datagrams, world.far_bytes);
            world.run(Duration::from_secs(60));
            let per_second = |now: u64, before: u64| (now - before) as f64 / 60.0;
            let rest = per_second(world.far_bytes, before.1);
            let datagrams = per_second(world.far_datagrams, before.0);
            let sent = (0..plan.trials).map(|trial| broadcast(&mut world, trial * 31, rest));
            (datagrams, rest, sent.collect::<Vec<_>>())
        };
        each_seed(plan.seeds.clone(), plan.jobs, work, |_, row| {
            rows.push(row);
            true
        });
        let mean = |numbers: Vec<f64>| Sample::of(numbers).mean().0;
        let rest = mean(rows.iter().map(|row| row.1).collect());
        let sent: Vec<_> = rows.iter().flat_map(|row| row.2.iter().copied()).collect();
        let millis = Sample::of(sent.iter().map(|sent| sent.2).collect());
        report.rows.push(vec![
            nodes.to_string(),
            two(mean(rows.iter().map(|row| row.0).collect())),
            format!("{rest:.0}"),
            format!("{:.0}", mean(sent.iter().map(|sent| sent.0).collect())),
            sent.iter().map(|sent| sent.1).sum::<usize>().to_string(),
            (sent.len() * (nodes - 1)).to_string(),
            format!("{:.0}", millis.at(50)),
            format!("{:.0}", millis.at(100)),
        ]);
        line.push((nodes as f64, rest));
    }
    report.lines.push(("seafoam".into(), line));
    report
}

/// Bytes across beyond those at rest, nodes that it missed, and milliseconds until all had it.
#[allow(clippy::cast_precision_loss)] // figures for people
fn broadcast(world: &mut World, origin: usize, rest: f64) -> (f64, usize, f64) {
    let nodes = world.nodes();
    world.seen.clear();
    let (began, before) = (world.now, world.far_bytes);
    world.command(origin % nodes, |engine, now| engine.broadcast(now, &[7; 100]).map(drop));
    world.run(BROADCAST);
    let got = world.seen.iter().filter(|seen| matches!(seen.event, Event::Broadcast { .. }));
    let by: BTreeSet<_> = got.clone().map(|seen| seen.by).collect();
    let took = got.map(|seen| seen.at).max().unwrap_or(began).since(began);
    let bytes = (world.far_bytes - before) as f64 - rest * BROADCAST.as_secs_f64();
    (bytes, nodes - 1 - by.len(), took.as_secs_f64() * 1000.0)
}

/// Deaths, cuts and a bad link between two datacenters of half the nodes each.
#[must_use]
pub fn apart(plan: &Plan) -> Report {
    let mut report = Report {
        title:
            "Two datacenters: seconds until all who shall have said so, and living nodes called \
                DEAD by their own datacenter"
                .into(),
        columns: vec!["nodes", "what", "runs", "p50", "p99", "max", "wrong"],
        axes: ("seconds", "percent of runs"),
        ..Report::default()
    };
    for &nodes in &plan.nodes {
        for bad in [false, true] {
            let link = if bad { ", 40 ms and 5 % lost across" } else { "" };
            let mut found: Vec<(&str, f64, usize)> = Vec::new();
            let work = |seed| {
                let mut some = killed(plan, seed, nodes, bad);
                some.extend(cut(plan, seed, nodes, (bad, false)));
                some.extend(cut(plan, seed, nodes, (bad, true)));
                some
            };
            each_seed(plan.seeds.clone(), plan.jobs, work, |_, some| {
                found.extend(some);
                true
            });
            let whats: BTreeSet<_> = found.iter().map(|row| row.0).collect();
            for what in whats {
                let rows = found.iter().filter(|row| row.0 == what);
                let wrong: usize = rows.clone().map(|row| row.2).sum();
                let seconds = Sample::of(rows.map(|row| row.1).collect());
                report.rows.push(vec![
                    nodes.to_string(),
                    format!("{what}{link}"),
                    seconds.len().to_string(),
                    two(seconds.at(50)),
                    two(seconds.at(99)),
                    two(seconds.at(100)),
                    wrong.to_string(),
                ]);
                report.lines.push((format!("{nodes} nodes: {what}{link}"), seconds.shares()));
            }
        }
    }
    report
}

/// One after another ends, as a process or with its host: until its own datacenter knows, and the
/// other one.
fn killed(plan: &Plan, seed: u64, nodes: usize, bad: bool) -> Vec<(&'static str, f64, usize)> {
    let mut world = datacenters(plan, seed, nodes, bad);
    let mut random = Random::new(seed ^ 0xdead);
    let (mut found, half) = (Vec::new(), nodes / 2);
    for trial in 0..plan.trials {
        let (victim, silent) = (1 + random.place(nodes - 1), trial % 2 == 1);
        world.run(random.span(Duration::ZERO, Duration::from_secs(2)));
        world.seen.clear();
        let (began, name) = (world.now, World::address(victim).to_string());
        if silent {
            world.vanish(victim);
        } else {
            world.crash(victim);
        }
        let (mut own, mut other, mut read) = (None, None, 0);
        world.run_until(PATIENCE, |world| {
            if read < world.seen.len() {
                read = world.seen.len();
                let near = |by: &usize| (*by < half) == (victim < half);
                let (here, there): (Vec<_>, Vec<_>) = deaths(world, &name).partition(near);
                let size = if victim < half { half } else { nodes - half };
                own = own.or((here.len() >= size - 1).then_some(world.now));
                other = other.or((there.len() >= nodes - size).then_some(world.now));
            }
            own.is_some() && other.is_some()
        });
        let wrong = wrong(&world, half, Some(&name));
        for (at, what) in [
            (own, ["process killed: its own", "host silent: its own"]),
            (other, ["process killed: the other", "host silent: the other"]),
        ] {
            let seconds = at.unwrap_or(world.now).since(began).as_secs_f64();
            let [killed, vanished] = what;
            found.push((if silent { vanished } else { killed }, seconds, wrong));
        }
        let second = victim >= half;
        world.configure(config(plan.sealed).datacenter(1 + u8::from(second)));
        world.restart(victim, &[0]);
        world.run_until(PATIENCE, World::is_whole);
        world.run(Duration::from_secs(8));
    }
    found
}

/// The two are cut off from each other, or one from the other, and come back.
fn cut(
    plan: &Plan,
    seed: u64,
    nodes: usize,
    (bad, one_way): (bool, bool),
) -> Vec<(&'static str, f64, usize)> {
    let mut world = datacenters(plan, seed, nodes, bad);
    let half = nodes / 2;
    let (left, right): (Vec<_>, Vec<_>) = ((0..half).collect(), (half..nodes).collect());
    let began = world.now;
    if one_way {
        left.iter().for_each(|from| {
            right.iter().for_each(|to| world.network.cut_one_way(*from, *to));
        });
    } else {
        world.network.partition(&left, &right);
    }
    world.run(CUT);
    let lost = |event: &Event| matches!(event, Event::Datacenter { lost: true, .. });
    let told = world.seen.iter().filter(|seen| lost(&seen.event)).map(|seen| seen.at);
    let last = told.max().map_or(f64::NAN, |at| at.since(began).as_secs_f64());
    let wrong = wrong(&world, half, None);
    world.network.heal();
    let healed = world.now;
    world.run_until(PATIENCE, World::is_whole);
    let back = world.now.since(healed).as_secs_f64();
    match one_way {
        false => vec![("cut for 60 s: lost", last, wrong), ("cut for 60 s: whole again", back, 0)],
        true => vec![
            ("one way cut for 60 s: lost", last, wrong),
            ("one way cut for 60 s: whole again", back, 0),
        ],
    }
}

/// DEAD events of nodes of one's own datacenter, beside one that did die.
fn wrong(world: &World, half: usize, died: Option<&str>) -> usize {
    let near = |by: usize, name: &str| {
        let mut own = if by < half { 0..half } else { half..world.nodes() };
        own.any(|node| *World::address(node).to_string() == *name)
    };
    let dead = world.seen.iter().filter(|seen| match &seen.event {
        Event::Status { node, status: NodeStatus::Dead, .. } => {
            died != Some(&*node.name) && near(seen.by, &node.name)
        }
        Event::Status { .. }
        | Event::Broadcast { .. }
        | Event::Message { .. }
        | Event::Leader { .. }
        | Event::Validity { .. }
        | Event::Node { .. }
        | Event::Conflict { .. }
        | Event::Link { .. }
        | Event::Merged { .. }
        | Event::Datacenter { .. }
        | Event::Lagged { .. }
        | Event::Closed { .. } => false,
    });
    dead.count()
}
