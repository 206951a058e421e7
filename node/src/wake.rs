//! The bell: how the engine's threads tell the JavaScript thread that something is ready.
//!
//! One per environment (the main thread and each worker have their own). Any number of sources set
//! their flag and leave their token; the bell rings once for each time that the list of tokens stops
//! being empty. It is weak: it never keeps the process alive, `lib/loop.js` does while someone waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use napi::bindgen_prelude::Function;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;
use parking_lot::Mutex;

use crate::error::{Failure, of_napi};

/// A function of JavaScript that is rung from any thread, without arguments, and weakly.
type Ring = ThreadsafeFunction<(), (), (), napi::Status, false, true>;

/// What all sources of one environment share.
pub struct Bell {
    ring: Ring,
    ready: Mutex<Vec<Arc<Source>>>,
    tokens: AtomicU32,
}

/// Something that JavaScript waits for, known to it by its token.
pub struct Source {
    token: u32,
    queued: AtomicBool,
}

impl Source {
    pub const fn token(&self) -> u32 {
        self.token
    }
}

impl Bell {
    /// A source with a token of its own.
    pub fn source(&self) -> Arc<Source> {
        Arc::new(Source {
            token: self.tokens.fetch_add(1, Ordering::Relaxed),
            queued: AtomicBool::new(false),
        })
    }

    /// Marks a source as ready. Called on the engine's thread, under its locks: it takes a short
    /// lock of its own and wakes the event loop, nothing else.
    pub fn mark(&self, source: &Arc<Source>) {
        if source.queued.swap(true, Ordering::AcqRel) {
            return;
        }
        let mut ready = self.ready.lock();
        let first = ready.is_empty();
        ready.push(Arc::clone(source));
        drop(ready);
        if first {
            self.ring();
        }
    }

    fn ring(&self) {
        // It fails only while the environment shuts down, where nobody listens any more.
        let _ = self.ring.call((), ThreadsafeFunctionCallMode::NonBlocking);
    }
}

/// The environment's bell as `lib/loop.js` holds it.
#[napi(js_name = "Loop")]
pub struct NativeLoop {
    bell: Arc<Bell>,
}

#[napi]
impl NativeLoop {
    /// `wake` is called on the JavaScript thread when [`take`](Self::take) has something to give.
    #[napi(constructor)]
    pub fn new(wake: Function<'_, (), ()>) -> Result<Self, Failure> {
        let ring = wake
            .build_threadsafe_function()
            .callee_handled::<false>()
            .weak::<true>()
            .build()
            .map_err(|error| of_napi(&error))?;
        Ok(Self {
            bell: Arc::new(Bell { ring, ready: Mutex::new(Vec::new()), tokens: AtomicU32::new(1) }),
        })
    }

    /// The tokens of the sources that became ready since the last call.
    #[napi]
    pub fn take(&self) -> Vec<u32> {
        let ready = std::mem::take(&mut *self.bell.ready.lock());
        ready
            .iter()
            .map(|source| {
                source.queued.store(false, Ordering::Release);
                source.token
            })
            .collect()
    }

    /// Rings the bell, for work that JavaScript itself put off: unlike an immediate or a timer it
    /// wakes the event loop without keeping it alive.
    #[napi]
    pub fn poke(&self) {
        self.bell.ring();
    }
}

impl NativeLoop {
    pub fn bell(&self) -> Arc<Bell> {
        Arc::clone(&self.bell)
    }
}
