//! Cluster membership that a service can trust.

// `fork` alone has unsafe code: what the system calls in a forked child cannot be written without.
#![deny(unsafe_code)]

pub mod api;
pub mod limits;
pub mod proto;

#[cfg(feature = "bench")]
mod bench;
#[cfg(feature = "runtime")]
mod callbacks;
#[cfg(feature = "runtime")]
mod cluster;
#[cfg(feature = "runtime")]
mod events;
#[cfg(feature = "runtime")]
mod fork;
#[cfg(feature = "runtime")]
mod log;
#[cfg(feature = "runtime")]
mod pending;
#[cfg(feature = "runtime")]
mod queue;
#[cfg(feature = "runtime")]
mod runtime;
#[cfg(feature = "runtime")]
mod shared;
#[cfg(feature = "runtime")]
mod view;
#[cfg(feature = "runtime")]
mod waiters;

pub use api::calls::{CLUSTER_CALLS, Call, PROCESS_CALLS};
pub use api::config::{CONFIG_KEYS, Config, ConfigKey, Settings};
pub use api::error::{Error, ErrorCode, Result};
pub use api::event::{EVENT_FIELDS, Event, EventKind, EventKinds, LinkDirection};
pub use api::level::LogLevel;
pub use api::node::{
    DATACENTER_NONE, NODE_FIELDS, Node, NodeRank, NodeStatus, PING_NO_DATA, PING_TIMED_OUT,
};
pub use api::stats::Stats;
pub use api::validity::{Lease, TermQuality, Validity, ValidityBasis, ValidityState, Why};
pub use api::value::{LeaderScope, Profile};
#[cfg(feature = "runtime")]
pub use callbacks::{Callback, CallbackHandle};
#[cfg(feature = "runtime")]
pub use cluster::{Cluster, local_ip, now_millis};
#[cfg(feature = "runtime")]
pub use events::{EventOptions, Events, Wake};
#[cfg(feature = "runtime")]
pub use log::{LogLine, LogLines, Logger, flush_log, log, log_level, set_log_level, set_logger};
#[cfg(feature = "runtime")]
pub use pending::{Pending, WakeOnce};

/// Version of this library: that of its package.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
