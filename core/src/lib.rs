//! seafoam

pub mod proto;
