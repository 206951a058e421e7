//! Keys: 32 secret bytes, and the id by which they are spoken of.

use std::fmt;
use std::sync::Arc;

use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::entropy::Entropy;
use crate::api::error::{Error, ErrorCode, Result};
use crate::limits;

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;

/// The first two bytes of the SHA-256 of a key, little endian: enough to tell the few keys of one
/// cluster apart. 0 is no key. Written as four hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct KeyId(pub u16);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}", self.0)
    }
}

impl KeyId {
    /// The id that this text names.
    ///
    /// # Errors
    /// `bad_key` where it is not four hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self> {
        let digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u16::from_str_radix(text, 16).ok().filter(|number| digits && *number != 0);
        number.map(Self).ok_or_else(|| {
            // What was given may be a key by mistake: it is not repeated.
            bad_key(format!(
                "a text of {} bytes is no key id: it takes four hexadecimal digits, as keyring list \
                 shows them",
                text.len()
            ))
        })
    }
}

/// A key. Its bytes are wiped when the last copy goes, and never shown.
#[derive(Clone)]
pub struct Key {
    id: KeyId,
    bytes: Arc<Zeroizing<[u8; KEY_BYTES]>>,
}

impl Key {
    /// The key of these bytes; none for the one in 65 536 whose id would be 0.
    #[must_use]
    pub fn new(bytes: [u8; KEY_BYTES]) -> Option<Self> {
        let bytes = Zeroizing::new(bytes);
        let id = match Sha256::digest(bytes.as_slice()).as_slice() {
            [low, high, ..] => KeyId(u16::from_le_bytes([*low, *high])),
            _ => KeyId(0),
        };
        (id != KeyId(0)).then(|| Self { id, bytes: Arc::new(bytes) })
    }

    /// A new key; none where the source is dry.
    pub fn generate(source: &mut dyn Entropy) -> Option<Self> {
        for _ in 0..64 {
            let mut bytes = Zeroizing::new([0; KEY_BYTES]);
            if !source.fill(&mut *bytes) {
                return None;
            }
            if let Some(key) = Self::new(*bytes) {
                return Some(key);
            }
        }
        None
    }

    /// The key of this text: 32 bytes in base64, with its padding.
    ///
    /// # Errors
    /// `bad_key` saying what is wrong, never what was given.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let mut buffer = Zeroizing::new([0; 64]);
        let decoded = Base64::decode(text, &mut *buffer).map_err(|_| {
            bad_key(format!(
                "a text of {} bytes is no key: it takes 32 bytes in base64, which is 44 characters",
                text.len()
            ))
        })?;
        let bytes = <[u8; KEY_BYTES]>::try_from(decoded).map_err(|_| {
            bad_key(format!("a key has 32 bytes, and this one has {}", decoded.len()))
        })?;
        Self::new(bytes).ok_or_else(|| {
            bad_key("the id of this key is 0000, which stands for none: make another")
        })
    }

    /// What it is called.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The secret itself.
    #[must_use]
    pub(super) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.bytes
    }

    /// The text that [`parse`](Self::parse) takes: the secret itself.
    #[must_use]
    pub fn secret_text(&self) -> Zeroizing<String> {
        Zeroizing::new(Base64::encode_string(&**self.bytes))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        // Ids are public, and the fold does not stop at the first difference.
        let differ = self.bytes.iter().zip(other.bytes.iter()).fold(0, |all, (a, b)| all | (a ^ b));
        self.id == other.id && differ == 0
    }
}

impl Eq for Key {}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.id)
    }
}

/// Keys in their order: the first seals, all open.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct KeyList(pub Vec<Key>);

impl KeyList {
    /// The keys of a text with commas or line ends between; empty lines and those that begin with
    /// `#` are skipped.
    ///
    /// # Errors
    /// `bad_key` naming the place of the key that is refused.
    pub fn parse(text: &str) -> Result<Self> {
        let mut keys: Vec<Key> = Vec::new();
        let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
        let items = lines.flat_map(|line| line.split(',')).map(str::trim);
        for (index, item) in items.filter(|item| !item.is_empty()).enumerate() {
            let place = index + 1;
            let key = Key::parse(item)
                .map_err(|error| bad_key(format!("key {place}: {}", error.message())))?;
            if let Some(first) = keys.iter().position(|other| other.id() == key.id()) {
                return Err(bad_key(format!(
                    "key {place} has the id {} of key {}: leave one of them out",
                    key.id(),
                    first + 1
                )));
            }
            if place > limits::KEYS {
                return Err(bad_key(format!("more than {} keys", limits::KEYS)));
            }
            keys.push(key);
        }
        Ok(Self(keys))
    }

    /// What may be shown: place, length and id of each key.
    #[must_use]
    pub fn shown(&self) -> String {
        let keys = self.0.iter().enumerate();
        let one = |(index, key): (usize, &Key)| {
            format!("key {}: {KEY_BYTES} bytes, id {}", index + 1, key.id())
        };
        keys.map(one).collect::<Vec<_>>().join("; ")
    }
}

impl fmt::Debug for KeyList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

pub(super) fn bad_key(text: impl Into<String>) -> Error {
    Error::new(ErrorCode::BadKey, text)
}

#[cfg(test)]
mod tests {
    use super::super::entropy::Seeded;
    use super::*;

    fn key(seed: u64) -> Key {
        Key::generate(&mut Seeded::new(seed)).expect("a seeded source never dries up")
    }

    #[test]
    fn a_key_comes_back_from_its_text_and_shows_its_id_alone() {
        let key = key(1);
        let text = key.secret_text();
        assert_eq!(Key::parse(&text), Ok(key.clone()));
        assert_eq!(format!("{key:?}"), format!("Key({})", key.id()));
        assert_eq!(KeyId::parse(&key.id().to_string()), Ok(key.id()));
        let list = KeyList(vec![key]);
        assert!(!format!("{list:?}").contains(&text[..8]), "{list:?}");
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_repeated() {
        for (text, why) in [
            ("c2VjcmV0", "a key has 32 bytes, and this one has 6"),
            ("not base64 at all!", "18 bytes is no key"),
            (
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                "this one has 63",
            ),
        ] {
            let error = Key::parse(text).expect_err(text);
            assert_eq!(error.code(), ErrorCode::BadKey);
            assert!(error.message().contains(why) && !error.message().contains(text), "{error}");
        }
        for text in ["", "0000", "12345", "xyz1", "+123"] {
            assert!(KeyId::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn lists_take_commas_lines_and_comments_and_no_id_twice() {
        let (one, two) = (key(1).secret_text(), key(2).secret_text());
        let text = format!("# the present one\n{}\n\n {} ,\n", *one, *two);
        assert_eq!(KeyList::parse(&text).map(|list| list.0), Ok(vec![key(1), key(2)]));
        assert_eq!(KeyList::parse("").map(|list| list.0), Ok(Vec::new()));
        let twice = KeyList::parse(&format!("{},{}", *one, *one)).expect_err("twice");
        assert!(twice.message().contains("key 2 has the id"), "{twice}");
        let bad = KeyList::parse(&format!("{},short", *one)).expect_err("short");
        assert!(bad.message().starts_with("key 2: "), "{bad}");
    }
}
