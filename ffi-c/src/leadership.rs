//! Who leads, and whether this side of a partition may act.

use std::ffi::{CString, c_char};
use std::sync::Arc;

use seafoam_core::Validity;

use crate::abi::{
    Out, c_string, fallible, handle, maybe_handle, maybe_out, out, plain, take, text,
};
use crate::cluster::seafoam_cluster;
use crate::error::{seafoam_code, seafoam_error};
use crate::node::seafoam_node;
use crate::words::{seafoam_basis, seafoam_quality, seafoam_state};

/// Whether this side of a partition may act, and what is missing. Never changes; readable from any
/// thread.
pub struct seafoam_validity {
    validity: Arc<Validity>,
    seen: Vec<CString>,
    missing: Vec<CString>,
}

impl seafoam_validity {
    pub(crate) fn new(validity: Arc<Validity>) -> Self {
        let texts = |names: &[Arc<str>]| names.iter().map(|name| c_string(name)).collect();
        Self { seen: texts(&validity.seen), missing: texts(&validity.missing), validity }
    }
}

/// The leader as this node heard of it. `*leader` is NULL, and the code `SEAFOAM_OK`, while there
/// is none.
///
/// Ownership: free `*leader` with `seafoam_node_free`. Threads: any.
/// Errors: `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_leader(
    cluster: *const seafoam_cluster,
    leader: *mut *mut seafoam_node,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let out: Out<*mut seafoam_node> = out!(leader);
        if let Some(leader) = handle!(cluster).cluster.leader()? {
            out.give(seafoam_node::new(leader));
        }
        Ok(())
    })
}

/// Whether this node leads at this instant: the clock is read at the call. False for NULL, after
/// close, and in a forked child.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_is_leader(cluster: *const seafoam_cluster) -> bool {
    plain!({ maybe_handle!(cluster).is_some_and(|handle| handle.cluster.is_leader()) })
}

/// The own lease: `*term`, the fencing token, `*remaining_millis`, `*quality`
/// (`SEAFOAM_TERM_...`). `*held` tells whether there is one; where not, the others are 0, 0, -1.
///
/// Ownership: `term`, `remaining_millis` and `quality` may be NULL. Threads: any.
/// Errors: `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_lease(
    cluster: *const seafoam_cluster,
    held: *mut bool,
    term: *mut u64,
    remaining_millis: *mut u64,
    quality: *mut seafoam_quality,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let (term, remaining) = (maybe_out!(term), maybe_out!(remaining_millis));
        let quality = maybe_out!(quality);
        let held = out!(held);
        let Some(lease) = handle!(cluster).cluster.lease()? else {
            return Ok(());
        };
        held.put(true);
        term.inspect(|out| out.put(lease.term));
        remaining.inspect(|out| out.put(lease.remaining_millis));
        quality.inspect(|out| out.put(lease.term_quality.number().into()));
        Ok(())
    })
}

/// Gives the lease up. Blocks until it is given up.
///
/// Threads: any.
/// Errors: `SEAFOAM_NOT_LEADER`, `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_resign(
    cluster: *const seafoam_cluster,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, { handle!(cluster).cluster.resign().wait() })
}

/// Hands the lead to another node, by name or address. Blocks until it leads, or the old order is
/// restored.
///
/// Threads: any.
/// Errors: `SEAFOAM_NOT_LEADER`, `SEAFOAM_UNKNOWN_NODE`, `SEAFOAM_TIMEOUT`, `SEAFOAM_CLOSED`,
/// `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_transfer_leadership(
    cluster: *const seafoam_cluster,
    node: *const c_char,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let cluster = &handle!(cluster).cluster;
        cluster.transfer_leadership(text!(node)).wait()
    })
}

/// Whether this side of a partition may act.
///
/// Ownership: free `*validity` with `seafoam_validity_free`. Threads: any.
/// Errors: `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_validity(
    cluster: *const seafoam_cluster,
    validity: *mut *mut seafoam_validity,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let validity: Out<*mut seafoam_validity> = out!(validity);
        let cluster = &handle!(cluster).cluster;
        validity.give(seafoam_validity::new(cluster.validity()?));
        Ok(())
    })
}

/// Whether the cluster is valid at this instant; false for NULL, after close, and in a forked
/// child.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_is_valid(cluster: *const seafoam_cluster) -> bool {
    plain!({ maybe_handle!(cluster).is_some_and(|handle| handle.cluster.is_valid()) })
}

/// The verdict (`SEAFOAM_VALIDITY_...`); -1 for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_validity_state(
    validity: *const seafoam_validity,
) -> seafoam_state {
    plain!({ maybe_handle!(validity).map_or(-1, |handle| handle.validity.state.number().into()) })
}

/// Where the list of lighthouses comes from (`SEAFOAM_BASIS_...`); -1 for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_validity_basis(
    validity: *const seafoam_validity,
) -> seafoam_basis {
    plain!({ maybe_handle!(validity).map_or(-1, |handle| handle.validity.basis.number().into()) })
}

/// How many lighthouses must be included; 0 for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_validity_needed(validity: *const seafoam_validity) -> u32 {
    plain!({ maybe_handle!(validity).map_or(0, |handle| handle.validity.needed) })
}

/// How many lighthouses are included now; 0 for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_validity_seen_length(validity: *const seafoam_validity) -> usize {
    plain!({ maybe_handle!(validity).map_or(0, |handle| handle.seen.len()) })
}

/// Name of an included lighthouse, by index from 0; NULL beyond the last one.
///
/// Ownership: borrowed, lives as long as `validity`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_validity_seen(
    validity: *const seafoam_validity,
    index: usize,
) -> *const c_char {
    plain!({ text_at(maybe_handle!(validity).map(|handle| &*handle.seen), index) })
}

/// How many lighthouses are not included; 0 for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_validity_missing_length(
    validity: *const seafoam_validity,
) -> usize {
    plain!({ maybe_handle!(validity).map_or(0, |handle| handle.missing.len()) })
}

/// Name of a lighthouse that is not included, by index from 0; NULL beyond the last one.
///
/// Ownership: borrowed, lives as long as `validity`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_validity_missing(
    validity: *const seafoam_validity,
    index: usize,
) -> *const c_char {
    plain!({ text_at(maybe_handle!(validity).map(|handle| &*handle.missing), index,) })
}

/// Frees a validity that a call gave to its caller (not one borrowed from an event); NULL is fine.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_validity_free(validity: *mut seafoam_validity) {
    plain!({ drop(take!(validity)) });
}

/// A text of a list, or NULL.
pub(crate) fn text_at(texts: Option<&[CString]>, index: usize) -> *const c_char {
    texts.and_then(|texts| texts.get(index)).map_or(std::ptr::null(), |text| text.as_ptr())
}
