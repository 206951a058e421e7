//! Datacenters: who watches whom across, and when a whole one is lost.
//!
//! Members are probed, suspected and judged by those of their own datacenter. Of each datacenter
//! three members, its bridges towards another, keep in touch with that one; everybody finds the same
//! three by hash. Where the bridges hear nobody of it any more it is lost as a whole: nothing is said
//! against its members one by one, and they come back without having to refute.
//!
//! Where all are in one datacenter, or in none, nothing of this runs.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use super::engine::Engine;
use super::hash;
use super::members::{Member, MemberId, SELF, public_status};
use super::probe::{Probe, Purpose};
use super::spread::{Spread, emissions};
use super::suspicion::confirmations_wanted;
use super::time::Time;
use super::wire::{DatacenterRecord, Evidence, NO_DATACENTER, Status, WitnessSet};
use crate::api::event::Event;
use crate::api::level::LogLevel;

/// Members of one datacenter that keep in touch with another one.
pub(super) const BRIDGES: usize = 3;
/// With fewer healthy members than this a datacenter has too few witnesses of its own: the bridges
/// of the others look as well.
const SMALL: usize = 5;
/// So many probes in a row must have found nobody before a datacenter is called silent.
const TRIES: u32 = 3;

/// Another datacenter, as this node sees it.
#[derive(Default)]
struct View {
    /// When anybody there was heard last.
    heard: Time,
    /// Since when this node is a bridge towards it; none where it is not.
    bridge_since: Option<Time>,
    /// Probes since then that found nobody.
    failed: u32,
    /// Odd while the witnesses hear nobody there.
    version: u32,
    /// When the version changed.
    changed: Time,
    witnesses: WitnessSet,
    /// Enough witnesses agreed.
    lost: bool,
    /// The host was told that it is lost.
    told: bool,
}

/// What this node knows of the other datacenters. At most 255 of them.
#[derive(Default)]
pub(super) struct Datacenters {
    views: BTreeMap<u8, View>,
    /// Those towards which this node is a bridge, with its place among the three.
    bridged: Vec<(u8, usize)>,
    /// The bridges over there, of those.
    peers: BTreeMap<u8, Vec<MemberId>>,
    stamp: u64,
    turn: usize,
    /// What is said of others, and still passed on inside.
    pub(super) words: Spread<u8>,
    /// News that still go across.
    pub(super) across: Spread<MemberId>,
}

impl Datacenters {
    fn view(&mut self, number: u8) -> &mut View {
        self.views.entry(number).or_default()
    }

    /// Whether this node is a bridge towards it.
    fn bridges(&self, number: u8) -> bool {
        self.bridged.iter().any(|(other, _)| *other == number)
    }

    pub(super) fn is_lost(&self, number: u8) -> bool {
        self.views.get(&number).is_some_and(|view| view.lost)
    }

    /// All that is said of others, for a whole table.
    pub(super) fn words_of(&self, observer: u8) -> impl Iterator<Item = DatacenterRecord> {
        let said = self.views.iter().filter(|(_, view)| view.version != 0);
        said.map(move |(number, view)| DatacenterRecord {
            observer,
            number: *number,
            version: view.version,
            witnesses: view.witnesses,
        })
    }

    /// What is said of one.
    pub(super) fn word(&self, observer: u8, number: u8) -> Option<DatacenterRecord> {
        self.words_of(observer).find(|word| word.number == number)
    }
}

impl Engine {
    /// Whether there is more than one datacenter in the table.
    pub(super) fn is_split(&self) -> bool {
        self.members.groups.len() > 1
    }

    pub(super) fn is_near(&self, member: &Member) -> bool {
        member.datacenter == self.settings.datacenter
    }

    /// The datacenter of this member, where it is another one.
    pub(super) fn far_of(&self, id: MemberId) -> Option<u8> {
        let member = self.members.get(id).filter(|_| self.is_split())?;
        (!self.is_near(member)).then_some(member.datacenter)
    }

    /// The healthy others of this datacenter.
    pub(super) fn near_others(&self) -> impl Iterator<Item = (MemberId, &Member)> {
        self.members.healthy_others().filter(|(_, member)| self.is_near(member))
    }

    /// Healthy members of this datacenter, the local node included.
    pub(super) fn near(&self) -> usize {
        self.members.groups.healthy(self.settings.datacenter)
    }

    /// How often this node passes something on inside its datacenter.
    pub(super) fn near_times(&self) -> u16 {
        let me = self.members.get(SELF).is_some_and(Member::is_healthy);
        let alone = self.near() == usize::from(me);
        if self.is_split() && alone { 0 } else { emissions(self.near()) }
    }

    /// How often this node passes on across what is about a member of `home`; 0 where that is not
    /// for this node to do.
    ///
    /// What is of the own datacenter goes across, three times by each bridge. Others hear of third
    /// ones from there, unless these are small, or so many that not each can speak to each.
    pub(super) fn far_times(&self, home: u8) -> u16 {
        let groups = &self.members.groups;
        let ways = u16::try_from(self.datacenters.bridged.len()).unwrap_or(u16::MAX);
        let crosses = home == self.settings.datacenter
            || groups.len() >= SMALL
            || groups.healthy(home) < SMALL;
        if ways == 0 || !crosses || !self.is_split() {
            return 0;
        }
        ways.saturating_mul(3).min(emissions(groups.len()))
    }

    /// The datacenters towards which this node is a bridge, and the bridges over there.
    pub(super) fn find_bridges(&mut self, now: Time) {
        if self.datacenters.stamp == self.members.groups.stamp {
            return;
        }
        self.datacenters.stamp = self.members.groups.stamp;
        self.datacenters.bridged.clear();
        self.datacenters.peers.clear();
        let mine = self.settings.datacenter;
        let others: Vec<_> = self.members.groups.iter().map(|(number, _)| number).collect();
        for number in others.into_iter().filter(|number| *number != mine) {
            let place = self.place_as_bridge(number);
            let view = self.datacenters.view(number);
            if place >= BRIDGES {
                view.bridge_since = None;
                continue;
            }
            if view.bridge_since.is_none() {
                (view.bridge_since, view.failed) = (Some(now), 0);
            }
            let there = self.members.healthy_others().filter(|(_, m)| m.datacenter == number);
            let score = |member: &Member| Reverse(hash::bridge(mine, &member.identity.name));
            let mut there: Vec<_> = there.map(|(id, member)| (score(member), id)).collect();
            there.sort_unstable();
            let peers = there.into_iter().take(BRIDGES).map(|(_, id)| id).collect();
            self.datacenters.peers.insert(number, peers);
            self.datacenters.bridged.push((number, place));
        }
    }

    fn place_as_bridge(&self, number: u8) -> usize {
        let score = |name: &str| hash::bridge(number, name);
        let Some(me) = self.members.get(SELF) else { return usize::MAX };
        let mine = score(&me.identity.name);
        self.near_others().filter(|(_, member)| score(&member.identity.name) > mine).count()
    }

    // Probes across.

    /// One probe across each heartbeat, to each bridged datacenter in turn.
    pub(super) fn beat_across(&mut self, now: Time) {
        if !self.is_split() {
            return;
        }
        self.find_bridges(now);
        let ways = self.datacenters.bridged.len();
        for _ in 0..ways {
            self.datacenters.turn = (self.datacenters.turn + 1) % ways;
            let turn = self.datacenters.turn;
            let Some((number, _)) = self.datacenters.bridged.get(turn).copied() else { break };
            if let Some(id) = self.target_across(number) {
                // Of one that is alone nobody else could tell: it is probed as one's own are.
                let alone = self.members.groups.healthy(number) == 1;
                self.probe(now, id, if alone { Purpose::Detect } else { Purpose::Across });
                break;
            }
        }
        let bridged: Vec<_> = self.datacenters.bridged.iter().map(|(number, _)| *number).collect();
        for number in bridged {
            self.listen_across(now, number);
        }
        self.weigh_all(now);
    }

    /// Somebody to speak to over there: a bridge, or anybody where those were silent.
    pub(super) fn target_across(&mut self, number: u8) -> Option<MemberId> {
        let view = self.datacenters.views.get(&number)?;
        let there: Vec<MemberId> = if view.failed == 0 {
            self.datacenters.peers.get(&number).cloned().unwrap_or_default()
        } else {
            let others = self.members.healthy_others();
            others.filter(|(_, m)| m.datacenter == number).map(|(id, _)| id).collect()
        };
        let healthy = |id: &MemberId| self.members.get(*id).is_some_and(Member::is_healthy);
        let mut there: Vec<_> = there.into_iter().filter(healthy).collect();
        let busy = self.being_probed(Purpose::Across);
        if there.iter().any(|id| !busy.contains(id)) {
            there.retain(|id| !busy.contains(id));
        }
        let place = usize::try_from(self.below(there.len() as u64)).unwrap_or(0);
        there.get(place).copied()
    }

    /// The next datacenters that news go to, and to whom there.
    pub(super) fn targets_across(&mut self, most: usize) -> Vec<std::net::SocketAddr> {
        let mut ways = self.datacenters.bridged.clone();
        self.shuffle(&mut ways);
        let mut targets = Vec::new();
        for (number, _) in ways {
            if targets.len() >= most {
                break;
            }
            let id = self.target_across(number);
            targets.extend(id.and_then(|id| self.members.get(id)).map(|member| member.address));
        }
        targets
    }

    /// A probe across found nobody; whether that speaks against the member alone. It is a matter of
    /// the whole datacenter, but where this one is silent again and again while others there are heard
    /// (its neighbours judge it, but they may have removed it from their lists), and where it came
    /// into a datacenter that is lost.
    pub(super) fn end_across(&mut self, id: MemberId, probe: &Probe) -> bool {
        let Some(number) = self.far_of(id) else { return true };
        let tries = self.members.get(id).map_or(0, |member| member.timeouts);
        let judges = self.judges(id);
        let view = self.datacenters.view(number);
        view.failed = view.failed.saturating_add(1);
        tries >= TRIES && (view.lost || judges && view.heard > probe.sent)
    }

    /// Somebody of another datacenter was heard, or answered. What was lost comes back by an answer
    /// alone: where one way is cut a voice now and then would bring it back again and again.
    pub(super) fn hear_across(&mut self, now: Time, id: MemberId, answered: bool) {
        let Some(number) = self.far_of(id) else { return };
        let view = self.datacenters.view(number);
        if view.lost && !answered {
            return;
        }
        (view.heard, view.failed) = (now, 0);
        if view.version % 2 == 1 {
            self.raise_word(now, number);
        }
        let Some(member) = self.members.get(id).filter(|member| member.lost) else { return };
        let address = member.address;
        self.restore(now, id);
        // It knows who else lives there.
        self.sync_with(now, address);
    }

    // Silence.

    /// Long silence makes this node a witness: twice the time that a silent member has, because
    /// more hangs on it, and because the bridges over there must have been replaced if they died.
    fn listen_across(&mut self, now: Time, number: u8) {
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
        if now.since(since) < patience || view.failed < TRIES {
            return;
        }
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

    fn raise_word(&mut self, now: Time, number: u8) {
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
    fn weigh_all(&mut self, now: Time) {
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
            self.members.update(id, |member| {
                (member.lost, member.suspicion, member.retry_at) = (true, None, Time::NEVER);
            });
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

    // Who judges whom.

    /// Whether this node probes, corroborates and judges that member.
    pub(super) fn judges(&self, id: MemberId) -> bool {
        self.far_of(id).is_none_or(|number| {
            self.members.groups.healthy(number) < SMALL && self.datacenters.bridges(number)
        })
    }

    /// Confirmations that are wanted beside the first witness against this member.
    pub(super) fn wanted(&self, id: MemberId) -> usize {
        let groups = &self.members.groups;
        let number = self.members.get(id).map_or(self.settings.datacenter, |m| m.datacenter);
        let inside = groups.healthy(number);
        if !self.is_split() || inside >= SMALL {
            let living = if self.is_split() { inside } else { self.members.healthy() };
            return confirmations_wanted(living);
        }
        let outside = groups.iter().filter(|(other, _)| *other != number);
        let outside: usize = outside.map(|(_, group)| group.healthy.min(BRIDGES)).sum();
        confirmations_wanted(inside + outside)
    }

    /// The turn of a bridge to look for itself at a member of another datacenter: behind the members
    /// there, datacenter for datacenter by hash.
    pub(super) fn far_rank(&self, suspect: &Member) -> usize {
        let weight = |number: u8| {
            let mut key = [number, 0, 0, 0, 0];
            key.iter_mut().skip(1).zip(suspect.handle.to_le_bytes()).for_each(|(k, b)| *k = b);
            hash::score(&key, &suspect.identity.name)
        };
        let (mine, number) = (self.settings.datacenter, suspect.datacenter);
        let groups = &self.members.groups;
        let before = groups.iter().filter(|(other, _)| {
            *other != number && *other != mine && weight(*other) < weight(mine)
        });
        let before: usize = before.map(|(_, group)| group.healthy.min(BRIDGES)).sum();
        let place = self.datacenters.bridged.iter().find(|(other, _)| *other == number);
        groups.healthy(number).saturating_sub(1) + before + place.map_or(0, |(_, place)| *place)
    }

    /// Whether this node tries a dead member again: across, bridges alone do.
    pub(super) fn retries(&self, member: &Member) -> bool {
        self.is_near(member) || !self.is_split() || self.datacenters.bridges(member.datacenter)
    }
}
