//! What happens to a cluster whose engine fails.

use std::time::Duration;

use crate::api::error::ErrorCode;
use crate::api::event::Event;
use crate::{Cluster, Config, EventOptions};

const LONG: Duration = Duration::from_secs(20);

fn start() -> Cluster {
    let config = Config::new().without_env().listen_port(0_u16).multicast_enabled(false);
    Cluster::start(config).wait().expect("it starts")
}

/// The engine fails on this thread, or on its own: the cluster closes, everybody is told, and
/// the next cluster runs.
#[test]
fn a_defect_closes_the_cluster_and_wakes_everybody() {
    for on_own_thread in [false, true] {
        let cluster = start();
        let events = cluster.events(EventOptions::default()).expect("a subscription");
        let waiting = cluster.ready(9, false, LONG);
        if on_own_thread {
            let shared = std::sync::Arc::clone(&cluster.shared);
            let task = async move {
                let _: Option<()> = shared.feed(|_, _| panic!("meant"));
            };
            cluster.shared.tasks.spawn(task);
        } else {
            let outcome =
                cluster.shared.with_engine(|_, _| -> crate::Result<()> { panic!("meant") });
            assert_eq!(outcome.map_err(|error| error.code()), Err(ErrorCode::Internal));
        }
        assert_eq!(waiting.wait().map_err(|error| error.code()), Err(ErrorCode::Internal));
        let end = std::iter::from_fn(|| events.next_timeout(LONG).ok().flatten()).last();
        let Some(Event::Closed { error: Some(error) }) = end.as_deref() else { panic!("{end:?}") };
        assert_eq!(error.code(), ErrorCode::Internal);
        assert_eq!(cluster.all_nodes().map_err(|error| error.code()), Err(ErrorCode::Closed));
        assert_eq!(cluster.close().wait(), Ok(()));
    }
    assert!(start().all_nodes().is_ok());
}

#[test]
fn a_wake_that_panics_harms_nobody() {
    let cluster = start();
    let (bad, good) = (EventOptions::default(), EventOptions::default());
    let bad = cluster.events(bad).expect("a subscription");
    let good = cluster.events(good).expect("a subscription");
    bad.set_wake(Some(Box::new(|| panic!("meant"))));
    let waiting = cluster.ready(9, false, LONG);
    waiting.set_wake(Box::new(|| panic!("meant")));
    assert_eq!(cluster.close().wait(), Ok(()));
    let end = good.next_timeout(LONG).expect("an end").expect("an end");
    assert_eq!(*end, Event::Closed { error: None });
}
