//! The door of a sealed cluster under any bytes: it never panics, never answers what is not authentic,
//! and never answers at greater length.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod engine_support;

use engine_support::{Bench, PEER};
use proptest::prelude::*;
use seafoam::Config;
use seafoam::proto::hash;
use seafoam::proto::seal::{
    CHALLENGE_BYTES, Entropy, Key, KeyList, Nonce, Seeded, open_long, seal_long, seal_short,
};

fn key(seed: u64) -> Key {
    Key::generate(&mut Seeded::new(seed)).unwrap()
}

fn bench() -> Bench {
    Bench::with(Config::new().keys(KeyList(vec![key(1)])))
}

fn cluster() -> (u32, &'static str) {
    (hash::cluster_tag("seafoam"), "seafoam")
}

fn long(nonce: u8, to: u64, body: &[u8]) -> Vec<u8> {
    let nonce = Nonce { session: 77, counter: u64::from(nonce), fresh: [nonce; 8] };
    let mut bytes = Vec::new();
    assert!(seal_long(&key(1), cluster(), &nonce, to, None, body, &mut bytes));
    bytes
}

proptest! {
    #[test]
    fn any_bytes_are_dropped_in_silence(
        mut bytes in proptest::collection::vec(any::<u8>(), 0..300),
        head in 0..4_u8,
    ) {
        let (tag, id) = (cluster().0.to_le_bytes(), key(1).id().0.to_le_bytes());
        let begin = match head {
            0 => Vec::new(),
            1 => [&[1][..], &id, &tag].concat(),
            2 => [&[0x81][..], &id].concat(),
            _ => [&[1, 0, 0][..], &tag].concat(),
        };
        for (place, byte) in bytes.iter_mut().zip(begin) {
            *place = byte;
        }
        let mut bench = bench();
        bench.hear_bytes(PEER, &bytes);
        prop_assert_eq!(bench.sent.len(), 0);
        prop_assert_eq!(bench.nodes.len(), 1);
        bench.engine.handle_announcement(bench.now, PEER.parse().unwrap(), &bytes);
    }

    /// Whoever has the key can send any body: it is a member at worst.
    #[test]
    fn any_authentic_body_of_a_stranger_earns_a_challenge_at_most(
        body in proptest::collection::vec(any::<u8>(), 0..300),
        to in prop_oneof![Just(0_u64), any::<u64>()],
    ) {
        let mut bench = bench();
        let bytes = long(1, to, &body);
        bench.hear_bytes(PEER, &bytes);
        prop_assert!(bench.sent.len() <= 1);
        for (_, answer) in &bench.sent {
            prop_assert!(answer.len() <= bytes.len() && answer.len() == CHALLENGE_BYTES);
        }
        prop_assert_eq!(bench.nodes.len(), 1);
        bench.engine.handle_announcement(bench.now, PEER.parse().unwrap(), &bytes);
    }

    #[test]
    fn any_authentic_body_of_a_known_session_is_judged_by_the_rules(
        bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 1..8),
    ) {
        let (mut bench, mine) = acquainted();
        for (count, body) in bodies.iter().enumerate() {
            let nonce = Nonce { session: 77, counter: 10 + count as u64, fresh: [0; 8] };
            let mut bytes = Vec::new();
            prop_assert!(seal_short(&key(1), cluster(), &nonce, mine, body, &mut bytes));
            bench.hear_bytes(PEER, &bytes);
        }
        let stats = bench.engine.stats();
        prop_assert_eq!((stats.dropped_forged, stats.dropped_replayed), (0, 2));
    }
}

/// A bench that knows the session 77 at `PEER`, and its own session.
fn acquainted() -> (Bench, u64) {
    let mut bench = bench();
    bench.hear_bytes(
        PEER,
        &long(1, 0, &[41, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    );
    let (_, challenge) = bench.sent.pop().expect("a challenge");
    let mut into = Vec::new();
    let opened = open_long(&key(1), cluster(), &challenge, &mut into).unwrap();
    let (mine, cookie) = (opened.nonce.session, opened.body[10..22].try_into().unwrap());
    assert_eq!((opened.to, opened.body[0], &opened.body[2..10]), (77, 40, &[1; 8][..]));
    let nonce = Nonce { session: 77, counter: 2, fresh: [2; 8] };
    let mut echo = Vec::new();
    assert!(seal_long(
        &key(1),
        cluster(),
        &nonce,
        mine,
        Some(&cookie),
        &[5, 4, 9, 0, 0, 0],
        &mut echo
    ));
    bench.hear_bytes(PEER, &echo);
    assert_eq!(bench.engine.stats().sessions, 1);
    // The echo again, and from elsewhere, makes nothing new.
    bench.hear_bytes(PEER, &echo);
    bench.hear_bytes("127.0.0.1:4000", &echo);
    let stats = bench.engine.stats();
    assert_eq!((stats.sessions, stats.dropped_replayed), (1, 2));
    bench.sent.clear();
    (bench, mine)
}

#[test]
fn an_echo_makes_a_session_once_and_for_its_address_alone() {
    let (mut bench, mine) = acquainted();
    let nonce = Nonce { session: 77, counter: 3, fresh: [3; 8] };
    let mut short = Vec::new();
    assert!(seal_short(&key(1), cluster(), &nonce, mine, &[5, 4, 9, 0, 0, 0], &mut short));
    bench.hear_bytes("127.0.0.1:4001", &short);
    assert_eq!(bench.engine.stats().dropped_unknown_session, 1);
    bench.hear_bytes(PEER, &short);
    bench.hear_bytes(PEER, &short);
    assert_eq!(bench.engine.stats().dropped_replayed, 3);
}

#[test]
fn a_cookie_dies_and_serves_no_other_address_or_session() {
    let mut bench = bench();
    bench.hear_bytes(PEER, &long(1, 0, &[41; 22]));
    let (_, challenge) = bench.sent.pop().expect("a challenge");
    let mut into = Vec::new();
    let opened = open_long(&key(1), cluster(), &challenge, &mut into).unwrap();
    let (mine, cookie): (u64, [u8; 12]) =
        (opened.nonce.session, opened.body[10..22].try_into().unwrap());
    let echo = |session, cookie: &[u8; 12]| {
        let nonce = Nonce { session, counter: 9, fresh: [9; 8] };
        let mut bytes = Vec::new();
        assert!(seal_long(&key(1), cluster(), &nonce, mine, Some(cookie), &[5; 30], &mut bytes));
        bytes
    };
    bench.hear_bytes("127.0.0.1:4000", &echo(77, &cookie));
    bench.hear_bytes(PEER, &echo(78, &cookie));
    let mut bent = cookie;
    bent[0] ^= 1;
    bench.hear_bytes(PEER, &echo(77, &bent));
    assert_eq!(bench.engine.stats().sessions, 0);
    bench.wait(std::time::Duration::from_secs(11));
    bench.hear_bytes(PEER, &echo(77, &cookie));
    assert_eq!(bench.engine.stats().sessions, 0, "older than ten seconds");
}

#[test]
fn challenges_are_few_however_many_ask() {
    let mut bench = bench();
    let mut random = Seeded::new(3);
    for count in 0..20_000_u32 {
        let mut fresh = [0; 8];
        assert!(random.fill(&mut fresh));
        let nonce = Nonce { session: u64::from(count) + 1, counter: 1, fresh };
        let mut bytes = Vec::new();
        assert!(seal_long(&key(1), cluster(), &nonce, 0, None, &[41; 22], &mut bytes));
        let [a, b, c, d] = (0x0a00_0000 + count).to_be_bytes();
        bench.hear_bytes(&format!("{a}.{b}.{c}.{d}:7000"), &bytes);
    }
    let stats = bench.engine.stats();
    assert!(bench.sent.len() <= seafoam::limits::CHALLENGES_BURST as usize, "{}", bench.sent.len());
    assert_eq!(stats.sessions, 0);
    assert_eq!(stats.dropped_rate_limited + stats.challenges_sent, 20_000);
}
