//! Full-state exchange over streams: at join, and where digests of the table differ.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use super::claims::Hearsay;
use super::engine::Engine;
use super::hash;
use super::output::{StreamFailure, Transmit};
use super::time::Time;
use super::wire::{
    Carrier, DecodeError, FrameReader, FrameStep, FrameWriter, MAX_FRAME_BYTES, Message, Packet,
    Record,
};
use crate::limits;

/// Exchanges because of digests follow one another no faster than this for each member, since a whole
/// table goes both ways,
const PAUSE_A_MEMBER: Duration = Duration::from_millis(1);
/// nor than this, however few there are,
const LEAST_PAUSE: Duration = Duration::from_millis(100);
/// and need not be slower than this, however many,
const FULL_PAUSE: Duration = Duration::from_secs(1);
/// but where they change nothing (a member removed by hand, say) ever slower, up to this.
const MOST_PAUSE: Duration = Duration::from_secs(64);

/// The pause between two exchanges in a table of so many.
fn pause_of(members: usize) -> Duration {
    let members = u32::try_from(members).unwrap_or(u32::MAX);
    PAUSE_A_MEMBER.saturating_mul(members).clamp(LEAST_PAUSE, FULL_PAUSE)
}

/// Exchanges that this node began.
pub(super) struct Syncs {
    pub(super) under_way: BTreeMap<u64, SocketAddr>,
    token: u64,
    /// No exchange because of a digest before this moment.
    not_before: Time,
    pause: Duration,
}

impl Syncs {
    pub(super) fn new(now: Time) -> Self {
        Self { under_way: BTreeMap::new(), token: 0, not_before: now, pause: LEAST_PAUSE }
    }

    /// Names one more exchange over a stream, of whatever kind.
    pub(super) fn next_token(&mut self) -> u64 {
        self.token += 1;
        self.token
    }

    pub(super) fn any_under_way(&self) -> bool {
        !self.under_way.is_empty()
    }

    /// The table changed: exchanges that changed nothing before may change something now.
    pub(super) fn hurry(&mut self, now: Time, members: usize) {
        self.pause = pause_of(members);
        self.not_before = self.not_before.min(now + self.pause);
    }
}

/// Whether a stream brings a message, and not a table.
fn begins_with_message(mut bytes: &[u8], cluster_tag: u32) -> bool {
    let mut reader = FrameReader::new();
    let Ok(FrameStep::Frame(frame)) = reader.step(&mut bytes) else {
        return false;
    };
    let packet = Packet::decode(frame, cluster_tag, Carrier::Stream);
    packet.is_ok_and(|packet| matches!(packet.message, Message::DirectStream { .. }))
}

impl Engine {
    /// Begins an exchange with this address, unless one is under way or too many are.
    pub(super) fn sync_with(&mut self, now: Time, to: SocketAddr) {
        self.sync_up_to(now, to, limits::SYNCS);
    }

    /// As [`sync_with`](Self::sync_with), with a bound of its own: what strangers bring about leaves
    /// room for the addresses that the user named, however many of those are silent.
    pub(super) fn sync_up_to(&mut self, now: Time, to: SocketAddr, most: usize) {
        let syncs = &mut self.syncs;
        let full = syncs.under_way.len() >= most;
        if full || syncs.under_way.values().any(|other| *other == to) {
            return;
        }
        let token = syncs.next_token();
        syncs.under_way.insert(token, to);
        syncs.not_before = now + syncs.pause;
        self.stats.syncs_started += 1;
        let message = Message::SyncRequest { from: self.my_handle(), flags: 0 };
        let request = self.full_state(&message);
        self.transmits.push_back(Transmit::Stream { to, token, request });
    }

    fn full_state(&self, message: &Message) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut frames = FrameWriter::new(&mut bytes, self.cluster_tag, message, MAX_FRAME_BYTES);
        // First, so that whoever reads on knows who counts.
        for word in self.datacenters.words_of(self.settings.datacenter) {
            frames.push(&Record::Datacenter(word));
        }
        for (_, member) in self.members.iter().filter(|(_, member)| !member.lost) {
            frames.push_member(&member.record());
        }
        frames.finish();
        bytes
    }

    /// A peer's TCP exchange was read to its end; the answer to write, or none to close at once.
    pub fn serve_stream(&mut self, now: Time, from: SocketAddr, request: &[u8]) -> Option<Vec<u8>> {
        let _ = from;
        if begins_with_message(request, self.cluster_tag) {
            return self.serve_direct(now, request);
        }
        // The answer is what was known before, so that a peer does not get its own words back.
        let message = Message::SyncResponse { from: self.my_handle(), flags: 0 };
        let answer = self.full_state(&message);
        match self.take_frames(now, request, true, None) {
            Ok(_) => {
                self.stats.syncs_served += 1;
                self.established = true;
                Some(answer)
            }
            Err(error) => {
                self.count_refused(error);
                None
            }
        }
    }

    /// The exchange with this token ended.
    pub fn handle_stream(&mut self, now: Time, token: u64, answer: Result<Vec<u8>, StreamFailure>) {
        if self.direct_stream_ended(now, token, &answer) {
            return;
        }
        let Some(to) = self.syncs.under_way.remove(&token) else { return };
        // The driver counts failures, and tries seeds again.
        if let Ok(answer) = answer
            && self.take_answer(now, &answer)
        {
            self.drop_named_at(to); // whoever answers there may be advertised under another address
        }
        self.tell_of_leaving(now);
    }

    /// Takes a peer's table; whether it was one.
    fn take_answer(&mut self, now: Time, answer: &[u8]) -> bool {
        let before = self.members.digest();
        // What a node learns when it joins, everybody there knows: nothing to pass on.
        let joins = self.members.len() == 1;
        let mut listed = self.is_split().then(BTreeSet::new);
        let speaker = match self.take_frames(now, answer, !joins, listed.as_mut()) {
            Ok(speaker) => speaker,
            Err(error) => {
                self.count_refused(error);
                return false;
            }
        };
        self.stats.syncs_completed += 1;
        self.established = true;
        let changed = self.members.digest() != before;
        self.syncs.pause = if changed {
            pause_of(self.members.len())
        } else {
            (self.syncs.pause * 2).min(MOST_PAUSE)
        };
        self.syncs.not_before = now + self.syncs.pause;
        self.compare_lists(now, speaker);
        if let Some(listed) = listed {
            self.look_at_unlisted(now, &listed);
        }
        true
    }

    /// The handle of whoever sent these frames, and of whom they tell.
    fn take_frames(
        &mut self,
        now: Time,
        mut bytes: &[u8],
        spreads: bool,
        mut listed: Option<&mut BTreeSet<u32>>,
    ) -> Result<u32, DecodeError> {
        let mut reader = FrameReader::new();
        let mut hearsay = Hearsay { reply_to: None, speaker: 0, spreads };
        let mut heard = true; // nobody speaks yet
        loop {
            match reader.step(&mut bytes)? {
                FrameStep::Frame(frame) => {
                    let packet = Packet::decode(frame, self.cluster_tag, Carrier::Stream)?;
                    if let Message::SyncRequest { from, .. } | Message::SyncResponse { from, .. } =
                        packet.message
                    {
                        hearsay.speaker = from;
                        heard = self.hear_speaker(now, from);
                    }
                    for record in packet.records {
                        let record = record?;
                        if let Record::Member(member) = &record {
                            if let Some(listed) = &mut listed {
                                listed.insert(hash::handle(&member.identity));
                            }
                            self.apply_member(now, member, hearsay);
                            // Whoever comes is known by its own record.
                            heard = heard || self.hear_speaker(now, hearsay.speaker);
                        }
                        if let Record::Datacenter(word) = &record {
                            self.take_word(now, word);
                        }
                    }
                }
                FrameStep::End => return Ok(hearsay.speaker),
                FrameStep::More => {
                    reader.finish()?;
                    return Ok(hearsay.speaker);
                }
            }
        }
    }

    /// Somebody speaks over a stream; whether it is known.
    fn hear_speaker(&mut self, now: Time, speaker: u32) -> bool {
        let known = self.members.by_handle(speaker);
        if let Some(id) = known {
            self.hear_across(now, id, true);
        }
        known.is_some()
    }

    /// A peer's table as it says of itself: where it differs while nothing is on its way here, the
    /// two exchange theirs.
    pub(super) fn compare_digest(&mut self, now: Time, speaker: u32, digest: [u8; 16]) {
        if digest == self.members.digest() {
            self.syncs.pause = pause_of(self.members.len());
            return;
        }
        self.stats.digests_differing += 1;
        let member = self.members.by_handle(speaker).and_then(|id| self.members.get(id));
        let Some(address) = member.map(|member| member.address()) else {
            return;
        };
        if self.is_quiet() && now >= self.syncs.not_before {
            self.sync_with(now, address);
        }
    }
}
