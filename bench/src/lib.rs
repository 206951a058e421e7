//! Measurements of seafoam on real sockets. Each figure names the command that makes it in
//! `docs/measurements.md`.

mod cluster;
mod load;

pub use cluster::{Cluster, Figures, Options};
pub use load::Load;
