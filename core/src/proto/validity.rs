//! Whether this side of a partition may act: how many of the lighthouses are included, by signs of
//! life of their own (docs/leadership.md).
//!
//! What the table of members says of a lighthouse is no evidence: a node that was cut off believes
//! in the others for seconds. A beacon that came is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::beacon::Light;
use super::engine::Engine;
use super::members::SELF;
use super::time::Time;
use super::timers::Timer;
use crate::api::config::Settings;
use crate::api::event::Event;
use crate::api::level::LogLevel;
use crate::api::lighthouses::{LighthouseEntry, ValidityRule};
use crate::api::validity::{Validity, ValidityBasis, ValidityState};
use crate::limits;

/// A lighthouse counts for so many pauses between two beacons, and their travel, after its last one.
const PAUSES: u32 = 5;
/// So many pauses must there be enough lighthouses before an INVALID cluster is VALID again: a link
/// that comes and goes does not make it flap.
const HOLD: u32 = 2;

/// What is known of the lighthouses, and what follows from it.
pub(super) struct Validities {
    /// False where `fallback` is set: nothing of this runs.
    pub(super) on: bool,
    pub(super) basis: ValidityBasis,
    /// Whether this node is a lighthouse.
    pub(super) is_own: bool,
    /// Beacons of this node so far.
    pub(super) sequence: u32,
    /// When the last one of those was counted.
    pub(super) counted: Time,
    /// When it was time for beacons last.
    pub(super) ticked: Time,
    /// Heartbeats until it is again.
    pub(super) beats_left: u32,
    /// By name; bounded by [`limits::LIGHTHOUSES`].
    pub(super) lights: BTreeMap<Arc<str>, Light>,
    rule: ValidityRule,
    told: Arc<Validity>,
    /// Since when there are enough, while the state is INVALID.
    enough_since: Option<Time>,
    /// Until when there are enough if nothing more is heard.
    until: Time,
    said_learned: bool,
    said_full: bool,
}

impl Validities {
    pub(super) fn new(settings: &Settings, own: &Arc<str>) -> Self {
        let entries = settings.lighthouse_entries();
        let listed = entries.iter().any(|entry| entry.name == **own);
        let is_own = settings.is_lighthouse || listed;
        let basis = match entries.is_empty() {
            true => ValidityBasis::Learned,
            false => ValidityBasis::Listed,
        };
        let mut lights: BTreeMap<Arc<str>, Light> =
            entries.into_iter().map(|entry| (entry.name.into(), Light::default())).collect();
        if is_own && basis == ValidityBasis::Learned {
            lights.insert(Arc::clone(own), Light::default());
        }
        Self {
            on: !settings.fallback,
            basis,
            is_own,
            sequence: 1,
            counted: Time::ZERO,
            ticked: Time::ZERO,
            beats_left: 1,
            lights,
            rule: settings.rule(),
            told: Arc::new(Validity::fallback()),
            enough_since: None,
            until: Time::ZERO,
            said_learned: false,
            said_full: false,
        }
    }

    /// Whether this node is a lighthouse.
    pub(super) const fn is_own(&self) -> bool {
        self.is_own
    }

    pub(super) fn len(&self) -> usize {
        self.lights.len()
    }

    fn needed(&self) -> usize {
        self.rule.needed(self.lights.len())
    }

    /// Whether VALID means that no other side can be: two sides that booted apart each know only
    /// their own lighthouses, and a share of those says nothing.
    fn decides(&self) -> bool {
        self.basis == ValidityBasis::Listed || matches!(self.rule, ValidityRule::Number(_))
    }
}

/// One look at all lighthouses.
#[derive(Default)]
struct Look {
    seen: Vec<Arc<str>>,
    missing: Vec<Arc<str>>,
    /// When each of those that are seen is seen no longer, the last one first.
    until: Vec<Time>,
}

impl Engine {
    /// Whether this side is VALID by the configured list: what the election asks.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.validity.told.state == ValidityState::Valid
            && self.validity.basis == ValidityBasis::Listed
    }

    /// The state changed, and the host is told next: the place where whatever follows from it is
    /// hooked in.
    fn validity_changed(&mut self, now: Time) {
        let said = Arc::clone(&self.validity.told);
        let level = match said.state {
            ValidityState::Invalid if self.leaving.is_none() => LogLevel::Warn,
            ValidityState::Fallback
            | ValidityState::Forming
            | ValidityState::Valid
            | ValidityState::Invalid => LogLevel::Info,
        };
        self.note(level, format!("{}: {said}", self.me().identity.name));
        self.candidacy_changed(now);
    }

    /// Whether this side may act, and what is missing.
    #[must_use]
    pub const fn validity(&self) -> &Arc<Validity> {
        &self.validity.told
    }

    /// Until when this side may count itself as valid if nothing more is heard; [`Time::ZERO`]
    /// where it may not. A reader compares it with its clock at that very moment, so that it does
    /// not believe what an engine thought that has not run since.
    #[must_use]
    pub fn valid_until(&self) -> Time {
        match self.validity.told.state {
            ValidityState::Valid if self.validity.decides() => self.validity.until,
            ValidityState::Valid
            | ValidityState::Fallback
            | ValidityState::Forming
            | ValidityState::Invalid => Time::ZERO,
        }
    }

    pub(super) fn start_validity(&mut self, now: Time) {
        if !self.validity.on {
            return;
        }
        (self.validity.ticked, self.validity.counted) = (now, now);
        let (count, needed) = (self.validity.len(), self.validity.needed());
        if self.validity.basis == ValidityBasis::Listed && needed * 2 <= count {
            self.note(
                LogLevel::Warn,
                format!(
                    "validity_rule = {} needs {needed} of {count} lighthouses: where the network \
                     splits, both sides can be VALID; more than half of them is what prevents it",
                    self.settings.validity_rule
                ),
            );
        }
        self.say_learned();
        let beats = u64::from(self.beacon_beats());
        self.validity.beats_left = u32::try_from(1 + self.below(beats)).unwrap_or(1);
        self.review_validity(now);
    }

    /// How long a lighthouse counts after it counted its last beacon, whatever way that came by: a
    /// cut shows so soon everywhere, and the network's own delays later.
    pub(super) fn freshness(&self) -> Duration {
        self.beacon_pause() * PAUSES + self.travel()
    }

    /// Something that validity rests on may have changed: it is looked at before anything else.
    pub(super) fn recheck_validity(&mut self, now: Time) {
        if self.validity.on && !self.validity.lights.is_empty() {
            self.timers.arm(now, Timer::Validity);
        }
    }

    fn look(&self, now: Time) -> Look {
        let span = self.freshness();
        let mut look = Look::default();
        for (name, light) in &self.validity.lights {
            let id = self.members.by_name(name);
            let until = match id.and_then(|id| self.members.get(id)) {
                _ if self.leaving.is_some() => None,
                Some(_) if id == Some(SELF) => Some(Time::NEVER),
                Some(member) if member.is_healthy() && member.handle == light.handle => {
                    light.advanced.map(|at| at + span)
                }
                Some(_) | None => None,
            };
            match until.filter(|until| *until > now) {
                Some(until) => {
                    look.seen.push(Arc::clone(name));
                    look.until.push(until);
                }
                None => look.missing.push(Arc::clone(name)),
            }
        }
        look.until.sort_by_key(|until| std::cmp::Reverse(*until));
        look
    }

    /// Looks at all lighthouses, and tells what changed.
    pub(super) fn review_validity(&mut self, now: Time) {
        if !self.validity.on {
            return;
        }
        let look = self.look(now);
        let needed = self.validity.needed();
        let enough = look.seen.len() >= needed;
        let hold = self.beacon_pause() * HOLD;
        let validity = &mut self.validity;
        let held_until = match enough {
            true => *validity.enough_since.get_or_insert(now) + hold,
            false => {
                validity.enough_since = None;
                Time::NEVER
            }
        };
        let state = match validity.told.state {
            _ if validity.lights.is_empty() => ValidityState::Fallback,
            ValidityState::Invalid if enough && now < held_until => ValidityState::Invalid,
            _ if enough => ValidityState::Valid,
            ValidityState::Valid | ValidityState::Invalid => ValidityState::Invalid,
            ValidityState::Fallback | ValidityState::Forming => ValidityState::Forming,
        };
        let last = needed.checked_sub(1).and_then(|last| look.until.get(last));
        validity.until = last.copied().unwrap_or(Time::ZERO);
        // When the next one of them is no longer seen, or there have been enough for long enough.
        let waits = state == ValidityState::Invalid && enough;
        let next = look.until.last().copied().unwrap_or(Time::NEVER);
        let next = if waits { next.min(held_until) } else { next };
        if next == Time::NEVER {
            self.timers.disarm(Timer::Validity);
        } else {
            self.timers.arm(next, Timer::Validity);
        }
        self.tell_validity(now, state, look, needed);
    }

    fn tell_validity(&mut self, now: Time, state: ValidityState, look: Look, needed: usize) {
        let validity = match state {
            ValidityState::Fallback => Validity::fallback(),
            ValidityState::Forming | ValidityState::Valid | ValidityState::Invalid => Validity {
                state,
                basis: self.validity.basis,
                seen: look.seen,
                needed: u32::try_from(needed).unwrap_or(u32::MAX),
                missing: look.missing,
            },
        };
        if validity == *self.validity.told {
            return;
        }
        let changed = validity.state != self.validity.told.state;
        self.validity.told = Arc::new(validity);
        if changed {
            self.validity_changed(now);
        }
        self.tell(Event::Validity { validity: Arc::clone(&self.validity.told) });
    }

    /// Another list is in force: those that stay count on.
    pub(super) fn relist_validity(&mut self, now: Time, entries: &[LighthouseEntry]) {
        let own = self.me().identity.name;
        let is_own = entries.iter().any(|entry| entry.name == *own);
        let validity = &mut self.validity;
        let mut old = std::mem::take(&mut validity.lights);
        let mut light = |name: &Arc<str>| old.remove(name).unwrap_or_default();
        let names = entries.iter().map(|entry| Arc::from(entry.name.as_str()));
        validity.lights = names.map(|name| (Arc::clone(&name), light(&name))).collect();
        if validity.is_own != is_own {
            validity.is_own = is_own;
            self.members.update(SELF, |me| {
                me.is_lighthouse = is_own;
                me.incarnation = me.incarnation.saturating_add(1);
            });
            self.pass_on(now, SELF);
        }
        self.recheck_validity(now);
    }

    // Without a list: lighthouses that are learned by their flags.

    /// Takes lighthouses that an earlier run of this node had learned.
    pub fn learn(&mut self, now: Time, names: &[Arc<str>]) {
        // A node that was a lighthouse in an earlier run need not be one now.
        let own = (!self.validity.is_own).then(|| self.me().identity.name);
        for name in names.iter().filter(|name| Some(*name) != own.as_ref()) {
            self.learn_one(name);
        }
        self.review_validity(now);
    }

    /// The lighthouses that were learned and count; none where they are listed.
    #[must_use]
    pub fn learned(&self) -> Vec<Arc<str>> {
        let learns = self.validity.on && self.validity.basis == ValidityBasis::Learned;
        let names = self.validity.lights.keys();
        names.filter(|_| learns).map(Arc::clone).collect()
    }

    /// Every lighthouse that was ever learned counts, until it leaves or is removed.
    pub(super) fn learn_one(&mut self, name: &Arc<str>) {
        if self.validity.basis == ValidityBasis::Listed || self.validity.lights.contains_key(name) {
            return;
        }
        if self.validity.len() >= limits::LIGHTHOUSES {
            if !self.validity.said_full {
                self.validity.said_full = true;
                let most = limits::LIGHTHOUSES;
                let text = format!("{name} is a lighthouse beyond the {most} that can count");
                self.note(LogLevel::Warn, text);
            }
            return;
        }
        self.validity.lights.insert(Arc::clone(name), Light::default());
        self.say_learned();
    }

    pub(super) fn unlearn(&mut self, name: &str) {
        if self.validity.basis == ValidityBasis::Learned {
            self.validity.lights.remove(name);
        }
    }

    /// Once, as soon as there is a lighthouse and no list.
    fn say_learned(&mut self) {
        let learned = self.validity.basis == ValidityBasis::Learned;
        if !learned || self.validity.lights.is_empty() || self.validity.said_learned {
            return;
        }
        self.validity.said_learned = true;
        let counts = match self.validity.decides() {
            true => {
                "validity_rule is a number, so is_valid() follows them: it must be more than \
                     half of all that there are"
            }
            false => {
                "is_valid() stays false, as two sides that started apart would each know only \
                      their own: it takes a number as validity_rule"
            }
        };
        let text = format!(
            "lighthouses are learned, because none are listed in lighthouses: {counts}. There is no \
             election without a list"
        );
        self.note(LogLevel::Info, text);
    }
}
