//! The failure detector of hashicorp/memberlist as a second kind of node, to be measured beside the
//! engine in the same network.
//!
//! Written from what is published of it (SWIM; Lifeguard, arXiv 1707.00788; its documented defaults
//! for a LAN) and from its observed behaviour, without any of its code. There are no bytes: packets
//! are values with the lengths that they would have. Not here: joins (all know each other from the
//! beginning), leaves, names and metadata, compression.
//!
//! Where its behaviour depends on the order in which threads happen to run, the order is the one
//! that is better for it: whoever was held up reads what waits before anything that is due, and of
//! what it reads ALIVE comes first.

mod members;
mod node;
mod packets;
mod peers;
mod probe;
mod queue;
pub mod rules;

pub use peers::{Death, Peers};
