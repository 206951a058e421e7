//! What the swarm does to a cluster.

use std::time::Duration;

use crate::checkers::payload;
use crate::swarm::Swarm;
use crate::swarm_options::Action;
use crate::world::World;

/// Hosts that a swarm has at most, those that ended included.
const MOST_HOSTS: usize = 90;

impl Swarm {
    /// Does one of the drawn actions.
    pub(crate) fn act(&mut self) {
        self.end_leavers();
        let total: u64 = self.options.actions.iter().map(|(_, weight)| weight).sum();
        let mut place = self.random.below(total);
        let drawn = self.options.actions.iter().find(|(_, weight)| {
            let here = place < *weight;
            place = place.saturating_sub(*weight);
            here
        });
        let Some(action) = drawn.map(|(action, _)| *action) else { return };
        // Drawn whether needed or not: what a seed does depends on few things.
        let (one, other) = (self.any_running(), self.any_running());
        if let (Some(one), Some(other)) = (one, other) {
            self.do_it(action, one, other);
        }
        self.watch();
    }

    fn do_it(&mut self, action: Action, one: usize, other: usize) {
        let few = self.world.running().count() <= 2;
        let span = self.random.span(Duration::from_millis(10), self.options.longest_pause());
        let number = self.random.bits();
        match action {
            Action::Crash if !few => self.world.crash(one),
            Action::Vanish if !few => self.world.vanish(one),
            Action::Leave if !few && one != 0 => {
                self.leaving.push(one);
                self.world.command(one, |engine, now| engine.leave(now));
            }
            Action::Crash | Action::Vanish | Action::Leave => {}
            Action::Restart => self.restart(false),
            Action::Rename => self.restart(true),
            Action::Join => self.join(),
            Action::Pause => self.world.pause(one, span),
            Action::Block => self.world.block(one, span),
            Action::Slow => self.world.slow(one, Duration::from_micros(number % 20_000)),
            Action::Clock => {
                // Crystals stray by 100 ppm; what is promised is kept up to ten times that.
                let ppm = i64::try_from(number % 2001).unwrap_or(0) - 1000;
                let ahead = if number.is_multiple_of(5) { span } else { Duration::ZERO };
                self.world.set_clock(one, ahead, ppm);
            }
            Action::Wall => {
                let hours = i64::try_from(number % 7_200_000).unwrap_or(0) - 3_600_000;
                self.world.set_wall(one, hours);
            }
            Action::Partition => self.partition(),
            Action::OneWay => self.world.network.cut_one_way(one, other),
            Action::Clog => self.world.network.clog(one, other, self.world.now + span),
            Action::Heal => self.world.network.heal(),
            // Two that removed each other never meet again by themselves.
            Action::Remove if self.removed.contains(&(other, one)) => {}
            Action::Remove => {
                self.removed.insert((one, other));
                let name = self.name_of(other);
                self.world.command(one, |engine, now| drop(engine.remove_node(now, &name)));
            }
            Action::Accuse => {
                let name = self.name_of(other);
                let accused = seafoam::NodeStatus::Suspected;
                self.world.command(one, |engine, now| {
                    drop(engine.update_node_status(now, &name, accused));
                });
            }
            Action::Tags => self.tag(one, !number.is_multiple_of(4)),
            Action::Broadcast => self.broadcast(one, false),
            Action::Message => self.message(one, other, false),
        }
    }

    fn any_running(&mut self) -> Option<usize> {
        let leaving = &self.leaving;
        let running: Vec<_> = self.world.running().filter(|node| !leaving.contains(node)).collect();
        self.random.pick(&running).copied()
    }

    fn name_of(&self, node: usize) -> String {
        self.checkers.facts.life(node).map_or_else(String::new, |life| life.name.to_string())
    }

    /// A new host joins by the first and one more.
    pub(crate) fn join(&mut self) {
        if self.world.nodes() >= MOST_HOSTS {
            return;
        }
        let other = self.random.place(self.world.nodes().max(1));
        let node = self.world.nodes();
        self.world.configure(self.options.config(node));
        self.world.start(&[0, other]);
        self.watch();
    }

    fn restart(&mut self, rename: bool) {
        let down: Vec<_> = (0..self.world.nodes()).filter(|node| !self.world.runs(*node)).collect();
        let Some(node) = self.random.pick(&down).copied() else { return };
        let other = self.random.place(self.world.nodes());
        let address = World::address(node);
        let name = if rename {
            format!("again-{}-{node}", self.random.below(1_000_000))
        } else {
            address.to_string()
        };
        self.world.configure(self.options.config(node));
        self.world.start_as(node, &name, &[0, other]);
    }

    fn partition(&mut self) {
        let mut nodes: Vec<_> = (0..self.world.nodes()).collect();
        self.random.shuffle(&mut nodes);
        let place = 1 + self.random.place(nodes.len().saturating_sub(1));
        let datacenters = usize::from(self.options.datacenters);
        let mut place = place;
        if datacenters > 1 && self.random.chance(500) {
            let one = self.random.place(datacenters); // cut off from all others
            nodes.sort_by_key(|node| node % datacenters != one);
            place = nodes.partition_point(|node| node % datacenters == one);
        }
        let (left, right) = nodes.split_at(place.min(nodes.len()));
        self.world.network.heal();
        self.world.network.partition(left, right);
    }

    /// Those that are done with leaving end.
    fn end_leavers(&mut self) {
        let (done, on): (Vec<_>, Vec<_>) =
            self.leaving.drain(..).partition(|node| self.world.has_left(*node));
        self.leaving = on;
        for node in done {
            self.world.crash(node);
        }
    }

    /// Broadcasts; `to_all` where it must come to everybody.
    pub(crate) fn broadcast(&mut self, node: usize, to_all: bool) {
        self.number += 1;
        let (number, length) = (self.number, self.random.between(8, 256));
        let bytes = payload(number, usize::try_from(length).unwrap_or(8));
        let sent = self.world.command(node, |engine, now| engine.broadcast(now, &bytes));
        if sent.is_none_or(|sent| sent.is_err()) {
            return;
        }
        let mut wanted = Vec::new();
        if to_all {
            let others = self.checkers.facts.lives().filter(|(other, _)| *other != node);
            wanted.extend(others.map(|(other, life)| (other, life.run)));
        }
        self.note(node, number, bytes, wanted, true);
    }

    /// Sends a message; `surely` where it must come.
    pub(crate) fn message(&mut self, from: usize, to: usize, surely: bool) {
        self.number += 1;
        let (number, kind) = (self.number, self.random.below(4));
        let most = if kind == 0 { 20_000 } else { 1000 };
        let length = usize::try_from(self.random.between(8, most)).unwrap_or(8);
        let bytes = payload(number, length);
        let Some(process) = self.checkers.facts.process(to) else { return };
        let wanted = if surely { vec![process] } else { Vec::new() };
        // Noted before: what a node sends to itself comes at once.
        self.note(from, number, bytes.clone(), wanted, false);
        let address = World::address(to);
        let sent =
            self.world.command(from, |engine, now| engine.send(now, address, &bytes, number));
        if sent.is_none_or(|sent| sent.is_err()) {
            self.checkers.facts.messages.remove(&number);
        }
    }

    fn note(
        &mut self,
        from: usize,
        number: u64,
        bytes: Vec<u8>,
        wanted: Vec<(usize, u64)>,
        to_all: bool,
    ) {
        let facts = &mut self.checkers.facts;
        let Some(from) = facts.process(from) else { return };
        let sent = crate::checkers::Sent { at: self.world.now, from, wanted, bytes };
        let sent_so_far = if to_all { &mut facts.broadcasts } else { &mut facts.messages };
        sent_so_far.insert(number, sent);
    }

    /// Sets a node's tags, or takes them away.
    pub(crate) fn tag(&mut self, node: usize, any: bool) {
        self.number += 1;
        let tags = if any { format!("number={}", self.number) } else { String::new() };
        let config = self.options.config(node).without_env().multicast_enabled(false);
        let Ok(settings) = config.tags(tags.as_str()).resolve() else { return };
        let done = self.world.command(node, |engine, now| engine.apply_settings(now, &settings));
        if done.is_some() {
            self.checkers.facts.tags.insert(node, tags);
        }
    }
}
