//! What the engine asks its driver to do, and what it tells its host.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::leadership::{ListFile, TermFile};
use super::time::Time;
use crate::api::error::Result;
use crate::api::event::Event;
use crate::api::keys::MemberKeys;
use crate::api::level::LogLevel;
use crate::api::node::Node;
use crate::api::validity::TermQuality;

/// Something to send. Drained by [`super::Engine::poll_transmit`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Transmit {
    /// One UDP datagram.
    Datagram {
        /// Where to.
        to: SocketAddr,
        /// The payload.
        bytes: Vec<u8>,
    },
    /// One TCP exchange: connect, write `request`, close the writing half, read the answer to its
    /// end, and report with [`super::Engine::handle_stream`] under the same token.
    Stream {
        /// Where to.
        to: SocketAddr,
        /// Names the exchange.
        token: u64,
        /// Frames to write (docs/wire.md).
        request: Vec<u8>,
    },
    /// One TCP connection that is closed as soon as it is there; reported with
    /// [`super::Engine::handle_knock`] under the same token.
    Knock {
        /// Where to.
        to: SocketAddr,
        /// Names the knock.
        token: u64,
        /// After so long it is [`KnockAnswer::Silence`].
        timeout: Duration,
    },
    /// A lighthouse's term is to be on disk, whole and synced, before its grant is sent: reported with
    /// [`super::Engine::handle_persisted`].
    Persist {
        /// What is to be kept.
        file: TermFile,
    },
    /// A list of lighthouses is to be on disk, as [`Persist`](Self::Persist): reported with
    /// [`super::Engine::handle_list_persisted`]. Files are written in the order in which they come.
    PersistList {
        /// What is to be kept.
        file: ListFile,
    },
    /// One multicast announcement.
    Announce {
        /// The payload.
        bytes: Vec<u8>,
    },
}

/// What a host's kernel did with a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KnockAnswer {
    /// It took it: the kernel runs, whatever the process does.
    Accepted,
    /// It refused or reset it: no process listens there.
    Refused,
    /// Nothing came in time, or nothing that tells.
    Silence,
}

/// How a TCP exchange failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StreamFailure {
    /// The peer's kernel refused or reset the connection: no process listens there.
    Refused,
    /// Nothing answered in time.
    TimedOut,
    /// Connected, but the answer broke off or exceeded its limit.
    Broken,
}

/// Something to tell the host. Drained by [`super::Engine::poll_notice`].
#[derive(Clone, PartialEq, Debug)]
pub enum Notice {
    /// An event for every subscription.
    Event(Event),
    /// A ping of the user's ended: milliseconds, or none on timeout.
    Pong {
        /// The number that [`super::Engine::ping`] was given.
        ticket: u64,
        /// Round trip, or none.
        millis: Option<f64>,
    },
    /// A message of the user's was taken by the node that it is for, or was given up.
    Sent {
        /// The number that [`super::Engine::send`] was given.
        ticket: u64,
        /// Whether the node has it.
        acknowledged: bool,
    },
    /// What the members' keys are, or a rotation, or why it did not go on.
    Keys {
        /// The number that [`super::Engine::survey_keys`] was given.
        ticket: u64,
        /// The members in the order of their names.
        outcome: Result<Vec<MemberKeys>>,
    },
    /// The wait for receipts of a broadcast is over.
    Receipt {
        /// The number that [`super::Engine::broadcast_with_receipt`] was given.
        ticket: u64,
        /// The broadcast's index.
        index: u32,
        /// Members that have it, by name.
        confirmed: Vec<Arc<Node>>,
        /// Members that did not say so, by name.
        missing: Vec<Arc<Node>>,
    },
    /// This node leads in this term before that moment, or leads no more. Compare with the clock at
    /// the moment of need.
    Lease(Option<(u64, Time, TermQuality)>),
    /// A resignation, or the handing over of a lease, is over.
    Resigned {
        /// The number that [`super::Engine::resign`] was given.
        ticket: u64,
        /// Whether it went as was asked for.
        done: bool,
    },
    /// Another list of lighthouses is in force.
    Lighthouses {
        /// Its entries.
        lighthouses: Vec<String>,
    },
    /// `leave` is done: enough members know, or nobody is there to be told.
    Left,
    /// Another living process with a higher generation uses this name: the driver closes the
    /// cluster with code `conflict` 5 s after this.
    NameTaken {
        /// The address of the other one.
        other: SocketAddr,
    },
    /// A line for the log.
    Log(LogLevel, String),
}

/// One change of the table of nodes. Drained by [`super::Engine::poll_change`].
#[derive(Clone, PartialEq, Debug)]
pub enum Change {
    /// A node is new or different; `heard` is when it was last heard from, for its age.
    Put {
        /// The snapshot; its `age_millis` is 0.
        node: Node,
        /// When it was last heard from; [`Time::NEVER`] for the local node.
        heard: Time,
    },
    /// A node is gone from the table.
    Remove {
        /// Its name.
        name: Arc<str>,
    },
}
