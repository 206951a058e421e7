//! A deterministic network of the very engine that ships, in virtual time.
//!
//! One seed decides everything: delays, losses, and the engines' own random numbers. Each run of a
//! seed gives the same [`World::trace`], byte for byte.

mod network;
mod world;

pub use network::Network;
pub use world::{Seen, World};
