//! A door for measurements: events from a native thread, without a network. Never in a shipped build.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::cluster::ClusterBase;
use crate::subscription::{BlockingEvents, Subscription};

/// Published at once.
const CHUNK: u32 = 256;
/// The publisher waits while so many were not read yet: half of what 4 MiB hold.
const AHEAD: u64 = 32 << 10;

static BEGUN: OnceLock<Instant> = OnceLock::new();
static SENT: Mutex<Vec<u64>> = Mutex::new(Vec::new());

/// Nanoseconds since the first call, on the clock of `publish_paced`.
#[pyfunction]
pub(crate) fn clock() -> u64 {
    let begun = BEGUN.get_or_init(Instant::now);
    u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// Publishes `count` broadcasts of 64 bytes from a thread of its own, as fast as the subscription,
/// opened with a capacity of 65536, is read.
#[pyfunction]
pub(crate) fn publish(
    py: Python<'_>,
    cluster: &ClusterBase,
    subscription: &Bound<'_, PyAny>,
    count: u32,
) -> PyResult<()> {
    let cluster = cluster.cluster(py)?.clone();
    let given = given(subscription)?;
    std::thread::spawn(move || {
        let mut published = 0;
        while published < count {
            if u64::from(published).saturating_sub(given.load(Ordering::Acquire)) > AHEAD {
                std::thread::sleep(Duration::from_micros(20));
                continue;
            }
            let chunk = CHUNK.min(count - published);
            if cluster.bench_publish(chunk, 64).is_err() {
                return; // the cluster was closed
            }
            published += chunk;
        }
    });
    Ok(())
}

fn given(subscription: &Bound<'_, PyAny>) -> PyResult<Arc<AtomicU64>> {
    if let Ok(for_loops) = subscription.cast::<Subscription>() {
        return Ok(Arc::clone(&for_loops.get().given));
    }
    let for_threads = subscription
        .cast::<BlockingEvents>()
        .map_err(|_| PyTypeError::new_err("that is no subscription"))?;
    Ok(Arc::clone(&for_threads.get().given))
}

/// Publishes `count` broadcasts of 64 bytes before it returns.
#[pyfunction]
pub(crate) fn publish_now(py: Python<'_>, cluster: &ClusterBase, count: u32) -> PyResult<()> {
    let cluster = cluster.cluster(py)?;
    py.detach(|| cluster.bench_publish(count, 64)).map_err(|error| crate::error::raise(py, error))
}

/// Publishes `count` broadcasts of 64 bytes from a thread of its own, one each `micros`, and keeps
/// when each of them began; `sent` returns that.
#[pyfunction]
pub(crate) fn publish_paced(
    py: Python<'_>,
    cluster: &ClusterBase,
    count: usize,
    micros: u64,
) -> PyResult<()> {
    let cluster = cluster.cluster(py)?.clone();
    clock();
    SENT.lock().unwrap_or_else(PoisonError::into_inner).clear();
    std::thread::spawn(move || {
        for _ in 0..count {
            std::thread::sleep(Duration::from_micros(micros));
            SENT.lock().unwrap_or_else(PoisonError::into_inner).push(clock());
            if cluster.bench_publish(1, 64).is_err() {
                return; // the cluster was closed
            }
        }
    });
    Ok(())
}

/// When each event of `publish_paced` began, on the scale of `clock`.
#[pyfunction]
pub(crate) fn sent() -> Vec<u64> {
    SENT.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
