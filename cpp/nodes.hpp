// Clusters for tests: on loopback, on any free port, without multicast, apart from all others.
#ifndef SEAFOAM_NODES_HPP
#define SEAFOAM_NODES_HPP

#include <chrono>
#include <unistd.h>

#include "check.hpp"

namespace nodes {

using seafoam::Cluster;
using seafoam::Config;
using seafoam::Event;
using seafoam::EventKind;
using seafoam::Events;
using seafoam::Millis;
using seafoam::NodeStatus;

inline std::string group_name(const std::string& group, long process = getpid()) {
  return "test-cpp-" + group + "-" + std::to_string(process);
}

inline Config config(const std::string& group, std::string_view name, std::string_view seed = "") {
  Config config;
  config.ignore_environment()
      .cluster_name(group_name(group))
      .listen_port(0)
      .multicast_enabled(false)
      .heartbeat_millis(100)
      .suspicion_floor_millis(300)
      .log_level(seafoam::LogLevel::warn)
      .name(name)
      .initial_hosts(seed);
  return config;
}

inline Cluster start(const std::string& group, std::string_view name, std::string_view seed = "") {
  return Cluster(config(group, name, seed));
}

/// Two nodes that know each other.
struct Pair {
  Cluster a, b;

  explicit Pair(const std::string& group)
      : a(start(group, "a")), b(start(group, "b", a.local_node().address())) {
    a.ready(2, check::deadline);
    b.ready(2, check::deadline);
  }
};

inline Events everything(const Cluster& cluster) {
  return cluster.events({}, std::nullopt, true);
}

/// Whether the stream tells in time of an event that is as wanted; skips others.
template <class Wanted> bool tells(Events& events, Wanted wanted) {
  const auto end = std::chrono::steady_clock::now() + check::deadline;
  for (;;) {
    const auto left = std::chrono::duration_cast<Millis>(end - std::chrono::steady_clock::now());
    const auto event = events.next(left);
    if (!event) {
      return false;
    }
    if (wanted(*event)) {
      return true;
    }
  }
}

/// Whether the stream tells in time that this node has this status.
inline bool sees(Events& events, std::string_view name, NodeStatus status) {
  const bool seen = tells(events, [&](const Event& event) {
    return event.status() == status && event.node()->name() == name;
  });
  if (!seen) {
    std::cerr << "  never saw " << name << ' ' << status << '\n';
  }
  return seen;
}

/// Whether the stream delivers in time a broadcast of this text.
inline bool hears(Events& events, std::string_view text) {
  return tells(events, [&](const Event& event) {
    return event.kind() == EventKind::broadcast && event.bytes() == text;
  });
}

} // namespace nodes

#endif
