//! What a node believes, and how claims change it.

use seafoam::proto::Time;

use super::node::Node;
use super::packets::{Claim, Output, Say, Timer};
use super::rules::{self, GOSSIP_TO_THE_DEAD};
use crate::random::Random;

/// A suspicion that runs.
#[derive(Clone, Debug)]
pub(crate) struct Suspicion {
    number: u64,
    began: Time,
    wanted: u32,
    /// Who said so: the first, and then those that confirm.
    from: Vec<usize>,
    nodes: usize,
}

impl Suspicion {
    fn given(&self) -> u32 {
        u32::try_from(self.from.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// When it runs out, as far as is known.
    fn ends(&self) -> Time {
        let (least, most) = rules::suspicion_times(self.nodes);
        self.began + rules::suspicion_time(self.given(), self.wanted, least, most)
    }

    /// Takes a confirmation in; whether it is news.
    fn confirm(&mut self, from: usize) -> bool {
        let news = self.given() < self.wanted && !self.from.contains(&from);
        if news {
            self.from.push(from);
        }
        news
    }
}

/// One member as a node knows it.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) status: Say,
    pub(crate) incarnation: u32,
    since: Time,
    suspicion: Option<Suspicion>,
}

/// All that a node knows, itself included.
#[derive(Clone, Debug, Default)]
pub(crate) struct Members {
    /// The order in which they are probed.
    pub(crate) order: Vec<usize>,
    known: Vec<Option<Member>>,
    /// Those of the order when it was last cleared up, and those that came since.
    pub(crate) count: usize,
    suspicions: u64,
}

impl Members {
    /// So many that know each other.
    pub(crate) fn of(nodes: usize, random: &mut Random) -> Self {
        let member =
            Member { status: Say::Alive, incarnation: 1, since: Time::ZERO, suspicion: None };
        let mut order: Vec<_> = (0..nodes).collect();
        random.shuffle(&mut order);
        Self { order, known: vec![Some(member); nodes], count: nodes, suspicions: 0 }
    }

    pub(crate) fn get(&self, node: usize) -> Option<&Member> {
        self.known.get(node)?.as_ref()
    }

    fn get_mut(&mut self, node: usize) -> Option<&mut Member> {
        self.known.get_mut(node)?.as_mut()
    }

    pub(crate) fn is(&self, node: usize, status: Say) -> bool {
        self.get(node).is_some_and(|member| member.status == status)
    }

    /// Whether news are still for it.
    pub(crate) fn is_told(&self, node: usize, now: Time) -> bool {
        self.get(node).is_some_and(|member| {
            member.status != Say::Dead || now.since(member.since) <= GOSSIP_TO_THE_DEAD
        })
    }

    /// The whole table, as claims.
    pub(crate) fn table(&self) -> Vec<Claim> {
        let claim = |(of, member): (usize, &Option<Member>)| {
            let member = member.as_ref()?;
            Some(Claim { say: member.status, of, incarnation: member.incarnation, from: of })
        };
        self.known.iter().enumerate().filter_map(claim).collect()
    }

    /// Forgets who is long dead, and goes round in another order.
    pub(crate) fn reset(&mut self, now: Time, random: &mut Random) {
        let gone: Vec<_> =
            self.order.iter().copied().filter(|node| !self.is_told(*node, now)).collect();
        for node in gone {
            if let Some(slot) = self.known.get_mut(node) {
                *slot = None;
            }
        }
        let Self { order, known, .. } = self;
        order.retain(|node| known.get(*node).is_some_and(Option::is_some));
        self.count = self.order.len();
        random.shuffle(&mut self.order);
    }

    /// Up to so many at random of whom `fits` holds, each once.
    pub(crate) fn pick(
        &self,
        count: usize,
        random: &mut Random,
        fits: impl Fn(usize) -> bool,
    ) -> Vec<usize> {
        let mut picked = Vec::with_capacity(count);
        if self.order.len() < count * 3 {
            let mut order = self.order.clone();
            random.shuffle(&mut order);
            picked.extend(order.into_iter().filter(|node| fits(*node)).take(count));
            return picked;
        }
        for _ in 0..self.order.len() * 3 {
            if picked.len() == count {
                break;
            }
            if let Some(&node) = random.pick(&self.order)
                && fits(node)
                && !picked.contains(&node)
            {
                picked.push(node);
            }
        }
        picked
    }
}

impl Node {
    /// Takes a claim, as far as it is news.
    pub(crate) fn take(&mut self, now: Time, claim: Claim) {
        match claim.say {
            Say::Alive => self.take_alive(now, claim),
            Say::Suspect => self.take_suspect(now, claim),
            Say::Dead => self.take_dead(now, claim),
        }
    }

    /// Another's whole table: who is dead there is suspected here, by this node's own word.
    pub(crate) fn merge(&mut self, now: Time, table: &[Claim]) {
        for claim in table {
            match claim.say {
                Say::Alive => self.take_alive(now, *claim),
                Say::Suspect | Say::Dead => {
                    self.take_suspect(now, Claim { say: Say::Suspect, from: self.me, ..*claim });
                }
            }
        }
    }

    fn take_alive(&mut self, now: Time, claim: Claim) {
        let me = self.me;
        if self.members.get(claim.of).is_none() {
            let place = self.random.place(self.members.order.len() + 1);
            self.members.order.insert(place, claim.of);
            self.members.count += 1;
            let dead = Member { status: Say::Dead, incarnation: 0, since: now, suspicion: None };
            if let Some(slot) = self.members.known.get_mut(claim.of) {
                *slot = Some(dead);
            }
        }
        let Some(member) = self.members.get_mut(claim.of) else { return };
        if claim.of == me {
            // What is said of an incarnation that it never had is topped.
            if claim.incarnation > member.incarnation {
                self.refute(claim.incarnation);
            }
            return;
        }
        if claim.incarnation <= member.incarnation {
            return;
        }
        member.suspicion = None;
        member.incarnation = claim.incarnation;
        let was_dead = member.status == Say::Dead;
        if member.status != Say::Alive {
            member.status = Say::Alive;
            member.since = now;
        }
        self.news.push(claim);
        if was_dead {
            self.out.push(Output::Back { of: claim.of });
        }
    }

    pub(crate) fn take_suspect(&mut self, now: Time, claim: Claim) {
        let nodes = self.members.count;
        let number = self.members.suspicions + 1;
        let Some(member) = self.members.get_mut(claim.of) else { return };
        if claim.incarnation < member.incarnation {
            return;
        }
        if let Some(suspicion) = &mut member.suspicion {
            if suspicion.confirm(claim.from) {
                let (at, number) = (suspicion.ends(), suspicion.number);
                self.arm(at.max(now), Timer::Suspicion { of: claim.of, number });
                self.news.push(claim);
            }
            return;
        }
        if member.status != Say::Alive {
            return;
        }
        if claim.of == self.me {
            self.refute(claim.incarnation);
            return;
        }
        let wanted = if self.parts.suspicion { rules::confirmations_wanted(nodes) } else { 0 };
        let suspicion = Suspicion { number, began: now, wanted, from: vec![claim.from], nodes };
        let at = suspicion.ends();
        member.incarnation = claim.incarnation;
        member.status = Say::Suspect;
        member.since = now;
        member.suspicion = Some(suspicion);
        self.members.suspicions = number;
        self.arm(at, Timer::Suspicion { of: claim.of, number });
        self.news.push(claim);
    }

    /// A suspicion may have run out.
    pub(crate) fn suspicion_timer(&mut self, now: Time, of: usize, number: u64) {
        let Some(member) = self.members.get(of) else { return };
        let due = member.suspicion.as_ref();
        if due.is_some_and(|suspicion| suspicion.number == number && suspicion.ends() <= now) {
            let incarnation = member.incarnation;
            self.take_dead(now, Claim { say: Say::Dead, of, incarnation, from: self.me });
        }
    }

    fn take_dead(&mut self, now: Time, claim: Claim) {
        let Some(member) = self.members.get_mut(claim.of) else { return };
        if claim.incarnation < member.incarnation {
            return;
        }
        member.suspicion = None;
        if member.status == Say::Dead {
            return;
        }
        if claim.of == self.me {
            self.refute(claim.incarnation);
            return;
        }
        member.incarnation = claim.incarnation;
        member.status = Say::Dead;
        member.since = now;
        self.news.push(claim);
        self.out.push(Output::Dead { of: claim.of });
    }

    /// Says that it lives, beyond what it is accused of.
    fn refute(&mut self, accused: u32) {
        let me = self.me;
        self.health.shift(1);
        let Some(member) = self.members.get_mut(me) else { return };
        member.incarnation = member.incarnation.max(accused) + 1;
        let incarnation = member.incarnation;
        self.news.push(Claim { say: Say::Alive, of: me, incarnation, from: me });
    }
}
