//! Who leads: a lease that a majority of the lighthouses grants.
//!
//! The rules are those of the corrected PaxosLease (docs/leadership.md says what was taken from
//! where), as functions over plain state and messages with the time handed in. No engine is in here:
//! the model checker in `model/` explores these very functions, and the engine sends what they say.

mod ballot;
mod candidate;
mod flaws;
mod lighthouse;
mod messages;
mod timing;
mod turns;

pub use ballot::{Ballot, Owner};
pub use candidate::{Candidate, Next};
pub use flaws::Flaws;
pub use lighthouse::{Floor, Lighthouse, Record, Ruling};
pub use messages::{Answer, Claim, Grant, Poll, Verdict, Vote};
pub use timing::Timing;
pub use turns::{STANDING, place, turn};

/// How many lighthouses a majority of `count` is: the quorum of every election, whatever the rule of
/// validity.
#[must_use]
pub const fn majority(count: usize) -> usize {
    count / 2 + 1
}

#[cfg(test)]
mod tests;
