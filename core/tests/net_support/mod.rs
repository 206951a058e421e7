//! What the tests over real sockets share. They wait for events with a deadline, never for time.
#![allow(dead_code)] // each test file uses a part of it
#![allow(clippy::expect_used, clippy::needless_pass_by_value, clippy::wildcard_enum_match_arm)]

use std::net::{TcpListener, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use seafoam::{Cluster, Config, Event, EventOptions, Events, NodeStatus};

/// Far beyond what anything here takes on a loaded machine.
pub const LONG: Duration = Duration::from_secs(20);

/// A cluster name of its own for each call: tests run side by side and never hear each other.
pub fn cluster_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("test-{}-{next}", std::process::id())
}

/// Ports that nobody has, each another one, for a list that must be known before anybody starts.
/// Below those that kernels give to outgoing connections: of those one may be gone a moment later.
pub fn free_ports(count: usize) -> Vec<u16> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let is_free = |port: &u16| {
        let at = ("127.0.0.1", *port);
        UdpSocket::bind(at).is_ok() && TcpListener::bind(at).is_ok()
    };
    let first = std::process::id().wrapping_mul(101);
    let ports = std::iter::repeat_with(|| {
        let turn = NEXT.fetch_add(1, Ordering::Relaxed);
        20_000 + u16::try_from(first.wrapping_add(turn) % 12_000).unwrap_or_default()
    });
    ports.filter(is_free).take(count).collect()
}

/// A node on a free port of loopback, without multicast.
pub fn config(cluster: &str) -> Config {
    Config::new().without_env().cluster_name(cluster).listen_port(0_u16).multicast_enabled(false)
}

pub fn start(config: Config) -> Cluster {
    Cluster::start(config).wait().expect("the cluster starts")
}

pub fn address(cluster: &Cluster) -> String {
    cluster.get("advertise_address").expect("it is open")
}

/// A node that joins by `seed`.
pub fn join(cluster: &str, seed: &Cluster) -> Cluster {
    start(config(cluster).initial_hosts([address(seed).as_str()]))
}

/// Closes without leaving, as a crash looks to the others, and waits until all is released.
pub fn crash(cluster: Cluster) {
    cluster.close().wait().expect("it closes");
}

pub fn leave(cluster: &Cluster) {
    cluster.leave(LONG).wait().expect("it leaves");
    cluster.close().wait().expect("it closes");
}

pub fn ready(clusters: &[&Cluster], members: usize) {
    for cluster in clusters {
        let outcome = cluster.ready(members, false, LONG).wait();
        outcome.unwrap_or_else(|error| panic!("{cluster:?}: {error}"));
    }
}

pub fn events(cluster: &Cluster) -> Events {
    cluster.events(EventOptions::default()).expect("a subscription")
}

/// The first event that `wanted` takes, and how long it took to come.
pub fn wait_for(
    events: &Events,
    what: &str,
    mut wanted: impl FnMut(&Event) -> bool,
) -> (Arc<Event>, Duration) {
    let begin = Instant::now();
    let mut seen = Vec::new();
    loop {
        let rest = LONG.saturating_sub(begin.elapsed());
        match events.next_timeout(rest) {
            Ok(Some(event)) if wanted(&event) => return (event, begin.elapsed()),
            Ok(Some(event)) => seen.push(event),
            Ok(None) => panic!("no {what} within {LONG:?}, but {seen:#?}"),
            Err(error) => panic!("no {what}, but {error}, after {seen:#?}"),
        }
    }
}

pub fn wait_status(events: &Events, name: &str, wanted: NodeStatus) -> Duration {
    let is_wanted = |event: &Event| match event {
        Event::Status { node, status, .. } => &*node.name == name && *status == wanted,
        _ => false,
    };
    wait_for(events, &format!("{wanted} of {name}"), is_wanted).1
}

/// Asks again and again until it is so, for what no event tells.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < LONG, "not within {LONG:?}: {what}");
        std::thread::yield_now();
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// How many threads with this name, and how many descriptors, the process has.
#[cfg(target_os = "linux")]
pub fn threads_and_descriptors() -> (Vec<String>, usize) {
    let tasks = std::fs::read_dir("/proc/self/task").expect("proc");
    let name = |task: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(task.ok()?.path().join("comm")).ok()
    };
    let ours = |name: &String| name.starts_with("seafoam");
    let threads = tasks.filter_map(name).filter(ours).collect();
    (threads, std::fs::read_dir("/proc/self/fd").expect("proc").count())
}
