//! Many engines, one network, one clock.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::hash::Hasher;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use seafoam::proto::leadership::Kept;
use seafoam::proto::{Engine, LocalNode, Notice, Time};
use seafoam::{Config, Node, NodeStatus, Settings, Stats};
use siphasher::sip::SipHasher24;

use crate::happening::{Happened, Happening, Seen};
use crate::host::{Arrival, Host};
use crate::leaders::Leaders;
use crate::network::Network;

/// The wall clock at the beginning of every world, milliseconds since the epoch.
const WALL_MILLIS: u64 = 1_700_000_000_000;
/// Pause before seeds are contacted again, as the runtime does it.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// A cluster of virtual nodes, numbered from 0.
pub struct World {
    /// The moment.
    pub now: Time,
    /// What the network does; change it at any moment.
    pub network: Network,
    /// Every event that any node saw, in order. Whoever runs a world for long clears it.
    pub seen: Vec<Seen>,
    /// What engines told their drivers, in order: outcomes of messages and pings.
    pub notices: Vec<(usize, Notice)>,
    /// Datagrams sent so far, and their bytes.
    pub datagrams: u64,
    /// Bytes of those datagrams, without IP and UDP headers.
    pub bytes: u64,
    /// TCP exchanges begun so far.
    pub streams: u64,
    /// Bytes of those exchanges, both ways, without headers.
    pub stream_bytes: u64,
    /// Of all these, what went between the two datacenters, with 28 of IP and UDP a datagram.
    pub far_bytes: u64,
    /// Datagrams between the two datacenters.
    pub far_datagrams: u64,
    pub(crate) hosts: Vec<Host>,
    pub(crate) queue: BTreeMap<(Time, u64), (usize, bool, Arrival)>,
    pub(crate) deadlines: BinaryHeap<Reverse<(Time, usize)>>,
    pub(crate) serial: u64,
    pub(crate) seed: u64,
    pub(crate) trace: SipHasher24,
    pub(crate) recorded: Option<Vec<(usize, usize, Vec<u8>)>>,
    pub(crate) happened: Option<Vec<Happened>>,
    pub(crate) leaders: Leaders,
    /// Whether hosts keep when each node was heard from.
    pub(crate) keeps_ages: bool,
    /// Whether hosts keep what they believe of each node, and nothing else of it.
    pub(crate) slim: bool,
    running: usize,
    pub(crate) settings: Settings,
}

impl World {
    /// An empty world. `config` is what every node runs with; its environment is never read.
    ///
    /// # Panics
    /// Where the configuration is refused: a world is made by tests and tools.
    #[must_use]
    pub fn new(seed: u64, config: Config) -> Self {
        Self {
            now: Time::ZERO,
            network: Network::new(seed),
            seen: Vec::new(),
            notices: Vec::new(),
            datagrams: 0,
            bytes: 0,
            streams: 0,
            stream_bytes: 0,
            far_bytes: 0,
            far_datagrams: 0,
            hosts: Vec::new(),
            queue: BTreeMap::new(),
            deadlines: BinaryHeap::new(),
            serial: 0,
            seed,
            trace: SipHasher24::new(),
            recorded: None,
            happened: None,
            leaders: Leaders::default(),
            keeps_ages: false,
            slim: false,
            running: 0,
            settings: resolved(config),
        }
    }

    /// Hosts that are added from now on keep one byte of each node, what they believe of it:
    /// [`status`](Self::status) answers, [`view`](Self::view) and [`table`](Self::table) do not. For
    /// thousands of nodes, all of which are called by their addresses.
    pub fn keep_statuses_only(&mut self) {
        self.slim = true;
    }

    /// What nodes that start from now on run with.
    ///
    /// # Panics
    /// Where the configuration is refused.
    pub fn configure(&mut self, config: Config) {
        self.settings = resolved(config);
    }

    /// The same with settings that were resolved before.
    pub(crate) fn use_settings(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// The address of a node.
    #[must_use]
    pub fn address(node: usize) -> SocketAddr {
        // 10.0.0.0/8 has room for every world that fits into memory.
        let [.., a, b, c] = (node as u64).to_be_bytes();
        SocketAddr::from(([10, a, b, c], 7000))
    }

    /// The node at an address.
    pub(crate) fn node_at(address: SocketAddr) -> Option<usize> {
        let std::net::IpAddr::V4(ip) = address.ip() else {
            return None;
        };
        let [_, a, b, c] = ip.octets();
        Some(usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c))
    }

    /// Starts one more node, which knows the nodes of `seeds` by address, and returns its number.
    pub fn start(&mut self, seeds: &[usize]) -> usize {
        let node = self.add_host();
        self.restart(node, seeds);
        node
    }

    /// One more host, on which nothing runs yet.
    pub(crate) fn add_host(&mut self) -> usize {
        let disk = self.leaders.disk.clone();
        let slim = self.slim.then(Vec::new);
        self.hosts.push(Host { entered: Time::NEVER, disk, slim, ..Host::default() });
        self.hosts.len() - 1
    }

    /// Starts `count` nodes, all of which know the first.
    pub fn start_many(&mut self, count: usize) {
        for _ in 0..count {
            self.start(&[0]);
        }
    }

    /// Starts a node (again), without memory of an earlier run.
    pub fn restart(&mut self, node: usize, seeds: &[usize]) {
        let address = Self::address(node);
        self.start_as(node, &address.to_string(), seeds);
    }

    /// Starts a node under a name of its own. Whatever ran there is killed.
    pub fn start_as(&mut self, node: usize, name: &str, seeds: &[usize]) {
        self.crash(node);
        self.network.silence(node, false);
        let seed = self.seed;
        let (now, address) = (self.now, Self::address(node));
        let Some(host) = self.hosts.get_mut(node) else {
            return;
        };
        host.begin();
        let draw = |what: u64| {
            let mut hasher = SipHasher24::new_with_keys(seed, what);
            hasher.write_u64(node as u64);
            hasher.write_u64(host.runs);
            hasher.finish()
        };
        let wall = (WALL_MILLIS + now.millis()).saturating_add_signed(host.wall_offset_millis);
        let me =
            LocalNode { name: name.into(), address, generation: wall, run: draw(1), seed: draw(2) };
        let started = Happening::Started {
            name: Arc::clone(&me.name),
            run: host.runs,
            generation: me.generation,
        };
        let mut settings = self.settings.clone();
        if let Some(list) = &host.disk.list {
            list.apply(&mut settings);
        }
        let mut engine = Engine::new(host.clock.at(now), wall, &settings, me);
        let has_disk = host.disk.kept != Kept::NoDisk;
        engine.restore_list(has_disk, host.disk.list.as_ref());
        engine.restore_terms(host.clock.at(now), host.disk.kept);
        host.engine = Some(engine);
        host.seeds = seeds.iter().copied().filter(|seed| *seed != node).collect();
        let run = host.runs;
        self.running += 1;
        self.tell(node, started);
        self.contact(node, run, FIRST_PAUSE);
        self.settle(node);
    }

    /// Kills a process: its host's kernel refuses connections, its sockets are gone.
    pub fn crash(&mut self, node: usize) {
        let Some(host) = self.hosts.get_mut(node).filter(|host| host.engine.is_some()) else {
            return;
        };
        host.end();
        let left = host.left;
        self.running -= 1;
        self.tell(node, Happening::Ended { left });
    }

    /// Takes a host off the network until something is started there again: nothing answers, not
    /// even its kernel.
    pub fn vanish(&mut self, node: usize) {
        self.crash(node);
        self.network.silence(node, true);
    }

    /// Stops a process for so long: nothing is read or sent, no timer runs. Its kernel takes
    /// connections and keeps datagrams, as many as a socket's buffer holds.
    pub fn pause(&mut self, node: usize, span: Duration) {
        let until = self.now + span;
        if let Some(host) = self.hosts.get_mut(node).filter(|host| host.engine.is_some()) {
            host.paused_until = host.paused_until.max(Some(until));
        }
        self.enter(node);
    }

    /// Blocks the sockets of a process for so long, while its timers run: what it sends is held back.
    pub fn block(&mut self, node: usize, span: Duration) {
        let until = self.now + span;
        if let Some(host) = self.hosts.get_mut(node).filter(|host| host.engine.is_some()) {
            host.blocked_until = host.blocked_until.max(Some(until));
        }
        self.enter(node);
    }

    /// Ends every pause and blockage.
    pub fn wake_all(&mut self) {
        for node in 0..self.hosts.len() {
            if let Some(host) = self.hosts.get_mut(node) {
                let now = self.now;
                host.paused_until = host.paused_until.map(|until| until.min(now));
                host.blocked_until = host.blocked_until.map(|until| until.min(now));
                host.slowness = Duration::ZERO;
            }
            self.enter(node);
        }
    }

    /// Whether a process is stopped or its sockets are blocked.
    #[must_use]
    pub fn is_held(&self, node: usize) -> bool {
        self.hosts.get(node).is_some_and(|host| host.deaf_until().is_some())
    }

    /// From now on each packet costs a node so much time.
    pub fn slow(&mut self, node: usize, cost: Duration) {
        if let Some(host) = self.hosts.get_mut(node) {
            host.slowness = cost;
        }
    }

    /// Sets a node's monotonic clock ahead, and its rate: so many microseconds too many in a second.
    pub fn set_clock(&mut self, node: usize, ahead: Duration, ppm: i64) {
        let now = self.now;
        if let Some(host) = self.hosts.get_mut(node) {
            host.clock.set(now, ahead, ppm);
        }
        self.enter(node);
    }

    /// What a node's wall clock shows beyond the world's when a process starts there.
    pub fn set_wall(&mut self, node: usize, offset_millis: i64) {
        if let Some(host) = self.hosts.get_mut(node) {
            host.wall_offset_millis = offset_millis;
        }
    }

    /// Gives a command to a node's engine; none where the node does not run.
    pub fn command<T>(
        &mut self,
        node: usize,
        command: impl FnOnce(&mut Engine, Time) -> T,
    ) -> Option<T> {
        let host = self.hosts.get_mut(node)?;
        let now = host.clock.at(self.now);
        let outcome = command(host.engine.as_mut()?, now);
        self.settle(node);
        Some(outcome)
    }

    /// Sends a datagram as if it came from a node: for attackers. It arrives after a delay.
    pub fn inject(&mut self, from: usize, to: usize, bytes: Vec<u8>) {
        let delay = self.network.delay();
        self.post(self.now + delay, to, Arrival::Datagram { from, bytes });
    }

    /// Keeps every datagram from now on, for attackers.
    pub fn record(&mut self) {
        self.recorded = Some(Vec::new());
    }

    /// What was kept: sender, receiver, bytes.
    #[must_use]
    pub fn recorded(&self) -> &[(usize, usize, Vec<u8>)] {
        self.recorded.as_deref().unwrap_or_default()
    }

    /// Keeps all that happens from now on, for checkers.
    pub fn watch(&mut self) {
        self.happened = Some(Vec::new());
    }

    /// What happened since this was called last.
    pub fn take_happened(&mut self) -> Vec<Happened> {
        self.happened.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// The engine of a node; none where it does not run.
    #[must_use]
    pub fn engine(&self, node: usize) -> Option<&Engine> {
        self.hosts.get(node)?.engine.as_ref()
    }

    /// The counters of a node; none where it does not run.
    #[must_use]
    pub fn stats(&self, node: usize) -> Option<Stats> {
        self.engine(node).map(Engine::stats)
    }

    /// Whether a node's `leave` is done.
    #[must_use]
    pub fn has_left(&self, node: usize) -> bool {
        self.hosts.get(node).is_some_and(|host| host.left)
    }

    /// What one node believes of another; none where it does not list it.
    #[must_use]
    pub fn status(&self, of: usize, by: usize) -> Option<NodeStatus> {
        self.hosts.get(by)?.status(&Self::address(of).to_string(), of)
    }

    /// One node's snapshot of a name.
    #[must_use]
    pub fn view(&self, by: usize, name: &str) -> Option<&Node> {
        self.hosts.get(by)?.view.get(name)
    }

    /// All that one node lists, in the order of names.
    pub fn table(&self, by: usize) -> impl Iterator<Item = &Node> {
        self.hosts.get(by).into_iter().flat_map(|host| host.view.values())
    }

    /// How many nodes one node counts as healthy.
    #[must_use]
    pub fn healthy(&self, by: usize) -> usize {
        self.hosts.get(by).map_or(0, |host| host.healthy)
    }

    /// Nodes that were ever started.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.hosts.len()
    }

    /// The nodes that run.
    pub fn running(&self) -> impl Iterator<Item = usize> {
        let runs = |(node, host): (usize, &Host)| host.engine.is_some().then_some(node);
        self.hosts.iter().enumerate().filter_map(runs)
    }

    /// Whether a node runs.
    #[must_use]
    pub fn runs(&self, node: usize) -> bool {
        self.engine(node).is_some()
    }

    /// Whether every running node counts as many nodes as run, all of them ALIVE. A count alone:
    /// cheap enough to be asked at every moment.
    #[must_use]
    pub fn is_counted(&self) -> bool {
        let hosts = self.hosts.iter().filter(|host| host.engine.is_some());
        hosts.into_iter().all(|host| host.healthy == self.running && host.alive == self.running)
    }

    /// Whether every running node counts exactly the running nodes as healthy.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        // The count first: walking all tables takes long.
        if !self.is_counted() {
            return false;
        }
        let running: Vec<_> =
            self.running().map(|of| (of, Self::address(of).to_string())).collect();
        let lists =
            |host: &Host, of: usize, name: &str| host.status(name, of) == Some(NodeStatus::Alive);
        let mut hosts = self.hosts.iter().filter(|host| host.engine.is_some());
        hosts.all(|host| running.iter().all(|(of, name)| lists(host, *of, name)))
    }

    /// A number that differs as soon as two runs differ in any packet, event or moment.
    #[must_use]
    pub fn trace(&self) -> u64 {
        self.trace.finish()
    }
}

fn resolved(config: Config) -> Settings {
    let settings = config.without_env().multicast_enabled(false).resolve();
    #[allow(clippy::expect_used)] // documented at the doors
    settings.expect("a configuration that holds")
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World")
            .field("seed", &self.seed)
            .field("now", &self.now)
            .field("nodes", &self.hosts.len())
            .finish_non_exhaustive()
    }
}
