// A node that says when it leads; ../README.md has the contract of all agents.
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <mutex>
#include <sstream>
#include <thread>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <seafoam.hpp>

using namespace std::chrono_literals;
using seafoam::EventKind;

namespace {

constexpr auto sample_every = 5ms;
constexpr std::int64_t gap_nanos = 1'000'000'000; // a sample later than this: it was held up
constexpr std::int64_t report_nanos = 20'000'000;
constexpr std::int64_t slow_nanos = 200'000'000;
constexpr std::uint32_t slow_capacity = 64;
constexpr seafoam::Millis leave_within = 3s, ready_within = 5s, receipt_within = 3s;
constexpr seafoam::Millis rotate_within = 20s;

/// CLOCK_MONOTONIC, the clock that the agents of all languages read.
std::int64_t now() {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// One for all lines: a static one in the template would be one for each shape of a line.
std::mutex output;

/// Prints one line, in one piece whichever thread it comes from.
template <class... Parts> void say(const Parts&... parts) {
  const std::lock_guard lock(output);
  (std::cout << ... << parts) << std::endl;
}

std::string quoted(std::string_view text) {
  std::string found = "\"";
  for (const char letter : text) {
    found +=
        letter == '"' || letter == '\\' || static_cast<unsigned char>(letter) < ' ' ? '\'' : letter;
  }
  return found + '"';
}

const char* word(bool value) {
  return value ? "true" : "false";
}

/// The store that takes writes with a term; nothing happens where there is none.
class Register {
public:
  explicit Register(const char* path) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    if (path == nullptr || std::strlen(path) >= sizeof to.sun_path) {
      return;
    }
    std::strcpy(to.sun_path, path);
    store_ = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(store_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
      throw std::runtime_error("the register cannot be reached");
    }
  }
  Register(const Register&) = delete;
  Register& operator=(const Register&) = delete;
  ~Register() {
    if (store_ >= 0) {
      close(store_);
    }
  }

  void write(const char* how, const std::string& name, std::uint64_t term) const {
    const std::string line = std::string(how) + ' ' + name + ' ' + std::to_string(term) + '\n';
    if (store_ >= 0 && send(store_, line.data(), line.size(), MSG_NOSIGNAL) < 0) {
      std::cerr << "register: " << std::strerror(errno) << std::endl;
    }
  }

private:
  int store_ = -1;
};

/// What is_leader() and its like said, sample after sample.
class Watch {
public:
  Watch(const seafoam::Cluster& cluster, const Register& store)
      : cluster_(cluster), store_(store), name_(cluster.local_node().name()) {}

  /// Looks once. A tenure begins after the first call that said yes, and ends before the last.
  void sample() {
    Asked asked = ask();
    if (asked.after - last_ > gap_nanos) {
      if (asked.after - asked.before > gap_nanos) {
        asked = ask(); // stopped between two of the calls
      }
      say(R"({"event":"woke","at":)", asked.after, R"(,"gap":)", asked.after - last_,
          R"(,"leads":)", word(asked.term != 0), '}');
      if (term_ != 0) { // what a thread does that was held up between question and effect
        store_.write("late", name_, term_);
      }
    }
    last_ = asked.after;
    if (term_ != 0 && term_ != asked.term) {
      tell(true);
      term_ = 0;
    }
    if (asked.term != 0) {
      if (term_ == 0) {
        term_ = asked.term;
        from_ = to_ = asked.after;
      }
      to_ = std::max(to_, asked.before);
      if (asked.after - told_ > report_nanos) {
        tell(false);
        told_ = asked.after;
        store_.write("write", name_, asked.term);
      }
    }
    look(asked.after);
  }

private:
  struct Asked {
    std::int64_t before, after;
    std::uint64_t term;
  };

  Asked ask() const {
    Asked asked{now(), 0, 0};
    if (cluster_.is_leader()) {
      const auto lease = cluster_.lease();
      asked.term = lease ? lease->term : 0;
    }
    asked.after = now();
    return asked;
  }

  void tell(bool ended) const {
    say(R"({"event":"lead","term":)", term_, R"(,"from":)", from_, R"(,"to":)", to_, R"(,"ended":)",
        word(ended), '}');
  }

  void look(std::int64_t at) {
    const int valid = cluster_.is_valid() ? 1 : 0;
    if (valid != valid_) {
      valid_ = valid;
      say(R"({"event":"valid","at":)", at, R"(,"valid":)", word(valid == 1), '}');
    }
    if (at - looked_ <= report_nanos) {
      return;
    }
    looked_ = at;
    const auto node = cluster_.leader();
    const std::string leader = node ? quoted(node->name()) : "null";
    if (leader != leader_) {
      leader_ = leader;
      say(R"({"event":"leader","at":)", at, R"(,"leader":)", leader, '}');
    }
  }

  const seafoam::Cluster& cluster_;
  const Register& store_;
  std::string name_;
  std::uint64_t term_ = 0; // of the interval that is open, 0: none
  std::int64_t from_ = 0, to_ = 0, told_ = 0, looked_ = 0, last_ = now();
  int valid_ = -1; // nothing told yet
  std::string leader_;
};

/// A cluster of its own beside the one that lives on: started, read, closed.
void cycle() {
  seafoam::Config config;
  config.cluster_name("cycle").listen_ip("127.0.0.1").listen_port(0).name("").is_lighthouse(false);
  config.set("lighthouses", "").set("state_dir", "");
  const seafoam::Cluster cluster(config);
  seafoam::Events events = cluster.events({}, std::nullopt, true);
  cluster.ready(1, ready_within);
  events.next(ready_within);
  cluster.close();
}

/// The work of an agent in a soak: a fast reader and a slow one, and what commands ask for.
class Work {
public:
  explicit Work(const seafoam::Cluster& cluster) : cluster_(cluster) {
    if (std::getenv("LAB_WORK") != nullptr) {
      fast_.emplace(cluster.events({}, std::nullopt, true));
      slow_.emplace(cluster.events({}, slow_capacity));
    }
  }

  /// Takes what there is: all for the fast reader, one event each 200 ms for the slow one.
  void look(std::int64_t at) {
    if (!fast_) {
      return;
    }
    while (const auto event = fast_->next(0ms)) {
      read(*event);
    }
    if (at - slow_at_ > slow_nanos) {
      if (const auto event = slow_->next(0ms)) {
        slow_at_ = at;
        taken_++;
        missed_ += event->missed().value_or(0);
      }
    }
  }

  /// Carries one command out, waits for it and answers; false where it is none of these.
  bool obey(const std::string& command, const std::string& argument) {
    std::string text;
    bool ok = true;
    try {
      if (!act(command, argument, text)) {
        return false;
      }
    } catch (const seafoam::Error& error) {
      ok = false;
      text = error.what();
    }
    say(R"({"event":"did","what":)", quoted(command), R"(,"ok":)", word(ok), R"(,"text":)",
        quoted(text), '}');
    return true;
  }

private:
  void read(const seafoam::Event& event) {
    switch (event.kind()) {
    case EventKind::status:
    case EventKind::node: { // a new run, or other tags
      const seafoam::Node node = *event.node();
      say(R"({"event":"status","at":)", now(), R"(,"node":)", quoted(node.name()),
          R"(,"generation":)", node.generation(), R"(,"status":")", node.status(), R"("})");
      break;
    }
    case EventKind::broadcast:
      heard_++;
      break;
    case EventKind::message:
      got_++;
      break;
    case EventKind::lagged:
      lagged_ += event.missed().value_or(0);
      break;
    default: // later versions add kinds
      break;
    }
  }

  bool act(const std::string& command, const std::string& argument, std::string& text) {
    if (command == "broadcast") {
      for (int left = std::stoi(argument); left > 0; left--) {
        cluster_.broadcast("of the soak");
      }
    } else if (command == "receipt") {
      const auto receipt = cluster_.broadcast_with_receipt("with a receipt", receipt_within);
      text =
          std::to_string(receipt.confirmed.size()) + ' ' + std::to_string(receipt.missing.size());
    } else if (command == "send") {
      cluster_.send(argument, "hello");
    } else if (command == "tags") {
      cluster_.set_tags({{"round", argument}});
    } else if (command == "install") {
      text = cluster_.keyring().install(argument);
    } else if (command == "rotate") {
      cluster_.keyring().rotate(argument, rotate_within);
    } else if (command == "use") {
      cluster_.keyring().use(argument);
    } else if (command == "retire") {
      cluster_.keyring().retire(argument);
    } else if (command == "cycle") {
      for (int left = std::stoi(argument); left > 0; left--) {
        cycle();
      }
    } else if (command == "state") {
      state();
    } else {
      return false;
    }
    return true;
  }

  void state() const {
    std::ostringstream rows;
    for (const auto& row : cluster_.stats().rows()) {
      rows << (rows.tellp() > 0 ? "," : "") << quoted(row.name) << ':' << row.value;
    }
    say(R"({"event":"state","at":)", now(), R"(,"heard":)", heard_.load(), R"(,"got":)",
        got_.load(), R"(,"lagged":)", lagged_.load(), R"(,"taken":)", taken_.load(),
        R"(,"missed":)", missed_.load(), R"(,"stats":{)", rows.str(), "}}");
  }

  const seafoam::Cluster& cluster_;
  std::optional<seafoam::Events> fast_, slow_;
  std::int64_t slow_at_ = 0;
  std::atomic<std::uint64_t> heard_{0}, got_{0}, lagged_{0}, taken_{0}, missed_{0};
};

/// Carries commands out until `quit` or the end of the input.
void obey(const seafoam::Cluster& cluster, Work& work, std::atomic<bool>& ended) {
  for (std::string line; std::getline(std::cin, line) && line != "quit";) {
    const auto space = std::min(line.find(' '), line.size());
    const std::string command = line.substr(0, space);
    const std::string argument = line.substr(std::min(space + 1, line.size()));
    if (work.obey(command, argument)) {
      continue;
    }
    const std::int64_t at = now();
    try {
      command == "transfer" ? cluster.transfer_leadership(argument) : cluster.resign();
      say(R"({"event":"resigned","at":)", at, '}');
    } catch (const seafoam::Error& error) {
      std::cerr << line << ": " << error.what() << std::endl;
    }
  }
  ended = true;
}

void run() {
  const seafoam::Cluster cluster((seafoam::Config()));
  const seafoam::Node local = cluster.local_node();
  say(R"({"event":"started","at":)", now(), R"(,"node":)", quoted(local.name()),
      R"(,"generation":)", local.generation(), '}');
  const Register store(std::getenv("LAB_REGISTER"));
  Work work(cluster);
  std::atomic<bool> ended{false};
  std::thread commands([&] { obey(cluster, work, ended); });
  Watch watch(cluster, store);
  while (!ended) {
    watch.sample();
    work.look(now());
    std::this_thread::sleep_for(sample_every);
  }
  commands.join();
  cluster.leave(leave_within);
}

} // namespace

int main() {
  try {
    run();
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "agent: " << error.what() << '\n';
    return 1;
  }
}
