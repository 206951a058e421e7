// What the header adds on an event's way into C++, beside the same in C, one JSON object a line.
// Needs the library's feature `bench`, which publishes events without a network: make -C cpp bench.
// Throughput is of the reading thread's own time, for bursts that stand in its queue already.
#include <ctime>
#include <functional>

#include "nodes.hpp"

extern "C" seafoam_code seafoam_bench_publish(const seafoam_cluster* cluster, std::uint32_t count,
                                              std::size_t payload_bytes, seafoam_error** error);

using namespace nodes;

namespace {

constexpr std::uint32_t events_of_a_run = 50000, burst = 1000;
constexpr std::size_t payload = 64, batch = 256;
constexpr int rounds = 5;

double own_seconds() {
  std::timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

std::size_t range_for(Events& events) {
  std::size_t length = 0;
  for (const Event& event : events.within(Millis(0))) {
    length += event.bytes()->size();
  }
  return length;
}

std::size_t next_batch(Events& events) {
  std::size_t length = 0;
  for (;;) {
    const std::vector<Event> some = events.next_batch(batch, Millis(0));
    if (some.empty()) {
      return length;
    }
    for (const Event& event : some) {
      length += event.bytes()->size();
    }
  }
}

std::size_t in_c(Events& events, std::size_t most) {
  const seafoam_event* borrowed[batch];
  std::size_t length = 0, count = 0;
  while (seafoam_events_next_batch(events.raw(), 0, borrowed, most, &count, nullptr) ==
         SEAFOAM_OK) {
    for (std::size_t i = 0; i < count; i++) {
      std::size_t bytes = 0;
      seafoam_event_bytes(borrowed[i], &bytes);
      length += bytes;
    }
  }
  return length;
}

using Reader = std::function<std::size_t(Events&)>;

/// Events a second.
double rate(const Cluster& cluster, const Reader& read) {
  Events events = cluster.events({EventKind::broadcast}, 2 * burst);
  double seconds = 0;
  for (std::uint32_t done = 0; done < events_of_a_run; done += burst) {
    CHECK(seafoam_bench_publish(cluster.raw(), burst, payload, nullptr) == SEAFOAM_OK);
    const double begun = own_seconds();
    CHECK(read(events) == burst * payload);
    seconds += own_seconds() - begun;
  }
  return events_of_a_run / seconds;
}

std::string list(const std::vector<double>& values) {
  std::string text;
  for (const double value : values) {
    text += (text.empty() ? "" : ", ") + std::to_string(value);
  }
  return "[" + text + "]";
}

void measure(const Cluster& cluster, const char* name, const Reader& read, const char* peer,
             const Reader& of_peer) {
  std::vector<double> values, peers;
  for (int round = 0; round < rounds; round++) {
    values.push_back(rate(cluster, read));
    peers.push_back(rate(cluster, of_peer));
  }
  std::cout << R"({"language": "c++", "measure": ")" << name
            << R"(", "unit": "events/s", "values": )" << list(values) << R"(, "peer": ")" << peer
            << R"(", "peer_values": )" << list(peers) << "}" << std::endl;
}

} // namespace

int main() {
  const Cluster cluster = start("bench", "a");
  measure(cluster, "throughput_next_batch", next_batch, "the same in C",
          [](Events& events) { return in_c(events, batch); });
  measure(cluster, "throughput_range_for", range_for, "one at a time in C",
          [](Events& events) { return in_c(events, 1); });
  return check::failures == 0 ? 0 : 1;
}
