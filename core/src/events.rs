//! Subscriptions: a bounded queue for each reader, filled by the engine, which never waits.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crate::api::error::Result;
use crate::api::event::{Event, EventKinds};
use crate::hub::{Hub, is_small};
use crate::limits;
use crate::queue::Queue;

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
    /// Begin with the present members (as STATUS from UNKNOWN), leader and validity, without a gap
    /// to what follows.
    pub initial: bool,
}

/// An independent view of a cluster's events, from the moment of the call.
///
/// Read it from any thread by [`drain`](Self::drain), [`next_timeout`](Self::next_timeout), or as a
/// `futures` stream; each event goes to one reader. A slow reader loses the oldest broadcasts and
/// messages and learns how many by [`Event::Lagged`]; of a node's status, the leader, the validity
/// and datacenters it may miss steps in between, never the last one. Dropping it ends it.
pub struct Events {
    pub(crate) queue: Arc<Queue>,
    pub(crate) hub: Arc<Hub>,
}

impl Events {
    /// Moves up to `most` waiting events into `into` and returns how many; never waits.
    ///
    /// # Errors
    /// `closed` once the CLOSED event was read.
    pub fn drain(&self, into: &mut Vec<Arc<Event>>, most: usize) -> Result<usize> {
        self.queue.home.check()?;
        self.queue.inner.lock().drain(into, most)
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
        let mut inner = self.queue.inner.lock();
        let deadline = (!timeout.is_zero()).then(|| Instant::now() + timeout.min(limits::WAIT));
        while let Some(deadline) = deadline
            && inner.is_empty()
            && !inner.ended
        {
            let timed_out;
            (inner, timed_out) = self.queue.arrived.wait_until(inner, deadline);
            if timed_out {
                break;
            }
        }
        inner.drain(into, most)
    }

    /// Like [`drain_timeout`](Self::drain_timeout), but keeps events only as far as `fits` agrees to
    /// each: the first that it refuses goes back, with all that follow, and is the next one again.
    ///
    /// # Errors
    /// `closed` once the CLOSED event was read.
    pub fn drain_fitting(
        &self,
        into: &mut Vec<Arc<Event>>,
        most: usize,
        timeout: Duration,
        mut fits: impl FnMut(&Event) -> bool,
    ) -> Result<usize> {
        let before = into.len();
        self.drain_timeout(into, most, timeout)?;
        let count = into[before..].iter().take_while(|event| fits(event)).count();
        if before + count < into.len() {
            self.queue.give_back(into.drain(before + count..));
        }
        Ok(count)
    }

    /// Gives events back that were read, for the engine to publish later ones in. Where one thread
    /// reads what another published, that is cheaper than to drop them: neither the counts nor the
    /// allocations of their memory go from one core to the other and back. `read` is empty
    /// afterwards; what somebody else still holds, or what is large, is just dropped.
    pub fn recycle(&self, read: &mut Vec<Arc<Event>>) {
        if self.queue.home.is_here() {
            self.hub.recycle(read);
        }
        read.clear();
    }

    /// Whether [`recycle`](Self::recycle) takes such an event, for who collects what was read: the
    /// others are dropped at once.
    #[must_use]
    pub fn keeps(event: &Event) -> bool {
        is_small(event)
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
        self.queue.push([Arc::new(Event::Closed { error: None })]);
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

#[cfg(test)]
#[allow(clippy::wildcard_enum_match_arm)] // a test looks for one kind
mod tests {
    use std::collections::BTreeMap;
    use std::net::{IpAddr, Ipv4Addr};
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::api::error::ErrorCode;
    use crate::api::event::EventKind;
    use crate::api::node::{DATACENTER_NONE, Node, NodeRank, NodeStatus, PING_NO_DATA};

    fn node(name: &str, status: NodeStatus) -> Arc<Node> {
        Arc::new(Node {
            name: name.into(),
            address: "127.0.0.1:1".into(),
            ip: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            port: 1,
            status,
            rank: NodeRank::Normal,
            is_lighthouse: false,
            datacenter: DATACENTER_NONE,
            generation: 1,
            incarnation: 0,
            ping_millis: PING_NO_DATA,
            age_millis: 0,
            timestamp_millis: 0,
            emit_counter: 0,
            status_source: name.into(),
            tags: Arc::new(BTreeMap::new()),
        })
    }

    fn status(name: &str, previous: NodeStatus, status: NodeStatus) -> Event {
        Event::Status { node: node(name, status), status, previous, source: name.into() }
    }

    fn broadcast(index: u32, length: usize) -> Event {
        let origin = node("origin", NodeStatus::Alive);
        Event::Broadcast { origin, index, label: "x".into(), bytes: vec![0; length].into() }
    }

    fn open(hub: &Arc<Hub>, kinds: EventKinds, capacity: usize) -> Events {
        let options = EventOptions { kinds, capacity: Some(capacity), initial: false };
        hub.subscribe(&options, 1, []).expect("a subscription")
    }

    fn all(events: &Events) -> Vec<Arc<Event>> {
        let mut all = Vec::new();
        let _ = events.drain(&mut all, usize::MAX); // refused where it has ended: then it is empty
        all
    }

    #[test]
    fn a_slow_reader_loses_the_oldest_and_learns_how_many() {
        let hub = Arc::new(Hub::default());
        let events = open(&hub, EventKinds::ALL, 3);
        (1..=10).for_each(|index| hub.publish_one(broadcast(index, 1)));
        let read = all(&events);
        assert_eq!(*read[0], Event::Lagged { missed: 7 });
        let indexes = read.iter().filter_map(|event| match **event {
            Event::Broadcast { index, .. } => Some(index),
            _ => None,
        });
        assert_eq!(indexes.collect::<Vec<_>>(), [8, 9, 10]);
        assert_eq!((read.len(), hub.lost()), (4, 7));
        hub.publish_one(broadcast(11, 1));
        assert_eq!(all(&events).len(), 1, "what was told is not told again");
    }

    #[test]
    fn payloads_are_bounded_in_bytes_too() {
        let hub = Arc::new(Hub::default());
        let events = open(&hub, EventKinds::ALL, *limits::EVENT_CAPACITY.end());
        let count = 3 * limits::SUBSCRIPTION_BYTES / limits::BROADCAST_BYTES;
        (0..count).for_each(|_| hub.publish_one(broadcast(1, limits::BROADCAST_BYTES)));
        let kept = limits::SUBSCRIPTION_BYTES / limits::BROADCAST_BYTES;
        assert_eq!(all(&events).len(), kept + 1);
        assert_eq!(hub.lost(), (count - kept) as u64);
    }

    #[test]
    fn the_last_status_of_every_node_survives_any_flood() {
        use NodeStatus::{Alive, Dead, Suspected};
        let hub = Arc::new(Hub::default());
        let events = open(&hub, EventKinds::ALL, 8);
        hub.publish_one(status("once", NodeStatus::Unknown, Alive));
        for round in 0..1000 {
            hub.publish_one(status("flaps", if round == 0 { Dead } else { Suspected }, Alive));
            hub.publish_one(status("flaps", Alive, Suspected));
            hub.publish_one(broadcast(round, 1));
        }
        hub.publish_one(status("flaps", Suspected, Dead));
        let read = all(&events);
        let last = |wanted: &str| {
            let mut of_node = read.iter().filter_map(|event| match &**event {
                Event::Status { node, status, .. } if &*node.name == wanted => Some(*status),
                _ => None,
            });
            of_node.next_back()
        };
        assert_eq!((last("once"), last("flaps")), (Some(Alive), Some(Dead)));
        assert!(read.len() <= 8 + 2 * 8 + 1, "{}", read.len());
        // What a reader sees is a chain: each `previous` is the status that it saw before.
        let mut seen = Dead;
        for event in &read {
            if let Event::Status { node, status, previous, .. } = &**event
                && &*node.name == "flaps"
            {
                assert_eq!(*previous, seen);
                seen = *status;
            }
        }
    }

    #[test]
    fn states_and_payloads_keep_their_common_order() {
        let hub = Arc::new(Hub::default());
        let events = open(&hub, EventKinds::ALL, 16);
        hub.publish_one(broadcast(1, 1));
        hub.publish_one(status("a", NodeStatus::Unknown, NodeStatus::Alive));
        hub.publish_one(broadcast(2, 1));
        let kinds: Vec<_> = all(&events).iter().map(|event| event.kind()).collect();
        assert_eq!(kinds, [EventKind::Broadcast, EventKind::Status, EventKind::Broadcast]);
    }

    #[test]
    fn only_the_wanted_kinds_come_and_always_the_end() {
        let hub = Arc::new(Hub::default());
        let events = open(&hub, EventKinds::of(&[EventKind::Broadcast]), 16);
        hub.publish_one(status("a", NodeStatus::Unknown, NodeStatus::Alive));
        hub.publish_one(broadcast(1, 1));
        hub.close(None);
        hub.publish_one(broadcast(2, 1));
        let kinds: Vec<_> = all(&events).iter().map(|event| event.kind()).collect();
        assert_eq!(kinds, [EventKind::Broadcast, EventKind::Closed]);
        assert!(events.is_ended());
        assert_eq!(events.try_next().map_err(|error| error.code()), Err(ErrorCode::Closed));
        let refused = hub.subscribe(&EventOptions::default(), 1, []).map(drop);
        assert_eq!(refused.map_err(|error| error.code()), Err(ErrorCode::Closed));
    }

    #[test]
    fn closing_one_subscription_ends_it_alone() {
        let hub = Arc::new(Hub::default());
        let (ends, stays) = (open(&hub, EventKinds::ALL, 4), open(&hub, EventKinds::ALL, 4));
        ends.close();
        hub.publish_one(broadcast(1, 1));
        assert_eq!(*all(&ends)[0], Event::Closed { error: None });
        assert_eq!((all(&ends).len(), all(&stays).len(), hub.count()), (0, 1, 1));
    }

    #[test]
    fn one_wake_for_each_time_that_events_begin_to_wait() {
        let hub = Arc::new(Hub::default());
        let events = open(&hub, EventKinds::ALL, 16);
        hub.publish_one(broadcast(1, 1));
        let wakes = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&wakes);
        events.set_wake(Some(Box::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
        })));
        let woken = || wakes.load(Ordering::Relaxed);
        assert_eq!(woken(), 1, "at once, as one waits");
        hub.publish_one(broadcast(2, 1));
        assert_eq!(woken(), 1, "nobody has looked since");
        assert!(events.try_next().is_ok_and(|event| event.is_some()));
        hub.publish_one(broadcast(3, 1));
        assert_eq!(woken(), 1, "one still waits");
        assert_eq!(all(&events).len(), 2);
        hub.publish_one(broadcast(4, 1));
        assert_eq!(woken(), 2);
        events.set_wake(None);
        assert_eq!(all(&events).len(), 1);
        hub.publish_one(broadcast(5, 1));
        assert_eq!((woken(), Arc::strong_count(&wakes)), (2, 1));
    }

    #[test]
    fn what_was_given_back_carries_later_events() {
        let hub = Arc::new(Hub::default());
        let events = open(&hub, EventKinds::ALL, 16);
        hub.publish_one(broadcast(1, 1));
        let mut read = all(&events);
        let place = Arc::as_ptr(&read[0]);
        events.recycle(&mut read);
        assert!(read.is_empty());
        hub.publish_one(broadcast(2, 3));
        let mut read = all(&events);
        assert_eq!((Arc::as_ptr(&read[0]), &*read[0]), (place, &broadcast(2, 3)));
        // What somebody still holds stays as it is.
        let held = Arc::clone(&read[0]);
        events.recycle(&mut read);
        hub.publish_one(broadcast(3, 1));
        assert_eq!((&*held, &*all(&events)[0]), (&broadcast(2, 3), &broadcast(3, 1)));
    }

    #[test]
    fn what_is_kept_for_later_events_is_bounded() {
        let hub = Arc::new(Hub::default());
        let events = open(&hub, EventKinds::ALL, 3 * limits::SPENT_EVENTS);
        hub.publish_one(broadcast(1, limits::SPENT_EVENT_BYTES + 1));
        hub.publish_one(status("a", NodeStatus::Unknown, NodeStatus::Alive));
        events.recycle(&mut all(&events));
        assert_eq!(hub.kept(), 0, "neither what is large nor what is rare");
        hub.publish((0..3 * limits::SPENT_EVENTS as u32).map(|index| broadcast(index, 1)));
        events.recycle(&mut all(&events));
        assert_eq!(hub.kept(), limits::SPENT_EVENTS);
        hub.publish_one(broadcast(1, 1));
        hub.publish((0..2 * limits::SPENT_EVENTS as u32).map(|index| broadcast(index, 1)));
        events.recycle(&mut all(&events));
        assert_eq!(hub.kept(), limits::SPENT_EVENTS);
    }

    #[test]
    fn a_batch_reaches_each_subscription_in_order_and_wakes_it_once() {
        let hub = Arc::new(Hub::default());
        let subscriptions = [(); 3].map(|()| open(&hub, EventKinds::ALL, 16));
        let wakes = Arc::new(AtomicUsize::new(0));
        for events in &subscriptions {
            let count = Arc::clone(&wakes);
            events.set_wake(Some(Box::new(move || {
                count.fetch_add(1, Ordering::Relaxed);
            })));
        }
        hub.publish((1..=5).map(|index| broadcast(index, 1)));
        assert_eq!(wakes.load(Ordering::Relaxed), 3);
        for events in &subscriptions {
            let read = all(events);
            let expected: Vec<_> = (1..=5).map(|index| Arc::new(broadcast(index, 1))).collect();
            assert_eq!(read, expected);
        }
    }

    #[test]
    fn a_stream_is_woken_and_ends() {
        let hub = Arc::new(Hub::default());
        let mut events = open(&hub, EventKinds::ALL, 16);
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let publisher = Arc::clone(&hub);
        let kinds = runtime.block_on(async {
            tokio::spawn(async move {
                publisher.publish_one(broadcast(1, 1));
                tokio::task::yield_now().await;
                publisher.close(None);
            });
            let mut kinds = Vec::new();
            let next = |context: &mut Context<'_>| {
                futures_core::Stream::poll_next(Pin::new(&mut events), context)
            };
            let mut next = next;
            while let Some(event) = std::future::poll_fn(&mut next).await {
                kinds.push(event.kind());
            }
            kinds
        });
        assert_eq!(kinds, [EventKind::Broadcast, EventKind::Closed]);
    }
}
