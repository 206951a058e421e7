// The vocabularies: words as JavaScript uses them, and their numbers.

/** A word of `NodeStatus`. */
export type NodeStatusWord = 'unknown' | 'alive' | 'suspected' | 'dead' | 'left'
/** A word of `NodeRank`. */
export type NodeRankWord = 'normal' | 'leader' | 'lighthouse'
/** A word of `EventKind`. */
export type EventKindWord =
  | 'status'
  | 'broadcast'
  | 'message'
  | 'leader'
  | 'validity'
  | 'node'
  | 'conflict'
  | 'link'
  | 'merged'
  | 'datacenter'
  | 'lagged'
  | 'closed'
/** A word of `ErrorCode`. */
export type ErrorCodeWord =
  | 'invalid_config'
  | 'address_in_use'
  | 'invalid_address'
  | 'resolve_failed'
  | 'unknown_node'
  | 'payload_too_large'
  | 'not_leader'
  | 'not_valid'
  | 'not_available'
  | 'timeout'
  | 'busy'
  | 'conflict'
  | 'closed'
  | 'forked'
  | 'key_required'
  | 'bad_key'
  | 'internal'
/** A word of `LogLevel`. */
export type LogLevelWord = 'all' | 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'off'
/** A word of `ValidityState`. */
export type ValidityStateWord = 'fallback' | 'forming' | 'valid' | 'invalid'
/** A word of `ValidityBasis`. */
export type ValidityBasisWord = 'listed' | 'learned'
/** A word of `TermQuality`. */
export type TermQualityWord = 'durable' | 'clock_floor'
/** A word of `LinkDirection`. */
export type LinkDirectionWord = 'inbound' | 'outbound' | 'both'
/** A word of `Profile`. */
export type ProfileWord = 'fast' | 'patient' | 'one_second'
/** A word of `LeaderScope`. */
export type LeaderScopeWord = 'global' | 'datacenter'
/** A word of `Hint`. */
export type HintWord = 'none' | 'silent' | 'hung' | 'gone'

/** Numbers of NodeStatus, as in C and on the wire; JavaScript uses the words. */
export declare const NodeStatus: {
  /** Named by the user but not heard of yet. */
  readonly UNKNOWN: 0
  /** Answers, or is vouched for by others. */
  readonly ALIVE: 1
  /** Does not answer; it still counts as healthy and may refute. */
  readonly SUSPECTED: 2
  /** Did not answer or refute in time. */
  readonly DEAD: 3
  /** Said itself that it leaves. */
  readonly LEFT: 5
}

/** Numbers of NodeRank, as in C and on the wire; JavaScript uses the words. */
export declare const NodeRank: {
  /** No role beside membership. */
  readonly NORMAL: 0
  /** Holds the lease to lead its scope. */
  readonly LEADER: 1
  /** Must be included for the cluster to count as valid; votes on the leader. */
  readonly LIGHTHOUSE: 2
}

/** Numbers of EventKind, as in C and on the wire; JavaScript uses the words. */
export declare const EventKind: {
  /** A node's status changed. */
  readonly STATUS: 1
  /** Another member broadcast a payload. */
  readonly BROADCAST: 2
  /** Another member sent a payload to this node alone. */
  readonly MESSAGE: 3
  /** A leader was elected, renewed its tenure elsewhere, or was lost. */
  readonly LEADER: 4
  /** The cluster became valid or stopped being so. */
  readonly VALIDITY: 5
  /** A node's tags, address or datacenter changed. */
  readonly NODE: 6
  /** Two living nodes use one name. */
  readonly CONFLICT: 7
  /** A link works in one direction only. */
  readonly LINK: 8
  /** Members that were dead came back together. */
  readonly MERGED: 9
  /** A whole datacenter was lost or came back. */
  readonly DATACENTER: 10
  /** This subscription was too slow and lost its oldest events. */
  readonly LAGGED: 11
  /** The cluster was closed; nothing follows. */
  readonly CLOSED: 12
}

/** Numbers of ErrorCode, as in C and on the wire; JavaScript uses the words. */
export declare const ErrorCode: {
  /** A configuration key is unknown, or its value is outside what it accepts. */
  readonly INVALID_CONFIG: 1
  /** Another socket holds the address and port to listen on. */
  readonly ADDRESS_IN_USE: 2
  /** A text is not an address, or the address cannot be used here. */
  readonly INVALID_ADDRESS: 3
  /** A host name has no address at the moment. */
  readonly RESOLVE_FAILED: 4
  /** No node of that name or address is in the table. */
  readonly UNKNOWN_NODE: 5
  /** The payload is longer than the limit; nothing was sent. */
  readonly PAYLOAD_TOO_LARGE: 6
  /** The call needs this node to be the leader, and it is not. */
  readonly NOT_LEADER: 7
  /** The call needs a valid cluster, and it is not. */
  readonly NOT_VALID: 8
  /** This build of the engine does not offer that yet; nothing was changed. */
  readonly NOT_AVAILABLE: 9
  /** The deadline passed before the condition was met. */
  readonly TIMEOUT: 10
  /** A bounded queue is full; try again later. */
  readonly BUSY: 11
  /** Another living node uses this node's name. */
  readonly CONFLICT: 12
  /** The cluster handle was closed before the call. */
  readonly CLOSED: 13
  /** The handle belongs to the parent process; start a new cluster in the child. */
  readonly FORKED: 14
  /** Listening beyond loopback needs a key, or `insecure`. */
  readonly KEY_REQUIRED: 15
  /** A key has the wrong length or encoding, or its id is taken. */
  readonly BAD_KEY: 16
  /** A defect in seafoam; the cluster was closed and the host is unharmed. */
  readonly INTERNAL: 17
}

/** Numbers of LogLevel, as in C and on the wire; JavaScript uses the words. */
export declare const LogLevel: {
  /** As a threshold: everything. */
  readonly ALL: 0
  /** Each datagram. */
  readonly TRACE: 1
  /** Each decision. */
  readonly DEBUG: 2
  /** What an operator wants to know. */
  readonly INFO: 3
  /** Something is wrong and is worked around. */
  readonly WARN: 4
  /** Something failed. */
  readonly ERROR: 5
  /** The cluster cannot go on. */
  readonly FATAL: 6
  /** As a threshold: nothing. */
  readonly OFF: 7
}

/** Numbers of ValidityState, as in C and on the wire; JavaScript uses the words. */
export declare const ValidityState: {
  /** Plain membership: no lighthouse is configured or learned, or `fallback` is set. */
  readonly FALLBACK: 0
  /** Not enough lighthouses were seen yet. */
  readonly FORMING: 1
  /** Enough lighthouses are included. */
  readonly VALID: 2
  /** Too few lighthouses are included. */
  readonly INVALID: 3
}

/** Numbers of ValidityBasis, as in C and on the wire; JavaScript uses the words. */
export declare const ValidityBasis: {
  /** The configured list, the same on every node. */
  readonly LISTED: 0
  /** Flags of nodes that were seen; good for validity, not for elections. */
  readonly LEARNED: 1
}

/** Numbers of TermQuality, as in C and on the wire; JavaScript uses the words. */
export declare const TermQuality: {
  /** The term floor is kept on disk. */
  readonly DURABLE: 0
  /** The term floor comes from the wall clock: weaker. */
  readonly CLOCK_FLOOR: 1
}

/** Numbers of LinkDirection, as in C and on the wire; JavaScript uses the words. */
export declare const LinkDirection: {
  /** The node is heard here, but does not hear this node. */
  readonly INBOUND: 1
  /** The node hears this node, but is not heard here. */
  readonly OUTBOUND: 2
  /** The link works both ways again. */
  readonly BOTH: 3
}

/** Numbers of Profile, as in C and on the wire; JavaScript uses the words. */
export declare const Profile: {
  /** Detection in two seconds: servers and containers. */
  readonly FAST: 0
  /** Spares machines that are migrated or oversubscribed. */
  readonly PATIENT: 1
  /** Bare metal that never pauses. */
  readonly ONE_SECOND: 2
}

/** Numbers of LeaderScope, as in C and on the wire; JavaScript uses the words. */
export declare const LeaderScope: {
  /** One leader for the whole cluster. */
  readonly GLOBAL: 0
  /** One leader for each datacenter. */
  readonly DATACENTER: 1
}

/** Numbers of Hint, as in C and on the wire; JavaScript uses the words. */
export declare const Hint: {
  /** No connection was tried, or its outcome is not known yet. */
  readonly NONE: 0
  /** Nothing came back: the host is dead, or the network is cut. */
  readonly SILENT: 1
  /** It was accepted: the process is paused, or its datagrams are lost. */
  readonly HUNG: 2
  /** It was refused: the process is gone. */
  readonly GONE: 3
}
