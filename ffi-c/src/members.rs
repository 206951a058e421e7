//! The nodes of a cluster: reading them, and telling what this process knows of them.

use std::ffi::{c_char, c_int};

use seafoam_core::{NodeRank, NodeStatus};

use crate::abi::{Out, bad_argument, fallible, handle, maybe_out, out, text, value_of};
use crate::cluster::seafoam_cluster;
use crate::error::{seafoam_code, seafoam_error};
use crate::node::{seafoam_node, seafoam_nodes};
use crate::why::seafoam_why;

/// This node.
///
/// Ownership: a snapshot of the caller's; free `*node` with `seafoam_node_free`. Threads: any.
/// Errors: `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_local_node(
    cluster: *const seafoam_cluster,
    node: *mut *mut seafoam_node,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let node: Out<*mut seafoam_node> = out!(node);
        node.give(seafoam_node::new(handle!(cluster).cluster.local_node()?));
        Ok(())
    })
}

/// Every node in the table, in the order of their names: dead ones until they are forgotten, those
/// that left for 60 s.
///
/// Ownership: free `*nodes` with `seafoam_nodes_free`. Threads: any; never waits for the network.
/// Errors: `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_all_nodes(
    cluster: *const seafoam_cluster,
    nodes: *mut *mut seafoam_nodes,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let nodes: Out<*mut seafoam_nodes> = out!(nodes);
        nodes.give(seafoam_nodes::new(handle!(cluster).cluster.all_nodes()?));
        Ok(())
    })
}

/// The nodes that are alive or suspected, the local one included, in the order of their names.
///
/// Ownership: free `*nodes` with `seafoam_nodes_free`. Threads: any; never waits for the network.
/// Errors: `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_healthy_nodes(
    cluster: *const seafoam_cluster,
    nodes: *mut *mut seafoam_nodes,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let nodes: Out<*mut seafoam_nodes> = out!(nodes);
        nodes.give(seafoam_nodes::new(handle!(cluster).cluster.healthy_nodes()?));
        Ok(())
    })
}

/// The node of this name or address. `*node` is NULL, and the code `SEAFOAM_OK`, where there is
/// none.
///
/// Ownership: free `*node` with `seafoam_node_free`. Threads: any; never waits for the network.
/// Errors: `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_node(
    cluster: *const seafoam_cluster,
    name_or_address: *const c_char,
    node: *mut *mut seafoam_node,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let node: Out<*mut seafoam_node> = out!(node);
        let cluster = &handle!(cluster).cluster;
        if let Some(found) = cluster.node(text!(name_or_address))? {
            node.give(seafoam_node::new(found));
        }
        Ok(())
    })
}

/// Adds a node by `host`, `host:port` or `[v6]:port` and returns at once: it is unknown, with the
/// address as its name, until it answers (then a `SEAFOAM_EVENT_NODE` follows). Without a port it
/// takes the own `listen_port`, 9999 where that is 0.
///
/// Ownership: `node` may be NULL; else free `*node` with `seafoam_node_free`. Threads: any.
/// Errors: `SEAFOAM_INVALID_ADDRESS`, `SEAFOAM_BUSY` where the table is full, `SEAFOAM_CLOSED`,
/// `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_add_node(
    cluster: *const seafoam_cluster,
    address: *const c_char,
    node: *mut *mut seafoam_node,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let node: Option<Out<*mut seafoam_node>> = maybe_out!(node);
        let cluster = &handle!(cluster).cluster;
        let added = cluster.add_node(text!(address))?;
        if let Some(out) = node {
            out.give(seafoam_node::new(added));
        }
        Ok(())
    })
}

/// Forgets a node, by name or address, in this process alone. A node that speaks again comes back.
///
/// Ownership: `removed`, the node as it was, may be NULL; else free `*removed` with
/// `seafoam_node_free`. Threads: any.
/// Errors: `SEAFOAM_UNKNOWN_NODE`, `SEAFOAM_INVALID_ADDRESS` for the local node, `SEAFOAM_CLOSED`,
/// `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_remove_node(
    cluster: *const seafoam_cluster,
    node: *const c_char,
    removed: *mut *mut seafoam_node,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let removed: Option<Out<*mut seafoam_node>> = maybe_out!(removed);
        let cluster = &handle!(cluster).cluster;
        let node = cluster.remove_node(text!(node))?;
        if let Some(out) = removed {
            out.give(seafoam_node::new(node));
        }
        Ok(())
    })
}

/// The round trip to a node (by name or address) or to an address that is no member's, in
/// milliseconds. Blocks for it.
///
/// Threads: any.
/// Errors: `SEAFOAM_TIMEOUT`, `SEAFOAM_UNKNOWN_NODE` for a name that is neither,
/// `SEAFOAM_RESOLVE_FAILED`, `SEAFOAM_BUSY`, `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`; then `*millis` is
/// `SEAFOAM_PING_NO_DATA`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_ping_node(
    cluster: *const seafoam_cluster,
    node: *const c_char,
    millis: *mut f64,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let millis = maybe_out!(millis);
        let cluster = &handle!(cluster).cluster;
        let measured = cluster.ping_node(text!(node)).wait()?;
        if let Some(out) = millis {
            out.put(measured);
        }
        Ok(())
    })
}

/// States a node's status (`SEAFOAM_STATUS_...`). Dead and suspected are accusations that it may
/// refute, alive makes a probe. `rank` and `datacenter` are a node's own claims: for any but -1
/// the call is refused.
///
/// Threads: any.
/// Errors: `SEAFOAM_UNKNOWN_NODE`, `SEAFOAM_INVALID_CONFIG` for a status that is none or is no
/// statement about a peer, `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_update_node_status(
    cluster: *const seafoam_cluster,
    node: *const c_char,
    status: c_int,
    rank: c_int,
    datacenter: c_int,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let cluster = &handle!(cluster).cluster;
        let node = text!(node);
        let status = value_of("status", status, NodeStatus::ALL, NodeStatus::number)?;
        let rank = match rank {
            -1 => None,
            _ => Some(value_of("rank", rank, NodeRank::ALL, NodeRank::number)?),
        };
        let datacenter = match datacenter {
            -1 => None,
            _ => Some(u8::try_from(datacenter).map_err(|_| {
                bad_argument("datacenter", &format!("= {datacenter} is not in -1 to 255"))
            })?),
        };
        cluster.update_node_status(node, status, rank, datacenter)
    })
}

/// Sets a node's local timestamp to now.
///
/// Threads: any.
/// Errors: `SEAFOAM_UNKNOWN_NODE`, `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_touch_node(
    cluster: *const seafoam_cluster,
    node: *const c_char,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let cluster = &handle!(cluster).cluster;
        cluster.touch_node(text!(node))
    })
}

/// Why a node is suspected or dead, as this process knows it.
///
/// Ownership: free `*why` with `seafoam_why_free`. Threads: any.
/// Errors: `SEAFOAM_UNKNOWN_NODE`, `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_why(
    cluster: *const seafoam_cluster,
    node: *const c_char,
    why: *mut *mut seafoam_why,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let why: Out<*mut seafoam_why> = out!(why);
        let cluster = &handle!(cluster).cluster;
        why.give(seafoam_why::new(cluster.why(text!(node))?));
        Ok(())
    })
}
