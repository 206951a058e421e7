//! Sealed streams: both ends give 32 random bytes, from which each direction gets a key of its own, so
//! that nothing of one connection means anything in another.

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::entropy::{Entropy, draw};
use super::key::{Key, KeyId};
use super::packet::{TAG_BYTES, cluster_tag, key_id};
use super::ring::KeyRing;
use crate::proto::wire::{HEADER_BYTES, MAX_FRAME_BYTES, VERSION};

/// The first byte of a greeting: the version with the second highest bit set.
const STREAM_VERSION: u8 = VERSION | 0x40;
const RANDOM_BYTES: usize = 32;
/// Bytes of a greeting, the first thing on a sealed connection, in each direction.
pub const HELLO_BYTES: usize = HEADER_BYTES + RANDOM_BYTES;
const LENGTH_BYTES: usize = 4;
const INFO: &[u8] = b"seafoam stream 1";

/// Why a stream was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StreamError {
    /// The first bytes are no greeting of this version.
    BadVersion,
    /// The greeting is of another cluster.
    ForeignCluster,
    /// The key that it names is not here.
    WrongKey,
    /// A frame that this key did not seal, or not in this place.
    Forged,
    /// A frame, or all of them together, longer than its limit.
    Oversized,
}

/// The clear beginning of a connection: header and random bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Greeting {
    /// As it goes over the wire.
    pub bytes: [u8; HELLO_BYTES],
}

impl Greeting {
    /// The greeting under this key; none where there are no random bytes.
    pub fn new(key: KeyId, cluster_tag: u32, source: &mut dyn Entropy) -> Option<Self> {
        let random = draw::<RANDOM_BYTES>(source)?;
        let mut bytes = [0; HELLO_BYTES];
        let head =
            [&[STREAM_VERSION][..], &key.0.to_le_bytes(), &cluster_tag.to_le_bytes(), &random];
        for (place, byte) in bytes.iter_mut().zip(head.concat()) {
            *place = byte;
        }
        Some(Self { bytes })
    }

    /// The key that a peer's greeting names, where everything else of it is in order.
    ///
    /// # Errors
    /// `BadVersion`, `ForeignCluster`, `WrongKey`: close, without a word.
    pub fn judge<'r>(&self, ring: &'r KeyRing, tag: u32) -> Result<&'r Key, StreamError> {
        if self.bytes.first() != Some(&STREAM_VERSION) {
            return Err(StreamError::BadVersion);
        }
        if cluster_tag(&self.bytes) != Some(tag) {
            return Err(StreamError::ForeignCluster);
        }
        key_id(&self.bytes).and_then(|id| ring.get(id)).ok_or(StreamError::WrongKey)
    }
}

/// The two keys of one connection.
pub struct StreamKeys {
    to_server: Zeroizing<[u8; 32]>,
    to_client: Zeroizing<[u8; 32]>,
}

impl StreamKeys {
    /// What follows from both greetings, the client's first; none where they name different keys.
    #[must_use]
    pub fn new(
        key: &Key,
        cluster_name: &str,
        client: &Greeting,
        server: &Greeting,
    ) -> Option<Self> {
        let (client_head, client_random) = client.bytes.split_at_checked(HEADER_BYTES)?;
        let (server_head, server_random) = server.bytes.split_at_checked(HEADER_BYTES)?;
        if client_head != server_head {
            return None;
        }
        let salt = [client_random, server_random].concat();
        let hkdf = Hkdf::<Sha256>::new(Some(&salt), key.bytes());
        let derive = |direction: u8| {
            let mut key = Zeroizing::new([0; 32]);
            let info: [&[u8]; 4] = [INFO, client_head, cluster_name.as_bytes(), &[direction]];
            hkdf.expand_multi_info(&info, &mut *key).ok().map(|()| key)
        };
        Some(Self { to_server: derive(0)?, to_client: derive(1)? })
    }

    /// What the client seals with, and opens with.
    #[must_use]
    pub fn client(&self) -> (StreamSealer, StreamOpener) {
        (StreamSealer::new(&self.to_server), StreamOpener::new(&self.to_client))
    }

    /// What the server seals with, and opens with.
    #[must_use]
    pub fn server(&self) -> (StreamSealer, StreamOpener) {
        (StreamSealer::new(&self.to_client), StreamOpener::new(&self.to_server))
    }
}

impl std::fmt::Debug for StreamKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StreamKeys")
    }
}

/// The key is used for one direction of one connection, so a count is all that a nonce needs.
fn nonce(counter: u64) -> XNonce {
    let mut bytes = [0; 24];
    for (place, byte) in bytes.iter_mut().skip(16).zip(counter.to_le_bytes()) {
        *place = byte;
    }
    bytes.into()
}

/// Seals one direction of a connection.
pub struct StreamSealer {
    cipher: XChaCha20Poly1305,
    counter: u64,
}

impl StreamSealer {
    fn new(key: &[u8; 32]) -> Self {
        Self { cipher: XChaCha20Poly1305::new(key.into()), counter: 0 }
    }

    /// Everything of `plain` in sealed frames; none only where a frame cannot be sealed at all.
    pub fn seal(&mut self, plain: &[u8]) -> Option<Vec<u8>> {
        let frames = plain.len().div_ceil(MAX_FRAME_BYTES);
        let mut out = Vec::with_capacity(plain.len() + frames * (LENGTH_BYTES + TAG_BYTES));
        for chunk in plain.chunks(MAX_FRAME_BYTES) {
            let length = u32::try_from(chunk.len() + TAG_BYTES).ok()?.to_le_bytes();
            out.extend_from_slice(&length);
            let from = out.len();
            out.extend_from_slice(chunk);
            let text = out.get_mut(from..)?;
            let nonce = nonce(self.counter);
            self.counter += 1;
            let tag = self.cipher.encrypt_inout_detached(&nonce, &length, text.into()).ok()?;
            out.extend_from_slice(&tag);
        }
        Some(out)
    }
}

impl std::fmt::Debug for StreamSealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StreamSealer({} frames)", self.counter)
    }
}

/// Opens one direction of a connection as its bytes arrive. Holds one frame at most.
pub struct StreamOpener {
    cipher: XChaCha20Poly1305,
    counter: u64,
    waiting: Vec<u8>,
}

impl StreamOpener {
    fn new(key: &[u8; 32]) -> Self {
        Self { cipher: XChaCha20Poly1305::new(key.into()), counter: 0, waiting: Vec::new() }
    }

    /// Frames opened so far: from one on the peer is known to have the key.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.counter
    }

    /// Whether the bytes so far end with a whole frame.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Takes what arrived and appends what could be opened to `out`.
    ///
    /// # Errors
    /// `Forged`, `Oversized`: close the connection and use nothing that comes after.
    pub fn push(&mut self, mut arrived: &[u8], out: &mut Vec<u8>) -> Result<(), StreamError> {
        loop {
            self.fill(&mut arrived, LENGTH_BYTES);
            let Some((length, _)) = self.waiting.split_first_chunk::<LENGTH_BYTES>() else {
                return Ok(());
            };
            let length = *length;
            let sealed = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
            if sealed > MAX_FRAME_BYTES + TAG_BYTES {
                return Err(StreamError::Oversized);
            }
            if sealed <= TAG_BYTES {
                return Err(StreamError::Forged); // a frame without a text is never written
            }
            self.fill(&mut arrived, LENGTH_BYTES + sealed);
            let frame = self.waiting.get(LENGTH_BYTES..LENGTH_BYTES + sealed);
            let Some((text, tag)) = frame.and_then(|frame| frame.split_last_chunk::<TAG_BYTES>())
            else {
                return Ok(());
            };
            let (from, tag) = (out.len(), Tag::from(*tag));
            out.extend_from_slice(text);
            let text = out.get_mut(from..).unwrap_or_default();
            let nonce = nonce(self.counter);
            if self.cipher.decrypt_inout_detached(&nonce, &length, text.into(), &tag).is_err() {
                out.truncate(from);
                return Err(StreamError::Forged);
            }
            self.counter += 1;
            self.waiting.clear();
        }
    }

    /// Moves what arrived to the frame until it has so many bytes: memory grows with bytes that are
    /// here, never with what a length announces.
    fn fill(&mut self, arrived: &mut &[u8], wanted: usize) {
        let lacking = wanted.saturating_sub(self.waiting.len());
        let (taken, rest) = arrived.split_at(lacking.min(arrived.len()));
        self.waiting.extend_from_slice(taken);
        *arrived = rest;
    }
}

impl std::fmt::Debug for StreamOpener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StreamOpener({} frames)", self.counter)
    }
}

#[cfg(test)]
mod tests {
    use super::super::entropy::Seeded;
    use super::super::key::KeyList;
    use super::*;

    struct Pair {
        client: (StreamSealer, StreamOpener),
        server: (StreamSealer, StreamOpener),
    }

    fn key(seed: u64) -> Key {
        Key::generate(&mut Seeded::new(seed)).expect("a seeded source never dries up")
    }

    fn connect(client_key: &Key, server_key: &Key, seed: u64) -> Pair {
        let mut source = Seeded::new(seed);
        let client = Greeting::new(client_key.id(), 9, &mut source).expect("random bytes");
        let server = Greeting::new(client_key.id(), 9, &mut source).expect("random bytes");
        let one = StreamKeys::new(client_key, "reef", &client, &server).expect("one key id");
        let other = StreamKeys::new(server_key, "reef", &client, &server).expect("one key id");
        Pair { client: one.client(), server: other.server() }
    }

    #[test]
    fn what_one_end_seals_the_other_opens_in_any_pieces() {
        let mut pair = connect(&key(1), &key(1), 5);
        let plain: Vec<u8> = (0..200_000_u32).map(|i| (i % 251) as u8).collect();
        for piece in [1, 7, 4096, 1 << 20] {
            let sealed = pair.client.0.seal(&plain).expect("it can be sealed");
            let mut out = Vec::new();
            for part in sealed.chunks(piece) {
                pair.server.1.push(part, &mut out).expect("it opens");
            }
            assert!(out == plain && pair.server.1.is_at_end());
        }
        let answer = pair.server.0.seal(b"answer").expect("it can be sealed");
        let mut out = Vec::new();
        pair.client.1.push(&answer, &mut out).expect("it opens");
        assert_eq!(out, b"answer");
    }

    #[test]
    fn frames_cannot_be_bent_repeated_reflected_or_moved() {
        let sealed = |pair: &mut Pair| pair.client.0.seal(b"request").expect("it can be sealed");
        let mut into = Vec::new();
        let mut pair = connect(&key(1), &key(1), 5);
        let first = sealed(&mut pair);
        for bit in 0..first.len() * 8 {
            let mut bent = first.clone();
            bent[bit / 8] ^= 1 << (bit % 8);
            let mut fresh = connect(&key(1), &key(1), 5);
            let outcome = fresh.server.1.push(&bent, &mut into);
            // A length that grew waits for bytes that never come.
            assert!(outcome.is_err() || !fresh.server.1.is_at_end(), "bit {bit}");
            assert!(into.is_empty());
        }
        assert_eq!(pair.client.1.push(&first, &mut into), Err(StreamError::Forged), "reflected");
        assert_eq!(pair.server.1.push(&first, &mut into), Ok(()));
        assert_eq!(pair.server.1.push(&first, &mut into), Err(StreamError::Forged), "repeated");
        let mut other = connect(&key(1), &key(1), 6);
        assert_eq!(other.server.1.push(&first, &mut into), Err(StreamError::Forged), "moved");
        let mut wrong = connect(&key(1), &key(2), 5);
        assert_eq!(wrong.server.1.push(&first, &mut into), Err(StreamError::Forged), "wrong key");
        assert_eq!(into, b"request");
    }

    #[test]
    fn a_greeting_is_judged_before_anything_is_answered() {
        let ring = KeyRing::new(&KeyList(vec![key(1)]));
        let greet = |id, tag| Greeting::new(id, tag, &mut Seeded::new(3)).expect("random bytes");
        assert_eq!(greet(key(1).id(), 9).judge(&ring, 9), Ok(&key(1)));
        assert_eq!(greet(key(1).id(), 8).judge(&ring, 9), Err(StreamError::ForeignCluster));
        assert_eq!(greet(key(2).id(), 9).judge(&ring, 9), Err(StreamError::WrongKey));
        let plain = Greeting { bytes: [0; HELLO_BYTES] };
        assert_eq!(plain.judge(&ring, 9), Err(StreamError::BadVersion));
        let other = greet(key(2).id(), 9);
        assert!(StreamKeys::new(&key(1), "reef", &greet(key(1).id(), 9), &other).is_none());
    }

    #[test]
    fn a_length_reserves_nothing_before_its_bytes_come() {
        let mut pair = connect(&key(1), &key(1), 5);
        let mut out = Vec::new();
        assert_eq!(pair.server.1.push(&[0xff; 4], &mut out), Err(StreamError::Oversized));
        let mut pair = connect(&key(1), &key(1), 5);
        assert_eq!(pair.server.1.push(&65_000_u32.to_le_bytes(), &mut out), Ok(()));
        assert!(pair.server.1.waiting.capacity() < 64);
    }
}
