//! Configuration values of a running cluster.

use std::ffi::{c_char, c_int};

use seafoam_core::LogLevel;

use crate::abi::{Out, fallible, handle, out, text, value_of};
use crate::cluster::seafoam_cluster;
use crate::error::{seafoam_code, seafoam_error};

/// The text of a value (`SEAFOAM_KEY_...`) as it is now; of `keys` their places, lengths and ids.
///
/// Ownership: free `*value` with `seafoam_string_free`. Threads: any.
/// Errors: `SEAFOAM_INVALID_CONFIG` where there is no such key, `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_get(
    cluster: *const seafoam_cluster,
    key: *const c_char,
    value: *mut *mut c_char,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let value: Out<*mut c_char> = out!(value);
        let cluster = &handle!(cluster).cluster;
        value.give_text(&cluster.get(text!(key))?);
        Ok(())
    })
}

/// Changes a value that can be changed while the cluster runs, by its text.
///
/// Ownership: both texts are copied. Threads: any.
/// Errors: `SEAFOAM_INVALID_CONFIG` where the key is unknown, fixed at start, or does not accept
/// the value, `SEAFOAM_NOT_AVAILABLE`, `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`; nothing was changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_set(
    cluster: *const seafoam_cluster,
    key: *const c_char,
    value: *const c_char,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let cluster = &handle!(cluster).cluster;
        cluster.set(text!(key), text!(value))
    })
}

/// Changes the time between two probes, milliseconds.
///
/// Threads: any. Errors: as `seafoam_cluster_set`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_set_heartbeat_millis(
    cluster: *const seafoam_cluster,
    value: u32,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, { handle!(cluster).cluster.set_heartbeat_millis(value) })
}

/// Changes the longest payload of a broadcast, bytes.
///
/// Threads: any. Errors: as `seafoam_cluster_set`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_set_max_broadcast_bytes(
    cluster: *const seafoam_cluster,
    value: u32,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, { handle!(cluster).cluster.set_max_broadcast_bytes(value) })
}

/// Changes the seconds between multicast announcements; 0 stops them.
///
/// Threads: any. Errors: as `seafoam_cluster_set`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_set_multicast_announce_interval_seconds(
    cluster: *const seafoam_cluster,
    value: u32,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, { handle!(cluster).cluster.set_multicast_announce_interval_seconds(value) })
}

/// Changes the ping time that fills an empty history, milliseconds; 0 restores the default.
///
/// Threads: any. Errors: as `seafoam_cluster_set`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_set_ping_history_frontload_millis(
    cluster: *const seafoam_cluster,
    value: u32,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, { handle!(cluster).cluster.set_ping_history_frontload_millis(value) })
}

/// Changes the floor under the timeout of a ping, milliseconds.
///
/// Threads: any. Errors: as `seafoam_cluster_set`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_set_min_ping_time_millis(
    cluster: *const seafoam_cluster,
    value: u32,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, { handle!(cluster).cluster.set_min_ping_time_millis(value) })
}

/// Adds one lighthouse to the list, or removes one, in the whole cluster: `value` is the new list, a
/// comma list as in the configuration. Begins it; `seafoam_cluster_get` tells the list in force.
///
/// Ownership: the text is copied. Threads: any. Errors: `SEAFOAM_NOT_LEADER`, as the leader alone can;
/// `SEAFOAM_INVALID_CONFIG` where more would change, or a lighthouse has no `state_dir`;
/// `SEAFOAM_BUSY` while an earlier change is not over; otherwise as `seafoam_cluster_set`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_set_lighthouses(
    cluster: *const seafoam_cluster,
    value: *const c_char,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let cluster = &handle!(cluster).cluster;
        cluster.set("lighthouses", text!(value))
    })
}

/// Changes whether this node may lead.
///
/// Threads: any. Errors: as `seafoam_cluster_set`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_set_leader_eligible(
    cluster: *const seafoam_cluster,
    value: bool,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, { handle!(cluster).cluster.set_leader_eligible(value) })
}

/// Changes how early this node stands as a candidate: 0 to 255.
///
/// Threads: any. Errors: as `seafoam_cluster_set`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_set_leader_priority(
    cluster: *const seafoam_cluster,
    value: u32,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        // By its text, so that a number beyond 255 is refused and not cut.
        handle!(cluster).cluster.set("leader_priority", &value.to_string())
    })
}

/// Changes the threshold of the log (`SEAFOAM_LOG_...`), process-wide.
///
/// Threads: any. Errors: as `seafoam_cluster_set`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_set_log_level(
    cluster: *const seafoam_cluster,
    value: c_int,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let cluster = &handle!(cluster).cluster;
        cluster.set_log_level(value_of("value", value, LogLevel::ALL, LogLevel::number)?)
    })
}
