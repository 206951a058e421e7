//! Nodes as handles: plain snapshots that never change.

use std::ffi::{CString, c_char};
use std::ops::Deref;
use std::ptr;
use std::sync::{Arc, OnceLock};

use seafoam_core::Node;

use crate::abi::{c_string, give, lend, maybe_handle, plain, take};
use crate::words::{seafoam_rank, seafoam_status};

/// One member of the cluster as this process saw it at one moment. Never changes; readable from any
/// thread.
pub struct seafoam_node {
    /// Apart, so that a node that is only handed out stays small. Before `node`: dropped first.
    texts: OnceLock<Box<Texts>>,
    node: Held,
}

/// Whoever is given a node shares it; inside of an event or a call it is lent: counting would cost
/// more than all the rest of handing it out.
enum Held {
    Shared(Arc<Node>),
    Lent(&'static Arc<Node>),
}

impl Deref for Held {
    type Target = Arc<Node>;

    fn deref(&self) -> &Arc<Node> {
        match self {
            Self::Shared(node) => node,
            Self::Lent(node) => node,
        }
    }
}

/// Texts as C takes them, made when first asked for: most nodes are looked at in part.
#[derive(Default)]
struct Texts {
    name: OnceLock<CString>,
    address: OnceLock<CString>,
    ip: OnceLock<Option<CString>>,
    status_source: OnceLock<CString>,
    tags: OnceLock<Vec<(CString, CString)>>,
}

impl seafoam_node {
    pub(crate) const fn new(node: Arc<Node>) -> Self {
        Self { texts: OnceLock::new(), node: Held::Shared(node) }
    }

    /// # Safety
    /// The handle must be gone before the node is.
    pub(crate) unsafe fn lent(node: &Arc<Node>) -> Self {
        // SAFETY: the caller's contract.
        Self { texts: OnceLock::new(), node: Held::Lent(unsafe { lend(node) }) }
    }

    fn texts(&self) -> &Texts {
        self.texts.get_or_init(Box::default)
    }

    fn tag(&self, index: usize) -> Option<&(CString, CString)> {
        let all = self.texts().tags.get_or_init(|| {
            let pairs = self.node.tags.iter();
            pairs.map(|(name, value)| (c_string(name), c_string(value))).collect()
        });
        all.get(index)
    }
}

fn node_text(
    node: Option<&seafoam_node>,
    text: impl FnOnce(&seafoam_node) -> &CString,
) -> *const c_char {
    node.map_or(ptr::null(), |node| text(node).as_ptr())
}

/// Identity of the node, unique in the cluster; NULL for NULL.
///
/// Ownership: borrowed, lives as long as `node`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_node_name(node: *const seafoam_node) -> *const c_char {
    plain!({
        node_text(maybe_handle!(node), |node| {
            node.texts().name.get_or_init(|| c_string(&node.node.name))
        })
    })
}

/// Where others reach it: `ip:port`, `[v6]:port`, or what it was added by until it answers; NULL
/// for NULL.
///
/// Ownership: borrowed, lives as long as `node`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_node_address(node: *const seafoam_node) -> *const c_char {
    plain!({
        node_text(maybe_handle!(node), |node| {
            node.texts().address.get_or_init(|| c_string(&node.node.address))
        })
    })
}

/// The address without its port; NULL for NULL, and until a host name was resolved.
///
/// Ownership: borrowed, lives as long as `node`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_node_ip(node: *const seafoam_node) -> *const c_char {
    plain!({
        let text = maybe_handle!(node).and_then(|node| {
            let made = || node.node.ip.map(|ip| c_string(&ip.to_string()));
            node.texts().ip.get_or_init(made).as_ref()
        });
        text.map_or(ptr::null(), |text| text.as_ptr())
    })
}

/// UDP and TCP port; 0 for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_node_port(node: *const seafoam_node) -> u16 {
    plain!({ maybe_handle!(node).map_or(0, |node| node.node.port) })
}

/// What this process believes about it (`SEAFOAM_STATUS_...`); -1 for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_node_status(node: *const seafoam_node) -> seafoam_status {
    plain!({ maybe_handle!(node).map_or(-1, |node| node.node.status.number().into()) })
}

/// Whether it is alive or suspected; false for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_node_is_healthy(node: *const seafoam_node) -> bool {
    plain!({ maybe_handle!(node).is_some_and(|node| node.node.is_healthy()) })
}

/// Its role (`SEAFOAM_RANK_...`); -1 for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_node_rank(node: *const seafoam_node) -> seafoam_rank {
    plain!({ maybe_handle!(node).map_or(-1, |node| node.node.rank.number().into()) })
}

/// Whether it is a lighthouse, also while it leads; false for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_node_is_lighthouse(node: *const seafoam_node) -> bool {
    plain!({ maybe_handle!(node).is_some_and(|node| node.node.is_lighthouse) })
}

/// Datacenter; `SEAFOAM_DATACENTER_NONE` where it was not assigned to one, and for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_node_datacenter(node: *const seafoam_node) -> u8 {
    plain!({
        maybe_handle!(node).map_or(seafoam_core::DATACENTER_NONE, |node| node.node.datacenter)
    })
}

/// Which run of that name: milliseconds since the epoch at its start, or later; 0 while it is
/// unknown, and for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_node_generation(node: *const seafoam_node) -> u64 {
    plain!({ maybe_handle!(node).map_or(0, |node| node.node.generation) })
}

/// Version of its own claims inside one generation; 0 for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_node_incarnation(node: *const seafoam_node) -> u32 {
    plain!({ maybe_handle!(node).map_or(0, |node| node.node.incarnation) })
}

/// Last round trip in milliseconds, `SEAFOAM_PING_NO_DATA` (also for NULL) or
/// `SEAFOAM_PING_TIMED_OUT`.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_node_ping_millis(node: *const seafoam_node) -> f64 {
    plain!({ maybe_handle!(node).map_or(seafoam_core::PING_NO_DATA, |node| node.node.ping_millis) })
}

/// Milliseconds since this process last heard from it, at the time of the snapshot; 0 for the local
/// node and for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_node_age_millis(node: *const seafoam_node) -> u64 {
    plain!({ maybe_handle!(node).map_or(0, |node| node.node.age_millis) })
}

/// Wall clock of its last ping or status change as seen here, milliseconds since the epoch; 0 for
/// NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_node_timestamp_millis(node: *const seafoam_node) -> u64 {
    plain!({ maybe_handle!(node).map_or(0, |node| node.node.timestamp_millis) })
}

/// How many more times its status will be passed on by this node; 0 for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_node_emit_counter(node: *const seafoam_node) -> u16 {
    plain!({ maybe_handle!(node).map_or(0, |node| node.node.emit_counter) })
}

/// Name of the node that first stated the status; NULL for NULL.
///
/// Ownership: borrowed, lives as long as `node`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_node_status_source(node: *const seafoam_node) -> *const c_char {
    plain!({
        node_text(maybe_handle!(node), |node| {
            node.texts().status_source.get_or_init(|| c_string(&node.node.status_source))
        })
    })
}

/// How many tags it published; 0 for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_node_tags_length(node: *const seafoam_node) -> usize {
    plain!({ maybe_handle!(node).map_or(0, |node| node.node.tags.len()) })
}

/// Name of a tag, by index from 0 in the order of the names; NULL beyond the last one.
///
/// Ownership: borrowed, lives as long as `node`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_node_tag_name(
    node: *const seafoam_node,
    index: usize,
) -> *const c_char {
    plain!({
        let tag = maybe_handle!(node).and_then(|node| node.tag(index));
        tag.map_or(ptr::null(), |(name, _)| name.as_ptr())
    })
}

/// Value of a tag, by index from 0 in the order of the names; NULL beyond the last one.
///
/// Ownership: borrowed, lives as long as `node`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_node_tag_value(
    node: *const seafoam_node,
    index: usize,
) -> *const c_char {
    plain!({
        let tag = maybe_handle!(node).and_then(|node| node.tag(index));
        tag.map_or(ptr::null(), |(_, value)| value.as_ptr())
    })
}

/// A handle of its own to the same snapshot, for a node that is borrowed; NULL for NULL.
///
/// Ownership: free it with `seafoam_node_free`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_node_clone(node: *const seafoam_node) -> *mut seafoam_node {
    plain!({
        maybe_handle!(node)
            .map_or(ptr::null_mut(), |node| give(seafoam_node::new(Arc::clone(&node.node))))
    })
}

/// Frees a node that a call gave to its caller (not a borrowed one); NULL is fine.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_node_free(node: *mut seafoam_node) {
    plain!({ drop(take!(node)) });
}

/// A list of nodes. Never changes; readable from any thread.
pub struct seafoam_nodes {
    nodes: Vec<seafoam_node>,
}

impl seafoam_nodes {
    pub(crate) fn new(nodes: Vec<Arc<Node>>) -> Self {
        Self { nodes: nodes.into_iter().map(seafoam_node::new).collect() }
    }
}

/// How many nodes are in the list; 0 for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_nodes_length(nodes: *const seafoam_nodes) -> usize {
    plain!({ maybe_handle!(nodes).map_or(0, |list| list.nodes.len()) })
}

/// A node of the list, by index from 0; NULL beyond the last one.
///
/// Ownership: borrowed, lives as long as `nodes`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_nodes_get(
    nodes: *const seafoam_nodes,
    index: usize,
) -> *const seafoam_node {
    plain!({
        let found = maybe_handle!(nodes).and_then(|list| list.nodes.get(index));
        found.map_or(ptr::null(), ptr::from_ref)
    })
}

/// Frees a list and its nodes; NULL is fine.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_nodes_free(nodes: *mut seafoam_nodes) {
    plain!({ drop(take!(nodes)) });
}
