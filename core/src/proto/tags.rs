//! Tags: what a member says of itself, in pairs of words. They have a version of their own, so that
//! word of the member's life cannot pass for word of its tags.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};

use super::engine::Engine;
use super::members::{MemberId, SELF};
use super::time::Time;

/// Pairs, by key.
pub(super) type Map = Arc<BTreeMap<String, String>>;

const VERSION_BYTES: usize = 4;

/// The tags of one member; none while nothing was said of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Tags(Option<Arc<Said>>);

/// The bytes that travel, and what they mean.
#[derive(Debug)]
struct Said {
    bytes: Arc<[u8]>,
    map: Map,
}

/// No pairs: one map for all members that have none.
static NONE: LazyLock<Map> = LazyLock::new(Map::default);

impl Tags {
    /// What came; nothing where it is no list of pairs, so that it is not passed on either.
    pub(super) fn of(bytes: Option<&Arc<[u8]>>) -> Self {
        let decoded = bytes.and_then(|bytes| Some((Arc::clone(bytes), decode(bytes)?)));
        decoded.map_or_else(Self::default, |(bytes, map)| Self(Some(Arc::new(Said { bytes, map }))))
    }

    /// The own tags; nothing at all where there never were any.
    pub(super) fn own(version: u32, map: &BTreeMap<String, String>) -> Self {
        if version == 0 && map.is_empty() {
            return Self::default();
        }
        let mut bytes = version.max(1).to_le_bytes().to_vec();
        for (key, value) in map {
            for text in [key, value] {
                // Bounded far below by the limit on tags (api::rules).
                bytes.extend_from_slice(
                    &u16::try_from(text.len()).unwrap_or(u16::MAX).to_le_bytes(),
                );
                bytes.extend_from_slice(text.as_bytes());
            }
        }
        Self(Some(Arc::new(Said { bytes: bytes.into(), map: Arc::new(map.clone()) })))
    }

    /// Rises with each change; 0 while nothing was said.
    pub(super) fn version(&self) -> u32 {
        self.bytes().and_then(|bytes| version_of(bytes)).unwrap_or(0)
    }

    /// What travels.
    pub(super) fn bytes(&self) -> Option<&Arc<[u8]>> {
        self.0.as_ref().map(|said| &said.bytes)
    }

    pub(super) fn map(&self) -> &Map {
        self.0.as_ref().map_or(&NONE, |said| &said.map)
    }
}

fn version_of(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk::<VERSION_BYTES>().map(|chunk| u32::from_le_bytes(*chunk))
}

fn decode(bytes: &[u8]) -> Option<Map> {
    let mut rest = bytes.get(VERSION_BYTES..)?;
    let mut texts = Vec::new();
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk::<2>()?;
        let (text, after) = after.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
        texts.push(std::str::from_utf8(text).ok()?);
        rest = after;
    }
    let pairs = texts.chunks(2).map(|pair| match pair {
        [key, value] => Some(((*key).to_owned(), (*value).to_owned())),
        _ => None,
    });
    pairs.collect::<Option<_>>().map(Arc::new)
}

impl Engine {
    /// This node's tags are others now.
    pub(super) fn set_tags(&mut self, now: Time, map: &BTreeMap<String, String>) {
        let version = self.members.get(SELF).map_or(0, |me| me.tags.version());
        let tags = Tags::own(version.saturating_add(1), map);
        self.members.update(SELF, |me| me.tags = tags);
        self.tell_changed(SELF);
        self.pass_on(now, SELF);
    }

    /// Takes over newer tags of this very run, whoever brings them: only the member makes versions.
    pub(super) fn take_tags(
        &mut self,
        now: Time,
        id: MemberId,
        bytes: Option<&Arc<[u8]>>,
        reply_to: Option<SocketAddr>,
        spreads: bool,
    ) {
        let (Some(bytes), Some(member)) = (bytes, self.members.get(id)) else {
            return;
        };
        let (theirs, ours) = (version_of(bytes).unwrap_or(0), member.tags.version());
        if theirs < ours {
            if let Some(to) = reply_to {
                self.send_news(now, to, id);
            }
            return;
        }
        let tags = Tags::of(Some(bytes));
        if theirs == ours || tags.bytes().is_none() {
            return;
        }
        self.members.update(id, |member| member.tags = tags);
        self.tell_changed(id);
        if spreads {
            self.pass_on(now, id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        for pairs in [&[][..], &[("role", "cache")], &[("a", ""), ("zone", "ä=b"), ("é", "x")]] {
            let tags = Tags::own(7, &map(pairs));
            let back = Tags::of(tags.bytes());
            assert_eq!((**back.map()).clone(), map(pairs));
            assert_eq!(back.version(), 7);
        }
    }

    #[test]
    fn nothing_said_is_not_the_same_as_no_tags() {
        assert!(Tags::own(0, &map(&[])).bytes().is_none());
        assert!(Tags::own(1, &map(&[])).bytes().is_some());
        assert_eq!(Tags::own(0, &map(&[("a", "b")])).version(), 1);
    }

    #[test]
    fn what_is_no_list_of_pairs_is_no_tags() {
        for bytes in [
            &[][..],
            &[1, 0, 0],
            &[1, 0, 0, 0, 1],
            &[1, 0, 0, 0, 1, 0, b'a'],
            &[1, 0, 0, 0, 2, 0, b'a'],
            &[1, 0, 0, 0, 1, 0, 0xff, 0, 0],
        ] {
            assert!(Tags::of(Some(&bytes.into())).bytes().is_none(), "{bytes:?}");
        }
    }
}
