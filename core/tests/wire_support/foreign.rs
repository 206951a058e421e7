//! Packets that the encoder of this version does not write: some are taken, some refused.

#![allow(dead_code, clippy::unwrap_used)]

use super::cases::{Case, broadcast, full, typical};
use super::encode;
use seafoam::proto::wire::{Carrier, DecodeError, HEADER_BYTES, MemberRecord, Message, Record};

/// A refused packet by its name in the vectors.
pub type Refused = (&'static str, Carrier, Vec<u8>, DecodeError);

const GOSSIP: Message = Message::Gossip { from: 1 };
/// Bytes of a gossip packet before its records.
const START: usize = HEADER_BYTES + 2 + 4;
/// Where the body of its first record begins, when the length takes one byte.
const BODY: usize = START + 2;

fn with(bytes: &[u8]) -> Vec<u8> {
    [&encode(&GOSSIP, &[]), bytes].concat()
}

fn with_member(body: &[u8]) -> Vec<u8> {
    with(&[&[1, u8::try_from(body.len()).unwrap()], body].concat())
}

/// Packets that decode to a case all the same.
pub fn tolerated() -> Vec<(Vec<u8>, Case)> {
    let beacon = vec![Record::Beacon { lighthouse: 1, sequence: 2, age: 3 }];
    let head = &with(&[])[..HEADER_BYTES];
    let mut cases: Vec<_> = [
        ("unknown record is skipped", &[99, 2, 7, 7, 4, 6, 1, 0, 0, 0, 2, 3][..]),
        ("empty records of kind 0 pad", &[0, 0, 0, 0, 4, 6, 1, 0, 0, 0, 2, 3, 0, 0]),
        ("appended record field is skipped", &[4, 8, 1, 0, 0, 0, 2, 3, 9, 9]),
        ("long form of a record's length", &[4, 0x86, 0x80, 0, 1, 0, 0, 0, 2, 3]),
    ]
    .into_iter()
    .map(|(name, records)| (with(records), (name, GOSSIP, beacon.clone())))
    .collect();

    let message = |fields: &[u8]| [head, fields].concat();
    let appended = message(&[5, 6, 1, 0, 0, 0, 9, 9, 4, 6, 1, 0, 0, 0, 2, 3]);
    cases.push((appended, ("appended message field is skipped", GOSSIP, beacon)));
    let announce = ("fields of an announcement are skipped", Message::Announce {}, vec![]);
    cases.push((message(&[6, 1, 9]), announce));
    let ack = Message::Ack { sequence: 1, from: 2, incarnation: 1 };
    let long = message(&[2, 10, 1, 0, 0, 0, 2, 0, 0, 0, 0x81, 0]);
    cases.push((long, ("long form of a varint", ack, vec![])));

    let member = vec![Record::Member(typical())];
    let body = &encode(&GOSSIP, &member)[BODY..];
    let (fixed, address, rest) = (&body[..2], &body[2..8], &body[8..]);
    let spelled = [&[0, fixed[1]], address, &[13], b"10.0.0.7:9999", rest].concat();
    let name = "name spelled out although it is the address";
    cases.push((with_member(&spelled), (name, GOSSIP, member.clone())));
    let marked = [&[fixed[0] | 0x80, fixed[1] | 0xc0], address, rest].concat();
    let name = "reserved bits of a member are ignored";
    cases.push((with_member(&marked), (name, GOSSIP, member)));
    cases
}

pub fn refused() -> Vec<Refused> {
    let mut cases = refused_starts();
    let records = refused_records().into_iter().chain(refused_members());
    cases.extend(records.map(|(name, bytes, error)| (name, Carrier::Datagram, bytes, error)));
    cases
}

fn refused_starts() -> Vec<Refused> {
    use DecodeError::{BadField, BadVersion, ForeignCluster, Sealed, Truncated, UnknownKind};
    let gossip = with(&[]);
    let put = |place: usize, byte: u8| {
        let mut bytes = gossip.clone();
        bytes[place] = byte;
        bytes
    };
    let sync = encode(&Message::SyncRequest { from: 1, flags: 0 }, &[]);
    let carrier = BadField("carrier");
    let stream = ("datagram message in a stream", Carrier::Stream, gossip.clone(), carrier);
    let datagrams = [
        ("empty", vec![], Truncated),
        ("half a header", gossip[..6].to_vec(), Truncated),
        ("header alone", gossip[..7].to_vec(), Truncated),
        ("other version", put(0, 2), BadVersion),
        ("text", b"GET".to_vec(), BadVersion),
        ("sealed", put(1, 1), Sealed),
        ("other cluster", put(3, !gossip[3]), ForeignCluster),
        ("reserved message kind", put(7, 30), UnknownKind(30)),
        ("message fields cut", gossip[..10].to_vec(), Truncated),
        ("message fields too short for the kind", put(8, 3), Truncated),
        ("stream message in a datagram", sync, carrier),
    ];
    let datagrams = datagrams.map(|(name, bytes, error)| (name, Carrier::Datagram, bytes, error));
    datagrams.into_iter().chain([stream]).collect()
}

type Datagram = (&'static str, Vec<u8>, DecodeError);

fn refused_records() -> Vec<Datagram> {
    use DecodeError::{BadField, Oversized, Truncated};
    // A record that ends with a length of 0, with another length and as many zeros there.
    let refill = |record: Record, length: [u8; 2], count: usize| {
        let bytes = encode(&GOSSIP, &[record]);
        let body = [&bytes[BODY..bytes.len() - 1], &length, &vec![0; count]].concat();
        let prefix = [bytes[START], body.len() as u8 | 0x80, (body.len() >> 7) as u8];
        with(&[&prefix[..], &body].concat())
    };
    let tagged = Record::Member(MemberRecord { tags: Some([].into()), ..typical() });
    let empty = Record::Broadcast(broadcast(b""));
    let endless = [&[4][..], &[0x80; 11]].concat();
    vec![
        ("record without length", with(&[4]), Truncated),
        ("record beyond the end", with(&[4, 4, 1, 2, 0]), Truncated),
        ("record shorter than its fields", with(&[4, 2, 1, 2]), Truncated),
        ("unknown record beyond the end", with(&[99, 1]), Truncated),
        ("record length of 11 bytes", with(&endless), BadField("varint")),
        ("tags of 1025 bytes", refill(tagged, [0x81, 8], 1025), Oversized),
        ("broadcast of 1025 bytes", refill(empty, [0x81, 8], 1025), Oversized),
    ]
}

fn refused_members() -> Vec<Datagram> {
    let good = encode(&GOSSIP, &[Record::Member(full())]);
    let put = |place: usize, byte: u8, field| {
        let mut bytes = good.clone();
        bytes[place] = byte;
        (bytes, DecodeError::BadField(field))
    };
    // Flags, state and an IPv6 address come before the name's length.
    let name = BODY + 2 + 18;
    let end = good.len();
    [
        ("status 4", put(BODY + 1, 4 | 4 << 3, "status")),
        ("five witnesses", put(BODY + 1, 2 | 5 << 3, "witnesses")),
        ("one witness twice", put(end - 5, 3, "witnesses")),
        ("witness 0", put(end - 5, 0, "witnesses")),
        ("evidence 3", put(end - 1, 3, "witnesses")),
        ("empty name", put(name, 0, "name")),
        ("name of 65 bytes", put(name, 65, "name")),
        ("space in a name", put(name + 1, b' ', "name")),
    ]
    .into_iter()
    .map(|(name, (bytes, error))| (name, bytes, error))
    .collect()
}
