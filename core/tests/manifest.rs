//! `include/seafoam-api.json`: every word, number and shape of the surface, made from the tables of
//! the core. Bindings hold themselves against it. `BLESS=1` rewrites it.

use std::fmt::Write as _;
use std::path::Path;

use seafoam::api::value::Accepts;
use seafoam::{
    CLUSTER_CALLS, CONFIG_KEYS, Call, ConfigKey, DATACENTER_NONE, EVENT_FIELDS, ErrorCode,
    EventKind, Hint, KEY_INFO_FIELDS, KEYRING_CALLS, LeaderScope, LinkDirection, LogLevel,
    MEMBER_KEYS_FIELDS, NODE_FIELDS, NodeRank, NodeStatus, PING_NO_DATA, PING_TIMED_OUT,
    PROCESS_CALLS, Profile, Stats, TermQuality, VERSION, ValidityBasis, ValidityState, WHY_FIELDS,
    limits,
};
use serde_json::{Value, json};

macro_rules! vocabulary {
    ($type:ty) => {
        Value::Array(
            <$type>::ALL
                .iter()
                .map(|value| {
                    json!({
                        "name": value.word(),
                        "number": value.number(),
                        "doc": value.doc(),
                    })
                })
                .collect(),
        )
    };
}

fn config_key(key: &ConfigKey) -> Value {
    let mut row = json!({
        "name": key.name,
        "environment": key.environment,
        "default": key.default,
        "accepts": key.accepts.to_string(),
        "live": key.live,
        "available": key.available,
        "secret": key.secret,
        "doc": key.doc,
    });
    let shape = match key.accepts {
        Accepts::Range(low, high) => {
            row["minimum"] = low.into();
            row["maximum"] = high.into();
            "integer"
        }
        Accepts::Bool => "bool",
        Accepts::OneOf(words) => {
            row["words"] = words.into();
            "word"
        }
        Accepts::Hosts(_) | Accepts::Lighthouses(_) | Accepts::Keys => "list of text",
        Accepts::Datacenters => "list of integer",
        Accepts::Tags(_) => "map of text to text",
        Accepts::Bytes(..)
        | Accepts::NodeName
        | Accepts::Ip
        | Accepts::MulticastIp
        | Accepts::HostPort
        | Accepts::Rule
        | Accepts::Path => "text",
    };
    row["shape"] = shape.into();
    row
}

fn fields(fields: &[(&str, &str)]) -> Value {
    let field = |(name, shape): &(&str, &str)| json!({"name": name, "shape": shape});
    fields.iter().map(field).collect()
}

fn event_kinds() -> Value {
    let kind = |kind: &EventKind| {
        let row = EVENT_FIELDS.iter().find(|(other, _)| other == kind);
        let (_, shapes) = row.unwrap_or_else(|| panic!("EVENT_FIELDS has no row for {kind}"));
        json!({
            "name": kind.word(),
            "number": kind.number(),
            "doc": kind.doc(),
            "fields": fields(shapes),
        })
    };
    EventKind::ALL.iter().map(kind).collect()
}

fn calls(calls: &[Call]) -> Value {
    let call = |call: &Call| {
        json!({
            "name": call.name,
            "arguments": fields(call.arguments),
            "returns": call.returns,
            "waits": call.waits,
            "available": call.available,
            "callable": call.callable,
            "doc": call.doc,
        })
    };
    calls.iter().map(call).collect()
}

/// `set_<key>` for each live key; that of the tags takes a map and stands in the table itself.
fn setters() -> Value {
    let live = CONFIG_KEYS.iter().filter(|key| key.live);
    let row = |key: &ConfigKey| {
        json!({
            "name": format!("set_{}", key.name),
            "key": key.name,
            "available": key.available,
        })
    };
    live.map(row).collect()
}

fn limits_of_interest() -> Value {
    json!({
        "name_bytes": limits::NAME_BYTES,
        "cluster_name_bytes": limits::CLUSTER_NAME_BYTES,
        "broadcast_bytes": limits::BROADCAST_BYTES,
        "broadcast_queue": limits::BROADCAST_QUEUE,
        "tags_bytes": limits::TAGS_BYTES,
        "message_bytes": limits::MESSAGE_BYTES,
        "initial_hosts": limits::INITIAL_HOSTS,
        "subscriptions": limits::SUBSCRIPTIONS,
        "subscription_bytes": limits::SUBSCRIPTION_BYTES,
        "event_capacity_minimum": limits::EVENT_CAPACITY.start(),
        "event_capacity_maximum": limits::EVENT_CAPACITY.end(),
        "log_lines": limits::LOG_LINES,
        "callback_wait_millis": limits::CALLBACK_WAIT.as_millis() as u64,
        "wait_millis": limits::WAIT.as_millis() as u64,
    })
}

fn manifest() -> Value {
    let stat = |(name, kind, doc): &(&str, &str, &str)| {
        json!({
            "name": name, "kind": kind, "doc": doc,
        })
    };
    json!({
        "version": VERSION,
        "config_keys": CONFIG_KEYS.iter().map(config_key).collect::<Value>(),
        "error_codes": vocabulary!(ErrorCode),
        "event_kinds": event_kinds(),
        "node_statuses": vocabulary!(NodeStatus),
        "node_ranks": vocabulary!(NodeRank),
        "link_directions": vocabulary!(LinkDirection),
        "hints": vocabulary!(Hint),
        "validity_states": vocabulary!(ValidityState),
        "validity_bases": vocabulary!(ValidityBasis),
        "term_qualities": vocabulary!(TermQuality),
        "log_levels": vocabulary!(LogLevel),
        "profiles": vocabulary!(Profile),
        "leader_scopes": vocabulary!(LeaderScope),
        "node_fields": fields(NODE_FIELDS),
        "lease_fields": fields(&[
            ("term", "u64"), ("remaining_millis", "u64"), ("term_quality", "TermQuality"),
        ]),
        "validity_fields": fields(&[
            ("state", "ValidityState"), ("basis", "ValidityBasis"), ("seen", "list of text"),
            ("needed", "u32"), ("missing", "list of text"),
        ]),
        "why_fields": fields(WHY_FIELDS),
        "receipt_fields": fields(&[
            ("label", "text"), ("confirmed", "list of Node"), ("missing", "list of Node"),
        ]),
        "stats": Stats::ROWS.iter().map(stat).collect::<Value>(),
        "constants": {
            "PING_NO_DATA": PING_NO_DATA,
            "PING_TIMED_OUT": PING_TIMED_OUT,
            "DATACENTER_NONE": DATACENTER_NONE,
        },
        "limits": limits_of_interest(),
        "key_info_fields": fields(KEY_INFO_FIELDS),
        "member_keys_fields": fields(MEMBER_KEYS_FIELDS),
        "cluster_calls": calls(CLUSTER_CALLS),
        "keyring_calls": calls(KEYRING_CALLS),
        "setters": setters(),
        "process_calls": calls(PROCESS_CALLS),
    })
}

#[test]
fn the_committed_manifest_is_the_one_of_the_tables() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../include/seafoam-api.json");
    let made = format!("{:#}\n", manifest());
    if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&path, &made).expect("the manifest can be written");
    }
    let committed = std::fs::read_to_string(&path).expect("the manifest is committed");
    assert!(
        committed == made,
        "include/seafoam-api.json differs from the tables:\n{}rewrite it with BLESS=1 cargo test -p seafoam --test manifest",
        differences(&committed, &made)
    );
}

fn differences(committed: &str, made: &str) -> String {
    let mut text = String::new();
    for line in committed.lines().filter(|line| !made.contains(line)) {
        let _ = writeln!(text, "- {line}");
    }
    for line in made.lines().filter(|line| !committed.contains(line)) {
        let _ = writeln!(text, "+ {line}");
    }
    text
}

/// The facade's source is held against the table of calls, so that neither grows alone.
#[test]
fn every_call_of_the_facade_is_in_the_table_and_back() {
    let cluster = include_str!("../src/cluster.rs");
    let (of_cluster, of_keyring) = include_str!("../src/keyring.rs")
        .split_once("impl Keyring {")
        .expect("the keyring's own calls");
    let (of_leadership, _) = include_str!("../src/leadership.rs")
        .split_once("impl Shared {")
        .expect("the calls of leading");
    // Rust alone has a typed struct of all values. Of the last four each language makes its idiom.
    let beside = ["settings", "generate_key", "elected", "deposed", "step_down", "on_leadership"];
    compare(CLUSTER_CALLS, &[cluster, of_cluster, of_leadership], &beside);
    compare(KEYRING_CALLS, &[of_keyring], &[]);
}

fn compare(table: &[Call], sources: &[&str], beside: &[&str]) {
    let offered: Vec<&str> = sources
        .iter()
        .flat_map(|source| source.lines())
        .filter_map(|line| line.strip_prefix("    pub fn "))
        .filter_map(|rest| rest.split('(').next())
        .collect();
    let is_known =
        |name: &&&str| beside.contains(*name) || table.iter().any(|call| call.name == **name);
    let missing: Vec<_> = offered.iter().filter(|name| !is_known(name)).collect();
    assert!(missing.is_empty(), "not in the table: {missing:?}");
    for call in table {
        assert_eq!(
            call.callable,
            offered.contains(&call.name),
            "{} stands in the table as callable = {}",
            call.name,
            call.callable
        );
    }
}

#[test]
fn the_fields_of_an_event_cover_each_kind_once() {
    let mut kinds: Vec<_> = EVENT_FIELDS.iter().map(|(kind, _)| *kind).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, EventKind::ALL);
}
