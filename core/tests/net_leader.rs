//! One leader over real sockets: elected, followed, resigned, handed on, kept on disk.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod net_support;

use std::time::{Duration, Instant};

use net_support::{LONG, cluster_name, config, crash, events, free_ports, leave, start, wait_for};
use seafoam::{Cluster, Config, ErrorCode, Event, TermQuality};

struct Fleet {
    name: String,
    list: Vec<String>,
    ports: Vec<u16>,
}

impl Fleet {
    fn new(lighthouses: usize) -> Self {
        let ports = free_ports(lighthouses);
        let list = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
        Self { name: cluster_name(), list, ports }
    }

    fn config(&self) -> Config {
        config(&self.name).lighthouses(self.list.clone()).leader_lease_millis(1000_u32)
    }

    fn lighthouse(&self, number: usize) -> Cluster {
        start(self.config().listen_port(self.ports[number]))
    }
}

fn wait_until(what: &str, mut done: impl FnMut() -> bool) -> Duration {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < LONG, "never {what}");
        std::thread::yield_now();
    }
    begun.elapsed()
}

fn name(cluster: &Cluster) -> String {
    cluster.local_node().unwrap().name.to_string()
}

fn led_by(cluster: &Cluster) -> Option<String> {
    cluster.leader().unwrap().map(|node| node.name.to_string())
}

#[test]
fn one_is_elected_and_the_next_has_a_higher_term() {
    let fleet = Fleet::new(3);
    let nodes: Vec<_> = (0..3).map(|number| fleet.lighthouse(number)).collect();
    wait_until("led", || nodes.iter().any(Cluster::is_leader));
    let first = nodes.iter().position(Cluster::is_leader).unwrap();
    for node in &nodes {
        wait_until("agreed", || led_by(node) == Some(name(&nodes[first])));
        assert_eq!(node.is_leader(), node.lease().unwrap().is_some());
    }
    let lease = nodes[first].lease().unwrap().unwrap();
    assert!(lease.remaining_millis <= 950 && lease.term > 0, "{lease:?}");
    assert_eq!(lease.term_quality, TermQuality::ClockFloor);
    let others: Vec<_> = (0..3).filter(|number| *number != first).collect();
    let error = nodes[others[0]].resign().wait().unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotLeader);

    // Handed on, to the one that is meant.
    let heir = &nodes[others[1]];
    let told = events(&nodes[first]);
    nodes[first].transfer_leadership(&name(heir)).wait().unwrap();
    assert!(!nodes[first].is_leader());
    let (loss, _) = wait_for(&told, "a loss", |event| matches!(event, Event::Leader { .. }));
    assert!(matches!(&*loss, Event::Leader { leader: None, .. }), "{loss:?}");
    wait_until("handed on", || heir.is_leader());
    let second = heir.lease().unwrap().unwrap();
    assert!(second.term > lease.term);
    let error = heir.transfer_leadership("nobody").wait().unwrap_err();
    assert_eq!(error.code(), ErrorCode::UnknownNode);
    assert!(heir.is_leader(), "a refused call changed something");

    // Resigned, and then killed.
    heir.resign().wait().unwrap();
    assert!(!heir.is_leader());
    wait_until("followed", || nodes.iter().any(Cluster::is_leader));
    let third = nodes.iter().position(Cluster::is_leader).unwrap();
    let term = nodes[third].lease().unwrap().unwrap().term;
    assert!(term > second.term);
    let mut nodes = nodes;
    let gone = nodes.remove(third);
    crash(gone.clone());
    assert!(!gone.is_leader());
    wait_until("followed", || nodes.iter().any(Cluster::is_leader));
    let lease = nodes.iter().find_map(|node| node.lease().unwrap()).unwrap();
    assert!(lease.term > term);
    nodes.into_iter().for_each(crash);
}

#[test]
fn a_term_on_disk_outlives_every_process() {
    let fleet = Fleet::new(1);
    let folder = std::env::temp_dir().join(format!("seafoam-term-{}", std::process::id()));
    let kept = || {
        let config = fleet.config().listen_port(fleet.ports[0]).leader_lease_millis(500_u32);
        config.state_dir(folder.to_str().unwrap())
    };
    let first = start(kept());
    wait_until("led", || first.is_leader());
    let lease = first.lease().unwrap().unwrap();
    assert_eq!(lease.term_quality, TermQuality::Durable);
    crash(first);
    let file = folder.join("term");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains(&format!("term {}\n", lease.term)), "{text}");
    let second = start(kept());
    wait_until("led", || second.is_leader());
    assert!(second.lease().unwrap().unwrap().term > lease.term);
    leave(&second);
    // One lighthouse alone cannot ask anybody for what its damaged file held.
    std::fs::write(&file, text.replace("term ", "term 9")).unwrap();
    let error = Cluster::start(kept()).wait().unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidConfig);
    assert!(error.message().contains("damaged") && error.message().contains("term"), "{error}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn whoever_may_not_lead_does_not() {
    let fleet = Fleet::new(1);
    let node = start(fleet.config().listen_port(fleet.ports[0]).leader_lease_millis(500_u32));
    wait_until("led", || node.is_leader());
    node.set_leader_eligible(false).unwrap();
    assert!(!node.is_leader());
    node.set_leader_eligible(true).unwrap();
    wait_until("led again", || node.is_leader());
    crash(node);
    let plain = start(fleet.config().listen_port(fleet.ports[0]).fallback(true));
    let told = events(&plain);
    assert!(matches!(told.next_timeout(Duration::from_secs(3)), Ok(None)));
    assert!(!plain.is_leader() && plain.leader().unwrap().is_none());
    crash(plain);
}

#[test]
fn a_node_that_disagrees_with_the_list_about_itself_does_not_start() {
    let fleet = Fleet::new(1);
    let outsider = Cluster::start(fleet.config().is_lighthouse(true)).wait().unwrap_err();
    assert_eq!(outsider.code(), ErrorCode::InvalidConfig);
    assert!(outsider.message().contains("is not in lighthouses"), "{outsider}");
    let denies = fleet.config().listen_port(fleet.ports[0]).is_lighthouse(false);
    let denies = Cluster::start(denies).wait().unwrap_err();
    assert!(denies.message().contains("is in lighthouses"), "{denies}");
}

/// One lighthouse more, then one less, while all run; what is asked for and not allowed changes
/// nothing, and a restarted lighthouse keeps the list that came to it.
#[test]
fn the_list_changes_while_all_run() {
    let fleet = Fleet::new(4);
    let folder = std::env::temp_dir().join(format!("seafoam-list-{}", std::process::id()));
    let node = |number: usize| {
        let kept = folder.join(number.to_string());
        let config = config(&fleet.name).leader_lease_millis(1000_u32);
        let config = config.lighthouses(fleet.list[..3].to_vec()).state_dir(kept.to_str().unwrap());
        start(config.listen_port(fleet.ports[number]).initial_hosts(fleet.list[..2].to_vec()))
    };
    std::fs::create_dir_all(&folder).unwrap();
    let mut nodes: Vec<_> = (0..4).map(node).collect();
    let begin = |nodes: &[Cluster], list: &[String]| {
        let mut term = 0;
        // Until every lighthouse was heard it is busy.
        wait_until("begun", || {
            let Some(leader) = nodes.iter().find(|node| node.is_leader()) else { return false };
            let Some(lease) = leader.lease().unwrap() else { return false };
            term = lease.term;
            leader.set_lighthouses(list.to_vec()).is_ok()
        });
        term
    };
    let end = |nodes: &[Cluster], list: &[String], before: u64| {
        let led = |node: &Cluster| node.lease().unwrap().is_some_and(|lease| lease.term > before);
        let took = wait_until("led again", || nodes.iter().any(led));
        assert!(took < Duration::from_secs(7) + 2 * Duration::from_millis(1022), "{took:?}");
        let mut list = list.to_vec();
        list.sort();
        for node in nodes {
            wait_until("the list", || node.get("lighthouses").unwrap() == list.join(","));
        }
    };
    wait_until("led", || nodes.iter().any(Cluster::is_leader));
    wait_until("all", || nodes.iter().all(|node| node.all_nodes().unwrap().len() == 4));
    let leader = nodes.iter().find(|node| node.is_leader()).unwrap();
    let other = nodes.iter().find(|node| !node.is_leader()).unwrap();
    let error = other.set_lighthouses(fleet.list.clone()).unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotLeader);
    let swap = [&fleet.list[..2], &fleet.list[3..]].concat();
    let error = leader.set_lighthouses(swap).unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidConfig);
    assert!(error.message().contains("at a time"), "{error}");

    let term = begin(&nodes, &fleet.list);
    end(&nodes, &fleet.list, term);
    assert!(nodes[3].local_node().unwrap().is_lighthouse);
    let less = fleet.list[1..].to_vec();
    let term = begin(&nodes, &less);
    end(&nodes, &less, term);
    assert!(!nodes[0].local_node().unwrap().is_lighthouse);

    crash(nodes.pop().unwrap());
    nodes.push(node(3));
    let mut sorted = less;
    sorted.sort();
    assert_eq!(nodes[3].get("lighthouses").unwrap(), sorted.join(","), "it fell back");
    nodes.into_iter().for_each(crash);
    std::fs::remove_dir_all(&folder).unwrap();
}
