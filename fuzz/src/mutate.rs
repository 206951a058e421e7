//! Inputs from other inputs, without a look at what they reach: for machines that have no guided
//! fuzzer, and for a short run that is the same each time.

/// A source of numbers that a seed fixes (splitmix64).
pub struct Numbers(pub u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    }

    /// From 0 to `bound - 1`.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap_or(0)
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }
}

/// Another input: one of the corpus with a few changes, or two of them joined.
pub fn mutate(numbers: &mut Numbers, corpus: &[Vec<u8>]) -> Vec<u8> {
    const LONGEST: usize = 4096;
    let pick = |numbers: &mut Numbers| {
        corpus.get(numbers.below(corpus.len())).cloned().unwrap_or_default()
    };
    let mut bytes = pick(numbers);
    for _ in 0..=numbers.below(5) {
        let place = numbers.below(bytes.len() + 1);
        match numbers.below(6) {
            0 | 1 => {
                let byte = numbers.byte();
                if let Some(changed) = bytes.get_mut(place) {
                    *changed = byte;
                }
            }
            2 => {
                let added: Vec<u8> = (0..=numbers.below(8)).map(|_| numbers.byte()).collect();
                bytes.splice(place..place, added);
            }
            3 => {
                let end = (place + 1 + numbers.below(8)).min(bytes.len());
                bytes.drain(place..end);
            }
            4 => {
                let other = pick(numbers);
                let from = numbers.below(other.len() + 1);
                let length = numbers.below(64).min(other.len() - from);
                let added = other.into_iter().skip(from).take(length);
                bytes.splice(place..place, added);
            }
            _ => {
                let tail = pick(numbers);
                let from = numbers.below(tail.len() + 1);
                bytes.truncate(place);
                bytes.extend_from_slice(&tail[from..]);
            }
        }
        bytes.truncate(LONGEST);
    }
    bytes
}
