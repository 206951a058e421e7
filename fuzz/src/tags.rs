//! Tags: opaque to the codec, read by the engine. What it makes of them is held against a reader of
//! its own here.

use std::collections::BTreeMap;

use seafoam::proto::Time;
use seafoam::proto::wire::{MemberRecord, Message, Record, Status};

use crate::packets::{self, SPEAKERS};
use crate::world::World;

/// The tags of a member that speaks for itself.
pub fn tags(bytes: &[u8]) {
    let bytes = &bytes[..bytes.len().min(seafoam::proto::wire::MAX_TAGS_BYTES)];
    let mut world = World::plain();
    let speaker = packets::speaker(0);
    let address = packets::home(0);
    let record = MemberRecord {
        tags: Some(bytes.into()),
        ..MemberRecord::bare(speaker.clone(), address, Status::Alive)
    };
    let packet =
        packets::encode(&Message::Gossip { from: speaker.handle() }, &[Record::Member(record)]);
    world.datagram(address, &packet);
    let Some(node) = world.node(SPEAKERS[0]) else { panic!("{} was not taken", SPEAKERS[0]) };
    let expected = model(bytes).unwrap_or_default();
    assert_eq!(*node.tags, expected);
    world.advance(Time(1_000_000), 0); // and passes them on
}

/// A version, then texts with their lengths, in pairs.
fn model(bytes: &[u8]) -> Option<BTreeMap<String, String>> {
    let mut rest = bytes.get(4..)?.iter().copied();
    let mut text = || -> Option<Option<String>> {
        let Some(low) = rest.next() else { return Some(None) };
        let length = usize::from(u16::from_le_bytes([low, rest.next()?]));
        let bytes: Vec<u8> = rest.by_ref().take(length).collect();
        (bytes.len() == length).then_some(())?;
        String::from_utf8(bytes).ok().map(Some)
    };
    let mut pairs = BTreeMap::new();
    while let Some(key) = text()? {
        pairs.insert(key, text()??);
    }
    Some(pairs)
}
