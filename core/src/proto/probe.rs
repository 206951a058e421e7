//! Probes: who is pinged when, who helps, and what an answer or silence means (SWIM, section 3.1;
//! Lifeguard, LHA-Probe).

use std::net::SocketAddr;
use std::time::Duration;

use super::engine::Engine;
use super::flaps::Flaps;
use super::members::{MemberId, SELF};
use super::ordered::Ordered;
use super::output::Notice;
use super::time::Time;
use super::timers::Timer;
use super::wire::{Evidence, Message, Status};
use crate::api::validity::Hint;
use crate::limits;

/// Members that are asked to ping a silent one.
const HELPERS: usize = 3;
/// The table's digest rides on one ping in so many,
const DIGEST_EVERY: u64 = 8;
/// and on each of so many pings after the table changed: whoever missed one of many changes at once
/// (a hundred nodes that start together) finds out within a second.
const RESTLESS_BEATS: u32 = 10;
/// Heartbeats for which a late answer is still matched to its ping.
const LATE_BEATS: u32 = 8;
/// Own health from which on this node bears no witness against those whom others suspect.
const SICK: u32 = 2;
/// A peer that stays silent has its timeout doubled so often at most.
const MOST_DOUBLINGS: u32 = 4;

/// However sick this node and however slow the peer, unless it is configured for slower ones: a probe
/// takes its member's turn as long as it runs, twice this.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(5);

/// What a ping is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// The failure detector's turn.
    Detect,
    /// Whether another datacenter is there.
    Across,
    /// Somebody is suspected: does this node see the same?
    Corroborate,
    /// A DEAD member may be back, or a lighthouse that was not heard of.
    Revive,
    /// Hands the own LEFT over.
    Leave,
    /// The user asked.
    User {
        /// Names the call.
        ticket: u64,
        /// When the user's patience ends.
        until: Time,
    },
    /// Another member asked.
    Help {
        /// Who.
        requester: SocketAddr,
        /// The number of its own probe.
        sequence: u32,
        /// Its handle, where it asks when it was heard itself; else 0.
        asker: u32,
    },
    /// Does the link work both ways?
    Link,
}

impl Purpose {
    /// Whether silence speaks against the target.
    pub(super) const fn judges(self) -> bool {
        matches!(self, Self::Detect | Self::Across | Self::Corroborate)
    }

    /// Whether others are asked to try, too.
    const fn asks(self) -> bool {
        matches!(self, Self::Detect | Self::Across | Self::Link)
    }
}

/// A ping without an answer yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Probe {
    pub(super) purpose: Purpose,
    pub(super) target: Option<MemberId>,
    /// The run that is meant; 0 stands for whoever is there.
    pub(super) handle: u32,
    pub(super) address: SocketAddr,
    pub(super) sent: Time,
    pub(super) timeout: Duration,
    pub(super) repeats: u32,
    pub(super) helpers: u32,
    pub(super) nacks: u32,
    /// Handles of the helpers, 0 where there is none; bit n of `nacked`: helper n reached nobody.
    pub(super) asked: [u32; HELPERS],
    pub(super) nacked: u8,
    /// What silence will mean: the kernel of the target's host may have told more.
    pub(super) evidence: Evidence,
    /// The same for people: silence of a kernel that was asked is not that of one that was not.
    pub(super) hint: Hint,
    /// Begun again: nobody was heard during the first.
    pub(super) again: bool,
}

/// A ping that was given up, for its late answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Late {
    pub(super) target: MemberId,
    pub(super) handle: u32,
    pub(super) sent: Time,
}

/// The failure detector's own state.
#[derive(Default)]
pub(super) struct Probing {
    pub(super) waiting: Ordered<u32, Probe>,
    pub(super) late: Ordered<u32, Late>,
    pub(super) sequence: u32,
    beats: u64,
    /// The digest at the last beat, and for how many more beats it rides on every ping.
    digest: [u8; 16],
    restless: u32,
    /// Members still to be probed in this round, the next one last.
    pub(super) order: Vec<MemberId>,
    /// The next on the ring, as long as the table has this stamp: all of it is looked through for it.
    successor: Option<(u64, Option<MemberId>)>,
    pub(super) flaps: Flaps,
}

impl Engine {
    /// One heartbeat: one probe, in turn by round robin and along the ring.
    ///
    /// Round robin bounds the time until anybody is probed; half of the pings to the living
    /// successor on a ring takes away the tail.
    pub(super) fn beat(&mut self, now: Time) {
        let heartbeat = Duration::from_millis(u64::from(self.settings.heartbeat_millis));
        self.timers.arm(now + heartbeat, Timer::Beat);
        self.beacon_beat(now);
        if self.leaving.is_some() {
            return;
        }
        self.probing.beats += 1;
        self.watch_digest(now);
        let forgotten = now - heartbeat * LATE_BEATS;
        self.probing.late.retain(|late| late.sent >= forgotten);
        let target = if self.probing.beats.is_multiple_of(2) {
            self.ring_successor()
        } else {
            self.next_in_turn()
        };
        if let Some(id) = target {
            self.probe(now, id, Purpose::Detect);
        }
        self.beat_across(now);
    }

    fn watch_digest(&mut self, now: Time) {
        let digest = self.members.digest();
        if digest == self.probing.digest {
            self.probing.restless = self.probing.restless.saturating_sub(1);
        } else {
            self.probing.digest = digest;
            self.probing.restless = RESTLESS_BEATS;
            self.syncs.hurry(now, self.members.len());
        }
    }

    /// Whoever is still being probed is passed over: among many silent ones others are heard in time.
    fn next_in_turn(&mut self) -> Option<MemberId> {
        let busy = self.being_probed(Purpose::Detect);
        for _ in 0..2 {
            while let Some(id) = self.probing.order.pop() {
                let member = self.members.get(id).filter(|member| self.is_near(member));
                let fits = member.is_some_and(super::members::Member::is_healthy);
                if id != SELF && fits && !busy.contains(&id) {
                    return Some(id);
                }
            }
            let mut order = std::mem::take(&mut self.probing.order);
            order.extend(self.near_others().map(|(id, _)| id));
            self.shuffle(&mut order);
            self.probing.order = order;
        }
        None
    }

    /// The members that a probe of this purpose is under way to.
    pub(super) fn being_probed(&self, purpose: Purpose) -> Vec<MemberId> {
        let probes = self.probing.waiting.values().filter(|probe| probe.purpose == purpose);
        probes.filter_map(|probe| probe.target).collect()
    }

    /// Whoever is suspected, or is being probed, is looked at already.
    fn ring_successor(&mut self) -> Option<MemberId> {
        let stamp = self.members.stamp;
        let known = self.probing.successor.filter(|(of, _)| *of == stamp).map(|(_, id)| id);
        let next = known.unwrap_or_else(|| self.nearest_on_ring(|_| true));
        self.probing.successor = Some((stamp, next));
        let probed = |id| {
            let mut probes = self.probing.waiting.values();
            probes.any(|probe| probe.purpose == Purpose::Detect && probe.target == Some(id))
        };
        next.filter(|id| !probed(*id)).or_else(|| self.nearest_on_ring(|id| !probed(id)))
    }

    fn nearest_on_ring(&self, wanted: impl Fn(MemberId) -> bool) -> Option<MemberId> {
        let mine = self.members.get(SELF)?.ring;
        let alive = self.near_others().filter(|(_, member)| member.status == Status::Alive);
        let alive = alive.filter(|(id, _)| wanted(*id));
        alive.min_by_key(|(_, member)| member.ring.wrapping_sub(mine)).map(|(id, _)| id)
    }

    /// A new member takes a random place in this round; one that has a place keeps it, or word of
    /// ever newer runs of one member would make the round ever longer.
    pub(super) fn probe_soon(&mut self, id: MemberId) {
        if self.probing.order.contains(&id) {
            return;
        }
        let places = self.probing.order.len() as u64 + 1;
        let place = self.below(places);
        // Below the length plus one, which is a usize.
        self.probing.order.insert(usize::try_from(place).unwrap_or(0), id);
    }

    /// How long an answer of this member may take.
    pub(super) fn timeout_of(&mut self, id: Option<MemberId>) -> Duration {
        let member = id.and_then(|id| self.members.get(id));
        let own = member.filter(|member| member.history.is_settled());
        let doublings =
            member.map_or(0, |m| u32::from(m.timeouts.saturating_sub(1)).min(MOST_DOUBLINGS));
        let datacenter = member.map_or(self.settings.datacenter, |member| member.datacenter);
        let millis = match own {
            Some(member) => member.history.timeout_millis(),
            None => self.history_of(datacenter).timeout_millis(),
        };
        let least = self.settings.min_ping_time_millis;
        let millis = millis.max(f64::from(least));
        let factor = self.awareness.factor() << doublings;
        let timeout = Duration::from_secs_f64(millis / 1000.0);
        let slowest = least.max(self.settings.frontload_millis());
        (timeout * factor).min(LONGEST_TIMEOUT.max(Duration::from_millis(slowest.into())))
    }

    /// Begins a probe, unless one for the same purpose is under way.
    pub(super) fn probe(&mut self, now: Time, id: MemberId, purpose: Purpose) {
        let Some(member) = self.members.get(id) else {
            return;
        };
        let (handle, address) = (member.handle, member.address());
        let same = |probe: &Probe| probe.handle == handle && probe.purpose == purpose;
        if self.probing.waiting.values().any(same) {
            return;
        }
        if purpose.judges() {
            self.stats.probes_sent += 1;
        }
        let timeout = self.timeout_of(Some(id));
        self.begin_probe(now, Some(id), handle, address, timeout, purpose);
    }

    pub(super) fn begin_probe(
        &mut self,
        now: Time,
        target: Option<MemberId>,
        handle: u32,
        address: SocketAddr,
        timeout: Duration,
        purpose: Purpose,
    ) {
        // Its own probes are bounded by one per member and purpose; those for others may not take
        // their places.
        let guest = matches!(purpose, Purpose::User { .. } | Purpose::Help { .. });
        if guest && self.probing.waiting.len() >= limits::PROBES_WAITING {
            return;
        }
        self.probing.sequence = self.probing.sequence.wrapping_add(1);
        let sequence = self.probing.sequence;
        let probe = Probe {
            purpose,
            target,
            handle,
            address,
            sent: now,
            timeout,
            repeats: 0,
            helpers: 0,
            nacks: 0,
            asked: [0; HELPERS],
            nacked: 0,
            evidence: Evidence::Silent,
            hint: Hint::None,
            again: false,
        };
        self.probing.waiting.insert(sequence, probe);
        self.send_ping(now, sequence, &probe);
        if purpose == Purpose::Corroborate {
            self.knock(sequence, &probe);
        }
        self.timers.arm(now + timeout / 2, Timer::Probe(sequence));
    }

    fn send_ping(&mut self, now: Time, sequence: u32, probe: &Probe) {
        let from = self.my_handle();
        let message = Message::Ping { sequence, from, to: probe.handle };
        // Whoever is held for suspected or dead hears of it, to refute (Lifeguard, Buddy System).
        let accused = probe.target.filter(|id| self.is_accused(*id));
        let first = match probe.purpose {
            Purpose::Leave => Some(SELF),
            Purpose::Detect
            | Purpose::Across
            | Purpose::Corroborate
            | Purpose::Revive
            | Purpose::User { .. }
            | Purpose::Link
            | Purpose::Help { .. } => accused,
        };
        let due = self.probing.restless > 0 || self.probing.beats.is_multiple_of(DIGEST_EVERY);
        let digest = matches!(probe.purpose, Purpose::Detect | Purpose::Across) && due;
        let member = probe.target.is_some();
        if let Purpose::Help { asker: peer @ 1.., .. } = probe.purpose {
            self.ride_ask(peer);
        }
        self.send_message(now, probe.address, &message, first, digest, member);
    }

    pub(super) fn is_accused(&self, id: MemberId) -> bool {
        let status = self.members.get(id).map(|member| member.status);
        matches!(status, Some(Status::Suspected | Status::Dead))
            && !self.members.get(id).is_some_and(|member| member.lost)
    }

    /// A probe repeats its PING at half its timeout and at its timeout, asks helpers at its
    /// timeout, and ends after two.
    pub(super) fn probe_timer(&mut self, now: Time, sequence: u32) {
        let Some(probe) = self.probing.waiting.get(sequence).copied() else {
            return;
        };
        let ends = match probe.purpose {
            Purpose::User { until, .. } => until,
            Purpose::Detect | Purpose::Across | Purpose::Link => {
                probe.sent + probe.timeout * 2 + self.mean_ping_of(&probe)
            }
            // Whoever looks on suspicion asks nobody else: the accuser did.
            Purpose::Corroborate => probe.sent + probe.timeout + self.mean_ping_of(&probe),
            Purpose::Revive | Purpose::Leave | Purpose::Help { .. } => {
                probe.sent + probe.timeout * 2
            }
        };
        if now >= ends {
            self.probing.waiting.remove(sequence);
            self.end_probe(now, sequence, &probe);
            return;
        }
        let mut probe = probe;
        if probe.repeats < 2 {
            probe.repeats += 1;
            self.send_ping(now, sequence, &probe);
            if probe.repeats == 2 && probe.purpose.asks() {
                self.ask_helpers(now, sequence, &mut probe);
            }
            if probe.repeats == 2 && matches!(probe.purpose, Purpose::Detect | Purpose::Across) {
                self.knock(sequence, &probe);
            }
            // Sooner, because somebody waits for it to end.
            if probe.repeats == 1 && probe.purpose == Purpose::Leave {
                self.knock(sequence, &probe);
            }
        }
        self.probing.waiting.insert(sequence, probe);
        let next = if probe.repeats < 2 { probe.sent + probe.timeout } else { ends };
        self.timers.arm(next.max(now), Timer::Probe(sequence));
    }

    fn mean_ping_of(&self, probe: &Probe) -> Duration {
        probe.target.map_or(Duration::ZERO, |id| self.members.mean_ping(id))
    }

    fn ask_helpers(&mut self, now: Time, sequence: u32, probe: &mut Probe) {
        let others = self.members.iter().filter(|(id, member)| {
            *id != SELF && Some(*id) != probe.target && member.status == Status::Alive
        });
        let there = probe.target.and_then(|id| self.far_of(id));
        // Across, a third datacenter may have the way that is missing here; else one's own helps.
        let rank = |member: &super::members::Member| match there {
            Some(there) if member.datacenter == there => 2,
            Some(_) => u8::from(self.is_near(member)),
            None => u8::from(!self.is_near(member)),
        };
        let mut helpers: Vec<_> = others.map(|(_, m)| (rank(m), m.handle, m.address())).collect();
        self.shuffle(&mut helpers);
        helpers.sort_by_key(|(rank, ..)| *rank);
        let from = self.my_handle();
        let message = Message::PingReq { sequence, from, to: probe.handle, target: probe.address };
        for (place, (_, handle, helper)) in probe.asked.iter_mut().zip(helpers) {
            *place = handle;
            probe.helpers += 1;
            self.stats.indirect_probes_sent += 1;
            if probe.purpose == Purpose::Link {
                self.ride_ask(from);
            }
            self.send_message(now, helper, &message, None, false, true);
        }
    }

    pub(super) fn end_probe(&mut self, now: Time, sequence: u32, probe: &Probe) {
        match probe.purpose {
            Purpose::Detect | Purpose::Across => self.end_detection(now, sequence, probe),
            Purpose::Corroborate => {
                self.end_detection(now, sequence, probe);
                self.ask_on(now, probe);
            }
            Purpose::Revive | Purpose::Help { .. } => {}
            Purpose::Link => self.link_unanswered(sequence, probe),
            Purpose::Leave => self.leave_unheard(now, probe),
            Purpose::User { ticket, .. } => {
                if let Some(id) = probe.target {
                    self.members.update(id, |member| member.note_ping(None));
                }
                self.notices.push_back(Notice::Pong { ticket, millis: None });
            }
        }
    }

    /// Silence: the member's fault only if somebody else was heard meanwhile.
    pub(super) fn end_detection(&mut self, now: Time, sequence: u32, probe: &Probe) {
        let Some(id) = probe.target else { return };
        let same_run = self.members.get(id).is_some_and(|member| member.handle == probe.handle);
        if !same_run {
            return;
        }
        self.stats.probes_failed += 1;
        self.keep_late(sequence, id, probe);
        self.members.update(id, |member| {
            member.note_ping(None);
            member.timeouts = member.timeouts.saturating_add(1);
        });
        if probe.purpose == Purpose::Across && !self.end_across(id, probe) {
            return;
        }
        if probe.evidence == Evidence::Silent && probe.nacks < probe.helpers {
            self.awareness.worse(); // helpers that can reach nobody say so; silence is our own
        }
        // A looker-on in bad health keeps its word to itself (Lifeguard).
        if probe.purpose == Purpose::Corroborate && self.awareness.score() >= SICK {
            return;
        }
        if self.excuses(now, id, probe) {
            return;
        }
        let alone = self.members.healthy() <= 2;
        let told = probe.evidence != Evidence::Silent; // the target's own host was heard
        if alone || told || self.heard_other_than(id) > probe.sent {
            self.suspect(now, id, probe.evidence);
            self.note_failure(id, probe);
        } else if probe.purpose == Purpose::Detect {
            self.awareness.worse();
            self.suspect_in_silence(now, id);
            self.note_failure(id, probe);
        }
    }

    /// Whoever answers a later ping lives and hears this node: an earlier one says nothing against it
    /// any more, and one that began in bad times may run for many seconds yet.
    pub(super) fn drop_probes_before(&mut self, handle: u32, sent: Time) {
        let earlier =
            |probe: &Probe| probe.handle == handle && probe.sent < sent && probe.purpose.judges();
        self.drop_probes(earlier);
    }

    /// The run that was probed is gone: a lie of ever newer runs must not pile up probes.
    pub(super) fn forget_probes(&mut self, id: MemberId) {
        self.probing.flaps.forget(id);
        let own = |probe: &Probe| {
            probe.purpose.judges() || matches!(probe.purpose, Purpose::Revive | Purpose::Link)
        };
        let gone = |probe: &Probe| probe.target == Some(id) && own(probe);
        let gone = self.probing.waiting.take_out(gone);
        for (sequence, _) in gone {
            self.timers.disarm(Timer::Probe(sequence));
        }
    }

    /// After a stall: answers that came meanwhile were not read in time.
    pub(super) fn drop_own_probes(&mut self) {
        self.links.restart();
        self.drop_probes(|probe| probe.purpose.judges());
    }

    pub(super) fn drop_probes(&mut self, which: impl Fn(&Probe) -> bool) {
        let dropped = self.probing.waiting.take_out(which);
        for (sequence, probe) in dropped {
            self.timers.disarm(Timer::Probe(sequence));
            if let Some(target) = probe.target {
                self.keep_late(sequence, target, &probe);
            }
        }
    }
}
