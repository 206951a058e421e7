//! What a cluster for tests is made of.

use std::collections::BTreeMap;

use seafoam::{Config, Error, ErrorCode, Result, Settings};

use crate::world::World;

/// Nodes of a cluster at most: each pair takes about a kilobyte.
pub const MOST_NODES: usize = 1000;

/// Keys that the simulated network decides, and what to use instead.
const DECIDED: &[(&str, &str)] = &[
    ("name", "nodes are named where the cluster is made"),
    ("listen_ip", "each node has an address of its own"),
    ("listen_port", "each node has an address of its own"),
    ("advertise_address", "each node has an address of its own"),
    ("initial_hosts", "all nodes know each other's addresses"),
    ("multicast_enabled", "there is no multicast in virtual time"),
    ("multicast_announce_interval_seconds", "there is no multicast in virtual time"),
    ("multicast_address", "there is no multicast in virtual time"),
    ("multicast_port", "there is no multicast in virtual time"),
    ("lighthouses", "say which nodes are lighthouses where the cluster is made"),
    ("state_dir", "ask for disks where the cluster is made"),
    ("keys_file", "give the keys themselves as keys"),
];

/// What a [`Cluster`](super::Cluster) is made of.
#[derive(Clone, Debug)]
pub struct Options {
    pub(super) seed: u64,
    pub(super) names: Vec<String>,
    pub(super) lighthouses: Vec<String>,
    pub(super) config: Config,
    pub(super) own: BTreeMap<String, Config>,
    pub(super) disks: bool,
}

impl Options {
    /// So many nodes, called `n0`, `n1` and so on; seed 0, no lighthouses, the default configuration.
    #[must_use]
    pub fn new(count: usize) -> Self {
        // One more than fits is enough to be refused.
        Self::named((0..count.min(MOST_NODES + 1)).map(|number| format!("n{number}")))
    }

    /// Nodes of these names.
    pub fn named(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            seed: 0,
            names: names.into_iter().map(Into::into).collect(),
            lighthouses: Vec::new(),
            config: Config::new(),
            own: BTreeMap::new(),
            disks: false,
        }
    }

    /// What delays, losses and the engines' random numbers follow from.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The first so many nodes are lighthouses.
    #[must_use]
    pub fn lighthouses(mut self, count: usize) -> Self {
        self.lighthouses = self.names.iter().take(count).cloned().collect();
        self
    }

    /// These nodes are lighthouses.
    #[must_use]
    pub fn lighthouses_named(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.lighthouses = names.into_iter().map(Into::into).collect();
        self
    }

    /// What every node runs with that has no configuration of its own. The environment is not read.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// What one node runs with instead.
    #[must_use]
    pub fn node(mut self, name: impl Into<String>, config: Config) -> Self {
        self.own.insert(name.into(), config);
        self
    }

    /// Every host has a disk, on which a lighthouse keeps its term as it does in a `state_dir`.
    #[must_use]
    pub fn disks(mut self) -> Self {
        self.disks = true;
        self
    }

    pub(super) fn config_of(&self, name: &str) -> &Config {
        self.own.get(name).unwrap_or(&self.config)
    }

    /// # Errors
    /// `invalid_config`.
    pub(super) fn check(&self) -> Result<()> {
        if self.names.is_empty() || self.names.len() > MOST_NODES {
            let count = self.names.len();
            return Err(refused(format!("{count} nodes are refused: it takes 1 to {MOST_NODES}")));
        }
        for (place, name) in self.names.iter().enumerate() {
            check_name(name)?;
            if self.names.iter().take(place).any(|other| other == name) {
                return Err(refused(format!("two nodes are called {name:?}")));
            }
        }
        let known = |name: &&String| self.names.contains(name);
        if let Some(name) = self.lighthouses.iter().chain(self.own.keys()).find(|name| !known(name))
        {
            return Err(refused(format!("{name:?} is none of the nodes: they are {}", self.all())));
        }
        Ok(())
    }

    fn all(&self) -> String {
        listed(self.names.iter().map(String::as_str))
    }

    /// The text of `lighthouses` for every node.
    ///
    /// # Errors
    /// Those of the configurations.
    pub(super) fn lighthouse_list(&self) -> Result<Vec<String>> {
        let entry = |name: &String| {
            let number = self.names.iter().position(|other| other == name).unwrap_or_default();
            let address = World::address(number);
            let datacenter = settings(self.config_of(name), &[])?.datacenter;
            let suffix = match datacenter {
                seafoam::DATACENTER_NONE => String::new(),
                number => format!("@{number}"),
            };
            Ok(format!("{name}={address}{suffix}"))
        };
        self.lighthouses.iter().map(entry).collect()
    }
}

/// A few names for a message.
pub(super) fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.collect();
    match names.as_slice() {
        [] => "none".to_owned(),
        [first, .., last] if names.len() > 12 => format!("{} from {first} to {last}", names.len()),
        few => few.join(", "),
    }
}

pub(super) fn refused(text: String) -> Error {
    Error::new(ErrorCode::InvalidConfig, text)
}

/// # Errors
/// `invalid_config` for what cannot be a node's name.
pub(super) fn check_name(name: &str) -> Result<()> {
    Config::new().set("name", name)
}

/// What a node runs with.
///
/// # Errors
/// `invalid_config`, `not_available`.
pub(super) fn settings(config: &Config, lighthouses: &[String]) -> Result<Settings> {
    let mut sealed = false;
    for key in config.given() {
        if let Some((_, why)) = DECIDED.iter().find(|(decided, _)| *decided == key) {
            return Err(refused(format!("{key} is not taken by a simulated cluster: {why}")));
        }
        sealed |= key == "keys";
    }
    let mut config = config.clone().without_env().multicast_enabled(false).listen_ip("10.0.0.0");
    if !sealed {
        config = config.insecure(true);
    }
    if !lighthouses.is_empty() {
        config = config.lighthouses(lighthouses.to_vec());
    }
    config.resolve()
}
