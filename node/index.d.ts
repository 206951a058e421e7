/// <reference types="node" />
/// <reference lib="esnext.disposable" />

// The types are hand-kept; test/parity.test.mjs holds them against include/seafoam-api.json.

import type { ErrorCodeWord, LogLevelWord } from './types/words.js'

export * from './types/cluster.js'
export * from './types/config.js'
export * from './types/events.js'
export * from './types/keyring.js'
export * from './types/leadership.js'
export * from './types/snapshots.js'
export * from './types/stats.js'
export * from './types/words.js'

/** Version of the package and of the engine in it. */
export declare const version: string
/** `pingMillis` of a node that was not pinged yet. */
export declare const PING_NO_DATA: -1
/** `pingMillis` of a node whose last ping timed out. */
export declare const PING_TIMED_OUT: -2
/** `datacenter` of a node that was not assigned to one. */
export declare const DATACENTER_NONE: 255

/**
 * A failed call. The message says what happened, to what, and what is accepted instead; unless a
 * call documents otherwise, nothing has changed when it fails.
 */
export declare class SeafoamError extends Error {
  /** An error of your own with one of these codes, for tests. */
  constructor(code: ErrorCodeWord, message: string, options?: ErrorOptions)
  /** The class's own name, as in its stack trace. */
  readonly name: 'SeafoamError'
  /** What kind of failure it is: the same codes in every language. */
  readonly code: ErrorCodeWord
}

/** This machine's address, or null where there is none but loopback. */
export declare function localIp(): string | null
/**
 * A new key for `keys` or a `keysFile`: 32 random bytes in base64.
 *
 * @throws {SeafoamError} `internal` where the system gives no random bytes.
 */
export declare function generateKey(): string
/** The wall clock in milliseconds since the epoch. */
export declare function nowMillis(): number
/** Logs a line among those of seafoam. */
export declare function log(level: LogLevelWord | number, text: string): void
/** The threshold of the log. */
export declare function logLevel(): LogLevelWord
/** Sets the threshold of the log, process-wide: lines below it are not made at all. */
export declare function setLogLevel(level: LogLevelWord | number): void
/**
 * Sets what takes the log's lines, called on this thread; process-wide: the thread that sets it last
 * has them. Null restores the default, standard error. Lines beyond 1 024 that wait are lost.
 */
export declare function setLogger(logger: ((level: LogLevelWord, text: string) => void) | null): void
