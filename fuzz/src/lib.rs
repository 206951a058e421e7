//! Hostile bytes for the decoders, and hostile stories for the engine: each target takes any bytes
//! and panics where something that must hold does not. `docs/fuzzing.md` says how to run them.
//!
//! Adding a target: a function here, its row in [`TARGETS`], a program in `src/bin`.

// A harness fails by panics, and asks of outputs only what it knows.
#![allow(clippy::wildcard_enum_match_arm)]

mod packets;
mod script;
mod source;
mod tags;
mod watch;
mod wire;
mod words;
mod world;

pub mod mutate;

pub use script::engine;
pub use tags::tags;
pub use wire::{datagram, stream};

/// Takes any bytes; panics where something does not hold.
pub type Target = fn(&[u8]);

/// Every target, with the name of its corpus.
pub const TARGETS: &[(&str, Target)] =
    &[("datagram", datagram), ("stream", stream), ("tags", tags), ("engine", engine)];

/// The name of the cluster in everything here.
const CLUSTER: &str = "seafoam";

fn tag() -> u32 {
    seafoam::proto::hash::cluster_tag(CLUSTER)
}
