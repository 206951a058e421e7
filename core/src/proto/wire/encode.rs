//! Values to bytes.

use super::fields::{Sink, address_flags, identity_flags};
use super::kinds::{
    HAS_CANDIDACY, HAS_DATACENTER, HAS_SOURCE, HAS_TAGS, LIGHTHOUSE, RECEIPT_WANTED, WITNESS_SHIFT,
    message as message_kind, record as record_kind,
};
use super::{
    BroadcastRecord, Candidacy, DatacenterRecord, Herald, IndexSet, MAX_BROADCAST_BYTES,
    MAX_PIECE_BYTES, MAX_TAGS_BYTES, MIN_PACKET_BYTES, MemberRecord, Message, NO_DATACENTER,
    Record, VERSION, WitnessSet, is_valid_name,
};

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
        put_start(out, cluster_tag, message);
        Self { out, start, max_bytes: max_bytes.max(MIN_PACKET_BYTES) }
    }

    /// Bytes of this packet so far.
    #[must_use]
    pub fn written(&self) -> usize {
        self.out.len() - self.start
    }

    /// Bytes that are left for records.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.max_bytes.saturating_sub(self.written())
    }

    /// Whether [`push`](Self::push) would take the record.
    #[must_use]
    pub fn fits(&self, record: &Record) -> bool {
        record_len(record).is_some_and(|length| length <= self.remaining())
    }

    /// Appends a record. False, and nothing is written, when it does not fit or can never be
    /// encoded (see [`record_len`]).
    pub fn push(&mut self, record: &Record) -> bool {
        self.push_body(body_of(record))
    }

    /// As [`push`](Self::push), for a member record without its wrapping.
    pub fn push_member(&mut self, member: &MemberRecord) -> bool {
        self.push_body(Body::member(member))
    }

    /// As [`push`](Self::push), for a broadcast without its wrapping.
    pub fn push_broadcast(&mut self, broadcast: &BroadcastRecord) -> bool {
        self.push_body(Body::broadcast(broadcast))
    }

    fn push_body(&mut self, body: Option<Body<'_>>) -> bool {
        let room = self.remaining();
        body.filter(|body| body.record_len() <= room)
            .inspect(|body| body.put_record(self.out))
            .is_some()
    }
}

/// Bytes of the record in a packet, kind and length included; none when no peer would take it: an
/// invalid name, or tags or a payload over their limits.
#[must_use]
pub fn record_len(record: &Record) -> Option<usize> {
    body_of(record).map(|body| body.record_len())
}

/// As [`record_len`], for a member record.
#[must_use]
pub fn member_record_len(member: &MemberRecord) -> Option<usize> {
    Body::member(member).map(|body| body.record_len())
}

/// As [`record_len`], for a broadcast.
#[must_use]
pub fn broadcast_record_len(broadcast: &BroadcastRecord) -> Option<usize> {
    Body::broadcast(broadcast).map(|body| body.record_len())
}

/// Header and message of a packet.
pub(super) fn put_start(out: &mut Vec<u8>, cluster_tag: u32, message: &Message) {
    out.push(VERSION);
    out.extend_from_slice(&0_u16.to_le_bytes());
    out.extend_from_slice(&cluster_tag.to_le_bytes());
    let mut length = 0_usize;
    let kind = put_fields(&mut length, message);
    // The longest fields are those of a VOTE, 79 bytes.
    out.extend_from_slice(&[kind, length as u8]);
    put_fields(out, message);
}

/// Writes the fields of a message; returns its kind.
fn put_fields(out: &mut impl Sink, message: &Message) -> u8 {
    match message {
        Message::Ping { sequence, from, to } => {
            put_u32s(out, &[*sequence, *from, *to]);
            message_kind::PING
        }
        Message::Ack { sequence, from, incarnation } => {
            put_u32s(out, &[*sequence, *from]);
            out.put_varint(u64::from(*incarnation));
            message_kind::ACK
        }
        Message::PingReq { sequence, from, to, target } => {
            put_u32s(out, &[*sequence, *from, *to]);
            out.put(&[address_flags(target)]);
            out.put_address(target);
            message_kind::PING_REQ
        }
        Message::Nack { sequence, from } => {
            put_u32s(out, &[*sequence, *from]);
            message_kind::NACK
        }
        Message::Gossip { from } => {
            put_u32s(out, &[*from]);
            message_kind::GOSSIP
        }
        Message::Announce {} => message_kind::ANNOUNCE,
        Message::KeysAsk { sequence, from, first } => {
            put_u32s(out, &[*sequence, *from]);
            out.put(&first.to_le_bytes());
            message_kind::KEYS_ASK
        }
        Message::KeysTell { sequence, from, ids } => {
            put_u32s(out, &[*sequence, *from]);
            let ids = ids.as_slice();
            out.put(&[ids.len() as u8]); // at most 8
            for id in ids {
                out.put(&id.to_le_bytes());
            }
            message_kind::KEYS_TELL
        }
        Message::SyncRequest { from, flags } => {
            put_u32s(out, &[*from]);
            out.put(&[*flags]);
            message_kind::SYNC_REQUEST
        }
        Message::Elect { from, configuration, word } => word.put(out, *from, *configuration),
        Message::Direct { sequence, from, to } => {
            put_u32s(out, &[*sequence, *from, *to]);
            message_kind::DIRECT
        }
        Message::DirectAck { sequence, from } => {
            put_u32s(out, &[*sequence, *from]);
            message_kind::DIRECT_ACK
        }
        Message::DirectStream { sequence, from, to } => {
            put_u32s(out, &[*sequence, *from, *to]);
            message_kind::DIRECT_STREAM
        }
        Message::DirectStreamAck { sequence, from } => {
            put_u32s(out, &[*sequence, *from]);
            message_kind::DIRECT_STREAM_ACK
        }
        Message::SyncResponse { from, flags } => {
            put_u32s(out, &[*from]);
            out.put(&[*flags]);
            message_kind::SYNC_RESPONSE
        }
    }
}

fn put_u32s(out: &mut impl Sink, numbers: &[u32]) {
    for number in numbers {
        out.put(&number.to_le_bytes());
    }
}

/// A record that may be encoded, with what is costly to find out about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Body<'a> {
    content: Content<'a>,
    identity_flags: u8,
    /// Bytes, without kind and length.
    length: usize,
}

#[derive(Clone, Copy, Debug)]
enum Content<'a> {
    Member(&'a MemberRecord),
    Broadcast(&'a BroadcastRecord),
    Digest(&'a [u8; 16]),
    Beacon(u32, u32, u32),
    Receipt(u32, u32),
    Herald(Herald),
    Have(IndexSet),
    Want(IndexSet),
    Piece(&'a [u8]),
    Datacenter(&'a DatacenterRecord),
    Ask(u32),
    Heard(u32, u32),
}

/// None for a record that no peer would take.
pub(super) fn body_of(record: &Record) -> Option<Body<'_>> {
    let plain = |content| Some(Body::of(content, 0));
    match record {
        Record::Member(member) => Body::member(member),
        Record::Broadcast(broadcast) => Body::broadcast(broadcast),
        Record::Digest(digest) => plain(Content::Digest(digest)),
        Record::Beacon { lighthouse, sequence, age } => {
            plain(Content::Beacon(*lighthouse, *sequence, *age))
        }
        Record::Herald(herald) => plain(Content::Herald(*herald)),
        Record::Receipt { origin, index } => plain(Content::Receipt(*origin, *index)),
        Record::Have(set) => plain(Content::Have(*set)),
        Record::Want(set) => plain(Content::Want(*set)),
        Record::Piece(bytes) if bytes.len() > MAX_PIECE_BYTES => None,
        Record::Piece(bytes) => plain(Content::Piece(bytes)),
        Record::Datacenter(record) => plain(Content::Datacenter(record)),
        Record::Ask { peer } => plain(Content::Ask(*peer)),
        Record::Heard { peer, millis } => plain(Content::Heard(*peer, *millis)),
    }
}

impl<'a> Body<'a> {
    fn of(content: Content<'a>, identity_flags: u8) -> Self {
        let mut body = Self { content, identity_flags, length: 0 };
        let mut length = 0;
        body.put_body(&mut length);
        body.length = length;
        body
    }

    pub fn member(member: &'a MemberRecord) -> Option<Self> {
        let tags = member.tags.as_ref().map_or(0, |tags| tags.len());
        (tags <= MAX_TAGS_BYTES && is_valid_name(&member.identity.name)).then(|| {
            let flags = identity_flags(&member.address, &member.identity);
            Self::of(Content::Member(member), flags)
        })
    }

    pub fn broadcast(broadcast: &'a BroadcastRecord) -> Option<Self> {
        (broadcast.bytes.len() <= MAX_BROADCAST_BYTES && is_valid_name(&broadcast.origin.name))
            .then(|| {
                let flags = identity_flags(&broadcast.address, &broadcast.origin);
                Self::of(Content::Broadcast(broadcast), flags)
            })
    }

    /// Bytes with kind and length.
    pub fn record_len(&self) -> usize {
        let mut length = 1_usize;
        length.put_varint(self.length as u64);
        length + self.length
    }

    pub fn put_record(&self, out: &mut Vec<u8>) {
        out.push(match self.content {
            Content::Member(_) => record_kind::MEMBER,
            Content::Broadcast(_) => record_kind::BROADCAST,
            Content::Digest(_) => record_kind::DIGEST,
            Content::Beacon(..) => record_kind::BEACON,
            Content::Receipt(..) => record_kind::RECEIPT,
            Content::Herald(_) => record_kind::HERALD,
            Content::Have(_) => record_kind::HAVE,
            Content::Want(_) => record_kind::WANT,
            Content::Piece(_) => record_kind::PIECE,
            Content::Datacenter(_) => record_kind::DATACENTER,
            Content::Ask(_) => record_kind::ASK,
            Content::Heard(..) => record_kind::HEARD,
        });
        out.put_varint(self.length as u64);
        self.put_body(out);
    }

    fn put_body(&self, out: &mut impl Sink) {
        match self.content {
            Content::Member(member) => put_member(out, self.identity_flags, member),
            Content::Broadcast(broadcast) => put_broadcast(out, self.identity_flags, broadcast),
            Content::Digest(digest) => out.put(digest),
            Content::Piece(bytes) => out.put_prefixed(bytes),
            Content::Beacon(lighthouse, sequence, age) => {
                put_u32s(out, &[lighthouse]);
                out.put_varint(u64::from(sequence));
                out.put_varint(u64::from(age));
            }
            Content::Herald(herald) => {
                out.put(&[herald.scope]);
                out.put(&herald.term.to_le_bytes());
                put_u32s(out, &[herald.sequence, herald.leader]);
            }
            Content::Receipt(origin, index) => put_u32s(out, &[origin, index]),
            Content::Datacenter(record) => {
                out.put(&[record.observer, record.number, record.witnesses.len() as u8]);
                out.put(&record.version.to_le_bytes());
                put_witnesses(out, &record.witnesses);
            }
            Content::Ask(peer) => put_u32s(out, &[peer]),
            Content::Heard(peer, millis) => {
                put_u32s(out, &[peer]);
                out.put_varint(u64::from(millis));
            }
            Content::Have(set) | Content::Want(set) => {
                put_u32s(out, &[set.origin, set.highest, set.below]);
            }
        }
    }
}

fn put_member(out: &mut impl Sink, identity_flags: u8, member: &MemberRecord) {
    let flag = |set: bool, flag: u8| if set { flag } else { 0 };
    let has_datacenter = member.datacenter != NO_DATACENTER;
    let has_candidacy = member.candidacy != Candidacy::default();
    let flags = identity_flags
        | flag(member.is_lighthouse, LIGHTHOUSE)
        | flag(has_candidacy, HAS_CANDIDACY)
        | flag(has_datacenter, HAS_DATACENTER)
        | flag(member.source != 0, HAS_SOURCE)
        | flag(member.tags.is_some(), HAS_TAGS);
    // At most 4 witnesses, so that their number fits into 3 bits.
    let state = member.status as u8 | (member.witnesses.len() as u8) << WITNESS_SHIFT;
    out.put(&[flags, state]);
    out.put_addressed_identity(flags, &member.address, &member.identity);
    out.put_varint(u64::from(member.incarnation));
    if has_datacenter {
        out.put(&[member.datacenter]);
    }
    if has_candidacy {
        out.put(&[u8::from(member.candidacy.eligible), member.candidacy.priority]);
    }
    if member.source != 0 {
        out.put(&member.source.to_le_bytes());
    }
    if let Some(tags) = &member.tags {
        out.put_prefixed(tags);
    }
    put_witnesses(out, &member.witnesses);
}

fn put_witnesses(out: &mut impl Sink, witnesses: &WitnessSet) {
    for witness in witnesses.as_slice() {
        out.put(&witness.handle.to_le_bytes());
        out.put(&[witness.evidence as u8]);
    }
}

fn put_broadcast(out: &mut impl Sink, identity_flags: u8, broadcast: &BroadcastRecord) {
    let receipt = if broadcast.receipt { RECEIPT_WANTED } else { 0 };
    out.put(&[identity_flags | receipt]);
    out.put_addressed_identity(identity_flags, &broadcast.address, &broadcast.origin);
    out.put_varint(u64::from(broadcast.index));
    out.put_prefixed(&broadcast.bytes);
}
