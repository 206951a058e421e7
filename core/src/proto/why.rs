//! Why a node is suspected or dead, kept for people to read: nothing of it decides anything.

use std::sync::Arc;
use std::time::Duration;

use super::engine::Engine;
use super::members::MemberId;
use super::probe::Probe;
use super::time::Time;
use super::wire::{Evidence, WitnessSet};
use crate::api::error::Result;
use crate::api::validity::{Hint, Why};
use crate::limits;

/// One member that bears witness.
#[derive(Clone, Debug)]
struct Confirmation {
    handle: u32,
    /// Resolved when it was heard: the witness may be gone when somebody asks.
    name: Arc<str>,
    evidence: Evidence,
    heard: Time,
}

/// What is told of one suspicion, from its beginning to its end; of a dead member it stays.
#[derive(Clone, Debug)]
pub(super) struct Doubt {
    began: Time,
    accuser: Arc<str>,
    /// In the order in which they were heard, [`limits::WITNESSES_TOLD`] at most.
    confirmations: Vec<Confirmation>,
    own_failed: bool,
    own_hint: Hint,
    helpers_failed: Vec<Arc<str>>,
    helpers_silent: Vec<Arc<str>>,
}

impl From<Evidence> for Hint {
    fn from(evidence: Evidence) -> Self {
        match evidence {
            Evidence::Silent => Self::Silent,
            Evidence::Hung => Self::Hung,
            Evidence::Gone => Self::Gone,
        }
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

impl Engine {
    /// Witnesses against a suspected member, as `source` or its own probe brought them.
    pub(super) fn note_witnesses(
        &mut self,
        now: Time,
        id: MemberId,
        witnesses: &WitnessSet,
        source: u32,
    ) {
        let accuser = self.members.name_of(source);
        let named: Vec<_> = witnesses
            .iter()
            .map(|witness| (witness, self.members.name_of(witness.handle)))
            .collect();
        self.members.update(id, |member| {
            let doubt = member.rare().doubt.get_or_insert_with(|| {
                Box::new(Doubt {
                    began: now,
                    accuser,
                    confirmations: Vec::new(),
                    own_failed: false,
                    own_hint: Hint::None,
                    helpers_failed: Vec::new(),
                    helpers_silent: Vec::new(),
                })
            });
            for (witness, name) in named {
                let known =
                    doubt.confirmations.iter_mut().find(|known| known.handle == witness.handle);
                if let Some(known) = known {
                    known.evidence = known.evidence.max(witness.evidence);
                } else if doubt.confirmations.len() < limits::WITNESSES_TOLD {
                    let (handle, evidence) = (witness.handle, witness.evidence);
                    doubt.confirmations.push(Confirmation { handle, name, evidence, heard: now });
                }
            }
        });
    }

    /// Which ways to a suspected member this node's own probe found closed.
    pub(super) fn note_failure(&mut self, id: MemberId, probe: &Probe) {
        let asked = probe.asked.iter().enumerate().filter(|(_, handle)| **handle != 0);
        let (failed, silent): (Vec<_>, Vec<_>) =
            asked.partition(|(place, _)| probe.nacked & 1 << place != 0);
        let names = |helpers: Vec<(usize, &u32)>| -> Vec<Arc<str>> {
            helpers.into_iter().map(|(_, handle)| self.members.name_of(*handle)).collect()
        };
        let (failed, silent) = (names(failed), names(silent));
        let hint = probe.hint;
        self.members.update(id, |member| {
            let Some(doubt) = &mut member.rare().doubt else { return };
            doubt.own_failed = true;
            // A probe that asked nobody, or knocked nowhere, takes nothing back.
            if hint != Hint::None {
                doubt.own_hint = hint;
            }
            if !failed.is_empty() || !silent.is_empty() {
                (doubt.helpers_failed, doubt.helpers_silent) = (failed, silent);
            }
        });
    }

    /// Why a node is suspected or dead.
    ///
    /// # Errors
    /// `unknown_node`.
    pub fn why(&self, now: Time, node: &str) -> Result<Why> {
        let id = self.find(node)?;
        let (Some(member), Some(node)) = (self.members.get(id), self.node(id)) else {
            return Err(self.unknown(node));
        };
        let held = member.held();
        let mut why = Why {
            node,
            since_millis: millis(now.since(member.since)),
            source: Arc::clone(member.source_name()),
            witnesses: Vec::new(),
            own_ping_failed: held.is_some_and(|held| held.own_failed),
            own_health: self.awareness.score(),
            accuser: "".into(),
            suspected_millis: 0,
            heard_millis: if id == super::members::SELF {
                0
            } else {
                millis(now.since(member.heard))
            },
            witness_hints: Vec::new(),
            witness_millis: Vec::new(),
            own_hint: Hint::None,
            helpers_failed: Vec::new(),
            helpers_silent: Vec::new(),
        };
        if let Some(doubt) = member.doubt() {
            why.accuser = Arc::clone(&doubt.accuser);
            why.suspected_millis = millis(now.since(doubt.began));
            why.own_ping_failed |= doubt.own_failed;
            why.own_hint = doubt.own_hint;
            why.helpers_failed.clone_from(&doubt.helpers_failed);
            why.helpers_silent.clone_from(&doubt.helpers_silent);
            for each in &doubt.confirmations {
                why.witnesses.push(Arc::clone(&each.name));
                why.witness_hints.push(each.evidence.into());
                why.witness_millis.push(millis(now.since(each.heard)));
            }
        }
        Ok(why)
    }
}
