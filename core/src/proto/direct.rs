//! Messages to one node: a datagram where one has room, a stream where not; repeated until they are
//! acknowledged, delivered once.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::claims::Hearsay;
use super::engine::Engine;
use super::members::{MemberId, SELF};
use super::output::{Notice, StreamFailure, Transmit};
use super::time::Time;
use super::timers::Timer;
use super::window::Window;
use super::wire::{
    Carrier, FrameReader, FrameStep, FrameWriter, MAX_FRAME_BYTES, MAX_PIECE_BYTES,
    MIN_PACKET_BYTES, Message, Packet, PacketWriter, Record,
};
use crate::api::error::{Error, ErrorCode, Result};
use crate::api::event::Event;
use crate::limits;

/// A stream that failed is tried again after this.
const STREAM_PAUSE: Duration = Duration::from_millis(500);
/// Repetitions are never farther apart than this.
const MOST_PAUSE: Duration = Duration::from_secs(1);
/// Kind, and the lengths of record and bytes, in front of each piece of a payload.
const PIECE_OVERHEAD_BYTES: usize = 5;

/// Messages of this node that are not acknowledged yet, and what was taken of each sender.
#[derive(Default)]
pub(super) struct Directs {
    sequence: u32,
    waiting: BTreeMap<u32, Sending>,
    bytes: usize,
    /// Streams under way, and whose they are.
    pub(super) streams: BTreeMap<u64, u32>,
    /// By the sender's run, which stays when it takes a later generation: what it sent that was taken,
    /// and when it was last heard.
    pub(super) taken: BTreeMap<u64, (Window, Time)>,
}

struct Sending {
    to: SocketAddr,
    bytes: Arc<[u8]>,
    ticket: u64,
    until: Time,
    pause: Duration,
}

impl Directs {
    /// Of one run of a node: it begins where no other run does, for what is late acknowledges a
    /// number, and may be meant for the process before.
    pub(super) fn of_run(run: u64) -> Self {
        // The lower half of the numbers: the upper is left to count through.
        Self { sequence: u32::try_from(run >> 33).unwrap_or(0), ..Self::default() }
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Marks a message as taken; true where it is new.
    fn take(&mut self, now: Time, sender: u64, sequence: u32) -> bool {
        if !self.taken.contains_key(&sender) && self.taken.len() >= limits::BROADCAST_ORIGINS {
            let oldest = self.taken.iter().min_by_key(|(_, (_, heard))| *heard);
            if let Some(oldest) = oldest.map(|(sender, _)| *sender) {
                self.taken.remove(&oldest);
            }
        }
        let (window, heard) = self.taken.entry(sender).or_insert_with(|| (Window::new(), now));
        *heard = now;
        window.insert(sequence)
    }
}

impl Engine {
    /// Sends a payload to one address; the outcome comes as [`Notice::Sent`] under `ticket`.
    ///
    /// # Errors
    /// `payload_too_large`; `busy` where too many wait.
    pub fn send(&mut self, now: Time, to: SocketAddr, bytes: &[u8], ticket: u64) -> Result<()> {
        if bytes.len() > limits::MESSAGE_BYTES {
            let most = limits::MESSAGE_BYTES;
            let text = format!(
                "the message has {} bytes and {most} is the most; nothing was sent",
                bytes.len()
            );
            return Err(Error::new(ErrorCode::PayloadTooLarge, text));
        }
        let directs = &mut self.directs;
        let full = directs.waiting.len() >= limits::MESSAGES_WAITING
            || directs.bytes + bytes.len() > limits::MESSAGES_WAITING_BYTES;
        if full {
            let text = format!(
                "{} messages of {} bytes wait to be acknowledged, which is as many as fit; nothing was sent",
                directs.waiting.len(),
                directs.bytes
            );
            return Err(Error::new(ErrorCode::Busy, text));
        }
        self.stats.messages_sent += 1;
        if to == self.me().address {
            self.deliver_message(SELF, bytes.into());
            self.notices.push_back(Notice::Sent { ticket, acknowledged: true });
            return Ok(());
        }
        let pause = self.timeout_of(self.members.by_address(to));
        let directs = &mut self.directs;
        directs.sequence = directs.sequence.wrapping_add(1);
        directs.bytes += bytes.len();
        let until = now + limits::MESSAGE_TIME;
        let sending = Sending { to, bytes: bytes.into(), ticket, until, pause };
        let sequence = directs.sequence;
        directs.waiting.insert(sequence, sending);
        self.direct_timer(now, sequence);
        Ok(())
    }

    /// Sends a message (again), or gives it up.
    pub(super) fn direct_timer(&mut self, now: Time, sequence: u32) {
        let Some(sending) = self.directs.waiting.get_mut(&sequence) else {
            return;
        };
        if now >= sending.until {
            self.end_direct(sequence, false);
            return;
        }
        let (to, bytes) = (sending.to, Arc::clone(&sending.bytes));
        let next = (now + sending.pause).min(sending.until);
        sending.pause = (sending.pause * 2).min(MOST_PAUSE);
        // A stream has a time limit of its own and tells of its end.
        let streams = self.directs.streams.values().any(|other| *other == sequence);
        if !streams && !self.send_direct_datagram(to, sequence, &bytes) {
            self.open_direct_stream(to, sequence, &bytes);
        }
        self.timers.arm(next, Timer::Direct(sequence));
    }

    fn handle_at(&self, address: SocketAddr) -> u32 {
        let member = self.members.by_address(address).and_then(|id| self.members.get(id));
        member.filter(|member| member.is_healthy()).map_or(0, |member| member.handle)
    }

    /// False where the payload does not fit a datagram.
    fn send_direct_datagram(&mut self, to: SocketAddr, sequence: u32, payload: &[u8]) -> bool {
        let most = self.settings.max_datagram_bytes as usize;
        let pieces = payload.len().div_ceil(MAX_PIECE_BYTES);
        if payload.len() + pieces * PIECE_OVERHEAD_BYTES + MIN_PACKET_BYTES > most {
            return false;
        }
        let message = Message::Direct { sequence, from: self.my_handle(), to: self.handle_at(to) };
        let mut bytes = Vec::with_capacity(payload.len() + 64);
        let mut packet = PacketWriter::new(&mut bytes, self.cluster_tag, &message, most);
        for piece in payload.chunks(MAX_PIECE_BYTES) {
            packet.push(&Record::Piece(piece.into()));
        }
        self.transmits.push_back(Transmit::Datagram { to, bytes });
        true
    }

    fn open_direct_stream(&mut self, to: SocketAddr, sequence: u32, payload: &[u8]) {
        let message =
            Message::DirectStream { sequence, from: self.my_handle(), to: self.handle_at(to) };
        let mut request = Vec::with_capacity(payload.len() + 256);
        let mut frames =
            FrameWriter::new(&mut request, self.cluster_tag, &message, MAX_FRAME_BYTES);
        // Whoever does not know this node yet learns who sends.
        frames.push_member(&self.me());
        for piece in payload.chunks(MAX_PIECE_BYTES) {
            frames.push(&Record::Piece(piece.into()));
        }
        frames.finish();
        let token = self.syncs.next_token();
        self.directs.streams.insert(token, sequence);
        self.transmits.push_back(Transmit::Stream { to, token, request });
    }

    fn end_direct(&mut self, sequence: u32, acknowledged: bool) {
        if let Some(sending) = self.directs.waiting.remove(&sequence) {
            self.directs.bytes -= sending.bytes.len();
            self.timers.disarm(Timer::Direct(sequence));
            self.stats.messages_failed += u64::from(!acknowledged);
            self.notices.push_back(Notice::Sent { ticket: sending.ticket, acknowledged });
        }
    }

    /// A datagram acknowledged a message; from anywhere but where it was sent it means nothing.
    pub(super) fn handle_direct_ack(&mut self, from: SocketAddr, sequence: u32) {
        if self.directs.waiting.get(&sequence).is_some_and(|sending| sending.to == from) {
            self.end_direct(sequence, true);
        }
    }

    /// The end of a stream; false where it was none of a message.
    pub(super) fn direct_stream_ended(
        &mut self,
        now: Time,
        token: u64,
        answer: &std::result::Result<Vec<u8>, StreamFailure>,
    ) -> bool {
        let Some(sequence) = self.directs.streams.remove(&token) else {
            return false;
        };
        let acknowledged = answer.as_ref().is_ok_and(|bytes| self.acknowledges(bytes, sequence));
        if acknowledged {
            self.end_direct(sequence, true);
        } else if let Some(sending) = self.directs.waiting.get(&sequence) {
            let next = (now + STREAM_PAUSE).min(sending.until);
            self.timers.arm(next, Timer::Direct(sequence));
        }
        true
    }

    fn acknowledges(&self, mut bytes: &[u8], sequence: u32) -> bool {
        let mut reader = FrameReader::new();
        let Ok(FrameStep::Frame(frame)) = reader.step(&mut bytes) else {
            return false;
        };
        let packet = Packet::decode(frame, self.cluster_tag, Carrier::Stream);
        packet.is_ok_and(|packet| {
            matches!(packet.message, Message::DirectStreamAck { sequence: its, .. } if its == sequence)
        })
    }

    /// A message came by datagram. A sender that is not known was asked who it is, and will repeat.
    pub(super) fn handle_direct(
        &mut self,
        now: Time,
        from: SocketAddr,
        sender: Option<MemberId>,
        (sequence, to): (u32, u32),
        payload: &[u8],
    ) {
        let Some(id) = sender.filter(|_| self.is_for_me(to)) else {
            return;
        };
        self.take_direct(now, id, sequence, payload);
        let ack = Message::DirectAck { sequence, from: self.my_handle() };
        self.send_message(now, from, &ack, None, false, false);
    }

    pub(super) fn is_for_me(&self, to: u32) -> bool {
        to == 0 || to == self.my_handle()
    }

    pub(super) fn take_direct(&mut self, now: Time, id: MemberId, sequence: u32, payload: &[u8]) {
        let Some(run) = self.members.get(id).map(|member| member.identity.run) else {
            return;
        };
        if self.directs.take(now, run, sequence) {
            self.deliver_message(id, payload.into());
        } else {
            self.stats.messages_duplicate += 1;
        }
    }

    fn deliver_message(&mut self, id: MemberId, bytes: Arc<[u8]>) {
        if let Some(sender) = self.node(id) {
            self.stats.messages_received += 1;
            self.tell(Event::Message { sender, bytes });
        }
    }

    /// A stream that begins with a message: the answer to write, or none where it is refused.
    pub(super) fn serve_direct(&mut self, now: Time, request: &[u8]) -> Option<Vec<u8>> {
        let (sequence, from, to, payload) = self.read_direct(now, request)?;
        let id = self.members.by_handle(from).filter(|id| *id != SELF && self.is_for_me(to))?;
        self.take_direct(now, id, sequence, &payload);
        let ack = Message::DirectStreamAck { sequence, from: self.my_handle() };
        let mut answer = Vec::new();
        FrameWriter::new(&mut answer, self.cluster_tag, &ack, MAX_FRAME_BYTES).finish();
        Some(answer)
    }

    /// Reads a whole message; counts what is refused.
    fn read_direct(&mut self, now: Time, mut bytes: &[u8]) -> Option<(u32, u32, u32, Vec<u8>)> {
        let mut reader = FrameReader::new();
        let (mut head, mut payload) = (None, Vec::new());
        while let FrameStep::Frame(frame) =
            reader.step(&mut bytes).map_err(|error| self.count_refused(error)).ok()?
        {
            let packet = Packet::decode(frame, self.cluster_tag, Carrier::Stream)
                .map_err(|error| self.count_refused(error))
                .ok()?;
            let Message::DirectStream { sequence, from, to } = packet.message else {
                return None;
            };
            head = Some((sequence, from, to));
            for record in packet.records {
                match record.map_err(|error| self.count_refused(error)).ok()? {
                    Record::Member(member) => {
                        let speaker = from;
                        let hearsay = Hearsay { reply_to: None, speaker, spreads: true };
                        self.apply_member(now, &member, hearsay);
                    }
                    Record::Piece(piece) => payload.extend_from_slice(&piece),
                    Record::Broadcast(_)
                    | Record::Digest(_)
                    | Record::Receipt { .. }
                    | Record::Beacon { .. }
                    | Record::Herald(_)
                    | Record::Ask { .. }
                    | Record::Heard { .. }
                    | Record::Have(_)
                    | Record::Want(_)
                    | Record::Datacenter(_) => {}
                }
            }
            if payload.len() > limits::MESSAGE_BYTES {
                self.stats.dropped_oversized += 1;
                return None;
            }
        }
        reader.finish().map_err(|error| self.count_refused(error)).ok()?;
        head.map(|(sequence, from, to)| (sequence, from, to, payload))
    }
}
