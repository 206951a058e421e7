//! What the facade and the driver of one cluster share.

use std::net::SocketAddr;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, Semaphore};

use crate::api::config::Settings;
use crate::api::error::{Error, ErrorCode, Result};
use crate::api::label::Label;
use crate::api::lighthouses::ValidityRule;
use crate::api::receipt::Receipt;
use crate::api::stats::Stats;
use crate::api::validity::Lease;
use crate::callbacks::Callbacks;
use crate::clock::Clock;
use crate::events::{EventOptions, Events};
use crate::fork::Home;
use crate::hub::Hub;
use crate::limits;
use crate::log::logged;
use crate::pending::{Pending, pending};
use crate::proto::{Engine, LocalNode, Notice, Time};
use crate::runtime::{Counters, Tasks};
use crate::sync::{Mutex, RwLock};
use crate::tenure::Tenure;
use crate::view::View;
use crate::waiters::{Deliveries, Report, Standing, Waiters, Wanted};
use crate::watch::Watches;

/// How long a node whose name is another's goes on before it closes itself.
const CONFLICT_GRACE: Duration = Duration::from_secs(5);

/// One cluster: the engine under its lock, and what readers see of it.
///
/// Lock order: settings, engine, waiters, view, hub. The engine's lock is held for one input or
/// command at a time, microseconds; no host code runs under any of them but the wake hooks of
/// subscriptions.
pub(crate) struct Shared {
    home: Home,
    clock: Clock,
    me: LocalNode,
    /// The port of hosts that are given without one.
    pub(crate) default_port: u16,
    pub(crate) engine: Mutex<Engine>,
    pub(crate) settings: RwLock<Settings>,
    pub(crate) view: RwLock<View>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) callbacks: Arc<Callbacks>,
    pub(crate) waiters: Waiters,
    pub(crate) tenure: Tenure,
    pub(crate) watches: Watches,
    pub(crate) counters: Counters,
    pub(crate) tasks: Tasks,
    /// Wakes the driver: there is something to send, or an earlier deadline.
    pub(crate) wake: Notify,
    /// Wakes the one who takes everything down.
    pub(crate) stop: Notify,
    /// Until when this side may count itself as valid, microseconds: read without any lock.
    valid_until: AtomicU64,
    closed: AtomicBool,
    reason: Mutex<Option<Error>>,
    /// Close was called from inside a callback: nobody waits for that callback.
    pub(crate) closed_by_callback: AtomicBool,
    next_ticket: AtomicU64,
    /// Places for host names that are looked up for the host.
    pub(crate) lookups: Arc<Semaphore>,
}

/// What the clones of a [`crate::Cluster`] hold: when the last one is dropped the cluster closes,
/// although its tasks hold the [`Shared`] itself.
pub(crate) struct Handle(pub(crate) Arc<Shared>);

impl Deref for Handle {
    type Target = Arc<Shared>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if self.home.is_here() {
            self.shut(None);
        }
    }
}

/// What the engine told beside changes and events.
#[derive(Default)]
struct Told {
    changed: bool,
    pongs: Vec<(u64, Option<f64>)>,
    sent: Vec<(u64, bool)>,
    reports: Vec<(u64, Result<Report>)>,
    receipts: Vec<(u64, Receipt)>,
    resigned: Vec<(u64, bool)>,
    /// A lease was renewed after it had been seen to run out.
    late: bool,
    left: bool,
    name_taken: Option<SocketAddr>,
    lighthouses: Option<Vec<String>>,
}

impl Shared {
    pub(crate) fn new(
        settings: Settings,
        me: LocalNode,
        default_port: u16,
        tasks: Tasks,
        disk: &crate::runtime::Disk,
    ) -> Self {
        let wall_millis = crate::runtime::wall_millis();
        let entropy = Box::new(crate::runtime::System);
        let mut engine =
            Engine::with_entropy(Time::ZERO, wall_millis, &settings, me.clone(), entropy);
        engine.restore_list(disk.exists, disk.list.as_ref());
        engine.restore_terms(Time::ZERO, disk.kept);
        let shared = Self {
            home: Home::here(),
            clock: Clock::start(),
            tenure: Tenure::default(),
            watches: Watches::default(),
            me,
            default_port,
            engine: Mutex::new(engine),
            settings: RwLock::new(settings),
            view: RwLock::default(),
            hub: Arc::default(),
            callbacks: Arc::new(Callbacks::new()),
            waiters: Waiters::default(),
            counters: Counters::default(),
            tasks,
            wake: Notify::new(),
            stop: Notify::new(),
            valid_until: AtomicU64::new(0),
            closed: AtomicBool::new(false),
            reason: Mutex::default(),
            closed_by_callback: AtomicBool::new(false),
            next_ticket: AtomicU64::new(0),
            lookups: Arc::new(Semaphore::new(limits::LOOKUPS)),
        };
        shared.feed(|_, _| ()); // what the engine has to say before its first input
        shared
    }

    /// Fails with `forked` in a child process and with `closed` after close.
    pub(crate) fn check(&self) -> Result<()> {
        self.home.check()?;
        if !self.closed.load(Ordering::Acquire) {
            return Ok(());
        }
        Err(match &*self.reason.lock() {
            None => Error::closed(),
            Some(reason) => Error::new(
                ErrorCode::Closed,
                format!("the cluster closed itself ({reason}): start a new one to go on"),
            ),
        })
    }

    /// Fails with `forked` in a child process.
    pub(crate) fn check_home(&self) -> Result<()> {
        self.home.check()
    }

    pub(crate) fn now(&self) -> Time {
        self.clock.now()
    }

    /// The instant of a moment of the engine; none where it never comes.
    pub(crate) fn instant(&self, time: Time) -> Option<Instant> {
        self.clock.instant(time)
    }

    pub(crate) fn local_name(&self) -> Arc<str> {
        Arc::clone(&self.me.name)
    }

    /// The address that others use.
    pub(crate) fn advertised(&self) -> SocketAddr {
        self.me.address
    }

    /// Runs a command of the host on the engine, settles what follows from it, and wakes the driver
    /// to send: the caller sees the effects of its own call.
    pub(crate) fn with_engine<T>(
        &self,
        command: impl FnOnce(&mut Engine, Time) -> Result<T>,
    ) -> Result<T> {
        self.check()?;
        let outcome = self.turn(command);
        self.wake.notify_one();
        outcome.unwrap_or_else(|| Err(defect()))
    }

    /// Runs an input of the runtime on the engine; none where the engine failed.
    pub(crate) fn feed<T>(&self, input: impl FnOnce(&mut Engine, Time) -> T) -> Option<T> {
        let outcome = self.turn(input);
        self.wake.notify_one();
        outcome
    }

    /// As [`feed`](Self::feed), for the driver itself, which sends afterwards anyway.
    ///
    /// The moment is taken under the lock, so that the engine's time never goes back. A panic
    /// closes the cluster and goes no further.
    pub(crate) fn turn<T>(&self, input: impl FnOnce(&mut Engine, Time) -> T) -> Option<T> {
        let guarded = catch_unwind(AssertUnwindSafe(|| {
            let mut engine = self.engine.lock();
            let outcome = input(&mut engine, self.now());
            (outcome, self.settle(&mut engine))
        }));
        let Ok((outcome, told)) = guarded else {
            self.shut(Some(defect()));
            return None;
        };
        self.pass_on(told);
        Some(outcome)
    }

    /// Brings the view and the subscriptions to where the engine is. The view stays locked while
    /// events are published: a subscription with `initial` has neither a gap nor a repetition.
    fn settle(&self, engine: &mut Engine) -> Told {
        self.valid_until.store(engine.valid_until().0, Ordering::Release);
        let mut told = Told::default();
        let mut change = engine.poll_change();
        let mut notice = engine.poll_notice();
        if change.is_none() && notice.is_none() {
            return told;
        }
        let mut view = self.view.write();
        while let Some(next) = change {
            view.apply(next);
            told.changed = true;
            change = engine.poll_change();
        }
        let mut events = Vec::new();
        while let Some(next) = notice {
            match next {
                Notice::Event(event) => {
                    told.changed |= view.note(&event);
                    events.push(event);
                }
                Notice::Pong { ticket, millis } => told.pongs.push((ticket, millis)),
                Notice::Sent { ticket, acknowledged } => told.sent.push((ticket, acknowledged)),
                Notice::Keys { ticket, outcome } => told.reports.push((ticket, outcome)),
                Notice::Receipt { ticket, index, confirmed, missing } => {
                    let label = Label::new(self.me.address, index);
                    told.receipts.push((ticket, Receipt { label, confirmed, missing }));
                }
                Notice::Lease(lease) => {
                    told.late |= !self.tenure.set(lease);
                    told.changed = true;
                }
                Notice::Resigned { ticket, done } => told.resigned.push((ticket, done)),
                Notice::Left => told.left = true,
                Notice::Lighthouses { lighthouses } => told.lighthouses = Some(lighthouses),
                Notice::NameTaken { other } => told.name_taken = Some(other),
                Notice::Log(level, text) => crate::log::log(level, &text),
            }
            notice = engine.poll_notice();
        }
        if !events.is_empty() {
            self.hub.publish(events);
        }
        told
    }

    /// Tells whoever waits, outside the engine's lock.
    fn pass_on(&self, told: Told) {
        for (ticket, millis) in told.pongs {
            self.waiters.pong(ticket, millis).deliver();
        }
        for (ticket, acknowledged) in told.sent {
            self.waiters.sent(ticket, acknowledged).deliver();
        }
        for (ticket, outcome) in told.reports {
            self.waiters.report(ticket, outcome).deliver();
        }
        for (ticket, receipt) in told.receipts {
            self.waiters.receipt(ticket, Ok(receipt)).deliver();
        }
        for (ticket, done) in told.resigned {
            self.tenure.resigned(ticket, done);
        }
        if told.late {
            self.give_up_late();
        }
        if let Some(lighthouses) = told.lighthouses {
            self.take_list(lighthouses);
        }
        if told.left {
            self.waiters.left().deliver();
        }
        if let Some(other) = told.name_taken {
            self.waiters.doom(self.now() + CONFLICT_GRACE, other);
        }
        if told.changed {
            self.check_waiters().deliver();
        }
    }

    /// Who waits for a tenure is told here; the rest is for the caller to deliver.
    pub(crate) fn check_waiters(&self) -> Deliveries {
        self.tenure.check(self.now());
        self.waiters.check(self.now(), || self.standing())
    }

    fn standing(&self) -> Standing {
        let view = self.view.read();
        let validity = Arc::clone(&view.validity);
        Standing { members: view.healthy_count(), is_valid: self.is_valid(), validity }
    }

    /// Reads the clock: what the engine found is true for a while only.
    pub(crate) fn is_valid(&self) -> bool {
        self.check().is_ok() && self.now().0 < self.valid_until.load(Ordering::Acquire)
    }

    /// Whether `is_valid` can ever be true with these settings.
    fn can_be_valid(&self) -> Result<()> {
        let settings = self.settings.read();
        let listed = !settings.lighthouses.is_empty();
        let text = match settings.rule() {
            _ if settings.fallback => "fallback is set",
            ValidityRule::Majority | ValidityRule::All | ValidityRule::Any if !listed => {
                "none are listed in lighthouses, and validity_rule is no number"
            }
            ValidityRule::Majority
            | ValidityRule::All
            | ValidityRule::Any
            | ValidityRule::Number(_) => return Ok(()),
        };
        let text = format!("this cluster can never be valid: {text}");
        Err(Error::new(ErrorCode::NotValid, text))
    }

    pub(crate) fn next_ticket(&self) -> u64 {
        self.next_ticket.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn ready(&self, wanted: Wanted, timeout: Duration) -> Pending<()> {
        let possible = self.check().and_then(|()| match wanted.valid {
            true => self.can_be_valid(),
            false => Ok(()),
        });
        if let Err(error) = possible {
            return Pending::ready(Err(error));
        }
        let (promise, pending) = pending();
        let look = || self.standing();
        self.waiters.add_ready(promise, wanted, self.now(), timeout, look).deliver();
        self.wake.notify_one();
        pending
    }

    pub(crate) fn leave(&self, timeout: Duration) -> Pending<()> {
        if let Err(error) = self.check() {
            return Pending::ready(Err(error));
        }
        let (promise, pending) = pending();
        let (first, deliveries) = self.waiters.add_leave(promise, self.now(), timeout);
        deliveries.deliver();
        if first {
            self.feed(|engine, now| engine.leave(now));
        } else {
            self.wake.notify_one();
        }
        pending
    }

    pub(crate) fn close(&self) -> Pending<()> {
        if let Err(error) = self.home.check() {
            return Pending::ready(Err(error));
        }
        if self.callbacks.is_own_thread() || self.watches.is_own_thread() {
            self.closed_by_callback.store(true, Ordering::Release);
        }
        let (promise, pending) = pending();
        self.waiters.add_close(promise).deliver();
        self.shut(None);
        pending
    }

    /// Closes for everybody at once: calls fail, waiters and subscriptions wake. Sockets and tasks
    /// go when the engine's thread comes to it. The first reason stands.
    pub(crate) fn shut(&self, error: Option<Error>) {
        {
            let mut reason = self.reason.lock();
            if self.closed.load(Ordering::Acquire) {
                return;
            }
            reason.clone_from(&error);
            self.closed.store(true, Ordering::Release);
        }
        if let Some(error) = &error {
            logged!(Error, "{}: the cluster closes itself: {error}", self.me.name);
        }
        self.stop.notify_one();
        let told = error.clone().unwrap_or_else(Error::closed);
        self.tenure.fail(&told);
        self.waiters.fail(&told).deliver();
        self.hub.close(error);
    }

    pub(crate) fn broadcast(&self, bytes: &[u8]) -> Result<String> {
        let index = self.with_engine(|engine, now| engine.broadcast(now, bytes))?;
        Ok(format!("{}:{index}", self.me.address))
    }

    pub(crate) fn broadcast_with_receipt(
        &self,
        bytes: &[u8],
        timeout: Duration,
    ) -> Pending<Receipt> {
        let (promise, pending) = pending();
        let ticket = self.next_ticket();
        self.waiters.add_receipt(ticket, promise).deliver();
        let timeout = timeout.min(limits::WAIT);
        let begun = self
            .with_engine(|engine, now| engine.broadcast_with_receipt(now, bytes, ticket, timeout));
        if let Err(error) = begun {
            self.waiters.receipt(ticket, Err(error)).deliver();
        }
        pending
    }

    pub(crate) fn subscribe(&self, options: &EventOptions) -> Result<Events> {
        self.check()?;
        let capacity = self.settings.read().event_capacity as usize;
        let view = self.view.read();
        let initial = if options.initial { view.initial(self.now()) } else { Vec::new() };
        self.hub.subscribe(options, capacity, initial)
    }

    /// The own lease, where it runs at this instant: the clock is read here.
    pub(crate) fn lease(&self) -> Option<Lease> {
        let here = self.home.is_here() && !self.closed.load(Ordering::Acquire);
        here.then(|| self.tenure.lease(self.now())).flatten()
    }

    /// Gives a command that ends the own lease; done when the engine tells of its ticket.
    pub(crate) fn give_up(
        &self,
        command: impl FnOnce(&mut Engine, Time, u64) -> Result<()>,
    ) -> Pending<()> {
        let (promise, pending) = pending();
        let ticket = self.next_ticket();
        self.tenure.wait(ticket, promise);
        if let Err(error) = self.with_engine(|engine, now| command(engine, now, ticket)) {
            self.tenure.answer(ticket, Err(error));
        }
        pending
    }

    pub(crate) fn stats(&self) -> Stats {
        let engine = self.engine.lock().stats();
        let own = Stats {
            events_lost: self.hub.lost(),
            log_lines_lost: crate::log::lost(),
            subscriptions: self.hub.count() as u64,
            ..Stats::default()
        };
        engine.plus(&own).plus(&self.counters.stats())
    }
}

/// What a caught panic is called; its message went where the host's panic hook sends it.
pub(crate) fn defect() -> Error {
    Error::new(
        ErrorCode::Internal,
        "a defect in seafoam: this cluster was closed, the host is unharmed",
    )
}

#[cfg(test)]
#[path = "shared_tests.rs"]
mod tests;
