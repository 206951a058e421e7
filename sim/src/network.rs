//! What the network does to a packet.

use std::collections::BTreeSet;
use std::time::Duration;

use rand_xoshiro::Xoshiro256StarStar;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// Delay, loss and cuts between nodes, by their numbers.
#[derive(Debug)]
pub struct Network {
    /// Shortest one-way delay.
    pub least_delay: Duration,
    /// Longest one-way delay.
    pub most_delay: Duration,
    /// Datagrams lost, of a thousand.
    pub loss_permille: u64,
    /// Datagrams that arrive twice, of a thousand.
    pub duplicate_permille: u64,
    cuts: BTreeSet<(usize, usize)>,
    random: Xoshiro256StarStar,
}

impl Network {
    /// A fast network without faults (0.2 to 2 ms one way).
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            least_delay: Duration::from_micros(200),
            most_delay: Duration::from_millis(2),
            loss_permille: 0,
            duplicate_permille: 0,
            cuts: BTreeSet::new(),
            random: Xoshiro256StarStar::seed_from_u64(seed),
        }
    }

    /// Cuts the way from one node to another; the way back stays.
    pub fn cut_one_way(&mut self, from: usize, to: usize) {
        self.cuts.insert((from, to));
    }

    /// Cuts every way between two groups.
    pub fn partition(&mut self, left: &[usize], right: &[usize]) {
        for &one in left {
            for &other in right {
                self.cuts.insert((one, other));
                self.cuts.insert((other, one));
            }
        }
    }

    /// Mends every cut.
    pub fn heal(&mut self) {
        self.cuts.clear();
    }

    /// Whether anything gets from one node to another.
    #[must_use]
    pub fn reaches(&self, from: usize, to: usize) -> bool {
        !self.cuts.contains(&(from, to))
    }

    /// The delays after which copies of a datagram arrive: none where it is lost.
    pub(crate) fn deliveries(&mut self, from: usize, to: usize) -> Vec<Duration> {
        // Drawn whatever happens, so that a cut does not shift the random numbers of the rest.
        let (lost, doubled) =
            (self.chance(self.loss_permille), self.chance(self.duplicate_permille));
        let delays = [self.delay(), self.delay()];
        if lost || !self.reaches(from, to) {
            return Vec::new();
        }
        delays.into_iter().take(if doubled { 2 } else { 1 }).collect()
    }

    /// A one-way delay.
    pub(crate) fn delay(&mut self) -> Duration {
        let (least, most) = (self.least_delay.as_micros(), self.most_delay.as_micros());
        let span = u64::try_from(most.saturating_sub(least)).unwrap_or(u64::MAX);
        self.least_delay + Duration::from_micros(self.random.next_u64() % (span + 1))
    }

    fn chance(&mut self, permille: u64) -> bool {
        self.random.next_u64() % 1000 < permille
    }
}
