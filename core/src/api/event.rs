//! What a cluster tells its host.

use std::sync::Arc;

use super::error::Error;
use super::label::Label;
use super::node::{Node, NodeStatus};
use super::validity::Validity;
use super::words::words;

words! {
    /// What an [`Event`] is about. Hosts skip kinds that they do not know.
    EventKind {
        Status = 1, "status", "A node's status changed.";
        Broadcast = 2, "broadcast", "Another member broadcast a payload.";
        Message = 3, "message", "Another member sent a payload to this node alone.";
        Leader = 4, "leader", "A leader was elected, renewed its tenure elsewhere, or was lost.";
        Validity = 5, "validity", "The cluster became valid or stopped being so.";
        Node = 6, "node", "A node's tags, address or datacenter changed.";
        Conflict = 7, "conflict", "Two living nodes use one name.";
        Link = 8, "link", "A link works in one direction only, or in both again.";
        Merged = 9, "merged", "Members that were dead came back together.";
        Datacenter = 10, "datacenter", "A whole datacenter was lost or came back.";
        Lagged = 11, "lagged", "This subscription was too slow and lost its oldest events.";
        Closed = 12, "closed", "The cluster was closed; nothing follows.";
    }
}

words! {
    /// Which way a link works, seen from this node.
    LinkDirection {
        Inbound = 1, "inbound", "The node is heard here, but does not hear this node.";
        Outbound = 2, "outbound", "The node hears this node, but is not heard here.";
        Both = 3, "both", "The link works both ways again.";
    }
}

/// One thing that happened. Cheap to clone; never changes.
///
/// Per node, events come in the order in which this process learned them.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs)] // the fields are listed with their shapes in EVENT_FIELDS and docs/events.md
pub enum Event {
    /// A node's status changed from `previous` to `status`, as first stated by `source`.
    Status { node: Arc<Node>, status: NodeStatus, previous: NodeStatus, source: Arc<str> },
    /// A member's payload; `label` is `ip:port:index`, unique within one run of the origin.
    Broadcast { origin: Arc<Node>, index: u32, label: Label, bytes: Arc<[u8]> },
    /// A payload for this node alone.
    Message { sender: Arc<Node>, bytes: Arc<[u8]> },
    /// The leader of `scope` (a datacenter, or none for the whole cluster), or none while there is none.
    Leader { leader: Option<Arc<Node>>, term: u64, scope: Option<u8> },
    /// Whether this side may act.
    Validity { validity: Arc<Validity> },
    /// Tags, address or datacenter of `node` changed.
    Node { node: Arc<Node> },
    /// `node` and the process at `other_address` both use the node's name.
    Conflict { node: Arc<Node>, other_address: Arc<str> },
    /// The link to `node`, which is alive, works in `direction` only, or in both again.
    Link { node: Arc<Node>, direction: LinkDirection },
    /// So many members that were dead came back within a moment: a partition healed.
    Merged { members: u32 },
    /// Nobody of datacenter `number` (0 to 254) is heard any more, or somebody is again. Once, and
    /// before the status of its members; a node that is alone in its datacenter dies as a node.
    Datacenter { number: u8, lost: bool },
    /// So many events were lost here because nobody read them in time.
    Lagged { missed: u64 },
    /// The cluster is closed; `error` tells why when nobody asked for it.
    Closed { error: Option<Arc<Error>> },
}

impl Event {
    /// What the event is about.
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::Status { .. } => EventKind::Status,
            Self::Broadcast { .. } => EventKind::Broadcast,
            Self::Message { .. } => EventKind::Message,
            Self::Leader { .. } => EventKind::Leader,
            Self::Validity { .. } => EventKind::Validity,
            Self::Node { .. } => EventKind::Node,
            Self::Conflict { .. } => EventKind::Conflict,
            Self::Link { .. } => EventKind::Link,
            Self::Merged { .. } => EventKind::Merged,
            Self::Datacenter { .. } => EventKind::Datacenter,
            Self::Lagged { .. } => EventKind::Lagged,
            Self::Closed { .. } => EventKind::Closed,
        }
    }
}

/// The fields of each event kind in every language: kind, then name and shape of each field.
pub const EVENT_FIELDS: &[(EventKind, &[(&str, &str)])] = &[
    (
        EventKind::Status,
        &[
            ("node", "Node"),
            ("status", "NodeStatus"),
            ("previous", "NodeStatus"),
            ("source", "text"),
        ],
    ),
    (
        EventKind::Broadcast,
        &[("origin", "Node"), ("index", "u32"), ("label", "text"), ("bytes", "bytes")],
    ),
    (EventKind::Message, &[("sender", "Node"), ("bytes", "bytes")]),
    (EventKind::Leader, &[("leader", "Node or none"), ("term", "u64"), ("scope", "u8 or none")]),
    (
        EventKind::Validity,
        &[
            ("state", "ValidityState"),
            ("basis", "ValidityBasis"),
            ("seen", "list of text"),
            ("needed", "u32"),
            ("missing", "list of text"),
        ],
    ),
    (EventKind::Node, &[("node", "Node")]),
    (EventKind::Conflict, &[("node", "Node"), ("other_address", "text")]),
    (EventKind::Link, &[("node", "Node"), ("direction", "LinkDirection")]),
    (EventKind::Merged, &[("members", "u32")]),
    (EventKind::Datacenter, &[("number", "u8"), ("lost", "bool")]),
    (EventKind::Lagged, &[("missed", "u64")]),
    (EventKind::Closed, &[("error", "text or none")]),
];

/// A set of event kinds, for subscriptions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EventKinds(u32);

impl EventKinds {
    /// Every kind, also those that later versions add.
    pub const ALL: Self = Self(u32::MAX);

    /// Exactly these kinds. LAGGED and CLOSED always come: a stream that hides its own end or its
    /// own losses would lie.
    #[must_use]
    pub fn of(kinds: &[EventKind]) -> Self {
        let always = [EventKind::Lagged, EventKind::Closed];
        Self(kinds.iter().chain(&always).fold(0, |bits, kind| bits | Self::bit(*kind)))
    }

    /// The set with this bit mask (bit n stands for kind n); 0 stands for all.
    #[must_use]
    pub fn from_bits(bits: u32) -> Self {
        if bits == 0 {
            return Self::ALL;
        }
        Self(bits | Self::bit(EventKind::Lagged) | Self::bit(EventKind::Closed))
    }

    /// Whether the kind is in the set.
    #[must_use]
    pub fn contains(self, kind: EventKind) -> bool {
        self.0 & Self::bit(kind) != 0
    }

    const fn bit(kind: EventKind) -> u32 {
        1 << kind.number()
    }
}

impl Default for EventKinds {
    fn default() -> Self {
        Self::ALL
    }
}
