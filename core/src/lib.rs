//! Cluster membership that a service can trust: who is alive, in every language of a mixed fleet.
//!
//! A [`Cluster`] is one node's membership. It finds the others by seeds, multicast or by hand, probes
//! them (SWIM with Lifeguard's additions), and tells of every change by [`Events`] or callbacks. It
//! runs on a thread of its own; nothing here needs an async runtime, and every [`Pending`] result can
//! be awaited in any, or waited for on a thread.
//!
//! ```
//! use std::time::Duration;
//! use seafoam::{Cluster, Config, Event, EventOptions};
//!
//! # fn main() -> Result<(), seafoam::Error> {
//! let config = || Config::new().listen_port(0_u16).multicast_enabled(false).cluster_name("harbour");
//! let first = Cluster::start(config()).wait()?;
//! let seed = first.local_node()?.address.to_string();
//! let second = Cluster::start(config().initial_hosts(vec![seed])).wait()?;
//! let events = second.events(EventOptions::default())?;
//!
//! first.ready(2, false, Duration::from_secs(5)).wait()?;
//! first.broadcast(b"high tide")?;
//! while let Some(event) = events.next_timeout(Duration::from_secs(5))? {
//!     if let Event::Broadcast { origin, bytes, .. } = &*event {
//!         assert_eq!((&*origin.name, &**bytes), (&*first.local_node()?.name, &b"high tide"[..]));
//!         break;
//!     }
//! }
//! second.leave(Duration::from_secs(1)).wait()?;
//! second.close().wait()?;
//! first.close().wait()
//! # }
//! ```
//!
//! Without default features only the sans-IO engine is built ([`proto`]): no clock, no sockets, no
//! threads, for simulators and model checkers.

#![forbid(unsafe_code)]

pub mod api;
pub mod limits;
pub mod proto;

#[cfg(feature = "bench")]
mod bench;
#[cfg(feature = "runtime")]
mod callbacks;
#[cfg(feature = "runtime")]
mod clock;
#[cfg(feature = "runtime")]
mod cluster;
#[cfg(feature = "runtime")]
mod events;
#[cfg(feature = "runtime")]
mod fork;
#[cfg(feature = "runtime")]
mod hook;
#[cfg(feature = "runtime")]
mod hub;
#[cfg(feature = "runtime")]
mod keyring;
#[cfg(feature = "runtime")]
mod leadership;
#[cfg(feature = "runtime")]
mod live;
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
mod sync;
#[cfg(feature = "runtime")]
mod tenure;
#[cfg(feature = "runtime")]
mod view;
#[cfg(feature = "runtime")]
mod waiters;
#[cfg(feature = "runtime")]
mod watch;

pub use api::calls::{CLUSTER_CALLS, Call, KEYRING_CALLS, PROCESS_CALLS};
pub use api::config::{CONFIG_KEYS, Config, ConfigKey, Settings};
pub use api::error::{Error, ErrorCode, Result};
pub use api::event::{EVENT_FIELDS, Event, EventKind, EventKinds, LinkDirection};
pub use api::keys::{KEY_INFO_FIELDS, KeyInfo, MEMBER_KEYS_FIELDS, MemberKeys};
pub use api::label::Label;
pub use api::level::LogLevel;
pub use api::node::{
    DATACENTER_NONE, NODE_FIELDS, Node, NodeRank, NodeStatus, PING_NO_DATA, PING_TIMED_OUT,
};
pub use api::receipt::Receipt;
pub use api::stats::Stats;
pub use api::validity::{
    Hint, Lease, TermQuality, Validity, ValidityBasis, ValidityState, WHY_FIELDS, Why,
};
pub use api::value::{LeaderScope, Profile};
#[cfg(feature = "runtime")]
pub use callbacks::{Callback, CallbackHandle};
#[cfg(feature = "runtime")]
pub use cluster::{Cluster, local_ip, now_millis};
#[cfg(feature = "runtime")]
pub use events::{EventOptions, Events, Wake};
#[cfg(feature = "runtime")]
pub use keyring::{Keyring, generate_key};
#[cfg(feature = "runtime")]
pub use leadership::{Leadership, Tenure};
#[cfg(feature = "runtime")]
pub use log::{LogLine, LogLines, Logger, flush_log, log, log_level, set_log_level, set_logger};
#[cfg(feature = "runtime")]
pub use pending::{Pending, WakeOnce};
#[cfg(feature = "runtime")]
pub use watch::LeadershipHandle;

/// Version of this library: that of its package.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
