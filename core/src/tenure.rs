//! What a host asks of its own lease, at the moment of need, and who waits for the end of one.

use std::collections::BTreeMap;

use crate::api::error::{Error, ErrorCode, Result};
use crate::api::validity::{Lease, TermQuality};
use crate::pending::Promise;
use crate::proto::Time;
use crate::sync::Mutex;

/// The lease as the engine told it last, and those who wait until one is given back.
#[derive(Default)]
pub(crate) struct Tenure {
    lease: Mutex<Option<(u64, Time, TermQuality)>>,
    waiting: Mutex<BTreeMap<u64, Promise<()>>>,
}

impl Tenure {
    pub(crate) fn set(&self, lease: Option<(u64, Time, TermQuality)>) {
        *self.lease.lock() = lease;
    }

    /// The lease, where it still runs at `now`.
    pub(crate) fn lease(&self, now: Time) -> Option<Lease> {
        let (term, until, term_quality) =
            (*self.lease.lock()).filter(|(_, until, _)| now < *until)?;
        let remaining_millis = u64::try_from(until.since(now).as_millis()).unwrap_or(u64::MAX);
        Some(Lease { term, remaining_millis, term_quality })
    }

    pub(crate) fn wait(&self, ticket: u64, promise: Promise<()>) {
        self.waiting.lock().insert(ticket, promise);
    }

    pub(crate) fn resigned(&self, ticket: u64, done: bool) {
        let text = "the other node did not come to lead in time: this one gave up, and whoever stands \
                    first leads";
        let outcome = if done { Ok(()) } else { Err(Error::new(ErrorCode::Timeout, text)) };
        self.answer(ticket, outcome);
    }

    pub(crate) fn answer(&self, ticket: u64, outcome: Result<()>) {
        let promise = self.waiting.lock().remove(&ticket);
        if let Some(promise) = promise {
            promise.deliver(outcome);
        }
    }

    /// The cluster is closed.
    pub(crate) fn fail(&self, error: &Error) {
        self.set(None);
        let waiting = std::mem::take(&mut *self.waiting.lock());
        for promise in waiting.into_values() {
            promise.deliver(Err(error.clone()));
        }
    }
}
