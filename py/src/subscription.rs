//! Subscriptions: one for event loops, which is drained, and one for threads, which is waited for.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use pyo3::exceptions::PyStopIteration;
use pyo3::prelude::*;
use pyo3::types::PyList;
use seafoam::{Error, ErrorCode, Event, Events};

use crate::error::raise;
use crate::event::to_python;
use crate::held::give_back;
use crate::pending::SLICE;
use crate::process::Home;
use crate::wake::WakeHub;

/// Events handed over at once: long enough to be cheap, short enough not to hold a loop up, and
/// fewer than the 700 new objects that make Python 3.10 to 3.12 look for garbage.
const BATCH: usize = 512;

/// A subscription for an event loop: never waits.
#[pyclass(frozen, module = "seafoam._native")]
pub(crate) struct Subscription {
    home: Home,
    events: Events,
    /// How many events were given out, for a publisher that does not want to lose any.
    #[cfg(feature = "bench")]
    pub(crate) given: Arc<std::sync::atomic::AtomicU64>,
}

impl Subscription {
    pub(crate) fn new(events: Events) -> Self {
        Self {
            home: Home::here(),
            events,
            #[cfg(feature = "bench")]
            given: Arc::default(),
        }
    }
}

#[pymethods]
impl Subscription {
    /// Up to `most` events that wait; None where nothing will follow any more.
    #[pyo3(signature = (most = 512))]
    fn drain<'py>(&self, py: Python<'py>, most: usize) -> PyResult<Option<Bound<'py, PyList>>> {
        self.home.check(py)?;
        let most = most.min(BATCH);
        give_back(&self.events);
        let mut events = Vec::with_capacity(most); // here: the queue is locked while it is filled
        match self.events.drain(&mut events, most) {
            Ok(_) => {
                #[cfg(feature = "bench")]
                self.given.fetch_add(events.len() as u64, std::sync::atomic::Ordering::Release);
                list(py, events).map(Some)
            }
            Err(_) => Ok(None),
        }
    }

    /// Rings the hub with this token each time that events begin to wait; at once where they do.
    fn wake(&self, py: Python<'_>, hub: &WakeHub, token: u64) -> PyResult<()> {
        self.home.check(py)?;
        let bell = hub.bell.clone();
        self.events.set_wake(Some(Box::new(move || bell.ring(token))));
        Ok(())
    }

    /// Whether events wait.
    fn has_events(&self) -> bool {
        self.home.is_here() && self.events.has_events()
    }

    /// Ends the subscription: CLOSED follows what waits already.
    fn close(&self) {
        if self.home.is_here() {
            self.events.close();
        }
    }
}

fn list<'py>(py: Python<'py>, events: Vec<Arc<Event>>) -> PyResult<Bound<'py, PyList>> {
    let mut objects = Vec::with_capacity(events.len());
    for event in events {
        objects.push(to_python(py, event)?);
    }
    PyList::new(py, objects)
}

/// A subscription for threads: iterate over it, or ask for the next event.
///
/// Several threads may read one subscription; each event goes to one of them. Ctrl-C ends a wait of
/// the main thread within 200 ms.
#[pyclass(frozen, name = "Events", module = "seafoam.blocking")]
pub(crate) struct BlockingEvents {
    home: Home,
    events: Events,
    /// Taken from the queue and not yet given out. Locked only while attached.
    ready: Mutex<VecDeque<Arc<Event>>>,
    /// The longest wait for one event of an iteration.
    timeout: Option<Duration>,
    /// How many events were taken, for a publisher that does not want to lose any.
    #[cfg(feature = "bench")]
    pub(crate) given: Arc<std::sync::atomic::AtomicU64>,
}

/// What a wait came to.
enum Waited {
    Ready,
    Ended,
    TimedOut,
}

impl BlockingEvents {
    pub(crate) fn new(events: Events, timeout: Option<Duration>) -> Self {
        Self {
            home: Home::here(),
            events,
            ready: Mutex::default(),
            timeout,
            #[cfg(feature = "bench")]
            given: Arc::default(),
        }
    }

    fn ready(&self) -> std::sync::MutexGuard<'_, VecDeque<Arc<Event>>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pop(&self) -> Option<Arc<Event>> {
        self.ready().pop_front()
    }

    /// Waits until events were taken from the queue, in slices, with a look at signals after each.
    fn fill(&self, py: Python<'_>, timeout: Option<Duration>) -> PyResult<Waited> {
        self.home.check(py)?;
        give_back(&self.events);
        let begun = Instant::now();
        loop {
            let left = timeout.map(|limit| limit.saturating_sub(begun.elapsed()));
            let slice = left.map_or(SLICE, |left| left.min(SLICE));
            let mut taken = Vec::with_capacity(BATCH); // here: the queue is locked while it is filled
            let outcome = py.detach(|| self.events.drain_timeout(&mut taken, BATCH, slice));
            if outcome.is_err() {
                return Ok(Waited::Ended);
            }
            if !taken.is_empty() {
                #[cfg(feature = "bench")]
                self.given.fetch_add(taken.len() as u64, std::sync::atomic::Ordering::Release);
                self.ready().extend(taken);
                return Ok(Waited::Ready);
            }
            py.check_signals()?;
            self.home.check(py)?;
            if left.is_some_and(|left| left <= slice) {
                return Ok(Waited::TimedOut);
            }
        }
    }

    fn timed_out(py: Python<'_>, timeout: Option<Duration>) -> PyErr {
        let seconds = timeout.unwrap_or_default().as_secs_f64();
        let text = format!("no event came within {seconds} s; the subscription goes on");
        raise(py, Error::new(ErrorCode::Timeout, text))
    }
}

#[pymethods]
impl BlockingEvents {
    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    /// The next event; the iteration ends after CLOSED.
    fn __next__(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        loop {
            if let Some(event) = self.pop() {
                return to_python(py, event);
            }
            match self.fill(py, self.timeout)? {
                Waited::Ready => {}
                Waited::Ended => return Err(PyStopIteration::new_err(())),
                Waited::TimedOut => return Err(Self::timed_out(py, self.timeout)),
            }
        }
    }

    /// The next event, or None where none came within `timeout` seconds or none will follow.
    #[pyo3(signature = (timeout = None))]
    fn next(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Option<Py<PyAny>>> {
        let timeout = limit(py, timeout)?;
        loop {
            if let Some(event) = self.pop() {
                return to_python(py, event).map(Some);
            }
            match self.fill(py, timeout)? {
                Waited::Ready => {}
                Waited::Ended | Waited::TimedOut => return Ok(None),
            }
        }
    }

    /// All events that wait, at least one; empty where none came within `timeout` seconds or none
    /// will follow.
    #[pyo3(signature = (timeout = None))]
    fn next_batch<'py>(
        &self,
        py: Python<'py>,
        timeout: Option<f64>,
    ) -> PyResult<Bound<'py, PyList>> {
        let timeout = limit(py, timeout)?;
        if self.ready().is_empty() {
            self.fill(py, timeout)?;
        }
        let events: Vec<_> = std::mem::take(&mut *self.ready()).into();
        list(py, events)
    }

    /// Ends the subscription: its readers stop after what they have and CLOSED.
    fn close(&self) {
        if self.home.is_here() {
            self.events.close();
        }
    }

    fn __enter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_exc_info))]
    fn __exit__(&self, _exc_info: &Bound<'_, PyAny>) {
        self.close();
    }
}

/// A limit in seconds; None stands for none.
pub(crate) fn limit(py: Python<'_>, seconds: Option<f64>) -> PyResult<Option<Duration>> {
    match seconds {
        Some(_) => crate::pending::seconds(py, seconds).map(Some),
        None => Ok(None),
    }
}
