//! Members that join, fall silent, leave and return, over real sockets on loopback.
#![cfg(feature = "runtime")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // also in what tests share
#![allow(clippy::wildcard_enum_match_arm)] // a test looks for one kind

mod net_support;

use std::time::Duration;

use net_support::{
    LONG, address, cluster_name, config, crash, events, eventually, join, leave, ready, start,
    wait_for, wait_status,
};
use seafoam::{Event, EventOptions, NodeStatus};

#[test]
fn three_nodes_find_each_other_and_agree() {
    let name = cluster_name();
    let first = start(config(&name));
    let (second, third) = (join(&name, &first), join(&name, &first));
    ready(&[&first, &second, &third], 3);
    let names = |cluster: &seafoam::Cluster| {
        let nodes = cluster.healthy_nodes().unwrap();
        nodes.iter().map(|node| node.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names(&first), names(&second));
    assert_eq!(names(&first), names(&third));
    assert_eq!(&*first.local_node().unwrap().name, address(&first));
    let stats = first.stats().unwrap();
    assert_eq!(stats.members_alive, 3);
    assert!(stats.streams_accepted >= 2, "{stats:?}");
    eventually("probes go round", || first.stats().unwrap().acks_received >= 2);
    let stats = first.stats().unwrap();
    assert!(stats.datagrams_sent >= 2 && stats.datagrams_received >= 2, "{stats:?}");
    assert!(stats.bytes_sent > 0 && stats.bytes_received > 0, "{stats:?}");
    for cluster in [&third, &second, &first] {
        leave(cluster);
    }
}

#[test]
fn a_broadcast_reaches_the_others_once_and_not_its_origin() {
    let name = cluster_name();
    let first = start(config(&name));
    let others = [join(&name, &first), join(&name, &first)];
    ready(&[&first, &others[0], &others[1]], 3);
    let (own, heard) = (events(&first), others.each_ref().map(events));
    let label = first.broadcast(b"payload").unwrap();
    assert_eq!(label, format!("{}:1", address(&first)));
    for heard in &heard {
        let is_ours = |event: &Event| matches!(event, Event::Broadcast { .. });
        let (event, _) = wait_for(heard, "broadcast", is_ours);
        let Event::Broadcast { origin, label: heard_label, bytes, .. } = &*event else { panic!() };
        assert_eq!(
            (&*origin.name, &**heard_label, &**bytes),
            (&*address(&first), &*label, &b"payload"[..])
        );
    }
    // A second one tells that all copies of the first had their time.
    others[0].broadcast(b"end").unwrap();
    let mut payloads = Vec::new();
    wait_for(&own, "the end", |event| match event {
        Event::Broadcast { bytes, .. } => {
            payloads.push(bytes.to_vec());
            &**bytes == b"end"
        }
        _ => false,
    });
    assert_eq!(payloads, [b"end".to_vec()]);
}

#[test]
fn a_crash_is_seen_within_three_seconds() {
    let name = cluster_name();
    let first = start(config(&name));
    let (second, third) = (join(&name, &first), join(&name, &first));
    ready(&[&first, &second, &third], 3);
    let heard = [events(&first), events(&second)];
    let dead = address(&third);
    crash(third);
    for heard in &heard {
        let took = wait_status(heard, &dead, NodeStatus::Dead);
        assert!(took < Duration::from_secs(3), "{took:?}");
    }
}

#[test]
fn who_leaves_is_seen_to_have_left_and_never_dead() {
    let name = cluster_name();
    let first = start(config(&name));
    let second = join(&name, &first);
    ready(&[&first, &second], 2);
    let heard = events(&first);
    let left = address(&second);
    second.leave(LONG).wait().expect("it is acknowledged");
    second.leave(LONG).wait().expect("the second call has the same outcome");
    second.close().wait().expect("it closes");
    let gone = |event: &Event| {
        matches!(event, Event::Status { node, status, .. }
        if *node.name == *left && matches!(status, NodeStatus::Left | NodeStatus::Dead))
    };
    let (event, took) = wait_for(&heard, "end of the second", gone);
    assert!(matches!(&*event, Event::Status { status: NodeStatus::Left, .. }), "{event:?}");
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[test]
fn nobody_waits_for_a_peer_that_is_closed() {
    let name = cluster_name();
    let first = start(config(&name));
    let second = join(&name, &first);
    ready(&[&first, &second], 2);
    first.close().wait().expect("it closes");
    let begin = std::time::Instant::now();
    leave(&second);
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
}

#[test]
fn a_node_alone_leaves_at_once() {
    let alone = start(config(&cluster_name()));
    let begin = std::time::Instant::now();
    leave(&alone);
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
}

#[test]
fn a_restart_under_the_same_name_and_port_is_a_newer_run() {
    let name = cluster_name();
    let first = start(config(&name));
    let again = || config(&name).name("again").initial_hosts([address(&first).as_str()]);
    let second = start(again());
    ready(&[&first, &second], 2);
    let before = second.local_node().unwrap();
    let heard = events(&first);
    crash(second);
    let second = start(again().listen_port(before.port));
    let newer = |event: &Event| {
        matches!(event, Event::Status { node, status: NodeStatus::Alive, .. }
        | Event::Node { node } if &*node.name == "again" && node.generation > before.generation)
    };
    let back = || {
        let node = first.node("again").unwrap();
        node.is_some_and(|node| node.generation > before.generation && node.is_healthy())
    };
    if !back() {
        wait_for(&heard, "newer run", newer);
    }
    ready(&[&first, &second], 2);
    assert!(back());
}

#[test]
fn a_subscription_may_begin_with_the_present() {
    let name = cluster_name();
    let first = start(config(&name));
    let second = join(&name, &first);
    ready(&[&first, &second], 2);
    let options = EventOptions { initial: true, ..EventOptions::default() };
    let present = first.events(options).unwrap();
    let mut names: Vec<_> = (0..2)
        .map(|_| match &*present.try_next().unwrap().expect("it waits already") {
            Event::Status {
                node,
                status: NodeStatus::Alive,
                previous: NodeStatus::Unknown,
                ..
            } => node.name.to_string(),
            other => panic!("{other:?}"),
        })
        .collect();
    names.sort_unstable();
    let mut expected = [address(&first), address(&second)];
    expected.sort_unstable();
    assert_eq!(names, expected);
}

#[test]
fn ipv6_works_like_ipv4() {
    let name = cluster_name();
    let loopback: std::net::IpAddr = "::1".parse().unwrap();
    let v6 = || config(&name).listen_ip(loopback);
    let first = start(v6());
    assert!(address(&first).starts_with("[::1]:"), "{}", address(&first));
    let second = start(v6().initial_hosts([address(&first).as_str()]));
    ready(&[&first, &second], 2);
    let millis = first.ping_node(&address(&second)).wait().expect("an echo");
    assert!((0.0..1000.0).contains(&millis), "{millis}");
    leave(&second);
    leave(&first);
}

#[test]
fn pings_of_members_and_strangers() {
    let name = cluster_name();
    let first = start(config(&name));
    let second = start(config(&name).name("second").initial_hosts([address(&first).as_str()]));
    ready(&[&first, &second], 2);
    let port = second.local_node().unwrap().port;
    for text in ["second", &address(&second), &format!("localhost:{port}")] {
        let millis = first.ping_node(text).wait().unwrap_or_else(|error| panic!("{text}: {error}"));
        assert!((0.0..1000.0).contains(&millis), "{text}: {millis}");
    }
    let nobody = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = first.ping_node(&nobody.to_string()).wait().unwrap_err();
    assert_eq!(error.code(), seafoam::ErrorCode::Timeout, "{error}");
    assert!(error.message().contains(&nobody.to_string()), "{error}");
}

#[test]
fn a_node_added_by_name_becomes_a_member() {
    let name = cluster_name();
    let (first, second) = (start(config(&name)), start(config(&name)));
    let port = second.local_node().unwrap().port;
    let text = format!("localhost:{port}");
    let added = first.add_node(&text).unwrap();
    assert_eq!((&*added.name, added.status, added.ip), (&*text, NodeStatus::Unknown, None));
    assert_eq!(first.stats().unwrap().members_unknown, 1);
    ready(&[&first, &second], 2);
    assert!(first.node(&address(&second)).unwrap().is_some_and(|node| node.is_healthy()));
    assert_eq!(first.stats().unwrap().members_unknown, 0, "{:?}", first.all_nodes());
}
