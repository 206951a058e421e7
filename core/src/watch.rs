//! Callbacks of leadership: a thread for each pair, which waits for tenures and for their ends.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use crate::api::error::{Error, ErrorCode, Result};
use crate::api::validity::Lease;
use crate::fork::Home;
use crate::limits;
use crate::log::logged;
use crate::pending::Pending;
use crate::shared::Shared;
use crate::sync::{Condvar, Mutex};

type Elected = Box<dyn FnMut(&Lease) + Send>;
type Lost = Box<dyn FnMut(u64) + Send>;

/// How soon closing looks again whether the last call has returned.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// All pairs of one cluster.
#[derive(Default)]
pub(crate) struct Watches {
    all: Mutex<Vec<Arc<Watch>>>,
}

/// One pair, as its thread and whoever removes it see it.
struct Watch {
    home: Home,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// No call begins any more.
    stopped: bool,
    /// What is waited for may be there.
    woken: bool,
    /// The thread is gone, and what the pair captured with it.
    ended: bool,
    thread: Option<ThreadId>,
}

/// Keeps a pair of callbacks installed. Removing it, or dropping it, ends them.
///
/// Removal waits for a running call (not when made from inside one), at most 1 s; none begins after
/// it returned. It does not give the lead up.
#[must_use = "dropping the handle removes the callbacks"]
pub struct LeadershipHandle {
    watch: Arc<Watch>,
    removes: bool,
}

impl Watches {
    pub(crate) fn add(
        &self,
        shared: &Arc<Shared>,
        elected: Elected,
        lost: Lost,
    ) -> Result<LeadershipHandle> {
        let mut all = self.all.lock();
        all.retain(|watch| !watch.state.lock().ended);
        let most = limits::LEADERSHIP_CALLBACKS;
        if all.len() >= most {
            let text = format!("{most} callbacks of leadership are installed, which is the limit");
            return Err(Error::new(ErrorCode::Busy, text));
        }
        let watch = Arc::new(Watch {
            home: Home::here(),
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let (own, shared) = (Arc::clone(&watch), Arc::clone(shared));
        let spawned = std::thread::Builder::new()
            .name("seafoam-leads".to_owned())
            .spawn(move || own.run(&shared, elected, lost));
        spawned.map_err(|error| {
            Error::new(ErrorCode::Internal, format!("no thread for callbacks: {error}"))
        })?;
        all.push(Arc::clone(&watch));
        Ok(LeadershipHandle { watch, removes: true })
    }

    /// After the cluster has closed: waits until the last one was called for the last time, for
    /// [`limits::CALLBACK_WAIT`] at most; afterwards none begins.
    pub(crate) async fn join(&self) {
        let all = std::mem::take(&mut *self.all.lock());
        let deadline = Instant::now() + limits::CALLBACK_WAIT;
        while Instant::now() < deadline && all.iter().any(|watch| !watch.state.lock().ended) {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        all.iter().for_each(|watch| watch.stop());
    }

    /// Whether this is a thread that calls one of them.
    pub(crate) fn is_own_thread(&self) -> bool {
        let here = Some(std::thread::current().id());
        self.all.lock().iter().any(|watch| watch.state.lock().thread == here)
    }
}

impl Watch {
    fn run(self: Arc<Self>, shared: &Shared, mut elected: Elected, mut lost: Lost) {
        self.state.lock().thread = Some(std::thread::current().id());
        let mut after = 0;
        while let Some(next) = self.result(&shared.elected(after)) {
            let lease = match next {
                Ok(lease) => lease,
                Err(error) if error.code() == ErrorCode::Closed => break,
                Err(error) => {
                    logged!(Error, "callbacks of leadership end: {error}");
                    break;
                }
            };
            after = lease.term;
            self.call("elected", || elected(&lease));
            if self.result(&shared.deposed(after)).is_none() {
                break;
            }
            self.call("lost", || lost(after));
        }
        // Before whoever waits for the end hears of it: what they captured belongs to the host.
        if catch_unwind(AssertUnwindSafe(move || drop((elected, lost)))).is_err() {
            logged!(Error, "what a callback captured panicked when it was dropped");
        }
        let mut state = self.state.lock();
        state.ended = true;
        state.thread = None;
        self.changed.notify_all();
    }

    /// Waits for a result; none where the pair was removed meanwhile.
    fn result<T>(self: &Arc<Self>, pending: &Pending<T>) -> Option<Result<T>> {
        let own = Arc::clone(self);
        pending.set_wake(Box::new(move || {
            own.state.lock().woken = true;
            own.changed.notify_all();
        }));
        let mut state = self.state.lock();
        loop {
            if state.stopped {
                return None;
            }
            if std::mem::take(&mut state.woken) {
                drop(state);
                if let Some(result) = pending.try_take() {
                    return Some(result);
                }
                state = self.state.lock();
            } else {
                (state, _) = self.changed.wait_until(state, Instant::now() + limits::WAIT);
            }
        }
    }

    fn call(&self, name: &str, call: impl FnOnce()) {
        if self.state.lock().stopped {
            return;
        }
        if catch_unwind(AssertUnwindSafe(call)).is_err() {
            logged!(Error, "a callback of leadership panicked ({name}); it stays installed");
        }
    }

    fn stop(&self) {
        self.state.lock().stopped = true;
        self.changed.notify_all();
    }
}

impl LeadershipHandle {
    /// Removes both callbacks.
    pub fn remove(self) {
        drop(self);
    }

    /// Leaves them installed until the cluster closes.
    pub fn detach(mut self) {
        self.removes = false;
    }
}

impl Drop for LeadershipHandle {
    fn drop(&mut self) {
        if !self.removes || !self.watch.home.is_here() {
            return;
        }
        self.watch.stop();
        let deadline = Instant::now() + limits::CALLBACK_WAIT;
        let mut state = self.watch.state.lock();
        while !state.ended && state.thread != Some(std::thread::current().id()) {
            let late;
            (state, late) = self.watch.changed.wait_until(state, deadline);
            if late {
                return;
            }
        }
    }
}

impl fmt::Debug for LeadershipHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeadershipHandle").finish_non_exhaustive()
    }
}
