//! Packets that look right, and then not quite: of several speakers, with stolen handles, numbers of
//! earlier packets, records of every kind, and bytes changed afterwards.

use std::net::SocketAddr;

use seafoam::proto::wire::{
    BroadcastRecord, Candidacy, Evidence, FrameWriter, Herald, Identity, IndexSet, MemberRecord,
    Message, PacketWriter, Record, Status, WitnessSet,
};

use crate::source::Source;
use crate::tag;

/// The engine's own name.
pub const ME: &str = "me";
/// Names that others use. The last is the longest that there is.
pub const SPEAKERS: [&str; 6] = [
    "peer",
    "b",
    "c",
    "127.0.0.1:2003",
    "localhost:2004",
    "a-name-of-sixty-four-bytes-which-is-the-longest-that-anybody-has",
];
const RUN: u64 = 5;
const GENERATION: u64 = 900;
const GENERATIONS: &[u64] = &[
    GENERATION,
    GENERATION,
    901,
    1000,
    1001,
    0,
    5_000_000,
    1 << 42,
    (1 << 42) + 5_000_000,
    u64::MAX,
];
const INCARNATIONS: &[u32] = &[0, 0, 1, 2, 3, 4, 5, u32::MAX - 1, u32::MAX];

/// What somebody who listens knows of the engine.
pub struct Overheard {
    /// The engine's own run.
    pub me: Identity,
    /// Numbers of its latest pings and messages.
    pub sequences: Vec<u32>,
    /// The digest of its election.
    pub configuration: u64,
}

/// The usual run of a speaker.
pub fn speaker(number: usize) -> Identity {
    identity(SPEAKERS[number % SPEAKERS.len()], GENERATION, RUN)
}

/// The usual address of a speaker.
pub fn home(number: usize) -> SocketAddr {
    let port = 2000 + u16::try_from(number % SPEAKERS.len()).unwrap_or(0);
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn identity(name: &str, generation: u64, run: u64) -> Identity {
    Identity { name: name.into(), generation, run }
}

pub fn address(source: &mut Source<'_>) -> SocketAddr {
    let number = source.below(SPEAKERS.len() + 8);
    match number.checked_sub(SPEAKERS.len()) {
        None => home(number),
        Some(0) => SocketAddr::from(([127, 0, 0, 1], 1000)), // the engine's own
        Some(1) => SocketAddr::from(([0; 16], source.any())),
        Some(2) => SocketAddr::from(([255; 4], 7)),
        Some(3) => SocketAddr::from(([224, 0, 0, 1], 7)),
        Some(4) => SocketAddr::from(([127, 0, 0, 1], 0)),
        Some(5) => SocketAddr::from((source.any::<[u8; 16]>(), source.any())),
        Some(_) => SocketAddr::from((source.any::<[u8; 4]>(), source.any())),
    }
}

fn any_identity(source: &mut Source<'_>, known: &Overheard) -> Identity {
    match source.below(SPEAKERS.len() + 3) {
        number if number < SPEAKERS.len() => {
            identity(SPEAKERS[number], source.pick(GENERATIONS), source.pick(&[RUN, RUN, 1, 6]))
        }
        number if number == SPEAKERS.len() => known.me.clone(),
        number if number == SPEAKERS.len() + 1 => {
            let near = known.me.generation.wrapping_add(source.below(4) as u64).wrapping_sub(1);
            identity(ME, near, source.pick(&[1, 0, 2]))
        }
        _ => identity(&format!("n{}", source.any::<u8>()), GENERATION, RUN),
    }
}

fn handle(source: &mut Source<'_>, known: &Overheard) -> u32 {
    match source.below(8) {
        0..5 => speaker(source.below(SPEAKERS.len())).handle(),
        5 => known.me.handle(),
        6 => 0,
        _ => source.any(),
    }
}

fn sequence(source: &mut Source<'_>, known: &Overheard) -> u32 {
    match source.below(4) {
        0 | 1 if !known.sequences.is_empty() => source.pick(&known.sequences),
        3 => source.any(),
        _ => u32::from(source.any::<u8>()),
    }
}

/// A message; a quarter of the datagram's kinds only carry records.
pub fn message(source: &mut Source<'_>, known: &Overheard, streams: bool) -> Message {
    let from = handle(source, known);
    let to = source.pick(&[0, known.me.handle(), 77]);
    let number = sequence(source, known);
    if streams {
        let flags = source.any();
        return match source.below(4) {
            0 => Message::SyncRequest { from, flags },
            1 => Message::SyncResponse { from, flags },
            2 => Message::DirectStream { sequence: number, from, to },
            _ => Message::DirectStreamAck { sequence: number, from },
        };
    }
    match source.below(13) {
        0 | 1 => Message::Gossip { from },
        2 => Message::Ping { sequence: number, from, to },
        3 => Message::Ack { sequence: number, from, incarnation: source.pick(INCARNATIONS) },
        4 => Message::PingReq { sequence: number, from, to, target: address(source) },
        5 => Message::Nack { sequence: number, from },
        6 => Message::Direct { sequence: number, from, to },
        7 => Message::DirectAck { sequence: number, from },
        8 => Message::KeysAsk { sequence: number, from, first: source.any() },
        9 => {
            let ids = (0..source.below(5)).map(|_| source.any()).collect();
            Message::KeysTell { sequence: number, from, ids }
        }
        10 | 11 => {
            let configuration = source.pick(&[known.configuration, known.configuration, 1]);
            let number = source.below(SPEAKERS.len());
            let word = super::words::word(source, &speaker(number));
            Message::Elect { from: speaker(number).handle(), configuration, word }
        }
        _ => Message::Announce {},
    }
}

fn tags(source: &mut Source<'_>) -> Option<std::sync::Arc<[u8]>> {
    match source.below(4) {
        0 => None,
        1 => Some([source.any::<u8>(), 0, 0, 0, 1, 0, b'k', 1, 0, b'v'].into()),
        2 => Some(source.bytes(32).into()),
        _ => {
            let mut bytes = u32::from(source.any::<u8>()).to_le_bytes().to_vec();
            bytes.extend_from_slice(&[1, 0, b'k', 0xf0, 1]);
            bytes.extend_from_slice(&[b'v'; 0x1f0]);
            Some(bytes.into())
        }
    }
}

fn member(source: &mut Source<'_>, known: &Overheard) -> MemberRecord {
    let identity = any_identity(source, known);
    let usual = SPEAKERS.iter().position(|name| **name == *identity.name);
    let address = match (usual, source.once_in(4)) {
        (Some(number), false) => home(number),
        _ => address(source),
    };
    let statuses = [
        Status::Alive,
        Status::Alive,
        Status::Suspected,
        Status::Dead,
        Status::Left,
        Status::Unknown,
    ];
    let mut record = MemberRecord::bare(identity, address, source.pick(&statuses));
    record.incarnation = source.pick(INCARNATIONS);
    record.tags = tags(source);
    if source.once_in(2) {
        record.source = handle(source, known);
        let evidence = [Evidence::Silent, Evidence::Gone, Evidence::Hung];
        for _ in 0..source.below(WitnessSet::CAPACITY + 1) {
            record.witnesses.insert(handle(source, known), source.pick(&evidence));
        }
    }
    if source.once_in(8) {
        (record.datacenter, record.is_lighthouse) = (source.any(), source.any());
        record.candidacy = Candidacy { eligible: source.any(), priority: source.any() };
    }
    record
}

pub fn record(source: &mut Source<'_>, known: &Overheard) -> Record {
    let indexes = |source: &mut Source<'_>| IndexSet {
        origin: handle(source, known),
        highest: u32::from(source.any::<u8>()),
        below: source.any(),
    };
    match source.below(13) {
        0..6 => Record::Member(member(source, known)),
        6 => Record::Broadcast(BroadcastRecord {
            origin: any_identity(source, known),
            address: address(source),
            index: source.pick(&[1, 2, 3, 4, 5, 1024, 2000, u32::MAX]),
            bytes: vec![b'x'; source.pick(&[1, 0, 256, 1024])].into(),
            receipt: source.once_in(4),
        }),
        7 => Record::Digest(source.any()),
        8 => Record::Have(indexes(source)),
        9 => Record::Want(indexes(source)),
        10 => Record::Piece(source.bytes(16).into()),
        11 => Record::Herald(Herald {
            scope: source.pick(&[255, 0, 1]),
            term: source.any(),
            sequence: u32::from(source.any::<u8>()),
            leader: handle(source, known),
        }),
        _ => Record::Beacon { lighthouse: source.any(), sequence: source.any(), age: source.any() },
    }
}

fn records(source: &mut Source<'_>, known: &Overheard) -> Vec<Record> {
    if source.once_in(8) {
        return storm(source, known);
    }
    (0..source.below(5)).map(|_| record(source, known)).collect()
}

/// Very many of one kind in one packet.
fn storm(source: &mut Source<'_>, known: &Overheard) -> Vec<Record> {
    let first = record(source, known);
    let count = 1 + source.below(200);
    let rename = source.any::<bool>();
    let numbered = |number: usize| match &first {
        Record::Member(member) => {
            let mut member = member.clone();
            let number = u32::try_from(number).unwrap_or(0);
            if rename {
                member.identity.name = format!("n{number}").into();
            } else {
                // The same member again and again, each time of another run or in another state.
                member.identity.generation = member.identity.generation.wrapping_add(number.into());
                member.status = if number % 2 == 0 { member.status } else { Status::Left };
            }
            Record::Member(member)
        }
        Record::Broadcast(broadcast) => {
            let index = u32::try_from(number).unwrap_or(0);
            Record::Broadcast(BroadcastRecord { index, ..broadcast.clone() })
        }
        other => other.clone(),
    };
    (0..count).map(numbered).collect()
}

/// One datagram; records that do not fit are left out.
pub fn encode(message: &Message, records: &[Record]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = PacketWriter::new(&mut bytes, tag(), message, 65_000);
    for record in records {
        writer.push(record);
    }
    bytes
}

pub fn datagram(source: &mut Source<'_>, known: &Overheard) -> Vec<u8> {
    let message = message(source, known, false);
    let bytes = encode(&message, &records(source, known));
    damaged(source, bytes)
}

pub fn stream(source: &mut Source<'_>, known: &Overheard) -> Vec<u8> {
    let message = message(source, known, true);
    let mut bytes = Vec::new();
    let mut writer = FrameWriter::new(&mut bytes, tag(), &message, 0);
    for record in records(source, known) {
        writer.push(&record);
    }
    writer.finish();
    damaged(source, bytes)
}

/// Once in four times a few bytes are changed, cut off or added.
pub fn damaged(source: &mut Source<'_>, mut bytes: Vec<u8>) -> Vec<u8> {
    if !source.once_in(4) {
        return bytes;
    }
    for _ in 0..=source.below(3) {
        let place = source.below(bytes.len().max(1));
        match source.below(4) {
            0 | 1 => {
                if let Some(byte) = bytes.get_mut(place) {
                    *byte = source.any();
                }
            }
            2 => bytes.truncate(place),
            _ => bytes.extend_from_slice(source.bytes(16)),
        }
    }
    bytes
}
