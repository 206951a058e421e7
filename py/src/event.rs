//! One class for each kind of event.

use std::sync::Arc;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use seafoam::{Event, EventKind};

use crate::held::Held;
use crate::node::{Node, texts};
use crate::record::record;
use crate::words::member;

macro_rules! event {
    (
        $(#[$meta:meta])*
        $class:ident as $name:literal, $kind:ident $parts:tt |$py:ident| {
            $($(#[$about:meta])* $field:ident: $type:ty = $value:expr;)*
        }
    ) => {
        record! {
            $(#[$meta])*
            #[derive(PartialEq)]
            $class as $name, "seafoam" ($crate::held::Held) |this, $py| {
                $($(#[$about])* $field: $type = {
                    let Event::$kind $parts = &**this else { return Err(of_another_kind()) };
                    $value
                };)*
            } + {
                /// What the event is about.
                #[getter]
                fn kind(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
                    member(py, EventKind::$kind)
                }
            }
        }
    };
}

/// Never seen: [`to_python`] alone makes these classes, each from its own kind.
fn of_another_kind() -> PyErr {
    PyRuntimeError::new_err("the event is of another kind than its class")
}

event! {
    /// A node's status changed.
    StatusEvent as "StatusEvent", Status { node, status, previous, source } |py| {
        /// The node as it was just after the change.
        node: Node = Node::of(node);
        /// Its new status: a `NodeStatus`.
        status: Py<PyAny> = member(py, *status)?;
        /// The status that this subscription saw before: a `NodeStatus`.
        previous: Py<PyAny> = member(py, *previous)?;
        /// Name of whoever first stated the new status.
        source: &str = source;
    }
}

event! {
    /// Another member broadcast a payload.
    BroadcastEvent as "BroadcastEvent", Broadcast { origin, index, label, bytes } |py| {
        /// Who sent it.
        origin: Node = Node::of(origin);
        /// Its number among the broadcasts of that run of the origin; it rises.
        index: u32 = *index;
        /// What `broadcast` returned to its origin: `ip:port:index`.
        label: &str = label;
        /// The payload, copied from the engine at each look.
        bytes: Py<PyBytes> = PyBytes::new(py, bytes).unbind();
    }
}

event! {
    /// Another member sent a payload to this node alone.
    MessageEvent as "MessageEvent", Message { sender, bytes } |py| {
        /// Who sent it.
        sender: Node = Node::of(sender);
        /// The payload, copied from the engine at each look.
        bytes: Py<PyBytes> = PyBytes::new(py, bytes).unbind();
    }
}

event! {
    /// A leader was elected or lost; `scope` is a datacenter, or None for the whole cluster.
    LeaderEvent as "LeaderEvent", Leader { leader, term, scope } |py| {
        /// The leader, or None where there is none now.
        leader: Option<Node> = leader.as_ref().map(Node::of);
        /// Its fencing token: strictly rising from tenure to tenure.
        term: u64 = *term;
        /// Number of the datacenter that it leads, or None for the whole cluster.
        scope: Option<u8> = *scope;
    }
}

event! {
    /// The cluster became valid or stopped being so.
    ValidityEvent as "ValidityEvent", Validity { validity } |py| {
        /// The verdict: a `ValidityState`.
        state: Py<PyAny> = member(py, validity.state)?;
        /// Where the list of lighthouses comes from: a `ValidityBasis`.
        basis: Py<PyAny> = member(py, validity.basis)?;
        /// Names of the lighthouses that are included now.
        seen: Vec<String> = texts(&validity.seen);
        /// How many must be included.
        needed: u32 = validity.needed;
        /// Names of those that are not included.
        missing: Vec<String> = texts(&validity.missing);
    }
}

event! {
    /// A node's tags, address or datacenter changed.
    NodeEvent as "NodeEvent", Node { node } |py| {
        /// The node as it is now.
        node: Node = Node::of(node);
    }
}

event! {
    /// Two living nodes use one name.
    ConflictEvent as "ConflictEvent", Conflict { node, other_address } |py| {
        /// The node whose name is used twice, as it is known here.
        node: Node = Node::of(node);
        /// Address of the other one, `ip:port`.
        other_address: &str = other_address;
    }
}

event! {
    /// A link works in one direction only.
    LinkEvent as "LinkEvent", Link { node, direction } |py| {
        /// The node at the other end.
        node: Node = Node::of(node);
        /// Which way works, seen from here, or both again: a `LinkDirection`.
        direction: Py<PyAny> = member(py, *direction)?;
    }
}

event! {
    /// Members that were dead came back together.
    MergedEvent as "MergedEvent", Merged { members } |py| {
        /// How many members came back.
        members: u32 = *members;
    }
}

event! {
    /// A whole datacenter was lost or came back.
    DatacenterEvent as "DatacenterEvent", Datacenter { number, lost } |py| {
        /// Number of the datacenter, 0 to 254.
        number: u8 = *number;
        /// True where it was lost, False where it came back.
        lost: bool = *lost;
    }
}

event! {
    /// This subscription was too slow and lost its oldest events.
    LaggedEvent as "LaggedEvent", Lagged { missed } |py| {
        /// How many events were lost since the last one that was read.
        missed: u64 = *missed;
    }
}

event! {
    /// The cluster was closed; nothing follows. `error` says why when nobody asked for it.
    ClosedEvent as "ClosedEvent", Closed { error } |py| {
        /// Why, where nobody asked for it (`code: message`); else None.
        error: Option<String> = error.as_ref().map(ToString::to_string);
    }
}

/// The object for an event. No payload is copied before it is read.
pub(crate) fn to_python(py: Python<'_>, event: Arc<Event>) -> PyResult<Py<PyAny>> {
    let kind = event.kind();
    let event = Held::new(event);
    Ok(match kind {
        EventKind::Status => Py::new(py, StatusEvent(event))?.into_any(),
        EventKind::Broadcast => Py::new(py, BroadcastEvent(event))?.into_any(),
        EventKind::Message => Py::new(py, MessageEvent(event))?.into_any(),
        EventKind::Leader => Py::new(py, LeaderEvent(event))?.into_any(),
        EventKind::Validity => Py::new(py, ValidityEvent(event))?.into_any(),
        EventKind::Node => Py::new(py, NodeEvent(event))?.into_any(),
        EventKind::Conflict => Py::new(py, ConflictEvent(event))?.into_any(),
        EventKind::Link => Py::new(py, LinkEvent(event))?.into_any(),
        EventKind::Merged => Py::new(py, MergedEvent(event))?.into_any(),
        EventKind::Datacenter => Py::new(py, DatacenterEvent(event))?.into_any(),
        EventKind::Lagged => Py::new(py, LaggedEvent(event))?.into_any(),
        EventKind::Closed => Py::new(py, ClosedEvent(event))?.into_any(),
    })
}

pub(crate) fn add_classes(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<StatusEvent>()?;
    module.add_class::<BroadcastEvent>()?;
    module.add_class::<MessageEvent>()?;
    module.add_class::<LeaderEvent>()?;
    module.add_class::<ValidityEvent>()?;
    module.add_class::<NodeEvent>()?;
    module.add_class::<ConflictEvent>()?;
    module.add_class::<LinkEvent>()?;
    module.add_class::<MergedEvent>()?;
    module.add_class::<DatacenterEvent>()?;
    module.add_class::<LaggedEvent>()?;
    module.add_class::<ClosedEvent>()
}
