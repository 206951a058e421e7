//! Sealed datagrams, byte for byte: pure functions from keys, nonces and bytes to bytes.

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};

use super::key::{Key, KeyId};
use crate::proto::wire::{HEADER_BYTES, VERSION};

/// Bytes of the seal itself.
pub const TAG_BYTES: usize = 16;
/// The first byte of a short packet: the version with the highest bit set.
pub(super) const SHORT_VERSION: u8 = VERSION | 0x80;
/// Bytes of a cookie: what a challenge gives and its echo brings back.
pub(super) const COOKIE_BYTES: usize = 12;

const NONCE_BYTES: usize = 24;
const FRESH_BYTES: usize = 8;
/// Bytes of a counter in a short packet.
const LOW_BYTES: usize = 3;
/// What stands before the body of a long packet: whom it is for, and the length of its cookie.
const INNER_BYTES: usize = 8 + 1;
const LONG_CLEAR_BYTES: usize = HEADER_BYTES + NONCE_BYTES;
const SHORT_CLEAR_BYTES: usize = 1 + 2 + LOW_BYTES + FRESH_BYTES;

/// What sealing adds to the body (message and records) of a short packet.
pub const SHORT_OVERHEAD_BYTES: usize = SHORT_CLEAR_BYTES + TAG_BYTES;
/// What sealing adds to the body of a long packet that brings a cookie back.
pub const LONG_OVERHEAD_BYTES: usize = LONG_CLEAR_BYTES + INNER_BYTES + COOKIE_BYTES + TAG_BYTES;
/// Bytes of a challenge's body: kind, length, the eight bytes that it quotes, a cookie.
pub(super) const CHALLENGE_BODY_BYTES: usize = 2 + FRESH_BYTES + COOKIE_BYTES;
/// Bytes of a challenge. What earns one is at least as long.
pub const CHALLENGE_BYTES: usize =
    LONG_CLEAR_BYTES + INNER_BYTES + CHALLENGE_BODY_BYTES + TAG_BYTES;

/// What makes a packet's nonce: never the same twice under one key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Nonce {
    /// The sender's session: random, drawn at start.
    pub session: u64,
    /// Rises with each packet of the session.
    pub counter: u64,
    /// Drawn for this packet: a machine that was cloned or restored repeats the rest, not this.
    pub fresh: [u8; FRESH_BYTES],
}

impl Nonce {
    fn bytes(&self) -> [u8; NONCE_BYTES] {
        let mut bytes = [0; NONCE_BYTES];
        let parts = [self.session.to_le_bytes(), self.counter.to_le_bytes(), self.fresh];
        for (place, part) in bytes.chunks_exact_mut(8).zip(parts) {
            place.copy_from_slice(&part);
        }
        bytes
    }
}

/// A long packet that was opened. Its body may be used only when `to` and the sender are judged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Long<'a> {
    /// The sender's nonce.
    pub nonce: Nonce,
    /// The session for which it is meant; 0 where the sender does not know it.
    pub to: u64,
    /// The cookie of a challenge, brought back.
    pub cookie: Option<[u8; COOKIE_BYTES]>,
    /// Message and records.
    pub body: &'a [u8],
}

/// Seals a body for a receiver that may not know the sender's session: everything of the nonce is in
/// clear. `to` is the receiver's session, 0 where it is not known. Appends to `out`; false, and
/// nothing is written, only where the body is beyond all measure.
pub fn seal_long(
    key: &Key,
    cluster: (u32, &str),
    nonce: &Nonce,
    to: u64,
    cookie: Option<&[u8; COOKIE_BYTES]>,
    body: &[u8],
    out: &mut Vec<u8>,
) -> bool {
    let start = out.len();
    let ([low, high], [a, b, c, d]) = (key.id().0.to_le_bytes(), cluster.0.to_le_bytes());
    let header = [VERSION, low, high, a, b, c, d];
    out.extend_from_slice(&header);
    out.extend_from_slice(&nonce.bytes());
    let sealed_from = out.len();
    out.extend_from_slice(&to.to_le_bytes());
    match cookie {
        Some(cookie) => {
            out.push(COOKIE_BYTES as u8); // 12
            out.extend_from_slice(cookie);
        }
        None => out.push(0),
    }
    out.extend_from_slice(body);
    let data = Associated { header: &header, known: None, name: cluster.1 };
    finish(key, nonce, data, start, sealed_from, out)
}

/// Seals a body for a receiver that knows the sender's session, and whose own is `to`: it follows
/// from where the packet comes from, and so do the high bits of the counter.
pub fn seal_short(
    key: &Key,
    cluster: (u32, &str),
    nonce: &Nonce,
    to: u64,
    body: &[u8],
    out: &mut Vec<u8>,
) -> bool {
    let start = out.len();
    let [low, high] = key.id().0.to_le_bytes();
    let header = [SHORT_VERSION, low, high];
    out.extend_from_slice(&header);
    out.extend(nonce.counter.to_le_bytes().iter().take(LOW_BYTES));
    out.extend_from_slice(&nonce.fresh);
    let sealed_from = out.len();
    out.extend_from_slice(body);
    let data = Associated { header: &header, known: Some((cluster.0, to)), name: cluster.1 };
    finish(key, nonce, data, start, sealed_from, out)
}

/// Header and cluster name; in a short packet, whose header lacks the tag, also what both sides know
/// without it: the tag and the session for which it is meant.
#[derive(Clone, Copy)]
struct Associated<'a> {
    header: &'a [u8],
    known: Option<(u32, u64)>,
    name: &'a str,
}

impl Associated<'_> {
    /// Lays it behind the text for as long as the cipher works: it is to lie in one piece, and needs no
    /// memory of its own there.
    fn put(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.header);
        if let Some((tag, to)) = self.known {
            out.extend_from_slice(&tag.to_le_bytes());
            out.extend_from_slice(&to.to_le_bytes());
        }
        out.extend_from_slice(self.name.as_bytes());
    }
}

fn finish(
    key: &Key,
    nonce: &Nonce,
    data: Associated<'_>,
    start: usize,
    sealed_from: usize,
    out: &mut Vec<u8>,
) -> bool {
    let cipher = XChaCha20Poly1305::new(key.bytes().into());
    let nonce = XNonce::from(nonce.bytes());
    let end = out.len();
    data.put(out);
    let (packet, data) = out.split_at_mut(end);
    let text = packet.get_mut(sealed_from..).unwrap_or_default();
    let sealed = cipher.encrypt_inout_detached(&nonce, data, text.into());
    out.truncate(end);
    match sealed {
        Ok(tag) => {
            out.extend_from_slice(&tag);
            true
        }
        Err(_) => {
            out.truncate(start);
            false
        }
    }
}

/// The key id of a packet, or none where there is no whole header.
pub(super) fn key_id(bytes: &[u8]) -> Option<KeyId> {
    let [_, low, high, ..] = bytes else { return None };
    Some(KeyId(u16::from_le_bytes([*low, *high])))
}

/// The cluster tag of a long packet, or none where there is no whole header.
pub(super) fn cluster_tag(bytes: &[u8]) -> Option<u32> {
    let (header, _) = bytes.split_first_chunk::<HEADER_BYTES>()?;
    let [.., a, b, c, d] = *header;
    Some(u32::from_le_bytes([a, b, c, d]))
}

/// The low bits of the counter of a short packet.
pub(super) fn low_counter(bytes: &[u8]) -> Option<u32> {
    let [_, _, _, a, b, c, ..] = bytes else { return None };
    Some(u32::from_le_bytes([*a, *b, *c, 0]))
}

/// Opens a long packet into `into`, which is overwritten. None where this key did not seal it, for
/// this cluster, as it stands.
pub fn open_long<'a>(
    key: &Key,
    cluster: (u32, &str),
    bytes: &[u8],
    into: &'a mut Vec<u8>,
) -> Option<Long<'a>> {
    let (clear, sealed) = bytes.split_at_checked(LONG_CLEAR_BYTES)?;
    let (header, nonce) = clear.split_at_checked(HEADER_BYTES)?;
    let mut parts = nonce.chunks_exact(8).filter_map(|part| <[u8; 8]>::try_from(part).ok());
    let (session, counter, fresh) = (parts.next()?, parts.next()?, parts.next()?);
    let nonce =
        Nonce { session: u64::from_le_bytes(session), counter: u64::from_le_bytes(counter), fresh };
    let data = Associated { header, known: None, name: cluster.1 };
    unseal(key, &nonce, data, sealed, into)?;
    let (to, rest) = into.split_first_chunk::<8>()?;
    let (length, rest) = rest.split_first()?;
    let (cookie, body) = match usize::from(*length) {
        0 => (None, rest),
        COOKIE_BYTES => {
            let (cookie, body) = rest.split_first_chunk::<COOKIE_BYTES>()?;
            (Some(*cookie), body)
        }
        _ => return None,
    };
    Some(Long { nonce, to: u64::from_le_bytes(*to), cookie, body })
}

/// Opens a short packet of the sender `session` with this counter, meant for the session `to`, into
/// `into`, which is overwritten; its body.
pub fn open_short<'a>(
    key: &Key,
    cluster: (u32, &str),
    (session, counter): (u64, u64),
    to: u64,
    bytes: &[u8],
    into: &'a mut Vec<u8>,
) -> Option<&'a [u8]> {
    let (clear, sealed) = bytes.split_at_checked(SHORT_CLEAR_BYTES)?;
    let (header, rest) = clear.split_at_checked(3)?;
    let (_, fresh) = rest.split_last_chunk::<FRESH_BYTES>()?;
    let nonce = Nonce { session, counter, fresh: *fresh };
    let data = Associated { header, known: Some((cluster.0, to)), name: cluster.1 };
    unseal(key, &nonce, data, sealed, into)?;
    Some(into)
}

fn unseal(
    key: &Key,
    nonce: &Nonce,
    data: Associated<'_>,
    sealed: &[u8],
    into: &mut Vec<u8>,
) -> Option<()> {
    let (text, tag) = sealed.split_last_chunk::<TAG_BYTES>()?;
    into.clear();
    into.extend_from_slice(text);
    let cipher = XChaCha20Poly1305::new(key.bytes().into());
    let nonce = XNonce::from(nonce.bytes());
    data.put(into);
    let (body, data) = into.split_at_mut(text.len());
    let opened = cipher.decrypt_inout_detached(&nonce, data, body.into(), &Tag::from(*tag));
    into.truncate(if opened.is_ok() { text.len() } else { 0 });
    opened.ok()
}

#[cfg(test)]
mod tests {
    use super::super::entropy::Seeded;
    use super::*;

    const REEF: (u32, &str) = (0xaff7_0879, "reef");
    const NONCE: Nonce = Nonce { session: 7, counter: 0x0123_4567, fresh: [9; 8] };

    fn key(seed: u64) -> Key {
        Key::generate(&mut Seeded::new(seed)).expect("a seeded source never dries up")
    }

    #[test]
    fn what_is_sealed_opens_with_its_key_cluster_and_receiver_alone() {
        let (mut long, mut short, mut into) = (Vec::new(), Vec::new(), Vec::new());
        assert!(seal_long(&key(1), REEF, &NONCE, 5, Some(&[3; 12]), b"body", &mut long));
        assert!(seal_short(&key(1), REEF, &NONCE, 5, b"body", &mut short));
        assert_eq!(long.len(), LONG_OVERHEAD_BYTES + 4);
        assert_eq!(short.len(), SHORT_OVERHEAD_BYTES + 4);
        assert_eq!(SHORT_OVERHEAD_BYTES, 30);
        let opened = open_long(&key(1), REEF, &long, &mut into).expect("it opens");
        assert_eq!(opened, Long { nonce: NONCE, to: 5, cookie: Some([3; 12]), body: b"body" });
        let sender = (7, 0x0123_4567);
        let mut open = |key: &Key, cluster, sender, to| {
            open_short(key, cluster, sender, to, &short, &mut into).map(<[u8]>::to_vec)
        };
        assert_eq!(open(&key(1), REEF, sender, 5).as_deref(), Some(&b"body"[..]));
        assert_eq!(open(&key(2), REEF, sender, 5), None);
        assert_eq!(open(&key(1), (REEF.0, "reed"), sender, 5), None);
        assert_eq!(open(&key(1), (1, "reef"), sender, 5), None);
        assert_eq!(open(&key(1), REEF, (8, sender.1), 5), None);
        assert_eq!(open(&key(1), REEF, (7, sender.1 + (1 << 24)), 5), None);
        assert_eq!(open(&key(1), REEF, sender, 6), None, "sealed for another receiver");
    }

    #[test]
    fn no_bit_can_be_changed_and_no_byte_cut() {
        let (mut long, mut short, mut into) = (Vec::new(), Vec::new(), Vec::new());
        assert!(seal_long(&key(1), REEF, &NONCE, 0, None, b"body", &mut long));
        assert!(seal_short(&key(1), REEF, &NONCE, 5, b"body", &mut short));
        for bit in 0..long.len() * 8 {
            let mut bent = long.clone();
            bent[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open_long(&key(1), REEF, &bent, &mut into), None, "bit {bit}");
        }
        let sender = (7, 0x0123_4567);
        for bit in 0..short.len() * 8 {
            let mut bent = short.clone();
            bent[bit / 8] ^= 1 << (bit % 8);
            let low = low_counter(&bent).expect("it is long enough");
            let sender = (7, 0x0100_0000 + u64::from(low)); // as the receiver takes it
            assert_eq!(open_short(&key(1), REEF, sender, 5, &bent, &mut into), None, "bit {bit}");
        }
        for length in 0..long.len() {
            assert_eq!(open_long(&key(1), REEF, &long[..length], &mut into), None);
        }
        for length in 0..short.len() {
            assert_eq!(open_short(&key(1), REEF, sender, 5, &short[..length], &mut into), None);
        }
    }
}
