// Nodes, and what else is read at one moment.

import type {
  HintWord,
  NodeRankWord,
  NodeStatusWord,
  TermQualityWord,
  ValidityBasisWord,
  ValidityStateWord,
} from './words.js'

/** One member as this process saw it at one moment: plain data that never changes. */
export interface Node {
  /** Identity, unique in the cluster. */
  readonly name: string
  /** Where others reach it: `ip:port`, `[v6]:port`, or what `addNode` was given until it answers. */
  readonly address: string
  /** The address without its port; null until a host name given to `addNode` was resolved. */
  readonly ip: string | null
  /** UDP and TCP port. */
  readonly port: number
  /** What this process believes about it. */
  readonly status: NodeStatusWord
  /** Its role. */
  readonly rank: NodeRankWord
  /** Whether it is a lighthouse, also while it leads. */
  readonly isLighthouse: boolean
  /** Datacenter, or `DATACENTER_NONE`. */
  readonly datacenter: number
  /** Which run of that name: milliseconds since the epoch at its start, or later; 0 when unknown. */
  readonly generation: number
  /** Version of the node's own claims inside one generation. */
  readonly incarnation: number
  /** Last round trip in milliseconds, `PING_NO_DATA` or `PING_TIMED_OUT`. */
  readonly pingMillis: number
  /** Milliseconds since this process last heard from it; 0 for the local node. */
  readonly ageMillis: number
  /** Wall clock of its last ping or status change as seen here, milliseconds since the epoch. */
  readonly timestampMillis: number
  /** How many more times its current status will be passed on by this node. */
  readonly emitCounter: number
  /** Name of the node that first stated the status; its own name where it spoke for itself. */
  readonly statusSource: string
  /** Tags that it published. */
  readonly tags: Readonly<Record<string, string>>
}

/** A node by its name, its address, or a snapshot of it. */
export type NodeArgument = string | Pick<Node, 'name'>

/** Whether this side of a partition may act, and what is missing. */
export interface Validity {
  /** The verdict. */
  readonly state: ValidityStateWord
  /** Where the list of lighthouses comes from. */
  readonly basis: ValidityBasisWord
  /** Names of the lighthouses that are included now. */
  readonly seen: readonly string[]
  /** How many must be included. */
  readonly needed: number
  /** Names of those that are not. */
  readonly missing: readonly string[]
}

/** The leader's time-bounded right to lead. */
export interface Lease {
  /** Fencing token: strictly rising from tenure to tenure. */
  readonly term: number
  /** Milliseconds that are left of it, by this node's clock. */
  readonly remainingMillis: number
  /** How far the term can be trusted. */
  readonly termQuality: TermQualityWord
}

/** Why a node is suspected or dead, as this process knows it. */
export interface Why {
  /** The node as it was when asked. */
  readonly node: Node
  /** Milliseconds since its status changed here. */
  readonly sinceMillis: number
  /** Who stated it first. */
  readonly source: string
  /** Names of the members that failed to reach it, in the order in which they were heard: the first 16. */
  readonly witnesses: readonly string[]
  /** Whether this node's own ping failed since the suspicion began. */
  readonly ownPingFailed: boolean
  /** This node's own health score when asked: 0 is healthy, 8 the worst. */
  readonly ownHealth: number
  /** Name of whoever began the suspicion, as heard here; empty where there was none. */
  readonly accuser: string
  /** Milliseconds since the suspicion began here, also of a node that is dead by now; 0 where there was none. */
  readonly suspectedMillis: number
  /** Milliseconds since anything came from the node itself, also through a helper. */
  readonly heardMillis: number
  /** What each of `witnesses` found out about the node's host, in their order. */
  readonly witnessHints: readonly HintWord[]
  /** Milliseconds since each of `witnesses` was first heard here, in their order. */
  readonly witnessMillis: readonly number[]
  /** What a TCP connection of this node's own to the node's host told. */
  readonly ownHint: HintWord
  /** Names of the helpers of this node's last probe that could not reach the node either, and said so. */
  readonly helpersFailed: readonly string[]
  /** Names of those that said nothing in time. */
  readonly helpersSilent: readonly string[]
}

/**
 * Who confirmed a broadcast in time, and who did not, of the members that were healthy when it was
 * sent; by name.
 */
export interface Receipt {
  /** The broadcast's label, `ip:port:index`. */
  readonly label: string
  /** Members that have it. */
  readonly confirmed: readonly Node[]
  /** Members that did not say so: dead or gone meanwhile, or out of reach. Some may have it. */
  readonly missing: readonly Node[]
}
