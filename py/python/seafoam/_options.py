"""The configuration as keyword arguments and setters.

Made by py/tools/generate.py from the tables of the engine: do not edit.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address
from os import PathLike
from typing import TypedDict


class Options(TypedDict, total=False):
    """Keyword arguments of a cluster. None stands for not given.

    What is not given comes from the key's environment variable, then from its default.
    """

    cluster_name: str | None
    """Name of the cluster, checked on every packet: members of other clusters are never heard.

    Environment: SEAFOAM_CLUSTER_NAME. Default: seafoam.
    """
    listen_ip: IPv4Address | IPv6Address | str | None
    """IPv4 or IPv6 address to listen on. Beyond loopback a key or `insecure` is needed.

    Environment: SEAFOAM_LISTEN_IP. Default: 127.0.0.1.
    """
    listen_port: int | str | None
    """UDP and TCP port to listen on; 0 takes any free port, readable afterwards.

    Environment: SEAFOAM_LISTEN_PORT. Default: 9999.
    """
    advertise_address: str | None
    """The `host:port` that others use to reach this node; the listen address where it is not set.

    Environment: SEAFOAM_ADVERTISE_ADDRESS.
    """
    name: str | None
    """Identity of this node, unique in the cluster; the advertised address where it is not set.

    Environment: SEAFOAM_NAME.
    """
    heartbeat_millis: int | str | None
    """Milliseconds between two probes of the failure detector.

    Environment: SEAFOAM_HEARTBEAT_MILLIS. Default: 500.
    """
    initial_hosts: Collection[str] | str | None
    """Known members to join by: addresses or DNS names, looked up again at each retry.

    Environment: SEAFOAM_INITIAL_HOSTS.
    """
    max_broadcast_bytes: int | str | None
    """Longest broadcast payload that this node sends, bytes.

    Environment: SEAFOAM_MAX_BROADCAST_BYTES. Default: 256.
    """
    max_datagram_bytes: int | str | None
    """Largest UDP payload that this node sends, bytes.

    Environment: SEAFOAM_MAX_DATAGRAM_BYTES. Default: 1200.
    """
    multicast_enabled: bool | str | None
    """Announce by multicast at start, and listen for announcements of others.

    Environment: SEAFOAM_MULTICAST_ENABLED. Default: true.
    """
    multicast_announce_interval_seconds: int | str | None
    """Seconds between multicast announcements; 0 announces once, at start.

    Environment: SEAFOAM_MULTICAST_ANNOUNCE_INTERVAL. Default: 0.
    """
    multicast_address: IPv4Address | IPv6Address | str | None
    """Multicast group; 224.0.0.0 or ff02::1, by the family of `listen_ip`, where it is not set.

    Environment: SEAFOAM_MULTICAST_ADDRESS.
    """
    multicast_port: int | str | None
    """UDP port of multicast announcements.

    Environment: SEAFOAM_MULTICAST_PORT. Default: 9998.
    """
    ping_history_frontload_millis: int | str | None
    """Ping time that fills the history before there are measurements, milliseconds; 0 restores the
    default.

    Environment: SEAFOAM_PING_HISTORY_FRONTLOAD. Default: 200.
    """
    min_ping_time_millis: int | str | None
    """Floor under the timeout of a ping, milliseconds.

    Environment: SEAFOAM_MIN_PING_TIME. Default: 150.
    """
    datacenter: int | str | None
    """Datacenter of this node; 255 stands for none.

    Environment: SEAFOAM_DATACENTER. Default: 255.
    """
    is_lighthouse: bool | str | None
    """Whether this node is a lighthouse; must agree with `lighthouses` where that is set.

    Environment: SEAFOAM_IS_LIGHTHOUSE. Default: false.
    """
    lighthouses: Collection[str] | str | None
    """The lighthouses, the same list on every node, in any order: `ip:port`, or `name=host:port`;
    they are seeds too. The leader can add one, or remove one, for all.

    Environment: SEAFOAM_LIGHTHOUSES.
    """
    validity_rule: int | str | None
    """How many lighthouses must be included for the cluster to be valid.

    Environment: SEAFOAM_VALIDITY_RULE. Default: majority.
    """
    fallback: bool | str | None
    """Plain membership: no validity, no leader.

    Environment: SEAFOAM_FALLBACK. Default: false.
    """
    leader_eligible: bool | str | None
    """Whether this node may lead.

    Environment: SEAFOAM_LEADER_ELIGIBLE. Default: true.
    """
    leader_scope: IntEnum | str | None
    """One leader for all, or one for each datacenter.

    Environment: SEAFOAM_LEADER_SCOPE. Default: global.
    """
    leader_priority: int | str | None
    """Candidates of higher priority stand first.

    Environment: SEAFOAM_LEADER_PRIORITY. Default: 0.
    """
    prefer_datacenters: Collection[int] | str | None
    """Datacenters that should have the leader, in order; never a matter of safety.

    Environment: SEAFOAM_PREFER_DATACENTERS.
    """
    leader_lease_millis: int | str | None
    """How long a leader's lease runs without renewal, milliseconds.

    Environment: SEAFOAM_LEADER_LEASE_MILLIS. Default: 3000.
    """
    state_dir: PathLike[str] | str | None
    """Folder for what must survive a restart, for this node alone: the addresses of its peers, and
    lighthouses that it learned.

    Environment: SEAFOAM_STATE_DIR.
    """
    keys: Collection[str] | str | None
    """Keys that seal the traffic, 32 bytes in base64 each: the first seals, all open. Never shown.

    Environment: SEAFOAM_KEYS.
    """
    keys_file: PathLike[str] | str | None
    """File with one key a line, instead of `keys`; nobody but its owner may read it (mode 0600).

    Environment: SEAFOAM_KEYS_FILE.
    """
    insecure: bool | str | None
    """Allows to listen beyond loopback without a key.

    Environment: SEAFOAM_INSECURE. Default: false.
    """
    tags: Mapping[str, str] | str | None
    """Key and value pairs that all members see.

    Environment: SEAFOAM_TAGS.
    """
    event_capacity: int | str | None
    """Events that wait for a slow reader, per subscription.

    Environment: SEAFOAM_EVENT_CAPACITY. Default: 1024.
    """
    suspicion_floor_millis: int | str | None
    """How long a silent member is spared after suspicion began; by `profile` where it is not set:
    fast 1200, patient 3000, one_second 600.

    Environment: SEAFOAM_SUSPICION_FLOOR.
    """
    hung_patience_millis: int | str | None
    """How long a paused process whose kernel still answers is spared; by `profile` where it is not
    set: fast and one_second 10000, patient 15000.

    Environment: SEAFOAM_HUNG_PATIENCE.
    """
    max_members: int | str | None
    """Nodes in the table at most, the local one included.

    Environment: SEAFOAM_MAX_MEMBERS. Default: 16384.
    """
    log_level: IntEnum | str | None
    """Threshold of the log; process-wide, the last cluster that sets it wins.

    Environment: SEAFOAM_LOG_LEVEL. Default: info.
    """
    profile: IntEnum | str | None
    """Set of timing defaults.

    Environment: SEAFOAM_PROFILE. Default: fast.
    """


class LiveSetters:
    """Setters of what can be changed while the cluster runs."""

    __slots__ = ()

    def set(self, key: str, value: object) -> None:
        """Change a configuration value by the name of its key."""
        raise NotImplementedError

    def set_heartbeat_millis(self, value: int | str) -> None:
        """Change `heartbeat_millis`, at run time."""
        self.set("heartbeat_millis", value)

    def set_max_broadcast_bytes(self, value: int | str) -> None:
        """Change `max_broadcast_bytes`, at run time."""
        self.set("max_broadcast_bytes", value)

    def set_multicast_announce_interval_seconds(self, value: int | str) -> None:
        """Change `multicast_announce_interval_seconds`, at run time."""
        self.set("multicast_announce_interval_seconds", value)

    def set_ping_history_frontload_millis(self, value: int | str) -> None:
        """Change `ping_history_frontload_millis`, at run time."""
        self.set("ping_history_frontload_millis", value)

    def set_min_ping_time_millis(self, value: int | str) -> None:
        """Change `min_ping_time_millis`, at run time."""
        self.set("min_ping_time_millis", value)

    def set_lighthouses(self, value: Collection[str] | str) -> None:
        """Change `lighthouses`, at run time."""
        self.set("lighthouses", value)

    def set_leader_eligible(self, value: bool | str) -> None:
        """Change `leader_eligible`, at run time."""
        self.set("leader_eligible", value)

    def set_leader_priority(self, value: int | str) -> None:
        """Change `leader_priority`, at run time."""
        self.set("leader_priority", value)

    def set_log_level(self, value: IntEnum | str) -> None:
        """Change `log_level`, at run time."""
        self.set("log_level", value)
