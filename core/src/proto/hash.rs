//! Fixed hashes that every node and every language must compute alike.
//!
//! All of them are SipHash-2-4 under a 16-byte ASCII key of their own, so that equal inputs never
//! meet in two uses. The keys are public: these hashes spread and identify, they do not
//! authenticate. `lp(x)` below is the length of `x` as u32 little endian followed by `x`; integers
//! are little endian. `docs/wire.md` states the same for other languages.

use crate::proto::wire::{Identity, StatusClass};
use siphasher::{sip::SipHasher24 as Sip64, sip128::SipHasher24 as Sip128};

const HANDLE_KEY: &[u8; 16] = b"seafoam handle 1";
const CLUSTER_KEY: &[u8; 16] = b"seafoam cluster1";
const DIGEST_KEY: &[u8; 16] = b"seafoam digest 1";
const RING_KEY: &[u8; 16] = b"seafoam ringpos1";
const OWNER_KEY: &[u8; 16] = b"seafoam owners 1";
const BRIDGE_KEY: &[u8; 16] = b"seafoam bridges1";
const ELECTOR_KEY: &[u8; 16] = b"seafoam elector1";

/// Appends `lp(bytes)`. No input of these hashes comes near 4 GiB; a longer one would be told from
/// its neighbours by its bytes alone.
fn push_prefixed(input: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    input.extend_from_slice(&length.to_le_bytes());
    input.extend_from_slice(bytes);
}

/// `lp(name) ++ generation u64 ++ run u64`, with room for what a caller appends.
fn identity_input(identity: &Identity) -> Vec<u8> {
    let mut input = Vec::with_capacity(identity.name.len() + 32);
    push_prefixed(&mut input, identity.name.as_bytes());
    input.extend_from_slice(&identity.generation.to_le_bytes());
    input.extend_from_slice(&identity.run.to_le_bytes());
    input
}

fn low_32_bits(hash: u64) -> u32 {
    let [a, b, c, d, ..] = hash.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// The short form of an identity in messages and witness sets: the low 32 bits of SipHash-2-4 over
/// `lp(name) ++ generation ++ run`, key `seafoam handle 1`; 1 where that would be 0, because 0
/// means "the member itself" or "unknown" wherever a handle is written.
///
/// Handles may collide. They guard against answers that are meant for an earlier run and count
/// witnesses; nothing may be decided by a handle that an [`Identity`] has to decide.
#[must_use]
pub fn handle(identity: &Identity) -> u32 {
    let hash = Sip64::new_with_key(HANDLE_KEY).hash(&identity_input(identity));
    low_32_bits(hash).max(1)
}

/// The cluster tag of the datagram header: the low 32 bits of SipHash-2-4 over `lp(name)`, key
/// `seafoam cluster1`. It sorts out neighbours, not attackers.
#[must_use]
pub fn cluster_tag(cluster_name: &str) -> u32 {
    let mut input = Vec::with_capacity(cluster_name.len() + 4);
    push_prefixed(&mut input, cluster_name.as_bytes());
    low_32_bits(Sip64::new_with_key(CLUSTER_KEY).hash(&input))
}

/// The short form of a name in ballots: SipHash-2-4 over `lp(name)`, key `seafoam elector1`. Beside it
/// stand generation and run of the candidate, so that two names meet only where these do too.
#[must_use]
pub fn elector(name: &str) -> u64 {
    let mut input = Vec::with_capacity(name.len() + 4);
    push_prefixed(&mut input, name.as_bytes());
    Sip64::new_with_key(ELECTOR_KEY).hash(&input)
}

/// The digest of a configuration of the election: SipHash-2-4 over each text, length-prefixed, key
/// `seafoam elector1`.
#[must_use]
pub fn configuration<'a>(texts: impl IntoIterator<Item = &'a str>) -> u64 {
    let mut input = Vec::new();
    for text in texts {
        push_prefixed(&mut input, text.as_bytes());
    }
    Sip64::new_with_key(ELECTOR_KEY).hash(&input)
}

/// What stands at the end of files, so that damage is found: SipHash-2-4 with a key of zeros.
#[must_use]
pub fn checksum(bytes: &[u8]) -> u64 {
    Sip64::new().hash(bytes)
}

/// What one member adds to the digest of a table: SipHash-2-4-128 over
/// `lp(name) ++ generation ++ run ++ incarnation u32 ++ class u8`, and where its tags have a version
/// that is not 0 `++ version u32`, key `seafoam digest 1`; the 16 bytes in the order in which the
/// reference implementation writes them. `versions` are the incarnation and that of the tags.
#[must_use]
pub fn member_digest(identity: &Identity, versions: (u32, u32), class: StatusClass) -> [u8; 16] {
    let mut input = identity_input(identity);
    input.extend_from_slice(&versions.0.to_le_bytes());
    input.push(class as u8);
    if versions.1 != 0 {
        input.extend_from_slice(&versions.1.to_le_bytes());
    }
    Sip128::new_with_key(DIGEST_KEY).hash(&input).as_bytes()
}

/// The digest of a table: the XOR of its members' digests, so that it is kept up to date by one
/// [`toggle`](Self::toggle) for what goes and one for what comes, in any order.
///
/// An attacker who may choose identities can make two tables with one digest; the digest saves
/// exchanges, it proves nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TableDigest([u8; 16]);

impl TableDigest {
    /// The digest of the empty table: 16 zero bytes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a member's digest, or takes it out when it is in.
    pub fn toggle(&mut self, member: [u8; 16]) {
        for (byte, other) in self.0.iter_mut().zip(member) {
            *byte ^= other;
        }
    }

    /// The bytes of a `Digest` record.
    #[must_use]
    pub fn bytes(self) -> [u8; 16] {
        self.0
    }
}

/// A member's place on the ring that chooses probe successors: SipHash-2-4 over
/// `lp(name) ++ generation ++ run`, key `seafoam ringpos1`. Equal positions are ordered by identity.
#[must_use]
pub fn ring_position(identity: &Identity) -> u64 {
    Sip64::new_with_key(RING_KEY).hash(&identity_input(identity))
}

/// The weight of member `name` for `key` in rendezvous hashing: SipHash-2-4 over
/// `lp(key) ++ lp(name)`, key `seafoam owners 1`. The name alone counts, so that a restarted member
/// keeps its keys.
#[must_use]
pub fn score(key: &[u8], name: &str) -> u64 {
    let mut input = Vec::with_capacity(key.len() + name.len() + 8);
    push_prefixed(&mut input, key);
    push_prefixed(&mut input, name.as_bytes());
    Sip64::new_with_key(OWNER_KEY).hash(&input)
}

/// The weight of member `name` among those of its datacenter that keep in touch with datacenter
/// `number`: SipHash-2-4 over `number u8 ++ lp(name)`, key `seafoam bridges1`. The highest three do.
#[must_use]
pub fn bridge(number: u8, name: &str) -> u64 {
    let mut input = Vec::with_capacity(name.len() + 5);
    input.push(number);
    push_prefixed(&mut input, name.as_bytes());
    Sip64::new_with_key(BRIDGE_KEY).hash(&input)
}

/// The owner of `key`: the name with the highest [`score`]; of equal scores the name that comes
/// first by bytes. None only when there are no names. The order of `names` does not matter.
#[must_use]
pub fn owner<'a>(key: &[u8], names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    names
        .into_iter()
        .map(|name| (score(key, name), std::cmp::Reverse(name)))
        .max()
        .map(|(_, name)| name.0)
}
