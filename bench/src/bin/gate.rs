//! One piece of work, done over and over between two marks: `gate NAME` for tools/gate.py, which has
//! the instructions between the marks counted, and prints how often the work was done.

#![allow(clippy::print_stdout)] // a command
#![allow(clippy::expect_used)] // of what is made right here

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Duration;

use seafoam::proto::hash;
use seafoam::proto::seal::{Key, Nonce, Seeded, open_short, seal_short};
use seafoam::proto::wire::{
    Carrier, Identity, MemberRecord, Message, Packet, PacketWriter, Record, Status,
};
use seafoam::proto::{Engine, LocalNode, Time};
use seafoam::{Config, Error};
use seafoam_bench::{Fleet, Meter};

const NODES: usize = 100;
const CLUSTER: &str = "seafoam";
/// Members of whom one datagram tells.
const RECORDS: usize = 10;
/// As long as what a sealed PING has to say.
const BODY_BYTES: usize = 32;
const ROUNDS: u64 = 1000;
/// How long the cluster is looked at, a multiple of what separates two digests.
const SPAN: Duration = Duration::from_secs(20);

/// Instructions count between entering and leaving this.
#[inline(never)]
fn between_marks(work: &mut dyn FnMut()) {
    work();
    black_box(());
}

struct Marks;

impl Meter for Marks {
    fn run<T>(&mut self, call: impl FnOnce() -> T) -> T {
        let (mut call, mut outcome) = (Some(call), None);
        between_marks(&mut || outcome = call.take().map(|call| call()));
        outcome.expect("it was called")
    }
}

/// What this does in its rounds, and how many those are.
type Work = fn() -> Result<u64, Error>;

const WORKS: [(&str, Work); 7] = [
    ("decode", decode),
    ("apply", apply),
    ("encode", encode),
    ("seal", seal),
    ("open", open),
    ("heartbeat", || heartbeat(false)),
    ("heartbeat-sealed", || heartbeat(true)),
];

fn main() -> ExitCode {
    let names: Vec<_> = WORKS.iter().map(|(name, _)| *name).collect();
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let Some((_, work)) = WORKS.iter().find(|(name, _)| *name == wanted) else {
        eprintln!("usage: gate {}", names.join("|"));
        return ExitCode::from(2);
    };
    match work() {
        Ok(rounds) => {
            println!("{rounds}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn rounds(mut work: impl FnMut()) -> u64 {
    (0..ROUNDS).for_each(|_| between_marks(&mut work));
    ROUNDS
}

fn record(number: usize) -> MemberRecord {
    let address = std::net::SocketAddr::from(([10, 0, 0, number as u8], 7000)); // below 256
    let name = address.to_string();
    let identity = Identity::new(&name, 1000, number as u64).expect("a valid name");
    MemberRecord { incarnation: 3, ..MemberRecord::bare(identity, address, Status::Alive) }
}

fn records() -> Vec<MemberRecord> {
    (1..=RECORDS).map(record).collect()
}

/// A GOSSIP with a digest and what is said of some members.
fn write(records: &[MemberRecord], out: &mut Vec<u8>) {
    let message = Message::Gossip { from: record(1).identity.handle() };
    let mut packet = PacketWriter::new(out, hash::cluster_tag(CLUSTER), &message, 1200);
    packet.push(&Record::Digest([7; 16]));
    for record in records {
        packet.push_member(record);
    }
}

fn datagram() -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&records(), &mut bytes);
    bytes
}

fn encode() -> Result<u64, Error> {
    let (records, mut out) = (records(), Vec::with_capacity(1200));
    Ok(rounds(|| {
        out.clear();
        write(black_box(&records), &mut out);
        black_box(&out);
    }))
}

fn decode() -> Result<u64, Error> {
    let (bytes, tag) = (datagram(), hash::cluster_tag(CLUSTER));
    Ok(rounds(|| {
        let packet = Packet::decode(black_box(&bytes), tag, Carrier::Datagram);
        let records = packet.map(|packet| packet.records.map(black_box).count());
        assert_eq!(records, Ok(RECORDS + 1));
    }))
}

/// What a node knows already: most of what it hears.
fn apply() -> Result<u64, Error> {
    let settings = Config::new().without_env().multicast_enabled(false).resolve()?;
    let own = record(0);
    let me = LocalNode {
        name: own.identity.name,
        address: own.address,
        generation: 1000,
        run: 1,
        seed: 7,
    };
    let (now, from) = (Time::ZERO, record(1).address);
    let mut engine = Engine::new(now, 1_700_000_000_000, &settings, me);
    for number in 1..NODES {
        let mut bytes = Vec::new();
        write(&[record(number)], &mut bytes);
        engine.handle_datagram(now, from, &bytes);
    }
    assert_eq!(engine.stats().members_alive, NODES as u64);
    let bytes = datagram();
    Ok(rounds(|| {
        engine.handle_datagram(now, from, black_box(&bytes));
        while let Some(change) = engine.poll_change() {
            drop(black_box(change));
        }
        while let Some(notice) = engine.poll_notice() {
            drop(black_box(notice));
        }
        while let Some(transmit) = engine.poll_transmit() {
            drop(black_box(transmit));
        }
    }))
}

fn key() -> Key {
    Key::generate(&mut Seeded::new(1)).expect("a seeded source never dries up")
}

const NONCE: Nonce = Nonce { session: 7, counter: 9, fresh: [5; 8] };

fn seal() -> Result<u64, Error> {
    let (key, mut out) = (key(), Vec::with_capacity(256));
    Ok(rounds(|| {
        out.clear();
        let body = black_box(&[3; BODY_BYTES]);
        assert!(seal_short(&key, (1, CLUSTER), &NONCE, 5, body, &mut out));
        black_box(&out);
    }))
}

fn open() -> Result<u64, Error> {
    let (key, mut sealed, mut into) = (key(), Vec::new(), Vec::with_capacity(256));
    assert!(seal_short(&key, (1, CLUSTER), &NONCE, 5, &[3; BODY_BYTES], &mut sealed));
    Ok(rounds(|| {
        let opened = open_short(&key, (1, CLUSTER), (7, 9), 5, black_box(&sealed), &mut into);
        assert_eq!(black_box(opened).map(<[u8]>::len), Some(BODY_BYTES));
    }))
}

/// One heartbeat of one node among many: its ping, the answer, what it is asked meanwhile.
fn heartbeat(sealed: bool) -> Result<u64, Error> {
    let mut fleet = Fleet::at_rest(NODES, sealed)?;
    let before = fleet.stats();
    assert_eq!(before.members_alive, (NODES * NODES) as u64, "all know all");
    fleet.run(SPAN, &mut Marks);
    Ok(fleet.stats().probes_sent - before.probes_sent)
}
