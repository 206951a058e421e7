//! The sans-IO engine: `handle_*(now, input)`, drained outputs, one next deadline.
//!
//! No clock, socket, thread, random source or host callback inside: the same inputs, times and
//! seed give the same outputs, byte for byte.

mod answers;
mod awareness;
mod beacon;
mod broadcast;
mod claims;
mod datacenters;
mod direct;
mod discovery;
pub mod election;
pub mod engine;
mod far;
#[cfg(feature = "fill")]
mod fill;
mod flaps;
mod gossip;
mod groups;
pub mod hash;
mod inbound;
mod keyring;
mod knock;
pub mod leadership;
mod leave;
mod links;
mod member;
mod members;
mod ordered;
pub mod output;
mod places;
mod probe;
mod receipt;
mod repair;
mod rtt;
pub mod seal;
mod sealing;
mod silence;
mod sizes;
mod spare;
mod spread;
mod suspicion;
mod sync;
mod tags;
pub mod time;
mod timers;
mod validity;
mod verdict;
mod why;
mod window;
pub mod wire;

pub use engine::{Engine, LocalNode};
pub use keyring::Goal;
pub use output::{Change, KnockAnswer, Notice, StreamFailure, Transmit};
pub use sizes::Size;
pub use time::Time;
