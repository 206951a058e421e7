//! The idiom of leading over real sockets: entered when elected, over when lost, whatever the cause.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod net_support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use net_support::{LONG, cluster_name, config, crash, eventually, free_ports, start};
use seafoam::{Cluster, ErrorCode, Tenure};

/// So many lighthouses of one cluster, which all stand. Nobody listens at the listed ports: they
/// find each other by the first one's address.
fn fleet(count: usize) -> Vec<Cluster> {
    let cluster = cluster_name();
    let ports = free_ports(count);
    let list: Vec<_> = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
    let node = |port: &u16| {
        let config = config(&cluster).lighthouses(list.clone()).leader_lease_millis(1000_u32);
        start(config.listen_port(*port))
    };
    ports.iter().map(node).collect()
}

fn tenure(cluster: &Cluster) -> Tenure {
    cluster.leadership().next_timeout(LONG).unwrap().expect("a tenure")
}

/// The first of them that leads.
fn elected(nodes: &[Cluster]) -> (usize, Tenure) {
    let begun = Instant::now();
    loop {
        for (number, node) in nodes.iter().enumerate() {
            let tenure = node.leadership().next_timeout(Duration::from_millis(10)).unwrap();
            if let Some(tenure) = tenure {
                return (number, tenure);
            }
        }
        assert!(begun.elapsed() < LONG, "nobody leads");
    }
}

fn ends(tenure: &Tenure) {
    assert_eq!(tenure.lost().wait_for(LONG), Some(Ok(())));
    assert!(!tenure.is_held() && tenure.lease().is_none());
}

#[test]
fn a_tenure_is_entered_resigned_and_followed_by_the_next() {
    let nodes = fleet(1);
    let mut leadership = nodes[0].leadership();
    let first = leadership.next_timeout(LONG).unwrap().expect("a tenure");
    let lease = first.lease().expect("it is held");
    assert!(lease.term == first.term() && lease.remaining_millis <= 950, "{lease:?}");
    let lost = first.lost();
    assert_eq!(lost.try_take(), None);
    assert!(leadership.next_timeout(Duration::ZERO).unwrap().is_none(), "the same tenure twice");
    let term = first.term();
    first.resign().wait().unwrap();
    assert!(!nodes[0].is_leader());
    assert_eq!(lost.wait_for(LONG), Some(Ok(())));
    let second = leadership.next_timeout(LONG).unwrap().expect("another tenure");
    assert!(second.term() > term);
    nodes[0].step_down(term).wait().unwrap();
    assert!(second.is_held(), "a tenure that is over took the next one along");
    drop(second);
    assert!(!nodes[0].is_leader(), "dropping it gives the lead up");
    tenure(&nodes[0]).keep();
    assert!(nodes[0].is_leader());
    crash(nodes.into_iter().next().unwrap());
}

#[test]
fn a_tenure_ends_by_transfer_by_close_and_never_two_are_inside() {
    let nodes = fleet(3);
    let inside = Arc::new(AtomicUsize::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let turns = Arc::new(AtomicUsize::new(0));
    let watch = |node: &Cluster| {
        let (node, inside) = (node.clone(), Arc::clone(&inside));
        let (stop, turns) = (Arc::clone(&stop), Arc::clone(&turns));
        std::thread::spawn(move || {
            let mut leadership = node.leadership();
            while !stop.load(Ordering::Acquire) {
                let Some(tenure) = leadership.next_timeout(Duration::from_millis(50)).unwrap()
                else {
                    continue;
                };
                assert_eq!(inside.fetch_add(1, Ordering::AcqRel), 0, "two are inside");
                turns.fetch_add(1, Ordering::AcqRel);
                let lost = tenure.lost();
                while tenure.is_held() && !stop.load(Ordering::Acquire) {
                    if lost.wait_for(Duration::from_millis(20)).is_some() {
                        break;
                    }
                    if turns.load(Ordering::Acquire) == 1 {
                        break; // the first gives up by itself
                    }
                }
                inside.fetch_sub(1, Ordering::AcqRel);
                tenure.resign().wait().unwrap();
            }
        })
    };
    let watchers: Vec<_> = nodes.iter().map(watch).collect();
    eventually("two turns", || turns.load(Ordering::Acquire) >= 2);
    let leader = || nodes.iter().position(Cluster::is_leader);
    eventually("a leader that stays", || leader().is_some());
    stop.store(true, Ordering::Release);
    watchers.into_iter().for_each(|watcher| watcher.join().unwrap());

    let (number, held) = elected(&nodes);
    let heir = (number + 1) % 3;
    let name = nodes[heir].local_node().unwrap().name.to_string();
    nodes[number].transfer_leadership(&name).wait().unwrap();
    ends(&held);
    let next = tenure(&nodes[heir]);
    assert!(next.term() > held.term());
    nodes[heir].close().wait().unwrap();
    ends(&next);
    let refused = nodes[heir].leadership().next_timeout(LONG).map(drop);
    assert_eq!(refused.map_err(|error| error.code()), Err(ErrorCode::Closed));
    nodes[heir].step_down(next.term()).wait().unwrap();
    drop((held, next));
    nodes.into_iter().for_each(crash);
}

/// The lighthouses go away: the tenure ends within its lease, no later than `is_leader()` does.
#[test]
fn a_tenure_ends_with_its_lease_where_no_lighthouse_answers() {
    let mut nodes = fleet(3);
    let (number, held) = elected(&nodes);
    let leader = nodes.remove(number);
    nodes.into_iter().for_each(crash);
    let cut = Instant::now();
    let work = async {
        std::future::pending::<()>().await;
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let error = runtime.block_on(held.run(work)).unwrap_err();
    let took = cut.elapsed();
    assert_eq!(error.code(), ErrorCode::NotLeader);
    assert!(!leader.is_leader());
    // A lease, and what a loaded machine takes to wake a thread.
    assert!(took < Duration::from_secs(4), "{took:?}");
    assert_eq!(
        runtime.block_on(held.run(async { 1 })).map_err(|it| it.code()),
        Err(ErrorCode::NotLeader)
    );
    drop(held);
    crash(leader);
}

fn callbacks(cluster: &Cluster) -> (seafoam::LeadershipHandle, Receiver<(&'static str, u64)>) {
    let (told, words) = channel();
    let lost = told.clone();
    let handle = cluster.on_leadership(
        move |lease| told.send(("elected", lease.term)).unwrap(),
        move |term| lost.send(("lost", term)).unwrap(),
    );
    (handle.unwrap(), words)
}

#[test]
fn callbacks_come_in_turns_until_they_are_removed_or_the_cluster_closes() {
    let nodes = fleet(1);
    let (handle, words) = callbacks(&nodes[0]);
    let (word, term) = words.recv_timeout(LONG).unwrap();
    assert_eq!(word, "elected");
    nodes[0].resign().wait().unwrap();
    assert_eq!(words.recv_timeout(LONG), Ok(("lost", term)));
    let (word, next) = words.recv_timeout(LONG).unwrap();
    assert!(word == "elected" && next > term);
    handle.remove();
    assert!(words.recv_timeout(LONG).is_err(), "what was removed is called, or kept");
    assert!(nodes[0].is_leader(), "removing callbacks gives nothing up");

    let (handle, words) = callbacks(&nodes[0]);
    assert_eq!(words.recv_timeout(LONG), Ok(("elected", next)), "it leads already");
    handle.detach();
    nodes[0].close().wait().unwrap();
    assert_eq!(words.try_recv(), Ok(("lost", next)), "closing waits for the last word");
    assert!(words.recv_timeout(LONG).is_err());
}

#[test]
fn a_callback_may_close_its_cluster_and_a_panic_is_survived() {
    let nodes = fleet(1);
    let (node, (told, words)) = (nodes[0].clone(), channel());
    let mut turns = 0;
    let handle = nodes[0].on_leadership(
        move |_| {
            turns += 1;
            assert!(turns > 1, "meant");
            node.close().wait().unwrap();
        },
        move |term| told.send(term).unwrap(),
    );
    let handle = handle.unwrap();
    eventually("led", || nodes[0].is_leader());
    nodes[0].resign().wait().unwrap();
    words.recv_timeout(LONG).unwrap();
    words.recv_timeout(LONG).unwrap(); // closed from inside
    assert!(nodes[0].is_closed());
    drop(handle);
}

#[test]
fn whoever_can_never_lead_is_told_at_once() {
    let plain = start(config(&cluster_name()));
    let refused = plain.leadership().next_timeout(LONG).map(drop);
    assert_eq!(refused.map_err(|error| error.code()), Err(ErrorCode::NotValid));
    let refused = plain.on_leadership(|_| {}, |_| {}).map(drop);
    assert_eq!(refused.map_err(|error| error.code()), Err(ErrorCode::NotValid));
    assert_eq!(plain.deposed(7).wait_for(LONG), Some(Ok(())));
    assert_eq!(plain.step_down(7).wait(), Ok(()));
    crash(plain);
}
