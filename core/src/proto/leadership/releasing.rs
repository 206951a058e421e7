//! A leader gives up: it stops to lead, tells the lighthouses, and perhaps who is to follow.

use std::sync::Arc;
use std::time::Duration;

use super::super::election::{Ballot, majority};
use super::super::engine::Engine;
use super::super::output::Notice;
use super::super::time::Time;
use super::super::wire::{Status, Word};
use crate::api::error::{Error, ErrorCode, Result};

/// What was not acknowledged is said again so often.
const RESEND: Duration = Duration::from_millis(100);
/// A successor has so long to lead.
const SUCCESSION: Duration = Duration::from_secs(3);

/// A lease on its way back.
#[derive(Default)]
pub(in super::super) struct Releasing {
    ballot: Ballot,
    /// Lighthouses, as bits, that did not acknowledge yet.
    silent: u16,
    voters: usize,
    /// Then the record is over anyway.
    until: Time,
    next: Time,
    successor: Option<Arc<str>>,
    /// Who waits for the end of it.
    ticket: Option<u64>,
}

impl Releasing {
    fn of(ticket: u64, successor: Option<Arc<str>>) -> Self {
        Self { ticket: Some(ticket), successor, ..Self::default() }
    }

    pub(super) fn begin(self, now: Time, ballot: Ballot, voters: usize, until: Time) -> Self {
        let silent = u16::try_from((1_u32 << voters) - 1).unwrap_or(u16::MAX);
        let until = if self.successor.is_some() { until.max(now + SUCCESSION) } else { until };
        Self { ballot, silent, voters, until, next: now, ..self }
    }

    pub(super) const fn next(&self) -> Time {
        self.next
    }

    /// Whether so many acknowledged that a successor can have a majority.
    fn is_free(&self) -> bool {
        self.voters - self.silent.count_ones() as usize >= majority(self.voters)
    }
}

impl Engine {
    /// Gives the lease up. [`Notice::Resigned`] follows when a majority of the lighthouses knows, or
    /// the lease would be over anyway.
    ///
    /// # Errors
    /// `not_leader`.
    pub fn resign(&mut self, now: Time, ticket: u64) -> Result<()> {
        self.check_tenure(now);
        self.give_up(now, Releasing::of(ticket, None))
    }

    /// Gives the lease up in favour of a member. [`Notice::Resigned`] follows when it leads, or did
    /// not come to lead in time.
    ///
    /// # Errors
    /// `not_leader`, `unknown_node`; `invalid_config` for a node that may not lead.
    pub fn transfer_leadership(&mut self, now: Time, node: &str, ticket: u64) -> Result<()> {
        self.check_tenure(now);
        if !self.is_leading() {
            return Err(not_leader());
        }
        let found = self.members.find(node).and_then(|id| self.members.get(id).map(|m| (id, m)));
        let Some((id, member)) = found else {
            let text = format!("no node has the name or address {node:?}");
            return Err(Error::new(ErrorCode::UnknownNode, text));
        };
        if id == super::super::members::SELF {
            self.notices.push_back(Notice::Resigned { ticket, done: true });
            return Ok(());
        }
        if member.status != Status::Alive || !member.candidacy.eligible {
            let text = format!("{node:?} cannot lead now: it must be alive and eligible");
            return Err(Error::new(ErrorCode::InvalidConfig, text));
        }
        let successor = Arc::clone(&member.identity.name);
        self.give_up(now, Releasing::of(ticket, Some(successor)))
    }

    fn give_up(&mut self, now: Time, releasing: Releasing) -> Result<()> {
        if !self.is_leading() {
            return Err(not_leader());
        }
        self.end_tenure(now, Some(releasing));
        self.hear_own_words(now);
        self.plan_election(now);
        Ok(())
    }

    fn releasing(&mut self) -> Option<&mut Releasing> {
        self.leadership.as_mut()?.standing.releasing.as_mut()
    }

    pub(super) fn release_tick(&mut self, now: Time) {
        let Some(releasing) = self.releasing() else { return };
        if now < releasing.next {
            return;
        }
        releasing.next = (now + RESEND).min(releasing.until);
        let (ballot, silent) = (releasing.ballot, releasing.silent);
        let (over, successor) = (now >= releasing.until, releasing.successor.clone());
        let free = releasing.is_free();
        if over || (free && successor.is_none()) {
            self.end_release(successor.is_none());
            return;
        }
        let heir = successor.and_then(|name| self.members.by_name(&name));
        let handle = heir.and_then(|id| self.members.get(id)).map_or(0, |member| member.handle);
        self.say_to_voters(silent, Word::Release { ballot, successor: handle });
        if let Some(id) = heir.filter(|_| free) {
            self.say(id, Word::Handoff(Ballot { owner: self.owner_of_self(), ..ballot }));
        }
    }

    pub(super) fn end_release(&mut self, done: bool) {
        let releasing = self.leadership.as_mut().and_then(|all| all.standing.releasing.take());
        if let Some(ticket) = releasing.and_then(|releasing| releasing.ticket) {
            self.notices.push_back(Notice::Resigned { ticket, done });
        }
    }

    pub(super) fn hear_released(&mut self, now: Time, place: u8, ballot: Ballot) {
        let Some(releasing) = self.releasing().filter(|releasing| releasing.ballot == ballot)
        else {
            return;
        };
        let was_free = releasing.is_free();
        releasing.silent &= !1_u16.checked_shl(u32::from(place)).unwrap_or(0);
        if releasing.is_free() && !was_free {
            releasing.next = now; // whoever waits is told, or the successor is
            self.release_tick(now);
        }
    }

    /// Somebody leads: whoever handed the lead on learns how that went.
    pub(super) fn note_successor(&mut self, leader: &str) {
        let successor = self.releasing().and_then(|releasing| releasing.successor.clone());
        if let Some(successor) = successor {
            self.end_release(*successor == *leader);
        }
    }
}

fn not_leader() -> Error {
    Error::new(ErrorCode::NotLeader, "this node does not lead; nothing was changed")
}
