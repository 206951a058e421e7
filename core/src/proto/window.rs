//! Which broadcasts of an origin were seen: a bounded window below the highest index.

use crate::limits::BROADCAST_WINDOW;

const WORDS: usize = (BROADCAST_WINDOW / 64) as usize;

/// Indexes seen of one origin. What lies below the window counts as seen: at most once comes before
/// delivery.
#[derive(Clone, Debug)]
pub(super) struct Window {
    highest: Option<u32>,
    seen: [u64; WORDS],
}

impl Window {
    pub(super) const fn new() -> Self {
        Self { highest: None, seen: [0; WORDS] }
    }

    /// Marks the index; true where it was not seen before.
    pub(super) fn insert(&mut self, index: u32) -> bool {
        let highest = *self.highest.get_or_insert(index);
        if index > highest {
            for passed in (highest + 1..=index).rev().take(BROADCAST_WINDOW as usize) {
                self.set(passed, false);
            }
            self.highest = Some(index);
        } else if highest - index >= BROADCAST_WINDOW {
            return false;
        }
        !self.set(index, true)
    }

    /// Whether the index counts as seen.
    pub(super) fn has(&self, index: u32) -> bool {
        let Some(highest) = self.highest.filter(|highest| index <= *highest) else {
            return false;
        };
        let place = (index % BROADCAST_WINDOW) as usize;
        let word = self.seen.get(place / 64).copied().unwrap_or(u64::MAX);
        highest - index >= BROADCAST_WINDOW || word & 1 << (place % 64) != 0
    }

    /// Sets a bit and returns what it was.
    fn set(&mut self, index: u32, to: bool) -> bool {
        let place = (index % BROADCAST_WINDOW) as usize;
        let Some(word) = self.seen.get_mut(place / 64) else {
            return true;
        };
        let bit = 1 << (place % 64);
        let before = *word & bit != 0;
        *word = if to { *word | bit } else { *word & !bit };
        before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_index_is_new_once_in_any_order() {
        let mut window = Window::new();
        for index in [5, 3, 9, 4, 1000] {
            assert!(!window.has(index), "{index}");
            assert!(window.insert(index), "{index}");
            assert!(window.has(index), "{index}");
            assert!(!window.insert(index), "{index} again");
        }
    }

    #[test]
    fn what_lies_below_the_window_counts_as_seen() {
        let mut window = Window::new();
        assert!(window.insert(0));
        assert!(window.insert(BROADCAST_WINDOW + 5));
        assert!(window.has(0));
        assert!(!window.insert(0));
        assert!(!window.insert(5));
        assert!(window.insert(6));
    }

    #[test]
    fn a_jump_over_the_whole_window_forgets_it() {
        let mut window = Window::new();
        for index in 0..BROADCAST_WINDOW {
            assert!(window.insert(index));
        }
        let far = 1_000_000;
        assert!(window.insert(far));
        for index in far - BROADCAST_WINDOW + 1..far {
            assert!(window.insert(index), "{index}");
        }
    }

    #[test]
    fn the_largest_index_is_no_special_case() {
        let mut window = Window::new();
        assert!(window.insert(u32::MAX));
        assert!(!window.insert(u32::MAX));
        assert!(window.insert(u32::MAX - 1));
    }
}
