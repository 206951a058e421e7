//! One node: what it does with what arrives, and with time.

use std::collections::BTreeMap;

use seafoam::proto::Time;

use super::members::Members;
use super::packets::{Ask, Output, PART_BYTES, Packet, Request, Say, Timer};
use super::probe::Probing;
use super::queue::Queue;
use super::rules::{self, Awareness, Parts};
use crate::random::Random;

/// The loops that send by themselves. One that is held up in a send goes on when it is released; a
/// tick that it missed comes at once then, more than one are dropped.
#[derive(Clone, Copy, Debug, Default)]
struct Loop {
    stuck: bool,
    missed: bool,
}

/// One node of it.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) me: usize,
    pub(crate) parts: Parts,
    pub(crate) members: Members,
    pub(crate) news: Queue,
    pub(crate) health: Awareness,
    pub(crate) random: Random,
    pub(crate) probing: Probing,
    pub(crate) out: Vec<Output>,
    /// Whether sends hang.
    pub(crate) blocked: bool,
    /// Pings for others that were not answered yet: by number, who asked and by which number.
    relays: BTreeMap<u32, (usize, u32)>,
    gossip: Loop,
    push_pull_stuck: bool,
}

impl Node {
    /// One of so many that know each other.
    pub(crate) fn new(me: usize, nodes: usize, parts: Parts, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let members = Members::of(nodes, &mut random);
        let mut node = Self {
            me,
            parts,
            members,
            news: Queue::default(),
            health: Awareness::default(),
            random,
            probing: Probing::default(),
            out: Vec::new(),
            blocked: false,
            relays: BTreeMap::new(),
            gossip: Loop::default(),
            push_pull_stuck: false,
        };
        node.start();
        node
    }

    fn start(&mut self) {
        let zero = std::time::Duration::ZERO;
        let probe = self.random.span(zero, rules::PROBE_INTERVAL);
        let gossip = self.random.span(zero, rules::GOSSIP_INTERVAL);
        let push_pull = self.random.span(zero, rules::PUSH_PULL_INTERVAL);
        let scaled = rules::push_pull_interval(self.members.count);
        self.arm(Time::ZERO + probe, Timer::Probe);
        self.arm(Time::ZERO + gossip, Timer::Gossip);
        self.arm(Time::ZERO + push_pull + scaled, Timer::PushPull);
    }

    pub(crate) fn arm(&mut self, at: Time, timer: Timer) {
        self.out.push(Output::Timer { at, timer });
    }

    pub(crate) fn timer(&mut self, now: Time, timer: Timer) {
        match timer {
            Timer::Probe => {
                self.arm(now + rules::PROBE_INTERVAL, Timer::Probe);
                self.probe_tick(now);
            }
            Timer::ProbeTimeout(sequence) => self.probe_timeout(now, sequence),
            Timer::ProbeEnd(sequence) => self.probe_end(now, sequence),
            Timer::Gossip => {
                self.arm(now + rules::GOSSIP_INTERVAL, Timer::Gossip);
                self.gossip_tick(now);
            }
            Timer::PushPull => {
                self.push_pull_stuck = self.blocked;
                if !self.blocked {
                    self.push_pull(now);
                }
            }
            Timer::Relay(sequence) => {
                if let Some((to, sequence)) = self.relays.remove(&sequence) {
                    self.send(to, Ask::Nack { sequence });
                }
            }
            Timer::Suspicion { of, number } => self.suspicion_timer(now, of, number),
        }
    }

    /// Its sends go out again.
    pub(crate) fn release(&mut self, now: Time) {
        self.blocked = false;
        self.probe_released(now);
        let gossip = std::mem::take(&mut self.gossip);
        for _ in 0..u8::from(gossip.stuck) + u8::from(gossip.missed) {
            self.gossip_tick(now);
        }
        if std::mem::take(&mut self.push_pull_stuck) {
            self.push_pull(now);
        }
    }

    /// What one datagram asks or answers; the claims in it are handled apart.
    pub(crate) fn hear(&mut self, now: Time, from: usize, ask: Ask) {
        match ask {
            Ask::Ping { sequence } => self.send(from, Ask::Ack { sequence }),
            Ask::IndirectPing { sequence, target } => {
                let own = self.probing.next_sequence();
                self.relays.insert(own, (from, sequence));
                self.send(target, Ask::Ping { sequence: own });
                self.arm(now + rules::PROBE_TIMEOUT, Timer::Relay(own));
            }
            Ask::Ack { sequence } => {
                if let Some((to, sequence)) = self.relays.remove(&sequence) {
                    self.send(to, Ask::Ack { sequence });
                } else {
                    self.acknowledged(now, sequence);
                }
            }
            Ask::Nack { sequence } => self.probing.count_nack(sequence),
        }
    }

    /// Answers an exchange over TCP.
    pub(crate) fn serve(&mut self, now: Time, request: &Request) -> Request {
        match request {
            Request::Ping => Request::Ping,
            Request::PushPull(table) => {
                let mine = self.members.table();
                self.merge(now, table);
                Request::PushPull(mine)
            }
        }
    }

    /// What became of an exchange that it began; nothing where it failed.
    pub(crate) fn exchanged(&mut self, now: Time, sequence: u32, answer: Option<&Request>) {
        match answer {
            Some(Request::Ping) => self.probing.reached_by_tcp(sequence),
            Some(Request::PushPull(table)) => self.merge(now, table),
            None => {}
        }
        if sequence == 0 {
            self.arm(now + rules::push_pull_interval(self.members.count), Timer::PushPull);
        }
    }

    /// Sends, with what news fit.
    pub(crate) fn send(&mut self, to: usize, ask: Ask) {
        let claims = self.take_news(rules::PACKET_BYTES - ask.len() - PART_BYTES);
        self.out.push(Output::Datagram { to, packet: Packet { ask: Some(ask), claims } });
    }

    fn take_news(&mut self, bytes: usize) -> Vec<super::packets::Claim> {
        self.news.take(bytes, rules::retransmissions(self.members.count))
    }

    fn gossip_tick(&mut self, now: Time) {
        if self.blocked {
            self.gossip.missed = self.gossip.stuck;
            self.gossip.stuck = true;
            return;
        }
        let Self { me, members, random, .. } = self;
        let fits = |node: usize| node != *me && members.is_told(node, now);
        for to in members.pick(rules::GOSSIP_NODES, random, fits) {
            let claims = self.take_news(rules::PACKET_BYTES - PART_BYTES);
            if claims.is_empty() {
                return;
            }
            self.out.push(Output::Datagram { to, packet: Packet { ask: None, claims } });
        }
    }

    fn push_pull(&mut self, now: Time) {
        let Self { me, members, random, .. } = self;
        let picked = members.pick(1, random, |node| node != *me && members.is(node, Say::Alive));
        let Some(&to) = picked.first() else {
            self.exchanged(now, 0, None);
            return;
        };
        let request = Request::PushPull(self.members.table());
        let patience = rules::STREAM_TIMEOUT;
        self.out.push(Output::Stream { to, request, patience, sequence: 0 });
    }
}
