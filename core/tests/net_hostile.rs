//! A node among senders of anything: it counts, answers nothing, and goes on. In a file of its
//! own, as it counts the lines of the log.
#![cfg(feature = "runtime")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // also in what tests share

mod net_support;

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use net_support::{LONG, address, cluster_name, config, eventually, join, ready, start};
use seafoam::{Cluster, flush_log, limits, set_logger};

const GARBAGE: usize = 100_000;
/// Few enough to wait in the kernel's buffer.
const AT_ONCE: usize = 256;

static LINES: AtomicUsize = AtomicUsize::new(0);

/// A fixed sequence (splitmix64): a failure can be seen again.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn bytes(&mut self, most: u64) -> Vec<u8> {
        (0..self.next() % most).map(|_| self.next() as u8).collect()
    }
}

/// A real PING of this node, taken from the wire.
fn ping_of(node: &Cluster) -> Vec<u8> {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(LONG)).unwrap();
    drop(node.ping_node(&socket.local_addr().unwrap().to_string()));
    let mut buffer = [0; 2048];
    let length = socket.recv(&mut buffer).expect("the ping arrives");
    buffer[..length].to_vec()
}

#[test]
fn garbage_is_counted_and_never_answered() {
    set_logger(Some(Box::new(|_, _| {
        LINES.fetch_add(1, Ordering::Relaxed);
    })));
    let name = cluster_name();
    let node = start(config(&name));
    let foreign = start(config(&cluster_name()));
    let (own_ping, foreign_ping) = (ping_of(&node), ping_of(&foreign));
    flush_log(LONG);
    let lines_before = LINES.load(Ordering::Relaxed);
    let before = node.stats().unwrap();

    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(address(&node)).unwrap();
    let mut random = Random(1);
    for count in 1..=GARBAGE {
        let bytes = match count % 4 {
            0 => random.bytes(1500),
            1 => own_ping[..random.next() as usize % 16].to_vec(),
            2 => foreign_ping.clone(),
            _ => {
                let mut version = own_ping.clone();
                version[0] ^= 0x80;
                version
            }
        };
        socket.send(&bytes).unwrap();
        if count % AT_ONCE == 0 || count == GARBAGE {
            eventually("the node has read it", || {
                node.stats().unwrap().datagrams_received - before.datagrams_received >= count as u64
            });
        }
    }
    let after = node.stats().unwrap();
    let dropped = |stats: &seafoam::Stats| {
        stats.dropped_malformed
            + stats.dropped_version
            + stats.dropped_unknown_kind
            + stats.dropped_foreign_cluster
            + stats.dropped_sealed
    };
    assert_eq!(dropped(&after) - dropped(&before), GARBAGE as u64, "{after:#?}");
    assert!(after.dropped_foreign_cluster - before.dropped_foreign_cluster >= GARBAGE as u64 / 4);
    assert_eq!(after.members, 1);

    socket.set_nonblocking(true).unwrap();
    let answer = socket.recv(&mut [0; 64]).map_err(|error| error.kind());
    assert_eq!(answer, Err(ErrorKind::WouldBlock));
    flush_log(LONG);
    let lines = LINES.load(Ordering::Relaxed) - lines_before;
    assert!(lines <= 8, "{lines} lines of log for {GARBAGE} datagrams");

    let second = join(&name, &node);
    ready(&[&node, &second], 2);
    garbage_over_tcp_is_dropped(&node);
    set_logger(None);
}

/// In the same test: what it counts would disturb the other.
fn garbage_over_tcp_is_dropped(node: &Cluster) {
    let at: SocketAddr = address(node).parse().unwrap();
    let mut random = Random(2);
    let mut stream = TcpStream::connect(at).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream.write_all(&random.bytes(60_000)).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer); // a reset is as good an end
    assert_eq!(answer, []);

    // More than any table takes: cut off, not swallowed.
    let before = node.stats().unwrap().dropped_oversized;
    let mut stream = TcpStream::connect(at).unwrap();
    let chunk = vec![0; 64 << 10];
    let most = limits::STREAM_BYTES / chunk.len() + 200;
    let refused = (0..most).any(|_| stream.write_all(&chunk).is_err());
    eventually("it was cut off", || node.stats().unwrap().dropped_oversized > before);
    assert!(refused || most * chunk.len() > limits::STREAM_BYTES);

    // Connections that say nothing take their own slots alone, and lose them in time.
    let idle: Vec<_> = (0..limits::STREAM_SLOTS_PER_ADDRESS + 4)
        .map(|_| TcpStream::connect(at).unwrap())
        .collect();
    eventually("the last ones were refused", || node.stats().unwrap().streams_refused >= 4);
    let failed = node.stats().unwrap().streams_failed;
    for mut stream in &idle {
        stream.set_read_timeout(Some(limits::STREAM_TIME + LONG)).unwrap();
        assert_eq!(stream.read(&mut [0; 8]).unwrap_or(0), 0);
    }
    eventually("the idle ones were given up", || {
        node.stats().unwrap().streams_failed >= failed + limits::STREAM_SLOTS_PER_ADDRESS as u64
    });
    let again = node.ready(2, false, Duration::from_secs(10)).wait();
    assert_eq!(again, Ok(()));
}
