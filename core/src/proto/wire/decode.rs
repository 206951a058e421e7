//! Bytes to values.

use super::election::Word;
use super::fields::Reader;
use super::kinds::{
    HAS_CANDIDACY, HAS_DATACENTER, HAS_SOURCE, HAS_TAGS, LIGHTHOUSE, RECEIPT_WANTED, STATUS_MASK,
    WITNESS_MASK, WITNESS_SHIFT, message as kind, record,
};
use super::{
    BroadcastRecord, Candidacy, Carrier, DatacenterRecord, DecodeError, Evidence, Header, Herald,
    IndexSet, KeyIds, MAX_BROADCAST_BYTES, MAX_DATAGRAM_BYTES, MAX_FRAME_BYTES, MAX_PIECE_BYTES,
    MAX_TAGS_BYTES, MemberRecord, Message, NO_DATACENTER, Record, Status, VERSION, WitnessSet,
};

/// A datagram or frame whose header and message have been decoded, and whose records wait.
#[derive(Clone, Debug)]
pub struct Packet<'a> {
    /// The clear header.
    pub header: Header,
    /// What the packet is for.
    pub message: Message,
    /// What it carries, decoded one at a time.
    pub records: RecordIter<'a>,
}

impl<'a> Packet<'a> {
    /// Decodes the header and the message of a datagram or frame of the cluster `cluster_tag`.
    /// Records are decoded as [`records`](Self::records) is drained, so that a bad one in the end
    /// costs nothing before it is met.
    ///
    /// # Errors
    /// In this order: `BadVersion`, `Truncated` header, `ForeignCluster`, `Sealed`, `Oversized`,
    /// then whatever the message is refused for. A known message in the wrong carrier is a
    /// `BadField("carrier")`. What only a later version has, is no error.
    pub fn decode(
        bytes: &'a [u8],
        cluster_tag: u32,
        carrier: Carrier,
    ) -> Result<Self, DecodeError> {
        let limit = match carrier {
            Carrier::Datagram => MAX_DATAGRAM_BYTES,
            Carrier::Stream => MAX_FRAME_BYTES,
        };
        let mut reader = Reader::new(bytes);
        let header = decode_header(&mut reader, cluster_tag)?;
        if bytes.len() > limit {
            return Err(DecodeError::Oversized);
        }
        let kind = reader.u8()?;
        let length = usize::from(reader.u8()?);
        let message = decode_message(kind, Reader::new(reader.bytes(length)?))?;
        if message.carrier() != carrier {
            return Err(DecodeError::BadField("carrier"));
        }
        let records = RecordIter { rest: reader.rest(), skipped: 0 };
        Ok(Self { header, message, records })
    }
}

/// The version is judged by itself, so that stray bytes of any length are told from short packets.
fn decode_header(reader: &mut Reader<'_>, cluster_tag: u32) -> Result<Header, DecodeError> {
    let version = reader.u8()?;
    if version != VERSION {
        return Err(DecodeError::BadVersion);
    }
    let header = Header { version, key_id: reader.u16()?, cluster_tag: reader.u32()? };
    if header.cluster_tag != cluster_tag {
        return Err(DecodeError::ForeignCluster);
    }
    if header.key_id != 0 {
        return Err(DecodeError::Sealed);
    }
    Ok(header)
}

/// `fields` may be longer than what is known of them: a later version may have appended some.
fn decode_message(kind: u8, mut fields: Reader<'_>) -> Result<Message, DecodeError> {
    Ok(match kind {
        kind::PING => {
            Message::Ping { sequence: fields.u32()?, from: fields.u32()?, to: fields.u32()? }
        }
        kind::ACK => Message::Ack {
            sequence: fields.u32()?,
            from: fields.u32()?,
            incarnation: fields.varint_u32()?,
        },
        kind::PING_REQ => Message::PingReq {
            sequence: fields.u32()?,
            from: fields.u32()?,
            to: fields.u32()?,
            target: {
                let flags = fields.u8()?;
                fields.address(flags)?
            },
        },
        kind::NACK => Message::Nack { sequence: fields.u32()?, from: fields.u32()? },
        kind::GOSSIP => Message::Gossip { from: fields.u32()? },
        kind::ANNOUNCE => Message::Announce {},
        kind::KEYS_ASK => {
            Message::KeysAsk { sequence: fields.u32()?, from: fields.u32()?, first: fields.u16()? }
        }
        kind::KEYS_TELL => Message::KeysTell {
            sequence: fields.u32()?,
            from: fields.u32()?,
            ids: decode_key_ids(&mut fields)?,
        },
        kind::SYNC_REQUEST => Message::SyncRequest { from: fields.u32()?, flags: fields.u8()? },
        kind::SYNC_RESPONSE => Message::SyncResponse { from: fields.u32()?, flags: fields.u8()? },
        kind::DIRECT => {
            Message::Direct { sequence: fields.u32()?, from: fields.u32()?, to: fields.u32()? }
        }
        kind::DIRECT_ACK => Message::DirectAck { sequence: fields.u32()?, from: fields.u32()? },
        kind::DIRECT_STREAM => Message::DirectStream {
            sequence: fields.u32()?,
            from: fields.u32()?,
            to: fields.u32()?,
        },
        kind::DIRECT_STREAM_ACK => {
            Message::DirectStreamAck { sequence: fields.u32()?, from: fields.u32()? }
        }
        kind::POLL..=kind::LIST_NEWS => {
            let (from, configuration) = (fields.u32()?, fields.u64()?);
            let word = Word::take(kind, &mut fields)?.ok_or(DecodeError::UnknownKind(kind))?;
            Message::Elect { from, configuration, word }
        }
        unknown => return Err(DecodeError::UnknownKind(unknown)),
    })
}

/// More ids than fit are cut off: a later version may have more.
fn decode_key_ids(fields: &mut Reader<'_>) -> Result<KeyIds, DecodeError> {
    let count = usize::from(fields.u8()?);
    let ids = fields.bytes(2 * count)?.chunks_exact(2);
    Ok(ids.filter_map(|id| <[u8; 2]>::try_from(id).ok()).map(u16::from_le_bytes).collect())
}

/// The records of a packet, in order.
///
/// Unknown kinds are skipped and counted. A malformed record yields `Err` once, and nothing after:
/// what came before it stays valid.
#[derive(Clone, Debug)]
pub struct RecordIter<'a> {
    rest: &'a [u8],
    skipped: u32,
}

impl RecordIter<'_> {
    /// How many records of unknown kind were passed over so far.
    #[must_use]
    pub fn skipped(&self) -> u32 {
        self.skipped
    }
}

impl Iterator for RecordIter<'_> {
    type Item = Result<Record, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            let mut reader = Reader::new(self.rest);
            match decode_record(&mut reader) {
                Ok(Some(record)) => {
                    self.rest = reader.rest();
                    return Some(Ok(record));
                }
                Ok(None) => {
                    self.rest = reader.rest();
                    self.skipped += 1;
                }
                Err(error) => {
                    self.rest = &[];
                    return Some(Err(error));
                }
            }
        }
        None
    }
}

impl std::iter::FusedIterator for RecordIter<'_> {}

/// None for a kind that this version does not know. What a body has beyond the known fields is
/// skipped: a later version may have appended it.
fn decode_record(reader: &mut Reader<'_>) -> Result<Option<Record>, DecodeError> {
    let kind = reader.u8()?;
    let mut body = Reader::new(reader.prefixed()?);
    Ok(Some(match kind {
        record::MEMBER => Record::Member(decode_member(&mut body)?),
        record::BROADCAST => Record::Broadcast(decode_broadcast(&mut body)?),
        record::DIGEST => Record::Digest(body.array()?),
        record::BEACON => Record::Beacon {
            lighthouse: body.u32()?,
            sequence: body.varint_u32()?,
            age: body.varint_u32()?,
        },
        record::HERALD => Record::Herald(Herald {
            scope: body.u8()?,
            term: body.u64()?,
            sequence: body.u32()?,
            leader: body.u32()?,
        }),
        record::RECEIPT => Record::Receipt { origin: body.u32()?, index: body.u32()? },
        record::HAVE => Record::Have(decode_indexes(&mut body)?),
        record::WANT => Record::Want(decode_indexes(&mut body)?),
        record::PIECE => Record::Piece(body.shared(MAX_PIECE_BYTES)?),
        record::DATACENTER => Record::Datacenter(decode_datacenter(&mut body)?),
        record::ASK => Record::Ask { peer: body.u32()? },
        record::HEARD => Record::Heard { peer: body.u32()?, millis: body.varint_u32()? },
        _ => return Ok(None),
    }))
}

fn decode_indexes(body: &mut Reader<'_>) -> Result<IndexSet, DecodeError> {
    Ok(IndexSet { origin: body.u32()?, highest: body.u32()?, below: body.u32()? })
}

fn decode_datacenter(body: &mut Reader<'_>) -> Result<DatacenterRecord, DecodeError> {
    let (observer, number, count) = (body.u8()?, body.u8()?, body.u8()?);
    let version = body.u32()?;
    let witnesses = decode_witnesses(body, usize::from(count))?;
    Ok(DatacenterRecord { observer, number, version, witnesses })
}

fn decode_member(body: &mut Reader<'_>) -> Result<MemberRecord, DecodeError> {
    let flags = body.u8()?;
    let state = body.u8()?;
    let status = Status::from_u8(state & STATUS_MASK).ok_or(DecodeError::BadField("status"))?;
    let (address, identity) = body.addressed_identity(flags)?;
    let incarnation = body.varint_u32()?;
    let has = |flag: u8| flags & flag != 0;
    let datacenter = if has(HAS_DATACENTER) { body.u8()? } else { NO_DATACENTER };
    let candidacy = if has(HAS_CANDIDACY) {
        Candidacy { eligible: body.u8()? != 0, priority: body.u8()? }
    } else {
        Candidacy::default()
    };
    let source = if has(HAS_SOURCE) { body.u32()? } else { 0 };
    let tags = if has(HAS_TAGS) { Some(body.shared(MAX_TAGS_BYTES)?) } else { None };
    let witnesses = decode_witnesses(body, usize::from(state >> WITNESS_SHIFT & WITNESS_MASK))?;
    Ok(MemberRecord {
        identity,
        address,
        status,
        incarnation,
        datacenter,
        is_lighthouse: has(LIGHTHOUSE),
        candidacy,
        tags,
        source,
        witnesses,
    })
}

/// Each witness counts once, so a set that names one twice is refused, not repaired.
fn decode_witnesses(body: &mut Reader<'_>, count: usize) -> Result<WitnessSet, DecodeError> {
    const BAD: DecodeError = DecodeError::BadField("witnesses");
    if count > WitnessSet::CAPACITY {
        return Err(BAD);
    }
    let mut witnesses = WitnessSet::new();
    for _ in 0..count {
        let handle = body.u32()?;
        let evidence = Evidence::from_u8(body.u8()?).ok_or(BAD)?;
        if handle == 0 || witnesses.evidence_of(handle).is_some() {
            return Err(BAD);
        }
        witnesses.insert(handle, evidence);
    }
    Ok(witnesses)
}

fn decode_broadcast(body: &mut Reader<'_>) -> Result<BroadcastRecord, DecodeError> {
    let flags = body.u8()?;
    let (address, origin) = body.addressed_identity(flags)?;
    let index = body.varint_u32()?;
    let bytes = body.shared(MAX_BROADCAST_BYTES)?;
    Ok(BroadcastRecord { origin, address, index, receipt: flags & RECEIPT_WANTED != 0, bytes })
}
