// SPDX-License-Identifier: Apache-2.0
#ifndef SEAFOAM_EVENTS_HPP
#define SEAFOAM_EVENTS_HPP

#include <cstddef>
#include <iterator>

#include "event.hpp"

namespace seafoam {

/// A subscription: an own, bounded queue of events from the moment that it was opened. The last one
/// is of the kind closed; after it there are none. A slow reader loses the oldest ones and learns
/// how many from an event of the kind lagged.
///
/// Threads: any number may read; each event goes to one of them. Moving and destroying are for when
/// no other thread uses it.
class Events {
public:
  using Owned = detail::Handle<seafoam_events, seafoam_events_free>;

  explicit Events(Owned handle) noexcept : handle_(std::move(handle)) {}

  /// The next event; none where the time passed without one, and after the closed one. A timeout of
  /// 0 only looks.
  ///
  /// Throws `forked`, and `invalid_config` after a move.
  std::optional<Event> next(Millis timeout = forever) {
    Error error;
    std::optional<Event> event = try_next(error, timeout);
    if (error && error.code() != ErrorCode::timeout && error.code() != ErrorCode::closed) {
      throw error;
    }
    return event;
  }

  /// The same without throwing: `error` tells `timeout` from `closed`.
  std::optional<Event> try_next(Error& error, Millis timeout) {
    const seafoam_event* borrowed = nullptr;
    if (!detail::attempt(error, seafoam_events_next, raw(), detail::millis(timeout), &borrowed)) {
      return std::nullopt;
    }
    return own(borrowed);
  }

  /// Up to `most` events at once, after waiting for the first one as `next` does; empty where that
  /// answers none. Gives out 4096 at most.
  std::vector<Event> next_batch(std::size_t most, Millis timeout = forever) {
    constexpr std::size_t highest = 4096;
    std::vector<const seafoam_event*> borrowed(most < highest ? most : highest);
    std::size_t count = 0;
    Error error;
    detail::attempt(error, seafoam_events_next_batch, raw(), detail::millis(timeout),
                    borrowed.data(), borrowed.size(), &count);
    if (error && error.code() != ErrorCode::timeout && error.code() != ErrorCode::closed) {
      throw error;
    }
    std::vector<Event> events;
    events.reserve(count);
    for (std::size_t i = 0; i < count; i++) {
      events.push_back(own(borrowed[i]));
    }
    return events;
  }

  /// A file descriptor that is readable exactly while events wait, for poll, epoll and the loops
  /// built on them: when it is, call `next(Millis(0))` until it answers none, or read just some. It
  /// belongs to the stream: never read, write or close it.
  ///
  /// Throws `internal` where the process has no file descriptor left, `forked`.
  int fd() {
    int fd = -1;
    detail::must(seafoam_events_fd, raw(), &fd);
    return fd;
  }

  /// Ends the stream: whoever waits in it gets what is left, then a closed event, then none.
  void close() noexcept { seafoam_events_close(raw()); }

  struct End {};

  /// Reads one event at each step.
  class Iterator {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Event;
    using difference_type = std::ptrdiff_t;
    using pointer = const Event*;
    using reference = const Event&;

    Iterator(Events& events, Millis timeout) : events_(&events), timeout_(timeout) { ++*this; }

    reference operator*() const noexcept { return *event_; }
    pointer operator->() const noexcept { return &*event_; }
    Iterator& operator++() {
      event_ = events_->next(timeout_);
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& at, End) noexcept { return !at.event_; }
    friend bool operator!=(const Iterator& at, End) noexcept { return at.event_.has_value(); }

  private:
    Events* events_;
    Millis timeout_;
    std::optional<Event> event_;
  };

  /// The stream with a limit on each wait.
  class Within {
  public:
    Within(Events& events, Millis timeout) noexcept : events_(&events), timeout_(timeout) {}
    Iterator begin() const { return Iterator(*events_, timeout_); }
    End end() const noexcept { return {}; }

  private:
    Events* events_;
    Millis timeout_;
  };

  /// `for (const Event& event : events)` waits for each event, and ends after the closed one.
  Iterator begin() { return Iterator(*this, forever); }
  End end() const noexcept { return {}; }

  /// `for (const Event& event : events.within(500ms))` ends too where none came for so long.
  Within within(Millis timeout) & noexcept { return Within(*this, timeout); }
  /// The stream would be gone before the loop began.
  Within within(Millis timeout) && = delete;

  /// The handle of the C library; null after a move.
  seafoam_events* raw() const noexcept { return handle_.get(); }

private:
  static Event own(const seafoam_event* borrowed) {
    return Event(detail::Handle<seafoam_event, seafoam_event_free>(seafoam_event_clone(borrowed)));
  }

  Owned handle_;
};

} // namespace seafoam

#endif
