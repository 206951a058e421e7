//! What is still passed on: each entry so many times, least sent and newest first.

use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How often one entry is passed on by each member: `int(2.5 ln n + 0.5)` as the ancestor did,
/// but 8 at least: in small clusters a handful of copies would miss a member now and then.
pub(super) fn emissions(members: usize) -> u16 {
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let ancestors = (2.5 * (members.max(1) as f64).ln() + 0.5) as u16; // below 50 for any table
    ancestors.max(8)
}

/// A queue of things to pass on, ordered by how often they were sent, then newest first.
#[derive(Debug)]
pub(super) struct Spread<K> {
    order: BTreeMap<(u16, Reverse<u64>), K>,
    entries: BTreeMap<K, Entry>,
    serial: u64,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    sent: u16,
    left: u16,
    serial: u64,
}

impl<K> Default for Spread<K> {
    fn default() -> Self {
        Self { order: BTreeMap::new(), entries: BTreeMap::new(), serial: 0 }
    }
}

impl<K: Ord + Clone> Spread<K> {
    /// Passes `key` on `times` times from now, whatever was left before.
    pub(super) fn begin(&mut self, key: K, times: u16) {
        self.end(&key);
        if times == 0 {
            return;
        }
        self.serial += 1;
        let entry = Entry { sent: 0, left: times, serial: self.serial };
        self.order.insert((0, Reverse(entry.serial)), key.clone());
        self.entries.insert(key, entry);
    }

    pub(super) fn end(&mut self, key: &K) {
        if let Some(entry) = self.entries.remove(key) {
            self.order.remove(&(entry.sent, Reverse(entry.serial)));
        }
    }

    /// Counts one sending of `key`; true where it was the last one.
    pub(super) fn sent(&mut self, key: &K) -> bool {
        let Some(mut entry) = self.entries.remove(key) else {
            return false;
        };
        self.order.remove(&(entry.sent, Reverse(entry.serial)));
        entry.sent = entry.sent.saturating_add(1);
        entry.left -= 1;
        if entry.left == 0 {
            return true;
        }
        self.order.insert((entry.sent, Reverse(entry.serial)), key.clone());
        self.entries.insert(key.clone(), entry);
        false
    }

    /// Ends everything.
    pub(super) fn clear(&mut self) {
        self.order.clear();
        self.entries.clear();
    }

    /// How many sendings of `key` are left.
    pub(super) fn left(&self, key: &K) -> u16 {
        self.entries.get(key).map_or(0, |entry| entry.left)
    }

    /// The keys in the order in which they want to be sent.
    pub(super) fn keys(&self) -> impl Iterator<Item = &K> {
        self.order.values()
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn least_sent_and_newest_come_first() {
        let mut spread = Spread::default();
        spread.begin("old", 3);
        spread.begin("new", 3);
        assert_eq!(spread.keys().collect::<Vec<_>>(), [&"new", &"old"]);
        assert!(!spread.sent(&"new"));
        assert_eq!(spread.keys().collect::<Vec<_>>(), [&"old", &"new"]);
        assert_eq!(spread.left(&"new"), 2);
    }

    #[test]
    fn an_entry_ends_after_its_last_sending() {
        let mut spread = Spread::default();
        spread.begin(1, 2);
        assert!(!spread.sent(&1));
        assert!(spread.sent(&1));
        assert!(!spread.sent(&1));
        assert!(spread.is_empty());
        assert_eq!(spread.keys().count(), 0);
    }

    #[test]
    fn beginning_again_starts_over() {
        let mut spread = Spread::default();
        spread.begin(1, 5);
        spread.sent(&1);
        spread.begin(1, 5);
        assert_eq!(spread.left(&1), 5);
        assert_eq!(spread.len(), 1);
        assert_eq!(spread.keys().count(), 1);
    }

    #[test]
    fn emissions_follow_the_ancestors_formula_above_a_floor() {
        assert_eq!(emissions(0), 8);
        assert_eq!(emissions(6), 8);
        assert_eq!(emissions(100), 12);
        assert_eq!(emissions(10_000), 23);
    }
}
