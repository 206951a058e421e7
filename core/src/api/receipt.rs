//! Who has a broadcast.

use std::sync::Arc;

use super::label::Label;
use super::node::Node;

/// Who confirmed a broadcast in time, and who did not, of the members that were healthy when it
/// was sent.
#[derive(Clone, PartialEq, Debug)]
pub struct Receipt {
    /// The broadcast's label.
    pub label: Label,
    /// Members that have it, by name.
    pub confirmed: Vec<Arc<Node>>,
    /// Members that did not say so: dead or gone meanwhile, or out of reach. Some may have it.
    pub missing: Vec<Arc<Node>>,
}

impl Receipt {
    /// Whether all confirmed.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty()
    }
}
