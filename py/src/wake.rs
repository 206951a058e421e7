//! From the engine's threads to Python's without ever entering the interpreter: a set of tokens and
//! an eventfd.
//!
//! An engine's thread that called Python could be ended by a finalizing interpreter in the middle of
//! Rust frames, which aborts the process. It puts a token here instead, and writes to the eventfd;
//! a thread of Python's own reads it, from an event loop or by waiting for it.

use std::collections::BTreeSet;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};

/// What engine threads hold: the descriptor lives as long as anyone could write to it.
pub(crate) struct Bell {
    fd: OwnedFd,
    ready: Mutex<BTreeSet<u64>>,
}

impl Bell {
    /// Marks the token as ready. Called on any thread; neither waits nor enters the interpreter.
    pub(crate) fn ring(&self, token: u64) {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        let silent = ready.is_empty();
        ready.insert(token);
        if silent {
            // It can fail only where the counter is full, and then the descriptor is readable.
            let _ = rustix::io::write(&self.fd, &1_u64.to_ne_bytes());
        }
    }

    fn take(&self) -> Vec<u64> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        let mut count = [0_u8; 8];
        let _ = rustix::io::read(&self.fd, &mut count); // not readable: nothing was rung since
        std::mem::take(&mut *ready).into_iter().collect()
    }
}

/// Collects wake-ups of subscriptions and pending results for one thread of Python's.
#[pyclass(frozen, module = "seafoam._native")]
pub(crate) struct WakeHub {
    pub(crate) bell: Arc<Bell>,
}

#[pymethods]
impl WakeHub {
    #[new]
    fn new() -> PyResult<Self> {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let fd = eventfd(0, flags).map_err(std::io::Error::from)?;
        let ready = Mutex::default();
        Ok(Self { bell: Arc::new(Bell { fd, ready }) })
    }

    /// The descriptor: readable while tokens are ready. It belongs to this object.
    fn fileno(&self) -> i32 {
        self.bell.fd.as_raw_fd()
    }

    /// The tokens that became ready since the last call; never waits.
    fn take(&self) -> Vec<u64> {
        self.bell.take()
    }

    /// Like `take`, waiting for a first token. Only for threads that get no signals: it is not
    /// interrupted by Ctrl-C.
    fn wait(&self, py: Python<'_>) -> Vec<u64> {
        py.detach(|| {
            loop {
                let mut fds = [PollFd::from_borrowed_fd(self.bell.fd.as_fd(), PollFlags::IN)];
                let _ = poll(&mut fds, None); // an interrupted wait begins again
                let ready = self.bell.take();
                if !ready.is_empty() {
                    return ready;
                }
            }
        })
    }

    /// Marks a token as ready from Python.
    fn ring(&self, token: u64) {
        self.bell.ring(token);
    }
}
