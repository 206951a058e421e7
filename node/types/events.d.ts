/// <reference types="node" />
/// <reference lib="esnext.disposable" />

// Events and the ways to read them.

import type { Node, Validity } from './snapshots.js'
import type { EventKindWord, LinkDirectionWord, NodeStatusWord } from './words.js'

/** A node's status changed from `previous` to `status`, as first stated by `source`. */
export interface StatusEvent {
  readonly type: 'status'
  readonly node: Node
  readonly status: NodeStatusWord
  readonly previous: NodeStatusWord
  /** Name of the node that stated it. */
  readonly source: string
}

/** Another member broadcast a payload. */
export interface BroadcastEvent {
  readonly type: 'broadcast'
  readonly origin: Node
  /** Counts the broadcasts of the origin. */
  readonly index: number
  /** `ip:port:index`, unique within one run of the origin. */
  readonly label: string
  /**
   * The payload: a view into the batch that it came in. `Buffer.from(bytes)` makes a copy for
   * payloads that are kept for long, so that they do not keep their batch.
   */
  readonly bytes: Buffer
}

/** Another member sent a payload to this node alone. */
export interface MessageEvent {
  readonly type: 'message'
  readonly sender: Node
  /** The payload, as in {@link BroadcastEvent.bytes}. */
  readonly bytes: Buffer
}

/** A leader was elected, renewed its tenure elsewhere, or was lost (`leader` is null). */
export interface LeaderEvent {
  readonly type: 'leader'
  readonly leader: Node | null
  /** Fencing token: strictly rising from tenure to tenure. */
  readonly term: number
  /** The datacenter that it leads, or null for the whole cluster. */
  readonly scope: number | null
}

/** The cluster became valid or stopped being so. */
export interface ValidityEvent extends Validity {
  readonly type: 'validity'
}

/** A node's tags, address or datacenter changed. */
export interface NodeEvent {
  readonly type: 'node'
  readonly node: Node
}

/** Two living nodes use one name. */
export interface ConflictEvent {
  readonly type: 'conflict'
  readonly node: Node
  /** Where the other one is. */
  readonly otherAddress: string
}

/** A link works in one direction only. */
export interface LinkEvent {
  readonly type: 'link'
  readonly node: Node
  /** Which way still works, seen from this node. */
  readonly direction: LinkDirectionWord
}

/** Members that were dead came back together: a partition healed. */
export interface MergedEvent {
  readonly type: 'merged'
  /** How many. */
  readonly members: number
}

/** A whole datacenter was lost or came back. */
export interface DatacenterEvent {
  readonly type: 'datacenter'
  readonly number: number
  readonly lost: boolean
}

/** This subscription was too slow and lost its oldest events; `allNodes()` tells the present. */
export interface LaggedEvent {
  readonly type: 'lagged'
  /** How many. */
  readonly missed: number
}

/** The cluster was closed; nothing follows. */
export interface ClosedEvent {
  readonly type: 'closed'
  /** Why, when nobody asked for it; else null. */
  readonly error: string | null
}

/** Everything that a cluster tells, by its `type`. Skip types that you do not know. */
export type ClusterEvent =
  | StatusEvent
  | BroadcastEvent
  | MessageEvent
  | LeaderEvent
  | ValidityEvent
  | NodeEvent
  | ConflictEvent
  | LinkEvent
  | MergedEvent
  | DatacenterEvent
  | LaggedEvent
  | ClosedEvent

/** The event of a type. */
export type EventOf<Type extends EventKindWord> = Extract<ClusterEvent, { type: Type }>

/** What a subscription is opened with. */
export interface EventOptions<Type extends EventKindWord = EventKindWord> {
  /** The kinds wanted, all by default; `lagged` and `closed` always come. */
  kinds?: Iterable<Type>
  /** Events that may wait for a slow reader, 1 to 1 048 576; `eventCapacity` by default. */
  capacity?: number
  /** Begin with the present members (as `status` from `unknown`), without a gap to what follows. */
  initial?: boolean
  /** Ends the subscription; a reader that waits is rejected with the signal's reason. */
  signal?: AbortSignal | undefined
}

/**
 * A subscription: read it with `for await`. Leaving the loop ends it.
 *
 * A reader that waits keeps the process alive. While events never cease, the event loop turns at
 * least every few milliseconds.
 */
export interface EventStream<Type extends EventKindWord = EventKindWord> {
  next(): Promise<IteratorResult<EventOf<Type | 'lagged' | 'closed'>, undefined>>
  /** Ends the subscription; readers that wait are told that it is done. */
  return(value?: undefined): Promise<IteratorResult<EventOf<Type | 'lagged' | 'closed'>, undefined>>
  /** Ends the subscription and rejects with `error`. */
  throw(error?: unknown): Promise<IteratorResult<EventOf<Type | 'lagged' | 'closed'>, undefined>>
  [Symbol.asyncIterator](): this
  [Symbol.asyncDispose](): Promise<void>
}

/** What a callback was installed as. */
export interface CallbackHandle {
  /** Removes the callback: it is not called any more. May be called twice, and from inside it. */
  remove(): void
  [Symbol.dispose](): void
}
