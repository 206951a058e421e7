//! Nodes, validity, leases and reasons as Python sees them.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::config::Tags;
use crate::record::record;
use crate::words::{Vocabulary, member};

record! {
    /// One member of the cluster as this process saw it at one moment: plain data that never changes.
    #[derive(PartialEq)]
    Node as "Node", "seafoam" (Arc<seafoam::Node>) |this, py| {
        /// Identity, unique in the cluster: 1 to 64 bytes of `[A-Za-z0-9._:%\[\]-]`.
        name: &str = &this.name;
        /// Where others reach it: `ip:port`, `[v6]:port`, or what `add_node` was given until it answers.
        address: &str = &this.address;
        /// The address without its port; None until a host name given to `add_node` was resolved.
        ip: Option<String> = this.ip.map(|ip| ip.to_string());
        /// UDP and TCP port.
        port: u16 = this.port;
        /// What this process believes about it: a `NodeStatus`.
        status: Py<PyAny> = member(py, this.status)?;
        /// Its role: a `NodeRank`.
        rank: Py<PyAny> = member(py, this.rank)?;
        /// Whether it is a lighthouse, also while it leads.
        is_lighthouse: bool = this.is_lighthouse;
        /// Datacenter, or `DATACENTER_NONE` (255).
        datacenter: u8 = this.datacenter;
        /// Which run of that name: milliseconds since the epoch at its start, or later. 0 when UNKNOWN.
        generation: u64 = this.generation;
        /// Version of the node's own claims inside one generation.
        incarnation: u32 = this.incarnation;
        /// Last round trip in milliseconds, `PING_NO_DATA` (-1) or `PING_TIMED_OUT` (-2).
        ping_millis: f64 = this.ping_millis;
        /// Milliseconds since this process last heard from it; 0 for the local node.
        age_millis: u64 = this.age_millis;
        /// Wall clock of its last ping or status change as seen here, milliseconds since the epoch.
        timestamp_millis: u64 = this.timestamp_millis;
        /// How many more times its current status will be passed on by this node.
        emit_counter: u16 = this.emit_counter;
        /// Name of the node that first stated the status; its own name where it spoke for itself.
        status_source: &str = &this.status_source;
        /// Tags that it published: a dict of str to str, made anew at each look.
        tags: Tags = Tags::clone(&this.tags);
    } + {
        /// ALIVE or SUSPECTED.
        #[getter]
        fn is_healthy(&self) -> bool {
            self.0.is_healthy()
        }

        fn __hash__(&self) -> u64 {
            let mut hasher = DefaultHasher::new();
            (&self.0.name, self.0.generation, self.0.incarnation).hash(&mut hasher);
            hasher.finish()
        }
    }
}

impl Node {
    pub(crate) fn of(node: &Arc<seafoam::Node>) -> Self {
        Self(Arc::clone(node))
    }
}

record! {
    /// Whether this side may act, and what is missing.
    #[derive(PartialEq)]
    Validity as "Validity", "seafoam" (Arc<seafoam::Validity>) |this, py| {
        /// The verdict: a `ValidityState`.
        state: Py<PyAny> = member(py, this.state)?;
        /// Where the list of lighthouses comes from: a `ValidityBasis`.
        basis: Py<PyAny> = member(py, this.basis)?;
        /// Names of the lighthouses that are included now.
        seen: Vec<String> = texts(&this.seen);
        /// How many must be included.
        needed: u32 = this.needed;
        /// Names of those that are not included.
        missing: Vec<String> = texts(&this.missing);
    }
}

record! {
    /// The leader's time-bounded right to lead.
    #[derive(PartialEq)]
    Lease as "Lease", "seafoam" (seafoam::Lease) |this, py| {
        /// Fencing token: strictly rising from tenure to tenure.
        term: u64 = this.term;
        /// Milliseconds that are left of it, by this node's clock.
        remaining_millis: u64 = this.remaining_millis;
        /// How far the term can be trusted: a `TermQuality`.
        term_quality: Py<PyAny> = member(py, this.term_quality)?;
    }
}

record! {
    /// Why a node is suspected or dead, as this process knows it.
    #[derive(PartialEq)]
    Why as "Why", "seafoam" (seafoam::Why) |this, py| {
        /// The node that was asked about.
        node: Node = Node::of(&this.node);
        /// Milliseconds since its status changed here.
        since_millis: u64 = this.since_millis;
        /// Name of whoever stated it first.
        source: &str = &this.source;
        /// Names of the members that failed to reach it, in the order in which they were heard here: the first 16.
        witnesses: Vec<String> = texts(&this.witnesses);
        /// Whether this node's own ping failed since the suspicion began.
        own_ping_failed: bool = this.own_ping_failed;
        /// This node's own health score when asked: 0 is healthy, 8 the worst.
        own_health: u32 = this.own_health;
        /// Name of whoever began the suspicion, as heard here; empty where there was none.
        accuser: &str = &this.accuser;
        /// Milliseconds since the suspicion began here, also of a node that is dead by now; 0 where there
        /// was none.
        suspected_millis: u64 = this.suspected_millis;
        /// Milliseconds since anything came from the node itself, also through a helper.
        heard_millis: u64 = this.heard_millis;
        /// What each of `witnesses` found out about the node's host, in their order: `Hint`s.
        witness_hints: Vec<Py<PyAny>> = members(py, &this.witness_hints)?;
        /// Milliseconds since each of `witnesses` was first heard here, in their order.
        witness_millis: Vec<u64> = this.witness_millis.clone();
        /// What a TCP connection of this node's own to the node's host told: a `Hint`.
        own_hint: Py<PyAny> = member(py, this.own_hint)?;
        /// Names of the helpers of this node's last probe that could not reach the node either, and said so.
        helpers_failed: Vec<String> = texts(&this.helpers_failed);
        /// Names of those that said nothing in time.
        helpers_silent: Vec<String> = texts(&this.helpers_silent);
    }
}

record! {
    /// Who confirmed a broadcast in time, and who did not, of the members that were healthy when it
    /// was sent; by name.
    #[derive(PartialEq)]
    Receipt as "Receipt", "seafoam" (seafoam::Receipt) |this, py| {
        /// The broadcast's label: `ip:port:index`.
        label: &str = &this.label;
        /// Members that have it.
        confirmed: Vec<Node> = this.confirmed.iter().map(Node::of).collect();
        /// Members that did not say so: dead or gone meanwhile, or out of reach. Some may have it.
        missing: Vec<Node> = this.missing.iter().map(Node::of).collect();
    }
    + {
        /// Whether all confirmed.
        #[getter]
        fn is_complete(&self) -> bool {
            self.0.is_complete()
        }
    }
}

fn members<T: Vocabulary>(py: Python<'_>, values: &[T]) -> PyResult<Vec<Py<PyAny>>> {
    values.iter().map(|value| member(py, *value)).collect()
}

pub(crate) fn texts(texts: &[Arc<str>]) -> Vec<String> {
    texts.iter().map(|text| text.to_string()).collect()
}

/// The name or address in a node argument: a snapshot, or text.
pub(crate) fn name_of(node: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(node) = node.cast::<Node>() {
        return Ok(node.get().0.name.to_string());
    }
    if let Ok(text) = node.cast::<PyString>() {
        return text.extract();
    }
    let class = node.get_type().name()?;
    let text = format!("a node is a Node, or its name or address as str, not {class}");
    Err(PyTypeError::new_err(text))
}
