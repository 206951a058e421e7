//! Results that come later: JavaScript takes them when the bell rang, and makes promises of them.

use std::sync::Arc;

use napi::bindgen_prelude::{Either, Either3};
use napi_derive::napi;
use seafoam::{Cluster, MemberKeys, Pending};

use crate::cluster::NativeCluster;
use crate::error::{Failure, guard};
use crate::keyring::NativeMemberKeys;
use crate::wake::{Bell, Source};

/// A cluster, milliseconds, true for "done", or the keys of all members.
type Taken = Either<NativeCluster, Either3<f64, bool, Vec<NativeMemberKeys>>>;

/// What is waited for, by the shape of its result.
enum Waiting {
    Cluster(Pending<Cluster>, Arc<Bell>),
    Done(Pending<()>),
    Millis(Pending<f64>),
    Report(Pending<Vec<MemberKeys>>),
    GivenUp,
}

/// A call that the engine has not answered yet.
#[napi(js_name = "Pending")]
pub struct NativePending {
    source: Arc<Source>,
    waiting: Waiting,
}

impl NativePending {
    pub fn cluster(pending: Pending<Cluster>, bell: &Arc<Bell>) -> Self {
        let source = wake_by(&pending, bell);
        Self { source, waiting: Waiting::Cluster(pending, Arc::clone(bell)) }
    }

    pub fn done(pending: Pending<()>, bell: &Arc<Bell>) -> Self {
        let source = wake_by(&pending, bell);
        Self { source, waiting: Waiting::Done(pending) }
    }

    pub fn millis(pending: Pending<f64>, bell: &Arc<Bell>) -> Self {
        let source = wake_by(&pending, bell);
        Self { source, waiting: Waiting::Millis(pending) }
    }

    pub fn report(pending: Pending<Vec<MemberKeys>>, bell: &Arc<Bell>) -> Self {
        let source = wake_by(&pending, bell);
        Self { source, waiting: Waiting::Report(pending) }
    }
}

fn wake_by<T>(pending: &Pending<T>, bell: &Arc<Bell>) -> Arc<Source> {
    let source = bell.source();
    let (bell, marked) = (Arc::clone(bell), Arc::clone(&source));
    pending.set_wake(Box::new(move || bell.mark(&marked)));
    source
}

#[napi]
impl NativePending {
    /// By what the bell names it.
    #[napi(getter)]
    pub fn token(&self) -> u32 {
        self.source.token()
    }

    /// The result (a cluster, milliseconds, true for "done", or members' keys), or null where it is not there yet.
    /// Throws the call's error. It is given out once.
    #[napi]
    pub fn take(&self) -> Result<Option<Taken>, Failure> {
        guard(|| match &self.waiting {
            Waiting::Cluster(pending, bell) => {
                let taken = pending.try_take().transpose()?;
                Ok(taken.map(|cluster| Either::A(NativeCluster::new(cluster, Arc::clone(bell)))))
            }
            Waiting::Done(pending) => {
                let taken = pending.try_take().transpose()?;
                Ok(taken.map(|()| Either::B(Either3::B(true))))
            }
            Waiting::Millis(pending) => {
                let taken = pending.try_take().transpose()?;
                Ok(taken.map(|millis| Either::B(Either3::A(millis))))
            }
            Waiting::Report(pending) => {
                let taken = pending.try_take().transpose()?;
                let members = |members: Vec<MemberKeys>| members.into_iter().map(From::from);
                Ok(taken.map(|all| Either::B(Either3::C(members(all).collect()))))
            }
            Waiting::GivenUp => Ok(None),
        })
    }

    /// Nobody waits for the result any more: the call is given up where that is possible, and a
    /// cluster that is there already, or comes later, is closed.
    #[napi]
    pub fn give_up(&mut self) {
        self.waiting = Waiting::GivenUp;
    }
}
