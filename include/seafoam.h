/* SPDX-License-Identifier: Apache-2.0 */
/* Made by `BLESS=1 cargo test -p seafoam-ffi --test header`; not to be edited. */

#ifndef SEAFOAM_H
#define SEAFOAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * @file
 * seafoam: cluster membership that a service can trust. Link with -lseafoam.
 *
 * Results: every call that can fail returns a `seafoam_code`, 0 (`SEAFOAM_OK`) where it did what it
 * was asked to. Its last argument `error` may be NULL; else `*error` is set at every call: to NULL,
 * or to an error with a sentence for people, which the caller frees with `seafoam_error_free`.
 * Other results go through pointers; where the call fails they hold NULL, 0, false or -1.
 *
 * Arguments: NULL for a handle or for a result that is not marked as optional, bytes that are not
 * UTF-8, and numbers out of range are answered with `SEAFOAM_INVALID_CONFIG` and a sentence that
 * names the argument. `_free` functions take NULL. A handle must not be used after it was freed.
 *
 * Ownership: what a call gives through a pointer to a non-const handle or text is the caller's, who
 * frees it. What is `const` is borrowed and must not be freed; each function says for how long.
 *
 * Threads: every function may be called from any thread, and from inside callbacks. No function
 * unwinds or aborts; a defect inside answers `SEAFOAM_INTERNAL`. Callbacks must return normally:
 * no exception and no longjmp may leave them.
 *
 * Fork: in a forked child every call with a handle of the parent answers `SEAFOAM_FORKED`; start a
 * cluster anew there.
 */

/** Version of this header; `seafoam_version` tells that of the library. */
#define SEAFOAM_VERSION "0.1.0"
#define SEAFOAM_VERSION_MAJOR 0
#define SEAFOAM_VERSION_MINOR 1
#define SEAFOAM_VERSION_PATCH 0
/** A number that rises with the version: major * 1000000 + minor * 1000 + patch. */
#define SEAFOAM_VERSION_NUMBER 1000

/**
 * What a call came to. Later versions may add values.
 * `seafoam_code_name` gives the word.
 */
typedef int32_t seafoam_code;
enum {
  /** The call did what it was asked to. */
  SEAFOAM_OK = 0,
  /** A configuration key is unknown, or its value is outside what it accepts. */
  SEAFOAM_INVALID_CONFIG = 1,
  /** Another socket holds the address and port to listen on. */
  SEAFOAM_ADDRESS_IN_USE = 2,
  /** A text is not an address, or the address cannot be used here. */
  SEAFOAM_INVALID_ADDRESS = 3,
  /** A host name has no address at the moment. */
  SEAFOAM_RESOLVE_FAILED = 4,
  /** No node of that name or address is in the table. */
  SEAFOAM_UNKNOWN_NODE = 5,
  /** The payload is longer than the limit; nothing was sent. */
  SEAFOAM_PAYLOAD_TOO_LARGE = 6,
  /** The call needs this node to be the leader, and it is not. */
  SEAFOAM_NOT_LEADER = 7,
  /** The call needs a valid cluster, and it is not. */
  SEAFOAM_NOT_VALID = 8,
  /** This build of the engine does not offer that yet; nothing was changed. */
  SEAFOAM_NOT_AVAILABLE = 9,
  /** The deadline passed before the condition was met. */
  SEAFOAM_TIMEOUT = 10,
  /** A bounded queue is full; try again later. */
  SEAFOAM_BUSY = 11,
  /** Another living node uses this node's name. */
  SEAFOAM_CONFLICT = 12,
  /** The cluster handle was closed before the call. */
  SEAFOAM_CLOSED = 13,
  /** The handle belongs to the parent process; start a new cluster in the child. */
  SEAFOAM_FORKED = 14,
  /** Listening beyond loopback needs a key, or `insecure`. */
  SEAFOAM_KEY_REQUIRED = 15,
  /** A key has the wrong length or encoding, or its id is taken. */
  SEAFOAM_BAD_KEY = 16,
  /** A defect in seafoam; the cluster was closed and the host is unharmed. */
  SEAFOAM_INTERNAL = 17,
};

/**
 * What a process believes about a node. Later versions may add values.
 * `seafoam_status_name` gives the word.
 */
typedef int32_t seafoam_status;
enum {
  /** Named by the user but not heard of yet. */
  SEAFOAM_STATUS_UNKNOWN = 0,
  /** Answers, or is vouched for by others. */
  SEAFOAM_STATUS_ALIVE = 1,
  /** Does not answer; it still counts as healthy and may refute. */
  SEAFOAM_STATUS_SUSPECTED = 2,
  /** Did not answer or refute in time. */
  SEAFOAM_STATUS_DEAD = 3,
  /** Said itself that it leaves. */
  SEAFOAM_STATUS_LEFT = 5,
};

/**
 * The role of a node. Later versions may add values.
 * `seafoam_rank_name` gives the word.
 */
typedef int32_t seafoam_rank;
enum {
  /** No role beside membership. */
  SEAFOAM_RANK_NORMAL = 0,
  /** Holds the lease to lead its scope. */
  SEAFOAM_RANK_LEADER = 1,
  /** Must be included for the cluster to count as valid; votes on the leader. */
  SEAFOAM_RANK_LIGHTHOUSE = 2,
};

/**
 * What an event is about. Later versions may add values.
 * `seafoam_event_kind_name` gives the word.
 */
typedef int32_t seafoam_kind;
enum {
  /** A node's status changed. */
  SEAFOAM_EVENT_STATUS = 1,
  /** Another member broadcast a payload. */
  SEAFOAM_EVENT_BROADCAST = 2,
  /** Another member sent a payload to this node alone. */
  SEAFOAM_EVENT_MESSAGE = 3,
  /** A leader was elected, renewed its tenure elsewhere, or was lost. */
  SEAFOAM_EVENT_LEADER = 4,
  /** The cluster became valid or stopped being so. */
  SEAFOAM_EVENT_VALIDITY = 5,
  /** A node's tags, address or datacenter changed. */
  SEAFOAM_EVENT_NODE = 6,
  /** Two living nodes use one name. */
  SEAFOAM_EVENT_CONFLICT = 7,
  /** A link works in one direction only, or in both again. */
  SEAFOAM_EVENT_LINK = 8,
  /** Members that were dead came back together. */
  SEAFOAM_EVENT_MERGED = 9,
  /** A whole datacenter was lost or came back. */
  SEAFOAM_EVENT_DATACENTER = 10,
  /** This subscription was too slow and lost its oldest events. */
  SEAFOAM_EVENT_LAGGED = 11,
  /** The cluster was closed; nothing follows. */
  SEAFOAM_EVENT_CLOSED = 12,
};

/**
 * How grave a log line is; as a threshold: this and graver. Later versions may add values.
 * `seafoam_log_level_name` gives the word.
 */
typedef int32_t seafoam_level;
enum {
  /** As a threshold: everything. */
  SEAFOAM_LOG_ALL = 0,
  /** Each datagram. */
  SEAFOAM_LOG_TRACE = 1,
  /** Each decision. */
  SEAFOAM_LOG_DEBUG = 2,
  /** What an operator wants to know. */
  SEAFOAM_LOG_INFO = 3,
  /** Something is wrong and is worked around. */
  SEAFOAM_LOG_WARN = 4,
  /** Something failed. */
  SEAFOAM_LOG_ERROR = 5,
  /** The cluster cannot go on. */
  SEAFOAM_LOG_FATAL = 6,
  /** As a threshold: nothing. */
  SEAFOAM_LOG_OFF = 7,
};

/**
 * Whether this side of a partition may act. Later versions may add values.
 * `seafoam_validity_state_name` gives the word.
 */
typedef int32_t seafoam_state;
enum {
  /** Plain membership: no lighthouse is configured or learned, or `fallback` is set. */
  SEAFOAM_VALIDITY_FALLBACK = 0,
  /** Not enough lighthouses were seen yet. */
  SEAFOAM_VALIDITY_FORMING = 1,
  /** Enough lighthouses are included. */
  SEAFOAM_VALIDITY_VALID = 2,
  /** Too few lighthouses are included. */
  SEAFOAM_VALIDITY_INVALID = 3,
};

/**
 * Where the list of lighthouses comes from. Later versions may add values.
 * `seafoam_validity_basis_name` gives the word.
 */
typedef int32_t seafoam_basis;
enum {
  /** The configured list, the same on every node. */
  SEAFOAM_BASIS_LISTED = 0,
  /** Flags of nodes that were seen; good for validity, not for elections. */
  SEAFOAM_BASIS_LEARNED = 1,
};

/**
 * How far a lease's term can be trusted. Later versions may add values.
 * `seafoam_term_quality_name` gives the word.
 */
typedef int32_t seafoam_quality;
enum {
  /** The term floor is kept on disk. */
  SEAFOAM_TERM_DURABLE = 0,
  /** The term floor comes from the wall clock: weaker. */
  SEAFOAM_TERM_CLOCK_FLOOR = 1,
};

/**
 * Which way a link works. Later versions may add values.
 * `seafoam_link_direction_name` gives the word.
 */
typedef int32_t seafoam_direction;
enum {
  /** The node is heard here, but does not hear this node. */
  SEAFOAM_LINK_INBOUND = 1,
  /** The node hears this node, but is not heard here. */
  SEAFOAM_LINK_OUTBOUND = 2,
  /** The link works both ways again. */
  SEAFOAM_LINK_BOTH = 3,
};

/**
 * What the kernel of a silent node's host did with a TCP connection. Later versions may add values.
 * `seafoam_hint_name` gives the word.
 */
typedef int32_t seafoam_hint;
enum {
  /** No connection was tried, or its outcome is not known yet. */
  SEAFOAM_HINT_NONE = 0,
  /** Nothing came back: the host is dead, or the network is cut. */
  SEAFOAM_HINT_SILENT = 1,
  /** It was accepted: the process is paused, or its datagrams are lost. */
  SEAFOAM_HINT_HUNG = 2,
  /** It was refused: the process is gone. */
  SEAFOAM_HINT_GONE = 3,
};

/** `seafoam_node_ping_millis` of a node that was not pinged yet. */
#define SEAFOAM_PING_NO_DATA (-1.0)
/** `seafoam_node_ping_millis` of a node whose last ping timed out. */
#define SEAFOAM_PING_TIMED_OUT (-2.0)
/** `seafoam_node_datacenter` of a node that was not assigned to one. */
#define SEAFOAM_DATACENTER_NONE 255
/** The bit of an event kind in a set of kinds; join bits with `|`. */
#define SEAFOAM_EVENT_BIT(kind) (UINT32_C(1) << (kind))

/* Bounds; each is named with its unit, those without count things. */
#define SEAFOAM_LIMIT_BROADCAST_BYTES 1024
#define SEAFOAM_LIMIT_BROADCAST_QUEUE 1024
#define SEAFOAM_LIMIT_CALLBACK_WAIT_MILLIS 1000
#define SEAFOAM_LIMIT_CLUSTER_NAME_BYTES 255
#define SEAFOAM_LIMIT_EVENT_CAPACITY_MAXIMUM 1048576
#define SEAFOAM_LIMIT_EVENT_CAPACITY_MINIMUM 1
#define SEAFOAM_LIMIT_INITIAL_HOSTS 256
#define SEAFOAM_LIMIT_LOG_LINES 1024
#define SEAFOAM_LIMIT_MESSAGE_BYTES 65536
#define SEAFOAM_LIMIT_NAME_BYTES 64
#define SEAFOAM_LIMIT_SUBSCRIPTION_BYTES 4194304
#define SEAFOAM_LIMIT_SUBSCRIPTIONS 1024
#define SEAFOAM_LIMIT_TAGS_BYTES 512
#define SEAFOAM_LIMIT_WAIT_MILLIS INT64_C(1000000000000)

/**
 * Name of the cluster, checked on every packet: members of other clusters are never heard.
 * Takes a text of 1 to 255 bytes; fixed at start.
 */
#define SEAFOAM_KEY_CLUSTER_NAME "cluster_name"
#define SEAFOAM_ENV_CLUSTER_NAME "SEAFOAM_CLUSTER_NAME"
#define SEAFOAM_DEFAULT_CLUSTER_NAME "seafoam"

/**
 * IPv4 or IPv6 address to listen on. Beyond loopback a key or `insecure` is needed.
 * Takes an IPv4 or IPv6 address; fixed at start.
 */
#define SEAFOAM_KEY_LISTEN_IP "listen_ip"
#define SEAFOAM_ENV_LISTEN_IP "SEAFOAM_LISTEN_IP"
#define SEAFOAM_DEFAULT_LISTEN_IP "127.0.0.1"

/**
 * UDP and TCP port to listen on; 0 takes any free port, readable afterwards.
 * Takes a whole number from 0 to 65535; fixed at start.
 */
#define SEAFOAM_KEY_LISTEN_PORT "listen_port"
#define SEAFOAM_ENV_LISTEN_PORT "SEAFOAM_LISTEN_PORT"
#define SEAFOAM_DEFAULT_LISTEN_PORT "9999"

/**
 * The `host:port` that others use to reach this node; the listen address where it is not set.
 * Takes host:port, ip:port or [ipv6]:port; fixed at start.
 */
#define SEAFOAM_KEY_ADVERTISE_ADDRESS "advertise_address"
#define SEAFOAM_ENV_ADVERTISE_ADDRESS "SEAFOAM_ADVERTISE_ADDRESS"
#define SEAFOAM_DEFAULT_ADVERTISE_ADDRESS ""

/**
 * Identity of this node, unique in the cluster; the advertised address where it is not set.
 * Takes 1 to 64 bytes of A-Z a-z 0-9 . _ : % [ ] -; fixed at start.
 */
#define SEAFOAM_KEY_NAME "name"
#define SEAFOAM_ENV_NAME "SEAFOAM_NAME"
#define SEAFOAM_DEFAULT_NAME ""

/**
 * Milliseconds between two probes of the failure detector.
 * Takes a whole number from 10 to 60000; can be changed while the cluster runs.
 */
#define SEAFOAM_KEY_HEARTBEAT_MILLIS "heartbeat_millis"
#define SEAFOAM_ENV_HEARTBEAT_MILLIS "SEAFOAM_HEARTBEAT_MILLIS"
#define SEAFOAM_DEFAULT_HEARTBEAT_MILLIS "500"

/**
 * Known members to join by: addresses or DNS names, looked up again at each retry.
 * Takes a comma list of at most 256 of host, host:port, ip:port, [ipv6]:port; fixed at start.
 */
#define SEAFOAM_KEY_INITIAL_HOSTS "initial_hosts"
#define SEAFOAM_ENV_INITIAL_HOSTS "SEAFOAM_INITIAL_HOSTS"
#define SEAFOAM_DEFAULT_INITIAL_HOSTS ""

/**
 * Longest broadcast payload that this node sends, bytes.
 * Takes a whole number from 0 to 1024; can be changed while the cluster runs.
 */
#define SEAFOAM_KEY_MAX_BROADCAST_BYTES "max_broadcast_bytes"
#define SEAFOAM_ENV_MAX_BROADCAST_BYTES "SEAFOAM_MAX_BROADCAST_BYTES"
#define SEAFOAM_DEFAULT_MAX_BROADCAST_BYTES "256"

/**
 * Largest UDP payload that this node sends, bytes.
 * Takes a whole number from 508 to 65000; fixed at start.
 */
#define SEAFOAM_KEY_MAX_DATAGRAM_BYTES "max_datagram_bytes"
#define SEAFOAM_ENV_MAX_DATAGRAM_BYTES "SEAFOAM_MAX_DATAGRAM_BYTES"
#define SEAFOAM_DEFAULT_MAX_DATAGRAM_BYTES "1200"

/**
 * Announce by multicast at start, and listen for announcements of others.
 * Takes true or false; fixed at start.
 */
#define SEAFOAM_KEY_MULTICAST_ENABLED "multicast_enabled"
#define SEAFOAM_ENV_MULTICAST_ENABLED "SEAFOAM_MULTICAST_ENABLED"
#define SEAFOAM_DEFAULT_MULTICAST_ENABLED "true"

/**
 * Seconds between multicast announcements; 0 announces once, at start.
 * Takes a whole number from 0 to 86400; can be changed while the cluster runs.
 */
#define SEAFOAM_KEY_MULTICAST_ANNOUNCE_INTERVAL_SECONDS "multicast_announce_interval_seconds"
#define SEAFOAM_ENV_MULTICAST_ANNOUNCE_INTERVAL_SECONDS "SEAFOAM_MULTICAST_ANNOUNCE_INTERVAL"
#define SEAFOAM_DEFAULT_MULTICAST_ANNOUNCE_INTERVAL_SECONDS "0"

/**
 * Multicast group; 224.0.0.0 or ff02::1, by the family of `listen_ip`, where it is not set.
 * Takes an IPv4 or IPv6 multicast address; fixed at start.
 */
#define SEAFOAM_KEY_MULTICAST_ADDRESS "multicast_address"
#define SEAFOAM_ENV_MULTICAST_ADDRESS "SEAFOAM_MULTICAST_ADDRESS"
#define SEAFOAM_DEFAULT_MULTICAST_ADDRESS ""

/**
 * UDP port of multicast announcements.
 * Takes a whole number from 1 to 65535; fixed at start.
 */
#define SEAFOAM_KEY_MULTICAST_PORT "multicast_port"
#define SEAFOAM_ENV_MULTICAST_PORT "SEAFOAM_MULTICAST_PORT"
#define SEAFOAM_DEFAULT_MULTICAST_PORT "9998"

/**
 * Ping time that fills the history before there are measurements, milliseconds; 0 restores the default.
 * Takes a whole number from 0 to 60000; can be changed while the cluster runs.
 */
#define SEAFOAM_KEY_PING_HISTORY_FRONTLOAD_MILLIS "ping_history_frontload_millis"
#define SEAFOAM_ENV_PING_HISTORY_FRONTLOAD_MILLIS "SEAFOAM_PING_HISTORY_FRONTLOAD"
#define SEAFOAM_DEFAULT_PING_HISTORY_FRONTLOAD_MILLIS "200"

/**
 * Floor under the timeout of a ping, milliseconds.
 * Takes a whole number from 1 to 60000; can be changed while the cluster runs.
 */
#define SEAFOAM_KEY_MIN_PING_TIME_MILLIS "min_ping_time_millis"
#define SEAFOAM_ENV_MIN_PING_TIME_MILLIS "SEAFOAM_MIN_PING_TIME"
#define SEAFOAM_DEFAULT_MIN_PING_TIME_MILLIS "150"

/**
 * Datacenter of this node; 255 stands for none.
 * Takes a whole number from 0 to 255; fixed at start.
 */
#define SEAFOAM_KEY_DATACENTER "datacenter"
#define SEAFOAM_ENV_DATACENTER "SEAFOAM_DATACENTER"
#define SEAFOAM_DEFAULT_DATACENTER "255"

/**
 * Whether this node is a lighthouse; must agree with `lighthouses` where that is set.
 * Takes true or false; fixed at start.
 */
#define SEAFOAM_KEY_IS_LIGHTHOUSE "is_lighthouse"
#define SEAFOAM_ENV_IS_LIGHTHOUSE "SEAFOAM_IS_LIGHTHOUSE"
#define SEAFOAM_DEFAULT_IS_LIGHTHOUSE "false"

/**
 * The lighthouses, the same list on every node, in any order: `ip:port`, or `name=host:port`; they are seeds too. The leader can add one, or remove one, for all.
 * Takes a comma list of at most 15 of ip:port, [ipv6]:port or name=host:port, each name once, @datacenter behind it where wanted; can be changed while the cluster runs.
 */
#define SEAFOAM_KEY_LIGHTHOUSES "lighthouses"
#define SEAFOAM_ENV_LIGHTHOUSES "SEAFOAM_LIGHTHOUSES"
#define SEAFOAM_DEFAULT_LIGHTHOUSES ""

/**
 * How many lighthouses must be included for the cluster to be valid.
 * Takes majority, all, any, or a number from 1 to 15; fixed at start.
 */
#define SEAFOAM_KEY_VALIDITY_RULE "validity_rule"
#define SEAFOAM_ENV_VALIDITY_RULE "SEAFOAM_VALIDITY_RULE"
#define SEAFOAM_DEFAULT_VALIDITY_RULE "majority"

/**
 * Plain membership: no validity, no leader.
 * Takes true or false; fixed at start.
 */
#define SEAFOAM_KEY_FALLBACK "fallback"
#define SEAFOAM_ENV_FALLBACK "SEAFOAM_FALLBACK"
#define SEAFOAM_DEFAULT_FALLBACK "false"

/**
 * Whether this node may lead.
 * Takes true or false; can be changed while the cluster runs.
 */
#define SEAFOAM_KEY_LEADER_ELIGIBLE "leader_eligible"
#define SEAFOAM_ENV_LEADER_ELIGIBLE "SEAFOAM_LEADER_ELIGIBLE"
#define SEAFOAM_DEFAULT_LEADER_ELIGIBLE "true"

/**
 * One leader for all, or one for each datacenter.
 * Takes one of global, datacenter; fixed at start.
 */
#define SEAFOAM_KEY_LEADER_SCOPE "leader_scope"
#define SEAFOAM_ENV_LEADER_SCOPE "SEAFOAM_LEADER_SCOPE"
#define SEAFOAM_DEFAULT_LEADER_SCOPE "global"

/**
 * Candidates of higher priority stand first.
 * Takes a whole number from 0 to 255; can be changed while the cluster runs.
 */
#define SEAFOAM_KEY_LEADER_PRIORITY "leader_priority"
#define SEAFOAM_ENV_LEADER_PRIORITY "SEAFOAM_LEADER_PRIORITY"
#define SEAFOAM_DEFAULT_LEADER_PRIORITY "0"

/**
 * Datacenters that should have the leader, in order; never a matter of safety.
 * Takes a comma list of whole numbers from 0 to 254; fixed at start.
 */
#define SEAFOAM_KEY_PREFER_DATACENTERS "prefer_datacenters"
#define SEAFOAM_ENV_PREFER_DATACENTERS "SEAFOAM_PREFER_DATACENTERS"
#define SEAFOAM_DEFAULT_PREFER_DATACENTERS ""

/**
 * How long a leader's lease runs without renewal, milliseconds.
 * Takes a whole number from 500 to 600000; fixed at start.
 */
#define SEAFOAM_KEY_LEADER_LEASE_MILLIS "leader_lease_millis"
#define SEAFOAM_ENV_LEADER_LEASE_MILLIS "SEAFOAM_LEADER_LEASE_MILLIS"
#define SEAFOAM_DEFAULT_LEADER_LEASE_MILLIS "3000"

/**
 * Folder for what must survive a restart, for this node alone: the addresses of its peers, and lighthouses that it learned.
 * Takes a path; fixed at start.
 */
#define SEAFOAM_KEY_STATE_DIR "state_dir"
#define SEAFOAM_ENV_STATE_DIR "SEAFOAM_STATE_DIR"
#define SEAFOAM_DEFAULT_STATE_DIR ""

/**
 * Keys that seal the traffic, 32 bytes in base64 each: the first seals, all open. Never shown.
 * Takes 32-byte keys in base64 with commas between; fixed at start.
 */
#define SEAFOAM_KEY_KEYS "keys"
#define SEAFOAM_ENV_KEYS "SEAFOAM_KEYS"
#define SEAFOAM_DEFAULT_KEYS ""

/**
 * File with one key a line, instead of `keys`; nobody but its owner may read it (mode 0600).
 * Takes a path; fixed at start.
 */
#define SEAFOAM_KEY_KEYS_FILE "keys_file"
#define SEAFOAM_ENV_KEYS_FILE "SEAFOAM_KEYS_FILE"
#define SEAFOAM_DEFAULT_KEYS_FILE ""

/**
 * Allows to listen beyond loopback without a key.
 * Takes true or false; fixed at start.
 */
#define SEAFOAM_KEY_INSECURE "insecure"
#define SEAFOAM_ENV_INSECURE "SEAFOAM_INSECURE"
#define SEAFOAM_DEFAULT_INSECURE "false"

/**
 * Key and value pairs that all members see.
 * Takes key=value pairs with commas between, 512 bytes at most; can be changed while the cluster runs.
 */
#define SEAFOAM_KEY_TAGS "tags"
#define SEAFOAM_ENV_TAGS "SEAFOAM_TAGS"
#define SEAFOAM_DEFAULT_TAGS ""

/**
 * Events that wait for a slow reader, per subscription.
 * Takes a whole number from 1 to 1048576; fixed at start.
 */
#define SEAFOAM_KEY_EVENT_CAPACITY "event_capacity"
#define SEAFOAM_ENV_EVENT_CAPACITY "SEAFOAM_EVENT_CAPACITY"
#define SEAFOAM_DEFAULT_EVENT_CAPACITY "1024"

/**
 * How long a silent member is spared after suspicion began; by `profile` where it is not set: fast 1200, patient 3000, one_second 600.
 * Takes a whole number from 50 to 600000; fixed at start.
 */
#define SEAFOAM_KEY_SUSPICION_FLOOR_MILLIS "suspicion_floor_millis"
#define SEAFOAM_ENV_SUSPICION_FLOOR_MILLIS "SEAFOAM_SUSPICION_FLOOR"
#define SEAFOAM_DEFAULT_SUSPICION_FLOOR_MILLIS ""

/**
 * How long a paused process whose kernel still answers is spared; by `profile` where it is not set: fast and one_second 10000, patient 15000.
 * Takes a whole number from 50 to 600000; fixed at start.
 */
#define SEAFOAM_KEY_HUNG_PATIENCE_MILLIS "hung_patience_millis"
#define SEAFOAM_ENV_HUNG_PATIENCE_MILLIS "SEAFOAM_HUNG_PATIENCE"
#define SEAFOAM_DEFAULT_HUNG_PATIENCE_MILLIS ""

/**
 * Nodes in the table at most, the local one included.
 * Takes a whole number from 2 to 16384; fixed at start.
 */
#define SEAFOAM_KEY_MAX_MEMBERS "max_members"
#define SEAFOAM_ENV_MAX_MEMBERS "SEAFOAM_MAX_MEMBERS"
#define SEAFOAM_DEFAULT_MAX_MEMBERS "16384"

/**
 * Threshold of the log; process-wide, the last cluster that sets it wins.
 * Takes one of all, trace, debug, info, warn, error, fatal, off; can be changed while the cluster runs.
 */
#define SEAFOAM_KEY_LOG_LEVEL "log_level"
#define SEAFOAM_ENV_LOG_LEVEL "SEAFOAM_LOG_LEVEL"
#define SEAFOAM_DEFAULT_LOG_LEVEL "info"

/**
 * Set of timing defaults.
 * Takes one of fast, patient, one_second; fixed at start.
 */
#define SEAFOAM_KEY_PROFILE "profile"
#define SEAFOAM_ENV_PROFILE "SEAFOAM_PROFILE"
#define SEAFOAM_DEFAULT_PROFILE "fast"



/**
 * Version of the layout that `seafoam_events_next_flat` writes. Fields are only ever added, at the
 * ends of the structs, which `event_size` and `node_size` tell; anything else raises it.
 */
#define SEAFOAM_FLAT_VERSION 1

/**
 * A buffer of so many bytes has room for any one event; with room for more it brings more at once.
 */
#define SEAFOAM_FLAT_ANY_EVENT_BYTES 131072

/**
 * `node` of a flat event that has none.
 */
#define SEAFOAM_FLAT_NO_NODE 4294967295

/**
 * A function, or a pair of functions, that was installed.
 */
typedef struct seafoam_callback seafoam_callback;

/**
 * One node's membership in one cluster; any number of them per process. Every call may be made
 * from any thread, also from inside a callback.
 */
typedef struct seafoam_cluster seafoam_cluster;

/**
 * Values for a cluster that is to be started. Usable from any thread, and for any number of
 * clusters.
 */
typedef struct seafoam_config seafoam_config;

/**
 * Why a call failed. Never changes; readable from any thread.
 */
typedef struct seafoam_error seafoam_error;

/**
 * One thing that happened. Never changes; readable from any thread. An accessor that does not
 * belong to the event's kind answers NULL, 0, false or -1.
 */
typedef struct seafoam_event seafoam_event;

/**
 * A subscription: an own, bounded queue of events from the moment that it was opened. Any number
 * of threads may read; each event goes to one of them.
 */
typedef struct seafoam_events seafoam_events;

/**
 * The keys of all members, each as it told them itself. Never changes; readable from any thread.
 */
typedef struct seafoam_key_report seafoam_key_report;

/**
 * Keys by their ids; no key is ever shown. Never changes; readable from any thread.
 */
typedef struct seafoam_keys seafoam_keys;

/**
 * One member of the cluster as this process saw it at one moment. Never changes; readable from any
 * thread.
 */
typedef struct seafoam_node seafoam_node;

/**
 * A list of nodes. Never changes; readable from any thread.
 */
typedef struct seafoam_nodes seafoam_nodes;

/**
 * Who confirmed a broadcast in time, and who did not, of the members that were healthy when it was
 * sent. Never changes; readable from any thread.
 */
typedef struct seafoam_receipt seafoam_receipt;

/**
 * One snapshot of every counter and gauge. Never changes; readable from any thread.
 */
typedef struct seafoam_stats seafoam_stats;

/**
 * Whether this side of a partition may act, and what is missing. Never changes; readable from any
 * thread.
 */
typedef struct seafoam_validity seafoam_validity;

/**
 * Why a node is suspected or dead. Never changes; readable from any thread.
 */
typedef struct seafoam_why seafoam_why;

/**
 * Called at each change of a node's status. `node` is borrowed for the call.
 */
typedef void (*seafoam_status_function)(void *user_data,
                                        const seafoam_node *node,
                                        seafoam_status status);

/**
 * Frees the `user_data` of a function that was handed over, when it will not be called again.
 */
typedef void (*seafoam_drop)(void *user_data);

/**
 * Called for each broadcast of another member. `origin` and `bytes` are borrowed for the call.
 */
typedef void (*seafoam_broadcast_function)(void *user_data,
                                           const seafoam_node *origin,
                                           const uint8_t *bytes,
                                           size_t length);

/**
 * Called for each event of the wanted kinds. `event` is borrowed for the call.
 */
typedef void (*seafoam_event_function)(void *user_data, const seafoam_event *event);

/**
 * Called when this node leads, in this term and with this lease.
 */
typedef void (*seafoam_elected_function)(void *user_data,
                                         uint64_t term,
                                         uint64_t remaining_millis,
                                         seafoam_quality quality);

/**
 * Called when the tenure of this term is over.
 */
typedef void (*seafoam_lost_function)(void *user_data, uint64_t term);

/**
 * Takes a line of the log. Called on a thread of the library, one line at a time; `line` is
 * borrowed for the call.
 */
typedef void (*seafoam_logger)(void *user_data, seafoam_level level, const char *line);

/**
 * Bytes of a flat batch: `length` of them, `at` bytes from the start of the buffer. Texts are UTF-8
 * without a NUL at the end.
 */
typedef struct {
  uint32_t at;
  uint32_t length;
} seafoam_flat_bytes;

/**
 * What a flat batch begins with. Numbers are in the byte order of the machine; records are aligned
 * to 8 bytes where the buffer is.
 */
typedef struct {
  /**
   * `SEAFOAM_FLAT_VERSION` of the library.
   */
  uint32_t version;
  /**
   * How many events there are.
   */
  uint32_t events;
  /**
   * Where the first `seafoam_flat_event` is, in bytes from the start of the buffer.
   */
  uint32_t events_at;
  /**
   * Bytes from one of them to the next.
   */
  uint32_t event_size;
  /**
   * How many nodes there are that the events speak of.
   */
  uint32_t nodes;
  /**
   * Where the first `seafoam_flat_node` is.
   */
  uint32_t nodes_at;
  /**
   * Bytes from one of them to the next.
   */
  uint32_t node_size;
  /**
   * Bytes of the whole batch.
   */
  uint32_t length;
  /**
   * Texts and payloads of the events, one after another: copying these alone keeps all of them.
   */
  seafoam_flat_bytes bytes;
  /**
   * Texts of the nodes.
   */
  seafoam_flat_bytes node_bytes;
} seafoam_flat_batch;

/**
 * One event of a flat batch. Which fields are used depends on its kind; the others are 0, or
 * `SEAFOAM_FLAT_NO_NODE`.
 */
typedef struct {
  /**
   * `SEAFOAM_EVENT_...`; skip those that you do not know.
   */
  int32_t kind;
  /**
   * Number of the node, origin, sender or leader among the nodes of the batch.
   */
  uint32_t node;
  /**
   * Broadcast: index. Leader: term. Validity: needed. Merged: members. Datacenter: number.
   * Lagged: missed. Closed: the error's code, 0 for none.
   */
  uint64_t number;
  /**
   * Status: status. Leader: scope, -1 for the whole cluster. Validity: state. Link: direction.
   * Datacenter: 1 where it was lost, else 0.
   */
  int32_t status;
  /**
   * Status: previous. Validity: basis.
   */
  int32_t previous;
  /**
   * Status: source. Broadcast: label; empty where it is made of `ip` and `port` of the origin and
   * the index, `1.2.3.4:9999:7` or `[2001:db8::1]:9999:7`. Conflict: other address. Closed: the
   * error's message.
   * Validity: names of those seen, with `\n` between them.
   */
  seafoam_flat_bytes text;
  /**
   * Broadcast, message: payload. Validity: names of those missing, with `\n` between them.
   */
  seafoam_flat_bytes bytes;
} seafoam_flat_event;

/**
 * One node of a flat batch: a snapshot, once for all events of the batch that share it.
 */
typedef struct {
  uint64_t generation;
  uint64_t age_millis;
  uint64_t timestamp_millis;
  double ping_millis;
  seafoam_flat_bytes name;
  seafoam_flat_bytes address;
  seafoam_flat_bytes status_source;
  /**
   * Its tags: of each pair the lengths of name and value, 4 bytes each and not aligned, then name
   * and value.
   */
  seafoam_flat_bytes tags;
  uint32_t incarnation;
  int32_t status;
  int32_t rank;
  uint16_t port;
  uint16_t emit_counter;
  uint8_t datacenter;
  /**
   * 1 or 0.
   */
  uint8_t is_lighthouse;
  /**
   * Bytes of `ip`: 4, 16, or 0 while it is not known.
   */
  uint8_t ip_length;
  uint8_t reserved;
  /**
   * The address in network order.
   */
  uint8_t ip[16];
  uint8_t reserved_end[4];
} seafoam_flat_node;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Version of the library that is loaded, `major.minor.patch`; `SEAFOAM_VERSION` is that of the
 * header.
 *
 * Ownership: static, never freed. Threads: any.
 */
const char *seafoam_version(void);

/**
 * Version of the library that is loaded as a number that rises with it, built as
 * `SEAFOAM_VERSION_NUMBER` is.
 *
 * Threads: any.
 */
int seafoam_version_number(void);

/**
 * The wall clock in milliseconds since the epoch.
 *
 * Threads: any.
 */
uint64_t seafoam_now_millis(void);

/**
 * This machine's address: global before private before link-local, IPv6 before IPv4. `*ip` is
 * NULL where there is none but loopback.
 *
 * Ownership: free `*ip` with `seafoam_string_free`. Threads: any.
 * Errors: `SEAFOAM_INTERNAL` where the system cannot be asked, `SEAFOAM_INVALID_CONFIG` where `ip`
 * is NULL.
 */
seafoam_code seafoam_local_ip(char **ip, seafoam_error **error);

/**
 * Frees a text that a call of this library gave to its caller; NULL is fine.
 *
 * Threads: any.
 */
void seafoam_string_free(char *text);

/**
 * The code; `SEAFOAM_OK` for NULL.
 *
 * Threads: any.
 */
seafoam_code seafoam_error_code(const seafoam_error *error);

/**
 * A sentence that says what happened, to what, and what is accepted instead; empty for NULL.
 *
 * Ownership: borrowed, lives as long as `error`. Threads: any.
 */
const char *seafoam_error_message(const seafoam_error *error);

/**
 * A copy that lives on its own, for an error that is borrowed from an event; NULL for NULL.
 *
 * Ownership: free it with `seafoam_error_free`. Threads: any.
 */
seafoam_error *seafoam_error_clone(const seafoam_error *error);

/**
 * Frees an error; NULL is fine.
 *
 * Threads: any.
 */
void seafoam_error_free(seafoam_error *error);

/**
 * The word of a code, such as `timeout`; `ok` for `SEAFOAM_OK`, `?` for a number that is none.
 *
 * Ownership: static, never freed. Threads: any.
 */
const char *seafoam_code_name(seafoam_code code);

/**
 * The word of a status, such as `alive`; `?` for a number that is none.
 *
 * Ownership: static, never freed. Threads: any.
 */
const char *seafoam_status_name(int status);

/**
 * The word of a rank, such as `leader`; `?` for a number that is none.
 *
 * Ownership: static, never freed. Threads: any.
 */
const char *seafoam_rank_name(int rank);

/**
 * The word of an event kind, such as `broadcast`; `?` for a number that is none.
 *
 * Ownership: static, never freed. Threads: any.
 */
const char *seafoam_event_kind_name(int kind);

/**
 * The word of a log level, such as `warn`; `?` for a number that is none.
 *
 * Ownership: static, never freed. Threads: any.
 */
const char *seafoam_log_level_name(int level);

/**
 * The word of a validity state, such as `valid`; `?` for a number that is none.
 *
 * Ownership: static, never freed. Threads: any.
 */
const char *seafoam_validity_state_name(int state);

/**
 * The word of a validity basis, such as `listed`; `?` for a number that is none.
 *
 * Ownership: static, never freed. Threads: any.
 */
const char *seafoam_validity_basis_name(int basis);

/**
 * The word of a term quality, such as `durable`; `?` for a number that is none.
 *
 * Ownership: static, never freed. Threads: any.
 */
const char *seafoam_term_quality_name(int quality);

/**
 * The word of a link direction, such as `inbound`; `?` for a number that is none.
 *
 * Ownership: static, never freed. Threads: any.
 */
const char *seafoam_link_direction_name(int direction);

/**
 * The word of a hint, such as `gone`; `?` for a number that is none.
 *
 * Ownership: static, never freed. Threads: any.
 */
const char *seafoam_hint_name(int hint);

/**
 * A configuration in which nothing is set: at start, what is not set comes from the environment
 * (`SEAFOAM_ENV_...`), then from the defaults.
 *
 * Ownership: free it with `seafoam_config_free`. Threads: any.
 */
seafoam_config *seafoam_config_new(void);

/**
 * Sets a key (`SEAFOAM_KEY_...`) to a value, both as texts: numbers in decimal, `true` or `false`,
 * lists with commas between.
 *
 * Ownership: both texts are copied. Threads: any.
 * Errors: `SEAFOAM_INVALID_CONFIG` where there is no such key or it does not accept the value; the
 * message names the key, the value and what is accepted, and nothing was set.
 */
seafoam_code seafoam_config_set(seafoam_config *config,
                                const char *key,
                                const char *value,
                                seafoam_error **error);

/**
 * Takes nothing from the environment at start: values that were set, and defaults, alone.
 *
 * Threads: any.
 * Errors: `SEAFOAM_INVALID_CONFIG` where `config` is NULL.
 */
seafoam_code seafoam_config_ignore_environment(seafoam_config *config, seafoam_error **error);

/**
 * Frees a configuration; NULL is fine. Clusters that were started with it go on.
 *
 * Threads: any.
 */
void seafoam_config_free(seafoam_config *config);

/**
 * Binds the sockets, begins to probe, and goes on to join in the background: a seed that cannot be
 * reached is retried for ever and never fatal. Blocks until this node has started, not until it
 * has met anybody (see `seafoam_cluster_ready`).
 *
 * Ownership: free `*cluster` with `seafoam_cluster_free`; `config` stays the caller's. Threads: any.
 * Errors: `SEAFOAM_INVALID_CONFIG`, `SEAFOAM_NOT_AVAILABLE`, `SEAFOAM_KEY_REQUIRED`,
 * `SEAFOAM_ADDRESS_IN_USE`, `SEAFOAM_INVALID_ADDRESS`, `SEAFOAM_RESOLVE_FAILED`; then nothing is
 * left half-started and `*cluster` is NULL.
 */
seafoam_code seafoam_cluster_start(const seafoam_config *config,
                                   seafoam_cluster **cluster,
                                   seafoam_error **error);

/**
 * Blocks until so many members are healthy, the local one included, and, where `valid` is asked
 * for, `seafoam_cluster_is_valid` is true.
 *
 * Threads: any; `seafoam_cluster_close` from another thread ends the wait.
 * Errors: `SEAFOAM_TIMEOUT` after `timeout_millis` (negative waits for ever) with how many there
 * were and which lighthouses are missing, `SEAFOAM_NOT_VALID` at once where the configuration can
 * never make it true, `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_ready(const seafoam_cluster *cluster,
                                   size_t min_members,
                                   bool valid,
                                   int64_t timeout_millis,
                                   seafoam_error **error);

/**
 * Tells the peers that this node leaves: they see `SEAFOAM_STATUS_LEFT`. Blocks until enough of
 * them know. May be called twice; reading calls work until `seafoam_cluster_close`.
 *
 * Threads: any.
 * Errors: `SEAFOAM_TIMEOUT` where no peer acknowledged within `timeout_millis` (this node has
 * stopped taking part all the same), `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_leave(const seafoam_cluster *cluster,
                                   int64_t timeout_millis,
                                   seafoam_error **error);

/**
 * Releases sockets, timers and waiters in well under a second; afterwards every call with this
 * handle answers `SEAFOAM_CLOSED`, streams end with `SEAFOAM_EVENT_CLOSED`, and no callback begins.
 * Without `seafoam_cluster_leave` before, this looks like a crash to the peers. May be called
 * twice.
 *
 * Ownership: the handle is still to be freed. Threads: any; waits for a running callback, at most
 * 1 s, unless called from inside it.
 * Errors: `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_close(const seafoam_cluster *cluster, seafoam_error **error);

/**
 * Whether the cluster was closed, or closed itself; true for NULL and in a forked child.
 *
 * Threads: any.
 */
bool seafoam_cluster_is_closed(const seafoam_cluster *cluster);

/**
 * Closes the cluster without leaving, and frees the handle; NULL is fine. Streams, nodes, events
 * and callback handles are handles of their own: they live on until they are freed.
 *
 * Threads: any, while no other call with this handle is under way. In a forked child it frees
 * memory alone.
 */
void seafoam_cluster_free(seafoam_cluster *cluster);

/**
 * The leader as this node heard of it. `*leader` is NULL, and the code `SEAFOAM_OK`, while there
 * is none.
 *
 * Ownership: free `*leader` with `seafoam_node_free`. Threads: any.
 * Errors: `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_leader(const seafoam_cluster *cluster,
                                    seafoam_node **leader,
                                    seafoam_error **error);

/**
 * Whether this node leads at this instant: the clock is read at the call. False for NULL, after
 * close, and in a forked child.
 *
 * Threads: any.
 */
bool seafoam_cluster_is_leader(const seafoam_cluster *cluster);

/**
 * The own lease: `*term`, the fencing token, `*remaining_millis`, `*quality`
 * (`SEAFOAM_TERM_...`). `*held` tells whether there is one; where not, the others are 0, 0, -1.
 *
 * Ownership: `term`, `remaining_millis` and `quality` may be NULL. Threads: any.
 * Errors: `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_lease(const seafoam_cluster *cluster,
                                   bool *held,
                                   uint64_t *term,
                                   uint64_t *remaining_millis,
                                   seafoam_quality *quality,
                                   seafoam_error **error);

/**
 * Gives the lease up. Blocks until it is given up.
 *
 * Threads: any.
 * Errors: `SEAFOAM_NOT_LEADER`, `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_resign(const seafoam_cluster *cluster, seafoam_error **error);

/**
 * Hands the lead to another node, by name or address. Blocks until it leads, or the old order is
 * restored.
 *
 * Threads: any.
 * Errors: `SEAFOAM_NOT_LEADER`, `SEAFOAM_UNKNOWN_NODE`, `SEAFOAM_TIMEOUT`, `SEAFOAM_CLOSED`,
 * `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_transfer_leadership(const seafoam_cluster *cluster,
                                                 const char *node,
                                                 seafoam_error **error);

/**
 * Whether this side of a partition may act.
 *
 * Ownership: free `*validity` with `seafoam_validity_free`. Threads: any.
 * Errors: `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_validity(const seafoam_cluster *cluster,
                                      seafoam_validity **validity,
                                      seafoam_error **error);

/**
 * Whether the cluster is valid at this instant; false for NULL, after close, and in a forked
 * child.
 *
 * Threads: any.
 */
bool seafoam_cluster_is_valid(const seafoam_cluster *cluster);

/**
 * The verdict (`SEAFOAM_VALIDITY_...`); -1 for NULL.
 *
 * Threads: any.
 */
seafoam_state seafoam_validity_state(const seafoam_validity *validity);

/**
 * Where the list of lighthouses comes from (`SEAFOAM_BASIS_...`); -1 for NULL.
 *
 * Threads: any.
 */
seafoam_basis seafoam_validity_basis(const seafoam_validity *validity);

/**
 * How many lighthouses must be included; 0 for NULL.
 *
 * Threads: any.
 */
uint32_t seafoam_validity_needed(const seafoam_validity *validity);

/**
 * How many lighthouses are included now; 0 for NULL.
 *
 * Threads: any.
 */
size_t seafoam_validity_seen_length(const seafoam_validity *validity);

/**
 * Name of an included lighthouse, by index from 0; NULL beyond the last one.
 *
 * Ownership: borrowed, lives as long as `validity`. Threads: any.
 */
const char *seafoam_validity_seen(const seafoam_validity *validity, size_t index);

/**
 * How many lighthouses are not included; 0 for NULL.
 *
 * Threads: any.
 */
size_t seafoam_validity_missing_length(const seafoam_validity *validity);

/**
 * Name of a lighthouse that is not included, by index from 0; NULL beyond the last one.
 *
 * Ownership: borrowed, lives as long as `validity`. Threads: any.
 */
const char *seafoam_validity_missing(const seafoam_validity *validity, size_t index);

/**
 * Frees a validity that a call gave to its caller (not one borrowed from an event); NULL is fine.
 *
 * Threads: any.
 */
void seafoam_validity_free(seafoam_validity *validity);

/**
 * This node.
 *
 * Ownership: a snapshot of the caller's; free `*node` with `seafoam_node_free`. Threads: any.
 * Errors: `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_local_node(const seafoam_cluster *cluster,
                                        seafoam_node **node,
                                        seafoam_error **error);

/**
 * Every node in the table, in the order of their names: dead ones until they are forgotten, those
 * that left for 60 s.
 *
 * Ownership: free `*nodes` with `seafoam_nodes_free`. Threads: any; never waits for the network.
 * Errors: `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_all_nodes(const seafoam_cluster *cluster,
                                       seafoam_nodes **nodes,
                                       seafoam_error **error);

/**
 * The nodes that are alive or suspected, the local one included, in the order of their names.
 *
 * Ownership: free `*nodes` with `seafoam_nodes_free`. Threads: any; never waits for the network.
 * Errors: `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_healthy_nodes(const seafoam_cluster *cluster,
                                           seafoam_nodes **nodes,
                                           seafoam_error **error);

/**
 * The node of this name or address. `*node` is NULL, and the code `SEAFOAM_OK`, where there is
 * none.
 *
 * Ownership: free `*node` with `seafoam_node_free`. Threads: any; never waits for the network.
 * Errors: `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_node(const seafoam_cluster *cluster,
                                  const char *name_or_address,
                                  seafoam_node **node,
                                  seafoam_error **error);

/**
 * Adds a node by `host`, `host:port` or `[v6]:port` and returns at once: it is unknown, with the
 * address as its name, until it answers (then a `SEAFOAM_EVENT_NODE` follows). Without a port it
 * takes the own `listen_port`, 9999 where that is 0.
 *
 * Ownership: `node` may be NULL; else free `*node` with `seafoam_node_free`. Threads: any.
 * Errors: `SEAFOAM_INVALID_ADDRESS`, `SEAFOAM_BUSY` where the table is full, `SEAFOAM_CLOSED`,
 * `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_add_node(const seafoam_cluster *cluster,
                                      const char *address,
                                      seafoam_node **node,
                                      seafoam_error **error);

/**
 * Forgets a node, by name or address, in this process alone. A node that speaks again comes back.
 *
 * Ownership: `removed`, the node as it was, may be NULL; else free `*removed` with
 * `seafoam_node_free`. Threads: any.
 * Errors: `SEAFOAM_UNKNOWN_NODE`, `SEAFOAM_INVALID_ADDRESS` for the local node, `SEAFOAM_CLOSED`,
 * `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_remove_node(const seafoam_cluster *cluster,
                                         const char *node,
                                         seafoam_node **removed,
                                         seafoam_error **error);

/**
 * The round trip to a node (by name or address) or to an address that is no member's, in
 * milliseconds. Blocks for it.
 *
 * Threads: any.
 * Errors: `SEAFOAM_TIMEOUT`, `SEAFOAM_UNKNOWN_NODE` for a name that is neither,
 * `SEAFOAM_RESOLVE_FAILED`, `SEAFOAM_BUSY`, `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`; then `*millis` is
 * `SEAFOAM_PING_NO_DATA`.
 */
seafoam_code seafoam_cluster_ping_node(const seafoam_cluster *cluster,
                                       const char *node,
                                       double *millis,
                                       seafoam_error **error);

/**
 * States a node's status (`SEAFOAM_STATUS_...`). Dead and suspected are accusations that it may
 * refute, alive makes a probe. `rank` and `datacenter` are a node's own claims: for any but -1
 * the call is refused.
 *
 * Threads: any.
 * Errors: `SEAFOAM_UNKNOWN_NODE`, `SEAFOAM_INVALID_CONFIG` for a status that is none or is no
 * statement about a peer, `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_update_node_status(const seafoam_cluster *cluster,
                                                const char *node,
                                                int status,
                                                int rank,
                                                int datacenter,
                                                seafoam_error **error);

/**
 * Sets a node's local timestamp to now.
 *
 * Threads: any.
 * Errors: `SEAFOAM_UNKNOWN_NODE`, `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_touch_node(const seafoam_cluster *cluster,
                                        const char *node,
                                        seafoam_error **error);

/**
 * Why a node is suspected or dead, as this process knows it.
 *
 * Ownership: free `*why` with `seafoam_why_free`. Threads: any.
 * Errors: `SEAFOAM_UNKNOWN_NODE`, `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_why(const seafoam_cluster *cluster,
                                 const char *node,
                                 seafoam_why **why,
                                 seafoam_error **error);

/**
 * Sends a payload to every other healthy member, each of which gets it at most once. It never
 * comes back to this node, and members that join later do not get it.
 *
 * Ownership: the bytes are copied. `label` (`ip:port:index`, unique within one run) may be NULL;
 * else free `*label` with `seafoam_string_free`. Threads: any; never waits for the network.
 * Errors: `SEAFOAM_PAYLOAD_TOO_LARGE` beyond `max_broadcast_bytes`, `SEAFOAM_BUSY` where the queue
 * is full, `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`; nothing was sent.
 */
seafoam_code seafoam_cluster_broadcast(const seafoam_cluster *cluster,
                                       const void *bytes,
                                       size_t length,
                                       char **label,
                                       seafoam_error **error);

/**
 * `seafoam_cluster_broadcast` for a text that ends in NUL; the NUL is not sent.
 *
 * Ownership, threads and errors: as there.
 */
seafoam_code seafoam_cluster_broadcast_text(const seafoam_cluster *cluster,
                                            const char *text,
                                            char **label,
                                            seafoam_error **error);

/**
 * Sends a payload of at most `SEAFOAM_LIMIT_MESSAGE_BYTES` to one node, by name or address: it gets
 * it at most once, as event `SEAFOAM_EVENT_MESSAGE`. Waits until the node has it, 5 s at most;
 * meanwhile the message is repeated. Messages may overtake one another.
 *
 * Ownership: the bytes are copied. Threads: any.
 * Errors: `SEAFOAM_PAYLOAD_TOO_LARGE`, `SEAFOAM_UNKNOWN_NODE`, `SEAFOAM_RESOLVE_FAILED`,
 * `SEAFOAM_BUSY` where too many wait, `SEAFOAM_TIMEOUT` where nobody acknowledged it, so that it is
 * not known whether it came; `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_send(const seafoam_cluster *cluster,
                                  const char *node,
                                  const void *bytes,
                                  size_t length,
                                  seafoam_error **error);

/**
 * Replaces the tags of this node by `count` pairs of texts, which all members see; both arrays may
 * be NULL for none. At most `SEAFOAM_LIMIT_TAGS_BYTES` as `k=v,k=v`; keys are not empty and hold no
 * `=` and no comma, values no comma.
 *
 * Ownership: the texts are copied. Threads: any.
 * Errors: `SEAFOAM_INVALID_CONFIG` for tags that are refused; `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_set_tags(const seafoam_cluster *cluster,
                                      const char *const *names,
                                      const char *const *values,
                                      size_t count,
                                      seafoam_error **error);

/**
 * The healthy member that owns a key, the same answer on every node with the same view. Only
 * members that carry all of the `count` tags are considered. `*owner` is NULL where there is none.
 *
 * Ownership: free `*owner` with `seafoam_node_free`. Threads: any.
 * Errors: `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_owner(const seafoam_cluster *cluster,
                                   const void *key,
                                   size_t key_length,
                                   const char *const *names,
                                   const char *const *values,
                                   size_t count,
                                   seafoam_node **owner,
                                   seafoam_error **error);

/**
 * The `most` best owners of a key, best first; fewer where there are not so many.
 *
 * Ownership: free `*owners` with `seafoam_nodes_free`. Threads: any.
 * Errors: `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_owners(const seafoam_cluster *cluster,
                                    const void *key,
                                    size_t key_length,
                                    size_t most,
                                    const char *const *names,
                                    const char *const *values,
                                    size_t count,
                                    seafoam_nodes **owners,
                                    seafoam_error **error);

/**
 * As `seafoam_cluster_broadcast`, and waits until every member that was healthy then has confirmed
 * it, is dead or gone, or `timeout_millis` have passed; negative means without a limit. Whoever does
 * not confirm is sent it again. That members are missing is no error.
 *
 * Ownership: the bytes are copied; free `*receipt` with `seafoam_receipt_free`. Threads: any.
 * Errors: `SEAFOAM_PAYLOAD_TOO_LARGE` beyond `max_broadcast_bytes`, `SEAFOAM_BUSY` where the queue
 * is full or 64 receipts are awaited; then nothing was sent. `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_broadcast_with_receipt(const seafoam_cluster *cluster,
                                                    const void *bytes,
                                                    size_t length,
                                                    int64_t timeout_millis,
                                                    seafoam_receipt **receipt,
                                                    seafoam_error **error);

/**
 * The broadcast's label, `ip:port:index`; NULL for NULL.
 *
 * Ownership: borrowed, lives as long as `receipt`. Threads: any.
 */
const char *seafoam_receipt_label(const seafoam_receipt *receipt);

/**
 * How many members have it; 0 for NULL.
 *
 * Threads: any.
 */
size_t seafoam_receipt_confirmed_length(const seafoam_receipt *receipt);

/**
 * A member that has it, by index from 0, in the order of their names; NULL beyond the last one.
 *
 * Ownership: borrowed, lives as long as `receipt`. Threads: any.
 */
const seafoam_node *seafoam_receipt_confirmed(const seafoam_receipt *receipt, size_t index);

/**
 * How many members did not say that they have it; 0 for NULL.
 *
 * Threads: any.
 */
size_t seafoam_receipt_missing_length(const seafoam_receipt *receipt);

/**
 * A member that did not say that it has it, by index from 0, in the order of their names; NULL
 * beyond the last one. It is dead or gone meanwhile, or out of reach, and may have it all the same.
 *
 * Ownership: borrowed, lives as long as `receipt`. Threads: any.
 */
const seafoam_node *seafoam_receipt_missing(const seafoam_receipt *receipt, size_t index);

/**
 * Whether all confirmed; false for NULL.
 *
 * Threads: any.
 */
bool seafoam_receipt_is_complete(const seafoam_receipt *receipt);

/**
 * Frees a receipt and its nodes; NULL is fine.
 *
 * Threads: any.
 */
void seafoam_receipt_free(seafoam_receipt *receipt);

/**
 * The text of a value (`SEAFOAM_KEY_...`) as it is now; of `keys` their places, lengths and ids.
 *
 * Ownership: free `*value` with `seafoam_string_free`. Threads: any.
 * Errors: `SEAFOAM_INVALID_CONFIG` where there is no such key, `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_get(const seafoam_cluster *cluster,
                                 const char *key,
                                 char **value,
                                 seafoam_error **error);

/**
 * Changes a value that can be changed while the cluster runs, by its text.
 *
 * Ownership: both texts are copied. Threads: any.
 * Errors: `SEAFOAM_INVALID_CONFIG` where the key is unknown, fixed at start, or does not accept
 * the value, `SEAFOAM_NOT_AVAILABLE`, `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`; nothing was changed.
 */
seafoam_code seafoam_cluster_set(const seafoam_cluster *cluster,
                                 const char *key,
                                 const char *value,
                                 seafoam_error **error);

/**
 * Changes the time between two probes, milliseconds.
 *
 * Threads: any. Errors: as `seafoam_cluster_set`.
 */
seafoam_code seafoam_cluster_set_heartbeat_millis(const seafoam_cluster *cluster,
                                                  uint32_t value,
                                                  seafoam_error **error);

/**
 * Changes the longest payload of a broadcast, bytes.
 *
 * Threads: any. Errors: as `seafoam_cluster_set`.
 */
seafoam_code seafoam_cluster_set_max_broadcast_bytes(const seafoam_cluster *cluster,
                                                     uint32_t value,
                                                     seafoam_error **error);

/**
 * Changes the seconds between multicast announcements; 0 stops them.
 *
 * Threads: any. Errors: as `seafoam_cluster_set`.
 */
seafoam_code seafoam_cluster_set_multicast_announce_interval_seconds(const seafoam_cluster *cluster,
                                                                     uint32_t value,
                                                                     seafoam_error **error);

/**
 * Changes the ping time that fills an empty history, milliseconds; 0 restores the default.
 *
 * Threads: any. Errors: as `seafoam_cluster_set`.
 */
seafoam_code seafoam_cluster_set_ping_history_frontload_millis(const seafoam_cluster *cluster,
                                                               uint32_t value,
                                                               seafoam_error **error);

/**
 * Changes the floor under the timeout of a ping, milliseconds.
 *
 * Threads: any. Errors: as `seafoam_cluster_set`.
 */
seafoam_code seafoam_cluster_set_min_ping_time_millis(const seafoam_cluster *cluster,
                                                      uint32_t value,
                                                      seafoam_error **error);

/**
 * Adds one lighthouse to the list, or removes one, in the whole cluster: `value` is the new list, a
 * comma list as in the configuration. Begins it; `seafoam_cluster_get` tells the list in force.
 *
 * Ownership: the text is copied. Threads: any. Errors: `SEAFOAM_NOT_LEADER`, as the leader alone can;
 * `SEAFOAM_INVALID_CONFIG` where more would change, or a lighthouse has no `state_dir`;
 * `SEAFOAM_BUSY` while an earlier change is not over; otherwise as `seafoam_cluster_set`.
 */
seafoam_code seafoam_cluster_set_lighthouses(const seafoam_cluster *cluster,
                                             const char *value,
                                             seafoam_error **error);

/**
 * Changes whether this node may lead.
 *
 * Threads: any. Errors: as `seafoam_cluster_set`.
 */
seafoam_code seafoam_cluster_set_leader_eligible(const seafoam_cluster *cluster,
                                                 bool value,
                                                 seafoam_error **error);

/**
 * Changes how early this node stands as a candidate: 0 to 255.
 *
 * Threads: any. Errors: as `seafoam_cluster_set`.
 */
seafoam_code seafoam_cluster_set_leader_priority(const seafoam_cluster *cluster,
                                                 uint32_t value,
                                                 seafoam_error **error);

/**
 * Changes the threshold of the log (`SEAFOAM_LOG_...`), process-wide.
 *
 * Threads: any. Errors: as `seafoam_cluster_set`.
 */
seafoam_code seafoam_cluster_set_log_level(const seafoam_cluster *cluster,
                                           int value,
                                           seafoam_error **error);

/**
 * Makes a new key, to be given to every node as `keys` or in a `keys_file`: 32 bytes of the
 * system's randomness in base64.
 *
 * Ownership: free `*key` with `seafoam_string_free`. Threads: any.
 * Errors: `SEAFOAM_INTERNAL` where the system gives no random bytes, `SEAFOAM_INVALID_CONFIG` where
 * `key` is NULL.
 */
seafoam_code seafoam_generate_key(char **key, seafoam_error **error);

/**
 * The keys of this node, that which seals first; none where traffic is plain.
 *
 * Ownership: free `*keys` with `seafoam_keys_free`. Threads: any.
 * Errors: `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_keyring_list(const seafoam_cluster *cluster,
                                          seafoam_keys **keys,
                                          seafoam_error **error);

/**
 * Adds a key (32 bytes in base64) that opens traffic but does not seal it yet. A key that is there
 * already is no error.
 *
 * Ownership: the text is copied. `key_id` may be NULL; else free `*key_id` with
 * `seafoam_string_free`. Threads: any.
 * Errors: `SEAFOAM_BAD_KEY` for what is no key, an id that is taken, a full keyring, or a cluster
 * that was started without keys; `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`. Nothing was changed.
 */
seafoam_code seafoam_cluster_keyring_install(const seafoam_cluster *cluster,
                                             const char *key,
                                             char **key_id,
                                             seafoam_error **error);

/**
 * Seals with an installed key, named by its key id, from now on: on this node alone.
 *
 * Ownership: the text is copied. Threads: any.
 * Errors: `SEAFOAM_BAD_KEY` where it is not installed, `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_keyring_use(const seafoam_cluster *cluster,
                                         const char *key_id,
                                         seafoam_error **error);

/**
 * Takes an installed key, named by its key id, away: on this node alone. What is sealed with it is
 * dropped from now on.
 *
 * Ownership: the text is copied. Threads: any.
 * Errors: `SEAFOAM_BAD_KEY` where it is not installed, or is the one that seals;
 * `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_keyring_retire(const seafoam_cluster *cluster,
                                            const char *key_id,
                                            seafoam_error **error);

/**
 * Reads `keys_file` again and takes its keys in place of the present ones. `keys` may be NULL.
 *
 * Ownership: free `*keys` with `seafoam_keys_free`. Threads: any.
 * Errors: `SEAFOAM_INVALID_CONFIG` where there is no `keys_file` or it cannot be read,
 * `SEAFOAM_BAD_KEY`, `SEAFOAM_KEY_REQUIRED` where it has no key; `SEAFOAM_CLOSED`,
 * `SEAFOAM_FORKED`. Nothing was changed.
 */
seafoam_code seafoam_cluster_keyring_reload(const seafoam_cluster *cluster,
                                            seafoam_keys **keys,
                                            seafoam_error **error);

/**
 * Asks every member which keys it has. Blocks until all have answered, `timeout_millis` at most;
 * those that did not answer are in the report as such.
 *
 * Ownership: free `*report` with `seafoam_key_report_free`. Threads: any.
 * Errors: `SEAFOAM_BUSY` where too many such calls wait; `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_keyring_report(const seafoam_cluster *cluster,
                                            int64_t timeout_millis,
                                            seafoam_key_report **report,
                                            seafoam_error **error);

/**
 * Seals with an installed key, named by its key id, in the whole cluster: waits until every ALIVE
 * member says that it has the key, then tells all to use it. `report` (what they answered) may be
 * NULL. Can be called again at any time.
 *
 * Ownership: the text is copied; free `*report` with `seafoam_key_report_free`. Threads: any.
 * Errors: `SEAFOAM_TIMEOUT` naming who lacks the key or did not answer within `timeout_millis`: as
 * long as any ALIVE member lacks it, nothing is changed. `SEAFOAM_BAD_KEY` where it is not installed
 * here, `SEAFOAM_BUSY`, `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_keyring_rotate(const seafoam_cluster *cluster,
                                            const char *key_id,
                                            int64_t timeout_millis,
                                            seafoam_key_report **report,
                                            seafoam_error **error);

/**
 * How many keys there are; 0 for NULL.
 *
 * Threads: any.
 */
size_t seafoam_keys_length(const seafoam_keys *keys);

/**
 * The id of a key, by index from 0: four hexadecimal digits; NULL beyond the last one.
 *
 * Ownership: borrowed, lives as long as `keys`. Threads: any.
 */
const char *seafoam_keys_id(const seafoam_keys *keys, size_t index);

/**
 * Whether a key seals what its node sends, by index from 0; false beyond the last one.
 *
 * Threads: any.
 */
bool seafoam_keys_seals(const seafoam_keys *keys, size_t index);

/**
 * Frees a list of keys; NULL is fine.
 *
 * Threads: any.
 */
void seafoam_keys_free(seafoam_keys *keys);

/**
 * How many members are in a report; 0 for NULL.
 *
 * Threads: any.
 */
size_t seafoam_key_report_length(const seafoam_key_report *report);

/**
 * The name of a member, by index from 0; NULL beyond the last one.
 *
 * Ownership: borrowed, lives as long as `report`. Threads: any.
 */
const char *seafoam_key_report_name(const seafoam_key_report *report, size_t index);

/**
 * Whether a member answered in time, by index from 0; if not, its keys are not known. False beyond
 * the last one.
 *
 * Threads: any.
 */
bool seafoam_key_report_answered(const seafoam_key_report *report, size_t index);

/**
 * The keys of a member, by index from 0, that which seals first; NULL beyond the last one.
 *
 * Ownership: borrowed, lives as long as `report`. Threads: any.
 */
const seafoam_keys *seafoam_key_report_keys(const seafoam_key_report *report, size_t index);

/**
 * Frees a report and its keys; NULL is fine.
 *
 * Threads: any.
 */
void seafoam_key_report_free(seafoam_key_report *report);

/**
 * Identity of the node, unique in the cluster; NULL for NULL.
 *
 * Ownership: borrowed, lives as long as `node`. Threads: any.
 */
const char *seafoam_node_name(const seafoam_node *node);

/**
 * Where others reach it: `ip:port`, `[v6]:port`, or what it was added by until it answers; NULL
 * for NULL.
 *
 * Ownership: borrowed, lives as long as `node`. Threads: any.
 */
const char *seafoam_node_address(const seafoam_node *node);

/**
 * The address without its port; NULL for NULL, and until a host name was resolved.
 *
 * Ownership: borrowed, lives as long as `node`. Threads: any.
 */
const char *seafoam_node_ip(const seafoam_node *node);

/**
 * UDP and TCP port; 0 for NULL.
 *
 * Threads: any.
 */
uint16_t seafoam_node_port(const seafoam_node *node);

/**
 * What this process believes about it (`SEAFOAM_STATUS_...`); -1 for NULL.
 *
 * Threads: any.
 */
seafoam_status seafoam_node_status(const seafoam_node *node);

/**
 * Whether it is alive or suspected; false for NULL.
 *
 * Threads: any.
 */
bool seafoam_node_is_healthy(const seafoam_node *node);

/**
 * Its role (`SEAFOAM_RANK_...`); -1 for NULL.
 *
 * Threads: any.
 */
seafoam_rank seafoam_node_rank(const seafoam_node *node);

/**
 * Whether it is a lighthouse, also while it leads; false for NULL.
 *
 * Threads: any.
 */
bool seafoam_node_is_lighthouse(const seafoam_node *node);

/**
 * Datacenter; `SEAFOAM_DATACENTER_NONE` where it was not assigned to one, and for NULL.
 *
 * Threads: any.
 */
uint8_t seafoam_node_datacenter(const seafoam_node *node);

/**
 * Which run of that name: milliseconds since the epoch at its start, or later; 0 while it is
 * unknown, and for NULL.
 *
 * Threads: any.
 */
uint64_t seafoam_node_generation(const seafoam_node *node);

/**
 * Version of its own claims inside one generation; 0 for NULL.
 *
 * Threads: any.
 */
uint32_t seafoam_node_incarnation(const seafoam_node *node);

/**
 * Last round trip in milliseconds, `SEAFOAM_PING_NO_DATA` (also for NULL) or
 * `SEAFOAM_PING_TIMED_OUT`.
 *
 * Threads: any.
 */
double seafoam_node_ping_millis(const seafoam_node *node);

/**
 * Milliseconds since this process last heard from it, at the time of the snapshot; 0 for the local
 * node and for NULL.
 *
 * Threads: any.
 */
uint64_t seafoam_node_age_millis(const seafoam_node *node);

/**
 * Wall clock of its last ping or status change as seen here, milliseconds since the epoch; 0 for
 * NULL.
 *
 * Threads: any.
 */
uint64_t seafoam_node_timestamp_millis(const seafoam_node *node);

/**
 * How many more times its status will be passed on by this node; 0 for NULL.
 *
 * Threads: any.
 */
uint16_t seafoam_node_emit_counter(const seafoam_node *node);

/**
 * Name of the node that first stated the status; NULL for NULL.
 *
 * Ownership: borrowed, lives as long as `node`. Threads: any.
 */
const char *seafoam_node_status_source(const seafoam_node *node);

/**
 * How many tags it published; 0 for NULL.
 *
 * Threads: any.
 */
size_t seafoam_node_tags_length(const seafoam_node *node);

/**
 * Name of a tag, by index from 0 in the order of the names; NULL beyond the last one.
 *
 * Ownership: borrowed, lives as long as `node`. Threads: any.
 */
const char *seafoam_node_tag_name(const seafoam_node *node, size_t index);

/**
 * Value of a tag, by index from 0 in the order of the names; NULL beyond the last one.
 *
 * Ownership: borrowed, lives as long as `node`. Threads: any.
 */
const char *seafoam_node_tag_value(const seafoam_node *node, size_t index);

/**
 * A handle of its own to the same snapshot, for a node that is borrowed; NULL for NULL.
 *
 * Ownership: free it with `seafoam_node_free`. Threads: any.
 */
seafoam_node *seafoam_node_clone(const seafoam_node *node);

/**
 * Frees a node that a call gave to its caller (not a borrowed one); NULL is fine.
 *
 * Threads: any.
 */
void seafoam_node_free(seafoam_node *node);

/**
 * How many nodes are in the list; 0 for NULL.
 *
 * Threads: any.
 */
size_t seafoam_nodes_length(const seafoam_nodes *nodes);

/**
 * A node of the list, by index from 0; NULL beyond the last one.
 *
 * Ownership: borrowed, lives as long as `nodes`. Threads: any.
 */
const seafoam_node *seafoam_nodes_get(const seafoam_nodes *nodes, size_t index);

/**
 * Frees a list and its nodes; NULL is fine.
 *
 * Threads: any.
 */
void seafoam_nodes_free(seafoam_nodes *nodes);

/**
 * The node that was asked about; NULL for NULL.
 *
 * Ownership: borrowed, lives as long as `why`. Threads: any.
 */
const seafoam_node *seafoam_why_node(const seafoam_why *why);

/**
 * Milliseconds since its status changed here; 0 for NULL.
 *
 * Threads: any.
 */
uint64_t seafoam_why_since_millis(const seafoam_why *why);

/**
 * Name of the node that stated it first; NULL for NULL.
 *
 * Ownership: borrowed, lives as long as `why`. Threads: any.
 */
const char *seafoam_why_source(const seafoam_why *why);

/**
 * How many members are known to have failed to reach it; 0 for NULL.
 *
 * Threads: any.
 */
size_t seafoam_why_witnesses_length(const seafoam_why *why);

/**
 * Name of a member that failed to reach it, by index from 0; NULL beyond the last one.
 *
 * Ownership: borrowed, lives as long as `why`. Threads: any.
 */
const char *seafoam_why_witness(const seafoam_why *why, size_t index);

/**
 * Whether this node's own ping failed since the suspicion began; false for NULL.
 *
 * Threads: any.
 */
bool seafoam_why_own_ping_failed(const seafoam_why *why);

/**
 * This node's own health score when it was asked: 0 is healthy, 8 the worst; -1 for NULL.
 *
 * Threads: any.
 */
int seafoam_why_own_health(const seafoam_why *why);

/**
 * Name of the node that began the suspicion, as heard here; empty where there was none; NULL for
 * NULL.
 *
 * Ownership: borrowed, lives as long as `why`. Threads: any.
 */
const char *seafoam_why_accuser(const seafoam_why *why);

/**
 * Milliseconds since the suspicion began here, also of a node that is dead by now; 0 where there
 * was none, and for NULL.
 *
 * Threads: any.
 */
uint64_t seafoam_why_suspected_millis(const seafoam_why *why);

/**
 * Milliseconds since anything came from the node itself, also through a helper; 0 for NULL.
 *
 * Threads: any.
 */
uint64_t seafoam_why_heard_millis(const seafoam_why *why);

/**
 * What a witness found out about the node's host, by the index of the witness
 * (`SEAFOAM_HINT_...`); -1 beyond the last one.
 *
 * Threads: any.
 */
seafoam_hint seafoam_why_witness_hint(const seafoam_why *why, size_t index);

/**
 * Milliseconds since a witness was first heard here, by its index; 0 beyond the last one.
 *
 * Threads: any.
 */
uint64_t seafoam_why_witness_millis(const seafoam_why *why, size_t index);

/**
 * What a TCP connection of this node's own to the node's host told (`SEAFOAM_HINT_...`); -1 for
 * NULL.
 *
 * Threads: any.
 */
seafoam_hint seafoam_why_own_hint(const seafoam_why *why);

/**
 * How many helpers of this node's last probe could not reach the node either,
 * and said so; 0 for NULL.
 *
 * Threads: any.
 */
size_t seafoam_why_helpers_failed_length(const seafoam_why *why);

/**
 * Name of such a helper, by index from 0; NULL beyond the last one.
 *
 * Ownership: borrowed, lives as long as `why`. Threads: any.
 */
const char *seafoam_why_helpers_failed(const seafoam_why *why, size_t index);

/**
 * How many helpers of this node's last probe said nothing in
 * time; 0 for NULL.
 *
 * Threads: any.
 */
size_t seafoam_why_helpers_silent_length(const seafoam_why *why);

/**
 * Name of such a helper, by index from 0; NULL beyond the last one.
 *
 * Ownership: borrowed, lives as long as `why`. Threads: any.
 */
const char *seafoam_why_helpers_silent(const seafoam_why *why, size_t index);

/**
 * Frees an answer of `seafoam_cluster_why`; NULL is fine.
 *
 * Threads: any.
 */
void seafoam_why_free(seafoam_why *why);

/**
 * What the event is about (`SEAFOAM_EVENT_...`); -1 for NULL. Skip kinds that you do not know:
 * later versions add some.
 *
 * Threads: any.
 */
seafoam_kind seafoam_event_kind(const seafoam_event *event);

/**
 * The node of a status, node, conflict or link event; else NULL.
 *
 * Ownership: borrowed, lives as long as `event`. Threads: any.
 */
const seafoam_node *seafoam_event_node(const seafoam_event *event);

/**
 * The new status of a status event (`SEAFOAM_STATUS_...`); else -1.
 *
 * Threads: any.
 */
seafoam_status seafoam_event_status(const seafoam_event *event);

/**
 * The status before a status event (`SEAFOAM_STATUS_...`); else -1.
 *
 * Threads: any.
 */
seafoam_status seafoam_event_previous(const seafoam_event *event);

/**
 * Name of the node that first stated the status, of a status event; else NULL.
 *
 * Ownership: borrowed, lives as long as `event`. Threads: any.
 */
const char *seafoam_event_source(const seafoam_event *event);

/**
 * The node that sent the payload of a broadcast event; else NULL.
 *
 * Ownership: borrowed, lives as long as `event`. Threads: any.
 */
const seafoam_node *seafoam_event_origin(const seafoam_event *event);

/**
 * The number of a broadcast among those of its origin's run; else 0.
 *
 * Threads: any.
 */
uint32_t seafoam_event_index(const seafoam_event *event);

/**
 * `ip:port:index` of a broadcast, unique within one run of its origin; else NULL.
 *
 * Ownership: borrowed, lives as long as `event`. Threads: any.
 */
const char *seafoam_event_label(const seafoam_event *event);

/**
 * The payload of a broadcast or message event, `*length` bytes without a NUL behind them; else
 * NULL and 0. A payload of no bytes is not NULL.
 *
 * Ownership: borrowed, lives as long as `event`; `length` may be NULL. Threads: any.
 */
const uint8_t *seafoam_event_bytes(const seafoam_event *event, size_t *length);

/**
 * The node that sent a message; else NULL.
 *
 * Ownership: borrowed, lives as long as `event`. Threads: any.
 */
const seafoam_node *seafoam_event_sender(const seafoam_event *event);

/**
 * The leader of a leader event, NULL while there is none; else NULL.
 *
 * Ownership: borrowed, lives as long as `event`. Threads: any.
 */
const seafoam_node *seafoam_event_leader(const seafoam_event *event);

/**
 * The term of a leader event; else 0.
 *
 * Threads: any.
 */
uint64_t seafoam_event_term(const seafoam_event *event);

/**
 * The datacenter that a leader event is about, -1 for the whole cluster; else -1.
 *
 * Threads: any.
 */
int seafoam_event_scope(const seafoam_event *event);

/**
 * What a validity event says; else NULL.
 *
 * Ownership: borrowed, lives as long as `event`. Threads: any.
 */
const seafoam_validity *seafoam_event_validity(const seafoam_event *event);

/**
 * The address of the other process that uses the node's name, of a conflict event; else NULL.
 *
 * Ownership: borrowed, lives as long as `event`. Threads: any.
 */
const char *seafoam_event_other_address(const seafoam_event *event);

/**
 * The direction that works, of a link event (`SEAFOAM_LINK_...`); else -1.
 *
 * Threads: any.
 */
seafoam_direction seafoam_event_direction(const seafoam_event *event);

/**
 * How many members came back, of a merged event; else 0.
 *
 * Threads: any.
 */
uint32_t seafoam_event_members(const seafoam_event *event);

/**
 * The number of the datacenter, of a datacenter event; else -1.
 *
 * Threads: any.
 */
int seafoam_event_number(const seafoam_event *event);

/**
 * Whether the datacenter was lost (or came back), of a datacenter event; else false.
 *
 * Threads: any.
 */
bool seafoam_event_lost(const seafoam_event *event);

/**
 * How many events this stream lost, of a lagged event; else 0.
 *
 * Threads: any.
 */
uint64_t seafoam_event_missed(const seafoam_event *event);

/**
 * Why the cluster closed itself, of a closed event; NULL where it was asked to, and for other
 * kinds.
 *
 * Ownership: borrowed, lives as long as `event`. Threads: any.
 */
const seafoam_error *seafoam_event_error(const seafoam_event *event);

/**
 * A handle of its own to the same event, which outlives the next call on the stream; NULL for
 * NULL. What was borrowed from the old handle is not part of the new one.
 *
 * Ownership: free it with `seafoam_event_free`. Threads: any.
 */
seafoam_event *seafoam_event_clone(const seafoam_event *event);

/**
 * Frees an event that was cloned (not a borrowed one); NULL is fine.
 *
 * Threads: any.
 */
void seafoam_event_free(seafoam_event *event);

/**
 * Opens a stream of events that begins now. `kinds` is a set of bits, `1u << SEAFOAM_EVENT_...`
 * (`SEAFOAM_EVENT_BIT`), 0 for all; lagged and closed events always come. `capacity` is how many
 * may wait, 0 for `event_capacity`. With `initial` it begins with the present members (as status
 * events from unknown) and validity, without a gap to what follows.
 *
 * Ownership: free `*events` with `seafoam_events_free`. Threads: any.
 * Errors: `SEAFOAM_INVALID_CONFIG` for a capacity out of range, `SEAFOAM_BUSY` where too many are
 * open, `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_events(const seafoam_cluster *cluster,
                                    uint32_t kinds,
                                    size_t capacity,
                                    bool initial,
                                    seafoam_events **events,
                                    seafoam_error **error);

/**
 * The next event. `timeout_millis`: 0 only looks, negative waits for ever. Where the time passes
 * without one, the code is `SEAFOAM_TIMEOUT`, `*event` is NULL, and there is no error object.
 *
 * Ownership: borrowed, lives until this thread's next call on the stream, or until the stream is
 * freed; `seafoam_event_clone` keeps it. Threads: any; each thread keeps its last event alive.
 * Errors: `SEAFOAM_CLOSED` once the closed event was read, `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_events_next(seafoam_events *events,
                                 int64_t timeout_millis,
                                 const seafoam_event **event,
                                 seafoam_error **error);

/**
 * Up to `capacity` events at once, into an array of the caller; waits for the first one as
 * `seafoam_events_next` does. Gives out 4096 at most.
 *
 * Ownership: `*count` pointers in `batch` are borrowed until this thread's next call on the stream,
 * or until the stream is freed. Threads: any.
 * Errors: `SEAFOAM_INVALID_CONFIG` where `capacity` is 0; else as `seafoam_events_next`.
 */
seafoam_code seafoam_events_next_batch(seafoam_events *events,
                                       int64_t timeout_millis,
                                       const seafoam_event **batch,
                                       size_t capacity,
                                       size_t *count,
                                       seafoam_error **error);

/**
 * A file descriptor that is readable exactly while events wait, for poll, epoll and the loops built
 * on them: when it is, call `seafoam_events_next` with timeout 0 until it answers
 * `SEAFOAM_TIMEOUT`, or read just some: it stays readable. The same one at each call; close-on-exec
 * and never blocking.
 *
 * Ownership: belongs to the stream, which closes it when it is freed; never read, write or close
 * it. Threads: any.
 * Errors: `SEAFOAM_INTERNAL` where the process has no file descriptor left, `SEAFOAM_FORKED`; then
 * `*fd` is -1.
 */
seafoam_code seafoam_events_fd(seafoam_events *events, int *fd, seafoam_error **error);

/**
 * Ends the stream: whoever waits in it gets what is left, then a closed event, then
 * `SEAFOAM_CLOSED`. NULL is fine.
 *
 * Ownership: the handle is still to be freed. Threads: any.
 */
void seafoam_events_close(seafoam_events *events);

/**
 * Ends the stream and frees it with every event borrowed from it and its file descriptor; NULL is
 * fine.
 *
 * Threads: any, while no other call with this stream is under way.
 */
void seafoam_events_free(seafoam_events *events);

/**
 * Up to `most` events at once (4096 at most) and the nodes that they speak of, as many as fit, laid
 * flat into memory of the caller, which begins with a `seafoam_flat_batch`; waits for the first one
 * as `seafoam_events_next` does. Nothing in it is a pointer, so it may be copied, kept, and handed
 * to other languages. Where it answers anything but `SEAFOAM_OK`, nothing was written.
 *
 * Ownership: `buffer` has room for `capacity` bytes and stays the caller's; nothing is borrowed.
 * Threads: any.
 * Errors: `SEAFOAM_INVALID_CONFIG` where the next event does not fit (it stays;
 * `SEAFOAM_FLAT_ANY_EVENT_BYTES` are always enough) or `most` is 0; else as `seafoam_events_next`.
 */
seafoam_code seafoam_events_next_flat(seafoam_events *events,
                                      int64_t timeout_millis,
                                      size_t most,
                                      void *buffer,
                                      size_t capacity,
                                      size_t *count,
                                      seafoam_error **error);

/**
 * Calls `function` with each node whose status changed, one call at a time, on the cluster's
 * dispatch thread. Any call of this library may be made from inside.
 *
 * Ownership: `drop` (may be NULL) is called exactly once with `user_data`, after the last call of
 * `function`, also where this call fails. `callback` may be NULL, then the function stays until
 * the cluster closes; else `*callback` ends with `seafoam_callback_remove`. Threads: any.
 * Errors: `SEAFOAM_INVALID_CONFIG` where `function` is NULL, `SEAFOAM_BUSY` where too many are
 * installed, `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_on_status(const seafoam_cluster *cluster,
                                       seafoam_status_function function,
                                       void *user_data,
                                       seafoam_drop drop,
                                       seafoam_callback **callback,
                                       seafoam_error **error);

/**
 * Calls `function` with the origin and the payload of each broadcast, one call at a time, on the
 * cluster's dispatch thread. Any call of this library may be made from inside.
 *
 * Ownership, threads and errors: as `seafoam_cluster_on_status`.
 */
seafoam_code seafoam_cluster_on_broadcast(const seafoam_cluster *cluster,
                                          seafoam_broadcast_function function,
                                          void *user_data,
                                          seafoam_drop drop,
                                          seafoam_callback **callback,
                                          seafoam_error **error);

/**
 * Calls `function` with each event of `kinds` (as in `seafoam_cluster_events`), one call at a
 * time, on the cluster's dispatch thread. Any call of this library may be made from inside.
 *
 * Ownership, threads and errors: as `seafoam_cluster_on_status`.
 */
seafoam_code seafoam_cluster_on_event(const seafoam_cluster *cluster,
                                      uint32_t kinds,
                                      seafoam_event_function function,
                                      void *user_data,
                                      seafoam_drop drop,
                                      seafoam_callback **callback,
                                      seafoam_error **error);

/**
 * Removes the function, or the pair, and frees the handle; NULL is fine. Waits for a running call, at most 1 s,
 * unless called from inside it; none begins after this returned. Works on after the cluster was
 * closed and freed.
 *
 * Threads: any.
 */
void seafoam_callback_remove(seafoam_callback *callback);

/**
 * Waits until this node leads in a term above `after_term` (0: in any term, at once where it leads
 * already), and gives the lease of that tenure as `seafoam_cluster_lease` does. Terms rise: the last
 * one as `after_term` waits for the next tenure.
 *
 * `*term` is the fencing token: send it along with what must not happen twice, and let the store
 * refuse lower ones. `seafoam_cluster_is_leader` guards the moment, the term guards the effect.
 *
 * Ownership: `remaining_millis` and `quality` may be NULL. Threads: any; `seafoam_cluster_close`
 * from another thread ends the wait.
 * Errors: `SEAFOAM_TIMEOUT` after `timeout_millis` (negative waits for ever), `SEAFOAM_NOT_VALID` at
 * once where nobody can ever lead here (no lighthouses that vote, or `fallback`), `SEAFOAM_BUSY` where
 * 1024 wait, `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_leadership(const seafoam_cluster *cluster,
                                        uint64_t after_term,
                                        int64_t timeout_millis,
                                        uint64_t *term,
                                        uint64_t *remaining_millis,
                                        seafoam_quality *quality,
                                        seafoam_error **error);

/**
 * Waits until this node does not lead in `term`: at once where it does not now, and no later than
 * `seafoam_cluster_is_leader` turns false, but for the time that it takes to wake this thread. A tenure
 * whose end was told never goes on. `SEAFOAM_OK` also where the cluster was closed.
 *
 * Threads: any.
 * Errors: `SEAFOAM_TIMEOUT` where the tenure still runs after `timeout_millis` (negative waits for
 * ever), `SEAFOAM_BUSY` where 1024 wait, `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_leadership_lost(const seafoam_cluster *cluster,
                                             uint64_t term,
                                             int64_t timeout_millis,
                                             seafoam_error **error);

/**
 * Gives up the tenure of `term`, as `seafoam_cluster_resign` does, and no later one. Blocks until a
 * majority of the lighthouses knows; `SEAFOAM_OK` at once where that tenure is over already.
 *
 * Threads: any.
 * Errors: `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_leadership_resign(const seafoam_cluster *cluster,
                                               uint64_t term,
                                               seafoam_error **error);

/**
 * Calls `elected` when this node leads, at once where it does already, and `lost` with the term when
 * that tenure is over, in turns, one call at a time, on a thread of their own. While `elected` runs,
 * `lost` waits: work that takes longer than a lease belongs on another thread. `lost` is called too
 * where the cluster closes, not where the pair is removed, which gives nothing up
 * (`seafoam_cluster_leadership_resign` does). Any call of this library may be made from inside.
 *
 * Ownership: `drop` (may be NULL) is called exactly once with `user_data`, after the last call of
 * both, also where this call fails. `callback` may be NULL, then the pair stays until the cluster
 * closes; else `*callback` ends with `seafoam_callback_remove`. Threads: any.
 * Errors: `SEAFOAM_INVALID_CONFIG` where a function is NULL, `SEAFOAM_NOT_VALID` where nobody can ever
 * lead here, `SEAFOAM_BUSY` where 64 pairs are installed, `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_on_leadership(const seafoam_cluster *cluster,
                                           seafoam_elected_function elected,
                                           seafoam_lost_function lost,
                                           void *user_data,
                                           seafoam_drop drop,
                                           seafoam_callback **callback,
                                           seafoam_error **error);

/**
 * Counters (from the start of the cluster) and gauges (of this moment).
 *
 * Ownership: free `*stats` with `seafoam_stats_free`. Threads: any.
 * Errors: `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
 */
seafoam_code seafoam_cluster_stats(const seafoam_cluster *cluster,
                                   seafoam_stats **stats,
                                   seafoam_error **error);

/**
 * The value of a row by its name, such as `members_alive`.
 *
 * Threads: any.
 * Errors: `SEAFOAM_INVALID_CONFIG` where there is no such row; the message lists those that there
 * are.
 */
seafoam_code seafoam_stats_get(const seafoam_stats *stats,
                               const char *name,
                               uint64_t *value,
                               seafoam_error **error);

/**
 * How many rows there are; 0 for NULL.
 *
 * Threads: any.
 */
size_t seafoam_stats_length(const seafoam_stats *stats);

/**
 * Name of a row, by index from 0; NULL beyond the last one.
 *
 * Ownership: static, never freed. Threads: any.
 */
const char *seafoam_stats_name(const seafoam_stats *stats, size_t index);

/**
 * What a row means, by index from 0; NULL beyond the last one.
 *
 * Ownership: static, never freed. Threads: any.
 */
const char *seafoam_stats_doc(const seafoam_stats *stats, size_t index);

/**
 * Whether a row only rises from the start of the cluster, by index from 0; false for a gauge, and
 * beyond the last row.
 *
 * Threads: any.
 */
bool seafoam_stats_is_counter(const seafoam_stats *stats, size_t index);

/**
 * The value of a row, by index from 0; 0 beyond the last one.
 *
 * Threads: any.
 */
uint64_t seafoam_stats_value(const seafoam_stats *stats, size_t index);

/**
 * Frees a snapshot; NULL is fine.
 *
 * Threads: any.
 */
void seafoam_stats_free(seafoam_stats *stats);

/**
 * Sets the logger of the process; a NULL `logger` restores the default, standard error. Waits for
 * a running call of the old one; none begins afterwards, and its `drop` has run.
 *
 * Ownership: `drop` (may be NULL) is called exactly once with `user_data`, when the logger will
 * not be called again, also where this call fails. Threads: any but the logger's own call.
 * Errors: `SEAFOAM_BUSY` from inside the logger, which cannot be waited for there.
 */
seafoam_code seafoam_set_logger(seafoam_logger logger,
                                void *user_data,
                                seafoam_drop drop,
                                seafoam_error **error);

/**
 * Sets the threshold of the log (`SEAFOAM_LOG_...`): lines below it are not made at all.
 *
 * Threads: any.
 * Errors: `SEAFOAM_INVALID_CONFIG` for a number that is no level; nothing was changed.
 */
seafoam_code seafoam_set_log_level(int level, seafoam_error **error);

/**
 * The threshold of the log (`SEAFOAM_LOG_...`).
 *
 * Threads: any.
 */
seafoam_level seafoam_log_level(void);

/**
 * Logs a line, for programs that want theirs among those of the library.
 *
 * Ownership: the text is copied. Threads: any, also from inside the logger; never waits for it.
 * Errors: `SEAFOAM_INVALID_CONFIG` for a number that is no level, or a text that cannot be taken.
 */
seafoam_code seafoam_log(int level, const char *line, seafoam_error **error);

/**
 * Waits until every line so far was handed to the logger, for `timeout_millis` at most (negative
 * waits for ever). From inside the logger it returns at once.
 *
 * Threads: any.
 */
void seafoam_flush_log(int64_t timeout_millis);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* SEAFOAM_H */
