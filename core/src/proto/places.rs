//! Where members are found by name, handle or address.
//!
//! An index holds places alone, four bytes each: the keys lie in the members themselves. A map that
//! holds its keys takes five times as much.

use std::hash::Hash;

use hashbrown::HashTable;
use siphasher::sip::SipHasher13;

use super::members::{Member, MemberId};

/// The members by place.
pub(super) type Slots = Vec<Option<Box<Member>>>;

/// One index over a table of members. Whoever changes what a member is found by takes it out before,
/// by the old key, and puts it in again.
pub(super) struct Places {
    table: HashTable<u32>,
    /// Drawn: names and addresses are chosen by others.
    secret: u64,
}

impl Places {
    pub(super) fn new(secret: u64) -> Self {
        Self { table: HashTable::new(), secret }
    }

    fn hash<K: Hash + ?Sized>(&self, key: &K) -> u64 {
        SipHasher13::new_with_keys(self.secret, 0).hash_one(key)
    }

    /// The place of the member that `has` this key; of several, the one of the highest rank.
    pub(super) fn find<K: Hash + ?Sized, R: Ord>(
        &self,
        slots: &Slots,
        key: &K,
        has: impl Fn(&Member, &K) -> bool,
        rank: impl Fn(&Member) -> R,
    ) -> Option<MemberId> {
        let alike = self.table.iter_hash(self.hash(key));
        let found = alike.filter_map(|place| Some((*place, member_at(slots, *place)?)));
        let found = found.filter(|(_, member)| has(member, key));
        found.max_by_key(|(_, member)| rank(member)).map(|(place, _)| place as MemberId)
    }

    /// Puts a place in under its member's key, whoever else has that. `key_of` tells the keys of all
    /// that are in.
    pub(super) fn insert<K: Hash + ?Sized>(
        &mut self,
        slots: &Slots,
        id: MemberId,
        key_of: impl Fn(&Member) -> &K,
    ) {
        let Ok(place) = u32::try_from(id) else { return }; // a table is far smaller
        let secret = self.secret;
        let hash_of = |place: &u32| {
            let member = member_at(slots, *place);
            let hasher = SipHasher13::new_with_keys(secret, 0);
            member.map_or(0, |member| hasher.hash_one(key_of(member)))
        };
        self.table.insert_unique(hash_of(&place), place, hash_of);
    }

    /// Takes a place out that is in under this key; false where it is not.
    pub(super) fn remove<K: Hash + ?Sized>(&mut self, id: MemberId, key: &K) -> bool {
        let hash = self.hash(key);
        let found = self.table.find_entry(hash, |place| *place as MemberId == id);
        found.map(hashbrown::hash_table::OccupiedEntry::remove).is_ok()
    }
}

fn member_at(slots: &Slots, place: u32) -> Option<&Member> {
    slots.get(place as usize).and_then(Option::as_deref)
}

/// One value's hash.
trait HashOne {
    fn hash_one<K: Hash + ?Sized>(self, key: &K) -> u64;
}

impl HashOne for SipHasher13 {
    fn hash_one<K: Hash + ?Sized>(mut self, key: &K) -> u64 {
        key.hash(&mut self);
        std::hash::Hasher::finish(&self)
    }
}
