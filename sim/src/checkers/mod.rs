//! What must hold in every world, one named checker each, apart from the cluster that is checked:
//! they see what happens, and what the world is in truth, but no engine's inside.

mod bounds;
mod broadcasts;
mod claims;
mod deaths;
mod events;
mod facts;
mod messages;
mod tables;
mod validity;

use std::fmt;

use seafoam::proto::Time;

pub use facts::{Facts, Life, Sent, payload};

use crate::happening::Happened;
use crate::world::World;

/// Something that must not be.
#[derive(Clone, Debug)]
pub struct Violation {
    /// The checker that found it.
    pub checker: &'static str,
    /// When.
    pub at: Time,
    /// At which node.
    pub by: usize,
    /// What.
    pub text: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { checker, at, by, text } = self;
        write!(f, "{checker}: at {:.3} s, node {by}: {text}", at.since(Time::ZERO).as_secs_f64())
    }
}

/// One rule. A checker says nothing as long as it holds.
pub trait Checker {
    /// Its name, as reports give it.
    fn name(&self) -> &'static str;

    /// Sees one thing that happened; `facts` know of it already.
    fn observe(&mut self, _facts: &Facts, _happened: &Happened, _found: &mut Found) {}

    /// Looks at a world from time to time.
    fn inspect(&mut self, _facts: &Facts, _world: &World, _found: &mut Found) {}

    /// Looks at a world that was left alone for long enough.
    fn conclude(&mut self, _facts: &Facts, _world: &World, _found: &mut Found) {}
}

/// What a checker found so far.
#[derive(Default)]
pub struct Found {
    checker: &'static str,
    violations: Vec<Violation>,
}

impl Found {
    /// Reports something that must not be.
    pub fn report(&mut self, at: Time, by: usize, text: String) {
        // One is enough to go by; a storm of them says no more.
        if self.violations.len() < 64 {
            self.violations.push(Violation { checker: self.checker, at, by, text });
        }
    }
}

/// All checkers, and the truth that they compare with.
pub struct Checkers {
    /// The truth.
    pub facts: Facts,
    checkers: Vec<Box<dyn Checker>>,
    found: Found,
}

impl Checkers {
    /// All of them.
    #[must_use]
    pub fn all() -> Self {
        Self::of(vec![
            Box::new(deaths::Accuracy),
            Box::new(deaths::Completeness),
            Box::new(claims::Identity::default()),
            Box::new(events::Order::default()),
            Box::new(broadcasts::AtMostOnce::default()),
            Box::new(broadcasts::Coverage::default()),
            Box::new(messages::AtMostOnce::default()),
            Box::new(messages::Delivery::default()),
            Box::new(tables::Tags),
            Box::new(tables::Agreement::default()),
            Box::new(validity::Verdicts),
            Box::new(bounds::Bounds::default()),
        ])
    }

    /// Those that hold whatever reaches a node, nonsense included.
    #[must_use]
    pub fn for_nonsense() -> Self {
        Self::of(vec![Box::new(bounds::Bounds::without_rate())])
    }

    fn of(checkers: Vec<Box<dyn Checker>>) -> Self {
        Self { facts: Facts::default(), checkers, found: Found::default() }
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.checkers.iter().map(|checker| checker.name())
    }

    /// Takes what happened since.
    pub fn observe(&mut self, happened: &[Happened]) {
        for one in happened {
            self.facts.observe(one);
            let Self { facts, checkers, found } = self;
            for checker in checkers {
                found.checker = checker.name();
                checker.observe(facts, one, found);
            }
        }
    }

    /// Looks at the world.
    pub fn inspect(&mut self, world: &World) {
        let Self { facts, checkers, found } = self;
        for checker in checkers {
            found.checker = checker.name();
            checker.inspect(facts, world, found);
        }
    }

    /// Looks at a world that was left alone for long enough.
    pub fn conclude(&mut self, world: &World) {
        let Self { facts, checkers, found } = self;
        for checker in checkers {
            found.checker = checker.name();
            checker.conclude(facts, world, found);
        }
    }

    /// What was found.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.found.violations
    }
}
