//! One seed of the swarm for the election: a drawn cluster with lighthouses, faults, then healed. Two
//! leaders at one moment, or a term that was used before, end it.

use std::time::Duration;

use seafoam::Config;
use seafoam::proto::Time;

use crate::random::Random;
use crate::world::World;

/// Clock rates of two machines differ by less than 1000 parts of a million: half of it each way,
/// with a little to spare.
const RATE_PPM: i64 = 480;
/// After the heal somebody leads within silence + record + so long (L1 of docs/guarantees.md).
const SLACK: Duration = Duration::from_secs(5);
/// A list that was missed at the join comes with a reminder: one to somebody each 5 s of each member.
const REMINDED: Duration = Duration::from_secs(60);
/// How long the members may take to find each other before that.
const HEALING: Duration = Duration::from_secs(30);

/// What came of one seed.
#[derive(Debug)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// What was drawn, in words.
    pub drawn: String,
    /// Virtual time times nodes.
    pub node_hours: f64,
    /// Tenures that there were.
    pub tenures: usize,
    /// Changes of the list of lighthouses that were begun.
    pub changes: usize,
    /// What must not be.
    pub violations: Vec<String>,
    /// Hash of all that happened.
    pub trace: u64,
}

/// What can be done to a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Crash,
    Restart,
    Pause,
    Partition,
    OneWay,
    Heal,
    Resign,
    Transfer,
    Clock,
    Wall,
    Wipe,
    Relist,
}

const ACTS: &[Act] = &[
    Act::Crash,
    Act::Restart,
    Act::Restart,
    Act::Pause,
    Act::Partition,
    Act::OneWay,
    Act::Heal,
    Act::Heal,
    Act::Resign,
    Act::Transfer,
    Act::Clock,
    Act::Wall,
    Act::Wipe,
    Act::Relist,
    Act::Relist,
];

struct Swarm {
    world: World,
    random: Random,
    nodes: usize,
    lighthouses: usize,
    lease: Duration,
    disks: bool,
    /// What all run with, but for their datacenter.
    config: Config,
    /// Datacenters, each of which has its own leader; nodes go round them.
    scopes: usize,
    acts: Vec<Act>,
    /// When a disk was wiped last: one at a time, and the others must know its term again.
    wiped: Option<(usize, Time)>,
    node_micros: u128,
    changes: usize,
}

/// Runs one seed.
#[must_use]
pub fn run(seed: u64, span: Duration) -> Outcome {
    let mut swarm = Swarm::new(seed);
    let drawn = format!(
        "{} nodes, {} lighthouses, {}lease {:?}, {}, {} of 1000 lost, {:?}",
        swarm.nodes,
        swarm.lighthouses,
        if swarm.scopes > 1 { "a leader each of two datacenters, " } else { "" },
        swarm.lease,
        if swarm.disks { "disks" } else { "no disks" },
        swarm.world.network.loss_permille,
        swarm.acts,
    );
    swarm.storm(span);
    let mut violations = swarm.world.leader_violations().to_vec();
    if violations.is_empty() {
        swarm.heal(&mut violations);
    }
    Outcome {
        seed,
        drawn,
        #[allow(clippy::cast_precision_loss)] // a figure for people
        node_hours: swarm.node_micros as f64 / 3.6e9,
        tenures: swarm.world.tenures().len(),
        changes: swarm.changes,
        trace: swarm.world.trace(),
        violations,
    }
}

impl Swarm {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed ^ 0x1ead_e125);
        let r = &mut random;
        let lighthouses = r.pick(&[1, 2, 3, 3, 3, 4, 5]).copied().unwrap_or(3);
        let nodes = lighthouses + r.place(5);
        let lease = r.pick(&[500_u32, 1000, 3000, 3000]).copied().unwrap_or(3000);
        let disks = r.chance(700);
        let scopes = if lighthouses > 1 && r.chance(200) { 2 } else { 1 };
        let entry = |node| match scopes {
            1 => World::address(node).to_string(),
            _ => format!("{}@{}", World::address(node), datacenter(node, scopes)),
        };
        let list = (0..lighthouses).map(entry);
        let mut config = Config::new()
            .insecure(true)
            .listen_ip("10.0.0.0")
            .leader_lease_millis(lease)
            .lighthouses(list.collect::<Vec<_>>());
        if scopes > 1 {
            config = config.leader_scope("datacenter").datacenter(1_u8);
        }
        let mut world = World::new(seed, config.clone());
        world.network.loss_permille = r.pick(&[0, 0, 20, 100, 200]).copied().unwrap_or(0);
        world.network.duplicate_permille = r.pick(&[0, 50]).copied().unwrap_or(0);
        world.network.reorder_permille = r.pick(&[0, 100]).copied().unwrap_or(0);
        if disks {
            world.give_disks();
        }
        world.watch_election();
        let mut acts: Vec<_> = ACTS.iter().copied().filter(|_| r.chance(600)).collect();
        // Without disks the wall clock is the floor under terms: it must not go back.
        acts.retain(|act| disks || !matches!(act, Act::Wall | Act::Wipe | Act::Relist));
        acts.retain(|act| scopes == 1 || *act != Act::Relist);
        for node in 0..nodes {
            if scopes > 1 {
                world.configure(config.clone().datacenter(datacenter(node, scopes)));
            }
            let node = world.start(&[usize::from(node == 0), 0]);
            let ppm = i64::try_from(r.below(2 * RATE_PPM.unsigned_abs())).unwrap_or(0) - RATE_PPM;
            world.set_clock(node, Duration::ZERO, ppm);
        }
        let lease = Duration::from_millis(u64::from(lease));
        let wiped = None;
        Self {
            world,
            random,
            nodes,
            lighthouses,
            lease,
            disks,
            config,
            scopes,
            acts,
            wiped,
            node_micros: 0,
            changes: 0,
        }
    }

    fn storm(&mut self, span: Duration) {
        let end = self.world.now + span;
        while self.world.now < end && self.world.leader_violations().is_empty() {
            let pause = self.random.exponential(Duration::from_millis(1500));
            self.pass(pause);
            if let Some(act) = self.random.pick(&self.acts).copied() {
                self.act(act);
            }
        }
    }

    fn pass(&mut self, span: Duration) {
        let running = self.world.running().count() as u128;
        let before = self.world.now;
        self.world.run(span);
        self.node_micros += running * self.world.now.since(before).as_micros();
        self.world.seen.clear();
        self.world.notices.clear();
    }

    fn act(&mut self, act: Act) {
        let node = self.random.place(self.nodes);
        let other = self.random.place(self.nodes);
        match act {
            Act::Crash => self.world.crash(node),
            Act::Restart => self.restart(node, &[other, 0]),
            Act::Pause => {
                let most = 3 * self.lease;
                let span = self.random.span(Duration::from_millis(10), most);
                self.world.pause(node, span);
            }
            Act::Partition => {
                let mut all: Vec<_> = (0..self.nodes).collect();
                self.random.shuffle(&mut all);
                let cut = self.random.place(self.nodes);
                let (left, right) = all.split_at(cut);
                self.world.network.partition(left, right);
            }
            Act::OneWay => self.world.network.cut_one_way(node, other),
            Act::Heal => self.world.network.heal(),
            Act::Resign => {
                let _ = self.world.command(node, |engine, now| engine.resign(now, 1).is_ok());
            }
            Act::Transfer => {
                let name = World::address(other).to_string();
                let hand = |engine: &mut seafoam::proto::Engine, now| {
                    engine.transfer_leadership(now, &name, 2).is_ok()
                };
                let _ = self.world.command(node, hand);
            }
            Act::Clock => {
                let ppm = i64::try_from(self.random.below(2 * RATE_PPM.unsigned_abs()));
                self.world.set_clock(node, Duration::ZERO, ppm.unwrap_or(0) - RATE_PPM);
            }
            Act::Wall => {
                let offset = i64::try_from(self.random.below(7_200_000)).unwrap_or(0);
                self.world.set_wall(node, offset - 3_600_000);
            }
            Act::Wipe => self.wipe(node % self.lighthouses),
            Act::Relist => self.relist(node),
        }
    }

    /// A disk is lost with its process; no other one until its lighthouse knows the term again.
    fn wipe(&mut self, node: usize) {
        let settled = self.lease * 3 + Duration::from_secs(20);
        // Of a list of two, each lost disk is one of a majority: that of a process that is down, too.
        if self.world.shortest_list().unwrap_or(0).min(self.lighthouses) < 3
            || self.wiped.is_some_and(|(_, at)| self.world.now.since(at) < settled)
            || self.wiped.is_some_and(|(last, _)| !self.knows_its_term(last))
        {
            return;
        }
        self.world.crash(node);
        self.world.wipe_disk(node);
        self.wiped = Some((node, self.world.now));
        self.restart(node, &[(node + 1) % self.nodes, 0]);
    }

    fn restart(&mut self, node: usize, seeds: &[usize]) {
        if self.scopes > 1 {
            let datacenter = datacenter(node, self.scopes);
            self.world.configure(self.config.clone().datacenter(datacenter));
        }
        self.world.restart(node, seeds);
    }

    /// Adds a node to the list, or removes it, where that may be now.
    fn relist(&mut self, node: usize) {
        let Some((leader, _)) = self.world.leading().next() else { return };
        let Some(mut list) = self.world.listed(leader) else { return };
        match list.iter().position(|listed| *listed == node) {
            Some(place) => drop(list.remove(place)),
            None => list.push(node),
        }
        if self.world.relist(leader, &list).is_ok() {
            self.changes += 1;
        }
    }

    fn knows_its_term(&self, node: usize) -> bool {
        self.world.has_term(node)
    }

    fn heal(&mut self, violations: &mut Vec<String>) {
        self.world.network.calm();
        self.world.wake_all();
        for node in 0..self.nodes {
            self.world.set_wall(node, 0);
            if !self.world.runs(node) {
                self.restart(node, &[(node + 1) % self.nodes, 0]);
            }
        }
        let begun = self.world.now;
        while !self.world.is_whole() && self.world.now.since(begun) < HEALING {
            self.pass(Duration::from_millis(200));
        }
        // A leader of before may be on: whoever leads at the end of the bound counts.
        self.pass(self.lease * 3 + SLACK);
        violations.extend(self.world.leader_violations().iter().cloned());
        if self.disks && self.wiped.is_some_and(|(node, _)| !self.knows_its_term(node)) {
            return; // two files were lost within one election: silence is what was promised
        }
        let leaders: Vec<_> = (0..self.scopes).filter_map(|scope| self.leader_of(scope)).collect();
        if leaders.len() != self.scopes {
            let (at, leading) = (self.world.now, self.world.leading().collect::<Vec<_>>());
            violations.push(format!("{at:?}: after the heal {leading:?} lead"));
            return;
        }
        let healed = self.world.now;
        let versions = |of: &Self| -> Vec<_> {
            (0..of.nodes).map(|node| of.world.list_version(node)).collect()
        };
        let differ = |all: &[Option<u32>]| all.windows(2).any(|two| two[0] != two[1]);
        while self.world.now.since(healed) < REMINDED && differ(&versions(self)) {
            self.pass(Duration::from_millis(200));
        }
        self.pass(Duration::from_secs(3));
        let versions = versions(self);
        if differ(&versions) {
            violations.push(format!("after the heal nodes work by the lists {versions:?}"));
        }
        for node in 0..self.nodes {
            let Some((leader, term)) = leaders.get(node % self.scopes) else { continue };
            let name = World::address(*leader).to_string();
            let heard = self.world.engine(node).and_then(seafoam::proto::Engine::leader);
            if heard.as_ref().map(|(name, term)| (&**name, *term)) != Some((&*name, *term)) {
                violations.push(format!("node {node} hears {heard:?}, but {name} leads in {term}"));
            }
        }
    }

    /// The one who leads the nodes of a datacenter.
    fn leader_of(&self, scope: usize) -> Option<(usize, u64)> {
        let mut leading = self.world.leading().filter(|(node, _)| node % self.scopes == scope);
        leading.next().filter(|_| leading.next().is_none())
    }
}

/// The datacenter of a node.
fn datacenter(node: usize, scopes: usize) -> u8 {
    1 + u8::try_from(node % scopes).unwrap_or_default()
}
