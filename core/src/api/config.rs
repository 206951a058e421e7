//! Configuration: one table makes every setter, environment variable, default, bound and doc line.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use super::error::{Error, ErrorCode, Result};
use super::level::LogLevel;
use zeroize::Zeroizing;

use super::value::{Accepts, Arg, LeaderScope, Profile, Setting};
use crate::limits;
use crate::proto::seal::KeyList;

/// One key of the configuration.
#[derive(Clone, Copy, Debug)]
pub struct ConfigKey {
    /// Name in code.
    pub name: &'static str,
    /// Name in the environment.
    pub environment: &'static str,
    /// Text of the default; empty where the default is "not set" or follows from other keys.
    pub default: &'static str,
    /// What it accepts.
    pub accepts: Accepts,
    /// Whether it can be changed while the cluster runs.
    pub live: bool,
    /// Whether the engine behind it stands; if not, any other value than the default makes start
    /// fail with `not_available`.
    pub available: bool,
    /// Whether the value is a secret that is never shown.
    pub secret: bool,
    /// What it does.
    pub doc: &'static str,
    /// The value's text in its one canonical form, or none where it is refused.
    canonical: fn(&str, &Accepts) -> Option<String>,
}

macro_rules! config_table {
    ($($key:ident: $type:ty = $default:expr, $env:literal, $accepts:expr, $when:ident, $state:ident, $doc:literal;)*) => {
        /// Every key, in the order of the documentation.
        pub const CONFIG_KEYS: &[ConfigKey] = &[$(ConfigKey {
            name: stringify!($key),
            environment: $env,
            default: $default,
            accepts: $accepts,
            live: config_table!(@live $when),
            available: config_table!(@available $state),
            secret: config_table!(@secret $state),
            doc: $doc,
            canonical: |text, accepts| {
                <$type as Setting>::parse(text, accepts).map(|value| value.render())
            },
        },)*];

        /// Every key with its value: what a cluster runs with.
        #[derive(Clone)]
        pub struct Settings {
            $(#[doc = $doc] pub $key: $type,)*
        }

        impl Settings {
            fn of(text: impl Fn(&ConfigKey) -> Result<String>) -> Result<Self> {
                let mut keys = CONFIG_KEYS.iter();
                Ok(Self { $($key: {
                    let key = keys.next().ok_or_else(|| refused_row(stringify!($key)))?;
                    let text = text(key)?;
                    <$type as Setting>::parse(&text, &key.accepts)
                        .ok_or_else(|| refused(key.name, &text, &key.accepts))?
                },)* })
            }

            /// The text of a key's value; of secrets only what may be shown of them.
            ///
            /// # Errors
            /// `invalid_config` where there is no such key.
            pub fn get(&self, name: &str) -> Result<String> {
                if find(name)?.secret {
                    return Ok(self.keys.shown());
                }
                match name {
                    $(stringify!($key) => Ok(self.$key.render()),)*
                    _ => Err(unknown(name)),
                }
            }

            /// Changes one key that can be changed while the cluster runs.
            ///
            /// # Errors
            /// `invalid_config` where the key is unknown, fixed at start, or the value is refused.
            pub fn set_live(&mut self, name: &str, text: &str) -> Result<()> {
                let key = find(name)?;
                if !key.live {
                    return Err(Error::new(ErrorCode::InvalidConfig, format!(
                        "{name} is fixed when the cluster starts; close it and start with another value"
                    )));
                }
                check(key, text)?;
                let mut changed = self.clone();
                match name {
                    $(stringify!($key) => {
                        changed.$key = <$type as Setting>::parse(text, &key.accepts)
                            .ok_or_else(|| refused(name, text, &key.accepts))?;
                    })*
                    _ => return Err(unknown(name)),
                }
                super::rules::check(&changed)?;
                *self = changed;
                Ok(())
            }
        }

        impl Config {
            $(
                #[doc = $doc]
                #[doc = ""]
                #[doc = concat!("Environment: `", $env, "`. The value is checked when the cluster starts.")]
                #[must_use]
                pub fn $key(mut self, value: impl Into<Arg<$type>>) -> Self {
                    self.values.insert(stringify!($key), value.into().text);
                    self
                }
            )*
        }
    };
    (@live live) => { true };
    (@live start) => { false };
    (@available stands) => { true };
    (@available later) => { false };
    (@available secret) => { true };
    (@secret stands) => { false };
    (@secret later) => { false };
    (@secret secret) => { true };
}

config_table! {
    cluster_name: String = "seafoam", "SEAFOAM_CLUSTER_NAME", Accepts::Bytes(1, limits::CLUSTER_NAME_BYTES), start, stands,
        "Name of the cluster, checked on every packet: members of other clusters are never heard.";
    listen_ip: IpAddr = "127.0.0.1", "SEAFOAM_LISTEN_IP", Accepts::Ip, start, stands,
        "IPv4 or IPv6 address to listen on. Beyond loopback a key or `insecure` is needed.";
    listen_port: u16 = "9999", "SEAFOAM_LISTEN_PORT", Accepts::Range(0, 65_535), start, stands,
        "UDP and TCP port to listen on; 0 takes any free port, readable afterwards.";
    advertise_address: Option<String> = "", "SEAFOAM_ADVERTISE_ADDRESS", Accepts::HostPort, start, stands,
        "The `host:port` that others use to reach this node; the listen address where it is not set.";
    name: Option<String> = "", "SEAFOAM_NAME", Accepts::NodeName, start, stands,
        "Identity of this node, unique in the cluster; the advertised address where it is not set.";
    heartbeat_millis: u32 = "500", "SEAFOAM_HEARTBEAT_MILLIS", Accepts::Range(10, 60_000), live, stands,
        "Milliseconds between two probes of the failure detector.";
    initial_hosts: Vec<String> = "", "SEAFOAM_INITIAL_HOSTS", Accepts::Hosts(limits::INITIAL_HOSTS), start, stands,
        "Known members to join by: addresses or DNS names, looked up again at each retry.";
    max_broadcast_bytes: u32 = "256", "SEAFOAM_MAX_BROADCAST_BYTES", Accepts::Range(0, limits::BROADCAST_BYTES as u64), live, stands,
        "Longest broadcast payload that this node sends, bytes.";
    max_datagram_bytes: u32 = "1200", "SEAFOAM_MAX_DATAGRAM_BYTES", Accepts::Range(508, limits::DATAGRAM_BYTES as u64), start, stands,
        "Largest UDP payload that this node sends, bytes.";
    multicast_enabled: bool = "true", "SEAFOAM_MULTICAST_ENABLED", Accepts::Bool, start, stands,
        "Announce by multicast at start, and listen for announcements of others.";
    multicast_announce_interval_seconds: u32 = "0", "SEAFOAM_MULTICAST_ANNOUNCE_INTERVAL", Accepts::Range(0, 86_400), live, stands,
        "Seconds between multicast announcements; 0 announces once, at start.";
    multicast_address: Option<IpAddr> = "", "SEAFOAM_MULTICAST_ADDRESS", Accepts::MulticastIp, start, stands,
        "Multicast group; 224.0.0.0 or ff02::1, by the family of `listen_ip`, where it is not set.";
    multicast_port: u16 = "9998", "SEAFOAM_MULTICAST_PORT", Accepts::Range(1, 65_535), start, stands,
        "UDP port of multicast announcements.";
    ping_history_frontload_millis: u32 = "200", "SEAFOAM_PING_HISTORY_FRONTLOAD", Accepts::Range(0, 60_000), live, stands,
        "Ping time that fills the history before there are measurements, milliseconds; 0 restores the default.";
    min_ping_time_millis: u32 = "150", "SEAFOAM_MIN_PING_TIME", Accepts::Range(1, 60_000), live, stands,
        "Floor under the timeout of a ping, milliseconds.";
    datacenter: u8 = "255", "SEAFOAM_DATACENTER", Accepts::Range(0, 255), start, stands,
        "Datacenter of this node; 255 stands for none.";
    is_lighthouse: bool = "false", "SEAFOAM_IS_LIGHTHOUSE", Accepts::Bool, start, stands,
        "Whether this node is a lighthouse; must agree with `lighthouses` where that is set.";
    lighthouses: Vec<String> = "", "SEAFOAM_LIGHTHOUSES", Accepts::Lighthouses(limits::LIGHTHOUSES), live, stands,
        "The lighthouses, the same list on every node, in any order: `ip:port`, or `name=host:port`; they are seeds too. The leader can add one, or remove one, for all.";
    validity_rule: String = "majority", "SEAFOAM_VALIDITY_RULE", Accepts::Rule, start, stands,
        "How many lighthouses must be included for the cluster to be valid.";
    fallback: bool = "false", "SEAFOAM_FALLBACK", Accepts::Bool, start, stands,
        "Plain membership: no validity, no leader.";
    leader_eligible: bool = "true", "SEAFOAM_LEADER_ELIGIBLE", Accepts::Bool, live, stands,
        "Whether this node may lead.";
    leader_scope: LeaderScope = "global", "SEAFOAM_LEADER_SCOPE", Accepts::OneOf(&["global", "datacenter"]), start, stands,
        "One leader for all, or one for each datacenter.";
    leader_priority: u8 = "0", "SEAFOAM_LEADER_PRIORITY", Accepts::Range(0, 255), live, stands,
        "Candidates of higher priority stand first.";
    prefer_datacenters: Vec<u8> = "", "SEAFOAM_PREFER_DATACENTERS", Accepts::Datacenters, start, stands,
        "Datacenters that should have the leader, in order; never a matter of safety.";
    leader_lease_millis: u32 = "3000", "SEAFOAM_LEADER_LEASE_MILLIS", Accepts::Range(500, 600_000), start, stands,
        "How long a leader's lease runs without renewal, milliseconds.";
    state_dir: Option<String> = "", "SEAFOAM_STATE_DIR", Accepts::Path, start, stands,
        "Folder for what must survive a restart, for this node alone: the addresses of its peers, and lighthouses that it learned.";
    keys: KeyList = "", "SEAFOAM_KEYS", Accepts::Keys, start, secret,
        "Keys that seal the traffic, 32 bytes in base64 each: the first seals, all open. Never shown.";
    keys_file: Option<String> = "", "SEAFOAM_KEYS_FILE", Accepts::Path, start, stands,
        "File with one key a line, instead of `keys`; nobody but its owner may read it (mode 0600).";
    insecure: bool = "false", "SEAFOAM_INSECURE", Accepts::Bool, start, stands,
        "Allows to listen beyond loopback without a key.";
    tags: BTreeMap<String, String> = "", "SEAFOAM_TAGS", Accepts::Tags(limits::TAGS_BYTES), live, stands,
        "Key and value pairs that all members see.";
    event_capacity: u32 = "1024", "SEAFOAM_EVENT_CAPACITY", Accepts::Range(*limits::EVENT_CAPACITY.start() as u64, *limits::EVENT_CAPACITY.end() as u64), start, stands,
        "Events that wait for a slow reader, per subscription.";
    suspicion_floor_millis: Option<u64> = "", "SEAFOAM_SUSPICION_FLOOR", Accepts::Range(50, 600_000), start, stands,
        "How long a silent member is spared after suspicion began; by `profile` where it is not set: fast 1200, patient 3000, one_second 600.";
    hung_patience_millis: Option<u64> = "", "SEAFOAM_HUNG_PATIENCE", Accepts::Range(50, 600_000), start, stands,
        "How long a paused process whose kernel still answers is spared; by `profile` where it is not set: fast and one_second 10000, patient 15000.";
    max_members: u32 = "16384", "SEAFOAM_MAX_MEMBERS", Accepts::Range(2, 16_384), start, stands,
        "Nodes in the table at most, the local one included.";
    log_level: LogLevel = "info", "SEAFOAM_LOG_LEVEL", Accepts::OneOf(&["all", "trace", "debug", "info", "warn", "error", "fatal", "off"]), live, stands,
        "Threshold of the log; process-wide, the last cluster that sets it wins.";
    profile: Profile = "fast", "SEAFOAM_PROFILE", Accepts::OneOf(&["fast", "patient", "one_second"]), start, stands,
        "Set of timing defaults.";
}

/// What a cluster is started with: values given in code, then the environment, then defaults.
///
/// Setters never fail; every value is checked by [`crate::Cluster::start`], and by [`Config::set`].
#[derive(Clone, Default)]
pub struct Config {
    values: BTreeMap<&'static str, String>,
    ignores_environment: bool,
}

impl Config {
    /// Nothing set: the environment is read when the cluster starts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What the environment says now, each variable checked.
    ///
    /// # Errors
    /// `invalid_config` naming the variable, its value and what it accepts.
    pub fn from_env() -> Result<Self> {
        let mut config = Self::new();
        for key in CONFIG_KEYS {
            if let Some(text) = read_environment(key)? {
                config.values.insert(key.name, text);
            }
        }
        Ok(config)
    }

    /// Takes nothing from the environment at start: code and defaults alone.
    #[must_use]
    pub fn without_env(mut self) -> Self {
        self.ignores_environment = true;
        self
    }

    /// Sets a key by its name, as the bindings do.
    ///
    /// # Errors
    /// `invalid_config` naming the key, the value and what is accepted; nothing was set.
    pub fn set(&mut self, name: &str, value: &str) -> Result<()> {
        let key = find(name)?;
        check_keys(key, key.name, value)?;
        let value = (key.canonical)(value, &key.accepts)
            .ok_or_else(|| refused(key.name, shown(key, value), &key.accepts))?;
        self.values.insert(key.name, value);
        Ok(())
    }

    /// The names of the keys that code gave a value, in alphabetical order.
    pub fn given(&self) -> impl Iterator<Item = &'static str> {
        self.values.keys().copied()
    }

    /// Whether the environment is read at start.
    #[cfg(feature = "runtime")]
    pub(crate) const fn reads_environment(&self) -> bool {
        !self.ignores_environment
    }

    /// Whether code or environment give the key a value.
    #[cfg(feature = "runtime")]
    pub(crate) fn is_given(&self, name: &str) -> bool {
        let in_environment = |key: &ConfigKey| std::env::var_os(key.environment).is_some();
        self.values.contains_key(name)
            || (self.reads_environment() && find(name).is_ok_and(in_environment))
    }

    /// Every key with its value, all checked.
    ///
    /// # Errors
    /// `invalid_config` for a refused value, `not_available` for a value that asks for what this
    /// version does not offer, `key_required` where the listen address needs a key.
    pub fn resolve(&self) -> Result<Settings> {
        let settings = Settings::of(|key| {
            let text = match self.values.get(key.name) {
                Some(text) => text.clone(),
                None if self.ignores_environment => key.default.to_owned(),
                None => read_environment(key)?.unwrap_or_else(|| key.default.to_owned()),
            };
            check(key, &text)?;
            Ok(text)
        })?;
        super::rules::check(&settings)?;
        Ok(settings)
    }
}

/// The values that code gives; secrets are hidden.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = |name: &str| find(name).is_ok_and(|key| key.secret);
        let given = self
            .values
            .iter()
            .map(|(name, value)| (name, if hidden(name) { "(hidden)" } else { value.as_str() }));
        f.debug_map().entries(given).finish()
    }
}

/// Every value; secrets are hidden.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = |key: &ConfigKey| (key.name, self.get(key.name).unwrap_or_default());
        f.debug_map().entries(CONFIG_KEYS.iter().map(value)).finish()
    }
}

/// Looks a key up by name.
///
/// # Errors
/// `invalid_config` listing the keys that there are.
pub fn find(name: &str) -> Result<&'static ConfigKey> {
    CONFIG_KEYS.iter().find(|key| key.name == name).ok_or_else(|| unknown(name))
}

fn read_environment(key: &ConfigKey) -> Result<Option<String>> {
    let Some(value) = std::env::var_os(key.environment) else {
        return Ok(None);
    };
    let text = Zeroizing::new(value.to_string_lossy().into_owned());
    check_keys(key, &format!("{} (environment variable {})", key.name, key.environment), &text)?;
    if let (Some(text), true) = ((key.canonical)(&text, &key.accepts), value.to_str().is_some()) {
        return Ok(Some(text));
    }
    let label = format!("{} (environment variable {})", key.name, key.environment);
    Err(refused(&label, shown(key, &text), &key.accepts))
}

/// What is wrong with a secret is told by its place, never by its text.
fn check_keys(key: &ConfigKey, label: &str, text: &str) -> Result<()> {
    if !key.secret {
        return Ok(());
    }
    KeyList::parse(text)
        .map(drop)
        .map_err(|error| Error::new(error.code(), format!("{label}: {}", error.message())))
}

fn check(key: &ConfigKey, text: &str) -> Result<()> {
    check_keys(key, key.name, text)?;
    let text = (key.canonical)(text, &key.accepts)
        .ok_or_else(|| refused(key.name, shown(key, text), &key.accepts))?;
    if !key.available && text != key.default {
        return Err(Error::not_available(&format!("configuration key {}", key.name)));
    }
    Ok(())
}

fn shown<'a>(key: &ConfigKey, text: &'a str) -> &'a str {
    if key.secret { "(hidden)" } else { text }
}

fn refused(name: &str, value: &str, accepts: &Accepts) -> Error {
    // A value from outside can be of any length: enough of it to recognise it.
    let short: String = value.chars().take(80).collect();
    let dots = if short.len() < value.len() { "..." } else { "" };
    Error::new(
        ErrorCode::InvalidConfig,
        format!("{name} = {short:?}{dots} is refused: it takes {accepts}"),
    )
}

fn refused_row(name: &str) -> Error {
    Error::new(ErrorCode::Internal, format!("the configuration table has no row for {name}"))
}

fn unknown(name: &str) -> Error {
    let short: String = name.chars().take(80).collect();
    let names: Vec<_> = CONFIG_KEYS.iter().map(|key| key.name).collect();
    Error::new(
        ErrorCode::InvalidConfig,
        format!("{short:?} is not a configuration key; the keys are {}", names.join(", ")),
    )
}
