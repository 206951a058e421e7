//! Small answers as plain objects.

use std::sync::Arc;

use napi::bindgen_prelude::Buffer;
use napi_derive::napi;
use seafoam::{Lease, Node, Receipt, Validity, Why};

use crate::pack::Pack;

/// Nodes in a packed batch without events.
pub fn nodes(nodes: &[Arc<Node>]) -> Buffer {
    Pack::of_nodes(nodes).into()
}

/// One node, packed, or none.
pub fn node(node: Option<Arc<Node>>) -> Option<Buffer> {
    node.map(|node| Pack::of_nodes([&node]).into())
}

fn owned(texts: &[Arc<str>]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

/// [`Validity`] with words for its vocabulary.
#[napi(object)]
pub struct NativeValidity {
    pub state: String,
    pub basis: String,
    pub seen: Vec<String>,
    pub needed: u32,
    pub missing: Vec<String>,
}

impl From<&Validity> for NativeValidity {
    fn from(validity: &Validity) -> Self {
        Self {
            state: validity.state.to_string(),
            basis: validity.basis.to_string(),
            seen: owned(&validity.seen),
            needed: validity.needed,
            missing: owned(&validity.missing),
        }
    }
}

/// [`Lease`] with numbers of JavaScript.
#[napi(object)]
pub struct NativeLease {
    pub term: f64,
    pub remaining_millis: f64,
    pub term_quality: String,
}

impl From<Lease> for NativeLease {
    fn from(lease: Lease) -> Self {
        Self {
            term: lease.term as f64,
            remaining_millis: lease.remaining_millis as f64,
            term_quality: lease.term_quality.to_string(),
        }
    }
}

/// [`Why`] with its node packed.
#[napi(object)]
pub struct NativeWhy {
    pub node: Buffer,
    pub since_millis: f64,
    pub source: String,
    pub witnesses: Vec<String>,
    pub own_ping_failed: bool,
    pub own_health: u32,
    pub accuser: String,
    pub suspected_millis: f64,
    pub heard_millis: f64,
    pub witness_hints: Vec<String>,
    pub witness_millis: Vec<f64>,
    pub own_hint: String,
    pub helpers_failed: Vec<String>,
    pub helpers_silent: Vec<String>,
}

impl From<Why> for NativeWhy {
    fn from(why: Why) -> Self {
        Self {
            node: Pack::of_nodes([&why.node]).into(),
            since_millis: why.since_millis as f64,
            source: why.source.to_string(),
            witnesses: owned(&why.witnesses),
            own_ping_failed: why.own_ping_failed,
            own_health: why.own_health,
            accuser: why.accuser.to_string(),
            suspected_millis: why.suspected_millis as f64,
            heard_millis: why.heard_millis as f64,
            witness_hints: why.witness_hints.iter().map(ToString::to_string).collect(),
            witness_millis: why.witness_millis.iter().map(|millis| *millis as f64).collect(),
            own_hint: why.own_hint.to_string(),
            helpers_failed: owned(&why.helpers_failed),
            helpers_silent: owned(&why.helpers_silent),
        }
    }
}

/// [`Receipt`] with its nodes packed.
#[napi(object)]
pub struct NativeReceipt {
    pub label: String,
    pub confirmed: Buffer,
    pub missing: Buffer,
}

impl From<Receipt> for NativeReceipt {
    fn from(receipt: Receipt) -> Self {
        Self {
            label: receipt.label.to_string(),
            confirmed: nodes(&receipt.confirmed),
            missing: nodes(&receipt.missing),
        }
    }
}
