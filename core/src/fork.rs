//! What survives a fork, and what must not.
//!
//! A forked child has one thread: the engine's is not there, and locks that it held stay locked for
//! ever. So everything that a host can hold knows in which process it was made ([`Home`]) and asks
//! before it takes a lock; process-wide state is made anew in the child ([`ForkLocal`]); and the
//! child's copies of the sockets are closed at the fork ([`Inherited`]): a child that outlives its
//! parent would otherwise hold the port, and its kernel would answer for a process that is gone.

use std::sync::OnceLock;

use seafoam_fork::forks;
pub(crate) use seafoam_fork::{Descriptor, Inherited, inherited};

use crate::api::error::{Error, Result};

/// The process in which something was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Home(u32);

impl Home {
    /// This process.
    pub(crate) fn here() -> Self {
        Self(forks())
    }

    /// Whether this is still that process.
    pub(crate) fn is_here(self) -> bool {
        self.0 == forks()
    }

    /// Fails with `forked` in any other process.
    pub(crate) fn check(self) -> Result<()> {
        if self.is_here() { Ok(()) } else { Err(Error::forked()) }
    }
}

/// Process-wide state that begins anew in a forked child. What the parent left in its memory is
/// never looked at: a thread that is not there may have held its locks.
pub(crate) struct ForkLocal<T: 'static> {
    make: fn() -> T,
    first: OnceLock<Entry<T>>,
}

struct Entry<T> {
    home: Home,
    value: T,
    child: OnceLock<Box<Self>>,
}

impl<T> ForkLocal<T> {
    pub(crate) const fn new(make: fn() -> T) -> Self {
        Self { make, first: OnceLock::new() }
    }

    /// This process's value; made at the first use.
    pub(crate) fn get(&self) -> &T {
        let home = Home::here();
        let make = || Entry { home, value: (self.make)(), child: OnceLock::new() };
        let mut entry = self.first.get_or_init(make);
        while entry.home != home {
            entry = entry.child.get_or_init(|| Box::new(make()));
        }
        &entry.value
    }
}

#[cfg(test)]
mod tests {
    use super::{ForkLocal, Home, forks};
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn state_is_made_once_and_stays() {
        static MADE: AtomicU32 = AtomicU32::new(0);
        static STATE: ForkLocal<u32> = ForkLocal::new(|| MADE.fetch_add(1, Ordering::Relaxed) + 1);
        assert_eq!((*STATE.get(), *STATE.get()), (1, 1));
    }

    #[test]
    fn another_process_is_not_home() {
        let home = Home::here();
        assert!(home.is_here());
        let parent = Home(forks().wrapping_sub(1));
        assert!(parent.check().is_err());
    }
}
