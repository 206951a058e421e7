//! Answers: what an ACK, a NACK or a request for help brings about (SWIM, section 3.1).

use std::net::SocketAddr;
use std::time::Duration;

use super::claims::Hearsay;
use super::engine::Engine;
use super::members::{MemberId, SELF};
use super::output::Notice;
use super::probe::{Late, Probe, Purpose};
use super::time::Time;
use super::timers::Timer;
use super::wire::{Message, Status};
use crate::api::error::{Error, ErrorCode, Result};
use crate::limits;

impl Engine {
    pub(super) fn handle_nack(&mut self, sequence: u32, helper: u32) {
        self.stats.nacks_received += 1;
        if let Some(probe) = self.probing.waiting.get_mut(sequence) {
            probe.nacks += 1;
            if let Some(place) = probe.asked.iter().position(|asked| *asked == helper) {
                probe.nacked |= 1 << place;
            }
        }
    }

    /// Answers to the datagram's source; only a member gets more than the bare answer, so that
    /// nobody can make this node send a third party more than it sent itself.
    pub(super) fn answer_ping(
        &mut self,
        now: Time,
        from: SocketAddr,
        sequence: u32,
        to: u32,
        member: Option<MemberId>,
    ) {
        if to != 0 && to != self.my_handle() {
            self.send_news(now, from, SELF); // an earlier run was meant: it is told of this one
            return;
        }
        let incarnation = self.members.get(SELF).map_or(0, |me| me.incarnation);
        let message = Message::Ack { sequence, from: self.my_handle(), incarnation };
        // Handles are no secret: only a member that writes from its own address gets more than it
        // sent. Whoever is held for suspected or dead learns of it with every word from here, and
        // all learn of a leave.
        let known = |id: &MemberId| self.members.get(*id).is_some_and(|m| m.is_at(from));
        let member = member.filter(known);
        let first = match (member, self.leaving.is_some()) {
            (Some(_), true) => Some(SELF),
            (member, _) => member.filter(|id| self.is_accused(*id)),
        };
        self.send_message(now, from, &message, first, false, member.is_some());
    }

    pub(super) fn handle_ack(
        &mut self,
        now: Time,
        from: SocketAddr,
        sequence: u32,
        handle: u32,
        incarnation: u32,
    ) {
        let Some(probe) = self.probing.waiting.get(sequence).copied() else {
            self.handle_late_ack(now, from, sequence, handle);
            return;
        };
        if probe.handle != 0 && probe.handle != handle {
            return;
        }
        self.probing.waiting.remove(sequence);
        self.timers.disarm(Timer::Probe(sequence));
        self.timers.disarm(Timer::Nack(sequence));
        self.stats.acks_received += 1;
        let round_trip = now.since(probe.sent);
        if let Purpose::Help { requester, sequence, .. } = probe.purpose {
            let message = Message::Ack { sequence, from: handle, incarnation };
            self.ride_heard();
            self.send_message(now, requester, &message, None, false, false);
            return;
        }
        self.drop_probes_before(probe.handle, probe.sent);
        if let Some(id) = probe.target {
            self.note_answer(now, id, handle, (from == probe.address).then_some(round_trip));
            self.note_way(now, id, &probe, from);
            self.take_incarnation(now, id, handle, incarnation);
        }
        match probe.purpose {
            Purpose::Detect => self.awareness.better(),
            Purpose::Leave => self.leave_heard(handle),
            Purpose::User { ticket, .. } => {
                let millis = Some(round_trip.as_secs_f64() * 1000.0);
                self.notices.push_back(Notice::Pong { ticket, millis });
            }
            Purpose::Across
            | Purpose::Corroborate
            | Purpose::Revive
            | Purpose::Link
            | Purpose::Help { .. } => {}
        }
    }

    /// A member answered, itself or (then without a time) through a helper.
    fn note_answer(&mut self, now: Time, id: MemberId, handle: u32, round_trip: Option<Duration>) {
        let wall = self.wall_millis(now);
        let datacenter = self.members.get(id).filter(|member| member.handle == handle);
        let Some(datacenter) = datacenter.map(|member| member.datacenter) else {
            return;
        };
        self.members.update(id, |member| {
            member.heard = now;
            member.timestamp_millis = wall;
            member.timeouts = 0;
            if let Some(time) = round_trip {
                member.note_ping(Some(time));
            }
        });
        if let Some(time) = round_trip {
            self.history_of(datacenter).record(time);
        }
        self.hear_across(now, id, true);
    }

    /// An answer carries the member's own incarnation: a higher one than known is its own claim.
    fn take_incarnation(&mut self, now: Time, id: MemberId, handle: u32, incarnation: u32) {
        let Some(member) = self.members.get(id) else {
            return;
        };
        if member.handle != handle
            || member.incarnation >= incarnation
            || member.status == Status::Left
        {
            return;
        }
        let mut record = member.record();
        record.status = Status::Alive;
        record.incarnation = incarnation;
        record.source = 0;
        let hearsay = Hearsay { reply_to: None, speaker: handle, spreads: true };
        self.apply_member(now, &record, hearsay);
    }

    /// Keeps a ping that was given up, for its late answer; where there are too many the oldest goes.
    pub(super) fn keep_late(&mut self, sequence: u32, target: MemberId, probe: &Probe) {
        let most = self.most_probes();
        while self.probing.late.len() >= most && self.probing.late.pop_first().is_some() {}
        let late = Late { target, handle: probe.handle, sent: probe.sent };
        self.probing.late.insert(sequence, late);
    }

    fn handle_late_ack(&mut self, now: Time, from: SocketAddr, sequence: u32, handle: u32) {
        let Some(late) = self.probing.late.remove(sequence) else {
            return;
        };
        if late.handle != handle {
            return;
        }
        self.stats.acks_late += 1;
        self.note_answer(now, late.target, handle, Some(now.since(late.sent)));
        if self.is_direct(late.target, from) {
            self.link_answered(now, late.target);
        }
    }

    /// Pings `target` for another member.
    pub(super) fn help_ping(
        &mut self,
        now: Time,
        purpose: Purpose,
        handle: u32,
        target: SocketAddr,
    ) {
        // Only known targets: nobody can aim this node at a stranger.
        let Some(id) = self.members.by_address(target) else {
            return;
        };
        let known = self.probing.waiting.values().any(|probe| probe.purpose == purpose);
        if known || self.probing.waiting.len() >= limits::PROBES_WAITING {
            return;
        }
        self.stats.indirect_probes_served += 1;
        let timeout = self.timeout_of(Some(id));
        self.begin_probe(now, Some(id), handle, target, timeout, purpose);
        // By the plain timeout: the requester does not wait longer because this node distrusts
        // itself, or knows the target for slow.
        let plain = Duration::from_millis(u64::from(self.settings.min_ping_time_millis));
        let at = now + plain.min(timeout).mul_f64(0.8);
        self.timers.arm(at, Timer::Nack(self.probing.sequence));
    }

    pub(super) fn nack_timer(&mut self, now: Time, sequence: u32) {
        let Some(probe) = self.probing.waiting.get(sequence) else {
            return;
        };
        if let Purpose::Help { requester, sequence, .. } = probe.purpose {
            let message = Message::Nack { sequence, from: self.my_handle() };
            self.send_message(now, requester, &message, None, false, false);
        }
    }

    /// Pings a member, or an address of none; the outcome comes as [`Notice::Pong`] within
    /// `timeout`.
    ///
    /// # Errors
    /// `busy` where too many pings wait.
    pub fn ping(
        &mut self,
        now: Time,
        to: SocketAddr,
        ticket: u64,
        timeout: Duration,
    ) -> Result<()> {
        if self.probing.waiting.len() >= limits::PROBES_WAITING {
            let text =
                format!("{} pings wait for answers, which is the limit", limits::PROBES_WAITING);
            return Err(Error::new(ErrorCode::Busy, text));
        }
        let id = self.members.by_address(to).filter(|id| *id != SELF);
        let purpose = Purpose::User { ticket, until: now + timeout };
        let repeat_after = self.timeout_of(id).min(timeout);
        self.begin_probe(now, id, 0, to, repeat_after, purpose);
        Ok(())
    }
}
