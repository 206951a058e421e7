//! The life of a cluster: start, ready, leave, close, free.

use seafoam_core::Cluster;

use crate::abi::{Out, fallible, handle, maybe_handle, out, plain, take, timeout};
use crate::config::seafoam_config;
use crate::error::{seafoam_code, seafoam_error};

/// One node's membership in one cluster; any number of them per process. Every call may be made
/// from any thread, also from inside a callback.
pub struct seafoam_cluster {
    pub(crate) cluster: Cluster,
}

/// Binds the sockets, begins to probe, and goes on to join in the background: a seed that cannot be
/// reached is retried for ever and never fatal. Blocks until this node has started, not until it
/// has met anybody (see `seafoam_cluster_ready`).
///
/// Ownership: free `*cluster` with `seafoam_cluster_free`; `config` stays the caller's. Threads: any.
/// Errors: `SEAFOAM_INVALID_CONFIG`, `SEAFOAM_NOT_AVAILABLE`, `SEAFOAM_KEY_REQUIRED`,
/// `SEAFOAM_ADDRESS_IN_USE`, `SEAFOAM_INVALID_ADDRESS`, `SEAFOAM_RESOLVE_FAILED`; then nothing is
/// left half-started and `*cluster` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_start(
    config: *const seafoam_config,
    cluster: *mut *mut seafoam_cluster,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let out: Out<*mut seafoam_cluster> = out!(cluster);
        let config = handle!(config).copy();
        let cluster = Cluster::start(config).wait()?;
        out.give(seafoam_cluster { cluster });
        Ok(())
    })
}

/// Blocks until so many members are healthy, the local one included, and, where `valid` is asked
/// for, `seafoam_cluster_is_valid` is true.
///
/// Threads: any; `seafoam_cluster_close` from another thread ends the wait.
/// Errors: `SEAFOAM_TIMEOUT` after `timeout_millis` (negative waits for ever) with how many there
/// were and which lighthouses are missing, `SEAFOAM_NOT_VALID` at once where the configuration can
/// never make it true, `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_ready(
    cluster: *const seafoam_cluster,
    min_members: usize,
    valid: bool,
    timeout_millis: i64,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let cluster = &handle!(cluster).cluster;
        cluster.ready(min_members, valid, timeout(timeout_millis)).wait()
    })
}

/// Tells the peers that this node leaves: they see `SEAFOAM_STATUS_LEFT`. Blocks until enough of
/// them know. May be called twice; reading calls work until `seafoam_cluster_close`.
///
/// Threads: any.
/// Errors: `SEAFOAM_TIMEOUT` where no peer acknowledged within `timeout_millis` (this node has
/// stopped taking part all the same), `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_leave(
    cluster: *const seafoam_cluster,
    timeout_millis: i64,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let cluster = &handle!(cluster).cluster;
        cluster.leave(timeout(timeout_millis)).wait()
    })
}

/// Releases sockets, timers and waiters in well under a second; afterwards every call with this
/// handle answers `SEAFOAM_CLOSED`, streams end with `SEAFOAM_EVENT_CLOSED`, and no callback begins.
/// Without `seafoam_cluster_leave` before, this looks like a crash to the peers. May be called
/// twice.
///
/// Ownership: the handle is still to be freed. Threads: any; waits for a running callback, at most
/// 1 s, unless called from inside it.
/// Errors: `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_close(
    cluster: *const seafoam_cluster,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, { handle!(cluster).cluster.close().wait() })
}

/// Whether the cluster was closed, or closed itself; true for NULL and in a forked child.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_is_closed(cluster: *const seafoam_cluster) -> bool {
    plain!({ maybe_handle!(cluster).is_none_or(|handle| handle.cluster.is_closed()) })
}

/// Closes the cluster without leaving, and frees the handle; NULL is fine. Streams, nodes, events
/// and callback handles are handles of their own: they live on until they are freed.
///
/// Threads: any, while no other call with this handle is under way. In a forked child it frees
/// memory alone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_free(cluster: *mut seafoam_cluster) {
    plain!({
        if let Some(handle) = take!(cluster) {
            // Nobody is left to hear of a failure, and the memory is freed all the same.
            let _ = handle.cluster.close().wait();
        }
    });
}
