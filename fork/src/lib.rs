//! What happens at a fork, and cannot be written without `unsafe`: a handler that runs in the child
//! between `fork` and whatever comes next. It counts forks, and closes the child's copies of the
//! sockets that were put on a list: a child that outlives its parent would otherwise hold the port,
//! and its kernel would answer for a process that is gone.
//!
//! The rest of the library forbids `unsafe` and uses this through safe calls.

use std::sync::atomic::{AtomicU32, Ordering};

static FORKS: AtomicU32 = AtomicU32::new(0);

/// How many forks lie between the first process that asked and this one. The first call installs
/// the handler: forks before it are not counted, and nothing of ours existed then.
#[must_use]
pub fn forks() -> u32 {
    system::watch();
    FORKS.load(Ordering::Relaxed)
}

/// Descriptors that a forked child closes. One that finds no free place stays open in the child,
/// which is no worse than without.
const PLACES: usize = 1024;

/// Keeps a socket on the list of what a forked child closes. Drop it before the socket is closed,
/// so that its number is not another file's.
#[derive(Debug)]
pub struct Inherited {
    home: u32,
    #[cfg_attr(not(unix), allow(dead_code))]
    place: Option<usize>,
}

impl Drop for Inherited {
    fn drop(&mut self) {
        if self.home == forks() {
            system::forget(self.place);
        }
    }
}

pub use system::{Descriptor, inherited};

#[cfg(unix)]
mod system {
    use std::os::fd::AsRawFd;
    use std::sync::Once;
    use std::sync::atomic::{AtomicI32, Ordering};

    use super::{FORKS, Inherited, PLACES, forks};

    pub use std::os::fd::AsFd as Descriptor;

    const FREE: i32 = -1;
    static DESCRIPTORS: [AtomicI32; PLACES] = [const { AtomicI32::new(FREE) }; PLACES];

    /// Installs the handler, once.
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
        FORKS.fetch_add(1, Ordering::Relaxed);
        for place in &DESCRIPTORS {
            let descriptor = place.swap(FREE, Ordering::Relaxed);
            if descriptor != FREE {
                // SAFETY: the descriptor is an inherited copy of a socket that nothing in the child
                // uses: its owner in memory belongs to the parent's engine and is never dropped here.
                unsafe { libc::close(descriptor) };
            }
        }
    }

    /// Puts a socket on the list of what a forked child closes, for as long as the answer lives.
    #[must_use]
    pub fn inherited(socket: &impl Descriptor) -> Inherited {
        let descriptor = socket.as_fd().as_raw_fd();
        let free = |place: &AtomicI32| {
            let (order, failed) = (Ordering::Relaxed, Ordering::Relaxed);
            place.compare_exchange(FREE, descriptor, order, failed).is_ok()
        };
        Inherited { home: forks(), place: DESCRIPTORS.iter().position(free) }
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
    use super::{Inherited, forks};

    pub(super) fn watch() {}

    pub trait Descriptor {}

    impl<T> Descriptor for T {}

    pub fn inherited(_: &impl Descriptor) -> Inherited {
        Inherited { home: forks(), place: None }
    }

    pub(super) fn forget(_: Option<usize>) {}
}
