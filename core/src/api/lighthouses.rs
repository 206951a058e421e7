//! The list of lighthouses: whose presence makes a side of a partition valid, and who vote.

use std::net::SocketAddr;

use super::value::{is_node_name, split_host};

/// One entry of `lighthouses`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LighthouseEntry {
    /// The node's name.
    pub name: String,
    /// `host:port` or `host` to reach it by.
    pub host: String,
    /// Its datacenter, where the entry tells.
    pub datacenter: Option<u8>,
}

impl LighthouseEntry {
    /// Reads `ip:port` (the name of a node that was given none), or `name=host:port`; either may end
    /// with `@datacenter`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (text, datacenter) = match text.rsplit_once('@') {
            Some((text, number)) => (text, Some(number.parse().ok().filter(|dc| *dc != u8::MAX)?)),
            None => (text, None),
        };
        let (name, host) = match text.split_once('=') {
            Some((name, host)) => (name.to_owned(), host),
            // The name in the one form in which the node itself writes it.
            None => (text.parse::<SocketAddr>().ok()?.to_string(), text),
        };
        split_host(host)?;
        is_node_name(&name).then(|| Self { name, host: host.to_owned(), datacenter })
    }

    /// The text of this entry; parsing it gives the entry again.
    #[must_use]
    pub fn render(&self) -> String {
        let named = self.host.parse::<SocketAddr>().is_ok_and(|at| at.to_string() == self.name);
        let entry = if named { self.host.clone() } else { format!("{}={}", self.name, self.host) };
        match self.datacenter {
            Some(number) => format!("{entry}@{number}"),
            None => entry,
        }
    }

    /// The entries of a list, by name: the order in which they were given means nothing, so that
    /// nodes that were given another order have the same list. Nothing where an entry is none, or
    /// a name stands twice.
    #[must_use]
    pub fn parse_all<T: AsRef<str>>(items: &[T]) -> Option<Vec<Self>> {
        let mut entries: Vec<_> =
            items.iter().map(|item| Self::parse(item.as_ref())).collect::<Option<_>>()?;
        entries.sort();
        let twice = entries.windows(2).any(|pair| pair[0].name == pair[1].name);
        (!twice).then_some(entries)
    }
}

/// How many lighthouses must be included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValidityRule {
    /// More than half.
    Majority,
    /// Each of them.
    All,
    /// One.
    Any,
    /// So many.
    Number(u8),
}

impl ValidityRule {
    /// The rule of this text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "majority" => Self::Majority,
            "all" => Self::All,
            "any" => Self::Any,
            number => Self::Number(number.parse().ok().filter(|n| (1..=15).contains(n))?),
        })
    }

    /// How many of `count` lighthouses must be included; at least one.
    #[must_use]
    pub const fn needed(self, count: usize) -> usize {
        match self {
            Self::Majority => count / 2 + 1,
            Self::All if count > 0 => count,
            Self::All | Self::Any => 1,
            Self::Number(number) => number as usize,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, host: &str, datacenter: Option<u8>) -> LighthouseEntry {
        LighthouseEntry { name: name.to_owned(), host: host.to_owned(), datacenter }
    }

    #[test]
    fn entries_are_read_and_written() {
        let cases = [
            ("10.0.0.1:9999", entry("10.0.0.1:9999", "10.0.0.1:9999", None)),
            ("[::1]:7@3", entry("[::1]:7", "[::1]:7", Some(3))),
            ("north=lh.example:9999", entry("north", "lh.example:9999", None)),
            ("north=lh.example@0", entry("north", "lh.example", Some(0))),
        ];
        for (text, expected) in cases {
            let parsed = LighthouseEntry::parse(text);
            assert_eq!(parsed.as_ref(), Some(&expected), "{text}");
            assert_eq!(expected.render(), text);
        }
        for text in [
            "",
            "lh.example:9999",
            "10.0.0.1",
            "=a:1",
            "n=",
            "n=a:0",
            "n=a:1@255",
            "n=a:1@x",
            "n=a b",
        ] {
            assert_eq!(LighthouseEntry::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_order_means_nothing_and_a_name_stands_once() {
        let one = LighthouseEntry::parse_all(&["b=h:1", "a=h:2"]);
        assert!(one.is_some());
        assert_eq!(one, LighthouseEntry::parse_all(&["a=h:2", "b=h:1"]));
        assert_eq!(LighthouseEntry::parse_all(&["a=h:2", "a=h:1"]), None);
    }

    #[test]
    fn rules_say_how_many() {
        let needed = |text, count| ValidityRule::parse(text).map(|rule| rule.needed(count));
        assert_eq!(
            [1, 2, 3, 4, 5].map(|count| needed("majority", count)),
            [1, 2, 2, 3, 3].map(Some)
        );
        assert_eq!(needed("all", 5), Some(5));
        assert_eq!(needed("any", 5), Some(1));
        assert_eq!(needed("2", 5), Some(2));
        assert_eq!(needed("all", 0), Some(1));
        assert_eq!(needed("0", 5), None);
    }
}
