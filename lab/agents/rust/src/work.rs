//! The work of an agent in a soak: readers, broadcasts, messages, tags, keys, clusters that come
//! and go.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use seafoam::{Cluster, Config, Event, EventOptions, Events, Node, Result, Stats};

use crate::{now, quoted};

const SLOW_CAPACITY: usize = 64;
const SLOW_NANOS: i64 = 200_000_000;
const READY: Duration = Duration::from_secs(5);
const RECEIPT: Duration = Duration::from_secs(3);
const ROTATE: Duration = Duration::from_secs(20);

/// A fast reader and a slow one; none where nobody asked for work.
pub(crate) struct Work {
    readers: Option<(Events, Events)>,
    slow_at: AtomicI64,
    heard: AtomicU64,
    got: AtomicU64,
    lagged: AtomicU64,
    taken: AtomicU64,
    missed: AtomicU64,
}

fn add(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Ordering::Relaxed);
}

impl Work {
    pub(crate) fn open(cluster: &Cluster) -> Result<Self> {
        let readers = if std::env::var_os("LAB_WORK").is_some() {
            let fast = EventOptions { initial: true, ..EventOptions::default() };
            let slow = EventOptions { capacity: Some(SLOW_CAPACITY), ..EventOptions::default() };
            Some((cluster.events(fast)?, cluster.events(slow)?))
        } else {
            None
        };
        Ok(Self {
            readers,
            slow_at: AtomicI64::new(0),
            heard: AtomicU64::new(0),
            got: AtomicU64::new(0),
            lagged: AtomicU64::new(0),
            taken: AtomicU64::new(0),
            missed: AtomicU64::new(0),
        })
    }

    /// Takes what there is: all for the fast reader, one event each 200 ms for the slow one.
    pub(crate) fn look(&self, at: i64) {
        let Some((fast, slow)) = &self.readers else { return };
        while let Ok(Some(event)) = fast.try_next() {
            match &*event {
                Event::Status { node, .. } | Event::Node { node } => tell(node),
                Event::Broadcast { .. } => add(&self.heard, 1),
                Event::Message { .. } => add(&self.got, 1),
                Event::Lagged { missed } => add(&self.lagged, *missed),
                Event::Leader { .. }
                | Event::Validity { .. }
                | Event::Conflict { .. }
                | Event::Link { .. }
                | Event::Merged { .. }
                | Event::Datacenter { .. }
                | Event::Closed { .. } => {}
            }
        }
        if at - self.slow_at.load(Ordering::Relaxed) > SLOW_NANOS
            && let Ok(Some(event)) = slow.try_next()
        {
            self.slow_at.store(at, Ordering::Relaxed);
            add(&self.taken, 1);
            if let Event::Lagged { missed } = &*event {
                add(&self.missed, *missed);
            }
        }
    }

    /// Carries one command out, waits for it and answers; false where it is none of these.
    pub(crate) fn obey(&self, cluster: &Cluster, command: &str, argument: &str) -> bool {
        let keyring = cluster.keyring();
        let nothing = |()| String::new();
        let done = match command {
            "broadcast" => repeat(argument, || cluster.broadcast(b"of the soak").map(drop)),
            "receipt" => cluster
                .broadcast_with_receipt(b"with a receipt", RECEIPT)
                .wait()
                .map(|receipt| format!("{} {}", receipt.confirmed.len(), receipt.missing.len())),
            "send" => cluster.send(argument, b"hello").wait().map(nothing),
            "tags" => {
                let tags = BTreeMap::from([("round".to_owned(), argument.to_owned())]);
                cluster.set_tags(&tags).map(nothing)
            }
            "install" => keyring.install(argument),
            "rotate" => keyring.rotate(argument, ROTATE).wait().map(|_| String::new()),
            "use" => keyring.use_key(argument).map(nothing),
            "retire" => keyring.retire(argument).map(nothing),
            "cycle" => repeat(argument, cycle),
            "state" => cluster.stats().map(|stats| self.state(&stats)).map(nothing),
            _ => return false,
        };
        let (ok, text) = match done {
            Ok(text) => (true, text),
            Err(error) => (false, error.to_string()),
        };
        let text = quoted(&text);
        println!(r#"{{"event":"did","what":"{command}","ok":{ok},"text":{text}}}"#);
        true
    }

    fn state(&self, stats: &Stats) {
        let rows: Vec<String> = Stats::ROWS
            .iter()
            .zip(stats.values())
            .map(|((name, ..), value)| format!(r#""{name}":{value}"#))
            .collect();
        let [heard, got, lagged, taken, missed] =
            [&self.heard, &self.got, &self.lagged, &self.taken, &self.missed]
                .map(|counter| counter.load(Ordering::Relaxed));
        println!(
            r#"{{"event":"state","at":{},"heard":{heard},"got":{got},"lagged":{lagged},"taken":{taken},"missed":{missed},"stats":{{{}}}}}"#,
            now(),
            rows.join(",")
        );
    }
}

fn tell(node: &Node) {
    println!(
        r#"{{"event":"status","at":{},"node":{},"generation":{},"status":"{}"}}"#,
        now(),
        quoted(&node.name),
        node.generation,
        node.status
    );
}

fn repeat(count: &str, mut act: impl FnMut() -> Result<()>) -> Result<String> {
    for _ in 0..count.parse().unwrap_or(0_u32) {
        act()?;
    }
    Ok(String::new())
}

/// A cluster of its own beside the one that lives on: started, read, closed.
fn cycle() -> Result<()> {
    let config = Config::from_env()?
        .cluster_name("cycle")
        .listen_ip("127.0.0.1")
        .listen_port(0_u16)
        .name("")
        .lighthouses("")
        .is_lighthouse(false)
        .state_dir("");
    let cluster = Cluster::start(config).wait()?;
    let events = cluster.events(EventOptions { initial: true, ..EventOptions::default() })?;
    cluster.ready(1, false, READY).wait()?;
    events.next_timeout(READY)?;
    cluster.close().wait()
}
