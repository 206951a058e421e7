//! The sans-IO engine: no clock, socket, thread or random source in here.

pub mod hash;
pub mod wire;
