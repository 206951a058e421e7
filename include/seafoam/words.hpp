// SPDX-License-Identifier: Apache-2.0
// Made by cpp/generate.py from seafoam-api.json; not to be edited.
#ifndef SEAFOAM_WORDS_HPP
#define SEAFOAM_WORDS_HPP

#include <cstdint>
#include <ostream>
#include <string_view>

#include "../seafoam.h"

namespace seafoam {

/// What a call came to. Later versions may add values.
enum class ErrorCode : std::int32_t {
  /// The call did what it was asked to.
  ok = 0,
  /// A configuration key is unknown, or its value is outside what it accepts.
  invalid_config = 1,
  /// Another socket holds the address and port to listen on.
  address_in_use = 2,
  /// A text is not an address, or the address cannot be used here.
  invalid_address = 3,
  /// A host name has no address at the moment.
  resolve_failed = 4,
  /// No node of that name or address is in the table.
  unknown_node = 5,
  /// The payload is longer than the limit; nothing was sent.
  payload_too_large = 6,
  /// The call needs this node to be the leader, and it is not.
  not_leader = 7,
  /// The call needs a valid cluster, and it is not.
  not_valid = 8,
  /// This build of the engine does not offer that yet; nothing was changed.
  not_available = 9,
  /// The deadline passed before the condition was met.
  timeout = 10,
  /// A bounded queue is full; try again later.
  busy = 11,
  /// Another living node uses this node's name.
  conflict = 12,
  /// The cluster handle was closed before the call.
  closed = 13,
  /// The handle belongs to the parent process; start a new cluster in the child.
  forked = 14,
  /// Listening beyond loopback needs a key, or `insecure`.
  key_required = 15,
  /// A key has the wrong length or encoding, or its id is taken.
  bad_key = 16,
  /// A defect in seafoam; the cluster was closed and the host is unharmed.
  internal = 17,
};

/// Its word, such as `internal`; `?` for a number that is none.
inline std::string_view name(ErrorCode value) noexcept {
  return seafoam_code_name(static_cast<int>(value));
}
inline std::ostream& operator<<(std::ostream& out, ErrorCode value) {
  return out << name(value);
}

/// What a process believes of a node. Later versions may add values.
enum class NodeStatus : std::int32_t {
  /// Named by the user but not heard of yet.
  unknown = 0,
  /// Answers, or is vouched for by others.
  alive = 1,
  /// Does not answer; it still counts as healthy and may refute.
  suspected = 2,
  /// Did not answer or refute in time.
  dead = 3,
  /// Said itself that it leaves.
  left = 5,
};

/// Its word, such as `left`; `?` for a number that is none.
inline std::string_view name(NodeStatus value) noexcept {
  return seafoam_status_name(static_cast<int>(value));
}
inline std::ostream& operator<<(std::ostream& out, NodeStatus value) {
  return out << name(value);
}

/// The role of a node. Later versions may add values.
enum class NodeRank : std::int32_t {
  /// No role beside membership.
  normal = 0,
  /// Holds the lease to lead its scope.
  leader = 1,
  /// Must be included for the cluster to count as valid; votes on the leader.
  lighthouse = 2,
};

/// Its word, such as `lighthouse`; `?` for a number that is none.
inline std::string_view name(NodeRank value) noexcept {
  return seafoam_rank_name(static_cast<int>(value));
}
inline std::ostream& operator<<(std::ostream& out, NodeRank value) {
  return out << name(value);
}

/// What an event is about. Later versions may add values.
enum class EventKind : std::int32_t {
  /// A node's status changed.
  status = 1,
  /// Another member broadcast a payload.
  broadcast = 2,
  /// Another member sent a payload to this node alone.
  message = 3,
  /// A leader was elected, renewed its tenure elsewhere, or was lost.
  leader = 4,
  /// The cluster became valid or stopped being so.
  validity = 5,
  /// A node's tags, address or datacenter changed.
  node = 6,
  /// Two living nodes use one name.
  conflict = 7,
  /// A link works in one direction only, or in both again.
  link = 8,
  /// Members that were dead came back together.
  merged = 9,
  /// A whole datacenter was lost or came back.
  datacenter = 10,
  /// This subscription was too slow and lost its oldest events.
  lagged = 11,
  /// The cluster was closed; nothing follows.
  closed = 12,
};

/// Its word, such as `closed`; `?` for a number that is none.
inline std::string_view name(EventKind value) noexcept {
  return seafoam_event_kind_name(static_cast<int>(value));
}
inline std::ostream& operator<<(std::ostream& out, EventKind value) {
  return out << name(value);
}

/// How grave a log line is. Later versions may add values.
enum class LogLevel : std::int32_t {
  /// As a threshold: everything.
  all = 0,
  /// Each datagram.
  trace = 1,
  /// Each decision.
  debug = 2,
  /// What an operator wants to know.
  info = 3,
  /// Something is wrong and is worked around.
  warn = 4,
  /// Something failed.
  error = 5,
  /// The cluster cannot go on.
  fatal = 6,
  /// As a threshold: nothing.
  off = 7,
};

/// Its word, such as `off`; `?` for a number that is none.
inline std::string_view name(LogLevel value) noexcept {
  return seafoam_log_level_name(static_cast<int>(value));
}
inline std::ostream& operator<<(std::ostream& out, LogLevel value) {
  return out << name(value);
}

/// Whether this side of a partition may act. Later versions may add values.
enum class ValidityState : std::int32_t {
  /// Plain membership: no lighthouse is configured or learned, or `fallback` is set.
  fallback = 0,
  /// Not enough lighthouses were seen yet.
  forming = 1,
  /// Enough lighthouses are included.
  valid = 2,
  /// Too few lighthouses are included.
  invalid = 3,
};

/// Its word, such as `invalid`; `?` for a number that is none.
inline std::string_view name(ValidityState value) noexcept {
  return seafoam_validity_state_name(static_cast<int>(value));
}
inline std::ostream& operator<<(std::ostream& out, ValidityState value) {
  return out << name(value);
}

/// Where the list of lighthouses comes from. Later versions may add values.
enum class ValidityBasis : std::int32_t {
  /// The configured list, the same on every node.
  listed = 0,
  /// Flags of nodes that were seen; good for validity, not for elections.
  learned = 1,
};

/// Its word, such as `learned`; `?` for a number that is none.
inline std::string_view name(ValidityBasis value) noexcept {
  return seafoam_validity_basis_name(static_cast<int>(value));
}
inline std::ostream& operator<<(std::ostream& out, ValidityBasis value) {
  return out << name(value);
}

/// How far a lease's term can be trusted. Later versions may add values.
enum class TermQuality : std::int32_t {
  /// The term floor is kept on disk.
  durable = 0,
  /// The term floor comes from the wall clock: weaker.
  clock_floor = 1,
};

/// Its word, such as `clock_floor`; `?` for a number that is none.
inline std::string_view name(TermQuality value) noexcept {
  return seafoam_term_quality_name(static_cast<int>(value));
}
inline std::ostream& operator<<(std::ostream& out, TermQuality value) {
  return out << name(value);
}

/// Which way a link works. Later versions may add values.
enum class LinkDirection : std::int32_t {
  /// The node is heard here, but does not hear this node.
  inbound = 1,
  /// The node hears this node, but is not heard here.
  outbound = 2,
  /// The link works both ways again.
  both = 3,
};

/// Its word, such as `both`; `?` for a number that is none.
inline std::string_view name(LinkDirection value) noexcept {
  return seafoam_link_direction_name(static_cast<int>(value));
}
inline std::ostream& operator<<(std::ostream& out, LinkDirection value) {
  return out << name(value);
}

/// What the kernel of a silent node's host did with a TCP connection. Later versions may add
/// values.
enum class Hint : std::int32_t {
  /// No connection was tried, or its outcome is not known yet.
  none = 0,
  /// Nothing came back: the host is dead, or the network is cut.
  silent = 1,
  /// It was accepted: the process is paused, or its datagrams are lost.
  hung = 2,
  /// It was refused: the process is gone.
  gone = 3,
};

/// Its word, such as `gone`; `?` for a number that is none.
inline std::string_view name(Hint value) noexcept {
  return seafoam_hint_name(static_cast<int>(value));
}
inline std::ostream& operator<<(std::ostream& out, Hint value) {
  return out << name(value);
}

/// For whom a leader leads. Later versions may add values.
enum class LeaderScope : std::int32_t {
  /// One leader for the whole cluster.
  global = 0,
  /// One leader for each datacenter.
  datacenter = 1,
};

/// Its word, such as `datacenter`; `?` for a number that is none.
inline std::string_view name(LeaderScope value) noexcept {
  switch (value) {
  case LeaderScope::global:
    return "global";
  case LeaderScope::datacenter:
    return "datacenter";
  }
  return "?";
}
inline std::ostream& operator<<(std::ostream& out, LeaderScope value) {
  return out << name(value);
}

/// A set of timing defaults. Later versions may add values.
enum class Profile : std::int32_t {
  /// Detection in two seconds: servers and containers.
  fast = 0,
  /// Spares machines that are migrated or oversubscribed.
  patient = 1,
  /// Bare metal that never pauses.
  one_second = 2,
};

/// Its word, such as `one_second`; `?` for a number that is none.
inline std::string_view name(Profile value) noexcept {
  switch (value) {
  case Profile::fast:
    return "fast";
  case Profile::patient:
    return "patient";
  case Profile::one_second:
    return "one_second";
  }
  return "?";
}
inline std::ostream& operator<<(std::ostream& out, Profile value) {
  return out << name(value);
}

/// `Node::ping_millis` of a node that was not pinged yet.
inline constexpr double ping_no_data = -1.0;
/// `Node::ping_millis` of a node whose last ping timed out.
inline constexpr double ping_timed_out = -2.0;
/// `Node::datacenter` of a node that was not assigned to one.
inline constexpr std::uint8_t datacenter_none = 255;

/// Bounds; each is named with its unit, those without count things.
namespace limits {
inline constexpr std::int64_t broadcast_bytes = 1024;
inline constexpr std::int64_t broadcast_queue = 1024;
inline constexpr std::int64_t callback_wait_millis = 1000;
inline constexpr std::int64_t cluster_name_bytes = 255;
inline constexpr std::int64_t event_capacity_maximum = 1048576;
inline constexpr std::int64_t event_capacity_minimum = 1;
inline constexpr std::int64_t initial_hosts = 256;
inline constexpr std::int64_t log_lines = 1024;
inline constexpr std::int64_t message_bytes = 65536;
inline constexpr std::int64_t name_bytes = 64;
inline constexpr std::int64_t subscription_bytes = 4194304;
inline constexpr std::int64_t subscriptions = 1024;
inline constexpr std::int64_t tags_bytes = 512;
inline constexpr std::int64_t wait_millis = 1000000000000;
}  // namespace limits

}  // namespace seafoam

#endif
