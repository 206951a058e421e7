//! What the network does to a packet.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use seafoam::limits;
use seafoam::proto::Time;

use crate::random::Random;

/// The first repetition of a lost SYN, and of lost data, as Linux does it; each doubles the wait.
const SYN_REPEAT: Duration = Duration::from_secs(1);
const DATA_REPEAT: Duration = Duration::from_millis(200);
/// Bytes of one segment.
const SEGMENT_BYTES: usize = 1448;

/// How long one way takes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Delay {
    /// Every delay from the first to the second is as likely as any other.
    Uniform(Duration, Duration),
    /// Log-normal around a median; `sigma` of 0.5 is a busy network, 1 a bad one.
    LogNormal {
        /// Half of all packets are faster.
        median: Duration,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// Uniform up to `most`, but so many of a thousand take up to `tail`.
    Tail {
        /// Shortest.
        least: Duration,
        /// Longest of the usual ones.
        most: Duration,
        /// Of a thousand, so many are in the tail.
        permille: u64,
        /// Longest of all.
        tail: Duration,
    },
}

impl Delay {
    fn draw(&self, random: &mut Random) -> Duration {
        match *self {
            Self::Uniform(least, most) => random.span(least, most),
            Self::LogNormal { median, sigma } => {
                // Beyond four sigma, one in 30 000, nothing is learned that four do not teach.
                median.mul_f64((sigma * random.normal().clamp(-4.0, 4.0)).exp())
            }
            Self::Tail { least, most, permille, tail } => {
                let most = if random.chance(permille) { tail } else { most };
                random.span(least, most)
            }
        }
    }
}

/// Loss that comes in bursts (Gilbert and Elliott): each host's uplink is good or bad for a while.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Bursts {
    /// Mean length of a good time.
    pub good: Duration,
    /// Mean length of a bad time.
    pub bad: Duration,
    /// Datagrams lost in a bad time, of a thousand.
    pub loss_permille: u64,
}

/// What a host's uplink carries.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Bandwidth {
    /// Bytes per second, headers included.
    pub bytes_per_second: u64,
    /// Bytes that wait at most; more is lost.
    pub queue_bytes: u64,
}

/// The uplink of one host.
#[derive(Clone, Copy, Debug, Default)]
struct Uplink {
    free_at: Time,
    bad: bool,
    turns_at: Time,
}

/// Delay, loss, cuts and the like between nodes, by their numbers. All may be changed at any moment.
#[derive(Debug)]
pub struct Network {
    /// One-way delay.
    pub delay: Delay,
    /// One-way delay between different datacenters, where it is another.
    pub far_delay: Option<Delay>,
    /// Datagrams lost between different datacenters, of a thousand, beside all other loss.
    pub far_loss_permille: u64,
    /// Datagrams lost, of a thousand.
    pub loss_permille: u64,
    /// Segments of TCP lost, of a thousand: it repeats them, and is slower or fails.
    pub stream_loss_permille: u64,
    /// Loss in bursts.
    pub bursts: Option<Bursts>,
    /// Datagrams that arrive twice, of a thousand.
    pub duplicate_permille: u64,
    /// Datagrams that are held back by up to `reorder_by`, of a thousand.
    pub reorder_permille: u64,
    /// How long those are held back at most.
    pub reorder_by: Duration,
    /// Datagrams in which bits are turned, of a thousand.
    pub corrupt_permille: u64,
    /// Whether those reach the node: UDP's checksum finds all but one in 65 536.
    pub corrupt_arrives: bool,
    /// What each host can send.
    pub bandwidth: Option<Bandwidth>,
    /// Datagrams lost so far, for whatever reason.
    pub lost: u64,
    cuts: BTreeSet<(usize, usize)>,
    clogs: BTreeMap<(usize, usize), Time>,
    silent: BTreeSet<usize>,
    far: BTreeSet<usize>,
    /// What hosts lose of what they send and of what comes to them, of a thousand.
    lossy: BTreeMap<usize, (u64, u64)>,
    uplinks: Vec<Uplink>,
    random: Random,
}

/// What becomes of one datagram: when its copies arrive, and which bits turn in the first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fate {
    pub(crate) copies: [Option<Duration>; 2],
    pub(crate) corrupt: Option<u64>,
}

impl Network {
    /// A fast network without faults (0.2 to 2 ms one way).
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            delay: Delay::Uniform(Duration::from_micros(200), Duration::from_millis(2)),
            far_delay: None,
            far_loss_permille: 0,
            loss_permille: 0,
            stream_loss_permille: 0,
            bursts: None,
            duplicate_permille: 0,
            reorder_permille: 0,
            reorder_by: Duration::from_millis(50),
            corrupt_permille: 0,
            corrupt_arrives: false,
            bandwidth: None,
            lost: 0,
            cuts: BTreeSet::new(),
            clogs: BTreeMap::new(),
            silent: BTreeSet::new(),
            far: BTreeSet::new(),
            lossy: BTreeMap::new(),
            uplinks: Vec::new(),
            random: Random::new(seed),
        }
    }

    /// Cuts the way from one node to another; the way back stays.
    pub fn cut_one_way(&mut self, from: usize, to: usize) {
        self.cuts.insert((from, to));
    }

    /// Cuts every way between two groups.
    pub fn partition(&mut self, left: &[usize], right: &[usize]) {
        for &one in left {
            for &other in right {
                self.cuts.insert((one, other));
                self.cuts.insert((other, one));
            }
        }
    }

    /// Holds everything on one way back until a moment.
    pub fn clog(&mut self, from: usize, to: usize, until: Time) {
        self.clogs.insert((from, to), until);
    }

    /// Takes a host off the network, or puts it back.
    pub fn silence(&mut self, node: usize, silent: bool) {
        if silent {
            self.silent.insert(node);
        } else {
            self.silent.remove(&node);
        }
    }

    /// Makes a host lose so much, of a thousand, of what it sends and of what comes to it, segments of
    /// TCP included.
    pub fn spoil(&mut self, node: usize, sent: u64, received: u64) {
        if sent == 0 && received == 0 {
            self.lossy.remove(&node);
        } else {
            self.lossy.insert(node, (sent, received));
        }
    }

    /// Whether one of the two hosts loses what goes this way.
    fn spoils(&mut self, from: usize, to: usize) -> bool {
        if self.lossy.is_empty() {
            return false;
        }
        let sent = self.lossy.get(&from).map_or(0, |lossy| lossy.0);
        let received = self.lossy.get(&to).map_or(0, |lossy| lossy.1);
        self.random.chance(sent) || self.random.chance(received)
    }

    /// Puts a node into the other datacenter: whatever goes between the two takes the long link.
    pub fn move_far(&mut self, node: usize) {
        self.far.insert(node);
    }

    /// Mends every cut and clog. Silent hosts stay silent.
    pub fn heal(&mut self) {
        self.cuts.clear();
        self.clogs.clear();
    }

    /// Mends every cut and clog and ends every fault of links; delays stay as they are.
    pub fn calm(&mut self) {
        self.heal();
        self.far_loss_permille = 0;
        self.loss_permille = 0;
        self.stream_loss_permille = 0;
        self.bursts = None;
        self.duplicate_permille = 0;
        self.reorder_permille = 0;
        self.corrupt_permille = 0;
        self.lossy.clear();
        self.bandwidth = None;
    }

    /// When the last datagram has left that an uplink still holds.
    #[must_use]
    pub fn drained(&self) -> Time {
        self.uplinks.iter().map(|uplink| uplink.free_at).max().unwrap_or(Time::ZERO)
    }

    /// Whether anything gets from one node to another.
    #[must_use]
    pub fn reaches(&self, from: usize, to: usize) -> bool {
        let silent = |node| !self.silent.is_empty() && self.silent.contains(node);
        (self.cuts.is_empty() || !self.cuts.contains(&(from, to))) && !silent(&from) && !silent(&to)
    }

    /// What becomes of a datagram of so many bytes.
    pub(crate) fn fate(&mut self, now: Time, from: usize, to: usize, bytes: usize) -> Fate {
        // Drawn whatever happens, so that a cut does not shift the random numbers of the rest.
        let lost = self.random.chance(self.loss_permille);
        let doubled = self.random.chance(self.duplicate_permille);
        let turned = self.random.chance(self.corrupt_permille).then(|| self.random.bits());
        let delays = [self.way(now, from, to), self.way(now, from, to)];
        let far_lost = self.is_far(from, to) && self.random.chance(self.far_loss_permille);
        let burst = self.in_burst(now, from) || self.spoils(from, to);
        let waits = self.queue(now, from, bytes);
        let spoilt = turned.is_some() && !self.corrupt_arrives;
        let Some(waits) =
            waits.filter(|_| !(lost || far_lost || burst || spoilt) && self.reaches(from, to))
        else {
            self.lost += 1;
            return Fate::default();
        };
        let [first, second] = delays.map(|delay| delay + waits);
        Fate { copies: [Some(first), doubled.then_some(second)], corrupt: turned }
    }

    /// How long a TCP exchange takes one way, its connection included where it opens one; none where
    /// it does not come through in time.
    pub(crate) fn stream(
        &mut self,
        now: Time,
        from: usize,
        to: usize,
        bytes: usize,
        opens: bool,
    ) -> Option<Duration> {
        if !self.reaches(from, to) || !self.reaches(to, from) {
            return None;
        }
        let mut took = self.way(now, from, to);
        if opens {
            took += self.repeats(SYN_REPEAT, from, to)?;
            took += self.way(now, to, from) + self.way(now, from, to);
        }
        // One wait for each window of ten segments (RFC 6928) that lost one, not for each segment.
        for _ in 0..bytes.div_ceil(SEGMENT_BYTES * 10).clamp(1, 64) {
            took += self.repeats(DATA_REPEAT, from, to)?;
        }
        if let Some(bandwidth) = self.bandwidth {
            let micros = bytes as u64 * 1_000_000 / bandwidth.bytes_per_second.max(1);
            took += Duration::from_micros(micros);
        }
        (took < limits::STREAM_TIME).then_some(took)
    }

    /// How long a connection's first packet takes, what is lost of it or of the answer being sent
    /// again; none where it does not come through.
    pub(crate) fn handshake(&mut self, now: Time, from: usize, to: usize) -> Option<Duration> {
        if !self.reaches(from, to) || !self.reaches(to, from) {
            return None;
        }
        let took = self.way(now, from, to) + self.repeats(SYN_REPEAT, from, to)?;
        (took < limits::STREAM_TIME).then_some(took)
    }

    /// How long repetitions of something that is lost there or back hold it up.
    fn repeats(&mut self, first: Duration, from: usize, to: usize) -> Option<Duration> {
        let mut loss = self.stream_loss_permille;
        if self.is_far(from, to) {
            loss += self.far_loss_permille;
        }
        let (mut waited, mut pause) = (Duration::ZERO, first);
        while self.random.chance(loss)
            || self.random.chance(loss)
            || self.spoils(from, to)
            || self.spoils(to, from)
        {
            waited += pause;
            pause *= 2;
            if waited >= limits::STREAM_TIME {
                return None;
            }
        }
        Some(waited)
    }

    pub(crate) fn is_far(&self, from: usize, to: usize) -> bool {
        !self.far.is_empty() && self.far.contains(&from) != self.far.contains(&to)
    }

    /// A one-way delay, with reordering and clogs.
    pub(crate) fn way(&mut self, now: Time, from: usize, to: usize) -> Duration {
        let far = self.far_delay.filter(|_| self.is_far(from, to));
        let mut delay = far.unwrap_or(self.delay).draw(&mut self.random);
        if self.reorder_permille > 0 && self.random.chance(self.reorder_permille) {
            delay += self.random.span(Duration::ZERO, self.reorder_by);
        }
        let clog = if self.clogs.is_empty() { None } else { self.clogs.get(&(from, to)) };
        clog.map_or(delay, |until| delay + until.since(now))
    }

    /// A plain one-way delay.
    pub(crate) fn delay(&mut self) -> Duration {
        self.delay.draw(&mut self.random)
    }

    fn uplink(&mut self, node: usize) -> Option<&mut Uplink> {
        if self.uplinks.len() <= node {
            self.uplinks.resize(node + 1, Uplink::default());
        }
        self.uplinks.get_mut(node)
    }

    fn in_burst(&mut self, now: Time, from: usize) -> bool {
        let Some(bursts) = self.bursts else { return false };
        let Some(mut uplink) = self.uplink(from).copied() else { return false };
        while uplink.turns_at <= now {
            uplink.bad = !uplink.bad;
            let mean = if uplink.bad { bursts.bad } else { bursts.good };
            let least = Duration::from_millis(1); // so that time passes
            uplink.turns_at = uplink.turns_at + self.random.exponential(mean).max(least);
        }
        if let Some(held) = self.uplink(from) {
            *held = uplink;
        }
        uplink.bad && self.random.chance(bursts.loss_permille)
    }

    /// How long a datagram waits for the uplink; none where the queue is full.
    fn queue(&mut self, now: Time, from: usize, bytes: usize) -> Option<Duration> {
        let Some(bandwidth) = self.bandwidth else { return Some(Duration::ZERO) };
        let per_second = bandwidth.bytes_per_second.max(1);
        let uplink = self.uplink(from)?;
        let begins = uplink.free_at.max(now);
        let backlog = begins.since(now).as_micros() * u128::from(per_second) / 1_000_000;
        if backlog > u128::from(bandwidth.queue_bytes) {
            return None;
        }
        let micros = (bytes as u64 + 28) * 1_000_000 / per_second;
        uplink.free_at = begins + Duration::from_micros(micros);
        Some(uplink.free_at.since(now))
    }
}
