// SPDX-License-Identifier: Apache-2.0
#ifndef SEAFOAM_ERROR_HPP
#define SEAFOAM_ERROR_HPP

#include <stdexcept>
#include <string>
#include <string_view>

#include "words.hpp"

namespace seafoam {

/// Why a call failed: a code for programs, and a sentence for people that says what happened, to
/// what, and what is accepted instead. Calls throw it; those that begin with `try_` put it into an
/// `Error&` instead, where `ErrorCode::ok` means that nothing failed.
class Error : public std::runtime_error {
public:
  /// No error.
  Error() : std::runtime_error("") {}
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}

  ErrorCode code() const noexcept { return code_; }
  std::string_view message() const noexcept { return what(); }
  /// Whether something failed.
  explicit operator bool() const noexcept { return code_ != ErrorCode::ok; }

private:
  ErrorCode code_ = ErrorCode::ok;
};

namespace detail {

/// Takes the error of one call of the C library, and frees it.
class Failure {
public:
  Failure() = default;
  Failure(const Failure&) = delete;
  Failure& operator=(const Failure&) = delete;
  ~Failure() { seafoam_error_free(raw_); }

  seafoam_error** out() noexcept { return &raw_; }

  /// What came of the call. Some codes, such as a timeout of a stream, come without a sentence.
  Error error(seafoam_code code) const {
    const auto as_word = static_cast<ErrorCode>(code);
    if (raw_ == nullptr) {
      return Error(as_word, code == SEAFOAM_OK ? "" : seafoam_code_name(code));
    }
    return Error(as_word, seafoam_error_message(raw_));
  }

private:
  seafoam_error* raw_ = nullptr;
};

/// Makes a call whose last argument is the error; tells whether it did what it was asked to.
template <class Call, class... Arguments>
bool attempt(Error& error, Call call, Arguments... arguments) {
  Failure failure;
  const seafoam_code code = call(arguments..., failure.out());
  error = failure.error(code);
  return code == SEAFOAM_OK;
}

/// The same, throwing what went wrong.
template <class Call, class... Arguments> void must(Call call, Arguments... arguments) {
  Failure failure;
  const seafoam_code code = call(arguments..., failure.out());
  if (code != SEAFOAM_OK) {
    throw failure.error(code);
  }
}

} // namespace detail
} // namespace seafoam

#endif
