//! One node that lists many members: `table [--members 1000000] [--beats 40] [--near]`. What an engine
//! holds and does each heartbeat, and what reading the table costs a program. The others are of another
//! datacenter, or with `--near` of the node's own, where it probes them in turn and along the ring.

#![allow(clippy::print_stdout)] // a command
#![allow(clippy::cast_precision_loss)] // figures for people

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use lexopt::{Arg, ValueExt};
use seafoam::proto::wire::{
    Carrier, Identity, MemberRecord, Message, Packet, PacketWriter, Status,
};
use seafoam::proto::{Engine, LocalNode, Time, Transmit, hash};
use seafoam::{Config, Error};

/// Bytes of the datagrams that answer.
const ANSWER_BYTES: usize = 508;
/// How often each call is timed.
const READS: usize = 5;
/// The datacenter of all others.
const THEIRS: u8 = 0;

fn main() -> ExitCode {
    match parse().map(|(members, beats, near)| measure(members, beats, near)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error}\nusage: table [--members N] [--beats N] [--near]");
            ExitCode::from(2)
        }
    }
}

fn parse() -> Result<(u32, usize, bool), lexopt::Error> {
    let (mut members, mut beats, mut near) = (1_000_000, 40, false);
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("members") => members = arguments.value()?.parse()?,
            Arg::Long("beats") => beats = arguments.value()?.parse()?,
            Arg::Long("near") => near = true,
            other @ (Arg::Short(_) | Arg::Long(_) | Arg::Value(_)) => {
                return Err(other.unexpected());
            }
        }
    }
    Ok((members, beats, near))
}

/// A member that was never there, called by its address as most are.
fn member(number: u32) -> MemberRecord {
    let [a, b, c, d] = (0x0a00_0000 + 1 + number).to_be_bytes();
    let address = SocketAddr::from(([a, b, c, d], 7000));
    let identity =
        Identity { name: address.to_string().into(), generation: 1_700_000_000_000, run: 7 };
    MemberRecord { datacenter: THEIRS, ..MemberRecord::bare(identity, address, Status::Alive) }
}

fn config(near: bool) -> Config {
    let config = Config::new().without_env().cluster_name("bench-table").insecure(true);
    let config = if near { config.datacenter(THEIRS) } else { config };
    config.multicast_enabled(false).listen_ip("127.0.0.1").listen_port(0_u16)
}

fn measure(members: u32, beats: usize, near: bool) -> Result<(), Error> {
    println!("| one node with {members} members | |\n| --- | --- |");
    engine(members, beats, near)?;
    reads(members, near)
}

fn engine(members: u32, beats: usize, near: bool) -> Result<(), Error> {
    let settings = config(near).resolve()?;
    let tag = hash::cluster_tag(&settings.cluster_name);
    let me = LocalNode {
        name: "127.0.0.1:7000".into(),
        address: SocketAddr::from(([127, 0, 0, 1], 7000)),
        generation: 1_700_000_000_000,
        run: 1,
        seed: 1,
    };
    let before = resident();
    let mut engine = Engine::new(Time::ZERO, 1_700_000_000_000, &settings, me);
    let began = Instant::now();
    engine.bench_fill(Time::ZERO, (0..members).map(member));
    row("engine filled, s", began.elapsed().as_secs_f64());
    while engine.poll_change().is_some() {}
    row("engine, bytes a member", (resident() - before) / f64::from(members));
    let (mut turns, mut answers, mut now) = (Vec::new(), Vec::new(), Time::ZERO);
    while turns.len() < beats {
        now = engine.next_deadline().max(now);
        let began = Instant::now();
        engine.handle_timeout(now);
        let took = began.elapsed().as_secs_f64() * 1000.0;
        let mut pinged = false;
        while let Some(transmit) = engine.poll_transmit() {
            let Some((from, bytes)) = answer(&transmit, tag) else { continue };
            pinged = true;
            let began = Instant::now();
            engine.handle_datagram(now + Duration::from_millis(1), from, &bytes);
            answers.push(began.elapsed().as_secs_f64() * 1000.0);
        }
        while engine.poll_change().is_some() {}
        if pinged {
            turns.push(took);
        }
    }
    turns.sort_by(f64::total_cmp);
    answers.sort_by(f64::total_cmp);
    row("heartbeat, median ms", turns.get(turns.len() / 2).copied().unwrap_or(0.0));
    row("heartbeat, slowest ms", turns.last().copied().unwrap_or(0.0));
    row("an answer taken, median ms", answers.get(answers.len() / 2).copied().unwrap_or(0.0));
    Ok(())
}

/// The ACK of whoever a ping is for; none where it is no ping.
fn answer(transmit: &Transmit, tag: u32) -> Option<(SocketAddr, Vec<u8>)> {
    let Transmit::Datagram { to, bytes } = transmit else { return None };
    let packet = Packet::decode(bytes, tag, Carrier::Datagram).ok()?;
    let Message::Ping { sequence, to: handle, .. } = packet.message else { return None };
    let message = Message::Ack { sequence, from: handle, incarnation: 0 };
    let mut bytes = Vec::new();
    let _ = PacketWriter::new(&mut bytes, tag, &message, ANSWER_BYTES);
    Some((*to, bytes))
}

/// What a program's calls cost.
fn reads(members: u32, near: bool) -> Result<(), Error> {
    seafoam::set_log_level(seafoam::LogLevel::Off);
    let cluster = seafoam::Cluster::start(config(near)).wait()?;
    cluster.bench_fill((0..members).map(member))?;
    let named = member(members / 2).identity.name;
    timed("all_nodes, ms", || cluster.all_nodes().map(|nodes| nodes.len()))?;
    timed("healthy_nodes, ms", || cluster.healthy_nodes().map(|nodes| nodes.len()))?;
    timed("node by name, ms", || cluster.node(&named).map(|found| usize::from(found.is_some())))?;
    timed("owner of a key, ms", || {
        cluster.owner(b"key", &BTreeMap::new()).map(|found| usize::from(found.is_some()))
    })?;
    timed("stats, ms", || cluster.stats().map(|_| 1))?;
    cluster.close().wait()
}

fn timed(name: &str, call: impl Fn() -> Result<usize, Error>) -> Result<(), Error> {
    let mut fastest = f64::INFINITY;
    for _ in 0..READS {
        let began = Instant::now();
        std::hint::black_box(call()?);
        fastest = fastest.min(began.elapsed().as_secs_f64() * 1000.0);
    }
    row(name, fastest);
    Ok(())
}

fn row(name: &str, value: f64) {
    println!("| {name} | {value:.3} |");
}

/// Bytes of this process in memory; 0 where the machine does not say.
fn resident() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text.split_whitespace().nth(1).and_then(|word| word.parse::<f64>().ok());
    pages.unwrap_or(0.0) * 4096.0
}
