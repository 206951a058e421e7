//! What is written is read back, in packets and in streams, whole and within the bounds.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod wire_support;

use proptest::collection::vec;
use proptest::prelude::*;
use seafoam::proto::hash;
use seafoam::proto::wire::{
    Carrier, FrameReader, FrameStep, FrameWriter, HEADER_BYTES, MAX_ELECTION_BYTES,
    MAX_FRAME_BYTES, MIN_PACKET_BYTES, MemberRecord, Message, Packet, PacketWriter, Record,
    WitnessSet, record_len,
};
use wire_support::{
    any_evidence, any_message, any_record, any_witnesses, cases, decode, encode, tag,
};

fn bare_limit(message: &Message) -> usize {
    let elects = matches!(message, Message::Elect { .. });
    if elects { MAX_ELECTION_BYTES } else { MIN_PACKET_BYTES }
}

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) }
}

/// The bytes of one exchange, in frames of at most `max_frame_bytes`.
fn stream_of(message: &Message, records: &[Record], max_frame_bytes: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = FrameWriter::new(&mut out, tag(), message, max_frame_bytes);
    for record in records {
        assert!(writer.push(record));
    }
    writer.finish();
    out
}

/// Feeds `stream` in pieces of at most `piece` bytes; returns the frames and what was not taken.
fn frames_of(stream: &[u8], piece: usize) -> (Vec<Vec<u8>>, usize) {
    let mut reader = FrameReader::new();
    let mut frames = Vec::new();
    let mut taken = 0;
    for chunk in stream.chunks(piece) {
        let mut input = chunk;
        loop {
            match reader.step(&mut input).unwrap() {
                FrameStep::Frame(frame) => frames.push(frame.to_vec()),
                FrameStep::More => {
                    assert!(input.is_empty(), "More means that all input is taken");
                    break;
                }
                FrameStep::End => {
                    assert_eq!(reader.finish(), Ok(()));
                    return (frames, stream.len() - taken - (chunk.len() - input.len()));
                }
            }
        }
        taken += chunk.len();
    }
    panic!("the stream has no end");
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn packets(message in any_message(), records in vec(any_record(), 0..6)) {
        let bytes = encode(&message, &records);
        prop_assert_eq!(decode(&bytes, message.carrier()), Ok((message, records)));
    }

    #[test]
    fn lengths_are_predicted(message in any_message(), record in any_record()) {
        let bare = encode(&message, &[]);
        prop_assert!(bare.len() <= bare_limit(&message));
        let bytes = encode(&message, std::slice::from_ref(&record));
        prop_assert_eq!(Some(bytes.len() - bare.len()), record_len(&record));
    }

    #[test]
    fn a_writer_keeps_its_bound(
        message in any_message(),
        records in vec(any_record(), 0..12),
        max_bytes in 0..2000_usize,
        before in 0..40_usize,
    ) {
        let mut out = vec![0xee; before];
        let mut writer = PacketWriter::new(&mut out, tag(), &message, max_bytes);
        let mut taken = Vec::new();
        for record in records {
            let (fits, written) = (writer.fits(&record), writer.written());
            prop_assert_eq!(writer.push(&record), fits);
            if fits {
                taken.push(record);
            } else {
                prop_assert_eq!(writer.written(), written);
                prop_assert!(record_len(&record).unwrap() > writer.remaining());
            }
        }
        prop_assert!(out.len() - before <= max_bytes.max(bare_limit(&message)));
        prop_assert!(out[..before].iter().all(|byte| *byte == 0xee));
        prop_assert_eq!(decode(&out[before..], message.carrier()), Ok((message, taken)));
    }

    #[test]
    fn streams(
        from in any::<u32>(),
        flags in any::<u8>(),
        records in vec(any_record(), 0..40),
        max_frame_bytes in 0..6000_usize,
        piece in 1..5000_usize,
        behind in 0..5_usize,
    ) {
        let message = Message::SyncRequest { from, flags };
        let mut stream = stream_of(&message, &records, max_frame_bytes);
        stream.extend(std::iter::repeat_n(0xee, behind));
        let (frames, left) = frames_of(&stream, piece);
        let mut found = Vec::new();
        for frame in &frames {
            prop_assert!(frame.len() <= max_frame_bytes.max(2048));
            let packet = Packet::decode(frame, tag(), Carrier::Stream).unwrap();
            prop_assert_eq!(packet.message, message);
            found.extend(packet.records.map(Result::unwrap));
        }
        prop_assert_eq!(found, records);
        prop_assert_eq!(left, behind);
    }

    #[test]
    fn witness_sets_merge_alike_in_any_order(
        a in any_witnesses(), b in any_witnesses(), c in any_witnesses(),
    ) {
        let merged = |sets: &[WitnessSet]| {
            let mut all = WitnessSet::new();
            for set in sets {
                all.merge(set);
            }
            all
        };
        let left = merged(&[merged(&[a, b]), c]);
        prop_assert_eq!(left, merged(&[a, merged(&[c, b])]));
        prop_assert_eq!(left, merged(&[left, b, left]));
        prop_assert!(left.len() <= WitnessSet::CAPACITY);
        prop_assert!(left.len() >= a.len().max(b.len()).max(c.len()));
    }

    #[test]
    fn witness_sets_keep_the_strongest(
        witnesses in vec((1..12_u32, any_evidence()), 0..20),
    ) {
        let mut set = WitnessSet::new();
        let mut best = std::collections::BTreeMap::new();
        for (handle, evidence) in witnesses {
            let before = set;
            prop_assert_eq!(set.insert(handle, evidence), set != before);
            let known = best.entry(handle).or_insert(evidence);
            *known = evidence.max(*known);
        }
        let mut expected: Vec<_> = best.into_iter().collect();
        expected.sort_by_key(|(handle, evidence)| (std::cmp::Reverse(*evidence), *handle));
        expected.truncate(WitnessSet::CAPACITY);
        let found: Vec<_> = set.iter().map(|witness| (witness.handle, witness.evidence)).collect();
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn a_full_table_goes_over_frames_of_the_largest_size() {
    let message = Message::SyncResponse { from: 7, flags: 0 };
    let beacon = Record::Beacon { lighthouse: 1, sequence: 2, age: 3 };
    let records = vec![beacon; 21_000];
    let (frames, left) = frames_of(&stream_of(&message, &records, usize::MAX), 1_000_000);
    assert_eq!(left, 0);
    assert_eq!(frames.len(), 3);
    let fixed = HEADER_BYTES + 2 + 5;
    let per_frame = (MAX_FRAME_BYTES - fixed) / 8;
    assert_eq!(frames[0].len(), fixed + 8 * per_frame);
    let total: usize = frames
        .iter()
        .map(|frame| Packet::decode(frame, tag(), Carrier::Stream).unwrap().records.count())
        .sum();
    assert_eq!(total, records.len());
}

#[test]
fn a_stream_without_records_has_one_frame() {
    let message = Message::SyncRequest { from: 7, flags: 3 };
    let (frames, _) = frames_of(&stream_of(&message, &[], 0), 1);
    assert_eq!(frames.len(), 1);
    assert_eq!(decode(&frames[0], Carrier::Stream), Ok((message, vec![])));
}

#[test]
fn frames_and_packets_are_filled_to_the_last_byte() {
    let message = Message::SyncResponse { from: 7, flags: 0 };
    let beacon = Record::Beacon { lighthouse: 1, sequence: 2, age: 3 };
    let fixed = encode(&message, &[]).len();
    let stream = stream_of(&message, &vec![beacon.clone(); 1000], fixed + 8 * 500);
    let (frames, _) = frames_of(&stream, 100);
    assert_eq!(frames.iter().map(Vec::len).collect::<Vec<_>>(), [fixed + 4000; 2]);

    let mut out = Vec::new();
    let writer = PacketWriter::new(&mut out, tag(), &message, 0);
    assert_eq!(writer.remaining(), MIN_PACKET_BYTES - fixed);
}

#[test]
fn the_owner_depends_on_the_set_of_names_only() {
    let names = ["a", "b", "c", "d", "e"];
    for key in 0..100_u32 {
        let key = key.to_le_bytes();
        let owner = hash::owner(&key, names);
        assert_eq!(hash::owner(&key, names.into_iter().rev()), owner);
        let others = names.into_iter().filter(|name| Some(*name) != owner);
        assert_ne!(hash::owner(&key, others.clone()), owner);
        // Who does not own it may leave without moving it.
        for gone in others {
            assert_eq!(hash::owner(&key, names.into_iter().filter(|name| *name != gone)), owner);
        }
    }
    assert_eq!(hash::owner(b"key", []), None);
}

#[test]
fn scope_ids_stay_at_home() {
    let scoped = "[fe80::1%3]:9999".parse().unwrap();
    let bare = "[fe80::1]:9999".parse().unwrap();
    let bytes = encode(&Message::PingReq { sequence: 1, from: 2, to: 3, target: scoped }, &[]);
    let expected = Message::PingReq { sequence: 1, from: 2, to: 3, target: bare };
    assert_eq!(decode(&bytes, Carrier::Datagram), Ok((expected, vec![])));

    let member = |address, name| {
        let identity = cases::identity(name, 1);
        Record::Member(MemberRecord { identity, address, ..cases::typical() })
    };
    let message = Message::Gossip { from: 1 };
    let record = member(bare, "[fe80::1]:9999");
    let found = encode(&message, &[member(scoped, "[fe80::1]:9999")]);
    assert_eq!(found, encode(&message, &[record]));
    // A name with a scope id is a name, and stays what it is.
    let found = decode(&encode(&message, &[member(scoped, "[fe80::1%3]:9999")]), Carrier::Datagram);
    assert_eq!(found, Ok((message, vec![member(bare, "[fe80::1%3]:9999")])));
}
