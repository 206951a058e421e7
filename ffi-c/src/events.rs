//! Streams of events: waiting for them, polling a file descriptor, and what C borrows from them.

use std::cell::RefCell;
use std::ffi::c_int;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::ptr;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::{self, ThreadId};

use rustix::event::{EventfdFlags, eventfd};
use seafoam_core::{Error, ErrorCode, Event, EventKinds, EventOptions, Events, Result};

use crate::abi::{
    OK, Out, bad_argument, code_of, fallible, fill, handle, lock, maybe_handle, out, plain, take,
    timeout,
};
use crate::cluster::seafoam_cluster;
use crate::error::{seafoam_code, seafoam_error};
use crate::event::seafoam_event;

/// A subscription: an own, bounded queue of events from the moment that it was opened. Any number
/// of threads may read; each event goes to one of them.
pub struct seafoam_events {
    pub(crate) events: Events,
    /// What each reading thread borrows until its next call.
    borrowed: Mutex<Vec<(ThreadId, Vec<seafoam_event>)>>,
    /// Made when first asked for.
    signal: OnceLock<Arc<OwnedFd>>,
    /// Orders what readers do to the signal after they looked into the queue.
    settling: Mutex<()>,
}

/// Events that one call of `seafoam_events_next_batch` or `_flat` gives out at most.
pub(crate) const BATCH: usize = 4096;

/// A reading thread, and where it puts events before it knows how many there are.
struct Reader {
    thread: ThreadId,
    drained: Vec<Arc<Event>>,
    /// And what C does not borrow any more.
    spent: Vec<Arc<Event>>,
}

thread_local! {
    static READER: RefCell<Reader> =
        RefCell::new(Reader {
            thread: thread::current().id(),
            drained: Vec::new(),
            spent: Vec::new(),
        });
}

impl seafoam_events {
    /// Takes up to `most` events, waiting for the first one, and hands their pointers to `give`.
    fn read(
        &self,
        most: usize,
        timeout_millis: i64,
        give: impl FnOnce(&[seafoam_event]),
    ) -> Result<seafoam_code> {
        READER.with_borrow_mut(|Reader { thread, drained, spent }| {
            drained.clear();
            // Before any lock of ours: a forked child is told here, and may find those held.
            let count = match timeout_millis {
                0 => self.events.drain(drained, most),
                _ => self.events.drain_timeout(drained, most, timeout(timeout_millis)),
            }?;
            self.settle();
            let mut all = lock(&self.borrowed);
            let place = all.iter().position(|(owner, _)| owner == thread);
            let place = place.unwrap_or_else(|| {
                all.push((*thread, Vec::new()));
                all.len() - 1
            });
            // The events lie on the heap of their own list, so that what C was given stays valid
            // when the list of lists grows.
            let mine = &mut all[place].1;
            spent.extend(mine.drain(..).filter_map(seafoam_event::into_shared));
            self.events.recycle(spent);
            mine.extend(drained.drain(..).map(seafoam_event::shared));
            give(mine);
            Ok(if count == 0 { code_of(ErrorCode::Timeout) } else { OK })
        })
    }

    /// Keeps the file descriptor readable exactly while events wait.
    ///
    /// The engine makes it readable, under the queue's lock, when the queue stops being empty. Only
    /// this makes it unreadable, and whoever did so looks again: so where events wait, it is
    /// readable already, or somebody is about to make it so.
    pub(crate) fn settle(&self) {
        let Some(signal) = self.signal.get() else { return };
        let _order = lock(&self.settling);
        if self.events.has_events() {
            return;
        }
        clear(signal);
        if self.events.has_events() {
            raise(signal);
        }
    }

    fn descriptor(&self) -> Result<c_int> {
        match self.events.drain(&mut Vec::new(), 0) {
            Err(error) if error.code() == ErrorCode::Forked => return Err(error),
            Ok(_) | Err(_) => {} // one that has ended keeps its descriptor
        }
        let _order = lock(&self.settling);
        if let Some(signal) = self.signal.get() {
            return Ok(signal.as_raw_fd());
        }
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let made = eventfd(0, flags).map_err(|fault| {
            let what = format!("no file descriptor for the stream: {fault}");
            Error::new(ErrorCode::Internal, what)
        })?;
        let signal = self.signal.get_or_init(|| Arc::new(made));
        let raised = Arc::clone(signal);
        self.events.set_wake(Some(Box::new(move || raise(&raised))));
        Ok(signal.as_raw_fd())
    }
}

/// Fails only where the counter is full, and then the descriptor is readable already.
fn raise(signal: &OwnedFd) {
    let _ = rustix::io::write(signal.as_fd(), &1_u64.to_ne_bytes());
}

/// Fails only where the counter is 0, which is what is wanted.
fn clear(signal: &OwnedFd) {
    let _ = rustix::io::read(signal.as_fd(), &mut [0_u8; 8]);
}

/// Opens a stream of events that begins now. `kinds` is a set of bits, `1u << SEAFOAM_EVENT_...`
/// (`SEAFOAM_EVENT_BIT`), 0 for all; lagged and closed events always come. `capacity` is how many
/// may wait, 0 for `event_capacity`. With `initial` it begins with the present members (as status
/// events from unknown) and validity, without a gap to what follows.
///
/// Ownership: free `*events` with `seafoam_events_free`. Threads: any.
/// Errors: `SEAFOAM_INVALID_CONFIG` for a capacity out of range, `SEAFOAM_BUSY` where too many are
/// open, `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_events(
    cluster: *const seafoam_cluster,
    kinds: u32,
    capacity: usize,
    initial: bool,
    events: *mut *mut seafoam_events,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let out: Out<*mut seafoam_events> = out!(events);
        let options = EventOptions {
            kinds: EventKinds::from_bits(kinds),
            capacity: (capacity != 0).then_some(capacity),
            initial,
        };
        out.give(seafoam_events {
            events: handle!(cluster).cluster.events(options)?,
            borrowed: Mutex::default(),
            signal: OnceLock::new(),
            settling: Mutex::default(),
        });
        Ok(())
    })
}

/// The next event. `timeout_millis`: 0 only looks, negative waits for ever. Where the time passes
/// without one, the code is `SEAFOAM_TIMEOUT`, `*event` is NULL, and there is no error object.
///
/// Ownership: borrowed, lives until this thread's next call on the stream, or until the stream is
/// freed; `seafoam_event_clone` keeps it. Threads: any; each thread keeps its last event alive.
/// Errors: `SEAFOAM_CLOSED` once the closed event was read, `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_events_next(
    events: *mut seafoam_events,
    timeout_millis: i64,
    event: *mut *const seafoam_event,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let out = out!(event);
        let events = handle!(events);
        events.read(1, timeout_millis, |handles| {
            out.put(handles.first().map_or(ptr::null(), ptr::from_ref));
        })
    })
}

/// Up to `capacity` events at once, into an array of the caller; waits for the first one as
/// `seafoam_events_next` does. Gives out 4096 at most.
///
/// Ownership: `*count` pointers in `batch` are borrowed until this thread's next call on the stream,
/// or until the stream is freed. Threads: any.
/// Errors: `SEAFOAM_INVALID_CONFIG` where `capacity` is 0; else as `seafoam_events_next`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_events_next_batch(
    events: *mut seafoam_events,
    timeout_millis: i64,
    batch: *mut *const seafoam_event,
    capacity: usize,
    count: *mut usize,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let count = out!(count);
        let events = handle!(events);
        if batch.is_null() || capacity == 0 {
            return Err(bad_argument("batch", "has no room for an event"));
        }
        events.read(capacity.min(BATCH), timeout_millis, |handles| {
            // SAFETY: the caller's contract: room for `capacity` pointers.
            unsafe { fill(batch, handles.iter().map(ptr::from_ref)) };
            count.put(handles.len());
        })
    })
}

/// A file descriptor that is readable exactly while events wait, for poll, epoll and the loops built
/// on them: when it is, call `seafoam_events_next` with timeout 0 until it answers
/// `SEAFOAM_TIMEOUT`, or read just some: it stays readable. The same one at each call; close-on-exec
/// and never blocking.
///
/// Ownership: belongs to the stream, which closes it when it is freed; never read, write or close
/// it. Threads: any.
/// Errors: `SEAFOAM_INTERNAL` where the process has no file descriptor left, `SEAFOAM_FORKED`; then
/// `*fd` is -1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_events_fd(
    events: *mut seafoam_events,
    fd: *mut c_int,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let fd = out!(fd);
        fd.put(handle!(events).descriptor()?);
        Ok(())
    })
}

/// Ends the stream: whoever waits in it gets what is left, then a closed event, then
/// `SEAFOAM_CLOSED`. NULL is fine.
///
/// Ownership: the handle is still to be freed. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_events_close(events: *mut seafoam_events) {
    plain!({
        let events = events.cast_const();
        if let Some(handle) = maybe_handle!(events) {
            handle.events.close();
        }
    });
}

/// Ends the stream and frees it with every event borrowed from it and its file descriptor; NULL is
/// fine.
///
/// Threads: any, while no other call with this stream is under way.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_events_free(events: *mut seafoam_events) {
    plain!({ drop(take!(events)) });
}
