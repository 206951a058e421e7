//! Its numbers for a LAN, and how they grow with the cluster.

use std::time::Duration;

/// One member is probed in each of these.
pub const PROBE_INTERVAL: Duration = Duration::from_secs(1);
/// How long an answer may take before others are asked.
pub const PROBE_TIMEOUT: Duration = Duration::from_millis(500);
/// Members that are asked to ping.
pub const INDIRECT_CHECKS: usize = 3;
/// Own health is from 0 to one less than this.
pub const AWARENESS_MULTIPLIER: u32 = 8;
/// The shortest suspicion, in probe intervals times the logarithm of the cluster.
pub const SUSPICION_MULTIPLIER: u32 = 4;
/// The longest suspicion, in shortest ones.
pub const SUSPICION_MAX_MULTIPLIER: u32 = 6;
/// How often news go out, to how many members.
pub const GOSSIP_INTERVAL: Duration = Duration::from_millis(200);
/// Members that get news each time.
pub const GOSSIP_NODES: usize = 3;
/// The dead are told news for so long, and then forgotten.
pub const GOSSIP_TO_THE_DEAD: Duration = Duration::from_secs(30);
/// How often each piece of news is sent, times the logarithm of the cluster.
pub const RETRANSMIT_MULTIPLIER: u32 = 4;
/// How often whole tables are exchanged in clusters of up to 32.
pub const PUSH_PULL_INTERVAL: Duration = Duration::from_secs(30);
/// How long an exchange of tables may take.
pub const STREAM_TIMEOUT: Duration = Duration::from_secs(10);
/// What waits to be handled, of each kind.
pub const HANDOFF_DEPTH: usize = 1024;
/// What a datagram holds.
pub const PACKET_BYTES: usize = 1400;

/// Up to so many nodes tables are exchanged at the full rate.
const PUSH_PULL_THRESHOLD: f64 = 32.0;

#[allow(clippy::cast_precision_loss)] // clusters are small
fn count(nodes: usize) -> f64 {
    nodes as f64
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // small and positive
fn whole(number: f64) -> u32 {
    number as u32
}

/// The shortest and the longest suspicion in a cluster of so many.
#[must_use]
pub fn suspicion_times(nodes: usize) -> (Duration, Duration) {
    let scale = count(nodes).max(1.0).log10().max(1.0);
    // In thousandths, rounded down, as it counts.
    let least = SUSPICION_MULTIPLIER * whole(scale * 1000.0) * PROBE_INTERVAL / 1000;
    (least, least * SUSPICION_MAX_MULTIPLIER)
}

/// Confirmations that bring a suspicion down to its shortest: none where too few can give them.
#[must_use]
pub const fn confirmations_wanted(nodes: usize) -> u32 {
    let wanted = SUSPICION_MULTIPLIER - 2;
    if nodes.saturating_sub(2) < wanted as usize { 0 } else { wanted }
}

/// How long a suspicion runs from its beginning, with so many confirmations of those wanted.
#[must_use]
pub fn suspicion_time(given: u32, wanted: u32, least: Duration, most: Duration) -> Duration {
    if wanted == 0 {
        return least;
    }
    let share = f64::from(given + 1).ln() / f64::from(wanted + 1).ln();
    let millis = (most - (most - least).mul_f64(share.min(1.0))).as_millis();
    Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX)).max(least)
}

/// How often each piece of news is sent.
#[must_use]
pub fn retransmissions(nodes: usize) -> u32 {
    RETRANSMIT_MULTIPLIER * whole(count(nodes + 1).log10().ceil())
}

/// How often a node of so many exchanges tables.
#[must_use]
pub fn push_pull_interval(nodes: usize) -> Duration {
    if count(nodes) <= PUSH_PULL_THRESHOLD {
        return PUSH_PULL_INTERVAL;
    }
    let doublings = (count(nodes).log2() - PUSH_PULL_THRESHOLD.log2()).ceil();
    PUSH_PULL_INTERVAL * (whole(doublings) + 1)
}

/// Which parts of Lifeguard are in force (sections IV-A to IV-C of the paper); without any it is SWIM with
/// suspicions of a fixed length.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parts {
    /// LHA-Probe: a node that doubts itself probes more seldom and waits longer.
    pub probe: bool,
    /// LHA-Suspicion: a suspicion is long, and each confirmation shortens it.
    pub suspicion: bool,
    /// Buddy System: a ping tells the suspected that it is.
    pub buddy: bool,
}

impl Parts {
    /// All of Lifeguard, as memberlist has it.
    pub const ALL: Self = Self { probe: true, suspicion: true, buddy: true };
    /// SWIM.
    pub const NONE: Self = Self { probe: false, suspicion: false, buddy: false };
}

/// How far a node trusts itself: 0 is healthy, 7 the worst.
#[derive(Clone, Copy, Debug, Default)]
pub struct Awareness(u32);

impl Awareness {
    /// So much worse, or better where it is negative.
    pub fn shift(&mut self, by: i32) {
        self.0 = self.0.saturating_add_signed(by).min(AWARENESS_MULTIPLIER - 1);
    }

    /// What the probe interval is multiplied by.
    #[must_use]
    pub const fn factor(self) -> u32 {
        self.0 + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_suspicion_grows_with_the_logarithm_of_the_cluster() {
        assert_eq!(suspicion_times(3), (seconds(4), seconds(24)));
        assert_eq!(suspicion_times(10), (seconds(4), seconds(24)));
        assert_eq!(suspicion_times(100), (seconds(8), seconds(48)));
        assert_eq!(suspicion_times(1000), (seconds(12), seconds(72)));
        assert_eq!(suspicion_times(128).0, Duration::from_millis(8428));
    }

    #[test]
    fn each_confirmation_shortens_it_and_two_bring_it_down() {
        let (least, most) = suspicion_times(100);
        let times: Vec<_> = (0..3).map(|given| suspicion_time(given, 2, least, most)).collect();
        assert_eq!(times[0], most);
        // ln 2 / ln 3 = 0.63 of the way from 48 s to 8 s.
        assert_eq!(times[1], Duration::from_millis(22_762));
        assert_eq!(times[2], least);
        assert_eq!(suspicion_time(0, 0, least, most), least);
        assert_eq!((confirmations_wanted(3), confirmations_wanted(4)), (0, 2));
    }

    #[test]
    fn news_are_repeated_and_tables_exchanged_by_the_logarithm() {
        assert_eq!([9, 10, 99, 100, 1000].map(retransmissions), [4, 8, 8, 12, 16]);
        let intervals = [10, 32, 33, 64, 65, 128, 1000].map(push_pull_interval);
        assert_eq!(intervals.map(|interval| interval.as_secs()), [30, 30, 60, 60, 90, 90, 180]);
    }

    #[test]
    fn own_health_stays_within_its_bounds() {
        let mut health = Awareness::default();
        health.shift(-1);
        assert_eq!(health.factor(), 1);
        health.shift(20);
        assert_eq!(health.factor(), 8);
        health.shift(-2);
        assert_eq!(health.factor(), 6);
    }
}
