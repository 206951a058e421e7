import type { Lease } from './snapshots.js'
import type { TermQualityWord } from './words.js'

/** What `leadership` takes. */
export interface LeadershipOptions {
  /** Ends the wait and the loop: it rejects with the signal's reason. The tenures' signals follow it. */
  signal?: AbortSignal
  /** Whether the end of a turn gives the lead up; true by default. */
  resign?: boolean
}

/** One time of this node as leader. */
export interface Tenure {
  /**
   * The fencing token: higher than that of every tenure before, of any node. Send it along with what
   * must not happen twice, and let the store refuse lower ones.
   */
  readonly term: number
  /** How far the term can be trusted. */
  readonly termQuality: TermQualityWord
  /**
   * Aborted when this tenure is over, with a SeafoamError of code `not_leader`, or with the reason of
   * the signal that `leadership` was given. Code that does not await is not interrupted: the term
   * guards the effect.
   */
  readonly signal: AbortSignal
  /** The lease as it is at this instant, or null where this tenure is over. */
  lease(): Lease | null
  /** Whether this tenure still runs: the clock is read at the call. */
  isHeld(): boolean
  /**
   * Gives this tenure up, and no later one; nothing happens where it is over. Resolves when a majority
   * of the lighthouses knows, so that another can lead at once.
   */
  resign(): Promise<void>
}
