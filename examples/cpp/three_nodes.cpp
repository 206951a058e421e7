// Three nodes in one process: they meet, talk, and one of them leaves.
//
// Prints what each node sees; ends with 0 only where everything was seen in time. Shows how to wait
// for the events of many streams with poll.
#include <chrono>
#include <functional>
#include <iostream>
#include <poll.h>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <seafoam.hpp>

using namespace std::chrono_literals;
using seafoam::EventKind;
using seafoam::NodeStatus;

constexpr std::size_t nodes = 3;
constexpr seafoam::Millis step = 15s;

struct Member {
  std::string name;
  seafoam::Cluster cluster;
  seafoam::Events events;
  // Which of the others this node has seen alive, heard, and seen leave.
  std::set<std::string> alive, heard, left;
};

static Member start(const std::string& name, std::string_view seed) {
  seafoam::Config config;
  config.name(name)
      .cluster_name("three-nodes")
      .listen_port(0) // any free one
      .multicast_enabled(false)
      .initial_hosts(seed);
  seafoam::Cluster cluster(config);
  seafoam::Events events = cluster.events({}, std::nullopt, true);
  return Member{name, std::move(cluster), std::move(events), {}, {}, {}};
}

static void see(Member& self, const seafoam::Event& event) {
  switch (event.kind()) {
  case EventKind::status: {
    const std::string other(event.node()->name());
    std::cout << self.name << " sees " << other << ' ' << *event.status() << std::endl;
    if (other != self.name && event.status() == NodeStatus::alive) {
      self.alive.insert(other);
    } else if (event.status() == NodeStatus::left) {
      self.left.insert(other);
    }
    break;
  }
  case EventKind::broadcast: {
    const std::string origin(event.origin()->name());
    std::cout << self.name << " hears \"" << *event.bytes() << "\" from " << origin << std::endl;
    self.heard.insert(origin);
    break;
  }
  default: // later versions add kinds
    break;
  }
}

/// Reads the events of all nodes until each of them, or each but the last, is done.
static void until(std::vector<Member>& members, const char* what,
                  const std::function<bool(const Member&)>& done) {
  const auto deadline = std::chrono::steady_clock::now() + step;
  std::vector<pollfd> ready;
  for (Member& member : members) {
    ready.push_back({member.events.fd(), POLLIN, 0});
  }
  const auto all_done = [&] {
    for (const Member& member : members) {
      if (!done(member)) {
        return false;
      }
    }
    return true;
  };
  while (!all_done()) {
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left <= 0s) {
      throw std::runtime_error(std::string("not in time: ") + what);
    }
    poll(ready.data(), ready.size(), static_cast<int>(left / 1ms) + 1);
    for (Member& member : members) {
      // Reads what waits in the stream, without waiting for more.
      while (const auto event = member.events.next(0ms)) {
        see(member, *event);
      }
    }
  }
  std::cout << "-- " << what << std::endl;
}

static void run() {
  std::vector<Member> members;
  members.push_back(start("node-1", ""));
  const std::string seed = members[0].cluster.local_node().address();
  for (std::size_t i = 2; i <= nodes; i++) {
    members.push_back(start("node-" + std::to_string(i), seed));
  }
  until(members, "everybody knows everybody",
        [](const Member& member) { return member.alive.size() == nodes - 1; });

  for (const Member& member : members) {
    member.cluster.broadcast("hello from " + member.name);
  }
  until(members, "everybody heard everybody",
        [](const Member& member) { return member.heard.size() == nodes - 1; });

  const std::string last = members.back().name;
  members.back().cluster.leave(step);
  until(members, "the others saw it leave",
        [&](const Member& member) { return member.name == last || member.left.count(last) == 1; });
} // each cluster leaves and closes here

int main() {
  try {
    run();
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
