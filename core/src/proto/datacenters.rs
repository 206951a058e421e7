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

use super::engine::Engine;
use super::hash;
use super::members::{Member, MemberId, SELF};
use super::probe::{Probe, Purpose};
use super::spread::{Spread, emissions};
use super::suspicion::confirmations_wanted;
use super::time::Time;
use super::wire::{DatacenterRecord, WitnessSet};

/// Members of one datacenter that keep in touch with another one.
pub(super) const BRIDGES: usize = 3;
/// With fewer healthy members than this a datacenter has too few witnesses of its own: the bridges
/// of the others look as well.
const SMALL: usize = 5;
/// So many probes in a row must have found nobody before a datacenter is called silent.
pub(super) const TRIES: u32 = 3;

/// Another datacenter, as this node sees it.
#[derive(Default)]
pub(super) struct View {
    /// When anybody there was heard last.
    pub(super) heard: Time,
    /// Since when this node is a bridge towards it; none where it is not.
    pub(super) bridge_since: Option<Time>,
    /// Probes since then that found nobody.
    pub(super) failed: u32,
    /// Odd while the witnesses hear nobody there.
    pub(super) version: u32,
    /// When the version changed.
    pub(super) changed: Time,
    pub(super) witnesses: WitnessSet,
    /// Enough witnesses agreed.
    pub(super) lost: bool,
    /// The host was told that it is lost.
    pub(super) told: bool,
}

/// What this node knows of the other datacenters. At most 255 of them.
#[derive(Default)]
pub(super) struct Datacenters {
    pub(super) views: BTreeMap<u8, View>,
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
    pub(super) fn view(&mut self, number: u8) -> &mut View {
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

    /// The healthy others of this datacenter; where there are none, nobody is looked through for them.
    pub(super) fn near_others(&self) -> impl Iterator<Item = (MemberId, &Member)> {
        let alone = self.members.is_alone_in(self.settings.datacenter);
        let others = (!alone).then(|| self.members.healthy_others()).into_iter().flatten();
        others.filter(|(_, member)| self.is_near(member))
    }

    /// Healthy members of this datacenter, the local node included.
    pub(super) fn near(&self) -> usize {
        self.members.groups.healthy(self.settings.datacenter)
    }

    /// How often this node passes something on inside its datacenter.
    pub(super) fn near_times(&self) -> u16 {
        let alone = self.members.is_alone_in(self.settings.datacenter);
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
            targets.extend(id.and_then(|id| self.members.get(id)).map(|member| member.address()));
        }
        targets
    }

    /// A probe across found nobody; whether that speaks against the member alone. It is a matter of
    /// the whole datacenter, but where this one is silent again and again while others there are heard
    /// (its neighbours judge it, but they may have removed it from their lists), and where it came
    /// into a datacenter that is lost.
    pub(super) fn end_across(&mut self, id: MemberId, probe: &Probe) -> bool {
        let Some(number) = self.far_of(id) else { return true };
        let tries = self.members.get(id).map_or(0, |member| u32::from(member.timeouts));
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
        let address = member.address();
        self.restore(now, id);
        // It knows who else lives there.
        self.sync_with(now, address);
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
