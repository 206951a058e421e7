// Lives that end: many after one another, many at once, and with their process.
//   torture          all tests
//   torture exit N   a process that ends in the midst of events; N says how
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <spawn.h>
#include <sys/wait.h>
#include <thread>

#include "nodes.hpp"

using namespace nodes;

namespace {

constexpr int cycles = 200, warm = 20, exits = 100, at_once = 8;
constexpr long grown_bytes = 2 << 20;

/// Sanitizers make everything slow, and keep what was freed for a while.
bool sanitized() {
  return std::getenv("ASAN_OPTIONS") != nullptr;
}

std::ptrdiff_t entries(const char* folder) {
  return std::distance(std::filesystem::directory_iterator(folder), {});
}

long resident_bytes() {
  long total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

/// One life with everything that holds memory, threads and descriptors, and ends in some order.
void live(int round) {
  auto cluster = std::make_unique<Cluster>(start("cycle", "n"));
  Events events = everything(*cluster);
  auto handle = cluster->on_event({}, [](const Event&) {});
  CHECK(events.fd() >= 0);
  CHECK(sees(events, "n", NodeStatus::alive));
  if (round % 2 == 0) {
    cluster->close();
  }
  if (round % 3 == 0) {
    handle.remove();
  }
  cluster.reset();
}

void cycles_leave_nothing_behind() {
  std::ptrdiff_t threads = 0, descriptors = 0;
  long resident = 0;
  for (int i = 0; i < (sanitized() ? cycles / 5 : cycles); i++) {
    live(i);
    if (i == warm) {
      threads = entries("/proc/self/task");
      descriptors = entries("/proc/self/fd");
      resident = resident_bytes();
    }
  }
  // The engine's thread goes after the last cluster, on its own time.
  const auto end = std::chrono::steady_clock::now() + check::deadline;
  while (entries("/proc/self/task") > threads && std::chrono::steady_clock::now() < end) {
    std::this_thread::yield();
  }
  CHECK(entries("/proc/self/task") <= threads);
  CHECK(entries("/proc/self/fd") <= descriptors);
  CHECK(sanitized() || resident_bytes() - resident < grown_bytes);
}

void fifty_clusters_live_in_one_process() {
  constexpr std::uint32_t many = 50;
  std::vector<Cluster> clusters;
  clusters.push_back(start("many", "n0"));
  while (clusters.size() < many) {
    clusters.push_back(start("many", "n" + std::to_string(clusters.size()),
                             clusters.front().local_node().address()));
  }
  for (const Cluster& cluster : clusters) {
    cluster.ready(many, check::deadline);
    CHECK(cluster.healthy_nodes().size() == many);
  }
  for (const Cluster& cluster : clusters) {
    cluster.close(); // a scope that ends would leave, one after another
  }
}

/// What runs while the process ends. Never destroyed: threads use it to the end.
struct Busy {
  Pair two{"exit"};
  Events events = everything(two.a);
  check::Latch called;
  seafoam::CallbackHandle handle = two.a.on_event({}, [this](const Event&) { called.up(); });
};

/// Ends while members talk, a callback runs and a reader reads: by returning from main, from
/// another thread, at once, or after closing one of two.
int end_in_the_midst(int how) {
  static Busy& busy = *new Busy;
  std::thread([] {
    while (busy.events.next()) {
    }
  }).detach();
  std::thread([] {
    for (;;) {
      seafoam_cluster_broadcast_text(busy.two.b.raw(), "on and on", nullptr, nullptr);
    }
  }).detach();
  if (!busy.called.wait(20)) {
    return 1;
  }
  switch (how % 4) {
  case 1:
    std::thread([] { std::exit(0); }).join();
    return 1;
  case 2:
    _exit(0);
  case 3:
    busy.two.a.close();
    return 0;
  default:
    return 0;
  }
}

/// Waits for one of the processes; whether it ended as it should.
bool one_ended_well() {
  int status = 0;
  const pid_t process = waitpid(-1, &status, 0);
  if (process > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    return true;
  }
  std::cerr << "  process " << process << ": status " << status << '\n';
  return false;
}

/// What a process still holds when it ends in the midst of everything is no leak: it was never
/// meant to be given back. For those that are started from here, alone.
void expect_what_is_left() {
  if (const char* const given = std::getenv("ASAN_OPTIONS")) {
    setenv("ASAN_OPTIONS", (std::string(given) + ":detect_leaks=0").c_str(), 1);
  }
}

void processes_end_in_the_midst_of_events() {
  int running = 0;
  expect_what_is_left();
  for (int i = 0; i < (sanitized() ? exits / 10 : exits); i++) {
    std::string self = "/proc/self/exe", word = "exit", how = std::to_string(i);
    const std::array<char*, 4> words{self.data(), word.data(), how.data(), nullptr};
    if (running == at_once) {
      CHECK(one_ended_well());
      running--;
    }
    pid_t process = 0;
    REQUIRE(posix_spawn(&process, self.c_str(), nullptr, nullptr, words.data(), environ) == 0);
    running++;
  }
  for (; running > 0; running--) {
    CHECK(one_ended_well());
  }
}

} // namespace

int main(int count, char** words) {
  if (count == 3) {
    alarm(30); // one that hangs ends by a signal, and is told
    return end_in_the_midst(std::atoi(words[2]));
  }
  RUN(cycles_leave_nothing_behind);
  RUN(fifty_clusters_live_in_one_process);
  RUN(processes_end_in_the_midst_of_events);
  return check::report();
}
