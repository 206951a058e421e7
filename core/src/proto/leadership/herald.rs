//! Who leads, as all hear it: the leader says it at each renewal, and everybody passes it on. This
//! is news, not evidence: whether a node leads itself, it knows by its lease alone.

use std::sync::Arc;
use std::time::Duration;

use super::super::engine::Engine;
use super::super::members::{MemberId, SELF};
use super::super::time::Time;
use super::super::wire::{Herald, NO_DATACENTER, PacketWriter, Record};
use crate::api::event::Event;

/// So many datagrams of each node carry each of the leader's words on,
const CARRIED: u8 = 2;
/// and so many a word that names another leader than before.
const CARRIED_FRESH: u8 = 12;
/// A word so old is told to whoever is pinged, who answers with a later one: of copies at random some
/// node misses each now and then.
const ASKED: Duration = Duration::from_secs(3);
/// How long beyond a lease the last word of a leader counts: the time that news take.
const LATE: Duration = Duration::from_secs(5);
/// A term beyond all others seen by more than a year of the clock is no term.
const TERM_JUMP: u64 = 16 * 366 * 24 * 3_600_000;

/// The last that was heard of a leader.
#[derive(Default)]
pub(in super::super) struct Heralds {
    last: Option<(Herald, Time)>,
    /// Datagrams that still carry it.
    carried: u8,
    /// Whether it names another leader than the one before: then it does not wait for a ping.
    fresh: bool,
    /// What the host was told: the leader's handle and its term.
    told: Option<(u32, u64)>,
    /// The term of the last leader that the host was told of.
    told_term: u64,
}

impl Heralds {
    /// The highest term that was heard of.
    pub(super) fn term(&self) -> u64 {
        self.last.map_or(0, |(herald, _)| herald.term)
    }
}

impl Engine {
    /// The leader that this node knows, and its term.
    #[must_use]
    pub fn leader(&self) -> Option<(Arc<str>, u64)> {
        let (handle, term) = self.leadership.as_ref()?.heralds.told?;
        Some((self.members.name_of(handle), term))
    }

    /// Whether somebody is heard to lead.
    pub(super) fn hears_leader(&self, now: Time) -> bool {
        self.heralded(now).is_some()
    }

    /// The leader by the last word, where that still counts and the member is there.
    fn heralded(&self, now: Time) -> Option<(MemberId, Herald)> {
        let all = self.leadership.as_ref()?;
        let (herald, heard) = all.heralds.last?;
        if herald.leader == 0 || now.since(heard) > all.timing.lease + LATE {
            return None;
        }
        let id = self.members.by_handle(herald.leader)?;
        let healthy = self.members.get(id)?.is_healthy();
        // Of itself this node knows better.
        (healthy && (id != SELF || all.standing.leading.is_some())).then_some((id, herald))
    }

    /// This node leads, or leads on.
    pub(super) fn herald_tenure(&mut self, now: Time, term: u64) {
        let leader = self.my_handle();
        self.herald_own(now, term, leader);
    }

    /// This node leads no more.
    pub(super) fn herald_end(&mut self, now: Time, term: u64) {
        self.herald_own(now, term, 0);
    }

    fn herald_own(&mut self, now: Time, term: u64, leader: u32) {
        let Some(all) = &mut self.leadership else { return };
        let last = all.heralds.last.map(|(herald, _)| herald).filter(|last| last.term == term);
        let sequence = last.map_or(0, |last| last.sequence).saturating_add(1);
        let herald = Herald { scope: all.scope, term, sequence, leader };
        self.take_herald(now, herald);
    }

    fn take_herald(&mut self, now: Time, herald: Herald) {
        let Some(all) = &mut self.leadership else { return };
        let before = all.heralds.last.map(|(last, _)| (last.term, last.leader));
        all.heralds.fresh |= before != Some((herald.term, herald.leader));
        all.heralds.last = Some((herald, now));
        let fresh = all.heralds.fresh;
        let most = if fresh { CARRIED_FRESH } else { CARRIED };
        all.heralds.carried = most;
        self.follow(now);
        if fresh {
            self.news(now);
        }
    }

    /// What another node says of a leader.
    pub(in super::super) fn hear_herald(&mut self, now: Time, herald: Herald) {
        let wall = self.wall_millis(now).saturating_mul(16);
        let Some(all) = &self.leadership else { return };
        let known = all.heralds.last.map_or((0, 0), |(last, _)| (last.term, last.sequence));
        let most = wall.max(known.0).saturating_add(TERM_JUMP);
        let newer = (herald.term, herald.sequence) > known;
        if herald.scope != all.scope || herald.term > most {
            return;
        }
        if !newer {
            self.answer_herald((herald.term, herald.sequence) < known);
            return;
        }
        // The own loss comes before any word of the next leader.
        self.check_tenure(now);
        self.take_herald(now, herald);
        self.hear_own_words(now);
        self.plan_election(now);
    }

    /// Whoever tells an earlier word gets the last one with the answer.
    fn answer_herald(&mut self, earlier: bool) {
        let Some(all) = self.leadership.as_mut().filter(|_| earlier) else { return };
        all.heralds.carried = all.heralds.carried.max(1);
    }

    /// Tells the host where the leader is another than before.
    pub(in super::super) fn follow(&mut self, now: Time) {
        let leader = self.heralded(now).map(|(id, herald)| (id, (herald.leader, herald.term)));
        let Some(all) = &mut self.leadership else { return };
        let told = leader.map(|(_, told)| told);
        if all.heralds.told == told {
            return;
        }
        let before = std::mem::replace(&mut all.heralds.told, told);
        let term = told.map_or(all.heralds.told_term, |(_, term)| term);
        all.heralds.told_term = term;
        let scope = (all.scope != NO_DATACENTER).then_some(all.scope);
        if let Some(id) = before.and_then(|(handle, _)| self.members.by_handle(handle)) {
            self.members.update(id, |member| member.is_leader = false);
        }
        let leader = leader.and_then(|(id, _)| {
            self.members.update(id, |member| member.is_leader = true);
            self.node(id)
        });
        if let Some(node) = &leader {
            self.note_successor(&node.name);
        }
        self.tell(Event::Leader { leader, term, scope });
    }

    /// Whether datagrams should go out for its sake.
    pub(in super::super) fn herald_waits(&self) -> bool {
        let heralds = self.leadership.as_ref().map(|all| &all.heralds);
        heralds.is_some_and(|heralds| heralds.fresh && heralds.carried > 0)
    }

    /// Adds the last word to a datagram to a member of that datacenter, as long as it is news, and
    /// where it is so old that a later one must have been missed.
    pub(in super::super) fn write_herald(
        &mut self,
        now: Time,
        datacenter: u8,
        packet: &mut PacketWriter<'_>,
    ) {
        let Some(all) = &mut self.leadership else { return };
        let Some((herald, heard)) = all.heralds.last else { return };
        let age = now.since(heard);
        let asks = herald.leader != 0 && age > ASKED && age <= all.timing.lease + LATE;
        let concerns = all.scope == NO_DATACENTER || all.scope == datacenter;
        let goes = concerns && (all.heralds.carried > 0 || asks);
        if goes && packet.push(&Record::Herald(herald)) {
            all.heralds.carried = all.heralds.carried.saturating_sub(1);
            all.heralds.fresh &= all.heralds.carried > 0;
        }
    }
}
