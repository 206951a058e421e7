// SPDX-License-Identifier: Apache-2.0
#ifndef SEAFOAM_VALUES_HPP
#define SEAFOAM_VALUES_HPP

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "error.hpp"

namespace seafoam {

using Millis = std::chrono::milliseconds;
/// As a timeout: waits without a limit.
inline constexpr Millis forever = Millis::max();
/// Names and values that members publish.
using Tags = std::map<std::string, std::string>;

/// A set of event kinds; the empty one stands for all.
class EventKinds {
public:
  constexpr EventKinds() noexcept = default;
  constexpr EventKinds(EventKind kind) : bits_(bit(kind)) {}
  constexpr EventKinds(std::initializer_list<EventKind> kinds) {
    for (const EventKind kind : kinds) {
      bits_ |= bit(kind);
    }
  }
  /// The set as the C library takes it.
  constexpr std::uint32_t bits() const noexcept { return bits_; }
  /// Adds kinds to the set.
  constexpr EventKinds& operator|=(EventKinds other) noexcept {
    bits_ |= other.bits_;
    return *this;
  }

private:
  static constexpr std::uint32_t bit(EventKind kind) {
    const auto number = static_cast<std::int32_t>(kind);
    if (number < 0 || number > 31) {
      throw Error(ErrorCode::invalid_config, "kinds: no event kind has a number beyond 31");
    }
    return SEAFOAM_EVENT_BIT(static_cast<std::uint32_t>(number));
  }

  std::uint32_t bits_ = 0;
};

/// `EventKind::status | EventKind::leader`, and the like with sets. The empty set stands for all
/// and is not to be joined with others.
constexpr EventKinds operator|(EventKinds left, EventKinds right) noexcept {
  return left |= right;
}

namespace detail {

template <class Raw, void (*release)(Raw*)> struct Release {
  void operator()(Raw* raw) const noexcept { release(raw); }
};
/// Owns a handle of the C library.
template <class Raw, void (*release)(Raw*)>
using Handle = std::unique_ptr<Raw, Release<Raw, release>>;
using OwnedText = Handle<char, seafoam_string_free>;

/// Makes a call that gives a handle through its last argument but one; null where it failed.
template <class Owned, class Call, class... Arguments>
Owned try_obtain(Error& error, Call call, Arguments... arguments) {
  typename Owned::pointer raw = nullptr;
  Failure failure;
  const seafoam_code code = call(arguments..., &raw, failure.out());
  Owned owned(raw);
  error = failure.error(code);
  return owned;
}

/// The same, throwing what went wrong.
template <class Owned, class Call, class... Arguments>
Owned obtain(Call call, Arguments... arguments) {
  typename Owned::pointer raw = nullptr;
  Failure failure;
  const seafoam_code code = call(arguments..., &raw, failure.out());
  Owned owned(raw);
  if (code != SEAFOAM_OK) {
    throw failure.error(code);
  }
  return owned;
}

/// A negative time has passed already; in C it would last for ever.
constexpr std::int64_t millis(Millis timeout) noexcept {
  return timeout == forever ? -1 : timeout.count() < 0 ? 0 : timeout.count();
}

/// A text that ends in NUL. One with a NUL inside would reach the library cut short.
class Text {
public:
  Text(const char* what, std::string_view text) : text_(text) {
    if (text.find('\0') != std::string_view::npos) {
      throw Error(ErrorCode::invalid_config, std::string(what) + " must not hold a NUL byte");
    }
  }
  const char* c_str() const noexcept { return text_.c_str(); }

private:
  std::string text_;
};

/// Tags as two arrays of texts.
class TagArrays {
public:
  explicit TagArrays(const Tags& tags) {
    texts_.reserve(2 * tags.size());
    for (const auto& [name, value] : tags) {
      names_.push_back(texts_.emplace_back("tags", name).c_str());
      values_.push_back(texts_.emplace_back("tags", value).c_str());
    }
  }
  const char* const* names() const noexcept { return names_.data(); }
  const char* const* values() const noexcept { return values_.data(); }
  std::size_t size() const noexcept { return names_.size(); }

private:
  std::vector<Text> texts_; // reserved at once: a text that moved would leave its pointer behind
  std::vector<const char*> names_, values_;
};

/// A bool and nothing that merely converts to one, such as the text "false".
class Flag {
public:
  template <class T, class = std::enable_if_t<std::is_same_v<T, bool>>>
  Flag(T value) noexcept : value_(value) {}
  std::string_view text() const noexcept { return value_ ? "true" : "false"; }

private:
  bool value_;
};

/// Texts: one, a list in braces, or a vector.
class List {
public:
  List(const char* one) : text_(one) {}
  List(std::string_view one) : text_(one) {}
  List(const std::string& one) : text_(one) {}
  List(std::initializer_list<std::string_view> many) { join(many); }
  List(const std::vector<std::string>& many) { join(many); }
  std::string_view text() const noexcept { return text_; }

private:
  template <class Many> void join(const Many& many) {
    for (const auto& one : many) {
      text_.append(text_.empty() ? "" : ",").append(one);
    }
  }

  std::string text_;
};

inline std::string joined(const std::vector<std::int64_t>& numbers) {
  std::string text;
  for (const std::int64_t number : numbers) {
    text.append(text.empty() ? "" : ",").append(std::to_string(number));
  }
  return text;
}

/// As a configuration takes tags: what would read as other pairs than these is refused.
inline std::string joined(const Tags& tags) {
  std::string text;
  for (const auto& [name, value] : tags) {
    if (name.find_first_of(",=") != std::string::npos || value.find(',') != std::string::npos) {
      throw Error(ErrorCode::invalid_config,
                  "tags: no comma in names and values and no = in names, at \"" + name + "\"");
    }
    text.append(text.empty() ? "" : ",").append(name).append("=").append(value);
  }
  return text;
}

} // namespace detail
} // namespace seafoam

#endif
