//! Who stands, and in which round.

/// One run of one candidate, without its name: what a record belongs to. A restarted process is
/// another owner, so that it cannot renew or release what the run before it held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner {
    /// Orders the runs of a name.
    pub generation: u64,
    /// Random bits of the run.
    pub run: u64,
    /// Hash of the name; see [`crate::proto::hash::elector`].
    pub name: u64,
}

/// One round of one candidate. Compared by counter, then by owner; the default is below all others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ballot {
    /// Counts the rounds, raised past those that others were seen to use.
    pub counter: u32,
    /// Whose round it is.
    pub owner: Owner,
}
