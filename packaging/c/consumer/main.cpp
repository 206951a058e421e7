// A program of a user: one node on loopback, alone.
#include <chrono>
#include <iostream>

#include <seafoam.hpp>

using namespace std::chrono_literals;

int main() {
  try {
    // snippet
    seafoam::Config config; // what is not set comes from SEAFOAM_... and from the defaults
    config.name("cache-1").listen_port(0).multicast_enabled(false);

    const seafoam::Cluster cluster(config); // leaves and closes at the end of its scope
    seafoam::Events events = cluster.events(seafoam::EventKind::status, std::nullopt, true);
    for (const seafoam::Event& event : events.within(200ms)) { // ends after 200 quiet ms
      std::cout << event.node()->name() << " is " << *event.status() << '\n';
    }
    // end
    std::cout << "seafoam " << seafoam::version() << '\n';
  } catch (const seafoam::Error& error) {
    std::cerr << error.code() << ": " << error.what() << '\n';
    return 1;
  }
}
