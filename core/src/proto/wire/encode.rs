//! Values to bytes.

use super::{BroadcastRecord, MemberRecord, Message, Record};

/// Writes one packet: header and message at once, then records while they fit.
#[derive(Debug)]
pub struct PacketWriter<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
    max_bytes: usize,
}

impl<'a> PacketWriter<'a> {
    /// Appends header and message to `out`; what `out` holds already is left alone and not counted.
    /// A `max_bytes` below [`MIN_PACKET_BYTES`](super::MIN_PACKET_BYTES) counts as that.
    pub fn new(
        out: &'a mut Vec<u8>,
        cluster_tag: u32,
        message: &Message,
        max_bytes: usize,
    ) -> Self {
        let start = out.len();
        let _ = (cluster_tag, message);
        Self {
            out,
            start,
            max_bytes,
        }
    }

    /// Bytes of this packet so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.out.len() - self.start
    }

    /// Always false: a packet has a header.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Bytes that are left for records.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.max_bytes.saturating_sub(self.len())
    }

    /// Whether [`push`](Self::push) would take the record.
    #[must_use]
    pub fn fits(&self, record: &Record) -> bool {
        record_len(record).is_some_and(|length| length <= self.remaining())
    }

    /// Appends a record. False, and nothing is written, when it does not fit or can never be
    /// encoded (see [`record_len`]).
    pub fn push(&mut self, record: &Record) -> bool {
        let _ = record;
        todo!()
    }

    /// As [`push`](Self::push), for a member record without its wrapping.
    pub fn push_member(&mut self, member: &MemberRecord) -> bool {
        let _ = member;
        todo!()
    }

    /// As [`push`](Self::push), for a broadcast without its wrapping.
    pub fn push_broadcast(&mut self, broadcast: &BroadcastRecord) -> bool {
        let _ = broadcast;
        todo!()
    }
}

/// Bytes of the record in a packet, kind and length included; none when no peer would take it: an
/// invalid name, tags or a payload over their limits, or a witness of handle 0.
#[must_use]
pub fn record_len(record: &Record) -> Option<usize> {
    let _ = record;
    todo!()
}

/// As [`record_len`], for a member record.
#[must_use]
pub fn member_record_len(member: &MemberRecord) -> Option<usize> {
    let _ = member;
    todo!()
}

/// As [`record_len`], for a broadcast.
#[must_use]
pub fn broadcast_record_len(broadcast: &BroadcastRecord) -> Option<usize> {
    let _ = broadcast;
    todo!()
}
