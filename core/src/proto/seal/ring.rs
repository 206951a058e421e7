//! The keys of one node: which of them seals, and which open.

use super::key::{Key, KeyId, KeyList, bad_key};
use crate::api::error::Result;
use crate::limits;

/// Keys in their order: the first seals, all open. Empty in a plain cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRing {
    keys: Vec<Key>,
}

impl KeyRing {
    /// No key at all.
    #[must_use]
    pub const fn none() -> Self {
        Self { keys: Vec::new() }
    }

    /// The ring of these keys.
    #[must_use]
    pub fn new(list: &KeyList) -> Self {
        Self { keys: list.0.clone() }
    }

    /// Whether there is no key: traffic is plain.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The key that seals.
    #[must_use]
    pub fn first(&self) -> Option<&Key> {
        self.keys.first()
    }

    /// The key of this id.
    #[must_use]
    pub fn get(&self, id: KeyId) -> Option<&Key> {
        self.keys.iter().find(|key| key.id() == id)
    }

    /// The ids, that of the key which seals first.
    #[must_use]
    pub fn ids(&self) -> Vec<KeyId> {
        self.keys.iter().map(Key::id).collect()
    }

    /// The keys as a list.
    #[must_use]
    pub fn list(&self) -> KeyList {
        KeyList(self.keys.clone())
    }

    /// Adds a key that opens. The very key again is no error.
    ///
    /// # Errors
    /// `bad_key` where another key has its id, the ring is full, or there is no key yet: a cluster
    /// that runs plain cannot be sealed under its members.
    pub fn install(&mut self, key: Key) -> Result<()> {
        if self.is_empty() {
            return Err(bad_key(
                "this cluster was started without a key and runs plain: start it with keys to seal it",
            ));
        }
        match self.get(key.id()) {
            Some(present) if *present == key => return Ok(()),
            Some(_) => {
                return Err(bad_key(format!(
                    "another key has the id {} already: make another key",
                    key.id()
                )));
            }
            None => {}
        }
        if self.keys.len() >= limits::KEYS {
            return Err(bad_key(format!(
                "the keyring has {} keys, which is the limit: retire one first",
                limits::KEYS
            )));
        }
        self.keys.push(key);
        Ok(())
    }

    /// Seals with this key from now on.
    ///
    /// # Errors
    /// `bad_key` where it is not installed.
    pub fn use_key(&mut self, id: KeyId) -> Result<()> {
        let place = self.place(id)?;
        let key = self.keys.remove(place);
        self.keys.insert(0, key);
        Ok(())
    }

    /// Takes a key away.
    ///
    /// # Errors
    /// `bad_key` where it is not installed, or seals at present.
    pub fn retire(&mut self, id: KeyId) -> Result<()> {
        let place = self.place(id)?;
        if place == 0 {
            return Err(bad_key(format!("key {id} seals the traffic: use another one first")));
        }
        self.keys.remove(place);
        Ok(())
    }

    fn place(&self, id: KeyId) -> Result<usize> {
        self.keys.iter().position(|key| key.id() == id).ok_or_else(|| {
            let ids: Vec<_> = self.keys.iter().map(|key| key.id().to_string()).collect();
            bad_key(format!("no key {id} is installed here; there are {}", ids.join(", ")))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::entropy::Seeded;
    use super::*;

    fn key(seed: u64) -> Key {
        Key::generate(&mut Seeded::new(seed)).expect("a seeded source never dries up")
    }

    #[test]
    fn the_first_key_seals_and_cannot_be_retired() {
        let mut ring = KeyRing::new(&KeyList(vec![key(1)]));
        assert_eq!(ring.install(key(2)), Ok(()));
        assert_eq!(ring.install(key(2)), Ok(()), "the very key again");
        assert_eq!(ring.first(), Some(&key(1)));
        assert!(ring.retire(key(1).id()).is_err());
        assert_eq!(ring.use_key(key(2).id()), Ok(()));
        assert_eq!(ring.ids(), [key(2).id(), key(1).id()]);
        assert_eq!(ring.retire(key(1).id()), Ok(()));
        assert!(ring.use_key(key(1).id()).is_err());
    }

    #[test]
    fn equal_ids_and_full_rings_are_refused() {
        let mut ring = KeyRing::new(&KeyList(vec![key(1)]));
        // Keys are tried until one has the id of the first.
        let twin = (2..1_000_000).map(key).find(|other| other.id() == key(1).id());
        let error = ring.install(twin.expect("one in 65 536")).expect_err("an id twice");
        assert!(error.message().contains("another key has the id"), "{error}");
        for seed in 2..=limits::KEYS as u64 {
            assert_eq!(ring.install(key(seed)), Ok(()));
        }
        assert!(ring.install(key(99)).is_err());
        assert!(KeyRing::default().install(key(1)).is_err());
    }
}
