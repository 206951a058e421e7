//! The words of the core as one object, so that the JavaScript side has no list of its own.

use napi_derive::napi;
use seafoam::api::value::Accepts;
use seafoam::{CONFIG_KEYS, ConfigKey, Stats};

use crate::error::{Failure, guard};

/// One key of the configuration.
#[napi(object)]
pub struct ConfigRow {
    pub name: String,
    pub environment: String,
    pub default: String,
    pub accepts: String,
    /// Its form, in the words of the manifest.
    pub shape: String,
    pub live: bool,
    pub available: bool,
    pub secret: bool,
    pub doc: String,
}

impl From<&ConfigKey> for ConfigRow {
    fn from(key: &ConfigKey) -> Self {
        let shape = match key.accepts {
            Accepts::Range(..) => "integer",
            Accepts::Bool => "bool",
            Accepts::Hosts(_) | Accepts::Lighthouses(_) | Accepts::Keys => "list of text",
            Accepts::Datacenters => "list of integer",
            Accepts::Tags(_) => "map of text to text",
            Accepts::OneOf(_) => "word",
            Accepts::Bytes(..)
            | Accepts::NodeName
            | Accepts::Ip
            | Accepts::MulticastIp
            | Accepts::HostPort
            | Accepts::Rule
            | Accepts::Path => "text",
        };
        Self {
            name: key.name.to_owned(),
            environment: key.environment.to_owned(),
            default: key.default.to_owned(),
            accepts: key.accepts.to_string(),
            shape: shape.to_owned(),
            live: key.live,
            available: key.available,
            secret: key.secret,
            doc: key.doc.to_owned(),
        }
    }
}

/// One word of a vocabulary.
#[napi(object)]
pub struct WordRow {
    pub vocabulary: String,
    pub word: String,
    pub number: u32,
}

macro_rules! vocabularies {
    ($($name:ident),* $(,)?) => {
        fn words() -> Vec<WordRow> {
            let mut rows = Vec::new();
            $(for value in seafoam::$name::ALL {
                rows.push(WordRow {
                    vocabulary: stringify!($name).to_owned(),
                    word: value.word().to_owned(),
                    number: u32::from(value.number()),
                });
            })*
            rows
        }
    };
}

vocabularies!(
    NodeStatus,
    NodeRank,
    EventKind,
    ErrorCode,
    LogLevel,
    ValidityState,
    ValidityBasis,
    TermQuality,
    LinkDirection,
    Profile,
    LeaderScope,
    Hint,
);

/// Everything that `lib/tables.js` needs to know.
#[napi(object)]
pub struct Tables {
    pub version: String,
    pub config: Vec<ConfigRow>,
    pub words: Vec<WordRow>,
    /// Names in the order of `Cluster.stats()`.
    pub stats: Vec<String>,
    pub ping_no_data: f64,
    pub ping_timed_out: f64,
    pub datacenter_none: u32,
}

/// Which package this addon belongs to; `native.js` compares it before it calls anything else.
#[napi(object)]
pub struct Identity {
    pub version: String,
    /// What batches look like, see `pack`.
    pub layout: String,
}

#[napi]
pub fn identity() -> Identity {
    Identity { version: seafoam::VERSION.to_owned(), layout: crate::pack::layout() }
}

#[napi]
pub fn tables() -> Tables {
    let stats = Stats::ROWS.iter().map(|(name, ..)| (*name).to_owned());
    Tables {
        version: seafoam::VERSION.to_owned(),
        config: CONFIG_KEYS.iter().map(ConfigRow::from).collect(),
        words: words(),
        stats: stats.collect(),
        ping_no_data: seafoam::PING_NO_DATA,
        ping_timed_out: seafoam::PING_TIMED_OUT,
        datacenter_none: u32::from(seafoam::DATACENTER_NONE),
    }
}

#[napi]
pub fn local_ip() -> Result<Option<String>, Failure> {
    guard(|| Ok(seafoam::local_ip()?.map(|ip| ip.to_string())))
}

#[napi]
pub fn now_millis() -> f64 {
    seafoam::now_millis() as f64
}
