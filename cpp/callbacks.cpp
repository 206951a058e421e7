// Functions that are called: their lifetime, what they throw, what they may call.
#include <memory>

#include "nodes.hpp"

using namespace nodes;

static void functions_are_called() {
  const Cluster a = start("called", "a");
  check::Latch alive, heard, events;
  const auto on_status = a.on_status([&](const seafoam::Node& node, NodeStatus status) {
    if (node.name() == "b" && status == NodeStatus::alive) {
      alive.up();
    }
  });
  const auto on_broadcast = a.on_broadcast([&](const seafoam::Node& origin, std::string_view text) {
    if (origin.name() == "b" && text == std::string_view("a\0b", 3)) {
      heard.up();
    }
  });
  const auto on_event = a.on_event(EventKind::broadcast, [&](const Event& event) {
    CHECK(event.kind() == EventKind::broadcast);
    events.up();
  });
  CHECK(on_status && on_broadcast && on_event);
  const Cluster b = start("called", "b", a.local_node().address());
  CHECK(alive.wait(1));
  b.ready(2, check::deadline);
  b.broadcast(std::string_view("a\0b", 3));
  CHECK(heard.wait(1) && events.wait(1));
}

static void what_they_throw_is_logged_and_they_stay() {
  const Pair pair("throw");
  check::Latch calls, lines;
  seafoam::set_logger([&](seafoam::LogLevel level, std::string_view line) {
    if (level == seafoam::LogLevel::error && line.find("expected") != std::string_view::npos) {
      lines.up();
    }
  });
  {
    const auto standard = pair.a.on_broadcast([&](const seafoam::Node&, std::string_view) {
      calls.up();
      throw std::runtime_error("expected");
    });
    const auto other = pair.a.on_event(EventKind::broadcast, [&](const Event&) {
      calls.up();
      throw 7;
    });
    const auto text = pair.a.on_event(EventKind::broadcast, [&](const Event&) {
      calls.up();
      throw std::runtime_error("\xff is no text");
    });
    pair.b.broadcast("one");
    CHECK(calls.wait(3));
    pair.b.broadcast("two");
    CHECK(calls.wait(6));
    CHECK(lines.wait(2));
  }
  seafoam::set_logger(nullptr);
}

static void what_they_hold_is_freed_once() {
  Cluster cluster = start("held", "a");
  const auto held = std::make_shared<int>(1);
  auto removed = cluster.on_event({}, [held](const Event&) {});
  auto dropped = cluster.on_status([held](const seafoam::Node&, NodeStatus) {});
  CHECK(held.use_count() == 3);
  removed.remove();
  CHECK(held.use_count() == 2 && !removed);
  removed.remove(); // twice is fine
  {
    const seafoam::CallbackHandle moved(std::move(dropped));
  }
  CHECK(held.use_count() == 1 && !dropped); // NOLINT
  auto outlives = cluster.on_event({}, [held](const Event&) {});
  cluster.close();
  CHECK(held.use_count() == 1);
  THROWS(closed, "", static_cast<bool>(cluster.on_event({}, [held](const Event&) {})));
  CHECK(held.use_count() == 1);
  outlives.remove();
  THROWS(invalid_config, "function", static_cast<bool>(start("held", "b").on_event({}, nullptr)));
}

static void no_call_begins_after_removal() {
  const Pair pair("removal");
  std::atomic<bool> gone{false};
  check::Latch calls;
  Events events = pair.a.events(EventKind::broadcast);
  auto handle = pair.a.on_broadcast([&](const seafoam::Node&, std::string_view) {
    CHECK(!gone);
    calls.up();
  });
  pair.b.broadcast("before");
  CHECK(calls.wait(1));
  handle.remove();
  gone = true;
  pair.b.broadcast("after");
  CHECK(hears(events, "after"));
  CHECK(calls.count() == 1);
}

static void any_call_may_be_made_from_inside() {
  const Pair pair("inside");
  check::Latch done;
  seafoam::CallbackHandle handle;
  std::mutex lock;
  {
    const std::lock_guard<std::mutex> guard(lock);
    handle = pair.a.on_broadcast([&](const seafoam::Node& origin, std::string_view text) {
      const std::lock_guard<std::mutex> taken(lock);
      if (text == "question") {
        CHECK(pair.a.ping_node(origin) >= 0 && pair.a.all_nodes().size() == 2);
        pair.a.broadcast("answer");
      } else {
        handle.remove(); // what the function holds stays until it returns
        pair.a.close();
        done.up();
      }
    });
  }
  Events events = pair.b.events(EventKind::broadcast);
  pair.b.broadcast("question");
  CHECK(hears(events, "answer"));
  pair.b.broadcast("stop");
  CHECK(done.wait(1) && pair.a.is_closed());
}

int main() {
  RUN(functions_are_called);
  RUN(what_they_throw_is_logged_and_they_stay);
  RUN(what_they_hold_is_freed_once);
  RUN(no_call_begins_after_removal);
  RUN(any_call_may_be_made_from_inside);
  return check::report();
}
