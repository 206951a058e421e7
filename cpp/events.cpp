// Streams of events: next, batches, range-for, file descriptors, ends.
#include <algorithm>
#include <poll.h>
#include <thread>

#include "nodes.hpp"

using namespace nodes;
using namespace std::chrono_literals;

static void an_event_tells_what_belongs_to_its_kind() {
  const Pair pair("kinds");
  Events events = everything(pair.a);
  const auto status = events.next(check::deadline);
  REQUIRE(status);
  CHECK(status->kind() == EventKind::status && status->status() == NodeStatus::alive);
  CHECK(status->previous() == NodeStatus::unknown && status->node() && status->source());
  CHECK(!status->origin() && !status->index() && !status->label() && !status->bytes());
  CHECK(!status->sender() && !status->leader() && !status->term() && !status->scope());
  CHECK(!status->validity() && !status->other_address() && !status->direction());
  CHECK(!status->members() && !status->number() && !status->lost() && !status->missed());
  CHECK(!status->error());

  const std::string payload("with\0NUL and \xff", 14);
  const std::string label = pair.b.broadcast(payload);
  std::optional<Event> broadcast;
  CHECK(tells(events, [&](const Event& event) {
    broadcast = event;
    return event.kind() == EventKind::broadcast;
  }));
  REQUIRE(broadcast && broadcast->origin());
  CHECK(broadcast->bytes() == payload && broadcast->label() == label && broadcast->index());
  CHECK(broadcast->origin()->name() == "b" && !broadcast->status() && !broadcast->missed());
  CHECK(Event(*broadcast).bytes().value() == payload); // a copy: the event is a temporary
}

static void an_event_outlives_its_stream_and_cluster() {
  std::optional<Event> kept;
  {
    const Cluster cluster = start("kept", "a");
    kept = everything(cluster).next(check::deadline);
  }
  REQUIRE(kept && kept->node());
  const Event copy = *kept;
  const Event moved = std::move(*kept);
  CHECK(copy.node()->name() == "a" && moved.status() == NodeStatus::alive);
  CHECK(static_cast<int>(kept->kind()) == -1 && !kept->node()); // NOLINT: empty after a move
}

static void an_empty_payload_is_a_payload() {
  const Pair pair("empty");
  Events events = pair.a.events(EventKind::broadcast);
  pair.b.broadcast("");
  pair.b.broadcast({});
  for (int i = 0; i < 2; i++) {
    const auto event = events.next(check::deadline);
    REQUIRE(event && event->bytes());
    CHECK(event->bytes()->empty());
  }
}

static void a_timeout_is_no_error() {
  const Cluster cluster = start("timeout", "a");
  Events events = cluster.events(EventKind::broadcast);
  CHECK(!events.next(0ms) && !events.next(1ms) && !events.next(-5s));
  CHECK(events.next_batch(8, 1ms).empty());
  seafoam::Error error;
  CHECK(!events.try_next(error, 1ms) && error.code() == seafoam::ErrorCode::timeout);
  THROWS(invalid_config, "room", events.next_batch(0, 1ms));
  cluster.close();
  CHECK(events.next()->kind() == EventKind::closed && !events.next());
  CHECK(!events.try_next(error, 1ms) && error.code() == seafoam::ErrorCode::closed);
  CHECK(events.next_batch(8).empty());
}

static void a_loop_ends_with_the_cluster() {
  const Cluster cluster = start("loop", "a");
  Events events = everything(cluster);
  cluster.close();
  std::vector<EventKind> kinds;
  for (const Event& event : events) {
    kinds.push_back(event.kind());
  }
  REQUIRE(!kinds.empty());
  CHECK(kinds.front() == EventKind::status && kinds.back() == EventKind::closed);
  CHECK(std::count(kinds.begin(), kinds.end(), EventKind::closed) == 1);
}

static void a_loop_ends_where_nothing_comes() {
  const Cluster cluster = start("within", "a");
  Events events = everything(cluster);
  std::size_t count = 0;
  for (const Event& event : events.within(20ms)) {
    count += event.kind() == EventKind::status;
  }
  CHECK(count == 1 && !cluster.is_closed());
}

static void a_loop_may_own_its_stream() {
  const Pair pair("owning");
  pair.b.broadcast("early");
  for (const Event& event : everything(pair.a)) {
    if (event.status() == NodeStatus::alive && event.node()->name() == "b") {
      break;
    }
  }
  CHECK(pair.a.stats().get("subscriptions") == 0);
}

static void batches_keep_the_order() {
  const Pair pair("batch");
  constexpr int many = 40;
  Events events = pair.a.events({EventKind::broadcast});
  for (int i = 0; i < many; i++) {
    pair.b.broadcast(std::to_string(i));
  }
  std::vector<std::string> texts;
  while (texts.size() < many) {
    const auto batch = events.next_batch(16, check::deadline);
    REQUIRE(!batch.empty() && batch.size() <= 16);
    for (const Event& event : batch) {
      texts.emplace_back(event.bytes().value());
    }
  }
  std::sort(texts.begin(), texts.end());
  CHECK(std::unique(texts.begin(), texts.end()) == texts.end() && texts.size() == many);
}

static void a_slow_reader_learns_what_it_lost() {
  const Pair pair("slow");
  Events events = pair.a.events({EventKind::broadcast}, 2);
  Events witness = pair.a.events({EventKind::broadcast});
  for (const char* text : {"1", "2", "3", "4", "5"}) {
    pair.b.broadcast(text);
  }
  for (int i = 0; i < 5; i++) {
    REQUIRE(witness.next(check::deadline));
  }
  std::uint64_t missed = 0, got = 0;
  while (missed + got < 5) {
    const auto event = events.next(check::deadline);
    REQUIRE(event);
    missed += event->missed().value_or(0);
    got += event->bytes().has_value();
  }
  CHECK(missed == 3 && got == 2);
  THROWS(invalid_config, "capacity", pair.a.events({}, 2'000'000'000U));
}

static void the_descriptor_is_readable_while_events_wait() {
  const Pair pair("poll");
  Events events = pair.a.events({EventKind::broadcast});
  pollfd ready{events.fd(), POLLIN, 0};
  CHECK(ready.fd >= 0 && events.fd() == ready.fd);
  CHECK(poll(&ready, 1, 0) == 0);
  pair.b.broadcast("wake");
  CHECK(poll(&ready, 1, static_cast<int>(check::deadline.count())) == 1);
  CHECK(events.next(0ms) && poll(&ready, 1, 0) == 0);
}

static void threads_share_a_stream() {
  const Pair pair("threads");
  constexpr int many = 60;
  Events events = pair.a.events({EventKind::broadcast});
  std::atomic<int> got{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; i++) {
    readers.emplace_back([&] {
      while (const auto event = events.next(check::deadline)) {
        got += event->bytes().has_value();
        if (got == many) {
          events.close();
        }
      }
    });
  }
  for (int i = 0; i < many; i++) {
    pair.b.broadcast("x");
  }
  for (std::thread& reader : readers) {
    reader.join();
  }
  CHECK(got == many);
}

static void a_moved_stream_says_so() {
  const Cluster cluster = start("moved", "a");
  Events events = everything(cluster);
  Events other(std::move(events));
  THROWS(invalid_config, "events", events.next(0ms)); // NOLINT
  THROWS(invalid_config, "events", events.fd());
  events.close(); // NOLINT: fine for nothing
  CHECK(other.next(check::deadline));
}

int main() {
  RUN(an_event_tells_what_belongs_to_its_kind);
  RUN(an_event_outlives_its_stream_and_cluster);
  RUN(an_empty_payload_is_a_payload);
  RUN(a_timeout_is_no_error);
  RUN(a_loop_ends_with_the_cluster);
  RUN(a_loop_ends_where_nothing_comes);
  RUN(a_loop_may_own_its_stream);
  RUN(batches_keep_the_order);
  RUN(a_slow_reader_learns_what_it_lost);
  RUN(the_descriptor_is_readable_while_events_wait);
  RUN(threads_share_a_stream);
  RUN(a_moved_stream_says_so);
  return check::report();
}
