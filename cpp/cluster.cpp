// Calls of a cluster: reads, changes, errors, use after close and after a move, a forked child.
#include <chrono>
#include <sys/wait.h>
#include <thread>

#include "nodes.hpp"

using namespace nodes;
using namespace std::chrono_literals;
using seafoam::ErrorCode;

static void nodes_are_described() {
  Pair pair("described");
  const seafoam::Node local = pair.a.local_node();
  CHECK(local.name() == "a" && local.status() == NodeStatus::alive && local.is_healthy());
  CHECK(local.ip() == "127.0.0.1" && local.port() > 0);
  CHECK(local.address() == "127.0.0.1:" + std::to_string(local.port()));
  CHECK(local.generation() > 1'700'000'000'000U && local.timestamp_millis() > 0);
  CHECK(local.datacenter() == seafoam::datacenter_none && local.tags().empty());
  CHECK(local.rank() == seafoam::NodeRank::normal && !local.is_lighthouse());
  CHECK(local.status_source() == "a");
  CHECK(pair.a.all_nodes().size() == 2 && pair.a.healthy_nodes().at(1).name() == "b");
  const auto b = pair.a.node("b");
  REQUIRE(b);
  CHECK(pair.a.node(b->address())->name() == "b" && !pair.a.node("nobody"));
  // What comes from a temporary outlives it.
  const std::string address = pair.b.local_node().address();
  CHECK(address == b->address());
  CHECK(pair.a.ping_node(*b) >= 0 && pair.a.ping_node("b") >= 0 && pair.a.ping_node(address) >= 0);
  CHECK(pair.a.node("b")->ping_millis() >= 0);
}

static void snapshots_are_values() {
  Cluster cluster = start("values", "a");
  seafoam::Node node = cluster.local_node();
  cluster.close();
  seafoam::Node copy = node;
  const seafoam::Node moved = std::move(node);
  CHECK(copy.name() == "a" && moved.name() == "a");
  // NOLINTNEXTLINE: after a move it is empty, and safe.
  CHECK(node.name().empty() && !node.ip() && node.port() == 0 && node.tags().empty());
  node = copy;
  copy = copy; // NOLINT
  CHECK(node.name() == "a" && copy.name() == "a");
}

static void errors_of_calls_have_their_codes() {
  const Cluster cluster = start("errors", "a");
  THROWS(unknown_node, "nobody", cluster.ping_node("nobody"));
  THROWS(unknown_node, "nobody", cluster.why("nobody"));
  THROWS(unknown_node, "nobody", cluster.remove_node("nobody"));
  THROWS(unknown_node, "nobody", cluster.touch_node("nobody"));
  THROWS(invalid_address, "a", cluster.remove_node(cluster.local_node()));
  THROWS(invalid_address, "not an address", cluster.add_node("not an address"));
  THROWS(payload_too_large, "256", cluster.broadcast(std::string(257, 'x')));
  THROWS(payload_too_large, "256", cluster.broadcast_with_receipt(std::string(257, 'x'), 1s));
  THROWS(timeout, "1", cluster.ready(2, 1ms));
  THROWS(invalid_config, "listen_port", cluster.set("listen_port", "1"));
  THROWS(invalid_config, "no_such_key", cluster.get("no_such_key"));
  THROWS(invalid_config, "NUL", cluster.node(std::string_view("a\0b", 3)));
  THROWS(invalid_config, "members_alive", cluster.stats().get("no_such_row"));
  THROWS(address_in_use, cluster.local_node().address().c_str(),
         Cluster(config("errors", "b").listen_port(cluster.local_node().port())));
  seafoam::Error error;
  CHECK(!cluster.try_ping_node(error, "nobody") && error.code() == ErrorCode::unknown_node);
  CHECK(!cluster.try_broadcast(error, std::string(257, 'x')));
  CHECK(error.code() == ErrorCode::payload_too_large);
  CHECK(!cluster.try_ready(error, 2, false, 1ms) && error.code() == ErrorCode::timeout);
  CHECK(cluster.try_ready(error, 1, false, check::deadline) && !error);
  CHECK(cluster.try_broadcast(error, "to nobody") && !error);
}

static void what_is_not_there_yet_says_so() {
  const Cluster cluster = start("later", "a");
  cluster.send("a", "text");
  THROWS(unknown_node, "nobody", cluster.send("nobody", "text"));
  cluster.set_tags({{"role", "cache"}});
  THROWS(invalid_config, "a comma", cluster.set_tags({{"role", "a,b"}}));
  THROWS(bad_key, "32 bytes", cluster.keyring().install("AAAA"));
  THROWS(bad_key, "runs plain", cluster.keyring().install(seafoam::generate_key()));
  THROWS(bad_key, "four hexadecimal digits", cluster.keyring().use("id"));
  THROWS(bad_key, "runs plain", cluster.keyring().retire("beef"));
  THROWS(invalid_config, "keys_file is not set", cluster.keyring().reload());
  CHECK(cluster.keyring().list().empty());
  CHECK(cluster.keyring().report().size() == 1);
  THROWS(not_leader, "", cluster.resign());
  THROWS(not_leader, "", cluster.transfer_leadership("b"));
  CHECK(!cluster.leader() && !cluster.lease() && !cluster.is_leader() && !cluster.is_valid());
  const seafoam::Validity validity = cluster.validity();
  CHECK(validity.state == seafoam::ValidityState::fallback);
  CHECK(validity.seen.empty() && validity.missing.empty());
}

static void values_change_while_it_runs() {
  const Cluster cluster = start("live", "a");
  cluster.set_heartbeat_millis(250);
  CHECK(cluster.get("heartbeat_millis") == "250");
  cluster.set("max_broadcast_bytes", "2");
  CHECK(cluster.get(SEAFOAM_KEY_MAX_BROADCAST_BYTES) == "2");
  THROWS(payload_too_large, "2", cluster.broadcast("abc"));
  cluster.set_log_level(seafoam::LogLevel::error);
  CHECK(seafoam::log_level() == seafoam::LogLevel::error);
  THROWS(invalid_config, "heartbeat_millis", cluster.set_heartbeat_millis(-5));
}

static void members_are_added_and_forgotten() {
  const Cluster a = start("added", "a"), b = start("added", "b");
  Events events = everything(a);
  const seafoam::Node added = a.add_node(b.local_node().address());
  CHECK(added.address() == b.local_node().address());
  CHECK(sees(events, "b", NodeStatus::alive));
  a.touch_node("b");
  a.update_node_status("b", NodeStatus::alive);
  THROWS(invalid_config, "rank",
         a.update_node_status("b", NodeStatus::alive, seafoam::NodeRank::leader));
  THROWS(invalid_config, "datacenter",
         a.update_node_status("b", NodeStatus::alive, std::nullopt, std::uint8_t{3}));
  const seafoam::Node removed = a.remove_node("b");
  CHECK(removed.name() == "b");
}

static void keys_have_owners() {
  const Pair pair("owners");
  const auto at_a = pair.a.owner("some key"), at_b = pair.b.owner("some key");
  REQUIRE(at_a && at_b);
  CHECK(at_a->name() == at_b->name());
  CHECK(pair.a.owners("some key", 5).size() == 2);
  CHECK(pair.a.owners("some key", 5).front().name() == at_a->name());
  CHECK(!pair.a.owner("some key", {{"role", "cache"}}));
  CHECK(pair.a.owner(std::string_view("\0\xff", 2)));
  CHECK(pair.a.owner({}));
}

static void statistics_are_listed() {
  const Pair pair("stats");
  const seafoam::Stats stats = pair.a.stats();
  CHECK(stats.get("members_alive") == 2);
  bool found = false;
  for (const seafoam::StatsRow& row : stats.rows()) {
    found = found || (row.name == "members_alive" && row.value == 2 && !row.is_counter);
    CHECK(!row.name.empty() && !row.doc.empty() && stats.get(row.name) == row.value);
  }
  CHECK(found);
}

static void a_closed_cluster_says_so() {
  const Pair pair("closed");
  pair.a.close();
  pair.a.close(); // twice is fine
  CHECK(pair.a.is_closed() && !pair.b.is_closed());
  THROWS(closed, "", pair.a.local_node());
  THROWS(closed, "", pair.a.all_nodes());
  THROWS(closed, "", pair.a.broadcast("text"));
  THROWS(closed, "", pair.a.broadcast_with_receipt("text", 1s));
  THROWS(closed, "", pair.a.events());
  THROWS(closed, "", static_cast<bool>(pair.a.on_event({}, [](const Event&) {})));
  THROWS(closed, "", pair.a.ready(1, 1s));
  THROWS(closed, "", pair.a.leave());
  THROWS(closed, "", pair.a.stats());
  THROWS(closed, "", pair.a.get("name"));
  CHECK(!pair.a.is_leader() && !pair.a.is_valid());
}

static void a_moved_cluster_says_so() {
  Cluster first = start("moved", "a");
  Cluster second(std::move(first));
  THROWS(invalid_config, "cluster", first.local_node()); // NOLINT
  CHECK(first.is_closed() && second.local_node().name() == "a");
  Cluster& same = second;
  second = std::move(same);
  CHECK(second.local_node().name() == "a");
  first = std::move(second);
  CHECK(first.local_node().name() == "a" && second.is_closed()); // NOLINT
}

static void the_end_of_a_scope_leaves() {
  const Cluster a = start("scope", "a");
  Events events = everything(a);
  {
    const Cluster b = start("scope", "b", a.local_node().address());
    b.ready(2, check::deadline);
  }
  CHECK(sees(events, "b", NodeStatus::left));
  Cluster c = start("scope", "c", a.local_node().address());
  c.ready(2, check::deadline);
  c = start("scope", "d", a.local_node().address());
  CHECK(sees(events, "c", NodeStatus::left));
}

static void the_end_of_a_scope_is_short() {
  const auto began = std::chrono::steady_clock::now();
  {
    const Cluster alone = start("short", "a");
  }
  { // with a peer that is gone and cannot acknowledge
    Cluster a = start("short", "a");
    const Cluster b = start("short", "b", a.local_node().address());
    b.ready(2, check::deadline);
    a.close();
  }
  CHECK(std::chrono::steady_clock::now() - began < 10s);
}

static void a_wait_ends_when_another_thread_closes() {
  const Cluster cluster = start("wait", "a");
  ErrorCode code = ErrorCode::ok;
  Events events = cluster.events();
  check::Latch begun;
  std::thread waiter([&] {
    begun.up();
    seafoam::Error error;
    cluster.try_ready(error, 2, false, seafoam::forever);
    code = error.code();
  });
  CHECK(begun.wait(1));
  cluster.close();
  waiter.join();
  CHECK(code == ErrorCode::closed);
  CHECK(events.next(check::deadline)->kind() == EventKind::closed && !events.next());
}

static void a_forked_child_is_told() {
  Cluster cluster = start("fork", "a");
  Events events = cluster.events();
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const int before = check::failures;
    THROWS(forked, "", cluster.local_node());
    THROWS(forked, "", events.next(Millis(0)));
    CHECK(cluster.is_closed());
    { // frees memory alone, and sends nothing
      const Cluster gone(std::move(cluster));
      const Events stream(std::move(events));
    }
    // Ends in another program, because a memory checker would report what the parent's threads
    // held.
    const char* verdict = check::failures == before ? "true" : "false";
    execlp(verdict, verdict, nullptr);
    _exit(2);
  }
  int status = -1;
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  CHECK(cluster.local_node().name() == "a");
}

int main() {
  RUN(nodes_are_described);
  RUN(snapshots_are_values);
  RUN(errors_of_calls_have_their_codes);
  RUN(what_is_not_there_yet_says_so);
  RUN(values_change_while_it_runs);
  RUN(members_are_added_and_forgotten);
  RUN(keys_have_owners);
  RUN(statistics_are_listed);
  RUN(a_closed_cluster_says_so);
  RUN(a_moved_cluster_says_so);
  RUN(the_end_of_a_scope_leaves);
  RUN(the_end_of_a_scope_is_short);
  RUN(a_wait_ends_when_another_thread_closes);
  RUN(a_forked_child_is_told);
  return check::report();
}
