//! The engine: dispatch only.

use std::net::SocketAddr;
use std::sync::Arc;

use super::output::{Change, Notice, StreamFailure, Transmit};
use super::time::Time;
use crate::api::config::Settings;
use crate::api::error::Result;
use crate::api::node::{Node, NodeStatus};
use crate::api::stats::Stats;
use crate::api::validity::Why;

/// Who this process is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LocalNode {
    /// Name, unique in the cluster.
    pub name: Arc<str>,
    /// The address that others use.
    pub address: SocketAddr,
    /// Milliseconds since the epoch at start.
    pub generation: u64,
    /// 64 random bits, drawn at start.
    pub run: u64,
    /// Seed of the engine's own random numbers.
    pub seed: u64,
}

/// The membership engine of one node.
///
/// The caller hands in moments that never go back, drains every output after each call, and calls
/// [`handle_timeout`](Self::handle_timeout) when [`next_deadline`](Self::next_deadline) has come.
pub struct Engine {
    stats: Stats,
}

impl Engine {
    /// An engine that knows only itself. `wall_millis` is the wall clock at `now`, used for
    /// timestamps alone.
    #[must_use]
    pub fn new(now: Time, wall_millis: u64, settings: &Settings, me: LocalNode) -> Self {
        let _ = (now, wall_millis, settings, me);
        Self {
            stats: Stats::default(),
        }
    }

    /// A datagram arrived. Whatever it holds, it is dropped and counted where it is of no use.
    pub fn handle_datagram(&mut self, now: Time, from: SocketAddr, bytes: &[u8]) {
        let _ = (now, from, bytes);
    }

    /// A multicast announcement arrived.
    pub fn handle_announcement(&mut self, now: Time, from: SocketAddr, bytes: &[u8]) {
        let _ = (now, from, bytes);
    }

    /// The kernel reported that nothing listens at `to` (ICMP port unreachable).
    pub fn handle_unreachable(&mut self, now: Time, to: SocketAddr) {
        let _ = (now, to);
    }

    /// A peer's TCP exchange was read to its end; the answer to write, or none to close at once.
    pub fn serve_stream(&mut self, now: Time, from: SocketAddr, request: &[u8]) -> Option<Vec<u8>> {
        let _ = (now, from, request);
        None
    }

    /// The exchange with this token ended.
    pub fn handle_stream(&mut self, now: Time, token: u64, answer: Result<Vec<u8>, StreamFailure>) {
        let _ = (now, token, answer);
    }

    /// The next deadline has come, or more.
    pub fn handle_timeout(&mut self, now: Time) {
        let _ = now;
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called next.
    #[must_use]
    pub fn next_deadline(&self) -> Time {
        Time::NEVER
    }

    /// The next thing to send.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        None
    }

    /// The next thing to tell.
    pub fn poll_notice(&mut self) -> Option<Notice> {
        None
    }

    /// The next change of the table. Changes come before the events that tell of them.
    pub fn poll_change(&mut self) -> Option<Change> {
        None
    }

    /// Begins a full-state exchange with each address that is not that of a healthy member, and
    /// says whether any is one already. The driver calls it with the addresses of a seed, again
    /// and again with back-off, looking the name up each time.
    pub fn contact(&mut self, now: Time, addresses: &[SocketAddr]) -> bool {
        let _ = (now, addresses);
        false
    }

    /// Adds a node that the user named: UNKNOWN under the text of `address` until it answers.
    /// `resolved` is none while a host name has not been looked up; calling again with the same
    /// text and an address goes on from there.
    ///
    /// # Errors
    /// `busy` where the table is full.
    pub fn add_node(
        &mut self,
        now: Time,
        address: &str,
        resolved: Option<SocketAddr>,
    ) -> Result<Node> {
        let _ = (now, address, resolved);
        Err(crate::api::error::Error::not_available("add_node"))
    }

    /// Forgets a node and leaves a tombstone for its generation.
    ///
    /// # Errors
    /// `unknown_node`; `invalid_address` for the local node.
    pub fn remove_node(&mut self, now: Time, node: &str) -> Result<Node> {
        let _ = (now, node);
        Err(crate::api::error::Error::not_available("remove_node"))
    }

    /// Sets a node's local timestamp.
    ///
    /// # Errors
    /// `unknown_node`.
    pub fn touch_node(&mut self, now: Time, node: &str) -> Result<()> {
        let _ = (now, node);
        Err(crate::api::error::Error::not_available("touch_node"))
    }

    /// States a node's status: SUSPECTED or DEAD is an accusation that it may refute, ALIVE makes a
    /// probe.
    ///
    /// # Errors
    /// `unknown_node`; `invalid_config` for UNKNOWN and LEFT, for the local node, and where `rank`
    /// or `datacenter` is given: those are a node's own claims.
    pub fn update_node_status(&mut self, now: Time, node: &str, status: NodeStatus) -> Result<()> {
        let _ = (now, node, status);
        Err(crate::api::error::Error::not_available(
            "update_node_status",
        ))
    }

    /// Pings a member, or an address of none; the outcome comes as [`Notice::Pong`] within
    /// `timeout`.
    ///
    /// # Errors
    /// `busy` where too many pings wait.
    pub fn ping(
        &mut self,
        now: Time,
        to: SocketAddr,
        ticket: u64,
        timeout: std::time::Duration,
    ) -> Result<()> {
        let _ = (now, to, ticket, timeout);
        Err(crate::api::error::Error::not_available("ping_node"))
    }

    /// Begins a broadcast and returns its index.
    ///
    /// # Errors
    /// `payload_too_large`, `busy` where the queue is full; nothing was sent.
    pub fn broadcast(&mut self, now: Time, bytes: &[u8]) -> Result<u32> {
        let _ = (now, bytes);
        Err(crate::api::error::Error::not_available("broadcast"))
    }

    /// Tells the cluster that this node leaves; [`Notice::Left`] follows when enough members know.
    pub fn leave(&mut self, now: Time) {
        let _ = now;
    }

    /// Takes over settings that changed at run time.
    pub fn apply_settings(&mut self, now: Time, settings: &Settings) {
        let _ = (now, settings);
    }

    /// Why a node is suspected or dead.
    ///
    /// # Errors
    /// `unknown_node`.
    pub fn why(&self, now: Time, node: &str) -> Result<Why> {
        let _ = (now, node);
        Err(crate::api::error::Error::not_available("why"))
    }

    /// The engine's own counters and gauges; those of the runtime are 0 here.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.stats
    }
}
