//! Leaving: LEFT goes straight to a few members, who acknowledge it and pass it on.

use super::engine::Engine;
use super::members::SELF;
use super::output::Notice;
use super::probe::Purpose;
use super::time::Time;
use super::wire::Status;

/// Members that are told at once.
const TOLD: usize = 5;
/// So many acknowledgements, or one from each where there are fewer, make the leave known.
const HEARD: usize = 3;

/// A leave under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaving {
    heard: usize,
    silent: usize,
    done: bool,
}

impl Engine {
    /// Tells the cluster that this node leaves; [`Notice::Left`] follows when enough members know.
    /// A second call changes nothing.
    pub fn leave(&mut self, now: Time) {
        if self.leaving.is_some() {
            return;
        }
        let incarnation = self.me().incarnation.saturating_add(1);
        self.set_status(now, SELF, Status::Left, incarnation, 0);
        self.tell_status(SELF, crate::api::node::NodeStatus::Alive);
        self.leaving = Some(Leaving { heard: 0, silent: 0, done: false });
        self.pass_on(now, SELF);
        self.tell_of_leaving(now);
    }

    /// Tells a few members; again when an exchange with a seed ends that was under way: whoever
    /// answered it holds this node for alive.
    pub(super) fn tell_of_leaving(&mut self, now: Time) {
        if self.leaving.is_none_or(|leaving| leaving.done) {
            return;
        }
        let mut others: Vec<_> = self.members.healthy_others().map(|(id, _)| id).collect();
        self.shuffle(&mut others);
        others.truncate(TOLD);
        for id in others {
            self.probe(now, id, Purpose::Leave);
        }
        self.leave_progress();
    }

    pub(super) fn leave_heard(&mut self, _now: Time) {
        if let Some(leaving) = &mut self.leaving {
            leaving.heard += 1;
        }
        self.leave_progress();
    }

    /// One of those who were told is silent: another is told instead, until the caller's patience
    /// ends.
    pub(super) fn leave_unheard(&mut self, now: Time) {
        match &mut self.leaving {
            Some(leaving) if !leaving.done => leaving.silent += 1,
            _ => return,
        }
        self.leave_progress();
        let mut others: Vec<_> = self.members.healthy_others().map(|(id, _)| id).collect();
        self.shuffle(&mut others);
        if let Some(id) = others.first() {
            self.probe(now, *id, Purpose::Leave);
        }
    }

    /// Members that are silent or leave as well need not acknowledge: where all leave at once, the
    /// last ones have nobody to wait for.
    pub(super) fn leave_progress(&mut self) {
        let others = self.members.healthy_others().count();
        let Some(leaving) = &mut self.leaving else { return };
        let wanted = HEARD.min(others.saturating_sub(leaving.silent)).max(1);
        let nobody = others == 0 && !self.syncs.any_under_way();
        if !leaving.done && (leaving.heard >= wanted || nobody) {
            leaving.done = true;
            self.notices.push_back(Notice::Left);
        }
    }
}
