//! Suspicion from its beginning to refutation or death, and the guards that keep a node from
//! judging others by its own trouble.

use std::time::Duration;

use super::engine::Engine;
use super::hash;
use super::members::{MemberId, SELF, public_status};
use super::probe::{Probe, Purpose};
use super::suspicion::{LONGEST, Suspicion, patience};
use super::time::Time;
use super::timers::Timer;
use super::wire::{Evidence, MemberRecord, Status, WitnessSet};
use crate::api::error::{Error, ErrorCode, Result};
use crate::api::node::NodeStatus;
use crate::api::validity::Hint;

/// Silence of everybody else from which on a node holds itself for the deaf one, at least.
const DEAF: Duration = Duration::from_secs(1);
/// How soon a verdict that was put off is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// So long before a verdict the suspect is told of it,
const LAST_CALL: Duration = Duration::from_millis(300);
/// and so often,
const CALL_PAUSE: Duration = Duration::from_millis(40);
/// and in the end by each observer for itself, for an answer of its own.
const OWN_CALL: Duration = Duration::from_millis(80);
/// So many living members are asked to look for themselves when somebody is suspected.
const CORROBORATORS: usize = 5;
/// and so many times that many more while witnesses lack.
const ESCALATIONS: u32 = 8;

impl Engine {
    /// A probe of this node's own found nobody.
    pub(super) fn suspect(&mut self, now: Time, id: MemberId, evidence: Evidence) {
        let me = self.my_handle();
        let witnesses = WitnessSet::from_iter([(me, evidence)]);
        let was_alive = self.members.get(id).is_some_and(|member| member.status == Status::Alive);
        if was_alive {
            self.stats.suspicions_raised += 1;
        }
        self.hold_suspicion(now, id, witnesses, me);
        let failed = |member: &mut super::members::Member| {
            if let Some(held) = member.held_mut() {
                held.own_failed = true;
            }
        };
        self.members.update(id, failed);
        self.suspicion_timer(now, id);
    }

    /// A probe failed and nobody else was heard either: this node is cut off, or the last one left.
    /// Beyond a moment's silence it suspects all the same, for itself alone; the verdict waits for
    /// the longest patience.
    pub(super) fn suspect_in_silence(&mut self, now: Time, id: MemberId) {
        let Some(member) = self.members.get(id) else { return };
        let incarnation = member.incarnation;
        if member.status != Status::Alive
            || now.since(self.heard_other_than(id)) <= self.deaf_after() * 2
        {
            return;
        }
        self.stats.suspicions_raised += 1;
        let me = self.my_handle();
        let deadline = now + LONGEST;
        self.set_status(now, id, Status::Suspected, incarnation, me);
        self.note_witnesses(now, id, &WitnessSet::from_iter([(me, Evidence::Silent)]), me);
        let held = Suspicion {
            since: now,
            witnesses: WitnessSet::from_iter([(me, Evidence::Silent)]),
            own_failed: true,
            deadline,
            private: true,
            claimed: false,
        };
        self.members.update(id, |member| member.rare().suspicion = Some(held));
        self.timers.arm(deadline, Timer::Suspicion(id));
        self.tell_status(id, NodeStatus::Alive);
    }

    /// Somebody is heard again after silence: what failed in it counts for nothing, and nobody is
    /// judged until the others had time to speak.
    pub(super) fn hear_again(&mut self, now: Time) {
        self.begin_again(now);
        self.distrust_until = self.distrust_until.max(now + self.settings.suspicion_floor());
        let private = |held: Suspicion| held.private;
        let withdrawn: Vec<_> = self
            .members
            .healthy_others()
            .filter(|(_, member)| member.held().is_some_and(private))
            .map(|(id, member)| (id, member.incarnation))
            .collect();
        for (id, incarnation) in withdrawn {
            self.set_status(now, id, Status::Alive, incarnation, 0);
            self.tell_status(id, NodeStatus::Suspected);
            self.probe_soon(id);
        }
    }

    /// What was asked in silence is asked once more. Once: where most others are dead there is silence
    /// again and again, and a probe that always began anew would never find that out.
    fn begin_again(&mut self, now: Time) {
        self.links.restart();
        let first = |probe: &Probe| probe.purpose.judges() && !probe.again;
        let open = self.probing.waiting.values().filter(|probe| first(probe));
        let open: Vec<_> = open.copied().collect();
        self.drop_probes(first);
        for probe in open {
            let sequence = self.probing.sequence.wrapping_add(1);
            self.probing.sequence = sequence;
            let probe = Probe {
                sent: now,
                repeats: 0,
                helpers: 0,
                nacks: 0,
                asked: Default::default(),
                nacked: 0,
                evidence: Evidence::Silent,
                hint: Hint::None,
                again: true,
                ..probe
            };
            self.probing.waiting.insert(sequence, probe);
            // By timer: one datagram that is heard brings about few of this node's own.
            self.timers.arm(now, Timer::Probe(sequence));
        }
    }

    /// With rare heartbeats silence means less.
    fn deaf_after(&self) -> Duration {
        DEAF.max(Duration::from_millis(u64::from(self.settings.heartbeat_millis)) * 2)
    }

    /// Whether nobody at all was heard for a while.
    pub(super) fn is_deaf(&self, now: Time) -> bool {
        self.is_deaf_but_for(now, SELF)
    }

    fn is_deaf_but_for(&self, now: Time, id: MemberId) -> bool {
        now.since(self.heard_other_than(id)) > self.deaf_after()
    }

    /// Others suspect a member.
    pub(super) fn join_suspicion(
        &mut self,
        now: Time,
        id: MemberId,
        witnesses: WitnessSet,
        source: u32,
    ) {
        let was_alive = self.members.get(id).is_some_and(|member| member.status == Status::Alive);
        if was_alive {
            self.stats.suspicions_learned += 1;
        }
        self.hold_suspicion(now, id, witnesses, source);
        if was_alive {
            self.plan_corroboration(now, id);
        }
    }

    /// The five lowest ranks look for themselves at once, the next five after two timeouts if
    /// witnesses still lack, and so on.
    fn plan_corroboration(&mut self, now: Time, id: MemberId) {
        let Some(rank) = self.corroborator_rank(id) else {
            return;
        };
        let round = u32::try_from(rank / CORROBORATORS).unwrap_or(u32::MAX);
        match round {
            0 => self.probe(now, id, Purpose::Corroborate),
            1..=ESCALATIONS => {
                let at = now + self.timeout_of(Some(id)) * 2 * round;
                self.timers.arm(at, Timer::Corroborate(id));
            }
            _ => {}
        }
    }

    pub(super) fn corroborate_timer(&mut self, now: Time, id: MemberId) {
        let suspected = self.members.get(id).filter(|member| member.status == Status::Suspected);
        let held = suspected.and_then(|member| member.held());
        let wanted = self.wanted(id) + 1;
        let judges = self.judges(id);
        let asks = |held: Suspicion| match held.own_failed {
            true => !judges, // it asks on until others have judged
            false => held.witnesses.len() < wanted,
        };
        if held.is_some_and(asks) {
            self.probe(now, id, Purpose::Corroborate);
        }
    }

    /// Merges witnesses into the suspicion of a member; what grew is news.
    fn hold_suspicion(&mut self, now: Time, id: MemberId, witnesses: WitnessSet, source: u32) {
        let Some(member) = self.members.get(id) else {
            return;
        };
        let before = public_status(member.status);
        let incarnation = member.incarnation;
        let mut held = match (member.status, member.held()) {
            (Status::Alive, _) => Suspicion {
                since: now,
                witnesses: WitnessSet::new(),
                own_failed: false,
                deadline: Time::NEVER,
                private: false,
                claimed: false,
            },
            (Status::Suspected, Some(held)) => held,
            (Status::Suspected | Status::Unknown | Status::Dead | Status::Left, _) => return,
        };
        let grew = held.witnesses.merge(&witnesses);
        held.private = false;
        if before == NodeStatus::Alive {
            self.set_status(now, id, Status::Suspected, incarnation, source);
        }
        self.note_witnesses(now, id, &witnesses, source);
        if before != NodeStatus::Alive && !grew {
            return;
        }
        let deadline = (held.since + self.patience_for(id, &held, 1) - LAST_CALL).max(held.since);
        if deadline < held.deadline {
            held.deadline = deadline;
            self.timers.arm(deadline.max(now), Timer::Suspicion(id));
        }
        self.members.update(id, |member| member.rare().suspicion = Some(held));
        self.tell_status(id, before);
        self.pass_on(now, id);
    }

    fn patience_for(&self, id: MemberId, held: &Suspicion, health_factor: u32) -> Duration {
        let wanted = self.wanted(id);
        let gone = held.witnesses.count(Evidence::Gone);
        let hung = held.witnesses.count(Evidence::Hung);
        if gone > wanted && hung == 0 {
            // The process is dead by the word of its own host's kernel, to enough witnesses that no
            // forged answer kills: only a refutation that is on its way is waited for.
            return self.settings.refutation_floor() * health_factor;
        }
        if hung > 0 && gone == 0 {
            return self.settings.hung_patience();
        }
        let confirmations = held.witnesses.len().saturating_sub(1).min(wanted);
        let floor = self.settings.suspicion_floor();
        patience(confirmations, wanted, floor, LONGEST, health_factor)
    }

    /// When it is this node's turn to look for itself: its place by the hashes over suspect and
    /// observer, so that every node finds the same order without asking.
    fn corroborator_rank(&self, id: MemberId) -> Option<usize> {
        let suspect = self.members.get(id).filter(|_| self.judges(id))?;
        if self.far_of(id).is_some() {
            return Some(self.far_rank(suspect));
        }
        let rank = |observer: u32| {
            let mut key = [0; 12];
            let parts = suspect.handle.to_le_bytes().into_iter();
            let parts =
                parts.chain(suspect.incarnation.to_le_bytes()).chain(observer.to_le_bytes());
            key.iter_mut().zip(parts).for_each(|(byte, part)| *byte = part);
            hash::score(&key, &suspect.identity.name)
        };
        let mine = rank(self.my_handle());
        let others = self.near_others().filter(|(other, _)| *other != id);
        Some(others.filter(|(_, other)| rank(other.handle) < mine).count())
    }

    /// DEAD from others: taken where this node suspects long enough itself, verified otherwise.
    pub(super) fn apply_death(&mut self, now: Time, id: MemberId, record: &MemberRecord) {
        let Some(member) = self.members.get(id) else {
            return;
        };
        let before = public_status(member.status);
        let held = match member.status {
            Status::Dead => {
                self.members.update(id, |member| member.lost = false); // it died alone meanwhile
                return;
            }
            Status::Left | Status::Unknown => return,
            Status::Alive => None,
            Status::Suspected => member.held(),
        };
        let incarnation = record.incarnation.max(member.incarnation);
        if held.is_some_and(|held| {
            now.since(held.since) * 2 >= self.patience_for(id, &held, self.awareness.factor())
        }) {
            self.stats.deaths_learned += 1;
            self.set_status(now, id, Status::Dead, incarnation, record.source);
            self.tell_status(id, before);
            self.pass_on(now, id);
            return;
        }
        self.members.update(id, |member| member.incarnation = incarnation);
        self.join_suspicion(now, id, record.witnesses, record.source);
        if !self.judges(id) {
            self.claim_death(id); // its own datacenter has the word
        } else if before == NodeStatus::Alive {
            self.probe(now, id, Purpose::Corroborate);
        }
    }

    fn claim_death(&mut self, id: MemberId) {
        self.members.update(id, |member| {
            if let Some(held) = member.held_mut() {
                held.claimed = true;
            }
        });
    }

    /// A suspicion may have run out.
    pub(super) fn suspicion_timer(&mut self, now: Time, id: MemberId) {
        let suspected = self.members.get(id).filter(|member| member.status == Status::Suspected);
        let Some(held) = suspected.and_then(|member| member.held()) else {
            return;
        };
        let due = held.since + self.patience_for(id, &held, self.awareness.factor());
        if now < due {
            // Armed for an earlier moment than the one that counts now, health included.
            if held.deadline <= now {
                let ending = now >= due - LAST_CALL;
                if ending {
                    self.last_call(now, id, due);
                }
                // A while at a time: own health, which stretches it, may be better soon.
                let pause = if ending { CALL_PAUSE } else { LOOK_AGAIN };
                self.look_again(id, due.min(now + pause));
            }
            return;
        }
        if let Some(later) = self.distrust(now, id, &held) {
            self.stats.verdicts_withheld += 1;
            self.look_again(id, later);
            return;
        }
        let wanted = self.wanted(id) + 1;
        let claimed = held.claimed && !self.judges(id);
        // In silence its own failed probes are no evidence, until this node has outlived the rest.
        let outlived = self.is_deaf_but_for(now, id)
            && self.members.get(id).is_some_and(|member| member.timeouts > 0);
        if held.own_failed || claimed || outlived || held.witnesses.len() >= wanted {
            self.declare_dead(now, id);
        } else if !self.judges(id) && now < due + LONGEST {
            self.look_again(id, due + LONGEST); // those who judge it have not ended yet
        } else {
            // Nobody is judged on hearsay alone: one look of its own first. Of whoever judges it none
            // may list it any more.
            self.probe(now, id, Purpose::Corroborate);
            self.look_again(id, now + LOOK_AGAIN);
        }
    }

    /// Shortly before the verdict the five of the lowest rank tell the accused, again and again:
    /// whoever comes back in the last moment learns of it in time to refute. To pass a refutation on
    /// takes a while as well, so in the very end each asks for itself: the accused answers whoever
    /// accuses it.
    fn last_call(&mut self, now: Time, id: MemberId, due: Time) {
        let own = now >= due - OWN_CALL;
        let asks = own || self.corroborator_rank(id).is_some_and(|rank| rank < CORROBORATORS);
        let address = self.members.get(id).map(|member| member.address());
        if let Some(to) = address.filter(|_| asks) {
            self.send_news(now, to, id);
        }
    }

    fn look_again(&mut self, id: MemberId, at: Time) {
        self.members.update(id, |member| {
            if let Some(held) = member.held_mut() {
                held.deadline = at;
            }
        });
        self.timers.arm(at, Timer::Suspicion(id));
    }

    /// Until when this node distrusts itself too much to judge `id`; none where it does not.
    fn distrust(&self, now: Time, id: MemberId, held: &Suspicion) -> Option<Time> {
        if self.leaving.is_some() {
            return Some(now + LONGEST); // whoever knows that it left answers it no more
        }
        if now < self.distrust_until {
            return Some(self.distrust_until);
        }
        // Of two nodes neither has anybody else to hear; and who heard nobody for so long has
        // outlived the rest.
        let alone = self.members.healthy() <= 2;
        let deaf = self.is_deaf_but_for(now, id);
        let outlived = now.since(held.since) >= self.lonely_patience(id);
        (deaf && !alone && !outlived).then(|| now + LOOK_AGAIN)
    }

    /// How long a node that hears no member holds its suspicion of one. Where a kernel answered it
    /// in that silence, its own network works, and the silence is the others'. Where nothing at all answers,
    /// it is more likely cut off than the last one alive, the more so the more others there were.
    pub(super) fn lonely_patience(&self, id: MemberId) -> Duration {
        let longest = LONGEST.max(self.settings.suspicion_floor());
        if self.knocks.answered > self.heard_other_than(id) + self.deaf_after() {
            return longest;
        }
        longest * self.members.healthy().max(2).ilog2()
    }

    fn declare_dead(&mut self, now: Time, id: MemberId) {
        let Some(member) = self.members.get(id) else {
            return;
        };
        let (before, incarnation) = (public_status(member.status), member.incarnation);
        self.stats.deaths_declared += 1;
        let me = self.my_handle();
        self.set_status(now, id, Status::Dead, incarnation, me);
        self.tell_status(id, before);
        self.pass_on(now, id);
    }

    /// States a node's status: SUSPECTED or DEAD is an accusation that it may refute, ALIVE makes a
    /// probe.
    ///
    /// # Errors
    /// `unknown_node`; `invalid_config` for UNKNOWN and LEFT, and for the local node.
    pub fn update_node_status(&mut self, now: Time, node: &str, status: NodeStatus) -> Result<()> {
        let id = self.find(node)?;
        if id == SELF {
            return Err(Error::new(
                ErrorCode::InvalidConfig,
                "the status of the local node cannot be set: it is alive until it leaves",
            ));
        }
        match status {
            NodeStatus::Alive => self.probe(now, id, Purpose::Detect),
            NodeStatus::Suspected | NodeStatus::Dead => {
                // An accusation, of whatever word: the accused has its time to refute.
                self.suspect(now, id, Evidence::Silent);
                self.probe(now, id, Purpose::Corroborate);
            }
            NodeStatus::Unknown | NodeStatus::Left => {
                return Err(Error::new(
                    ErrorCode::InvalidConfig,
                    format!("status = {status} is refused: it takes alive, suspected or dead"),
                ));
            }
        }
        Ok(())
    }
}
