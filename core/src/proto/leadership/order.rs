//! Who stands first.

use std::cmp::Reverse;
use std::sync::Arc;

use super::super::election::{place, turn};
use super::super::engine::Engine;
use super::super::hash;
use super::super::members::{Member, MemberId, SELF};
use super::super::time::Time;
use super::super::wire::{NO_DATACENTER, Status};

/// Of two candidates the lower one stands first: by priority, by how much its datacenter is
/// preferred, by the score of rendezvous hashing, so that the leaders of many clusters spread.
type Key = (Reverse<u8>, usize, Reverse<u64>, Arc<str>);

/// Candidates that stand at the same moment would reject each other: each waits so much more.
const JITTER_MICROS: u64 = 50_000;

impl Engine {
    fn key_of(&self, member: &Member) -> Key {
        let preferred = &self.settings.prefer_datacenters;
        let rank = preferred.iter().position(|number| *number == member.datacenter);
        let score = hash::score(self.settings.cluster_name.as_bytes(), &member.identity.name);
        let name = Arc::clone(&member.identity.name);
        (Reverse(member.candidacy.priority), rank.unwrap_or(preferred.len()), Reverse(score), name)
    }

    fn candidates(&self) -> impl Iterator<Item = (MemberId, &Member)> {
        let scope = self.leadership.as_ref().map_or(NO_DATACENTER, |all| all.scope);
        self.members.iter().filter(move |(_, member)| {
            let inside = scope == NO_DATACENTER || member.datacenter == scope;
            inside && member.status == Status::Alive && member.candidacy.eligible
        })
    }

    /// This node's place among the candidates, from 0.
    pub(super) fn candidate_place(&self) -> usize {
        let Some(me) = self.members.get(SELF) else { return 0 };
        place(&self.key_of(me), self.candidates().map(|(_, member)| self.key_of(member)))
    }

    /// The first candidates but one.
    pub(super) fn first_candidates(&self, count: usize, but: MemberId) -> Vec<MemberId> {
        let mut all: Vec<_> = self
            .candidates()
            .filter(|(id, _)| *id != but)
            .map(|(id, member)| (self.key_of(member), id))
            .collect();
        all.sort();
        all.into_iter().take(count).map(|(_, id)| id).collect()
    }

    /// When this node's turn is, where the place is free from `at` on.
    pub(super) fn turn_after(&mut self, at: Time) -> Time {
        let Some(lease) = self.leadership.as_ref().map(|all| all.timing.lease) else {
            return Time::NEVER;
        };
        let turn = turn(self.candidate_place(), lease);
        let jitter = std::time::Duration::from_micros(self.below(JITTER_MICROS));
        at + turn + jitter
    }
}
