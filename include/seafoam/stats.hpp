// SPDX-License-Identifier: Apache-2.0
#ifndef SEAFOAM_STATS_HPP
#define SEAFOAM_STATS_HPP

#include "values.hpp"

namespace seafoam {

/// One counter or gauge.
struct StatsRow {
  std::string_view name;
  /// What it means.
  std::string_view doc;
  /// Whether it only rises from the start of the cluster; false for a gauge.
  bool is_counter;
  std::uint64_t value;
};

/// One snapshot of every counter and gauge. Never changes; readable from any thread.
class Stats {
public:
  using Owned = detail::Handle<seafoam_stats, seafoam_stats_free>;

  explicit Stats(Owned handle) noexcept : handle_(std::move(handle)) {}

  /// The value of a row by its name, such as `members_alive`. Throws `invalid_config` with those
  /// that there are.
  std::uint64_t get(std::string_view name) const {
    const detail::Text text("name", name);
    std::uint64_t value = 0;
    detail::must(seafoam_stats_get, handle_.get(), text.c_str(), &value);
    return value;
  }

  /// All rows; their texts live for ever.
  std::vector<StatsRow> rows() const {
    std::vector<StatsRow> rows;
    const std::size_t length = seafoam_stats_length(handle_.get());
    rows.reserve(length);
    for (std::size_t i = 0; i < length; i++) {
      rows.push_back({seafoam_stats_name(handle_.get(), i), seafoam_stats_doc(handle_.get(), i),
                      seafoam_stats_is_counter(handle_.get(), i),
                      seafoam_stats_value(handle_.get(), i)});
    }
    return rows;
  }

private:
  Owned handle_;
};

} // namespace seafoam

#endif
