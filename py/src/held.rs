//! The event behind a Python object, and where it goes when that is gone.

use std::cell::RefCell;
use std::ops::Deref;
use std::sync::Arc;

use seafoam::{Event, Events};

/// Events that wait on one thread for its next look at a subscription.
const WAITING: usize = 512;

thread_local! {
    /// What this thread's objects held. Who reads a subscription drops its events one by one, and
    /// gives them back all at once.
    static SPENT: RefCell<Vec<Arc<Event>>> = const { RefCell::new(Vec::new()) };
}

/// Keeps an event; when it ends, the event waits to be given back.
#[derive(PartialEq)]
pub(crate) struct Held(Option<Arc<Event>>);

/// Never seen: only the end of a [`Held`] leaves it without an event.
static NOTHING: Event = Event::Merged { members: 0 };

impl Held {
    pub(crate) const fn new(event: Arc<Event>) -> Self {
        Self(Some(event))
    }
}

impl Deref for Held {
    type Target = Event;

    fn deref(&self) -> &Event {
        self.0.as_deref().unwrap_or(&NOTHING)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let Some(event) = self.0.take().filter(|event| Events::keeps(event)) else { return };
        // At the end of the thread there is no list any more: then the event just ends.
        let _ = SPENT.try_with(|spent| {
            let mut spent = spent.borrow_mut();
            if spent.len() < WAITING {
                spent.push(event);
            }
        });
    }
}

/// Gives back what this thread's objects held since the last time.
pub(crate) fn give_back(events: &Events) {
    // Nothing that is dropped here is a `Held`, so the list is not asked for twice.
    let _ = SPENT.try_with(|spent| events.recycle(&mut spent.borrow_mut()));
}
