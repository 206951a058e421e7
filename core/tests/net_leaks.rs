//! Many clusters, one after the other: no thread and no descriptor stays. Alone in its process, as
//! it counts what the process has.
#![cfg(all(target_os = "linux", feature = "runtime"))]
#![allow(clippy::unwrap_used, clippy::expect_used)] // also in what tests share

mod net_support;

use net_support::{cluster_name, config, eventually, start, threads_and_descriptors};

#[test]
fn two_hundred_clusters_leave_no_thread_and_no_descriptor() {
    let (before, descriptors) = threads_and_descriptors();
    assert!(before.is_empty(), "{before:?}");
    one_engine_thread_serves_many();
    let name = cluster_name();
    for round in 0..200 {
        let cluster = start(config(&name).initial_hosts(["127.0.0.1:1"]));
        let handle = (round % 4 == 0).then(|| cluster.on_status(|_, _| ()).unwrap());
        let (threads, _) = threads_and_descriptors();
        let engines = threads.iter().filter(|name| name.trim() == "seafoam");
        assert!(engines.count() >= 1, "{threads:?}");
        match round % 3 {
            0 => cluster.close().wait().expect("it closes"),
            1 => drop(cluster),
            _ => std::thread::spawn(move || cluster.close().wait().expect("it closes"))
                .join()
                .expect("closing from another thread"),
        }
        drop(handle);
    }
    eventually("all threads ended and all descriptors are closed", || {
        let (threads, now) = threads_and_descriptors();
        threads.is_empty() && now <= descriptors
    });
}

fn one_engine_thread_serves_many() {
    let clusters: Vec<_> = (0..20).map(|_| start(config(&cluster_name()))).collect();
    // A thread has its parent's name for the moment until it has its own.
    eventually("one engine thread serves all", || {
        let (threads, _) = threads_and_descriptors();
        threads.iter().filter(|name| name.trim() == "seafoam").count() == 1
    });
    for cluster in &clusters {
        assert_eq!(cluster.close().wait(), Ok(()));
    }
}
