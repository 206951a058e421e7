//! The table of nodes as readers see it: they never wait for the engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::api::event::Event;
use crate::api::node::{Node, NodeStatus};
use crate::api::validity::Validity;
use crate::proto::{Change, Time};

pub(crate) struct View {
    nodes: BTreeMap<Arc<str>, (Arc<Node>, Time)>,
    pub(crate) validity: Arc<Validity>,
    /// The leader's name, its term and scope, as the last event told them.
    leader: (Option<Arc<str>>, u64, Option<u8>),
}

impl Default for View {
    fn default() -> Self {
        let validity = Arc::new(Validity::fallback());
        Self { nodes: BTreeMap::new(), validity, leader: (None, 0, None) }
    }
}

impl View {
    /// Keeps what an event says of the cluster as a whole; whether it says anything.
    pub(crate) fn note(&mut self, event: &Event) -> bool {
        if let Event::Leader { leader, term, scope } = event {
            self.leader = (leader.as_ref().map(|node| Arc::clone(&node.name)), *term, *scope);
        }
        if let Event::Validity { validity } = event {
            self.validity = Arc::clone(validity);
            return true;
        }
        false
    }

    pub(crate) fn apply(&mut self, change: Change) {
        match change {
            Change::Put { node, heard } => match self.nodes.get_mut(&node.name) {
                Some(entry) => {
                    // In place, unless a reader holds it still.
                    match Arc::get_mut(&mut entry.0) {
                        Some(place) => *place = node,
                        None => entry.0 = Arc::new(node),
                    }
                    entry.1 = heard;
                }
                None => {
                    self.nodes.insert(Arc::clone(&node.name), (Arc::new(node), heard));
                }
            },
            Change::Remove { name } => {
                self.nodes.remove(&name);
            }
        }
    }

    /// The leader as it is now.
    pub(crate) fn leader(&self, now: Time) -> Option<Arc<Node>> {
        let entry = self.nodes.get(self.leader.0.as_ref()?)?;
        Some(aged(entry, now))
    }

    /// All nodes in the order of their names, each with its age at `now`.
    pub(crate) fn all(&self, now: Time) -> Vec<Arc<Node>> {
        self.nodes.values().map(|entry| aged(entry, now)).collect()
    }

    pub(crate) fn healthy(&self, now: Time) -> Vec<Arc<Node>> {
        let healthy = self.nodes.values().filter(|(node, _)| node.is_healthy());
        healthy.map(|entry| aged(entry, now)).collect()
    }

    pub(crate) fn healthy_count(&self) -> usize {
        self.nodes.values().filter(|(node, _)| node.is_healthy()).count()
    }

    /// By name, or else by address.
    pub(crate) fn find(&self, name_or_address: &str, now: Time) -> Option<Arc<Node>> {
        let by_name = self.nodes.get(name_or_address);
        let by_address = || self.nodes.values().find(|(node, _)| &*node.address == name_or_address);
        by_name.or_else(by_address).map(|entry| aged(entry, now))
    }

    /// What brings a new subscription to the present: the members (as STATUS from UNKNOWN), the
    /// leader and the validity.
    pub(crate) fn initial(&self, now: Time) -> Vec<Event> {
        let present = |node: Arc<Node>| Event::Status {
            status: node.status,
            previous: NodeStatus::Unknown,
            source: Arc::clone(&node.status_source),
            node,
        };
        let members = self.all(now).into_iter().map(present);
        let (_, term, scope) = self.leader;
        let leader = Event::Leader { leader: self.leader(now), term, scope };
        let validity = Event::Validity { validity: Arc::clone(&self.validity) };
        members.chain([leader, validity]).collect()
    }
}

fn aged((node, heard): &(Arc<Node>, Time), now: Time) -> Arc<Node> {
    if *heard == Time::NEVER {
        return Arc::clone(node);
    }
    let mut node = Node::clone(node);
    node.age_millis = u64::try_from(now.since(*heard).as_millis()).unwrap_or(u64::MAX);
    Arc::new(node)
}
