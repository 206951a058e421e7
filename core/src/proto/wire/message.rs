//! What a datagram or a frame is for.

use std::net::SocketAddr;

use super::election::Word;

/// What a packet travels in; each kind of message belongs to one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Carrier {
    /// A UDP datagram, unicast or multicast.
    Datagram,
    /// A frame of a TCP stream.
    Stream,
}

/// The clear beginning of every packet. `version` is 1 and `key_id` 0 in what decodes here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Header {
    /// The wire version.
    pub version: u8,
    /// Which key sealed the rest; 0 = none.
    pub key_id: u16,
    /// See [`cluster_tag`](crate::proto::hash::cluster_tag).
    pub cluster_tag: u32,
}

/// Ids of keys, that of the key which seals first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct KeyIds {
    ids: [u16; Self::CAPACITY],
    count: u8,
}

impl KeyIds {
    /// So many fit in; more are cut off.
    pub const CAPACITY: usize = crate::limits::KEYS;

    /// The ids.
    #[must_use]
    pub fn as_slice(&self) -> &[u16] {
        self.ids.get(..usize::from(self.count)).unwrap_or_default()
    }
}

impl FromIterator<u16> for KeyIds {
    fn from_iter<I: IntoIterator<Item = u16>>(ids: I) -> Self {
        let mut all = Self::default();
        for (place, id) in all.ids.iter_mut().zip(ids) {
            *place = id;
            all.count += 1;
        }
        all
    }
}

/// The first thing in a packet after its header. `from` is the sender's handle, `to` that of the
/// run for which the message is meant: another run must not answer it; 0 = whoever is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Message {
    /// Asks for an [`Ack`](Self::Ack).
    Ping {
        /// Returned by the answer.
        sequence: u32,
        /// The sender.
        from: u32,
        /// The run that is meant.
        to: u32,
    },
    /// Answers a ping, to the datagram's source.
    Ack {
        /// That of the ping.
        sequence: u32,
        /// The sender.
        from: u32,
        /// The sender's current incarnation.
        incarnation: u32,
    },
    /// Asks to ping `target` and to pass its answer on.
    PingReq {
        /// Returned by the answer.
        sequence: u32,
        /// The sender.
        from: u32,
        /// The run of the target that is meant.
        to: u32,
        /// Where the target is.
        target: SocketAddr,
    },
    /// Answers a [`PingReq`](Self::PingReq) whose target did not answer in time.
    Nack {
        /// That of the request.
        sequence: u32,
        /// The sender.
        from: u32,
    },
    /// Carries records only.
    Gossip {
        /// The sender.
        from: u32,
    },
    /// Multicast: carries the sender's member record.
    Announce {},
    /// Asks a member which keys it has. Sealed clusters only.
    KeysAsk {
        /// Returned by the answer.
        sequence: u32,
        /// The sender.
        from: u32,
        /// The key to seal with from now on, where it is installed; 0 = as before.
        first: u16,
    },
    /// Answers a [`KeysAsk`](Self::KeysAsk).
    KeysTell {
        /// That of the question.
        sequence: u32,
        /// The sender.
        from: u32,
        /// Its keys.
        ids: KeyIds,
    },
    /// Opens an exchange of full state; stream only.
    SyncRequest {
        /// The sender.
        from: u32,
        /// Bits that the engine defines; unknown ones are ignored.
        flags: u8,
    },
    /// Answers a [`SyncRequest`](Self::SyncRequest); stream only.
    SyncResponse {
        /// The sender.
        from: u32,
        /// As in the request.
        flags: u8,
    },
    /// A word of the election.
    Elect {
        /// The sender.
        from: u32,
        /// Digest of the sender's configuration of the election: words of another are not heard.
        configuration: u64,
        /// What it says.
        word: Word,
    },
    /// A message for one node; its payload are the pieces that follow.
    Direct {
        /// Unique by the sender's run; returned by the answer.
        sequence: u32,
        /// The sender.
        from: u32,
        /// The run that is meant.
        to: u32,
    },
    /// Says that a message was taken, to the datagram's source.
    DirectAck {
        /// That of the message.
        sequence: u32,
        /// The sender.
        from: u32,
    },
    /// As [`Direct`](Self::Direct), for payloads that no datagram has room for; stream only. The
    /// sender's member record stands before the pieces.
    DirectStream {
        /// As in `Direct`.
        sequence: u32,
        /// The sender.
        from: u32,
        /// The run that is meant.
        to: u32,
    },
    /// Says that a message was taken; stream only.
    DirectStreamAck {
        /// That of the message.
        sequence: u32,
        /// The sender.
        from: u32,
    },
}

impl Message {
    /// The handle of the sender; an announcement tells it in its record alone.
    #[must_use]
    pub fn sender(&self) -> Option<u32> {
        match *self {
            Self::Ping { from, .. }
            | Self::Ack { from, .. }
            | Self::PingReq { from, .. }
            | Self::Nack { from, .. }
            | Self::Gossip { from }
            | Self::SyncRequest { from, .. }
            | Self::SyncResponse { from, .. }
            | Self::Direct { from, .. }
            | Self::DirectAck { from, .. }
            | Self::DirectStream { from, .. }
            | Self::Elect { from, .. }
            | Self::DirectStreamAck { from, .. }
            | Self::KeysAsk { from, .. }
            | Self::KeysTell { from, .. } => Some(from),
            Self::Announce {} => None,
        }
    }

    /// What it may travel in.
    #[must_use]
    pub fn carrier(&self) -> Carrier {
        match self {
            Self::Ping { .. }
            | Self::Ack { .. }
            | Self::PingReq { .. }
            | Self::Nack { .. }
            | Self::Gossip { .. }
            | Self::KeysAsk { .. }
            | Self::KeysTell { .. }
            | Self::Announce {}
            | Self::Direct { .. }
            | Self::Elect { .. }
            | Self::DirectAck { .. } => Carrier::Datagram,
            Self::SyncRequest { .. }
            | Self::SyncResponse { .. }
            | Self::DirectStream { .. }
            | Self::DirectStreamAck { .. } => Carrier::Stream,
        }
    }
}
