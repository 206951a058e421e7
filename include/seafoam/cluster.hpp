// SPDX-License-Identifier: Apache-2.0
#ifndef SEAFOAM_CLUSTER_HPP
#define SEAFOAM_CLUSTER_HPP

#include "callback.hpp"
#include "config.hpp"
#include "events.hpp"
#include "keyring.hpp"
#include "leadership.hpp"
#include "stats.hpp"

namespace seafoam {

/// One node's membership in one cluster; any number of them per process.
///
/// Leaving the scope leaves the cluster, waiting for `scope_leave` at most, and closes it. After
/// `close` every call throws `closed`, in a forked child `forked`, after a move `invalid_config`.
///
/// Threads: every call may be made from any thread, and from inside callbacks. Moving and
/// destroying are for when no other thread uses it.
class Cluster : public LiveSetters<Cluster> {
public:
  using Owned = detail::Handle<seafoam_cluster, seafoam_cluster_free>;
  /// How long the end of a scope waits for peers to learn that this node leaves.
  static constexpr Millis scope_leave{1000};

  /// Binds the sockets, begins to probe, and goes on to join in the background: a seed that cannot
  /// be reached is retried for ever and never fatal. Blocks until this node has started, not until
  /// it has met anybody (see `ready`).
  ///
  /// Throws `invalid_config`, `not_available`, `key_required`, `address_in_use`, `invalid_address`,
  /// `resolve_failed`; then nothing is left half-started.
  explicit Cluster(const Config& config)
      : handle_(detail::obtain<Owned>(seafoam_cluster_start, config.raw())) {}

  static Cluster start(const Config& config) { return Cluster(config); }

  /// The same without throwing; none where it failed.
  static std::optional<Cluster> try_start(Error& error, const Config& config) {
    auto handle = detail::try_obtain<Owned>(error, seafoam_cluster_start, config.raw());
    return handle == nullptr ? std::nullopt : std::optional(Cluster(std::move(handle)));
  }

  Cluster(Cluster&&) noexcept = default;
  /// Leaves and closes the cluster that was here.
  Cluster& operator=(Cluster&& other) noexcept {
    Cluster taken(std::move(other));
    handle_.swap(taken.handle_);
    return *this;
  }
  ~Cluster() {
    if (!is_closed()) {
      seafoam_cluster_leave(raw(), detail::millis(scope_leave), nullptr);
    }
  }

  /// Blocks until so many members are healthy, the local one included, and, where `valid` is asked
  /// for, `is_valid` is true. Throws `timeout` with how many there were and which lighthouses are
  /// missing, and at once `not_valid` where the configuration can never make it true.
  void ready(std::uint32_t min_members, bool valid, Millis timeout) const {
    detail::must(seafoam_cluster_ready, raw(), min_members, valid, detail::millis(timeout));
  }
  void ready(std::uint32_t min_members, Millis timeout) const {
    ready(min_members, false, timeout);
  }
  /// The same without throwing; whether it is so.
  bool try_ready(Error& error, std::uint32_t min_members, bool valid, Millis timeout) const {
    return detail::attempt(error, seafoam_cluster_ready, raw(), min_members, valid,
                           detail::millis(timeout));
  }

  /// Tells the peers that this node leaves: they see `left`. Blocks until enough of them know. May
  /// be called twice; reading calls work until `close`. Throws `timeout` where no peer acknowledged
  /// (this node has stopped taking part all the same).
  void leave(Millis timeout = Millis(5000)) const {
    detail::must(seafoam_cluster_leave, raw(), detail::millis(timeout));
  }
  /// The same without throwing; whether peers acknowledged it.
  bool try_leave(Error& error, Millis timeout) const {
    return detail::attempt(error, seafoam_cluster_leave, raw(), detail::millis(timeout));
  }

  /// Releases everything in well under a second. Without `leave` before, this looks like a crash to
  /// the peers. Waits for a running callback, at most 1 s, unless called from inside it. May be
  /// called twice.
  void close() const { detail::must(seafoam_cluster_close, raw()); }

  /// Whether the cluster was closed, or closed itself; true after a move and in a forked child.
  bool is_closed() const noexcept { return seafoam_cluster_is_closed(raw()); }

  /// This node.
  Node local_node() const {
    return Node(detail::obtain<detail::OwnedNode>(seafoam_cluster_local_node, raw()));
  }
  /// Every node in the table, in the order of their names: dead ones until they are forgotten,
  /// those that left for 60 s.
  std::vector<Node> all_nodes() const {
    return detail::list_of(detail::obtain<detail::OwnedNodes>(seafoam_cluster_all_nodes, raw()));
  }
  /// The nodes that are alive or suspected, the local one included, in the order of their names.
  std::vector<Node> healthy_nodes() const {
    return detail::list_of(
        detail::obtain<detail::OwnedNodes>(seafoam_cluster_healthy_nodes, raw()));
  }
  /// The node of this name or address, or none.
  std::optional<Node> node(std::string_view name) const {
    const detail::Text text("name", name);
    return detail::maybe_node(
        detail::obtain<detail::OwnedNode>(seafoam_cluster_node, raw(), text.c_str()));
  }

  /// Adds a node by `host`, `host:port` or `[v6]:port` and returns at once: it is unknown, with the
  /// address as its name, until it answers. Throws `invalid_address`, and `busy` where the table is
  /// full.
  Node add_node(std::string_view address) const {
    const detail::Text text("address", address);
    return Node(detail::obtain<detail::OwnedNode>(seafoam_cluster_add_node, raw(), text.c_str()));
  }
  /// Forgets a node, in this process alone, and returns it. A node that speaks again comes back.
  /// Throws `unknown_node`, and `invalid_address` for the local node.
  Node remove_node(const NodeArgument& node) const {
    return Node(
        detail::obtain<detail::OwnedNode>(seafoam_cluster_remove_node, raw(), node.c_str()));
  }
  /// The round trip to a node, or to an address that is no member's, in milliseconds. Blocks for
  /// it. Throws `timeout`, `unknown_node`, `resolve_failed`, `busy`.
  double ping_node(const NodeArgument& node) const {
    double millis = ping_no_data;
    detail::must(seafoam_cluster_ping_node, raw(), node.c_str(), &millis);
    return millis;
  }
  /// The same without throwing; none where it failed.
  std::optional<double> try_ping_node(Error& error, const NodeArgument& node) const {
    double millis = ping_no_data;
    const bool answered =
        detail::attempt(error, seafoam_cluster_ping_node, raw(), node.c_str(), &millis);
    return answered ? std::optional<double>(millis) : std::nullopt;
  }
  /// States a node's status. Dead and suspected are accusations that it may refute, alive makes a
  /// probe. Rank and datacenter are a node's own claims: where one is given the call is refused.
  /// Throws `unknown_node`, `invalid_config`.
  void update_node_status(const NodeArgument& node, NodeStatus status,
                          std::optional<NodeRank> rank = std::nullopt,
                          std::optional<std::uint8_t> datacenter = std::nullopt) const {
    detail::must(seafoam_cluster_update_node_status, raw(), node.c_str(), static_cast<int>(status),
                 rank ? static_cast<int>(*rank) : -1, datacenter ? int{*datacenter} : -1);
  }
  /// Sets a node's local timestamp to now. Throws `unknown_node`.
  void touch_node(const NodeArgument& node) const {
    detail::must(seafoam_cluster_touch_node, raw(), node.c_str());
  }
  /// Why a node is suspected or dead, as this process knows it. Throws `unknown_node`.
  Why why(const NodeArgument& node) const {
    using OwnedWhy = detail::Handle<seafoam_why, seafoam_why_free>;
    const auto why = detail::obtain<OwnedWhy>(seafoam_cluster_why, raw(), node.c_str());
    return detail::why_of(why.get());
  }

  /// Sends a payload to every other healthy member, each of which gets it at most once; returns its
  /// label, `ip:port:index`. Throws `payload_too_large` beyond `max_broadcast_bytes`, and `busy`
  /// where the queue is full; then nothing was sent.
  std::string broadcast(std::string_view bytes) const {
    return broadcast(bytes.data(), bytes.size());
  }
  std::string broadcast(const void* bytes, std::size_t length) const {
    return detail::obtain<detail::OwnedText>(seafoam_cluster_broadcast, raw(), payload(bytes),
                                             length)
        .get();
  }
  /// The same without throwing; none where nothing was sent.
  std::optional<std::string> try_broadcast(Error& error, std::string_view bytes) const {
    const auto label = detail::try_obtain<detail::OwnedText>(
        error, seafoam_cluster_broadcast, raw(), payload(bytes.data()), bytes.size());
    return label == nullptr ? std::nullopt : std::optional<std::string>(label.get());
  }
  /// As `broadcast`, and waits until every member that was healthy then has confirmed it, is dead
  /// or gone, or the time has passed; tells who confirmed and who did not, which is no error.
  /// Throws `payload_too_large`, and `busy` where the queue is full or 64 receipts are awaited.
  Receipt broadcast_with_receipt(std::string_view bytes, Millis timeout) const {
    using OwnedReceipt = detail::Handle<seafoam_receipt, seafoam_receipt_free>;
    const auto receipt =
        detail::obtain<OwnedReceipt>(seafoam_cluster_broadcast_with_receipt, raw(),
                                     payload(bytes.data()), bytes.size(), detail::millis(timeout));
    return detail::receipt_of(receipt.get());
  }
  /// Sends a payload of at most 64 KiB to one node, which gets it at most once; waits until it has
  /// it, 5 s at most. Throws `payload_too_large`, `unknown_node`, `resolve_failed`, `busy`,
  /// `timeout`.
  void send(const NodeArgument& node, std::string_view bytes) const {
    detail::must(seafoam_cluster_send, raw(), node.c_str(), payload(bytes.data()), bytes.size());
  }

  /// The leader as this node heard of it, or none.
  std::optional<Node> leader() const {
    return detail::maybe_node(detail::obtain<detail::OwnedNode>(seafoam_cluster_leader, raw()));
  }
  /// Whether this node leads at this instant: the clock is read at the call. False after close and
  /// in a forked child.
  bool is_leader() const noexcept { return seafoam_cluster_is_leader(raw()); }
  /// The own lease, or none.
  std::optional<Lease> lease() const {
    bool held = false;
    Lease lease{};
    seafoam_quality quality = -1;
    detail::must(seafoam_cluster_lease, raw(), &held, &lease.term, &lease.remaining_millis,
                 &quality);
    lease.term_quality = static_cast<TermQuality>(quality);
    return held ? std::optional<Lease>(lease) : std::nullopt;
  }
  /// Gives the lease up. Throws `not_leader`.
  void resign() const { detail::must(seafoam_cluster_resign, raw()); }
  /// Hands the lead to another node; blocks until it leads, or the old order is restored. Throws
  /// `not_leader`, `unknown_node`, `timeout`.
  void transfer_leadership(const NodeArgument& node) const {
    detail::must(seafoam_cluster_transfer_leadership, raw(), node.c_str());
  }
  /// The tenures of this node, one after the other: `while (auto tenure = leadership.next(...))`.
  /// Where the node leads already, that tenure is the first. It lives no longer than the cluster.
  Leadership leadership() const noexcept { return Leadership(raw()); }
  /// Calls `elected` when this node leads, at once where it does already, and `lost` with the term
  /// when that tenure is over, in turns, on a thread of their own, until the handle goes out of
  /// scope or the cluster closes (then `lost` is called too). While `elected` runs, `lost` waits.
  /// What they throw is logged, and they stay. Throws `not_valid` where nobody can ever lead here,
  /// `busy` where 64 pairs are installed, and `invalid_config` for an empty function.
  CallbackHandle on_leadership(ElectedFunction elected, LostFunction lost) const {
    const bool both = elected && lost;
    auto* owned = new detail::LeadershipFunctions{std::move(elected), std::move(lost)};
    return CallbackHandle(detail::obtain<CallbackHandle::Owned>(
        seafoam_cluster_on_leadership, raw(), both ? detail::call_elected : nullptr,
        both ? detail::call_lost : nullptr, static_cast<void*>(owned),
        &detail::drop<detail::LeadershipFunctions>));
  }
  /// Whether this side of a partition may act, and what is missing.
  Validity validity() const {
    using OwnedValidity = detail::Handle<seafoam_validity, seafoam_validity_free>;
    return detail::validity_of(
        detail::obtain<OwnedValidity>(seafoam_cluster_validity, raw()).get());
  }
  /// Whether the cluster is valid at this instant; false after close and in a forked child.
  bool is_valid() const noexcept { return seafoam_cluster_is_valid(raw()); }

  /// Opens a stream of events that begins now: of these kinds (none stands for all), lagged and
  /// closed ones always. `capacity` is how many may wait, `event_capacity` where it is not given.
  /// With `initial` it begins with the present members, as status events from unknown, without a
  /// gap to what follows. Throws `busy` where too many are open.
  Events events(EventKinds kinds = {}, std::optional<std::uint32_t> capacity = std::nullopt,
                bool initial = false) const {
    return Events(detail::obtain<Events::Owned>(seafoam_cluster_events, raw(), kinds.bits(),
                                                std::size_t{capacity.value_or(0)}, initial));
  }

  /// Calls a function for each event of these kinds, one call at a time, on the cluster's dispatch
  /// thread, until the handle goes out of scope or the cluster closes. Any call of this library may
  /// be made from inside. What it throws is logged, and it stays. Throws `busy` where too many are
  /// installed, and `invalid_config` for an empty function.
  CallbackHandle on_event(EventKinds kinds, EventFunction callback) const {
    EventFunction* owned = detail::handed_over(std::move(callback));
    return CallbackHandle(detail::obtain<CallbackHandle::Owned>(
        seafoam_cluster_on_event, raw(), kinds.bits(),
        owned == nullptr ? nullptr : detail::call_event, static_cast<void*>(owned),
        &detail::drop<EventFunction>));
  }
  /// Calls a function at each change of a node's status, as `on_event` does.
  CallbackHandle on_status(StatusFunction callback) const {
    return install(seafoam_cluster_on_status, detail::call_status, std::move(callback));
  }
  /// Calls a function with the origin and the payload of each broadcast, as `on_event` does.
  CallbackHandle on_broadcast(BroadcastFunction callback) const {
    return install(seafoam_cluster_on_broadcast, detail::call_broadcast, std::move(callback));
  }

  /// Counters (from the start of the cluster) and gauges (of this moment).
  Stats stats() const { return Stats(detail::obtain<Stats::Owned>(seafoam_cluster_stats, raw())); }

  /// The healthy member that owns a key, the same on every node with the same view; none where no
  /// member carries all of these tags.
  std::optional<Node> owner(std::string_view key, const Tags& tags = {}) const {
    const detail::TagArrays pairs(tags);
    return detail::maybe_node(
        detail::obtain<detail::OwnedNode>(seafoam_cluster_owner, raw(), payload(key.data()),
                                          key.size(), pairs.names(), pairs.values(), pairs.size()));
  }
  /// The best owners of a key, best first; fewer than `count` where there are not so many.
  std::vector<Node> owners(std::string_view key, std::uint32_t count, const Tags& tags = {}) const {
    const detail::TagArrays pairs(tags);
    return detail::list_of(detail::obtain<detail::OwnedNodes>(
        seafoam_cluster_owners, raw(), payload(key.data()), key.size(), std::size_t{count},
        pairs.names(), pairs.values(), pairs.size()));
  }

  /// The text of a configuration value as it is now; secrets read `(hidden)`.
  std::string get(std::string_view key) const {
    const detail::Text text("key", key);
    return detail::obtain<detail::OwnedText>(seafoam_cluster_get, raw(), text.c_str()).get();
  }
  /// Changes a value that can be changed while the cluster runs, by its text. Throws
  /// `invalid_config`, `not_available`; then nothing was changed.
  void set(std::string_view key, std::string_view value) const {
    const detail::Text key_text("key", key), value_text("value", value);
    detail::must(seafoam_cluster_set, raw(), key_text.c_str(), value_text.c_str());
  }
  /// Replaces the tags of this node, which all members see. Throws `invalid_config` for tags that
  /// are refused.
  void set_tags(const Tags& tags) const {
    const detail::TagArrays pairs(tags);
    detail::must(seafoam_cluster_set_tags, raw(), pairs.names(), pairs.values(), pairs.size());
  }

  /// The keys that seal this cluster's traffic.
  Keyring keyring() const noexcept { return Keyring(raw()); }

  /// The handle of the C library, for calls of its own; null after a move.
  const seafoam_cluster* raw() const noexcept { return handle_.get(); }

private:
  explicit Cluster(Owned handle) noexcept : handle_(std::move(handle)) {}

  /// No bytes may come without an address; the library asks for one.
  static const void* payload(const void* bytes) noexcept { return bytes == nullptr ? "" : bytes; }

  template <class Install, class Call, class Function>
  CallbackHandle install(Install function, Call call, Function callback) const {
    Function* owned = detail::handed_over(std::move(callback));
    return CallbackHandle(
        detail::obtain<CallbackHandle::Owned>(function, raw(), owned == nullptr ? nullptr : call,
                                              static_cast<void*>(owned), &detail::drop<Function>));
  }

  Owned handle_;
};

} // namespace seafoam

#endif
