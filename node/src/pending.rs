//! Results that come later: JavaScript takes them when the bell rang, and makes promises of them.

use std::sync::Arc;

use napi::bindgen_prelude::Either6;
use napi_derive::napi;
use seafoam::{Cluster, Lease, MemberKeys, Pending, Receipt};

use crate::cluster::NativeCluster;
use crate::error::{Failure, guard};
use crate::keyring::NativeMemberKeys;
use crate::snapshot::{NativeLease, NativeReceipt};
use crate::wake::{Bell, Source};

/// A cluster, milliseconds, true for "done", the keys of all members, a receipt, or a lease.
type Taken = Either6<NativeCluster, f64, bool, Vec<NativeMemberKeys>, NativeReceipt, NativeLease>;

/// What is waited for, by the shape of its result.
enum Waiting {
    Cluster(Pending<Cluster>, Arc<Bell>),
    Done(Pending<()>),
    Millis(Pending<f64>),
    Report(Pending<Vec<MemberKeys>>),
    Receipt(Pending<Receipt>),
    Lease(Pending<Lease>),
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

    pub fn receipt(pending: Pending<Receipt>, bell: &Arc<Bell>) -> Self {
        let source = wake_by(&pending, bell);
        Self { source, waiting: Waiting::Receipt(pending) }
    }

    pub fn lease(pending: Pending<Lease>, bell: &Arc<Bell>) -> Self {
        let source = wake_by(&pending, bell);
        Self { source, waiting: Waiting::Lease(pending) }
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

    /// The result (a cluster, milliseconds, true for "done", members' keys, a receipt, a lease), or null where
    /// it is not there yet.
    /// Throws the call's error. It is given out once.
    #[napi]
    pub fn take(&self) -> Result<Option<Taken>, Failure> {
        guard(|| match &self.waiting {
            Waiting::Cluster(pending, bell) => {
                let taken = pending.try_take().transpose()?;
                Ok(taken.map(|cluster| Either6::A(NativeCluster::new(cluster, Arc::clone(bell)))))
            }
            Waiting::Done(pending) => {
                let taken = pending.try_take().transpose()?;
                Ok(taken.map(|()| Either6::C(true)))
            }
            Waiting::Millis(pending) => {
                let taken = pending.try_take().transpose()?;
                Ok(taken.map(Either6::B))
            }
            Waiting::Report(pending) => {
                let taken = pending.try_take().transpose()?;
                let members = |members: Vec<MemberKeys>| members.into_iter().map(From::from);
                Ok(taken.map(|all| Either6::D(members(all).collect())))
            }
            Waiting::Receipt(pending) => {
                let taken = pending.try_take().transpose()?;
                Ok(taken.map(|receipt| Either6::E(NativeReceipt::from(receipt))))
            }
            Waiting::Lease(pending) => {
                let taken = pending.try_take().transpose()?;
                Ok(taken.map(|lease| Either6::F(NativeLease::from(lease))))
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
