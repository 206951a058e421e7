//! What comes in by datagram: opened, decoded, and handed to the room that it is for.

use std::net::SocketAddr;

use super::claims::Hearsay;
use super::engine::Engine;
use super::members::{MemberId, SELF};
use super::probe::Purpose;
use super::time::Time;
use super::wire::{Carrier, DecodeError, Message, Packet, Record, RecordIter};

impl Engine {
    /// A datagram arrived. Whatever it holds, it is dropped and counted where it is of no use.
    pub fn handle_datagram(&mut self, now: Time, from: SocketAddr, bytes: &[u8]) {
        let Some(door) = &mut self.door else {
            return self.handle_plain(now, from, bytes);
        };
        let mut plain = self.spare.take();
        if door.open(now, from, bytes, &mut plain) {
            self.handle_plain(now, from, &plain);
        }
        self.spare.give(plain);
    }

    fn handle_plain(&mut self, now: Time, from: SocketAddr, bytes: &[u8]) {
        match Packet::decode(bytes, self.cluster_tag, Carrier::Datagram) {
            Ok(packet) => self.handle_packet(now, from, packet),
            Err(error) => self.count_refused(error),
        }
    }

    fn handle_packet(&mut self, now: Time, from: SocketAddr, packet: Packet<'_>) {
        let Packet { message, records, .. } = packet;
        let Some(sender) = message.sender() else {
            self.stats.multicast_ignored += 1; // an announcement that came to the unicast socket
            return;
        };
        let known = self.note_sender(now, sender, from);
        match message {
            Message::Ping { sequence, to, .. } => {
                // What the ping carries is heard first, so that the answer holds the refutation.
                self.handle_records(now, from, sender, records);
                self.answer_ask(now, known, from);
                self.answer_ping(now, from, sequence, to, known);
            }
            Message::Ack { sequence, from: handle, incarnation } => {
                self.handle_records(now, from, sender, records);
                self.handle_ack(now, from, sequence, handle, incarnation);
            }
            Message::PingReq { sequence, to, target, .. } => {
                self.handle_records(now, from, sender, records);
                if known.is_some() {
                    let asker = self.asker(sender);
                    let purpose = Purpose::Help { requester: from, sequence, asker };
                    self.help_ping(now, purpose, to, target);
                }
            }
            Message::Nack { sequence, .. } => {
                self.handle_records(now, from, sender, records);
                self.handle_nack(sequence, sender);
            }
            Message::Gossip { .. } => drop(self.handle_records(now, from, sender, records)),
            Message::Direct { sequence, to, .. } => {
                let payload = self.handle_records(now, from, sender, records);
                self.handle_direct(now, from, known, (sequence, to), &payload);
            }
            Message::DirectAck { sequence, .. } => self.handle_direct_ack(from, sequence),
            Message::KeysAsk { sequence, first, .. } => {
                if known.is_some() {
                    self.tell_keys(now, from, sequence, first);
                }
            }
            Message::KeysTell { sequence, ids, .. } => {
                self.hear_keys(now, sequence, known, ids);
            }
            Message::Elect { configuration, word, .. } => {
                let list = self.handle_records(now, from, sender, records);
                self.handle_elect(now, from, known, configuration, (&word, &list));
            }
            Message::Announce {}
            | Message::SyncRequest { .. }
            | Message::SyncResponse { .. }
            | Message::DirectStream { .. }
            | Message::DirectStreamAck { .. } => {
                self.stats.dropped_malformed += 1; // the codec lets none of these through here
            }
        }
    }

    /// The records of a datagram, up to the first malformed one; returns the pieces of a message.
    fn handle_records(
        &mut self,
        now: Time,
        from: SocketAddr,
        speaker: u32,
        records: RecordIter<'_>,
    ) -> Vec<u8> {
        self.links.forget_word();
        let mut payload = Vec::new();
        let mut hearsay = Hearsay { reply_to: Some(from), speaker, spreads: true };
        let (mut offered, mut wanted) = (Vec::new(), Vec::new());
        for record in records {
            match record {
                Ok(Record::Member(member)) => {
                    let sent = self.transmits.len();
                    self.apply_member(now, &member, hearsay);
                    // One datagram earns one correction: its source may be a lie.
                    if self.transmits.len() > sent {
                        hearsay.reply_to = None;
                    }
                }
                Ok(Record::Broadcast(broadcast)) => self.receive_broadcast(now, from, broadcast),
                Ok(Record::Digest(digest)) => self.compare_digest(now, speaker, digest),
                Ok(Record::Have(set)) => offered.push(set),
                Ok(Record::Want(set)) => wanted.push(set),
                Ok(Record::Piece(piece)) => payload.extend_from_slice(&piece),
                Ok(Record::Receipt { origin, index }) => {
                    self.take_receipt(now, speaker, origin, index);
                }
                Ok(Record::Ask { peer }) => self.links.take_ask(peer),
                Ok(Record::Heard { peer, millis }) => self.links.take_heard(peer, millis),
                Ok(Record::Beacon { lighthouse, sequence, age }) => {
                    self.take_beacon(now, lighthouse, sequence, age);
                }
                Ok(Record::Herald(herald)) => self.hear_herald(now, herald),
                Ok(Record::Datacenter(word)) => self.take_word(now, &word),
                Err(error) => {
                    self.count_refused(error);
                    break;
                }
            }
        }
        if offered.is_empty() && wanted.is_empty() {
            return payload;
        }
        // As with ACKs: only a member that writes from its own address gets more than it sent.
        let member = self.members.by_handle(speaker).filter(|id| *id != SELF);
        let member = member.filter(|id| self.members.get(*id).is_some_and(|m| m.is_at(from)));
        if let Some(id) = member {
            self.want_broadcasts(from, &offered);
            self.give_broadcasts(from, id, &wanted);
        }
        payload
    }

    pub(super) fn count_refused(&mut self, error: DecodeError) {
        let counter = match error {
            DecodeError::BadVersion => &mut self.stats.dropped_version,
            DecodeError::Sealed => &mut self.stats.dropped_sealed,
            DecodeError::ForeignCluster => &mut self.stats.dropped_foreign_cluster,
            DecodeError::UnknownKind(_) => &mut self.stats.dropped_unknown_kind,
            DecodeError::Oversized => &mut self.stats.dropped_oversized,
            DecodeError::Truncated | DecodeError::BadField(_) => &mut self.stats.dropped_malformed,
        };
        *counter += 1;
    }

    /// Marks the sender as heard; a stranger is asked who it is.
    fn note_sender(&mut self, now: Time, handle: u32, from: SocketAddr) -> Option<MemberId> {
        let Some(id) = self.members.by_handle(handle) else {
            self.ask_stranger(now, from);
            return None;
        };
        if id == SELF {
            return None;
        }
        let was_deaf = self.is_deaf(now);
        let direct = self.is_direct(id, from);
        self.members.update(id, |member| {
            member.heard = now;
            if direct {
                member.direct = now;
            }
        });
        if self.heard[0].0 != id {
            self.heard[1] = self.heard[0];
        }
        self.heard[0] = (id, now);
        if was_deaf {
            self.hear_again(now);
        }
        if self.members.get(id).is_some_and(|member| member.is_at(from)) {
            self.hear_across(now, id, false);
        }
        Some(id)
    }

    /// When any member but `id` was heard last.
    pub(super) fn heard_other_than(&self, id: MemberId) -> Time {
        let other = self.heard.iter().find(|(heard, _)| *heard != id && *heard != SELF);
        other.map_or(Time::ZERO, |(_, at)| *at)
    }
}
