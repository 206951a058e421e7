//! Which member has which keys, and rotation: every member is asked for itself, and no key travels.
//!
//! Keys are installed on each node by whoever runs it. What travels is ids: a node asks all others
//! which keys they have, and once all have the new one, to seal with it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::engine::Engine;
use super::members::{MemberId, SELF};
use super::output::Notice;
use super::seal::{Key, KeyId, KeyList};
use super::time::Time;
use super::timers::Timer;
use super::wire::{KeyIds, Message, Status};
use crate::api::error::{Error, ErrorCode, Result};
use crate::api::keys::{KeyInfo, MemberKeys};
use crate::api::level::LogLevel;
use crate::limits;

/// Members are asked so many at a time, and this long after one another.
const BATCH: usize = 64;
const TICK: Duration = Duration::from_millis(50);
/// A member whose answer is not what is waited for is asked again after this.
const AGAIN: Duration = Duration::from_millis(400);
/// Names in an error text.
const NAMED: usize = 8;

/// What a survey is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Goal {
    /// To know who has which keys.
    Report,
    /// To seal with this key everywhere, once every ALIVE member has it.
    Rotate(KeyId),
}

/// Questions under way.
#[derive(Default)]
pub(super) struct Surveys {
    by_ticket: BTreeMap<u64, Survey>,
    sequence: u32,
}

impl Surveys {
    pub(super) fn len(&self) -> usize {
        self.by_ticket.len()
    }
}

struct Survey {
    goal: Goal,
    /// Whether all were found to have the key, and are told to use it.
    advances: bool,
    until: Time,
    sequence: u32,
    /// By handle: another run of a member is another member.
    asked: BTreeMap<u32, Asked>,
}

struct Asked {
    at: Time,
    ids: Option<KeyIds>,
}

impl Survey {
    fn first(&self) -> u16 {
        match self.goal {
            Goal::Rotate(id) if self.advances => id.0,
            Goal::Rotate(_) | Goal::Report => 0,
        }
    }

    /// Whether the member's answer is what is waited for.
    fn is_content_with(&self, handle: u32) -> bool {
        let ids = self.asked.get(&handle).and_then(|asked| asked.ids);
        ids.is_some_and(|ids| match self.goal {
            Goal::Report => true,
            Goal::Rotate(id) if self.advances => ids.as_slice().first() == Some(&id.0),
            Goal::Rotate(id) => ids.as_slice().contains(&id.0),
        })
    }
}

impl Engine {
    /// The keys of this node, that which seals first.
    #[must_use]
    pub fn keys(&self) -> Vec<KeyInfo> {
        let ids = self.ring().ids().into_iter().enumerate();
        ids.map(|(place, id)| KeyInfo { id: id.to_string(), seals: place == 0 }).collect()
    }

    /// Adds a key that opens.
    ///
    /// # Errors
    /// `bad_key`, see [`super::seal::KeyRing::install`].
    pub fn install_key(&mut self, key: Key) -> Result<()> {
        self.change_ring(|ring| ring.install(key))
    }

    /// Seals with this key from now on.
    ///
    /// # Errors
    /// `bad_key` where it is not installed.
    pub fn use_key(&mut self, id: KeyId) -> Result<()> {
        self.change_ring(|ring| ring.use_key(id))
    }

    /// Takes a key away.
    ///
    /// # Errors
    /// `bad_key` where it is not installed, or seals.
    pub fn retire_key(&mut self, id: KeyId) -> Result<()> {
        self.change_ring(|ring| ring.retire(id))
    }

    /// Takes these keys in place of all others: as a file of keys has them now.
    ///
    /// # Errors
    /// `bad_key` where there is none, or this cluster runs plain; nothing was changed.
    pub fn replace_keys(&mut self, keys: &KeyList) -> Result<()> {
        if keys.0.is_empty() {
            return Err(Error::new(ErrorCode::BadKey, "a sealed cluster cannot do without a key"));
        }
        self.change_ring(|ring| {
            *ring = super::seal::KeyRing::new(keys);
            Ok(())
        })
    }

    fn change_ring(
        &mut self,
        change: impl FnOnce(&mut super::seal::KeyRing) -> Result<()>,
    ) -> Result<()> {
        let Some(door) = &mut self.door else {
            return Err(Error::new(
                ErrorCode::BadKey,
                "this cluster was started without a key and runs plain: start it with keys to seal it",
            ));
        };
        change(door.ring_mut())?;
        self.settings.keys = self.ring().list();
        Ok(())
    }

    /// Asks all members for their keys; the outcome comes as [`Notice::Keys`] within `timeout`.
    ///
    /// # Errors
    /// `busy` where too many such questions are under way, `bad_key` where the key to rotate to is not
    /// installed here, or this cluster runs plain.
    pub fn survey_keys(
        &mut self,
        now: Time,
        ticket: u64,
        goal: Goal,
        timeout: Duration,
    ) -> Result<()> {
        if let Goal::Rotate(id) = goal
            && self.ring().get(id).is_none()
        {
            // The ring knows how to say so.
            return self.use_key(id);
        }
        if self.surveys.by_ticket.len() >= limits::SURVEYS {
            let text =
                format!("{} keyring calls wait for members, which is the limit", limits::SURVEYS);
            return Err(Error::new(ErrorCode::Busy, text));
        }
        let sequence = self.next_survey_sequence();
        let until = now + timeout.min(limits::WAIT);
        let survey = Survey { goal, advances: false, until, sequence, asked: BTreeMap::new() };
        self.surveys.by_ticket.insert(ticket, survey);
        self.survey_tick(now, ticket);
        Ok(())
    }

    fn next_survey_sequence(&mut self) -> u32 {
        self.surveys.sequence = self.surveys.sequence.wrapping_add(1);
        self.surveys.sequence
    }

    pub(super) fn survey_tick(&mut self, now: Time, ticket: u64) {
        let Some(mut survey) = self.surveys.by_ticket.remove(&ticket) else {
            return;
        };
        loop {
            let open = self.open_members(&survey);
            if !open.is_empty() {
                if now >= survey.until {
                    let outcome = self.survey_over(&survey, &open);
                    self.notices.push_back(Notice::Keys { ticket, outcome });
                    return;
                }
                self.ask_for_keys(now, &mut survey, &open);
                break;
            }
            match survey.goal {
                Goal::Rotate(id) if !survey.advances => {
                    if let Err(error) = self.use_key(id) {
                        // It was taken away meanwhile.
                        self.notices.push_back(Notice::Keys { ticket, outcome: Err(error) });
                        return;
                    }
                    survey.advances = true;
                    survey.sequence = self.next_survey_sequence();
                    survey.asked.clear();
                }
                Goal::Rotate(_) | Goal::Report => {
                    let outcome = Ok(self.survey_report(&survey));
                    self.notices.push_back(Notice::Keys { ticket, outcome });
                    return;
                }
            }
        }
        let next = (now + TICK).min(survey.until.max(now));
        self.surveys.by_ticket.insert(ticket, survey);
        self.timers.arm(next, Timer::Survey(ticket));
    }

    /// ALIVE members whose answer is still waited for.
    fn open_members(&self, survey: &Survey) -> Vec<MemberId> {
        let alive = self.members.iter().filter(|(id, member)| {
            *id != SELF && member.status == Status::Alive && !survey.is_content_with(member.handle)
        });
        alive.map(|(id, _)| id).collect()
    }

    fn ask_for_keys(&mut self, now: Time, survey: &mut Survey, open: &[MemberId]) {
        let from = self.my_handle();
        let message = Message::KeysAsk { sequence: survey.sequence, from, first: survey.first() };
        let mut count = 0;
        for id in open {
            let Some((handle, to)) = self.members.get(*id).map(|m| (m.handle, m.address())) else {
                continue;
            };
            let asked = survey.asked.get(&handle);
            if count >= BATCH || asked.is_some_and(|asked| now.since(asked.at) < AGAIN) {
                continue;
            }
            count += 1;
            let ids = asked.and_then(|asked| asked.ids);
            survey.asked.insert(handle, Asked { at: now, ids });
            self.send_message(now, to, &message, None, false, false);
        }
    }

    /// A member asks for this node's keys, and may say with which one to seal.
    pub(super) fn tell_keys(
        &mut self,
        now: Time,
        to: std::net::SocketAddr,
        sequence: u32,
        first: u16,
    ) {
        let id = KeyId(first);
        if self.ring().get(id).is_some() && self.ring().first().map(Key::id) != Some(id) {
            // It is installed, so this does not fail.
            if self.use_key(id).is_ok() {
                let name = self.me().identity.name;
                let text =
                    format!("{name}: seals with key {id} from now on: {to} rotates the keys");
                self.note(LogLevel::Info, text);
            }
        }
        let ids = self.ring().ids().into_iter().map(|id| id.0).collect();
        let message = Message::KeysTell { sequence, from: self.my_handle(), ids };
        if self.door.is_some() {
            self.send_message(now, to, &message, None, false, false);
        }
    }

    pub(super) fn hear_keys(
        &mut self,
        now: Time,
        sequence: u32,
        member: Option<MemberId>,
        ids: KeyIds,
    ) {
        let Some(handle) = member.and_then(|id| self.members.get(id)).map(|m| m.handle) else {
            return;
        };
        let surveys = &mut self.surveys.by_ticket;
        let Some((ticket, survey)) = surveys.iter_mut().find(|(_, s)| s.sequence == sequence)
        else {
            return;
        };
        let ticket = *ticket;
        if let Some(asked) = survey.asked.get_mut(&handle) {
            asked.ids = Some(ids);
            if self.surveys.by_ticket.get(&ticket).is_some_and(|s| self.open_members(s).is_empty())
            {
                self.survey_tick(now, ticket);
            }
        }
    }

    /// Everybody in the table that is healthy, in the order of names.
    fn survey_report(&self, survey: &Survey) -> Vec<MemberKeys> {
        let told = |ids: &[u16]| ids.iter().map(|id| KeyId(*id).to_string()).collect();
        let healthy = self.members.iter().filter(|(_, member)| member.is_healthy());
        let mut all: Vec<_> = healthy
            .map(|(id, member)| {
                let name = Arc::clone(&member.identity.name);
                if id == SELF {
                    let own: Vec<_> = self.ring().ids().into_iter().map(|id| id.0).collect();
                    return MemberKeys { name, answered: true, keys: told(&own) };
                }
                let ids = survey.asked.get(&member.handle).and_then(|asked| asked.ids);
                let keys = ids.map(|ids| told(ids.as_slice())).unwrap_or_default();
                MemberKeys { name, answered: ids.is_some(), keys }
            })
            .collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all
    }

    /// The time is over while members are still waited for.
    fn survey_over(&self, survey: &Survey, open: &[MemberId]) -> Result<Vec<MemberKeys>> {
        let Goal::Rotate(key) = survey.goal else {
            return Ok(self.survey_report(survey));
        };
        let name = |id: &MemberId| self.members.get(*id).map(|m| Arc::clone(&m.identity.name));
        let (mut lacking, mut silent) = (Vec::new(), Vec::new());
        for id in open {
            let asked = self.members.get(*id).and_then(|m| survey.asked.get(&m.handle));
            let list = match asked.and_then(|asked| asked.ids) {
                Some(_) => &mut lacking,
                None => &mut silent,
            };
            list.extend(name(id));
        }
        let text = if survey.advances {
            format!(
                "key {key} seals here and elsewhere, but not yet on {}; no answer from {}: rotate again \
                 before the old key is retired",
                listed(&lacking),
                listed(&silent)
            )
        } else {
            format!(
                "key {key} is not on every ALIVE member, so nothing was changed: it is missing on {}; no \
                 answer from {}",
                listed(&lacking),
                listed(&silent)
            )
        };
        Err(Error::new(ErrorCode::Timeout, text))
    }
}

fn listed(names: &[Arc<str>]) -> String {
    let shown = names.iter().take(NAMED).map(|name| &**name).collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => "nobody".to_owned(),
        count if count > NAMED => format!("{shown} and {} more", count - NAMED),
        _ => shown,
    }
}
