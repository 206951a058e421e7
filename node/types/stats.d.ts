// Statistics.

/** Counters (they only rise, from the start of the cluster) and gauges of the engine. */
export interface Stats {
  /** Datagrams handed to the kernel. (counter) */
  readonly datagramsSent: number
  /** Datagrams read, those that were dropped included. (counter) */
  readonly datagramsReceived: number
  /** Bytes of datagrams sent, without IP and UDP headers. (counter) */
  readonly bytesSent: number
  /** Bytes of datagrams read, without IP and UDP headers. (counter) */
  readonly bytesReceived: number
  /** Datagrams that the kernel refused to send. (counter) */
  readonly datagramsFailed: number
  /** Packets dropped because they could not be decoded. (counter) */
  readonly droppedMalformed: number
  /** Packets dropped because of an unknown wire version. (counter) */
  readonly droppedVersion: number
  /** Packets dropped because of a message kind that this version does not know. (counter) */
  readonly droppedUnknownKind: number
  /** Packets dropped because they belong to another cluster. (counter) */
  readonly droppedForeignCluster: number
  /** Packets dropped because they are sealed with a key that is not here. (counter) */
  readonly droppedSealed: number
  /** Packets dropped because they are not sealed and this cluster is. (counter) */
  readonly droppedUnsealed: number
  /** Packets dropped because the key that they name did not seal them. (counter) */
  readonly droppedForged: number
  /** Packets dropped because they were taken before, or answer nothing that was asked. (counter) */
  readonly droppedReplayed: number
  /** Packets dropped because their short form belongs to no session that is known here. (counter) */
  readonly droppedUnknownSession: number
  /** Packets dropped because the table of sessions was full. (counter) */
  readonly droppedSessionsFull: number
  /** Packets or frames dropped because they exceed their limit. (counter) */
  readonly droppedOversized: number
  /** Requests not answered because of a rate limit. (counter) */
  readonly droppedRateLimited: number
  /** Datagrams dropped because the engine's inbound queue was full. (counter) */
  readonly droppedInbound: number
  /** Packets of unknown sessions that were answered by a challenge. (counter) */
  readonly challengesSent: number
  /** Challenges of others that were answered. (counter) */
  readonly challengesAnswered: number
  /** TCP exchanges begun by this node. (counter) */
  readonly streamsOpened: number
  /** TCP exchanges accepted. (counter) */
  readonly streamsAccepted: number
  /** TCP connections closed because all slots were taken. (counter) */
  readonly streamsRefused: number
  /** TCP exchanges that ended in an error or a timeout. (counter) */
  readonly streamsFailed: number
  /** PINGs sent by the failure detector. (counter) */
  readonly probesSent: number
  /** Probe rounds that ended without an answer. (counter) */
  readonly probesFailed: number
  /** ACKs that answered a PING in time. (counter) */
  readonly acksReceived: number
  /** ACKs that came after their timeout. (counter) */
  readonly acksLate: number
  /** Requests to others to ping a silent member. (counter) */
  readonly indirectProbesSent: number
  /** Pings sent on behalf of others. (counter) */
  readonly indirectProbesServed: number
  /** TCP connections to silent members, to see what their kernel says. (counter) */
  readonly knocksSent: number
  /** Those that were refused: the process is gone. (counter) */
  readonly knocksRefused: number
  /** Those that were accepted: the process is paused, or its datagrams are lost. (counter) */
  readonly knocksAccepted: number
  /** Helpers that said that they could not reach the target either. (counter) */
  readonly nacksReceived: number
  /** Links that may work one way only and were not looked at, because too many were. (counter) */
  readonly linksUnwatched: number
  /** Suspicions that began with this node's own probe. (counter) */
  readonly suspicionsRaised: number
  /** Suspicions learned from others. (counter) */
  readonly suspicionsLearned: number
  /** Times this node had to contradict an accusation. (counter) */
  readonly refutations: number
  /** DEAD verdicts of this node. (counter) */
  readonly deathsDeclared: number
  /** DEAD verdicts learned from others. (counter) */
  readonly deathsLearned: number
  /** Verdicts put off because this node distrusted itself. (counter) */
  readonly verdictsWithheld: number
  /** Times the engine was called more than 100 ms late. (counter) */
  readonly stalls: number
  /** Broadcasts that began here. (counter) */
  readonly broadcastsSent: number
  /** Broadcasts delivered here. (counter) */
  readonly broadcastsReceived: number
  /** Copies of broadcasts that were known already. (counter) */
  readonly broadcastsDuplicate: number
  /** Broadcasts refused or not passed on because a queue was full. (counter) */
  readonly broadcastsRefused: number
  /** Broadcasts given to members that had missed them. (counter) */
  readonly broadcastsRepaired: number
  /** Messages to one node that began here. (counter) */
  readonly messagesSent: number
  /** Messages delivered here. (counter) */
  readonly messagesReceived: number
  /** Copies of messages that were delivered already. (counter) */
  readonly messagesDuplicate: number
  /** Messages that nobody acknowledged in time. (counter) */
  readonly messagesFailed: number
  /** Messages of this node that are not acknowledged yet. (gauge) */
  readonly messagesWaiting: number
  /** Full-state exchanges begun by this node. (counter) */
  readonly syncsStarted: number
  /** Full-state exchanges begun by this node that were answered. (counter) */
  readonly syncsCompleted: number
  /** Full-state exchanges answered by this node. (counter) */
  readonly syncsServed: number
  /** Table digests received that differ from the own one. (counter) */
  readonly digestsDiffering: number
  /** Members not taken because the table or the rate of new members was full. (counter) */
  readonly membersRefused: number
  /** Claims by another living node to this node's name. (counter) */
  readonly conflicts: number
  /** Multicast announcements sent. (counter) */
  readonly multicastSent: number
  /** Multicast announcements of this cluster received. (counter) */
  readonly multicastReceived: number
  /** Multicast datagrams of other clusters or with unusable addresses. (counter) */
  readonly multicastIgnored: number
  /** Host names that could not be resolved, each try counted. (counter) */
  readonly resolveFailures: number
  /** Events that slow subscriptions lost. (counter) */
  readonly eventsLost: number
  /** Log lines that a slow logger lost; process-wide. (counter) */
  readonly logLinesLost: number
  /** Nodes in the table, the local one included. (gauge) */
  readonly members: number
  /** Nodes that are UNKNOWN. (gauge) */
  readonly membersUnknown: number
  /** Nodes that are ALIVE. (gauge) */
  readonly membersAlive: number
  /** Nodes that are SUSPECTED. (gauge) */
  readonly membersSuspected: number
  /** Nodes that are DEAD. (gauge) */
  readonly membersDead: number
  /** Nodes that LEFT. (gauge) */
  readonly membersLeft: number
  /** Removed runs that late gossip may not bring back. (gauge) */
  readonly tombstones: number
  /** Membership updates that are still passed on. (gauge) */
  readonly updateQueue: number
  /** Broadcasts that are still passed on. (gauge) */
  readonly broadcastQueue: number
  /** Links to members that work one way only. (gauge) */
  readonly linksOneWay: number
  /** Probe rounds without an answer yet. (gauge) */
  readonly probesWaiting: number
  /** Own health score: 0 is healthy, 8 the worst. (gauge) */
  readonly health: number
  /** Sealed sessions of others that are known here. (gauge) */
  readonly sessions: number
  /** Keys installed here. (gauge) */
  readonly keys: number
  /** Open subscriptions. (gauge) */
  readonly subscriptions: number
  /** Messages of the election that this node sent. (counter) */
  readonly electionSent: number
  /** Messages of the election that were not heard: of another configuration, of nobody who may say them, or too many. (counter) */
  readonly electionIgnored: number
  /** Times this lighthouse took no part in elections because it had been held up. (counter) */
  readonly quarantines: number
}
