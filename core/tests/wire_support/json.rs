//! The JSON form of wire values, as `tests/vectors/wire.json` has it for every language.
//!
//! Numbers of 64 bits and bytes are strings: decimal digits, and hex.

#![allow(dead_code)]

use seafoam::proto::election::{Answer, Owner, Verdict};
use seafoam::proto::wire::{
    BroadcastRecord, Carrier, DecodeError, Evidence, Identity, IndexSet, MemberRecord, Message,
    Record, Status, Witness, WitnessSet, Word,
};
use serde_json::{Value, json};

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// None unless `text` is pairs of hex digits.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = (0..text.len()).step_by(2);
    pairs.map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

pub fn carrier(carrier: Carrier) -> &'static str {
    match carrier {
        Carrier::Datagram => "datagram",
        Carrier::Stream => "stream",
    }
}

pub fn error(error: DecodeError) -> Value {
    match error {
        DecodeError::Truncated => json!({ "error": "truncated" }),
        DecodeError::BadVersion => json!({ "error": "bad_version" }),
        DecodeError::Sealed => json!({ "error": "sealed" }),
        DecodeError::ForeignCluster => json!({ "error": "foreign_cluster" }),
        DecodeError::UnknownKind(kind) => json!({ "error": "unknown_kind", "kind": kind }),
        DecodeError::BadField(field) => json!({ "error": "bad_field", "field": field }),
        DecodeError::Oversized => json!({ "error": "oversized" }),
    }
}

pub fn message(message: &Message) -> Value {
    match message {
        Message::Ping { sequence, from, to } => {
            json!({ "kind": "ping", "sequence": sequence, "from": from, "to": to })
        }
        Message::Ack { sequence, from, incarnation } => {
            json!({ "kind": "ack", "sequence": sequence, "from": from, "incarnation": incarnation })
        }
        Message::PingReq { sequence, from, to, target } => json!({
            "kind": "ping_req", "sequence": sequence, "from": from, "to": to,
            "target": target.to_string(),
        }),
        Message::Nack { sequence, from } => {
            json!({ "kind": "nack", "sequence": sequence, "from": from })
        }
        Message::Gossip { from } => json!({ "kind": "gossip", "from": from }),
        Message::Announce {} => json!({ "kind": "announce" }),
        Message::KeysAsk { sequence, from, first } => {
            json!({ "kind": "keys_ask", "sequence": sequence, "from": from, "first": first })
        }
        Message::KeysTell { sequence, from, ids } => json!({
            "kind": "keys_tell", "sequence": sequence, "from": from, "ids": ids.as_slice(),
        }),
        Message::SyncRequest { from, flags } => {
            json!({ "kind": "sync_request", "from": from, "flags": flags })
        }
        Message::Elect { from, configuration, word } => elect(*from, *configuration, word),
        Message::Direct { sequence, from, to } => {
            json!({ "kind": "direct", "sequence": sequence, "from": from, "to": to })
        }
        Message::DirectAck { sequence, from } => {
            json!({ "kind": "direct_ack", "sequence": sequence, "from": from })
        }
        Message::DirectStream { sequence, from, to } => {
            json!({ "kind": "direct_stream", "sequence": sequence, "from": from, "to": to })
        }
        Message::DirectStreamAck { sequence, from } => {
            json!({ "kind": "direct_stream_ack", "sequence": sequence, "from": from })
        }
        Message::SyncResponse { from, flags } => {
            json!({ "kind": "sync_response", "from": from, "flags": flags })
        }
    }
}

fn elect(from: u32, configuration: u64, word: &Word) -> Value {
    let (kind, said) = match word {
        Word::Poll(poll) => ("poll", json!({ "trial": poll.trial })),
        Word::Vote { place, vote } => (
            "vote",
            json!({
                "place": place, "trial": vote.trial, "term": vote.term.to_string(),
                "term_is_yours": vote.term_is_yours, "answer": answer(&vote.answer),
            }),
        ),
        Word::Claim(claim) => ("claim", json!({ "term": claim.term.to_string() })),
        Word::Grant { place, grant, durable } => {
            let verdict = match grant.verdict {
                Verdict::Granted => json!({ "kind": "granted", "durable": durable }),
                Verdict::Refused { promised, term } => {
                    json!({ "kind": "refused", "promised": promised, "term": term.to_string() })
                }
            };
            ("grant", json!({ "place": place, "verdict": verdict }))
        }
        Word::Release { successor, .. } => ("release", json!({ "successor": successor })),
        Word::Released { place, .. } => ("released", json!({ "place": place })),
        Word::Free(_) => ("free", json!({})),
        Word::Handoff(_) => ("handoff", json!({})),
        Word::TermAsk(_) => ("term_ask", json!({})),
        Word::TermTell { place, term, .. } => {
            ("term_tell", json!({ "place": place, "term": term.map(|term| term.to_string()) }))
        }
        Word::ListAsk(_) => ("list_ask", json!({})),
        Word::ListTell { place, durable, written, term, .. } => (
            "list_tell",
            json!({
                "place": place, "durable": durable, "written": written,
                "term": term.to_string(),
            }),
        ),
        Word::ListSet { term, .. } => ("list_set", json!({ "term": term.to_string() })),
        Word::ListNews { version, .. } => ("list_news", json!({ "version": version })),
    };
    let ballot = word.ballot();
    json!({
        "kind": kind, "from": from, "configuration": configuration.to_string(),
        "ballot": { "counter": ballot.counter, "owner": owner(&ballot.owner) }, "said": said,
    })
}

fn owner(owner: &Owner) -> Value {
    json!({
        "generation": owner.generation.to_string(), "run": owner.run.to_string(),
        "name": owner.name.to_string(),
    })
}

fn answer(answer: &Answer) -> Value {
    match answer {
        Answer::Free { own } => json!({ "kind": "free", "own": own }),
        Answer::Held { owner: other, remaining } => json!({
            "kind": "held", "owner": owner(other), "remaining_millis": remaining.as_millis() as u64,
        }),
        Answer::Rejected { promised } => json!({ "kind": "rejected", "promised": promised }),
    }
}

pub fn record(record: &Record) -> Value {
    match record {
        Record::Member(record) => member(record),
        Record::Broadcast(record) => broadcast(record),
        Record::Digest(digest) => json!({ "kind": "digest", "digest": hex(digest) }),
        Record::Beacon { lighthouse, sequence, age } => {
            json!({ "kind": "beacon", "lighthouse": lighthouse, "sequence": sequence, "age": age })
        }
        Record::Herald(herald) => json!({
            "kind": "herald", "scope": herald.scope, "term": herald.term.to_string(),
            "sequence": herald.sequence, "leader": herald.leader,
        }),
        Record::Receipt { origin, index } => {
            json!({ "kind": "receipt", "origin": origin, "index": index })
        }
        Record::Have(set) => indexes("have", *set),
        Record::Want(set) => indexes("want", *set),
        Record::Ask { peer } => json!({ "kind": "ask", "peer": peer }),
        Record::Heard { peer, millis } => {
            json!({ "kind": "heard", "peer": peer, "millis": millis })
        }
        Record::Piece(bytes) => json!({ "kind": "piece", "bytes": hex(bytes) }),
        Record::Datacenter(record) => json!({
            "kind": "datacenter",
            "observer": record.observer,
            "number": record.number,
            "version": record.version,
            "witnesses": witnesses(&record.witnesses),
        }),
    }
}

fn witnesses(set: &WitnessSet) -> Vec<Value> {
    let one = |witness: Witness| json!({ "handle": witness.handle, "evidence": evidence(witness.evidence) });
    set.iter().map(one).collect()
}

fn indexes(kind: &str, set: IndexSet) -> Value {
    json!({ "kind": kind, "origin": set.origin, "highest": set.highest, "below": set.below })
}

pub fn identity(identity: &Identity) -> Value {
    json!({
        "name": &*identity.name,
        "generation": identity.generation.to_string(),
        "run": identity.run.to_string(),
    })
}

pub fn status(status: Status) -> &'static str {
    match status {
        Status::Unknown => "unknown",
        Status::Alive => "alive",
        Status::Suspected => "suspected",
        Status::Dead => "dead",
        Status::Left => "left",
    }
}

fn evidence(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Silent => "silent",
        Evidence::Hung => "hung",
        Evidence::Gone => "gone",
    }
}

fn member(member: &MemberRecord) -> Value {
    json!({
        "kind": "member",
        "identity": identity(&member.identity),
        "address": member.address.to_string(),
        "status": status(member.status),
        "incarnation": member.incarnation,
        "datacenter": member.datacenter,
        "is_lighthouse": member.is_lighthouse,
        "eligible": member.candidacy.eligible,
        "priority": member.candidacy.priority,
        "tags": member.tags.as_ref().map(|tags| hex(tags)),
        "source": member.source,
        "witnesses": witnesses(&member.witnesses),
    })
}

fn broadcast(broadcast: &BroadcastRecord) -> Value {
    json!({
        "kind": "broadcast",
        "origin": identity(&broadcast.origin),
        "address": broadcast.address.to_string(),
        "index": broadcast.index,
        "receipt": broadcast.receipt,
        "bytes": hex(&broadcast.bytes),
    })
}
