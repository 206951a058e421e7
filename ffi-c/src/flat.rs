//! Batches of events laid flat in memory of the caller: for bindings, where each call into C costs
//! more than what it brings. docs/c.md shows the layout.

use std::collections::HashMap;
use std::ffi::c_void;
use std::net::{IpAddr, SocketAddr};
use std::ptr;
use std::sync::Arc;

use seafoam_core::{Error, ErrorCode, Event, Node, Result, limits};

use crate::abi::{OK, Out, bad_argument, code_of, fallible, handle, out, timeout};
use crate::error::{seafoam_code, seafoam_error};
use crate::events::{BATCH, seafoam_events};

/// Version of the layout that `seafoam_events_next_flat` writes. Fields are only ever added, at the
/// ends of the structs, which `event_size` and `node_size` tell; anything else raises it.
pub const SEAFOAM_FLAT_VERSION: u32 = 1;
/// A buffer of so many bytes has room for any one event; with room for more it brings more at once.
pub const SEAFOAM_FLAT_ANY_EVENT_BYTES: usize = 131_072;
/// `node` of a flat event that has none.
pub const SEAFOAM_FLAT_NO_NODE: u32 = 0xffff_ffff;

/// Bytes of a flat batch: `length` of them, `at` bytes from the start of the buffer. Texts are UTF-8
/// without a NUL at the end.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct seafoam_flat_bytes {
    pub at: u32,
    pub length: u32,
}

/// What a flat batch begins with. Numbers are in the byte order of the machine; records are aligned
/// to 8 bytes where the buffer is.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct seafoam_flat_batch {
    /// `SEAFOAM_FLAT_VERSION` of the library.
    pub version: u32,
    /// How many events there are.
    pub events: u32,
    /// Where the first `seafoam_flat_event` is, in bytes from the start of the buffer.
    pub events_at: u32,
    /// Bytes from one of them to the next.
    pub event_size: u32,
    /// How many nodes there are that the events speak of.
    pub nodes: u32,
    /// Where the first `seafoam_flat_node` is.
    pub nodes_at: u32,
    /// Bytes from one of them to the next.
    pub node_size: u32,
    /// Bytes of the whole batch.
    pub length: u32,
    /// Texts and payloads of the events, one after another: copying these alone keeps all of them.
    pub bytes: seafoam_flat_bytes,
    /// Texts of the nodes.
    pub node_bytes: seafoam_flat_bytes,
}

/// One event of a flat batch. Which fields are used depends on its kind; the others are 0, or
/// `SEAFOAM_FLAT_NO_NODE`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct seafoam_flat_event {
    /// `SEAFOAM_EVENT_...`; skip those that you do not know.
    pub kind: i32,
    /// Number of the node, origin, sender or leader among the nodes of the batch.
    pub node: u32,
    /// Broadcast: index. Leader: term. Validity: needed. Merged: members. Datacenter: number.
    /// Lagged: missed. Closed: the error's code, 0 for none.
    pub number: u64,
    /// Status: status. Leader: scope, -1 for the whole cluster. Validity: state. Link: direction.
    /// Datacenter: 1 where it was lost, else 0.
    pub status: i32,
    /// Status: previous. Validity: basis.
    pub previous: i32,
    /// Status: source. Broadcast: label; empty where it is made of `ip` and `port` of the origin and
    /// the index, `1.2.3.4:9999:7` or `[2001:db8::1]:9999:7`. Conflict: other address. Closed: the
    /// error's message.
    /// Validity: names of those seen, with `\n` between them.
    pub text: seafoam_flat_bytes,
    /// Broadcast, message: payload. Validity: names of those missing, with `\n` between them.
    pub bytes: seafoam_flat_bytes,
}

/// One node of a flat batch: a snapshot, once for all events of the batch that share it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct seafoam_flat_node {
    pub generation: u64,
    pub age_millis: u64,
    pub timestamp_millis: u64,
    pub ping_millis: f64,
    pub name: seafoam_flat_bytes,
    pub address: seafoam_flat_bytes,
    pub status_source: seafoam_flat_bytes,
    /// Its tags: of each pair the lengths of name and value, 4 bytes each and not aligned, then name
    /// and value.
    pub tags: seafoam_flat_bytes,
    pub incarnation: u32,
    pub status: i32,
    pub rank: i32,
    pub port: u16,
    pub emit_counter: u16,
    pub datacenter: u8,
    /// 1 or 0.
    pub is_lighthouse: u8,
    /// Bytes of `ip`: 4, 16, or 0 while it is not known.
    pub ip_length: u8,
    pub reserved: u8,
    /// The address in network order.
    pub ip: [u8; 16],
    pub reserved_end: [u8; 4],
}

const BATCH_SIZE: usize = size_of::<seafoam_flat_batch>();
const EVENT_SIZE: usize = size_of::<seafoam_flat_event>();
const NODE_SIZE: usize = size_of::<seafoam_flat_node>();
const ALIGNMENT: usize = 8;
// A payload, a node with its tags, two lists of names of every lighthouse, with much to spare.
const _: () = assert!(
    SEAFOAM_FLAT_ANY_EVENT_BYTES
        > limits::MESSAGE_BYTES
            + 8 * (limits::BROADCAST_BYTES + limits::TAGS_BYTES + limits::INITIAL_HOSTS)
            + limits::NAME_BYTES * limits::INITIAL_HOSTS
            + BATCH_SIZE
            + EVENT_SIZE
            + NODE_SIZE
);

fn node_of(event: &Event) -> Option<&Arc<Node>> {
    match event {
        Event::Status { node, .. }
        | Event::Node { node }
        | Event::Conflict { node, .. }
        | Event::Link { node, .. }
        | Event::Broadcast { origin: node, .. }
        | Event::Message { sender: node, .. } => Some(node),
        Event::Leader { leader, .. } => leader.as_ref(),
        Event::Validity { .. }
        | Event::Merged { .. }
        | Event::Datacenter { .. }
        | Event::Lagged { .. }
        | Event::Closed { .. } => None,
    }
}

/// The label of a broadcast, unless it tells nothing but the origin's address and the index: to make
/// it a text costs as much as all the rest.
fn own_label(event: &Event) -> Option<&str> {
    let Event::Broadcast { origin, index, label, .. } = event else { return None };
    let derived = origin
        .ip
        .is_some_and(|ip| label.parts() == Some((SocketAddr::new(ip, origin.port), *index)));
    (!derived).then(|| &**label) // the text is made here, and not before
}

/// Bytes of an event's texts and payload.
fn bytes_of(event: &Event) -> usize {
    let names = |names: &[Arc<str>]| names.iter().map(|name| name.len() + 1).sum::<usize>();
    match event {
        Event::Status { source, .. } => source.len(),
        Event::Broadcast { bytes, .. } => own_label(event).map_or(0, str::len) + bytes.len(),
        Event::Message { bytes, .. } => bytes.len(),
        Event::Conflict { other_address, .. } => other_address.len(),
        Event::Validity { validity } => names(&validity.seen) + names(&validity.missing),
        Event::Closed { error } => error.as_ref().map_or(0, |error| error.message().len()),
        Event::Leader { .. }
        | Event::Node { .. }
        | Event::Link { .. }
        | Event::Merged { .. }
        | Event::Datacenter { .. }
        | Event::Lagged { .. } => 0,
    }
}

fn bytes_of_node(node: &Node) -> usize {
    let tags = node.tags.iter().map(|(name, value)| 8 + name.len() + value.len()).sum::<usize>();
    node.name.len() + node.address.len() + node.status_source.len() + tags
}

/// How many bytes a batch takes at most, while it is chosen what goes into it.
struct Room {
    capacity: usize,
    used: usize,
    last: *const Node,
}

impl Room {
    fn new(capacity: usize) -> Self {
        let capacity = capacity.min(u32::MAX as usize);
        Self { capacity, used: BATCH_SIZE + ALIGNMENT, last: ptr::null() }
    }

    /// What the batch takes with this event too. Only a node that comes twice in a row is counted
    /// once, so it is never less than what it comes to.
    fn with(&self, event: &Event) -> (usize, *const Node) {
        let mut used = self.used + EVENT_SIZE + bytes_of(event);
        let mut last = self.last;
        if let Some(node) = node_of(event)
            && !ptr::eq(Arc::as_ptr(node), last)
        {
            used += NODE_SIZE + bytes_of_node(node);
            last = Arc::as_ptr(node);
        }
        (used, last)
    }

    fn take(&mut self, event: &Event) -> bool {
        let (used, last) = self.with(event);
        let fits = used <= self.capacity;
        if fits {
            (self.used, self.last) = (used, last);
        }
        fits
    }
}

/// Memory of the caller that is filled from its start.
struct Writer {
    start: *mut u8,
    at: usize,
    capacity: usize,
}

impl Writer {
    /// Writes at a place that was reserved, or is the end.
    fn put_at<T: Copy>(&mut self, at: usize, value: T) -> Result<()> {
        if at + size_of::<T>() > self.capacity {
            return Err(Self::full());
        }
        // SAFETY: within the memory that the caller handed over; no alignment is asked for.
        unsafe { self.start.add(at).cast::<T>().write_unaligned(value) };
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<seafoam_flat_bytes> {
        let at = self.at;
        if bytes.len() > self.capacity - at {
            return Err(Self::full());
        }
        // SAFETY: within the memory that the caller handed over, where nothing of ours lies.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.start.add(at), bytes.len()) };
        self.at += bytes.len();
        Ok(self.since(at))
    }

    /// Texts with `\n` between them, which no name has inside.
    fn lines(&mut self, lines: &[Arc<str>]) -> Result<seafoam_flat_bytes> {
        let at = self.at;
        for (index, line) in lines.iter().enumerate() {
            if index > 0 {
                self.bytes(b"\n")?;
            }
            self.bytes(line.as_bytes())?;
        }
        Ok(self.since(at))
    }

    /// What was written from `at` on; `Room` keeps all of it below 4 GiB.
    fn since(&self, at: usize) -> seafoam_flat_bytes {
        seafoam_flat_bytes { at: at as u32, length: (self.at - at) as u32 }
    }

    fn full() -> Error {
        Error::new(ErrorCode::Internal, "a flat batch outgrew what was counted for it")
    }
}

/// The nodes of a batch: those that share a snapshot share its number.
#[derive(Default)]
struct Nodes<'batch> {
    all: Vec<&'batch Arc<Node>>,
    /// Only where there are many; a few are found faster one by one.
    numbers: HashMap<*const Node, u32>,
}

/// Nodes that are looked for one by one.
const FEW: usize = 16;

impl<'batch> Nodes<'batch> {
    fn number(&mut self, node: Option<&'batch Arc<Node>>) -> u32 {
        let Some(node) = node else { return SEAFOAM_FLAT_NO_NODE };
        let found = self.all.iter().rev().take(FEW).position(|other| Arc::ptr_eq(other, node));
        if let Some(back) = found {
            return (self.all.len() - 1 - back) as u32;
        }
        let next = self.all.len() as u32;
        let number = *self.numbers.entry(Arc::as_ptr(node)).or_insert(next);
        if number == next {
            self.all.push(node);
        }
        number
    }
}

/// The record of an event, whose texts and payload are written.
fn lay_event(out: &mut Writer, event: &Event, node: u32) -> Result<seafoam_flat_event> {
    let mut flat = seafoam_flat_event {
        kind: event.kind().number().into(),
        node,
        number: 0,
        status: 0,
        previous: 0,
        text: seafoam_flat_bytes::default(),
        bytes: seafoam_flat_bytes::default(),
    };
    match event {
        Event::Status { status, previous, source, .. } => {
            flat.status = status.number().into();
            flat.previous = previous.number().into();
            flat.text = out.bytes(source.as_bytes())?;
        }
        Event::Broadcast { index, bytes, .. } => {
            flat.number = (*index).into();
            flat.text = out.bytes(own_label(event).unwrap_or_default().as_bytes())?;
            flat.bytes = out.bytes(bytes)?;
        }
        Event::Message { bytes, .. } => flat.bytes = out.bytes(bytes)?,
        Event::Leader { term, scope, .. } => {
            flat.number = *term;
            flat.status = scope.map_or(-1, i32::from);
        }
        Event::Validity { validity } => {
            flat.number = validity.needed.into();
            flat.status = validity.state.number().into();
            flat.previous = validity.basis.number().into();
            flat.text = out.lines(&validity.seen)?;
            flat.bytes = out.lines(&validity.missing)?;
        }
        Event::Node { .. } => {}
        Event::Conflict { other_address, .. } => flat.text = out.bytes(other_address.as_bytes())?,
        Event::Link { direction, .. } => flat.status = direction.number().into(),
        Event::Merged { members } => flat.number = (*members).into(),
        Event::Datacenter { number, lost } => {
            flat.number = (*number).into();
            flat.status = (*lost).into();
        }
        Event::Lagged { missed } => flat.number = *missed,
        Event::Closed { error } => {
            if let Some(error) = error {
                flat.number = code_of(error.code()).unsigned_abs().into();
                flat.text = out.bytes(error.message().as_bytes())?;
            }
        }
    }
    Ok(flat)
}

/// The record of a node, whose texts are written.
fn lay_node(out: &mut Writer, node: &Node) -> Result<seafoam_flat_node> {
    let mut ip = [0; 16];
    let ip_length = match node.ip {
        None => 0,
        Some(IpAddr::V4(address)) => {
            ip[..4].copy_from_slice(&address.octets());
            4
        }
        Some(IpAddr::V6(address)) => {
            ip = address.octets();
            16
        }
    };
    let name = out.bytes(node.name.as_bytes())?;
    let address = out.bytes(node.address.as_bytes())?;
    let status_source = out.bytes(node.status_source.as_bytes())?;
    let at = out.at;
    for (name, value) in &*node.tags {
        out.bytes(&(name.len() as u32).to_ne_bytes())?;
        out.bytes(&(value.len() as u32).to_ne_bytes())?;
        out.bytes(name.as_bytes())?;
        out.bytes(value.as_bytes())?;
    }
    Ok(seafoam_flat_node {
        generation: node.generation,
        age_millis: node.age_millis,
        timestamp_millis: node.timestamp_millis,
        ping_millis: node.ping_millis,
        name,
        address,
        status_source,
        tags: out.since(at),
        incarnation: node.incarnation,
        status: node.status.number().into(),
        rank: node.rank.number().into(),
        port: node.port,
        emit_counter: node.emit_counter,
        datacenter: node.datacenter,
        is_lighthouse: node.is_lighthouse.into(),
        ip_length,
        reserved: 0,
        ip,
        reserved_end: [0; 4],
    })
}

/// Lays out the batch: its head, the records of the events, their bytes, the records of the nodes,
/// their bytes.
fn lay(out: &mut Writer, events: &[Arc<Event>]) -> Result<()> {
    let mut head = seafoam_flat_batch {
        version: SEAFOAM_FLAT_VERSION,
        events: events.len() as u32,
        events_at: BATCH_SIZE as u32,
        event_size: EVENT_SIZE as u32,
        node_size: NODE_SIZE as u32,
        ..seafoam_flat_batch::default()
    };
    let mut nodes = Nodes::default();
    let bytes_at = BATCH_SIZE + events.len() * EVENT_SIZE;
    out.at = bytes_at;
    for (index, event) in events.iter().enumerate() {
        let node = nodes.number(node_of(event));
        let flat = lay_event(out, event, node)?;
        out.put_at(BATCH_SIZE + index * EVENT_SIZE, flat)?;
    }
    head.bytes = out.since(bytes_at);
    let nodes_at = out.at.next_multiple_of(ALIGNMENT);
    head.nodes = nodes.all.len() as u32;
    head.nodes_at = nodes_at as u32;
    out.at = nodes_at + nodes.all.len() * NODE_SIZE;
    let node_bytes_at = out.at;
    for (index, node) in nodes.all.iter().enumerate() {
        let flat = lay_node(out, node)?;
        out.put_at(nodes_at + index * NODE_SIZE, flat)?;
    }
    head.node_bytes = out.since(node_bytes_at);
    head.length = out.at as u32;
    out.put_at(0, head)
}

/// Takes what fits out of the stream and lays it into the caller's memory; how many events it was.
fn read(
    events: &seafoam_events,
    timeout_millis: i64,
    most: usize,
    out: &mut Writer,
) -> Result<usize> {
    let mut room = Room::new(out.capacity);
    let mut refused = None;
    let mut batch = Vec::with_capacity(most.min(BATCH));
    let timeout = timeout(timeout_millis);
    let count = events.events.drain_fitting(&mut batch, most.min(BATCH), timeout, |event| {
        let fits = room.take(event);
        refused = (!fits).then(|| room.with(event).0);
        fits
    })?;
    events.settle();
    match refused {
        Some(needed) if count == 0 => {
            let what =
                format!("= {} is too small: the next event takes {needed} bytes", out.capacity);
            Err(bad_argument("capacity", &what))
        }
        _ if count == 0 => Ok(0),
        _ => {
            let laid = lay(out, &batch);
            events.events.recycle(&mut batch);
            laid.map(|()| count)
        }
    }
}

/// Up to `most` events at once (4096 at most) and the nodes that they speak of, as many as fit, laid
/// flat into memory of the caller, which begins with a `seafoam_flat_batch`; waits for the first one
/// as `seafoam_events_next` does. Nothing in it is a pointer, so it may be copied, kept, and handed
/// to other languages. Where it answers anything but `SEAFOAM_OK`, nothing was written.
///
/// Ownership: `buffer` has room for `capacity` bytes and stays the caller's; nothing is borrowed.
/// Threads: any.
/// Errors: `SEAFOAM_INVALID_CONFIG` where the next event does not fit (it stays;
/// `SEAFOAM_FLAT_ANY_EVENT_BYTES` are always enough) or `most` is 0; else as `seafoam_events_next`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_events_next_flat(
    events: *mut seafoam_events,
    timeout_millis: i64,
    most: usize,
    buffer: *mut c_void,
    capacity: usize,
    count: *mut usize,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let count: Out<usize> = out!(count);
        let events = handle!(events);
        if buffer.is_null() {
            return Err(bad_argument("buffer", "is NULL"));
        }
        if most == 0 {
            return Err(bad_argument("most", "= 0 asks for no event"));
        }
        let mut out = Writer { start: buffer.cast(), at: 0, capacity };
        let taken = read(events, timeout_millis, most, &mut out)?;
        count.put(taken);
        Ok(if taken == 0 { code_of(ErrorCode::Timeout) } else { OK })
    })
}
