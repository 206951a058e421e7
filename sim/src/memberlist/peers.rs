//! Many of its nodes, one network, one clock.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use seafoam::proto::Time;

use super::node::Node;
use super::packets::{Claim, Output, Packet, Request, Say, Timer};
use super::rules::{HANDOFF_DEPTH, Parts};
use crate::host::SOCKET_DATAGRAMS;
use crate::network::Network;
use crate::random::Random;

/// A node calls another one dead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Death {
    /// When.
    pub at: Time,
    /// Which node says so.
    pub by: usize,
    /// Of which.
    pub of: usize,
}

#[derive(Debug)]
enum Arrival {
    Datagram {
        from: usize,
        packet: Packet,
    },
    Request {
        from: usize,
        token: u64,
        request: Request,
    },
    Answer {
        token: u64,
        answer: Option<Request>,
    },
    Timer(Timer),
    /// A pause or blockage may be over.
    Wake,
}

#[derive(Debug)]
struct Host {
    node: Option<Node>,
    paused_until: Time,
    blocked_until: Time,
    waiting: VecDeque<Arrival>,
    datagrams_waiting: usize,
    /// Timers that came while the process was stopped.
    due: Vec<Timer>,
    /// What others than its loops wanted to send while sends hung.
    held: Vec<Output>,
    exchanges: BTreeMap<u64, u32>,
}

/// A cluster of its nodes, numbered from 0, that know each other from the beginning.
#[derive(Debug)]
pub struct Peers {
    /// The moment.
    pub now: Time,
    /// What the network does; change it at any moment.
    pub network: Network,
    /// Every death that any node spoke of, in order.
    pub deaths: Vec<Death>,
    /// And whenever any took one back.
    pub returns: Vec<Death>,
    /// Datagrams sent so far.
    pub datagrams: u64,
    /// Bytes of those, without IP and UDP headers, about.
    pub bytes: u64,
    hosts: Vec<Host>,
    queue: BTreeMap<(Time, u64), (usize, Arrival)>,
    serial: u64,
}

impl Peers {
    /// So many nodes on a fast network without faults.
    #[must_use]
    pub fn new(seed: u64, nodes: usize) -> Self {
        Self::with(seed, nodes, Parts::ALL)
    }

    /// The same, with these parts of Lifeguard alone.
    #[must_use]
    pub fn with(seed: u64, nodes: usize, parts: Parts) -> Self {
        let mut peers = Self {
            now: Time::ZERO,
            network: Network::new(seed),
            deaths: Vec::new(),
            returns: Vec::new(),
            datagrams: 0,
            bytes: 0,
            hosts: Vec::new(),
            queue: BTreeMap::new(),
            serial: 0,
        };
        let mut seeds = Random::new(seed ^ 0x3e3b);
        for me in 0..nodes {
            peers.hosts.push(Host {
                node: Some(Node::new(me, nodes, parts, seeds.bits())),
                paused_until: Time::ZERO,
                blocked_until: Time::ZERO,
                waiting: VecDeque::new(),
                datagrams_waiting: 0,
                due: Vec::new(),
                held: Vec::new(),
                exchanges: BTreeMap::new(),
            });
            peers.settle(me);
        }
        peers
    }

    /// Lets time pass until a moment.
    pub fn run_to(&mut self, end: Time) {
        while let Some(entry) = self.queue.first_entry() {
            if entry.key().0 > end {
                break;
            }
            let ((at, _), (node, arrival)) = entry.remove_entry();
            self.now = at;
            self.arrive(node, arrival);
        }
        self.now = self.now.max(end);
    }

    /// Lets so much time pass.
    pub fn run(&mut self, span: Duration) {
        self.run_to(self.now + span);
    }

    /// Kills a process: its host's kernel refuses connections.
    pub fn crash(&mut self, node: usize) {
        if let Some(host) = self.hosts.get_mut(node) {
            host.node = None;
            host.waiting.clear();
            host.held.clear();
        }
    }

    /// Takes a host off the network.
    pub fn vanish(&mut self, node: usize) {
        self.crash(node);
        self.network.silence(node, true);
    }

    /// Stops a process for so long: nothing is read or sent, no timer runs.
    pub fn pause(&mut self, node: usize, span: Duration) {
        let until = self.now + span;
        if let Some(host) = self.hosts.get_mut(node) {
            host.paused_until = host.paused_until.max(until);
        }
        self.post(until, node, Arrival::Wake);
    }

    /// Makes what a process sends and reads hang for so long, while its timers run.
    pub fn block(&mut self, node: usize, span: Duration) {
        let until = self.now + span;
        if let Some(host) = self.hosts.get_mut(node) {
            host.blocked_until = host.blocked_until.max(until);
            if let Some(node) = &mut host.node {
                node.blocked = true;
            }
        }
        self.post(until, node, Arrival::Wake);
    }

    /// Whether one node counts another as dead, or has forgotten it.
    #[must_use]
    pub fn is_dead(&self, of: usize, by: usize) -> bool {
        let node = self.hosts.get(by).and_then(|host| host.node.as_ref());
        node.is_some_and(|node| node.members.get(of).is_none_or(|one| one.status == Say::Dead))
    }

    /// What a node's timeouts are multiplied by; none where it does not run.
    #[must_use]
    pub fn health_factor(&self, node: usize) -> Option<u32> {
        Some(self.hosts.get(node)?.node.as_ref()?.health.factor())
    }

    fn post(&mut self, at: Time, node: usize, arrival: Arrival) {
        self.serial += 1;
        self.queue.insert((at, self.serial), (node, arrival));
    }

    fn arrive(&mut self, node: usize, arrival: Arrival) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(node) else { return };
        let (paused, blocked) = (host.paused_until > now, host.blocked_until > now);
        match arrival {
            Arrival::Wake => {
                if !paused && !blocked {
                    self.wake(node);
                }
            }
            Arrival::Timer(timer) if paused => host.due.push(timer),
            Arrival::Timer(timer) => {
                if let Some(node) = &mut host.node {
                    node.timer(now, timer);
                }
            }
            Arrival::Datagram { .. } if paused || blocked => {
                if host.datagrams_waiting < SOCKET_DATAGRAMS {
                    host.datagrams_waiting += 1;
                    host.waiting.push_back(arrival);
                }
            }
            // What its own patience ends is over whoever is held up.
            Arrival::Answer { token, answer: None } => self.exchanged(node, token, None),
            Arrival::Request { .. } | Arrival::Answer { .. } if paused || blocked => {
                host.waiting.push_back(arrival);
            }
            Arrival::Datagram { from, packet } => self.read(node, vec![(from, packet)]),
            Arrival::Request { from, token, request } => self.serve(node, from, token, &request),
            Arrival::Answer { token, answer } => self.exchanged(node, token, answer.as_ref()),
        }
        self.settle(node);
    }

    /// Whoever was held up reads what waits, sends what hung, and only then looks at what was due.
    fn wake(&mut self, node: usize) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(node) else { return };
        host.datagrams_waiting = 0;
        let (waiting, due) = (std::mem::take(&mut host.waiting), std::mem::take(&mut host.due));
        for output in std::mem::take(&mut host.held) {
            self.put_out(node, output);
        }
        let mut datagrams = Vec::new();
        for arrival in waiting {
            match arrival {
                Arrival::Datagram { from, packet } => datagrams.push((from, packet)),
                Arrival::Request { from, token, request } => {
                    self.serve(node, from, token, &request);
                }
                Arrival::Answer { token, answer } => self.exchanged(node, token, answer.as_ref()),
                Arrival::Timer(_) | Arrival::Wake => {}
            }
        }
        self.read(node, datagrams);
        if let Some(node) = self.hosts.get_mut(node).and_then(|host| host.node.as_mut()) {
            node.release(now);
            for timer in due {
                node.timer(now, timer);
            }
        }
    }

    /// Pings and answers are handled as they are read; of the claims those of life come first, of
    /// each kind the newest.
    fn read(&mut self, node: usize, datagrams: Vec<(usize, Packet)>) {
        let now = self.now;
        let Some(node) = self.hosts.get_mut(node).and_then(|host| host.node.as_mut()) else {
            return;
        };
        let mut claims: [Vec<Claim>; 2] = [Vec::new(), Vec::new()];
        for (from, packet) in datagrams {
            if let Some(ask) = packet.ask {
                node.hear(now, from, ask);
            }
            for claim in packet.claims {
                let kind = &mut claims[usize::from(claim.say != Say::Alive)];
                if kind.len() < HANDOFF_DEPTH {
                    kind.push(claim);
                }
            }
        }
        for claim in claims.into_iter().flat_map(|kind| kind.into_iter().rev()) {
            node.take(now, claim);
        }
    }

    fn serve(&mut self, node: usize, from: usize, token: u64, request: &Request) {
        let now = self.now;
        let host = self.hosts.get_mut(node);
        let Some(node_there) = host.and_then(|host| host.node.as_mut()) else { return };
        let answer = node_there.serve(now, request);
        if let Some(delay) = self.network.stream(now, node, from, answer.len(), false) {
            self.post(now + delay, from, Arrival::Answer { token, answer: Some(answer) });
        }
    }

    fn exchanged(&mut self, node: usize, token: u64, answer: Option<&Request>) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(node) else { return };
        // An exchange ends once, by its answer or by its patience.
        if let Some(sequence) = host.exchanges.remove(&token)
            && let Some(node) = &mut host.node
        {
            node.exchanged(now, sequence, answer);
        }
    }

    fn settle(&mut self, node: usize) {
        while let Some(host) = self.hosts.get_mut(node)
            && let Some(one) = &mut host.node
            && !one.out.is_empty()
        {
            let blocked = host.blocked_until > self.now;
            for output in std::mem::take(&mut one.out) {
                let sends = matches!(output, Output::Datagram { .. } | Output::Stream { .. });
                match self.hosts.get_mut(node) {
                    Some(host) if sends && blocked => host.held.push(output),
                    _ => self.put_out(node, output),
                }
            }
        }
    }

    fn put_out(&mut self, from: usize, output: Output) {
        let now = self.now;
        match output {
            Output::Datagram { to, packet } => {
                self.datagrams += 1;
                self.bytes += packet.len() as u64;
                let fate = self.network.fate(now, from, to, packet.len());
                for delay in fate.copies.into_iter().flatten() {
                    let packet = packet.clone();
                    self.post(now + delay, to, Arrival::Datagram { from, packet });
                }
            }
            Output::Stream { to, request, patience, sequence } => {
                self.serial += 1;
                let token = self.serial;
                if let Some(host) = self.hosts.get_mut(from) {
                    host.exchanges.insert(token, sequence);
                }
                self.post(now + patience, from, Arrival::Answer { token, answer: None });
                if let Some(delay) = self.network.stream(now, from, to, request.len(), true) {
                    self.post(now + delay, to, Arrival::Request { from, token, request });
                }
            }
            Output::Timer { at, timer } => self.post(at.max(now), from, Arrival::Timer(timer)),
            Output::Dead { of } => self.deaths.push(Death { at: now, by: from, of }),
            Output::Back { of } => self.returns.push(Death { at: now, by: from, of }),
        }
    }
}
