//! Measurements in virtual time: one function a scenario, each many trials, each seed a world.

mod alone;
mod components;
mod datacenters;
mod detection;
#[cfg(feature = "command")]
mod large;
mod leading;
mod lifeguard;
mod rapid;
mod scale;
mod spread;
mod stress;
mod validity;

use std::time::Duration;

use seafoam::proto::seal::{Key, KeyList};
use seafoam::{Config, Event, NodeStatus};

pub use alone::alone;
pub use components::components;
pub use datacenters::{across, apart};
pub use detection::{crash, pause, silent};
#[cfg(feature = "command")]
pub use large::large;
pub use leading::{failover, lead, tenures};
pub use lifeguard::lifeguard;
pub use rapid::rapid;
pub use scale::scale;
pub use spread::{broadcast, join, partition, steady};
pub use stress::loss;
pub use validity::{beacons, cut, evidence};

use crate::world::World;

/// What a scenario is run with.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seeds, each of them a world of its own.
    pub seeds: std::ops::Range<u64>,
    /// Sizes of the clusters.
    pub nodes: Vec<usize>,
    /// Trials in each world.
    pub trials: usize,
    /// Worlds at once.
    pub jobs: usize,
    /// Whether traffic is sealed, as it is by default.
    pub sealed: bool,
    /// Only the cases whose names hold this; all where it is empty.
    pub only: String,
    /// After so long no further run begins, in scenarios of many runs; none: all of them.
    pub patience: Option<Duration>,
    /// Told of each part that is done.
    pub progress: fn(&str),
}

/// What came of it: a table, and lines for a chart.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What was measured.
    pub title: String,
    /// Heads of the columns.
    pub columns: Vec<&'static str>,
    /// The rows, as texts.
    pub rows: Vec<Vec<String>>,
    /// What the chart's axes are.
    pub axes: (&'static str, &'static str),
    /// The chart's lines, each with its name.
    pub lines: Vec<(String, Vec<(f64, f64)>)>,
    /// What should hold and does not; nothing where all does, or nothing is asked.
    pub broken: Vec<String>,
}

/// Numbers in order, for shares of them.
#[derive(Clone, Debug, Default)]
pub struct Sample(Vec<f64>);

impl Sample {
    /// Of these.
    #[must_use]
    pub fn of(mut numbers: Vec<f64>) -> Self {
        numbers.sort_by(f64::total_cmp);
        Self(numbers)
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// So many percent are not greater.
    #[must_use]
    pub fn at(&self, percent: usize) -> f64 {
        let place = (self.0.len() * percent).div_ceil(100).saturating_sub(1);
        self.0.get(place).copied().unwrap_or(f64::NAN)
    }

    /// The mean, and half of its 95 % interval.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // thousands at most
    pub fn mean(&self) -> (f64, f64) {
        let count = self.0.len() as f64;
        let mean = self.0.iter().sum::<f64>() / count;
        let square: f64 = self.0.iter().map(|number| (number - mean).powi(2)).sum();
        (mean, 1.96 * (square / (count - 1.0).max(1.0) / count).sqrt())
    }

    /// How many percent are at most so great, for charts.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // thousands at most
    pub fn shares(&self) -> Vec<(f64, f64)> {
        let count = self.0.len() as f64;
        let share = |(place, number): (usize, &f64)| (*number, (place + 1) as f64 * 100.0 / count);
        self.0.iter().enumerate().map(share).collect()
    }
}

/// The 95 % interval of a share, in percent (Wilson, 1927), of `hits` in `trials`.
#[must_use]
#[allow(clippy::cast_precision_loss)] // thousands at most
pub fn interval(hits: usize, trials: usize) -> (f64, f64) {
    let (n, z) = (trials.max(1) as f64, 1.96_f64);
    let p = hits as f64 / n;
    let middle = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    ((middle - half).max(0.0) * 100.0, (middle + half).min(1.0) * 100.0)
}

/// What every node of the measurements runs with: the defaults.
pub(crate) fn config(sealed: bool) -> Config {
    let config = Config::new().listen_ip("10.0.0.0");
    if sealed {
        return config.keys(KeyList(Key::new([0x5e; 32]).into_iter().collect()));
    }
    config.insecure(true)
}

/// A cluster of so many that know each other and came to rest.
pub(crate) fn cluster(plan: &Plan, seed: u64, nodes: usize) -> World {
    let mut world = World::new(seed, config(plan.sealed));
    world.start_many(nodes);
    world.run_until(Duration::from_secs(60), World::is_whole);
    world.run(Duration::from_secs(10));
    world.seen.clear();
    world
}

/// Nodes that said DEAD of a name in what was seen from a place on.
pub(crate) fn deaths<'a>(world: &'a World, name: &'a str) -> impl Iterator<Item = usize> + 'a {
    world.seen.iter().filter_map(move |seen| match &seen.event {
        Event::Status { node, status: NodeStatus::Dead, .. } if *node.name == *name => {
            Some(seen.by)
        }
        Event::Status { .. }
        | Event::Broadcast { .. }
        | Event::Message { .. }
        | Event::Leader { .. }
        | Event::Validity { .. }
        | Event::Node { .. }
        | Event::Conflict { .. }
        | Event::Link { .. }
        | Event::Merged { .. }
        | Event::Datacenter { .. }
        | Event::Lagged { .. }
        | Event::Closed { .. } => None,
    })
}

pub(crate) fn two(number: f64) -> String {
    format!("{number:.2}")
}
