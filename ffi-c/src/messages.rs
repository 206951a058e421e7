//! Payloads to others, tags that all see, and who owns a key.

use std::ffi::{c_char, c_void};

use crate::abi::{Out, bytes, fallible, handle, maybe_out, out, pairs, text};
use crate::cluster::seafoam_cluster;
use crate::error::{seafoam_code, seafoam_error};
use crate::node::{seafoam_node, seafoam_nodes};

/// Sends a payload to every other healthy member, each of which gets it at most once. It never
/// comes back to this node, and members that join later do not get it.
///
/// Ownership: the bytes are copied. `label` (`ip:port:index`, unique within one run) may be NULL;
/// else free `*label` with `seafoam_string_free`. Threads: any; never waits for the network.
/// Errors: `SEAFOAM_PAYLOAD_TOO_LARGE` beyond `max_broadcast_bytes`, `SEAFOAM_BUSY` where the queue
/// is full, `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`; nothing was sent.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_broadcast(
    cluster: *const seafoam_cluster,
    bytes: *const c_void,
    length: usize,
    label: *mut *mut c_char,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let label: Option<Out<*mut c_char>> = maybe_out!(label);
        let cluster = &handle!(cluster).cluster;
        let sent = cluster.broadcast(bytes!(bytes, length))?;
        if let Some(out) = label {
            out.give_text(&sent);
        }
        Ok(())
    })
}

/// `seafoam_cluster_broadcast` for a text that ends in NUL; the NUL is not sent.
///
/// Ownership, threads and errors: as there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_broadcast_text(
    cluster: *const seafoam_cluster,
    text: *const c_char,
    label: *mut *mut c_char,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let label: Option<Out<*mut c_char>> = maybe_out!(label);
        let cluster = &handle!(cluster).cluster;
        let sent = cluster.broadcast(text!(text).as_bytes())?;
        if let Some(out) = label {
            out.give_text(&sent);
        }
        Ok(())
    })
}

/// Sends a payload of at most `SEAFOAM_LIMIT_MESSAGE_BYTES` to one node, by name or address: it gets
/// it at most once, as event `SEAFOAM_EVENT_MESSAGE`. Waits until the node has it, 5 s at most;
/// meanwhile the message is repeated. Messages may overtake one another.
///
/// Ownership: the bytes are copied. Threads: any.
/// Errors: `SEAFOAM_PAYLOAD_TOO_LARGE`, `SEAFOAM_UNKNOWN_NODE`, `SEAFOAM_RESOLVE_FAILED`,
/// `SEAFOAM_BUSY` where too many wait, `SEAFOAM_TIMEOUT` where nobody acknowledged it, so that it is
/// not known whether it came; `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_send(
    cluster: *const seafoam_cluster,
    node: *const c_char,
    bytes: *const c_void,
    length: usize,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let cluster = &handle!(cluster).cluster;
        cluster.send(text!(node), bytes!(bytes, length)).wait()
    })
}

/// Replaces the tags of this node by `count` pairs of texts, which all members see; both arrays may
/// be NULL for none. At most `SEAFOAM_LIMIT_TAGS_BYTES` as `k=v,k=v`; keys are not empty and hold no
/// `=` and no comma, values no comma.
///
/// Ownership: the texts are copied. Threads: any.
/// Errors: `SEAFOAM_INVALID_CONFIG` for tags that are refused; `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_set_tags(
    cluster: *const seafoam_cluster,
    names: *const *const c_char,
    values: *const *const c_char,
    count: usize,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let cluster = &handle!(cluster).cluster;
        cluster.set_tags(&pairs!(names, values, count))
    })
}

/// The healthy member that owns a key, the same answer on every node with the same view. Only
/// members that carry all of the `count` tags are considered. `*owner` is NULL where there is none.
///
/// Ownership: free `*owner` with `seafoam_node_free`. Threads: any.
/// Errors: `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_owner(
    cluster: *const seafoam_cluster,
    key: *const c_void,
    key_length: usize,
    names: *const *const c_char,
    values: *const *const c_char,
    count: usize,
    owner: *mut *mut seafoam_node,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let out: Out<*mut seafoam_node> = out!(owner);
        let cluster = &handle!(cluster).cluster;
        let tags = pairs!(names, values, count);
        if let Some(owner) = cluster.owner(bytes!(key, key_length), &tags)? {
            out.give(seafoam_node::new(owner));
        }
        Ok(())
    })
}

/// The `most` best owners of a key, best first; fewer where there are not so many.
///
/// Ownership: free `*owners` with `seafoam_nodes_free`. Threads: any.
/// Errors: `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_owners(
    cluster: *const seafoam_cluster,
    key: *const c_void,
    key_length: usize,
    most: usize,
    names: *const *const c_char,
    values: *const *const c_char,
    count: usize,
    owners: *mut *mut seafoam_nodes,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let out: Out<*mut seafoam_nodes> = out!(owners);
        let cluster = &handle!(cluster).cluster;
        let tags = pairs!(names, values, count);
        let owners = cluster.owners(bytes!(key, key_length), most, &tags)?;
        out.give(seafoam_nodes::new(owners));
        Ok(())
    })
}
