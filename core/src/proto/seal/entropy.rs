//! Random bytes come from outside: the system's in the runtime, a seed's in the simulator.

use rand_xoshiro::Xoshiro256StarStar;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// Where random bytes come from.
pub trait Entropy: Send {
    /// Fills the bytes; false where there are none, and then nothing may be sealed.
    fn fill(&mut self, bytes: &mut [u8]) -> bool;
}

/// Bytes that follow from a seed: for simulators and tests, never for a network.
#[derive(Clone, Debug)]
pub struct Seeded(Xoshiro256StarStar);

impl Seeded {
    /// The source of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Xoshiro256StarStar::seed_from_u64(seed))
    }
}

impl Entropy for Seeded {
    fn fill(&mut self, bytes: &mut [u8]) -> bool {
        self.0.fill_bytes(bytes);
        true
    }
}

/// So many bytes, or none where the source is dry.
pub(super) fn draw<const N: usize>(source: &mut dyn Entropy) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    source.fill(&mut bytes).then_some(bytes)
}
