//! Broadcasts: short payloads that reach every other healthy member at most once.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::engine::Engine;
use super::members::{Member, SELF};
use super::repair::Kept;
use super::spread::Spread;
use super::time::Time;
use super::window::Window;
use super::wire::{
    BroadcastRecord, Identity, MemberRecord, PacketWriter, Status, broadcast_record_len,
};
use crate::api::error::{Error, ErrorCode, Result};
use crate::api::event::Event;
use crate::api::label::Label;
use crate::limits;

/// No message in front of a record is longer.
const MESSAGE_BYTES: usize = super::wire::MIN_PACKET_BYTES;

/// Broadcasts on their way, and what was seen of each origin.
#[derive(Default)]
pub(super) struct Broadcasts {
    spread: Spread<u64>,
    /// Those that still go to other datacenters.
    across: Spread<u64>,
    payloads: BTreeMap<u64, BroadcastRecord>,
    bytes: usize,
    serial: u64,
    index: u32,
    /// By origin: what was seen, and when it was last heard.
    windows: BTreeMap<Identity, (Window, Time)>,
    pub(super) kept: Kept,
}

impl Broadcasts {
    pub(super) fn waiting(&self) -> usize {
        self.payloads.len()
    }

    /// Those that are still passed on inside the datacenter,
    pub(super) fn near(&self) -> usize {
        self.spread.len()
    }

    /// and across.
    pub(super) fn across(&self) -> usize {
        self.across.len()
    }

    pub(super) fn origins(&self) -> usize {
        self.windows.len()
    }

    fn is_full(&self, more: usize) -> bool {
        self.payloads.len() >= limits::BROADCAST_QUEUE
            || self.bytes + more > limits::BROADCAST_QUEUE_BYTES
    }

    fn pass_on(&mut self, now: Time, record: BroadcastRecord, (near, far): (u16, u16)) {
        self.kept.keep(now, &record);
        if near == 0 && far == 0 {
            return;
        }
        self.serial += 1;
        self.bytes += record.bytes.len();
        self.payloads.insert(self.serial, record);
        self.spread.begin(self.serial, near);
        self.across.begin(self.serial, far);
    }

    /// Gives up what is on its way inside the datacenter,
    pub(super) fn clear(&mut self) {
        self.spread.clear();
        self.drop_done();
    }

    /// and what is on its way across.
    pub(super) fn clear_across(&mut self) {
        self.across.clear();
        self.drop_done();
    }

    fn drop_done(&mut self) {
        let (spread, across) = (&self.spread, &self.across);
        self.payloads.retain(|key, _| spread.left(key) > 0 || across.left(key) > 0);
        self.bytes = self.payloads.values().map(|record| record.bytes.len()).sum();
    }

    /// Fills what is left of a packet, and counts what went out.
    pub(super) fn write(&mut self, packet: &mut PacketWriter<'_>, far: bool) {
        let mut sent = Vec::new();
        let (spread, other) = match far {
            false => (&mut self.spread, &self.across),
            true => (&mut self.across, &self.spread),
        };
        for key in spread.keys() {
            if let Some(record) = self.payloads.get(key)
                && packet.push_broadcast(record)
            {
                sent.push(*key);
            }
        }
        for key in sent {
            if spread.sent(&key)
                && other.left(&key) == 0
                && let Some(done) = self.payloads.remove(&key)
            {
                self.bytes -= done.bytes.len();
            }
        }
    }

    pub(super) fn has_seen(&self, origin: &Identity, index: u32) -> bool {
        self.windows.get(origin).is_some_and(|(window, _)| window.has(index))
    }

    /// Marks a broadcast as seen; true where it is new.
    fn see(&mut self, now: Time, origin: &Identity, index: u32) -> bool {
        if let Some((window, heard)) = self.windows.get_mut(origin) {
            *heard = now;
            return window.insert(index);
        }
        if self.windows.len() >= limits::BROADCAST_ORIGINS {
            let oldest = self.windows.iter().min_by_key(|(_, (_, heard))| *heard);
            if let Some(oldest) = oldest.map(|(origin, _)| origin.clone()) {
                self.windows.remove(&oldest);
            }
        }
        let mut window = Window::new();
        window.insert(index);
        self.windows.insert(origin.clone(), (window, now));
        true
    }
}

impl Engine {
    /// Begins a broadcast and returns its index.
    ///
    /// # Errors
    /// `payload_too_large`, `busy` where the queue is full; nothing was sent.
    pub fn broadcast(&mut self, now: Time, bytes: &[u8]) -> Result<u32> {
        self.begin_broadcast(now, bytes, false).map(|(index, _)| index)
    }

    pub(super) fn begin_broadcast(
        &mut self,
        now: Time,
        bytes: &[u8],
        receipt: bool,
    ) -> Result<(u32, BroadcastRecord)> {
        let most = self.settings.max_broadcast_bytes as usize;
        if bytes.len() > most {
            return Err(Error::new(
                ErrorCode::PayloadTooLarge,
                format!(
                    "the payload has {} bytes and max_broadcast_bytes is {most}; nothing was sent",
                    bytes.len()
                ),
            ));
        }
        if self.broadcasts.is_full(bytes.len()) {
            return Err(Error::new(
                ErrorCode::Busy,
                format!(
                    "{} broadcasts are on their way, which is as many as fit; nothing was sent",
                    self.broadcasts.waiting()
                ),
            ));
        }
        self.broadcasts.index = self.broadcasts.index.wrapping_add(1);
        let index = self.broadcasts.index;
        let me = self.me();
        self.stats.broadcasts_sent += 1;
        let (origin, address) = (me.identity, me.address);
        let record = BroadcastRecord { origin, address, index, receipt, bytes: bytes.into() };
        if self.members.healthy_others().next().is_some() {
            let times = (self.near_times(), self.far_times(self.settings.datacenter));
            self.broadcasts.pass_on(now, record.clone(), times);
            self.news(now);
        }
        Ok((index, record))
    }

    /// A broadcast arrived: delivered once, passed on once delivered.
    pub(super) fn receive_broadcast(
        &mut self,
        now: Time,
        from: SocketAddr,
        record: BroadcastRecord,
    ) {
        let me = self.me();
        let own = record.origin.name == me.identity.name && record.origin.run == me.identity.run;
        let known = own || !self.broadcasts.see(now, &record.origin, record.index);
        if record.receipt && !own {
            self.confirm(from, &record, known);
        }
        if known {
            self.stats.broadcasts_duplicate += 1;
            return;
        }
        self.stats.broadcasts_received += 1;
        let known = self.members.by_name(&record.origin.name).filter(|id| *id != SELF);
        let origin = match known.and_then(|id| self.node(id)) {
            Some(node) => node,
            None => std::sync::Arc::new(self.unknown_origin(now, &record)),
        };
        let home = origin.datacenter;
        let label = Label::new(record.address, record.index);
        let bytes = std::sync::Arc::clone(&record.bytes);
        self.tell(Event::Broadcast { origin, index: record.index, label, bytes });
        // What fits no datagram of this node's would wait for ever.
        let room = (self.settings.max_datagram_bytes as usize).saturating_sub(MESSAGE_BYTES);
        let fits = broadcast_record_len(&record).is_some_and(|length| length <= room);
        if !fits || self.broadcasts.is_full(record.bytes.len()) {
            self.stats.broadcasts_refused += 1;
            return;
        }
        self.broadcasts.pass_on(now, record, (self.near_times(), self.far_times(home)));
        self.news(now);
    }

    /// A snapshot of an origin that is not in the table: its broadcast came before the word of it.
    fn unknown_origin(&self, now: Time, record: &BroadcastRecord) -> crate::api::node::Node {
        let claim = MemberRecord::bare(record.origin.clone(), record.address, Status::Unknown);
        let member = Member::of(&claim, now, self.wall_millis(now));
        super::members::snapshot_of(&member, 0)
    }
}
