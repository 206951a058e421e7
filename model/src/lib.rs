//! Explores the election's rules: every order of every event within stated bounds.
//!
//! The rules are those that ship (`seafoam::proto::election`), driven step by step: messages that
//! are lost, doubled, late and out of order, restarts of either side with and without a disk,
//! renewals, releases, a change of the list. `stateright` walks the states breadth first, so that
//! what it finds is a shortest way to it; time is discrete, a step like any other.

mod bounds;
mod catalogue;
mod change;
mod election;
mod explore;
mod small;
mod state;

pub use bounds::{Bounds, Change};
pub use catalogue::{Case, broken, broken_at_length, rules, rules_at_length};
pub use election::{Election, Fate, Step};
pub use explore::{Found, explore};
pub use seafoam::proto::election::Flaws;
pub use state::{Fault, State};
