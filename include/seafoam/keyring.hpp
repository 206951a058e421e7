// SPDX-License-Identifier: Apache-2.0
#ifndef SEAFOAM_KEYRING_HPP
#define SEAFOAM_KEYRING_HPP

#include "callback.hpp"

#include <string>
#include <vector>

namespace seafoam {

/// One installed key; the key itself is never shown.
struct KeyInfo {
  /// Four hexadecimal digits.
  std::string id;
  /// Whether it seals what this node sends. All keys open.
  bool seals;
};

/// The keys of one member, as it told them itself.
struct MemberKeys {
  /// Name of the member.
  std::string name;
  /// Whether it answered in time; if not, its keys are not known.
  bool answered;
  /// Ids of its keys, that of the key which seals first.
  std::vector<std::string> keys;
};

namespace detail {

using OwnedKeys = Handle<seafoam_keys, seafoam_keys_free>;
using OwnedKeyReport = Handle<seafoam_key_report, seafoam_key_report_free>;

inline std::vector<KeyInfo> key_infos(const seafoam_keys* keys) {
  std::vector<KeyInfo> all;
  for (std::size_t i = 0; i < seafoam_keys_length(keys); i++) {
    all.push_back({seafoam_keys_id(keys, i), seafoam_keys_seals(keys, i)});
  }
  return all;
}

inline std::vector<MemberKeys> member_keys(const seafoam_key_report* report) {
  std::vector<MemberKeys> all;
  for (std::size_t i = 0; i < seafoam_key_report_length(report); i++) {
    std::vector<std::string> ids;
    for (const KeyInfo& key : key_infos(seafoam_key_report_keys(report, i))) {
      ids.push_back(key.id);
    }
    all.push_back({seafoam_key_report_name(report, i), seafoam_key_report_answered(report, i),
                   std::move(ids)});
  }
  return all;
}

} // namespace detail

/// Keys of a cluster that runs. Lives no longer than its cluster.
///
/// Keys do not travel: each is installed on every node. To change the key of a cluster: `install`
/// the new one everywhere, `rotate` on one node, `retire` the old one everywhere.
///
/// Every call throws `closed` or `forked` where the cluster is.
class Keyring {
public:
  explicit Keyring(const seafoam_cluster* cluster) noexcept : cluster_(cluster) {}

  /// The keys of this node, that which seals first; none where traffic is plain.
  std::vector<KeyInfo> list() const {
    return detail::key_infos(
        detail::obtain<detail::OwnedKeys>(seafoam_cluster_keyring_list, cluster_).get());
  }

  /// Adds a key (32 bytes in base64) that opens traffic but does not seal it yet; returns its id.
  /// Throws `bad_key`; then nothing was changed.
  std::string install(std::string_view key) const {
    const detail::Text text("key", key);
    return detail::obtain<detail::OwnedText>(seafoam_cluster_keyring_install, cluster_,
                                             text.c_str())
        .get();
  }

  /// Seals with an installed key, named by its key id, from now on: on this node alone.
  void use(std::string_view key_id) const {
    const detail::Text text("key_id", key_id);
    detail::must(seafoam_cluster_keyring_use, cluster_, text.c_str());
  }

  /// Takes an installed key, named by its key id, away: on this node alone.
  void retire(std::string_view key_id) const {
    const detail::Text text("key_id", key_id);
    detail::must(seafoam_cluster_keyring_retire, cluster_, text.c_str());
  }

  /// Reads `keys_file` again and takes its keys in place of the present ones. Throws
  /// `invalid_config`, `bad_key`, `key_required`; then nothing was changed.
  std::vector<KeyInfo> reload() const {
    return detail::key_infos(
        detail::obtain<detail::OwnedKeys>(seafoam_cluster_keyring_reload, cluster_).get());
  }

  /// Asks every member which keys it has; blocks until all have answered, `timeout` at most.
  std::vector<MemberKeys> report(Millis timeout = Millis{5000}) const {
    return detail::member_keys(
        detail::obtain<detail::OwnedKeyReport>(seafoam_cluster_keyring_report, cluster_,
                                               detail::millis(timeout))
            .get());
  }

  /// Seals with an installed key in the whole cluster, once every ALIVE member has it; returns what
  /// they answer. Throws `timeout` naming who lacks the key: until then nothing is changed.
  std::vector<MemberKeys> rotate(std::string_view key_id, Millis timeout = Millis{30000}) const {
    const detail::Text text("key_id", key_id);
    return detail::member_keys(
        detail::obtain<detail::OwnedKeyReport>(seafoam_cluster_keyring_rotate, cluster_,
                                               text.c_str(), detail::millis(timeout))
            .get());
  }

private:
  const seafoam_cluster* cluster_;
};

} // namespace seafoam

#endif
