//! What a world tells of itself to whoever watches it.

use std::sync::Arc;

use seafoam::proto::{Notice, Time};
use seafoam::{Event, Node};

/// One event, and when which node saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// When.
    pub at: Time,
    /// The node that saw it.
    pub by: usize,
    /// What.
    pub event: Event,
}

/// Something that happened at a node, in the order in which it happened.
#[derive(Clone, Debug)]
pub struct Happened {
    /// When.
    pub at: Time,
    /// Where.
    pub by: usize,
    /// What.
    pub what: Happening,
}

/// What can happen.
#[derive(Clone, Debug)]
pub enum Happening {
    /// A process begins; `run` counts the processes of this host from 1.
    Started {
        /// Its name.
        name: Arc<str>,
        /// Which process of the host.
        run: u64,
        /// The generation that its engine began with.
        generation: u64,
    },
    /// A process ends; `left` where it had said so and was done with it.
    Ended {
        /// Whether it left.
        left: bool,
    },
    /// A datagram goes out.
    Sent {
        /// Bytes of it.
        bytes: usize,
    },
    /// The node lists another one, or lists it otherwise than before.
    Put(Box<Node>),
    /// The node lists another one no longer.
    Removed(Arc<str>),
    /// Its host is told something.
    Told(Notice),
}
