//! The clock of everything that has a deadline: it counts the time of suspension too, so that a
//! lease is over when a laptop or a virtual machine wakes up.

use std::time::{Duration, Instant};

use crate::proto::Time;

/// Time since the start of a cluster.
pub(crate) struct Clock {
    begun: Duration,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { begun: boot_time() }
    }

    pub(crate) fn now(&self) -> Time {
        let since = boot_time().saturating_sub(self.begun);
        Time(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
    }

    /// The instant of a moment, for timers; none where it never comes. Timers do not count
    /// suspension: whoever wakes by one asks the clock.
    pub(crate) fn instant(&self, time: Time) -> Option<Instant> {
        Instant::now().checked_add(time.since(self.now()))
    }
}

/// `CLOCK_BOOTTIME` (clock_gettime(2)); elsewhere the monotonic clock, which on Apple's systems
/// counts suspension.
#[cfg(unix)]
fn boot_time() -> Duration {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const CLOCK: rustix::time::ClockId = rustix::time::ClockId::Boottime;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const CLOCK: rustix::time::ClockId = rustix::time::ClockId::Monotonic;
    let at = rustix::time::clock_gettime(CLOCK);
    // Neither clock is ever negative.
    let seconds = u64::try_from(at.tv_sec).unwrap_or(0);
    let nanos = u32::try_from(at.tv_nsec).unwrap_or(0);
    Duration::new(seconds, nanos)
}

#[cfg(not(unix))]
fn boot_time() -> Duration {
    static BEGUN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    BEGUN.get_or_init(Instant::now).elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_runs_as_fast_as_the_clock_of_timers() {
        let (clock, instant) = (Clock::start(), Instant::now());
        std::thread::sleep(Duration::from_millis(30));
        let (by_clock, by_timers) = (clock.now().since(Time::ZERO), instant.elapsed());
        assert!(by_clock >= Duration::from_millis(30), "{by_clock:?}");
        assert!(by_timers.abs_diff(by_clock) < Duration::from_millis(20), "{by_timers:?}");
        let later = clock.instant(clock.now() + Duration::from_secs(5)).expect("an instant");
        let left = later.saturating_duration_since(Instant::now());
        assert!(left > Duration::from_secs(4) && left <= Duration::from_secs(5), "{left:?}");
    }
}
