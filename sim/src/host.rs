//! One host: its engine, its clock, what it believes, and what its kernel holds for it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use seafoam::proto::leadership::{Kept, ListFile, TermFile};
use seafoam::proto::{Engine, KnockAnswer, StreamFailure, Time, Transmit};
use seafoam::{Node, NodeStatus};

use crate::world::World;

/// Datagrams that a kernel holds for a process that does not read: 208 KiB, the usual limit, of
/// small ones at 768 bytes of bookkeeping each.
pub(crate) const SOCKET_DATAGRAMS: usize = 277;

/// Something that reaches a host.
#[derive(Debug)]
pub(crate) enum Arrival {
    Datagram {
        from: usize,
        bytes: Vec<u8>,
    },
    Request {
        from: usize,
        run: u64,
        token: u64,
        bytes: Vec<u8>,
    },
    Answer {
        run: u64,
        token: u64,
        answer: Result<Vec<u8>, StreamFailure>,
    },
    /// A kernel says that nothing listens at a node's port.
    Unreachable {
        of: usize,
    },
    /// A connection that only asks whether the kernel takes it.
    Knock {
        from: usize,
        run: u64,
        token: u64,
    },
    Knocked {
        run: u64,
        token: u64,
        answer: KnockAnswer,
    },
    /// A lighthouse's term is on its disk.
    Persisted {
        run: u64,
        file: TermFile,
    },
    /// A list of lighthouses is on its disk.
    ListPersisted {
        run: u64,
        file: ListFile,
    },
    /// It is time to contact the seeds again.
    Contact {
        run: u64,
        pause: Duration,
    },
}

/// A clock that counts a little too fast or too slowly, and may jump ahead.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    world: Time,
    local: Time,
    /// Microseconds too many in a second.
    ppm: i64,
}

impl Clock {
    /// What it shows.
    pub(crate) fn at(&self, now: Time) -> Time {
        let passed = now.0.saturating_sub(self.world.0);
        if self.ppm == 0 {
            return Time(self.local.0 + passed);
        }
        let rate = 1_000_000_i128 + i128::from(self.ppm);
        let counted = i128::from(passed) * rate / 1_000_000;
        Time(self.local.0 + u64::try_from(counted).unwrap_or(0))
    }

    /// When it shows at least that.
    pub(crate) fn when(&self, local: Time) -> Time {
        if local == Time::NEVER {
            return local;
        }
        let wanted = local.0.saturating_sub(self.local.0);
        if self.ppm == 0 {
            return Time(self.world.0 + wanted);
        }
        let rate = 1_000_000_i128 + i128::from(self.ppm).max(-999_999);
        let passed = (i128::from(wanted) * 1_000_000 + rate - 1) / rate;
        Time(self.world.0.saturating_add(u64::try_from(passed).unwrap_or(u64::MAX)))
    }

    /// Goes on from now at another rate, `ahead` later than it would show.
    pub(crate) fn set(&mut self, now: Time, ahead: Duration, ppm: i64) {
        *self = Self { world: now, local: self.at(now) + ahead, ppm };
    }
}

/// A disk, and what is on it.
#[derive(Clone, Debug)]
pub(crate) struct Disk {
    pub(crate) kept: Kept,
    pub(crate) list: Option<ListFile>,
}

impl Default for Disk {
    fn default() -> Self {
        Self { kept: Kept::NoDisk, list: None }
    }
}

/// A host and the process on it.
#[derive(Default)]
pub(crate) struct Host {
    pub(crate) engine: Option<Engine>,
    pub(crate) view: BTreeMap<Arc<str>, Node>,
    /// Instead of that, where a world is too large for it: what it believes of each node, by number.
    pub(crate) slim: Option<Vec<Option<NodeStatus>>>,
    /// When each of them was heard from last, by the own clock; empty where nobody asks for ages.
    pub(crate) heard: BTreeMap<Arc<str>, Time>,
    /// Nodes of the view that are healthy, and those that are ALIVE.
    pub(crate) healthy: usize,
    pub(crate) alive: usize,
    pub(crate) left: bool,
    pub(crate) runs: u64,
    pub(crate) clock: Clock,
    /// What the wall clock shows beyond that of the world, milliseconds.
    pub(crate) wall_offset_millis: i64,
    pub(crate) paused_until: Option<Time>,
    /// Until when its sockets neither read nor send, while its timers run.
    pub(crate) blocked_until: Option<Time>,
    pub(crate) waiting: VecDeque<Arrival>,
    /// Datagrams among what waits.
    pub(crate) datagrams_waiting: usize,
    /// What it wanted to send while its sockets were blocked.
    pub(crate) held: Vec<Transmit>,
    /// How long it takes to handle a packet, and until when it is busy with earlier ones.
    pub(crate) slowness: Duration,
    pub(crate) busy_until: Time,
    pub(crate) seeds: Vec<usize>,
    /// TCP exchanges that it began and that have not ended.
    pub(crate) exchanges: BTreeSet<u64>,
    /// What its disk holds of a lighthouse's term; it outlives processes.
    pub(crate) disk: Disk,
    /// The lease that its process was told of, until when by the own clock.
    pub(crate) lease: Option<(u64, Time)>,
    /// The configurations of the election that it had last, and when: newest first.
    pub(crate) configured: [(u64, Time); 2],
    /// For when it is entered in the world's list of deadlines.
    pub(crate) entered: Time,
}

impl Host {
    pub(crate) fn put(&mut self, node: Node) {
        let counts = |node: &Node| {
            (usize::from(node.is_healthy()), usize::from(node.status == NodeStatus::Alive))
        };
        if self.slim.is_some() {
            self.put_slim(&node.name, Some(node.status));
            return;
        }
        let after = counts(&node);
        let before = match self.view.get_mut(&node.name) {
            Some(old) => counts(&std::mem::replace(old, node)),
            None => {
                self.view.insert(Arc::clone(&node.name), node);
                (0, 0)
            }
        };
        self.healthy = self.healthy + after.0 - before.0;
        self.alive = self.alive + after.1 - before.1;
    }

    pub(crate) fn remove(&mut self, name: &str) {
        if self.slim.is_some() {
            self.put_slim(name, None);
            return;
        }
        self.heard.remove(name);
        if let Some(node) = self.view.remove(name) {
            self.healthy -= usize::from(node.is_healthy());
            self.alive -= usize::from(node.status == NodeStatus::Alive);
        }
    }

    /// One byte a node: each is called by its address, which tells its number.
    fn put_slim(&mut self, name: &str, status: Option<NodeStatus>) {
        let number = name.parse().ok().and_then(World::node_at);
        let (Some(slim), Some(number)) = (&mut self.slim, number) else { return };
        if slim.len() <= number {
            slim.resize(number + 1, None);
        }
        let Some(place) = slim.get_mut(number) else { return };
        let counts = |status: Option<NodeStatus>| {
            let healthy = status.is_some_and(NodeStatus::is_healthy);
            (usize::from(healthy), usize::from(status == Some(NodeStatus::Alive)))
        };
        let (before, after) = (counts(*place), counts(status));
        *place = status;
        self.healthy = self.healthy + after.0 - before.0;
        self.alive = self.alive + after.1 - before.1;
    }

    /// What it believes of the node of that name and number; none where it does not list it.
    pub(crate) fn status(&self, name: &str, number: usize) -> Option<NodeStatus> {
        match &self.slim {
            Some(slim) => slim.get(number).copied().flatten(),
            None => self.view.get(name).map(|node| node.status),
        }
    }

    /// Ends the process: what its kernel held for it is gone.
    pub(crate) fn end(&mut self) {
        self.engine = None;
        self.waiting.clear();
        self.datagrams_waiting = 0;
        self.held.clear();
        self.exchanges.clear();
        self.lease = None;
        self.paused_until = None;
        self.blocked_until = None;
    }

    /// Its process works by this configuration of the election now.
    pub(crate) fn note_configuration(&mut self, configuration: u64, now: Time) {
        if self.configured[0].0 != configuration {
            self.configured[1] = self.configured[0];
        }
        self.configured[0] = (configuration, now);
    }

    /// Whether it worked by this configuration at some moment since `then`.
    pub(crate) fn had_configuration(&self, configuration: u64, then: Time) -> bool {
        self.configured.iter().any(|(had, last)| *had == configuration && *last >= then)
    }

    /// Forgets what a process before believed.
    pub(crate) fn begin(&mut self) {
        self.end();
        self.runs += 1;
        self.left = false;
        self.view.clear();
        self.slim.iter_mut().for_each(Vec::clear);
        self.heard.clear();
        self.healthy = 0;
        self.alive = 0;
        self.busy_until = Time::ZERO;
    }

    /// Until when it reads nothing.
    pub(crate) fn deaf_until(&self) -> Option<Time> {
        self.paused_until.max(self.blocked_until)
    }

    /// Keeps what arrives while nobody reads; what does not fit is lost.
    pub(crate) fn keep(&mut self, arrival: Arrival) -> bool {
        if matches!(arrival, Arrival::Datagram { .. }) {
            if self.datagrams_waiting >= SOCKET_DATAGRAMS {
                return false;
            }
            self.datagrams_waiting += 1;
        }
        self.waiting.push_back(arrival);
        true
    }

    /// When this host wants to be called next, by the world's clock.
    pub(crate) fn next(&self) -> Time {
        let Some(engine) = &self.engine else { return Time::NEVER };
        if let Some(until) = self.paused_until {
            return until;
        }
        let timer = self.clock.when(engine.next_deadline()).max(self.busy_until);
        timer.min(self.blocked_until.unwrap_or(Time::NEVER))
    }
}
