//! The calls of a cluster: arguments in, one call of the facade, result out.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use pyo3::prelude::*;
use pyo3::types::PyDict;
use seafoam::{CONFIG_KEYS, Cluster, Config, Error, ErrorCode, EventOptions, Stats};

use crate::config::{Tags, bytes_of, config, text};
use crate::error::raise;
use crate::keyring::NativeKeyring;
use crate::node::{Lease, Node, Receipt, Validity, Why, name_of};
use crate::pending::{Pending, seconds};
use crate::process;
use crate::subscription::{BlockingEvents, Subscription, limit};
use crate::words::{event_kinds, value};

/// What both cluster classes share: construction, and every call that does not wait.
#[pyclass(subclass, frozen, module = "seafoam._native")]
pub(crate) struct ClusterBase {
    config: Config,
    begun: AtomicBool,
    running: OnceLock<Cluster>,
    /// Under which it is on the list of running clusters.
    number: u64,
}

static NUMBERS: AtomicU64 = AtomicU64::new(1);

impl ClusterBase {
    pub(crate) fn cluster(&self, py: Python<'_>) -> PyResult<&Cluster> {
        self.running.get().ok_or_else(|| {
            let text = "the cluster was not started: enter it by `with`, or call start()";
            raise(py, Error::new(ErrorCode::Closed, text))
        })
    }

    /// One call of the facade.
    fn call<T>(
        &self,
        py: Python<'_>,
        call: impl FnOnce(&Cluster) -> seafoam::Result<T>,
    ) -> PyResult<T> {
        call(self.cluster(py)?).map_err(|error| raise(py, error))
    }
}

impl Drop for ClusterBase {
    fn drop(&mut self) {
        drop(process::unregister(self.number));
    }
}

#[pymethods]
impl ClusterBase {
    #[new]
    #[pyo3(signature = (**config))]
    fn new(py: Python<'_>, config: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        Ok(Self {
            config: self::config(py, config)?,
            begun: AtomicBool::new(false),
            running: OnceLock::new(),
            number: NUMBERS.fetch_add(1, Ordering::Relaxed),
        })
    }

    /// Binds, begins to probe, and joins in the background.
    fn _start(slf: Bound<'_, Self>) -> PyResult<Pending> {
        let py = slf.py();
        let this = slf.get();
        if this.begun.swap(true, Ordering::AcqRel) {
            let text = "the cluster was started before: make a new one to start again";
            return Err(raise(py, Error::new(ErrorCode::Busy, text)));
        }
        let config = this.config.clone();
        let pending = py.detach(|| Cluster::start(config));
        let owner = slf.unbind();
        Ok(Pending::new(pending, move |py, cluster| {
            let this = owner.get();
            process::register(this.number, cluster.clone());
            let _ = this.running.set(cluster); // set once: `begun` saw to it
            Ok(py.None())
        }))
    }

    fn _ready(
        &self,
        py: Python<'_>,
        min_members: usize,
        valid: bool,
        timeout: Option<f64>,
    ) -> PyResult<Pending> {
        let timeout = seconds(py, timeout)?;
        let pending = self.cluster(py)?.ready(min_members, valid, timeout);
        Ok(Pending::nothing(pending))
    }

    fn _leave(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Pending> {
        let timeout = seconds(py, timeout)?;
        Ok(Pending::nothing(self.cluster(py)?.leave(timeout)))
    }

    /// None where it was never started: there is nothing to close.
    fn _close(&self, py: Python<'_>) -> Option<Pending> {
        let cluster = self.running.get()?;
        drop(process::unregister(self.number));
        Some(Pending::nothing(py.detach(|| cluster.close())))
    }

    fn _ping_node(&self, py: Python<'_>, node: &Bound<'_, PyAny>) -> PyResult<Pending> {
        let pending = self.cluster(py)?.ping_node(&name_of(node)?);
        Ok(Pending::new(pending, |py, millis: f64| {
            Ok(millis.into_pyobject(py)?.into_any().unbind())
        }))
    }

    fn _resign(&self, py: Python<'_>) -> PyResult<Pending> {
        Ok(Pending::nothing(self.cluster(py)?.resign()))
    }

    /// The lease of the next tenure of this node in a term above `after_term`.
    fn _elected(&self, py: Python<'_>, after_term: u64) -> PyResult<Pending> {
        let pending = self.cluster(py)?.elected(after_term);
        Ok(Pending::new(pending, |py, lease| Ok(Py::new(py, Lease(lease))?.into_any())))
    }

    fn _deposed(&self, py: Python<'_>, term: u64) -> PyResult<Pending> {
        Ok(Pending::nothing(self.cluster(py)?.deposed(term)))
    }

    fn _step_down(&self, py: Python<'_>, term: u64) -> PyResult<Pending> {
        Ok(Pending::nothing(self.cluster(py)?.step_down(term)))
    }

    fn _keyring(&self, py: Python<'_>) -> PyResult<NativeKeyring> {
        Ok(NativeKeyring::new(self.cluster(py)?.keyring()))
    }

    fn _transfer_leadership(&self, py: Python<'_>, node: &Bound<'_, PyAny>) -> PyResult<Pending> {
        let pending = self.cluster(py)?.transfer_leadership(&name_of(node)?);
        Ok(Pending::nothing(pending))
    }

    fn _send(
        &self,
        py: Python<'_>,
        node: &Bound<'_, PyAny>,
        bytes: &Bound<'_, PyAny>,
    ) -> PyResult<Pending> {
        let payload = bytes_of("bytes", bytes)?;
        let pending = self.cluster(py)?.send(&name_of(node)?, &payload);
        Ok(Pending::nothing(pending))
    }

    fn _broadcast_with_receipt(
        &self,
        py: Python<'_>,
        bytes: &Bound<'_, PyAny>,
        timeout: Option<f64>,
    ) -> PyResult<Pending> {
        let (payload, timeout) = (bytes_of("bytes", bytes)?, seconds(py, timeout)?);
        let pending = self.cluster(py)?.broadcast_with_receipt(&payload, timeout);
        Ok(Pending::new(pending, |py, receipt| Ok(Py::new(py, Receipt(receipt))?.into_any())))
    }

    #[pyo3(signature = (kinds, capacity, initial))]
    fn _subscribe(
        &self,
        py: Python<'_>,
        kinds: Option<&Bound<'_, PyAny>>,
        capacity: Option<usize>,
        initial: bool,
    ) -> PyResult<Subscription> {
        let options = options(kinds, capacity, initial)?;
        let events = self.call(py, |cluster| cluster.events(options))?;
        Ok(Subscription::new(events))
    }

    #[pyo3(signature = (kinds, capacity, initial, timeout))]
    fn _subscribe_blocking(
        &self,
        py: Python<'_>,
        kinds: Option<&Bound<'_, PyAny>>,
        capacity: Option<usize>,
        initial: bool,
        timeout: Option<f64>,
    ) -> PyResult<BlockingEvents> {
        let timeout = limit(py, timeout)?;
        let options = options(kinds, capacity, initial)?;
        let events = self.call(py, |cluster| cluster.events(options))?;
        Ok(BlockingEvents::new(events, timeout))
    }

    /// Whether it was started, even where it was closed since.
    fn _is_started(&self) -> bool {
        self.running.get().is_some()
    }

    /// Whether it was closed, closed itself, or belongs to a parent process.
    fn is_closed(&self) -> bool {
        self.running.get().is_some_and(Cluster::is_closed)
    }

    /// This node, as it is now.
    fn local_node(&self, py: Python<'_>) -> PyResult<Node> {
        self.call(py, Cluster::local_node).map(Node)
    }

    /// Every node in the table, in the order of their names: DEAD ones until they are forgotten, LEFT
    /// ones for 60 s.
    fn all_nodes(&self, py: Python<'_>) -> PyResult<Vec<Node>> {
        self.call(py, Cluster::all_nodes).map(nodes)
    }

    /// The nodes that are ALIVE or SUSPECTED, the local one included, in the order of their names.
    fn healthy_nodes(&self, py: Python<'_>) -> PyResult<Vec<Node>> {
        self.call(py, Cluster::healthy_nodes).map(nodes)
    }

    /// The node of this name or address, or None.
    fn node(&self, py: Python<'_>, name: &Bound<'_, PyAny>) -> PyResult<Option<Node>> {
        let name = name_of(name)?;
        let found = self.call(py, |cluster| cluster.node(&name))?;
        Ok(found.map(Node))
    }

    /// Adds a node by `host`, `host:port` or `[v6]:port` and returns at once: UNKNOWN, with the address
    /// as its name, until it answers. Without a port the own `listen_port` is taken, 9999 where that
    /// is 0. Raises `invalid_address`, and `busy` where the table is full.
    fn add_node(&self, py: Python<'_>, address: &str) -> PyResult<Node> {
        self.call(py, |cluster| cluster.add_node(address)).map(Node)
    }

    /// Forgets a node, here alone, and returns it as it was; one that speaks again comes back. Raises
    /// `unknown_node`, and `invalid_address` for the local node.
    fn remove_node(&self, py: Python<'_>, node: &Bound<'_, PyAny>) -> PyResult<Node> {
        let name = name_of(node)?;
        self.call(py, |cluster| cluster.remove_node(&name)).map(Node)
    }

    /// States a node's status: DEAD and SUSPECTED are accusations that it may refute, ALIVE makes a
    /// probe. Raises `unknown_node`, and `invalid_config` for another status, for the local node, and
    /// where `rank` or `datacenter` is given: they are the node's own claims.
    #[pyo3(signature = (node, status, rank = None, datacenter = None))]
    fn update_node_status(
        &self,
        py: Python<'_>,
        node: &Bound<'_, PyAny>,
        status: &Bound<'_, PyAny>,
        rank: Option<&Bound<'_, PyAny>>,
        datacenter: Option<u8>,
    ) -> PyResult<()> {
        let name = name_of(node)?;
        let status = value("status", status)?;
        let rank = rank.map(|rank| value("rank", rank)).transpose()?;
        self.call(py, |cluster| cluster.update_node_status(&name, status, rank, datacenter))
    }

    /// Sets a node's local timestamp to now. Raises `unknown_node`.
    fn touch_node(&self, py: Python<'_>, node: &Bound<'_, PyAny>) -> PyResult<()> {
        let name = name_of(node)?;
        self.call(py, |cluster| cluster.touch_node(&name))
    }

    /// Sends a payload to every other healthy member, each of which gets it at most once, and returns
    /// its label (`ip:port:index`). Never waits. Raises `payload_too_large` beyond
    /// `max_broadcast_bytes`, and `busy` where the queue is full; then nothing was sent.
    fn broadcast(&self, py: Python<'_>, bytes: &Bound<'_, PyAny>) -> PyResult<String> {
        let payload = bytes_of("bytes", bytes)?;
        self.call(py, |cluster| cluster.broadcast(&payload))
    }

    /// The leader as this node heard of it, or None.
    fn leader(&self, py: Python<'_>) -> PyResult<Option<Node>> {
        let leader = self.call(py, Cluster::leader)?;
        Ok(leader.map(Node))
    }

    /// Whether this node leads at this instant, by the clock; false after close and in a forked child.
    fn is_leader(&self) -> bool {
        self.running.get().is_some_and(Cluster::is_leader)
    }

    /// The own lease at this instant, or None where this node does not lead.
    fn lease(&self, py: Python<'_>) -> PyResult<Option<Lease>> {
        let lease = self.call(py, Cluster::lease)?;
        Ok(lease.map(Lease))
    }

    /// Whether this side of a partition may act, and what is missing.
    fn validity(&self, py: Python<'_>) -> PyResult<Validity> {
        self.call(py, Cluster::validity).map(Validity)
    }

    /// True in VALID only; false after close and in a forked child.
    fn is_valid(&self) -> bool {
        self.running.get().is_some_and(Cluster::is_valid)
    }

    /// Counters and gauges by name, as a dict of str to int; docs/operations.md says what they count.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let stats = self.call(py, Cluster::stats)?;
        let all = PyDict::new(py);
        for ((name, ..), value) in Stats::ROWS.iter().zip(stats.values()) {
            all.set_item(name, value)?;
        }
        Ok(all)
    }

    /// Replaces the tags of this node, a dict of str to str: all members see them within a moment
    /// (NodeEvent), whoever joins later too. At most 512 bytes as `k=v,k=v`. Raises `invalid_config`
    /// for tags that are refused; then nothing was changed.
    #[allow(clippy::needless_pass_by_value)] // a map made from Python's is owned
    fn set_tags(&self, py: Python<'_>, tags: Tags) -> PyResult<()> {
        self.call(py, |cluster| cluster.set_tags(&tags))
    }

    /// Why a node is suspected or dead, as this process knows it. Raises `unknown_node`.
    fn why(&self, py: Python<'_>, node: &Bound<'_, PyAny>) -> PyResult<Why> {
        let name = name_of(node)?;
        self.call(py, |cluster| cluster.why(&name)).map(Why)
    }

    /// The healthy member that owns a key, the same on every node with the same view; None where no
    /// member carries the tags.
    #[pyo3(signature = (key, tags = None))]
    fn owner(
        &self,
        py: Python<'_>,
        key: &Bound<'_, PyAny>,
        tags: Option<Tags>,
    ) -> PyResult<Option<Node>> {
        let (key, tags) = (bytes_of("key", key)?, tags.unwrap_or_default());
        let owner = self.call(py, |cluster| cluster.owner(&key, &tags))?;
        Ok(owner.map(Node))
    }

    /// The `count` best owners of a key, best first; fewer where there are not so many.
    #[pyo3(signature = (key, count, tags = None))]
    fn owners(
        &self,
        py: Python<'_>,
        key: &Bound<'_, PyAny>,
        count: usize,
        tags: Option<Tags>,
    ) -> PyResult<Vec<Node>> {
        let (key, tags) = (bytes_of("key", key)?, tags.unwrap_or_default());
        self.call(py, |cluster| cluster.owners(&key, count, &tags)).map(nodes)
    }

    /// The text of a configuration value as it is now. Raises `invalid_config` for an unknown key.
    fn get(&self, py: Python<'_>, key: &str) -> PyResult<String> {
        self.call(py, |cluster| cluster.get(key))
    }

    /// The texts of all configuration values as they are now, by key.
    fn settings(&self, py: Python<'_>) -> PyResult<BTreeMap<&'static str, String>> {
        self.call(py, |cluster| {
            let settings = cluster.settings()?;
            let entry = |name| settings.get(name).map(|value| (name, value));
            CONFIG_KEYS.iter().map(|key| entry(key.name)).collect()
        })
    }

    /// Changes a configuration value that can be changed at run time. Raises `invalid_config` where the
    /// key is unknown or fixed at the start, or the value is refused; then nothing was changed.
    fn set(&self, py: Python<'_>, key: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let text = text(key, value)?;
        self.call(py, |cluster| cluster.set(key, &text))
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let class = slf.get_type();
        let state = match slf.get().running.get() {
            None => "not started".to_owned(),
            Some(cluster) if cluster.is_closed() => "closed".to_owned(),
            Some(cluster) => cluster
                .local_node()
                .map_or_else(|error| error.to_string(), |node| node.name.to_string()),
        };
        Ok(format!("<{} {state}>", class.fully_qualified_name()?))
    }
}

fn options(
    kinds: Option<&Bound<'_, PyAny>>,
    capacity: Option<usize>,
    initial: bool,
) -> PyResult<EventOptions> {
    Ok(EventOptions { kinds: event_kinds(kinds)?, capacity, initial })
}

fn nodes(nodes: Vec<std::sync::Arc<seafoam::Node>>) -> Vec<Node> {
    nodes.into_iter().map(Node).collect()
}
