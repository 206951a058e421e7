//! The sans-IO engine: `handle_*(now, input)`, drained outputs, one next deadline.
//!
//! No clock, socket, thread, random source or host callback inside: the same inputs, times and
//! seed give the same outputs, byte for byte.

pub mod engine;
pub mod hash;
pub mod output;
pub mod time;
pub mod wire;

pub use engine::{Engine, LocalNode};
pub use output::{Change, Notice, StreamFailure, Transmit};
pub use time::Time;
