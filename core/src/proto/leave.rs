//! Leaving: LEFT goes straight to a few members, who acknowledge it and pass it on.

use std::collections::BTreeMap;

use super::engine::Engine;
use super::members::SELF;
use super::output::Notice;
use super::probe::{Probe, Purpose};
use super::time::Time;
use super::wire::{Evidence, Status};

/// Members that are told at once.
const TOLD: usize = 5;
/// So many acknowledgements, or one from each where there are fewer, make the leave known.
const HEARD: usize = 3;
/// A member that was told so often in vain, three datagrams each time, is not waited for.
const TRIES: u8 = 3;

/// A leave under way.
#[derive(Debug, Default)]
pub(super) struct Leaving {
    /// By handle: how often each was told in vain; none where it acknowledged.
    told: BTreeMap<u32, Option<u8>>,
    done: bool,
}

impl Leaving {
    /// How often a member was told in vain; none where it need not be told again.
    fn tries(&self, handle: u32) -> Option<u8> {
        let tries = self.told.get(&handle).copied().unwrap_or(Some(0));
        tries.filter(|tries| *tries < TRIES)
    }

    fn heard(&self) -> usize {
        self.told.values().filter(|tries| tries.is_none()).count()
    }
}

impl Engine {
    /// Tells the cluster that this node leaves; [`Notice::Left`] follows when enough members know,
    /// or none is left who could acknowledge it. A second call changes nothing.
    pub fn leave(&mut self, now: Time) {
        if self.leaving.is_some() {
            return;
        }
        let incarnation = self.me().incarnation.saturating_add(1);
        self.set_status(now, SELF, Status::Left, incarnation, 0);
        self.tell_status(SELF, crate::api::node::NodeStatus::Alive);
        self.leaving = Some(Leaving::default());
        self.candidacy_changed(now);
        self.pass_on(now, SELF);
        self.tell_of_leaving(now);
    }

    /// Tells a few members; again when an exchange with a seed ends that was under way: whoever
    /// answered it holds this node for alive.
    pub(super) fn tell_of_leaving(&mut self, now: Time) {
        self.tell_more_of_leaving(now, TOLD);
        self.leave_progress();
    }

    /// Tells members that have not acknowledged it, those first who were told least often.
    fn tell_more_of_leaving(&mut self, now: Time, most: usize) {
        let Some(leaving) = self.leaving.as_ref().filter(|leaving| !leaving.done) else { return };
        let others = self.members.healthy_others();
        let mut others: Vec<_> = others
            .filter_map(|(id, other)| {
                Some(((leaving.tries(other.handle)?, !self.is_near(other)), id))
            })
            .collect();
        self.shuffle(&mut others);
        others.sort_by_key(|(tries, _)| *tries);
        for (_, id) in others.into_iter().take(most) {
            self.probe(now, id, Purpose::Leave);
        }
    }

    pub(super) fn leave_heard(&mut self, handle: u32) {
        if let Some(leaving) = &mut self.leaving {
            leaving.told.insert(handle, None);
        }
        self.leave_progress();
    }

    /// One of those who were told is silent: another is told instead, or it once more.
    pub(super) fn leave_unheard(&mut self, now: Time, probe: &Probe) {
        let Some(leaving) = &mut self.leaving else { return };
        if let Some(tries) = leaving.told.entry(probe.handle).or_insert(Some(0)) {
            match probe.evidence {
                Evidence::Silent => *tries = tries.saturating_add(1),
                Evidence::Gone => *tries = TRIES,
                Evidence::Hung => {} // a paused process: the caller's patience counts
            }
        }
        self.leave_progress();
        self.tell_more_of_leaving(now, 1);
    }

    /// Members that are silent, dead, or leave as well need not acknowledge: where all leave at
    /// once, the last ones have nobody to wait for.
    pub(super) fn leave_progress(&mut self) {
        let Some(leaving) = self.leaving.as_ref().filter(|leaving| !leaving.done) else { return };
        let mut others = self.members.healthy_others();
        let open = others.any(|(_, other)| leaving.tries(other.handle).is_some());
        let heard = leaving.heard();
        let all = !open && (heard > 0 || !self.syncs.any_under_way());
        if heard >= HEARD || all {
            self.leaving = Some(Leaving { done: true, ..Leaving::default() });
            self.notices.push_back(Notice::Left);
        }
    }
}
