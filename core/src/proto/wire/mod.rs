//! The wire codec: what members say to each other, and its bytes. `docs/wire.md` is the format.
//!
//! Everything here is pure: bytes in, values out, and back. Decoding checks each length before it
//! uses it, never panics, and reserves memory only for bytes that have arrived.

mod decode;
mod election;
mod encode;
mod error;
mod fields;
mod frame;
mod kinds;
mod message;
mod record;

mod witness;

pub use decode::{Packet, RecordIter};
pub use election::Word;
pub use encode::{PacketWriter, broadcast_record_len, member_record_len, record_len};
pub use error::DecodeError;
pub use frame::{FrameReader, FrameStep, FrameWriter};
pub(crate) use kinds::message as kind;
pub use message::{Carrier, Header, KeyIds, Message};
pub use record::{
    BroadcastRecord, Candidacy, DatacenterRecord, Herald, Identity, IndexSet, MemberRecord, Record,
    Status, StatusClass, is_valid_name,
};
pub use witness::{Evidence, Witness, WitnessSet};

/// The wire version: the first byte of every datagram and frame.
pub const VERSION: u8 = 1;

/// Bytes of the header: version, key id, cluster tag.
pub const HEADER_BYTES: usize = 7;

/// No UDP datagram over IPv4 carries more than this; what claims to is refused.
pub const MAX_DATAGRAM_BYTES: usize = 65_507;

/// Longest frame of a stream, without its length prefix.
pub const MAX_FRAME_BYTES: usize = 65_536;

/// Every message but those of the election fits into this many bytes when it has no records: the
/// least that a [`PacketWriter`] may be given.
pub const MIN_PACKET_BYTES: usize = 48;

/// Every message of the election fits into this many bytes. None of them carries records.
pub const MAX_ELECTION_BYTES: usize = 90;

/// Longest member name, in bytes (all of them ASCII).
pub const MAX_NAME_BYTES: usize = 64;

/// Longest encoded tags of a member.
///
/// 512 bytes of `k=v,k=v` with their version and lengths.
pub const MAX_TAGS_BYTES: usize = 1024;

/// Longest broadcast that is taken from a peer.
pub const MAX_BROADCAST_BYTES: usize = 1024;

/// Bytes of a `Digest` record with its kind and length.
pub const DIGEST_RECORD_BYTES: usize = 18;

/// Bytes of a `Have` or `Want` record with its kind and length.
pub const INDEX_SET_RECORD_BYTES: usize = 14;

/// Longest part of a message's payload in one record.
pub const MAX_PIECE_BYTES: usize = 1024;

/// The datacenter number that means "not assigned"; it takes no byte on the wire.
pub const NO_DATACENTER: u8 = 255;
