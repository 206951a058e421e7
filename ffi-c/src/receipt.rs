//! Broadcasts whose sender wants to know who has them.

use std::ffi::{CString, c_char, c_void};
use std::ptr;

use seafoam_core::Receipt;

use crate::abi::{Out, bytes, c_string, fallible, handle, maybe_handle, out, plain, take, timeout};
use crate::cluster::seafoam_cluster;
use crate::error::{seafoam_code, seafoam_error};
use crate::node::seafoam_node;

/// Who confirmed a broadcast in time, and who did not, of the members that were healthy when it was
/// sent. Never changes; readable from any thread.
pub struct seafoam_receipt {
    label: CString,
    confirmed: Vec<seafoam_node>,
    missing: Vec<seafoam_node>,
    is_complete: bool,
}

impl seafoam_receipt {
    fn new(receipt: Receipt) -> Self {
        Self {
            label: c_string(&receipt.label),
            is_complete: receipt.is_complete(),
            confirmed: receipt.confirmed.into_iter().map(seafoam_node::new).collect(),
            missing: receipt.missing.into_iter().map(seafoam_node::new).collect(),
        }
    }
}

/// As `seafoam_cluster_broadcast`, and waits until every member that was healthy then has confirmed
/// it, is dead or gone, or `timeout_millis` have passed; negative means without a limit. Whoever does
/// not confirm is sent it again. That members are missing is no error.
///
/// Ownership: the bytes are copied; free `*receipt` with `seafoam_receipt_free`. Threads: any.
/// Errors: `SEAFOAM_PAYLOAD_TOO_LARGE` beyond `max_broadcast_bytes`, `SEAFOAM_BUSY` where the queue
/// is full or 64 receipts are awaited; then nothing was sent. `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_broadcast_with_receipt(
    cluster: *const seafoam_cluster,
    bytes: *const c_void,
    length: usize,
    timeout_millis: i64,
    receipt: *mut *mut seafoam_receipt,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let out: Out<*mut seafoam_receipt> = out!(receipt);
        let cluster = &handle!(cluster).cluster;
        let payload = bytes!(bytes, length);
        let receipt = cluster.broadcast_with_receipt(payload, timeout(timeout_millis)).wait()?;
        out.give(seafoam_receipt::new(receipt));
        Ok(())
    })
}

/// The broadcast's label, `ip:port:index`; NULL for NULL.
///
/// Ownership: borrowed, lives as long as `receipt`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_receipt_label(receipt: *const seafoam_receipt) -> *const c_char {
    plain!({ maybe_handle!(receipt).map_or(ptr::null(), |receipt| receipt.label.as_ptr()) })
}

/// How many members have it; 0 for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_receipt_confirmed_length(
    receipt: *const seafoam_receipt,
) -> usize {
    plain!({ maybe_handle!(receipt).map_or(0, |receipt| receipt.confirmed.len()) })
}

/// A member that has it, by index from 0, in the order of their names; NULL beyond the last one.
///
/// Ownership: borrowed, lives as long as `receipt`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_receipt_confirmed(
    receipt: *const seafoam_receipt,
    index: usize,
) -> *const seafoam_node {
    plain!({ node_at(maybe_handle!(receipt).map(|receipt| &*receipt.confirmed), index) })
}

/// How many members did not say that they have it; 0 for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_receipt_missing_length(receipt: *const seafoam_receipt) -> usize {
    plain!({ maybe_handle!(receipt).map_or(0, |receipt| receipt.missing.len()) })
}

/// A member that did not say that it has it, by index from 0, in the order of their names; NULL
/// beyond the last one. It is dead or gone meanwhile, or out of reach, and may have it all the same.
///
/// Ownership: borrowed, lives as long as `receipt`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_receipt_missing(
    receipt: *const seafoam_receipt,
    index: usize,
) -> *const seafoam_node {
    plain!({ node_at(maybe_handle!(receipt).map(|receipt| &*receipt.missing), index) })
}

/// Whether all confirmed; false for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_receipt_is_complete(receipt: *const seafoam_receipt) -> bool {
    plain!({ maybe_handle!(receipt).is_some_and(|receipt| receipt.is_complete) })
}

/// Frees a receipt and its nodes; NULL is fine.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_receipt_free(receipt: *mut seafoam_receipt) {
    plain!({ drop(take!(receipt)) });
}

/// A node of a list, or NULL.
fn node_at(nodes: Option<&[seafoam_node]>, index: usize) -> *const seafoam_node {
    nodes.and_then(|nodes| nodes.get(index)).map_or(ptr::null(), ptr::from_ref)
}
