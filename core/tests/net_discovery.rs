//! Finding the others by seeds: names, addresses that nobody answers, and those that come later.
#![cfg(feature = "runtime")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // also in what tests share

mod net_support;

use net_support::{address, cluster_name, config, eventually, free_ports, ready, start};

#[test]
fn a_seed_may_be_a_host_name() {
    let name = cluster_name();
    let first = start(config(&name));
    let seed = format!("localhost:{}", first.local_node().unwrap().port);
    let second = start(config(&name).initial_hosts([seed.as_str()]));
    ready(&[&first, &second], 2);
}

#[test]
fn a_seed_that_appears_later_is_found() {
    let name = cluster_name();
    let port = free_ports(1)[0];
    let first = start(config(&name).initial_hosts([format!("127.0.0.1:{port}").as_str()]));
    eventually("the seed was tried in vain", || first.stats().unwrap().streams_failed >= 1);
    let second = start(config(&name).listen_port(port));
    ready(&[&first, &second], 2);
}

#[test]
fn bad_seeds_do_not_keep_a_node_from_the_good_one() {
    let name = cluster_name();
    let first = start(config(&name));
    let good = address(&first);
    let dead = format!("127.0.0.1:{}", free_ports(1)[0]);
    let seeds = ["host.invalid:7", "[::1]:7", dead.as_str(), good.as_str()];
    let second = start(config(&name).initial_hosts(seeds));
    ready(&[&first, &second], 2);
    eventually("both useless names were counted", || second.stats().unwrap().resolve_failures >= 2);
}

#[test]
fn two_nodes_may_name_each_other_and_themselves() {
    let name = cluster_name();
    let ports = free_ports(2);
    let seeds: Vec<_> = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
    let node = |port: u16| start(config(&name).listen_port(port).initial_hosts(seeds.clone()));
    let (first, second) = (node(ports[0]), node(ports[1]));
    ready(&[&first, &second], 2);
    assert_eq!(first.all_nodes().unwrap().len(), 2);
}

#[test]
fn other_clusters_are_never_heard() {
    let first = start(config(&cluster_name()));
    let seed = address(&first);
    let foreign = start(config(&cluster_name()).initial_hosts([seed.as_str()]));
    eventually("the foreign seed was tried", || foreign.stats().unwrap().streams_opened >= 2);
    eventually("and was counted", || first.stats().unwrap().dropped_foreign_cluster >= 1);
    assert_eq!(first.all_nodes().unwrap().len(), 1);
    assert_eq!(foreign.all_nodes().unwrap().len(), 1);
}
