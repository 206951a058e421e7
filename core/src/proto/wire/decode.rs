//! Bytes to values.

use super::{Carrier, DecodeError, Header, Message, Record};

/// A datagram or frame whose header and message have been decoded, and whose records wait.
#[derive(Clone, Debug)]
pub struct Packet<'a> {
    /// The clear header.
    pub header: Header,
    /// What the packet is for.
    pub message: Message,
    /// What it carries, decoded one at a time.
    pub records: RecordIter<'a>,
}

impl<'a> Packet<'a> {
    /// Decodes the header and the message of a datagram or frame of the cluster `cluster_tag`.
    /// Records are decoded as [`records`](Self::records) is drained, so that a bad one in the end
    /// costs nothing before it is met.
    ///
    /// # Errors
    /// In this order: `BadVersion`, `Truncated` header, `ForeignCluster`, `Sealed`, `Oversized`,
    /// then whatever the message is refused for. A known message in the wrong carrier is a
    /// `BadField("carrier")`.
    pub fn decode(
        bytes: &'a [u8],
        cluster_tag: u32,
        carrier: Carrier,
    ) -> Result<Self, DecodeError> {
        let _ = (bytes, cluster_tag, carrier);
        todo!()
    }
}

/// The records of a packet, in order.
///
/// Unknown kinds are skipped and counted. A malformed record yields `Err` once, and nothing after:
/// what came before it stays valid.
#[derive(Clone, Debug)]
pub struct RecordIter<'a> {
    rest: &'a [u8],
    skipped: u32,
}

impl RecordIter<'_> {
    /// How many records of unknown kind were passed over so far.
    #[must_use]
    pub fn skipped(&self) -> u32 {
        self.skipped
    }
}

impl Iterator for RecordIter<'_> {
    type Item = Result<Record, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let _ = self.rest;
        todo!()
    }
}

impl std::iter::FusedIterator for RecordIter<'_> {}
