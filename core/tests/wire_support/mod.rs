//! Values that the wire tests share: arbitrary ones for properties, and their JSON form.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

pub mod cases;
pub mod foreign;
pub mod json;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use seafoam::proto::wire::{
    BroadcastRecord, Candidacy, Carrier, DatacenterRecord, DecodeError, Evidence, Herald, Identity,
    IndexSet, MAX_BROADCAST_BYTES, MAX_PIECE_BYTES, MAX_TAGS_BYTES, MemberRecord, Message, Packet,
    PacketWriter, Record, Status, WitnessSet,
};
use std::net::{IpAddr, SocketAddr};

/// The cluster of all packets of these tests.
pub const CLUSTER: &str = "reef";

pub fn tag() -> u32 {
    seafoam::proto::hash::cluster_tag(CLUSTER)
}

pub fn encode(message: &Message, records: &[Record]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = PacketWriter::new(&mut out, tag(), message, 65_507);
    for record in records {
        assert!(writer.push(record), "does not fit: {record:?}");
    }
    out
}

pub fn decode(bytes: &[u8], carrier: Carrier) -> Result<(Message, Vec<Record>), DecodeError> {
    let packet = Packet::decode(bytes, tag(), carrier)?;
    let records = packet.records.collect::<Result<_, _>>()?;
    Ok((packet.message, records))
}

pub fn any_address() -> impl Strategy<Value = SocketAddr> {
    (any::<IpAddr>(), any::<u16>()).prop_map(|(ip, port)| SocketAddr::new(ip, port))
}

fn any_name() -> impl Strategy<Value = String> {
    r"[A-Za-z0-9._:%\[\]-]{1,64}"
}

/// An address and an identity whose name is that address in half of the cases.
fn any_addressed() -> impl Strategy<Value = (SocketAddr, Identity)> {
    (any_address(), option::of(any_name()), any_u64(), any::<u64>()).prop_map(
        |(address, name, generation, run)| {
            let name = name.unwrap_or_else(|| address.to_string());
            (address, Identity::new(&name, generation, run).unwrap())
        },
    )
}

/// All widths of a varint alike.
fn any_u64() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0..64_u32).prop_map(|(value, shift)| value >> shift)
}

fn any_u32() -> impl Strategy<Value = u32> {
    (any::<u32>(), 0..32_u32).prop_map(|(value, shift)| value >> shift)
}

pub fn any_evidence() -> impl Strategy<Value = Evidence> {
    prop_oneof![Just(Evidence::Silent), Just(Evidence::Hung), Just(Evidence::Gone)]
}

pub fn any_witnesses() -> impl Strategy<Value = WitnessSet> {
    vec((1..=u32::MAX, any_evidence()), 0..6).prop_map(WitnessSet::from_iter)
}

fn any_status() -> impl Strategy<Value = Status> {
    (0..5_usize).prop_map(|at| {
        [Status::Unknown, Status::Alive, Status::Suspected, Status::Dead, Status::Left][at]
    })
}

pub fn any_member() -> impl Strategy<Value = MemberRecord> {
    let claims = (any::<u8>(), any::<bool>(), any::<(bool, u8)>());
    let tags = option::of(vec(any::<u8>(), 0..=MAX_TAGS_BYTES));
    let source = prop_oneof![Just(0), any::<u32>()];
    (any_addressed(), any_status(), any_u32(), claims, tags, source, any_witnesses()).prop_map(
        |((address, identity), status, incarnation, claims, tags, source, witnesses)| {
            let (datacenter, is_lighthouse, (eligible, priority)) = claims;
            let tags = tags.map(Into::into);
            MemberRecord {
                identity,
                address,
                status,
                incarnation,
                datacenter,
                is_lighthouse,
                candidacy: Candidacy { eligible, priority },
                tags,
                source,
                witnesses,
            }
        },
    )
}

pub fn any_broadcast() -> impl Strategy<Value = BroadcastRecord> {
    let bytes = vec(any::<u8>(), 0..=MAX_BROADCAST_BYTES);
    (any_addressed(), any_u32(), any::<bool>(), bytes).prop_map(
        |((address, origin), index, receipt, bytes)| BroadcastRecord {
            origin,
            address,
            index,
            receipt,
            bytes: bytes.into(),
        },
    )
}

fn any_indexes() -> impl Strategy<Value = IndexSet> {
    (any_u32(), any_u32(), any::<u32>()).prop_map(|(origin, highest, below)| IndexSet {
        origin,
        highest,
        below,
    })
}

pub fn any_record() -> impl Strategy<Value = Record> {
    prop_oneof![
        4 => any_member().prop_map(Record::Member),
        2 => any_broadcast().prop_map(Record::Broadcast),
        1 => any::<[u8; 16]>().prop_map(Record::Digest),
        1 => any::<(u32, u32, u32)>().prop_map(|(lighthouse, sequence, age)| Record::Beacon {
            lighthouse,
            sequence,
            age,
        }),
        1 => any::<(u8, u64, u32, u32)>().prop_map(|(scope, term, sequence, leader)| {
            Record::Herald(Herald { scope, term, sequence, leader })
        }),
        1 => (any_u32(), any_u32()).prop_map(|(origin, index)| Record::Receipt { origin, index }),
        1 => (any::<(u8, u8)>(), any_u32(), any_witnesses()).prop_map(
            |((observer, number), version, witnesses)| {
                Record::Datacenter(DatacenterRecord { observer, number, version, witnesses })
            }
        ),
        1 => any_u32().prop_map(|peer| Record::Ask { peer }),
        1 => (any_u32(), any_u32()).prop_map(|(peer, millis)| Record::Heard { peer, millis }),
        1 => any_indexes().prop_map(Record::Have),
        1 => any_indexes().prop_map(Record::Want),
        1 => vec(any::<u8>(), 0..=MAX_PIECE_BYTES).prop_map(|bytes| Record::Piece(bytes.into())),
    ]
}

pub fn any_message() -> impl Strategy<Value = Message> {
    let numbers = (any::<u32>(), any::<u32>(), any_u32());
    (0..15_u8, numbers, any_address(), any::<u8>()).prop_map(
        |(kind, (sequence, from, to), target, flags)| match kind {
            0 => Message::Ping { sequence, from, to },
            1 => Message::Ack { sequence, from, incarnation: to },
            2 => Message::PingReq { sequence, from, to, target },
            3 => Message::Nack { sequence, from },
            4 => Message::Gossip { from },
            5 => Message::Announce {},
            6 => Message::SyncRequest { from, flags },
            7 => Message::Direct { sequence, from, to },
            8 => Message::DirectAck { sequence, from },
            9 => Message::DirectStream { sequence, from, to },
            10 => Message::DirectStreamAck { sequence, from },
            11 => Message::KeysAsk { sequence, from, first: target.port() },
            12 => {
                let ids = (0..flags % 9).map(|id| target.port().wrapping_add(u16::from(id)));
                Message::KeysTell { sequence, from, ids: ids.collect() }
            }
            13 => {
                // One of those that there are, with other numbers.
                let words = cases::words();
                let (_, message, _) = words[usize::from(flags) % words.len()];
                let Message::Elect { word, .. } = message else { unreachable!() };
                Message::Elect { from, configuration: u64::from(sequence) << 32 | 5, word }
            }
            _ => Message::SyncResponse { from, flags },
        },
    )
}
