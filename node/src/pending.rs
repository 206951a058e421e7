//! Results that come later: JavaScript takes them when the bell rang, and makes promises of them.

use std::sync::Arc;

use napi::Either;
use napi_derive::napi;
use seafoam::{Cluster, Pending};

use crate::cluster::NativeCluster;
use crate::error::{Failure, guard};
use crate::wake::{Bell, Source};

/// A cluster, milliseconds, or true for "done".
type Taken = Either<NativeCluster, Either<f64, bool>>;

/// What is waited for, by the shape of its result.
enum Waiting {
    Cluster(Pending<Cluster>, Arc<Bell>),
    Done(Pending<()>),
    Millis(Pending<f64>),
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

    /// The result (a cluster, milliseconds, or true for "done"), or null where it is not there yet.
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
                Ok(taken.map(|()| Either::B(Either::B(true))))
            }
            Waiting::Millis(pending) => {
                let taken = pending.try_take().transpose()?;
                Ok(taken.map(|millis| Either::B(Either::A(millis))))
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
