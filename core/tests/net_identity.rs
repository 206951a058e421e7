//! Names: one is one node's; and settings that change while the node runs.
#![cfg(feature = "runtime")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // also in what tests share

mod net_support;

use std::time::Duration;

use net_support::{
    LONG, address, cluster_name, config, crash, events, join, ready, start, wait_for,
};
use seafoam::{ErrorCode, Event, EventKind};

#[test]
fn the_older_of_two_with_one_name_gives_way() {
    let name = cluster_name();
    let bystander = start(config(&name));
    let seed = address(&bystander);
    let twin = || start(config(&name).name("twin").initial_hosts([seed.as_str()]));
    let older = twin();
    ready(&[&bystander, &older], 2);
    let heard = events(&older);
    let newer = twin();
    ready(&[&newer], 2);
    let is_conflict = |event: &Event| event.kind() == EventKind::Conflict;
    let (conflict, _) = wait_for(&heard, "conflict", is_conflict);
    let Event::Conflict { node, other_address } = &*conflict else { panic!("{conflict:?}") };
    assert_eq!((&*node.name, &**other_address), ("twin", &*address(&newer)));
    assert!(older.all_nodes().is_ok(), "it has time to be looked at");

    let (end, took) = wait_for(&heard, "end", |event| event.kind() == EventKind::Closed);
    let Event::Closed { error: Some(error) } = &*end else { panic!("{end:?}") };
    assert_eq!(error.code(), ErrorCode::Conflict, "{error}");
    assert!(took < Duration::from_secs(7), "{took:?}");
    let error = older.all_nodes().unwrap_err();
    assert_eq!(error.code(), ErrorCode::Closed);
    assert!(error.message().contains("uses the name of this one"), "{error}");
    assert!(newer.all_nodes().is_ok());
    let twin = bystander.node("twin").unwrap().unwrap();
    assert_eq!((&*twin.address, twin.is_healthy()), (&*address(&newer), true));
}

#[test]
fn settings_change_while_it_runs_or_say_why_not() {
    let cluster = start(config(&cluster_name()).max_datagram_bytes(600_u32));
    cluster.set_heartbeat_millis(250_u32).unwrap();
    assert_eq!(cluster.get("heartbeat_millis").unwrap(), "250");
    cluster.set_max_broadcast_bytes(4_u32).unwrap();
    let error = cluster.broadcast(b"12345").unwrap_err();
    assert_eq!(error.code(), ErrorCode::PayloadTooLarge, "{error}");
    assert!(cluster.broadcast(b"1234").is_ok());
    for (key, value, text) in [
        ("heartbeat_millis", "5", "heartbeat_millis = \"5\" is refused"),
        ("listen_port", "5", "listen_port is fixed when the cluster starts"),
        ("no_such_key", "5", "is not a configuration key"),
        ("max_broadcast_bytes", "1000", "does not fit max_datagram_bytes = 600"),
    ] {
        let before = cluster.get(key).ok();
        let error = cluster.set(key, value).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidConfig, "{error}");
        assert!(error.message().contains(text), "{error}");
        assert_eq!(cluster.get(key).ok(), before, "nothing was changed");
    }
    cluster.set("leader_priority", "3").unwrap();
    assert_eq!(cluster.get("leader_priority").unwrap(), "3");
    crash(cluster);
}

#[test]
fn statements_about_peers_reach_the_engine() {
    let name = cluster_name();
    let first = start(config(&name));
    let second = join(&name, &first);
    ready(&[&first, &second], 2);
    let other = address(&second);
    first.touch_node(&other).unwrap();
    let before = first.node(&other).unwrap().unwrap();
    assert!(before.timestamp_millis.abs_diff(seafoam::now_millis()) < 5000, "{before:?}");
    let heard = events(&first);
    let gone = first.remove_node(&other).unwrap();
    assert_eq!(&*gone.name, other);
    assert_eq!(first.remove_node("nobody").unwrap_err().code(), ErrorCode::UnknownNode);
    let own = address(&first);
    assert_eq!(first.remove_node(&own).unwrap_err().code(), ErrorCode::InvalidAddress);
    // It speaks again, and comes back.
    wait_for(
        &heard,
        "return",
        |event| matches!(event, Event::Status { node, .. } if *node.name == *other),
    );
    ready(&[&first], 2);
    assert!(first.leave(LONG).wait().is_ok());
}
