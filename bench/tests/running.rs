//! Running clusters at rest take no memory from the allocator either, but for a look at their seeds:
//! sockets, timers, tables for readers and all that lies between, on every thread of the process.

#![allow(clippy::expect_used)]

use std::time::Duration;

use seafoam::{Cluster, Config};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

const NODES: usize = 8;
/// Long enough for each to have met each, and for what is passed on to end.
const SETTLE: Duration = Duration::from_secs(5);
const SPAN: Duration = Duration::from_secs(10);
/// So often it is tried.
const SPANS: u32 = 4;
/// Each node looks up its seed once in that time, and what is kept in trees takes a leaf now and then.
const MOST: u64 = NODES as u64 + 1;

fn start(seed: Option<&str>) -> Cluster {
    let key = "mK2sVw0t8Jb3uXo5bRk1cVn7yQe4hZg6fTd9aLp0xSI=";
    let config = Config::new().without_env().cluster_name("allocations").keys(key);
    let config = config.multicast_enabled(false).listen_ip("127.0.0.1").listen_port(0_u16);
    let config = config.initial_hosts(seed.map(str::to_owned).into_iter().collect::<Vec<String>>());
    Cluster::start(config).wait().expect("a free port")
}

#[test]
fn a_cluster_at_rest_allocates_nothing_for_its_heartbeats() {
    seafoam::set_log_level(seafoam::LogLevel::Off);
    let first = start(None);
    let address = first.local_node().expect("it runs").address.to_string();
    let mut nodes = vec![first];
    nodes.extend((1..NODES).map(|_| start(Some(&address))));
    for node in &nodes {
        node.ready(NODES, false, Duration::from_secs(30)).wait().expect("all know all");
    }
    std::thread::sleep(SETTLE);
    let profiler = dhat::Profiler::builder().testing().build();
    let probes =
        || -> u64 { nodes.iter().map(|node| node.stats().expect("it runs").probes_sent).sum() };
    // Where the machine held the process up a probe came late, and more was done about it: then once more.
    let clean = (0..SPANS).any(|_| {
        let sent = probes(); // which takes memory itself
        let blocks = dhat::HeapStats::get().total_blocks;
        std::thread::sleep(SPAN);
        let blocks = dhat::HeapStats::get().total_blocks - blocks;
        let sent = probes() - sent;
        eprintln!("{blocks} allocations in {sent} heartbeats");
        blocks <= MOST && sent > NODES as u64 * SPAN.as_secs()
    });
    drop(profiler);
    assert!(clean, "more than {MOST} allocations in each of {SPANS} spans, or too few heartbeats");
}
