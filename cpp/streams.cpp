// Floods: who does not read slows neither the engine nor another reader, loses the oldest payloads
// and is told how many, and never misses the last status. Needs the library's feature `bench`,
// which publishes events without a network: no network brings so many in time.
#include <thread>

#include "nodes.hpp"

extern "C" seafoam_code seafoam_bench_publish(const seafoam_cluster* cluster, std::uint32_t count,
                                              std::size_t payload_bytes, seafoam_error** error);

using namespace nodes;

namespace {

constexpr std::uint32_t written = 100'000;
constexpr std::uint32_t chunk = 500;
constexpr std::uint32_t kept = 1024; // the default capacity

void publish(const Cluster& cluster, std::uint32_t count) {
  CHECK(seafoam_bench_publish(cluster.raw(), count, 64, nullptr) == SEAFOAM_OK);
}

/// Reads a stream to its end on a thread of its own.
struct Eager {
  Events events;
  check::Latch chunks;
  std::uint32_t heard = 0;
  bool in_order = true;
  bool lagged = false;
  std::thread thread;

  explicit Eager(const Cluster& cluster)
      : events(cluster.events(EventKind::broadcast)), thread([this] { read(); }) {}

  void read() {
    for (const Event& event : events) {
      lagged |= event.kind() == EventKind::lagged;
      if (event.kind() == EventKind::broadcast) {
        in_order &= event.index() == heard % chunk;
        if (++heard % chunk == 0) {
          chunks.up();
        }
      }
    }
  }
};

void who_does_not_read_slows_nobody() {
  const Cluster cluster = start("streams", "a");
  Events lazy = cluster.events(EventKind::broadcast);
  Eager eager(cluster);
  for (std::uint32_t number = 1; number <= written / chunk; number++) {
    publish(cluster, chunk);
    CHECK(eager.chunks.wait(static_cast<int>(number)));
  }
  eager.events.close();
  eager.thread.join();
  CHECK(eager.heard == written && eager.in_order && !eager.lagged);

  const auto lost = lazy.next(Millis(0));
  REQUIRE(lost);
  CHECK(lost->kind() == EventKind::lagged && lost->missed() == written - kept);
  std::uint32_t next = (written - kept) % chunk;
  for (std::uint32_t i = 0; i < kept; i++) {
    const auto event = lazy.next(Millis(0));
    REQUIRE(event);
    CHECK(event->index() == next);
    next = (next + 1) % chunk;
  }
  CHECK(!lazy.next(Millis(0)));
}

void the_last_status_survives_a_flood() {
  Pair pair("streams-status");
  Events lazy = everything(pair.a);
  Events eager = everything(pair.a);
  const auto left = [](const Event& event) {
    return event.kind() == EventKind::status && event.node()->name() == "b" &&
           event.status() == NodeStatus::left;
  };
  pair.b.leave(check::deadline);
  CHECK(tells(eager, left));
  publish(pair.a, written);
  CHECK(tells(lazy, left));
  CHECK(tells(lazy, [](const Event& event) { return event.kind() == EventKind::lagged; }));
}

} // namespace

int main() {
  RUN(who_does_not_read_slows_nobody);
  RUN(the_last_status_survives_a_flood);
  return check::report();
}
