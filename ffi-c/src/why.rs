//! Why a node is suspected or dead, field by field.

use std::ffi::{CString, c_char, c_int};
use std::ptr;
use std::sync::Arc;

use seafoam_core::Why;

use crate::abi::{c_string, maybe_handle, plain, take};
use crate::leadership::text_at;
use crate::node::seafoam_node;
use crate::words::seafoam_hint;

fn texts(texts: &[Arc<str>]) -> Vec<CString> {
    texts.iter().map(|text| c_string(text)).collect()
}

/// Why a node is suspected or dead. Never changes; readable from any thread.
pub struct seafoam_why {
    why: Why,
    node: seafoam_node,
    source: CString,
    witnesses: Vec<CString>,
    accuser: CString,
    helpers_failed: Vec<CString>,
    helpers_silent: Vec<CString>,
}

impl seafoam_why {
    pub(crate) fn new(why: Why) -> Self {
        Self {
            node: seafoam_node::new(Arc::clone(&why.node)),
            source: c_string(&why.source),
            witnesses: texts(&why.witnesses),
            accuser: c_string(&why.accuser),
            helpers_failed: texts(&why.helpers_failed),
            helpers_silent: texts(&why.helpers_silent),
            why,
        }
    }
}

/// The node that was asked about; NULL for NULL.
///
/// Ownership: borrowed, lives as long as `why`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_why_node(why: *const seafoam_why) -> *const seafoam_node {
    plain!({ maybe_handle!(why).map_or(ptr::null(), |why| ptr::from_ref(&why.node)) })
}

/// Milliseconds since its status changed here; 0 for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_why_since_millis(why: *const seafoam_why) -> u64 {
    plain!({ maybe_handle!(why).map_or(0, |why| why.why.since_millis) })
}

/// Name of the node that stated it first; NULL for NULL.
///
/// Ownership: borrowed, lives as long as `why`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_why_source(why: *const seafoam_why) -> *const c_char {
    plain!({ maybe_handle!(why).map_or(ptr::null(), |why| why.source.as_ptr()) })
}

/// How many members are known to have failed to reach it; 0 for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_why_witnesses_length(why: *const seafoam_why) -> usize {
    plain!({ maybe_handle!(why).map_or(0, |why| why.witnesses.len()) })
}

/// Name of a member that failed to reach it, by index from 0; NULL beyond the last one.
///
/// Ownership: borrowed, lives as long as `why`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_why_witness(
    why: *const seafoam_why,
    index: usize,
) -> *const c_char {
    plain!({ text_at(maybe_handle!(why).map(|why| &*why.witnesses), index) })
}

/// Whether this node's own ping failed since the suspicion began; false for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_why_own_ping_failed(why: *const seafoam_why) -> bool {
    plain!({ maybe_handle!(why).is_some_and(|why| why.why.own_ping_failed) })
}

/// This node's own health score when it was asked: 0 is healthy, 8 the worst; -1 for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_why_own_health(why: *const seafoam_why) -> c_int {
    plain!({
        maybe_handle!(why).map_or(-1, |why| c_int::try_from(why.why.own_health).unwrap_or(-1))
    })
}

/// Name of the node that began the suspicion, as heard here; empty where there was none; NULL for
/// NULL.
///
/// Ownership: borrowed, lives as long as `why`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_why_accuser(why: *const seafoam_why) -> *const c_char {
    plain!({ maybe_handle!(why).map_or(ptr::null(), |why| why.accuser.as_ptr()) })
}

/// Milliseconds since the suspicion began here, also of a node that is dead by now; 0 where there
/// was none, and for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_why_suspected_millis(why: *const seafoam_why) -> u64 {
    plain!({ maybe_handle!(why).map_or(0, |why| why.why.suspected_millis) })
}

/// Milliseconds since anything came from the node itself, also through a helper; 0 for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_why_heard_millis(why: *const seafoam_why) -> u64 {
    plain!({ maybe_handle!(why).map_or(0, |why| why.why.heard_millis) })
}

/// What a witness found out about the node's host, by the index of the witness
/// (`SEAFOAM_HINT_...`); -1 beyond the last one.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_why_witness_hint(
    why: *const seafoam_why,
    index: usize,
) -> seafoam_hint {
    plain!({
        let hint = maybe_handle!(why).and_then(|why| why.why.witness_hints.get(index));
        hint.map_or(-1, |hint| hint.number().into())
    })
}

/// Milliseconds since a witness was first heard here, by its index; 0 beyond the last one.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_why_witness_millis(why: *const seafoam_why, index: usize) -> u64 {
    plain!({
        let millis = maybe_handle!(why).and_then(|why| why.why.witness_millis.get(index));
        millis.copied().unwrap_or(0)
    })
}

/// What a TCP connection of this node's own to the node's host told (`SEAFOAM_HINT_...`); -1 for
/// NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_why_own_hint(why: *const seafoam_why) -> seafoam_hint {
    plain!({ maybe_handle!(why).map_or(-1, |why| why.why.own_hint.number().into()) })
}

/// How many helpers of this node's last probe could not reach the node either,
/// and said so; 0 for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_why_helpers_failed_length(why: *const seafoam_why) -> usize {
    plain!({ maybe_handle!(why).map_or(0, |why| why.helpers_failed.len()) })
}

/// Name of such a helper, by index from 0; NULL beyond the last one.
///
/// Ownership: borrowed, lives as long as `why`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_why_helpers_failed(
    why: *const seafoam_why,
    index: usize,
) -> *const c_char {
    plain!({ text_at(maybe_handle!(why).map(|why| &*why.helpers_failed), index) })
}

/// How many helpers of this node's last probe said nothing in
/// time; 0 for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_why_helpers_silent_length(why: *const seafoam_why) -> usize {
    plain!({ maybe_handle!(why).map_or(0, |why| why.helpers_silent.len()) })
}

/// Name of such a helper, by index from 0; NULL beyond the last one.
///
/// Ownership: borrowed, lives as long as `why`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_why_helpers_silent(
    why: *const seafoam_why,
    index: usize,
) -> *const c_char {
    plain!({ text_at(maybe_handle!(why).map(|why| &*why.helpers_silent), index) })
}

/// Frees an answer of `seafoam_cluster_why`; NULL is fine.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_why_free(why: *mut seafoam_why) {
    plain!({ drop(take!(why)) });
}
