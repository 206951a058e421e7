//! Subscriptions: a bounded queue for each reader, filled by the engine, which never waits.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crate::api::error::{Error, ErrorCode, Result};
use crate::api::event::{Event, EventKinds};
use crate::limits;
use crate::queue::{Inner, Queue};
use crate::sync::Mutex;

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

impl Events {
    /// Moves up to `most` waiting events into `into` and returns how many; never waits.
    ///
    /// # Errors
    /// `closed` once the CLOSED event was read.
    pub fn drain(&self, into: &mut Vec<Arc<Event>>, most: usize) -> Result<usize> {
        self.queue.home.check()?;
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
        self.queue.home.check()?;
        let deadline = Instant::now() + timeout.min(limits::WAIT);
        let mut inner = self.queue.inner.lock();
        while inner.is_empty() && !inner.ended {
            let timed_out;
            (inner, timed_out) = self.queue.arrived.wait_until(inner, deadline);
            if timed_out {
                break;
            }
        }
        Self::drain_locked(&mut inner, into, most)
    }

    /// Sets what is called each time that the queue stops being empty; at once where events wait.
    /// None takes it away; afterwards it is not called any more.
    pub fn set_wake(&self, wake: Option<Wake>) {
        if !self.queue.home.is_here() {
            return;
        }
        let mut inner = self.queue.inner.lock();
        let before = std::mem::replace(&mut inner.wake, wake);
        if !inner.is_empty() {
            inner.woken = false;
            self.queue.wake(&mut inner);
        }
        drop(inner);
        drop(before); // outside the lock: it is the host's
    }

    /// Whether events wait.
    #[must_use]
    pub fn has_events(&self) -> bool {
        self.queue.home.is_here() && !self.queue.inner.lock().is_empty()
    }

    /// Whether the CLOSED event was read: nothing will follow. Also in a forked child.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        !self.queue.home.is_here() || self.queue.inner.lock().ended
    }

    /// Ends the subscription: its readers get CLOSED after what waits already.
    pub fn close(&self) {
        if !self.queue.home.is_here() {
            return;
        }
        self.hub.remove(&self.queue);
        self.queue.push(&Arc::new(Event::Closed { error: None }));
    }
}

impl futures_core::Stream for Events {
    type Item = Arc<Event>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if !self.queue.home.is_here() {
            return Poll::Ready(None);
        }
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
        if self.queue.home.is_here() {
            self.hub.remove(&self.queue);
        }
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting = if self.queue.home.is_here() { self.queue.inner.lock().len() } else { 0 };
        f.debug_struct("Events").field("waiting", &waiting).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Queues {
    open: Vec<Arc<Queue>>,
    closed: bool,
}

/// All subscriptions of one cluster.
#[derive(Default)]
pub(crate) struct Hub {
    queues: Mutex<Queues>,
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
        let lost = Arc::clone(&self.lost);
        let queue = Arc::new(Queue::new(options.kinds, capacity, lost));
        for event in initial {
            queue.push(&Arc::new(event));
        }
        let mut queues = self.queues.lock();
        if queues.closed {
            return Err(Error::closed());
        }
        if queues.open.len() >= limits::SUBSCRIPTIONS {
            return Err(Error::new(
                ErrorCode::Busy,
                format!("{} subscriptions are open, which is the limit", limits::SUBSCRIPTIONS),
            ));
        }
        queues.open.push(Arc::clone(&queue));
        drop(queues);
        Ok(Events { queue, hub: Arc::clone(self) })
    }

    pub(crate) fn publish(&self, event: Event) {
        let event = Arc::new(event);
        for queue in &self.queues.lock().open {
            queue.push(&event);
        }
    }

    /// Ends every subscription with CLOSED; none can be opened afterwards.
    pub(crate) fn close(&self, error: Option<Error>) {
        let event = Arc::new(Event::Closed { error: error.map(Arc::new) });
        let mut queues = self.queues.lock();
        queues.closed = true;
        for queue in queues.open.drain(..) {
            queue.push(&event);
        }
    }

    fn remove(&self, queue: &Arc<Queue>) {
        self.queues.lock().open.retain(|other| !Arc::ptr_eq(other, queue));
    }

    pub(crate) fn count(&self) -> usize {
        self.queues.lock().open.len()
    }

    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}
