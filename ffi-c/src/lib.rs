//! The C ABI of seafoam.
//!
//! Each function parses its arguments, makes one call of the facade and converts the result; what
//! is decided about membership is decided in the engine's crate. `abi` holds all that is unsafe
//! about pointers. The header `include/seafoam.h` is made from these files and from the engine's
//! tables by `tests/header.rs`.
//!
//! Every function here is `unsafe` for one reason, which C cannot state in types: a pointer must be
//! NULL, or what the header says that it is (a handle of that type that was not freed, a text that
//! ends in NUL, an array of the given length, memory for one result).

// The names of C are written as C writes them, so that each can be found by one search.
#![allow(non_camel_case_types)]

mod abi;
mod version;

mod error;
mod words;

mod config;

mod cluster;
mod leadership;
mod members;
mod messages;
mod receipt;
mod settings;

mod keyring;

mod node;
mod why;

mod event;
mod events;
mod flat;

mod callback;
mod tenure;

mod stats;

mod log;

#[cfg(feature = "bench")]
mod bench;

#[cfg(test)]
mod layout;
