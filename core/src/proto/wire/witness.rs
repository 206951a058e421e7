//! Who confirms a suspicion, and by what evidence.

/// How a probe of the accused failed, from weak to strong. The numbers are part of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Evidence {
    /// Neither datagram nor connection was answered: host dead or network cut.
    Silent = 0,
    /// The kernel still accepts connections: the process is paused.
    Hung = 1,
    /// The connection was refused or reset: the process is gone.
    Gone = 2,
}

impl Evidence {
    /// The evidence with this number on the wire.
    #[must_use]
    pub fn from_u8(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Silent),
            1 => Some(Self::Hung),
            2 => Some(Self::Gone),
            _ => None,
        }
    }
}

/// One member that confirms a suspicion by its own probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Witness {
    /// The witness, by [`Identity::handle`](super::Identity::handle); never 0 on the wire.
    pub handle: u32,
    /// What its probe found.
    pub evidence: Evidence,
}

const EMPTY: Witness = Witness { handle: 0, evidence: Evidence::Silent };

/// At most [`WitnessSet::CAPACITY`] witnesses, one per handle, kept inline.
///
/// Sets form a semilattice under [`merge`](Self::merge): a handle keeps its strongest evidence, and
/// of too many witnesses the strongest stay (of equal evidence those with the lowest handles). So
/// nodes that heard the same witnesses hold the same set, in whatever order they came.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct WitnessSet {
    /// Strongest evidence first, then lowest handle; the rest is `EMPTY`, so that equality holds.
    slots: [Witness; Self::CAPACITY],
    count: u8,
}

impl WitnessSet {
    /// More witnesses than this shorten no timer, so more are not carried.
    pub const CAPACITY: usize = 4;

    /// The empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self { slots: [EMPTY; Self::CAPACITY], count: 0 }
    }

    /// The witnesses, strongest evidence first, then by handle.
    #[must_use]
    pub fn as_slice(&self) -> &[Witness] {
        self.slots.get(..usize::from(self.count)).unwrap_or_default()
    }

    /// The witnesses in the order of [`as_slice`](Self::as_slice).
    pub fn iter(&self) -> impl Iterator<Item = Witness> + '_ {
        self.as_slice().iter().copied()
    }

    /// How many witnesses there are.
    #[must_use]
    pub fn len(&self) -> usize {
        usize::from(self.count)
    }

    /// How many witnesses bring this evidence.
    #[must_use]
    pub fn count(&self, evidence: Evidence) -> usize {
        self.iter().filter(|witness| witness.evidence == evidence).count()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// What `handle` found, when it is a witness of this set.
    #[must_use]
    pub fn evidence_of(&self, handle: u32) -> Option<Evidence> {
        self.iter().find(|witness| witness.handle == handle).map(|witness| witness.evidence)
    }

    /// The strongest evidence of the set.
    #[must_use]
    pub fn strongest(&self) -> Option<Evidence> {
        self.as_slice().first().map(|witness| witness.evidence)
    }

    /// Adds a witness, or strengthens its evidence. True when the set changed: false for a known
    /// witness without stronger evidence, for one too weak for a full set, and for handle 0.
    pub fn insert(&mut self, handle: u32, evidence: Evidence) -> bool {
        if handle == 0 || self.evidence_of(handle).is_some_and(|known| known >= evidence) {
            return false;
        }
        let before = *self;
        self.remove(handle);
        let rank = |witness: &Witness| (std::cmp::Reverse(witness.evidence), witness.handle);
        let added = Witness { handle, evidence };
        let place = self.as_slice().partition_point(|witness| rank(witness) < rank(&added));
        // A full set has no place behind its last witness, so a weaker one falls off here.
        if let Some(tail @ [_, ..]) = self.slots.get_mut(place..) {
            tail.rotate_right(1);
            tail[0] = added;
            self.count = self.count.saturating_add(1).min(Self::CAPACITY as u8);
        }
        *self != before
    }

    /// Adds all witnesses of `other`. True when the set changed.
    pub fn merge(&mut self, other: &Self) -> bool {
        let before = *self;
        for witness in other.iter() {
            self.insert(witness.handle, witness.evidence);
        }
        *self != before
    }

    fn remove(&mut self, handle: u32) {
        let Some(place) = self.as_slice().iter().position(|witness| witness.handle == handle)
        else {
            return;
        };
        if let Some(tail) = self.slots.get_mut(place..) {
            tail.rotate_left(1);
        }
        self.count -= 1;
        if let Some(slot) = self.slots.get_mut(usize::from(self.count)) {
            *slot = EMPTY;
        }
    }
}

impl Default for WitnessSet {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for WitnessSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.as_slice()).finish()
    }
}

impl FromIterator<(u32, Evidence)> for WitnessSet {
    fn from_iter<I: IntoIterator<Item = (u32, Evidence)>>(witnesses: I) -> Self {
        let mut set = Self::new();
        for (handle, evidence) in witnesses {
            set.insert(handle, evidence);
        }
        set
    }
}
