//! Sockets, clock, names and threads around the engine. Hosts never see any of it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::api::config::Config;
use crate::api::error::{Error, Result};
use crate::pending::Pending;
use crate::shared::Shared;

/// Starts a cluster on the process's engine thread.
pub(crate) fn start<T>(
    config: Config,
    wrap: impl FnOnce(Arc<Shared>) -> T + Send + 'static,
) -> Pending<T> {
    let _ = wrap;
    Pending::ready(
        config
            .resolve()
            .and_then(|_| Err(Error::not_available("start"))),
    )
}

pub(crate) fn local_ip() -> Result<Option<IpAddr>> {
    Err(Error::not_available("local_ip"))
}

pub(crate) fn wall_millis() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
