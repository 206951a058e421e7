//! Which packets of a session were taken: a window below the highest counter.

/// Counters taken of one session. What lies below the window counts as taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayWindow {
    highest: u64,
    /// Bit i: `highest - i` was taken.
    taken: u128,
}

impl ReplayWindow {
    /// How far below the highest counter a packet may still come.
    pub const SIZE: u64 = 128;

    /// A window in which `counter` and everything below it was taken.
    #[must_use]
    pub const fn starting_at(counter: u64) -> Self {
        Self { highest: counter, taken: u128::MAX }
    }

    /// The highest counter taken.
    #[must_use]
    pub const fn highest(&self) -> u64 {
        self.highest
    }

    /// Whether a packet of this counter would be new.
    #[must_use]
    pub fn is_new(&self, counter: u64) -> bool {
        match self.highest.checked_sub(counter) {
            None => true,
            Some(age) => age < Self::SIZE && self.taken >> age & 1 == 0,
        }
    }

    /// Takes a packet; false where it was taken before, or lies too far back to know.
    pub fn take(&mut self, counter: u64) -> bool {
        if !self.is_new(counter) {
            return false;
        }
        match counter.checked_sub(self.highest) {
            Some(step) => {
                self.taken = if step < Self::SIZE { self.taken << step | 1 } else { 1 };
                self.highest = counter;
            }
            None => self.taken |= 1 << (self.highest - counter),
        }
        true
    }

    /// The counter whose low 24 bits these are, nearest to the highest one taken.
    #[must_use]
    pub fn expand(&self, low: u32) -> u64 {
        const SPAN: u64 = 1 << 24;
        let low = u64::from(low) & (SPAN - 1);
        let near = self.highest - self.highest % SPAN + low;
        if near.saturating_add(SPAN / 2) < self.highest {
            near.saturating_add(SPAN)
        } else if near > self.highest.saturating_add(SPAN / 2) && near >= SPAN {
            near - SPAN
        } else {
            near
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_counter_is_taken_once_in_any_order() {
        let mut window = ReplayWindow::starting_at(1000);
        assert!(!window.take(1000) && !window.take(999) && !window.take(1));
        for counter in [1003, 1001, 1002, 1130, 1004] {
            assert!(window.take(counter), "{counter}");
            assert!(!window.take(counter), "{counter} again");
        }
        assert!(window.take(1130 - 125), "within the window");
        assert!(!window.take(1130 - 127), "1003, at its end, was taken");
    }

    #[test]
    fn what_lies_below_the_window_counts_as_taken() {
        let mut window = ReplayWindow::starting_at(0);
        assert!(window.take(500));
        assert!(!window.take(500 - ReplayWindow::SIZE));
        assert!(window.take(501 - ReplayWindow::SIZE));
        assert!(window.take(u64::MAX));
        assert!(!window.take(500));
    }

    #[test]
    fn low_bits_name_the_nearest_counter() {
        const SPAN: u64 = 1 << 24;
        for highest in [0, 5, SPAN - 1, SPAN, 7 * SPAN + 3, 9 * SPAN - 2] {
            let window = ReplayWindow::starting_at(highest);
            let far = SPAN / 2 - 1;
            for counter in [highest.saturating_sub(127), highest, highest + 1, highest + far] {
                let low = u32::try_from(counter % SPAN).expect("24 bits");
                assert_eq!(window.expand(low), counter, "{highest}");
            }
        }
    }
}
