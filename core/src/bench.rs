//! A door for benchmarks of the bindings: events without a network. Not public API.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use crate::Cluster;
use crate::api::error::Result;
use crate::api::event::Event;
use crate::api::label::Label;

impl Cluster {
    /// Publishes so many broadcasts of the local node to the subscriptions of this process, on the
    /// calling thread; nothing is sent.
    ///
    /// # Errors
    /// `closed`, `forked`.
    #[doc(hidden)]
    pub fn bench_publish(&self, count: u32, payload_bytes: usize) -> Result<()> {
        let origin = self.local_node()?;
        let address = SocketAddr::new(origin.ip.unwrap_or(Ipv4Addr::LOCALHOST.into()), origin.port);
        let payload = vec![0x5a; payload_bytes];
        for index in 0..count {
            self.shared.hub.publish(Event::Broadcast {
                origin: Arc::clone(&origin),
                index,
                label: Label::new(address, index),
                // A payload of its own, as each broadcast that arrives has.
                bytes: payload.as_slice().into(),
            });
        }
        Ok(())
    }
}
