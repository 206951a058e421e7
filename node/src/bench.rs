//! Doors for the benchmark and the tests: events without a network, and one event of each kind.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use napi::bindgen_prelude::Buffer;
use napi_derive::napi;
use seafoam::{
    Error, ErrorCode, Event, EventKind, LinkDirection, Node, NodeStatus, Validity, ValidityState,
};

use crate::cluster::NativeCluster;
use crate::error::{Failure, guard};
use crate::pack::Pack;

/// Publishes so many broadcasts into the cluster's subscriptions, on this thread.
#[napi]
pub fn bench_publish(
    cluster: &NativeCluster,
    count: u32,
    payload_bytes: u32,
) -> Result<(), Failure> {
    guard(|| cluster.cluster().bench_publish(count, payload_bytes as usize))
}

/// A thread that publishes without pause until it is stopped or the cluster is closed.
#[napi(js_name = "Flood")]
pub struct NativeFlood {
    stop: Arc<AtomicBool>,
}

#[napi]
impl NativeFlood {
    /// Publishes bursts of `burst` broadcasts with `pause_micros` between them.
    #[napi(constructor)]
    pub fn new(
        cluster: &NativeCluster,
        burst: u32,
        payload_bytes: u32,
        pause_micros: u32,
    ) -> Result<Self, Failure> {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, cluster) = (Arc::clone(&stop), cluster.cluster().clone());
        let pause = Duration::from_micros(u64::from(pause_micros));
        let flood = move || {
            while !stopped.load(Ordering::Acquire)
                && cluster.bench_publish(burst, payload_bytes as usize).is_ok()
            {
                std::thread::sleep(pause);
            }
        };
        let thread = std::thread::Builder::new().name("seafoam-flood".to_owned());
        guard(|| match thread.spawn(flood) {
            Ok(_) => Ok(Self { stop }),
            Err(error) => Err(Error::new(ErrorCode::Internal, error.to_string())),
        })
    }

    #[napi]
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Release);
    }
}

/// The thread keeps the cluster open: it must not outlive the environment.
impl Drop for NativeFlood {
    fn drop(&mut self) {
        self.stop();
    }
}

/// One event of each kind about the cluster's own node, packed.
#[napi]
pub fn sample_events(cluster: &NativeCluster) -> Result<Buffer, Failure> {
    guard(|| {
        let node = cluster.cluster().local_node()?;
        let events: seafoam::Result<Vec<_>> = EventKind::ALL
            .iter()
            .map(|kind| Ok(Arc::new(sample(*kind, Arc::clone(&node)))))
            .collect();
        Ok(Pack::of_events(&events?).into())
    })
}

fn sample(kind: EventKind, node: Arc<Node>) -> Event {
    match kind {
        EventKind::Status => Event::Status {
            node,
            status: NodeStatus::Dead,
            previous: NodeStatus::Suspected,
            source: "witness".into(),
        },
        EventKind::Broadcast => Event::Broadcast {
            origin: node,
            index: u32::MAX,
            label: "127.0.0.1:1:4294967295".into(),
            bytes: Arc::from(&b"\x00\xff"[..]),
        },
        EventKind::Message => Event::Message { sender: node, bytes: Arc::from(&b""[..]) },
        EventKind::Leader => {
            Event::Leader { leader: Some(node), term: (1 << 53) - 1, scope: Some(7) }
        }
        EventKind::Validity => Event::Validity {
            validity: Arc::new(Validity {
                state: ValidityState::Invalid,
                seen: vec!["one".into()],
                needed: 3,
                missing: vec!["two".into(), "three".into()],
                ..Validity::fallback()
            }),
        },
        EventKind::Node => Event::Node { node },
        EventKind::Conflict => Event::Conflict { node, other_address: "127.0.0.1:2".into() },
        EventKind::Link => Event::Link { node, direction: LinkDirection::Outbound },
        EventKind::Merged => Event::Merged { members: 4 },
        EventKind::Datacenter => Event::Datacenter { number: 9, lost: true },
        EventKind::Lagged => Event::Lagged { missed: 1 << 40 },
        EventKind::Closed => {
            Event::Closed { error: Some(Arc::new(Error::new(ErrorCode::Internal, "sample"))) }
        }
    }
}
