//! A result that comes later, with two doors: await it, or wait for it with a deadline.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::api::error::{Error, ErrorCode, Result};
use crate::fork::Home;
use crate::hook::call_hook;
use crate::limits;
use crate::sync::{Condvar, Mutex};

/// Called once when a result is there. It runs on the engine's thread: it may set a flag or write
/// to an eventfd, and nothing else.
pub type WakeOnce = Box<dyn FnOnce() + Send>;

/// A result that the engine will deliver.
///
/// `.await` it, [`wait`](Self::wait) for it on a thread, or [`try_take`](Self::try_take) it after a
/// wake. Dropping it gives the operation up where that is still possible.
#[must_use = "nothing is known of the outcome unless it is awaited or waited for"]
pub struct Pending<T> {
    shared: Arc<Shared<T>>,
}

/// The end that delivers. Dropping it undelivered delivers `closed`.
pub(crate) struct Promise<T> {
    shared: Arc<Shared<T>>,
}

struct Shared<T> {
    home: Home,
    state: Mutex<State<T>>,
    arrived: Condvar,
}

struct State<T> {
    result: Option<Result<T>>,
    delivered: bool,
    abandoned: bool,
    waker: Option<Waker>,
    wake: Option<WakeOnce>,
}

pub(crate) fn pending<T>() -> (Promise<T>, Pending<T>) {
    let shared = Arc::new(Shared {
        home: Home::here(),
        state: Mutex::new(State {
            result: None,
            delivered: false,
            abandoned: false,
            waker: None,
            wake: None,
        }),
        arrived: Condvar::new(),
    });
    (Promise { shared: Arc::clone(&shared) }, Pending { shared })
}

impl<T> Promise<T> {
    pub(crate) fn deliver(self, result: Result<T>) {
        self.put(result);
    }

    /// Whether nobody waits for it any more.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.shared.state.lock().abandoned
    }

    fn put(&self, result: Result<T>) {
        if !self.shared.home.is_here() {
            return; // the parent's: its locks may be held by a thread that is not here
        }
        let (waker, wake) = {
            let mut state = self.shared.state.lock();
            if state.delivered {
                return;
            }
            state.delivered = true;
            state.result = Some(result);
            (state.waker.take(), state.wake.take())
        };
        self.shared.arrived.notify_all();
        if let Some(waker) = waker {
            call_hook(|| waker.wake());
        }
        if let Some(wake) = wake {
            call_hook(wake);
        }
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        self.put(Err(Error::closed()));
    }
}

impl<T> Pending<T> {
    /// A result that is there already.
    pub(crate) fn ready(result: Result<T>) -> Self {
        let (promise, pending) = pending();
        promise.deliver(result);
        pending
    }

    /// Blocks this thread until the result is there. Every operation has a deadline of its own.
    ///
    /// # Errors
    /// The operation's error.
    pub fn wait(self) -> Result<T> {
        match self.wait_for(limits::WAIT) {
            Some(result) => result,
            None => Err(Error::new(ErrorCode::Timeout, "no result arrived in 31 years")),
        }
    }

    /// Blocks this thread for so long at most; none where the result is not there yet.
    ///
    /// The result is given out once: afterwards this is always none. In a forked child it is
    /// `forked` at once.
    #[must_use]
    pub fn wait_for(&self, timeout: Duration) -> Option<Result<T>> {
        if let Err(forked) = self.shared.home.check() {
            return Some(Err(forked));
        }
        let deadline = Instant::now() + timeout.min(limits::WAIT);
        let mut state = self.shared.state.lock();
        while !state.delivered {
            let timed_out;
            (state, timed_out) = self.shared.arrived.wait_until(state, deadline);
            if timed_out {
                break;
            }
        }
        state.result.take()
    }

    /// The result if it is there; it is given out once.
    #[must_use]
    pub fn try_take(&self) -> Option<Result<T>> {
        if let Err(forked) = self.shared.home.check() {
            return Some(Err(forked));
        }
        self.shared.state.lock().result.take()
    }

    /// Sets what is called when the result arrives; at once where it is there already.
    pub fn set_wake(&self, wake: WakeOnce) {
        if !self.shared.home.is_here() {
            return wake();
        }
        let mut state = self.shared.state.lock();
        if state.delivered {
            drop(state);
            wake();
        } else {
            let before = state.wake.replace(wake);
            drop(state);
            drop(before);
        }
    }
}

impl<T> Future for Pending<T> {
    type Output = Result<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.shared.home.check()?;
        let mut state = self.shared.state.lock();
        match state.result.take() {
            Some(result) => Poll::Ready(result),
            None if state.delivered => Poll::Ready(Err(Error::closed())),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl<T> Drop for Pending<T> {
    fn drop(&mut self) {
        if !self.shared.home.is_here() {
            return;
        }
        let mut state = self.shared.state.lock();
        state.abandoned = true;
        let hooks = (state.waker.take(), state.wake.take());
        drop(state);
        drop(hooks); // outside the lock: they are the host's
    }
}

impl<T> fmt::Debug for Pending<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let delivered = self.shared.home.is_here() && self.shared.state.lock().delivered;
        f.debug_struct("Pending").field("delivered", &delivered).finish()
    }
}
