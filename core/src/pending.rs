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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    fn counter() -> (Arc<AtomicUsize>, WakeOnce) {
        let count = Arc::new(AtomicUsize::new(0));
        let inner = Arc::clone(&count);
        let wake = move || {
            inner.fetch_add(1, Ordering::Relaxed);
        };
        (count, Box::new(wake))
    }

    #[test]
    fn a_result_is_given_out_once() {
        let (promise, pending) = pending();
        assert_eq!(pending.try_take(), None);
        assert_eq!(pending.wait_for(Duration::from_millis(1)), None);
        promise.deliver(Ok(7));
        assert_eq!(pending.wait_for(Duration::ZERO), Some(Ok(7)));
        assert_eq!(pending.try_take(), None);
        assert_eq!(pending.wait_for(Duration::MAX), None, "it does not wait for what never comes");
    }

    #[test]
    fn a_promise_that_is_dropped_delivers_closed() {
        let (promise, pending) = pending::<()>();
        drop(promise);
        assert_eq!(pending.wait().map_err(|error| error.code()), Err(ErrorCode::Closed));
    }

    #[test]
    fn a_thread_that_waits_is_woken() {
        let (promise, pending) = pending();
        let waiter = std::thread::spawn(move || pending.wait());
        promise.deliver(Ok("here"));
        assert_eq!(waiter.join().ok(), Some(Ok("here")));
    }

    #[test]
    fn a_wake_is_called_once_before_or_after_the_result() {
        let (promise, early) = pending();
        let (count, wake) = counter();
        early.set_wake(wake);
        assert_eq!(count.load(Ordering::Relaxed), 0);
        promise.deliver(Ok(()));
        assert_eq!(count.load(Ordering::Relaxed), 1);

        let late = Pending::ready(Ok(()));
        let (count, wake) = counter();
        late.set_wake(wake);
        assert_eq!(count.load(Ordering::Relaxed), 1);
        assert_eq!(late.try_take(), Some(Ok(())), "a wake takes nothing");
    }

    #[test]
    fn giving_up_is_seen_by_the_promise_and_drops_the_wake() {
        let (promise, pending) = pending::<()>();
        let (count, wake) = counter();
        pending.set_wake(wake);
        assert!(!promise.is_abandoned());
        drop(pending);
        assert!(promise.is_abandoned());
        assert_eq!(Arc::strong_count(&count), 1);
        promise.deliver(Ok(()));
        assert_eq!(count.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn awaiting_wakes_the_task() {
        struct Count(AtomicUsize);
        impl Wake for Count {
            fn wake(self: Arc<Self>) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        let (promise, mut pending) = pending();
        let count = Arc::new(Count(AtomicUsize::new(0)));
        let waker = Waker::from(Arc::clone(&count));
        let mut context = Context::from_waker(&waker);
        assert_eq!(Pin::new(&mut pending).poll(&mut context), Poll::Pending);
        promise.deliver(Ok(3));
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
        assert_eq!(Pin::new(&mut pending).poll(&mut context), Poll::Ready(Ok(3)));
        let again = Pin::new(&mut pending).poll(&mut context);
        assert!(matches!(again, Poll::Ready(Err(error)) if error.code() == ErrorCode::Closed));
    }
}
