//! Doors for the benchmark and the tests: events without a network, and one event of each kind.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

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

/// A thread that publishes one event at a time, each after the last one was seen and a pause, and
/// knows when it did.
#[napi(js_name = "Pulse")]
pub struct NativePulse {
    shared: Arc<Pulse>,
}

struct Pulse {
    /// Where the times count from.
    epoch: Instant,
    /// When the event that is on its way was published, nanoseconds; 0 while there is none.
    published: AtomicU64,
    stop: AtomicBool,
}

impl Pulse {
    fn nanos(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

#[napi]
impl NativePulse {
    #[napi(constructor)]
    pub fn new(
        cluster: &NativeCluster,
        payload_bytes: u32,
        pause_micros: u32,
    ) -> Result<Self, Failure> {
        let shared = Arc::new(Pulse {
            epoch: Instant::now(),
            published: AtomicU64::new(0),
            stop: AtomicBool::new(false),
        });
        let (pulse, cluster) = (Arc::clone(&shared), cluster.cluster().clone());
        let pause = Duration::from_micros(u64::from(pause_micros));
        let beat = move || {
            while !pulse.stop.load(Ordering::Acquire) {
                std::thread::sleep(pause);
                if pulse.published.load(Ordering::Acquire) != 0 {
                    continue; // it was not seen yet
                }
                pulse.published.store(pulse.nanos(), Ordering::Release);
                if cluster.bench_publish(1, payload_bytes as usize).is_err() {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name("seafoam-pulse".to_owned());
        guard(|| match thread.spawn(beat) {
            Ok(_) => Ok(Self { shared }),
            Err(error) => Err(Error::new(ErrorCode::Internal, error.to_string())),
        })
    }

    /// Microseconds since the event that was just seen was published; the next one may come.
    #[napi]
    pub fn seen(&self) -> f64 {
        let now = self.shared.nanos();
        let published = self.shared.published.swap(0, Ordering::AcqRel);
        now.saturating_sub(published) as f64 / 1000.0
    }

    #[napi]
    pub fn stop(&self) {
        self.shared.stop.store(true, Ordering::Release);
    }
}

/// As that of [`NativeFlood`].
impl Drop for NativePulse {
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
