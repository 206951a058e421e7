//! What goes across between datacenters: through bridges, so many times whatever the size.

use std::collections::BTreeSet;

use super::engine::Engine;
use super::members::MemberId;
use super::probe::{Probe, Purpose};
use super::time::Time;
use super::timers::Timer;
use super::wire::{Message, PacketWriter, Record, Status};

/// Datacenters that news go to, each time.
const FANOUT: usize = 3;
/// Members that one exchanged table makes this node look at.
const UNLISTED: usize = 3;

impl Engine {
    /// Begins to pass a member's state on to other datacenters, where that is this node's part.
    pub(super) fn pass_across(&mut self, id: MemberId) {
        let home = self.members.get(id).map_or(self.settings.datacenter, |m| m.datacenter);
        let times = self.far_times(home);
        if times > 0 {
            self.datacenters.across.begin(id, times);
        }
    }

    fn has_news_across(&self) -> bool {
        let queued = !self.datacenters.across.is_empty() || self.broadcasts.across() > 0;
        queued || self.is_split() && self.herald_waits()
    }

    /// One datagram to each of a few other datacenters, while there is something for them.
    pub(super) fn gossip_across(&mut self, now: Time) {
        if !self.has_news_across() {
            return;
        }
        self.find_bridges(now);
        let targets = self.targets_across(FANOUT);
        if targets.is_empty() {
            // Nobody is there to be told; whoever comes back gets the whole table.
            self.datacenters.across.clear();
            self.broadcasts.clear_across();
        }
        let from = self.my_handle();
        for to in targets {
            if !self.has_news_across() {
                break;
            }
            self.send_message(now, to, &Message::Gossip { from }, None, false, true);
        }
    }

    /// A whole table came that does not list some whom this node lists in other datacenters. Members
    /// there judge them, but whoever removed one from its list neither judges it any more nor passes
    /// news of it on: so it may be dead without anybody here ever hearing of it. This node looks for
    /// itself at a few of them; where somebody's silence is that of its datacenter nothing is said
    /// against it alone.
    pub(super) fn look_at_unlisted(&mut self, now: Time, listed: &BTreeSet<u32>) {
        let unlisted = self.members.healthy_others().filter(|(_, member)| {
            !self.is_near(member)
                && self.silence_of(member.datacenter) != Some(false)
                && !listed.contains(&member.handle)
        });
        let mut unlisted: Vec<_> = unlisted.map(|(id, _)| id).collect();
        self.shuffle(&mut unlisted);
        for id in unlisted.into_iter().take(UNLISTED) {
            self.probe(now, id, Purpose::Corroborate);
        }
    }

    /// An accusation from afar does not go to the datacenter of the accused, which judges it itself: who
    /// suspects it from here asks it until the end, and each ping tells it that it is accused. Where its host
    /// says at once that nobody listens, the next one waits for as long as silence would have taken.
    pub(super) fn ask_on(&mut self, now: Time, probe: &Probe) {
        let suspected = |id: &MemberId| {
            self.members.get(*id).is_some_and(|member| member.status == Status::Suspected)
        };
        if let Some(id) = probe.target.filter(suspected).filter(|id| !self.judges(*id)) {
            let silent = probe.sent + probe.timeout * 2;
            self.timers.arm(silent.max(now), Timer::Corroborate(id));
        }
    }

    /// Puts what is said of other datacenters into a datagram for one's own.
    pub(super) fn write_words(&mut self, packet: &mut PacketWriter<'_>) {
        let observer = self.settings.datacenter;
        let numbers: Vec<_> = self.datacenters.words.keys().copied().collect();
        for number in numbers {
            let word = self.datacenters.word(observer, number);
            if word.is_some_and(|word| packet.push(&Record::Datacenter(word))) {
                self.datacenters.words.sent(&number);
            }
        }
    }
}
