//! Why bytes were refused.

use std::fmt;

/// Why a datagram, a frame or a record was refused. Nothing of what was refused may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DecodeError {
    /// A field or a stated length goes beyond the end of the bytes.
    Truncated,
    /// The first byte is not [`VERSION`](super::VERSION).
    BadVersion,
    /// The key id is not 0: the rest is sealed and must be opened before it is decoded.
    Sealed,
    /// The cluster tag is another cluster's.
    ForeignCluster,
    /// A message kind that this version does not know: count it, drop it, never answer it.
    UnknownKind(u8),
    /// A known field has a value that it must not have; the field is named.
    BadField(&'static str),
    /// Longer than the limit of its kind: a datagram, a frame, tags, or a broadcast.
    Oversized,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("ends inside a field"),
            Self::BadVersion => f.write_str("not of wire version 1"),
            Self::Sealed => f.write_str("sealed with a key"),
            Self::ForeignCluster => f.write_str("of another cluster"),
            Self::UnknownKind(kind) => write!(f, "unknown message kind {kind}"),
            Self::BadField(field) => write!(f, "invalid {field}"),
            Self::Oversized => f.write_str("longer than its limit"),
        }
    }
}

impl std::error::Error for DecodeError {}
