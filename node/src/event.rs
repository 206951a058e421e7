//! Subscriptions: JavaScript drains batches and waits for the bell when there is nothing.

use std::sync::Arc;

use napi::bindgen_prelude::Buffer;
use napi_derive::napi;
use seafoam::{Event, EventKind, EventKinds, EventOptions, Events, limits};

use crate::error::{Failure, guard};
use crate::pack::Pack;
use crate::parse;
use crate::wake::{Bell, Source};

/// What `cluster.events()` was called with.
#[napi(object)]
pub struct EventArguments {
    pub kinds: Option<Vec<String>>,
    pub capacity: Option<f64>,
    pub initial: Option<bool>,
}

impl EventArguments {
    pub fn options(&self) -> seafoam::Result<EventOptions> {
        let (low, high) = (limits::EVENT_CAPACITY.start(), limits::EVENT_CAPACITY.end());
        let capacity = |value| parse::whole("capacity", value, *low as u32, *high as u32);
        Ok(EventOptions {
            kinds: match &self.kinds {
                Some(words) => kinds(words)?,
                None => EventKinds::ALL,
            },
            capacity: self.capacity.map(capacity).transpose()?.map(|n| n as usize),
            initial: self.initial.unwrap_or(false),
        })
    }
}

fn kinds(words: &[String]) -> seafoam::Result<EventKinds> {
    let parsed: seafoam::Result<Vec<_>> = words
        .iter()
        .map(|word| parse::word("kinds", word, EventKind::ALL, EventKind::number))
        .collect();
    Ok(EventKinds::of(&parsed?))
}

/// One subscription. Dropping it ends it.
#[napi(js_name = "Events")]
pub struct NativeEvents {
    events: Option<Events>,
    source: Arc<Source>,
    batch: Vec<Arc<Event>>,
}

impl NativeEvents {
    pub fn new(events: Events, bell: &Arc<Bell>) -> Self {
        let source = bell.source();
        let (bell, marked) = (Arc::clone(bell), Arc::clone(&source));
        events.set_wake(Some(Box::new(move || bell.mark(&marked))));
        Self { events: Some(events), source, batch: Vec::new() }
    }
}

#[napi]
impl NativeEvents {
    /// By what the bell names it.
    #[napi(getter)]
    pub fn token(&self) -> u32 {
        self.source.token()
    }

    /// Up to `most` waiting events in one packed batch, or null where there are none.
    #[napi]
    pub fn drain(&mut self, most: u32) -> Result<Option<Buffer>, Failure> {
        guard(|| {
            let Some(events) = &self.events else {
                return Ok(None);
            };
            if events.is_ended() || events.drain(&mut self.batch, most as usize)? == 0 {
                return Ok(None);
            }
            let packed = Pack::of_events(&self.batch);
            events.recycle(&mut self.batch);
            Ok(Some(packed.into()))
        })
    }

    /// Whether nothing will follow.
    #[napi(getter)]
    pub fn ended(&self) -> bool {
        self.events.as_ref().is_none_or(Events::is_ended)
    }

    /// Ends the subscription; what waits is dropped.
    #[napi]
    pub fn close(&mut self) {
        self.events = None;
    }
}
