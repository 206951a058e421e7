//! What its nodes say to each other.

/// What is said of a member.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Say {
    Alive,
    Suspect,
    Dead,
}

/// One statement about a member.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Claim {
    pub(crate) say: Say,
    pub(crate) of: usize,
    pub(crate) incarnation: u32,
    /// Who says so first; what counts confirmations.
    pub(crate) from: usize,
}

impl Claim {
    /// Bytes of it with names of about ten letters.
    pub(crate) const fn len(&self) -> usize {
        match self.say {
            Say::Alive => 95,
            Say::Suspect | Say::Dead => 50,
        }
    }
}

/// What a datagram asks or answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ask {
    Ping { sequence: u32 },
    IndirectPing { sequence: u32, target: usize },
    Ack { sequence: u32 },
    Nack { sequence: u32 },
}

impl Ask {
    pub(crate) const fn len(self) -> usize {
        match self {
            Self::Ping { .. } => 80,
            Self::IndirectPing { .. } => 105,
            Self::Ack { .. } => 25,
            Self::Nack { .. } => 12,
        }
    }
}

/// Bytes that each part of a datagram of several parts costs beside its own.
pub(crate) const PART_BYTES: usize = 2;

/// One datagram.
#[derive(Clone, Debug)]
pub(crate) struct Packet {
    pub(crate) ask: Option<Ask>,
    pub(crate) claims: Vec<Claim>,
}

impl Packet {
    pub(crate) fn len(&self) -> usize {
        let claims = self.claims.iter().map(|claim| claim.len() + PART_BYTES);
        self.ask.map_or(0, Ask::len) + PART_BYTES + claims.sum::<usize>()
    }
}

/// What goes over TCP.
#[derive(Clone, Debug)]
pub(crate) enum Request {
    /// The last resort of a probe.
    Ping,
    /// A whole table.
    PushPull(Vec<Claim>),
}

impl Request {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Ping => Ask::Ping { sequence: 0 }.len(),
            Self::PushPull(table) => table.len() * 60,
        }
    }
}

/// When something is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Timer {
    Probe,
    Gossip,
    PushPull,
    /// The ping itself was not answered in time.
    ProbeTimeout(u32),
    /// A probe is over.
    ProbeEnd(u32),
    /// A ping for another was not answered in time.
    Relay(u32),
    /// A suspicion may have run out; the number tells suspicions of one member apart.
    Suspicion {
        of: usize,
        number: u64,
    },
}

/// What a node wants.
#[derive(Debug)]
pub(crate) enum Output {
    Datagram {
        to: usize,
        packet: Packet,
    },
    Stream {
        to: usize,
        request: Request,
        patience: std::time::Duration,
        sequence: u32,
    },
    Timer {
        at: seafoam::proto::Time,
        timer: Timer,
    },
    /// It calls a member dead.
    Dead {
        of: usize,
    },
    /// It takes back that it is dead.
    Back {
        of: usize,
    },
}
