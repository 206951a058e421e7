//! The cluster for the tests of programs: names, time, faults, errors.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, missing_docs)]

use std::time::Duration;

use seafoam::{Config, ErrorCode, Event, EventKinds, NodeStatus};
use seafoam_sim::{Cluster, Options};

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn settled(options: Options) -> Cluster {
    let mut cluster = Cluster::start(options).unwrap();
    cluster.settle(seconds(30)).unwrap();
    cluster
}

fn statuses(cluster: &Cluster, by: &str, of: &str) -> Vec<NodeStatus> {
    let events = cluster.events(by, EventKinds::ALL, Duration::ZERO).unwrap();
    let status = |event: &Event| match event {
        Event::Status { node, status, .. } if &*node.name == of => Some(*status),
        _ => None,
    };
    events.iter().filter_map(status).collect()
}

#[test]
fn a_death_is_seen_and_a_return() {
    let mut cluster = settled(Options::new(5).seed(1));
    cluster.crash("n2").unwrap();
    cluster.advance(seconds(3));
    assert_eq!(
        statuses(&cluster, "n4", "n2"),
        [NodeStatus::Alive, NodeStatus::Suspected, NodeStatus::Dead]
    );
    assert_eq!(cluster.all_nodes("n2").unwrap_err().code(), ErrorCode::Closed);
    cluster.restart("n2", None).unwrap();
    cluster.settle(seconds(10)).unwrap();
    assert_eq!(statuses(&cluster, "n4", "n2").last(), Some(&NodeStatus::Alive));
    assert_eq!(cluster.running().count(), 5);
}

#[test]
fn the_same_seed_gives_the_same_world() {
    let run = |seed| {
        let mut cluster = settled(Options::new(6).seed(seed).lighthouses(3));
        cluster.set_loss(100, 100).unwrap();
        cluster.cut(&["n0"], &["n1", "n2"]).unwrap();
        cluster.advance(seconds(20));
        (cluster.fingerprint(), cluster.now())
    };
    assert_eq!(run(3), run(3));
    assert_ne!(run(3), run(4));
}

#[test]
fn lighthouses_may_be_any_nodes_in_any_datacenters() {
    let options = Options::named(["a", "b", "c", "d"])
        .lighthouses_named(["b", "c", "d"])
        .node("d", Config::new().datacenter(3_u8))
        .disks();
    let mut cluster = settled(options);
    cluster.run_until(seconds(20), |cluster| cluster.leader().is_some()).unwrap();
    cluster.advance(seconds(1));
    let leader = cluster.leader().unwrap().to_owned();
    for name in ["a", "b", "c", "d"] {
        assert_eq!(*cluster.leader_of(name).unwrap().unwrap().name, *leader);
        assert!(cluster.is_valid(name).unwrap());
    }
    assert_eq!(cluster.node("a", "d").unwrap().unwrap().datacenter, 3);
    let lease = cluster.lease(&leader).unwrap().unwrap();
    assert!(lease.remaining_millis <= 3000, "{lease:?}");
    let ticket = cluster.resign(&leader).unwrap();
    cluster.run_until(seconds(2), |cluster| cluster.outcome(ticket).is_some()).unwrap();
    assert_eq!(cluster.outcome(ticket), Some(Ok(())));
}

#[test]
fn what_is_refused_says_why() {
    let refused = |options: Options| match Cluster::start(options) {
        Ok(_) => "nothing".to_owned(),
        Err(error) => format!("{error}"),
    };
    for (options, text) in [
        (Options::new(0), "0 nodes"),
        (Options::new(5000), "1001 nodes are refused: it takes 1 to 1000"),
        (Options::named(["a", "a"]), "two nodes are called \"a\""),
        (Options::named(["a b"]), "name"),
        (Options::new(2).lighthouses_named(["x"]), "\"x\" is none of the nodes: they are n0, n1"),
        (Options::new(2).config(Config::new().listen_port(1_u16)), "listen_port is not taken"),
        (Options::new(2).lighthouses(1).config(Config::new().validity_rule("2")), "validity_rule"),
    ] {
        let found = refused(options);
        assert!(found.contains(text), "{found}");
    }
    let mut cluster = settled(Options::new(30));
    assert!(cluster.crash("x").unwrap_err().to_string().contains("30 from n0 to n29"));
    assert_eq!(cluster.send("n0", "x", b"").unwrap_err().code(), ErrorCode::UnknownNode);
    assert_eq!(cluster.resign("n0").unwrap_err().code(), ErrorCode::NotLeader);
    assert!(cluster.cut(&["n1"], &["n1"]).is_err());
    cluster.set("n0", "heartbeat_millis", "250").unwrap();
    assert!(cluster.set("n0", "datacenter", "2").is_err(), "fixed at the start");
    assert_eq!(cluster.settings("n0").unwrap().get("heartbeat_millis").unwrap(), "250");
}

#[test]
fn a_wait_in_vain_tells_what_was_seen() {
    let mut cluster = settled(Options::new(3));
    cluster.vanish("n1").unwrap();
    let error = cluster.run_until(seconds(4), |_| false).unwrap_err();
    assert_eq!(error.code(), ErrorCode::Timeout);
    let text = error.to_string();
    assert!(text.contains("n1 does not run: its host vanished at"), "{text}");
    assert!(text.contains("n2  status: n1 is dead (was suspected)"), "{text}");
}

#[test]
fn whoever_leaves_ends() {
    let mut cluster = settled(Options::new(4));
    cluster.leave("n3").unwrap();
    cluster.run_until(seconds(6), |cluster| !cluster.is_running("n3").unwrap()).unwrap();
    assert_eq!(statuses(&cluster, "n0", "n3").last(), Some(&NodeStatus::Left));
    cluster.add("n4", None).unwrap();
    cluster.settle(seconds(10)).unwrap();
    assert!(cluster.add("n3", None).is_err(), "the name is taken");
}
