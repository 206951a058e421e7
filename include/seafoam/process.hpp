// SPDX-License-Identifier: Apache-2.0
#ifndef SEAFOAM_PROCESS_HPP
#define SEAFOAM_PROCESS_HPP

#include "callback.hpp"

namespace seafoam {

/// Version of the library that is loaded, `major.minor.patch`; `SEAFOAM_VERSION` is the header's.
inline std::string_view version() noexcept {
  return seafoam_version();
}

/// The same as a number that rises with it, as `SEAFOAM_VERSION_NUMBER`.
inline int version_number() noexcept {
  return seafoam_version_number();
}

/// The wall clock in milliseconds since the epoch.
inline std::uint64_t now_millis() noexcept {
  return seafoam_now_millis();
}

/// This machine's address: global before private before link-local, IPv6 before IPv4; none where
/// there is none but loopback. Throws `internal` where the system cannot be asked.
inline std::optional<std::string> local_ip() {
  const auto ip = detail::obtain<detail::OwnedText>(seafoam_local_ip);
  return ip == nullptr ? std::nullopt : std::optional<std::string>(ip.get());
}

/// A new key for `keys` or a `keys_file`: 32 random bytes in base64. Throws `internal` where the
/// system gives no random bytes.
inline std::string generate_key() {
  return detail::obtain<detail::OwnedText>(seafoam_generate_key).get();
}

/// Logs a line among those of the library; never waits for the logger.
inline void log(LogLevel level, std::string_view line) {
  const detail::Text text("line", line);
  detail::must(seafoam_log, static_cast<int>(level), text.c_str());
}

/// The threshold of the log.
inline LogLevel log_level() noexcept {
  return static_cast<LogLevel>(seafoam_log_level());
}

/// Sets the threshold of the log, process-wide: lines below it are not made at all.
inline void set_log_level(LogLevel level) {
  detail::must(seafoam_set_log_level, static_cast<int>(level));
}

/// Sets what takes the lines of the log, on a thread of the library, one line at a time; an empty
/// function restores the default, standard error. Waits for a running call of the old one. What a
/// logger throws goes to standard error.
///
/// Throws `busy` from inside the logger.
inline void set_logger(Logger logger) {
  Logger* owned = detail::handed_over(std::move(logger));
  detail::must(seafoam_set_logger, owned == nullptr ? nullptr : detail::call_logger,
               static_cast<void*>(owned), &detail::drop<Logger>);
}

/// Waits until every line so far was handed to the logger. From inside it returns at once.
inline void flush_log(Millis timeout = forever) noexcept {
  seafoam_flush_log(detail::millis(timeout));
}

} // namespace seafoam

#endif
