//! Events without a network, for `bench/bench.c`. Not in the header, not part of the ABI.

use crate::abi::{fallible, handle};
use crate::cluster::seafoam_cluster;
use crate::error::{seafoam_code, seafoam_error};

/// Publishes so many broadcasts of the local node to the subscriptions of this process.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_bench_publish(
    cluster: *const seafoam_cluster,
    count: u32,
    payload_bytes: usize,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, { handle!(cluster).cluster.bench_publish(count, payload_bytes) })
}
