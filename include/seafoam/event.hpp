// SPDX-License-Identifier: Apache-2.0
#ifndef SEAFOAM_EVENT_HPP
#define SEAFOAM_EVENT_HPP

#include "node.hpp"

namespace seafoam {

/// One thing that happened. Its `kind` says which accessors have something to tell; the others
/// answer none. Skip kinds that you do not know: later versions add some.
///
/// Never changes; readable from any thread; copies share it. After a move it is empty. A text is
/// borrowed from the event, and a copy where the event is a temporary.
class Event {
  using View = std::optional<std::string_view>;
  using Copy = std::optional<std::string>;

public:
  explicit Event(detail::Handle<seafoam_event, seafoam_event_free> handle) noexcept
      : handle_(std::move(handle)) {}
  Event(const Event& other) : handle_(seafoam_event_clone(other.raw())) {}
  Event& operator=(const Event& other) { return *this = Event(other); }
  Event(Event&&) noexcept = default;
  Event& operator=(Event&&) noexcept = default;
  ~Event() = default;

  /// What it is about.
  EventKind kind() const noexcept { return static_cast<EventKind>(seafoam_event_kind(raw())); }

  /// The node of a status, node, conflict or link event.
  std::optional<Node> node() const { return node_of(seafoam_event_node(raw())); }
  /// The new status of a status event.
  std::optional<NodeStatus> status() const noexcept {
    return word<NodeStatus>(seafoam_event_status(raw()));
  }
  /// The status before a status event.
  std::optional<NodeStatus> previous() const noexcept {
    return word<NodeStatus>(seafoam_event_previous(raw()));
  }
  /// Name of the node that first stated the status, of a status event.
  View source() const& noexcept { return view(seafoam_event_source(raw())); }
  Copy source() const&& { return Copy(source()); }

  /// The node that sent the payload of a broadcast event.
  std::optional<Node> origin() const { return node_of(seafoam_event_origin(raw())); }
  /// The number of a broadcast among those of its origin's run.
  std::optional<std::uint32_t> index() const noexcept {
    return only(EventKind::broadcast, seafoam_event_index(raw()));
  }
  /// `ip:port:index` of a broadcast, unique within one run of its origin.
  View label() const& noexcept { return view(seafoam_event_label(raw())); }
  Copy label() const&& { return Copy(label()); }
  /// The payload of a broadcast or message event.
  View bytes() const& noexcept {
    std::size_t length = 0;
    const std::uint8_t* bytes = seafoam_event_bytes(raw(), &length);
    if (bytes == nullptr) {
      return std::nullopt;
    }
    return std::string_view(reinterpret_cast<const char*>(bytes), length);
  }
  Copy bytes() const&& { return Copy(bytes()); }

  /// The node that sent a message.
  std::optional<Node> sender() const { return node_of(seafoam_event_sender(raw())); }

  /// The leader of a leader event; none while there is none.
  std::optional<Node> leader() const { return node_of(seafoam_event_leader(raw())); }
  /// The term of a leader event.
  std::optional<std::uint64_t> term() const noexcept {
    return only(EventKind::leader, seafoam_event_term(raw()));
  }
  /// The datacenter that a leader event is about; none for the whole cluster.
  std::optional<std::uint8_t> scope() const noexcept {
    return word<std::uint8_t>(seafoam_event_scope(raw()));
  }

  /// What a validity event says.
  std::optional<Validity> validity() const {
    const seafoam_validity* validity = seafoam_event_validity(raw());
    return validity == nullptr ? std::nullopt : std::optional(detail::validity_of(validity));
  }

  /// The address of the other process that uses the node's name, of a conflict event.
  View other_address() const& noexcept { return view(seafoam_event_other_address(raw())); }
  Copy other_address() const&& { return Copy(other_address()); }

  /// The direction that works, of a link event.
  std::optional<LinkDirection> direction() const noexcept {
    return word<LinkDirection>(seafoam_event_direction(raw()));
  }

  /// How many members came back, of a merged event.
  std::optional<std::uint32_t> members() const noexcept {
    return only(EventKind::merged, seafoam_event_members(raw()));
  }

  /// The number of the datacenter, of a datacenter event.
  std::optional<std::uint8_t> number() const noexcept {
    return word<std::uint8_t>(seafoam_event_number(raw()));
  }
  /// Whether the datacenter was lost (or came back), of a datacenter event.
  std::optional<bool> lost() const noexcept {
    return only(EventKind::datacenter, seafoam_event_lost(raw()));
  }

  /// How many events this stream lost, of a lagged event.
  std::optional<std::uint64_t> missed() const noexcept {
    return only(EventKind::lagged, seafoam_event_missed(raw()));
  }

  /// Why the cluster closed itself, of a closed event; none where it was asked to.
  std::optional<Error> error() const {
    const seafoam_error* error = seafoam_event_error(raw());
    if (error == nullptr) {
      return std::nullopt;
    }
    return Error(static_cast<ErrorCode>(seafoam_error_code(error)), seafoam_error_message(error));
  }

  /// The handle of the C library, borrowed; null after a move.
  const seafoam_event* raw() const noexcept { return handle_.get(); }

private:
  static View view(const char* text) noexcept { return text == nullptr ? View() : View(text); }

  static std::optional<Node> node_of(const seafoam_node* borrowed) {
    return detail::maybe_node(detail::OwnedNode(seafoam_node_clone(borrowed)));
  }

  /// Numbers below 0 stand for none.
  template <class Word> static std::optional<Word> word(int number) noexcept {
    return number < 0 ? std::nullopt : std::optional<Word>(static_cast<Word>(number));
  }

  /// Where 0 is a value like others, the kind tells whether there is one.
  template <class Value> std::optional<Value> only(EventKind wanted, Value value) const noexcept {
    return kind() == wanted ? std::optional<Value>(value) : std::nullopt;
  }

  detail::Handle<seafoam_event, seafoam_event_free> handle_;
};

} // namespace seafoam

#endif
