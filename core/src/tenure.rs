//! What a host asks of its own lease, at the moment of need, and who waits for its beginning and
//! its end.

use std::collections::BTreeMap;

use crate::api::error::{Error, ErrorCode, Result};
use crate::api::validity::{Lease, TermQuality};
use crate::limits;
use crate::pending::Promise;
use crate::proto::Time;
use crate::sync::Mutex;

/// The lease as the engine told it last, those who wait for a tenure or for the end of one, and
/// those who wait until one is given back.
#[derive(Default)]
pub(crate) struct Tenure {
    state: Mutex<State>,
    waiting: Mutex<BTreeMap<u64, Promise<()>>>,
}

#[derive(Default)]
struct State {
    lease: Option<(u64, Time, TermQuality)>,
    /// The highest own term that was seen to be over: it is never told as running again.
    over: u64,
    /// Set once the cluster is closed.
    gone: Option<Error>,
    /// With the term that must be exceeded.
    elected: Vec<(u64, Promise<Lease>)>,
    /// With the term whose end is awaited.
    deposed: Vec<(u64, Promise<()>)>,
}

impl State {
    /// The lease, where it still runs at `now`. Whoever sees that it does not, sees its end.
    fn lease(&mut self, now: Time) -> Option<Lease> {
        let (term, until, term_quality) = self.lease?;
        if until <= now {
            self.end();
            return None;
        }
        let remaining_millis = u64::try_from(until.since(now).as_millis()).unwrap_or(u64::MAX);
        Some(Lease { term, remaining_millis, term_quality })
    }

    fn end(&mut self) {
        if let Some((term, ..)) = self.lease.take() {
            self.over = self.over.max(term);
        }
    }

    /// Whether one more may wait; those who gave up go. Languages that wait a slice at a time leave
    /// one behind with each.
    fn has_room(&mut self) -> bool {
        self.elected.retain(|(_, promise)| !promise.is_abandoned());
        self.deposed.retain(|(_, promise)| !promise.is_abandoned());
        self.elected.len() + self.deposed.len() < limits::TENURE_WAITERS
    }
}

/// Takes out those whose time has come.
fn take_if<T>(all: &mut Vec<(u64, T)>, mut due: impl FnMut(u64) -> bool) -> Vec<(u64, T)> {
    all.extract_if(.., |(term, _)| due(*term)).collect()
}

fn busy() -> Error {
    let most = limits::TENURE_WAITERS;
    Error::new(ErrorCode::Busy, format!("{most} wait for this node's lead, which is the limit"))
}

impl Tenure {
    /// Takes what the engine told. False where it is a renewal, a moment too late, of a lease that
    /// somebody saw run out: who was told that a tenure is over is never told that it goes on, and
    /// the caller gives it up.
    #[must_use]
    pub(crate) fn set(&self, lease: Option<(u64, Time, TermQuality)>) -> bool {
        let mut state = self.state.lock();
        match lease {
            Some((term, ..)) if term <= state.over => {
                state.lease = None;
                return false;
            }
            Some((term, ..)) if state.lease.is_some_and(|(before, ..)| before == term) => {}
            Some(_) | None => state.end(),
        }
        state.lease = lease;
        true
    }

    /// The lease, where it still runs at `now`.
    pub(crate) fn lease(&self, now: Time) -> Option<Lease> {
        self.state.lock().lease(now)
    }

    /// Delivers once this node leads in a term above `after`.
    pub(crate) fn wait_elected(&self, after: u64, promise: Promise<Lease>) {
        let mut state = self.state.lock();
        let refused = match state.gone.clone() {
            Some(gone) => gone,
            None if state.has_room() => return state.elected.push((after, promise)),
            None => busy(),
        };
        drop(state);
        promise.deliver(Err(refused));
    }

    /// Delivers once this node does not lead in `term`.
    pub(crate) fn wait_deposed(&self, term: u64, promise: Promise<()>) {
        let mut state = self.state.lock();
        if state.gone.is_some() {
            drop(state);
            return promise.deliver(Ok(()));
        }
        if state.has_room() {
            return state.deposed.push((term, promise));
        }
        drop(state);
        promise.deliver(Err(busy()));
    }

    /// Tells those whose tenure has begun or ended. Under no lock: it runs their wakes.
    pub(crate) fn check(&self, now: Time) {
        let mut state = self.state.lock();
        if state.elected.is_empty() && state.deposed.is_empty() {
            return;
        }
        let lease = state.lease(now);
        let leads = |term: u64| lease.is_some_and(|lease| lease.term == term);
        let due = |after: u64| lease.filter(|lease| lease.term > after);
        let begun = take_if(&mut state.elected, |after| due(after).is_some());
        let ended = take_if(&mut state.deposed, |term| !leads(term));
        drop(state);
        for (_, promise) in ended {
            promise.deliver(Ok(()));
        }
        for (after, promise) in begun {
            promise.deliver(due(after).ok_or_else(Error::closed)); // it was due above
        }
    }

    /// When somebody is to be told that the lease ran out.
    pub(crate) fn next_deadline(&self) -> Time {
        let state = self.state.lock();
        let until = state.lease.filter(|_| !state.deposed.is_empty());
        until.map_or(Time::NEVER, |(_, until, _)| until)
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

    /// The cluster is closed: every tenure is over, and none will begin.
    pub(crate) fn fail(&self, error: &Error) {
        let mut state = self.state.lock();
        state.end();
        state.gone = Some(error.clone());
        let (elected, deposed) =
            (std::mem::take(&mut state.elected), std::mem::take(&mut state.deposed));
        drop(state);
        for (_, promise) in deposed {
            promise.deliver(Ok(()));
        }
        for (_, promise) in elected {
            promise.deliver(Err(error.clone()));
        }
        let waiting = std::mem::take(&mut *self.waiting.lock());
        for promise in waiting.into_values() {
            promise.deliver(Err(error.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pending::{Pending, pending};

    fn lease(term: u64, until: u64) -> Option<(u64, Time, TermQuality)> {
        Some((term, Time(until), TermQuality::Durable))
    }

    fn elected(tenure: &Tenure, after: u64) -> Pending<Lease> {
        let (promise, pending) = pending();
        tenure.wait_elected(after, promise);
        pending
    }

    fn deposed(tenure: &Tenure, term: u64) -> Pending<()> {
        let (promise, pending) = pending();
        tenure.wait_deposed(term, promise);
        pending
    }

    fn term(pending: &Pending<Lease>) -> Option<u64> {
        pending.try_take().and_then(Result::ok).map(|lease| lease.term)
    }

    #[test]
    fn a_tenure_begins_once_and_ends_by_the_clock() {
        let tenure = Tenure::default();
        let (any, later) = (elected(&tenure, 0), elected(&tenure, 5));
        assert!(tenure.set(lease(5, 100)));
        let end = deposed(&tenure, 5);
        tenure.check(Time(10));
        assert_eq!((term(&any), term(&later)), (Some(5), None));
        assert_eq!(tenure.next_deadline(), Time(100));
        assert!(tenure.set(lease(5, 200)), "renewed");
        tenure.check(Time(150));
        assert_eq!(end.try_take(), None);
        tenure.check(Time(200));
        assert_eq!(end.try_take(), Some(Ok(())));
        assert_eq!((term(&later), tenure.next_deadline()), (None, Time::NEVER));
    }

    #[test]
    fn what_was_seen_to_be_over_does_not_go_on() {
        let tenure = Tenure::default();
        assert!(tenure.set(lease(5, 100)));
        assert!(tenure.lease(Time(100)).is_none());
        assert!(!tenure.set(lease(5, 300)), "its end was seen");
        assert!(tenure.lease(Time(101)).is_none());
        assert!(tenure.set(lease(6, 300)));
        assert_eq!(tenure.lease(Time(101)).map(|lease| lease.term), Some(6));
    }

    #[test]
    fn a_higher_term_is_another_tenure() {
        let tenure = Tenure::default();
        assert!(tenure.set(lease(5, 100)));
        let (end, next) = (deposed(&tenure, 5), elected(&tenure, 5));
        assert!(tenure.set(lease(7, 200)));
        tenure.check(Time(50));
        assert_eq!((end.try_take(), term(&next)), (Some(Ok(())), Some(7)));
        assert!(!tenure.set(lease(5, 300)));
    }

    #[test]
    fn closing_ends_every_tenure_and_every_wait() {
        let tenure = Tenure::default();
        assert!(tenure.set(lease(5, 100)));
        let (end, next) = (deposed(&tenure, 5), elected(&tenure, 5));
        tenure.fail(&Error::closed());
        assert_eq!(end.try_take(), Some(Ok(())));
        let refused =
            |pending: Pending<Lease>| pending.try_take().map(|it| it.map_err(|e| e.code()));
        assert_eq!(refused(next), Some(Err(ErrorCode::Closed)));
        assert_eq!(refused(elected(&tenure, 0)), Some(Err(ErrorCode::Closed)));
        assert_eq!(deposed(&tenure, 5).try_take(), Some(Ok(())));
        assert!(tenure.lease(Time(1)).is_none());
    }

    #[test]
    fn so_many_may_wait_and_whoever_gave_up_makes_room() {
        let tenure = Tenure::default();
        let all: Vec<_> = (0..limits::TENURE_WAITERS).map(|_| elected(&tenure, 0)).collect();
        let code = |pending: Pending<()>| pending.try_take().map(|it| it.map_err(|e| e.code()));
        assert_eq!(code(deposed(&tenure, 1)), Some(Err(ErrorCode::Busy)));
        drop(all);
        assert_eq!(code(deposed(&tenure, 1)), None);
    }
}
