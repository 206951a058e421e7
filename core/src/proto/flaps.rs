//! Members that are suspected and refute, again and again: suspecting them takes more each time.
//!
//! A host that loses most of what it sends answers one probe in two. Each time it does not, all hear
//! that it is suspected, and then that it is not: one such host in a hundred made every node send
//! seventeen times what it sends at rest. Its silence says little, so it has to last longer.

use std::collections::BTreeMap;
use std::time::Duration;

use super::engine::Engine;
use super::members::MemberId;
use super::probe::{Probe, Purpose};
use super::time::Time;
use super::wire::{Evidence, Status};

/// Probes in a row beyond the first that a member may be given.
const MOST: u32 = 4;
/// One refutation is forgiven after so long without another.
const FORGIVEN: Duration = Duration::from_secs(20);

/// Refutations of late. Only those of members of the table, whose number is bounded.
#[derive(Default)]
pub(super) struct Flaps(BTreeMap<MemberId, Flap>);

struct Flap {
    count: u32,
    last: Time,
}

impl Flap {
    fn left(&self, now: Time) -> u32 {
        let calm = now.since(self.last).as_secs() / FORGIVEN.as_secs();
        self.count.saturating_sub(u32::try_from(calm).unwrap_or(u32::MAX))
    }
}

impl Flaps {
    /// A member refuted a suspicion.
    pub(super) fn note(&mut self, now: Time, id: MemberId) {
        self.0.retain(|_, flap| flap.left(now) > 0);
        let flap = self.0.entry(id).or_insert(Flap { count: 0, last: now });
        *flap = Flap { count: (flap.left(now) + 1).min(MOST + 1), last: now };
    }

    /// Whoever it was is listed no longer, or is another run.
    pub(super) fn forget(&mut self, id: MemberId) {
        self.0.remove(&id);
    }

    /// Whether a member refuted at this moment or later.
    pub(super) fn refuted_since(&self, id: MemberId, since: Time) -> bool {
        self.0.get(&id).is_some_and(|flap| flap.last >= since)
    }

    /// How many probes in a row beyond the first must find nobody. Once is nothing: anybody may have
    /// been held up.
    pub(super) fn patience(&self, now: Time, id: MemberId) -> u32 {
        self.0.get(&id).map_or(0, |flap| flap.left(now).saturating_sub(1))
    }
}

impl Engine {
    /// Whether a failed probe says nothing yet against a member that refuted of late. Whoever refuted
    /// while the probe ran lives, so who corroborates an earlier suspicion does not begin a new one; and
    /// whoever did so again and again gets one probe more each time.
    pub(super) fn excuses(&mut self, now: Time, id: MemberId, probe: &Probe) -> bool {
        if self.probing.flaps.refuted_since(id, probe.sent) {
            return true;
        }
        let judges = probe.purpose != Purpose::Corroborate && probe.evidence == Evidence::Silent;
        let member = self.members.get(id).filter(|member| member.status == Status::Alive);
        let patience = self.probing.flaps.patience(now, id);
        let another = judges && member.is_some_and(|member| u32::from(member.timeouts) <= patience);
        if another {
            self.probe(now, id, probe.purpose);
        }
        another
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refutation_asks_for_one_probe_more_and_calm_forgives() {
        let at = |seconds: u64| Time::ZERO + Duration::from_secs(seconds);
        let (mut flaps, id) = (Flaps::default(), 3);
        let mut asked = Vec::new();
        for second in 0..7 {
            flaps.note(at(second), id);
            asked.push(flaps.patience(at(second), id));
        }
        assert_eq!(asked, [0, 1, 2, 3, 4, 4, 4]);
        let later: Vec<_> =
            [26, 46, 66, 86, 106].map(|second| flaps.patience(at(second), id)).into();
        assert_eq!(later, [3, 2, 1, 0, 0]);
        flaps.note(at(200), id);
        assert_eq!(flaps.patience(at(200), id), 0, "long ago counts for nothing");
        flaps.note(at(201), id);
        flaps.forget(id);
        assert_eq!(flaps.patience(at(201), id), 0);
    }
}
