//! How long an answer may take: mean + 3 sigma of recent ping times.
//!
//! Those of a datacenter are kept one by one; of each member only mean and variance are, the older
//! measurements fading out, so that a large table stays small.

use std::collections::VecDeque;
use std::time::Duration;

use super::engine::Engine;

/// Samples of the history shared by all members of a datacenter (the ancestor's 50).
const SHARED_SAMPLES: usize = 50;
/// Measurements of one member that count alike; from then on each further one weighs an eighth, so
/// that one that was far off is forgotten after some twenty.
const OWN_SAMPLES: u8 = 8;
/// From so many samples on a member's own history counts.
const OWN_FROM: u8 = 3;

/// Recent ping times, the oldest replaced first.
#[derive(Clone, Debug)]
pub(super) struct PingHistory {
    samples: VecDeque<f64>,
}

impl PingHistory {
    /// The history of a datacenter, filled with `frontload` until there are measurements.
    pub(super) fn shared(frontload: Duration) -> Self {
        let millis = frontload.as_secs_f64() * 1000.0;
        Self { samples: VecDeque::from(vec![millis; SHARED_SAMPLES]) }
    }

    pub(super) fn record(&mut self, round_trip: Duration) {
        if self.samples.len() >= SHARED_SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back(round_trip.as_secs_f64() * 1000.0);
    }

    fn mean_millis(&self) -> f64 {
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

/// Mean and variance of one member's ping times: the plain ones of the first eight, then
/// exponentially weighted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PeerTimes {
    mean_millis: f32,
    variance: f32,
    count: u8,
}

impl PeerTimes {
    pub(super) fn record(&mut self, round_trip: Duration) {
        self.count = (self.count + 1).min(OWN_SAMPLES);
        let weight = 1.0 / f32::from(self.count);
        let off = round_trip.as_secs_f32() * 1000.0 - self.mean_millis;
        self.mean_millis += weight * off;
        self.variance = (1.0 - weight) * (self.variance + weight * off * off);
    }

    /// Whether there is enough in it to stand alone.
    pub(super) fn is_settled(self) -> bool {
        self.count >= OWN_FROM
    }

    pub(super) fn mean_millis(self) -> f64 {
        f64::from(self.mean_millis)
    }

    /// Mean + 3 standard deviations.
    pub(super) fn timeout_millis(self) -> f64 {
        f64::from(self.mean_millis + 3.0 * self.variance.sqrt())
    }
}

impl Engine {
    /// The ping times of a datacenter.
    pub(super) fn history_of(&mut self, datacenter: u8) -> &mut PingHistory {
        let frontload = Duration::from_millis(u64::from(self.settings.frontload_millis()));
        self.histories.entry(datacenter).or_insert_with(|| PingHistory::shared(frontload))
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
        let mut times = PeerTimes::default();
        times.record(Duration::from_millis(10));
        times.record(Duration::from_millis(20));
        assert!(!times.is_settled());
        times.record(Duration::from_millis(30));
        assert!(times.is_settled());
        let sigma = (200.0_f64 / 3.0).sqrt();
        assert!((times.timeout_millis() - (20.0 + 3.0 * sigma)).abs() < 1e-4);
    }

    #[test]
    fn what_is_long_past_fades_out() {
        let mut times = PeerTimes::default();
        times.record(Duration::from_millis(500));
        for _ in 0..200 {
            times.record(Duration::from_millis(10));
        }
        assert!((times.timeout_millis() - 10.0).abs() < 0.2, "{times:?}");
        assert!((times.mean_millis() - 10.0).abs() < 0.01, "{times:?}");
    }

    #[test]
    fn no_times_are_harmless() {
        assert!(PeerTimes::default().timeout_millis().abs() < f64::EPSILON);
    }
}
