//! Results that come later: awaited by way of a wake, or waited for on a thread.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use pyo3::types::PyTuple;
use seafoam::{Error, ErrorCode, Result, WakeOnce, limits};

use crate::error::{raise, refused};
use crate::process::Home;
use crate::wake::WakeHub;

/// Longest wait without a look at signals: Ctrl-C is answered within twice this.
pub(crate) const SLICE: Duration = Duration::from_millis(100);

trait Outcome: Send + Sync {
    fn take(&self, py: Python<'_>) -> Option<PyResult<Py<PyAny>>>;
    fn wait_slice(&self, py: Python<'_>, slice: Duration) -> Option<PyResult<Py<PyAny>>>;
    fn set_wake(&self, wake: WakeOnce);
}

struct Waiting<T, F> {
    pending: seafoam::Pending<T>,
    finish: F,
}

impl<T, F> Outcome for Waiting<T, F>
where
    T: Send,
    F: Fn(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + Sync,
{
    fn take(&self, py: Python<'_>) -> Option<PyResult<Py<PyAny>>> {
        self.pending.try_take().map(|result| self.convert(py, result))
    }

    fn wait_slice(&self, py: Python<'_>, slice: Duration) -> Option<PyResult<Py<PyAny>>> {
        let result = py.detach(|| self.pending.wait_for(slice));
        result.map(|result| self.convert(py, result))
    }

    fn set_wake(&self, wake: WakeOnce) {
        self.pending.set_wake(wake);
    }
}

impl<T, F> Waiting<T, F>
where
    F: Fn(Python<'_>, T) -> PyResult<Py<PyAny>>,
{
    fn convert(&self, py: Python<'_>, result: Result<T>) -> PyResult<Py<PyAny>> {
        let value = result.map_err(|error| raise(py, error))?;
        (self.finish)(py, value)
    }
}

/// A result that the engine will deliver, once. Dropping it gives the operation up where that is
/// still possible.
#[pyclass(frozen, module = "seafoam._native")]
pub(crate) struct Pending {
    home: Home,
    /// None once it was given up. Locked only for a moment, and while attached.
    outcome: Mutex<Option<Arc<dyn Outcome>>>,
}

impl Pending {
    pub(crate) fn new<T, F>(pending: seafoam::Pending<T>, finish: F) -> Self
    where
        T: Send + 'static,
        F: Fn(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + Sync + 'static,
    {
        let outcome = Mutex::new(Some(Arc::new(Waiting { pending, finish }) as Arc<dyn Outcome>));
        Self { home: Home::here(), outcome }
    }

    pub(crate) fn nothing(pending: seafoam::Pending<()>) -> Self {
        Self::new(pending, |py, ()| Ok(py.None()))
    }

    /// Ctrl-C ends a wait.
    fn answer_signals(&self, py: Python<'_>) -> PyResult<()> {
        py.check_signals().inspect_err(|_| self.give_up())
    }

    fn outcome(&self, py: Python<'_>) -> PyResult<Arc<dyn Outcome>> {
        self.home.check(py)?;
        let outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        let given_up = || Error::new(ErrorCode::Closed, "the wait for this was given up");
        outcome.clone().ok_or_else(|| raise(py, given_up()))
    }
}

#[pymethods]
impl Pending {
    /// `(value,)` if the result is there, or None; raises where it is an error.
    fn take<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        match self.outcome(py)?.take(py) {
            Some(result) => PyTuple::new(py, [result?]).map(Some),
            None => Ok(None),
        }
    }

    /// Waits for the result on this thread. Ctrl-C ends the wait.
    fn wait(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        loop {
            if let Some(result) = self.outcome(py)?.wait_slice(py, SLICE) {
                return result;
            }
            self.answer_signals(py)?;
        }
    }

    /// `(value,)` if the result comes within so many seconds (None: without a limit), or None.
    fn wait_for<'py>(
        &self,
        py: Python<'py>,
        timeout: Option<f64>,
    ) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let deadline = Instant::now() + seconds(py, timeout)?;
        loop {
            let rest = deadline.saturating_duration_since(Instant::now());
            if let Some(result) = self.outcome(py)?.wait_slice(py, rest.min(SLICE)) {
                return PyTuple::new(py, [result?]).map(Some);
            }
            if rest <= SLICE {
                self.give_up();
                return Ok(None);
            }
            self.answer_signals(py)?;
        }
    }

    /// Rings the hub with this token when the result is there; at once where it is there already.
    fn wake(&self, py: Python<'_>, hub: &WakeHub, token: u64) -> PyResult<()> {
        let bell = hub.bell.clone();
        self.outcome(py)?.set_wake(Box::new(move || bell.ring(token)));
        Ok(())
    }

    /// Gives the operation up where that is still possible. The traceback of a cancelled task may
    /// keep this object for long: what it holds must not stay that long.
    fn give_up(&self) {
        let mut outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        let given_up = outcome.take();
        drop(outcome);
        drop(given_up); // outside of the lock: it may close a cluster
    }
}

/// A time in seconds; None stands for no limit.
pub(crate) fn seconds(py: Python<'_>, given: Option<f64>) -> PyResult<Duration> {
    let Some(seconds) = given else {
        return Ok(limits::WAIT);
    };
    if seconds.is_nan() || seconds < 0.0 {
        let text = format!(
            "timeout = {seconds} is refused: it takes seconds from 0, or None for no limit"
        );
        return Err(refused(py, text));
    }
    Ok(Duration::try_from_secs_f64(seconds).unwrap_or(limits::WAIT))
}
