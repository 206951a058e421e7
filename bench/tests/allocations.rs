//! An engine at rest takes no memory from the allocator: whatever its heartbeats need lies in memory that
//! it has. And beside others' datagrams it is woken three times a second.

#![allow(clippy::expect_used, clippy::cast_precision_loss)]

use std::time::Duration;

use seafoam_bench::{Fleet, Meter};

const NODES: usize = 100;
const SPAN: Duration = Duration::from_secs(60);
/// What is kept in trees takes and gives back a leaf now and then: for each node once in so many
/// heartbeats at most.
const HEARTBEATS_WITHOUT: f64 = 100.0;

#[derive(Default)]
struct Allocations {
    count: u64,
    bytes: u64,
}

impl Meter for Allocations {
    fn run<T>(&mut self, call: impl FnOnce() -> T) -> T {
        let mut outcome = None;
        let used = allocation_counter::measure(|| outcome = Some(call()));
        self.count += used.count_total;
        self.bytes += used.bytes_total;
        outcome.expect("it was called")
    }
}

/// Allocations of the engines for each heartbeat of one: its own ping, the answers, and all that it
/// is asked meanwhile.
fn per_heartbeat(sealed: bool) -> f64 {
    let mut fleet = Fleet::at_rest(NODES, sealed).expect("a cluster");
    let before = fleet.stats();
    assert_eq!(before.members_alive, (NODES * NODES) as u64, "all know all");
    let (mut used, deadlines, datagrams) =
        (Allocations::default(), fleet.deadlines, fleet.datagrams);
    fleet.run(SPAN, &mut used);
    let after = fleet.stats();
    let heartbeats = after.probes_sent - before.probes_sent;
    assert!(heartbeats >= 100 * SPAN.as_secs(), "{heartbeats} heartbeats");
    assert_eq!(after.probes_failed, before.probes_failed, "the network loses nothing");
    assert_eq!(fleet.datagrams - datagrams, 2 * heartbeats, "a ping and its answer");
    // Whatever else happens at rest waits for a heartbeat.
    assert_eq!(fleet.deadlines - deadlines, heartbeats, "another timer");
    let (count, beats) = (used.count as f64, heartbeats as f64);
    let kind = if sealed { "sealed" } else { "plain" };
    eprintln!(
        "{kind}: {:.4} allocations, {:.1} bytes a heartbeat, over {heartbeats} heartbeats",
        count / beats,
        used.bytes as f64 / beats
    );
    count / beats
}

#[test]
fn a_plain_engine_at_rest_allocates_nothing() {
    assert!(per_heartbeat(false) <= 1.0 / HEARTBEATS_WITHOUT);
}

#[test]
fn a_sealed_engine_at_rest_allocates_nothing() {
    assert!(per_heartbeat(true) <= 1.0 / HEARTBEATS_WITHOUT);
}
