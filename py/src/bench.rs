//! A door for measurements: events from a native thread, without a network. Never in a shipped build.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use pyo3::prelude::*;

use crate::cluster::ClusterBase;
use crate::subscription::Subscription;

/// Published at once.
const CHUNK: u32 = 256;
/// The publisher waits while so many were not read yet: half of what 4 MiB hold.
const AHEAD: u64 = 32 << 10;

/// Publishes `count` broadcasts of 64 bytes from a thread of its own, as fast as the subscription,
/// opened with a capacity of 65536, is read.
#[pyfunction]
pub(crate) fn publish(
    py: Python<'_>,
    cluster: &ClusterBase,
    subscription: &Subscription,
    count: u32,
) -> PyResult<()> {
    let cluster = cluster.cluster(py)?.clone();
    let given = Arc::clone(&subscription.given);
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

/// Publishes `count` broadcasts of 64 bytes before it returns.
#[pyfunction]
pub(crate) fn publish_now(py: Python<'_>, cluster: &ClusterBase, count: u32) -> PyResult<()> {
    let cluster = cluster.cluster(py)?;
    py.detach(|| cluster.bench_publish(count, 64)).map_err(|error| crate::error::raise(py, error))
}
