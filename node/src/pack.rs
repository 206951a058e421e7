//! Batches: many events, and the nodes that they speak of, in one buffer.
//!
//! One buffer per event would cost more than the event itself, so a batch crosses as a whole and
//! `lib/decode.js` slices it as it is read. Little endian:
//!
//! ```text
//! u32 nodes, u32 events, u32 where the events start in the buffer,
//! u32 offset of each node from the start of the nodes, the nodes,
//! then each event: u32 length of what follows, u8 kind, its fields
//! ```
//!
//! Fields are in the order of `NODE_FIELDS` and `EVENT_FIELDS`: text and bytes as u32 length and
//! bytes, numbers of 64 bits as f64 (all are below 2^53), vocabulary as its u8 number, nodes as
//! their u32 index, what may be missing after a u8 that is 1 where it is there. A broadcast's label
//! comes after a u8 that is 1 where it is the origin's address, a colon and the index, and is left out.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use seafoam::{EVENT_FIELDS, Event, Label, NODE_FIELDS, Node};

/// Counts the changes of what this file writes that the lists of fields do not show.
const FRAMING: u32 = 1;

/// By what `native.js` knows that the addon beside it writes what `lib/decode.js` reads: the framing,
/// and a fingerprint (32 bits of FNV-1a) of the names and shapes of all fields in their order. What is
/// read with another layout would be wrong without notice.
pub fn layout() -> String {
    let mut fields = String::new();
    let mut put = |of: &str, list: &[(&str, &str)]| {
        // Writing to a text cannot fail.
        let _ = write!(fields, "{of}{list:?};");
    };
    put("node", NODE_FIELDS);
    for (kind, list) in EVENT_FIELDS {
        put(&format!("event {}", kind.number()), list);
    }
    let fold = |hash: u32, byte: &u8| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    let hash = fields.as_bytes().iter().fold(0x811c_9dc5, fold);
    format!("{FRAMING}-{hash:08x}")
}

/// A batch in the making.
#[derive(Default)]
pub struct Pack {
    offsets: Vec<u32>,
    nodes: Bytes,
    events: Bytes,
    count: u32,
    /// Nodes that are in the batch already, by identity; the caller keeps them alive meanwhile.
    known: HashMap<*const Node, u32>,
    last: Option<(*const Node, u32)>,
    /// The node and the address that were compared last, and whether they agree.
    compared: Option<(*const Node, SocketAddr, bool)>,
}

#[derive(Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    fn bool(&mut self, value: bool) {
        self.0.push(u8::from(value));
    }

    fn u16(&mut self, value: u16) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn f64(&mut self, value: f64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    /// JavaScript's numbers: exact below 2^53, which the protocol keeps to.
    fn u64(&mut self, value: u64) {
        self.f64(value as f64);
    }

    fn bytes(&mut self, value: &[u8]) {
        self.u32(u32::try_from(value.len()).unwrap_or(u32::MAX));
        self.0.extend_from_slice(value);
    }

    fn text(&mut self, value: &str) {
        self.bytes(value.as_bytes());
    }

    fn texts(&mut self, values: &[Arc<str>]) {
        self.u32(u32::try_from(values.len()).unwrap_or(u32::MAX));
        for value in values {
            self.text(value);
        }
    }

    fn optional_text(&mut self, value: Option<&str>) {
        self.bool(value.is_some());
        if let Some(value) = value {
            self.text(value);
        }
    }
}

impl Pack {
    /// A batch of nodes alone.
    pub fn of_nodes<'a>(nodes: impl IntoIterator<Item = &'a Arc<Node>>) -> Vec<u8> {
        let mut pack = Self::default();
        for node in nodes {
            pack.put_node(node);
        }
        pack.finish()
    }

    /// A batch of these events.
    pub fn of_events(events: &[Arc<Event>]) -> Vec<u8> {
        let mut pack = Self::default();
        pack.events.0.reserve(events.len() * 96);
        for event in events {
            pack.put_event(event);
        }
        pack.finish()
    }

    fn finish(self) -> Vec<u8> {
        let events_start = 12 + self.offsets.len() * 4 + self.nodes.0.len();
        let mut all = Vec::with_capacity(events_start + self.events.0.len());
        all.extend_from_slice(&(self.offsets.len() as u32).to_le_bytes());
        all.extend_from_slice(&self.count.to_le_bytes());
        all.extend_from_slice(&(events_start as u32).to_le_bytes());
        for offset in &self.offsets {
            all.extend_from_slice(&offset.to_le_bytes());
        }
        all.extend_from_slice(&self.nodes.0);
        all.extend_from_slice(&self.events.0);
        all
    }

    /// Puts a node in, once, and returns its index. Consecutive events mostly speak of one node.
    fn index_of(&mut self, node: &Arc<Node>) -> u32 {
        let identity = Arc::as_ptr(node);
        if let Some((last, index)) = self.last
            && last == identity
        {
            return index;
        }
        let index = match self.known.get(&identity) {
            Some(index) => *index,
            None => {
                let index = self.put_node(node);
                self.known.insert(identity, index);
                index
            }
        };
        self.last = Some((identity, index));
        index
    }

    fn put_node(&mut self, node: &Node) -> u32 {
        let index = self.offsets.len() as u32;
        self.offsets.push(self.nodes.0.len() as u32);
        let out = &mut self.nodes;
        out.text(&node.name);
        out.text(&node.address);
        out.optional_text(node.ip.map(|ip| ip.to_string()).as_deref());
        out.u16(node.port);
        out.u8(node.status.number());
        out.u8(node.rank.number());
        out.bool(node.is_lighthouse);
        out.u8(node.datacenter);
        out.u64(node.generation);
        out.u32(node.incarnation);
        out.f64(node.ping_millis);
        out.u64(node.age_millis);
        out.u64(node.timestamp_millis);
        out.u16(node.emit_counter);
        out.text(&node.status_source);
        out.u32(node.tags.len() as u32);
        for (name, value) in &*node.tags {
            out.text(name);
            out.text(value);
        }
        index
    }

    fn put_event(&mut self, event: &Event) {
        self.count += 1;
        let at = self.events.0.len();
        self.events.u32(0); // the length, known at the end
        self.events.u8(event.kind().number());
        self.put_fields(event);
        let length = (self.events.0.len() - at - 4) as u32;
        self.events.0[at..at + 4].copy_from_slice(&length.to_le_bytes());
    }

    fn put_fields(&mut self, event: &Event) {
        match event {
            Event::Status { node, status, previous, source } => {
                self.put_index(node);
                self.events.u8(status.number());
                self.events.u8(previous.number());
                self.events.text(source);
            }
            Event::Broadcast { origin, index, label, bytes } => {
                self.put_index(origin);
                self.events.u32(*index);
                self.put_label(label, origin, *index);
                self.events.bytes(bytes);
            }
            Event::Message { sender, bytes } => {
                self.put_index(sender);
                self.events.bytes(bytes);
            }
            Event::Leader { leader, term, scope } => {
                self.put_leader(leader.as_ref(), *term, *scope);
            }
            Event::Validity { validity } => {
                self.events.u8(validity.state.number());
                self.events.u8(validity.basis.number());
                self.events.texts(&validity.seen);
                self.events.u32(validity.needed);
                self.events.texts(&validity.missing);
            }
            Event::Node { node } => self.put_index(node),
            Event::Conflict { node, other_address } => {
                self.put_index(node);
                self.events.text(other_address);
            }
            Event::Link { node, direction } => {
                self.put_index(node);
                self.events.u8(direction.number());
            }
            Event::Merged { members } => self.events.u32(*members),
            Event::Datacenter { number, lost } => {
                self.events.u8(*number);
                self.events.bool(*lost);
            }
            Event::Lagged { missed } => self.events.u64(*missed),
            Event::Closed { error } => {
                let text = error.as_ref().map(ToString::to_string);
                self.events.optional_text(text.as_deref());
            }
        }
    }

    /// A label is nearly always made of what is there already; to make a text of it, here or in
    /// JavaScript, costs more than all the rest of an event.
    fn put_label(&mut self, label: &Label, origin: &Node, index: u32) {
        let derived = label.parts().is_some_and(|(address, counted)| {
            counted == index && self.is_address_of(address, origin)
        });
        self.events.bool(derived);
        if !derived {
            self.events.text(label);
        }
    }

    /// Whether a node's address is this one, in the letters that Rust and JavaScript write it in.
    fn is_address_of(&mut self, address: SocketAddr, node: &Node) -> bool {
        let identity = std::ptr::from_ref(node);
        if let Some((last, known, answer)) = self.compared
            && (last, known) == (identity, address)
        {
            return answer;
        }
        let answer = address.to_string() == *node.address;
        self.compared = Some((identity, address, answer));
        answer
    }

    fn put_leader(&mut self, leader: Option<&Arc<Node>>, term: u64, scope: Option<u8>) {
        self.events.bool(leader.is_some());
        if let Some(leader) = leader {
            self.put_index(leader);
        }
        self.events.u64(term);
        self.events.bool(scope.is_some());
        if let Some(scope) = scope {
            self.events.u8(scope);
        }
    }

    fn put_index(&mut self, node: &Arc<Node>) {
        let index = self.index_of(node);
        self.events.u32(index);
    }
}
