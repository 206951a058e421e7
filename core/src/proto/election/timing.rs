//! How long things hold, given how far clocks may differ.

use std::time::Duration;

/// Clock rates of two machines differ by less than this, in parts of a million.
const RATE_BOUND_PPM: u64 = 1000;
/// What a record runs longer than the bound alone demands: reading clocks takes time too.
const MARGIN: Duration = Duration::from_millis(20);
/// `is_leader()` ends so long before the lease does: whoever read it has that much to act.
const GUARD: Duration = Duration::from_millis(50);

/// The spans of one configuration, the same on every node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Timing {
    /// From the moment of the POLL to the end of the lease, by the leader's clock.
    pub lease: Duration,
    /// From the receipt of a CLAIM to the end of its record, by the lighthouse's clock.
    pub record: Duration,
    /// How long a lighthouse that lost its state is silent, by its own clock.
    pub silence: Duration,
    /// How long before the end of the lease the leader stops to lead.
    pub guard: Duration,
}

impl Timing {
    /// The spans for a lease of this length: a record and a silence outlast it even where the
    /// leader's clock runs slow and the lighthouse's fast, each by the bound.
    #[must_use]
    pub fn of(lease: Duration) -> Self {
        let micros = u64::try_from(lease.as_micros()).unwrap_or(u64::MAX);
        let stretched = micros.saturating_mul(1_000_000 + RATE_BOUND_PPM);
        let outlasts = Duration::from_micros(stretched.div_ceil(1_000_000 - RATE_BOUND_PPM));
        let record = outlasts + MARGIN;
        Self { lease, record, silence: record, guard: GUARD }
    }
}
