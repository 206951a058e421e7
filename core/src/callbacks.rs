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
    /// Whether there is a dispatch thread; changes under the lock of `entries`.
    running: AtomicBool,
    /// Set when closing has waited long enough: no call begins any more.
    detached: AtomicBool,
    ended: Notify,
    next: AtomicU64,
}

#[derive(Default)]
struct Entries {
    all: Vec<Arc<Entry>>,
    /// The subscription that feeds them; none while there are none.
    feed: Option<Arc<Events>>,
    /// Set by the dispatch thread when nothing will be called any more.
    over: bool,
}

struct Entry {
    number: u64,
    kinds: EventKinds,
    /// Looked at before each call: none begins once it is set.
    removed: AtomicBool,
    /// Whoever removed it does not wait any more: the dispatch thread drops what it captured.
    abandoned: AtomicBool,
    /// Locked while it runs, where it is the only one for a batch of events; gone for good once it
    /// is removed.
    call: Mutex<Option<Callback>>,
}

/// Keeps a callback installed. Removing it, or dropping it, ends it.
///
/// Removal waits for a running call (not when made from inside one), at most 1 s; none begins
/// after it returned. Unless it gave up waiting, what the callback captured is dropped by then.
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

    /// Installs a callback; `open` opens the subscription that feeds all of them, for the first.
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
            abandoned: AtomicBool::new(false),
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
        if entries.feed.is_none() {
            let feed = Arc::new(open()?);
            // Where the thread of callbacks that were removed is still there, it finds the new feed.
            if !self.running.load(Ordering::Acquire) {
                let (all, feed) = (Arc::clone(self), Arc::clone(&feed));
                std::thread::Builder::new()
                    .name("seafoam-calls".to_owned())
                    .spawn(move || all.dispatch(feed))
                    .map_err(|error| {
                        Error::new(ErrorCode::Internal, format!("no thread for callbacks: {error}"))
                    })?;
                self.running.store(true, Ordering::Release);
            }
            entries.feed = Some(feed);
        }
        entries.all.push(Arc::clone(&entry));
        drop(entries);
        Ok(CallbackHandle { entry, all: Arc::clone(self), removes: true })
    }

    /// The dispatch thread: from the first callback until the last one is removed or the cluster
    /// closes.
    fn dispatch(&self, mut feed: Arc<Events>) {
        *self.thread.lock() = Some(std::thread::current().id());
        let left = loop {
            self.call_all(&feed);
            let mut entries = self.entries.lock();
            match &entries.feed {
                // All were removed, and others installed since.
                Some(next) if !Arc::ptr_eq(next, &feed) => feed = Arc::clone(next),
                Some(_) => {
                    entries.over = true;
                    entries.feed = None;
                    break std::mem::take(&mut entries.all);
                }
                None => return self.end_thread(&entries),
            }
        };
        // Whoever holds a handle still gets back now what its callback captured, before closing
        // ends. Still this thread and outside the lock: what they captured may call back.
        for entry in left {
            entry.end();
        }
        self.end_thread(&self.entries.lock());
    }

    /// Calls the callbacks for what comes, until the feed ends or is another.
    fn call_all(&self, feed: &Arc<Events>) {
        let mut batch = Vec::with_capacity(BATCH);
        while feed.drain_timeout(&mut batch, BATCH, limits::WAIT).is_ok() {
            let entries = {
                let entries = self.entries.lock();
                if !entries.feed.as_ref().is_some_and(|own| Arc::ptr_eq(own, feed)) {
                    return;
                }
                entries.all.clone()
            };
            match &*entries {
                // Alone, which is usual, it is locked once for all of them.
                [only] => only.call(&batch, &self.detached),
                // Several see each event before any sees the next.
                several => {
                    for event in &batch {
                        for entry in several.iter().filter(|entry| entry.wants(event)) {
                            entry.call(std::slice::from_ref(event), &self.detached);
                        }
                    }
                }
            }
            feed.recycle(&mut batch);
        }
    }

    /// The last words of the dispatch thread; the lock keeps another from being started before.
    fn end_thread(&self, _entries: &Entries) {
        *self.thread.lock() = None;
        self.running.store(false, Ordering::Release);
        self.ended.notify_one();
    }

    /// After the cluster has closed: waits until the last callback returned, for
    /// [`limits::CALLBACK_WAIT`] at most; afterwards none begins.
    pub(crate) async fn join(&self) {
        let deadline = tokio::time::Instant::now() + limits::CALLBACK_WAIT;
        // An end of an earlier thread may have been left to be noticed.
        while self.running.load(Ordering::Acquire) {
            if tokio::time::timeout_at(deadline, self.ended.notified()).await.is_err() {
                return self.detach();
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
    fn wants(&self, event: &Event) -> bool {
        self.kinds.contains(event.kind())
    }

    fn call(&self, events: &[Arc<Event>], detached: &AtomicBool) {
        // Its own lock is held while it runs: whoever removes it finds it taken, and waits.
        let mut slot = self.call.lock();
        let Some(call) = slot.as_mut() else { return };
        for event in events.iter().filter(|event| self.wants(event)) {
            if self.removed.load(Ordering::Acquire) || detached.load(Ordering::Acquire) {
                break;
            }
            if catch_unwind(AssertUnwindSafe(|| call(event))).is_err() {
                let kind = event.kind();
                logged!(Error, "a callback panicked on a {kind} event; it stays installed");
            }
        }
        drop(slot);
        if self.abandoned.load(Ordering::Acquire) {
            self.end(); // removed from inside, or by somebody who gave up waiting
        }
    }

    /// Gives up what the callback captured.
    fn end(&self) {
        self.removed.store(true, Ordering::Release);
        let call = self.call.lock().take();
        Self::give_up(call);
    }

    /// The same where it does not run; whether it did not.
    fn try_end(&self) -> bool {
        let Some(mut slot) = self.call.try_lock() else { return false };
        let call = slot.take();
        drop(slot);
        Self::give_up(call);
        true
    }

    /// Outside of the lock: what was captured may call back.
    fn give_up(call: Option<Callback>) {
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
        let unused = {
            let mut entries = self.all.entries.lock();
            entries.all.retain(|entry| entry.number != number);
            if entries.all.is_empty() { entries.feed.take() } else { None }
        };
        if let Some(feed) = unused {
            feed.close(); // nobody is left to be called: the dispatch thread ends
        }
        let deadline = Instant::now() + limits::CALLBACK_WAIT;
        while !self.entry.try_end() {
            // It runs: from inside nobody waits, and the thread that runs it drops it afterwards.
            if self.all.is_own_thread() || Instant::now() >= deadline {
                self.entry.abandoned.store(true, Ordering::Release);
                self.entry.try_end(); // the call may have ended just before
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
