// SPDX-License-Identifier: Apache-2.0
#ifndef SEAFOAM_CONFIG_HPP
#define SEAFOAM_CONFIG_HPP

#include "settings.hpp"

namespace seafoam {

/// Values for a cluster that is to be started, usable for any number of clusters. What is not set
/// comes from the environment (`SEAFOAM_...`), then from the defaults.
///
/// Setters take turns in one expression: `config.name("a").listen_port(0)`. Each throws
/// `invalid_config` with the key, the value and what is accepted; then nothing was set.
class Config : public ConfigSetters<Config> {
public:
  Config() : handle_(seafoam_config_new()) {}

  /// Sets a key to a value by its text: numbers in decimal, `true` or `false`, lists with commas.
  Config& set(std::string_view key, std::string_view value) {
    const detail::Text key_text("key", key), value_text("value", value);
    detail::must(seafoam_config_set, handle_.get(), key_text.c_str(), value_text.c_str());
    return *this;
  }

  /// Takes nothing from the environment at start.
  Config& ignore_environment() {
    detail::must(seafoam_config_ignore_environment, handle_.get());
    return *this;
  }

  /// The handle of the C library; null after a move.
  const seafoam_config* raw() const noexcept { return handle_.get(); }

private:
  detail::Handle<seafoam_config, seafoam_config_free> handle_;
};

} // namespace seafoam

#endif
