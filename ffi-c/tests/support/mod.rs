//! What the tests of the header share: where it lies, the manifest, and how the words of the tables
//! look in C.

#![allow(dead_code)] // each test uses its own part

use std::path::{Path, PathBuf};

fn include(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../include").join(name)
}

/// The committed header.
pub fn header_path() -> PathBuf {
    include("seafoam.h")
}

/// The committed manifest of the public surface.
pub fn manifest() -> serde_json::Value {
    let text = std::fs::read_to_string(include("seafoam-api.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// How an enumeration crosses the ABI.
pub struct Words {
    /// Its table in the manifest.
    pub table: &'static str,
    /// Its type in C.
    pub c_type: &'static str,
    /// What its constants begin with.
    pub prefix: &'static str,
    /// The function that gives the word of a value.
    pub namer: &'static str,
    /// What the values are.
    pub doc: &'static str,
}

const fn words(
    table: &'static str,
    c_type: &'static str,
    prefix: &'static str,
    namer: &'static str,
    doc: &'static str,
) -> Words {
    Words { table, c_type, prefix, namer, doc }
}

/// Every enumeration that crosses as a number; profile and leader scope cross as texts of the
/// configuration.
pub const WORDS: &[Words] = &[
    words("error_codes", "seafoam_code", "SEAFOAM_", "seafoam_code_name", "What a call came to."),
    words(
        "node_statuses",
        "seafoam_status",
        "SEAFOAM_STATUS_",
        "seafoam_status_name",
        "What a process believes about a node.",
    ),
    words(
        "node_ranks",
        "seafoam_rank",
        "SEAFOAM_RANK_",
        "seafoam_rank_name",
        "The role of a node.",
    ),
    words(
        "event_kinds",
        "seafoam_kind",
        "SEAFOAM_EVENT_",
        "seafoam_event_kind_name",
        "What an event is about.",
    ),
    words(
        "log_levels",
        "seafoam_level",
        "SEAFOAM_LOG_",
        "seafoam_log_level_name",
        "How grave a log line is; as a threshold: this and graver.",
    ),
    words(
        "validity_states",
        "seafoam_state",
        "SEAFOAM_VALIDITY_",
        "seafoam_validity_state_name",
        "Whether this side of a partition may act.",
    ),
    words(
        "validity_bases",
        "seafoam_basis",
        "SEAFOAM_BASIS_",
        "seafoam_validity_basis_name",
        "Where the list of lighthouses comes from.",
    ),
    words(
        "term_qualities",
        "seafoam_quality",
        "SEAFOAM_TERM_",
        "seafoam_term_quality_name",
        "How far a lease's term can be trusted.",
    ),
    words(
        "link_directions",
        "seafoam_direction",
        "SEAFOAM_LINK_",
        "seafoam_link_direction_name",
        "Which way a link works.",
    ),
    words(
        "hints",
        "seafoam_hint",
        "SEAFOAM_HINT_",
        "seafoam_hint_name",
        "What the kernel of a silent node's host did with a TCP connection.",
    ),
];

/// Functions that C needs beside those of the manifest: handles, lists, streams.
pub const OWN: &[&str] = &[
    "seafoam_version_number",
    "seafoam_flush_log",
    "seafoam_string_free",
    "seafoam_error_code",
    "seafoam_error_message",
    "seafoam_error_clone",
    "seafoam_error_free",
    "seafoam_config_new",
    "seafoam_config_set",
    "seafoam_config_ignore_environment",
    "seafoam_config_free",
    "seafoam_cluster_free",
    "seafoam_cluster_broadcast_text",
    "seafoam_cluster_leadership_lost",
    "seafoam_cluster_leadership_resign",
    "seafoam_cluster_on_leadership",
    "seafoam_keys_length",
    "seafoam_keys_id",
    "seafoam_keys_seals",
    "seafoam_keys_free",
    "seafoam_key_report_length",
    "seafoam_key_report_name",
    "seafoam_key_report_answered",
    "seafoam_key_report_keys",
    "seafoam_key_report_free",
    "seafoam_validity_free",
    "seafoam_node_is_healthy",
    "seafoam_node_clone",
    "seafoam_node_free",
    "seafoam_nodes_length",
    "seafoam_nodes_get",
    "seafoam_nodes_free",
    "seafoam_why_free",
    "seafoam_receipt_is_complete",
    "seafoam_receipt_free",
    "seafoam_event_kind",
    "seafoam_event_clone",
    "seafoam_event_free",
    "seafoam_events_next",
    "seafoam_events_next_batch",
    "seafoam_events_next_flat",
    "seafoam_events_fd",
    "seafoam_events_close",
    "seafoam_events_free",
    "seafoam_callback_remove",
    "seafoam_stats_get",
    "seafoam_stats_length",
    "seafoam_stats_name",
    "seafoam_stats_doc",
    "seafoam_stats_is_counter",
    "seafoam_stats_value",
    "seafoam_stats_free",
];
