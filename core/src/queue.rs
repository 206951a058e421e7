//! What waits in one subscription: a bounded ring, and the last value of each state.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Waker;

use crate::api::error::{Error, Result};
use crate::api::event::{Event, EventKind, EventKinds};
use crate::events::Wake;
use crate::fork::Home;
use crate::hook::call_hook;
use crate::limits;
use crate::sync::{Condvar, Mutex};

/// What keeps the last one of a state: later values may replace earlier ones when readers are slow.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Slot {
    Status(Arc<str>),
    Node(Arc<str>),
    Leader(Option<u8>),
    Validity,
    Datacenter(u8),
}

fn slot_of(event: &Event) -> Option<Slot> {
    match event {
        Event::Status { node, .. } => Some(Slot::Status(Arc::clone(&node.name))),
        Event::Node { node } => Some(Slot::Node(Arc::clone(&node.name))),
        Event::Leader { scope, .. } => Some(Slot::Leader(*scope)),
        Event::Validity { .. } => Some(Slot::Validity),
        Event::Datacenter { number, .. } => Some(Slot::Datacenter(*number)),
        Event::Broadcast { .. }
        | Event::Message { .. }
        | Event::Conflict { .. }
        | Event::Link { .. }
        | Event::Merged { .. }
        | Event::Lagged { .. }
        | Event::Closed { .. } => None,
    }
}

fn payload_bytes(event: &Event) -> usize {
    match event {
        Event::Broadcast { bytes, .. } | Event::Message { bytes, .. } => bytes.len(),
        Event::Status { .. }
        | Event::Leader { .. }
        | Event::Validity { .. }
        | Event::Node { .. }
        | Event::Conflict { .. }
        | Event::Link { .. }
        | Event::Merged { .. }
        | Event::Datacenter { .. }
        | Event::Lagged { .. }
        | Event::Closed { .. } => 0,
    }
}

pub(crate) struct Queue {
    pub(crate) home: Home,
    kinds: EventKinds,
    capacity: usize,
    lost: Arc<AtomicU64>,
    pub(crate) inner: Mutex<Inner>,
    pub(crate) arrived: Condvar,
}

struct Waiting {
    number: u64,
    /// Of its payload.
    bytes: usize,
    event: Arc<Event>,
}

#[derive(Default)]
pub(crate) struct Inner {
    /// What a reader had no room for: before all others.
    returned: VecDeque<Arc<Event>>,
    /// Broadcasts, messages and the like, each with its number in the common order.
    ring: VecDeque<Waiting>,
    ring_bytes: usize,
    /// States: the last one of each slot survives.
    states: VecDeque<(u64, Slot, Arc<Event>)>,
    /// States are thinned when there are so many, so that the cost per event stays constant.
    thin_at: usize,
    next: u64,
    missed: u64,
    closed: Option<Arc<Event>>,
    pub(crate) ended: bool,
    pub(crate) waker: Option<Waker>,
    pub(crate) wake: Option<Wake>,
    /// Whether the wake was called and nobody has looked since: one wake for each time that the
    /// queue stops being empty.
    pub(crate) woken: bool,
}

impl Inner {
    /// How many events wait, LAGGED and CLOSED apart.
    pub(crate) fn len(&self) -> usize {
        self.returned.len() + self.ring.len() + self.states.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0 && self.missed == 0 && self.closed.is_none()
    }

    pub(crate) fn pop(&mut self) -> Option<Arc<Event>> {
        if let Some(event) = self.returned.pop_front() {
            self.ended |= event.kind() == EventKind::Closed;
            return Some(event);
        }
        let state = self.states.front().map(|(number, ..)| *number);
        let ring = self.ring.front().map(|waiting| waiting.number);
        match (state, ring) {
            (Some(state), Some(ring)) if state < ring => self.pop_state(),
            (Some(_), None) => self.pop_state(),
            (_, Some(_)) => {
                if self.missed > 0 {
                    return self.pop_lagged();
                }
                let waiting = self.ring.pop_front()?;
                self.ring_bytes -= waiting.bytes;
                Some(waiting.event)
            }
            (None, None) if self.missed > 0 => self.pop_lagged(),
            (None, None) => {
                let closed = self.closed.take()?;
                self.ended = true;
                Some(closed)
            }
        }
    }

    /// Moves up to `most` events into `into` and returns how many. It looks at none of them: their
    /// memory is still with the core that published them, and the engine waits for the lock.
    ///
    /// # Errors
    /// `closed` once the CLOSED event was read.
    pub(crate) fn drain(&mut self, into: &mut Vec<Arc<Event>>, most: usize) -> Result<usize> {
        if self.ended {
            return Err(Error::closed());
        }
        let before = into.len();
        if self.states.is_empty() && self.missed == 0 && self.returned.is_empty() {
            // What comes in floods is payloads alone: no order to look for, event by event.
            for waiting in self.ring.drain(..most.min(self.ring.len())) {
                self.ring_bytes -= waiting.bytes;
                into.push(waiting.event);
            }
        }
        while into.len() - before < most {
            let Some(event) = self.pop() else { break };
            into.push(event);
        }
        if self.is_empty() {
            self.woken = false;
        }
        Ok(into.len() - before)
    }

    /// Puts events back to the front that were drained last, in their order.
    fn give_back(&mut self, events: impl DoubleEndedIterator<Item = Arc<Event>>) {
        for event in events.rev() {
            if event.kind() == EventKind::Closed {
                self.ended = false; // it is popped once more
            }
            self.returned.push_front(event);
        }
    }

    fn pop_state(&mut self) -> Option<Arc<Event>> {
        self.states.pop_front().map(|(_, _, event)| event)
    }

    fn pop_lagged(&mut self) -> Option<Arc<Event>> {
        Some(Arc::new(Event::Lagged { missed: std::mem::take(&mut self.missed) }))
    }

    /// Keeps the last value of each slot; its `previous` is what the reader saw last.
    fn thin(&mut self, capacity: usize) {
        let mut last: HashMap<Slot, u64> = HashMap::new();
        for (number, slot, _) in &self.states {
            last.insert(slot.clone(), *number);
        }
        let mut first_previous = HashMap::new();
        for (_, slot, event) in &self.states {
            if let Event::Status { previous, .. } = **event {
                first_previous.entry(slot.clone()).or_insert(previous);
            }
        }
        self.states.retain(|(number, slot, _)| last.get(slot) == Some(number));
        for (_, slot, event) in &mut self.states {
            let Event::Status { node, status, previous, source } = &**event else {
                continue;
            };
            let first = first_previous.get(slot).copied().unwrap_or(*previous);
            if first != *previous {
                let (node, source) = (Arc::clone(node), Arc::clone(source));
                let status = *status;
                *event = Arc::new(Event::Status { node, status, previous: first, source });
            }
        }
        let most = capacity.max(limits::STATES);
        self.thin_at = capacity.max(self.states.len() * 2).min(most);
    }
}

impl Queue {
    pub(crate) fn new(kinds: EventKinds, capacity: usize, lost: Arc<AtomicU64>) -> Self {
        Self {
            home: Home::here(),
            kinds,
            capacity,
            lost,
            inner: Mutex::new(Inner { thin_at: capacity, ..Inner::default() }),
            arrived: Condvar::new(),
        }
    }

    /// Puts events into the queue, and wakes readers once for all of them.
    pub(crate) fn push(&self, events: impl IntoIterator<Item = Arc<Event>>) {
        let mut inner = self.inner.lock();
        let before = inner.next;
        for event in events {
            if self.kinds.contains(event.kind()) && inner.closed.is_none() && !inner.ended {
                self.put(&mut inner, event);
            }
        }
        if inner.next != before {
            self.wake(&mut inner);
        }
    }

    fn put(&self, inner: &mut Inner, event: Arc<Event>) {
        let number = inner.next;
        inner.next += 1;
        match slot_of(&event) {
            Some(slot) => {
                inner.states.push_back((number, slot, event));
                if inner.states.len() > inner.thin_at {
                    inner.thin(self.capacity);
                    self.drop_oldest_states(inner);
                }
            }
            None if event.kind() == EventKind::Closed => inner.closed = Some(event),
            None => {
                let bytes = payload_bytes(&event);
                inner.ring.push_back(Waiting { number, bytes, event });
                inner.ring_bytes += bytes;
                self.drop_oldest(inner);
            }
        }
    }

    fn drop_oldest(&self, inner: &mut Inner) {
        while inner.ring.len() > self.capacity || inner.ring_bytes > limits::SUBSCRIPTION_BYTES {
            let Some(waiting) = inner.ring.pop_front() else {
                break;
            };
            inner.ring_bytes -= waiting.bytes;
            inner.missed += 1;
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// More states than a full table has are of nodes that are gone: nobody misses their last one.
    fn drop_oldest_states(&self, inner: &mut Inner) {
        while inner.states.len() >= self.capacity.max(limits::STATES) {
            inner.states.pop_front();
            inner.missed += 1;
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Puts events back to the front that were drained last, in their order, and wakes readers.
    pub(crate) fn give_back(&self, events: impl DoubleEndedIterator<Item = Arc<Event>>) {
        let mut inner = self.inner.lock();
        inner.give_back(events);
        if !inner.is_empty() {
            inner.woken = false; // readers may have found it empty meanwhile
            self.wake(&mut inner);
        }
    }

    pub(crate) fn wake(&self, inner: &mut Inner) {
        if inner.woken {
            return;
        }
        inner.woken = true;
        self.arrived.notify_all();
        if let Some(waker) = inner.waker.take() {
            call_hook(|| waker.wake());
        }
        if let Some(wake) = &inner.wake {
            call_hook(wake);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::validity::Validity;

    #[test]
    fn what_was_given_back_comes_again_first() {
        let queue = Queue::new(EventKinds::ALL, 2, Arc::default());
        for members in 1..=3 {
            queue.push([Arc::new(Event::Merged { members })]);
        }
        queue.push([Arc::new(Event::Validity { validity: Arc::new(Validity::fallback()) })]);
        queue.push([Arc::new(Event::Closed { error: None })]);
        let read = |most: usize| {
            let mut read = Vec::new();
            let count = queue.inner.lock().drain(&mut read, most).expect("not the end yet");
            assert_eq!(count, read.len());
            read
        };
        let all = read(9);
        let kinds: Vec<_> = all.iter().map(|event| event.kind()).collect();
        let expected = [
            EventKind::Lagged,
            EventKind::Merged,
            EventKind::Merged,
            EventKind::Validity,
            EventKind::Closed,
        ];
        assert_eq!(kinds, expected);
        assert!(queue.inner.lock().ended);
        queue.give_back(all[1..].iter().cloned());
        assert_eq!(queue.inner.lock().len(), 4);
        assert_eq!(read(2), all[1..3]);
        queue.give_back(all[2..3].iter().cloned());
        assert_eq!(read(9), all[2..]);
        assert!(queue.inner.lock().drain(&mut Vec::new(), 9).is_err(), "it has ended");
    }
}
