//! What is true of a world, whatever its nodes believe.

use std::collections::BTreeMap;
use std::sync::Arc;

use seafoam::proto::Time;

use crate::happening::{Happened, Happening};

/// A process that runs.
#[derive(Clone, Debug)]
pub struct Life {
    /// Its name.
    pub name: Arc<str>,
    /// Which process of its host.
    pub run: u64,
    /// What it says of itself.
    pub generation: u64,
    /// What it says of itself.
    pub incarnation: u32,
    /// When it began.
    pub since: Time,
}

/// Something that was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    /// When.
    pub at: Time,
    /// By which node, and which process of it.
    pub from: (usize, u64),
    /// To which nodes it must come, and which processes of them; empty where it may get lost.
    pub wanted: Vec<(usize, u64)>,
    /// What.
    pub bytes: Vec<u8>,
}

/// The truth.
#[derive(Default)]
pub struct Facts {
    /// Whether the network is so good, and every process so quick, that no living node may be
    /// called dead.
    pub fair: bool,
    /// Datacenters, node after node in turn.
    pub datacenters: u8,
    /// Largest datagram that a node may send.
    pub datagram_bytes: usize,
    /// Broadcasts by the number that their payload begins with.
    pub broadcasts: BTreeMap<u64, Sent>,
    /// Messages to one node, the same way.
    pub messages: BTreeMap<u64, Sent>,
    /// The tags that a node set last, `key=value` with commas.
    pub tags: BTreeMap<usize, String>,
    lives: BTreeMap<usize, Life>,
    /// Of each name, each generation that it ever had.
    claims: BTreeMap<Arc<str>, BTreeMap<u64, Claim>>,
}

/// What was said in one generation of a name.
#[derive(Clone, Copy, Debug)]
struct Claim {
    /// The highest incarnation.
    incarnation: u32,
    /// Which process of the host said it last.
    run: u64,
    /// Another one did before: clocks that jump back let two processes have one generation.
    shared: bool,
}

impl Facts {
    /// What runs on a node.
    #[must_use]
    pub fn life(&self, node: usize) -> Option<&Life> {
        self.lives.get(&node)
    }

    /// Whether a node is of another datacenter than this one.
    #[must_use]
    pub fn is_far(&self, node: usize, datacenter: u8) -> bool {
        self.datacenters > 1 && node % usize::from(self.datacenters) != usize::from(datacenter)
    }

    /// The processes that run: the node, and what runs there.
    pub fn lives(&self) -> impl Iterator<Item = (usize, &Life)> {
        self.lives.iter().map(|(node, life)| (*node, life))
    }

    /// The process that has this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<(usize, &Life)> {
        self.lives().find(|(_, life)| *life.name == *name)
    }

    /// The highest incarnation that the owner of a name ever had in this generation.
    #[must_use]
    pub fn highest(&self, name: &str, generation: u64) -> Option<u32> {
        Some(self.claims.get(name)?.get(&generation)?.incarnation)
    }

    /// Whether an earlier process of this name had a later generation: its clock has jumped back, and
    /// until it knows and takes a generation above that, it counts as the older one of the two.
    #[must_use]
    pub fn is_outdated(&self, name: &str, generation: u64) -> bool {
        let last = self.claims.get(name).and_then(|claims| claims.last_key_value());
        last.is_some_and(|(last, _)| *last > generation)
    }

    /// Whether two processes of this name had this generation.
    #[must_use]
    pub fn is_shared(&self, name: &str, generation: u64) -> bool {
        let claim = self.claims.get(name).and_then(|claims| claims.get(&generation));
        claim.is_some_and(|claim| claim.shared)
    }

    /// A process of a node, to tell it from an earlier one.
    #[must_use]
    pub fn process(&self, node: usize) -> Option<(usize, u64)> {
        self.life(node).map(|life| (node, life.run))
    }

    pub(super) fn observe(&mut self, happened: &Happened) {
        let Happened { at, by, what } = happened;
        match what {
            Happening::Started { name, run, generation } => {
                let life = Life {
                    name: Arc::clone(name),
                    run: *run,
                    generation: *generation,
                    incarnation: 0,
                    since: *at,
                };
                self.tags.remove(by);
                self.claim(name, *generation, 0, *run);
                self.lives.insert(*by, life);
            }
            Happening::Ended { .. } => drop(self.lives.remove(by)),
            Happening::Put(node) => {
                let Some(life) = self.lives.get_mut(by) else { return };
                if life.name == node.name {
                    life.generation = node.generation;
                    life.incarnation = node.incarnation;
                    let run = life.run;
                    self.claim(&node.name, node.generation, node.incarnation, run);
                }
            }
            Happening::Sent { .. } | Happening::Removed(_) | Happening::Told(_) => {}
        }
    }

    fn claim(&mut self, name: &Arc<str>, generation: u64, incarnation: u32, run: u64) {
        let claims = self.claims.entry(Arc::clone(name)).or_default();
        let held = claims.entry(generation).or_insert(Claim { incarnation, run, shared: false });
        held.incarnation = incarnation.max(held.incarnation);
        held.shared |= held.run != run;
        held.run = run;
    }
}

/// A payload that can be told from every other: its number, then bytes that follow from it.
#[must_use]
pub fn payload(number: u64, bytes: usize) -> Vec<u8> {
    let filler = (0..).map(|at: u64| number.wrapping_mul(31).wrapping_add(at).to_le_bytes()[0]);
    number.to_le_bytes().into_iter().chain(filler).take(bytes.max(8)).collect()
}

/// The number of a payload.
#[must_use]
pub fn number(bytes: &[u8]) -> Option<u64> {
    bytes.first_chunk().map(|first| u64::from_le_bytes(*first))
}
