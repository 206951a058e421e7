/// <reference types="node" />
/// <reference lib="esnext.disposable" />

// Events and the ways to read them.

import type { Node, Validity } from './snapshots.js'
import type { EventKindWord, LinkDirectionWord, NodeStatusWord } from './words.js'

/** A node's status changed from `previous` to `status`, as first stated by `source`. */
export interface StatusEvent {
  /** Tells it from the other events. */
  readonly type: 'status'
  /** The node, as it is after the change. */
  readonly node: Node
  /** What it is now. */
  readonly status: NodeStatusWord
  /** What it was; `unknown` where it was not known before. */
  readonly previous: NodeStatusWord
  /** Name of the node that stated it. */
  readonly source: string
}

/** Another member broadcast a payload. */
export interface BroadcastEvent {
  /** Tells it from the other events. */
  readonly type: 'broadcast'
  /** The member that it began at, never this one. */
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
  /** Tells it from the other events. */
  readonly type: 'message'
  /** The member that sent it. */
  readonly sender: Node
  /** The payload, as in {@link BroadcastEvent.bytes}. */
  readonly bytes: Buffer
}

/** A leader was elected, renewed its tenure elsewhere, or was lost (`leader` is null). */
export interface LeaderEvent {
  /** Tells it from the other events. */
  readonly type: 'leader'
  /** The leader, or null where there is none. */
  readonly leader: Node | null
  /** Fencing token: strictly rising from tenure to tenure. */
  readonly term: number
  /** The datacenter that it leads, or null for the whole cluster. */
  readonly scope: number | null
}

/** The cluster became valid or stopped being so. */
export interface ValidityEvent extends Validity {
  /** Tells it from the other events. */
  readonly type: 'validity'
}

/** A node's tags, address or datacenter changed. */
export interface NodeEvent {
  /** Tells it from the other events. */
  readonly type: 'node'
  /** The node, as it is after the change. */
  readonly node: Node
}

/** Two living nodes use one name. */
export interface ConflictEvent {
  /** Tells it from the other events. */
  readonly type: 'conflict'
  /** The node of that name as this process knows it. */
  readonly node: Node
  /** Where the other one is. */
  readonly otherAddress: string
}

/** A link works in one direction only. */
export interface LinkEvent {
  /** Tells it from the other events. */
  readonly type: 'link'
  /** The node at the other end. */
  readonly node: Node
  /** Which way still works, seen from this node. */
  readonly direction: LinkDirectionWord
}

/** Members that were dead came back together: a partition healed. */
export interface MergedEvent {
  /** Tells it from the other events. */
  readonly type: 'merged'
  /** How many. */
  readonly members: number
}

/** A whole datacenter was lost or came back. */
export interface DatacenterEvent {
  /** Tells it from the other events. */
  readonly type: 'datacenter'
  /** Which one, 0 to 254. */
  readonly number: number
  /** True where it was lost, false where it came back. */
  readonly lost: boolean
}

/** This subscription was too slow and lost its oldest events; `allNodes()` tells the present. */
export interface LaggedEvent {
  /** Tells it from the other events. */
  readonly type: 'lagged'
  /** How many. */
  readonly missed: number
}

/** The cluster was closed; nothing follows. */
export interface ClosedEvent {
  /** Tells it from the other events. */
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
  /**
   * The next event, waiting for it; `done` after `closed` was read, and once the subscription has ended.
   * Rejects once, with its reason, where the signal was aborted. Several calls may wait at a time.
   */
  next(): Promise<IteratorResult<EventOf<Type | 'lagged' | 'closed'>, undefined>>
  /** Ends the subscription; readers that wait are told that it is done. */
  return(value?: undefined): Promise<IteratorResult<EventOf<Type | 'lagged' | 'closed'>, undefined>>
  /** Ends the subscription and rejects with `error`. */
  throw(error?: unknown): Promise<IteratorResult<EventOf<Type | 'lagged' | 'closed'>, undefined>>
  /** The stream itself: for `for await`. */
  [Symbol.asyncIterator](): this
  /** Ends the subscription: for `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}

/** What a callback was installed as. */
export interface CallbackHandle {
  /** Removes the callback: it is not called any more. May be called twice, and from inside it. */
  remove(): void
  /** As `remove`: for `using`. */
  [Symbol.dispose](): void
}
