//! How the text of a configuration value becomes a value, and what it accepts.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::net::IpAddr;

use super::level::LogLevel;
use super::lighthouses::LighthouseEntry;
use super::words::words;
use crate::proto::seal::KeyList;

/// What a configuration key accepts; prints itself for error messages and documentation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Accepts {
    /// A whole number in these bounds, both included.
    Range(u64, u64),
    /// `true` or `false` (also 1, 0, yes, no, on, off).
    Bool,
    /// A text of so many bytes.
    Bytes(usize, usize),
    /// A node name.
    NodeName,
    /// An IPv4 or IPv6 address.
    Ip,
    /// An IPv4 or IPv6 multicast address.
    MulticastIp,
    /// `host:port`.
    HostPort,
    /// A comma list of `host`, `host:port`, `[v6]:port` of so many items at most.
    Hosts(usize),
    /// A comma list of lighthouses, so many at most.
    Lighthouses(usize),
    /// A comma list of datacenter numbers.
    Datacenters,
    /// `k=v,k=v`, so many bytes at most.
    Tags(usize),
    /// `majority`, `all`, `any` or a number.
    Rule,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A path.
    Path,
    /// Comma list of 32-byte keys in base64.
    Keys,
}

impl fmt::Display for Accepts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range(low, high) => write!(f, "a whole number from {low} to {high}"),
            Self::Bool => f.write_str("true or false"),
            Self::Bytes(low, high) => write!(f, "a text of {low} to {high} bytes"),
            Self::NodeName => f.write_str("1 to 64 bytes of A-Z a-z 0-9 . _ : % [ ] -"),
            Self::Ip => f.write_str("an IPv4 or IPv6 address"),
            Self::MulticastIp => f.write_str("an IPv4 or IPv6 multicast address"),
            Self::HostPort => f.write_str("host:port, ip:port or [ipv6]:port"),
            Self::Hosts(most) => {
                write!(f, "a comma list of at most {most} of host, host:port, ip:port, [ipv6]:port")
            }
            Self::Lighthouses(most) => write!(
                f,
                "a comma list of at most {most} of ip:port, [ipv6]:port or name=host:port, each name once, @datacenter behind it where wanted"
            ),
            Self::Datacenters => f.write_str("a comma list of whole numbers from 0 to 254"),
            Self::Tags(most) => {
                write!(f, "key=value pairs with commas between, {most} bytes at most")
            }
            Self::Rule => f.write_str("majority, all, any, or a number from 1 to 15"),
            Self::OneOf(words) => write!(f, "one of {}", words.join(", ")),
            Self::Path => f.write_str("a path"),
            Self::Keys => f.write_str("32-byte keys in base64 with commas between"),
        }
    }
}

words! {
    /// A set of timing defaults.
    Profile {
        Fast = 0, "fast", "Detection in two seconds: servers and containers.";
        Patient = 1, "patient", "Spares machines that are migrated or oversubscribed.";
        OneSecond = 2, "one_second", "Bare metal that never pauses.";
    }
}

words! {
    /// How wide a leader's rule reaches.
    LeaderScope {
        Global = 0, "global", "One leader for the whole cluster.";
        Datacenter = 1, "datacenter", "One leader for each datacenter.";
    }
}

/// A type that a configuration value can have.
pub trait Setting: Sized {
    /// The value of this text, or none where it is not `accepts`.
    fn parse(text: &str, accepts: &Accepts) -> Option<Self>;
    /// The text of this value; parsing it gives the value again.
    fn render(&self) -> String;
}

macro_rules! whole_numbers {
    ($($type:ty),*) => {$(
        impl Setting for $type {
            fn parse(text: &str, accepts: &Accepts) -> Option<Self> {
                let number: u64 = text.trim().parse().ok()?;
                let Accepts::Range(low, high) = *accepts else { return None };
                (low..=high).contains(&number).then(|| Self::try_from(number).ok())?
            }
            fn render(&self) -> String {
                self.to_string()
            }
        }
    )*};
}
whole_numbers!(u8, u16, u32, u64);

impl Setting for bool {
    fn parse(text: &str, _: &Accepts) -> Option<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" => Some(false),
            _ => None,
        }
    }
    fn render(&self) -> String {
        self.to_string()
    }
}

impl Setting for String {
    fn parse(text: &str, accepts: &Accepts) -> Option<Self> {
        let fits = match *accepts {
            Accepts::Bytes(low, high) => (low..=high).contains(&text.len()),
            Accepts::NodeName => is_node_name(text),
            Accepts::HostPort => split_host(text).is_some_and(|(_, port)| port.is_some()),
            Accepts::Rule => {
                ["majority", "all", "any"].contains(&text)
                    || text.parse::<u8>().is_ok_and(|number| (1..=15).contains(&number))
            }
            Accepts::Path | Accepts::Keys => !text.is_empty(),
            Accepts::Range(..)
            | Accepts::Bool
            | Accepts::Ip
            | Accepts::MulticastIp
            | Accepts::Hosts(_)
            | Accepts::Lighthouses(_)
            | Accepts::Datacenters
            | Accepts::Tags(_)
            | Accepts::OneOf(_) => false,
        };
        fits.then(|| text.to_owned())
    }
    fn render(&self) -> String {
        self.clone()
    }
}

/// The empty text stands for "not set".
impl<T: Setting> Setting for Option<T> {
    fn parse(text: &str, accepts: &Accepts) -> Option<Self> {
        if text.is_empty() { Some(None) } else { T::parse(text, accepts).map(Some) }
    }
    fn render(&self) -> String {
        self.as_ref().map(Setting::render).unwrap_or_default()
    }
}

impl Setting for IpAddr {
    fn parse(text: &str, accepts: &Accepts) -> Option<Self> {
        let text = text.trim();
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        let ip: Self = bare.parse().ok()?;
        (*accepts != Accepts::MulticastIp || ip.is_multicast()).then_some(ip)
    }
    fn render(&self) -> String {
        self.to_string()
    }
}

impl Setting for Vec<String> {
    fn parse(text: &str, accepts: &Accepts) -> Option<Self> {
        let items: Self = list_items(text).map(str::to_owned).collect();
        let (most, sound) = if let Accepts::Lighthouses(most) = *accepts {
            (most, LighthouseEntry::parse_all(&items).is_some())
        } else {
            let Accepts::Hosts(most) = *accepts else { return None };
            (most, items.iter().all(|item| split_host(item).is_some()))
        };
        (items.len() <= most && sound).then_some(items)
    }
    fn render(&self) -> String {
        self.join(",")
    }
}

/// Its text is the secret itself.
impl Setting for KeyList {
    fn parse(text: &str, _: &Accepts) -> Option<Self> {
        Self::parse(text).ok()
    }
    fn render(&self) -> String {
        let texts = self.0.iter().map(|key| key.secret_text().to_string());
        texts.collect::<Vec<_>>().join(",")
    }
}

impl Setting for Vec<u8> {
    fn parse(text: &str, _: &Accepts) -> Option<Self> {
        list_items(text).map(|item| item.parse().ok().filter(|number| *number != 255)).collect()
    }
    fn render(&self) -> String {
        self.iter().map(u8::to_string).collect::<Vec<_>>().join(",")
    }
}

impl Setting for BTreeMap<String, String> {
    fn parse(text: &str, accepts: &Accepts) -> Option<Self> {
        let Accepts::Tags(most) = *accepts else {
            return None;
        };
        let pairs: Option<Self> = list_items(text)
            .map(|item| item.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned())))
            .collect();
        let count = list_items(text).count();
        let sound = |pairs: &Self| pairs.len() == count && !pairs.contains_key("");
        pairs.filter(|pairs| sound(pairs) && text.len() <= most)
    }
    fn render(&self) -> String {
        self.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
    }
}

macro_rules! word_settings {
    ($($type:ty),*) => {$(
        impl Setting for $type {
            fn parse(text: &str, _: &Accepts) -> Option<Self> {
                let text = text.trim();
                Self::from_word(text).or_else(|| Self::from_number(text.parse().ok()?))
            }
            fn render(&self) -> String {
                self.word().to_owned()
            }
        }
    )*};
}
word_settings!(Profile, LeaderScope, LogLevel);

fn list_items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

/// Whether the text can be the name of a node.
#[must_use]
pub fn is_node_name(text: &str) -> bool {
    (1..=crate::limits::NAME_BYTES).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:%[]-".contains(&byte))
}

/// Splits `host`, `host:port`, `v6`, `[v6]` or `[v6]:port` into host and port; none where it is none
/// of these. Host names are letters, digits, `-`, `_` and `.`, at most 253 bytes (RFC 1035, 2.3.4).
#[must_use]
pub fn split_host(text: &str) -> Option<(&str, Option<u16>)> {
    let port_of = |port: &str| port.parse::<u16>().ok().filter(|port| *port != 0);
    if let Some(rest) = text.strip_prefix('[') {
        let (inside, after) = rest.split_once(']')?;
        inside.split('%').next()?.parse::<std::net::Ipv6Addr>().ok()?;
        return match after {
            "" => Some((inside, None)),
            _ => Some((inside, Some(port_of(after.strip_prefix(':')?)?))),
        };
    }
    if text.parse::<std::net::Ipv6Addr>().is_ok() {
        return Some((text, None));
    }
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(port_of(port)?)),
        None => (text, None),
    };
    let all_numeric = host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let named = (1..=253).contains(&host.len())
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        && (!all_numeric || host.parse::<std::net::Ipv4Addr>().is_ok());
    named.then_some((host, port))
}

/// What a typed setter takes: anything that has a text of the key's type.
#[derive(Clone, Debug)]
pub struct Arg<T> {
    pub(crate) text: String,
    of: PhantomData<T>,
}

impl<T> Arg<T> {
    fn new(text: String) -> Self {
        Self { text, of: PhantomData }
    }
}

macro_rules! args {
    ($($from:ty => $to:ty),* $(,)?) => {$(
        impl From<$from> for Arg<$to> {
            fn from(value: $from) -> Self {
                Self::new(Setting::render(&value))
            }
        }
    )*};
}
args!(u8 => u8, u16 => u16, u32 => u32, u64 => u64, bool => bool, IpAddr => IpAddr,
      IpAddr => Option<IpAddr>, u64 => Option<u64>, String => String, String => Option<String>,
      Vec<String> => Vec<String>, Vec<u8> => Vec<u8>, KeyList => KeyList,
      BTreeMap<String, String> => BTreeMap<String, String>,
      Profile => Profile, LeaderScope => LeaderScope, LogLevel => LogLevel);

impl From<String> for Arg<KeyList> {
    fn from(value: String) -> Self {
        Self::new(value)
    }
}

impl<T> From<&str> for Arg<T> {
    fn from(value: &str) -> Self {
        Self::new(value.to_owned())
    }
}

impl<const N: usize> From<[&str; N]> for Arg<Vec<String>> {
    fn from(value: [&str; N]) -> Self {
        Self::new(value.join(","))
    }
}
