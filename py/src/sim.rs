//! `seafoam.sim`: clusters in virtual time for tests. Arguments in, one call of the simulator's
//! `Cluster`, result out; what is Python alone is in `sim.py`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use seafoam::{CONFIG_KEYS, Config, Stats};
use seafoam_sim::cluster::{Ticket, describe};
use seafoam_sim::{Cluster, Options};

use crate::config::{bytes_of, config, text};
use crate::error::raise;
use crate::event::to_python;
use crate::node::{Lease, Node, Validity, Why, name_of};
use crate::words::{event_kinds, value};

/// Steps that are made before Python gets its turn: some milliseconds.
const STEPS: usize = 2000;
/// The longest span: beyond it a float counts no microseconds.
const LONGEST_SECONDS: f64 = 1e6;

/// A simulated cluster. The lock is taken for one call, and never held while the interpreter is let go
/// or entered.
#[pyclass(frozen, module = "seafoam._native")]
pub(crate) struct SimCluster(Mutex<Cluster>);

impl SimCluster {
    fn with<T>(&self, call: impl FnOnce(&mut Cluster) -> T) -> T {
        call(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// One call of the simulator.
    fn call<T>(
        &self,
        py: Python<'_>,
        call: impl FnOnce(&mut Cluster) -> seafoam::Result<T>,
    ) -> PyResult<T> {
        self.with(call).map_err(|error| raise(py, error))
    }
}

fn span(label: &str, seconds: f64) -> PyResult<Duration> {
    if (0.0..=LONGEST_SECONDS).contains(&seconds) {
        return Ok(Duration::from_secs_f64(seconds));
    }
    let text = format!("{label} = {seconds} is refused: it takes 0 to {LONGEST_SECONDS} seconds");
    Err(PyValueError::new_err(text))
}

fn permille(label: &str, share: f64) -> PyResult<u64> {
    let permille = (share * 1000.0).round();
    if (0.0..=1000.0).contains(&permille) {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0 to 1000
        return Ok(permille as u64);
    }
    let text = format!("{label} = {share} is refused: it takes a share from 0 to 1");
    Err(PyValueError::new_err(text))
}

#[pymethods]
impl SimCluster {
    #[new]
    #[pyo3(signature = (names, lighthouses, seed, config, own, disks))]
    fn new(
        py: Python<'_>,
        names: Vec<String>,
        lighthouses: Vec<String>,
        seed: u64,
        config: Option<&Bound<'_, PyDict>>,
        own: BTreeMap<String, Bound<'_, PyDict>>,
        disks: bool,
    ) -> PyResult<Self> {
        let common = self::config(py, config)?;
        let mut options =
            Options::named(names).lighthouses_named(lighthouses).seed(seed).config(common);
        for (name, config) in own {
            options = options.node(name, self::config(py, Some(&config))?);
        }
        if disks {
            options = options.disks();
        }
        let cluster = Cluster::start(options).map_err(|error| raise(py, error))?;
        Ok(Self(Mutex::new(cluster)))
    }

    fn add(&self, py: Python<'_>, name: &str, config: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
        let config = given(py, config)?;
        self.call(py, |cluster| cluster.add(name, config.as_ref()))
    }

    fn restart(
        &self,
        py: Python<'_>,
        node: &str,
        config: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        let config = given(py, config)?;
        self.call(py, |cluster| cluster.restart(node, config.as_ref()))
    }

    // Time.

    fn now(&self) -> f64 {
        self.with(|cluster| cluster.now().as_secs_f64())
    }

    /// Ctrl-C is heard every few milliseconds, and other threads get their turn.
    fn advance(&self, py: Python<'_>, seconds: f64) -> PyResult<()> {
        let left = span("seconds", seconds)?;
        let end = self.with(|cluster| cluster.now()) + left;
        loop {
            let goes_on = py.detach(|| self.with(|cluster| (0..STEPS).all(|_| cluster.step(end))));
            py.check_signals()?;
            if !goes_on {
                return Ok(());
            }
        }
    }

    /// One moment; whether time is left before `end`, in seconds since the beginning.
    fn step(&self, py: Python<'_>, end: f64) -> PyResult<bool> {
        let end = span("end", end)?;
        Ok(py.detach(|| self.with(|cluster| cluster.step(end))))
    }

    fn is_settled(&self) -> bool {
        self.with(|cluster| cluster.is_settled())
    }

    /// The exception for a wait that was in vain.
    fn timed_out(&self, py: Python<'_>, what: &str, seconds: f64) -> PyResult<Py<PyAny>> {
        let timeout = span("timeout", seconds)?;
        let error = self.with(|cluster| cluster.timed_out(what, timeout));
        Ok(raise(py, error).into_value(py).into_any())
    }

    // What there is, and what was seen.

    fn names(&self) -> Vec<String> {
        self.with(|cluster| cluster.names().map(str::to_owned).collect())
    }

    fn running(&self) -> Vec<String> {
        self.with(|cluster| cluster.running().map(str::to_owned).collect())
    }

    fn is_running(&self, py: Python<'_>, node: &str) -> PyResult<bool> {
        self.call(py, |cluster| cluster.is_running(node))
    }

    fn leading(&self) -> Option<String> {
        self.with(|cluster| cluster.leader().map(str::to_owned))
    }

    fn events(
        &self,
        py: Python<'_>,
        node: &str,
        kinds: Option<&Bound<'_, PyAny>>,
        since: f64,
    ) -> PyResult<Vec<Py<PyAny>>> {
        let (kinds, since) = (event_kinds(kinds)?, span("since", since)?);
        let events = self.call(py, |cluster| cluster.events(node, kinds, since))?;
        events.into_iter().map(|event| to_python(py, Arc::new(event))).collect()
    }

    /// Seconds, name and event of all that was seen from a moment on.
    fn timeline(
        &self,
        py: Python<'_>,
        kinds: Option<&Bound<'_, PyAny>>,
        since: f64,
    ) -> PyResult<Vec<(f64, String, Py<PyAny>)>> {
        let (kinds, since) = (event_kinds(kinds)?, span("since", since)?);
        let seen = self.with(|cluster| {
            let seen = cluster.timeline().map(|seen| (cluster.moment(seen), seen));
            let wanted = seen
                .filter(|(at, seen)| *at >= since && kinds.contains(seen.event.kind()))
                .map(|(at, seen)| (at, cluster.name(seen.by).to_owned(), seen.event.clone()));
            wanted.collect::<Vec<_>>()
        });
        seen.into_iter()
            .map(|(at, name, event)| Ok((at.as_secs_f64(), name, to_python(py, Arc::new(event))?)))
            .collect()
    }

    /// The last events in a line each.
    fn lines(&self, count: usize) -> Vec<String> {
        self.with(|cluster| {
            let mut lines: Vec<_> = cluster
                .timeline()
                .rev()
                .take(count)
                .map(|seen| {
                    let at = cluster.moment(seen).as_secs_f64();
                    format!("{at:.3} s  {}  {}", cluster.name(seen.by), describe(&seen.event))
                })
                .collect();
            lines.reverse();
            lines
        })
    }

    fn fingerprint(&self) -> u64 {
        self.with(|cluster| cluster.fingerprint())
    }

    // Faults.

    #[allow(clippy::needless_pass_by_value)] // lists made from Python's are owned
    fn cut(
        &self,
        py: Python<'_>,
        left: Vec<String>,
        right: Vec<String>,
        one_way: bool,
    ) -> PyResult<()> {
        self.call(py, |cluster| match one_way {
            true => cluster.cut_one_way(&left, &right),
            false => cluster.cut(&left, &right),
        })
    }

    fn heal(&self) {
        self.with(Cluster::heal);
    }

    fn crash(&self, py: Python<'_>, node: &str) -> PyResult<()> {
        self.call(py, |cluster| cluster.crash(node))
    }

    fn vanish(&self, py: Python<'_>, node: &str) -> PyResult<()> {
        self.call(py, |cluster| cluster.vanish(node))
    }

    fn pause(&self, py: Python<'_>, node: &str, seconds: f64) -> PyResult<()> {
        let span = span("seconds", seconds)?;
        self.call(py, |cluster| cluster.pause(node, span))
    }

    fn set_loss(&self, py: Python<'_>, datagrams: f64, streams: f64) -> PyResult<()> {
        let (datagrams, streams) = (permille("loss", datagrams)?, permille("tcp_loss", streams)?);
        self.call(py, |cluster| cluster.set_loss(datagrams, streams))
    }

    fn set_delay(&self, py: Python<'_>, least: f64, most: f64) -> PyResult<()> {
        let (least, most) = (span("delay", least)?, span("delay", most)?);
        self.call(py, |cluster| cluster.set_delay(least, most))
    }

    // The calls of one node.

    fn all_nodes(&self, py: Python<'_>, node: &str) -> PyResult<Vec<Node>> {
        let nodes = self.call(py, |cluster| cluster.all_nodes(node))?;
        Ok(nodes.into_iter().map(Node).collect())
    }

    fn healthy_nodes(&self, py: Python<'_>, node: &str) -> PyResult<Vec<Node>> {
        let nodes = self.call(py, |cluster| cluster.healthy_nodes(node))?;
        Ok(nodes.into_iter().map(Node).collect())
    }

    fn node(&self, py: Python<'_>, node: &str, other: &Bound<'_, PyAny>) -> PyResult<Option<Node>> {
        let other = name_of(other)?;
        Ok(self.call(py, |cluster| cluster.node(node, &other))?.map(Node))
    }

    fn leader_of(&self, py: Python<'_>, node: &str) -> PyResult<Option<Node>> {
        Ok(self.call(py, |cluster| cluster.leader_of(node))?.map(Node))
    }

    fn is_leader(&self, py: Python<'_>, node: &str) -> PyResult<bool> {
        self.call(py, |cluster| cluster.is_leader(node))
    }

    fn lease(&self, py: Python<'_>, node: &str) -> PyResult<Option<Lease>> {
        Ok(self.call(py, |cluster| cluster.lease(node))?.map(Lease))
    }

    fn validity(&self, py: Python<'_>, node: &str) -> PyResult<Validity> {
        self.call(py, |cluster| cluster.validity(node)).map(Validity)
    }

    fn is_valid(&self, py: Python<'_>, node: &str) -> PyResult<bool> {
        self.call(py, |cluster| cluster.is_valid(node))
    }

    fn why(&self, py: Python<'_>, node: &str, other: &Bound<'_, PyAny>) -> PyResult<Why> {
        let other = name_of(other)?;
        self.call(py, |cluster| cluster.why(node, &other)).map(Why)
    }

    fn stats<'py>(&self, py: Python<'py>, node: &str) -> PyResult<Bound<'py, PyDict>> {
        let stats = self.call(py, |cluster| cluster.stats(node))?;
        let all = PyDict::new(py);
        for ((name, ..), value) in Stats::ROWS.iter().zip(stats.values()) {
            all.set_item(name, value)?;
        }
        Ok(all)
    }

    fn settings(&self, py: Python<'_>, node: &str) -> PyResult<BTreeMap<&'static str, String>> {
        self.call(py, |cluster| {
            let settings = cluster.settings(node)?;
            let entry = |name| settings.get(name).map(|value| (name, value));
            CONFIG_KEYS.iter().map(|key| entry(key.name)).collect()
        })
    }

    fn broadcast(&self, py: Python<'_>, node: &str, bytes: &Bound<'_, PyAny>) -> PyResult<String> {
        let payload = bytes_of("bytes", bytes)?;
        self.call(py, |cluster| cluster.broadcast(node, &payload))
    }

    fn send(
        &self,
        py: Python<'_>,
        node: &str,
        to: &Bound<'_, PyAny>,
        bytes: &Bound<'_, PyAny>,
    ) -> PyResult<SimTicket> {
        let (to, payload) = (name_of(to)?, bytes_of("bytes", bytes)?);
        self.call(py, |cluster| cluster.send(node, &to, &payload)).map(SimTicket)
    }

    fn resign(&self, py: Python<'_>, node: &str) -> PyResult<SimTicket> {
        self.call(py, |cluster| cluster.resign(node)).map(SimTicket)
    }

    fn transfer_leadership(
        &self,
        py: Python<'_>,
        node: &str,
        to: &Bound<'_, PyAny>,
    ) -> PyResult<SimTicket> {
        let to = name_of(to)?;
        self.call(py, |cluster| cluster.transfer_leadership(node, &to)).map(SimTicket)
    }

    /// False while the call goes on, True where it was done; raises what became of it otherwise.
    fn outcome(&self, py: Python<'_>, ticket: &SimTicket) -> PyResult<bool> {
        match self.with(|cluster| cluster.outcome(ticket.0)) {
            None => Ok(false),
            Some(Ok(())) => Ok(true),
            Some(Err(error)) => Err(raise(py, error)),
        }
    }

    fn leave(&self, py: Python<'_>, node: &str) -> PyResult<()> {
        self.call(py, |cluster| cluster.leave(node))
    }

    fn update_node_status(
        &self,
        py: Python<'_>,
        node: &str,
        other: &Bound<'_, PyAny>,
        status: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let (other, status) = (name_of(other)?, value("status", status)?);
        self.call(py, |cluster| cluster.update_node_status(node, &other, status))
    }

    fn set(&self, py: Python<'_>, node: &str, key: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let text = text(key, value)?;
        self.call(py, |cluster| cluster.set(node, key, &text))
    }
}

fn given(py: Python<'_>, config: Option<&Bound<'_, PyDict>>) -> PyResult<Option<Config>> {
    config.map(|config| self::config(py, Some(config))).transpose()
}

/// A call of a simulated node that takes time.
#[pyclass(frozen, module = "seafoam._native")]
pub(crate) struct SimTicket(Ticket);
