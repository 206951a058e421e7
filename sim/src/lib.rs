//! A deterministic network of the very engine that ships, in virtual time.
//!
//! One seed decides everything: delays, losses, and the engines' own random numbers. Each run of a
//! seed gives the same [`World::trace`], byte for byte.

pub mod checkers;
pub mod cluster;
mod exchange;
#[cfg(feature = "command")]
mod filled;
mod happening;
mod host;
mod leaders;
pub mod memberlist;
mod memory;
mod network;
mod onlooker;
pub mod parallel;
mod random;
mod run;
pub mod scenario;
pub mod swarm;
mod swarm_actions;
pub mod swarm_leaders;
pub mod swarm_options;
mod world;

pub use cluster::{Cluster, Options};
pub use happening::{Happened, Happening, Seen};
pub use leaders::Tenure;
pub use network::{Bandwidth, Bursts, Delay, Network};
pub use random::Random;
pub use world::World;
