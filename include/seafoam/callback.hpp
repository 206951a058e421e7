// SPDX-License-Identifier: Apache-2.0
#ifndef SEAFOAM_CALLBACK_HPP
#define SEAFOAM_CALLBACK_HPP

#include <cstdio>
#include <exception>
#include <functional>

#include "event.hpp"

namespace seafoam {

using StatusFunction = std::function<void(const Node&, NodeStatus)>;
using BroadcastFunction = std::function<void(const Node& origin, std::string_view bytes)>;
using EventFunction = std::function<void(const Event&)>;
/// Takes a line of the log.
using Logger = std::function<void(LogLevel, std::string_view line)>;

/// Holds a function that was installed: it is removed when the handle goes out of scope. It may
/// outlive the cluster.
class [[nodiscard]] CallbackHandle {
public:
  using Owned = detail::Handle<seafoam_callback, seafoam_callback_remove>;

  CallbackHandle() noexcept = default;
  explicit CallbackHandle(Owned handle) noexcept : handle_(std::move(handle)) {}

  /// Removes the function. Waits for a running call, at most 1 s, unless called from inside it;
  /// none begins after this returned. May be called twice.
  void remove() noexcept { handle_.reset(); }
  /// Whether it holds a function, that is until `remove` or a move.
  explicit operator bool() const noexcept { return handle_ != nullptr; }

private:
  Owned handle_;
};

namespace detail {

/// Runs what the user wrote: nothing that it throws may reach the library.
template <class Call, class Report> void guarded(const Call& call, const Report& report) noexcept {
  try {
    call();
  } catch (const std::exception& thrown) {
    report(thrown.what());
  } catch (...) {
    report("what was thrown is no std::exception");
  }
}

template <class Call> void guarded_callback(const char* kind, const Call& call) noexcept {
  guarded(call, [kind](const char* why) noexcept {
    char line[512];
    std::snprintf(line, sizeof line, "a callback of %s threw, and stays: %s", kind, why);
    if (seafoam_log(SEAFOAM_LOG_ERROR, line, nullptr) != SEAFOAM_OK) {
      seafoam_log(SEAFOAM_LOG_ERROR, "a callback threw a text that is not UTF-8", nullptr);
    }
  });
}

inline void call_status(void* function, const seafoam_node* borrowed, seafoam_status status) {
  guarded_callback("status", [&] {
    const Node node{OwnedNode(seafoam_node_clone(borrowed))};
    (*static_cast<StatusFunction*>(function))(node, static_cast<NodeStatus>(status));
  });
}

inline void call_broadcast(void* function, const seafoam_node* borrowed, const std::uint8_t* bytes,
                           std::size_t length) {
  guarded_callback("broadcast", [&] {
    const Node origin{OwnedNode(seafoam_node_clone(borrowed))};
    const std::string_view payload(reinterpret_cast<const char*>(bytes), length);
    (*static_cast<BroadcastFunction*>(function))(origin, payload);
  });
}

inline void call_event(void* function, const seafoam_event* borrowed) {
  guarded_callback("event", [&] {
    const Event event(Handle<seafoam_event, seafoam_event_free>(seafoam_event_clone(borrowed)));
    (*static_cast<EventFunction*>(function))(event);
  });
}

/// Goes past the log: a line about a logger that throws would come back to it.
inline void call_logger(void* function, seafoam_level level, const char* line) {
  guarded([&] { (*static_cast<Logger*>(function))(static_cast<LogLevel>(level), view(line)); },
          [](const char* why) noexcept {
            std::fprintf(stderr, "seafoam: the logger threw: %s\n", why);
          });
}

template <class Function> void drop(void* function) noexcept {
  delete static_cast<Function*>(function);
}

/// A function on the heap for the library, which frees it with `drop` in every case; null for an
/// empty one, which the library refuses.
template <class Function> Function* handed_over(Function function) {
  return function ? new Function(std::move(function)) : nullptr;
}

} // namespace detail
} // namespace seafoam

#endif
