// What a cluster is for: members meet, talk, leave and crash, and the others are told.
#include <csignal>
#include <sys/wait.h>
#include <thread>

#include "nodes.hpp"

using namespace nodes;

/// A member in a process of its own, forked before this one has threads: the one that is killed.
class Victim {
public:
  Victim() {
    int ends[2];
    if (pipe(ends) != 0 || (process_ = fork()) < 0) {
      throw std::runtime_error("no process for the victim");
    }
    close(ends[process_ == 0 ? 0 : 1]);
    if (process_ == 0) {
      live(ends[1]);
    }
    reader_ = ends[0];
  }
  Victim(const Victim&) = delete;
  Victim& operator=(const Victim&) = delete;
  ~Victim() { kill(); }

  pid_t process() const { return process_; }
  /// Waits until it listens; empty where it never does.
  std::string address() const {
    char text[80];
    const ssize_t length = read(reader_, text, sizeof text);
    return length > 0 ? std::string(text, static_cast<std::size_t>(length)) : "";
  }
  void kill() {
    if (process_ > 0) {
      ::kill(process_, SIGKILL);
      waitpid(process_, nullptr, 0);
      process_ = 0;
    }
  }

private:
  [[noreturn]] static void live(int writer) {
    alarm(100); // ends even where nobody kills it
    try {
      const Cluster cluster = start("victim", "victim");
      const std::string address = cluster.local_node().address();
      if (write(writer, address.data(), address.size()) > 0) {
        for (;;) {
          pause();
        }
      }
    } catch (const seafoam::Error& error) {
      std::cerr << error.what() << '\n';
    }
    _exit(1);
  }

  pid_t process_ = 0;
  int reader_ = -1;
};

/// Nobody listens at the ports of the list: the nodes find each other by their seed.
static Cluster lighthouse(std::string_view name, std::string_view seed = "") {
  return Cluster(
      config("validity", name, seed).lighthouses("a=127.0.0.1:1,b=127.0.0.1:2,c=127.0.0.1:3"));
}

static void a_majority_of_lighthouses_is_valid_and_one_alone_is_not() {
  using seafoam::ValidityState;
  Cluster a = lighthouse("a");
  const std::string seed = a.local_node().address();
  Cluster b = lighthouse("b", seed), c = lighthouse("c", seed);
  Events events = everything(a);
  for (const Cluster* node : {&a, &b, &c}) {
    node->ready(3, true, check::deadline);
    CHECK(node->is_valid());
  }
  const auto is = [](const Event& event, ValidityState state) {
    return event.validity() && event.validity()->state == state;
  };
  CHECK(tells(events, [&](const Event& event) { return is(event, ValidityState::valid); }));
  b.close();
  c.leave(check::deadline);
  CHECK(tells(events, [&](const Event& event) { return is(event, ValidityState::invalid); }));
  const seafoam::Validity alone = a.validity();
  CHECK(alone.state == ValidityState::invalid && alone.needed == 2);
  CHECK(alone.seen == std::vector<std::string>{"a"});
  CHECK((alone.missing == std::vector<std::string>{"b", "c"}));
  CHECK(!a.is_valid());
  seafoam::Error error;
  CHECK(!a.try_ready(error, 1, true, Millis(50)));
  CHECK(error.code() == seafoam::ErrorCode::timeout);
  CHECK(std::string(error.what()).find("missing: b, c") != std::string::npos);
}

static void a_lighthouse_is_added_and_one_removed() {
  const std::string first = "a=127.0.0.1:1,b=127.0.0.1:2,c=127.0.0.1:3";
  std::string folder = "/tmp/seafoam-list-XXXXXX";
  REQUIRE(mkdtemp(folder.data()) != nullptr);
  std::vector<Cluster> nodes;
  for (const std::string name : {"a", "b", "c", "d"}) {
    const std::string seed = nodes.empty() ? "" : nodes[0].local_node().address();
    nodes.emplace_back(config("list", name, seed)
                           .lighthouses(first)
                           .state_dir(folder + "/" + name)
                           .leader_lease_millis(3000));
  }
  for (const Cluster& node : nodes) {
    node.ready(4, true, check::deadline);
  }
  Events events = everything(nodes[1]);
  std::uint64_t term = 0;
  const Cluster* leader = nullptr;
  const auto next = [&](const Event&) {
    for (const Cluster& node : nodes) {
      const auto lease = node.lease();
      if (lease && lease->term > term) {
        term = lease->term;
        leader = &node;
        return true;
      }
    }
    return false;
  };
  REQUIRE(tells(events, next));
  const Cluster& other = leader == &nodes[0] ? nodes[1] : nodes[0];
  THROWS(not_leader, "changed by the leader", other.set_lighthouses(first + ",d=127.0.0.1:4"));
  for (const std::string list : {"a=127.0.0.1:1,b=127.0.0.1:2,c=127.0.0.1:3,d=127.0.0.1:4",
                                 "b=127.0.0.1:2,c=127.0.0.1:3,d=127.0.0.1:4"}) {
    // Until every lighthouse was heard it is busy.
    const auto end = std::chrono::steady_clock::now() + check::deadline;
    for (bool begun = false; !begun && std::chrono::steady_clock::now() < end;) {
      try {
        leader->set_lighthouses(list);
        begun = true;
      } catch (const seafoam::Error& error) {
        // Held up, a leader loses its lease: the next one is asked.
        const bool lost = error.code() == seafoam::ErrorCode::not_leader;
        REQUIRE(lost ? tells(events, next) : error.code() == seafoam::ErrorCode::busy);
        std::this_thread::sleep_for(Millis(10));
      }
    }
    REQUIRE(tells(events, next));
    CHECK(leader->get("lighthouses") == list);
  }
  nodes.clear();
  CHECK(std::system(("rm -r " + folder).c_str()) == 0);
}

static void three_meet_talk_leave_and_vanish() {
  Pair pair("scenario");
  Events of_a = everything(pair.a), of_b = everything(pair.b);
  Cluster c = start("scenario", "c", pair.b.local_node().address());
  Events of_c = everything(c);
  CHECK(sees(of_a, "c", NodeStatus::alive) && sees(of_b, "c", NodeStatus::alive));
  CHECK(sees(of_c, "a", NodeStatus::alive));
  c.ready(3, check::deadline);
  c.broadcast("hello all");
  CHECK(hears(of_a, "hello all") && hears(of_b, "hello all"));
  CHECK(pair.a.ping_node("c") >= 0);
  c.leave(check::deadline);
  CHECK(sees(of_a, "c", NodeStatus::left) && sees(of_b, "c", NodeStatus::left));
  c.leave(check::deadline); // twice is fine
  pair.b.close();           // without leaving: a crash to the others
  CHECK(sees(of_a, "b", NodeStatus::dead));
}

static void a_receipt_tells_who_has_a_broadcast() {
  const Pair pair("receipts");
  const Cluster c = start("receipts", "c", pair.b.local_node().address());
  pair.a.ready(3, check::deadline);
  c.ready(3, check::deadline);
  seafoam::Receipt receipt = pair.a.broadcast_with_receipt("all?", check::deadline);
  CHECK(receipt.is_complete() && receipt.missing.empty() && receipt.confirmed.size() == 2);
  CHECK(receipt.label.find(pair.a.local_node().address()) == 0);
  c.close(); // without leaving: ends when the crash is known, long before the deadline
  receipt = pair.a.broadcast_with_receipt("all?", check::deadline);
  REQUIRE(receipt.confirmed.size() == 1 && receipt.missing.size() == 1);
  CHECK(!receipt.is_complete() && receipt.confirmed[0].name() == "b");
  CHECK(receipt.missing[0].name() == "c");
}

static void a_killed_process_is_told(Victim& victim) {
  const std::string address = victim.address();
  REQUIRE(!address.empty());
  // Its cluster is named by its own process.
  const Cluster witness(
      config("victim", "witness", address).cluster_name(group_name("victim", victim.process())));
  Events events = everything(witness);
  CHECK(sees(events, "victim", NodeStatus::alive));
  victim.kill();
  CHECK(sees(events, "victim", NodeStatus::dead));
  const seafoam::Why why = witness.why("victim");
  CHECK(why.node.name() == "victim" && why.node.status() == NodeStatus::dead);
  CHECK(why.source == "witness" && why.own_health <= 8);
  CHECK(why.accuser == "witness" && why.own_ping_failed && why.own_hint == seafoam::Hint::gone);
  CHECK(why.witnesses == std::vector<std::string>{"witness"});
  CHECK(why.witness_hints == std::vector<seafoam::Hint>{seafoam::Hint::gone});
  CHECK(why.witness_millis.size() == 1 && why.witness_millis[0] <= why.suspected_millis);
  CHECK(why.suspected_millis >= why.since_millis && why.heard_millis >= why.suspected_millis);
  CHECK(why.helpers_failed.empty() && why.helpers_silent.empty()); // nobody else is there
  CHECK(why.since_millis < 2 * static_cast<std::uint64_t>(check::deadline.count()));
  CHECK(witness.healthy_nodes().size() == 1 && witness.all_nodes().size() == 2);
}

int main() {
  Victim victim;
  RUN([&] { a_killed_process_is_told(victim); });
  RUN(three_meet_talk_leave_and_vanish);
  RUN(a_majority_of_lighthouses_is_valid_and_one_alone_is_not);
  RUN(a_receipt_tells_who_has_a_broadcast);
  RUN(a_lighthouse_is_added_and_one_removed);
  return check::report();
}
