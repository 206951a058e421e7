//! When a whole datacenter is silent: who says so, when that is enough, and its return.

use std::time::Duration;

use super::datacenters::{BRIDGES, TRIES};
use super::engine::Engine;
use super::members::{Member, MemberId, SELF, public_status};
use super::time::Time;
use super::wire::{DatacenterRecord, Evidence, NO_DATACENTER, Status, WitnessSet};
use crate::api::event::Event;
use crate::api::level::LogLevel;

impl Engine {
    /// Long silence makes this node a witness: twice the time that a silent member has, because
    /// more hangs on it, and because the bridges over there must have been replaced if they died.
    pub(super) fn listen_across(&mut self, now: Time, number: u8) {
        if self.members.groups.healthy(number) < 2 || now < self.distrust_until {
            return;
        }
        let heartbeat = Duration::from_millis(u64::from(self.settings.heartbeat_millis));
        let floor = self.settings.suspicion_floor();
        let patience = (heartbeat * 2 + floor) * 2;
        // Who hears nobody at all may be cut off itself.
        let patience =
            if self.is_deaf(now) { self.lonely_patience(SELF).max(patience) } else { patience };
        let me = self.my_handle();
        let view = self.datacenters.view(number);
        let since = view.heard.max(view.bridge_since.unwrap_or(now));
        let silent = now.since(since) >= patience && view.failed >= TRIES;
        if !silent || now.since(self.newest_of(number)) < patience {
            return;
        }
        let view = self.datacenters.view(number);
        if view.version.is_multiple_of(2) {
            if now.since(view.changed) < patience {
                return; // somebody else heard them a moment ago
            }
            self.raise_word(now, number);
        }
        if self.datacenters.view(number).witnesses.insert(me, Evidence::Silent) {
            self.pass_word_on(now, number);
        }
        self.weigh(now, number);
    }

    /// When the last of those there came: who was not there before was not silent either.
    fn newest_of(&self, number: u8) -> Time {
        let there = self.members.healthy_others().filter(|(_, m)| m.datacenter == number);
        there.map(|(_, member)| member.healthy_since).max().unwrap_or(Time::ZERO)
    }

    pub(super) fn raise_word(&mut self, now: Time, number: u8) {
        let view = self.datacenters.view(number);
        view.version = view.version.wrapping_add(1);
        view.changed = now;
        view.witnesses = WitnessSet::new();
        view.lost &= view.version % 2 == 1;
        self.pass_word_on(now, number);
    }

    fn pass_word_on(&mut self, now: Time, number: u8) {
        let times = self.near_times();
        self.datacenters.words.begin(number, times);
        self.news(now);
    }

    /// What another member of this datacenter says of a third one.
    pub(super) fn take_word(&mut self, now: Time, word: &DatacenterRecord) {
        let mine = self.settings.datacenter;
        if word.observer != mine || word.number == mine {
            return;
        }
        let view = self.datacenters.view(word.number);
        // Numbers in a circle: none that a lie gives is beyond what is next.
        let ahead = word.version.wrapping_sub(view.version);
        let grew = match ahead {
            0 => word.version % 2 == 1 && view.witnesses.merge(&word.witnesses),
            1..0x8000_0000 => {
                (view.version, view.changed) = (word.version, now);
                view.witnesses = word.witnesses;
                view.lost &= word.version % 2 == 1;
                true
            }
            _ => false,
        };
        if !grew {
            return;
        }
        let heartbeat = Duration::from_millis(u64::from(self.settings.heartbeat_millis));
        let view = self.datacenters.view(word.number);
        let heard = view.heard != Time::ZERO && now.since(view.heard) < heartbeat * 2;
        if word.version % 2 == 1 && heard {
            self.raise_word(now, word.number); // this node does hear them
        } else {
            self.pass_word_on(now, word.number);
            self.weigh(now, word.number);
        }
    }

    /// Whether enough bridges hear nobody there. Who lists nobody there has nothing to lose, and a
    /// newcomer that was only told so does not know its own side yet, of which enough is a matter.
    fn weigh(&mut self, now: Time, number: u8) {
        let enough = self.silence_of(number) == Some(true);
        if enough && !self.datacenters.is_lost(number) && self.accused(number).next().is_some() {
            self.datacenters.view(number).lost = true;
            self.lose(now, number);
        }
    }

    /// Whether enough say that nobody there is heard; none where nobody does.
    pub(super) fn silence_of(&self, number: u8) -> Option<bool> {
        let view = self.datacenters.views.get(&number).filter(|view| view.version % 2 == 1)?;
        Some(view.witnesses.len() >= self.near().min(BRIDGES))
    }

    /// Of whom the word is that nobody there is heard: whoever came later is not meant.
    fn accused(&self, number: u8) -> impl Iterator<Item = (MemberId, &Member)> {
        let said = self.datacenters.views.get(&number).map_or(Time::ZERO, |view| view.changed);
        self.members
            .healthy_others()
            .filter(move |(_, member)| member.datacenter == number && member.healthy_since <= said)
    }

    /// What was said may be enough since the table changed.
    pub(super) fn weigh_all(&mut self, now: Time) {
        let views = self.datacenters.views.iter();
        let open = views.filter(|(_, view)| view.version % 2 == 1 && !view.lost);
        let open: Vec<u8> = open.map(|(number, _)| *number).collect();
        for number in open {
            self.weigh(now, number);
        }
    }

    /// A datacenter is lost: one event for all, then the status of each.
    fn lose(&mut self, now: Time, number: u8) {
        let there = self.accused(number);
        let there: Vec<_> = there.map(|(id, m)| (id, m.status, m.incarnation)).collect();
        let view = self.datacenters.view(number);
        let source = view.witnesses.as_slice().first().map_or(0, |witness| witness.handle);
        if there.len() > 1 && number != NO_DATACENTER && !view.told {
            view.told = true;
            self.tell(Event::Datacenter { number, lost: true });
        }
        self.note(
            LogLevel::Warn,
            format!("datacenter {number} is lost: {} members of it are silent", there.len()),
        );
        for (id, before, incarnation) in there {
            self.set_status(now, id, Status::Dead, incarnation, source);
            self.members.update(id, Member::lose);
            self.gossip.updates.end(&id);
            self.datacenters.across.end(&id);
            self.tell_status(id, public_status(before));
        }
    }

    /// A member of a datacenter that was lost is there again, in the same run.
    pub(super) fn restore(&mut self, now: Time, id: MemberId) {
        let Some(member) = self.members.get(id) else { return };
        let (before, incarnation) = (public_status(member.status), member.incarnation);
        self.set_status(now, id, Status::Alive, incarnation, 0);
        self.settle_named(now, id);
        self.probe_soon(id);
        self.note_return(now);
        self.tell_status(id, before);
        self.pass_on(now, id);
    }

    /// Whether word that a member is alive, no newer than what is known, brings it back.
    pub(super) fn is_restored_by_word(&self, id: MemberId) -> bool {
        let member = self.members.get(id);
        member.is_some_and(|m| m.lost && !self.datacenters.is_lost(m.datacenter))
    }

    /// The last healthy member of a datacenter died, or the first came back: told before, or with,
    /// what is told of the member.
    pub(super) fn tell_datacenter(&mut self, id: MemberId) {
        let Some(number) = self.far_of(id).filter(|number| *number != NO_DATACENTER) else {
            return;
        };
        let status = self.members.get(id).map(|member| member.status);
        let group = self.members.groups.get(number);
        let view = self.datacenters.view(number);
        let lost = status == Some(Status::Dead) && group.healthy == 0 && group.dead > 1;
        let back = matches!(status, Some(Status::Alive | Status::Suspected));
        if view.told && back || !view.told && lost {
            view.told = lost;
            self.tell(Event::Datacenter { number, lost });
        }
    }
}
