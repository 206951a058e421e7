//! Finding the others without any seed. In a file of its own, as it listens to the log.
#![cfg(feature = "runtime")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // also in what tests share
#![allow(clippy::print_stdout)] // the reason of what is skipped

mod net_support;

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use net_support::{cluster_name, config, crash, eventually, ready, start};
use seafoam::{Cluster, Config, LogLevel, set_logger};

static WARNINGS: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn listen_to_the_log() {
    set_logger(Some(Box::new(|level, text| {
        if level == LogLevel::Warn {
            WARNINGS.lock().unwrap_or_else(PoisonError::into_inner).push(text.to_owned());
        }
    })));
}

fn refusals(group: &str) -> Vec<String> {
    let start = format!("no multicast on {group}");
    let warnings = WARNINGS.lock().unwrap_or_else(PoisonError::into_inner);
    warnings.iter().filter(|text| text.starts_with(&start)).cloned().collect()
}

/// A group port that belongs to this test alone: others may run beside it.
fn on(listen: IpAddr, port: u16, cluster: &str) -> Config {
    config(cluster)
        .listen_ip(listen)
        .insecure(!listen.is_loopback())
        .multicast_enabled(true)
        .multicast_port(port)
}

/// Whether two nodes found each other; false, with the reason printed, where the network refuses.
fn found(listen: &str, group: &str) -> bool {
    let listen: IpAddr = listen.parse().unwrap();
    let port = net_support::free_ports(1)[0];
    let name = cluster_name();
    let first = start(on(listen, port, &name));
    let group =
        if listen.is_ipv4() { format!("{group}:{port}") } else { format!("[{group}]:{port}") };
    eventually("it is announced or refused", || {
        first.stats().unwrap().multicast_sent >= 1 || !refusals(&group).is_empty()
    });
    if let [refusal, ..] = refusals(&group).as_slice() {
        println!("SKIP {listen}: {refusal}");
        assert_eq!(first.stats().unwrap().multicast_sent, 0);
        assert_eq!(refusals(&group).len(), 1, "one warning, not one for each try");
        crash(first);
        return false;
    }
    let (second, foreign) =
        (start(on(listen, port, &name)), start(on(listen, port, &cluster_name())));
    ready(&[&first, &second], 2);
    eventually("the foreign announcement was ignored", || {
        first.stats().unwrap().multicast_ignored >= 1
    });
    assert_eq!(foreign.all_nodes().unwrap().len(), 1);
    assert!(first.stats().unwrap().multicast_received >= 1);
    [first, second, foreign].into_iter().for_each(crash);
    true
}

#[test]
fn nodes_find_each_other_by_multicast_in_both_families() {
    listen_to_the_log();
    let mut families = [found("127.0.0.1", "224.0.0.0"), found("::1", "ff02::1")];
    if !families[1] {
        // Loopback often has no multicast in IPv6: a real interface does.
        let all = if_addrs::get_if_addrs().unwrap().into_iter().map(|one| one.ip());
        let outside = |ip: &IpAddr| ip.is_ipv6() && !ip.is_loopback();
        match all.filter(outside).min() {
            Some(ip) => families[1] = found(&ip.to_string(), "ff02::1"),
            None => println!("SKIP IPv6: this machine has no address of it but loopback"),
        }
    }
    println!("found by multicast: IPv4 {}, IPv6 {}", families[0], families[1]);

    // The interval can be set while the node runs: one announcement becomes many.
    if families[0] {
        let listen: IpAddr = "127.0.0.1".parse().unwrap();
        let alone = start(on(listen, 9998, &cluster_name()));
        eventually("it is announced once", || sent(&alone) == 1);
        alone.set_multicast_announce_interval_seconds(1_u32).unwrap();
        eventually("it is announced again and again", || sent(&alone) >= 3);
        crash(alone);
    }
    set_logger(None);
}

fn sent(cluster: &Cluster) -> u64 {
    cluster.stats().unwrap().multicast_sent
}
