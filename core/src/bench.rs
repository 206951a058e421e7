//! A door for benchmarks of the bindings: events without a network. Not public API.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use crate::Cluster;
use crate::api::error::Result;
use crate::api::event::Event;
use crate::api::label::Label;
use crate::proto::wire::MemberRecord;

/// Broadcasts published at once: as many of 64 bytes as one datagram brings.
const PER_DATAGRAM: u32 = 12;

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
        let event = |index| Event::Broadcast {
            origin: Arc::clone(&origin),
            index,
            label: Label::new(address, index),
            // A payload of its own, as each broadcast that arrives has.
            bytes: payload.as_slice().into(),
        };
        for begin in (0..count).step_by(PER_DATAGRAM as usize) {
            let end = count.min(begin + PER_DATAGRAM);
            self.shared.hub.publish((begin..end).map(event));
        }
        Ok(())
    }

    /// Lists members that were never there, whatever `max_members` says: what reading a large table
    /// costs.
    ///
    /// # Errors
    /// `closed`, `forked`.
    #[doc(hidden)]
    pub fn bench_fill(&self, records: impl Iterator<Item = MemberRecord>) -> Result<()> {
        self.shared.with_engine(|engine, now| {
            engine.bench_fill(now, records);
            Ok(())
        })
    }
}
