//! Questions about links, as others may ask them: answered within bounds, or not at all.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod engine_support;

use std::time::Duration;

use engine_support::{Bench, PEER, member};
use seafoam::limits;
use seafoam::proto::hash;
use seafoam::proto::wire::{Carrier, MemberRecord, Message, Packet, Record, Status};

fn at(port: u16) -> MemberRecord {
    let record = member(&format!("n{port}"), Status::Alive, 0);
    MemberRecord { address: format!("127.0.0.1:{port}").parse().unwrap(), ..record }
}

/// What the engine says of links in all that it sent to `to`.
fn said(bench: &Bench, to: &str) -> Vec<Record> {
    let to: std::net::SocketAddr = to.parse().unwrap();
    let tag = hash::cluster_tag("seafoam");
    let sent = bench.sent.iter().filter(|(address, _)| *address == to);
    let packets = sent.map(|(_, bytes)| Packet::decode(bytes, tag, Carrier::Datagram).unwrap());
    let records = packets.flat_map(|packet| packet.records.flatten());
    records.filter(|r| matches!(r, Record::Ask { .. } | Record::Heard { .. })).collect()
}

fn ask(bench: &mut Bench, from: &str, helper: &MemberRecord, peer: u32) {
    let ping = Message::Ping { sequence: 5, from: helper.identity.handle(), to: 0 };
    bench.hear(from, &ping, &[Record::Ask { peer }]);
}

fn links(bench: &Bench) -> usize {
    bench.engine.sizes().into_iter().find(|size| size.name == "links").unwrap().now
}

#[test]
fn who_asks_through_a_helper_is_told_when_it_was_heard() {
    let mut bench = Bench::new();
    let (helper, asker) = (member("helper", Status::Alive, 0), at(3000));
    let peer = asker.identity.handle();
    bench.meet(&helper);
    bench.meet(&asker);
    bench.sent.clear();
    ask(&mut bench, PEER, &helper, peer);
    bench.wait(Duration::from_millis(100));
    let never = Record::Heard { peer, millis: u32::MAX };
    assert!(said(&bench, PEER).contains(&never), "only others spoke of it so far");

    bench.hear("127.0.0.1:3000", &Message::Gossip { from: peer }, &[]);
    bench.wait(Duration::from_millis(40));
    bench.sent.clear();
    ask(&mut bench, PEER, &helper, peer);
    assert!(said(&bench, PEER).contains(&Record::Heard { peer, millis: 40 }));

    // What comes with its handle from a helper's address was passed on.
    bench.hear(PEER, &Message::Gossip { from: peer }, &[]);
    bench.wait(Duration::from_millis(5));
    bench.sent.clear();
    ask(&mut bench, PEER, &helper, peer);
    assert!(said(&bench, PEER).contains(&Record::Heard { peer, millis: 45 }));
}

#[test]
fn strangers_and_borrowed_addresses_get_no_answer() {
    let mut bench = Bench::new();
    let (helper, asker) = (member("helper", Status::Alive, 0), at(3000));
    bench.meet(&helper);
    bench.meet(&asker);
    let me = member("me", Status::Alive, 0).identity.handle();
    for (from, helper, peer) in [
        ("127.0.0.1:9", &helper, asker.identity.handle()),
        (PEER, &at(4000), asker.identity.handle()),
        (PEER, &helper, 12345),
        (PEER, &helper, me),
    ] {
        bench.sent.clear();
        ask(&mut bench, from, helper, peer);
        assert_eq!(said(&bench, from), [], "{from}, {peer}");
        assert_eq!(links(&bench), 0);
    }
}

#[test]
fn so_many_links_are_looked_at_and_no_more() {
    let mut bench = Bench::new();
    let helper = member("helper", Status::Alive, 0);
    bench.meet(&helper);
    for number in 0..limits::LINKS + 5 {
        let asker = at(10_000 + u16::try_from(number).unwrap());
        bench.meet(&asker);
        ask(&mut bench, PEER, &helper, asker.identity.handle());
    }
    assert_eq!(links(&bench), limits::LINKS);
    assert_eq!(bench.engine.stats().links_unwatched, 5);
    // Nobody answers, so nothing is found out, and the table empties.
    bench.wait(Duration::from_secs(30));
    assert_eq!((links(&bench), bench.engine.stats().links_one_way), (0, 0));
}
