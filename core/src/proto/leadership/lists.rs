//! The list of lighthouses, and how it changes while all run.
//!
//! The leader proposes, and the lighthouses of the present list accept: at most one list can follow
//! another (Paxos, with the term as the number of the proposal). What was chosen is news: whoever
//! hears of it goes over to it, each at its time (docs/leadership.md).

use std::sync::Arc;
use std::time::Duration;

use super::super::discovery::Bucket;
use super::super::election::Ballot;
use super::super::engine::Engine;
use super::super::members::{MemberId, SELF};
use super::super::output::Transmit;
use super::super::time::Time;
use super::super::wire::Word;
use super::list_file::{Accepted, ListFile, parse, render};
use crate::api::lighthouses::LighthouseEntry;

/// What was not answered is said again so often while a change is under way,
const RESEND: Duration = Duration::from_millis(100);
/// News of a list go to so many members at a time,
const FANOUT: usize = 3;
/// so often,
const SPREAD: Duration = Duration::from_millis(300);
/// so many times, and once more for each doubling of the cluster;
const TIMES: u32 = 6;
/// and to one of them for ever after, for whoever missed them all.
const REMIND: Duration = Duration::from_secs(5);
/// So many of these datagrams are sent in a second at most.
const TOLD_PER_SECOND: u32 = 100;
/// A list so many versions ahead is no list: one bad packet does not use the numbers up.
const VERSION_JUMP: u32 = 1 << 16;
/// A file that could not be written is tried again so often.
const REWRITE: Duration = Duration::from_millis(500);

/// The list in force, what may follow it, and what this node does about either.
pub(in super::super) struct Lists {
    pub(super) version: u32,
    pub(super) entries: Vec<LighthouseEntry>,
    /// Digest of the configuration with the list before.
    pub(super) before: u64,
    pub(super) accepted: Option<Accepted>,
    /// Whether there is a disk, and whether all of this is on it.
    pub(super) disk: bool,
    pub(super) written: bool,
    pub(super) rewrite: Time,
    /// As the leader: which question of its tenures this is, and the lighthouses, as bits, that
    /// answered it, and those of them that have disks.
    question: u32,
    pub(super) told: u16,
    pub(super) durable: u16,
    /// What an earlier leader had proposed, by the highest term.
    pub(super) found: Option<Accepted>,
    /// What this leader proposes, and who accepted it.
    pub(super) wanted: Option<Arc<str>>,
    taken: u16,
    pub(super) next: Time,
    pub(super) spread_left: u32,
    pub(super) spread: Time,
    /// Whether this node tells every lighthouse: those, and the leader, do.
    tells_voters: bool,
    answers: Bucket,
}

impl Lists {
    pub(super) fn new(now: Time, entries: Vec<LighthouseEntry>) -> Self {
        Self {
            version: 0,
            entries,
            before: 0,
            accepted: None,
            disk: false,
            written: true,
            rewrite: Time::NEVER,
            question: 0,
            told: 0,
            durable: 0,
            found: None,
            wanted: None,
            taken: 0,
            next: Time::NEVER,
            spread_left: 0,
            spread: Time::NEVER,
            tells_voters: false,
            answers: Bucket::new(now, TOLD_PER_SECOND, TOLD_PER_SECOND),
        }
    }

    pub(super) fn next(&self) -> Time {
        self.next.min(self.spread).min(self.rewrite)
    }

    pub(super) fn file(&self) -> ListFile {
        ListFile {
            version: self.version,
            list: render(&self.entries),
            before: self.before,
            accepted: self.accepted.clone(),
        }
    }

    /// A tenure begins: what lighthouses accepted from others is asked for anew.
    fn begin_tenure(&mut self, now: Time) {
        self.end_tenure();
        self.question = self.question.wrapping_add(1);
        self.next = now;
    }

    pub(super) fn end_tenure(&mut self) {
        (self.told, self.durable, self.taken) = (0, 0, 0);
        (self.found, self.wanted) = (None, None);
        self.next = Time::NEVER;
    }

    /// News are told from now on.
    pub(super) fn begin_spreading(&mut self, now: Time, members: usize, tells_voters: bool) {
        self.tells_voters = tells_voters;
        self.spread_left = TIMES + members.max(1).ilog2();
        self.spread = now;
    }
}

impl Engine {
    /// Which list of lighthouses is in force: how often it was changed, and its entries.
    #[must_use]
    pub fn lighthouse_list(&self) -> Option<(u32, Arc<str>)> {
        self.leadership.as_ref().map(|all| (all.lists.version, render(&all.lists.entries)))
    }

    fn lists(&mut self) -> Option<&mut Lists> {
        self.leadership.as_mut().map(|all| &mut all.lists)
    }

    pub(super) fn begin_list_tenure(&mut self, now: Time) {
        if let Some(lists) = self.lists() {
            lists.begin_tenure(now);
        }
    }

    /// What is in force and what was accepted goes to the disk.
    pub(super) fn persist_list(&mut self, now: Time) {
        let Some(lists) = self.lists() else { return };
        lists.written = !lists.disk;
        lists.rewrite = if lists.disk { now + REWRITE } else { Time::NEVER };
        if lists.disk {
            let file = lists.file();
            self.transmits.push_back(Transmit::PersistList { file });
        }
    }

    /// What [`Transmit::PersistList`] asked for was done, or failed.
    pub fn handle_list_persisted(&mut self, now: Time, file: &ListFile, written: bool) {
        self.mind_the_gap(now);
        let Some(lists) = self.lists().filter(|lists| written && lists.file() == *file) else {
            return;
        };
        lists.written = true;
        lists.rewrite = Time::NEVER;
        // Whoever proposed it hears that it is accepted, where that one leads still.
        let term = lists.accepted.as_ref().map(|accepted| accepted.term);
        let seat = self.leadership.as_ref().and_then(|all| all.seat.as_ref());
        let live = seat.and_then(|seat| seat.lighthouse.live(now));
        let owner = live.filter(|record| Some(record.term) == term).map(|it| it.ballot.owner);
        if let Some((owner, to)) = owner.and_then(|it| Some((it, self.member_of_owner(it)?))) {
            self.tell_list(to, Ballot { counter: 0, owner });
        }
        self.hear_own_words(now);
        self.plan_election(now);
    }

    /// Everything of the list that has a time.
    pub(super) fn list_tick(&mut self, now: Time) {
        let Some(lists) = self.lists() else { return };
        if now >= lists.rewrite {
            self.persist_list(now);
        }
        if self.is_leading() {
            self.propose_list(now);
        }
        self.spread_list(now);
    }

    /// The leader asks what was accepted before, finishes that, or proposes what it was asked for.
    fn propose_list(&mut self, now: Time) {
        let owner = self.owner_of_self();
        let Some(all) = &mut self.leadership else { return };
        let (quorum, lease) = (all.quorum(), all.timing.lease);
        let everybody = u16::try_from((1_u32 << all.voters.len()) - 1).unwrap_or(u16::MAX);
        let (lists, Some(term)) = (&mut all.lists, all.standing.leading) else { return };
        if now < lists.next {
            return;
        }
        let asked = everybody & !lists.told;
        let knows = lists.told.count_ones() as usize >= quorum;
        if knows && lists.wanted.is_none() {
            lists.wanted = lists.found.as_ref().map(|found| Arc::clone(&found.list));
        }
        let wanted = lists.wanted.clone().filter(|_| knows);
        let untaken = everybody & !lists.taken;
        lists.next = match (knows, &wanted) {
            (true, None) if asked == 0 => Time::NEVER,
            (true, None) => now + lease / 3,
            (true, Some(_)) | (false, _) => now + RESEND,
        };
        let ballot = Ballot { counter: lists.question, owner };
        self.say_to_voters(asked, Word::ListAsk(ballot));
        if let Some(list) = wanted {
            for place in (0..16_u8).filter(|place| untaken >> place & 1 != 0) {
                if let Some(id) = self.voter(place) {
                    self.say_with(id, Word::ListSet { ballot, term }, &list);
                }
            }
        }
    }

    /// The leader asks what this lighthouse accepted. Only the leader of a live record is answered:
    /// from then on no leader of a lower term is.
    pub(super) fn judge_list_ask(&mut self, now: Time, from: MemberId, ballot: Ballot) {
        let Some(seat) = self.seated() else { return };
        let live = seat.lighthouse.live(now);
        if live.is_some_and(|record| record.ballot.owner == ballot.owner) {
            self.tell_list(from, ballot);
        }
    }

    /// The leader proposes the list that is to follow.
    pub(super) fn judge_list_set(
        &mut self,
        now: Time,
        from: MemberId,
        ballot: Ballot,
        (term, list): (u64, &str),
    ) {
        let Some(seat) = self.seated().filter(|seat| seat.has_disk) else { return };
        let live = seat.lighthouse.live(now);
        let leads = |owner, of| owner == ballot.owner && of == term;
        if !live.is_some_and(|record| leads(record.ballot.owner, record.term)) {
            return;
        }
        let Some(lists) = self.lists() else { return };
        let follows =
            parse(list).is_some_and(|next| super::step::check(&lists.entries, &next).is_ok());
        if !follows {
            self.stats.election_ignored += 1;
            return;
        }
        let accepted = Accepted { term, list: list.into() };
        if lists.accepted.as_ref() != Some(&accepted) {
            lists.accepted = Some(accepted);
            self.persist_list(now);
        } else if lists.written {
            self.tell_list(from, ballot);
        }
    }

    /// What was accepted counts as soon as it is in memory where others ask what there is, and when
    /// it is on disk where its proposer asks.
    fn tell_list(&mut self, to: MemberId, ballot: Ballot) {
        let Some(all) = &self.leadership else { return };
        let Some(seat) = &all.seat else { return };
        let (place, durable) = (seat.place, seat.has_disk);
        let written = all.lists.written;
        let (term, list): (u64, Arc<str>) = match &all.lists.accepted {
            Some(accepted) => (accepted.term, Arc::clone(&accepted.list)),
            None => (0, Arc::default()),
        };
        let word = Word::ListTell { place, ballot, durable, written, term };
        self.say_with(to, word, &list);
    }

    /// A lighthouse tells what it accepted.
    pub(super) fn hear_list_tell(
        &mut self,
        now: Time,
        (place, ballot): (u8, Ballot),
        (durable, written): (bool, bool),
        (term, list): (u64, &str),
    ) {
        let owner = self.owner_of_self();
        let Some(all) = &mut self.leadership else { return };
        let (quorum, lists) = (all.quorum(), &mut all.lists);
        let (Some(own), true) = (all.standing.leading, ballot.owner == owner) else { return };
        let bit = 1_u16.checked_shl(u32::from(place)).unwrap_or(0);
        let is_mine = term == own && lists.wanted.as_deref() == Some(list);
        if is_mine && written {
            lists.taken |= bit;
        }
        if ballot.counter == lists.question {
            lists.told |= bit;
            lists.durable |= if durable { bit } else { 0 };
            let highest = lists.found.as_ref().map_or(0, |found| found.term);
            if term > highest && !is_mine {
                lists.found = Some(Accepted { term, list: list.into() });
            }
            if lists.wanted.is_none() && lists.found.is_some() {
                lists.next = now;
            }
        }
        if lists.taken.count_ones() as usize >= quorum
            && let Some(list) = lists.wanted.clone()
        {
            let version = lists.version + 1;
            self.adopt_list(now, version, &list);
        }
        self.plan_election(now);
    }

    /// Another member has, or shows that it has, another list.
    pub(super) fn send_list(&mut self, now: Time, to: MemberId) {
        if self.lists().is_some_and(|lists| lists.version > 0) {
            self.say_list(now, to);
        }
    }

    /// After an exchange with this member: whoever was away while the list changed hears of it now,
    /// because the member answers an older list with its own.
    pub(in super::super) fn compare_lists(&mut self, now: Time, handle: u32) {
        if let Some(id) = self.members.by_handle(handle) {
            self.say_list(now, id);
        }
    }

    fn say_list(&mut self, now: Time, to: MemberId) {
        let Some(lists) = self.lists() else { return };
        if to == SELF || !lists.answers.take(now) {
            return;
        }
        let version = lists.version;
        // The first list is nobody's news: only its number is told.
        let list = if version == 0 { Arc::default() } else { render(&lists.entries) };
        let ballot = Ballot { counter: 0, owner: self.owner_of_self() };
        self.say_with(to, Word::ListNews { ballot, version }, &list);
    }

    /// Another member says which list is in force.
    pub(super) fn hear_news(&mut self, now: Time, from: MemberId, version: u32, list: &str) {
        let Some(lists) = self.lists() else { return };
        if version < lists.version {
            self.send_list(now, from);
            return;
        }
        if version > lists.version && version - lists.version <= VERSION_JUMP {
            self.adopt_list(now, version, list);
        }
    }

    fn spread_list(&mut self, now: Time) {
        let Some(all) = &mut self.leadership else { return };
        let lists = &mut all.lists;
        if now < lists.spread {
            return;
        }
        let (fresh, tells_voters) = (lists.spread_left > 0, lists.tells_voters);
        lists.spread_left = lists.spread_left.saturating_sub(1);
        lists.spread = now + if fresh { SPREAD } else { REMIND };
        let voters: Vec<_> = all.voters.iter().map(Arc::clone).collect();
        let mut to: Vec<MemberId> = self.members.healthy_others().map(|(id, _)| id).collect();
        self.shuffle(&mut to);
        to.truncate(if fresh { FANOUT } else { 1 });
        if fresh && tells_voters {
            to.extend(voters.iter().filter_map(|name| self.members.by_name(name)));
        }
        for id in to {
            self.send_list(now, id);
        }
    }
}
