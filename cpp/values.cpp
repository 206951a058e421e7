// What needs no cluster: words, configuration, errors, moves, the process.
#include <limits>
#include <sstream>
#include <type_traits>

#include "check.hpp"

using namespace std::chrono_literals;
using seafoam::Config;
using seafoam::ErrorCode;
using seafoam::EventKind;
using seafoam::EventKinds;

template <class T>
constexpr bool owned_handle =
    std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T> &&
    !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T> &&
    std::is_nothrow_destructible_v<T>;
template <class T>
constexpr bool value = std::is_copy_constructible_v<T> && std::is_copy_assignable_v<T> &&
                       std::is_nothrow_move_constructible_v<T> &&
                       std::is_nothrow_move_assignable_v<T> && std::is_nothrow_destructible_v<T>;

static_assert(owned_handle<seafoam::Cluster> && owned_handle<Config>);
static_assert(owned_handle<seafoam::Events> && owned_handle<seafoam::CallbackHandle>);
static_assert(value<seafoam::Node> && value<seafoam::Event> && value<seafoam::Error>);
static_assert(value<seafoam::Why> && value<seafoam::Validity> && value<seafoam::Lease> &&
              value<seafoam::Receipt>);
// A text that says "false" is no bool, and must not become true.
static_assert(!std::is_convertible_v<const char*, seafoam::detail::Flag>);
static_assert(EventKinds().bits() == 0);
static_assert(EventKinds({EventKind::status, EventKind::lagged}).bits() == (1U << 1 | 1U << 11));
static_assert(seafoam::detail::millis(seafoam::forever) == -1);
// A time that has run out while it was computed waits no longer, and not for ever.
static_assert(seafoam::detail::millis(-1ms) == 0 && seafoam::detail::millis(2s) == 2000);

static void words_have_names() {
  std::ostringstream out;
  out << seafoam::NodeStatus::suspected << ' ' << ErrorCode::not_leader << ' '
      << seafoam::Profile::one_second << ' ' << static_cast<seafoam::NodeRank>(99);
  CHECK(out.str() == "suspected not_leader one_second ?");
  CHECK(name(ErrorCode::ok) == "ok");
}

static void errors_name_key_value_and_what_is_accepted() {
  Config config;
  THROWS(invalid_config, "listen_port", config.listen_port(65536));
  THROWS(invalid_config, "65536", config.listen_port(65536));
  THROWS(invalid_config, "65535", config.listen_port(65536));
  THROWS(invalid_config, "-1", config.heartbeat_millis(-1));
  THROWS(invalid_config, "no_such_key", config.set("no_such_key", "1"));
  THROWS(invalid_config, "name", config.name("blanks are not taken"));
  THROWS(invalid_config, "UTF-8", config.cluster_name("\xff"));
  THROWS(invalid_config, "NUL", config.name(std::string_view("cut\0short", 9)));
  THROWS(invalid_config, "tags", config.tags({{"a", "1,b=2"}}));
  THROWS(invalid_config, "tags", config.tags({{"a=b", "1"}}));
}

static void every_kind_of_setter_takes_its_values() {
  Config config;
  const std::vector<std::string> hosts{"10.0.0.1:1", "seed.example"};
  config.name("a").listen_port(0).multicast_enabled(false).log_level(seafoam::LogLevel::off);
  config.initial_hosts("10.0.0.1:1").initial_hosts({"10.0.0.1:1", "[::1]:2"}).initial_hosts(hosts);
  config.prefer_datacenters({1, 2}).tags({{"role", "cache"}, {"zone", "1"}});
  config.profile(seafoam::Profile::patient).leader_scope(seafoam::LeaderScope::datacenter);
  config.heartbeat_millis(std::numeric_limits<short>::max());
  THROWS(invalid_config, "initial_hosts", config.initial_hosts({"10.0.0.1:1", "not a host"}));
  THROWS(invalid_config, "prefer_datacenters", config.prefer_datacenters({1, 255}));
}

static void a_moved_handle_answers_with_an_error() {
  Config config;
  Config other(std::move(config));
  THROWS(invalid_config, "config", config.name("a"));
  THROWS(invalid_config, "config", seafoam::Cluster(config));
  other.name("a");
  config = std::move(other);
  config.name("b");
}

static void nothing_is_started_where_the_configuration_is_wrong() {
  Config config;
  config.ignore_environment().listen_ip("0.0.0.0").listen_port(0).multicast_enabled(false);
  THROWS(key_required, "insecure", seafoam::Cluster::start(config));
  seafoam::Error error;
  CHECK(!error && error.code() == ErrorCode::ok);
  CHECK(!seafoam::Cluster::try_start(error, config));
  CHECK(error && error.code() == ErrorCode::key_required && !error.message().empty());
  const seafoam::Error copy = error;
  CHECK(copy.message() == error.message() && copy.code() == error.code());
}

static void the_process_is_described() {
  CHECK(seafoam::version() == SEAFOAM_VERSION);
  CHECK(seafoam::version_number() == SEAFOAM_VERSION_NUMBER);
  CHECK(seafoam::now_millis() > 1'700'000'000'000U);
  const auto ip = seafoam::local_ip();
  CHECK(!ip || ip->find_first_of(".:") != std::string::npos);
}

static void the_log_has_one_logger() {
  std::mutex lock;
  std::string lines;
  check::Latch dropped;
  const std::shared_ptr<void> guard(nullptr, [&](void*) { dropped.up(); });
  const auto before = seafoam::log_level();
  seafoam::set_log_level(seafoam::LogLevel::info);
  CHECK(seafoam::log_level() == seafoam::LogLevel::info);
  seafoam::set_logger([&, held = std::make_shared<std::shared_ptr<void>>(guard)](
                          seafoam::LogLevel level, std::string_view line) {
    const std::lock_guard<std::mutex> taken(lock);
    lines.append(name(level)).append(":").append(line).append("\n");
  });
  seafoam::log(seafoam::LogLevel::warn, "from the program");
  seafoam::log(seafoam::LogLevel::debug, "below the threshold");
  seafoam::flush_log(check::deadline);
  seafoam::set_logger(nullptr);
  CHECK(guard.use_count() == 1);
  CHECK(lines.find("warn:") != std::string::npos);
  CHECK(lines.find("from the program") != std::string::npos);
  CHECK(lines.find("below") == std::string::npos);
  seafoam::set_log_level(before);
  THROWS(invalid_config, "level", seafoam::set_log_level(static_cast<seafoam::LogLevel>(9)));
  THROWS(invalid_config, "NUL",
         seafoam::log(seafoam::LogLevel::warn, std::string_view("cut\0short", 9)));
}

static void a_logger_may_throw_and_may_not_replace_itself() {
  check::Latch calls, refused;
  seafoam::set_logger([&](seafoam::LogLevel, std::string_view) {
    if (check::throws(ErrorCode::busy, "logger", [] { seafoam::set_logger(nullptr); })) {
      refused.up();
    }
    calls.up();
    throw std::runtime_error("expected by this test");
  });
  seafoam::log(seafoam::LogLevel::error, "one");
  seafoam::log(seafoam::LogLevel::error, "two");
  seafoam::flush_log(check::deadline);
  seafoam::set_logger(nullptr);
  CHECK(calls.count() == 2 && refused.count() == 2);
}

int main() {
  RUN(words_have_names);
  RUN(errors_name_key_value_and_what_is_accepted);
  RUN(every_kind_of_setter_takes_its_values);
  RUN(a_moved_handle_answers_with_an_error);
  RUN(nothing_is_started_where_the_configuration_is_wrong);
  RUN(the_process_is_described);
  RUN(the_log_has_one_logger);
  RUN(a_logger_may_throw_and_may_not_replace_itself);
  return check::report();
}
