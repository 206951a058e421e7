// Configuration.

import type { LeaderScopeWord, LogLevelWord, ProfileWord } from './words.js'

/** Every configuration key with the type of its value. */
export interface Settings {
  /** Name of the cluster, checked on every packet: members of other clusters are never heard. Environment: `SEAFOAM_CLUSTER_NAME`. Default: `seafoam`. Takes a text of 1 to 255 bytes. */
  clusterName: string
  /** IPv4 or IPv6 address to listen on. Beyond loopback a key or `insecure` is needed. Environment: `SEAFOAM_LISTEN_IP`. Default: `127.0.0.1`. Takes an IPv4 or IPv6 address. */
  listenIp: string
  /** UDP and TCP port to listen on; 0 takes any free port, readable afterwards. Environment: `SEAFOAM_LISTEN_PORT`. Default: `9999`. Takes a whole number from 0 to 65535. */
  listenPort: number
  /** The `host:port` that others use to reach this node; the listen address where it is not set. Environment: `SEAFOAM_ADVERTISE_ADDRESS`. Default: `not set`. Takes host:port, ip:port or [ipv6]:port. */
  advertiseAddress: string
  /** Identity of this node, unique in the cluster; the advertised address where it is not set. Environment: `SEAFOAM_NAME`. Default: `not set`. Takes 1 to 64 bytes of A-Z a-z 0-9 . _ : % [ ] -. */
  name: string
  /** Milliseconds between two probes of the failure detector. Environment: `SEAFOAM_HEARTBEAT_MILLIS`. Default: `500`. Takes a whole number from 10 to 60000. */
  heartbeatMillis: number
  /** Known members to join by: addresses or DNS names, looked up again at each retry. Environment: `SEAFOAM_INITIAL_HOSTS`. Default: `not set`. Takes a comma list of at most 256 of host, host:port, ip:port, [ipv6]:port. */
  initialHosts: string[]
  /** Longest broadcast payload that this node sends, bytes. Environment: `SEAFOAM_MAX_BROADCAST_BYTES`. Default: `256`. Takes a whole number from 0 to 1024. */
  maxBroadcastBytes: number
  /** Largest UDP payload that this node sends, bytes. Environment: `SEAFOAM_MAX_DATAGRAM_BYTES`. Default: `1200`. Takes a whole number from 508 to 65000. */
  maxDatagramBytes: number
  /** Announce by multicast at start, and listen for announcements of others. Environment: `SEAFOAM_MULTICAST_ENABLED`. Default: `true`. Takes true or false. */
  multicastEnabled: boolean
  /** Seconds between multicast announcements; 0 announces once, at start. Environment: `SEAFOAM_MULTICAST_ANNOUNCE_INTERVAL`. Default: `0`. Takes a whole number from 0 to 86400. */
  multicastAnnounceIntervalSeconds: number
  /** Multicast group; 224.0.0.0 or ff02::1, by the family of `listen_ip`, where it is not set. Environment: `SEAFOAM_MULTICAST_ADDRESS`. Default: `not set`. Takes an IPv4 or IPv6 multicast address. */
  multicastAddress: string
  /** UDP port of multicast announcements. Environment: `SEAFOAM_MULTICAST_PORT`. Default: `9998`. Takes a whole number from 1 to 65535. */
  multicastPort: number
  /** Ping time that fills the history before there are measurements, milliseconds; 0 restores the default. Environment: `SEAFOAM_PING_HISTORY_FRONTLOAD`. Default: `200`. Takes a whole number from 0 to 60000. */
  pingHistoryFrontloadMillis: number
  /** Floor under the timeout of a ping, milliseconds. Environment: `SEAFOAM_MIN_PING_TIME`. Default: `150`. Takes a whole number from 1 to 60000. */
  minPingTimeMillis: number
  /** Datacenter of this node; 255 stands for none. Environment: `SEAFOAM_DATACENTER`. Default: `255`. Takes a whole number from 0 to 255. */
  datacenter: number
  /** Whether this node is a lighthouse; must agree with `lighthouses` where that is set. Environment: `SEAFOAM_IS_LIGHTHOUSE`. Default: `false`. Takes true or false. */
  isLighthouse: boolean
  /** The lighthouses, the same list on every node, in any order: `ip:port`, or `name=host:port`; they are seeds too. The leader can add one, or remove one, for all. Environment: `SEAFOAM_LIGHTHOUSES`. Default: `not set`. Takes a comma list of at most 15 of ip:port, [ipv6]:port or name=host:port, each name once, @datacenter behind it where wanted. */
  lighthouses: string[]
  /** How many lighthouses must be included for the cluster to be valid. Environment: `SEAFOAM_VALIDITY_RULE`. Default: `majority`. Takes majority, all, any, or a number from 1 to 15. */
  validityRule: string
  /** Plain membership: no validity, no leader. Environment: `SEAFOAM_FALLBACK`. Default: `false`. Takes true or false. */
  fallback: boolean
  /** Whether this node may lead. Environment: `SEAFOAM_LEADER_ELIGIBLE`. Default: `true`. Takes true or false. */
  leaderEligible: boolean
  /** One leader for all, or one for each datacenter. Environment: `SEAFOAM_LEADER_SCOPE`. Default: `global`. Takes one of global, datacenter. */
  leaderScope: LeaderScopeWord
  /** Candidates of higher priority stand first. Environment: `SEAFOAM_LEADER_PRIORITY`. Default: `0`. Takes a whole number from 0 to 255. */
  leaderPriority: number
  /** Datacenters that should have the leader, in order; never a matter of safety. Environment: `SEAFOAM_PREFER_DATACENTERS`. Default: `not set`. Takes a comma list of whole numbers from 0 to 254. */
  preferDatacenters: number[]
  /** How long a leader's lease runs without renewal, milliseconds. Environment: `SEAFOAM_LEADER_LEASE_MILLIS`. Default: `3000`. Takes a whole number from 500 to 600000. */
  leaderLeaseMillis: number
  /** Folder for what must survive a restart, for this node alone: the addresses of its peers, and lighthouses that it learned. Environment: `SEAFOAM_STATE_DIR`. Default: `not set`. Takes a path. */
  stateDir: string
  /** Keys that seal the traffic, 32 bytes in base64 each: the first seals, all open. Never shown. Environment: `SEAFOAM_KEYS`. Default: `not set`. Takes 32-byte keys in base64 with commas between. */
  keys: string[]
  /** File with one key a line, instead of `keys`; nobody but its owner may read it (mode 0600). Environment: `SEAFOAM_KEYS_FILE`. Default: `not set`. Takes a path. */
  keysFile: string
  /** Allows to listen beyond loopback without a key. Environment: `SEAFOAM_INSECURE`. Default: `false`. Takes true or false. */
  insecure: boolean
  /** Key and value pairs that all members see. Environment: `SEAFOAM_TAGS`. Default: `not set`. Takes key=value pairs with commas between, 512 bytes at most. */
  tags: Record<string, string>
  /** Events that wait for a slow reader, per subscription. Environment: `SEAFOAM_EVENT_CAPACITY`. Default: `1024`. Takes a whole number from 1 to 1048576. */
  eventCapacity: number
  /** How long a silent member is spared after suspicion began; by `profile` where it is not set: fast 1200, patient 3000, one_second 600. Environment: `SEAFOAM_SUSPICION_FLOOR`. Default: `not set`. Takes a whole number from 50 to 600000. */
  suspicionFloorMillis: number
  /** How long a paused process whose kernel still answers is spared; by `profile` where it is not set: fast and one_second 10000, patient 15000. Environment: `SEAFOAM_HUNG_PATIENCE`. Default: `not set`. Takes a whole number from 50 to 600000. */
  hungPatienceMillis: number
  /** Nodes in the table at most, the local one included. Environment: `SEAFOAM_MAX_MEMBERS`. Default: `16384`. Takes a whole number from 2 to 16384. */
  maxMembers: number
  /** Threshold of the log; process-wide, the last cluster that sets it wins. Environment: `SEAFOAM_LOG_LEVEL`. Default: `info`. Takes one of all, trace, debug, info, warn, error, fatal, off. */
  logLevel: LogLevelWord
  /** Set of timing defaults. Environment: `SEAFOAM_PROFILE`. Default: `fast`. Takes one of fast, patient, one_second. */
  profile: ProfileWord
}

/**
 * What a cluster is started with: values given here, then `SEAFOAM_*` of the environment, then
 * defaults. Texts are taken for every key, in the form of the environment; `null` is "not given".
 * A worker's own `process.env` is a copy that the engine does not see.
 */
export type Config = { [Key in keyof Settings]?: Settings[Key] | string | number | null }

/** Keys that can be changed while the cluster runs. */
export type LiveKey =
  | 'heartbeatMillis'
  | 'maxBroadcastBytes'
  | 'multicastAnnounceIntervalSeconds'
  | 'pingHistoryFrontloadMillis'
  | 'minPingTimeMillis'
  | 'lighthouses'
  | 'leaderEligible'
  | 'leaderPriority'
  | 'tags'
  | 'logLevel'
