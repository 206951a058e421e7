//! The facade's calls, one by one.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use napi::bindgen_prelude::Buffer;
use napi_derive::napi;
use seafoam::{Cluster, Config, NodeRank, NodeStatus};

use crate::error::{Failure, guard};
use crate::event::{EventArguments, NativeEvents};
use crate::keyring::NativeKeyring;
use crate::parse;
use crate::pending::NativePending;
use crate::snapshot::{NativeLease, NativeValidity, NativeWhy, node, nodes};
use crate::wake::{Bell, NativeLoop};

/// What a cluster is started with: texts by the names of the configuration table.
#[napi(js_name = "Config")]
#[derive(Default)]
pub struct NativeConfig {
    config: Config,
}

#[napi]
impl NativeConfig {
    #[napi(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    #[napi]
    pub fn set(&mut self, name: String, value: String) -> Result<(), Failure> {
        guard(|| self.config.set(&name, &value))
    }

    /// Starts a cluster whose subscriptions and results ring the bell of `host`.
    #[napi]
    pub fn start(&self, host: &NativeLoop) -> Result<NativePending, Failure> {
        let bell = host.bell();
        let config = self.config.clone();
        guard(|| Ok(NativePending::cluster(Cluster::start(config), &bell)))
    }
}

/// One membership. Nodes cross as packed batches, see `pack`.
#[napi(js_name = "Cluster")]
pub struct NativeCluster {
    cluster: Cluster,
    bell: Arc<Bell>,
}

impl NativeCluster {
    pub fn new(cluster: Cluster, bell: Arc<Bell>) -> Self {
        Self { cluster, bell }
    }

    #[cfg(feature = "bench")]
    pub const fn cluster(&self) -> &Cluster {
        &self.cluster
    }
}

#[napi]
impl NativeCluster {
    #[napi]
    pub fn ready(
        &self,
        min_members: f64,
        valid: bool,
        timeout: f64,
    ) -> Result<NativePending, Failure> {
        guard(|| {
            let least = parse::whole("minMembers", min_members, 0, u32::MAX)? as usize;
            let timeout = parse::millis("timeoutMillis", timeout)?;
            let pending = self.cluster.ready(least, valid, timeout);
            Ok(NativePending::done(pending, &self.bell))
        })
    }

    #[napi]
    pub fn leave(&self, timeout: f64) -> Result<NativePending, Failure> {
        guard(|| {
            let timeout = parse::millis("timeoutMillis", timeout)?;
            Ok(NativePending::done(self.cluster.leave(timeout), &self.bell))
        })
    }

    #[napi]
    pub fn close(&self) -> Result<NativePending, Failure> {
        guard(|| Ok(NativePending::done(self.cluster.close(), &self.bell)))
    }

    #[napi]
    pub fn is_closed(&self) -> bool {
        self.cluster.is_closed()
    }

    #[napi]
    pub fn local_node(&self) -> Result<Buffer, Failure> {
        guard(|| Ok(nodes(&[self.cluster.local_node()?])))
    }

    #[napi]
    pub fn all_nodes(&self) -> Result<Buffer, Failure> {
        guard(|| Ok(nodes(&self.cluster.all_nodes()?)))
    }

    #[napi]
    pub fn healthy_nodes(&self) -> Result<Buffer, Failure> {
        guard(|| Ok(nodes(&self.cluster.healthy_nodes()?)))
    }

    #[napi]
    pub fn node(&self, name_or_address: String) -> Result<Option<Buffer>, Failure> {
        guard(|| Ok(node(self.cluster.node(&name_or_address)?)))
    }

    #[napi]
    pub fn add_node(&self, address: String) -> Result<Buffer, Failure> {
        guard(|| Ok(nodes(&[self.cluster.add_node(&address)?])))
    }

    #[napi]
    pub fn remove_node(&self, name: String) -> Result<Buffer, Failure> {
        guard(|| Ok(nodes(&[self.cluster.remove_node(&name)?])))
    }

    #[napi]
    pub fn ping_node(&self, name: String) -> Result<NativePending, Failure> {
        guard(|| {
            let pending = self.cluster.ping_node(&name);
            Ok(NativePending::millis(pending, &self.bell))
        })
    }

    #[napi]
    pub fn update_node_status(
        &self,
        name: String,
        status: String,
        rank: Option<String>,
        datacenter: Option<f64>,
    ) -> Result<(), Failure> {
        guard(|| {
            let status = parse::word("status", &status, NodeStatus::ALL, NodeStatus::number)?;
            let rank = rank
                .map(|rank| parse::word("rank", &rank, NodeRank::ALL, NodeRank::number))
                .transpose()?;
            let datacenter =
                datacenter.map(|number| parse::whole("datacenter", number, 0, 255)).transpose()?;
            let datacenter = datacenter.map(|number| number as u8);
            self.cluster.update_node_status(&name, status, rank, datacenter)
        })
    }

    #[napi]
    pub fn touch_node(&self, name: String) -> Result<(), Failure> {
        guard(|| self.cluster.touch_node(&name))
    }

    #[napi]
    pub fn broadcast(&self, bytes: &[u8]) -> Result<String, Failure> {
        guard(|| self.cluster.broadcast(bytes))
    }

    #[napi]
    pub fn broadcast_with_receipt(
        &self,
        bytes: &[u8],
        timeout: f64,
    ) -> Result<NativePending, Failure> {
        guard(|| {
            let timeout = parse::millis("timeoutMillis", timeout)?;
            let pending = self.cluster.broadcast_with_receipt(bytes, timeout);
            Ok(NativePending::receipt(pending, &self.bell))
        })
    }

    #[napi]
    pub fn send(&self, name: String, bytes: &[u8]) -> Result<NativePending, Failure> {
        guard(|| {
            let pending = self.cluster.send(&name, bytes);
            Ok(NativePending::done(pending, &self.bell))
        })
    }

    #[napi]
    pub fn leader(&self) -> Result<Option<Buffer>, Failure> {
        guard(|| Ok(node(self.cluster.leader()?)))
    }

    #[napi]
    pub fn is_leader(&self) -> bool {
        self.cluster.is_leader()
    }

    #[napi]
    pub fn lease(&self) -> Result<Option<NativeLease>, Failure> {
        guard(|| Ok(self.cluster.lease()?.map(NativeLease::from)))
    }

    #[napi]
    pub fn resign(&self) -> Result<NativePending, Failure> {
        guard(|| Ok(NativePending::done(self.cluster.resign(), &self.bell)))
    }

    #[napi]
    pub fn transfer_leadership(&self, name: String) -> Result<NativePending, Failure> {
        guard(|| {
            let pending = self.cluster.transfer_leadership(&name);
            Ok(NativePending::done(pending, &self.bell))
        })
    }

    /// The lease of the next tenure in a term above `after_term`.
    #[napi]
    pub fn elected(&self, after_term: f64) -> Result<NativePending, Failure> {
        guard(|| {
            let pending = self.cluster.elected(after_term as u64);
            Ok(NativePending::lease(pending, &self.bell))
        })
    }

    #[napi]
    pub fn deposed(&self, term: f64) -> Result<NativePending, Failure> {
        guard(|| Ok(NativePending::done(self.cluster.deposed(term as u64), &self.bell)))
    }

    #[napi]
    pub fn step_down(&self, term: f64) -> Result<NativePending, Failure> {
        guard(|| Ok(NativePending::done(self.cluster.step_down(term as u64), &self.bell)))
    }

    #[napi]
    pub fn keyring(&self) -> NativeKeyring {
        NativeKeyring::new(self.cluster.keyring(), Arc::clone(&self.bell))
    }

    #[napi]
    pub fn validity(&self) -> Result<NativeValidity, Failure> {
        guard(|| Ok(NativeValidity::from(&*self.cluster.validity()?)))
    }

    #[napi]
    pub fn is_valid(&self) -> bool {
        self.cluster.is_valid()
    }

    #[napi]
    pub fn events(&self, arguments: EventArguments) -> Result<NativeEvents, Failure> {
        guard(|| {
            let events = self.cluster.events(arguments.options()?)?;
            Ok(NativeEvents::new(events, &self.bell))
        })
    }

    /// The values in the order of the statistics table.
    #[napi]
    pub fn stats(&self) -> Result<Vec<f64>, Failure> {
        guard(|| {
            let values = self.cluster.stats()?.values();
            Ok(values.into_iter().map(|value| value as f64).collect())
        })
    }

    #[napi]
    pub fn set_tags(&self, tags: HashMap<String, String>) -> Result<(), Failure> {
        let tags: BTreeMap<_, _> = tags.into_iter().collect();
        guard(|| self.cluster.set_tags(&tags))
    }

    #[napi]
    pub fn why(&self, name: String) -> Result<NativeWhy, Failure> {
        guard(|| Ok(NativeWhy::from(self.cluster.why(&name)?)))
    }

    #[napi]
    pub fn owners(
        &self,
        key: &[u8],
        count: f64,
        tags: HashMap<String, String>,
    ) -> Result<Buffer, Failure> {
        let tags: BTreeMap<_, _> = tags.into_iter().collect();
        guard(|| {
            let count = parse::whole("count", count, 0, u32::MAX)? as usize;
            Ok(nodes(&self.cluster.owners(key, count, &tags)?))
        })
    }

    #[napi]
    pub fn owner(
        &self,
        key: &[u8],
        tags: HashMap<String, String>,
    ) -> Result<Option<Buffer>, Failure> {
        let tags: BTreeMap<_, _> = tags.into_iter().collect();
        guard(|| Ok(node(self.cluster.owner(key, &tags)?)))
    }

    #[napi]
    pub fn get(&self, key: String) -> Result<String, Failure> {
        guard(|| self.cluster.get(&key))
    }

    #[napi]
    pub fn set(&self, key: String, value: String) -> Result<(), Failure> {
        guard(|| self.cluster.set(&key, &value))
    }
}
