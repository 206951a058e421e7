// Plays the list of scenarios (scenarios/README.md): every stream must have exactly the lines that
// are written there. All of them run side by side.
#include <algorithm>
#include <deque>
#include <iomanip>
#include <map>
#include <sstream>
#include <thread>

#include "nodes.hpp"
#include "scenarios_table.h"

using namespace nodes;

namespace {

using Lines = std::vector<std::string>;

/// What is wrong with a run. One where a line did not come proves nothing in a control.
struct Wrong {
  std::string what;
  bool line_missing = false;
};

template <class... Parts> std::string text_of(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  return text.str();
}

std::string joined(const Lines& lines) {
  std::string all;
  for (const std::string& line : lines) {
    all += (all.empty() ? "" : ", ") + line;
  }
  return all;
}

Lines lines_of(const char* const* texts) {
  Lines lines;
  for (; *texts != nullptr; texts++) {
    lines.emplace_back(*texts);
  }
  return lines;
}

std::string digits_of(std::string_view bytes) {
  std::ostringstream digits;
  digits << std::hex << std::setfill('0');
  for (const char byte : bytes) {
    digits << std::setw(2) << int{static_cast<unsigned char>(byte)};
  }
  return bytes.empty() ? "-" : digits.str();
}

std::optional<std::string> line_of(const Event& event) {
  switch (event.kind()) {
  case EventKind::status:
    return text_of("status ", event.node()->name(), ' ', *event.previous(), '>', *event.status());
  case EventKind::broadcast:
    return text_of("broadcast ", event.origin()->name(), ' ', digits_of(*event.bytes()));
  case EventKind::message:
    return text_of("message ", event.sender()->name(), ' ', digits_of(*event.bytes()));
  case EventKind::node: {
    std::string tags;
    for (const auto& [name, value] : event.node()->tags()) {
      tags += (tags.empty() ? "" : ",") + name + "=" + value;
    }
    return text_of("node ", event.node()->name(), ' ', tags.empty() ? "-" : tags);
  }
  case EventKind::conflict:
    return text_of("conflict ", event.node()->name());
  case EventKind::datacenter:
    return text_of("datacenter ", static_cast<int>(*event.number()),
                   *event.lost() ? " lost" : " back");
  case EventKind::lagged:
    return text_of("lagged ", *event.missed());
  case EventKind::closed:
    return event.error() ? text_of("closed ", event.error()->code()) : "closed";
  default:
    return std::nullopt;
  }
}

/// Whom a line is about: `lagged` sorts before all names, `closed` behind them.
std::string subject_of(const std::string& line) {
  std::istringstream words(line);
  std::string kind, subject;
  words >> kind >> subject;
  return kind == "lagged" ? "!" : kind == "closed" ? "~" : subject;
}

/// Leaves `suspected` out, and puts the lines of one subject together.
Lines normalised(const Lines& lines) {
  std::map<std::string, std::string> held;
  Lines kept;
  for (const std::string& line : lines) {
    std::istringstream words(line);
    std::string kind, name, previous, now;
    words >> kind >> name;
    if (kind != "status") {
      kept.push_back(line);
      continue;
    }
    std::getline(words >> std::ws, previous, '>');
    words >> now;
    const auto before = held.find(name);
    if (previous == "suspected" && before != held.end()) {
      previous = before->second;
      held.erase(before);
    }
    if (now == "suspected") {
      held[name] = previous;
    } else if (now != previous) {
      kept.push_back(text_of("status ", name, ' ', previous, '>', now));
    }
  }
  std::stable_sort(kept.begin(), kept.end(), [](const auto& left, const auto& right) {
    return subject_of(left) < subject_of(right);
  });
  return kept;
}

using Clock = std::chrono::steady_clock;

/// One subscription, what was read of it, and how far `await` has looked.
class Stream {
public:
  explicit Stream(Events events) : events_(std::move(events)) {}

  const Lines& lines() const { return lines_; }

  /// Takes one event in; false where there was none.
  bool read(Millis timeout) {
    const auto event = events_.next(timeout);
    if (!event) {
      return false;
    }
    if (const auto line = line_of(*event)) {
      lines_.push_back(*line);
    }
    return true;
  }

  /// Reads until something holds; whether it does.
  template <class Done> bool until(Done done) {
    const auto end = Clock::now() + Millis(DEADLINE_MILLIS);
    while (!done()) {
      const auto left = std::chrono::duration_cast<Millis>(end - Clock::now());
      if (left <= Millis(0) || !read(left)) {
        return done();
      }
    }
    return true;
  }

  void await(const std::string& line) {
    std::size_t& from = seen_[subject_of(line)];
    const auto place = [&] {
      const auto begin = lines_.begin() + static_cast<std::ptrdiff_t>(from);
      return std::find(begin, lines_.end(), line);
    };
    if (!until([&] { return place() != lines_.end(); })) {
      throw Wrong{text_of('"', line, "\" did not come; there are ", joined(lines_)), true};
    }
    from = static_cast<std::size_t>(place() - lines_.begin()) + 1;
  }

  void compare(const char* name, const Lines& written) {
    const Lines wanted = normalised(written);
    const bool enough = until([&] { return normalised(lines_).size() >= wanted.size(); });
    while (read(Millis(0))) {
    }
    const Lines got = normalised(lines_);
    if (got != wanted) {
      throw Wrong{text_of(name, " has ", joined(got), " instead of ", joined(wanted)), !enough};
    }
  }

  void check_end(const std::string& name) {
    until([] { return false; });
    const auto closes = [](const std::string& line) { return line.rfind("closed", 0) == 0; };
    if (std::count_if(lines_.begin(), lines_.end(), closes) != 1 || !closes(lines_.back())) {
      throw Wrong{text_of(name, " did not end with one `closed`: ", joined(lines_))};
    }
  }

private:
  Events events_;
  Lines lines_;
  std::map<std::string, std::size_t> seen_;
};

/// One scenario, from its first step to the comparison.
class Run {
public:
  explicit Run(const scenario& written) : written_(written), thread_([this] { play(); }) {}

  const char* name() const { return written_.name; }
  /// What went wrong, or none.
  const std::optional<Wrong>& wrong() {
    if (thread_.joinable()) {
      thread_.join();
    }
    return wrong_;
  }

private:
  void play() {
    try {
      for (std::size_t i = 0; i < written_.step_count; i++) {
        make_step(i);
      }
      for (const expectation* each = written_.expectations; each->stream != nullptr; each++) {
        streams_.at(each->stream).compare(each->stream, lines_of(each->lines));
      }
      close_all();
      check_ends();
    } catch (const Wrong& wrong) {
      wrong_ = wrong;
    } catch (const std::exception& thrown) {
      wrong_ = Wrong{text_of("threw ", thrown.what())};
    }
    close_all();
  }

  void close_all() {
    for (auto& [label, cluster] : clusters_) {
      cluster.close();
    }
  }

  void check_ends() {
    for (auto& [name, stream] : streams_) {
      stream.check_end(name);
    }
    for (auto group = written_.same; group != nullptr && *group != nullptr; group++) {
      const Lines names = lines_of(*group);
      for (const std::string& name : names) {
        if (streams_.at(name).lines() != streams_.at(names.front()).lines()) {
          throw Wrong{text_of(name, " and ", names.front(), " differ")};
        }
      }
    }
  }

  /// Makes one step; where it names an error, exactly that one must come.
  void make_step(std::size_t number) {
    const step& step = written_.steps[number];
    const auto wanted = static_cast<seafoam::ErrorCode>(step.error);
    seafoam::Error failure;
    try {
      make(step);
    } catch (const seafoam::Error& error) {
      failure = error;
    } catch (const Wrong& wrong) {
      throw Wrong{text_of("step ", number + 1, ": ", wrong.what), wrong.line_missing};
    }
    if (failure.code() != wanted) {
      throw Wrong{text_of("step ", number + 1, ": ", failure.code(), " \"", failure.message(),
                          "\" instead of ", wanted)};
    }
    for (const std::string& text : lines_of(step.says)) {
      if (failure.message().find(text) == std::string_view::npos) {
        throw Wrong{text_of("step ", number + 1, ": ", failure.message(), " does not say ", text)};
      }
    }
  }

  void make(const step& step) {
    switch (step.action) {
    case DO_START:
      return start(step);
    case DO_SUBSCRIBE:
      return subscribe(step);
    case DO_AWAIT:
      return streams_.at(step.stream).await(step.text);
    default:
      return make(step, clusters_.at(step.node));
    }
  }

  void make(const step& step, const Cluster& cluster) {
    const Millis within(step.within_millis < 0 ? std::int64_t{DEADLINE_MILLIS}
                                               : step.within_millis);
    switch (step.action) {
    case DO_READY:
      return cluster.ready(static_cast<std::uint32_t>(step.number), within);
    case DO_HEALTHY:
      return healthy(step, cluster);
    case DO_BROADCAST:
      return static_cast<void>(cluster.broadcast(step.payload, step.payload_length));
    case DO_SEND:
      return cluster.send(step.text, std::string_view(step.payload, step.payload_length));
    case DO_SET_TAGS:
      return cluster.set_tags(tags_of(step));
    case DO_LEAVE:
      return cluster.leave(Millis(DEADLINE_MILLIS));
    case DO_CLOSE:
      return cluster.close();
    case DO_SET:
      return cluster.set(step.text, step.value);
    case DO_ADD_NODE:
      return static_cast<void>(
          cluster.add_node(step.value == nullptr ? step.text : addresses_.at(step.value)));
    case DO_REMOVE_NODE:
      return static_cast<void>(cluster.remove_node(step.text));
    case DO_PING_NODE:
      return static_cast<void>(cluster.ping_node(step.text));
    case DO_UPDATE_NODE_STATUS:
      return cluster.update_node_status(step.text, static_cast<NodeStatus>(step.status));
    default:
      return call(step.text, cluster);
    }
  }

  void start(const step& step) {
    std::string hosts;
    for (const char* const* label = step.texts; label != nullptr && *label != nullptr; label++) {
      hosts += (hosts.empty() ? "" : ",") + addresses_.at(*label);
    }
    Config config;
    config.ignore_environment().listen_port(0).multicast_enabled(false);
    config.cluster_name(group_name(written_.name)).initial_hosts(hosts);
    for (const setting* each = step.settings; each->key != nullptr; each++) {
      config.set(each->key, each->value);
    }
    const Cluster& cluster = clusters_.insert_or_assign(step.node, Cluster(config)).first->second;
    addresses_[step.node] = cluster.local_node().address();
    streams_.insert_or_assign(step.node, Stream(everything(cluster)));
  }

  void subscribe(const step& step) {
    std::optional<std::uint32_t> capacity;
    if (step.number >= 0) {
      capacity = static_cast<std::uint32_t>(step.number);
    }
    streams_.insert_or_assign(step.stream, Stream(clusters_.at(step.node).events(
                                               kinds_of(step.kinds), capacity, step.initial == 1)));
  }

  static seafoam::EventKinds kinds_of(std::uint32_t bits) {
    seafoam::EventKinds kinds;
    for (int number = 0; number < 32; number++) {
      if ((bits & SEAFOAM_EVENT_BIT(number)) != 0) {
        kinds |= static_cast<EventKind>(number);
      }
    }
    return kinds;
  }

  static seafoam::Tags tags_of(const step& step) {
    seafoam::Tags tags;
    for (const setting* each = step.settings; each->key != nullptr; each++) {
      tags.emplace(each->key, each->value);
    }
    return tags;
  }

  static void healthy(const step& step, const Cluster& cluster) {
    Lines names;
    for (const seafoam::Node& node : cluster.healthy_nodes()) {
      names.emplace_back(node.name());
    }
    if (names != lines_of(step.texts)) {
      throw Wrong{text_of("healthy are ", joined(names))};
    }
  }

  static void call(const std::string& name, const Cluster& cluster) {
    static const std::map<std::string, void (*)(const Cluster&)> calls = {
        {"local_node", [](const Cluster& on) { on.local_node(); }},
        {"all_nodes", [](const Cluster& on) { on.all_nodes(); }},
        {"healthy_nodes", [](const Cluster& on) { on.healthy_nodes(); }},
        {"stats", [](const Cluster& on) { on.stats(); }},
        {"leader", [](const Cluster& on) { on.leader(); }},
        {"lease", [](const Cluster& on) { on.lease(); }},
        {"validity", [](const Cluster& on) { on.validity(); }},
        {"resign", [](const Cluster& on) { on.resign(); }},
    };
    calls.at(name)(cluster);
  }

  const scenario& written_;
  std::map<std::string, Cluster> clusters_;
  std::map<std::string, std::string> addresses_;
  std::map<std::string, Stream> streams_;
  std::optional<Wrong> wrong_;
  std::thread thread_; // the last member: it uses the others
};

void normalisation_is_as_written() {
  for (const normalisation& each : cases) {
    if (normalised(lines_of(each.lines)) != lines_of(each.gives)) {
      check::fail(__FILE__, __LINE__, each.what);
    }
  }
}

} // namespace

int main() {
  RUN(normalisation_is_as_written);
  std::deque<Run> runs, misleading;
  for (const scenario& each : scenarios) {
    runs.emplace_back(each);
  }
  for (const scenario& each : controls) {
    misleading.emplace_back(each);
  }
  for (Run& run : runs) {
    check::run(run.name(), [&] {
      if (run.wrong()) {
        check::fail(__FILE__, __LINE__, run.wrong()->what);
      }
    });
  }
  // One that passes, or that waited in vain, shows that nobody looks.
  for (Run& run : misleading) {
    check::run(run.name(), [&] { CHECK(run.wrong() && !run.wrong()->line_missing); });
  }
  return check::report();
}
