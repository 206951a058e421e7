//! What the runtime counts beside the engine.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::api::stats::Stats;
use crate::sync::Mutex;

macro_rules! counters {
    ($($field:ident),* $(,)?) => {
        /// The rows of [`Stats`] that the runtime counts.
        #[derive(Default)]
        pub(crate) struct Counters {
            $(pub(crate) $field: Counter,)*
        }

        impl Counters {
            pub(crate) fn stats(&self) -> Stats {
                Stats {
                    $($field: self.$field.get(),)*
                    ..Stats::default()
                }
            }
        }
    };
}

counters! {
    datagrams_sent,
    datagrams_received,
    bytes_sent,
    bytes_received,
    datagrams_failed,
    dropped_oversized,
    streams_opened,
    streams_accepted,
    streams_refused,
    streams_failed,
    multicast_sent,
    multicast_ignored,
    resolve_failures,
}

/// A count that only rises.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn one(&self) {
        self.add(1);
    }

    pub(crate) fn add(&self, count: usize) {
        self.0.fetch_add(count as u64, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Lets one of many like log lines pass a minute, and says how many it held back.
#[derive(Default)]
pub(crate) struct Seldom {
    state: Mutex<(Option<Instant>, u64)>,
}

impl Seldom {
    const SPAN: Duration = Duration::from_secs(60);

    /// How many were held back since the last one that passed; none where this one is held back.
    pub(crate) fn passes(&self) -> Option<u64> {
        let mut state = self.state.lock();
        if state.0.is_some_and(|last| last.elapsed() < Self::SPAN) {
            state.1 += 1;
            return None;
        }
        state.0 = Some(Instant::now());
        Some(std::mem::take(&mut state.1))
    }
}
