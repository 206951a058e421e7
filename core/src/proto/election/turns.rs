//! Who stands when: so that of many candidates mostly one does. Never a matter of safety.

use std::time::Duration;

/// So many candidates stand at a time; the next ones only after these had their turn.
pub const STANDING: usize = 8;
/// How long each candidate waits for the one before it.
const STAGGER: Duration = Duration::from_millis(150);

/// The place of a candidate among all, from 0: higher priority first, then the datacenter that is
/// preferred, then the score (that of rendezvous hashing, which spreads leaders of many clusters).
pub fn place<K: Ord>(mine: &K, all: impl IntoIterator<Item = K>) -> usize {
    all.into_iter().filter(|other| other < mine).count()
}

/// How long the candidate at this place waits before it stands, counted from when somebody should.
#[must_use]
pub fn turn(place: usize, lease: Duration) -> Duration {
    let within = u32::try_from(place % STANDING).unwrap_or(0);
    let rounds = u32::try_from(place / STANDING).unwrap_or(u32::MAX);
    (STAGGER * within).saturating_add(lease.saturating_mul(rounds))
}
