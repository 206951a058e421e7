//! One seed of the swarm: a cluster under drawn faults, then healed, then left alone; checkers watch
//! all of it.

use std::collections::{BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use seafoam::proto::Time;

use crate::checkers::{Checkers, Violation};
use crate::happening::{Happened, Happening};
use crate::network::Delay;
use crate::random::Random;
use crate::swarm_options::Options;
use crate::world::World;

/// How long after the faults ended all may take to find each other again.
const HEALING: Duration = Duration::from_secs(90);
/// How long a world that heard nonsense is watched.
const NONSENSE: Duration = Duration::from_secs(10);
/// How long the rest takes once all are together.
const SETTLING: Duration = Duration::from_secs(15);
/// How often the world is looked at as a whole.
const LOOK: Duration = Duration::from_secs(1);
/// Lines of the timeline of a failure.
const TIMELINE: usize = 40;

/// What came of one seed.
#[derive(Debug)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// Hash of all that happened.
    pub trace: u64,
    /// Virtual time that passed.
    pub passed: Duration,
    /// Virtual time times nodes.
    pub node_seconds: f64,
    /// Datagrams sent.
    pub datagrams: u64,
    /// From the end of the faults until all were together again; none where they never were.
    pub healed: Option<Duration>,
    /// What must not be.
    pub violations: Vec<Violation>,
    /// What happened last before the first of those, a line each.
    pub timeline: Vec<String>,
}

/// A world under the swarm.
pub(crate) struct Swarm {
    pub(crate) options: Options,
    pub(crate) world: World,
    pub(crate) checkers: Checkers,
    pub(crate) random: Random,
    /// Numbers the payloads.
    pub(crate) number: u64,
    /// Nodes that are leaving.
    pub(crate) leaving: Vec<usize>,
    /// Who removed whom.
    pub(crate) removed: BTreeSet<(usize, usize)>,
    recent: VecDeque<Happened>,
    timeline: Vec<String>,
    node_micros: u128,
    next_look: Time,
}

/// Runs one seed. A panic of the engine is a violation like any other.
#[must_use]
pub fn run(options: Options) -> Outcome {
    let seed = options.seed;
    let whole = AssertUnwindSafe(|| Swarm::new(options).run());
    catch_unwind(whole).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
        let text = text.unwrap_or_else(|| "a panic without a text".into());
        Outcome {
            seed,
            trace: 0,
            passed: Duration::ZERO,
            node_seconds: 0.0,
            datagrams: 0,
            healed: None,
            violations: vec![Violation { checker: "no panic", at: Time::ZERO, by: 0, text }],
            timeline: Vec::new(),
        }
    })
}

impl Swarm {
    fn new(options: Options) -> Self {
        let mut world = World::new(options.seed, options.config(0));
        world.watch();
        options.lay(&mut world.network);
        let mut checkers =
            if options.nonsense { Checkers::for_nonsense() } else { Checkers::all() };
        checkers.facts.fair = !options.harsh;
        checkers.facts.datacenters = options.datacenters;
        checkers.facts.datagram_bytes = options.datagram_bytes as usize;
        Self {
            random: Random::new(options.seed ^ 0xfa17),
            options,
            world,
            checkers,
            number: 0,
            leaving: Vec::new(),
            removed: BTreeSet::new(),
            recent: VecDeque::new(),
            timeline: Vec::new(),
            node_micros: 0,
            next_look: Time::ZERO,
        }
    }

    fn run(mut self) -> Outcome {
        for node in 0..self.options.nodes {
            self.join();
            if self.options.far && node % 2 == 1 {
                self.world.network.move_far(node);
            }
        }
        let end = self.world.now + self.options.span;
        while self.world.now < end && self.checkers.violations().is_empty() {
            let pause = self.random.exponential(self.options.pause);
            self.pass((self.world.now + pause).min(end));
            self.act();
        }
        let healed = self.heal();
        if healed.is_some() && self.checkers.violations().is_empty() {
            self.settle();
        }
        Outcome {
            seed: self.options.seed,
            trace: self.world.trace(),
            passed: self.world.now.since(Time::ZERO),
            #[allow(clippy::cast_precision_loss)] // a figure for people
            node_seconds: self.node_micros as f64 / 1e6,
            datagrams: self.world.datagrams,
            healed,
            violations: self.checkers.violations().to_vec(),
            timeline: self.timeline,
        }
    }

    /// Lets time pass, under the eyes of the checkers.
    fn pass(&mut self, end: Time) {
        while self.checkers.violations().is_empty() {
            let before = self.world.now;
            let more = self.world.step_until(end);
            let passed = self.world.now.since(before).as_micros();
            self.node_micros += passed * self.world.running().count() as u128;
            self.watch();
            if !more {
                return;
            }
        }
    }

    pub(crate) fn watch(&mut self) {
        self.world.seen.clear();
        self.world.notices.clear();
        let happened = self.world.take_happened();
        self.checkers.observe(&happened);
        self.recent.extend(happened.into_iter().filter(tells));
        if self.world.now >= self.next_look {
            self.next_look = self.world.now + LOOK;
            self.checkers.inspect(&self.world);
        }
        while self.recent.len() > TIMELINE * 8 {
            self.recent.pop_front();
        }
        if self.timeline.is_empty()
            && let Some(violation) = self.checkers.violations().first()
        {
            let skipped = self.recent.len().saturating_sub(TIMELINE);
            let lines = self.recent.iter().skip(skipped).map(line);
            self.timeline = lines.collect();
            self.timeline.push(violation.to_string());
        }
    }

    /// Ends all faults and waits until everybody found everybody; how long that took.
    fn heal(&mut self) -> Option<Duration> {
        self.world.network.calm();
        // Delays of seconds are faults as well.
        let (least, most) = (Duration::from_micros(200), Duration::from_millis(2));
        self.world.network.delay = Delay::Uniform(least, most);
        self.world.wake_all();
        for node in std::mem::take(&mut self.leaving) {
            self.world.crash(node);
        }
        // The seed that all know is the way back for those whom nobody knows.
        if !self.world.runs(0) {
            self.world.configure(self.options.config(0));
            self.world.restart(0, &[]);
        }
        self.watch();
        let began = self.world.now;
        while self.checkers.violations().is_empty() {
            // Members that turned bits made up are there for long: only bounds are checked.
            let patience = if self.options.nonsense { NONSENSE } else { self.healing() };
            if self.world.now.since(began) >= patience {
                self.checkers.conclude(&self.world);
                self.watch();
                return None;
            }
            if self.is_together() {
                return Some(self.world.now.since(began));
            }
            self.pass(self.world.now + Duration::from_millis(200));
        }
        None
    }

    /// Whoever was removed comes back by its own voice alone, when its round comes to who removed it.
    fn healing(&self) -> Duration {
        let heartbeat = Duration::from_millis(self.options.heartbeat_millis.into());
        let nodes = u32::try_from(self.world.nodes()).unwrap_or(u32::MAX);
        HEALING.max(heartbeat * nodes * 4)
    }

    fn is_together(&self) -> bool {
        let facts = &self.checkers.facts;
        let count = facts.lives().count();
        self.world.is_counted()
            && facts.lives().all(|(by, _)| {
                self.world.healthy(by) == count
                    && facts.lives().all(|(_, life)| {
                        let node = self.world.view(by, &life.name);
                        node.is_some_and(|node| node.generation == life.generation)
                    })
            })
    }

    /// All is well: from here on nobody may be called dead, and everything comes to everybody.
    fn settle(&mut self) {
        // What a slow uplink still held is of the time of the faults, and may be minutes old.
        let drained = self.world.now.max(self.world.network.drained());
        self.pass(drained + Duration::from_secs(3));
        self.checkers.facts.fair = true;
        let nodes: Vec<_> = self.world.running().collect();
        for round in 0..3 {
            let node = self.random.pick(&nodes).copied().unwrap_or(0);
            self.broadcast(node, true);
            let to = self.random.pick(&nodes).copied().unwrap_or(0);
            self.message(node, to, true);
            self.tag(node, round % 2 == 0);
            self.pass(self.world.now + Duration::from_millis(300));
        }
        self.pass(self.world.now + SETTLING);
        self.checkers.inspect(&self.world);
        // At rest nothing may differ any more; the checkers remember the last look.
        self.next_look = Time::NEVER;
        self.pass(self.world.now + Duration::from_secs(10));
        self.checkers.conclude(&self.world);
        self.watch();
    }
}

/// What is worth a line in a timeline.
fn tells(happened: &Happened) -> bool {
    match &happened.what {
        Happening::Started { .. } | Happening::Ended { .. } | Happening::Removed(_) => true,
        Happening::Told(notice) => matches!(notice, seafoam::proto::Notice::Event(_)),
        Happening::Sent { .. } | Happening::Put(_) => false,
    }
}

fn line(happened: &Happened) -> String {
    use seafoam::Event;
    use seafoam::proto::Notice;
    let Happened { at, by, what } = happened;
    let at = at.since(Time::ZERO).as_secs_f64();
    let what = match what {
        Happening::Started { name, run, generation } => {
            format!("starts as {name}, run {run}, generation {generation}")
        }
        Happening::Ended { left } => format!("ends{}", if *left { ", having left" } else { "" }),
        Happening::Removed(name) => format!("lists {name} no longer"),
        Happening::Told(Notice::Event(Event::Status { node, status, previous, source })) => {
            let claim = (node.generation, node.incarnation);
            format!("{} {previous} -> {status} {claim:?} as {source} says", node.name)
        }
        Happening::Told(Notice::Event(event)) => format!("is told of {}", event.kind()),
        Happening::Told(_) | Happening::Sent { .. } | Happening::Put(_) => String::new(),
    };
    format!("{at:>9.3} s  node {by}: {what}")
}
