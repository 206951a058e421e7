//! The numbers of the wire. None is ever used again for something else; `docs/wire.md` has those
//! that are reserved.

/// Message kinds.
pub(crate) mod message {
    pub const PING: u8 = 1;
    pub const ACK: u8 = 2;
    pub const PING_REQ: u8 = 3;
    pub const NACK: u8 = 4;
    pub const GOSSIP: u8 = 5;
    pub const ANNOUNCE: u8 = 6;
    pub const SYNC_REQUEST: u8 = 7;
    pub const SYNC_RESPONSE: u8 = 8;
    pub const POLL: u8 = 16;
    pub const VOTE: u8 = 17;
    pub const CLAIM: u8 = 18;
    pub const GRANT: u8 = 19;
    pub const RELEASE: u8 = 20;
    pub const RELEASED: u8 = 21;
    pub const FREE: u8 = 22;
    pub const HANDOFF: u8 = 23;
    pub const TERM_ASK: u8 = 24;
    pub const TERM_TELL: u8 = 25;
    pub const LIST_ASK: u8 = 26;
    pub const LIST_TELL: u8 = 27;
    pub const LIST_SET: u8 = 28;
    pub const LIST_NEWS: u8 = 29;
    pub const DIRECT: u8 = 32;
    pub const DIRECT_ACK: u8 = 33;
    pub const DIRECT_STREAM: u8 = 34;
    pub const DIRECT_STREAM_ACK: u8 = 35;
    pub const CHALLENGE: u8 = 40;
    pub const HELLO: u8 = 41;
    pub const KEYS_ASK: u8 = 42;
    pub const KEYS_TELL: u8 = 43;
}

/// Record kinds.
pub(super) mod record {
    pub const MEMBER: u8 = 1;
    pub const BROADCAST: u8 = 2;
    pub const DIGEST: u8 = 3;
    pub const BEACON: u8 = 4;
    pub const RECEIPT: u8 = 5;
    pub const HERALD: u8 = 6;
    pub const HAVE: u8 = 9;
    pub const WANT: u8 = 10;
    pub const PIECE: u8 = 11;
    pub const DATACENTER: u8 = 12;
    pub const ASK: u8 = 13;
    pub const HEARD: u8 = 14;
}

/// First byte of a broadcast record, above the flags of address and name: a receipt is wanted.
pub(super) const RECEIPT_WANTED: u8 = 1 << 2;

// First byte of a member record, above the flags of address and name.
pub(super) const LIGHTHOUSE: u8 = 1 << 2;
pub(super) const HAS_CANDIDACY: u8 = 1 << 3;
pub(super) const HAS_DATACENTER: u8 = 1 << 4;
pub(super) const HAS_SOURCE: u8 = 1 << 5;
pub(super) const HAS_TAGS: u8 = 1 << 6;

// Second byte of a member record: status below, number of witnesses above.
pub(super) const STATUS_MASK: u8 = 0b111;
pub(super) const WITNESS_SHIFT: u8 = 3;
pub(super) const WITNESS_MASK: u8 = 0b111;
