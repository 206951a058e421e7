//! How long an answer may take: mean + 3 sigma of recent ping times.

use std::collections::VecDeque;
use std::time::Duration;

/// Samples of the history shared by all members of a datacenter (the ancestor's 50).
const SHARED_SAMPLES: usize = 50;
/// Samples of one member's own history.
const OWN_SAMPLES: usize = 16;
/// From so many samples on a member's own history counts.
const OWN_FROM: usize = 3;

/// Recent ping times, the oldest replaced first.
#[derive(Clone, Debug)]
pub(super) struct PingHistory {
    samples: VecDeque<f64>,
    capacity: usize,
}

impl PingHistory {
    /// The history of a datacenter, filled with `frontload` until there are measurements.
    pub(super) fn shared(frontload: Duration) -> Self {
        let millis = frontload.as_secs_f64() * 1000.0;
        Self { samples: VecDeque::from(vec![millis; SHARED_SAMPLES]), capacity: SHARED_SAMPLES }
    }

    /// The empty history of one member.
    pub(super) fn own() -> Self {
        Self { samples: VecDeque::new(), capacity: OWN_SAMPLES }
    }

    pub(super) fn record(&mut self, round_trip: Duration) {
        if self.samples.len() >= self.capacity {
            self.samples.pop_front();
        }
        self.samples.push_back(round_trip.as_secs_f64() * 1000.0);
    }

    /// Whether there is enough in it to stand alone.
    pub(super) fn is_settled(&self) -> bool {
        self.samples.len() >= OWN_FROM
    }

    pub(super) fn mean_millis(&self) -> f64 {
        if self.samples.is_empty() {
            return 0.0;
        }
        #[allow(clippy::cast_precision_loss)] // at most 50
        let count = self.samples.len() as f64;
        self.samples.iter().sum::<f64>() / count
    }

    /// Mean + 3 standard deviations.
    pub(super) fn timeout_millis(&self) -> f64 {
        let mean = self.mean_millis();
        #[allow(clippy::cast_precision_loss)] // at most 50
        let count = self.samples.len().max(1) as f64;
        let variance =
            self.samples.iter().map(|sample| (sample - mean).powi(2)).sum::<f64>() / count;
        mean + 3.0 * variance.sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_untouched_history_gives_its_frontload() {
        let history = PingHistory::shared(Duration::from_millis(200));
        assert!((history.timeout_millis() - 200.0).abs() < 1e-9);
        assert!((history.mean_millis() - 200.0).abs() < 1e-9);
    }

    #[test]
    fn measurements_replace_the_frontload() {
        let mut history = PingHistory::shared(Duration::from_millis(200));
        for _ in 0..SHARED_SAMPLES {
            history.record(Duration::from_millis(10));
        }
        assert!((history.timeout_millis() - 10.0).abs() < 1e-9);
    }

    #[test]
    fn spread_widens_the_timeout() {
        let mut history = PingHistory::own();
        history.record(Duration::from_millis(10));
        history.record(Duration::from_millis(20));
        assert!(!history.is_settled());
        history.record(Duration::from_millis(30));
        assert!(history.is_settled());
        let sigma = (200.0_f64 / 3.0).sqrt();
        assert!((history.timeout_millis() - (20.0 + 3.0 * sigma)).abs() < 1e-9);
    }

    #[test]
    fn an_empty_history_is_harmless() {
        assert!(PingHistory::own().timeout_millis().abs() < f64::EPSILON);
    }
}
