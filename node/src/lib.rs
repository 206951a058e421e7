//! The native half of the Node package: arguments in, one call of the facade, plain data out.
//!
//! Nothing here is public API: `lib/*.js` wraps it. The engine's threads never run JavaScript; they
//! mark what is ready and ring one weak bell per environment ([`wake`]), and the JavaScript side
//! comes and takes it. Events and nodes cross in packed batches ([`pack`]).

// The addon's functions are seen by `lib/*.js` alone; napi's macros make items without docs.
#![allow(missing_docs)]
// Node copies every argument into Rust; there is nothing to borrow from.
#![allow(clippy::needless_pass_by_value)]

mod cluster;
mod error;
mod event;
mod keyring;
mod log;
mod pack;
mod parse;
mod pending;
mod snapshot;
mod tables;
mod wake;

#[cfg(feature = "bench")]
mod bench;
