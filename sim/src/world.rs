//! Many engines, one network, one clock.

use std::collections::BTreeMap;
use std::hash::Hasher;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use seafoam::proto::{Change, Engine, LocalNode, Notice, StreamFailure, Time, Transmit};
use seafoam::{Config, Event, Node, NodeStatus, Settings};
use siphasher::sip::SipHasher24;

use crate::network::Network;

/// How long a TCP connection to nowhere takes to fail.
const STREAM_TIMEOUT: Duration = Duration::from_secs(5);
/// The wall clock at the beginning of every world, milliseconds since the epoch.
const WALL_MILLIS: u64 = 1_700_000_000_000;

/// One event, and when which node saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// When.
    pub at: Time,
    /// The node that saw it.
    pub by: usize,
    /// What.
    pub event: Event,
}

enum Arrival {
    Datagram { from: usize, bytes: Vec<u8> },
    Request { from: usize, token: u64, bytes: Vec<u8> },
    Answer { token: u64, answer: Result<Vec<u8>, StreamFailure> },
}

#[derive(Default)]
struct Host {
    engine: Option<Engine>,
    view: BTreeMap<Arc<str>, Node>,
    left: bool,
    runs: u64,
    paused_until: Option<Time>,
    waiting: Vec<Arrival>,
}

/// A cluster of virtual nodes, numbered from 0.
pub struct World {
    /// The moment.
    pub now: Time,
    /// What the network does; change it at any moment.
    pub network: Network,
    /// Every event that any node saw, in order.
    pub seen: Vec<Seen>,
    /// What engines told their drivers, in order: outcomes of messages and pings.
    pub notices: Vec<(usize, Notice)>,
    /// Datagrams sent so far, and their bytes.
    pub datagrams: u64,
    /// Bytes of those datagrams, without IP and UDP headers.
    pub bytes: u64,
    hosts: Vec<Host>,
    queue: BTreeMap<(Time, u64), (usize, Arrival)>,
    serial: u64,
    seed: u64,
    settings: Settings,
    trace: SipHasher24,
}

impl World {
    /// An empty world. `config` is what every node runs with; its environment is never read.
    ///
    /// # Panics
    /// Where the configuration is refused: a world is made by tests and tools.
    #[must_use]
    pub fn new(seed: u64, config: Config) -> Self {
        let settings = config.without_env().multicast_enabled(false).resolve();
        #[allow(clippy::expect_used)] // documented above
        let settings = settings.expect("a configuration that holds");
        Self {
            now: Time::ZERO,
            network: Network::new(seed),
            seen: Vec::new(),
            notices: Vec::new(),
            datagrams: 0,
            bytes: 0,
            hosts: Vec::new(),
            queue: BTreeMap::new(),
            serial: 0,
            seed,
            settings,
            trace: SipHasher24::new(),
        }
    }

    /// The address of a node.
    #[must_use]
    pub fn address(node: usize) -> SocketAddr {
        // 10.0.0.0/8 has room for every world that fits into memory.
        let [.., a, b, c] = (node as u64).to_be_bytes();
        SocketAddr::from(([10, a, b, c], 7000))
    }

    /// Starts one more node, which knows the nodes of `seeds` by address, and returns its number.
    pub fn start(&mut self, seeds: &[usize]) -> usize {
        self.hosts.push(Host::default());
        let node = self.hosts.len() - 1;
        self.restart(node, seeds);
        node
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

    /// Starts a node under a name of its own.
    pub fn start_as(&mut self, node: usize, name: &str, seeds: &[usize]) {
        let seed = self.seed;
        let (now, address) = (self.now, Self::address(node));
        let Some(host) = self.hosts.get_mut(node) else {
            return;
        };
        host.runs += 1;
        host.left = false;
        host.view.clear();
        let draw = |what: u64| {
            let mut hasher = SipHasher24::new_with_keys(seed, what);
            hasher.write_u64(node as u64);
            hasher.write_u64(host.runs);
            hasher.finish()
        };
        let wall = WALL_MILLIS + now.millis();
        let me =
            LocalNode { name: name.into(), address, generation: wall, run: draw(1), seed: draw(2) };
        let mut engine = Engine::new(now, wall, &self.settings, me);
        let seeds: Vec<_> =
            seeds.iter().filter(|seed| **seed != node).map(|seed| Self::address(*seed)).collect();
        engine.contact(now, &seeds);
        host.engine = Some(engine);
        self.settle(node);
    }

    /// Kills a process: its host's kernel refuses connections, its sockets are gone.
    pub fn crash(&mut self, node: usize) {
        if let Some(host) = self.hosts.get_mut(node) {
            host.engine = None;
            host.waiting.clear();
        }
    }

    /// Stops a process for so long: nothing is read or sent, what arrives waits.
    pub fn pause(&mut self, node: usize, span: Duration) {
        let until = self.now + span;
        if let Some(host) = self.hosts.get_mut(node) {
            host.paused_until = Some(until);
        }
    }

    /// Gives a command to a node's engine; none where the node does not run.
    pub fn command<T>(
        &mut self,
        node: usize,
        command: impl FnOnce(&mut Engine, Time) -> T,
    ) -> Option<T> {
        let now = self.now;
        let outcome = command(self.hosts.get_mut(node)?.engine.as_mut()?, now);
        self.settle(node);
        Some(outcome)
    }

    /// Whether a node's `leave` is done.
    #[must_use]
    pub fn has_left(&self, node: usize) -> bool {
        self.hosts.get(node).is_some_and(|host| host.left)
    }

    /// What one node believes of another; none where it does not list it.
    #[must_use]
    pub fn status(&self, of: usize, by: usize) -> Option<NodeStatus> {
        self.view(by, &Self::address(of).to_string()).map(|node| node.status)
    }

    /// One node's snapshot of a name.
    #[must_use]
    pub fn view(&self, by: usize, name: &str) -> Option<&Node> {
        self.hosts.get(by)?.view.get(name)
    }

    /// How many nodes one node counts as healthy.
    #[must_use]
    pub fn healthy(&self, by: usize) -> usize {
        let view = self.hosts.get(by).map(|host| &host.view);
        view.map_or(0, |view| view.values().filter(|node| node.is_healthy()).count())
    }

    /// The nodes that run.
    pub fn running(&self) -> impl Iterator<Item = usize> {
        let runs = |(node, host): (usize, &Host)| host.engine.is_some().then_some(node);
        self.hosts.iter().enumerate().filter_map(runs)
    }

    /// Whether every running node counts exactly the running nodes as healthy.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let running: Vec<_> = self.running().collect();
        running.iter().all(|by| {
            self.healthy(*by) == running.len()
                && running.iter().all(|of| self.status(*of, *by) == Some(NodeStatus::Alive))
        })
    }

    /// A number that differs as soon as two runs differ in any packet, event or moment.
    #[must_use]
    pub fn trace(&self) -> u64 {
        self.trace.finish()
    }

    /// Lets time pass until `done` or for so long at most; whether it was done.
    pub fn run_until(&mut self, span: Duration, mut done: impl FnMut(&Self) -> bool) -> bool {
        let end = self.now + span;
        loop {
            if done(self) {
                return true;
            }
            let next = self.next_moment();
            if next > end {
                self.now = end;
                return false;
            }
            self.step(next);
        }
    }

    /// Lets so much time pass.
    pub fn run(&mut self, span: Duration) {
        self.run_until(span, |_| false);
    }

    fn next_moment(&self) -> Time {
        let arrival = self.queue.keys().next().map_or(Time::NEVER, |(at, _)| *at);
        let hosts = self.hosts.iter().map(|host| match (&host.engine, host.paused_until) {
            (Some(engine), None) => engine.next_deadline(),
            (Some(_), Some(until)) => until,
            (None, _) => Time::NEVER,
        });
        hosts.fold(arrival, Time::min).max(self.now)
    }

    /// Everything that happens at one moment: what arrives before what is due, as a node that was
    /// held up reads its socket before it looks at its clock.
    fn step(&mut self, at: Time) {
        self.now = at;
        for node in 0..self.hosts.len() {
            self.wake(node);
        }
        while let Some(entry) = self.queue.first_entry() {
            if entry.key().0 > at {
                break;
            }
            let (node, arrival) = entry.remove();
            self.arrive(node, arrival);
        }
        for node in 0..self.hosts.len() {
            let Some(host) = self.hosts.get_mut(node) else {
                continue;
            };
            let Some(engine) = host.engine.as_mut().filter(|_| host.paused_until.is_none()) else {
                continue;
            };
            if engine.next_deadline() <= at {
                engine.handle_timeout(at);
                self.settle(node);
            }
        }
    }

    fn wake(&mut self, node: usize) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(node) else {
            return;
        };
        if host.paused_until.is_some_and(|until| until <= now) {
            host.paused_until = None;
            for arrival in std::mem::take(&mut host.waiting) {
                self.arrive(node, arrival);
            }
        }
    }

    fn arrive(&mut self, node: usize, arrival: Arrival) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(node) else {
            return;
        };
        if host.paused_until.is_some() {
            host.waiting.push(arrival);
            return;
        }
        let Some(engine) = host.engine.as_mut() else {
            if let Arrival::Request { from, token, .. } = arrival {
                self.answer(node, from, token, Err(StreamFailure::Refused));
            }
            return;
        };
        match arrival {
            Arrival::Datagram { from, bytes } => {
                self.trace.write_u64(now.0);
                self.trace.write(&bytes);
                engine.handle_datagram(now, Self::address(from), &bytes);
            }
            Arrival::Request { from, token, bytes } => {
                let answer = engine.serve_stream(now, Self::address(from), &bytes);
                self.answer(node, from, token, answer.ok_or(StreamFailure::Broken));
            }
            Arrival::Answer { token, answer } => engine.handle_stream(now, token, answer),
        }
        self.settle(node);
    }

    fn answer(
        &mut self,
        from: usize,
        to: usize,
        token: u64,
        answer: Result<Vec<u8>, StreamFailure>,
    ) {
        let delay = self.network.delay();
        self.post(self.now + delay, to, Arrival::Answer { token, answer });
        let _ = from;
    }

    fn post(&mut self, at: Time, to: usize, arrival: Arrival) {
        self.serial += 1;
        self.queue.insert((at, self.serial), (to, arrival));
    }

    fn node_at(address: SocketAddr) -> Option<usize> {
        let std::net::IpAddr::V4(ip) = address.ip() else {
            return None;
        };
        let [_, a, b, c] = ip.octets();
        Some(usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c))
    }

    /// Takes what an engine has put out.
    fn settle(&mut self, node: usize) {
        let Some(host) = self.hosts.get_mut(node) else {
            return;
        };
        let Some(engine) = host.engine.as_mut() else {
            return;
        };
        let mut transmits = Vec::new();
        while let Some(transmit) = engine.poll_transmit() {
            transmits.push(transmit);
        }
        while let Some(change) = engine.poll_change() {
            match change {
                Change::Put { node, .. } => drop(host.view.insert(Arc::clone(&node.name), node)),
                Change::Remove { name } => drop(host.view.remove(&name)),
            }
        }
        while let Some(notice) = engine.poll_notice() {
            match notice {
                Notice::Event(event) => self.seen.push(Seen { at: self.now, by: node, event }),
                Notice::Left => host.left = true,
                outcome @ (Notice::Pong { .. } | Notice::Sent { .. }) => {
                    self.notices.push((node, outcome));
                }
                Notice::NameTaken { .. } | Notice::Log(..) => {}
            }
        }
        for transmit in transmits {
            self.send(node, transmit);
        }
    }

    fn send(&mut self, from: usize, transmit: Transmit) {
        match transmit {
            Transmit::Datagram { to, bytes } => {
                self.datagrams += 1;
                self.bytes += bytes.len() as u64;
                let Some(to) = Self::node_at(to) else { return };
                for delay in self.network.deliveries(from, to) {
                    let arrival = Arrival::Datagram { from, bytes: bytes.clone() };
                    self.post(self.now + delay, to, arrival);
                }
            }
            Transmit::Stream { to, token, request } => {
                let to = Self::node_at(to);
                let open = |to: &usize| {
                    *to < self.hosts.len()
                        && self.network.reaches(from, *to)
                        && self.network.reaches(*to, from)
                };
                let to = to.filter(open);
                let delay = self.network.delay();
                match to {
                    Some(to) => {
                        let arrival = Arrival::Request { from, token, bytes: request };
                        self.post(self.now + delay, to, arrival);
                    }
                    None => {
                        let answer = Err(StreamFailure::TimedOut);
                        let at = self.now + STREAM_TIMEOUT;
                        self.post(at, from, Arrival::Answer { token, answer });
                    }
                }
            }
            Transmit::Announce { .. } => {}
        }
    }
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
