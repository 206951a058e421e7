// Keys that seal the traffic.

import type { WaitOptions } from './cluster.js'

/** One installed key; the key itself is never shown. */
export interface KeyInfo {
  /** Four hexadecimal digits. */
  readonly id: string
  /** Whether it seals what this node sends. All keys open. */
  readonly seals: boolean
}

/** The keys of one member, as it told them itself. */
export interface MemberKeys {
  /** Name of the member. */
  readonly name: string
  /** Whether it answered in time; if not, its keys are not known. */
  readonly answered: boolean
  /** Ids of its keys, that of the key which seals first. */
  readonly keys: string[]
}

/** What `report` and `rotate` take. */
export interface KeyringOptions extends WaitOptions {
  /** Milliseconds that the members have to answer; 5 000 for `report`, 30 000 for `rotate`. */
  timeoutMillis?: number
}

/**
 * The keys of one node, and what the others say of theirs; made by `cluster.keyring()`.
 *
 * Keys do not travel: each is installed on every node. To change the key of a cluster: `install` the
 * new one everywhere, `rotate` on one node, `retire` the old one everywhere.
 */
export interface Keyring {
  /** The keys of this node, that which seals first; none where traffic is plain. */
  list(): KeyInfo[]
  /**
   * Adds a key (32 bytes in base64) that opens traffic but does not seal it yet; returns its id. A key
   * that is there already is no error.
   *
   * @throws {SeafoamError} `bad_key`; nothing was changed.
   */
  install(key: string): string
  /** Seals with an installed key, named by its id, from now on: on this node alone. */
  use(keyId: string): void
  /** Takes an installed key, named by its id, away: on this node alone. */
  retire(keyId: string): void
  /**
   * Reads `keysFile` again and takes its keys in place of the present ones; returns them.
   *
   * @throws {SeafoamError} `invalid_config`, `bad_key`, `key_required`; nothing was changed.
   */
  reload(): KeyInfo[]
  /** Asks every member which keys it has; those that do not answer in time are reported as such. */
  report(options?: KeyringOptions): Promise<MemberKeys[]>
  /**
   * Seals with an installed key in the whole cluster, once every ALIVE member has it; resolves with
   * what they answer.
   *
   * @throws {SeafoamError} `timeout` naming who lacks the key: until then nothing is changed.
   */
  rotate(keyId: string, options?: KeyringOptions): Promise<MemberKeys[]>
}
