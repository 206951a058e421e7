//! To lead, as an idiom: wait until this node leads, and until that very tenure is over.

use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use crate::api::error::{Error, ErrorCode, Result};
use crate::api::validity::Lease;
use crate::cluster::Cluster;
use crate::pending::{Pending, pending};
use crate::shared::Shared;
use crate::watch::LeadershipHandle;

impl Cluster {
    /// The tenures of this node, one after the other, from now on: the idiom over
    /// [`lease`](Self::lease). Where the node leads already, that tenure is the first.
    ///
    /// ```no_run
    /// # async fn example(cluster: seafoam::Cluster) -> Result<(), seafoam::Error> {
    /// let mut leadership = cluster.leadership();
    /// loop {
    ///     let tenure = leadership.next().await?; // until this node leads
    ///     let work = async { /* what one alone may do, with tenure.term() sent along */ };
    ///     match tenure.run(work).await {
    ///         Ok(()) => tenure.resign().await?, // done: another may lead
    ///         Err(lost) => eprintln!("{lost}"), // the work was dropped where it waited
    ///     }
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn leadership(&self) -> Leadership {
        Leadership { cluster: self.clone(), after: 0 }
    }

    /// Waits until this node leads in a term above `after_term` (0: in any), and gives the lease of
    /// that tenure. Terms rise, so the last term as `after_term` waits for the next tenure.
    ///
    /// # Errors
    /// `not_valid` at once where nobody can ever lead here: without lighthouses that vote, or with
    /// `fallback`; `busy` where 1024 wait; `closed`, `forked`.
    pub fn elected(&self, after_term: u64) -> Pending<Lease> {
        self.shared.elected(after_term)
    }

    /// Waits until this node does not lead in `term`: at once where it does not now. It ends no later
    /// than [`is_leader`](Self::is_leader) turns false, but for the time that it takes to wake whoever
    /// waits; also when the cluster is closed. A tenure whose end was told never goes on.
    ///
    /// # Errors
    /// `busy` where 1024 wait; `forked`.
    pub fn deposed(&self, term: u64) -> Pending<()> {
        self.shared.deposed(term)
    }

    /// Gives up the tenure of `term`, as [`resign`](Self::resign) does, and no other: done at once where
    /// it is over already, also by close.
    ///
    /// # Errors
    /// `forked`.
    pub fn step_down(&self, term: u64) -> Pending<()> {
        self.shared.step_down(term)
    }

    /// Calls `elected` when this node leads, at once where it does already, and `lost` with the term when
    /// that tenure is over, in turns, on a thread of their own. While `elected` runs, `lost` waits: long
    /// work belongs elsewhere. `lost` is called too where the cluster closes. A call that panics is
    /// logged, and both stay.
    ///
    /// # Errors
    /// `not_valid` where nobody can ever lead here; `busy` where 64 are installed; `closed`, `forked`.
    pub fn on_leadership(
        &self,
        elected: impl FnMut(&Lease) + Send + 'static,
        lost: impl FnMut(u64) + Send + 'static,
    ) -> Result<LeadershipHandle> {
        self.shared.can_lead()?;
        self.shared.watches.add(&self.shared, Box::new(elected), Box::new(lost))
    }
}

impl Shared {
    /// Whether this node can ever lead with these settings.
    pub(crate) fn can_lead(&self) -> Result<()> {
        self.check()?;
        if self.engine.lock().election_configuration().is_some() {
            return Ok(());
        }
        let text =
            "this node can never lead: fallback is set, or lighthouses lists none that vote here";
        Err(Error::new(ErrorCode::NotValid, text))
    }

    pub(crate) fn elected(&self, after: u64) -> Pending<Lease> {
        if let Err(error) = self.can_lead() {
            return Pending::ready(Err(error));
        }
        let (promise, pending) = pending();
        self.tenure.wait_elected(after, promise);
        self.tenure.check(self.now());
        pending
    }

    pub(crate) fn deposed(&self, term: u64) -> Pending<()> {
        if let Err(error) = self.check_home() {
            return Pending::ready(Err(error));
        }
        let (promise, pending) = pending();
        self.tenure.wait_deposed(term, promise);
        self.tenure.check(self.now());
        self.wake.notify_one(); // there is an earlier deadline
        pending
    }

    pub(crate) fn step_down(&self, term: u64) -> Pending<()> {
        if let Err(error) = self.check_home() {
            return Pending::ready(Err(error));
        }
        if self.check().is_err() {
            return Pending::ready(Ok(()));
        }
        self.give_up(|engine, now, ticket| {
            let leads = self.tenure.lease(now).is_some_and(|lease| lease.term == term);
            if !leads || engine.resign(now, ticket).is_err() {
                self.tenure.answer(ticket, Ok(()));
            }
            Ok(())
        })
    }

    /// The engine renewed what somebody saw run out.
    pub(crate) fn give_up_late(&self) {
        let ticket = self.next_ticket();
        let _ = self.with_engine(|engine, now| engine.resign(now, ticket)); // it leads, or all is well
    }
}

/// This node's tenures, one after the other. It keeps the cluster open.
#[derive(Clone)]
pub struct Leadership {
    cluster: Cluster,
    after: u64,
}

impl Leadership {
    /// The next tenure: waits until this node leads in a higher term than that of the last one given
    /// out. May be dropped while it waits.
    ///
    /// # Errors
    /// As [`Cluster::elected`].
    pub async fn next(&mut self) -> Result<Tenure> {
        let lease = self.cluster.elected(self.after).await?;
        Ok(self.begin(lease))
    }

    /// The same on a thread that blocks for so long at most; none where no tenure began.
    ///
    /// # Errors
    /// As [`Cluster::elected`].
    pub fn next_timeout(&mut self, timeout: Duration) -> Result<Option<Tenure>> {
        let lease = self.cluster.elected(self.after).wait_for(timeout).transpose()?;
        Ok(lease.map(|lease| self.begin(lease)))
    }

    fn begin(&mut self, lease: Lease) -> Tenure {
        self.after = lease.term;
        Tenure { cluster: self.cluster.clone(), term: lease.term, resigns: true }
    }
}

impl fmt::Debug for Leadership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leadership").field("after", &self.after).finish_non_exhaustive()
    }
}

/// One tenure of this node. Dropping it gives the lead up, without waiting for it, unless
/// [`keep`](Self::keep) was called. It keeps the cluster open.
#[must_use = "dropping it gives the lead up"]
pub struct Tenure {
    cluster: Cluster,
    term: u64,
    resigns: bool,
}

impl Tenure {
    /// The fencing token: higher than that of every tenure before, of any node. Send it along with
    /// what must not happen twice, and let the store refuse lower ones.
    #[must_use]
    pub const fn term(&self) -> u64 {
        self.term
    }

    /// The lease as it is at this instant; none where this tenure is over.
    #[must_use]
    pub fn lease(&self) -> Option<Lease> {
        self.cluster.shared.lease().filter(|lease| lease.term == self.term)
    }

    /// Whether this tenure still runs: the clock is read at each call.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.lease().is_some()
    }

    /// Waits until it is over, for whatever reason.
    ///
    /// # Errors
    /// As [`Cluster::deposed`].
    pub fn lost(&self) -> Pending<()> {
        self.cluster.deposed(self.term)
    }

    /// Runs `work` until it is done or this tenure is over: then `work` is dropped where it waits. The
    /// clock is read before each of its steps, so that none begins after the end.
    ///
    /// # Errors
    /// `not_leader` where the tenure was over first; `busy` where 1024 wait; `forked`.
    pub async fn run<T>(&self, work: impl Future<Output = T>) -> Result<T> {
        let mut lost = pin!(self.lost());
        let mut work = pin!(work);
        std::future::poll_fn(|context| {
            if let Poll::Ready(over) = lost.as_mut().poll(context) {
                return Poll::Ready(Err(over.err().unwrap_or_else(|| self.error())));
            }
            if !self.is_held() {
                return Poll::Ready(Err(self.error()));
            }
            work.as_mut().poll(context).map(Ok)
        })
        .await
    }

    /// Gives this tenure up: done when a majority of the lighthouses knows, so that another can lead
    /// at once.
    ///
    /// # Errors
    /// As [`Cluster::step_down`].
    pub fn resign(mut self) -> Pending<()> {
        self.resigns = false;
        self.cluster.step_down(self.term)
    }

    /// Lets go of this handle without giving the lead up.
    pub fn keep(mut self) {
        self.resigns = false;
    }

    fn error(&self) -> Error {
        let text = format!("the lead of term {} was lost", self.term);
        Error::new(ErrorCode::NotLeader, text)
    }
}

impl Drop for Tenure {
    fn drop(&mut self) {
        if self.resigns {
            drop(self.cluster.step_down(self.term));
        }
    }
}

impl fmt::Debug for Tenure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tenure").field("term", &self.term).finish_non_exhaustive()
    }
}
