//! The process: which one a handle belongs to, and its end.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use seafoam::{Cluster, Error, ErrorCode};

use crate::error::raise;

/// The process in which a handle was made. In a forked child the engine's threads do not exist and
/// its locks may be held for ever, so the check comes before any of them is touched.
pub(crate) struct Home(u32);

impl Home {
    pub(crate) fn here() -> Self {
        Self(std::process::id())
    }

    pub(crate) fn is_here(&self) -> bool {
        self.0 == std::process::id()
    }

    pub(crate) fn check(&self, py: Python<'_>) -> PyResult<()> {
        if self.is_here() {
            return Ok(());
        }
        let text =
            "this handle belongs to the parent process: start a new cluster in the forked child";
        Err(raise(py, Error::new(ErrorCode::Forked, text)))
    }
}

/// Clusters that run, to be closed when the interpreter ends. The lock is taken only by threads that
/// are attached to the interpreter, and never across a detach: so a fork never catches it held.
static RUNNING: Mutex<Vec<(u64, Cluster)>> = Mutex::new(Vec::new());

/// How long the end of the interpreter waits for all clusters to close.
const CLOSE_ALL: Duration = Duration::from_secs(1);

pub(crate) fn register(number: u64, cluster: Cluster) {
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    running.push((number, cluster));
}

/// Takes a cluster off the list; the caller drops it, outside of the lock.
pub(crate) fn unregister(number: u64) -> Option<Cluster> {
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    let place = running.iter().position(|(other, _)| *other == number)?;
    Some(running.swap_remove(place).1)
}

/// Closes every cluster of this process, without leaving, within a second.
#[pyfunction]
pub(crate) fn close_all(py: Python<'_>) {
    let running = {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *running)
    };
    py.detach(|| {
        let deadline = Instant::now() + CLOSE_ALL;
        let closing: Vec<_> = running.iter().map(|(_, cluster)| cluster.close()).collect();
        for pending in closing {
            // An error here has nobody left to read it.
            let _ = pending.wait_for(deadline.saturating_duration_since(Instant::now()));
        }
    });
}
