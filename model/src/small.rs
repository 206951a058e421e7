//! A few values in place: states are copied millions of times, and the heap would be most of it.

use std::ops::{Index, IndexMut};

/// At most `N` values, in order where they were inserted as a set. More than `N` is a defect of the
/// model's bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Few<T, const N: usize> {
    values: [Option<T>; N],
}

impl<T: Copy, const N: usize> Default for Few<T, N> {
    fn default() -> Self {
        Self { values: [None; N] }
    }
}

impl<T: Copy, const N: usize> Few<T, N> {
    /// The values.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.values.iter().flatten()
    }

    /// The values, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.values.iter_mut().flatten()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// Adds a value at the end.
    ///
    /// # Panics
    /// Where there is no room: the bounds of the model are too wide for it.
    pub fn push(&mut self, value: T) {
        let room = self.values.iter_mut().find(|place| place.is_none());
        match room {
            Some(place) => *place = Some(value),
            None => panic!("the model's bounds allow more than {N} values at one place"),
        }
    }

    /// Keeps some of the values.
    pub fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        *self = self.iter().copied().filter(|value| keep(value)).collect();
    }
}

impl<T: Copy + Ord, const N: usize> Few<T, N> {
    /// Adds a value to the set; false where it is in it.
    pub fn insert(&mut self, value: T) -> bool {
        if self.iter().any(|other| *other == value) {
            return false;
        }
        self.push(value);
        let count = self.len();
        self.values[..count].sort_unstable();
        true
    }
}

impl<T: Copy, const N: usize> FromIterator<T> for Few<T, N> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let mut few = Self::default();
        values.into_iter().for_each(|value| few.push(value));
        few
    }
}

impl<T: Copy, const N: usize> Index<usize> for Few<T, N> {
    type Output = T;

    fn index(&self, place: usize) -> &T {
        self.values[place].as_ref().unwrap_or_else(|| panic!("nothing at {place}"))
    }
}

impl<T: Copy, const N: usize> IndexMut<usize> for Few<T, N> {
    fn index_mut(&mut self, place: usize) -> &mut T {
        self.values[place].as_mut().unwrap_or_else(|| panic!("nothing at {place}"))
    }
}
