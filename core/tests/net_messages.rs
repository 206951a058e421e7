//! Tags and messages over real sockets.

#![allow(clippy::unwrap_used)]

mod net_support;

use std::collections::BTreeMap;

use net_support::{LONG, address, cluster_name, config, crash, events, join, ready, start};
use seafoam::{Cluster, ErrorCode, Event, Events};

fn tags(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn message(events: &Events) -> (String, Vec<u8>) {
    loop {
        if let Event::Message { sender, bytes } = &*events.next_timeout(LONG).unwrap().unwrap() {
            return (sender.name.to_string(), bytes.to_vec());
        }
    }
}

fn wait_for_tags(by: &Cluster, of: &Cluster, wanted: &BTreeMap<String, String>) {
    let heard = events(by);
    let name = of.local_node().unwrap().name.clone();
    while *by.node(&name).unwrap().unwrap().tags != *wanted {
        assert!(heard.next_timeout(LONG).unwrap().is_some(), "{name} never had {wanted:?}");
    }
}

#[test]
fn tags_are_seen_by_all_from_the_start_and_as_they_change() {
    let name = cluster_name();
    let first = start(config(&name).tags("role=db,zone=a"));
    let second = join(&name, &first);
    ready(&[&first, &second], 2);
    wait_for_tags(&second, &first, &tags(&[("role", "db"), ("zone", "a")]));
    first.set_tags(&tags(&[("role", "cache")])).unwrap();
    assert_eq!(first.get("tags").unwrap(), "role=cache");
    wait_for_tags(&second, &first, &tags(&[("role", "cache")]));
    let owner = second.owner(b"key", &tags(&[("role", "cache")])).unwrap().unwrap();
    assert_eq!(owner.name, first.local_node().unwrap().name);
    for refused in [&[("", "x")][..], &[("a=b", "x")], &[("a", "x,y")], &[("a", "x ")]] {
        let error = first.set_tags(&tags(refused)).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidConfig, "{error}");
    }
    let long = "x".repeat(600);
    assert!(first.set_tags(&tags(&[("a", &long)])).unwrap_err().message().contains("512"));
    assert_eq!(first.get("tags").unwrap(), "role=cache", "nothing was changed");
    crash(first);
    crash(second);
}

#[test]
fn messages_of_every_size_arrive() {
    let name = cluster_name();
    let (first, second) = (start(config(&name)), start(config(&name)));
    let inbox = events(&second);
    let to = address(&second);
    for size in [0, 1, 1100, 1300, 65_536] {
        let bytes: Vec<u8> = (0..size).map(|at: usize| (at % 251) as u8).collect();
        first.send(&to, &bytes).wait().unwrap();
        assert_eq!(message(&inbox), (address(&first), bytes), "{size} bytes");
    }
    // A message to an address makes the two known to each other; afterwards names do too.
    ready(&[&first, &second], 2);
    let answer = events(&first);
    second.send(&first.local_node().unwrap().name, b"heard").wait().unwrap();
    assert_eq!(message(&answer).1, b"heard");
    crash(first);
    crash(second);
}

#[test]
fn messages_that_cannot_go_say_why() {
    let cluster = start(config(&cluster_name()));
    let code = |node: &str, bytes: &[u8]| cluster.send(node, bytes).wait().unwrap_err().code();
    assert_eq!(code("nobody", b"x"), ErrorCode::UnknownNode);
    assert_eq!(code("127.0.0.1:1", &[0; 65_537]), ErrorCode::PayloadTooLarge);
    assert_eq!(code("127.0.0.1:1", b"x"), ErrorCode::Timeout);
    let waiting = cluster.send("127.0.0.1:1", b"x");
    cluster.close().wait().unwrap();
    assert_eq!(waiting.wait().unwrap_err().code(), ErrorCode::Closed);
}

#[test]
fn a_receipt_names_those_who_have_a_broadcast_and_those_who_do_not() {
    let name = cluster_name();
    let first = start(config(&name));
    let (second, third) = (join(&name, &first), join(&name, &first));
    ready(&[&first, &second, &third], 3);
    let names = |nodes: &[std::sync::Arc<seafoam::Node>]| -> Vec<String> {
        nodes.iter().map(|node| node.name.to_string()).collect()
    };
    let receipt = first.broadcast_with_receipt(b"all?", LONG).wait().unwrap();
    let mut both = vec![address(&second), address(&third)];
    both.sort();
    assert_eq!(names(&receipt.confirmed), both);
    assert!(receipt.is_complete() && receipt.label.starts_with(&address(&first)));
    let gone = address(&third);
    crash(third);
    // Ends when the crash is known, long before the time is up.
    let receipt = first.broadcast_with_receipt(b"all?", LONG).wait().unwrap();
    assert_eq!(names(&receipt.confirmed), [address(&second)]);
    assert_eq!(names(&receipt.missing), [gone]);
    let error = first.broadcast_with_receipt(&[0; 2000], LONG).wait().unwrap_err();
    assert_eq!(error.code(), ErrorCode::PayloadTooLarge);
    crash(first);
    crash(second);
}
