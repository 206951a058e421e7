//! A small map whose entries lie in a row, in the order of their keys: unlike a tree it keeps its memory
//! when the last one goes, which for most tables of an engine at rest is several times a second.

use std::collections::VecDeque;

/// What is kept of the memory of a crowd once all of it is gone, entries.
const KEPT: usize = 16;

/// Keys mostly rise, and the oldest go first: both ends are cheap.
#[derive(Clone, Debug)]
pub(super) struct Ordered<K, V> {
    row: VecDeque<(K, V)>,
}

impl<K, V> Default for Ordered<K, V> {
    fn default() -> Self {
        Self { row: VecDeque::new() }
    }
}

impl<K: Ord + Copy, V> Ordered<K, V> {
    fn find(&self, key: K) -> Result<usize, usize> {
        match self.row.back() {
            Some((last, _)) if *last < key => Err(self.row.len()),
            _ => self.row.binary_search_by_key(&key, |(key, _)| *key),
        }
    }

    pub(super) fn get(&self, key: K) -> Option<&V> {
        self.row.get(self.find(key).ok()?).map(|(_, value)| value)
    }

    pub(super) fn get_mut(&mut self, key: K) -> Option<&mut V> {
        let place = self.find(key).ok()?;
        self.row.get_mut(place).map(|(_, value)| value)
    }

    /// Puts a value in, in the place of an earlier one of this key.
    pub(super) fn insert(&mut self, key: K, value: V) {
        match self.find(key) {
            Ok(place) => {
                if let Some(entry) = self.row.get_mut(place) {
                    entry.1 = value;
                }
            }
            Err(place) => self.row.insert(place, (key, value)),
        }
    }

    pub(super) fn remove(&mut self, key: K) -> Option<V> {
        let entry = self.row.remove(self.find(key).ok()?);
        self.slim();
        entry.map(|(_, value)| value)
    }

    /// Takes out the one with the lowest key.
    pub(super) fn pop_first(&mut self) -> Option<(K, V)> {
        self.row.pop_front()
    }

    /// Takes out what is not `wanted`.
    pub(super) fn retain(&mut self, wanted: impl Fn(&V) -> bool) {
        self.row.retain(|(_, value)| wanted(value));
        self.slim();
    }

    /// Takes out what `goes`, in the order of its keys.
    pub(super) fn take_out(&mut self, goes: impl Fn(&V) -> bool) -> Vec<(K, V)> {
        if !self.values().any(&goes) {
            return Vec::new();
        }
        let all = std::mem::take(&mut self.row);
        let (gone, kept) = all.into_iter().partition(|(_, value)| goes(value));
        self.row = kept;
        Vec::from(gone)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        self.row.iter().map(|(_, value)| value)
    }

    pub(super) fn len(&self) -> usize {
        self.row.len()
    }

    fn slim(&mut self) {
        if self.row.is_empty() && self.row.capacity() > KEPT {
            self.row.shrink_to(KEPT);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_map(steps in proptest::collection::vec((0_u8..5, any::<u8>(), any::<u8>()), 0..200)) {
            let (mut row, mut tree) = (Ordered::default(), std::collections::BTreeMap::new());
            for (what, key, value) in steps {
                match what {
                    0 | 1 => {
                        row.insert(key, value);
                        tree.insert(key, value);
                    }
                    2 => prop_assert_eq!(row.remove(key), tree.remove(&key)),
                    3 => {
                        let goes = |other: &u8| other % 16 == value % 16;
                        let gone: Vec<_> = tree.extract_if(.., |_, other| goes(other)).collect();
                        prop_assert_eq!(row.take_out(goes), gone);
                    }
                    _ => {
                        row.retain(|other| *other >= value / 8);
                        tree.retain(|_, other| *other >= value / 8);
                    }
                }
                prop_assert_eq!(row.get(key), tree.get(&key));
                prop_assert_eq!(row.get_mut(key), tree.get_mut(&key));
                prop_assert_eq!(row.len(), tree.len());
                prop_assert!(row.values().eq(tree.values()));
            }
        }
    }

    #[test]
    fn the_memory_of_a_few_is_kept_and_that_of_a_crowd_is_not() {
        let mut row = Ordered::default();
        row.insert(1, 1);
        row.remove(1);
        assert!(row.row.capacity() > 0);
        (0..1000).for_each(|key| row.insert(key, key));
        (0..1000).for_each(|key| assert!(row.remove(key).is_some()));
        assert!(row.row.capacity() <= KEPT);
    }
}
