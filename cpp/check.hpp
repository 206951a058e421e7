// A test is a function without arguments; RUN counts it as passed where no CHECK in it failed and
// nothing was thrown. CHECK may be used from any thread.
#ifndef SEAFOAM_CHECK_HPP
#define SEAFOAM_CHECK_HPP

#include <atomic>
#include <condition_variable>
#include <iostream>
#include <mutex>
#include <string>

#include "seafoam.hpp"

namespace check {

inline std::atomic<int> failures{0};
inline int passed = 0;
inline int failed = 0;

inline void fail(const char* file, int line, const std::string& what) {
  failures++;
  std::cerr << file << ':' << line << ": " << what << '\n';
}

template <class Test> void run(const char* name, Test test) {
  const int before = failures;
  try {
    test();
  } catch (const std::exception& thrown) {
    failures++;
    std::cerr << "  threw " << thrown.what() << '\n';
  }
  const bool wrong = failures != before;
  (wrong ? failed : passed)++;
  if (wrong) {
    std::cerr << "FAILED " << name << '\n';
  }
}

/// The last statement of main.
inline int report() {
  std::cout << passed << " passed, " << failed << " failed\n";
  return failed == 0 && passed > 0 ? 0 : 1;
}

/// Whether a call throws this code, with a sentence that contains `fragment`.
template <class Call> bool throws(seafoam::ErrorCode code, const char* fragment, Call call) {
  try {
    call();
  } catch (const seafoam::Error& error) {
    if (error.code() == code && error.message().find(fragment) != std::string_view::npos) {
      return true;
    }
    std::cerr << "  got " << error.code() << " \"" << error.message() << "\"\n";
    return false;
  }
  std::cerr << "  nothing was thrown\n";
  return false;
}

/// Longest that a test waits for what must happen. Ten times what it takes.
inline constexpr seafoam::Millis deadline{20000};

/// Counts what happened on other threads.
class Latch {
public:
  void up() {
    const std::lock_guard<std::mutex> guard(lock_);
    count_++;
    changed_.notify_all();
  }
  int count() {
    const std::lock_guard<std::mutex> guard(lock_);
    return count_;
  }
  /// Whether it happened at least so often, in time.
  bool wait(int count) {
    std::unique_lock<std::mutex> guard(lock_);
    return changed_.wait_for(guard, deadline, [&] { return count_ >= count; });
  }

private:
  std::mutex lock_;
  std::condition_variable changed_;
  int count_ = 0;
};

} // namespace check

#define CHECK(condition)                                                                           \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      check::fail(__FILE__, __LINE__, "CHECK(" #condition ")");                                    \
    }                                                                                              \
  } while (false)

// Ends the test: what follows would make no sense.
#define REQUIRE(condition)                                                                         \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      check::fail(__FILE__, __LINE__, "REQUIRE(" #condition ")");                                  \
      return;                                                                                      \
    }                                                                                              \
  } while (false)

#define THROWS(code, fragment, expression)                                                         \
  CHECK(check::throws(seafoam::ErrorCode::code, fragment, [&] { static_cast<void>(expression); }))

#define RUN(test) check::run(#test, test)

#endif
