//! The facade: every call of the public surface, for Rust and for every binding.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::api::config::{Config, Settings};
use crate::api::error::{Error, ErrorCode, Result};
use crate::api::event::{Event, EventKind, EventKinds};
use crate::api::node::{Node, NodeRank, NodeStatus};
use crate::api::receipt::Receipt;
use crate::api::stats::Stats;
use crate::api::validity::{Lease, Validity, Why};
use crate::api::value::Arg;
use crate::callbacks::{Callback, CallbackHandle};
use crate::events::{EventOptions, Events};
use crate::pending::Pending;
use crate::shared::Handle;
use crate::waiters::Wanted;

/// One node's membership in one cluster.
///
/// Cheap to clone; every clone is the same membership, usable from any thread. Nothing here waits on
/// the network but what returns a [`Pending`]. After [`close`](Self::close) every call fails with
/// `closed`, in a forked child with `forked`. When the last clone is dropped the cluster closes
/// without leaving, which looks like a crash to its peers: [`leave`](Self::leave) first.
#[derive(Clone)]
pub struct Cluster {
    pub(crate) shared: Arc<Handle>,
}

impl Cluster {
    /// Binds the sockets, begins to probe, and joins in the background. An unreachable seed is
    /// retried for ever, never fatal.
    ///
    /// # Errors
    /// `invalid_config`, `not_available`, `key_required`, `address_in_use`, `invalid_address`,
    /// `resolve_failed` (of the own `advertise_address` alone); nothing is left half-started.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "what a cluster was started with is not changed afterwards: it is handed over"
    )]
    pub fn start(config: Config) -> Pending<Self> {
        crate::runtime::start(&config, |shared| Self { shared })
    }

    /// Waits until the view has `min_members` healthy members, the local one included, and, where
    /// `valid` is asked for, [`is_valid`](Self::is_valid) is true.
    ///
    /// # Errors
    /// `timeout` saying how many there were, and which lighthouses are missing; `not_valid` at once
    /// for `valid` where the configuration can never make it true.
    pub fn ready(&self, min_members: usize, valid: bool, timeout: Duration) -> Pending<()> {
        self.shared.ready(Wanted { min_members, valid }, timeout)
    }

    /// Tells the peers that this node leaves: they see LEFT. Done when enough of them know, when none
    /// is left who could answer, or when the time has passed. May be called twice; reads go on to
    /// work until [`close`](Self::close).
    ///
    /// # Errors
    /// `timeout` where too few peers acknowledged in time; this node has stopped taking part all the same.
    pub fn leave(&self, timeout: Duration) -> Pending<()> {
        self.shared.leave(timeout)
    }

    /// Releases sockets, timers and waiters in well under a second. Subscriptions end with CLOSED;
    /// pending calls fail with `closed`. May be called twice and from any thread; from inside a
    /// callback it does not wait for that callback.
    ///
    /// # Errors
    /// `forked` in a forked child.
    pub fn close(&self) -> Pending<()> {
        self.shared.close()
    }

    /// Whether [`close`](Self::close) was called or the cluster closed itself; also in a forked
    /// child.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shared.check().is_err()
    }

    /// This node.
    ///
    /// # Errors
    /// `closed`, `forked`.
    pub fn local_node(&self) -> Result<Arc<Node>> {
        let name = self.shared.local_name();
        self.node(&name)?.ok_or_else(|| {
            Error::new(ErrorCode::Internal, "the local node is missing from its own table")
        })
    }

    /// Every node in the table, in the order of their names: DEAD ones until they are forgotten,
    /// LEFT ones for 60 s.
    ///
    /// # Errors
    /// `closed`, `forked`.
    pub fn all_nodes(&self) -> Result<Vec<Arc<Node>>> {
        self.shared.check()?;
        Ok(self.shared.view.read().all(self.shared.now()))
    }

    /// The nodes that are ALIVE or SUSPECTED, the local one included, in the order of their names.
    ///
    /// # Errors
    /// `closed`, `forked`.
    pub fn healthy_nodes(&self) -> Result<Vec<Arc<Node>>> {
        self.shared.check()?;
        Ok(self.shared.view.read().healthy(self.shared.now()))
    }

    /// The node of this name or address, or none.
    ///
    /// # Errors
    /// `closed`, `forked`.
    pub fn node(&self, name_or_address: &str) -> Result<Option<Arc<Node>>> {
        self.shared.check()?;
        Ok(self.shared.view.read().find(name_or_address, self.shared.now()))
    }

    /// Adds a node by `host`, `host:port` or `[v6]:port` and returns at once: UNKNOWN, with the
    /// address as name, until the node answers (event `node`). Without a port the own
    /// `listen_port` is taken, 9999 where that is 0.
    ///
    /// # Errors
    /// `invalid_address`; `busy` where the table is full.
    pub fn add_node(&self, address: &str) -> Result<Arc<Node>> {
        self.shared.add_node(address)
    }

    /// Forgets a node, here alone, with a tombstone for its generation; a node that speaks again
    /// comes back. Returns it as it was.
    ///
    /// # Errors
    /// `unknown_node`; `invalid_address` for the local node.
    pub fn remove_node(&self, node: &str) -> Result<Arc<Node>> {
        self.shared.with_engine(|engine, now| engine.remove_node(now, node).map(Arc::new))
    }

    /// The round trip to a node, or to an address that is no member's, in milliseconds.
    ///
    /// # Errors
    /// `timeout`, `unknown_node` for a name that is neither, `resolve_failed`, `busy`.
    pub fn ping_node(&self, node: &str) -> Pending<f64> {
        self.shared.ping_node(node)
    }

    /// States a node's status. DEAD and SUSPECTED are accusations that it may refute, ALIVE makes a
    /// probe; a peer's rank and datacenter are its own claims and are refused.
    ///
    /// # Errors
    /// `unknown_node`; `invalid_config` for a status that is no statement about a peer, or where
    /// `rank` or `datacenter` is given.
    pub fn update_node_status(
        &self,
        node: &str,
        status: NodeStatus,
        rank: Option<NodeRank>,
        datacenter: Option<u8>,
    ) -> Result<()> {
        if rank.is_some() || datacenter.is_some() {
            return Err(Error::new(
                ErrorCode::InvalidConfig,
                "rank and datacenter of a peer are its own claims: they cannot be set from here",
            ));
        }
        self.shared.with_engine(|engine, now| engine.update_node_status(now, node, status))
    }

    /// Sets a node's local timestamp to now.
    ///
    /// # Errors
    /// `unknown_node`.
    pub fn touch_node(&self, node: &str) -> Result<()> {
        self.shared.with_engine(|engine, now| engine.touch_node(now, node))
    }

    /// Sends a payload to every other healthy member, each of which gets it at most once; returns
    /// its label (`ip:port:index`, unique within one run). Members that join later do not get it.
    ///
    /// # Errors
    /// `payload_too_large` beyond `max_broadcast_bytes`, `busy` where the queue is full; nothing
    /// was sent.
    pub fn broadcast(&self, bytes: &[u8]) -> Result<String> {
        self.shared.broadcast(bytes)
    }

    /// As [`broadcast`](Self::broadcast), and waits until every member that was healthy then has
    /// confirmed it, is dead or gone, or the time has passed; tells who confirmed and who did not.
    /// Whoever does not confirm is sent it again, straight.
    ///
    /// # Errors
    /// As `broadcast`; `busy` where 64 receipts are awaited. That members are missing is no error.
    pub fn broadcast_with_receipt(&self, bytes: &[u8], timeout: Duration) -> Pending<Receipt> {
        self.shared.broadcast_with_receipt(bytes, timeout)
    }

    /// The leader as this node knows it, by what all pass on, or none. What must not be done by two is
    /// guarded by [`is_leader`](Self::is_leader) on the leader itself, and by the term.
    ///
    /// # Errors
    /// `closed`, `forked`.
    pub fn leader(&self) -> Result<Option<Arc<Node>>> {
        self.shared.check()?;
        Ok(self.shared.view.read().leader(self.shared.now()))
    }

    /// Whether this node leads at this instant: the clock is read at each call. False after close, and
    /// in a forked child. The thread may be held up right after it: what must never happen twice is
    /// guarded by the lease's term where it has its effect (docs/guarantees.md).
    #[must_use]
    pub fn is_leader(&self) -> bool {
        self.shared.lease().is_some()
    }

    /// The own lease as it is at this instant, or none where this node does not lead.
    ///
    /// # Errors
    /// `closed`, `forked`.
    pub fn lease(&self) -> Result<Option<Lease>> {
        self.shared.check().map(|()| self.shared.lease())
    }

    /// Gives the lease up: from the call on this node does not lead. Done when a majority of the
    /// lighthouses knows, so that another can lead at once.
    ///
    /// # Errors
    /// `not_leader`; nothing was changed.
    pub fn resign(&self) -> Pending<()> {
        self.shared.give_up(|engine, now, ticket| engine.resign(now, ticket))
    }

    /// Gives the lease up in favour of another node, by name or address. Done when that one leads.
    ///
    /// # Errors
    /// `not_leader`, `unknown_node`, `invalid_config` for a node that is not alive or not eligible:
    /// nothing was changed. `timeout` where it did not come to lead within 3 s: then this node does
    /// not lead any more either, and whoever stands first does.
    pub fn transfer_leadership(&self, node: &str) -> Pending<()> {
        self.shared.give_up(|engine, now, ticket| engine.transfer_leadership(now, node, ticket))
    }

    /// Whether this side of a partition may act: which lighthouses are included, and how many are
    /// needed. What the engine found last, told by the event `validity` as well.
    ///
    /// # Errors
    /// `closed`, `forked`.
    pub fn validity(&self) -> Result<Arc<Validity>> {
        self.shared.check().map(|()| Arc::clone(&self.shared.view.read().validity))
    }

    /// Whether this side of a partition may act at this instant: true in VALID alone, and where
    /// lighthouses are learned only with a number as `validity_rule`. It reads the clock: evidence
    /// that ran out while the process was held up counts no more. False after close and in a forked
    /// child. A local belief: nothing may be kept from happening twice by it alone.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.shared.is_valid()
    }

    /// Opens a subscription that begins now.
    ///
    /// # Errors
    /// `invalid_config` for a capacity out of range, `busy` where too many are open, `closed`,
    /// `forked`.
    pub fn events(&self, options: EventOptions) -> Result<Events> {
        self.shared.subscribe(&options)
    }

    /// Calls `callback` for each event of these kinds, on the cluster's dispatch thread. Any call
    /// of this type may be made from inside. A callback that panics is logged and stays.
    ///
    /// # Errors
    /// `busy` where too many are installed, `closed`, `forked`.
    pub fn on_event(&self, kinds: EventKinds, callback: Callback) -> Result<CallbackHandle> {
        self.shared.check()?;
        let all = EventOptions::default();
        self.shared.callbacks.add(kinds, callback, || self.shared.subscribe(&all))
    }

    /// Calls `callback` with the node and its new status at each change.
    ///
    /// # Errors
    /// As [`on_event`](Self::on_event).
    pub fn on_status(
        &self,
        mut callback: impl FnMut(&Arc<Node>, NodeStatus) + Send + 'static,
    ) -> Result<CallbackHandle> {
        let call = move |event: &Event| {
            if let Event::Status { node, status, .. } = event {
                callback(node, *status);
            }
        };
        self.on_event(EventKinds::of(&[EventKind::Status]), Box::new(call))
    }

    /// Calls `callback` with the origin and the payload of each broadcast.
    ///
    /// # Errors
    /// As [`on_event`](Self::on_event).
    pub fn on_broadcast(
        &self,
        mut callback: impl FnMut(&Arc<Node>, &[u8]) + Send + 'static,
    ) -> Result<CallbackHandle> {
        let call = move |event: &Event| {
            if let Event::Broadcast { origin, bytes, .. } = event {
                callback(origin, bytes);
            }
        };
        self.on_event(EventKinds::of(&[EventKind::Broadcast]), Box::new(call))
    }

    /// Counters and gauges.
    ///
    /// # Errors
    /// `closed`, `forked`.
    pub fn stats(&self) -> Result<Stats> {
        self.shared.check()?;
        Ok(self.shared.stats())
    }

    /// Replaces the tags of this node: all members see them within a moment (event `node`), whoever
    /// joins later too. At most 512 bytes as `k=v,k=v`; keys are not empty and hold no `=` and no
    /// comma, values no comma.
    ///
    /// # Errors
    /// `invalid_config` for tags that are refused; nothing was changed.
    pub fn set_tags(&self, tags: &BTreeMap<String, String>) -> Result<()> {
        self.shared.check()?;
        self.set("tags", &crate::api::rules::tags_text(tags)?)
    }

    /// Sends a payload of at most 64 KiB to one node, or to an address that is no member's yet: it
    /// gets it at most once, as event `message`. Done when the node has it; it is repeated for 5 s.
    /// Messages may overtake one another.
    ///
    /// # Errors
    /// `payload_too_large`; `busy` where too many wait; `unknown_node`, `resolve_failed`; `timeout`
    /// where nobody acknowledged it, so that it is not known whether it came.
    pub fn send(&self, node: &str, bytes: &[u8]) -> Pending<()> {
        self.shared.send(node, bytes)
    }

    /// Why a node is suspected or dead, as this process knows it.
    ///
    /// # Errors
    /// `unknown_node`, `closed`, `forked`.
    pub fn why(&self, node: &str) -> Result<Why> {
        self.shared.with_engine(|engine, now| engine.why(now, node))
    }

    /// The healthy member that owns `key`: rendezvous hashing, the same answer on every node with
    /// the same view. Only members that carry all of `tags` count.
    ///
    /// # Errors
    /// `closed`, `forked`.
    pub fn owner(&self, key: &[u8], tags: &BTreeMap<String, String>) -> Result<Option<Arc<Node>>> {
        Ok(self.owners(key, 1, tags)?.into_iter().next())
    }

    /// The `count` best owners of `key`, best first; fewer where there are not so many.
    ///
    /// # Errors
    /// `closed`, `forked`.
    pub fn owners(
        &self,
        key: &[u8],
        count: usize,
        tags: &BTreeMap<String, String>,
    ) -> Result<Vec<Arc<Node>>> {
        let mut nodes = self.healthy_nodes()?;
        nodes.retain(|node| tags.iter().all(|(name, value)| node.tags.get(name) == Some(value)));
        let score = |node: &Arc<Node>| crate::proto::hash::score(key, &node.name);
        nodes.sort_by_cached_key(|node| (std::cmp::Reverse(score(node)), Arc::clone(&node.name)));
        nodes.truncate(count);
        Ok(nodes)
    }

    /// The text of a configuration value as it is now; of `keys` their places, lengths and ids.
    ///
    /// # Errors
    /// `invalid_config` where there is no such key, `closed`, `forked`.
    pub fn get(&self, key: &str) -> Result<String> {
        self.settings()?.get(key)
    }

    /// All configuration values as they are now.
    ///
    /// # Errors
    /// `closed`, `forked`.
    pub fn settings(&self) -> Result<Settings> {
        self.shared.check()?;
        let mut settings = self.shared.settings.read().clone();
        // Others may have said which of the keys seals.
        settings.keys = self.shared.engine.lock().ring().list();
        Ok(settings)
    }

    /// Changes a configuration value that can be changed at run time, by its text.
    ///
    /// # Errors
    /// `invalid_config` where the key is unknown, fixed at start, or the value refused;
    /// `not_available`; nothing was changed.
    pub fn set(&self, key: &str, value: &str) -> Result<()> {
        self.shared.set(key, value)
    }
}

macro_rules! live_setters {
    ($($setter:ident $key:ident: $type:ty, $doc:literal;)*) => {
        impl Cluster {
            $(
                #[doc = $doc]
                ///
                /// # Errors
                /// As [`set`](Self::set).
                pub fn $setter(&self, value: impl Into<Arg<$type>>) -> Result<()> {
                    self.set(stringify!($key), &value.into().text)
                }
            )*
        }

        /// The typed setters that there are; a test holds them against the configuration table.
        #[cfg(test)]
        const LIVE_SETTERS: &[&str] = &[$(stringify!($key)),*];
    };
}

live_setters! {
    set_heartbeat_millis heartbeat_millis: u32, "Changes the time between two probes, milliseconds.";
    set_max_broadcast_bytes max_broadcast_bytes: u32, "Changes the longest payload of a broadcast, bytes.";
    set_multicast_announce_interval_seconds multicast_announce_interval_seconds: u32, "Changes the seconds between multicast announcements.";
    set_ping_history_frontload_millis ping_history_frontload_millis: u32, "Changes the ping time that fills an empty history, milliseconds.";
    set_min_ping_time_millis min_ping_time_millis: u32, "Changes the floor under the timeout of a ping, milliseconds.";
    set_lighthouses lighthouses: Vec<String>, "Adds one lighthouse to the list, or removes one, in the whole cluster; the leader alone can (docs/leadership.md).";
    set_leader_eligible leader_eligible: bool, "Changes whether this node may lead.";
    set_leader_priority leader_priority: u8, "Changes how early this node stands as a candidate.";
    set_log_level log_level: crate::api::level::LogLevel, "Changes the threshold of the log, process-wide.";
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster").field("local", &self.shared.local_name()).finish_non_exhaustive()
    }
}

/// This machine's address: global before private before link-local, IPv6 before IPv4; none where
/// there is none but loopback.
///
/// # Errors
/// `internal` where the system cannot be asked.
pub fn local_ip() -> Result<Option<std::net::IpAddr>> {
    crate::runtime::local_ip()
}

/// The wall clock in milliseconds since the epoch.
#[must_use]
pub fn now_millis() -> u64 {
    crate::runtime::wall_millis()
}

#[cfg(test)]
mod tests {
    use super::LIVE_SETTERS;
    use crate::api::config::CONFIG_KEYS;

    /// `set_tags` takes a map and stands apart.
    #[test]
    fn every_live_key_has_a_setter() {
        let live: Vec<_> = CONFIG_KEYS.iter().filter(|key| key.live).map(|key| key.name).collect();
        let mut setters = LIVE_SETTERS.to_vec();
        setters.push("tags");
        setters.sort_unstable();
        let mut expected = live;
        expected.sort_unstable();
        assert_eq!(setters, expected);
    }
}
