//! Going over to another list of lighthouses: by a command, by news, or from the disk at the start.

use super::super::election::Floor;
use super::super::engine::Engine;
use super::super::output::Notice;
use super::super::time::Time;
use super::super::wire::NO_DATACENTER;
use super::list_file::{ListFile, parse, render};
use super::recovery::Recovery;
use super::seat::Seat;
use super::step::{self, Step};
use crate::api::error::{Error, ErrorCode, Result};
use crate::api::level::LogLevel;
use crate::api::lighthouses::LighthouseEntry;
use crate::limits;

fn refused(why: impl std::fmt::Display) -> Error {
    let text = format!("lighthouses: {why}; nothing was changed");
    Error::new(ErrorCode::InvalidConfig, text)
}

fn busy(why: impl std::fmt::Display) -> Error {
    Error::new(ErrorCode::Busy, format!("lighthouses: {why}; try again later"))
}

impl Engine {
    /// Adds one lighthouse to the list, or removes one, in the whole cluster. Only the leader can.
    /// This begins it: [`Notice::Lighthouses`] follows on each node as it goes over to the new list.
    ///
    /// # Errors
    /// `not_leader`; `invalid_config` where more than that would change, or a lighthouse has no
    /// `state_dir`; `busy` while an earlier change is not over, naming the lighthouses that it waits
    /// for.
    pub fn change_lighthouses(&mut self, now: Time, items: &[String]) -> Result<()> {
        let Some(new) = LighthouseEntry::parse_all(items) else {
            return Err(refused("an entry is none, or a name stands twice"));
        };
        let Some(all) = &self.leadership else {
            let why = "none were listed when this node was started: it takes a start with a list";
            return Err(refused(why));
        };
        if all.scope != NO_DATACENTER {
            return Err(refused("with leader_scope = datacenter the list is fixed at the start"));
        }
        self.check_tenure(now);
        if !self.is_leading() {
            let leader = self.leader().map_or_else(
                || "nobody leads at the moment".to_owned(),
                |(name, _)| format!("{name} leads"),
            );
            let text = format!("lighthouses are changed by the leader: {leader}");
            return Err(Error::new(ErrorCode::NotLeader, text));
        }
        if !self.may_follow(&new)? {
            return Ok(());
        }
        let list = render(&new);
        if let Some(lists) = self.leadership.as_mut().map(|all| &mut all.lists) {
            lists.wanted = Some(list);
            lists.next = now;
        }
        self.list_tick(now);
        self.hear_own_words(now);
        self.plan_election(now);
        Ok(())
    }

    /// Whether this list is another one and may follow the present one.
    fn may_follow(&self, new: &[LighthouseEntry]) -> Result<bool> {
        let Some(all) = &self.leadership else { return Ok(false) };
        let lists = &all.lists;
        let added = match step::check(&lists.entries, new).map_err(refused)? {
            Step::Same => return Ok(false),
            Step::Added(entry) => Some(entry),
            Step::Removed(_) => None,
        };
        if let Some(entry) = added {
            let id = self.members.by_name(&entry.name);
            let there = id.and_then(|id| self.members.get(id)).is_some_and(|it| it.is_healthy());
            if !there {
                let text = format!("{} is not among the members: start it first", entry.name);
                return Err(refused(text));
            }
        }
        let list = render(new);
        let room =
            (self.settings.max_datagram_bytes as usize).saturating_sub(limits::LIST_OVERHEAD);
        let most = limits::LIST_BYTES.min(room);
        if new.len() > limits::LIGHTHOUSES || list.len() > most {
            let text = format!(
                "{} entries of {} bytes; at most {} of {most} can travel",
                new.len(),
                list.len(),
                limits::LIGHTHOUSES
            );
            return Err(refused(text));
        }
        if let Some(wanted) = lists.wanted.as_ref().or(lists.found.as_ref().map(|it| &it.list)) {
            return Err(busy(format!("a change to {wanted} is under way")));
        }
        let named = |bits: u16| -> String {
            let places = all.voters.iter().enumerate();
            let names = places.filter(|(place, _)| bits >> place & 1 != 0);
            names.map(|(_, name)| name.to_string()).collect::<Vec<_>>().join(", ")
        };
        let everybody = u16::try_from((1_u32 << all.voters.len()) - 1).unwrap_or(u16::MAX);
        let (silent, told) = (everybody & !lists.told, lists.told.count_ones() as usize);
        // Of the first list every lighthouse was started with it; a later one must have come to all.
        if told < all.quorum() || (lists.version > 0 && silent != 0) {
            let text =
                format!("it is not known yet that these took the present list: {}", named(silent));
            return Err(busy(text));
        }
        let forgetful = lists.told & !lists.durable;
        if forgetful != 0 {
            let text = format!(
                "{} has no state_dir: it would go back to its old list when it is started again",
                named(forgetful)
            );
            return Err(refused(text));
        }
        Ok(true)
    }

    /// Goes over to a list that is in force: nothing that was granted or promised under the one
    /// before counts, and a lighthouse says nothing until that is over and it knows the highest term.
    pub(super) fn adopt_list(&mut self, now: Time, version: u32, list: &str) {
        let Some(entries) = parse(list) else {
            self.stats.dropped_malformed += 1;
            return;
        };
        // A cluster with a leader for each datacenter has none that could have changed it.
        if self.leadership.as_ref().is_none_or(|all| all.scope != NO_DATACENTER) {
            return;
        }
        // Nothing is released: a lighthouse that has the old list still would give it to the next one.
        if let Some(candidate) =
            self.leadership.as_mut().and_then(|all| all.standing.candidate.as_mut())
        {
            candidate.step_down();
        }
        let led = self.is_leading();
        self.end_tenure(now, None);
        self.end_release(true);
        let members = self.members.healthy();
        let Some(all) = &mut self.leadership else { return };
        all.lists.end_tenure();
        (all.lists.version, all.lists.accepted) = (version, None);
        all.lists.before = all.configuration;
        all.lists.entries.clone_from(&entries);
        let tells_voters = led || all.seat.is_some();
        all.lists.begin_spreading(now, members, tells_voters);
        all.voters = entries.iter().map(|entry| entry.name.as_str().into()).collect();
        all.configuration = super::configuration(&self.settings, all.scope, &all.voters, version);
        let voters = u8::try_from(all.voters.len()).unwrap_or(u8::MAX);
        all.own_words.clear();
        all.standing.relist(voters);
        let silence = all.timing.silence;
        self.settings.lighthouses = entries.iter().map(LighthouseEntry::render).collect();
        self.reseat(now);
        self.persist_list(now);
        self.relist_validity(now, &entries);
        let text = format!("the list of lighthouses is now {list} (version {version})");
        self.note(LogLevel::Info, text);
        let lighthouses = self.settings.lighthouses.clone();
        self.notices.push_back(Notice::Lighthouses { lighthouses });
        let next = self.turn_after(now + silence);
        self.try_at(next);
        self.plan_election(now);
    }

    /// This node's place in a list that it just took.
    fn reseat(&mut self, now: Time) {
        let name = self.me().identity.name;
        let Some(all) = &mut self.leadership else { return };
        let place = all.voters.iter().position(|voter| *voter == name);
        let place = place.and_then(|place| u8::try_from(place).ok());
        let (voters, timing) = (all.voters.len(), all.timing);
        let before = all.seat.take();
        let Some(place) = place else { return };
        if !all.lists.disk {
            let text = "this lighthouse has no state_dir: it takes no part in elections by a list that \
                        was changed while it ran";
            self.note(LogLevel::Error, text.to_owned());
            return;
        }
        let seat = match before {
            Some(mut seat) => {
                let known = match &seat.recovery {
                    Some(recovery) => recovery.known(),
                    None => Some(seat.lighthouse.floor()),
                };
                seat.lighthouse.distrust(now, &timing);
                seat.relist(place, Recovery::again(voters, known));
                seat
            }
            None => {
                let mut seat = Seat::new(now, place, &timing);
                seat.begin_with(now, &timing, Some(Floor::default()));
                seat.relist(place, Recovery::again(voters, None));
                seat
            }
        };
        all.seat = Some(seat);
    }

    /// Takes what the disk has of a changed list: once, before [`restore_terms`](Self::restore_terms).
    /// The settings have that list already ([`ListFile::apply`]).
    pub fn restore_list(&mut self, disk: bool, file: Option<&ListFile>) {
        let Some(all) = &mut self.leadership else { return };
        all.lists.disk = disk;
        let Some(file) = file.filter(|_| all.scope == NO_DATACENTER) else { return };
        let lists = &mut all.lists;
        (lists.version, lists.before) = (file.version, file.before);
        lists.accepted.clone_from(&file.accepted);
        if file.version > 0 {
            lists.spread = Time::ZERO;
        }
        all.configuration =
            super::configuration(&self.settings, all.scope, &all.voters, file.version);
    }
}
