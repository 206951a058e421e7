//! A story told by bytes: packets of friends and strangers, streams, calls of the host, and time.

use std::net::SocketAddr;
use std::time::Duration;

use seafoam::proto::{KnockAnswer, StreamFailure, Time};
use seafoam::{Config, NodeStatus};

use crate::packets::{self, ME, SPEAKERS};
use crate::source::Source;
use crate::world::World;

/// Inputs in one story at most.
const LONGEST: usize = 300;
const TEXTS: [&str; 10] = [
    SPEAKERS[0],
    SPEAKERS[1],
    SPEAKERS[2],
    SPEAKERS[3],
    SPEAKERS[4],
    ME,
    "127.0.0.1:1000",
    "127.0.0.1:2001",
    "host:1",
    "",
];

/// Plays a story twice: what must hold holds after each input, and both times the engine says the
/// same.
pub fn engine(bytes: &[u8]) {
    assert_eq!(play(bytes), play(bytes), "the same inputs give the same outputs");
}

fn play(bytes: &[u8]) -> u64 {
    let mut source = Source::new(bytes);
    let mut world = World::with(&config(&mut source));
    for _ in 0..LONGEST {
        if source.is_empty() {
            break;
        }
        step(&mut source, &mut world);
    }
    world.advance(Time(3_000_000), 0);
    world.trace()
}

fn config(source: &mut Source<'_>) -> Config {
    let config = Config::new()
        .max_members(source.pick(&[64_u32, 4, 16_384]))
        .max_datagram_bytes(source.pick(&[1200_u32, 508, 65_000]))
        .heartbeat_millis(source.pick(&[500_u32, 100, 60_000]))
        .max_broadcast_bytes(source.pick(&[256_u32, 340]))
        .multicast_enabled(source.pick(&[false, true]));
    let config = match source.below(4) {
        0 => config.lighthouses(["me=127.0.0.1:1000"]).state_dir("kept"),
        1 => config.lighthouses(["me=127.0.0.1:1000", "peer=127.0.0.1:2000", "b=127.0.0.1:2001"]),
        2 => config.lighthouses(["peer=127.0.0.1:2000"]).leader_lease_millis(500_u32),
        _ => config,
    };
    match source.below(3) {
        0 => config,
        1 => config.tags(LONG_TAGS),
        _ => config.profile("one_second").min_ping_time_millis(1_u32),
    }
}

const LONG_TAGS: &str = "zone=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// One input.
fn step(source: &mut Source<'_>, world: &mut World) {
    match source.below(20) {
        0..6 => {
            let from = packets::address(source);
            let bytes = packets::datagram(source, &world.overheard());
            world.datagram(from, &bytes);
        }
        6 => {
            let bytes = source.bytes(64);
            world.datagram(packets::home(0), bytes);
        }
        7 => again(source, world),
        8 => answer(source, world),
        9 | 10 => {
            let span = span(source, &[1_000, 100_000, 1_000_000, 10_000_000, 40_000_000]);
            world.advance(span, source.any());
        }
        11 => {
            let hour = 3_600_000_000;
            world.jump(span(source, &[200_000, 5_000_000, 90_000_000, hour, 1000 * hour]));
        }
        12 => stream_ended(source, world),
        13 => {
            let token = picked(source, &world.knocks);
            let answers = [KnockAnswer::Refused, KnockAnswer::Accepted, KnockAnswer::Silence];
            world.knocked(token, source.pick(&answers));
            world.written(source.any());
        }
        14 => {
            let from = packets::address(source);
            let bytes = packets::stream(source, &world.overheard());
            world.serve(from, &bytes);
        }
        15 => {
            let from = packets::address(source);
            let bytes = packets::datagram(source, &world.overheard());
            world.announcement(from, &bytes);
        }
        _ => command(source, world),
    }
}

fn span(source: &mut Source<'_>, scales: &[u64]) -> Time {
    let scale = source.pick(scales);
    Time(scale / 16 * (1 + source.below(16) as u64))
}

/// Once in a while a number that the engine never gave.
fn picked(source: &mut Source<'_>, tokens: &[u64]) -> u64 {
    if tokens.is_empty() || source.once_in(8) { source.any() } else { source.pick(tokens) }
}

/// A packet of before, the engine's own ones included, from wherever.
fn again(source: &mut Source<'_>, world: &mut World) {
    let from = packets::address(source);
    let place = source.below(world.packets.len().max(1));
    let Some(bytes) = world.packets.get(place).cloned() else { return };
    let bytes = packets::damaged(source, bytes);
    world.datagram(from, &bytes);
}

fn answer(source: &mut Source<'_>, world: &mut World) {
    let place = source.below(world.pings.len().max(1));
    let Some(ping) = world.pings.remove(place) else { return };
    let speaker = packets::speaker(source.below(SPEAKERS.len())).handle();
    let from = if ping.handle == 0 || source.once_in(4) { speaker } else { ping.handle };
    world.answer(ping, from, source.pick(&[0, 1, 2, u32::MAX]));
}

fn stream_ended(source: &mut Source<'_>, world: &mut World) {
    let token = picked(source, &world.streams);
    let answer = match source.below(6) {
        0 => Err(StreamFailure::Refused),
        1 => Err(StreamFailure::TimedOut),
        2 => Err(StreamFailure::Broken),
        _ => Ok(packets::stream(source, &world.overheard())),
    };
    world.stream_ended(token, answer);
}

/// A call of the host's.
fn command(source: &mut Source<'_>, world: &mut World) {
    let text = source.pick(&TEXTS);
    match source.below(13) {
        0 => {
            let bytes = vec![b'x'; source.pick(&[1, 0, 200, 256, 340, 1025])];
            world.command(|engine, now| engine.broadcast(now, &bytes));
        }
        1 => {
            let to = packets::address(source);
            let bytes = vec![b'x'; source.pick(&[1, 0, 600, 1200, 30_000, 65_536, 65_537])];
            let ticket = source.any();
            world.command(|engine, now| engine.send(now, to, &bytes, ticket));
        }
        2 | 3 => {
            let known = packets::address(source);
            let resolved: Option<SocketAddr> = source.pick(&[None, Some(known)]);
            world.command(|engine, now| engine.add_node(now, text, resolved));
        }
        4 => world.remove(text),
        5 => world.command(|engine, now| engine.touch_node(now, text)),
        6 => {
            let status = source.pick(&[
                NodeStatus::Suspected,
                NodeStatus::Dead,
                NodeStatus::Alive,
                NodeStatus::Left,
                NodeStatus::Unknown,
            ]);
            world.command(|engine, now| engine.update_node_status(now, text, status));
        }
        7 => world.command(|engine, now| engine.leave(now)),
        8 => {
            let (to, ticket) = (packets::address(source), source.any());
            let patience = Duration::from_millis(source.pick(&[2000, 0, 1, u64::MAX]));
            world.command(|engine, now| engine.ping(now, to, ticket, patience));
        }
        9 => apply(source, world),
        10 => {
            let count = source.below(4);
            let addresses: Vec<_> = (0..count).map(|_| packets::address(source)).collect();
            world.command(|engine, now| engine.contact(now, &addresses));
        }
        11 => world.command(|engine, now| engine.why(now, text).map(|why| why.witnesses)),
        _ => {
            let to = packets::address(source);
            world.command(|engine, now| engine.handle_unreachable(now, to));
        }
    }
}

/// Settings that may change while it runs.
fn apply(source: &mut Source<'_>, world: &mut World) {
    let config = world.config().clone();
    let changed = match source.below(5) {
        0 => config.tags("role=cache"),
        1 => config.tags(""),
        2 => config.heartbeat_millis(source.pick(&[500_u32, 100, 60_000])),
        3 => config.multicast_announce_interval_seconds(source.pick(&[0_u32, 1, 86_400])),
        _ => config.ping_history_frontload_millis(source.pick(&[0_u32, 1, 60_000])),
    };
    world.apply(changed);
}
