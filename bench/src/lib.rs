//! Measurements of seafoam on real sockets. Each figure names the command that makes it in
//! `docs/measurements.md`.

mod cluster;
mod fleet;
mod load;

pub use cluster::{Cluster, Figures, Options};
pub use fleet::{Fleet, Meter, Unmetered};
pub use load::Load;
