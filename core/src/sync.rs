//! The standard library's locks, without poisoning: a panic is caught where the engine is entered
//! and closes the cluster, so that what a lock protected is used no further.
//!
//! They wait in the kernel, on the lock's own memory. Locks that keep their waiters in a table of
//! the process are of no use here: in a forked child that table is full of threads which are not
//! there, and who waits in it may never be woken.

use std::sync::{MutexGuard, PoisonError, RwLockReadGuard, RwLockWriteGuard, TryLockError};
use std::time::Instant;

/// [`std::sync::Mutex`] that cannot be poisoned.
#[derive(Default, Debug)]
pub(crate) struct Mutex<T>(std::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(std::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lock if nobody holds it, this thread included.
    pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        match self.0.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

/// [`std::sync::RwLock`] that cannot be poisoned. No thread may take it twice.
#[derive(Default, Debug)]
pub(crate) struct RwLock<T>(std::sync::RwLock<T>);

impl<T> RwLock<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(std::sync::RwLock::new(value))
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, T> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// [`std::sync::Condvar`] with a moment to wait for.
#[derive(Default, Debug)]
pub(crate) struct Condvar(std::sync::Condvar);

impl Condvar {
    pub(crate) const fn new() -> Self {
        Self(std::sync::Condvar::new())
    }

    /// The guard again, and whether the moment has come without a call. It may return early: ask
    /// again for what was waited for.
    pub(crate) fn wait_until<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        deadline: Instant,
    ) -> (MutexGuard<'a, T>, bool) {
        let rest = deadline.saturating_duration_since(Instant::now());
        let waited = self.0.wait_timeout(guard, rest);
        let (guard, outcome) = waited.unwrap_or_else(PoisonError::into_inner);
        (guard, outcome.timed_out())
    }

    pub(crate) fn notify_all(&self) {
        self.0.notify_all();
    }
}
