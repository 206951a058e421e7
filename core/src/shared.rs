//! What the facade and the driver of one cluster share.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Mutex, RwLock};

use crate::api::config::Settings;
use crate::api::error::{Error, Result};
use crate::api::node::Node;
use crate::api::stats::Stats;
use crate::callbacks::Callbacks;
use crate::events::{EventOptions, Events, Hub};
use crate::pending::{Pending, Promise, pending};
use crate::proto::{Engine, Time};
use crate::view::View;

/// One cluster: the engine under its lock, and what readers see of it.
///
/// Lock order: engine, view, hub. The engine's lock is held for one input or command at a time,
/// microseconds; no host code runs under any of them but wake hooks.
pub(crate) struct Shared {
    pid: u32,
    epoch: Instant,
    local_name: Arc<str>,
    pub(crate) engine: Mutex<Engine>,
    pub(crate) settings: RwLock<Settings>,
    pub(crate) view: RwLock<View>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) callbacks: Arc<Callbacks>,
    pub(crate) wake: tokio::sync::Notify,
    pongs: Mutex<BTreeMap<u64, Promise<f64>>>,
    next_ticket: AtomicU64,
}

impl Shared {
    /// Fails with `forked` in a child process and with `closed` after close.
    pub(crate) fn check(&self) -> Result<()> {
        if self.pid != std::process::id() {
            return Err(Error::forked());
        }
        Ok(())
    }

    pub(crate) fn now(&self) -> Time {
        Time(u64::try_from(self.epoch.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    pub(crate) fn local_name(&self) -> Arc<str> {
        Arc::clone(&self.local_name)
    }

    /// Runs a command on the engine, settles what follows from it, and wakes the driver to send.
    pub(crate) fn with_engine<T>(
        &self,
        command: impl FnOnce(&mut Engine, Time) -> Result<T>,
    ) -> Result<T> {
        self.check()?;
        let mut engine = self.engine.lock();
        let now = self.now();
        let outcome = command(&mut engine, now);
        drop(engine);
        self.wake.notify_one();
        outcome
    }

    pub(crate) fn ready(&self, _min_members: usize, _timeout: Duration) -> Pending<()> {
        Pending::ready(Err(Error::not_available("ready")))
    }

    pub(crate) fn leave(&self, _timeout: Duration) -> Pending<()> {
        Pending::ready(Err(Error::not_available("leave")))
    }

    pub(crate) fn close(&self) -> Pending<()> {
        self.callbacks.join();
        Pending::ready(Err(Error::not_available("close")))
    }

    pub(crate) fn add_node(&self, _address: &str) -> Result<Arc<Node>> {
        Err(Error::not_available("add_node"))
    }

    pub(crate) fn ping_node(&self, _node: &str) -> Pending<f64> {
        let (promise, pending) = pending();
        let ticket = self.next_ticket.fetch_add(1, Ordering::Relaxed);
        self.pongs.lock().insert(ticket, promise);
        pending
    }

    pub(crate) fn broadcast(&self, bytes: &[u8]) -> Result<String> {
        let index = self.with_engine(|engine, now| engine.broadcast(now, bytes))?;
        Ok(format!("{}:{index}", self.local_name))
    }

    pub(crate) fn subscribe(&self, options: &EventOptions) -> Result<Events> {
        self.check()?;
        let capacity = self.settings.read().event_capacity as usize;
        let view = self.view.read();
        let initial = if options.initial {
            view.initial(self.now())
        } else {
            Vec::new()
        };
        self.hub.subscribe(options, capacity, initial)
    }

    pub(crate) fn stats(&self) -> Stats {
        let engine = self.engine.lock().stats();
        let own = Stats {
            events_lost: self.hub.lost(),
            log_lines_lost: crate::log::lost(),
            subscriptions: self.hub.count() as u64,
            ..Stats::default()
        };
        engine.plus(&own)
    }

    pub(crate) fn set(&self, key: &str, value: &str) -> Result<()> {
        self.check()?;
        let mut settings = self.settings.write();
        settings.set_live(key, value)?;
        let changed = settings.clone();
        drop(settings);
        self.with_engine(|engine, now| {
            engine.apply_settings(now, &changed);
            Ok(())
        })
    }
}
