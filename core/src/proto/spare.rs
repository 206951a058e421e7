//! Memory of datagrams that went out, for those that will.

/// So many are kept: what one input makes at once, but in a storm.
const KEPT: usize = 8;
/// What a datagram of a node at rest fits into.
const ROOM_BYTES: usize = 256;
/// Memory of one that was much longer is not kept.
const LONGEST_BYTES: usize = 2048;

/// Empty vectors that have memory.
#[derive(Debug, Default)]
pub(super) struct Spare {
    kept: Vec<Vec<u8>>,
}

impl Spare {
    /// An empty vector.
    pub(super) fn take(&mut self) -> Vec<u8> {
        self.kept.pop().unwrap_or_else(|| Vec::with_capacity(ROOM_BYTES))
    }

    /// This one is not needed any more.
    pub(super) fn give(&mut self, mut bytes: Vec<u8>) {
        if self.kept.len() < KEPT && (1..=LONGEST_BYTES).contains(&bytes.capacity()) {
            bytes.clear();
            self.kept.push(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_is_taken_empty_and_within_bounds() {
        let mut spare = Spare::default();
        let mut bytes = spare.take();
        bytes.push(7);
        let place = bytes.as_ptr();
        spare.give(bytes);
        let again = spare.take();
        assert!(again.is_empty() && again.as_ptr() == place);
        spare.give(Vec::new());
        spare.give(Vec::with_capacity(LONGEST_BYTES + 1));
        assert!(spare.kept.is_empty());
        (0..100).for_each(|_| spare.give(Vec::with_capacity(ROOM_BYTES)));
        assert_eq!(spare.kept.len(), KEPT);
    }
}
