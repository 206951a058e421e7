// SPDX-License-Identifier: Apache-2.0
// Made by cpp/generate.py from seafoam-api.json; not to be edited.
#ifndef SEAFOAM_SETTINGS_HPP
#define SEAFOAM_SETTINGS_HPP

#include "values.hpp"
#include "words.hpp"

namespace seafoam {

/// One setter for each key of the configuration.
template <class Self> class ConfigSetters {
public:
  /// Name of the cluster, checked on every packet: members of other clusters are never heard.
  /// Takes a text of 1 to 255 bytes; default `seafoam`; fixed at start.
  Self& cluster_name(std::string_view value) {
    return self().set("cluster_name", value);
  }

  /// IPv4 or IPv6 address to listen on. Beyond loopback a key or `insecure` is needed.
  /// Takes an IPv4 or IPv6 address; default `127.0.0.1`; fixed at start.
  Self& listen_ip(std::string_view value) {
    return self().set("listen_ip", value);
  }

  /// UDP and TCP port to listen on; 0 takes any free port, readable afterwards.
  /// Takes a whole number from 0 to 65535; default `9999`; fixed at start.
  Self& listen_port(std::int64_t value) {
    return self().set("listen_port", std::to_string(value));
  }

  /// The `host:port` that others use to reach this node; the listen address where it is not set.
  /// Takes host:port, ip:port or [ipv6]:port; no default; fixed at start.
  Self& advertise_address(std::string_view value) {
    return self().set("advertise_address", value);
  }

  /// Identity of this node, unique in the cluster; the advertised address where it is not set.
  /// Takes 1 to 64 bytes of A-Z a-z 0-9 . _ : % [ ] -; no default; fixed at start.
  Self& name(std::string_view value) {
    return self().set("name", value);
  }

  /// Milliseconds between two probes of the failure detector.
  /// Takes a whole number from 10 to 60000; default `500`; can be changed while the cluster runs.
  Self& heartbeat_millis(std::int64_t value) {
    return self().set("heartbeat_millis", std::to_string(value));
  }

  /// Known members to join by: addresses or DNS names, looked up again at each retry.
  /// Takes a comma list of at most 256 of host, host:port, ip:port, [ipv6]:port; no default; fixed
  /// at start.
  Self& initial_hosts(const detail::List& value) {
    return self().set("initial_hosts", value.text());
  }

  /// Longest broadcast payload that this node sends, bytes.
  /// Takes a whole number from 0 to 1024; default `256`; can be changed while the cluster runs.
  Self& max_broadcast_bytes(std::int64_t value) {
    return self().set("max_broadcast_bytes", std::to_string(value));
  }

  /// Largest UDP payload that this node sends, bytes.
  /// Takes a whole number from 508 to 65000; default `1200`; fixed at start.
  Self& max_datagram_bytes(std::int64_t value) {
    return self().set("max_datagram_bytes", std::to_string(value));
  }

  /// Announce by multicast at start, and listen for announcements of others.
  /// Takes true or false; default `true`; fixed at start.
  Self& multicast_enabled(detail::Flag value) {
    return self().set("multicast_enabled", value.text());
  }

  /// Seconds between multicast announcements; 0 announces once, at start.
  /// Takes a whole number from 0 to 86400; default `0`; can be changed while the cluster runs.
  Self& multicast_announce_interval_seconds(std::int64_t value) {
    return self().set("multicast_announce_interval_seconds", std::to_string(value));
  }

  /// Multicast group; 224.0.0.0 or ff02::1, by the family of `listen_ip`, where it is not set.
  /// Takes an IPv4 or IPv6 multicast address; no default; fixed at start.
  Self& multicast_address(std::string_view value) {
    return self().set("multicast_address", value);
  }

  /// UDP port of multicast announcements.
  /// Takes a whole number from 1 to 65535; default `9998`; fixed at start.
  Self& multicast_port(std::int64_t value) {
    return self().set("multicast_port", std::to_string(value));
  }

  /// Ping time that fills the history before there are measurements, milliseconds; 0 restores the
  /// default.
  /// Takes a whole number from 0 to 60000; default `200`; can be changed while the cluster runs.
  Self& ping_history_frontload_millis(std::int64_t value) {
    return self().set("ping_history_frontload_millis", std::to_string(value));
  }

  /// Floor under the timeout of a ping, milliseconds.
  /// Takes a whole number from 1 to 60000; default `150`; can be changed while the cluster runs.
  Self& min_ping_time_millis(std::int64_t value) {
    return self().set("min_ping_time_millis", std::to_string(value));
  }

  /// Datacenter of this node; 255 stands for none.
  /// Takes a whole number from 0 to 255; default `255`; fixed at start.
  Self& datacenter(std::int64_t value) {
    return self().set("datacenter", std::to_string(value));
  }

  /// Whether this node is a lighthouse; must agree with `lighthouses` where that is set.
  /// Takes true or false; default `false`; fixed at start.
  Self& is_lighthouse(detail::Flag value) {
    return self().set("is_lighthouse", value.text());
  }

  /// The lighthouses, the same list on every node, in any order: `ip:port`, or `name=host:port`;
  /// they are seeds too. The leader can add one, or remove one, for all.
  /// Takes a comma list of at most 15 of ip:port, [ipv6]:port or name=host:port, each name once,
  /// @datacenter behind it where wanted; no default; can be changed while the cluster runs.
  Self& lighthouses(const detail::List& value) {
    return self().set("lighthouses", value.text());
  }

  /// How many lighthouses must be included for the cluster to be valid.
  /// Takes majority, all, any, or a number from 1 to 15; default `majority`; fixed at start.
  Self& validity_rule(std::string_view value) {
    return self().set("validity_rule", value);
  }

  /// Plain membership: no validity, no leader.
  /// Takes true or false; default `false`; fixed at start.
  Self& fallback(detail::Flag value) {
    return self().set("fallback", value.text());
  }

  /// Whether this node may lead.
  /// Takes true or false; default `true`; can be changed while the cluster runs.
  Self& leader_eligible(detail::Flag value) {
    return self().set("leader_eligible", value.text());
  }

  /// One leader for all, or one for each datacenter.
  /// Takes one of global, datacenter; default `global`; fixed at start.
  Self& leader_scope(LeaderScope value) {
    return self().set("leader_scope", seafoam::name(value));
  }

  /// Candidates of higher priority stand first.
  /// Takes a whole number from 0 to 255; default `0`; can be changed while the cluster runs.
  Self& leader_priority(std::int64_t value) {
    return self().set("leader_priority", std::to_string(value));
  }

  /// Datacenters that should have the leader, in order; never a matter of safety.
  /// Takes a comma list of whole numbers from 0 to 254; no default; fixed at start.
  Self& prefer_datacenters(const std::vector<std::int64_t>& value) {
    return self().set("prefer_datacenters", detail::joined(value));
  }

  /// How long a leader's lease runs without renewal, milliseconds.
  /// Takes a whole number from 500 to 600000; default `3000`; fixed at start.
  Self& leader_lease_millis(std::int64_t value) {
    return self().set("leader_lease_millis", std::to_string(value));
  }

  /// Folder for what must survive a restart, for this node alone: the addresses of its peers, and
  /// lighthouses that it learned.
  /// Takes a path; no default; fixed at start.
  Self& state_dir(std::string_view value) {
    return self().set("state_dir", value);
  }

  /// Keys that seal the traffic, 32 bytes in base64 each: the first seals, all open. Never shown.
  /// Takes 32-byte keys in base64 with commas between; no default; fixed at start.
  Self& keys(const detail::List& value) {
    return self().set("keys", value.text());
  }

  /// File with one key a line, instead of `keys`; nobody but its owner may read it (mode 0600).
  /// Takes a path; no default; fixed at start.
  Self& keys_file(std::string_view value) {
    return self().set("keys_file", value);
  }

  /// Allows to listen beyond loopback without a key.
  /// Takes true or false; default `false`; fixed at start.
  Self& insecure(detail::Flag value) {
    return self().set("insecure", value.text());
  }

  /// Key and value pairs that all members see.
  /// Takes key=value pairs with commas between, 512 bytes at most; no default; can be changed while
  /// the cluster runs.
  Self& tags(const Tags& value) {
    return self().set("tags", detail::joined(value));
  }

  /// Events that wait for a slow reader, per subscription.
  /// Takes a whole number from 1 to 1048576; default `1024`; fixed at start.
  Self& event_capacity(std::int64_t value) {
    return self().set("event_capacity", std::to_string(value));
  }

  /// How long a silent member is spared after suspicion began; by `profile` where it is not set:
  /// fast 1200, patient 3000, one_second 600.
  /// Takes a whole number from 50 to 600000; no default; fixed at start.
  Self& suspicion_floor_millis(std::int64_t value) {
    return self().set("suspicion_floor_millis", std::to_string(value));
  }

  /// How long a paused process whose kernel still answers is spared; by `profile` where it is not
  /// set: fast and one_second 10000, patient 15000.
  /// Takes a whole number from 50 to 600000; no default; fixed at start.
  Self& hung_patience_millis(std::int64_t value) {
    return self().set("hung_patience_millis", std::to_string(value));
  }

  /// Nodes in the table at most, the local one included.
  /// Takes a whole number from 2 to 16384; default `16384`; fixed at start.
  Self& max_members(std::int64_t value) {
    return self().set("max_members", std::to_string(value));
  }

  /// Threshold of the log; process-wide, the last cluster that sets it wins.
  /// Takes one of all, trace, debug, info, warn, error, fatal, off; default `info`; can be changed
  /// while the cluster runs.
  Self& log_level(LogLevel value) {
    return self().set("log_level", seafoam::name(value));
  }

  /// Set of timing defaults.
  /// Takes one of fast, patient, one_second; default `fast`; fixed at start.
  Self& profile(Profile value) {
    return self().set("profile", seafoam::name(value));
  }

protected:
  ~ConfigSetters() = default;

private:
  Self& self() {
    return static_cast<Self&>(*this);
  }
};

/// One setter for each key that a cluster can change.
template <class Self> class LiveSetters {
public:
  /// Milliseconds between two probes of the failure detector.
  /// Takes a whole number from 10 to 60000; default `500`; can be changed while the cluster runs.
  void set_heartbeat_millis(std::int64_t value) const {
    self().set("heartbeat_millis", std::to_string(value));
  }

  /// Longest broadcast payload that this node sends, bytes.
  /// Takes a whole number from 0 to 1024; default `256`; can be changed while the cluster runs.
  void set_max_broadcast_bytes(std::int64_t value) const {
    self().set("max_broadcast_bytes", std::to_string(value));
  }

  /// Seconds between multicast announcements; 0 announces once, at start.
  /// Takes a whole number from 0 to 86400; default `0`; can be changed while the cluster runs.
  void set_multicast_announce_interval_seconds(std::int64_t value) const {
    self().set("multicast_announce_interval_seconds", std::to_string(value));
  }

  /// Ping time that fills the history before there are measurements, milliseconds; 0 restores the
  /// default.
  /// Takes a whole number from 0 to 60000; default `200`; can be changed while the cluster runs.
  void set_ping_history_frontload_millis(std::int64_t value) const {
    self().set("ping_history_frontload_millis", std::to_string(value));
  }

  /// Floor under the timeout of a ping, milliseconds.
  /// Takes a whole number from 1 to 60000; default `150`; can be changed while the cluster runs.
  void set_min_ping_time_millis(std::int64_t value) const {
    self().set("min_ping_time_millis", std::to_string(value));
  }

  /// The lighthouses, the same list on every node, in any order: `ip:port`, or `name=host:port`;
  /// they are seeds too. The leader can add one, or remove one, for all.
  /// Takes a comma list of at most 15 of ip:port, [ipv6]:port or name=host:port, each name once,
  /// @datacenter behind it where wanted; no default; can be changed while the cluster runs.
  void set_lighthouses(const detail::List& value) const {
    self().set("lighthouses", value.text());
  }

  /// Whether this node may lead.
  /// Takes true or false; default `true`; can be changed while the cluster runs.
  void set_leader_eligible(detail::Flag value) const {
    self().set("leader_eligible", value.text());
  }

  /// Candidates of higher priority stand first.
  /// Takes a whole number from 0 to 255; default `0`; can be changed while the cluster runs.
  void set_leader_priority(std::int64_t value) const {
    self().set("leader_priority", std::to_string(value));
  }

  /// Threshold of the log; process-wide, the last cluster that sets it wins.
  /// Takes one of all, trace, debug, info, warn, error, fatal, off; default `info`; can be changed
  /// while the cluster runs.
  void set_log_level(LogLevel value) const {
    self().set("log_level", seafoam::name(value));
  }

protected:
  ~LiveSetters() = default;

private:
  const Self& self() const {
    return static_cast<const Self&>(*this);
  }
};

}  // namespace seafoam

#endif
