// Who leads: the calls, the events of leader and validity, and the idiom by scope and by functions.
#include <memory>
#include <vector>

#include "nodes.hpp"

using namespace nodes;
using seafoam::Tenure;

static const std::string names = "abc";

// Nobody listens at the listed ports: the nodes find each other by their seed.
static std::vector<Cluster> lighthouses(const std::string& group, std::size_t count) {
  std::vector<Cluster> clusters;
  std::vector<std::string> list;
  for (std::size_t i = 0; i < count; i++) {
    list.push_back(names.substr(i, 1) + "=127.0.0.1:" + std::to_string(i + 1));
  }
  for (std::size_t i = 0; i < count; i++) {
    const std::string seed(i == 0 ? "" : clusters[0].local_node().address());
    std::string text = list[0];
    for (std::size_t other = 1; other < count; other++) {
      text += "," + list[other];
    }
    Config each = config(group, names.substr(i, 1), seed);
    each.set("lighthouses", text);
    clusters.emplace_back(each.leader_lease_millis(count == 1 ? 1000 : 3000));
  }
  return clusters;
}

/// Which of them leads, by the event; its term goes to `term`.
static std::optional<std::size_t> leader_of(Events& events, std::uint64_t& term) {
  std::optional<std::size_t> found;
  const std::uint64_t above = term;
  tells(events, [&](const Event& event) {
    const auto leader = event.leader();
    if (event.kind() != EventKind::leader || !leader || event.term().value_or(0) <= above) {
      return false;
    }
    term = *event.term();
    found = names.find(leader->name());
    return true;
  });
  return found;
}

static void one_leads_and_hands_over() {
  const auto nodes = lighthouses("hands-over", 3);
  Events events = everything(nodes[0]);
  std::uint64_t term = 0;
  const auto first = leader_of(events, term);
  REQUIRE(first);
  const Cluster& leader = nodes[*first];
  const auto lease = leader.lease();
  REQUIRE(lease && leader.is_leader());
  CHECK(lease->term == term && lease->remaining_millis <= 2950);
  CHECK(lease->term_quality == seafoam::TermQuality::clock_floor);
  const auto known = nodes[0].leader();
  CHECK(known && known->rank() == seafoam::NodeRank::leader);
  const std::size_t heir = (*first + 1) % 3;
  CHECK(!nodes[heir].is_leader() && !nodes[heir].lease());
  THROWS(not_leader, "does not lead", nodes[heir].resign());
  THROWS(unknown_node, "nobody", leader.transfer_leadership("nobody"));
  Tenure tenure = leader.leadership().next(check::deadline).value();
  CHECK(tenure.term() == term && tenure.is_held() && !tenure.wait_lost(Millis(0)));
  leader.transfer_leadership(names.substr(heir, 1));
  CHECK(tenure.wait_lost(check::deadline) && !tenure.is_held());
  CHECK(leader_of(events, term) == heir);
  nodes[heir].resign();
  CHECK(!nodes[heir].is_leader());
}

static void the_loss_of_lighthouses_ends_a_tenure_and_validity() {
  const auto nodes = lighthouses("cut", 3);
  Events events = everything(nodes[0]);
  std::uint64_t term = 0;
  const auto first = leader_of(events, term);
  REQUIRE(first);
  Events told = nodes[*first].events({}, std::nullopt, false);
  const Tenure tenure = nodes[*first].leadership().next(check::deadline).value();
  for (std::size_t i = 0; i < nodes.size(); i++) {
    if (i != *first) {
      nodes[i].close();
    }
  }
  CHECK(tenure.wait_lost(Millis(5000)) && !nodes[*first].is_leader());
  CHECK(tells(told, [](const Event& event) {
    return event.kind() == EventKind::leader && !event.leader();
  }));
  CHECK(tells(told, [](const Event& event) {
    const auto validity = event.validity();
    return validity && validity->state == seafoam::ValidityState::invalid &&
           validity->missing.size() == 2;
  }));
  CHECK(!nodes[*first].is_valid());
}

static void a_scope_gives_up_its_own_tenure_alone() {
  const auto nodes = lighthouses("scope", 1);
  auto leadership = nodes[0].leadership();
  std::uint64_t term = 0;
  {
    const auto tenure = leadership.next(check::deadline);
    REQUIRE(tenure);
    term = tenure->term();
    CHECK(!leadership.next(Millis(0)));
  }
  CHECK(!nodes[0].is_leader());
  auto next = leadership.next(check::deadline);
  REQUIRE(next);
  CHECK(next->term() > term);
  Tenure moved = std::move(*next);
  next.reset();
  CHECK(moved.is_held());
  Tenure(nodes[0].raw(), term).resign();
  CHECK(moved.is_held());
  moved.keep();
  CHECK(nodes[0].is_leader());
  nodes[0].close();
  THROWS(closed, "closed", leadership.next(check::deadline));
}

static void functions_come_in_turns() {
  const auto nodes = lighthouses("turns", 1);
  check::Latch elected, lost, freed;
  const std::shared_ptr<int> held(new int(0), [&](const int* value) {
    delete value;
    freed.up();
  });
  std::uint64_t term = 0;
  auto handle = nodes[0].on_leadership(
      [&, copy = held](const seafoam::Lease& lease) {
        CHECK(lease.term > term);
        term = lease.term;
        elected.up();
        throw std::runtime_error("expected, and survived");
      },
      [&](std::uint64_t over) {
        CHECK(over == term);
        lost.up();
      });
  CHECK(elected.wait(1));
  nodes[0].resign();
  CHECK(lost.wait(1) && elected.wait(2));
  handle.remove();
  CHECK(held.use_count() == 1 && nodes[0].is_leader());
  const auto later = nodes[0].on_leadership([&](const seafoam::Lease&) { elected.up(); },
                                            [&](std::uint64_t) { lost.up(); });
  CHECK(elected.wait(3));
  nodes[0].close();
  CHECK(lost.count() == 2);
}

static void what_cannot_be_is_refused() {
  const Cluster plain = start("plain", "a");
  THROWS(not_valid, "can never lead", plain.leadership().next(check::deadline));
  THROWS(not_valid, "can never lead",
         plain.on_leadership([](const seafoam::Lease&) {}, [](std::uint64_t) {}));
  THROWS(invalid_config, "function", plain.on_leadership(nullptr, [](std::uint64_t) {}));
}

int main() {
  RUN(one_leads_and_hands_over);
  RUN(the_loss_of_lighthouses_ends_a_tenure_and_validity);
  RUN(a_scope_gives_up_its_own_tenure_alone);
  RUN(functions_come_in_turns);
  RUN(what_cannot_be_is_refused);
  return check::report();
}
