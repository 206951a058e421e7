//! Links that work one way only (protocol, gray failures).
//!
//! A member that answers through helpers but not by itself is alive behind a broken link. Pings then
//! go to it in rounds, and helpers carry a question along: how long ago did this node's own
//! datagrams come to you? That and what is heard of the member directly tell which way is closed.
//! Whoever is asked looks at its side of the link too, so that both ends come to know.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use super::engine::Engine;
use super::members::{Member, MemberId, SELF};
use super::probe::{Probe, Purpose};
use super::time::Time;
use super::timers::Timer;
use super::wire::{Record, Status};
use crate::api::event::{Event, LinkDirection};
use crate::api::level::LogLevel;
use crate::limits;

/// Rounds without a direct answer, while helpers got theirs, until a link counts as one-way. A round
/// has three pings: at 20 % loss one in 10^8 probes comes to that by chance.
const ROUNDS: u32 = 5;
/// Rounds with a direct answer in a row until it counts as whole again.
const GOOD_ROUNDS: u32 = 3;
/// Rounds of a link of which nothing was found out, until it is let go.
const TRIES: u32 = 2 * ROUNDS;
/// From one round to the next,
const PACE: Duration = Duration::from_millis(500);
/// and while a known one-way link stays as it is.
const SLOW_PACE: Duration = Duration::from_secs(2);
/// Never heard.
const NEVER_MILLIS: u32 = u32::MAX;

/// A question or an answer about a link, on a packet that a helper passes on.
#[derive(Clone, Copy, Debug)]
enum Word {
    /// `peer` wants to know when its own datagrams came last.
    Ask { peer: u32 },
    /// Those of `peer` came last so long ago.
    Heard { peer: u32, millis: u32 },
}

/// One link that is looked at.
#[derive(Clone, Copy, Debug)]
struct Link {
    /// The run that is meant.
    handle: u32,
    /// When this series of rounds began.
    began: Time,
    /// Rounds of it that only helpers brought an answer to.
    failed: u32,
    /// Rounds in a row that were answered directly.
    good: u32,
    tries: u32,
    /// When this node's own datagrams came to the member last, as it says.
    reached: Time,
    /// What was told of it.
    told: Option<LinkDirection>,
}

/// The links that are looked at, [`limits::LINKS`] at most.
#[derive(Default)]
pub(super) struct Links {
    watched: BTreeMap<MemberId, Link>,
    /// What the packet that is being handled says.
    word: Option<Word>,
    /// What rides on the next packet.
    rider: Option<Record>,
}

impl Links {
    pub(super) fn len(&self) -> usize {
        self.watched.len()
    }

    /// How many of them work one way only.
    pub(super) fn one_way(&self) -> u64 {
        self.watched.values().filter(|link| link.told.is_some()).count() as u64
    }

    /// The next packet begins: what the one before said is over.
    pub(super) fn forget_word(&mut self) {
        self.word = None;
    }

    pub(super) fn take_ask(&mut self, peer: u32) {
        self.word = Some(Word::Ask { peer });
    }

    pub(super) fn take_heard(&mut self, peer: u32, millis: u32) {
        self.word = Some(Word::Heard { peer, millis });
    }

    pub(super) fn take_rider(&mut self) -> Option<Record> {
        self.rider.take()
    }

    /// What was missed while this node was held up proves nothing: the series begin anew.
    pub(super) fn restart(&mut self) {
        self.watched.values_mut().for_each(|link| (link.failed, link.good) = (0, 0));
    }
}

impl Engine {
    /// Whether a datagram of a member's came without a helper: a member may write from more
    /// addresses than its own, but not from another member's.
    pub(super) fn is_direct(&self, id: MemberId, from: SocketAddr) -> bool {
        self.members.by_address(from).is_none_or(|other| other == id)
    }

    /// The next packet asks on behalf of `peer`.
    pub(super) fn ride_ask(&mut self, peer: u32) {
        self.links.rider = Some(Record::Ask { peer });
    }

    /// The handle on whose behalf the packet being handled asks, where that is `sender`'s; else 0.
    pub(super) fn asker(&self, sender: u32) -> u32 {
        match self.links.word {
            Some(Word::Ask { peer }) if peer == sender => peer,
            _ => 0,
        }
    }

    /// What the target says of the link travels on to the one who asked.
    pub(super) fn ride_heard(&mut self) {
        if let Some(Word::Heard { peer, millis }) = self.links.word {
            self.links.rider = Some(Record::Heard { peer, millis });
        }
    }

    /// A member pings on behalf of another, which wants to know when it was heard here: that is
    /// answered, and this node looks at its own side of the link.
    pub(super) fn answer_ask(&mut self, now: Time, helper: Option<MemberId>, from: SocketAddr) {
        let Some(Word::Ask { peer }) = self.links.word.take() else { return };
        let trusted = |id: MemberId| self.members.get(id).is_some_and(|m| m.is_at(from));
        let asker = self.members.by_handle(peer).filter(|id| *id != SELF);
        let (Some(asker), true) = (asker, helper.is_some_and(trusted)) else {
            return; // only members that write from their own addresses get more than an answer
        };
        let heard = self.members.get(asker).map_or(Time::ZERO, |member| member.direct);
        let millis = match heard {
            Time::ZERO => NEVER_MILLIS,
            at => u32::try_from(now.since(at).as_millis()).unwrap_or(NEVER_MILLIS),
        };
        self.links.rider = Some(Record::Heard { peer, millis });
        self.watch_link(now, asker);
    }

    /// A member answered a probe of this node's own, itself or through a helper.
    pub(super) fn note_way(&mut self, now: Time, id: MemberId, probe: &Probe, from: SocketAddr) {
        if self.is_direct(id, from) {
            self.link_answered(now, id);
        } else if matches!(probe.purpose, Purpose::Detect | Purpose::Across) {
            self.watch_link(now, id);
        } else if probe.purpose == Purpose::Link {
            self.link_failed(now, id);
        }
    }

    /// Something is odd about the link to a member.
    fn watch_link(&mut self, now: Time, id: MemberId) {
        let alive = self.members.get(id).filter(|member| member.status == Status::Alive);
        let Some(handle) = alive.map(|member| member.handle) else { return };
        if self.links.watched.contains_key(&id) {
            return;
        }
        if self.links.len() >= limits::LINKS {
            self.stats.links_unwatched += 1;
            return;
        }
        let link = Link {
            handle,
            began: now,
            failed: 0,
            good: 0,
            tries: 0,
            reached: Time::ZERO,
            told: None,
        };
        self.links.watched.insert(id, link);
        self.timers.arm(now, Timer::Link(id));
    }

    fn let_go(&mut self, id: MemberId) {
        self.links.watched.remove(&id);
        self.timers.disarm(Timer::Link(id));
    }

    /// The next round of a link that is looked at.
    pub(super) fn link_timer(&mut self, now: Time, id: MemberId) {
        let Some(link) = self.links.watched.get_mut(&id) else { return };
        let member = self.members.get(id).filter(|member| member.handle == link.handle);
        // Of a member that died or left its status tells.
        if !member.is_some_and(Member::is_healthy) || self.leaving.is_some() {
            return self.let_go(id);
        }
        if link.failed == 0 {
            link.began = now;
        }
        link.tries += 1;
        if link.told.is_none() && link.tries > TRIES {
            return self.let_go(id);
        }
        let steady = link.told.is_some() && link.good == 0;
        self.timers.arm(now + if steady { SLOW_PACE } else { PACE }, Timer::Link(id));
        self.probe(now, id, Purpose::Link);
    }

    /// The member answered by itself: both ways work.
    pub(super) fn link_answered(&mut self, now: Time, id: MemberId) {
        let Some(link) = self.links.watched.get_mut(&id) else { return };
        (link.failed, link.good) = (0, link.good + 1);
        if link.told.is_none() {
            self.let_go(id);
        } else if link.good >= GOOD_ROUNDS {
            self.let_go(id);
            self.tell_link(id, LinkDirection::Both);
        } else if link.good == 1 {
            self.timers.arm(now + PACE, Timer::Link(id));
        }
    }

    /// Only helpers reached the member.
    fn link_failed(&mut self, now: Time, id: MemberId) {
        let me = self.my_handle();
        let direct = self.members.get(id).map_or(Time::ZERO, |member| member.direct);
        let word = self.links.word.take();
        let Some(link) = self.links.watched.get_mut(&id) else { return };
        if let Some(Word::Heard { peer, millis }) = word
            && peer == me
            && millis != NEVER_MILLIS
        {
            link.reached = link.reached.max(now - Duration::from_millis(u64::from(millis)));
        }
        link.good = 0;
        link.failed += 1;
        if link.failed < ROUNDS {
            return;
        }
        link.failed = 0;
        let found = match (direct > link.began, link.reached > link.began) {
            (true, false) => LinkDirection::Inbound,
            (false, true) => LinkDirection::Outbound,
            // Each way lets something through, or neither anything: no one-way link.
            (true, true) | (false, false) => {
                if link.told.is_none() {
                    self.let_go(id);
                }
                return;
            }
        };
        if link.told.replace(found) != Some(found) {
            self.tell_link(id, found);
        }
    }

    /// A round that nobody answered says nothing of the link; a late answer still may.
    pub(super) fn link_unanswered(&mut self, sequence: u32, probe: &Probe) {
        let Some(target) = probe.target else { return };
        self.keep_late(sequence, target, probe);
    }

    fn tell_link(&mut self, id: MemberId, direction: LinkDirection) {
        let Some(node) = self.node(id) else { return };
        let (level, text) = match direction {
            LinkDirection::Both => (LogLevel::Info, "works both ways again"),
            LinkDirection::Inbound => (LogLevel::Warn, "works one way only: it does not hear us"),
            LinkDirection::Outbound => (LogLevel::Warn, "works one way only: it is not heard"),
        };
        self.note(level, format!("the link to {} {text}", node.name));
        self.tell(Event::Link { node, direction });
    }
}
