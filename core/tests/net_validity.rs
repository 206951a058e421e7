//! Validity over real sockets: who is included, who waits for it, and what is kept on disk.

#![allow(clippy::unwrap_used)]

mod net_support;

use std::sync::Arc;
use std::time::Duration;

use net_support::{LONG, address, cluster_name, config, crash, leave, ready, start, wait_for};
use seafoam::{
    Cluster, Config, ErrorCode, Event, EventKind, EventKinds, EventOptions, Events, NodeRank,
    Validity, ValidityBasis, ValidityState,
};

/// Nobody listens at these ports: the nodes find each other by their seed.
const LIGHTHOUSES: [&str; 3] = ["a=127.0.0.1:1", "b=127.0.0.1:2", "c=127.0.0.1:3"];
const SHORT: Duration = Duration::from_millis(50);

fn quick(cluster: &str, name: &str) -> Config {
    config(cluster).name(name).heartbeat_millis(50_u32).suspicion_floor_millis(300_u64)
}

/// Nodes of these names, each of which knows the first.
fn started(cluster: &str, names: &[&str], more: impl Fn(Config) -> Config) -> Vec<Cluster> {
    let mut nodes: Vec<Cluster> = Vec::new();
    for name in names {
        let seeds: Vec<_> = nodes.first().map(address).into_iter().collect();
        nodes.push(start(more(quick(cluster, name).initial_hosts(seeds))));
    }
    nodes
}

fn told(cluster: &Cluster) -> Events {
    let kinds = EventKinds::of(&[EventKind::Validity]);
    cluster.events(EventOptions { kinds, initial: true, ..EventOptions::default() }).unwrap()
}

fn wait_state(events: &Events, wanted: ValidityState) -> Arc<Validity> {
    let is_wanted =
        |event: &Event| matches!(event, Event::Validity { validity } if validity.state == wanted);
    let (event, _) = wait_for(events, &wanted.to_string(), is_wanted);
    let Event::Validity { validity } = &*event else { panic!("{event:?}") };
    Arc::clone(validity)
}

fn names(names: &[Arc<str>]) -> Vec<&str> {
    names.iter().map(|name| &**name).collect()
}

#[test]
fn three_of_three_are_valid_and_one_alone_is_not() {
    let nodes =
        started(&cluster_name(), &["a", "b", "c"], |config| config.lighthouses(LIGHTHOUSES));
    let events = told(&nodes[0]);
    for node in &nodes {
        node.ready(3, true, LONG).wait().unwrap();
        assert!(node.is_valid());
        let own = node.local_node().unwrap();
        assert!(own.is_lighthouse && own.rank == NodeRank::Lighthouse);
    }
    let valid = wait_state(&events, ValidityState::Valid);
    assert_eq!((valid.basis, valid.needed), (ValidityBasis::Listed, 2));
    let [first, second, third] = <[Cluster; 3]>::try_from(nodes).unwrap();
    crash(second);
    leave(&third);
    let alone = wait_state(&events, ValidityState::Invalid);
    assert_eq!((names(&alone.seen), names(&alone.missing)), (vec!["a"], vec!["b", "c"]));
    assert!(!first.is_valid());
    assert_eq!(first.validity().unwrap(), alone);
    // INVALID may come before the verdict on the one that was killed.
    let begun = std::time::Instant::now();
    while first.healthy_nodes().unwrap().len() > 1 && begun.elapsed() < LONG {
        std::thread::yield_now();
    }
    let error = first.ready(1, true, SHORT).wait().unwrap_err();
    assert_eq!(error.code(), ErrorCode::Timeout);
    assert_eq!(
        error.message(),
        "1 of 1 healthy members after 50 ms; invalid: 1 of 3 lighthouses are included, 2 needed; \
         included: a; missing: b, c"
    );
    // A subscription begins with what is true now.
    assert_eq!(wait_state(&told(&first), ValidityState::Invalid), alone);
    crash(first);
}

#[test]
fn a_closed_cluster_is_not_valid() {
    let node = start(quick(&cluster_name(), "a").lighthouses(["a=127.0.0.1:1"]));
    node.ready(1, true, LONG).wait().unwrap();
    let other = node.clone();
    crash(node);
    assert!(!other.is_valid());
    assert_eq!(other.validity().unwrap_err().code(), ErrorCode::Closed);
}

#[test]
fn whoever_can_never_be_valid_is_told_at_once() {
    type More = fn(Config) -> Config;
    let cases: [(&str, More, &str); 3] = [
        ("plain", |config| config, "none are listed"),
        ("fallback", |config| config.fallback(true).lighthouses(LIGHTHOUSES), "fallback is set"),
        ("learned", |config| config.is_lighthouse(true), "validity_rule is no number"),
    ];
    for (name, more, says) in cases {
        let node = start(more(quick(&cluster_name(), name)));
        let error = node.ready(1, true, LONG).wait().unwrap_err();
        assert_eq!(error.code(), ErrorCode::NotValid, "{name}");
        assert!(error.message().contains(says), "{name}: {error}");
        crash(node);
    }
}

#[test]
fn what_a_node_says_of_itself_must_agree_with_the_list() {
    let refused = |config: Config| Cluster::start(config).wait().map(drop).unwrap_err();
    let listed = |name| quick(&cluster_name(), name).lighthouses(LIGHTHOUSES);
    for (config, says) in [
        (listed("d").is_lighthouse(true), "is_lighthouse = true, but this node, \"d\", is not in"),
        (listed("a").is_lighthouse(false), "is_lighthouse = false, but this node, \"a\", is in"),
        (listed("a").validity_rule("4"), "asks for more than the 3 lighthouses"),
    ] {
        let error = refused(config);
        assert_eq!(error.code(), ErrorCode::InvalidConfig);
        assert!(error.message().contains(says), "{error}");
    }
}

#[test]
fn lighthouses_that_were_learned_still_count_after_a_restart() {
    let unique = format!("seafoam-learned-{}", std::process::id());
    let folder = std::env::temp_dir().join(unique);
    let kept = |config: Config| config.validity_rule("2").state_dir(folder.to_str().unwrap());
    let name = cluster_name();
    let nodes = started(&name, &["a", "b"], |config| config.validity_rule("2").is_lighthouse(true));
    let third = start(kept(quick(&name, "c").initial_hosts([address(&nodes[0]).as_str()])));
    third.ready(3, true, LONG).wait().unwrap();
    let validity = third.validity().unwrap();
    assert_eq!((validity.basis, names(&validity.seen)), (ValidityBasis::Learned, vec!["a", "b"]));
    ready(&[&third], 3);
    crash(third);
    nodes.into_iter().for_each(crash);
    let alone = start(kept(quick(&name, "c")));
    let forming = alone.validity().unwrap();
    assert_eq!((forming.state, forming.needed), (ValidityState::Forming, 2));
    assert_eq!(names(&forming.missing), ["a", "b"]);
    crash(alone);
    std::fs::remove_dir_all(&folder).unwrap();
}
