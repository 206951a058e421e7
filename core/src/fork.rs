//! What survives a fork, and what must not.
//!
//! A forked child has one thread: the engine's is not there, and locks that it held stay locked for
//! ever. So everything that a host can hold knows in which process it was made ([`Home`]) and asks
//! before it takes a lock; process-wide state is made anew in the child ([`ForkLocal`]); and the
//! child's copies of the sockets are closed at the fork ([`Inherited`]): a child that outlives its
//! parent would otherwise hold the port, and its kernel would answer for a process that is gone.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::api::error::{Error, Result};

/// How many forks lie between the first process and this one.
static GENERATION: AtomicU32 = AtomicU32::new(0);

/// The process in which something was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Home(u32);

impl Home {
    /// This process.
    pub(crate) fn here() -> Self {
        system::watch();
        Self(GENERATION.load(Ordering::Relaxed))
    }

    /// Whether this is still that process.
    pub(crate) fn is_here(self) -> bool {
        self.0 == GENERATION.load(Ordering::Relaxed)
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

/// Descriptors that a forked child closes. One that finds no free place stays open in the child,
/// which is no worse than without.
const PLACES: usize = 1024;

/// Keeps a socket on the list of what a forked child closes. Drop it before the socket is closed,
/// so that its number is not another file's.
#[derive(Debug)]
pub(crate) struct Inherited {
    home: Home,
    #[cfg_attr(not(unix), allow(dead_code))]
    place: Option<usize>,
}

impl Drop for Inherited {
    fn drop(&mut self) {
        if self.home.is_here() {
            system::forget(self.place);
        }
    }
}

pub(crate) use system::{Descriptor, inherited};

#[cfg(unix)]
#[allow(unsafe_code)]
mod system {
    use std::os::fd::AsRawFd;
    use std::sync::Once;
    use std::sync::atomic::{AtomicI32, Ordering};

    use super::{GENERATION, Home, Inherited, PLACES};

    pub(crate) use std::os::fd::AsFd as Descriptor;

    const FREE: i32 = -1;
    static DESCRIPTORS: [AtomicI32; PLACES] = [const { AtomicI32::new(FREE) }; PLACES];

    pub(super) fn watch() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            // SAFETY: `in_child` has the required signature, lives as long as this code is loaded
            // (the C library forgets handlers of an unloaded library), and does what is allowed
            // between fork and exec: atomics and close(2), nothing that allocates or locks.
            let refused = unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
            debug_assert_eq!(refused, 0, "pthread_atfork fails only without memory");
        });
    }

    extern "C" fn in_child() {
        GENERATION.fetch_add(1, Ordering::Relaxed);
        for place in &DESCRIPTORS {
            let descriptor = place.swap(FREE, Ordering::Relaxed);
            if descriptor != FREE {
                // SAFETY: the descriptor is an inherited copy of a socket that nothing in the child
                // uses: its owner in memory belongs to the parent's engine and is never dropped here.
                unsafe { libc::close(descriptor) };
            }
        }
    }

    pub(crate) fn inherited(socket: &impl Descriptor) -> Inherited {
        let descriptor = socket.as_fd().as_raw_fd();
        let free = |place: &AtomicI32| {
            let (order, failed) = (Ordering::Relaxed, Ordering::Relaxed);
            place.compare_exchange(FREE, descriptor, order, failed).is_ok()
        };
        Inherited { home: Home::here(), place: DESCRIPTORS.iter().position(free) }
    }

    pub(super) fn forget(place: Option<usize>) {
        if let Some(place) = place.and_then(|place| DESCRIPTORS.get(place)) {
            place.store(FREE, Ordering::Relaxed);
        }
    }
}

/// Systems without fork.
#[cfg(not(unix))]
mod system {
    use super::{Home, Inherited};

    pub(super) fn watch() {}

    pub(crate) trait Descriptor {}

    impl<T> Descriptor for T {}

    pub(crate) fn inherited(_: &impl Descriptor) -> Inherited {
        Inherited { home: Home::here(), place: None }
    }

    pub(super) fn forget(_: Option<usize>) {}
}

#[cfg(test)]
mod tests {
    use super::{ForkLocal, GENERATION, Home};
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
        let parent = Home(GENERATION.load(Ordering::Relaxed).wrapping_sub(1));
        assert!(parent.check().is_err());
    }
}
