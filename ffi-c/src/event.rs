//! Events as handles, with one accessor for each field.

use std::ffi::{CString, c_char, c_int};
use std::ptr;
use std::sync::{Arc, OnceLock};

use seafoam_core::{Event, Node};

use crate::abi::{c_string, give, lend, maybe_handle, maybe_out, plain, take};
use crate::error::seafoam_error;
use crate::leadership::seafoam_validity;
use crate::node::seafoam_node;
use crate::words::{seafoam_direction, seafoam_kind, seafoam_status};

/// One thing that happened. Never changes; readable from any thread. An accessor that does not
/// belong to the event's kind answers NULL, 0, false or -1.
pub struct seafoam_event {
    /// Apart, so that an event that is only looked at stays small. Before `event`: dropped first.
    views: OnceLock<Box<Views>>,
    event: Held,
}

/// What C borrows from an event, made when first asked for. No kind has two of a sort.
#[derive(Default)]
struct Views {
    node: OnceLock<seafoam_node>,
    text: OnceLock<CString>,
    validity: OnceLock<seafoam_validity>,
    error: OnceLock<seafoam_error>,
}

/// Streams share an event with other streams; a callback is lent one while it runs.
enum Held {
    Shared(Arc<Event>),
    Lent(&'static Event),
}

impl seafoam_event {
    pub(crate) const fn shared(event: Arc<Event>) -> Self {
        Self { views: OnceLock::new(), event: Held::Shared(event) }
    }

    /// # Safety
    /// The handle must be gone before the event is.
    pub(crate) unsafe fn lent(event: &Event) -> Self {
        // SAFETY: the caller's contract.
        Self { views: OnceLock::new(), event: Held::Lent(unsafe { lend(event) }) }
    }

    /// The event itself, where it is shared; what C borrowed from it is gone.
    pub(crate) fn into_shared(self) -> Option<Arc<Event>> {
        let Self { views, event } = self;
        drop(views);
        match event {
            Held::Shared(event) => Some(event),
            Held::Lent(_) => None,
        }
    }

    fn get(&self) -> &Event {
        match &self.event {
            Held::Shared(event) => event,
            Held::Lent(event) => event,
        }
    }

    fn views(&self) -> &Views {
        self.views.get_or_init(Box::default)
    }

    fn duplicate(&self) -> Self {
        Self::shared(match &self.event {
            Held::Shared(event) => Arc::clone(event),
            Held::Lent(event) => Arc::new(Event::clone(event)),
        })
    }
}

/// The node of an event, if `pick` finds one in it.
fn node_of(
    event: Option<&seafoam_event>,
    pick: fn(&Event) -> Option<&Arc<Node>>,
) -> *const seafoam_node {
    let node = event.and_then(|event| {
        let picked = pick(event.get())?;
        // SAFETY: the views go before the event.
        let made = || unsafe { seafoam_node::lent(picked) };
        Some(event.views().node.get_or_init(made))
    });
    node.map_or(ptr::null(), ptr::from_ref)
}

/// The text of an event, if `pick` finds one in it.
fn text_of(event: Option<&seafoam_event>, pick: fn(&Event) -> Option<&str>) -> *const c_char {
    let text = event.and_then(|event| {
        let picked = pick(event.get())?;
        Some(event.views().text.get_or_init(|| c_string(picked)))
    });
    text.map_or(ptr::null(), |text| text.as_ptr())
}

/// What the event is about (`SEAFOAM_EVENT_...`); -1 for NULL. Skip kinds that you do not know:
/// later versions add some.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_event_kind(event: *const seafoam_event) -> seafoam_kind {
    plain!({ maybe_handle!(event).map_or(-1, |event| event.get().kind().number().into()) })
}

/// The node of a status, node, conflict or link event; else NULL.
///
/// Ownership: borrowed, lives as long as `event`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_event_node(event: *const seafoam_event) -> *const seafoam_node {
    plain!({
        node_of(maybe_handle!(event), |event| match event {
            Event::Status { node, .. }
            | Event::Node { node }
            | Event::Conflict { node, .. }
            | Event::Link { node, .. } => Some(node),
            Event::Broadcast { .. }
            | Event::Message { .. }
            | Event::Leader { .. }
            | Event::Validity { .. }
            | Event::Merged { .. }
            | Event::Datacenter { .. }
            | Event::Lagged { .. }
            | Event::Closed { .. } => None,
        })
    })
}

/// The new status of a status event (`SEAFOAM_STATUS_...`); else -1.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_event_status(event: *const seafoam_event) -> seafoam_status {
    plain!({
        match maybe_handle!(event).map(seafoam_event::get) {
            Some(Event::Status { status, .. }) => status.number().into(),
            _ => -1,
        }
    })
}

/// The status before a status event (`SEAFOAM_STATUS_...`); else -1.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_event_previous(event: *const seafoam_event) -> seafoam_status {
    plain!({
        match maybe_handle!(event).map(seafoam_event::get) {
            Some(Event::Status { previous, .. }) => previous.number().into(),
            _ => -1,
        }
    })
}

/// Name of the node that first stated the status, of a status event; else NULL.
///
/// Ownership: borrowed, lives as long as `event`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_event_source(event: *const seafoam_event) -> *const c_char {
    plain!({
        text_of(maybe_handle!(event), |event| {
            let Event::Status { source, .. } = event else {
                return None;
            };
            Some(source)
        })
    })
}

/// The node that sent the payload of a broadcast event; else NULL.
///
/// Ownership: borrowed, lives as long as `event`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_event_origin(event: *const seafoam_event) -> *const seafoam_node {
    plain!({
        node_of(maybe_handle!(event), |event| {
            let Event::Broadcast { origin, .. } = event else {
                return None;
            };
            Some(origin)
        })
    })
}

/// The number of a broadcast among those of its origin's run; else 0.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_event_index(event: *const seafoam_event) -> u32 {
    plain!({
        match maybe_handle!(event).map(seafoam_event::get) {
            Some(Event::Broadcast { index, .. }) => *index,
            _ => 0,
        }
    })
}

/// `ip:port:index` of a broadcast, unique within one run of its origin; else NULL.
///
/// Ownership: borrowed, lives as long as `event`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_event_label(event: *const seafoam_event) -> *const c_char {
    plain!({
        text_of(maybe_handle!(event), |event| {
            let Event::Broadcast { label, .. } = event else {
                return None;
            };
            Some(label)
        })
    })
}

/// The payload of a broadcast or message event, `*length` bytes without a NUL behind them; else
/// NULL and 0. A payload of no bytes is not NULL.
///
/// Ownership: borrowed, lives as long as `event`; `length` may be NULL. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_event_bytes(
    event: *const seafoam_event,
    length: *mut usize,
) -> *const u8 {
    plain!({
        let length = maybe_out!(length);
        match maybe_handle!(event).map(seafoam_event::get) {
            Some(Event::Broadcast { bytes, .. } | Event::Message { bytes, .. }) => {
                if let Some(out) = length {
                    out.put(bytes.len());
                }
                bytes.as_ptr()
            }
            _ => ptr::null(),
        }
    })
}

/// The node that sent a message; else NULL.
///
/// Ownership: borrowed, lives as long as `event`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_event_sender(event: *const seafoam_event) -> *const seafoam_node {
    plain!({
        node_of(maybe_handle!(event), |event| {
            let Event::Message { sender, .. } = event else {
                return None;
            };
            Some(sender)
        })
    })
}

/// The leader of a leader event, NULL while there is none; else NULL.
///
/// Ownership: borrowed, lives as long as `event`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_event_leader(event: *const seafoam_event) -> *const seafoam_node {
    plain!({
        node_of(maybe_handle!(event), |event| {
            let Event::Leader { leader, .. } = event else {
                return None;
            };
            leader.as_ref()
        })
    })
}

/// The term of a leader event; else 0.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_event_term(event: *const seafoam_event) -> u64 {
    plain!({
        match maybe_handle!(event).map(seafoam_event::get) {
            Some(Event::Leader { term, .. }) => *term,
            _ => 0,
        }
    })
}

/// The datacenter that a leader event is about, -1 for the whole cluster; else -1.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_event_scope(event: *const seafoam_event) -> c_int {
    plain!({
        match maybe_handle!(event).map(seafoam_event::get) {
            Some(Event::Leader { scope, .. }) => scope.map_or(-1, c_int::from),
            _ => -1,
        }
    })
}

/// What a validity event says; else NULL.
///
/// Ownership: borrowed, lives as long as `event`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_event_validity(
    event: *const seafoam_event,
) -> *const seafoam_validity {
    plain!({
        let found = maybe_handle!(event).and_then(|event| {
            let Event::Validity { validity } = event.get() else {
                return None;
            };
            let made = || seafoam_validity::new(Arc::clone(validity));
            Some(event.views().validity.get_or_init(made))
        });
        found.map_or(ptr::null(), ptr::from_ref)
    })
}

/// The address of the other process that uses the node's name, of a conflict event; else NULL.
///
/// Ownership: borrowed, lives as long as `event`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_event_other_address(event: *const seafoam_event) -> *const c_char {
    plain!({
        text_of(maybe_handle!(event), |event| {
            let Event::Conflict { other_address, .. } = event else {
                return None;
            };
            Some(other_address)
        })
    })
}

/// The direction that works, of a link event (`SEAFOAM_LINK_...`); else -1.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_event_direction(event: *const seafoam_event) -> seafoam_direction {
    plain!({
        match maybe_handle!(event).map(seafoam_event::get) {
            Some(Event::Link { direction, .. }) => direction.number().into(),
            _ => -1,
        }
    })
}

/// How many members came back, of a merged event; else 0.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_event_members(event: *const seafoam_event) -> u32 {
    plain!({
        match maybe_handle!(event).map(seafoam_event::get) {
            Some(Event::Merged { members }) => *members,
            _ => 0,
        }
    })
}

/// The number of the datacenter, of a datacenter event; else -1.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_event_number(event: *const seafoam_event) -> c_int {
    plain!({
        match maybe_handle!(event).map(seafoam_event::get) {
            Some(Event::Datacenter { number, .. }) => (*number).into(),
            _ => -1,
        }
    })
}

/// Whether the datacenter was lost (or came back), of a datacenter event; else false.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_event_lost(event: *const seafoam_event) -> bool {
    plain!({
        match maybe_handle!(event).map(seafoam_event::get) {
            Some(Event::Datacenter { lost, .. }) => *lost,
            _ => false,
        }
    })
}

/// How many events this stream lost, of a lagged event; else 0.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_event_missed(event: *const seafoam_event) -> u64 {
    plain!({
        match maybe_handle!(event).map(seafoam_event::get) {
            Some(Event::Lagged { missed }) => *missed,
            _ => 0,
        }
    })
}

/// Why the cluster closed itself, of a closed event; NULL where it was asked to, and for other
/// kinds.
///
/// Ownership: borrowed, lives as long as `event`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_event_error(event: *const seafoam_event) -> *const seafoam_error {
    plain!({
        let found = maybe_handle!(event).and_then(|event| {
            let Event::Closed { error: Some(error) } = event.get() else {
                return None;
            };
            let made = || seafoam_error::new(seafoam_core::Error::clone(error));
            Some(event.views().error.get_or_init(made))
        });
        found.map_or(ptr::null(), ptr::from_ref)
    })
}

/// A handle of its own to the same event, which outlives the next call on the stream; NULL for
/// NULL. What was borrowed from the old handle is not part of the new one.
///
/// Ownership: free it with `seafoam_event_free`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_event_clone(event: *const seafoam_event) -> *mut seafoam_event {
    plain!({ maybe_handle!(event).map_or(ptr::null_mut(), |event| give(event.duplicate())) })
}

/// Frees an event that was cloned (not a borrowed one); NULL is fine.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_event_free(event: *mut seafoam_event) {
    plain!({ drop(take!(event)) });
}
