//! Its probes: one at a time, directly, then through others and over TCP.

use seafoam::proto::Time;

use super::members::Member;
use super::node::Node;
use super::packets::{Ask, Claim, Output, Packet, Request, Say, Timer};
use super::rules;

/// How far a probe is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    /// The ping hangs in its send.
    Pinging,
    Waiting,
    /// The requests to others hang in their sends.
    Asking,
    /// Everybody was asked.
    Asked,
}

/// The probe under way.
#[derive(Clone, Copy, Debug)]
struct Probe {
    sequence: u32,
    target: usize,
    incarnation: u32,
    suspected: bool,
    ends: Time,
    stage: Stage,
    /// Whether answers come too late from here on.
    over: bool,
    asked: i32,
    nacks: i32,
    by_tcp: bool,
}

/// The prober's own state.
#[derive(Debug, Default)]
pub(crate) struct Probing {
    under_way: Option<Probe>,
    /// Whether a tick came while it was busy; more than one are dropped.
    missed: bool,
    sequence: u32,
    place: usize,
}

impl Probing {
    pub(crate) fn next_sequence(&mut self) -> u32 {
        self.sequence += 1;
        self.sequence
    }

    pub(crate) fn count_nack(&mut self, sequence: u32) {
        if let Some(probe) = &mut self.under_way
            && probe.sequence == sequence
            && !probe.over
        {
            probe.nacks += 1;
        }
    }

    pub(crate) fn reached_by_tcp(&mut self, sequence: u32) {
        if let Some(probe) = &mut self.under_way
            && probe.sequence == sequence
        {
            probe.by_tcp = true;
        }
    }

    fn at(&mut self, sequence: u32) -> Option<&mut Probe> {
        self.under_way.as_mut().filter(|probe| probe.sequence == sequence)
    }
}

impl Node {
    pub(crate) fn probe_tick(&mut self, now: Time) {
        if self.probing.under_way.is_some() {
            self.probing.missed = true;
            return;
        }
        let Some((target, incarnation, suspected)) = self.next_target(now) else { return };
        let sequence = self.probing.next_sequence();
        let factor = if self.parts.probe { self.health.factor() } else { 1 };
        let ends = now + rules::PROBE_INTERVAL * factor;
        let probe = Probe {
            sequence,
            target,
            incarnation,
            suspected,
            ends,
            stage: Stage::Pinging,
            over: false,
            asked: 0,
            nacks: 0,
            by_tcp: false,
        };
        self.probing.under_way = Some(probe);
        self.arm(ends, Timer::ProbeEnd(sequence));
        if !self.blocked {
            self.ping(now, probe);
        }
    }

    /// The next in the round; at its end the long dead are forgotten and the order is shuffled.
    fn next_target(&mut self, now: Time) -> Option<(usize, u32, bool)> {
        let mut looked = 0;
        while looked < self.members.order.len() {
            let Some(&node) = self.members.order.get(self.probing.place) else {
                let Self { members, random, .. } = self;
                members.reset(now, random);
                self.probing.place = 0;
                looked += 1;
                continue;
            };
            self.probing.place += 1;
            looked += 1;
            let fits = |member: &&Member| node != self.me && member.status != Say::Dead;
            if let Some(member) = self.members.get(node).filter(fits) {
                return Some((node, member.incarnation, member.status == Say::Suspect));
            }
        }
        None
    }

    fn ping(&mut self, now: Time, probe: Probe) {
        let Probe { sequence, target, incarnation, suspected, over, .. } = probe;
        let ask = Ask::Ping { sequence };
        if suspected && self.parts.buddy {
            // The suspected hears of it, and can refute.
            let claim = Claim { say: Say::Suspect, of: target, incarnation, from: self.me };
            let packet = Packet { ask: Some(ask), claims: vec![claim] };
            self.out.push(Output::Datagram { to: target, packet });
        } else {
            self.send(target, ask);
        }
        if let Some(probe) = self.probing.at(sequence) {
            probe.stage = Stage::Waiting;
        }
        if over {
            self.ask_others(now, sequence);
        } else {
            self.arm(now + rules::PROBE_TIMEOUT, Timer::ProbeTimeout(sequence));
        }
    }

    pub(crate) fn probe_timeout(&mut self, now: Time, sequence: u32) {
        if self.probing.at(sequence).is_some_and(|probe| probe.stage == Stage::Waiting) {
            self.ask_others(now, sequence);
        }
    }

    pub(crate) fn probe_end(&mut self, now: Time, sequence: u32) {
        let Some(probe) = self.probing.at(sequence) else { return };
        probe.over = true;
        match probe.stage {
            Stage::Waiting => self.ask_others(now, sequence),
            Stage::Asked => self.judge(now, sequence),
            Stage::Pinging | Stage::Asking => {}
        }
    }

    /// Sends that hung go out.
    pub(crate) fn probe_released(&mut self, now: Time) {
        let Some(probe) = self.probing.under_way else { return };
        match probe.stage {
            Stage::Pinging => self.ping(now, probe),
            Stage::Asking => self.ask_others(now, probe.sequence),
            Stage::Waiting | Stage::Asked => {}
        }
    }

    fn ask_others(&mut self, now: Time, sequence: u32) {
        let blocked = self.blocked;
        let Some(probe) = self.probing.at(sequence) else { return };
        if blocked {
            probe.stage = Stage::Asking;
            return;
        }
        probe.stage = Stage::Asked;
        let Probe { target, ends, over, .. } = *probe;
        let Self { me, members, random, .. } = self;
        let fits = |node: usize| node != *me && node != target && members.is(node, Say::Alive);
        let helpers = members.pick(rules::INDIRECT_CHECKS, random, fits);
        for helper in &helpers {
            self.send(*helper, Ask::IndirectPing { sequence, target });
        }
        if let Some(probe) = self.probing.at(sequence) {
            probe.asked = i32::try_from(helpers.len()).unwrap_or(0);
        }
        if over {
            self.judge(now, sequence);
            return;
        }
        let patience = ends.since(now);
        self.out.push(Output::Stream { to: target, request: Request::Ping, patience, sequence });
    }

    pub(crate) fn acknowledged(&mut self, now: Time, sequence: u32) {
        if self.probing.at(sequence).is_some_and(|probe| !probe.over) {
            self.health.shift(-1);
            self.finish(now);
        }
    }

    /// Nobody answered in time.
    fn judge(&mut self, now: Time, sequence: u32) {
        let Some(&mut probe) = self.probing.at(sequence) else { return };
        if probe.by_tcp {
            self.health.shift(-1);
        } else {
            // Helpers that are there say so: where they do not, the trouble is this node's own.
            self.health.shift(if probe.asked > 0 { (probe.asked - probe.nacks).max(0) } else { 1 });
            let Probe { target: of, incarnation, .. } = probe;
            let claim = Claim { say: Say::Suspect, of, incarnation, from: self.me };
            self.take_suspect(now, claim);
        }
        self.finish(now);
    }

    fn finish(&mut self, now: Time) {
        self.probing.under_way = None;
        if std::mem::take(&mut self.probing.missed) {
            self.probe_tick(now);
        }
    }
}
