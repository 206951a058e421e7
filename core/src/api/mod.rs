//! The words of seafoam: every name, number, default and bound, each in one table.

pub mod calls;
pub mod config;
pub mod error;
pub mod event;
pub mod keys;
pub mod label;
pub mod level;
pub mod lighthouses;
pub mod node;
pub mod receipt;
pub(crate) mod rules;
pub mod stats;
pub mod validity;
pub mod value;
mod words;
