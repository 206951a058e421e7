//! Signs of life of lighthouses: each counts its own, and everybody passes the newest of each on.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::engine::Engine;
use super::members::{Member, MemberId, SELF};
use super::probe::Purpose;
use super::time::Time;
use super::wire::{PacketWriter, Record, Status};
use crate::api::validity::ValidityBasis;

/// A lighthouse's pause between two beacons: this,
const PAUSE: Duration = Duration::from_secs(1);
/// but so many heartbeats at least, as beacons travel with pings.
const HEARTBEATS: u32 = 2;
/// How often each member passes one beacon on: the next one comes soon.
const PASSES: u16 = 6;
/// A beacon is passed on until it is so many pauses old, and its travel: the next ones are on their
/// way by then.
const KEPT: u32 = 2;
/// The unit in which ages travel.
const AGE_UNIT: Duration = Duration::from_millis(10);
/// A lighthouse that was not heard of for so many pauses and a travel is pinged each pause,
const SILENT: u32 = 3;
/// by so many members of each side: who finds it tells the others.
const SEEKERS: u64 = 32;
/// A beacon's timer that is so late means that this process was held up, and that nobody knows how
/// long a datagram lay in its socket.
const LATE: Duration = Duration::from_millis(500);

/// What was heard of one lighthouse.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Light {
    /// The run that was heard of; 0 for none. Each run counts anew.
    pub(super) handle: u32,
    /// The highest number of its beacons: what is not higher is a copy.
    pub(super) sequence: u32,
    /// When that one was counted, by what it says of its age.
    pub(super) advanced: Option<Time>,
    /// How often it is still passed on.
    passes: u16,
}

/// Rounded up, so that many hands make it no younger.
fn age_of(span: Duration) -> u32 {
    u32::try_from(span.as_micros().div_ceil(AGE_UNIT.as_micros())).unwrap_or(u32::MAX)
}

impl Engine {
    pub(super) fn beacon_pause(&self) -> Duration {
        let heartbeat = Duration::from_millis(u64::from(self.settings.heartbeat_millis));
        PAUSE.max(heartbeat * HEARTBEATS)
    }

    /// How long a beacon takes to all: half a heartbeat for each doubling of the members.
    pub(super) fn travel(&self) -> Duration {
        let doublings = usize::BITS - self.members.healthy().saturating_sub(1).leading_zeros();
        Duration::from_millis(u64::from(self.settings.heartbeat_millis)) / 2 * doublings
    }

    /// Whole heartbeats in a pause. Beacons wait for a heartbeat, which wakes the process and sends
    /// a datagram anyway; where a pause is no multiple of it, they come a little sooner.
    pub(super) fn beacon_beats(&self) -> u32 {
        let pause = u32::try_from(self.beacon_pause().as_millis()).unwrap_or(u32::MAX);
        (pause / self.settings.heartbeat_millis.max(1)).max(1)
    }

    /// Each heartbeat: once a pause it is time for beacons.
    pub(super) fn beacon_beat(&mut self, now: Time) {
        if !self.validity.on {
            return;
        }
        let most = self.beacon_beats(); // the heartbeat may have become another one
        self.validity.beats_left = self.validity.beats_left.min(most).saturating_sub(1);
        if self.validity.beats_left == 0 {
            self.validity.beats_left = most;
            self.beacon_tick(now);
        }
    }

    /// Each pause: one more beacon where this node is a lighthouse, and a look at the others.
    fn beacon_tick(&mut self, now: Time) {
        self.validity.ticked = now;
        if self.leaving.is_some() {
            return;
        }
        if self.validity.is_own {
            self.validity.sequence = self.validity.sequence.saturating_add(1);
            self.validity.counted = now;
        }
        if self.validity.basis == ValidityBasis::Learned {
            self.learn_flags();
        }
        self.review_validity(now);
        self.seek_lighthouses(now);
    }

    /// What rides on datagrams to members: the own beacon always, so that whoever pings a lighthouse
    /// has it, and those of others a few times each.
    pub(super) fn offer_beacons(
        &mut self,
        now: Time,
        to: SocketAddr,
        packet: &mut PacketWriter<'_>,
    ) {
        if !self.validity.on || self.leaving.is_some() {
            return;
        }
        if self.validity.is_own {
            let (lighthouse, sequence) = (self.my_handle(), self.validity.sequence);
            let age = age_of(now.since(self.validity.counted));
            packet.push(&Record::Beacon { lighthouse, sequence, age });
        }
        // What goes to the dead, to find out whether they are, passes nothing on.
        let hears = |id| self.members.get(id).is_some_and(Member::is_healthy);
        let counts = u16::from(self.members.by_address(to).is_some_and(hears));
        let kept = self.beacon_pause() * KEPT + self.travel();
        for light in self.validity.lights.values_mut().filter(|light| light.passes > 0) {
            let Light { handle: lighthouse, sequence, .. } = *light;
            let age = light.advanced.map(|at| now.since(at)).filter(|age| *age <= kept);
            let record = age.map(|age| Record::Beacon { lighthouse, sequence, age: age_of(age) });
            if record.is_some_and(|record| packet.push(&record)) {
                light.passes -= counts;
            }
        }
    }

    /// A beacon came, from the lighthouse or by way of others.
    pub(super) fn take_beacon(&mut self, now: Time, handle: u32, sequence: u32, age: u32) {
        if !self.validity.on {
            return;
        }
        // Handles are of runs: what an earlier run had said names nobody who is in the table.
        let id = self.members.by_handle(handle).filter(|id| *id != SELF);
        let Some(member) = id.and_then(|id| self.members.get(id)) else { return };
        let name = Arc::clone(&member.identity.name);
        if member.is_lighthouse && member.status != Status::Left {
            self.learn_one(&name);
        }
        let due = self.validity.ticked + self.beacon_pause();
        let in_time = now.since(due) <= LATE;
        let Some(light) = self.validity.lights.get_mut(&name) else { return };
        if light.handle == handle && sequence <= light.sequence {
            return;
        }
        let before = light.advanced.filter(|_| light.handle == handle);
        *light = Light {
            handle,
            sequence,
            advanced: if in_time { before.max(Some(now - AGE_UNIT * age)) } else { before },
            passes: if in_time { PASSES } else { 0 },
        };
        self.review_validity(now);
    }

    /// Pings lighthouses that were not heard of for a while, the DEAD ones too: its answer has its
    /// beacon.
    fn seek_lighthouses(&mut self, now: Time) {
        let silence = self.beacon_pause() * SILENT + self.travel();
        let lights = self.validity.lights.iter();
        let silent = lights.filter(|(_, light)| {
            light.advanced.is_none_or(|advanced| now.since(advanced) > silence)
        });
        let members: Vec<MemberId> = silent
            .filter_map(|(name, _)| self.members.by_name(name))
            .filter(|id| *id != SELF)
            .filter(|id| self.members.get(*id).is_some_and(|m| m.status != Status::Left))
            .collect();
        let others = self.members.healthy() as u64;
        for id in members {
            if self.below(others) < SEEKERS {
                self.probe(now, id, Purpose::Revive);
            }
        }
    }

    /// Where none are listed: whoever says that it is a lighthouse counts from now on, and whoever
    /// left does not.
    fn learn_flags(&mut self) {
        let flagged = self.members.lighthouses();
        let (gone, there): (Vec<_>, Vec<_>) = flagged
            .map(|member| (Arc::clone(&member.identity.name), member.status))
            .partition(|(_, status)| *status == Status::Left);
        for (name, _) in gone {
            self.unlearn(&name);
        }
        for (name, _) in there {
            self.learn_one(&name);
        }
    }
}
