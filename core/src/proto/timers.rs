//! What the engine waits for, in the order of time.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use super::members::MemberId;
use super::time::Time;

/// What happens when a moment comes. Each is armed once at most: the last moment counts. When it
/// fires it looks whether it still means anything.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Timer {
    /// The next probe of the failure detector begins.
    Beat,
    /// News and what is still passed on go out.
    Gossip,
    /// A probe repeats its PING, asks helpers, or ends.
    Probe(u32),
    /// A helper's ping has not been answered: tell the one who asked.
    Nack(u32),
    /// A suspicion may have run out.
    Suspicion(MemberId),
    /// A suspicion may still lack witnesses: the next ones look for themselves.
    Corroborate(MemberId),
    /// DEAD members and named addresses are tried again.
    Retry,
    /// Members that came back from death are counted.
    Merged,
    /// A node that LEFT, or a tombstone, is forgotten.
    Forget,
    /// This node announces itself by multicast.
    Announce,
    /// Receipts of a broadcast may still be missing.
    Receipt(u32),
    /// A message is repeated, or given up.
    Direct(u32),
    /// An announcement is answered.
    Answer(SocketAddr),
    /// Something of the election has come: a lease ends, a word is said again, a turn to stand.
    Election,
    /// A link that may work one way only is tried again.
    Link(MemberId),
    /// Members are asked for their keys, again.
    Survey(u64),
    /// Evidence may have run out, or have held for long enough.
    Validity,
}

#[derive(Default)]
pub(super) struct Timers {
    queue: BTreeSet<(Time, u64, Timer)>,
    /// Where each is in the queue.
    armed: BTreeMap<Timer, (Time, u64)>,
    serial: u64,
}

impl Timers {
    pub(super) fn arm(&mut self, at: Time, timer: Timer) {
        self.serial += 1; // equal moments fire in the order in which they were armed
        self.disarm(timer);
        self.armed.insert(timer, (at, self.serial));
        self.queue.insert((at, self.serial, timer));
    }

    /// What it was for is over.
    pub(super) fn disarm(&mut self, timer: Timer) {
        if let Some((at, serial)) = self.armed.remove(&timer) {
            self.queue.remove(&(at, serial, timer));
        }
    }

    /// When it fires; none where it is not armed.
    pub(super) fn when(&self, timer: Timer) -> Option<Time> {
        self.armed.get(&timer).map(|(at, _)| *at)
    }

    pub(super) fn next(&self) -> Time {
        self.queue.first().map_or(Time::NEVER, |(at, ..)| *at)
    }

    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    pub(super) fn pop_due(&mut self, now: Time) -> Option<Timer> {
        let (at, _, timer) = *self.queue.first()?;
        if at > now {
            return None;
        }
        self.disarm(timer);
        Some(timer)
    }
}
