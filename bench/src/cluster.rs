//! Many nodes in one process on loopback: how soon all see all, hear a broadcast, and miss a node.

use std::cell::Cell;
use std::collections::HashSet;
use std::time::{Duration, Instant};

use seafoam::{
    Config, Error, ErrorCode, Event, EventKind, EventKinds, EventOptions, Events, NodeStatus, Stats,
};

/// How long any one thing may take before the measurement gives up.
const PATIENCE: Duration = Duration::from_secs(120);
/// Events that may wait for the reader here, which reads once for all nodes.
const CAPACITY: usize = 65_536;

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Nodes in this process.
    pub nodes: usize,
    /// Bytes of the broadcast.
    pub payload_bytes: usize,
    /// How long the cluster rests under watch for false deaths.
    pub rest: Duration,
    /// Whether traffic is sealed with a key made for the measurement.
    pub sealed: bool,
}

/// What came out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// Seconds to start all nodes one after another.
    pub start_seconds: f64,
    /// Seconds from the last start until every node counts every node as healthy.
    pub join_seconds: f64,
    /// Seconds until the broadcast was delivered to all others.
    pub broadcast_seconds: f64,
    /// Others that did not get it.
    pub broadcast_missed: usize,
    /// DEAD events about living nodes, from the first start to the end of the rest.
    pub false_deaths: usize,
    /// Times that an engine was held up by more than 100 ms in that time.
    pub stalls: u64,
    /// Datagrams per node and second during the rest.
    pub datagrams_per_second: f64,
    /// UDP payload bytes per node and second during the rest.
    pub bytes_per_second: f64,
    /// Seconds of processor time per node and minute during the rest.
    pub cpu_seconds_per_minute: f64,
    /// Seconds from the end of one node without leave until the first other reports it DEAD,
    pub dead_first_seconds: f64,
    /// and until all others do.
    pub dead_all_seconds: f64,
    /// Seconds to close one cluster, the slowest of all.
    pub close_seconds: f64,
}

/// A cluster in this process.
#[derive(Debug)]
pub struct Cluster {
    nodes: Vec<(seafoam::Cluster, Events)>,
    /// DEAD events read so far.
    deaths: Cell<usize>,
}

impl Cluster {
    /// Starts the nodes on loopback addresses and takes every measurement.
    ///
    /// # Errors
    /// Whatever a call of the library fails with; `timeout` where something did not happen in two
    /// minutes.
    pub fn measure(options: Options) -> Result<Figures, Error> {
        let mut figures = Figures::default();
        let began = Instant::now();
        let mut cluster = Self::start(options)?;
        figures.start_seconds = began.elapsed().as_secs_f64();
        figures.join_seconds = cluster.wait_for_all()?;
        cluster.broadcast(options, &mut figures)?;
        cluster.rest(options, &mut figures)?;
        cluster.kill(&mut figures)?;
        for (node, _) in cluster.nodes.drain(..) {
            let began = Instant::now();
            node.close().wait()?;
            figures.close_seconds = figures.close_seconds.max(began.elapsed().as_secs_f64());
        }
        Ok(figures)
    }

    fn start(options: Options) -> Result<Self, Error> {
        let count = options.nodes;
        let key = if options.sealed { seafoam::generate_key()? } else { String::new() };
        let cluster_name = format!("bench-{}", std::process::id());
        let mut nodes: Vec<(seafoam::Cluster, Events)> = Vec::with_capacity(count);
        for _ in 0..count {
            let mut config = Config::new()
                .without_env()
                .cluster_name(cluster_name.as_str())
                .listen_port(0_u16)
                .keys(key.as_str())
                .multicast_enabled(false);
            if let Some((first, _)) = nodes.first() {
                config = config.initial_hosts([&*first.local_node()?.address]);
            }
            let node = seafoam::Cluster::start(config).wait()?;
            let kinds = EventKinds::of(&[EventKind::Status, EventKind::Broadcast]);
            let capacity = Some(CAPACITY);
            let events = node.events(EventOptions { kinds, capacity, initial: false })?;
            nodes.push((node, events));
        }
        Ok(Self { nodes, deaths: Cell::new(0) })
    }

    /// Polls every node until `done` holds for each; the seconds it took.
    fn wait_for_all(&self) -> Result<f64, Error> {
        let began = Instant::now();
        for (node, _) in &self.nodes {
            let left = PATIENCE.saturating_sub(began.elapsed());
            node.ready(self.nodes.len(), false, left).wait()?;
        }
        Ok(began.elapsed().as_secs_f64())
    }

    fn broadcast(&mut self, options: Options, figures: &mut Figures) -> Result<(), Error> {
        self.forget_events()?;
        let began = Instant::now();
        if let Some((node, _)) = self.nodes.first() {
            node.broadcast(&vec![7; options.payload_bytes])?;
        }
        let mut missing: HashSet<usize> = (1..self.nodes.len()).collect();
        let wanted = |event: &Event| matches!(event, Event::Broadcast { .. });
        while !missing.is_empty() && began.elapsed() < Duration::from_secs(10) {
            self.look(&mut missing, wanted)?;
        }
        figures.broadcast_seconds = began.elapsed().as_secs_f64();
        figures.broadcast_missed = missing.len();
        Ok(())
    }

    /// Takes the waiting events of the nodes in `missing`, and those out that saw what is `wanted`.
    fn look(
        &self,
        missing: &mut HashSet<usize>,
        wanted: impl Fn(&Event) -> bool,
    ) -> Result<(), Error> {
        let mut seen = Vec::new();
        for number in missing.iter().copied() {
            let Some((_, events)) = self.nodes.get(number) else {
                continue;
            };
            while let Some(event) = events.try_next()? {
                self.count_death(&event);
                if wanted(&event) {
                    seen.push(number);
                    break;
                }
            }
        }
        for number in seen {
            missing.remove(&number);
        }
        std::thread::sleep(Duration::from_millis(1));
        Ok(())
    }

    fn count_death(&self, event: &Event) {
        if matches!(event, Event::Status { status: NodeStatus::Dead, .. }) {
            self.deaths.set(self.deaths.get() + 1);
        }
    }

    fn forget_events(&self) -> Result<(), Error> {
        let mut all = Vec::new();
        for (_, events) in &self.nodes {
            events.drain(&mut all, usize::MAX)?;
        }
        all.iter().for_each(|event| self.count_death(event));
        Ok(())
    }

    fn rest(&self, options: Options, figures: &mut Figures) -> Result<(), Error> {
        self.forget_events()?;
        let (sent, bytes) = self.traffic()?;
        let (began, cpu) = (Instant::now(), cpu_seconds());
        std::thread::sleep(options.rest);
        let (seconds, cpu) = (began.elapsed().as_secs_f64(), cpu_seconds() - cpu);
        let (sent_after, bytes_after) = self.traffic()?;
        self.forget_events()?;
        figures.false_deaths = self.deaths.get();
        figures.stalls = self.total(|stats| stats.stalls)?;
        #[allow(clippy::cast_precision_loss)] // counts of packets, far below 2^52
        let per_node = |total: u64| total as f64 / (self.nodes.len() as f64 * seconds);
        figures.datagrams_per_second = per_node(sent_after - sent);
        figures.bytes_per_second = per_node(bytes_after - bytes);
        #[allow(clippy::cast_precision_loss)] // a count of nodes
        let nodes = self.nodes.len() as f64;
        figures.cpu_seconds_per_minute = cpu / nodes / seconds * 60.0;
        Ok(())
    }

    fn traffic(&self) -> Result<(u64, u64), Error> {
        Ok((self.total(|stats| stats.datagrams_sent)?, self.total(|stats| stats.bytes_sent)?))
    }

    /// A counter, summed over all nodes.
    fn total(&self, of: impl Fn(&Stats) -> u64) -> Result<u64, Error> {
        self.nodes.iter().map(|(node, _)| Ok(of(&node.stats()?))).sum()
    }

    /// Closes the last node without leave: to the others it crashed.
    fn kill(&mut self, figures: &mut Figures) -> Result<(), Error> {
        self.forget_events()?;
        let Some((victim, events)) = self.nodes.pop() else {
            return Ok(());
        };
        let name = victim.local_node()?.name.clone();
        drop(events);
        let began = Instant::now();
        victim.close().wait()?;
        let mut missing: HashSet<usize> = (0..self.nodes.len()).collect();
        let wanted = |event: &Event| {
            let dead = NodeStatus::Dead;
            matches!(event, Event::Status { node, status, .. } if *status == dead && node.name == name)
        };
        let all = missing.len();
        while !missing.is_empty() {
            if began.elapsed() > PATIENCE {
                let text = format!("{} nodes never reported {name} DEAD", missing.len());
                return Err(Error::new(ErrorCode::Timeout, text));
            }
            self.look(&mut missing, wanted)?;
            if missing.len() == all {
                figures.dead_first_seconds = began.elapsed().as_secs_f64();
            }
        }
        figures.dead_all_seconds = began.elapsed().as_secs_f64();
        Ok(())
    }
}

/// Processor time of the library's own threads so far, from `/proc`; 0 where there is none.
fn cpu_seconds() -> f64 {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else {
        return 0.0;
    };
    let stats = threads.flatten().filter_map(|thread| {
        let stat = std::fs::read_to_string(thread.path().join("stat")).ok()?;
        // The name stands in brackets; utime and stime are the 12th and 13th field after it, in
        // ticks of 10 ms.
        let (name, after) = stat.rsplit_once(')')?;
        let own = name.split_once('(')?.1.starts_with("seafoam");
        let fields = after.split_whitespace().skip(11).take(2);
        let ticks: f64 = fields.filter_map(|field| field.parse::<f64>().ok()).sum();
        own.then_some(ticks)
    });
    stats.sum::<f64>() / 100.0
}
