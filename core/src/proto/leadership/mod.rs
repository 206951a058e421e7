//! The election as this node takes part in it: as a candidate or leader, as a lighthouse, and as one
//! who follows. What each decides is in [`crate::proto::election`]; here are its clock, its messages
//! and its disk (docs/leadership.md).

mod file;
mod herald;
mod list_file;
mod lists;
mod order;
mod recovery;
mod releasing;
mod relist;
mod seat;
mod stand;
mod step;
mod view;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;

pub use file::{Kept, TermFile};
pub(super) use herald::Heralds;
pub use list_file::{Accepted, ListFile};
pub(super) use lists::Lists;
pub(super) use seat::Seat;
pub(super) use stand::Standing;
pub use view::{ElectionView, SeatView};

use super::election::{Owner, Timing, majority};
use super::engine::{Engine, LocalNode};
use super::hash;
use super::members::{MemberId, SELF};
use super::output::Transmit;
use super::time::Time;
use super::timers::Timer;
use super::wire::{Message, NO_DATACENTER, PacketWriter, Record, Status, Word};
use crate::api::config::Settings;
use crate::api::level::LogLevel;
use crate::api::value::LeaderScope;

/// A word of another configuration is told of so often at most.
const TOLD_EACH: std::time::Duration = std::time::Duration::from_mins(1);

/// What of the election is the same for all parts of it, and the parts.
pub(super) struct Leadership {
    /// The lighthouses that vote, by their place.
    pub(super) voters: Vec<Arc<str>>,
    pub(super) timing: Timing,
    /// Words of another configuration are not heard: they never count to one majority.
    pub(super) configuration: u64,
    /// The datacenter whose leader this is about; 255 = all.
    pub(super) scope: u8,
    pub(super) standing: Standing,
    /// None where this node is no lighthouse that votes here.
    pub(super) seat: Option<Seat>,
    pub(super) heralds: Heralds,
    /// What this node has to say to itself.
    own_words: VecDeque<(Word, Arc<str>)>,
    /// The list, and how it changes.
    pub(super) lists: Lists,
    /// When it was told last that somebody has another configuration.
    told: Option<Time>,
}

impl Leadership {
    /// None where nobody votes: without a list, in fallback, or where the own datacenter has no
    /// lighthouse and each has its own leader.
    pub(super) fn new(now: Time, settings: &Settings, me: &LocalNode) -> Option<Self> {
        let by_datacenter = settings.leader_scope == LeaderScope::Datacenter;
        let scope = if by_datacenter { settings.datacenter } else { NO_DATACENTER };
        let mut entries = settings.lighthouse_entries();
        entries.retain(|entry| !by_datacenter || entry.datacenter == Some(scope));
        if entries.is_empty() || settings.fallback {
            return None;
        }
        let voters: Vec<Arc<str>> =
            entries.iter().map(|entry| entry.name.as_str().into()).collect();
        let timing = Timing::of(settings.leader_lease());
        let place = voters.iter().position(|name| *name == me.name);
        let seat = place.and_then(|place| u8::try_from(place).ok());
        Some(Self {
            configuration: configuration(settings, scope, &voters, 0),
            seat: seat.map(|place| Seat::new(now, place, &timing)),
            standing: Standing::new(now),
            heralds: Heralds::default(),
            own_words: VecDeque::new(),
            lists: Lists::new(now, entries),
            told: None,
            voters,
            timing,
            scope,
        })
    }

    /// How many lighthouses decide.
    pub(super) fn quorum(&self) -> usize {
        majority(self.voters.len())
    }
}

/// What must be the same on all who vote and stand together: everything that the rules depend on.
/// A list that was changed while nodes ran is another one each time, even with the same names.
fn configuration(settings: &Settings, scope: u8, voters: &[Arc<str>], version: u32) -> u64 {
    let lease = settings.leader_lease_millis.to_string();
    let scope = scope.to_string();
    let change = format!("change {version}"); // no name has a space
    let first = [settings.cluster_name.as_str(), &scope, &lease];
    let last = (version > 0).then_some(&*change);
    hash::configuration(first.into_iter().chain(voters.iter().map(AsRef::as_ref)).chain(last))
}

impl Engine {
    /// The digest of what must be the same on all who vote and stand together; none where nobody
    /// votes.
    #[must_use]
    pub fn election_configuration(&self) -> Option<u64> {
        self.leadership.as_ref().map(|all| all.configuration)
    }

    /// The candidate that this member is.
    pub(super) fn owner_of(&self, id: MemberId) -> Option<Owner> {
        let identity = &self.members.get(id)?.identity;
        let name = hash::elector(&identity.name);
        Some(Owner { generation: identity.generation, run: identity.run, name })
    }

    /// The place in the list of the lighthouse that this member is.
    fn place_of(&self, id: MemberId) -> Option<u8> {
        let name = &self.members.get(id)?.identity.name;
        let voters = &self.leadership.as_ref()?.voters;
        voters.iter().position(|voter| voter == name).and_then(|place| u8::try_from(place).ok())
    }

    /// The member that votes at this place, as far as it is known.
    pub(super) fn voter(&self, place: u8) -> Option<MemberId> {
        let voters = &self.leadership.as_ref()?.voters;
        let id = self.members.by_name(voters.get(usize::from(place))?)?;
        let status = self.members.get(id)?.status;
        (status != Status::Left).then_some(id)
    }

    /// A word of the election came by datagram.
    pub(super) fn handle_elect(
        &mut self,
        now: Time,
        from: SocketAddr,
        known: Option<MemberId>,
        configuration: u64,
        (word, list): (&Word, &[u8]),
    ) {
        // As with ACKs: only members that write from their own address are answered.
        let own_address = |id: &MemberId| self.members.get(*id).is_some_and(|m| m.is_at(from));
        let Some(id) = known.filter(own_address) else { return };
        let Some(leadership) = &mut self.leadership else {
            self.stats.election_ignored += 1;
            return;
        };
        let list = std::str::from_utf8(list).unwrap_or_default();
        if let Word::ListNews { version, .. } = word {
            self.hear_news(now, id, *version, list);
            self.hear_own_words(now);
            return;
        }
        if leadership.configuration != configuration {
            self.stats.election_ignored += 1;
            self.send_list(now, id);
            self.tell_other_configuration(now, id);
            return;
        }
        self.mind_the_gap(now);
        self.hear_word(now, id, word, list);
        self.hear_own_words(now);
    }

    fn tell_other_configuration(&mut self, now: Time, id: MemberId) {
        let Some(leadership) = &mut self.leadership else { return };
        if leadership.told.is_some_and(|told| now.since(told) < TOLD_EACH) {
            return;
        }
        leadership.told = Some(now);
        let name = self.members.get(id).map(|member| Arc::clone(&member.identity.name));
        let text = format!(
            "{} takes part in an election with another configuration (lighthouses, leader_scope or \
             leader_lease_millis): the two do not hear each other; give all nodes the same",
            name.unwrap_or_default()
        );
        self.note(LogLevel::Warn, text);
    }

    /// Lets this node hear what it said to itself, and what it says to that.
    pub(super) fn hear_own_words(&mut self, now: Time) {
        // Each word leads to fewer words than the rounds have steps: this ends.
        while let Some((word, list)) =
            self.leadership.as_mut().and_then(|all| all.own_words.pop_front())
        {
            self.hear_word(now, SELF, &word, &list);
        }
    }

    /// Each word is taken from whom it must come from, and from nobody else.
    fn hear_word(&mut self, now: Time, from: MemberId, word: &Word, list: &str) {
        let is_owner = self.owner_of(from) == Some(word.ballot().owner);
        let place = self.place_of(from);
        match word {
            Word::Poll(poll) if is_owner => self.judge_poll(now, from, poll),
            Word::Claim(claim) if is_owner => self.judge_claim(now, from, claim),
            Word::Release { ballot, successor } if is_owner => {
                self.judge_release(now, from, *ballot, *successor);
            }
            Word::Handoff(_) if is_owner => self.hear_handoff(now),
            Word::TermAsk(ballot) if is_owner => self.tell_term(from, *ballot),
            Word::Vote { place: said, vote } if place == Some(*said) => {
                self.hear_vote(now, *said, vote);
            }
            Word::Grant { place: said, grant, durable } if place == Some(*said) => {
                self.hear_grant(now, *said, grant, *durable);
            }
            Word::Released { place: said, ballot } if place == Some(*said) => {
                self.hear_released(now, *said, *ballot);
            }
            Word::Free(_) if place.is_some() => self.hear_free(now),
            Word::TermTell { place: said, ballot, term } if place == Some(*said) => {
                self.hear_term(now, *said, *ballot, *term);
            }
            Word::ListAsk(ballot) if is_owner => self.judge_list_ask(now, from, *ballot),
            Word::ListSet { ballot, term } if is_owner => {
                self.judge_list_set(now, from, *ballot, (*term, list));
            }
            Word::ListTell { place: said, ballot, durable, written, term }
                if place == Some(*said) =>
            {
                let flags = (*durable, *written);
                self.hear_list_tell(now, (*said, *ballot), flags, (*term, list));
            }
            Word::Poll(_)
            | Word::Claim(_)
            | Word::Release { .. }
            | Word::Handoff(_)
            | Word::TermAsk(_)
            | Word::Vote { .. }
            | Word::Grant { .. }
            | Word::Released { .. }
            | Word::Free(_)
            | Word::TermTell { .. }
            | Word::ListAsk(_)
            | Word::ListSet { .. }
            | Word::ListTell { .. }
            | Word::ListNews { .. } => self.stats.election_ignored += 1,
        }
    }

    /// Says a word to one member.
    pub(super) fn say(&mut self, to: MemberId, word: Word) {
        self.say_with(to, word, &Arc::default());
    }

    /// Says a word that goes with a list.
    pub(super) fn say_with(&mut self, to: MemberId, word: Word, list: &Arc<str>) {
        let from = self.my_handle();
        let Some(leadership) = &mut self.leadership else { return };
        if to == SELF {
            leadership.own_words.push_back((word, Arc::clone(list)));
            return;
        }
        let Some(address) = self.members.get(to).map(|member| member.address()) else { return };
        let message = Message::Elect { from, configuration: leadership.configuration, word };
        let most = self.settings.max_datagram_bytes as usize;
        let mut bytes = Vec::with_capacity(128);
        let mut packet = PacketWriter::new(&mut bytes, self.cluster_tag, &message, most);
        // Lists that do not fit are refused where they come in.
        if !list.is_empty() && !packet.push(&Record::Piece(list.as_bytes().into())) {
            return;
        }
        self.stats.election_sent += 1;
        self.transmits.push_back(Transmit::Datagram { to: address, bytes });
    }

    /// Says a word to the lighthouses at these places (bits).
    pub(super) fn say_to_voters(&mut self, places: u16, word: Word) {
        for place in (0..16_u8).filter(|place| places >> place & 1 != 0) {
            if let Some(id) = self.voter(place) {
                self.say(id, word);
            }
        }
    }

    /// Everything of the election that has a time.
    pub(super) fn election_tick(&mut self, now: Time) {
        if self.leadership.is_none() {
            return;
        }
        self.mind_the_gap(now);
        self.seat_tick(now);
        self.stand_tick(now);
        self.list_tick(now);
        self.hear_own_words(now);
        self.follow(now);
        self.plan_election(now);
    }

    /// Arms the timer for whatever comes first.
    pub(super) fn plan_election(&mut self, now: Time) {
        let Some(leadership) = &self.leadership else { return };
        let seat = leadership.seat.as_ref().map_or(Time::NEVER, |seat| seat.next(now));
        let standing = leadership.standing.next(now, &leadership.timing);
        let list = leadership.lists.next().max(now);
        let at = seat.min(standing).min(list).min(now + leadership.timing.lease / 3);
        self.timers.arm(at, Timer::Election);
    }
}
