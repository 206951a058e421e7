//! `vectors/wire.json`: the format by example, for every implementation. The cases of these tests
//! are encoded and compared with the file, and what stands in the file is decoded and compared
//! with its own fields. `BLESS=1` rewrites the file.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod wire_support;

use seafoam::proto::hash;
use seafoam::proto::wire::{
    Carrier, FrameReader, FrameStep, FrameWriter, Identity, Message, Packet, Record, StatusClass,
};
use serde_json::{Value, json};
use siphasher::{sip::SipHasher24, sip128};
use std::path::PathBuf;
use std::sync::LazyLock;
use wire_support::cases::{broadcast, identity, typical};
use wire_support::json::{hex, unhex};
use wire_support::{CLUSTER, cases, decode, encode, foreign, json, tag};

/// The file, rewritten before it is read when that is asked for.
static SAVED: LazyLock<Value> = LazyLock::new(|| {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/wire.json");
    if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
        let text = serde_json::to_string_pretty(&document()).unwrap() + "\n";
        std::fs::write(&path, text).expect("tests/vectors can be written");
    }
    let text = std::fs::read_to_string(path).expect("tests/vectors/wire.json is there");
    serde_json::from_str(&text).expect("tests/vectors/wire.json is JSON")
});

fn section(name: &str) -> impl Iterator<Item = &'static Value> {
    SAVED[name].as_array().expect("a section is a list").iter()
}

fn bytes_of(vector: &Value) -> Vec<u8> {
    unhex(vector["hex"].as_str().unwrap()).unwrap()
}

fn carrier_of(vector: &Value) -> Carrier {
    match vector["carrier"].as_str() {
        Some("datagram") => Carrier::Datagram,
        Some("stream") => Carrier::Stream,
        other => panic!("no carrier: {other:?}"),
    }
}

fn packet(name: &str, bytes: &[u8], message: &Message, records: &[Record]) -> Value {
    json!({
        "name": name,
        "carrier": json::carrier(message.carrier()),
        "hex": hex(bytes),
        "message": json::message(message),
        "records": records.iter().map(json::record).collect::<Vec<_>>(),
    })
}

fn stream() -> Value {
    let message = Message::SyncResponse { from: 2, flags: 0 };
    let large = Record::Broadcast(broadcast(&[1; 1000]));
    let records = [large.clone(), large, Record::Member(typical())];
    let mut bytes = Vec::new();
    let mut writer = FrameWriter::new(&mut bytes, tag(), &message, 0);
    assert!(records.iter().all(|record| writer.push(record)));
    writer.finish();
    let mut reader = FrameReader::new();
    let mut input = &bytes[..];
    let mut frames = Vec::new();
    let mut found = Vec::new();
    while let FrameStep::Frame(frame) = reader.step(&mut input).unwrap() {
        frames.push(hex(frame));
        let packet = Packet::decode(frame, tag(), Carrier::Stream).unwrap();
        found.extend(packet.records.map(Result::unwrap));
    }
    assert_eq!(reader.finish(), Ok(()));
    assert_eq!(found, records);
    json!({ "name": "two frames", "hex": hex(&bytes), "frames": frames })
}

fn hashes() -> Value {
    let identities =
        [typical().identity, identity("anemone-1", u64::MAX), Identity::new("a", 0, 0).unwrap()];
    let of_identity = |identity: &Identity| {
        json!({
            "identity": json::identity(identity),
            "handle": identity.handle(),
            "ring_position": hash::ring_position(identity).to_string(),
        })
    };
    let of_name = |name: &&str| json!({ "name": name, "elector": hash::elector(name).to_string() });
    let of_cluster = |name: &&str| json!({ "cluster": name, "tag": hash::cluster_tag(name) });
    let names = ["10.0.0.7:9999", "10.0.0.8:9999", "anemone-1", "b"];
    let of_key = |key: &&[u8]| {
        let scores = names.map(|name| hash::score(key, name).to_string());
        let owner = hash::owner(key, names);
        json!({ "key": hex(key), "names": names, "scores": scores, "owner": owner })
    };
    let clusters = ["reef", "", "Kelp forest", "ätoll"];
    let keys = [&b"user:17"[..], b"", b"\xff\x00", b"shard/9"];
    json!({
        "identities": (identities.iter().map(of_identity).collect::<Vec<_>>()),
        "cluster_tags": (clusters.iter().map(of_cluster).collect::<Vec<_>>()),
        "electors": (names.iter().map(of_name).collect::<Vec<_>>()),
        "digests": digests(&identities),
        "owners": (keys.iter().map(of_key).collect::<Vec<_>>()),
    })
}

/// Each member's digest, and that of the table that has it and those before it.
fn digests(identities: &[Identity; 3]) -> Vec<Value> {
    let mut table = hash::TableDigest::new();
    let states = [
        ((1, 0), StatusClass::Healthy),
        ((300, 7), StatusClass::Dead),
        ((0, 0), StatusClass::Left),
    ];
    let of_member = |(identity, (versions, class)): (&Identity, ((u32, u32), StatusClass))| {
        let digest = hash::member_digest(identity, versions, class);
        table.toggle(digest);
        json!({
            "identity": json::identity(identity),
            "incarnation": versions.0,
            "tags_version": versions.1,
            "class": class as u8,
            "digest": hex(&digest),
            "table": hex(&table.bytes()),
        })
    };
    identities.iter().zip(states).map(of_member).collect()
}

fn document() -> Value {
    let packets = cases::all().into_iter().map(|(name, message, records)| {
        packet(name, &encode(&message, &records), &message, &records)
    });
    let tolerated = foreign::tolerated()
        .into_iter()
        .map(|(bytes, (name, message, records))| packet(name, &bytes, &message, &records));
    let refused = foreign::refused().into_iter().map(|(name, carrier, bytes, error)| {
        json!({
            "name": name,
            "carrier": json::carrier(carrier),
            "hex": hex(&bytes),
            "refused": json::error(error),
        })
    });
    json!({
        "wire_version": 1,
        "cluster": CLUSTER,
        "packets": packets.collect::<Vec<_>>(),
        "tolerated": tolerated.collect::<Vec<_>>(),
        "refused": refused.collect::<Vec<_>>(),
        "streams": [stream()],
        "hashes": hashes(),
    })
}

#[test]
fn the_file_is_what_this_version_writes() {
    for (section, expected) in document().as_object().unwrap() {
        let found = &SAVED[section];
        for (at, expected) in expected.as_array().into_iter().flatten().enumerate() {
            assert_eq!(&found[at], expected, "{section}: BLESS=1 rewrites the file");
        }
        assert_eq!(found, expected, "{section}: BLESS=1 rewrites the file");
    }
    assert_eq!(*SAVED, document());
}

/// Against the values of the tests, not the file, so that `BLESS=1` cannot hide a mistake.
#[test]
fn cases_decode_to_what_they_are() {
    for (name, message, records) in cases::all() {
        let bytes = encode(&message, &records);
        assert_eq!(decode(&bytes, message.carrier()), Ok((message, records)), "{name}");
    }
    for (bytes, (name, message, records)) in foreign::tolerated() {
        assert_eq!(decode(&bytes, message.carrier()), Ok((message, records)), "{name}");
        assert_ne!(encode(&message, &[]), bytes, "{name}");
    }
    for (name, carrier, bytes, error) in foreign::refused() {
        assert_eq!(decode(&bytes, carrier), Err(error), "{name}");
    }
}

#[test]
fn what_the_file_holds_decodes_to_its_fields() {
    for vector in section("packets").chain(section("tolerated")) {
        let bytes = bytes_of(vector);
        let (message, records) = decode(&bytes, carrier_of(vector)).unwrap();
        let name = vector["name"].as_str().unwrap();
        assert_eq!(&packet(name, &bytes, &message, &records), vector);
    }
    for vector in section("refused") {
        let error = decode(&bytes_of(vector), carrier_of(vector)).unwrap_err();
        assert_eq!(json::error(error), vector["refused"], "{vector}");
    }
}

#[test]
fn every_cut_of_every_vector_is_refused_or_shorter() {
    for vector in section("packets").chain(section("tolerated")).chain(section("refused")) {
        let bytes = bytes_of(vector);
        let carrier = carrier_of(vector);
        let whole = decode(&bytes, carrier).map(|(_, records)| records);
        for length in 0..bytes.len() {
            if let (Ok((_, cut)), Ok(whole)) = (decode(&bytes[..length], carrier), &whole) {
                assert!(whole.starts_with(&cut), "{vector} cut to {length}");
            }
        }
    }
}

#[test]
fn sizes_that_the_document_states() {
    let size = |message: Message, records: &[Record]| encode(&message, records).len();
    let ping = Message::Ping { sequence: 1, from: 2, to: 3 };
    let request = |target: &str| {
        let target = target.parse().unwrap();
        size(Message::PingReq { sequence: 1, from: 2, to: 3, target }, &[])
    };
    assert_eq!(size(ping, &[]), 21);
    assert_eq!(size(Message::Ack { sequence: 1, from: 2, incarnation: 1 }, &[]), 18);
    assert_eq!((request("10.0.0.7:9999"), request("[::1]:9999")), (28, 40));
    assert_eq!(size(Message::Nack { sequence: 1, from: 2 }, &[]), 17);
    assert_eq!(size(Message::Gossip { from: 1 }, &[]), 13);
    assert_eq!(size(Message::Announce {}, &[Record::Member(typical())]), 34);
    assert_eq!(size(ping, &[Record::Member(typical())]), 46);
    assert_eq!(size(ping, &[Record::Digest([0; 16])]), 39);
    assert_eq!(size(ping, &[Record::Beacon { lighthouse: 0, sequence: 127, age: 127 }]), 29);
}

/// The hashes stand or fall with SipHash itself: the vectors of its reference implementation, for
/// key 00..0f and the inputs of no bytes and 00..0e.
#[test]
fn siphash_is_the_published_one() {
    let key: [u8; 16] = std::array::from_fn(|at| at as u8);
    assert_eq!(SipHasher24::new_with_key(&key).hash(&[]), 0x726f_db47_dd0e_0e31);
    assert_eq!(SipHasher24::new_with_key(&key).hash(&key[..15]), 0xa129_ca61_49be_45e5);
    let long = sip128::SipHasher24::new_with_key(&key).hash(&[]).as_bytes();
    assert_eq!(hex(&long), "a3817f04ba25a8e66df67214c7550293");
}
