//! How long a suspected member has to refute (Lifeguard, LHA-Suspicion; section IV-B).

use std::time::Duration;

use super::time::Time;
use super::wire::WitnessSet;

/// The longest time that a suspicion runs, before health and floor are applied.
pub(super) const LONGEST: Duration = Duration::from_secs(10);

/// One suspicion, as this node holds it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Suspicion {
    /// When this node began to hold it.
    pub(super) since: Time,
    /// Who confirms it.
    pub(super) witnesses: WitnessSet,
    /// Whether a ping of this node's own failed since.
    pub(super) own_failed: bool,
    /// When it runs out, as far as is known.
    pub(super) deadline: Time,
    /// Held by a node that hears nobody, which may be cut off itself: it is told to no one, and
    /// withdrawn as soon as anybody is heard.
    pub(super) private: bool,
    /// Others call the member dead already.
    pub(super) claimed: bool,
}

/// How many confirmations beside the first witness are wanted: 3, fewer where fewer can give them.
pub(super) fn confirmations_wanted(living: usize) -> usize {
    living.saturating_sub(2).min(3)
}

/// The time from the moment a node heard of a suspicion to its verdict: from `longest` down to
/// `floor` as confirmations come in, stretched by the node's own health factor, `longest` at most.
///
/// `max(F, M - (M - F) ln(c + 1) / ln(K + 1))` with c confirmations of K wanted.
pub(super) fn patience(
    confirmations: usize,
    wanted: usize,
    floor: Duration,
    longest: Duration,
    health_factor: u32,
) -> Duration {
    let longest = longest.max(floor);
    let time = if confirmations >= wanted {
        floor
    } else {
        #[allow(clippy::cast_precision_loss)] // both at most 4
        let share = ((confirmations + 1) as f64).ln() / ((wanted + 1) as f64).ln();
        longest - (longest - floor).mul_f64(share)
    };
    (time.max(floor) * health_factor).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOOR: Duration = Duration::from_millis(1200);

    #[test]
    fn patience_falls_with_each_confirmation_to_the_floor() {
        let times: Vec<_> = (0..=3).map(|c| patience(c, 3, FLOOR, LONGEST, 1)).collect();
        assert_eq!(times[0], LONGEST);
        assert!(times.windows(2).all(|pair| pair[0] > pair[1]), "{times:?}");
        assert_eq!(times[3], FLOOR);
        assert_eq!(patience(9, 3, FLOOR, LONGEST, 1), FLOOR);
    }

    #[test]
    fn two_nodes_have_nobody_to_confirm() {
        assert_eq!(confirmations_wanted(2), 0);
        assert_eq!(confirmations_wanted(0), 0);
        assert_eq!(confirmations_wanted(3), 1);
        assert_eq!(confirmations_wanted(100), 3);
        assert_eq!(patience(0, 0, FLOOR, LONGEST, 1), FLOOR);
    }

    #[test]
    fn a_sick_observer_waits_longer_but_never_beyond_the_longest() {
        assert_eq!(patience(3, 3, FLOOR, LONGEST, 2), FLOOR * 2);
        assert_eq!(patience(3, 3, FLOOR, LONGEST, 9), LONGEST);
    }

    #[test]
    fn a_floor_above_the_longest_wins() {
        let floor = Duration::from_secs(60);
        assert_eq!(patience(0, 3, floor, LONGEST, 1), floor);
    }
}
