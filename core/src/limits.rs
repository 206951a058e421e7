//! Every bound of seafoam, named with its unit. Nothing grows without one of these.

use std::time::Duration;

/// Longest node name, bytes.
pub const NAME_BYTES: usize = 64;
/// Longest cluster name, bytes.
pub const CLUSTER_NAME_BYTES: usize = 255;
/// Longest broadcast payload that any node accepts, bytes.
pub const BROADCAST_BYTES: usize = 1024;
/// Longest encoded tags of a node, bytes.
pub const TAGS_BYTES: usize = 512;
/// Largest UDP payload that is read, bytes.
pub const DATAGRAM_BYTES: usize = 65_000;
/// Frames of one stream in one direction, in bytes altogether: 16 384 members of 256 bytes.
pub const STREAM_BYTES: usize = 4 << 20;
/// Peers remembered in `state_dir`.
pub const PEERS_REMEMBERED: usize = 1024;
/// Seeds and lighthouses in a configuration.
pub const INITIAL_HOSTS: usize = 256;
/// Addresses taken from one DNS answer.
pub const ADDRESSES_PER_HOST: usize = 64;

/// Broadcasts that are still passed on; beyond it `broadcast` answers `busy` and foreign ones are
/// delivered but not passed on.
pub const BROADCAST_QUEUE: usize = 1024;
/// Bytes of those broadcasts.
pub const BROADCAST_QUEUE_BYTES: usize = 512 << 10;
/// Newest broadcast indexes remembered per origin, to recognise copies.
pub const BROADCAST_WINDOW: u32 = 1024;
/// Origins whose broadcasts are remembered beyond those in the table.
pub const BROADCAST_ORIGINS: usize = 4096;
/// Broadcasts kept for members that missed them.
pub const BROADCASTS_KEPT: usize = 1024;
/// Bytes of those broadcasts.
pub const BROADCAST_KEPT_BYTES: usize = 512 << 10;
/// How long a broadcast is kept for members that missed it.
pub const BROADCAST_KEPT: Duration = Duration::from_secs(10);
/// Broadcasts of this node whose receipts are awaited.
pub const RECEIPTS: usize = 64;
/// Longest message to one node, bytes.
pub const MESSAGE_BYTES: usize = 64 << 10;
/// Messages of this node that wait to be acknowledged.
pub const MESSAGES_WAITING: usize = 1024;
/// Bytes of those messages.
pub const MESSAGES_WAITING_BYTES: usize = 8 << 20;
/// How long a message is repeated before it is given up.
pub const MESSAGE_TIME: Duration = Duration::from_secs(5);
/// Removed runs that late gossip may not bring back.
pub const TOMBSTONES: usize = 4096;
/// How long a tombstone stands.
pub const TOMBSTONE_AGE: Duration = Duration::from_secs(24 * 3600);
/// How long a node that LEFT is still listed.
pub const LEFT_LISTED: Duration = Duration::from_secs(60);
/// New members taken per second, beside the table that a joining node asked for.
pub const NEW_MEMBERS_PER_SECOND: u32 = 1000;
/// New members taken at once after quiet.
pub const NEW_MEMBERS_BURST: u32 = 4096;
/// Probes, helpers' pings and user pings without an answer yet.
pub const PROBES_WAITING: usize = 1024;
/// Full-state exchanges at once, begun or served.
pub const SYNCS: usize = 8;
/// Accepted TCP connections at once.
pub const STREAM_SLOTS: usize = 256;
/// Accepted TCP connections at once from one address.
pub const STREAM_SLOTS_PER_ADDRESS: usize = 128;
/// Time for a whole TCP exchange.
pub const STREAM_TIME: Duration = Duration::from_secs(5);
/// Links at once that may work one way only, and are looked at.
pub const LINKS: usize = 64;
/// Witnesses of one suspicion that `why` names.
pub const WITNESSES_TOLD: usize = 16;
/// Time for the answer to a ping of the host's.
pub const PING_TIME: Duration = Duration::from_secs(2);
/// TCP connections at once that only ask whether a host's kernel answers.
pub const KNOCKS: usize = 64;
/// TCP connections at once that this node is opening.
pub const CONNECTING: usize = 64;
/// Host names at once that are looked up for `add_node` and `ping_node`.
pub const LOOKUPS: usize = 256;
/// Commands of the host that wait for the engine.
pub const COMMANDS: usize = 4096;
/// Longest deadline that a call takes; longer ones are cut to it (about 31 years).
pub const WAIT: Duration = Duration::from_secs(1_000_000_000);

/// Keys of one node.
pub const KEYS: usize = 8;
/// Keyring calls that wait for the answers of members.
pub const SURVEYS: usize = 8;
/// Sealed sessions of others that are remembered: twice a full table, so that restarts do not push
/// the living out.
pub const SESSIONS: usize = 2 * 16_384;
/// Addresses by which one session is reached or heard.
pub const PATHS_PER_SESSION: usize = 4;
/// Datagrams taken of one session per second,
pub const SESSION_PACKETS_PER_SECOND: u32 = 2000;
/// and at once after quiet.
pub const SESSION_PACKETS_BURST: u32 = 8000;
/// Addresses at once to which this node has yet to prove that it speaks now.
pub const HELLOS: usize = 4096;
/// Datagrams that wait for one of them.
pub const HELD_PACKETS: usize = 4;
/// Bytes of all datagrams that wait for them.
pub const HELD_BYTES: usize = 1 << 20;
/// Challenges sent per second,
pub const CHALLENGES_PER_SECOND: u32 = 2000;
/// and at once after quiet.
pub const CHALLENGES_BURST: u32 = 4096;
/// Sources whose last challenge is remembered, so that none gets the next one too soon.
pub const CHALLENGED: usize = 4096;
/// Accepted TCP connections at once whose peer has not yet shown that it has the key.
pub const GREETING_SLOTS: usize = 32;
/// Of these from one address; from loopback there may be as many as there are slots.
pub const GREETING_SLOTS_PER_ADDRESS: usize = 2;
/// Accepted TCP connections that wait for one of these slots.
pub const GREETINGS_WAITING: usize = 512;
/// Time from a free slot to the first authentic frame.
pub const GREETING_TIME: Duration = Duration::from_secs(2);

/// Bytes of payloads that wait in one subscription.
pub const SUBSCRIPTION_BYTES: usize = 4 << 20;
/// States (a node's status, its tags, the leader) that wait in one subscription after thinning: twice
/// a full table, so that what is dropped beyond is of nodes that are gone.
pub const STATES: usize = 2 * 16_384;
/// Events that may wait in one subscription: the range of `event_capacity`.
pub const EVENT_CAPACITY: std::ops::RangeInclusive<usize> = 1..=1_048_576;
/// Subscriptions of one cluster, callbacks included.
pub const SUBSCRIPTIONS: usize = 1024;
/// Events that were read, kept to publish others in; per cluster, and as many again while the engine
/// uses up what was given back before,
pub const SPENT_EVENTS: usize = 2048;
/// and the largest payload that one of them may have.
pub const SPENT_EVENT_BYTES: usize = 256;
/// Waits for a tenure of this node to begin or to end.
pub const TENURE_WAITERS: usize = 1024;
/// Pairs of callbacks for tenures, each of which has a thread.
pub const LEADERSHIP_CALLBACKS: usize = 64;
/// Log lines that wait for a slow logger.
pub const LOG_LINES: usize = 1024;
/// How long removal of a callback, or closing, waits for a running call.
pub const CALLBACK_WAIT: Duration = Duration::from_secs(1);

/// The longest list of lighthouses, in bytes, that can change while all run: it travels in one
/// datagram.
pub const LIST_BYTES: usize = 1000;

/// What a datagram with such a list has beside it, at most.
pub const LIST_OVERHEAD: usize = 160;

/// Lighthouses in the list, and such as are learned where there is no list.
pub const LIGHTHOUSES: usize = 15;
