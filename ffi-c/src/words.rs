//! The words of the enumerations. Their numbers are in the header, from the same tables.

use std::collections::BTreeMap;
use std::ffi::{CString, c_char, c_int};
use std::sync::LazyLock;

use seafoam_core::{
    ErrorCode, EventKind, Hint, LinkDirection, LogLevel, NodeRank, NodeStatus, Stats, TermQuality,
    ValidityBasis, ValidityState,
};

use crate::abi::{c_string, plain};
use crate::error::seafoam_code;

/// What a node's status is: one of `SEAFOAM_STATUS_...`.
pub type seafoam_status = i32;
/// What a node's role is: one of `SEAFOAM_RANK_...`.
pub type seafoam_rank = i32;
/// What an event is about: one of `SEAFOAM_EVENT_...`; skip those that you do not know.
pub type seafoam_kind = i32;
/// How grave a log line is: one of `SEAFOAM_LOG_...`.
pub type seafoam_level = i32;
/// Whether a side of a partition may act: one of `SEAFOAM_VALIDITY_...`.
pub type seafoam_state = i32;
/// Where the list of lighthouses comes from: one of `SEAFOAM_BASIS_...`.
pub type seafoam_basis = i32;
/// How far a term can be trusted: one of `SEAFOAM_TERM_...`.
pub type seafoam_quality = i32;
/// Which way a link works: one of `SEAFOAM_LINK_...`.
pub type seafoam_direction = i32;
/// What the kernel of a silent node's host did: one of `SEAFOAM_HINT_...`.
pub type seafoam_hint = i32;

/// All words that C can ask for, as C takes them: made at once, so that a forked child never finds
/// them half-made by a thread that it does not have, and never freed.
static WORDS: LazyLock<BTreeMap<&'static str, CString>> = LazyLock::new(|| {
    let mut all = vec!["ok", UNLISTED];
    all.extend(ErrorCode::ALL.iter().map(|value| value.word()));
    all.extend(NodeStatus::ALL.iter().map(|value| value.word()));
    all.extend(NodeRank::ALL.iter().map(|value| value.word()));
    all.extend(EventKind::ALL.iter().map(|value| value.word()));
    all.extend(LogLevel::ALL.iter().map(|value| value.word()));
    all.extend(ValidityState::ALL.iter().map(|value| value.word()));
    all.extend(ValidityBasis::ALL.iter().map(|value| value.word()));
    all.extend(TermQuality::ALL.iter().map(|value| value.word()));
    all.extend(LinkDirection::ALL.iter().map(|value| value.word()));
    all.extend(Hint::ALL.iter().map(|value| value.word()));
    all.extend(Stats::ROWS.iter().flat_map(|(name, _, doc)| [*name, *doc]));
    all.into_iter().map(|word| (word, c_string(word))).collect()
});

/// What is printed for a number that has no word.
const UNLISTED: &str = "?";

/// One of our own words for C, which may keep the pointer.
pub(crate) fn static_text(word: &str) -> *const c_char {
    let found = WORDS.get(word).or_else(|| WORDS.get(UNLISTED));
    found.map_or(c"?".as_ptr(), |text| text.as_ptr())
}

fn word<T: Copy>(
    number: c_int,
    from: fn(u8) -> Option<T>,
    word: fn(T) -> &'static str,
) -> *const c_char {
    let value = u8::try_from(number).ok().and_then(from);
    static_text(value.map_or(UNLISTED, word))
}

/// The word of a code, such as `timeout`; `ok` for `SEAFOAM_OK`, `?` for a number that is none.
///
/// Ownership: static, never freed. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn seafoam_code_name(code: seafoam_code) -> *const c_char {
    plain!({
        match code {
            0 => static_text("ok"),
            _ => word(code, ErrorCode::from_number, ErrorCode::word),
        }
    })
}

/// The word of a status, such as `alive`; `?` for a number that is none.
///
/// Ownership: static, never freed. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn seafoam_status_name(status: c_int) -> *const c_char {
    plain!({ word(status, NodeStatus::from_number, NodeStatus::word) })
}

/// The word of a rank, such as `leader`; `?` for a number that is none.
///
/// Ownership: static, never freed. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn seafoam_rank_name(rank: c_int) -> *const c_char {
    plain!({ word(rank, NodeRank::from_number, NodeRank::word) })
}

/// The word of an event kind, such as `broadcast`; `?` for a number that is none.
///
/// Ownership: static, never freed. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn seafoam_event_kind_name(kind: c_int) -> *const c_char {
    plain!({ word(kind, EventKind::from_number, EventKind::word) })
}

/// The word of a log level, such as `warn`; `?` for a number that is none.
///
/// Ownership: static, never freed. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn seafoam_log_level_name(level: c_int) -> *const c_char {
    plain!({ word(level, LogLevel::from_number, LogLevel::word) })
}

/// The word of a validity state, such as `valid`; `?` for a number that is none.
///
/// Ownership: static, never freed. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn seafoam_validity_state_name(state: c_int) -> *const c_char {
    plain!({ word(state, ValidityState::from_number, ValidityState::word) })
}

/// The word of a validity basis, such as `listed`; `?` for a number that is none.
///
/// Ownership: static, never freed. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn seafoam_validity_basis_name(basis: c_int) -> *const c_char {
    plain!({ word(basis, ValidityBasis::from_number, ValidityBasis::word) })
}

/// The word of a term quality, such as `durable`; `?` for a number that is none.
///
/// Ownership: static, never freed. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn seafoam_term_quality_name(quality: c_int) -> *const c_char {
    plain!({ word(quality, TermQuality::from_number, TermQuality::word) })
}

/// The word of a link direction, such as `inbound`; `?` for a number that is none.
///
/// Ownership: static, never freed. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn seafoam_link_direction_name(direction: c_int) -> *const c_char {
    plain!({ word(direction, LinkDirection::from_number, LinkDirection::word) })
}

/// The word of a hint, such as `gone`; `?` for a number that is none.
///
/// Ownership: static, never freed. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn seafoam_hint_name(hint: c_int) -> *const c_char {
    plain!({ word(hint, Hint::from_number, Hint::word) })
}
