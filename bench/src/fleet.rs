//! Engines in virtual time, driven as the runtime drives them: what their own calls cost can be counted
//! without a network, a clock or a scheduler in it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use seafoam::proto::{Engine, KnockAnswer, LocalNode, StreamFailure, Time, Transmit};
use seafoam::{Config, Error, Stats};

/// Each datagram is under way for so long, and a little more for some pairs: answers do not all come
/// in one moment.
const DELAY: Duration = Duration::from_micros(300);
/// All pairs have met and nothing is passed on any more once so much time went by.
const SETTLES: Duration = Duration::from_secs(150);
/// The wall clock at the beginning, milliseconds since the epoch.
const WALL_MILLIS: u64 = 1_700_000_000_000;
/// Of no network: always the same, so that each run is.
const KEY: &str = "c2VhZm9hbSBzZWFmb2FtIHNlYWZvYW0gc2VhZm9hbSE=";

/// Runs each call of an engine, and counts what is to be counted of it.
pub trait Meter {
    /// Runs it.
    fn run<T>(&mut self, call: impl FnOnce() -> T) -> T;
}

/// Counts nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unmetered;

impl Meter for Unmetered {
    fn run<T>(&mut self, call: impl FnOnce() -> T) -> T {
        call()
    }
}

/// What reaches an engine.
enum Arrival {
    Datagram { from: usize, bytes: Vec<u8> },
    Timeout,
    Stream { token: u64, answer: Result<Vec<u8>, StreamFailure> },
    Knock { token: u64 },
}

/// Engines of one cluster, numbered from 0, on a network that loses nothing.
pub struct Fleet {
    engines: Vec<Engine>,
    /// What arrives when, in order; the number tells equal moments apart.
    queue: BTreeMap<(Time, u64), (usize, Arrival)>,
    /// The moment for which each engine is in the queue.
    entered: Vec<(Time, u64)>,
    serial: u64,
    now: Time,
    /// Used again for each turn, as the runtime does it.
    out: Vec<Transmit>,
    /// Memory of each engine's datagrams that were sent.
    spent: Vec<Vec<Vec<u8>>>,
    /// Datagrams sent so far.
    pub datagrams: u64,
    /// How often a deadline of an engine came so far.
    pub deadlines: u64,
}

impl Fleet {
    /// So many nodes that know each other and have nothing new to say, sealed or plain.
    ///
    /// # Errors
    /// What the configuration is refused for.
    pub fn at_rest(nodes: usize, sealed: bool) -> Result<Self, Error> {
        let key = if sealed { KEY } else { "" };
        let config = Config::new().without_env().multicast_enabled(false).keys(key);
        let settings = config.resolve()?;
        let mut fleet = Self {
            engines: Vec::with_capacity(nodes),
            queue: BTreeMap::new(),
            entered: vec![(Time::NEVER, 0); nodes],
            serial: 0,
            now: Time::ZERO,
            out: Vec::new(),
            spent: vec![Vec::new(); nodes],
            datagrams: 0,
            deadlines: 0,
        };
        for number in 0..nodes {
            let me = LocalNode {
                name: address(number).to_string().into(),
                address: address(number),
                generation: WALL_MILLIS + number as u64,
                run: number as u64 + 1,
                seed: number as u64 * 7919 + 1,
            };
            let mut engine = Engine::new(fleet.now, WALL_MILLIS, &settings, me);
            engine.contact(fleet.now, &[address(0)]);
            fleet.engines.push(engine);
            fleet.turn(number, &mut Unmetered, |_, _| ());
            fleet.run(Duration::from_millis(20), &mut Unmetered);
        }
        fleet.run(SETTLES, &mut Unmetered);
        Ok(fleet)
    }

    /// Lets so much time pass.
    pub fn run(&mut self, span: Duration, meter: &mut impl Meter) {
        let end = self.now + span;
        while let Some(entry) = self.queue.first_entry() {
            if entry.key().0 > end {
                break;
            }
            self.now = self.now.max(entry.key().0);
            let (node, arrival) = entry.remove();
            self.arrive(node, arrival, meter);
        }
        self.now = end;
    }

    /// The counters of all nodes.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let own = self.engines.iter().map(Engine::stats);
        own.fold(Stats::default(), |all, one| all.plus(&one))
    }

    /// How many nodes there are.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.engines.len()
    }

    fn arrive(&mut self, node: usize, arrival: Arrival, meter: &mut impl Meter) {
        match arrival {
            Arrival::Datagram { from, bytes } => {
                self.turn(node, meter, |engine, now| {
                    engine.handle_datagram(now, address(from), &bytes);
                });
            }
            Arrival::Timeout => {
                self.deadlines += 1;
                self.turn(node, meter, Engine::handle_timeout);
            }
            Arrival::Stream { token, answer } => {
                self.turn(node, meter, |engine, now| engine.handle_stream(now, token, answer));
            }
            Arrival::Knock { token } => {
                let answer = KnockAnswer::Accepted;
                self.turn(node, meter, |engine, now| engine.handle_knock(now, token, answer));
            }
        }
    }

    /// One input of one engine, and all that it has to say of it.
    fn turn(&mut self, node: usize, meter: &mut impl Meter, input: impl FnOnce(&mut Engine, Time)) {
        let Self { engines, out, spent, now, .. } = self;
        let (Some(engine), Some(spent)) = (engines.get_mut(node), spent.get_mut(node)) else {
            return;
        };
        let next = meter.run(|| {
            for bytes in spent.drain(..) {
                engine.recycle(bytes);
            }
            input(engine, *now);
            out.extend(std::iter::from_fn(|| engine.poll_transmit()));
            while engine.poll_change().is_some() {}
            while engine.poll_notice().is_some() {}
            engine.next_deadline()
        });
        let mut out = std::mem::take(&mut self.out);
        for transmit in out.drain(..) {
            self.send(node, transmit);
        }
        self.out = out;
        self.enter(node, next);
    }

    fn send(&mut self, node: usize, transmit: Transmit) {
        let (to, arrival) = match transmit {
            Transmit::Datagram { to, bytes } => {
                self.datagrams += 1;
                let arrival = Arrival::Datagram { from: node, bytes: bytes.clone() };
                if let Some(spent) = self.spent.get_mut(node) {
                    spent.push(bytes);
                }
                let extra = Duration::from_micros((node as u64 * 31 + u64::from(to.port())) % 97);
                return self.post(DELAY + extra, number(to), arrival);
            }
            Transmit::Stream { to, token, request } => {
                let (now, from) = (self.now, address(node));
                let served = self.engines.get_mut(number(to));
                let answer = served.and_then(|engine| engine.serve_stream(now, from, &request));
                let answer = answer.ok_or(StreamFailure::Broken);
                (to, Arrival::Stream { token, answer })
            }
            Transmit::Knock { to, token, .. } => (to, Arrival::Knock { token }),
            Transmit::Persist { .. } | Transmit::PersistList { .. } | Transmit::Announce { .. } => {
                return;
            }
        };
        // What the peer learnt it says at once.
        self.post(Duration::ZERO, number(to), Arrival::Timeout);
        self.post(DELAY * 3, node, arrival);
    }

    fn post(&mut self, after: Duration, node: usize, arrival: Arrival) {
        self.serial += 1;
        self.queue.insert((self.now + after, self.serial), (node, arrival));
    }

    /// Enters when an engine wants to be called next.
    fn enter(&mut self, node: usize, next: Time) {
        let Some(entered) = self.entered.get_mut(node) else { return };
        if entered.0 == next && self.queue.contains_key(entered) {
            return;
        }
        self.queue.remove(entered);
        if next != Time::NEVER {
            self.serial += 1;
            *entered = (next, self.serial);
            self.queue.insert(*entered, (node, Arrival::Timeout));
        }
    }
}

impl std::fmt::Debug for Fleet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fleet").field("nodes", &self.engines.len()).finish_non_exhaustive()
    }
}

fn address(number: usize) -> SocketAddr {
    let [.., a, b] = (number as u64).to_be_bytes();
    SocketAddr::from(([10, 0, a, b], 7000))
}

fn number(address: SocketAddr) -> usize {
    match address.ip() {
        std::net::IpAddr::V4(ip) => {
            let [_, _, a, b] = ip.octets();
            usize::from(a) << 8 | usize::from(b)
        }
        std::net::IpAddr::V6(_) => usize::MAX,
    }
}
