//! Nodes, validity, leases and reasons as Python sees them.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::config::Tags;
use crate::record::record;
use crate::words::member;

record! {
    /// One member of the cluster as this process saw it at one moment: plain data that never changes.
    #[derive(PartialEq)]
    Node as "Node", "seafoam" (Arc<seafoam::Node>) |this, py| {
        name: &str = &this.name;
        address: &str = &this.address;
        ip: Option<String> = this.ip.map(|ip| ip.to_string());
        port: u16 = this.port;
        status: Py<PyAny> = member(py, this.status)?;
        rank: Py<PyAny> = member(py, this.rank)?;
        is_lighthouse: bool = this.is_lighthouse;
        datacenter: u8 = this.datacenter;
        generation: u64 = this.generation;
        incarnation: u32 = this.incarnation;
        ping_millis: f64 = this.ping_millis;
        age_millis: u64 = this.age_millis;
        timestamp_millis: u64 = this.timestamp_millis;
        emit_counter: u16 = this.emit_counter;
        status_source: &str = &this.status_source;
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
        state: Py<PyAny> = member(py, this.state)?;
        basis: Py<PyAny> = member(py, this.basis)?;
        seen: Vec<String> = texts(&this.seen);
        needed: u32 = this.needed;
        missing: Vec<String> = texts(&this.missing);
    }
}

record! {
    /// The leader's time-bounded right to lead.
    #[derive(PartialEq)]
    Lease as "Lease", "seafoam" (seafoam::Lease) |this, py| {
        term: u64 = this.term;
        remaining_millis: u64 = this.remaining_millis;
        term_quality: Py<PyAny> = member(py, this.term_quality)?;
    }
}

record! {
    /// Why a node is suspected or dead, as this process knows it.
    #[derive(PartialEq)]
    Why as "Why", "seafoam" (seafoam::Why) |this, py| {
        node: Node = Node::of(&this.node);
        since_millis: u64 = this.since_millis;
        source: &str = &this.source;
        witnesses: Vec<String> = texts(&this.witnesses);
        own_ping_failed: bool = this.own_ping_failed;
        own_health: u32 = this.own_health;
    }
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
