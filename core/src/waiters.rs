//! Whoever waits for something of a cluster: a size, a farewell, an echo, or its end.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::api::error::{Error, ErrorCode, Result};
use crate::api::keys::MemberKeys;
use crate::api::receipt::Receipt;
use crate::api::validity::Validity;
use crate::limits;
use crate::pending::Promise;
use crate::proto::Time;
use crate::sync::Mutex;

/// Results that are ready to be handed out, outside every lock: a promise runs its host's wake.
#[must_use = "somebody waits for these"]
#[derive(Default)]
pub(crate) struct Deliveries {
    units: Vec<(Promise<()>, Result<()>)>,
    millis: Vec<(Promise<f64>, Result<f64>)>,
    reports: Vec<(Promise<Report>, Result<Report>)>,
    receipts: Vec<(Promise<Receipt>, Result<Receipt>)>,
}

/// The keys of all members.
pub(crate) type Report = Vec<MemberKeys>;

impl Deliveries {
    pub(crate) fn deliver(self) {
        for (promise, result) in self.units {
            promise.deliver(result);
        }
        for (promise, result) in self.millis {
            promise.deliver(result);
        }
        for (promise, result) in self.reports {
            promise.deliver(result);
        }
        for (promise, result) in self.receipts {
            promise.deliver(result);
        }
    }
}

/// Everybody who waits for one cluster.
#[derive(Default)]
pub(crate) struct Waiters {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    ready: Vec<Ready>,
    leave: Leave,
    pongs: BTreeMap<u64, Pong>,
    sends: BTreeMap<u64, Sent>,
    reports: BTreeMap<u64, Promise<Report>>,
    receipts: BTreeMap<u64, Promise<Receipt>>,
    close: Vec<Promise<()>>,
    /// Why this cluster will close itself, and when.
    doom: Option<(Time, Error)>,
    /// Set once the cluster is closed: nobody can wait any more.
    gone: Option<Error>,
    /// Set once everything of the cluster was released.
    released: bool,
}

/// How far a cluster is from what `ready` waits for.
pub(crate) struct Standing {
    pub(crate) members: usize,
    pub(crate) is_valid: bool,
    pub(crate) validity: Arc<Validity>,
}

/// What `ready` waits for.
#[derive(Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) min_members: usize,
    pub(crate) valid: bool,
}

impl Wanted {
    fn is_met(self, standing: &Standing) -> bool {
        standing.members >= self.min_members && (standing.is_valid || !self.valid)
    }
}

struct Ready {
    wanted: Wanted,
    deadline: Time,
    timeout: Duration,
    promise: Promise<()>,
}

#[derive(Default)]
enum Leave {
    #[default]
    No,
    Waits(Vec<(Time, Duration, Promise<()>)>),
    Done(Result<()>),
}

struct Pong {
    promise: Promise<f64>,
    to: Arc<str>,
}

struct Sent {
    promise: Promise<()>,
    to: Arc<str>,
}

impl Waiters {
    /// Waits for what is wanted. `look` is asked under the lock, so that no change slips between.
    pub(crate) fn add_ready(
        &self,
        promise: Promise<()>,
        wanted: Wanted,
        now: Time,
        timeout: Duration,
        look: impl FnOnce() -> Standing,
    ) -> Deliveries {
        let mut state = self.state.lock();
        if let Some(gone) = &state.gone {
            return unit(promise, Err(gone.clone()));
        }
        if wanted.is_met(&look()) {
            return unit(promise, Ok(()));
        }
        state.ready.retain(|other| !other.promise.is_abandoned());
        if state.ready.len() >= limits::SUBSCRIPTIONS {
            let text =
                format!("{} calls wait for `ready`, which is the limit", limits::SUBSCRIPTIONS);
            return unit(promise, Err(Error::new(ErrorCode::Busy, text)));
        }
        let timeout = timeout.min(limits::WAIT);
        state.ready.push(Ready { wanted, deadline: now + timeout, timeout, promise });
        Deliveries::default()
    }

    /// Waits for the farewell; true where it has yet to be said.
    pub(crate) fn add_leave(
        &self,
        promise: Promise<()>,
        now: Time,
        timeout: Duration,
    ) -> (bool, Deliveries) {
        let mut state = self.state.lock();
        if let Some(gone) = &state.gone {
            return (false, unit(promise, Err(gone.clone())));
        }
        let timeout = timeout.min(limits::WAIT);
        let waiter = (now + timeout, timeout, promise);
        match &mut state.leave {
            Leave::Done(outcome) => (false, unit(waiter.2, outcome.clone())),
            Leave::Waits(waiters) => {
                waiters.retain(|(.., promise)| !promise.is_abandoned());
                if waiters.len() >= limits::SUBSCRIPTIONS {
                    let text = format!("{} calls of leave wait already", waiters.len());
                    return (false, unit(waiter.2, Err(Error::new(ErrorCode::Busy, text))));
                }
                waiters.push(waiter);
                (false, Deliveries::default())
            }
            Leave::No => {
                state.leave = Leave::Waits(vec![waiter]);
                (true, Deliveries::default())
            }
        }
    }

    /// Whether this node has begun to leave.
    pub(crate) fn leaves(&self) -> bool {
        !matches!(self.state.lock().leave, Leave::No)
    }

    /// Waits for an echo. The engine bounds how many there can be.
    pub(crate) fn add_pong(&self, ticket: u64, to: Arc<str>, promise: Promise<f64>) -> Deliveries {
        let mut state = self.state.lock();
        if let Some(gone) = &state.gone {
            return millis(promise, Err(gone.clone()));
        }
        state.pongs.insert(ticket, Pong { promise, to });
        Deliveries::default()
    }

    /// Waits for word of a message. The engine bounds how many there can be.
    pub(crate) fn add_send(&self, ticket: u64, to: Arc<str>, promise: Promise<()>) -> Deliveries {
        let mut state = self.state.lock();
        if let Some(gone) = &state.gone {
            return unit(promise, Err(gone.clone()));
        }
        state.sends.insert(ticket, Sent { promise, to });
        Deliveries::default()
    }

    /// Waits for receipts. The engine bounds how many there can be.
    pub(crate) fn add_receipt(&self, ticket: u64, promise: Promise<Receipt>) -> Deliveries {
        let mut state = self.state.lock();
        if let Some(gone) = &state.gone {
            return receipt(promise, Err(gone.clone()));
        }
        state.receipts.insert(ticket, promise);
        Deliveries::default()
    }

    /// The wait for receipts is over, or never began.
    pub(crate) fn receipt(&self, ticket: u64, outcome: Result<Receipt>) -> Deliveries {
        match self.state.lock().receipts.remove(&ticket) {
            Some(promise) => receipt(promise, outcome),
            None => Deliveries::default(),
        }
    }

    /// An echo or a message that was refused before it was sent.
    pub(crate) fn fail_ticket(&self, ticket: u64, error: Error) -> Deliveries {
        let mut state = self.state.lock();
        match (state.pongs.remove(&ticket), state.sends.remove(&ticket)) {
            (Some(pong), _) => millis(pong.promise, Err(error)),
            (None, Some(send)) => unit(send.promise, Err(error)),
            (None, None) => Deliveries::default(),
        }
    }

    /// The engine told of a message.
    pub(crate) fn sent(&self, ticket: u64, acknowledged: bool) -> Deliveries {
        let Some(send) = self.state.lock().sends.remove(&ticket) else {
            return Deliveries::default();
        };
        let outcome = if acknowledged {
            Ok(())
        } else {
            let within = limits::MESSAGE_TIME.as_millis();
            let text = format!(
                "{} did not acknowledge the message within {within} ms; whether it has it is not known",
                send.to
            );
            Err(Error::new(ErrorCode::Timeout, text))
        };
        unit(send.promise, outcome)
    }

    /// Waits for the members' keys. The engine bounds how many can wait, and for how long.
    pub(crate) fn add_report(&self, ticket: u64, promise: Promise<Report>) -> Deliveries {
        let mut state = self.state.lock();
        if let Some(gone) = &state.gone {
            return report(promise, Err(gone.clone()));
        }
        state.reports.insert(ticket, promise);
        Deliveries::default()
    }

    /// The engine told of the members' keys, or refused to ask.
    pub(crate) fn report(&self, ticket: u64, outcome: Result<Report>) -> Deliveries {
        match self.state.lock().reports.remove(&ticket) {
            Some(promise) => report(promise, outcome),
            None => Deliveries::default(),
        }
    }

    /// Waits until everything is released.
    pub(crate) fn add_close(&self, promise: Promise<()>) -> Deliveries {
        let mut state = self.state.lock();
        if state.released {
            return unit(promise, Ok(()));
        }
        state.close.push(promise);
        Deliveries::default()
    }

    /// The engine told of an echo.
    pub(crate) fn pong(&self, ticket: u64, answer: Option<f64>) -> Deliveries {
        let Some(pong) = self.state.lock().pongs.remove(&ticket) else {
            return Deliveries::default();
        };
        let answer = answer.ok_or_else(|| {
            let within = limits::PING_TIME.as_millis();
            let text = format!("no answer from {} within {within} ms", pong.to);
            Error::new(ErrorCode::Timeout, text)
        });
        millis(pong.promise, answer)
    }

    /// Enough members know that this node leaves.
    pub(crate) fn left(&self) -> Deliveries {
        let mut state = self.state.lock();
        let mut out = Deliveries::default();
        if let Leave::Waits(waiters) = std::mem::replace(&mut state.leave, Leave::Done(Ok(()))) {
            let answers = waiters.into_iter().map(|(.., promise)| (promise, Ok(())));
            out.units.extend(answers);
        }
        out
    }

    /// Another process has this node's name: the cluster closes itself at `at`.
    pub(crate) fn doom(&self, at: Time, other: SocketAddr) {
        let text = format!(
            "another living node, at {other}, uses the name of this one and started later: this \
             cluster closed itself; give one of them another name"
        );
        let mut state = self.state.lock();
        if state.doom.is_none() {
            state.doom = Some((at, Error::new(ErrorCode::Conflict, text)));
        }
    }

    /// Why the cluster must close itself now, if it must.
    pub(crate) fn doomed(&self, now: Time) -> Option<Error> {
        let state = self.state.lock();
        let (at, error) = state.doom.as_ref()?;
        (*at <= now).then(|| error.clone())
    }

    /// Looks whether anybody waits long enough or has what it waits for; `look` is asked only where
    /// somebody waits for the cluster to be ready.
    pub(crate) fn check(&self, now: Time, look: impl FnOnce() -> Standing) -> Deliveries {
        let mut state = self.state.lock();
        let mut out = Deliveries::default();
        if !state.ready.is_empty() {
            let there = look();
            for ready in std::mem::take(&mut state.ready) {
                if ready.wanted.is_met(&there) {
                    out.units.push((ready.promise, Ok(())));
                } else if ready.deadline <= now {
                    let error = Err(ready.timed_out(&there));
                    out.units.push((ready.promise, error));
                } else {
                    state.ready.push(ready);
                }
            }
        }
        state.expire_leave(now, &mut out);
        out
    }

    /// When [`check`](Self::check) or [`doomed`](Self::doomed) wants to be asked next.
    pub(crate) fn next_deadline(&self) -> Time {
        let state = self.state.lock();
        let ready = state.ready.iter().map(|ready| ready.deadline);
        let leave: &[_] = match &state.leave {
            Leave::Waits(waiters) => waiters,
            Leave::No | Leave::Done(_) => &[],
        };
        let doom = state.doom.iter().map(|(at, _)| *at);
        let leave = leave.iter().map(|(deadline, ..)| *deadline);
        ready.chain(leave).chain(doom).min().unwrap_or(Time::NEVER)
    }

    /// The cluster is closed: everybody gets `error`, but those who wait for its end.
    pub(crate) fn fail(&self, error: &Error) -> Deliveries {
        let mut state = self.state.lock();
        state.gone = Some(error.clone());
        let mut out = Deliveries::default();
        let ready = std::mem::take(&mut state.ready).into_iter();
        out.units.extend(ready.map(|ready| (ready.promise, Err(error.clone()))));
        if let Leave::Waits(waiters) = std::mem::take(&mut state.leave) {
            let answers = waiters.into_iter().map(|(.., promise)| (promise, Err(error.clone())));
            out.units.extend(answers);
        }
        let sends = std::mem::take(&mut state.sends).into_values();
        out.units.extend(sends.map(|send| (send.promise, Err(error.clone()))));
        let receipts = std::mem::take(&mut state.receipts).into_values();
        out.receipts.extend(receipts.map(|promise| (promise, Err(error.clone()))));
        let pongs = std::mem::take(&mut state.pongs).into_values();
        out.millis.extend(pongs.map(|pong| (pong.promise, Err(error.clone()))));
        let reports = std::mem::take(&mut state.reports).into_values();
        out.reports.extend(reports.map(|promise| (promise, Err(error.clone()))));
        out
    }

    /// Everything of the cluster is released.
    pub(crate) fn released(&self) -> Deliveries {
        let mut state = self.state.lock();
        state.released = true;
        let waiters = std::mem::take(&mut state.close).into_iter();
        Deliveries {
            units: waiters.map(|promise| (promise, Ok(()))).collect(),
            ..Deliveries::default()
        }
    }
}

impl State {
    fn expire_leave(&mut self, now: Time, out: &mut Deliveries) {
        let Leave::Waits(waiters) = &mut self.leave else {
            return;
        };
        let mut outcome = None;
        for (deadline, timeout, promise) in std::mem::take(waiters) {
            if deadline <= now {
                let error = no_farewell(timeout);
                out.units.push((promise, Err(error.clone())));
                outcome.get_or_insert(error);
            } else {
                waiters.push((deadline, timeout, promise));
            }
        }
        if let (true, Some(error)) = (waiters.is_empty(), outcome) {
            self.leave = Leave::Done(Err(error));
        }
    }
}

impl Ready {
    fn timed_out(&self, there: &Standing) -> Error {
        let validity = match self.wanted.valid {
            true => format!("; {}", there.validity),
            false => String::new(),
        };
        let text = format!(
            "{} of {} healthy members after {} ms{validity}",
            there.members,
            self.wanted.min_members,
            self.timeout.as_millis()
        );
        Error::new(ErrorCode::Timeout, text)
    }
}

fn no_farewell(timeout: Duration) -> Error {
    Error::new(
        ErrorCode::Timeout,
        format!(
            "too few members acknowledged within {} ms that this node leaves; it has stopped taking \
             part all the same",
            timeout.as_millis()
        ),
    )
}

fn unit(promise: Promise<()>, result: Result<()>) -> Deliveries {
    Deliveries { units: vec![(promise, result)], ..Deliveries::default() }
}

fn report(promise: Promise<Report>, result: Result<Report>) -> Deliveries {
    Deliveries { reports: vec![(promise, result)], ..Deliveries::default() }
}

fn receipt(promise: Promise<Receipt>, result: Result<Receipt>) -> Deliveries {
    Deliveries { receipts: vec![(promise, result)], ..Deliveries::default() }
}

fn millis(promise: Promise<f64>, result: Result<f64>) -> Deliveries {
    Deliveries { millis: vec![(promise, result)], ..Deliveries::default() }
}
