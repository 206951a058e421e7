//! Packets that the encoder of this version writes byte for byte.

#![allow(dead_code, clippy::unwrap_used)]

use seafoam::proto::election::{Answer, Ballot, Claim, Grant, Owner, Poll, Verdict, Vote};
use seafoam::proto::hash;
use seafoam::proto::wire::{
    BroadcastRecord, Candidacy, DatacenterRecord, Evidence, Herald, Identity, IndexSet,
    MemberRecord, Message, NO_DATACENTER, Record, Status, WitnessSet, Word,
};
use std::time::Duration;

/// A packet by its name in the vectors.
pub type Case = (&'static str, Message, Vec<Record>);

const GENERATION: u64 = 1_798_000_000_000;
pub const GOSSIP: Message = Message::Gossip { from: 0x0102_0304 };
const PING: Message = Message::Ping { sequence: 1, from: 0x0102_0304, to: 0x0506_0708 };

pub fn identity(name: &str, run: u64) -> Identity {
    Identity::new(name, GENERATION, run).unwrap()
}

/// The usual member: named by its address, no datacenter, no tags, its own word.
pub fn typical() -> MemberRecord {
    MemberRecord {
        identity: identity("10.0.0.7:9999", 0x0123_4567_89ab_cdef),
        address: "10.0.0.7:9999".parse().unwrap(),
        status: Status::Alive,
        incarnation: 1,
        datacenter: NO_DATACENTER,
        is_lighthouse: false,
        candidacy: Candidacy::default(),
        tags: None,
        source: 0,
        witnesses: WitnessSet::new(),
    }
}

/// Every field differs from the usual one.
pub fn full() -> MemberRecord {
    MemberRecord {
        identity: identity("anemone-1", u64::MAX),
        address: "[2001:db8::9]:7000".parse().unwrap(),
        status: Status::Suspected,
        incarnation: 300,
        datacenter: 2,
        is_lighthouse: true,
        candidacy: Candidacy { eligible: false, priority: 7 },
        tags: Some(b"role=cache".as_slice().into()),
        source: 0xdead_beef,
        witnesses: WitnessSet::from_iter([
            (4, Evidence::Silent),
            (3, Evidence::Hung),
            (9, Evidence::Gone),
            (2, Evidence::Gone),
        ]),
    }
}

pub fn broadcast(bytes: &[u8]) -> BroadcastRecord {
    let MemberRecord { identity, address, .. } = typical();
    let receipt = false;
    BroadcastRecord { origin: identity, address, index: 128, receipt, bytes: bytes.into() }
}

/// Every word of the election.
pub fn words() -> Vec<Case> {
    let owner = Owner { generation: GENERATION, run: 7, name: hash::elector("anemone-1") };
    let ballot = Ballot { counter: 3, owner };
    let other = Owner { generation: 1, run: u64::MAX, name: hash::elector("b") };
    let vote = |answer| {
        let vote =
            Vote { ballot, trial: false, answer, term: GENERATION * 16, term_is_yours: true };
        Word::Vote { place: 2, vote }
    };
    let remaining = Duration::from_millis(2500);
    let trial = Vote {
        ballot,
        trial: true,
        answer: Answer::Held { owner: other, remaining },
        term: u64::MAX,
        term_is_yours: false,
    };
    let grant =
        |verdict| Word::Grant { place: 14, grant: Grant { ballot, verdict }, durable: false };
    [
        ("poll", Word::Poll(Poll { ballot, trial: false })),
        ("poll for trial", Word::Poll(Poll { ballot, trial: true })),
        ("vote, free", vote(Answer::Free { own: None })),
        ("vote, the asker's own record", vote(Answer::Free { own: Some(2) })),
        ("vote for trial, held by another", Word::Vote { place: 0, vote: trial }),
        ("vote, rejected", vote(Answer::Rejected { promised: u32::MAX })),
        ("claim", Word::Claim(Claim { ballot, term: GENERATION * 16 + 1 })),
        ("grant", grant(Verdict::Granted)),
        ("grant, refused", grant(Verdict::Refused { promised: 4, term: GENERATION * 16 + 1 })),
        (
            "grant that is on disk",
            Word::Grant {
                place: 0,
                grant: Grant { ballot, verdict: Verdict::Granted },
                durable: true,
            },
        ),
        ("release", Word::Release { ballot, successor: 0 }),
        ("release for a successor", Word::Release { ballot, successor: 0x0102_0304 }),
        ("released", Word::Released { place: 3, ballot }),
        ("free", Word::Free(ballot)),
        ("handoff", Word::Handoff(ballot)),
        ("question for a term", Word::TermAsk(ballot)),
        ("a term", Word::TermTell { place: 1, ballot, term: Some(GENERATION * 16) }),
        ("no term", Word::TermTell { place: 1, ballot, term: None }),
        ("question for a list", Word::ListAsk(ballot)),
        (
            "a list that was accepted",
            Word::ListTell { place: 1, ballot, durable: true, written: false, term: 5 },
        ),
        ("a list that is proposed", Word::ListSet { ballot, term: GENERATION * 16 }),
        ("a list in force", Word::ListNews { ballot, version: 2 }),
    ]
    .into_iter()
    .map(|(name, word)| {
        let list = || Record::Piece(b"a=h:1,b=h:2".as_slice().into());
        let has_list =
            matches!(word, Word::ListTell { .. } | Word::ListSet { .. } | Word::ListNews { .. });
        let records = has_list.then(list).into_iter().collect();
        (name, Message::Elect { from: 1, configuration: 0xfeed, word }, records)
    })
    .collect()
}

pub fn all() -> Vec<Case> {
    [messages(), words(), members(), other_records()].concat()
}

fn messages() -> Vec<Case> {
    let (from, to, sequence) = (1, 2, 9);
    let ack = |incarnation| Message::Ack { sequence, from, incarnation };
    let request = |target: &str| {
        let target = target.parse().unwrap();
        Message::PingReq { sequence: u32::MAX, from, to: 0, target }
    };
    let sync_request = Message::SyncRequest { from, flags: 1 };
    let sync_response = Message::SyncResponse { from: to, flags: 0 };
    let typical = vec![Record::Member(typical())];
    vec![
        ("ping", PING, vec![]),
        ("ping with a member", PING, typical.clone()),
        ("ack", ack(1), vec![]),
        ("ack of a high incarnation", ack(u32::MAX), vec![]),
        ("ping_req to IPv4", request("10.0.0.7:9999"), vec![]),
        ("ping_req to IPv6", request("[2001:db8::9]:7000"), vec![]),
        ("nack", Message::Nack { sequence, from }, vec![]),
        ("gossip without records", GOSSIP, vec![]),
        ("announce", Message::Announce {}, typical.clone()),
        ("direct without payload", Message::Direct { sequence, from, to }, vec![]),
        ("direct_ack", Message::DirectAck { sequence, from }, vec![]),
        ("direct_stream", Message::DirectStream { sequence, from, to: 0 }, typical.clone()),
        ("direct_stream_ack", Message::DirectStreamAck { sequence, from }, vec![]),
        ("keys_ask", Message::KeysAsk { sequence, from, first: 0 }, vec![]),
        ("keys_ask to seal", Message::KeysAsk { sequence, from, first: 0x2a17 }, vec![]),
        (
            "keys_tell",
            Message::KeysTell { sequence, from, ids: [0x2a17, 3].into_iter().collect() },
            vec![],
        ),
        ("sync_request", sync_request, typical),
        ("sync_response", sync_response, vec![Record::Member(full())]),
    ]
}

fn members() -> Vec<Case> {
    fn case(name: &'static str, change: impl Fn(&mut MemberRecord)) -> Case {
        let mut member = typical();
        change(&mut member);
        (name, GOSSIP, vec![Record::Member(member)])
    }
    fn at(address: &str, name: &str) -> impl Fn(&mut MemberRecord) {
        move |member| {
            member.address = address.parse().unwrap();
            member.identity = identity(name, 1);
        }
    }
    let mapped = "[::ffff:10.0.0.7]:9999";
    vec![
        case("member with every field", |member| *member = full()),
        case("member never heard from", |member| {
            member.status = Status::Unknown;
            member.identity.generation = 0;
            member.incarnation = 0;
        }),
        case("member dead by another's word", |member| {
            member.status = Status::Dead;
            member.source = 7;
            member.witnesses.insert(7, Evidence::Gone);
        }),
        case("member that left", |member| member.status = Status::Left),
        case("member with empty tags", |member| {
            member.tags = Some([].into());
        }),
        case("member in datacenter 0", |member| member.datacenter = 0),
        case("member named by its IPv6 address", at("[2001:db8::9]:70", "[2001:db8::9]:70")),
        case("member named by its mapped address", at(mapped, mapped)),
        case("member named almost as its address", at("10.0.0.7:9999", "10.0.0.7:999")),
        case("member named beyond its address", at("10.0.0.7:999", "10.0.0.7:9999")),
        case("member named by another spelling", at("[2001:db8::9]:70", "[2001:DB8::9]:70")),
    ]
}

fn other_records() -> Vec<Case> {
    let ascending = std::array::from_fn(|at| at as u8);
    let case = |name, record| (name, GOSSIP, vec![record]);
    let mixed = vec![
        Record::Beacon { lighthouse: 7, sequence: 1, age: 0 },
        Record::Member(full()),
        Record::Digest([0xff; 16]),
        Record::Broadcast(broadcast(b"the tide turns")),
    ];
    vec![
        case("broadcast", Record::Broadcast(broadcast(b"the tide turns"))),
        case("empty broadcast", Record::Broadcast(broadcast(b""))),
        case("broadcast of 200 bytes", Record::Broadcast(broadcast(&[0xab; 200]))),
        case("digest", Record::Digest(ascending)),
        case(
            "broadcast whose receipt is wanted",
            Record::Broadcast(BroadcastRecord { receipt: true, ..broadcast(b"heard?") }),
        ),
        case("receipt", Record::Receipt { origin: 7, index: 128 }),
        case("piece", Record::Piece(b"a message".as_slice().into())),
        case(
            "datacenter that nobody hears",
            Record::Datacenter(DatacenterRecord {
                observer: 1,
                number: 255,
                version: 3,
                witnesses: WitnessSet::from_iter([(7, Evidence::Silent), (9, Evidence::Gone)]),
            }),
        ),
        case("have", Record::Have(IndexSet { origin: 7, highest: 128, below: 0x8000_0001 })),
        case("want", Record::Want(IndexSet { origin: u32::MAX, highest: 1, below: 1 })),
        case("ask", Record::Ask { peer: 7 }),
        case("heard", Record::Heard { peer: 7, millis: 1500 }),
        case("beacon", Record::Beacon { lighthouse: 0xfffe_fdfc, sequence: 0xfffe, age: 0x1ff }),
        case(
            "herald",
            Record::Herald(Herald { scope: 255, term: GENERATION * 16, sequence: 9, leader: 7 }),
        ),
        ("all kinds of records", PING, mixed),
    ]
}
