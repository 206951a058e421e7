//! The failures of Rapid's evaluation (Suresh et al., USENIX ATC 2018, section 7), with both rule sets
//! in the same network: one node in a hundred dies, hears nothing for a while again and again, or loses
//! most of what it sends.

use std::collections::BTreeSet;
use std::time::Duration;

use seafoam::proto::Time;
use seafoam::{Event, NodeStatus};

use super::{Plan, Report, cluster, two};
use crate::memberlist::Peers;
use crate::parallel::each_seed;
use crate::world::World;

/// How often what happened is collected: a thousand nodes tell of much.
const SLICE: Duration = Duration::from_millis(200);
/// How long a node hears nothing, and then everything.
const FLIP: Duration = Duration::from_secs(20);
/// Of a thousand, what a node loses of what it sends.
const EGRESS: u64 = 800;

/// What is wrong with one node in a hundred.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Case {
    /// Its process is killed.
    Crash,
    /// Nothing comes to it for 20 s, everything for 20 s, and so on.
    FlipFlop,
    /// Of what it sends 80 % is lost.
    Egress,
}

impl Case {
    const ALL: [Self; 3] = [Self::Crash, Self::FlipFlop, Self::Egress];

    fn name(self) -> &'static str {
        match self {
            Self::Crash => "killed",
            Self::FlipFlop => "hear nothing, 20 s of 40",
            Self::Egress => "lose 80 % of what they send",
        }
    }

    fn span(self) -> Duration {
        match self {
            Self::Crash => Duration::from_secs(60),
            Self::FlipFlop => FLIP * 10,
            Self::Egress => Duration::from_secs(300),
        }
    }

    /// What happens to each of them, and when.
    fn script(self) -> Vec<(Duration, Blow)> {
        match self {
            Self::Crash => vec![(Duration::ZERO, Blow::Kill)],
            Self::FlipFlop => (0..10)
                .map(|turn| {
                    let received = if turn % 2 == 0 { 1000 } else { 0 };
                    (FLIP * turn, Blow::Spoil { sent: 0, received })
                })
                .collect(),
            Self::Egress => vec![(Duration::ZERO, Blow::Spoil { sent: EGRESS, received: 0 })],
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Blow {
    Kill,
    Spoil { sent: u64, received: u64 },
}

/// A node calls another one dead, or takes that back.
struct Turn {
    at: Time,
    by: usize,
    of: usize,
    dead: bool,
}

/// A cluster under one of the rule sets.
trait Rules {
    fn now(&self) -> Time;
    fn run_to(&mut self, end: Time);
    fn strike(&mut self, node: usize, blow: Blow);
    fn datagrams(&self) -> u64;
    /// What was said since it was asked last.
    fn turns(&mut self) -> Vec<Turn>;
}

impl Rules for World {
    fn now(&self) -> Time {
        self.now
    }

    fn run_to(&mut self, end: Time) {
        self.run(end.since(self.now));
    }

    fn strike(&mut self, node: usize, blow: Blow) {
        match blow {
            Blow::Kill => self.crash(node),
            Blow::Spoil { sent, received } => self.network.spoil(node, sent, received),
        }
    }

    fn datagrams(&self) -> u64 {
        self.datagrams
    }

    fn turns(&mut self) -> Vec<Turn> {
        let seen = std::mem::take(&mut self.seen).into_iter();
        let turn = |(at, by, event): (Time, usize, Event)| {
            let Event::Status { node, status, previous, .. } = event else { return None };
            let dead = status == NodeStatus::Dead;
            let back = previous == NodeStatus::Dead && status.is_healthy();
            let of = World::node_at(node.address.parse().ok()?)?;
            (dead || back).then_some(Turn { at, by, of, dead })
        };
        seen.filter_map(|seen| turn((seen.at, seen.by, seen.event))).collect()
    }
}

impl Rules for Peers {
    fn now(&self) -> Time {
        self.now
    }

    fn run_to(&mut self, end: Time) {
        Self::run_to(self, end);
    }

    fn strike(&mut self, node: usize, blow: Blow) {
        match blow {
            Blow::Kill => self.crash(node),
            Blow::Spoil { sent, received } => self.network.spoil(node, sent, received),
        }
    }

    fn datagrams(&self) -> u64 {
        self.datagrams
    }

    fn turns(&mut self) -> Vec<Turn> {
        let turn = |dead| {
            move |it: crate::memberlist::Death| Turn { at: it.at, by: it.by, of: it.of, dead }
        };
        let deaths = std::mem::take(&mut self.deaths).into_iter().map(turn(true));
        let returns = std::mem::take(&mut self.returns).into_iter().map(turn(false));
        let mut turns: Vec<_> = deaths.chain(returns).collect();
        turns.sort_by_key(|turn| turn.at);
        turns
    }
}

/// What the healthy ones said in one run.
struct Found {
    /// The last nodes are the faulty ones, from this on.
    first_faulty: usize,
    /// Who is called dead by whom now.
    dead: BTreeSet<(usize, usize)>,
    /// Who ever was.
    ever: BTreeSet<(usize, usize)>,
    /// How many members each healthy node sees.
    sizes: Vec<usize>,
    /// All sizes that any of them saw.
    seen: BTreeSet<usize>,
    first: Option<Duration>,
    all: Option<Duration>,
    last: Duration,
    deaths: usize,
    returns: usize,
    of_healthy: usize,
    datagrams: f64,
}

impl Found {
    fn new(nodes: usize, faulty: usize) -> Self {
        Self {
            first_faulty: nodes - faulty,
            dead: BTreeSet::new(),
            ever: BTreeSet::new(),
            sizes: vec![nodes; nodes - faulty],
            seen: BTreeSet::from([nodes]),
            first: None,
            all: None,
            last: Duration::ZERO,
            deaths: 0,
            returns: 0,
            of_healthy: 0,
            datagrams: 0.0,
        }
    }

    fn pairs(&self, faulty: usize) -> usize {
        self.first_faulty * faulty
    }

    fn take(&mut self, began: Time, faulty: usize, turn: &Turn) {
        let pairs = self.pairs(faulty);
        let Some(size) = self.sizes.get_mut(turn.by) else { return }; // a faulty one speaks
        let at = turn.at.since(began);
        self.last = at;
        *size = if turn.dead { size.saturating_sub(1) } else { *size + 1 };
        self.seen.insert(*size);
        if turn.of < self.first_faulty {
            self.of_healthy += usize::from(turn.dead);
            return;
        }
        if turn.dead {
            self.deaths += 1;
            self.dead.insert((turn.by, turn.of));
            self.ever.insert((turn.by, turn.of));
            self.first.get_or_insert(at);
            if self.ever.len() == pairs {
                self.all.get_or_insert(at);
            }
        } else {
            self.returns += 1;
            self.dead.remove(&(turn.by, turn.of));
        }
    }
}

#[allow(clippy::cast_precision_loss)] // figures for people
fn play(rules: &mut impl Rules, case: Case, nodes: usize, faulty: usize) -> Found {
    let mut found = Found::new(nodes, faulty);
    let (began, datagrams) = (rules.now(), rules.datagrams());
    rules.turns();
    let mut blows = case.script().into_iter().peekable();
    while rules.now() < began + case.span() {
        while let Some((_, blow)) = blows.next_if(|(at, _)| began + *at <= rules.now()) {
            (nodes - faulty..nodes).for_each(|node| rules.strike(node, blow));
        }
        rules.run_to(rules.now() + SLICE);
        for turn in rules.turns() {
            found.take(began, faulty, &turn);
        }
    }
    let sent = rules.datagrams() - datagrams;
    found.datagrams = sent as f64 / case.span().as_secs_f64() / nodes as f64;
    found
}

/// Both rule sets in all cases.
#[must_use]
pub fn rapid(plan: &Plan) -> Report {
    let mut report = Report {
        title: "Rapid's failures: what the healthy nodes say of the faulty one in a hundred".into(),
        columns: vec![
            "nodes",
            "faulty ones",
            "rules",
            "runs",
            "first DEAD s",
            "all by all s",
            "DEAD a pair",
            "taken back a pair",
            "DEAD in the end %",
            "DEAD of healthy",
            "sizes seen",
            "last change s",
            "datagrams/s",
        ],
        axes: ("case", "DEAD events a pair"),
        ..Report::default()
    };
    for &nodes in &plan.nodes {
        let faulty = (nodes / 100).max(1);
        for case in Case::ALL.into_iter().filter(|case| case.name().contains(&plan.only)) {
            let mut found: [Vec<Found>; 2] = [Vec::new(), Vec::new()];
            let work = |seed| {
                let mut peers = Peers::new(seed, nodes);
                peers.run(Duration::from_secs(10));
                let theirs = play(&mut peers, case, nodes, faulty);
                [play(&mut cluster(plan, seed, nodes), case, nodes, faulty), theirs]
            };
            each_seed(plan.seeds.clone(), plan.jobs, work, |_, both| {
                found.iter_mut().zip(both).for_each(|(found, one)| found.push(one));
                true
            });
            for (found, rules) in found.iter().zip(["seafoam", "memberlist"]) {
                let row = row(nodes, faulty, case, rules, found);
                (plan.progress)(&format!("| {} |", row.join(" | ")));
                report.rows.push(row);
            }
        }
    }
    report
}

#[allow(clippy::cast_precision_loss)] // figures for people
fn row(nodes: usize, faulty: usize, case: Case, rules: &str, found: &[Found]) -> Vec<String> {
    let runs = found.len().max(1) as f64;
    let mean = |of: &dyn Fn(&Found) -> f64| found.iter().map(of).sum::<f64>() / runs;
    let pairs = |it: &Found| it.pairs(faulty) as f64;
    // Of all runs, or of none: a mean of those that came to it would hide the others.
    let when = |of: &dyn Fn(&Found) -> Option<Duration>| {
        let times: Option<Vec<_>> = found.iter().map(of).collect();
        let sum = times.map(|times| times.iter().sum::<Duration>().as_secs_f64());
        sum.map_or_else(|| "never".to_owned(), |sum| two(sum / runs))
    };
    vec![
        nodes.to_string(),
        format!("{faulty} {}", case.name()),
        rules.to_owned(),
        found.len().to_string(),
        when(&|it| it.first),
        when(&|it| it.all),
        two(mean(&|it| it.deaths as f64 / pairs(it))),
        two(mean(&|it| it.returns as f64 / pairs(it))),
        two(mean(&|it| it.dead.len() as f64 * 100.0 / pairs(it))),
        two(mean(&|it| it.of_healthy as f64)),
        two(mean(&|it| it.seen.len() as f64)),
        two(mean(&|it| it.last.as_secs_f64())),
        two(mean(&|it| it.datagrams)),
    ]
}
