//! Callbacks: one dispatch thread per cluster calls them, never the engine's.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::api::error::{Error, ErrorCode, Result};
use crate::api::event::{Event, EventKinds};
use crate::events::Events;
use crate::fork::Home;
use crate::limits;
use crate::log::logged;
use crate::sync::Mutex;

/// What is called for each event of the wanted kinds.
pub type Callback = Box<dyn FnMut(&Event) + Send>;

/// Events handed over between two looks at the list of callbacks.
const BATCH: usize = 256;
/// How soon a removal looks again whether the running call has returned.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// All callbacks of one cluster.
pub(crate) struct Callbacks {
    home: Home,
    entries: Mutex<Entries>,
    thread: Mutex<Option<ThreadId>>,
    running: AtomicBool,
    /// Set when closing has waited long enough: no call begins any more.
    detached: AtomicBool,
    ended: Notify,
    next: AtomicU64,
}

#[derive(Default)]
struct Entries {
    all: Vec<Arc<Entry>>,
    /// Set by the dispatch thread when nothing will be called any more.
    over: bool,
}

struct Entry {
    number: u64,
    kinds: EventKinds,
    removed: AtomicBool,
    /// Locked while it runs; gone for good once it is removed.
    call: Mutex<Option<Callback>>,
}

/// Keeps a callback installed. Removing it, or dropping it, ends it.
///
/// Removal waits for a running call (not when made from inside one), at most 1 s; none begins
/// after it returned.
#[must_use = "dropping the handle removes the callback"]
pub struct CallbackHandle {
    entry: Arc<Entry>,
    all: Arc<Callbacks>,
    removes: bool,
}

impl Callbacks {
    pub(crate) fn new() -> Self {
        Self {
            home: Home::here(),
            entries: Mutex::default(),
            thread: Mutex::default(),
            running: AtomicBool::new(false),
            detached: AtomicBool::new(false),
            ended: Notify::new(),
            next: AtomicU64::new(0),
        }
    }

    /// Installs a callback; `open` opens the subscription that feeds all of them, once.
    pub(crate) fn add(
        self: &Arc<Self>,
        kinds: EventKinds,
        call: Callback,
        open: impl FnOnce() -> Result<Events>,
    ) -> Result<CallbackHandle> {
        let entry = Arc::new(Entry {
            number: self.next.fetch_add(1, Ordering::Relaxed),
            kinds,
            removed: AtomicBool::new(false),
            call: Mutex::new(Some(call)),
        });
        let mut entries = self.entries.lock();
        if entries.over {
            return Err(Error::closed());
        }
        if entries.all.len() >= limits::SUBSCRIPTIONS {
            return Err(Error::new(
                ErrorCode::Busy,
                format!("{} callbacks are installed, which is the limit", limits::SUBSCRIPTIONS),
            ));
        }
        if !self.running.load(Ordering::Acquire) {
            let events = open()?;
            let all = Arc::clone(self);
            std::thread::Builder::new()
                .name("seafoam-calls".to_owned())
                .spawn(move || all.dispatch(&events))
                .map_err(|error| {
                    Error::new(ErrorCode::Internal, format!("no thread for callbacks: {error}"))
                })?;
            self.running.store(true, Ordering::Release);
        }
        entries.all.push(Arc::clone(&entry));
        drop(entries);
        Ok(CallbackHandle { entry, all: Arc::clone(self), removes: true })
    }

    fn dispatch(&self, events: &Events) {
        *self.thread.lock() = Some(std::thread::current().id());
        let mut batch = Vec::with_capacity(BATCH);
        while events.drain_timeout(&mut batch, BATCH, limits::WAIT).is_ok() {
            let entries = self.entries.lock().all.clone();
            for event in batch.drain(..) {
                for entry in &entries {
                    if !self.detached.load(Ordering::Acquire) {
                        entry.call(&event);
                    }
                }
            }
        }
        let entries = {
            let mut entries = self.entries.lock();
            entries.over = true;
            std::mem::take(&mut entries.all)
        };
        // Whoever holds a handle still gets back now what its callback captured, before closing
        // ends. Still this thread and outside the lock: what they captured may call back.
        for entry in entries {
            entry.end();
        }
        *self.thread.lock() = None;
        self.running.store(false, Ordering::Release);
        self.ended.notify_one();
    }

    /// After the cluster has closed: waits until the last callback returned, for
    /// [`limits::CALLBACK_WAIT`] at most; afterwards none begins.
    pub(crate) async fn join(&self) {
        if self.running.load(Ordering::Acquire) {
            let ended = tokio::time::timeout(limits::CALLBACK_WAIT, self.ended.notified());
            if ended.await.is_err() {
                self.detach();
            }
        }
    }

    /// No call begins any more; a running one goes on.
    pub(crate) fn detach(&self) {
        self.detached.store(true, Ordering::Release);
    }

    /// Whether this is the thread that calls the callbacks.
    pub(crate) fn is_own_thread(&self) -> bool {
        *self.thread.lock() == Some(std::thread::current().id())
    }
}

impl Entry {
    fn call(&self, event: &Event) {
        if !self.kinds.contains(event.kind()) || self.removed.load(Ordering::Acquire) {
            return;
        }
        // Its own lock is held while it runs: whoever removes it finds it taken, and waits.
        let mut slot = self.call.lock();
        if let Some(call) = slot.as_mut()
            && catch_unwind(AssertUnwindSafe(|| call(event))).is_err()
        {
            logged!(Error, "a callback panicked on a {} event; it stays installed", event.kind());
        }
        // Removed from inside, or by somebody who gave up waiting.
        let gone = if self.removed.load(Ordering::Acquire) { slot.take() } else { None };
        drop(slot);
        drop(gone); // outside the lock: what it captured may call back
    }

    /// Gives up what the callback captured.
    fn end(&self) {
        self.removed.store(true, Ordering::Release);
        let call = self.call.lock().take();
        if catch_unwind(AssertUnwindSafe(|| drop(call))).is_err() {
            logged!(Error, "what a callback captured panicked when it was dropped");
        }
    }
}

impl CallbackHandle {
    /// Removes the callback.
    pub fn remove(self) {
        drop(self);
    }

    /// Leaves the callback installed until the cluster closes.
    pub fn detach(mut self) {
        self.removes = false;
    }
}

impl Drop for CallbackHandle {
    fn drop(&mut self) {
        if !self.removes || !self.all.home.is_here() {
            return;
        }
        self.entry.removed.store(true, Ordering::Release);
        let number = self.entry.number;
        self.all.entries.lock().all.retain(|entry| entry.number != number);
        let deadline = Instant::now() + limits::CALLBACK_WAIT;
        loop {
            if let Some(mut slot) = self.entry.call.try_lock() {
                let call = slot.take();
                drop(slot);
                drop(call); // outside the lock: what it captured may call back
                return;
            }
            // It runs: from inside nobody waits, and the thread that runs it drops it afterwards.
            if self.all.is_own_thread() || Instant::now() >= deadline {
                return;
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }
}

impl fmt::Debug for CallbackHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallbackHandle").field("number", &self.entry.number).finish()
    }
}
