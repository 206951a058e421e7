/// <reference types="node" />
/// <reference lib="esnext.disposable" />

// The cluster.

import type { Config, LiveKey, Settings } from './config.js'
import type {
  BroadcastEvent,
  CallbackHandle,
  EventOf,
  EventOptions,
  EventStream,
  StatusEvent,
} from './events.js'
import type { Keyring } from './keyring.js'
import type { LeadershipOptions, Tenure } from './leadership.js'
import type { Lease, Node, NodeArgument, Receipt, Validity, Why } from './snapshots.js'
import type { Stats } from './stats.js'
import type { EventKindWord, NodeRankWord, NodeStatusWord } from './words.js'

/** What every call that waits takes. */
export interface WaitOptions {
  /**
   * Gives the wait up: the promise rejects with the signal's reason, at once where it is aborted
   * already. What the call began in the cluster (a leave) may go on; a cluster that was about to start
   * is closed.
   */
  signal?: AbortSignal | undefined
}

/** How long `leave` waits. */
export interface LeaveOptions extends WaitOptions {
  /** Milliseconds that the peers have to acknowledge; 5 000 by default. */
  timeoutMillis?: number
}

/** How long `broadcastWithReceipt` waits. */
export interface ReceiptOptions extends WaitOptions {
  /** Milliseconds that the members have to confirm; 5 000 by default. */
  timeoutMillis?: number
}

/** What `ready` waits for. */
export interface ReadyOptions extends WaitOptions {
  /** Healthy members at least, the local one included; 1 by default. */
  minMembers?: number
  /** Whether `isValid()` must be true too; `not_valid` at once where the configuration can never make it so. */
  valid?: boolean
  /** Milliseconds until it fails with `timeout`; 30 000 by default. */
  timeoutMillis?: number
}

/**
 * One node's membership in one cluster.
 *
 * What returns a promise waits on the network and keeps the process alive meanwhile; everything else
 * is a plain call that waits for nobody. An open cluster by itself does not keep the process alive.
 * After `close()` every call fails with `closed`.
 */
export declare class Cluster {
  private constructor()

  /**
   * Binds the sockets, begins to probe, and joins in the background. A seed that cannot be reached
   * is retried for ever, never fatal.
   *
   * @throws {SeafoamError} `invalid_config`, `not_available`, `key_required`, `address_in_use`,
   * `invalid_address`, `resolve_failed`; nothing is left half-started.
   */
  static start(config?: Config, options?: WaitOptions): Promise<Cluster>

  /**
   * Waits until this node sees so many healthy members.
   *
   * @throws {SeafoamError} `timeout` saying how many there were.
   */
  ready(options?: ReadyOptions): Promise<void>
  /** The same with the number of members first. */
  ready(minMembers: number, options?: Omit<ReadyOptions, 'minMembers'>): Promise<void>

  /**
   * Tells the peers that this node leaves: they see `left`. May be called twice; reads go on to work
   * until `close()`.
   *
   * @throws {SeafoamError} `timeout` where no peer acknowledged in time; this node has stopped taking
   * part all the same.
   */
  leave(options?: LeaveOptions): Promise<void>

  /**
   * Gives sockets, timers and waiters back in well under a second; without `leave()` before, it looks
   * like a crash to the peers. Subscriptions end with `closed`, and no callback begins after it. May
   * be called twice, and from inside a callback.
   */
  close(): Promise<void>

  /** Leaves, then closes: for `await using`. Peers that do not answer do not make it fail. */
  [Symbol.asyncDispose](): Promise<void>

  /** Whether `close()` was called or the cluster closed itself. */
  isClosed(): boolean

  /** This node. */
  localNode(): Node
  /** Every node in the table by name: dead ones until they are forgotten, left ones for 60 s. */
  allNodes(): Node[]
  /** The nodes that are alive or suspected, the local one included, by name. */
  healthyNodes(): Node[]
  /** The node of this name or address, or null. */
  node(node: NodeArgument): Node | null

  /**
   * Adds a node by `host`, `host:port` or `[v6]:port` and returns at once: unknown, with the address
   * as name, until the node answers (event `node`).
   *
   * @throws {SeafoamError} `invalid_address`; `busy` where the table is full.
   */
  addNode(address: string): Node
  /**
   * Forgets a node, here alone; one that speaks again comes back. Returns it as it was.
   *
   * @throws {SeafoamError} `unknown_node`; `invalid_address` for the local node.
   */
  removeNode(node: NodeArgument): Node
  /**
   * The round trip to a node, or to an address that is no member's, in milliseconds.
   *
   * @throws {SeafoamError} `timeout`, `unknown_node`, `resolve_failed`, `busy`.
   */
  pingNode(node: NodeArgument, options?: WaitOptions): Promise<number>
  /**
   * States a node's status: `dead` and `suspected` are accusations that it may refute, `alive` makes
   * a probe. A peer's rank and datacenter are its own claims and are refused.
   *
   * @throws {SeafoamError} `unknown_node`, `invalid_config`.
   */
  updateNodeStatus(
    node: NodeArgument,
    status: NodeStatusWord | number,
    options?: { rank?: NodeRankWord | number; datacenter?: number },
  ): void
  /** Sets a node's local timestamp to now. */
  touchNode(node: NodeArgument): void

  /**
   * Sends a payload to every other healthy member, each of which gets it at most once; returns its
   * label (`ip:port:index`). Text goes as UTF-8.
   *
   * @throws {SeafoamError} `payload_too_large`, `busy`; nothing was sent.
   */
  broadcast(payload: Uint8Array | string): string
  /**
   * As `broadcast`, and waits until every member that was healthy then has confirmed it, is dead or
   * gone, or the time has passed; tells who confirmed and who did not, which is no error. A signal
   * gives the wait up, not the broadcast.
   *
   * @throws {SeafoamError} `payload_too_large`, `busy` where the queue is full or 64 receipts are
   * awaited; nothing was sent.
   */
  broadcastWithReceipt(payload: Uint8Array | string, options?: ReceiptOptions): Promise<Receipt>
  /**
   * Sends a payload of at most 64 KiB to one node, which gets it at most once, as event `message`.
   * Resolves when the node has it; it is repeated for 5 s. Messages may overtake one another.
   *
   * @throws {SeafoamError} `payload_too_large`, `unknown_node`, `resolve_failed`, `busy`, `timeout`
   * where nobody acknowledged it, so that it is not known whether it came.
   */
  send(node: NodeArgument, payload: Uint8Array | string, options?: WaitOptions): Promise<void>

  /** The leader as this node heard of it, or null. */
  leader(): Node | null
  /** Whether this node leads at this instant: the clock is read at the call. False after close. */
  isLeader(): boolean
  /** The own lease, or null. */
  lease(): Lease | null
  /** Gives the lease up: from the call on this node does not lead. @throws {SeafoamError} `not_leader`. */
  resign(options?: WaitOptions): Promise<void>
  /** Gives the lease up in favour of another node; done when that one leads. @throws {SeafoamError} `not_leader`, `unknown_node`, `invalid_config`, `timeout` after 3 s. */
  transferLeadership(node: NodeArgument, options?: WaitOptions): Promise<void>

  /**
   * The tenures of this node, one after the other; where it leads already, that tenure is the first.
   * The end of each turn, and leaving the loop, gives the lead up (unless `resign` is false). The loop
   * ends when the cluster is closed.
   *
   * ```ts
   * for await (const tenure of cluster.leadership()) await work(tenure.term, tenure.signal)
   * ```
   *
   * @throws {SeafoamError} `not_valid` at the first turn where nobody can ever lead here; the reason
   * of the signal.
   */
  leadership(options?: LeadershipOptions): AsyncGenerator<Tenure, void, undefined>

  /** The keys that seal this cluster's traffic. */
  keyring(): Keyring

  /** Whether this side of a partition may act, and what is missing. */
  validity(): Validity
  /** True in `valid` only; false after close. */
  isValid(): boolean

  /**
   * Opens a subscription that begins now, not when it is first read.
   *
   * @throws {SeafoamError} `invalid_config`, `busy` where too many are open, `closed`. The reason of
   * a signal that is aborted already.
   */
  events<Type extends EventKindWord = EventKindWord>(options?: EventOptions<Type>): EventStream<Type>

  /**
   * Installs a callback for one type of event, called on this thread for what happens from now on.
   * One that throws, or whose promise rejects, is logged and stays. Callbacks do not keep the process
   * alive.
   */
  on<Type extends EventKindWord>(type: Type, callback: (event: EventOf<Type>) => unknown): this
  /** As `on`, for one event. */
  once<Type extends EventKindWord>(type: Type, callback: (event: EventOf<Type>) => unknown): this
  /** Removes what `on` or `once` installed last with this callback: it is not called any more. */
  off<Type extends EventKindWord>(type: Type, callback: (event: EventOf<Type>) => unknown): this
  /** Calls back with the node and its new status at each change. */
  onStatus(callback: (node: Node, status: NodeStatusWord, event: StatusEvent) => unknown): CallbackHandle
  /** Calls back with the origin and the payload of each broadcast. */
  onBroadcast(callback: (origin: Node, bytes: Buffer, event: BroadcastEvent) => unknown): CallbackHandle
  /** Calls back with each event of these kinds, all by default; `lagged` and `closed` always come. */
  onEvent<Type extends EventKindWord = EventKindWord>(
    callback: (event: EventOf<Type | 'lagged' | 'closed'>) => unknown,
    options?: { kinds?: Iterable<Type> },
  ): CallbackHandle

  /** Counters and gauges. */
  stats(): Stats
  /** Why a node is suspected or dead. @throws {SeafoamError} `unknown_node`. */
  why(node: NodeArgument): Why
  /**
   * The healthy member that owns `key`: rendezvous hashing, the same answer on every node with the
   * same view, in every language. Only members that carry all of `tags` count.
   */
  owner(key: Uint8Array | string, tags?: Record<string, string>): Node | null
  /** The `count` best owners of `key`, best first; fewer where there are not so many. */
  owners(key: Uint8Array | string, count: number, tags?: Record<string, string>): Node[]

  /** A configuration value as it is now; null where it is not set. Secrets are hidden. */
  get<Key extends keyof Settings>(key: Key): Settings[Key] | null
  /**
   * Changes a configuration value.
   *
   * @throws {SeafoamError} `invalid_config`, `not_available`; nothing was changed.
   */
  set<Key extends LiveKey>(key: Key, value: Settings[Key] | string | number): void
  /**
   * Replaces the tags of this node, which all members see: at most 512 bytes as `k=v,k=v`; keys are
   * not empty and hold no `=` and no comma, values no comma.
   *
   * @throws {SeafoamError} `invalid_config` for tags that are refused.
   */
  setTags(tags: Record<string, string>): void
  /** Changes `heartbeatMillis`: Milliseconds between two probes of the failure detector. */
  setHeartbeatMillis(value: Settings['heartbeatMillis'] | string): void
  /** Changes `maxBroadcastBytes`: Longest broadcast payload that this node sends, bytes. */
  setMaxBroadcastBytes(value: Settings['maxBroadcastBytes'] | string): void
  /** Changes `multicastAnnounceIntervalSeconds`: Seconds between multicast announcements; 0 announces once, at start. */
  setMulticastAnnounceIntervalSeconds(value: Settings['multicastAnnounceIntervalSeconds'] | string): void
  /** Changes `pingHistoryFrontloadMillis`: Ping time that fills the history before there are measurements, milliseconds; 0 restores the default. */
  setPingHistoryFrontloadMillis(value: Settings['pingHistoryFrontloadMillis'] | string): void
  /** Changes `minPingTimeMillis`: Floor under the timeout of a ping, milliseconds. */
  setMinPingTimeMillis(value: Settings['minPingTimeMillis'] | string): void
  /** Changes `lighthouses`: The lighthouses, the same list on every node, in any order: `ip:port`, or `name=host:port`; they are seeds too. The leader can add one, or remove one, for all. */
  setLighthouses(value: Settings['lighthouses'] | string): void
  /** Changes `leaderEligible`: Whether this node may lead. */
  setLeaderEligible(value: Settings['leaderEligible'] | string): void
  /** Changes `leaderPriority`: Candidates of higher priority stand first. */
  setLeaderPriority(value: Settings['leaderPriority'] | string): void
  /** Changes `logLevel`: Threshold of the log; process-wide, the last cluster that sets it wins. */
  setLogLevel(value: Settings['logLevel'] | string): void
}
