//! The decoders: any bytes are an error or a value, and a value can be written and read again.

use seafoam::proto::wire::{
    Carrier, DecodeError, FrameReader, FrameStep, FrameWriter, MAX_FRAME_BYTES, Packet,
    PacketWriter, Record, record_len,
};

use crate::source::Source;
use crate::tag;

/// One datagram, as it is and behind the header of this cluster.
pub fn datagram(bytes: &[u8]) {
    round_trip(bytes, Carrier::Datagram);
    round_trip(bytes, Carrier::Stream);
    let mut headed = vec![1, 0, 0];
    headed.extend_from_slice(&tag().to_le_bytes());
    headed.extend_from_slice(bytes);
    round_trip(&headed, Carrier::Datagram);
    round_trip(&headed, Carrier::Stream);
}

fn round_trip(bytes: &[u8], carrier: Carrier) {
    let Ok(packet) = Packet::decode(bytes, tag(), carrier) else { return };
    assert_eq!(packet.message.carrier(), carrier);
    let records = drain(packet.clone());
    let mut written = Vec::new();
    let mut writer = PacketWriter::new(&mut written, tag(), &packet.message, usize::MAX);
    for record in &records {
        assert!(writer.push(record), "what decodes can be passed on: {record:?}");
    }
    let again = Packet::decode(&written, tag(), carrier);
    assert_eq!(again.as_ref().map(|again| again.message), Ok(packet.message));
    assert_eq!(again.map(drain), Ok(records));
}

/// The records up to the first that is malformed.
fn drain(packet: Packet<'_>) -> Vec<Record> {
    let mut iterator = packet.records;
    let mut records = Vec::new();
    while let Some(Ok(record)) = iterator.next() {
        assert!(record_len(&record).is_some(), "it can be written: {record:?}");
        records.push(record);
    }
    assert!(iterator.next().is_none(), "after the end or an error there is nothing");
    records
}

/// A stream: it yields the same frames in whatever pieces it arrives. The first byte says which.
pub fn stream(bytes: &[u8]) {
    let mut source = Source::new(bytes);
    let piece = 1 + source.below(64);
    let rest = source.rest();
    let whole = frames(rest, rest.len().max(1));
    assert_eq!(whole, frames(rest, piece), "in pieces of {piece}");
    for frame in &whole.0 {
        round_trip(frame, Carrier::Stream);
        rewrite(frame);
    }
}

/// The frames of a stream that arrives in pieces, and how it ended.
fn frames(bytes: &[u8], piece: usize) -> (Vec<Vec<u8>>, Result<(), DecodeError>) {
    let mut reader = FrameReader::new();
    let mut found = Vec::new();
    for mut part in bytes.chunks(piece) {
        loop {
            match reader.step(&mut part) {
                Ok(FrameStep::Frame(frame)) => {
                    assert!((1..=MAX_FRAME_BYTES).contains(&frame.len()));
                    found.push(frame.to_vec());
                }
                Ok(FrameStep::More) => {
                    assert!(part.is_empty(), "all input is taken");
                    break;
                }
                Ok(FrameStep::End) => return (found, reader.finish()),
                Err(error) => {
                    assert_eq!(reader.step(&mut part), Err(error), "it stays refused");
                    assert_eq!(reader.finish(), Err(error));
                    return (found, Err(error));
                }
            }
        }
    }
    (found, reader.finish())
}

/// What one frame says, in frames of the least size.
fn rewrite(frame: &[u8]) {
    let Ok(packet) = Packet::decode(frame, tag(), Carrier::Stream) else { return };
    let records = drain(packet.clone());
    let mut written = Vec::new();
    let mut writer = FrameWriter::new(&mut written, tag(), &packet.message, 0);
    for record in &records {
        assert!(writer.push(record), "any record fits a frame: {record:?}");
    }
    writer.finish();
    let (split, ended) = frames(&written, written.len());
    assert_eq!(ended, Ok(()));
    let back = split.iter().map(|frame| Packet::decode(frame, tag(), Carrier::Stream).map(drain));
    assert_eq!(back.collect::<Result<Vec<_>, _>>().map(|back| back.concat()), Ok(records));
}
