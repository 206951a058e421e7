// SPDX-License-Identifier: Apache-2.0
#ifndef SEAFOAM_LEADERSHIP_HPP
#define SEAFOAM_LEADERSHIP_HPP

#include <utility>

#include "callback.hpp"

namespace seafoam {

using ElectedFunction = std::function<void(const Lease&)>;
using LostFunction = std::function<void(std::uint64_t term)>;

/// One tenure of this node. Leaving the scope gives the lead up, which blocks until a majority of
/// the lighthouses knows, unless `keep` was called. It lives no longer than its cluster.
class [[nodiscard]] Tenure {
public:
  Tenure(const seafoam_cluster* cluster, std::uint64_t term) noexcept
      : cluster_(cluster), term_(term) {}
  Tenure(Tenure&& other) noexcept
      : cluster_(std::exchange(other.cluster_, nullptr)), term_(other.term_) {}
  Tenure& operator=(Tenure&& other) noexcept {
    Tenure taken(std::move(other));
    std::swap(cluster_, taken.cluster_);
    std::swap(term_, taken.term_);
    return *this;
  }
  ~Tenure() {
    if (cluster_ != nullptr) {
      seafoam_cluster_leadership_resign(cluster_, term_, nullptr);
    }
  }

  /// The fencing token: higher than that of every tenure before, of any node. Send it along with
  /// what must not happen twice, and let the store refuse lower ones.
  std::uint64_t term() const noexcept { return term_; }

  /// Whether this tenure still runs: the clock is read at the call.
  bool is_held() const noexcept {
    bool held = false;
    std::uint64_t term = 0;
    const auto code = seafoam_cluster_lease(cluster_, &held, &term, nullptr, nullptr, nullptr);
    return code == SEAFOAM_OK && held && term == term_;
  }

  /// Waits until it is over, for so long at most; whether it is. Throws `busy`, `forked`.
  bool wait_lost(Millis timeout) const {
    Error error;
    if (detail::attempt(error, seafoam_cluster_leadership_lost, cluster_, term_,
                        detail::millis(timeout))) {
      return true;
    }
    if (error.code() == ErrorCode::timeout) {
      return false;
    }
    throw error;
  }

  /// Gives this tenure up, and no later one. Blocks until a majority of the lighthouses knows. May
  /// be called twice.
  void resign() {
    const seafoam_cluster* cluster = std::exchange(cluster_, nullptr);
    if (cluster != nullptr) {
      detail::must(seafoam_cluster_leadership_resign, cluster, term_);
    }
  }

  /// Lets go of this handle without giving the lead up.
  void keep() noexcept { cluster_ = nullptr; }

private:
  const seafoam_cluster* cluster_;
  std::uint64_t term_;
};

/// The tenures of this node, one after the other. It lives no longer than its cluster.
class Leadership {
public:
  explicit Leadership(const seafoam_cluster* cluster) noexcept : cluster_(cluster) {}

  /// The next tenure: waits until this node leads in a higher term than that of the last one given
  /// out, for so long at most; none where it does not come to lead. Throws `not_valid` at once
  /// where nobody can ever lead here, `busy` where 1024 wait, `closed`, `forked`.
  std::optional<Tenure> next(Millis timeout) {
    Error error;
    std::uint64_t term = 0;
    if (detail::attempt(error, seafoam_cluster_leadership, cluster_, after_,
                        detail::millis(timeout), &term, nullptr, nullptr)) {
      after_ = term;
      return Tenure(cluster_, term);
    }
    if (error.code() == ErrorCode::timeout) {
      return std::nullopt;
    }
    throw error;
  }

private:
  const seafoam_cluster* cluster_;
  std::uint64_t after_ = 0;
};

namespace detail {

struct LeadershipFunctions {
  ElectedFunction elected;
  LostFunction lost;
};

inline void call_elected(void* functions, std::uint64_t term, std::uint64_t remaining_millis,
                         seafoam_quality quality) {
  guarded_callback("leadership", [&] {
    const Lease lease{term, remaining_millis, static_cast<TermQuality>(quality)};
    static_cast<LeadershipFunctions*>(functions)->elected(lease);
  });
}

inline void call_lost(void* functions, std::uint64_t term) {
  guarded_callback("leadership", [&] { static_cast<LeadershipFunctions*>(functions)->lost(term); });
}

} // namespace detail
} // namespace seafoam

#endif
