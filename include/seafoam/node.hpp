// SPDX-License-Identifier: Apache-2.0
#ifndef SEAFOAM_NODE_HPP
#define SEAFOAM_NODE_HPP

#include <optional>

#include "values.hpp"

namespace seafoam {

namespace detail {
using OwnedNode = Handle<seafoam_node, seafoam_node_free>;
using OwnedNodes = Handle<seafoam_nodes, seafoam_nodes_free>;

inline std::string_view view(const char* text) noexcept {
  return text == nullptr ? "" : text;
}
} // namespace detail

/// One member as this process saw it at one moment. Never changes; readable from any thread. Copies
/// share one snapshot. After a move it is empty: texts and numbers are empty, 0 or -1.
///
/// A text is borrowed from the node, and a copy where the node is a temporary.
class Node {
public:
  explicit Node(detail::OwnedNode handle) noexcept : handle_(std::move(handle)) {}
  Node(const Node& other) : handle_(seafoam_node_clone(other.raw())) {}
  Node& operator=(const Node& other) { return *this = Node(other); }
  Node(Node&&) noexcept = default;
  Node& operator=(Node&&) noexcept = default;
  ~Node() = default;

  /// Identity, unique in the cluster.
  std::string_view name() const& noexcept { return detail::view(seafoam_node_name(raw())); }
  std::string name() const&& { return std::string(name()); }
  /// Where others reach it: `ip:port`, `[v6]:port`, or what it was added by until it answers.
  std::string_view address() const& noexcept { return detail::view(seafoam_node_address(raw())); }
  std::string address() const&& { return std::string(address()); }
  /// The address without its port; none until a host name was resolved.
  std::optional<std::string_view> ip() const& noexcept {
    const char* ip = seafoam_node_ip(raw());
    return ip == nullptr ? std::nullopt : std::optional<std::string_view>(ip);
  }
  std::optional<std::string> ip() const&& { return std::optional<std::string>(ip()); }
  /// UDP and TCP port.
  std::uint16_t port() const noexcept { return seafoam_node_port(raw()); }
  /// What this process believes about it.
  NodeStatus status() const noexcept { return static_cast<NodeStatus>(seafoam_node_status(raw())); }
  /// Whether it is alive or suspected.
  bool is_healthy() const noexcept { return seafoam_node_is_healthy(raw()); }
  /// Its role.
  NodeRank rank() const noexcept { return static_cast<NodeRank>(seafoam_node_rank(raw())); }
  /// Whether it is a lighthouse, also while it leads.
  bool is_lighthouse() const noexcept { return seafoam_node_is_lighthouse(raw()); }
  /// Datacenter, or `datacenter_none`.
  std::uint8_t datacenter() const noexcept { return seafoam_node_datacenter(raw()); }
  /// Which run of that name: milliseconds since the epoch at its start, or later; 0 while unknown.
  std::uint64_t generation() const noexcept { return seafoam_node_generation(raw()); }
  /// Version of its own claims inside one generation.
  std::uint32_t incarnation() const noexcept { return seafoam_node_incarnation(raw()); }
  /// Last round trip in milliseconds, `ping_no_data` or `ping_timed_out`.
  double ping_millis() const noexcept { return seafoam_node_ping_millis(raw()); }
  /// Milliseconds since this process last heard from it, at the time of the snapshot.
  std::uint64_t age_millis() const noexcept { return seafoam_node_age_millis(raw()); }
  /// Wall clock of its last ping or status change as seen here, milliseconds since the epoch.
  std::uint64_t timestamp_millis() const noexcept { return seafoam_node_timestamp_millis(raw()); }
  /// How many more times its status will be passed on by this node.
  std::uint16_t emit_counter() const noexcept { return seafoam_node_emit_counter(raw()); }
  /// Name of the node that first stated the status.
  std::string_view status_source() const& noexcept {
    return detail::view(seafoam_node_status_source(raw()));
  }
  std::string status_source() const&& { return std::string(status_source()); }
  /// What it published.
  Tags tags() const {
    Tags tags;
    for (std::size_t i = 0; i < seafoam_node_tags_length(raw()); i++) {
      tags.emplace(seafoam_node_tag_name(raw(), i), seafoam_node_tag_value(raw(), i));
    }
    return tags;
  }

  /// The handle of the C library, borrowed; null after a move.
  const seafoam_node* raw() const noexcept { return handle_.get(); }

private:
  detail::OwnedNode handle_;
};

/// Names a node for a call: by name, by address, or by a snapshot. Only ever made as an argument.
class NodeArgument {
public:
  NodeArgument(const char* name_or_address) : text_("node", name_or_address) {}
  NodeArgument(std::string_view name_or_address) : text_("node", name_or_address) {}
  NodeArgument(const std::string& name_or_address) : text_("node", name_or_address) {}
  NodeArgument(const Node& node) : text_("node", node.name()) {}
  const char* c_str() const noexcept { return text_.c_str(); }

private:
  detail::Text text_;
};

/// The own lease.
struct Lease {
  /// The fencing token, strictly rising from tenure to tenure.
  std::uint64_t term;
  std::uint64_t remaining_millis;
  TermQuality term_quality;
};

/// Whether this side of a partition may act, and what is missing.
struct Validity {
  ValidityState state;
  ValidityBasis basis;
  /// Names of the lighthouses that are included.
  std::vector<std::string> seen;
  /// How many must be.
  std::uint32_t needed;
  /// Names of those that are not.
  std::vector<std::string> missing;
};

/// Why a node is suspected or dead.
struct Why {
  Node node;
  /// Since its status changed here.
  std::uint64_t since_millis;
  /// Name of the node that stated it first.
  std::string source;
  /// Names of the members that failed to reach it, in the order in which they were heard here: the
  /// first 16.
  std::vector<std::string> witnesses;
  /// Whether this node's own ping failed since the suspicion began.
  bool own_ping_failed;
  /// This node's own health score when it was asked: 0 is healthy, 8 the worst.
  std::uint32_t own_health;
  /// Name of whoever began the suspicion, as heard here; empty where there was none.
  std::string accuser;
  /// Milliseconds since the suspicion began here, also of a node that is dead by now; 0 where there
  /// was none.
  std::uint64_t suspected_millis;
  /// Milliseconds since anything came from the node itself, also through a helper.
  std::uint64_t heard_millis;
  /// What each of `witnesses` found out about the node's host, in their order.
  std::vector<Hint> witness_hints;
  /// Milliseconds since each of `witnesses` was first heard here, in their order.
  std::vector<std::uint64_t> witness_millis;
  /// What a TCP connection of this node's own to the node's host told.
  Hint own_hint;
  /// Names of the helpers of this node's last probe that could not reach the node either, and said
  /// so.
  std::vector<std::string> helpers_failed;
  /// Names of those that said nothing in time.
  std::vector<std::string> helpers_silent;
};

/// Who confirmed a broadcast in time, and who did not, of the members that were healthy when it was
/// sent; by name.
struct Receipt {
  /// The broadcast's label, `ip:port:index`.
  std::string label;
  /// Members that have it.
  std::vector<Node> confirmed;
  /// Members that did not say so: dead or gone meanwhile, or out of reach. Some may have it.
  std::vector<Node> missing;

  /// Whether all confirmed.
  bool is_complete() const noexcept { return missing.empty(); }
};

namespace detail {

/// None for a handle that is null.
inline std::optional<Node> maybe_node(OwnedNode handle) {
  return handle == nullptr ? std::nullopt : std::optional<Node>(std::in_place, std::move(handle));
}

inline std::vector<Node> list_of(const OwnedNodes& nodes) {
  std::vector<Node> list;
  const std::size_t length = seafoam_nodes_length(nodes.get());
  list.reserve(length);
  for (std::size_t i = 0; i < length; i++) {
    list.emplace_back(OwnedNode(seafoam_node_clone(seafoam_nodes_get(nodes.get(), i))));
  }
  return list;
}

template <class Raw>
std::vector<std::string> texts(const Raw* raw, std::size_t (*length)(const Raw*),
                               const char* (*at)(const Raw*, std::size_t)) {
  std::vector<std::string> list;
  for (std::size_t i = 0; i < length(raw); i++) {
    list.emplace_back(view(at(raw, i)));
  }
  return list;
}

inline Validity validity_of(const seafoam_validity* raw) {
  return Validity{static_cast<ValidityState>(seafoam_validity_state(raw)),
                  static_cast<ValidityBasis>(seafoam_validity_basis(raw)),
                  texts(raw, seafoam_validity_seen_length, seafoam_validity_seen),
                  seafoam_validity_needed(raw),
                  texts(raw, seafoam_validity_missing_length, seafoam_validity_missing)};
}

inline Why why_of(const seafoam_why* raw) {
  std::vector<Hint> hints;
  std::vector<std::uint64_t> millis;
  for (std::size_t i = 0; i < seafoam_why_witnesses_length(raw); i++) {
    hints.push_back(static_cast<Hint>(seafoam_why_witness_hint(raw, i)));
    millis.push_back(seafoam_why_witness_millis(raw, i));
  }
  return Why{Node(OwnedNode(seafoam_node_clone(seafoam_why_node(raw)))),
             seafoam_why_since_millis(raw),
             std::string(view(seafoam_why_source(raw))),
             texts(raw, seafoam_why_witnesses_length, seafoam_why_witness),
             seafoam_why_own_ping_failed(raw),
             static_cast<std::uint32_t>(seafoam_why_own_health(raw)),
             std::string(view(seafoam_why_accuser(raw))),
             seafoam_why_suspected_millis(raw),
             seafoam_why_heard_millis(raw),
             std::move(hints),
             std::move(millis),
             static_cast<Hint>(seafoam_why_own_hint(raw)),
             texts(raw, seafoam_why_helpers_failed_length, seafoam_why_helpers_failed),
             texts(raw, seafoam_why_helpers_silent_length, seafoam_why_helpers_silent)};
}

inline std::vector<Node> nodes_of(const seafoam_receipt* raw,
                                  std::size_t (*length)(const seafoam_receipt*),
                                  const seafoam_node* (*at)(const seafoam_receipt*, std::size_t)) {
  std::vector<Node> list;
  for (std::size_t i = 0; i < length(raw); i++) {
    list.emplace_back(OwnedNode(seafoam_node_clone(at(raw, i))));
  }
  return list;
}

inline Receipt receipt_of(const seafoam_receipt* raw) {
  return Receipt{std::string(view(seafoam_receipt_label(raw))),
                 nodes_of(raw, seafoam_receipt_confirmed_length, seafoam_receipt_confirmed),
                 nodes_of(raw, seafoam_receipt_missing_length, seafoam_receipt_missing)};
}

} // namespace detail
} // namespace seafoam

#endif
