//! What candidates and lighthouses say to each other.

use std::time::Duration;

use super::ballot::{Ballot, Owner};

/// A candidate asks for a vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Poll {
    /// Its round.
    pub ballot: Ballot,
    /// Only asks whether a vote would be given: changes nothing anywhere.
    pub trial: bool,
}

/// A lighthouse answers a [`Poll`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Vote {
    /// The round that it answers.
    pub ballot: Ballot,
    /// As in the poll.
    pub trial: bool,
    /// The answer.
    pub answer: Answer,
    /// The highest term that the lighthouse knows.
    pub term: u64,
    /// Whether the asking run itself was the one that claimed that term.
    pub term_is_yours: bool,
}

/// What a lighthouse says to a poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// Nothing stands in the way; `own` is the counter of a live record that is the asker's.
    Free {
        /// None where no record lives.
        own: Option<u32>,
    },
    /// Another owner's record lives.
    Held {
        /// Whose.
        owner: Owner,
        /// How long it lives, by the lighthouse's clock.
        remaining: Duration,
    },
    /// A higher ballot was promised.
    Rejected {
        /// That ballot's counter.
        promised: u32,
    },
}

/// A candidate with a quorum of votes asks for the lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Claim {
    /// Its round.
    pub ballot: Ballot,
    /// The term that it would lead in.
    pub term: u64,
}

/// A lighthouse answers a [`Claim`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Grant {
    /// The round that it answers.
    pub ballot: Ballot,
    /// The answer.
    pub verdict: Verdict,
}

/// What a lighthouse says to a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The record stands.
    Granted,
    /// It does not.
    Refused {
        /// The counter of the highest ballot that was promised.
        promised: u32,
        /// The highest term that the lighthouse knows.
        term: u64,
    },
}
