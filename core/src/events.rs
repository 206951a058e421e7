//! Subscriptions: a bounded queue for each reader, filled by the engine, which never waits.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use crate::api::error::{Error, ErrorCode, Result};
use crate::api::event::{Event, EventKind, EventKinds};
use crate::limits;

/// Called when events wait in a subscription that was empty. It runs on the engine's thread: it may
/// set a flag, write to an eventfd or wake a loop, and nothing else.
pub type Wake = Box<dyn Fn() + Send>;

/// What a subscription is opened with.
#[derive(Clone, Copy, Debug, Default)]
pub struct EventOptions {
    /// The kinds wanted; LAGGED and CLOSED always come.
    pub kinds: EventKinds,
    /// Events that may wait; none takes `event_capacity`.
    pub capacity: Option<usize>,
    /// Begin with the present members (as STATUS from UNKNOWN) and validity, without a gap to what
    /// follows.
    pub initial: bool,
}

/// An independent view of a cluster's events, from the moment of the call.
///
/// Read it from any thread by [`drain`](Self::drain), [`next_timeout`](Self::next_timeout), or as a
/// `futures` stream; each event goes to one reader. A slow reader loses the oldest broadcasts and
/// messages and learns how many by [`Event::Lagged`]; of a node's status, the leader, the validity
/// and datacenters it may miss steps in between, never the last one. Dropping it ends it.
pub struct Events {
    queue: Arc<Queue>,
    hub: Arc<Hub>,
}

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

struct Queue {
    kinds: EventKinds,
    capacity: usize,
    lost: Arc<AtomicU64>,
    inner: Mutex<Inner>,
    arrived: Condvar,
}

#[derive(Default)]
struct Inner {
    /// Broadcasts, messages and the like, each with its number in the common order.
    ring: VecDeque<(u64, Arc<Event>)>,
    ring_bytes: usize,
    /// States: the last one of each slot survives.
    states: VecDeque<(u64, Slot, Arc<Event>)>,
    /// States are thinned when there are so many, so that the cost per event stays constant.
    thin_at: usize,
    next: u64,
    missed: u64,
    closed: Option<Arc<Event>>,
    ended: bool,
    waker: Option<Waker>,
    wake: Option<Wake>,
    /// Whether the wake was called and nobody has looked since: one wake for each time that the
    /// queue stops being empty.
    woken: bool,
}

impl Inner {
    fn is_empty(&self) -> bool {
        self.ring.is_empty() && self.states.is_empty() && self.missed == 0 && self.closed.is_none()
    }

    fn pop(&mut self) -> Option<Arc<Event>> {
        let state = self.states.front().map(|(number, ..)| *number);
        let ring = self.ring.front().map(|(number, _)| *number);
        match (state, ring) {
            (Some(state), Some(ring)) if state < ring => self.pop_state(),
            (Some(_), None) => self.pop_state(),
            (_, Some(_)) => {
                if self.missed > 0 {
                    return self.pop_lagged();
                }
                let (_, event) = self.ring.pop_front()?;
                self.ring_bytes -= payload_bytes(&event);
                Some(event)
            }
            (None, None) if self.missed > 0 => self.pop_lagged(),
            (None, None) => {
                let closed = self.closed.take()?;
                self.ended = true;
                Some(closed)
            }
        }
    }

    fn pop_state(&mut self) -> Option<Arc<Event>> {
        self.states.pop_front().map(|(_, _, event)| event)
    }

    fn pop_lagged(&mut self) -> Option<Arc<Event>> {
        Some(Arc::new(Event::Lagged {
            missed: std::mem::take(&mut self.missed),
        }))
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
        self.states
            .retain(|(number, slot, _)| last.get(slot) == Some(number));
        for (_, slot, event) in &mut self.states {
            let Event::Status {
                node,
                status,
                previous,
                source,
            } = &**event
            else {
                continue;
            };
            let first = first_previous.get(slot).copied().unwrap_or(*previous);
            if first != *previous {
                let (node, source) = (Arc::clone(node), Arc::clone(source));
                let status = *status;
                *event = Arc::new(Event::Status {
                    node,
                    status,
                    previous: first,
                    source,
                });
            }
        }
        self.thin_at = capacity.max(self.states.len() * 2);
    }
}

impl Queue {
    fn push(&self, event: &Arc<Event>) {
        if !self.kinds.contains(event.kind()) {
            return;
        }
        let mut inner = self.inner.lock();
        if inner.closed.is_some() || inner.ended {
            return;
        }
        let number = inner.next;
        inner.next += 1;
        match slot_of(event) {
            Some(slot) => {
                inner.states.push_back((number, slot, Arc::clone(event)));
                if inner.states.len() > inner.thin_at {
                    inner.thin(self.capacity);
                }
            }
            None if event.kind() == EventKind::Closed => inner.closed = Some(Arc::clone(event)),
            None => {
                inner.ring.push_back((number, Arc::clone(event)));
                inner.ring_bytes += payload_bytes(event);
                self.drop_oldest(&mut inner);
            }
        }
        self.wake(&mut inner);
    }

    fn drop_oldest(&self, inner: &mut Inner) {
        while inner.ring.len() > self.capacity || inner.ring_bytes > limits::SUBSCRIPTION_BYTES {
            let Some((_, event)) = inner.ring.pop_front() else {
                break;
            };
            inner.ring_bytes -= payload_bytes(&event);
            inner.missed += 1;
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn wake(&self, inner: &mut Inner) {
        if inner.woken {
            return;
        }
        inner.woken = true;
        self.arrived.notify_all();
        if let Some(waker) = inner.waker.take() {
            waker.wake();
        }
        if let Some(wake) = &inner.wake {
            wake();
        }
    }
}

impl Events {
    /// Moves up to `most` waiting events into `into` and returns how many; never waits.
    ///
    /// # Errors
    /// `closed` once the CLOSED event was read.
    pub fn drain(&self, into: &mut Vec<Arc<Event>>, most: usize) -> Result<usize> {
        let mut inner = self.queue.inner.lock();
        Self::drain_locked(&mut inner, into, most)
    }

    fn drain_locked(inner: &mut Inner, into: &mut Vec<Arc<Event>>, most: usize) -> Result<usize> {
        if inner.ended {
            return Err(Error::closed());
        }
        let before = into.len();
        while into.len() - before < most {
            let Some(event) = inner.pop() else { break };
            into.push(event);
        }
        if inner.is_empty() {
            inner.woken = false;
        }
        Ok(into.len() - before)
    }

    /// The next event, or none where there is none now.
    ///
    /// # Errors
    /// `closed` once the CLOSED event was read.
    pub fn try_next(&self) -> Result<Option<Arc<Event>>> {
        let mut one = Vec::with_capacity(1);
        self.drain(&mut one, 1)?;
        Ok(one.pop())
    }

    /// The next event, waiting for it on this thread; none where the time passed without one.
    ///
    /// # Errors
    /// `closed` once the CLOSED event was read.
    pub fn next_timeout(&self, timeout: Duration) -> Result<Option<Arc<Event>>> {
        let mut one = Vec::with_capacity(1);
        self.drain_timeout(&mut one, 1, timeout)?;
        Ok(one.pop())
    }

    /// Like [`drain`](Self::drain), waiting for a first event on this thread for so long at most.
    ///
    /// # Errors
    /// `closed` once the CLOSED event was read.
    pub fn drain_timeout(
        &self,
        into: &mut Vec<Arc<Event>>,
        most: usize,
        timeout: Duration,
    ) -> Result<usize> {
        let deadline = Instant::now() + timeout.min(limits::WAIT);
        let mut inner = self.queue.inner.lock();
        while inner.is_empty() && !inner.ended {
            if self
                .queue
                .arrived
                .wait_until(&mut inner, deadline)
                .timed_out()
            {
                break;
            }
        }
        Self::drain_locked(&mut inner, into, most)
    }

    /// Sets what is called each time that the queue stops being empty; at once where events wait.
    /// None takes it away; afterwards it is not called any more.
    pub fn set_wake(&self, wake: Option<Wake>) {
        let mut inner = self.queue.inner.lock();
        inner.wake = wake;
        if !inner.is_empty() {
            inner.woken = false;
            self.queue.wake(&mut inner);
        }
    }

    /// Whether events wait.
    #[must_use]
    pub fn has_events(&self) -> bool {
        !self.queue.inner.lock().is_empty()
    }

    /// Whether the CLOSED event was read: nothing will follow.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.queue.inner.lock().ended
    }

    /// Ends the subscription: its readers get CLOSED after what waits already.
    pub fn close(&self) {
        self.hub.remove(&self.queue);
        self.queue.push(&Arc::new(Event::Closed { error: None }));
    }
}

impl futures_core::Stream for Events {
    type Item = Arc<Event>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut inner = self.queue.inner.lock();
        if inner.ended {
            return Poll::Ready(None);
        }
        if let Some(event) = inner.pop() {
            if inner.is_empty() {
                inner.woken = false;
            }
            return Poll::Ready(Some(event));
        }
        inner.woken = false;
        inner.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.hub.remove(&self.queue);
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.queue.inner.lock();
        let waiting = inner.ring.len() + inner.states.len();
        f.debug_struct("Events")
            .field("waiting", &waiting)
            .finish_non_exhaustive()
    }
}

/// All subscriptions of one cluster.
#[derive(Default)]
pub(crate) struct Hub {
    queues: Mutex<Vec<Arc<Queue>>>,
    lost: Arc<AtomicU64>,
}

impl Hub {
    /// Opens a subscription whose first events are `initial`. The caller holds whatever keeps
    /// `initial` and what is published afterwards without a gap.
    pub(crate) fn subscribe(
        self: &Arc<Self>,
        options: &EventOptions,
        capacity: usize,
        initial: impl IntoIterator<Item = Event>,
    ) -> Result<Events> {
        let capacity = options.capacity.unwrap_or(capacity);
        if !limits::EVENT_CAPACITY.contains(&capacity) {
            let range = limits::EVENT_CAPACITY;
            return Err(Error::new(
                ErrorCode::InvalidConfig,
                format!(
                    "capacity = {capacity} is refused: it takes a whole number from {} to {}",
                    range.start(),
                    range.end()
                ),
            ));
        }
        let queue = Arc::new(Queue {
            kinds: options.kinds,
            capacity,
            lost: Arc::clone(&self.lost),
            inner: Mutex::new(Inner {
                thin_at: capacity,
                ..Inner::default()
            }),
            arrived: Condvar::new(),
        });
        for event in initial {
            queue.push(&Arc::new(event));
        }
        let mut queues = self.queues.lock();
        if queues.len() >= limits::SUBSCRIPTIONS {
            return Err(Error::new(
                ErrorCode::Busy,
                format!(
                    "{} subscriptions are open, which is the limit",
                    limits::SUBSCRIPTIONS
                ),
            ));
        }
        queues.push(Arc::clone(&queue));
        drop(queues);
        Ok(Events {
            queue,
            hub: Arc::clone(self),
        })
    }

    pub(crate) fn publish(&self, event: Event) {
        let event = Arc::new(event);
        for queue in self.queues.lock().iter() {
            queue.push(&event);
        }
    }

    fn remove(&self, queue: &Arc<Queue>) {
        self.queues
            .lock()
            .retain(|other| !Arc::ptr_eq(other, queue));
    }

    pub(crate) fn count(&self) -> usize {
        self.queues.lock().len()
    }

    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}
