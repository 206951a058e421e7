//! All subscriptions of one cluster: what is published goes to each of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::api::error::{Error, ErrorCode, Result};
use crate::api::event::Event;
use crate::events::{EventOptions, Events};
use crate::limits;
use crate::queue::Queue;
use crate::sync::Mutex;

#[derive(Default)]
struct Queues {
    open: Vec<Arc<Queue>>,
    closed: bool,
    /// What readers gave back, to publish the next events in.
    blank: Vec<Arc<Event>>,
    /// What is being published; kept for its room.
    batch: Vec<Arc<Event>>,
}

/// All subscriptions of one cluster.
#[derive(Default)]
pub(crate) struct Hub {
    queues: Mutex<Queues>,
    /// What readers gave back since the engine last looked.
    spent: Mutex<Vec<Arc<Event>>>,
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
            queue.push([Arc::new(event)]);
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

    /// Publishes events in their order: to each subscription all of them at once.
    pub(crate) fn publish(&self, events: impl IntoIterator<Item = Event>) {
        let mut queues = self.queues.lock();
        let Queues { open, blank, batch, .. } = &mut *queues;
        if open.is_empty() {
            return; // the events are dropped unseen
        }
        for event in events {
            if blank.is_empty() {
                std::mem::swap(blank, &mut *self.spent.lock());
            }
            batch.push(renewed(blank.pop(), event));
        }
        // The last one, often the only one, takes them over: their counts stay as they are.
        let Some((last, others)) = open.split_last() else { return };
        for queue in others {
            queue.push(batch.iter().cloned());
        }
        last.push(batch.drain(..));
    }

    /// How many events are kept to publish others in.
    #[cfg(test)]
    pub(crate) fn kept(&self) -> usize {
        self.queues.lock().blank.len() + self.spent.lock().len()
    }

    #[cfg(test)]
    pub(crate) fn publish_one(&self, event: Event) {
        self.publish([event]);
    }

    /// Keeps events to publish others in, as many as fit the bound; only those that come in floods.
    pub(crate) fn recycle(&self, read: &mut Vec<Arc<Event>>) {
        let mut spent = self.spent.lock();
        let room = limits::SPENT_EVENTS.saturating_sub(spent.len());
        let first = read.len().saturating_sub(room);
        spent.extend(read.drain(first..).filter(|event| is_small(event)));
    }

    /// Ends every subscription with CLOSED; none can be opened afterwards.
    pub(crate) fn close(&self, error: Option<Error>) {
        let event = Arc::new(Event::Closed { error: error.map(Arc::new) });
        let mut queues = self.queues.lock();
        queues.closed = true;
        for queue in queues.open.drain(..) {
            queue.push([Arc::clone(&event)]);
        }
    }

    pub(crate) fn remove(&self, queue: &Arc<Queue>) {
        self.queues.lock().open.retain(|other| !Arc::ptr_eq(other, queue));
    }

    pub(crate) fn count(&self) -> usize {
        self.queues.lock().open.len()
    }

    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

/// The event, in memory that was given back where nobody else holds that any more.
fn renewed(blank: Option<Arc<Event>>, event: Event) -> Arc<Event> {
    let Some(mut blank) = blank else { return Arc::new(event) };
    match Arc::get_mut(&mut blank) {
        Some(memory) => {
            *memory = event;
            blank
        }
        None => Arc::new(event),
    }
}

/// Whether little is kept alive by keeping it.
pub(crate) fn is_small(event: &Event) -> bool {
    match event {
        Event::Broadcast { bytes, .. } | Event::Message { bytes, .. } => {
            bytes.len() <= limits::SPENT_EVENT_BYTES
        }
        Event::Status { .. }
        | Event::Leader { .. }
        | Event::Validity { .. }
        | Event::Node { .. }
        | Event::Conflict { .. }
        | Event::Link { .. }
        | Event::Merged { .. }
        | Event::Datacenter { .. }
        | Event::Lagged { .. }
        | Event::Closed { .. } => false,
    }
}
