//! Bytes that no peer of this version wrote: cut, random, of a later version, or meant to harm.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod wire_support;

use proptest::collection::vec;
use proptest::prelude::*;
use seafoam::proto::wire::{
    BroadcastRecord, Candidacy, Carrier, DecodeError, Evidence, FrameReader, FrameStep,
    HEADER_BYTES, Identity, MAX_DATAGRAM_BYTES, MAX_FRAME_BYTES, MemberRecord, Message, Packet,
    PacketWriter, Record, Status, WitnessSet, is_valid_name, record_len,
};
use wire_support::{any_message, any_record, cases, decode, encode, tag};

const PING: Message = Message::Ping { sequence: 1, from: 2, to: 3 };
const GOSSIP: Message = Message::Gossip { from: 2 };

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) }
}

fn member(name: &str) -> MemberRecord {
    MemberRecord {
        identity: Identity { name: name.into(), generation: 1 << 40, run: 9 },
        address: "10.0.0.7:9999".parse().unwrap(),
        status: Status::Suspected,
        incarnation: 300,
        datacenter: 4,
        is_lighthouse: false,
        candidacy: Candidacy { eligible: false, priority: 1 },
        tags: Some([1, 2, 3].into()),
        source: 5,
        witnesses: WitnessSet::from_iter([(8, Evidence::Gone), (9, Evidence::Silent)]),
    }
}

fn broadcast(bytes: &[u8]) -> BroadcastRecord {
    let identity = member("10.0.0.7:9999").identity;
    BroadcastRecord {
        origin: identity,
        address: "[::1]:1".parse().unwrap(),
        index: 1,
        receipt: false,
        bytes: bytes.into(),
    }
}

/// A gossip datagram with one hand-made record.
fn with_record(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = encode(&GOSSIP, &[]);
    bytes.push(kind);
    bytes.push(u8::try_from(body.len()).unwrap());
    bytes.extend_from_slice(body);
    bytes
}

/// The body of the only record of a gossip datagram; its length takes one byte.
fn body_of(record: Record) -> Vec<u8> {
    encode(&GOSSIP, &[record])[HEADER_BYTES + 2 + 4 + 2..].to_vec()
}

/// Drains a packet of any bytes, whatever it is; checks what holds for all.
fn drain(bytes: &[u8], carrier: Carrier) -> Option<Vec<Record>> {
    let mut packet = Packet::decode(bytes, tag(), carrier).ok()?;
    let mut records = Vec::new();
    let mut heap = 0;
    while let Some(Ok(record)) = packet.records.next() {
        heap += match &record {
            Record::Member(member) => {
                member.identity.name.len() + member.tags.as_ref().map_or(0, |tags| tags.len())
            }
            Record::Broadcast(broadcast) => broadcast.origin.name.len() + broadcast.bytes.len(),
            Record::Piece(bytes) => bytes.len(),
            Record::Receipt { .. }
            | Record::Datacenter(_)
            | Record::Ask { .. }
            | Record::Heard { .. } => 0,
            Record::Digest(_)
            | Record::Beacon { .. }
            | Record::Herald(_)
            | Record::Have(_)
            | Record::Want(_) => 0,
        };
        assert!(record_len(&record).is_some(), "what decodes can be passed on: {record:?}");
        records.push(record);
    }
    assert!(packet.records.next().is_none(), "after the end or an error there is nothing");
    assert!(
        heap <= bytes.len() + 47 * records.len(),
        "text forms of addresses have 47 bytes at most"
    );
    Some(records)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_cut_is_an_error_or_a_shorter_packet(
        message in any_message(), records in vec(any_record(), 0..4),
    ) {
        let bytes = encode(&message, &records);
        let start = encode(&message, &[]).len();
        for length in 0..bytes.len() {
            let found = drain(&bytes[..length], message.carrier());
            prop_assert_eq!(found.is_some(), length >= start);
            let found = found.unwrap_or_default();
            prop_assert!(found.len() < records.len() || records.is_empty());
            prop_assert_eq!(&found[..], &records[..found.len()]);
        }
    }

    #[test]
    fn random_bytes(bytes in vec(any::<u8>(), 0..300)) {
        drain(&bytes, Carrier::Datagram);
        drain(&bytes, Carrier::Stream);
        let mut reader = FrameReader::new();
        let mut input = &bytes[..];
        while let Ok(FrameStep::Frame(frame)) = reader.step(&mut input) {
            drain(frame, Carrier::Stream);
        }
    }

    #[test]
    fn random_bytes_behind_a_header(kind in 0..10_u8, bytes in vec(any::<u8>(), 0..300)) {
        let mut packet = encode(&GOSSIP, &[]);
        packet.truncate(HEADER_BYTES);
        packet.push(kind);
        packet.extend_from_slice(&bytes);
        drain(&packet, Carrier::Datagram);
        drain(&packet, Carrier::Stream);
    }

    #[test]
    fn random_record_bodies(kind in 0..6_u8, body in vec(any::<u8>(), 0..200)) {
        let mut packet = encode(&GOSSIP, &[]);
        packet.extend_from_slice(&[kind, body.len() as u8 | 0x80, (body.len() >> 7) as u8]);
        packet.extend_from_slice(&body);
        drain(&packet, Carrier::Datagram);
    }

    #[test]
    fn one_byte_changed(
        message in any_message(), records in vec(any_record(), 0..4),
        place in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut bytes = encode(&message, &records);
        let place = place.index(bytes.len());
        bytes[place] = byte;
        drain(&bytes, message.carrier());
    }

    #[test]
    fn appended_fields_are_skipped(
        message in any_message(), record in any_record(), more in vec(any::<u8>(), 1..60),
    ) {
        let plain = encode(&message, std::slice::from_ref(&record));
        let start = encode(&message, &[]).len();
        let mut bytes = plain[..start].to_vec();
        bytes[HEADER_BYTES + 1] += u8::try_from(more.len()).unwrap();
        bytes.extend_from_slice(&more);
        let body = &plain[plain.len() - body_len(&record)..];
        bytes.push(plain[start]);
        let length = body.len() + more.len();
        bytes.extend_from_slice(&[length as u8 | 0x80, (length >> 7) as u8 | 0x80, 0]);
        bytes.extend_from_slice(body);
        bytes.extend_from_slice(&more);
        prop_assert_eq!(decode(&bytes, message.carrier()), Ok((message, vec![record])));
    }
}

fn body_len(record: &Record) -> usize {
    let length = record_len(record).unwrap();
    length - if length - 2 < 128 { 2 } else { 3 }
}

#[test]
fn unknown_records_are_skipped_and_counted() {
    let mut bytes = encode(&PING, &[Record::Digest([7; 16])]);
    bytes.extend_from_slice(&[200, 3, 1, 2, 3, 0, 0]);
    let mut writer = Vec::new();
    PacketWriter::new(&mut writer, tag(), &PING, 100).push(&Record::Beacon {
        lighthouse: 1,
        sequence: 2,
        age: 3,
    });
    bytes.extend_from_slice(&writer[encode(&PING, &[]).len()..]);
    let mut records = Packet::decode(&bytes, tag(), Carrier::Datagram).unwrap().records;
    assert_eq!(records.next(), Some(Ok(Record::Digest([7; 16]))));
    assert_eq!(records.skipped(), 0);
    assert_eq!(records.next(), Some(Ok(Record::Beacon { lighthouse: 1, sequence: 2, age: 3 })));
    assert_eq!(records.next(), None);
    assert_eq!(records.skipped(), 2);
}

#[test]
fn a_malformed_record_ends_the_packet_but_not_what_came_before() {
    let mut bytes = encode(&PING, &[Record::Digest([7; 16])]);
    bytes.extend_from_slice(&[4, 1, 9]);
    bytes.extend_from_slice(&[4, 3, 1, 2, 0]);
    let found: Vec<_> = Packet::decode(&bytes, tag(), Carrier::Datagram).unwrap().records.collect();
    assert_eq!(found, [Ok(Record::Digest([7; 16])), Err(DecodeError::Truncated)]);
}

#[test]
fn headers_are_judged_in_order() {
    let good = encode(&PING, &[]);
    let decode = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        Packet::decode(&bytes, tag(), Carrier::Datagram).map(|packet| packet.message)
    };
    assert_eq!(decode(&|_| {}), Ok(PING));
    assert_eq!(decode(&|bytes| bytes.clear()), Err(DecodeError::Truncated));
    assert_eq!(decode(&|bytes| *bytes = b"GET".to_vec()), Err(DecodeError::BadVersion));
    assert_eq!(decode(&|bytes| bytes[0] = 2), Err(DecodeError::BadVersion));
    assert_eq!(decode(&|bytes| bytes.truncate(6)), Err(DecodeError::Truncated));
    assert_eq!(decode(&|bytes| bytes[3..7].fill(0xaa)), Err(DecodeError::ForeignCluster));
    assert_eq!(decode(&|bytes| bytes[1..7].fill(0xaa)), Err(DecodeError::ForeignCluster));
    assert_eq!(decode(&|bytes| bytes[2] = 1), Err(DecodeError::Sealed));
    assert_eq!(decode(&|bytes| bytes[7] = 0), Err(DecodeError::UnknownKind(0)));
    assert_eq!(decode(&|bytes| bytes[7] = 30), Err(DecodeError::UnknownKind(30)));
    assert_eq!(decode(&|bytes| bytes[8] = 11), Err(DecodeError::Truncated));
    assert_eq!(decode(&|bytes| bytes[8] = 13), Err(DecodeError::Truncated));
}

/// An answer or a verdict that is not known is refused: a guess could make two leaders.
#[test]
fn unknown_words_of_the_election_are_refused() {
    /// Bytes before what is said: sender, configuration, counter and owner of the ballot.
    const SAID: usize = HEADER_BYTES + 2 + 4 + 8 + 4 + 24;
    let mut refused = 0;
    for (name, message, _) in cases::words() {
        let kind = encode(&message, &[])[HEADER_BYTES];
        let (at, field) = match kind {
            17 => (SAID + 2 + 8, "answer"),
            19 => (SAID + 1, "verdict"),
            _ => continue,
        };
        for value in [4, 9, 255] {
            let mut bytes = encode(&message, &[]);
            bytes[at] = value;
            let refusal = Err(DecodeError::BadField(field));
            assert_eq!(decode(&bytes, Carrier::Datagram), refusal, "{name}");
            refused += 1;
        }
    }
    assert_eq!(refused, 7 * 3);
}

#[test]
fn messages_keep_to_their_carrier() {
    let sync = encode(&Message::SyncRequest { from: 1, flags: 0 }, &[]);
    assert_eq!(decode(&sync, Carrier::Datagram), Err(DecodeError::BadField("carrier")));
    assert_eq!(decode(&encode(&PING, &[]), Carrier::Stream), Err(DecodeError::BadField("carrier")));
}

#[test]
fn oversize_is_refused() {
    let mut packet = encode(&PING, &[]);
    packet.resize(MAX_DATAGRAM_BYTES + 1, 0);
    assert_eq!(decode(&packet, Carrier::Datagram), Err(DecodeError::Oversized));
    packet.truncate(MAX_DATAGRAM_BYTES);
    // What follows the message is an even number of zeros: empty records of an unknown kind.
    assert_eq!(decode(&packet, Carrier::Datagram), Ok((PING, vec![])));
    let mut frame = encode(&Message::SyncRequest { from: 1, flags: 0 }, &[]);
    frame.resize(MAX_FRAME_BYTES + 1, 0);
    assert_eq!(decode(&frame, Carrier::Stream), Err(DecodeError::Oversized));

    // The payload of a broadcast, one byte over its limit: its length is the last field but one.
    let mut body = body_of(Record::Broadcast(broadcast(&[])));
    assert_eq!(body.pop(), Some(0));
    body.extend_from_slice(&[0x81, 0x08]);
    body.resize(body.len() + 1025, 7);
    let mut packet = encode(&GOSSIP, &[]);
    packet.extend_from_slice(&[2, body.len() as u8 | 0x80, (body.len() >> 7) as u8]);
    packet.extend_from_slice(&body);
    assert_eq!(decode(&packet, Carrier::Datagram), Err(DecodeError::Oversized));
}

#[test]
fn what_no_peer_takes_is_not_written() {
    let mut out = Vec::new();
    let mut writer = PacketWriter::new(&mut out, tag(), &PING, 9000);
    let before = writer.written();
    let mut fat = member("fat");
    fat.tags = Some(vec![0; 1025].into());
    let long = "x".repeat(65);
    for record in [
        Record::Member(member("")),
        Record::Member(member("two words")),
        Record::Member(member(&long)),
        Record::Member(fat),
        Record::Broadcast(broadcast(&[0; 1025])),
    ] {
        assert_eq!(record_len(&record), None);
        assert!(!writer.fits(&record) && !writer.push(&record), "{record:?}");
    }
    assert_eq!(writer.written(), before);
    assert!(writer.push(&Record::Broadcast(broadcast(&[0; 1024]))));
}

#[test]
fn bad_fields_of_members_are_named() {
    let good = body_of(Record::Member(member("anemone")));
    let refuse = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut body = good.clone();
        change(&mut body);
        decode(&with_record(1, &body), Carrier::Datagram).map(|(_, mut records)| records.pop())
    };
    assert_eq!(refuse(&|_| {}), Ok(Some(Record::Member(member("anemone")))));
    for status in [4, 6, 7] {
        let found = refuse(&|body| body[1] = body[1] & !7 | status);
        assert_eq!(found, Err(DecodeError::BadField("status")));
    }
    // flags, state, address 6, then the name's length and the name.
    for (place, byte) in [(8, 0), (8, 65), (9, b' '), (9, 0xff), (9, b'/')] {
        assert_eq!(refuse(&|body| body[place] = byte), Err(DecodeError::BadField("name")));
    }
    let witnesses = good.len() - 10;
    let bad = Err(DecodeError::BadField("witnesses"));
    assert_eq!(refuse(&|body| body[witnesses + 4] = 3), bad);
    assert_eq!(refuse(&|body| body[witnesses] = 0), bad, "nobody is witness 0");
    assert_eq!(refuse(&|body| body[witnesses] = 9), bad, "nobody counts twice");
    assert_eq!(refuse(&|body| body[1] |= 7 << 3), bad, "four at most");
    let tags = witnesses - 4;
    assert_eq!(refuse(&|body| body[tags] = 200), Err(DecodeError::Truncated));
    // Bits that this version does not use are for later ones.
    assert_eq!(refuse(&|body| body[0] |= 0x80), Ok(Some(Record::Member(member("anemone")))));
    assert_eq!(refuse(&|body| body[1] |= 0xc0), Ok(Some(Record::Member(member("anemone")))));
}

#[test]
fn varints_end() {
    // An ack whose incarnation is 2^32, one of 11 bytes, one beyond 64 bits, and a long zero.
    for (incarnation, expected) in [
        (&[0x80, 0x80, 0x80, 0x80, 0x10][..], Err(DecodeError::BadField("varint"))),
        (&[0x80; 11], Err(DecodeError::BadField("varint"))),
        (&[0xff; 9], Err(DecodeError::Truncated)),
        (
            &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02],
            Err(DecodeError::BadField("varint")),
        ),
        (&[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], Ok(0)),
        (&[0xff, 0xff, 0xff, 0xff, 0x0f], Ok(u32::MAX)),
    ] {
        let mut bytes = encode(&PING, &[]);
        bytes.truncate(HEADER_BYTES);
        bytes.extend_from_slice(&[
            2,
            8 + u8::try_from(incarnation.len()).unwrap(),
            1,
            0,
            0,
            0,
            2,
            0,
            0,
            0,
        ]);
        bytes.extend_from_slice(incarnation);
        let expected =
            expected.map(|incarnation| Message::Ack { sequence: 1, from: 2, incarnation });
        assert_eq!(decode(&bytes, Carrier::Datagram).map(|(message, _)| message), expected);
    }
}

#[test]
fn names() {
    for good in ["a", "10.0.0.1:9999", "[fe80::1%eth0]:1", "Az-9_._", &"x".repeat(64)] {
        assert!(is_valid_name(good), "{good}");
    }
    for bad in ["", " ", "a/b", "käse", "a\0", "a\n", &"x".repeat(65)] {
        assert!(!is_valid_name(bad), "{bad}");
        assert_eq!(Identity::new(bad, 1, 2), None);
    }
}

#[test]
fn an_oversized_frame_ends_the_stream_for_good() {
    let mut reader = FrameReader::new();
    let mut input = &[1, 0, 1, 0, 9, 9][..];
    assert_eq!(reader.step(&mut input), Err(DecodeError::Oversized));
    assert_eq!(reader.step(&mut &[0, 0, 0, 0][..]), Err(DecodeError::Oversized));
    assert_eq!(reader.finish(), Err(DecodeError::Oversized));
}

#[test]
fn a_stream_that_breaks_off_is_told_from_one_that_ended() {
    let mut reader = FrameReader::new();
    assert_eq!(reader.step(&mut &[2, 0, 0, 0, 9][..]), Ok(FrameStep::More));
    assert_eq!(reader.finish(), Err(DecodeError::Truncated));
    assert_eq!(reader.step(&mut &[8][..]), Ok(FrameStep::Frame(&[9, 8])));
    assert_eq!(reader.finish(), Err(DecodeError::Truncated));
    let mut input = &[0, 0, 0, 0, 5][..];
    assert_eq!(reader.step(&mut input), Ok(FrameStep::End));
    assert_eq!(input, [5], "what follows the end is not taken");
    assert_eq!(reader.finish(), Ok(()));
    assert_eq!(reader.step(&mut input), Ok(FrameStep::End));
}
