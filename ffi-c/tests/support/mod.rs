//! What the tests of the header share: the committed header, and how words of the tables look in C.

use std::path::PathBuf;

/// The committed header.
pub fn header_path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../include/seafoam.h")
}

/// Every enumeration that crosses the ABI: its name in the manifest, its type in C, what its
/// constants begin with, and the function that names its values.
pub const WORDS: &[(&str, &str, &str, &str)] = &[
    ("ErrorCode", "seafoam_code", "SEAFOAM_", "seafoam_code_name"),
    (
        "NodeStatus",
        "seafoam_status",
        "SEAFOAM_STATUS_",
        "seafoam_status_name",
    ),
    (
        "NodeRank",
        "seafoam_rank",
        "SEAFOAM_RANK_",
        "seafoam_rank_name",
    ),
    (
        "EventKind",
        "seafoam_kind",
        "SEAFOAM_EVENT_",
        "seafoam_event_kind_name",
    ),
    (
        "LogLevel",
        "seafoam_level",
        "SEAFOAM_LOG_",
        "seafoam_log_level_name",
    ),
    (
        "ValidityState",
        "seafoam_state",
        "SEAFOAM_VALIDITY_",
        "seafoam_validity_state_name",
    ),
    (
        "ValidityBasis",
        "seafoam_basis",
        "SEAFOAM_BASIS_",
        "seafoam_validity_basis_name",
    ),
    (
        "TermQuality",
        "seafoam_quality",
        "SEAFOAM_TERM_",
        "seafoam_term_quality_name",
    ),
    (
        "LinkDirection",
        "seafoam_direction",
        "SEAFOAM_LINK_",
        "seafoam_link_direction_name",
    ),
];
