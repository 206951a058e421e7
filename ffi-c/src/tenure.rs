//! To lead, as an idiom: wait for a tenure and for its end, or be called for both.

use std::ffi::c_void;
use std::sync::Arc;
use std::time::Duration;

use seafoam_core::{Error, ErrorCode, Lease, Pending, Result};

use crate::abi::{UserData, fallible, handle, maybe_out, out, seafoam_drop, timeout};
use crate::callback::{Installed, installed, no_function, seafoam_callback};
use crate::cluster::seafoam_cluster;
use crate::error::{seafoam_code, seafoam_error};
use crate::words::seafoam_quality;

/// Called when this node leads, in this term and with this lease.
pub type seafoam_elected_function = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        term: u64,
        remaining_millis: u64,
        quality: seafoam_quality,
    ),
>;

/// Called when the tenure of this term is over.
pub type seafoam_lost_function = Option<unsafe extern "C" fn(user_data: *mut c_void, term: u64)>;

/// Waits until this node leads in a term above `after_term` (0: in any term, at once where it leads
/// already), and gives the lease of that tenure as `seafoam_cluster_lease` does. Terms rise: the last
/// one as `after_term` waits for the next tenure.
///
/// `*term` is the fencing token: send it along with what must not happen twice, and let the store
/// refuse lower ones. `seafoam_cluster_is_leader` guards the moment, the term guards the effect.
///
/// Ownership: `remaining_millis` and `quality` may be NULL. Threads: any; `seafoam_cluster_close`
/// from another thread ends the wait.
/// Errors: `SEAFOAM_TIMEOUT` after `timeout_millis` (negative waits for ever), `SEAFOAM_NOT_VALID` at
/// once where nobody can ever lead here (no lighthouses that vote, or `fallback`), `SEAFOAM_BUSY` where
/// 1024 wait, `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_leadership(
    cluster: *const seafoam_cluster,
    after_term: u64,
    timeout_millis: i64,
    term: *mut u64,
    remaining_millis: *mut u64,
    quality: *mut seafoam_quality,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let (remaining, quality) = (maybe_out!(remaining_millis), maybe_out!(quality));
        let term = out!(term);
        let pending = handle!(cluster).cluster.elected(after_term);
        let lease = wait(&pending, timeout(timeout_millis), "this node does not lead yet")?;
        term.put(lease.term);
        remaining.inspect(|out| out.put(lease.remaining_millis));
        quality.inspect(|out| out.put(lease.term_quality.number().into()));
        Ok(())
    })
}

/// Waits until this node does not lead in `term`: at once where it does not now, and no later than
/// `seafoam_cluster_is_leader` turns false, but for the time that it takes to wake this thread. A tenure
/// whose end was told never goes on. `SEAFOAM_OK` also where the cluster was closed.
///
/// Threads: any.
/// Errors: `SEAFOAM_TIMEOUT` where the tenure still runs after `timeout_millis` (negative waits for
/// ever), `SEAFOAM_BUSY` where 1024 wait, `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_leadership_lost(
    cluster: *const seafoam_cluster,
    term: u64,
    timeout_millis: i64,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let pending = handle!(cluster).cluster.deposed(term);
        wait(&pending, timeout(timeout_millis), "this node still leads")
    })
}

/// Gives up the tenure of `term`, as `seafoam_cluster_resign` does, and no later one. Blocks until a
/// majority of the lighthouses knows; `SEAFOAM_OK` at once where that tenure is over already.
///
/// Threads: any.
/// Errors: `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_leadership_resign(
    cluster: *const seafoam_cluster,
    term: u64,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, { handle!(cluster).cluster.step_down(term).wait() })
}

/// Calls `elected` when this node leads, at once where it does already, and `lost` with the term when
/// that tenure is over, in turns, one call at a time, on a thread of their own. While `elected` runs,
/// `lost` waits: work that takes longer than a lease belongs on another thread. `lost` is called too
/// where the cluster closes, not where the pair is removed, which gives nothing up
/// (`seafoam_cluster_leadership_resign` does). Any call of this library may be made from inside.
///
/// Ownership: `drop` (may be NULL) is called exactly once with `user_data`, after the last call of
/// both, also where this call fails. `callback` may be NULL, then the pair stays until the cluster
/// closes; else `*callback` ends with `seafoam_callback_remove`. Threads: any.
/// Errors: `SEAFOAM_INVALID_CONFIG` where a function is NULL, `SEAFOAM_NOT_VALID` where nobody can ever
/// lead here, `SEAFOAM_BUSY` where 64 pairs are installed, `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_on_leadership(
    cluster: *const seafoam_cluster,
    elected: seafoam_elected_function,
    lost: seafoam_lost_function,
    user_data: *mut c_void,
    drop: seafoam_drop,
    callback: *mut *mut seafoam_callback,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    let user_data = Arc::new(SharedData(UserData::new(user_data, drop)));
    fallible!(error, {
        let out = maybe_out!(callback);
        let cluster = &handle!(cluster).cluster;
        let (elected, lost) = (elected.ok_or_else(no_function)?, lost.ok_or_else(no_function)?);
        let (data, lost_data) = (Arc::clone(&user_data), user_data);
        let elected = move |lease: &Lease| {
            let quality = lease.term_quality.number().into();
            // SAFETY: the caller handed both over for exactly this.
            unsafe { elected(data.0.pointer(), lease.term, lease.remaining_millis, quality) };
        };
        // SAFETY: as above.
        let lost = move |term: u64| unsafe { lost(lost_data.0.pointer(), term) };
        installed(Installed::Leadership(cluster.on_leadership(elected, lost)?), out);
        Ok(())
    })
}

/// What two functions share.
struct SharedData(UserData);

// SAFETY: both functions are called from one thread, one call at a time.
unsafe impl Sync for SharedData {}

fn wait<T>(pending: &Pending<T>, timeout: Duration, what: &str) -> Result<T> {
    pending.wait_for(timeout).unwrap_or_else(|| {
        let text = format!("{what}, after {} ms", timeout.as_millis());
        Err(Error::new(ErrorCode::Timeout, text))
    })
}
