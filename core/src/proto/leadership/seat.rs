//! This node as a lighthouse that votes.

use std::time::Duration;

use super::super::discovery::Bucket;
use super::super::election::{
    Ballot, Claim, Flaws, Floor, Lighthouse, Owner, Poll, Ruling, Timing,
};
use super::super::engine::Engine;
use super::super::members::{MemberId, SELF};
use super::super::output::Transmit;
use super::super::time::Time;
use super::super::wire::Word;
use super::file::{Kept, TermFile};
use super::recovery::Recovery;
use crate::api::level::LogLevel;

/// Polls of candidates that are answered per second, those of the leader apart.
const POLLS_PER_SECOND: u32 = 50;
/// Whoever is to follow a leader has so long before others may.
const SUCCESSION: Duration = Duration::from_secs(2);
/// Candidates that are told when a leader gave up.
const TOLD_FREE: usize = 3;

/// A lighthouse's place, state and disk.
pub(in super::super) struct Seat {
    pub(super) place: u8,
    pub(super) lighthouse: Lighthouse,
    polls: Bucket,
    /// When this process was last seen at work.
    at_work: Time,
    /// How often it looks whether it still is.
    watch: Duration,
    pub(super) has_disk: bool,
    writing: Option<Floor>,
    /// A leader gave up in favour of this handle: others wait until then.
    reserved: Option<(u32, Time)>,
    /// Its file is gone, and the highest term is not known yet.
    pub(super) recovery: Option<Recovery>,
}

impl Seat {
    pub(super) fn new(now: Time, place: u8, timing: &Timing) -> Self {
        Self {
            place,
            lighthouse: Lighthouse::begin(now, timing, None),
            polls: Bucket::new(now, POLLS_PER_SECOND, POLLS_PER_SECOND),
            at_work: now,
            watch: timing.lease / 4,
            has_disk: false,
            writing: None,
            reserved: None,
            recovery: None,
        }
    }

    /// With what is on its disk, silent.
    pub(super) fn begin_with(&mut self, now: Time, timing: &Timing, floor: Option<Floor>) {
        self.has_disk = floor.is_some();
        self.lighthouse = Lighthouse::begin(now, timing, floor);
    }

    /// Another list is in force: it asks for the highest term before it votes.
    pub(super) fn relist(&mut self, place: u8, recovery: Recovery) {
        self.place = place;
        self.recovery = Some(recovery);
        (self.writing, self.reserved) = (None, None);
    }

    pub(super) fn next(&self, now: Time) -> Time {
        let watch = self.at_work + self.watch;
        let asks = self.recovery.as_ref().map_or(Time::NEVER, |recovery| recovery.next());
        watch.min(asks.max(self.lighthouse.silent_until())).max(now)
    }

    /// What it would keep on disk with this floor.
    fn file(&self, configuration: u64, timing: &Timing, floor: Floor) -> TermFile {
        TermFile { configuration, silence: timing.silence, floor }
    }
}

impl Engine {
    /// Takes what the disk of a lighthouse has: once, before anything else is handed in.
    pub fn restore_terms(&mut self, now: Time, kept: Kept) {
        let Some(all) = &mut self.leadership else { return };
        let (voters, changed) = (all.voters.len(), all.lists.version > 0);
        let (configuration, before) = (all.configuration, all.lists.before);
        let Some(seat) = &mut all.seat else { return };
        let mut timing = all.timing;
        let floor = match kept {
            Kept::NoDisk => None,
            Kept::Missing if changed => {
                seat.recovery = Some(Recovery::again(voters, None));
                Some(Floor::default())
            }
            Kept::Missing => {
                seat.recovery = Some(Recovery::new(voters));
                Some(Floor::default())
            }
            Kept::Found(file) => {
                // It is written when the highest term was asked for after a change of the list.
                if changed && file.configuration != configuration {
                    let known = (file.configuration == before).then_some(file.floor);
                    seat.recovery = Some(Recovery::again(voters, known));
                }
                // What was granted under another configuration may still live.
                timing.silence = timing.silence.max(file.silence);
                Some(file.floor)
            }
        };
        seat.begin_with(now, &timing, floor);
        self.plan_election(now);
    }

    /// A span in which this process did nothing, for all that it knows: its clock may not have
    /// counted it, and what it granted before may have been granted to another since.
    pub(super) fn mind_the_gap(&mut self, now: Time) {
        let Some(all) = &mut self.leadership else { return };
        let Some(seat) = &mut all.seat else { return };
        let gap = now.since(seat.at_work);
        seat.at_work = now;
        if gap <= all.timing.lease / 2 {
            return;
        }
        seat.lighthouse.distrust(now, &all.timing);
        let silence = all.timing.silence;
        self.stats.quarantines += 1;
        let text = format!(
            "this lighthouse was held up for {} ms: it takes no part in elections for {} ms",
            gap.as_millis(),
            silence.as_millis()
        );
        self.note(LogLevel::Warn, text);
    }

    /// Whether it answers: not where its term is not known, nor as one of two of its name.
    pub(super) fn seated(&mut self) -> Option<&mut Seat> {
        if self.name_taken || self.leaving.is_some() {
            return None;
        }
        self.leadership.as_mut()?.seat.as_mut().filter(|seat| seat.recovery.is_none())
    }

    pub(super) fn judge_poll(&mut self, now: Time, from: MemberId, poll: &Poll) {
        let handle = self.members.get(from).map_or(0, |member| member.handle);
        let Some(seat) = self.seated() else { return };
        if seat.reserved.is_some_and(|(heir, until)| heir != handle && now < until) {
            return;
        }
        let owner = poll.ballot.owner;
        let leads = seat.lighthouse.live(now).is_some_and(|record| record.ballot.owner == owner);
        if !leads && !seat.polls.take(now) {
            self.stats.election_ignored += 1;
            return;
        }
        let place = seat.place;
        if let Some(vote) = seat.lighthouse.poll(now, poll, Flaws::default()) {
            self.say(from, Word::Vote { place, vote });
        }
    }

    pub(super) fn judge_claim(&mut self, now: Time, from: MemberId, claim: &Claim) {
        let Some(timing) = self.leadership.as_ref().map(|all| all.timing) else { return };
        let Some(seat) = self.seated() else { return };
        let (place, durable) = (seat.place, seat.has_disk);
        match seat.lighthouse.claim(now, claim, &timing, Flaws::default()) {
            None => {}
            Some(Ruling::Answer(grant)) => self.say(from, Word::Grant { place, grant, durable }),
            // Said again while the disk is slow, it waits for the same write.
            Some(Ruling::Write(floor)) if seat.writing == Some(floor) => {}
            Some(Ruling::Write(floor)) => {
                seat.writing = Some(floor);
                self.persist(&timing, floor);
            }
        }
    }

    pub(super) fn persist(&mut self, timing: &Timing, floor: Floor) {
        let Some(all) = &self.leadership else { return };
        let Some(seat) = &all.seat else { return };
        let file = seat.file(all.configuration, timing, floor);
        self.transmits.push_back(Transmit::Persist { file });
    }

    /// What [`Transmit::Persist`] asked for was done, or failed.
    pub fn handle_persisted(&mut self, now: Time, file: &TermFile, written: bool) {
        self.mind_the_gap(now);
        let Some(seat) = self.leadership.as_mut().and_then(|all| all.seat.as_mut()) else { return };
        if seat.writing == Some(file.floor) {
            seat.writing = None; // where it failed, the next claim tries again
        }
        if !written {
            return;
        }
        if self.election_configuration() == Some(file.configuration) {
            self.recovered(file.floor);
        }
        let Some(seat) = self.leadership.as_mut().and_then(|all| all.seat.as_mut()) else { return };
        let Some(grant) = seat.lighthouse.persisted(now, file.floor) else { return };
        let place = seat.place;
        if let Some(to) = self.member_of_owner(grant.ballot.owner) {
            self.say(to, Word::Grant { place, grant, durable: true });
        }
        self.hear_own_words(now);
        self.plan_election(now);
    }

    pub(super) fn member_of_owner(&self, owner: Owner) -> Option<MemberId> {
        let run = (owner.generation, owner.run);
        let same_run = |id: &MemberId| self.owner_of(*id) == Some(owner);
        let mut all = self.members.iter();
        all.find(|(id, member)| {
            (member.identity.generation, member.identity.run) == run && same_run(id)
        })
        .map(|(id, _)| id)
    }

    pub(super) fn judge_release(
        &mut self,
        now: Time,
        from: MemberId,
        ballot: Ballot,
        successor: u32,
    ) {
        let Some(seat) = self.seated() else { return };
        let place = seat.place;
        let Some(cleared) = seat.lighthouse.release(now, ballot, Flaws::default()) else { return };
        if cleared && successor != 0 {
            seat.reserved = Some((successor, now + SUCCESSION));
        }
        self.say(from, Word::Released { place, ballot });
        if cleared && successor == 0 {
            for id in self.first_candidates(TOLD_FREE, from) {
                self.say(id, Word::Free(ballot));
            }
        }
    }

    pub(super) fn seat_tick(&mut self, now: Time) {
        let silent = |seat: &Seat| seat.lighthouse.is_silent(now);
        let seat = self.leadership.as_ref().and_then(|all| all.seat.as_ref());
        if seat.is_some_and(|seat| seat.recovery.is_some() && !silent(seat)) {
            self.recover(now);
        }
    }

    /// The own place in the list, as bits; none where this node does not vote.
    pub(super) fn own_seat(&self) -> u16 {
        let seat = self.leadership.as_ref().and_then(|all| all.seat.as_ref());
        seat.map_or(0, |seat| 1 << seat.place)
    }

    /// Whether this node has a seat (for tests and statistics).
    pub(super) fn owner_of_self(&self) -> Owner {
        // The local node is always in the table.
        self.owner_of(SELF).unwrap_or_default()
    }
}
