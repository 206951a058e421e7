//! This node as a candidate, and as the leader.

use std::time::Duration;

use super::super::election::{Candidate, Flaws, Grant, Next, STANDING, Timing, Vote};
use super::super::engine::Engine;
use super::super::members::SELF;
use super::super::output::Notice;
use super::super::time::Time;
use super::super::wire::{Candidacy, Word};
use super::releasing::Releasing;
use crate::api::level::LogLevel;
use crate::api::validity::TermQuality;

/// What was not answered is said again so often, with the same ballot, until the round ends.
const RESEND: Duration = Duration::from_millis(100);
/// After a round in which candidates rejected each other, each waits up to so long, twice as long
/// each time,
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// and never longer than so many times that.
const MOST_DOUBLINGS: u32 = 4;
/// A round in which a lighthouse refused, and nobody answered for this part of a lease, is given up:
/// those that are silent may be dead, and the round would wait for them to its end.
const DEADLOCK: u32 = 10;
/// Where this node may not lead, it looks again so often.
const IDLE: Duration = Duration::from_secs(1);
/// A term per 1/16 millisecond of the wall clock: the floor under terms where every disk is lost.
const TERMS_PER_MILLI: u64 = 16;

/// The candidate's state beside that of its rules.
pub(in super::super) struct Standing {
    /// Made when it stands first: until then its generation may still rise.
    pub(super) candidate: Option<Candidate>,
    /// Not before this moment.
    next_try: Time,
    /// Its leader asked it to follow: then it need not try out.
    handed: bool,
    /// A place became free while a round was open.
    again: bool,
    resend: Time,
    /// When a lighthouse voted or refused last in the open round.
    answered: Time,
    renew: Time,
    /// Lighthouses, as bits, that granted the open round and have it on disk.
    durable: u16,
    failures: u32,
    /// The term that the host was told.
    pub(super) leading: Option<u64>,
    pub(super) releasing: Option<Releasing>,
}

impl Standing {
    pub(super) const fn new(now: Time) -> Self {
        Self {
            candidate: None,
            next_try: now,
            handed: false,
            again: false,
            resend: Time::NEVER,
            answered: now,
            renew: Time::NEVER,
            durable: 0,
            failures: 0,
            leading: None,
            releasing: None,
        }
    }

    /// Another list of lighthouses is in force: rounds and leases of the one before are nothing.
    pub(super) fn relist(&mut self, voters: u8) {
        if let Some(candidate) = &mut self.candidate {
            candidate.relist(voters);
        }
        (self.handed, self.again, self.durable, self.failures) = (false, false, 0, 0);
        (self.resend, self.renew) = (Time::NEVER, Time::NEVER);
    }

    /// When there is something to do.
    pub(super) fn next(&self, now: Time, timing: &Timing) -> Time {
        let releasing = self.releasing.as_ref().map_or(Time::NEVER, Releasing::next);
        let Some(candidate) = &self.candidate else { return releasing.min(self.next_try.max(now)) };
        let round = candidate.round_ends().map_or(Time::NEVER, |ends| ends.min(self.resend));
        let leads = self.leading.and(candidate.led_until(timing)).unwrap_or(Time::NEVER);
        let own = match (self.leading, candidate.round_ends()) {
            (Some(_), None) => self.renew,
            (None, None) => self.next_try,
            (_, Some(_)) => Time::NEVER,
        };
        releasing.min(round).min(leads).min(own).max(now)
    }
}

impl Engine {
    fn standing(&mut self) -> Option<&mut Standing> {
        self.leadership.as_mut().map(|all| &mut all.standing)
    }

    /// Whether this node may lead at all.
    fn may_lead(&self) -> bool {
        self.settings.leader_eligible
            && self.leaving.is_none()
            && !self.name_taken
            && self.is_valid()
    }

    pub(super) fn stand_tick(&mut self, now: Time) {
        self.check_tenure(now);
        self.release_tick(now);
        let may_lead = self.may_lead();
        let Some(all) = &mut self.leadership else { return };
        let timing = all.timing;
        let standing = &mut all.standing;
        if let Some(candidate) = &mut standing.candidate {
            let deadlocked =
                candidate.is_refused() && now.since(standing.answered) >= timing.lease / DEADLOCK;
            let ended = if deadlocked { candidate.abandon(now) } else { candidate.expire(now) };
            if ended != Next::Wait {
                self.go_on(now, ended);
                return;
            }
        }
        let open = standing.candidate.as_ref().is_some_and(|it| it.round_ends().is_some());
        let leads = standing.leading.is_some();
        if open {
            if now >= standing.resend {
                self.say_round(now);
            }
        } else if leads && now >= standing.renew {
            self.open_round(now, false);
        } else if !leads && !may_lead {
            standing.next_try = standing.next_try.max(now + IDLE); // told when that changes
        } else if !leads && now >= standing.next_try {
            let handed = std::mem::take(&mut standing.handed);
            // Those behind the first ones need not ask while somebody is heard to lead.
            if !handed && self.hears_leader(now) && self.candidate_place() >= STANDING {
                let next = self.turn_after(now + timing.lease);
                self.try_at(next);
            } else if !handed && !self.is_released() {
                self.try_at(now + RESEND);
            } else {
                self.open_round(now, !handed);
            }
        }
    }

    fn is_released(&self) -> bool {
        self.leadership.as_ref().is_some_and(|all| all.standing.releasing.is_none())
    }

    pub(super) fn try_at(&mut self, at: Time) {
        if let Some(standing) = self.standing() {
            standing.next_try = at;
        }
    }

    /// Ends a tenure whose time is over, or that this node may not go on with.
    pub(super) fn check_tenure(&mut self, now: Time) {
        let may_lead = self.may_lead();
        let Some(all) = &self.leadership else { return };
        let Some(term) = all.standing.leading else { return };
        let candidate = all.standing.candidate.as_ref();
        let lives = candidate.is_some_and(|it| it.leads(now, &all.timing).is_some());
        if lives && may_lead {
            return;
        }
        let why =
            if lives { "it may not lead any more" } else { "its lease was not renewed in time" };
        self.note(LogLevel::Warn, format!("this node does not lead any more (term {term}): {why}"));
        self.end_tenure(now, None);
    }

    /// From here on this node does not lead: the host is told first, then the lighthouses.
    pub(super) fn end_tenure(&mut self, now: Time, releasing: Option<Releasing>) {
        let Some(all) = &mut self.leadership else { return };
        let standing = &mut all.standing;
        standing.renew = Time::NEVER;
        let Some(term) = standing.leading.take() else { return };
        all.lists.end_tenure();
        let ballot = standing.candidate.as_mut().and_then(Candidate::step_down);
        let until = now + all.timing.record;
        let voters = all.voters.len();
        self.notices.push_back(Notice::Lease(None));
        self.herald_end(now, term);
        if let Some(ballot) = ballot {
            let releasing = releasing.unwrap_or_default();
            let releasing = releasing.begin(now, ballot, voters, until);
            self.standing().map(|standing| standing.releasing.replace(releasing));
            self.release_tick(now);
        }
        // Others first: whoever gave up does not stand against them.
        let lease = self.leadership.as_ref().map_or(Duration::ZERO, |all| all.timing.lease);
        let next = self.turn_after(now + lease);
        self.try_at(next);
    }

    fn open_round(&mut self, now: Time, trial: bool) {
        let me = self.owner_of_self();
        let Some(all) = &mut self.leadership else { return };
        let lighthouses = u8::try_from(all.voters.len()).unwrap_or(u8::MAX);
        let term = all.heralds.term();
        let standing = &mut all.standing;
        if standing.candidate.as_ref().is_none_or(|it| it.owner() != me) {
            standing.candidate = Some(Candidate::new(me, lighthouses));
        }
        let Some(candidate) = &mut standing.candidate else { return };
        candidate.learn_term(term);
        if trial {
            candidate.try_out(now, &all.timing);
        } else {
            candidate.poll(now, &all.timing);
            standing.renew = now + all.timing.lease / 3;
        }
        (standing.durable, standing.again, standing.answered) = (0, false, now);
        self.say_round(now);
    }

    /// Says the open round's word to every lighthouse that did not answer it yet.
    fn say_round(&mut self, now: Time) {
        let Some(standing) = self.standing() else { return };
        let Some(candidate) = &standing.candidate else { return };
        let (Some((poll, claim)), silent) = (candidate.round(now), candidate.silent()) else {
            return;
        };
        standing.resend = now + RESEND;
        self.say_to_voters(silent, claim.map_or(Word::Poll(poll), Word::Claim));
    }

    pub(super) fn hear_vote(&mut self, now: Time, place: u8, vote: &Vote) {
        let wall_term = self.wall_millis(now).saturating_mul(TERMS_PER_MILLI);
        let Some(all) = &mut self.leadership else { return };
        let Some(candidate) = &mut all.standing.candidate else { return };
        // A lighthouse that repeats itself, because it is asked again, brings nothing.
        let silent = candidate.silent();
        let current = candidate.round(now).is_some_and(|(poll, _)| poll.ballot == vote.ballot);
        if current && 1_u16.checked_shl(u32::from(place)).is_some_and(|bit| silent & bit != 0) {
            all.standing.answered = now;
        }
        let next = candidate.vote(now, place, vote, wall_term, &all.timing, Flaws::default());
        self.go_on(now, next);
    }

    pub(super) fn hear_grant(&mut self, now: Time, place: u8, grant: &Grant, durable: bool) {
        let Some(all) = &mut self.leadership else { return };
        let Some(candidate) = &mut all.standing.candidate else { return };
        let current = candidate.round(now).is_some_and(|(poll, _)| poll.ballot == grant.ballot);
        if durable && current {
            all.standing.durable |= 1_u16.checked_shl(u32::from(place)).unwrap_or(0);
        }
        let next = candidate.grant(now, place, grant, &all.timing, Flaws::default());
        self.go_on(now, next);
    }

    /// What a vote, a grant or the end of a round leads to.
    fn go_on(&mut self, now: Time, next: Next) {
        match next {
            Next::Wait => return,
            Next::Stand if self.may_lead() => self.open_round(now, false),
            Next::Stand => self.back_off(now, None),
            // What it asked for is not wanted any more: the round runs out.
            Next::Claim(_) if !self.may_lead() => {}
            Next::Claim(_) => self.say_round(now),
            Next::Elected { term } | Next::Renewed { term } => self.lead(now, term),
            Next::Abandoned { held } => self.back_off(now, held),
        }
        self.plan_election(now);
    }

    /// A round came to nothing: when the next one is.
    fn back_off(&mut self, now: Time, held: Option<Duration>) {
        let Some(standing) = self.standing() else { return };
        if standing.leading.is_some() {
            standing.renew = now + RESEND; // the lease still runs: it is renewed as soon as may be
            return;
        }
        let again = std::mem::take(&mut standing.again);
        standing.failures = if held.is_some() { 0 } else { standing.failures.saturating_add(1) };
        let doublings = standing.failures.saturating_sub(1).min(MOST_DOUBLINGS);
        let next = match held {
            Some(held) if !again => self.turn_after(now + held),
            Some(_) => self.turn_after(now),
            None => {
                let most = FIRST_PAUSE * (1 << doublings);
                let pause = self.below(u64::try_from(most.as_micros()).unwrap_or(u64::MAX));
                now + Duration::from_micros(pause)
            }
        };
        self.try_at(next);
    }

    /// A majority granted the lease.
    fn lead(&mut self, now: Time, term: u64) {
        if !self.may_lead() {
            // What was granted is given back: nobody was told.
            if let Some(standing) = self.standing() {
                standing.leading.get_or_insert(term);
            }
            self.end_tenure(now, None);
            return;
        }
        let Some(all) = &mut self.leadership else { return };
        let quorum = all.quorum();
        let standing = &mut all.standing;
        let Some((term, until)) =
            standing.candidate.as_ref().and_then(|it| it.leads(now, &all.timing))
        else {
            return;
        };
        standing.failures = 0;
        let durable = standing.durable.count_ones() as usize >= quorum;
        let quality = if durable { TermQuality::Durable } else { TermQuality::ClockFloor };
        let before = standing.leading.replace(term);
        if before != Some(term) {
            self.begin_list_tenure(now);
            self.note(LogLevel::Info, format!("this node leads, term {term}"));
        }
        self.notices.push_back(Notice::Lease(Some((term, until, quality))));
        self.herald_tenure(now, term);
    }

    /// A lighthouse says that the place is free.
    pub(super) fn hear_free(&mut self, now: Time) {
        let at = self.turn_after(now);
        let Some(standing) = self.standing() else { return };
        if standing.leading.is_some() {
            return;
        }
        standing.again = true;
        standing.next_try = standing.next_try.min(at);
        self.plan_election(now);
    }

    /// The leader gave up in favour of this node.
    pub(super) fn hear_handoff(&mut self, now: Time) {
        let may_lead = self.may_lead();
        let Some(standing) = self.standing() else { return };
        let open = standing
            .candidate
            .as_ref()
            .is_some_and(|it| it.round(now).is_some_and(|(poll, _)| !poll.trial));
        if standing.leading.is_some() || !may_lead || open {
            return;
        }
        self.open_round(now, false);
        self.plan_election(now);
    }

    /// Whether the host was told that this node leads.
    pub(super) fn is_leading(&self) -> bool {
        self.leadership.as_ref().is_some_and(|all| all.standing.leading.is_some())
    }

    /// What this node says of itself as a candidate changed.
    pub(in super::super) fn set_candidacy(&mut self, now: Time, candidacy: Candidacy) {
        self.members.update(SELF, |me| {
            me.candidacy = candidacy;
            me.incarnation = me.incarnation.saturating_add(1);
        });
        self.pass_on(now, SELF);
        self.candidacy_changed(now);
    }

    /// The setting changed, or the validity: the tenure may end, or the time to stand have come.
    pub(in super::super) fn candidacy_changed(&mut self, now: Time) {
        if self.leadership.is_none() {
            return;
        }
        self.check_tenure(now);
        self.hear_own_words(now);
        let at = self.turn_after(now);
        if self.may_lead() && !self.is_leading() && self.is_released() {
            self.try_at(at);
        }
        self.plan_election(now);
    }
}
