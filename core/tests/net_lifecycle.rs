//! Start and close: what is taken is given back, from every thread and in every order.
#![cfg(feature = "runtime")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // also in what tests share

mod net_support;

use std::net::{TcpListener, UdpSocket};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use net_support::{LONG, address, cluster_name, config, crash, events, start};
use seafoam::{Cluster, ErrorCode, Event, EventOptions};

fn start_error(config: seafoam::Config) -> seafoam::Error {
    match Cluster::start(config).wait() {
        Ok(cluster) => panic!("{cluster:?} started"),
        Err(error) => error,
    }
}

#[test]
fn the_port_is_readable_and_free_again_after_close() {
    let cluster = start(config(&cluster_name()));
    let port: u16 = cluster.get("listen_port").unwrap().parse().unwrap();
    assert_ne!(port, 0);
    assert_eq!(address(&cluster), format!("127.0.0.1:{port}"));
    assert_eq!(cluster.get("name").unwrap(), address(&cluster));
    UdpSocket::bind(("127.0.0.1", port)).expect_err("UDP is held");
    TcpListener::bind(("127.0.0.1", port)).expect_err("TCP is held");
    crash(cluster);
    UdpSocket::bind(("127.0.0.1", port)).expect("UDP is free");
    TcpListener::bind(("127.0.0.1", port)).expect("TCP is free");
}

#[test]
fn a_port_in_use_is_told_for_either_protocol_and_nothing_stays() {
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = udp.local_addr().unwrap().port();
    let error = start_error(config(&cluster_name()).listen_port(port));
    assert_eq!(error.code(), ErrorCode::AddressInUse);
    let text = format!("another socket holds 127.0.0.1:{port} (UDP)");
    assert!(error.message().starts_with(&text), "{error}");
    TcpListener::bind(("127.0.0.1", port)).expect("the TCP half was not taken");

    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = tcp.local_addr().unwrap().port();
    let error = start_error(config(&cluster_name()).listen_port(port));
    assert_eq!(error.code(), ErrorCode::AddressInUse);
    assert!(error.message().contains("(TCP)"), "{error}");
    UdpSocket::bind(("127.0.0.1", port)).expect("the UDP half was given back");
}

#[test]
fn addresses_that_cannot_be_used_are_told() {
    let foreign: std::net::IpAddr = "203.0.113.77".parse().unwrap();
    let error = start_error(config(&cluster_name()).listen_ip(foreign).insecure(true));
    assert_eq!(error.code(), ErrorCode::InvalidAddress);
    assert!(error.message().contains("203.0.113.77 is no address of this machine"), "{error}");

    let error = start_error(config(&cluster_name()).advertise_address("0.0.0.0:7"));
    assert_eq!(error.code(), ErrorCode::InvalidAddress);
    let error = start_error(config(&cluster_name()).advertise_address("[::1]:7"));
    assert_eq!(error.code(), ErrorCode::ResolveFailed);
    assert!(error.message().contains("no IPv4 address"), "{error}");
    let error = start_error(config(&cluster_name()).advertise_address("host.invalid:7"));
    assert_eq!(error.code(), ErrorCode::ResolveFailed);
}

#[test]
fn an_unspecified_address_advertises_one_that_others_reach() {
    let any: std::net::IpAddr = "0.0.0.0".parse().unwrap();
    let cluster = start(config(&cluster_name()).listen_ip(any).insecure(true));
    let advertised: std::net::SocketAddr = address(&cluster).parse().unwrap();
    assert!(advertised.is_ipv4() && !advertised.ip().is_unspecified());
    crash(cluster);
}

#[test]
fn close_is_quick_twice_and_ends_every_call() {
    let cluster = start(config(&cluster_name()));
    let subscription = events(&cluster);
    let waiting = cluster.ready(2, false, LONG);
    let begin = Instant::now();
    cluster.close().wait().expect("it closes");
    cluster.close().wait().expect("it is closed");
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());

    assert!(cluster.is_closed());
    let closed = |error: seafoam::Error| assert_eq!(error.code(), ErrorCode::Closed, "{error}");
    closed(waiting.wait().unwrap_err());
    closed(cluster.all_nodes().unwrap_err());
    closed(cluster.local_node().unwrap_err());
    closed(cluster.node("x").unwrap_err());
    closed(cluster.stats().unwrap_err());
    closed(cluster.get("name").unwrap_err());
    closed(cluster.set("heartbeat_millis", "400").unwrap_err());
    closed(cluster.broadcast(b"x").unwrap_err());
    closed(cluster.add_node("127.0.0.1:1").unwrap_err());
    closed(cluster.remove_node("x").unwrap_err());
    closed(cluster.ping_node("127.0.0.1:1").wait().unwrap_err());
    closed(cluster.ready(1, false, LONG).wait().unwrap_err());
    closed(cluster.leave(LONG).wait().unwrap_err());
    closed(cluster.events(EventOptions::default()).unwrap_err());
    closed(cluster.on_status(|_, _| ()).unwrap_err());
    assert!(!cluster.is_leader() && !cluster.is_valid());

    let last = std::iter::from_fn(|| subscription.next_timeout(LONG).ok().flatten()).last();
    assert!(matches!(last.as_deref(), Some(Event::Closed { error: None })), "{last:?}");
    closed(subscription.try_next().unwrap_err());
}

#[test]
fn closing_wakes_a_reader_on_another_thread() {
    let cluster = start(config(&cluster_name()));
    let subscription = events(&cluster);
    let (waits, has_begun) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        waits.send(()).unwrap();
        loop {
            match subscription.next_timeout(LONG) {
                Ok(Some(_)) => {}
                Ok(None) => panic!("the reader was not woken"),
                Err(error) => return error.code(),
            }
        }
    });
    has_begun.recv().unwrap();
    cluster.close().wait().expect("it closes");
    assert_eq!(reader.join().unwrap(), ErrorCode::Closed);
}

#[test]
fn dropping_the_last_clone_closes() {
    let cluster = start(config(&cluster_name()));
    let port: u16 = cluster.get("listen_port").unwrap().parse().unwrap();
    let subscription = events(&cluster);
    let clone = cluster.clone();
    drop(cluster);
    assert!(clone.all_nodes().is_ok(), "a clone holds it");
    drop(clone);
    let last = std::iter::from_fn(|| subscription.next_timeout(LONG).ok().flatten()).last();
    assert!(matches!(last.as_deref(), Some(Event::Closed { error: None })), "{last:?}");
    net_support::eventually("the port is free", || UdpSocket::bind(("127.0.0.1", port)).is_ok());
}

#[test]
fn dropping_the_pending_start_closes() {
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = udp.local_addr().unwrap().port();
    drop(udp);
    drop(Cluster::start(config(&cluster_name()).listen_port(port)));
    net_support::eventually("the port is free", || TcpListener::bind(("127.0.0.1", port)).is_ok());
}

#[test]
fn ready_says_how_many_there_were() {
    let cluster = start(config(&cluster_name()));
    let error = cluster.ready(3, false, Duration::from_millis(20)).wait().unwrap_err();
    assert_eq!(error.code(), ErrorCode::Timeout);
    assert_eq!(error.message(), "1 of 3 healthy members after 20 ms");
    assert_eq!(cluster.ready(1, true, LONG).wait().unwrap_err().code(), ErrorCode::NotValid);
    crash(cluster);
}

#[test]
fn the_longest_deadlines_do_not_overflow() {
    let cluster = start(config(&cluster_name()));
    cluster.ready(1, false, Duration::MAX).wait().expect("one is there");
    let waiting = cluster.ready(2, false, Duration::MAX);
    assert!(waiting.wait_for(Duration::from_millis(10)).is_none());
    let closing = cluster.clone();
    let closer = std::thread::spawn(move || closing.close().wait());
    assert_eq!(waiting.wait().unwrap_err().code(), ErrorCode::Closed);
    closer.join().unwrap().expect("it closes");
}

#[test]
fn names_and_addresses_that_are_none_are_told() {
    let cluster = start(config(&cluster_name()));
    for text in ["", "a b", "host:0", "1.2.3.4.5", "[::1", &"x".repeat(300)] {
        let error = cluster.add_node(text).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidAddress, "{text}: {error}");
    }
    let error = cluster.add_node("[::1]:7").unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidAddress, "{error}");
    for text in ["", "nobody", "a b"] {
        let error = cluster.ping_node(text).wait().unwrap_err();
        assert_eq!(error.code(), ErrorCode::UnknownNode, "{text}: {error}");
    }
    let error = cluster.ping_node("host.invalid:7").wait().unwrap_err();
    assert_eq!(error.code(), ErrorCode::ResolveFailed, "{error}");
    crash(cluster);
}
