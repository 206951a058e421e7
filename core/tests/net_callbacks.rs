//! Callbacks: any call from inside, panics, removal, closing.
#![cfg(feature = "runtime")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // also in what tests share

mod net_support;

use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use net_support::{LONG, cluster_name, config, crash, join, ready, start};
use seafoam::{CallbackHandle, Cluster, ErrorCode, EventKind, EventKinds, EventOptions};

/// A node with another one whose broadcasts it hears.
fn pair() -> (Cluster, Cluster) {
    let name = cluster_name();
    let first = start(config(&name));
    let second = join(&name, &first);
    ready(&[&first, &second], 2);
    (first, second)
}

fn next<T>(from: &Receiver<T>) -> T {
    from.recv_timeout(LONG).expect("the callback was called")
}

#[test]
fn any_call_may_be_made_from_inside() {
    let (first, second) = pair();
    let (told, hear) = mpsc::channel();
    let inner = first.clone();
    let handle = first
        .on_broadcast(move |origin, bytes| {
            let members = inner.all_nodes().unwrap().len();
            let label = inner.broadcast(b"answer").is_ok();
            let events = inner.events(EventOptions::default()).is_ok();
            let millis = inner.ping_node(&origin.name).wait().unwrap();
            let another = inner.on_status(|_, _| ()).is_ok();
            told.send((bytes.to_vec(), members, label && events && another, millis >= 0.0))
                .unwrap();
        })
        .unwrap();
    second.broadcast(b"question").unwrap();
    assert_eq!(next(&hear), (b"question".to_vec(), 2, true, true));
    handle.remove();
    crash(first);
}

#[test]
fn one_that_panics_stays() {
    let (first, second) = pair();
    let (told, hear) = mpsc::channel();
    let _handle = first
        .on_broadcast(move |_, bytes| {
            told.send(bytes.to_vec()).unwrap();
            assert_ne!(bytes, b"one", "meant");
        })
        .unwrap();
    second.broadcast(b"one").unwrap();
    assert_eq!(next(&hear), b"one");
    second.broadcast(b"two").unwrap();
    assert_eq!(next(&hear), b"two");
}

#[test]
fn one_may_remove_itself() {
    let (first, second) = pair();
    let (told, hear) = mpsc::channel();
    let slot: Arc<Mutex<Option<CallbackHandle>>> = Arc::default();
    let own = Arc::clone(&slot);
    let once = told.clone();
    let handle = first.on_broadcast(move |_, _| {
        drop(own.lock().unwrap().take());
        once.send("once").unwrap();
    });
    *slot.lock().unwrap() = Some(handle.unwrap());
    let _always = first.on_broadcast(move |_, _| told.send("always").unwrap()).unwrap();
    second.broadcast(b"one").unwrap();
    assert_eq!([next(&hear), next(&hear)], ["once", "always"]);
    second.broadcast(b"two").unwrap();
    assert_eq!(next(&hear), "always");
}

#[test]
fn removal_waits_for_a_running_call_and_none_begins_afterwards() {
    let (first, second) = pair();
    let (told, hear) = mpsc::channel();
    let (go, wait) = mpsc::channel::<()>();
    let done = Arc::new(Mutex::new(0));
    let count = Arc::clone(&done);
    let handle = first.on_broadcast(move |_, _| {
        told.send(()).unwrap();
        let _ = wait.recv_timeout(Duration::from_millis(500));
        *count.lock().unwrap() += 1;
    });
    second.broadcast(b"one").unwrap();
    next(&hear);
    let remover = std::thread::spawn(move || handle.unwrap().remove());
    go.send(()).unwrap();
    remover.join().unwrap();
    assert_eq!(*done.lock().unwrap(), 1, "removal returned after the running call");
    second.broadcast(b"two").unwrap();
    assert!(hear.recv_timeout(LONG).is_err(), "its sender went with it");
}

#[test]
fn without_callbacks_nothing_is_subscribed() {
    let (first, second) = pair();
    let subscriptions = || first.stats().unwrap().subscriptions;
    let (told, hear) = mpsc::channel();
    for round in 0..50_u8 {
        let told = told.clone();
        let install = move || first_of(&told);
        let handles = [install(), install()].map(|call| first.on_broadcast(call).unwrap());
        assert_eq!(subscriptions(), 1, "one feeds all callbacks");
        second.broadcast(&[round]).unwrap();
        assert_eq!([next(&hear), next(&hear)], [round, round]);
        drop(handles);
        assert_eq!(subscriptions(), 0);
    }
    first.close().wait().expect("it closes");
    assert!(hear.try_recv().is_err());
}

/// A callback that sends the first byte of each payload.
fn first_of(told: &mpsc::Sender<u8>) -> impl FnMut(&Arc<seafoam::Node>, &[u8]) + Send + use<> {
    let told = told.clone();
    move |_, bytes| told.send(bytes[0]).unwrap()
}

#[test]
fn the_last_one_may_be_replaced_from_inside() {
    let (first, second) = pair();
    let (told, hear) = mpsc::channel();
    let slot: Arc<Mutex<Option<CallbackHandle>>> = Arc::default();
    let (own, inner) = (Arc::clone(&slot), first.clone());
    let handle = first.on_broadcast(move |_, _| {
        drop(own.lock().unwrap().take());
        *own.lock().unwrap() = Some(inner.on_broadcast(first_of(&told)).unwrap());
        told.send(0).unwrap();
    });
    *slot.lock().unwrap() = Some(handle.unwrap());
    second.broadcast(&[1]).unwrap();
    assert_eq!(next(&hear), 0);
    second.broadcast(&[2]).unwrap();
    assert_eq!(next(&hear), 2);
    drop(slot.lock().unwrap().take());
    assert_eq!(first.stats().unwrap().subscriptions, 0);
}

#[test]
fn closing_from_inside_does_not_wait_for_itself() {
    let (first, second) = pair();
    let (told, hear) = mpsc::channel();
    let inner = first.clone();
    let _handle = first
        .on_broadcast(move |_, _| {
            let begin = Instant::now();
            let closed = inner.close().wait();
            told.send((closed, begin.elapsed(), inner.all_nodes().is_err())).unwrap();
        })
        .unwrap();
    second.broadcast(b"end").unwrap();
    let (closed, took, is_closed) = next(&hear);
    assert_eq!((closed, is_closed), (Ok(()), true));
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[test]
fn closing_from_outside_waits_a_second_at_most() {
    let (first, second) = pair();
    let (told, hear) = mpsc::channel();
    let (_hold, wait) = mpsc::channel::<()>();
    let _handle = first
        .on_broadcast(move |_, _| {
            told.send(()).unwrap();
            let _ = wait.recv_timeout(LONG);
        })
        .unwrap();
    second.broadcast(b"hold").unwrap();
    next(&hear);
    let begin = Instant::now();
    first.close().wait().expect("it closes");
    let took = begin.elapsed();
    assert!((Duration::from_millis(900)..Duration::from_millis(1900)).contains(&took), "{took:?}");
}

#[test]
fn callbacks_hear_the_end() {
    let cluster = start(config(&cluster_name()));
    let (told, hear) = mpsc::channel();
    let closed = EventKinds::of(&[EventKind::Closed]);
    let handle = cluster.on_event(closed, Box::new(move |event| told.send(event.kind()).unwrap()));
    cluster.close().wait().expect("it closes");
    assert_eq!(next(&hear), EventKind::Closed);
    drop(handle);
}

#[test]
fn subscriptions_are_many_and_bounded() {
    let (first, second) = pair();
    let open = || first.events(EventOptions::default());
    let all: Vec<_> = (0..seafoam::limits::SUBSCRIPTIONS).map(|_| open().unwrap()).collect();
    assert_eq!(open().unwrap_err().code(), ErrorCode::Busy);
    assert_eq!(first.on_status(|_, _| ()).unwrap_err().code(), ErrorCode::Busy);
    second.broadcast(b"to all").unwrap();
    for events in &all {
        net_support::wait_for(events, "broadcast", |event| event.kind() == EventKind::Broadcast);
    }
    drop(all);
    assert_eq!(first.stats().unwrap().subscriptions, 0);
    assert!(open().is_ok());
    let wrong = EventOptions { capacity: Some(0), ..EventOptions::default() };
    assert_eq!(first.events(wrong).unwrap_err().code(), ErrorCode::InvalidConfig);
}
