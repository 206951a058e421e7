//! Callbacks: functions of the host that are called for events.

use std::ffi::c_void;
use std::sync::Arc;

use seafoam_core::{CallbackHandle, Event, EventKinds, LeadershipHandle, Node, NodeStatus};

use crate::abi::{Out, UserData, fallible, handle, maybe_out, plain, seafoam_drop, take};
use crate::cluster::seafoam_cluster;
use crate::error::{seafoam_code, seafoam_error};
use crate::event::seafoam_event;
use crate::node::seafoam_node;
use crate::words::seafoam_status;

/// Called at each change of a node's status. `node` is borrowed for the call.
pub type seafoam_status_function = Option<
    unsafe extern "C" fn(user_data: *mut c_void, node: *const seafoam_node, status: seafoam_status),
>;

/// Called for each broadcast of another member. `origin` and `bytes` are borrowed for the call.
pub type seafoam_broadcast_function = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        origin: *const seafoam_node,
        bytes: *const u8,
        length: usize,
    ),
>;

/// Called for each event of the wanted kinds. `event` is borrowed for the call.
pub type seafoam_event_function =
    Option<unsafe extern "C" fn(user_data: *mut c_void, event: *const seafoam_event)>;

/// A function, or a pair of functions, that was installed.
pub struct seafoam_callback {
    handle: Installed,
}

/// What removes itself when it is dropped.
pub(crate) enum Installed {
    Events(CallbackHandle),
    Leadership(LeadershipHandle),
}

/// Hands the way to remove it to the caller; without one it stays until the cluster closes.
pub(crate) fn installed(handle: Installed, out: Option<Out<*mut seafoam_callback>>) {
    match (out, handle) {
        (Some(out), handle) => out.give(seafoam_callback { handle }),
        (None, Installed::Events(handle)) => handle.detach(),
        (None, Installed::Leadership(handle)) => handle.detach(),
    }
}

/// Calls `function` with each node whose status changed, one call at a time, on the cluster's
/// dispatch thread. Any call of this library may be made from inside.
///
/// Ownership: `drop` (may be NULL) is called exactly once with `user_data`, after the last call of
/// `function`, also where this call fails. `callback` may be NULL, then the function stays until
/// the cluster closes; else `*callback` ends with `seafoam_callback_remove`. Threads: any.
/// Errors: `SEAFOAM_INVALID_CONFIG` where `function` is NULL, `SEAFOAM_BUSY` where too many are
/// installed, `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_on_status(
    cluster: *const seafoam_cluster,
    function: seafoam_status_function,
    user_data: *mut c_void,
    drop: seafoam_drop,
    callback: *mut *mut seafoam_callback,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    let user_data = UserData::new(user_data, drop);
    fallible!(error, {
        let out = maybe_out!(callback);
        let cluster = &handle!(cluster).cluster;
        let function = function.ok_or_else(no_function)?;
        let call = move |node: &Arc<Node>, status: NodeStatus| {
            // SAFETY: the handle ends below, before the node can.
            let node = unsafe { seafoam_node::lent(node) };
            // SAFETY: the caller handed both over for exactly this.
            unsafe { function(user_data.pointer(), &raw const node, status.number().into()) };
        };
        installed(Installed::Events(cluster.on_status(call)?), out);
        Ok(())
    })
}

/// Calls `function` with the origin and the payload of each broadcast, one call at a time, on the
/// cluster's dispatch thread. Any call of this library may be made from inside.
///
/// Ownership, threads and errors: as `seafoam_cluster_on_status`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_on_broadcast(
    cluster: *const seafoam_cluster,
    function: seafoam_broadcast_function,
    user_data: *mut c_void,
    drop: seafoam_drop,
    callback: *mut *mut seafoam_callback,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    let user_data = UserData::new(user_data, drop);
    fallible!(error, {
        let out = maybe_out!(callback);
        let cluster = &handle!(cluster).cluster;
        let function = function.ok_or_else(no_function)?;
        let call = move |origin: &Arc<Node>, bytes: &[u8]| {
            // SAFETY: the handle ends below, before the node can.
            let origin = unsafe { seafoam_node::lent(origin) };
            let (data, length) = (bytes.as_ptr(), bytes.len());
            // SAFETY: the caller handed both over for exactly this.
            unsafe { function(user_data.pointer(), &raw const origin, data, length) };
        };
        installed(Installed::Events(cluster.on_broadcast(call)?), out);
        Ok(())
    })
}

/// Calls `function` with each event of `kinds` (as in `seafoam_cluster_events`), one call at a
/// time, on the cluster's dispatch thread. Any call of this library may be made from inside.
///
/// Ownership, threads and errors: as `seafoam_cluster_on_status`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_on_event(
    cluster: *const seafoam_cluster,
    kinds: u32,
    function: seafoam_event_function,
    user_data: *mut c_void,
    drop: seafoam_drop,
    callback: *mut *mut seafoam_callback,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    let user_data = UserData::new(user_data, drop);
    fallible!(error, {
        let out = maybe_out!(callback);
        let cluster = &handle!(cluster).cluster;
        let function = function.ok_or_else(no_function)?;
        let call = move |event: &Event| {
            // SAFETY: the handle ends below, before the event can.
            let event = unsafe { seafoam_event::lent(event) };
            // SAFETY: the caller handed both over for exactly this.
            unsafe { function(user_data.pointer(), &raw const event) };
        };
        let callback = cluster.on_event(EventKinds::from_bits(kinds), Box::new(call))?;
        installed(Installed::Events(callback), out);
        Ok(())
    })
}

pub(crate) fn no_function() -> seafoam_core::Error {
    crate::abi::bad_argument("function", "is NULL")
}

/// Removes the function, or the pair, and frees the handle; NULL is fine. Waits for a running call, at most 1 s,
/// unless called from inside it; none begins after this returned. Works on after the cluster was
/// closed and freed.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_callback_remove(callback: *mut seafoam_callback) {
    plain!({
        if let Some(callback) = take!(callback) {
            drop(callback.handle);
        }
    });
}
