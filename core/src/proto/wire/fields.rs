//! The fields that all bodies are made of, in both directions: integers, varints, addresses, names.

use super::{DecodeError, Identity, MAX_NAME_BYTES, is_valid_name};
use std::fmt::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::sync::Arc;

/// Flag of an address: 16 bytes instead of 4.
pub(super) const IPV6: u8 = 1;
/// Flag of a name: it is the text form of the address and takes no bytes.
pub(super) const NAME_IS_ADDRESS: u8 = 2;

/// Bytes of a u64 in LEB128, 7 bits each.
const MAX_VARINT_BYTES: usize = 10;

/// Takes fields from the front of a slice. After an error nothing more may be taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    pub fn rest(self) -> &'a [u8] {
        self.rest
    }

    pub fn bytes(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    pub fn u8(&mut self) -> Result<u8, DecodeError> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub fn u16(&mut self) -> Result<u16, DecodeError> {
        self.array().map(u16::from_le_bytes)
    }

    pub fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_le_bytes)
    }

    pub fn u64(&mut self) -> Result<u64, DecodeError> {
        self.array().map(u64::from_le_bytes)
    }

    /// LEB128, at most 10 bytes; a longer form than needed is taken too.
    pub fn varint(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0_u64;
        for place in 0..MAX_VARINT_BYTES {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7f);
            let shift = 7 * place;
            if bits << shift >> shift != bits {
                break;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(DecodeError::BadField("varint"))
    }

    pub fn varint_u32(&mut self) -> Result<u32, DecodeError> {
        u32::try_from(self.varint()?).map_err(|_| DecodeError::BadField("varint"))
    }

    /// A varint length and as many bytes.
    pub fn prefixed(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = usize::try_from(self.varint()?).map_err(|_| DecodeError::Truncated)?;
        self.bytes(length)
    }

    /// As [`prefixed`](Self::prefixed), refused before anything is copied when over `limit`.
    pub fn shared(&mut self, limit: usize) -> Result<Arc<[u8]>, DecodeError> {
        let bytes = self.prefixed()?;
        if bytes.len() > limit { Err(DecodeError::Oversized) } else { Ok(bytes.into()) }
    }

    pub fn address(&mut self, flags: u8) -> Result<SocketAddr, DecodeError> {
        let ip = if flags & IPV6 == 0 {
            IpAddr::V4(Ipv4Addr::from(self.array::<4>()?))
        } else {
            IpAddr::V6(Ipv6Addr::from(self.array::<16>()?))
        };
        Ok(SocketAddr::new(ip, self.u16()?))
    }

    /// Address, then name, generation and run of whoever is there.
    pub fn addressed_identity(&mut self, flags: u8) -> Result<(SocketAddr, Identity), DecodeError> {
        let address = self.address(flags)?;
        let name = match &address {
            _ if flags & NAME_IS_ADDRESS == 0 => self.name()?,
            SocketAddr::V4(address) => V4Text::of(address).as_str().into(),
            SocketAddr::V6(address) => address.to_string().into(),
        };
        Ok((address, Identity { name, generation: self.varint()?, run: self.u64()? }))
    }

    fn name(&mut self) -> Result<Arc<str>, DecodeError> {
        let length = usize::from(self.u8()?);
        if !(1..=MAX_NAME_BYTES).contains(&length) {
            return Err(DecodeError::BadField("name"));
        }
        match std::str::from_utf8(self.bytes(length)?) {
            Ok(name) if is_valid_name(name) => Ok(name.into()),
            Ok(_) | Err(_) => Err(DecodeError::BadField("name")),
        }
    }
}

/// Where fields go: to a packet, or to a count of their bytes, by one and the same code.
pub(super) trait Sink {
    fn put(&mut self, bytes: &[u8]);

    fn put_varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            // The low 7 bits, marked as not the last.
            self.put(&[(value & 0x7f) as u8 | 0x80]);
            value >>= 7;
        }
        self.put(&[value as u8]);
    }

    fn put_prefixed(&mut self, bytes: &[u8]) {
        self.put_varint(bytes.len() as u64);
        self.put(bytes);
    }

    fn put_address(&mut self, address: &SocketAddr) {
        match address.ip() {
            IpAddr::V4(ip) => self.put(&ip.octets()),
            IpAddr::V6(ip) => self.put(&ip.octets()),
        }
        self.put(&address.port().to_le_bytes());
    }

    /// Mirrors [`Reader::addressed_identity`]; `flags` come from [`identity_flags`].
    fn put_addressed_identity(&mut self, flags: u8, address: &SocketAddr, identity: &Identity) {
        self.put_address(address);
        if flags & NAME_IS_ADDRESS == 0 {
            // Names longer than 64 bytes are refused before anything is written.
            self.put(&[identity.name.len() as u8]);
            self.put(identity.name.as_bytes());
        }
        self.put_varint(identity.generation);
        self.put(&identity.run.to_le_bytes());
    }
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Counts what would be written.
impl Sink for usize {
    fn put(&mut self, bytes: &[u8]) {
        *self += bytes.len();
    }
}

pub(super) fn address_flags(address: &SocketAddr) -> u8 {
    if address.is_ipv6() { IPV6 } else { 0 }
}

pub(super) fn identity_flags(address: &SocketAddr, identity: &Identity) -> u8 {
    let named = if is_text_of(&identity.name, address) { NAME_IS_ADDRESS } else { 0 };
    address_flags(address) | named
}

/// Whether `name` is what a receiver makes of the address: without scope id, as RFC 5952 has it.
fn is_text_of(name: &str, address: &SocketAddr) -> bool {
    let carried = match address {
        SocketAddr::V4(v4) => return name == V4Text::of(v4).as_str(),
        SocketAddr::V6(v6) => SocketAddrV6::new(*v6.ip(), v6.port(), 0, 0),
    };
    let mut left = Unmatched(name);
    write!(left, "{carried}").is_ok() && left.0.is_empty()
}

/// The text of an IPv4 address: most nodes are called by theirs, so that it is made for each record that
/// comes or goes. A formatter takes ten times as many instructions.
struct V4Text {
    bytes: [u8; Self::LONGEST],
    length: usize,
}

impl V4Text {
    const LONGEST: usize = "255.255.255.255:65535".len();

    fn of(address: &SocketAddrV4) -> Self {
        let mut text = Self { bytes: [0; Self::LONGEST], length: 0 };
        let [first, others @ ..] = address.ip().octets();
        text.number(first.into());
        for octet in others {
            text.push(b'.');
            text.number(octet.into());
        }
        text.push(b':');
        text.number(address.port());
        text
    }

    fn number(&mut self, number: u16) {
        let units = [10_000_u16, 1000, 100, 10, 1].into_iter();
        for unit in units.skip_while(|unit| *unit > number.max(1)) {
            self.push(b'0' + (number / unit % 10) as u8);
        }
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
    }

    fn as_str(&self) -> &str {
        let text = self.bytes.get(..self.length).unwrap_or_default();
        std::str::from_utf8(text).unwrap_or_default() // digits, dots and a colon
    }
}

/// Compares text as it is formatted, so that the comparison needs no memory.
struct Unmatched<'a>(&'a str);

impl Write for Unmatched<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.strip_prefix(text).ok_or(fmt::Error)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_shortest_and_the_longest_text_are_those_of_the_formatter() {
        for address in ["0.0.0.0:0", "255.255.255.255:65535", "1.10.100.9:10000"] {
            let parsed = address.parse().expect("an address");
            assert_eq!(V4Text::of(&parsed).as_str(), address);
        }
    }

    proptest! {
        #[test]
        fn each_text_is_that_of_the_formatter(ip: [u8; 4], port: u16) {
            let address = SocketAddrV4::new(ip.into(), port);
            let text = V4Text::of(&address);
            prop_assert_eq!(text.as_str(), address.to_string());
        }
    }
}
