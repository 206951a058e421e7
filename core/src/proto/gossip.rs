//! Dissemination: what rides on every datagram, and the datagrams that carry nothing else (SWIM,
//! section 4.1, with news sent at once).

use std::net::SocketAddr;
use std::time::Duration;

use super::engine::Engine;
use super::members::{Member, MemberId, SELF};
use super::output::Transmit;
use super::spread::Spread;
use super::time::Time;
use super::timers::Timer;
use super::wire::{MIN_PACKET_BYTES, Message, PacketWriter, Record, member_record_len};

/// Members that get what is passed on, each time.
const FANOUT: usize = 3;
/// Members that get a refutation at once: the accused has little time.
const REFUTATION_FANOUT: usize = 8;
/// News wait so long for more news: that bounds a storm to 120 datagrams per second,
const NEWS_PAUSE: Duration = Duration::from_millis(25);
/// and to so many times as many while broadcasts crowd: then a program broadcasts faster than one
/// datagram each time carries them away.
const CROWDED_DATAGRAMS: usize = 4;
/// Broadcasts that crowd: more than two datagrams of short ones.
const CROWD: usize = 32;
/// What is still passed on goes out so often.
const TICK: Duration = Duration::from_millis(100);
/// but what is new a second time sooner: the first round leaves one in four out.
const SECOND_ROUND: Duration = Duration::from_millis(40);
/// Of the room in a datagram, so many percent are kept for broadcasts while any wait, so that a
/// storm of updates cannot starve them, nor they the updates.
const BROADCAST_SHARE: usize = 40;

/// No member's record is shorter: with less room there is nothing to look for.
const LEAST_RECORD_BYTES: usize = 20;

/// What is passed on, and when.
pub(super) struct Gossip {
    pub(super) updates: Spread<MemberId>,
    /// Whether the next datagrams carry a refutation.
    pub(super) refuting: bool,
    /// Whether something is passed on for the first time.
    fresh: bool,
    last: Time,
    /// Members still to be gossiped to in this round.
    pub(super) order: Vec<MemberId>,
}

impl Default for Gossip {
    fn default() -> Self {
        Self {
            updates: Spread::default(),
            refuting: false,
            fresh: false,
            last: Time::ZERO,
            order: Vec::new(),
        }
    }
}

impl Engine {
    /// Something is worth to be passed on at once.
    pub(super) fn news(&mut self, now: Time) {
        self.gossip.fresh = true;
        let at = (self.gossip.last + NEWS_PAUSE).max(now);
        self.plan_gossip(at);
    }

    fn plan_gossip(&mut self, at: Time) {
        if self.timers.when(Timer::Gossip).is_none_or(|armed| at < armed) {
            self.timers.arm(at, Timer::Gossip);
        }
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.gossip.updates.is_empty()
    }

    pub(super) fn gossip_tick(&mut self, now: Time) {
        self.gossip.last = now;
        let fanout = if self.gossip.refuting { REFUTATION_FANOUT } else { FANOUT };
        self.gossip.refuting = false;
        let from = self.my_handle();
        let targets = self.gossip_targets(fanout);
        if targets.is_empty() {
            // Nobody is there to be told, and whoever comes gets the whole table.
            self.gossip.updates.clear();
            self.datacenters.words.clear();
            self.broadcasts.clear();
        }
        for to in targets {
            for _ in 0..CROWDED_DATAGRAMS {
                if !self.has_near_news() {
                    break;
                }
                self.send_message(now, to, &Message::Gossip { from }, None, false, true);
                if self.broadcasts.waiting() <= CROWD {
                    break;
                }
            }
        }
        self.gossip_across(now);
        let across = !self.datacenters.across.is_empty() || self.broadcasts.across() > 0;
        if self.has_near_news() || across {
            let pause = match std::mem::take(&mut self.gossip.fresh) {
                _ if self.broadcasts.waiting() > CROWD => NEWS_PAUSE,
                true => SECOND_ROUND,
                false => TICK,
            };
            self.plan_gossip(now + pause);
        }
    }

    fn has_near_news(&self) -> bool {
        !self.gossip.updates.is_empty()
            || self.broadcasts.near() > 0
            || !self.datacenters.words.is_empty()
            || self.herald_waits()
    }

    /// The next members in a shuffled round: each is met once before anyone is met again.
    fn gossip_targets(&mut self, fanout: usize) -> Vec<SocketAddr> {
        let mut targets = Vec::with_capacity(fanout);
        let mut refilled = false;
        while targets.len() < fanout {
            let Some(id) = self.gossip.order.pop() else {
                if refilled {
                    break;
                }
                refilled = true;
                let mut order: Vec<_> = self.near_others().map(|(id, _)| id).collect();
                self.shuffle(&mut order);
                self.gossip.order = order;
                continue;
            };
            let member = self
                .members
                .get(id)
                .filter(|member| id != SELF && member.is_healthy() && self.is_near(member));
            if let Some(address) = member.map(|member| member.address())
                && !targets.contains(&address)
            {
                targets.push(address);
            }
        }
        targets
    }

    /// Tells one node what is known of a member, at once.
    pub(super) fn send_news(&mut self, now: Time, to: SocketAddr, about: MemberId) {
        let message = Message::Gossip { from: self.my_handle() };
        self.send_message(now, to, &message, Some(about), false, false);
    }

    /// Sends a message with what rides on it: first what it must carry, then the digest, then, to
    /// members alone, what is passed on.
    pub(super) fn send_message(
        &mut self,
        now: Time,
        to: SocketAddr,
        message: &Message,
        first: Option<MemberId>,
        digest: bool,
        piggyback: bool,
    ) {
        // What is passed on a few times is not wasted on those who are not there.
        let receiver = self.members.by_address(to);
        let living = receiver.and_then(|id| self.members.get(id));
        let living = living.filter(|member| member.is_healthy()).map(|it| it.datacenter);
        let most = self.settings.max_datagram_bytes as usize;
        let mut bytes = self.spare.take();
        let mut packet = PacketWriter::new(&mut bytes, self.cluster_tag, message, most);
        if let Some(rider) = self.links.take_rider() {
            packet.push(&rider);
        }
        if let Some(member) = first.and_then(|id| self.members.get(id)) {
            let mut record = member.record();
            // Tags are long, and a stranger's address may be a lie: it must not be sent much more
            // than was sent in its name. Nothing said of them is no statement about them.
            if receiver.is_none() {
                record.tags = None;
            }
            packet.push_member(&record);
        }
        if digest {
            packet.push(&Record::Digest(self.members.digest()));
        }
        if piggyback {
            self.offer_beacons(now, to, &mut packet);
        }
        if piggyback && matches!(message, Message::Ping { .. } | Message::Ack { .. }) {
            self.offer_broadcasts(now, &mut packet);
        }
        if piggyback {
            if let Some(datacenter) = living {
                self.write_herald(now, datacenter, &mut packet);
            }
            let far = receiver.and_then(|id| self.far_of(id)).is_some();
            if !far {
                self.write_words(&mut packet);
            }
            self.write_updates(&mut packet, first, far);
            self.broadcasts.write(&mut packet, far);
        }
        self.transmits.push_back(Transmit::Datagram { to, bytes });
    }

    /// Puts news of members into a datagram: what goes to one's own datacenter, or across.
    fn write_updates(&mut self, packet: &mut PacketWriter<'_>, first: Option<MemberId>, far: bool) {
        let mut sent = Vec::new();
        let kept = match self.broadcasts.waiting() {
            0 => 0,
            _ => packet.remaining() * BROADCAST_SHARE / 100,
        };
        let updates = if far { &self.datacenters.across } else { &self.gossip.updates };
        for id in updates.keys().filter(|id| Some(**id) != first) {
            if packet.remaining() < kept + LEAST_RECORD_BYTES {
                break;
            }
            let Some(record) = self.members.get(*id).map(Member::record) else {
                continue;
            };
            // What fits no datagram of this node's would wait for ever: digests find it.
            let most = self.settings.max_datagram_bytes as usize;
            let room = most.saturating_sub(MIN_PACKET_BYTES);
            let pushed = packet.remaining() > kept && packet.push_member(&record);
            if pushed || member_record_len(&record).is_none_or(|length| length > room) {
                sent.push(*id);
            }
        }
        for id in sent {
            if far {
                self.datacenters.across.sent(&id);
            } else {
                self.gossip.updates.sent(&id);
                self.members.mark(id);
            }
        }
    }
}
