//! A TCP connection to who does not answer pings: what the kernel of its host does with it tells a
//! dead process (refused) from a paused one (accepted) and from a dead host or a cut network
//! (silence). Each has its own patience.

use std::collections::BTreeMap;

use super::engine::Engine;
use super::output::{KnockAnswer, Transmit};
use super::probe::Probe;
use super::time::Time;
use super::timers::Timer;
use super::wire::Evidence;
use crate::api::validity::Hint;
use crate::limits;

/// Knocks under way, by token, with the probe that each belongs to.
#[derive(Default)]
pub(super) struct Knocks {
    pub(super) under_way: BTreeMap<u64, u32>,
    /// When any other host's kernel answered last: then this node's own network worked.
    pub(super) answered: Time,
}

impl Engine {
    /// Knocks at the door of a probe's target.
    pub(super) fn knock(&mut self, sequence: u32, probe: &Probe) {
        if self.knocks.under_way.len() >= limits::KNOCKS {
            return; // without the hint silence counts as silence
        }
        let token = self.syncs.next_token();
        self.knocks.under_way.insert(token, sequence);
        self.stats.knocks_sent += 1;
        self.transmits.push_back(Transmit::Knock {
            to: probe.address,
            token,
            timeout: probe.timeout,
        });
    }

    /// What became of the knock with this token.
    pub fn handle_knock(&mut self, now: Time, token: u64, answer: KnockAnswer) {
        let Some(sequence) = self.knocks.under_way.remove(&token) else {
            return;
        };
        if answer != KnockAnswer::Silence {
            self.knocks.answered = now;
        }
        let Some(probe) = self.probing.waiting.get_mut(sequence) else {
            return; // the ping was answered meanwhile
        };
        match answer {
            KnockAnswer::Refused => {
                self.stats.knocks_refused += 1;
                (probe.evidence, probe.hint) = (Evidence::Gone, Hint::Gone);
                let probe = *probe;
                self.probing.waiting.remove(sequence);
                self.timers.disarm(Timer::Probe(sequence));
                self.end_probe(now, sequence, &probe);
            }
            KnockAnswer::Accepted => {
                self.stats.knocks_accepted += 1;
                (probe.evidence, probe.hint) = (Evidence::Hung, Hint::Hung);
            }
            KnockAnswer::Silence => probe.hint = Hint::Silent,
        }
    }
}
