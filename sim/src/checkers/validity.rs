//! Whoever may act has enough lighthouses; in the end all know what is true.

use seafoam::proto::Notice;
use seafoam::{Event, Validity, ValidityState};

use super::{Checker, Facts, Found};
use crate::happening::{Happened, Happening};
use crate::world::World;

/// A verdict goes with its numbers, and at rest it is that of the lighthouses that run.
pub(super) struct Verdicts;

/// What is wrong with a verdict by itself.
fn flaw(validity: &Validity) -> Option<&'static str> {
    let enough = validity.seen.len() >= validity.needed as usize;
    match validity.state {
        ValidityState::Valid if !enough => Some("too few are included"),
        ValidityState::Forming if enough => Some("enough are included"),
        ValidityState::Fallback if validity.needed > 0 => Some("some are needed"),
        _ if validity.seen.iter().any(|name| validity.missing.contains(name)) => {
            Some("one is included and missing")
        }
        // INVALID holds on for a while when enough are there again.
        ValidityState::Fallback
        | ValidityState::Forming
        | ValidityState::Valid
        | ValidityState::Invalid => None,
    }
}

impl Checker for Verdicts {
    fn name(&self) -> &'static str {
        "validity"
    }

    fn observe(&mut self, _facts: &Facts, happened: &Happened, found: &mut Found) {
        if let Happening::Told(Notice::Event(Event::Validity { validity })) = &happened.what
            && let Some(flaw) = flaw(validity)
        {
            found.report(happened.at, happened.by, format!("{validity}: {flaw}"));
        }
    }

    fn conclude(&mut self, facts: &Facts, world: &World, found: &mut Found) {
        for (by, _) in facts.lives() {
            let Some(engine) = world.engine(by) else { continue };
            let validity = engine.validity();
            let names = || validity.seen.iter().chain(&validity.missing);
            let run = names().filter(|name| facts.named(name).is_some()).count();
            let valid = validity.state == ValidityState::Valid;
            if validity.state != ValidityState::Fallback
                && (run != validity.seen.len() || valid != (run >= validity.needed as usize))
            {
                found.report(world.now, by, format!("{validity}, but {run} run"));
            }
        }
    }
}
