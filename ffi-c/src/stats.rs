//! Counters and gauges, by name or row by row.

use std::ffi::c_char;
use std::ptr;

use seafoam_core::{Error, ErrorCode, Stats};

use crate::abi::{Out, fallible, handle, maybe_handle, out, plain, take, text};
use crate::cluster::seafoam_cluster;
use crate::error::{seafoam_code, seafoam_error};
use crate::words::static_text;

/// One snapshot of every counter and gauge. Never changes; readable from any thread.
pub struct seafoam_stats {
    values: Vec<u64>,
}

/// Counters (from the start of the cluster) and gauges (of this moment).
///
/// Ownership: free `*stats` with `seafoam_stats_free`. Threads: any.
/// Errors: `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_stats(
    cluster: *const seafoam_cluster,
    stats: *mut *mut seafoam_stats,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let stats: Out<*mut seafoam_stats> = out!(stats);
        let values = handle!(cluster).cluster.stats()?.values();
        stats.give(seafoam_stats { values });
        Ok(())
    })
}

/// The value of a row by its name, such as `members_alive`.
///
/// Threads: any.
/// Errors: `SEAFOAM_INVALID_CONFIG` where there is no such row; the message lists those that there
/// are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_stats_get(
    stats: *const seafoam_stats,
    name: *const c_char,
    value: *mut u64,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let value = out!(value);
        let (stats, name) = (handle!(stats), text!(name));
        let place = Stats::ROWS.iter().position(|(row, ..)| *row == name);
        let found = place.and_then(|place| stats.values.get(place));
        value.put(*found.ok_or_else(|| no_row(name))?);
        Ok(())
    })
}

fn no_row(name: &str) -> Error {
    let short: String = name.chars().take(80).collect();
    let rows: Vec<_> = Stats::ROWS.iter().map(|(row, ..)| *row).collect();
    let rows = rows.join(", ");
    Error::new(
        ErrorCode::InvalidConfig,
        format!("{short:?} is not a row of the statistics; the rows are {rows}"),
    )
}

/// How many rows there are; 0 for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_stats_length(stats: *const seafoam_stats) -> usize {
    plain!({ maybe_handle!(stats).map_or(0, |stats| stats.values.len()) })
}

/// Name of a row, by index from 0; NULL beyond the last one.
///
/// Ownership: static, never freed. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_stats_name(
    stats: *const seafoam_stats,
    index: usize,
) -> *const c_char {
    plain!({
        let row = maybe_handle!(stats).and(Stats::ROWS.get(index));
        row.map_or(ptr::null(), |(name, ..)| static_text(name))
    })
}

/// What a row means, by index from 0; NULL beyond the last one.
///
/// Ownership: static, never freed. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_stats_doc(
    stats: *const seafoam_stats,
    index: usize,
) -> *const c_char {
    plain!({
        let row = maybe_handle!(stats).and(Stats::ROWS.get(index));
        row.map_or(ptr::null(), |(_, _, doc)| static_text(doc))
    })
}

/// Whether a row only rises from the start of the cluster, by index from 0; false for a gauge, and
/// beyond the last row.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_stats_is_counter(
    stats: *const seafoam_stats,
    index: usize,
) -> bool {
    plain!({
        let row = maybe_handle!(stats).and(Stats::ROWS.get(index));
        row.is_some_and(|(_, kind, _)| *kind == "counter")
    })
}

/// The value of a row, by index from 0; 0 beyond the last one.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_stats_value(stats: *const seafoam_stats, index: usize) -> u64 {
    plain!({
        let value = maybe_handle!(stats).and_then(|stats| stats.values.get(index));
        value.copied().unwrap_or(0)
    })
}

/// Frees a snapshot; NULL is fine.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_stats_free(stats: *mut seafoam_stats) {
    plain!({ drop(take!(stats)) });
}
