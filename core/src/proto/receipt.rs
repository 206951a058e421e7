//! Receipts: a broadcast whose origin wants to know who has it. Each receiver says so to the
//! origin; whoever does not is sent the broadcast again, straight.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::engine::Engine;
use super::members::{MemberId, SELF};
use super::output::Notice;
use super::time::Time;
use super::timers::Timer;
use super::wire::{BroadcastRecord, Record};
use crate::api::error::{Error, ErrorCode, Result};
use crate::api::node::Node;
use crate::limits;

/// Gossip has so long before the first member is written to straight, and so long between two such
/// rounds.
const ROUND: Duration = Duration::from_millis(400);
/// Members that are written to in one round.
const STRAIGHT: usize = 64;

/// Broadcasts of this node whose receipts have not all come.
#[derive(Default)]
pub(super) struct Receipts {
    awaited: BTreeMap<u32, Awaited>,
}

struct Awaited {
    ticket: u64,
    until: Time,
    record: BroadcastRecord,
    /// By handle, so that a new run of a name is not taken for the old one.
    missing: BTreeMap<u32, Arc<Node>>,
    confirmed: BTreeMap<u32, Arc<Node>>,
}

impl Engine {
    /// As [`broadcast`](Self::broadcast); who confirmed within `timeout`, and who did not, comes as
    /// [`Notice::Receipt`] under `ticket`.
    ///
    /// # Errors
    /// As `broadcast`; `busy` where too many receipts are awaited.
    pub fn broadcast_with_receipt(
        &mut self,
        now: Time,
        bytes: &[u8],
        ticket: u64,
        timeout: Duration,
    ) -> Result<u32> {
        if self.receipts.awaited.len() >= limits::RECEIPTS {
            let text = format!("{} receipts are awaited, which is the limit", limits::RECEIPTS);
            return Err(Error::new(ErrorCode::Busy, text));
        }
        let (index, record) = self.begin_broadcast(now, bytes, true)?;
        let others: Vec<_> = self.members.healthy_others().map(|(id, m)| (id, m.handle)).collect();
        let node = |(id, handle): (MemberId, u32)| Some((handle, self.node(id)?));
        let missing = others.into_iter().filter_map(node).collect();
        let until = now + timeout;
        let awaited = Awaited { ticket, until, record, missing, confirmed: BTreeMap::new() };
        self.receipts.awaited.insert(index, awaited);
        self.timers.arm((now + ROUND).min(until), Timer::Receipt(index));
        self.look_at_receipt(now, index);
        Ok(index)
    }

    /// A round: whoever is still missing and alive is sent the broadcast straight.
    pub(super) fn receipt_timer(&mut self, now: Time, index: u32) {
        self.look_at_receipt(now, index);
        let Some(awaited) = self.receipts.awaited.get(&index) else {
            return;
        };
        let handles = awaited.missing.keys();
        let members =
            handles.filter_map(|handle| self.members.get(self.members.by_handle(*handle)?));
        let healthy = members.filter(|member| member.is_healthy());
        let mut targets: Vec<_> = healthy.map(|member| member.address()).collect();
        let (record, until) = (awaited.record.clone(), awaited.until);
        self.shuffle(&mut targets);
        for to in targets.into_iter().take(STRAIGHT) {
            self.send_records(to, [Record::Broadcast(record.clone())]);
        }
        self.timers.arm((now + ROUND).min(until), Timer::Receipt(index));
    }

    /// A member has one of this node's broadcasts.
    pub(super) fn take_receipt(&mut self, now: Time, speaker: u32, origin: u32, index: u32) {
        if origin != self.my_handle() {
            return; // of an earlier run
        }
        if let Some(awaited) = self.receipts.awaited.get_mut(&index)
            && let Some(node) = awaited.missing.remove(&speaker)
        {
            awaited.confirmed.insert(speaker, node);
            self.look_at_receipt(now, index);
        }
    }

    /// Ends the wait where nobody is left to confirm, or time is up.
    fn look_at_receipt(&mut self, now: Time, index: u32) {
        let alive = |handle: &u32| {
            let member = self.members.by_handle(*handle).and_then(|id| self.members.get(id));
            member.is_some_and(super::members::Member::is_healthy)
        };
        let Some(awaited) = self.receipts.awaited.get(&index) else {
            return;
        };
        if now < awaited.until && awaited.missing.keys().any(alive) {
            return;
        }
        let Some(ended) = self.receipts.awaited.remove(&index) else {
            return;
        };
        // As they are now; of who is gone from the table, as it was then.
        let now_known = |(handle, then): (&u32, &Arc<Node>)| {
            let node = self.members.by_handle(*handle).and_then(|id| self.node(id));
            node.unwrap_or_else(|| Arc::clone(then))
        };
        let nodes = |members: &BTreeMap<u32, Arc<Node>>| -> Vec<Arc<Node>> {
            let mut nodes: Vec<_> = members.iter().map(now_known).collect();
            nodes.sort_by(|one, other| one.name.cmp(&other.name));
            nodes
        };
        let (confirmed, missing) = (nodes(&ended.confirmed), nodes(&ended.missing));
        self.notices.push_back(Notice::Receipt { ticket: ended.ticket, index, confirmed, missing });
    }

    /// Tells the origin that this node has its broadcast: at the table's address alone, so that
    /// nobody can make a cluster write to a stranger.
    pub(super) fn confirm(&mut self, from: SocketAddr, record: &BroadcastRecord, known: bool) {
        let id = self.members.by_name(&record.origin.name).filter(|id| *id != SELF);
        let origin = id.and_then(|id: MemberId| self.members.get(id));
        let origin = origin.filter(|member| member.identity == record.origin);
        let Some((to, handle)) = origin.map(|member| (member.address(), member.handle)) else {
            return;
        };
        // A copy that others passed on asks for nothing; one from the origin itself does.
        if !known || from == to {
            self.send_records(to, [Record::Receipt { origin: handle, index: record.index }]);
        }
    }
}
