//! A forked child: every call says so, nothing of the parent is disturbed, and it can start a
//! cluster of its own. In a file of its own: a fork takes along whatever other tests do just then.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // also in what tests share

#[path = "../../core/tests/net_support/mod.rs"]
mod net_support;

use std::net::{TcpListener, UdpSocket};

use net_support::{LONG, cluster_name, config, events, eventually, join, ready, start};
use seafoam::{Cluster, ErrorCode, EventOptions, Events, LogLevel, Pending};

/// Runs `child` in a forked process and returns its exit code.
fn fork(child: impl FnOnce() -> i32) -> i32 {
    // SAFETY: the child runs `child` alone and ends by `_exit`, without unwinding into the harness.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0, "fork");
    if pid == 0 {
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(child));
        // SAFETY: ends this process at once; nothing of it is used afterwards.
        unsafe { libc::_exit(outcome.unwrap_or(99)) };
    }
    let mut status = 0;
    let mut ended = 0;
    eventually("the child ends", || {
        // SAFETY: `status` is writable for the length of the call.
        ended = unsafe { libc::waitpid(pid, &raw mut status, libc::WNOHANG) };
        ended != 0
    });
    assert_eq!(ended, pid);
    assert!(libc::WIFEXITED(status), "the child died of a signal: {status}");
    libc::WEXITSTATUS(status)
}

/// The number of the first check that fails, or 0.
fn in_child(cluster: Cluster, heard: Events, waiting: Pending<()>, name: &str, port: u16) -> i32 {
    let is_forked = |error: seafoam::Error| error.code() == ErrorCode::Forked;
    let checks = [
        cluster.all_nodes().is_err_and(is_forked),
        cluster.broadcast(b"x").is_err_and(is_forked),
        cluster.stats().is_err_and(is_forked),
        cluster.get("name").is_err_and(is_forked),
        cluster.set("heartbeat_millis", "100").is_err_and(is_forked),
        cluster.add_node("127.0.0.1:1").is_err_and(is_forked),
        cluster.events(EventOptions::default()).is_err_and(is_forked),
        cluster.on_status(|_, _| ()).is_err_and(is_forked),
        cluster.ping_node("127.0.0.1:1").wait().is_err_and(is_forked),
        cluster.ready(1, false, LONG).wait().is_err_and(is_forked),
        cluster.leave(LONG).wait().is_err_and(is_forked),
        cluster.close().wait().is_err_and(is_forked),
        cluster.is_closed() && !cluster.is_leader() && !cluster.is_valid(),
        heard.next_timeout(LONG).is_err_and(is_forked),
        heard.is_ended(),
        waiting.wait().is_err_and(is_forked),
        // The sockets of the parent are not held here.
        !holds_port(port),
    ];
    if let Some(failed) = checks.iter().position(|holds| !holds) {
        return i32::try_from(failed).map_or(98, |failed| failed + 1);
    }
    drop((cluster, heard));
    seafoam::log(LogLevel::Info, "a line from the child");
    seafoam::flush_log(LONG);
    let (own, other) = (start(config(name)), start(config(name)));
    own.add_node(&net_support::address(&other)).expect("an address");
    if own.ready(2, false, LONG).wait().is_err() {
        return 97;
    }
    if own.close().wait().is_err() || other.close().wait().is_err() { 96 } else { 0 }
}

/// Whether this process has a socket on the port, by what the kernel tells of its descriptors.
fn holds_port(port: u16) -> bool {
    let inodes: Vec<String> = ["udp", "tcp"]
        .iter()
        .filter_map(|table| std::fs::read_to_string(format!("/proc/net/{table}")).ok())
        .flat_map(|table| table.lines().map(str::to_owned).collect::<Vec<_>>())
        .filter(|line| line.contains(&format!("0100007F:{port:04X} ")))
        .filter_map(|line| line.split_whitespace().nth(9).map(|inode| format!("socket:[{inode}]")))
        .collect();
    let links = std::fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let mut links = links.filter_map(|entry| std::fs::read_link(entry.path()).ok());
    links.any(|link| inodes.iter().any(|inode| link.as_os_str() == inode.as_str()))
}

#[test]
fn a_forked_child_is_told_so_and_disturbs_nothing() {
    let name = cluster_name();
    let first = start(config(&name));
    let second = join(&name, &first);
    ready(&[&first, &second], 2);
    let port = first.local_node().unwrap().port;
    assert!(holds_port(port), "the parent holds it");
    let (heard, waiting) = (events(&first), first.ready(3, false, LONG));
    let in_parent = events(&first);
    let copy = first.clone();
    let own_name = cluster_name();
    let code = fork(move || in_child(copy, heard, waiting, &own_name, port));
    assert_eq!(code, 0, "the check of this number failed in the child");

    // Nobody noticed: no status changed, and the parent goes on.
    assert_eq!(in_parent.try_next(), Ok(None));
    assert!(second.ping_node(&first.local_node().unwrap().name).wait().is_ok());
    let third = join(&name, &first);
    ready(&[&first, &second, &third], 3);

    for cluster in [&third, &second, &first] {
        net_support::leave(cluster);
    }
}

#[test]
fn a_child_does_not_hold_the_port_of_its_parent() {
    let cluster = start(config(&cluster_name()));
    let port = cluster.local_node().unwrap().port;
    // SAFETY: the child only sleeps, in one system call, until it is killed below.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        // SAFETY: as above; `pause` returns only when a signal has come.
        unsafe {
            libc::pause();
            libc::_exit(0);
        }
    }
    cluster.close().wait().expect("it closes");
    // The child closes them as the first thing it does, which may be later than this.
    let is_free = || {
        UdpSocket::bind(("127.0.0.1", port)).is_ok()
            && TcpListener::bind(("127.0.0.1", port)).is_ok()
    };
    let free = std::panic::catch_unwind(|| eventually("the port is free", is_free)).is_ok();
    let mut status = 0;
    // SAFETY: `pid` is this process's own child, which has not been waited for.
    unsafe {
        libc::kill(pid, libc::SIGKILL);
        libc::waitpid(pid, &raw mut status, 0);
    }
    assert!(free, "the child, alive, held the port of its closed parent");
}
