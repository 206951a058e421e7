//! A node as this process sees it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use super::words::words;

words! {
    /// What this process believes about a node.
    NodeStatus {
        Unknown = 0, "unknown", "Named by the user but not heard of yet.";
        Alive = 1, "alive", "Answers, or is vouched for by others.";
        Suspected = 2, "suspected", "Does not answer; it still counts as healthy and may refute.";
        Dead = 3, "dead", "Did not answer or refute in time.";
        Left = 5, "left", "Said itself that it leaves.";
    }
}

words! {
    /// The role of a node. A leader reports `leader`; `is_lighthouse` stays readable beside it.
    NodeRank {
        Normal = 0, "normal", "No role beside membership.";
        Leader = 1, "leader", "Holds the lease to lead its scope.";
        Lighthouse = 2, "lighthouse", "Must be included for the cluster to count as valid; votes on the leader.";
    }
}

impl NodeStatus {
    /// ALIVE or SUSPECTED: a suspected node is spared until it is DEAD.
    #[must_use]
    pub const fn is_healthy(self) -> bool {
        matches!(self, Self::Alive | Self::Suspected)
    }
}

/// `ping_millis` of a node that was not pinged yet.
pub const PING_NO_DATA: f64 = -1.0;
/// `ping_millis` of a node whose last ping timed out.
pub const PING_TIMED_OUT: f64 = -2.0;
/// `datacenter` of a node that was not assigned to one.
pub const DATACENTER_NONE: u8 = 255;

/// One member of the cluster as this process saw it at one moment: plain data that never changes.
#[derive(Clone, PartialEq, Debug)]
pub struct Node {
    /// Identity, unique in the cluster: 1 to 64 bytes of `[A-Za-z0-9._:%\[\]-]`.
    pub name: Arc<str>,
    /// Where others reach it: `ip:port`, `[v6]:port`, or what `add_node` was given until it answers.
    pub address: Arc<str>,
    /// The address without its port; none until a host name given to `add_node` was resolved.
    pub ip: Option<IpAddr>,
    /// UDP and TCP port.
    pub port: u16,
    /// What this process believes about it.
    pub status: NodeStatus,
    /// Its role.
    pub rank: NodeRank,
    /// Whether it is a lighthouse, also while it leads.
    pub is_lighthouse: bool,
    /// Datacenter, or [`DATACENTER_NONE`].
    pub datacenter: u8,
    /// Which run of that name: milliseconds since the epoch at its start, or later. 0 when UNKNOWN.
    pub generation: u64,
    /// Version of the node's own claims inside one generation.
    pub incarnation: u32,
    /// Last round trip in milliseconds, [`PING_NO_DATA`] or [`PING_TIMED_OUT`].
    pub ping_millis: f64,
    /// Milliseconds since this process last heard from it; 0 for the local node.
    pub age_millis: u64,
    /// Wall clock of its last ping or status change as seen here, milliseconds since the epoch.
    pub timestamp_millis: u64,
    /// How many more times its current status will be passed on by this node.
    pub emit_counter: u16,
    /// Name of the node that first stated the status; its own name where it spoke for itself.
    pub status_source: Arc<str>,
    /// Tags that it published.
    pub tags: Arc<BTreeMap<String, String>>,
}

impl Node {
    /// ALIVE or SUSPECTED.
    #[must_use]
    pub const fn is_healthy(&self) -> bool {
        self.status.is_healthy()
    }
}

/// The fields of a node snapshot in every language, in order: name, shape, meaning.
pub const NODE_FIELDS: &[(&str, &str)] = &[
    ("name", "text"),
    ("address", "text"),
    ("ip", "text or none"),
    ("port", "u16"),
    ("status", "NodeStatus"),
    ("rank", "NodeRank"),
    ("is_lighthouse", "bool"),
    ("datacenter", "u8"),
    ("generation", "u64"),
    ("incarnation", "u32"),
    ("ping_millis", "f64"),
    ("age_millis", "u64"),
    ("timestamp_millis", "u64"),
    ("emit_counter", "u16"),
    ("status_source", "text"),
    ("tags", "map of text to text"),
];
