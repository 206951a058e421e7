//! One walk through all states of a model.

use std::fmt;
use std::time::{Duration, Instant};

use stateright::{Checker, Model};

use crate::bounds::Bounds;
use crate::catalogue::Case;
use crate::election::{Election, Step};
use crate::state::{Fault, State};

/// What a walk found.
#[derive(Debug)]
pub struct Found {
    /// How many different states there are, or were seen until something went wrong.
    pub states: usize,
    /// How many steps the longest shortest way has.
    pub depth: usize,
    /// What went wrong, and the steps that lead there.
    pub fault: Option<(Fault, Vec<Step>)>,
    /// How long it took.
    pub took: Duration,
}

/// Walks through all states of a model, or until something goes wrong.
#[must_use]
pub fn explore(bounds: &Bounds) -> Found {
    let begun = Instant::now();
    let checker = Election(bounds.clone()).checker().spawn_bfs().join();
    let found = checker.discovery("nothing goes wrong").map(|path| {
        let fault = path.last_state().fault;
        let steps: Vec<(State, Option<Step>)> = path.into_vec();
        (fault, steps.into_iter().filter_map(|(_, step)| step).collect())
    });
    Found {
        states: checker.unique_state_count(),
        depth: checker.max_depth(),
        fault: found.and_then(|(fault, steps)| fault.map(|fault| (fault, steps))),
        took: begun.elapsed(),
    }
}

impl Case {
    /// Whether a walk ended as it must.
    #[must_use]
    pub fn is_met_by(&self, found: &Found) -> bool {
        match &found.fault {
            None => self.expected.is_empty(),
            Some((fault, _)) => self.expected.contains(fault),
        }
    }
}

/// One line, and where something went wrong the way to it.
impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { states, depth, fault, took } = self;
        let seconds = took.as_secs_f64();
        match fault {
            None => {
                write!(f, "nothing goes wrong in {states} states, {depth} deep ({seconds:.1} s)")
            }
            Some((fault, steps)) => {
                write!(
                    f,
                    "{fault:?} after {} steps, {states} states ({seconds:.1} s)",
                    steps.len()
                )?;
                steps.iter().try_for_each(|step| write!(f, "\n    {step:?}"))
            }
        }
    }
}
