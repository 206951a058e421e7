//! What one seed of the swarm does: drawn at random, so that faults meet in ways that nobody wrote
//! down (Groce et al., *Swarm Testing*, ISSTA 2012).

use std::time::Duration;

use seafoam::Config;

use crate::network::{Bandwidth, Bursts, Delay, Network};
use crate::random::Random;
use crate::world::World;

/// Something that is done to a cluster while the swarm runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Action {
    /// A process is killed; its host answers.
    Crash,
    /// A host goes silent.
    Vanish,
    /// A process that ended begins again.
    Restart,
    /// A process begins under another name at the address of one that ended.
    Rename,
    /// A new host joins.
    Join,
    /// A process says that it leaves, and ends.
    Leave,
    /// A process is stopped and goes on.
    Pause,
    /// The sockets of a process are blocked, its timers run.
    Block,
    /// Each packet costs a process time.
    Slow,
    /// A monotonic clock jumps ahead, or counts at another rate.
    Clock,
    /// A wall clock is set.
    Wall,
    /// The network falls into two parts.
    Partition,
    /// One way between two nodes is cut.
    OneWay,
    /// One way between two nodes holds everything back for a while.
    Clog,
    /// All cuts and clogs are mended.
    Heal,
    /// A node removes another by hand.
    Remove,
    /// A node states that another is suspected.
    Accuse,
    /// A node sets its tags.
    Tags,
    /// A node broadcasts.
    Broadcast,
    /// A node sends a message to another.
    Message,
}

/// Faults after which a living node may rightly be called dead.
const HARSH: &[Action] = &[
    Action::Vanish,
    Action::Block,
    Action::Slow,
    Action::Partition,
    Action::OneWay,
    Action::Clog,
    Action::Accuse,
];
/// What a fair network and quick processes still see.
const MILD: &[Action] = &[
    Action::Crash,
    Action::Restart,
    Action::Rename,
    Action::Join,
    Action::Leave,
    Action::Pause,
    Action::Clock,
    Action::Wall,
    Action::Remove,
    Action::Tags,
    Action::Broadcast,
    Action::Message,
];

/// The options of one seed.
#[derive(Clone, Debug)]
pub struct Options {
    /// The seed that they were drawn from.
    pub seed: u64,
    /// Nodes in the beginning.
    pub nodes: usize,
    /// Whether living nodes may rightly be called dead while the faults last.
    pub harsh: bool,
    /// Whether turned bits reach the nodes: then nothing is checked but bounds and panics.
    pub nonsense: bool,
    /// Heartbeat, milliseconds.
    pub heartbeat_millis: u32,
    /// Largest datagram, bytes.
    pub datagram_bytes: u32,
    /// Profile of the failure detector.
    pub profile: &'static str,
    /// What is done, and how likely each is beside the others.
    pub actions: Vec<(Action, u64)>,
    /// Mean time between two of them.
    pub pause: Duration,
    /// How long they go on.
    pub span: Duration,
    /// One-way delay.
    pub delay: Delay,
    /// Of a thousand.
    pub loss_permille: u64,
    /// Of a thousand.
    pub duplicate_permille: u64,
    /// Of a thousand.
    pub reorder_permille: u64,
    /// Of a thousand.
    pub corrupt_permille: u64,
    /// Loss in bursts.
    pub bursts: Option<Bursts>,
    /// Uplinks.
    pub bandwidth: Option<Bandwidth>,
    /// Whether half of the nodes are behind a long link.
    pub far: bool,
    /// Datacenters, node after node in turn; 1 stands for none.
    pub datacenters: u8,
}

impl Options {
    /// Draws the options of a seed; `nodes` where their number is given.
    #[must_use]
    pub fn draw(seed: u64, nodes: Option<usize>) -> Self {
        let mut random = Random::new(seed ^ 0x5eaf_0a11);
        let r = &mut random;
        let harsh = r.chance(600);
        let nonsense = r.chance(60);
        // Small clusters have rules of their own, large ones take long: both, but not evenly.
        let most = r.pick(&[3, 6, 12, 12, 25, 60]).copied().unwrap_or(12);
        let drawn = 2 + r.place(most - 1);
        let mut actions = Vec::new();
        for action in MILD.iter().chain(if harsh { HARSH } else { &[] }) {
            if r.chance(500) {
                actions.push((*action, r.between(1, 10)));
            }
        }
        if actions.iter().any(|(action, _)| *action >= Action::Partition) {
            actions.push((Action::Heal, r.between(1, 10)));
        }
        let fault = |r: &mut Random, most: u64| if r.chance(500) { r.below(most) } else { 0 };
        let millis = Duration::from_millis;
        Self {
            seed,
            // Members that turned bits make up are many, and stay.
            nodes: nodes.unwrap_or(if nonsense { drawn.min(6) } else { drawn }).max(2),
            harsh,
            nonsense,
            heartbeat_millis: r.pick(&[100, 200, 500, 500, 500, 1000]).copied().unwrap_or(500),
            datagram_bytes: u32::try_from(r.between(508, 1200)).unwrap_or(1200),
            profile: r.pick(&["fast", "fast", "patient", "one_second"]).copied().unwrap_or("fast"),
            actions,
            pause: millis(r.between(50, 3000)),
            span: Duration::from_secs(if nonsense { 10 } else { r.between(10, 60) }),
            delay: Self::draw_delay(r, harsh),
            loss_permille: fault(r, if harsh { 400 } else { 50 }),
            duplicate_permille: fault(r, 500),
            reorder_permille: fault(r, 300),
            corrupt_permille: if nonsense {
                r.between(5, 300)
            } else {
                fault(r, if harsh { 200 } else { 20 })
            },
            bursts: (harsh && r.chance(300)).then(|| Bursts {
                good: millis(r.between(500, 10_000)),
                bad: millis(r.between(50, 5000)),
                loss_permille: r.between(300, 1000),
            }),
            bandwidth: (harsh && r.chance(200)).then(|| Bandwidth {
                bytes_per_second: r.between(8_000, 200_000),
                queue_bytes: r.between(10_000, 1_000_000),
            }),
            far: r.chance(200),
            // Of its own, so that the rest of a seed stays what it was.
            datacenters: Random::new(seed ^ 0xdc)
                .pick(&[1, 1, 1, 2, 2, 3, 6])
                .copied()
                .unwrap_or(1),
        }
    }

    fn draw_delay(r: &mut Random, harsh: bool) -> Delay {
        let millis = Duration::from_millis;
        let most = if harsh { 150 } else { 10 };
        match r.below(3) {
            0 => Delay::Uniform(Duration::from_micros(200), millis(r.between(1, most))),
            1 => Delay::LogNormal {
                median: Duration::from_micros(r.between(200, most * 500)),
                sigma: if harsh { 1.0 } else { 0.5 },
            },
            _ => Delay::Tail {
                least: Duration::from_micros(200),
                most: millis(r.between(1, most)),
                permille: r.below(30),
                tail: millis(if harsh { 2000 } else { 50 }),
            },
        }
    }

    /// What a node runs with.
    #[must_use]
    pub fn config(&self, node: usize) -> Config {
        let number = u8::try_from(node % usize::from(self.datacenters.max(1))).unwrap_or(0);
        let datacenter = if self.datacenters > 1 { number } else { seafoam::DATACENTER_NONE };
        // Every other world has lighthouses: the first nodes, as many as are there of three.
        let count = if self.seed.is_multiple_of(2) { self.nodes.min(3) } else { 0 };
        let lighthouses = (0..count).map(|node| World::address(node).to_string());
        Config::new()
            .lighthouses(lighthouses.collect::<Vec<_>>())
            .datacenter(datacenter)
            .insecure(true)
            .listen_ip("10.0.0.0")
            .heartbeat_millis(self.heartbeat_millis)
            .max_datagram_bytes(self.datagram_bytes)
            .profile(self.profile)
    }

    /// How long a process may be stopped at most.
    #[must_use]
    pub fn longest_pause(&self) -> Duration {
        // What survives by promise: a second, where the floor of suspicion is 1.2 s or more.
        match (self.harsh, self.profile) {
            (true, _) => Duration::from_secs(15),
            (false, "one_second") => Duration::from_millis(400),
            (false, _) => Duration::from_secs(1),
        }
    }

    /// Lays the faults of links on a network.
    pub fn lay(&self, network: &mut Network) {
        network.delay = self.delay;
        network.loss_permille = self.loss_permille;
        network.stream_loss_permille = self.loss_permille;
        network.duplicate_permille = self.duplicate_permille;
        network.reorder_permille = self.reorder_permille;
        network.corrupt_permille = self.corrupt_permille;
        network.corrupt_arrives = self.nonsense;
        network.bursts = self.bursts;
        network.bandwidth = self.bandwidth;
        if self.far {
            let (least, most) = (Duration::from_millis(40), Duration::from_millis(60));
            network.far_delay = Some(Delay::Uniform(least, most));
        }
    }
}
