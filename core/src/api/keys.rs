//! What is told of keys: ids, never a key.

use std::sync::Arc;

/// One installed key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyInfo {
    /// Four hexadecimal digits: the first two bytes of the key's SHA-256, as a number.
    pub id: String,
    /// Whether it seals what this node sends. All keys open.
    pub seals: bool,
}

/// The keys of one member, as it told them itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MemberKeys {
    /// Name of the member.
    pub name: Arc<str>,
    /// Whether it answered in time; if not, its keys are not known.
    pub answered: bool,
    /// Ids of its keys, that of the key which seals first.
    pub keys: Vec<String>,
}

/// Fields of a [`KeyInfo`]: name and shape.
pub const KEY_INFO_FIELDS: &[(&str, &str)] = &[("id", "text"), ("seals", "bool")];

/// Fields of a [`MemberKeys`]: name and shape.
pub const MEMBER_KEYS_FIELDS: &[(&str, &str)] =
    &[("name", "text"), ("answered", "bool"), ("keys", "list of text")];
