//! What travels behind a message: facts about members, broadcasts, digests, beacons.

use super::{MAX_NAME_BYTES, WitnessSet};
use crate::proto::hash;
use std::net::SocketAddr;
use std::sync::Arc;

/// Whether `name` may name a member: `[A-Za-z0-9._:%\[\]-]{1,64}`.
#[must_use]
pub fn is_valid_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:%[]-".contains(&byte);
    (1..=MAX_NAME_BYTES).contains(&name.len()) && name.bytes().all(allowed)
}

/// One run of one member. Ordered by name, generation, run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// Unique in the cluster; see [`is_valid_name`].
    pub name: Arc<str>,
    /// Orders the runs of a name: milliseconds at start, raised past any older run.
    pub generation: u64,
    /// 64 random bits drawn at start: two processes with one generation are still two.
    pub run: u64,
}

impl Identity {
    /// An identity, when the name is valid.
    #[must_use]
    pub fn new(name: &str, generation: u64, run: u64) -> Option<Self> {
        is_valid_name(name).then(|| Self { name: name.into(), generation, run })
    }

    /// The 32-bit short form, never 0; see [`hash::handle`]. It hashes at each call: keep it.
    #[must_use]
    pub fn handle(&self) -> u32 {
        hash::handle(self)
    }
}

/// What is said of a member. The numbers are part of the wire; 4 is reserved and invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Status {
    /// Heard of, never heard from.
    Unknown = 0,
    /// Answers.
    Alive = 1,
    /// Accused, not yet judged.
    Suspected = 2,
    /// Judged dead.
    Dead = 3,
    /// Left of its own will: only the member itself may say so.
    Left = 5,
}

impl Status {
    /// The status with this number on the wire.
    #[must_use]
    pub fn from_u8(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Unknown),
            1 => Some(Self::Alive),
            2 => Some(Self::Suspected),
            3 => Some(Self::Dead),
            5 => Some(Self::Left),
            _ => None,
        }
    }

    /// What the digest of a table tells apart. None for `Unknown`: such members are not in it.
    #[must_use]
    pub fn class(self) -> Option<StatusClass> {
        match self {
            Self::Unknown => None,
            Self::Alive | Self::Suspected => Some(StatusClass::Healthy),
            Self::Dead => Some(StatusClass::Dead),
            Self::Left => Some(StatusClass::Left),
        }
    }
}

/// A status as the digest of a table sees it. Suspicion is left out on purpose: it passes within
/// seconds, by a higher incarnation or by death, and both of these change the digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum StatusClass {
    /// Alive or suspected.
    Healthy = 1,
    /// Dead.
    Dead = 3,
    /// Left.
    Left = 5,
}

/// What a node says of itself as a candidate for the lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Candidacy {
    /// Whether it may lead.
    pub eligible: bool,
    /// Higher ones stand first.
    pub priority: u8,
}

impl Default for Candidacy {
    fn default() -> Self {
        Self { eligible: true, priority: 0 }
    }
}

/// Who leads, as the leader itself says it and all pass it on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Herald {
    /// The datacenter that it leads; [`NO_DATACENTER`](super::NO_DATACENTER) = all.
    pub scope: u8,
    /// Its term.
    pub term: u64,
    /// Rises while it leads, and once more when it ends.
    pub sequence: u32,
    /// Its handle; 0 = it does not lead any more.
    pub leader: u32,
}

/// One statement about one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRecord {
    /// Which run of which member.
    pub identity: Identity,
    /// Its advertised address. Flow label and scope id are not carried: they decode as 0. Whether
    /// the address is usable (port 0, unspecified, loopback) is for the engine to judge.
    pub address: SocketAddr,
    /// What is stated.
    pub status: Status,
    /// The version of the member's own claims that the statement is about.
    pub incarnation: u32,
    /// Its datacenter; [`NO_DATACENTER`](super::NO_DATACENTER) = not assigned.
    pub datacenter: u8,
    /// Whether it is a lighthouse.
    pub is_lighthouse: bool,
    /// Whether and how early it stands as a candidate.
    pub candidacy: Candidacy,
    /// Encoded tags, opaque here, at most [`MAX_TAGS_BYTES`](super::MAX_TAGS_BYTES). `None` says
    /// nothing about tags, while `Some` of no bytes says that there are none.
    pub tags: Option<Arc<[u8]>>,
    /// Handle of the member that stated this first; 0 = the member itself.
    pub source: u32,
    /// Who confirms the suspicion or the death.
    pub witnesses: WitnessSet,
}

impl MemberRecord {
    /// A statement of a member itself, at incarnation 0 and without any of the optional parts.
    #[must_use]
    pub fn bare(identity: Identity, address: SocketAddr, status: Status) -> Self {
        Self {
            identity,
            address,
            status,
            incarnation: 0,
            datacenter: super::NO_DATACENTER,
            is_lighthouse: false,
            candidacy: Candidacy::default(),
            tags: None,
            source: 0,
            witnesses: WitnessSet::new(),
        }
    }
}

/// One broadcast on its way. Unique by origin and index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BroadcastRecord {
    /// Who sent it first.
    pub origin: Identity,
    /// The origin's advertised address; as in [`MemberRecord::address`].
    pub address: SocketAddr,
    /// The origin's count of its broadcasts.
    pub index: u32,
    /// Whether the origin wants a receipt of each member.
    pub receipt: bool,
    /// The payload, at most [`MAX_BROADCAST_BYTES`](super::MAX_BROADCAST_BYTES).
    pub bytes: Arc<[u8]>,
}

/// Some broadcasts of one origin: one index, and which of the 32 before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexSet {
    /// The handle of the run that sent them first.
    pub origin: u32,
    /// The highest index of the set, which is in it.
    pub highest: u32,
    /// Bit 0 is the index `highest - 1`, bit 31 is `highest - 32`.
    pub below: u32,
}

impl IndexSet {
    /// The indexes of the set, the highest first. Bits that stand for a number below 0 mean nothing.
    pub fn iter(self) -> impl Iterator<Item = u32> {
        let below = (0..32_u32).filter(move |bit| self.below & 1 << bit != 0);
        let lower = below.filter_map(move |bit| self.highest.checked_sub(bit + 1));
        std::iter::once(self.highest).chain(lower)
    }

    /// The set of these indexes, as far as they lie within 32 below the first and highest of them;
    /// none for none.
    #[must_use]
    pub fn of(origin: u32, descending: impl IntoIterator<Item = u32>) -> Option<Self> {
        let mut indexes = descending.into_iter();
        let mut set = Self { origin, highest: indexes.next()?, below: 0 };
        for index in indexes {
            if let Some(bit @ 1..=32) = set.highest.checked_sub(index) {
                set.below |= 1 << (bit - 1);
            }
        }
        Some(set)
    }
}

/// What the nodes of one datacenter say of another: whether its members are heard there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatacenterRecord {
    /// The datacenter whose members say so; it means nothing to those of others.
    pub observer: u8,
    /// The datacenter that it is about.
    pub number: u8,
    /// How often that changed: odd while nobody there is heard, even while somebody is.
    pub version: u32,
    /// Members of `observer` that hear nobody there.
    pub witnesses: WitnessSet,
}

/// What may follow the message in a datagram or a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A statement about a member.
    Member(MemberRecord),
    /// A broadcast.
    Broadcast(BroadcastRecord),
    /// The digest of the sender's table; see [`hash::TableDigest`].
    Digest([u8; 16]),
    /// A lighthouse's sign of life.
    Beacon {
        /// The handle of its run: each run counts anew.
        lighthouse: u32,
        /// Counts the beacons of that run.
        sequence: u32,
        /// How long ago it was counted, in hundredths of a second, rounded up: what it was held on
        /// its way, and not what the network took.
        age: u32,
    },
    /// Who leads.
    Herald(Herald),
    /// The sender has a broadcast of the receiver's.
    Receipt {
        /// The handle of the run that sent it first.
        origin: u32,
        /// Its index.
        index: u32,
    },
    /// Broadcasts that the sender can give to whoever missed them.
    Have(IndexSet),
    /// Broadcasts that the sender missed, and asks the receiver for.
    Want(IndexSet),
    /// A part of a message's payload, at most [`MAX_PIECE_BYTES`](super::MAX_PIECE_BYTES): the parts
    /// in their order make the whole.
    Piece(Arc<[u8]>),
    /// Whether another datacenter is heard.
    Datacenter(DatacenterRecord),
    /// On a PINGREQ of its own, and on the PING that a helper sends for it: when did datagrams of
    /// `peer`'s come last without a helper?
    Ask {
        /// The handle of who asks.
        peer: u32,
    },
    /// The answer, on the ACK and on that which the helper passes on.
    Heard {
        /// The handle of who asked.
        peer: u32,
        /// Milliseconds since its own datagrams came last; the highest number for never.
        millis: u32,
    },
}
