//! Counters and gauges of the engine.

macro_rules! stats {
    ($($field:ident: $kind:ident, $doc:literal;)*) => {
        /// One snapshot of every counter and gauge.
        ///
        /// Counters only rise, from the start of the cluster; gauges are the value at the moment.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
        pub struct Stats {
            $(#[doc = $doc] pub $field: u64,)*
        }

        impl Stats {
            /// Name, kind (`counter` or `gauge`) and meaning of each row, in order.
            pub const ROWS: &'static [(&'static str, &'static str, &'static str)] =
                &[$((stringify!($field), stringify!($kind), $doc),)*];

            /// The values in the order of [`Stats::ROWS`].
            #[must_use]
            pub fn values(&self) -> Vec<u64> {
                vec![$(self.$field,)*]
            }

            /// Adds every value of `other`: joins what the engine and the runtime count apart.
            #[must_use]
            pub fn plus(&self, other: &Self) -> Self {
                Self { $($field: self.$field.saturating_add(other.$field),)* }
            }
        }
    };
}

stats! {
    datagrams_sent: counter, "Datagrams handed to the kernel.";
    datagrams_received: counter, "Datagrams read, those that were dropped included.";
    bytes_sent: counter, "Bytes of datagrams sent, without IP and UDP headers.";
    bytes_received: counter, "Bytes of datagrams read, without IP and UDP headers.";
    datagrams_failed: counter, "Datagrams that the kernel refused to send.";
    dropped_malformed: counter, "Packets dropped because they could not be decoded.";
    dropped_version: counter, "Packets dropped because of an unknown wire version.";
    dropped_unknown_kind: counter, "Packets dropped because of a message kind that this version does not know.";
    dropped_foreign_cluster: counter, "Packets dropped because they belong to another cluster.";
    dropped_sealed: counter, "Packets dropped because they are sealed with a key that is not here.";
    dropped_unsealed: counter, "Packets dropped because they are not sealed and this cluster is.";
    dropped_forged: counter, "Packets dropped because the key that they name did not seal them.";
    dropped_replayed: counter, "Packets dropped because they were taken before, or answer nothing that was asked.";
    dropped_unknown_session: counter, "Packets dropped because their short form belongs to no session that is known here.";
    dropped_sessions_full: counter, "Packets dropped because the table of sessions was full.";
    dropped_oversized: counter, "Packets or frames dropped because they exceed their limit.";
    dropped_rate_limited: counter, "Requests not answered because of a rate limit.";
    dropped_inbound: counter, "Datagrams dropped because the engine's inbound queue was full.";
    challenges_sent: counter, "Packets of unknown sessions that were answered by a challenge.";
    challenges_answered: counter, "Challenges of others that were answered.";
    streams_opened: counter, "TCP exchanges begun by this node.";
    streams_accepted: counter, "TCP exchanges accepted.";
    streams_refused: counter, "TCP connections closed because all slots were taken.";
    streams_failed: counter, "TCP exchanges that ended in an error or a timeout.";
    probes_sent: counter, "PINGs sent by the failure detector.";
    probes_failed: counter, "Probe rounds that ended without an answer.";
    acks_received: counter, "ACKs that answered a PING in time.";
    acks_late: counter, "ACKs that came after their timeout.";
    indirect_probes_sent: counter, "Requests to others to ping a silent member.";
    indirect_probes_served: counter, "Pings sent on behalf of others.";
    knocks_sent: counter, "TCP connections to silent members, to see what their kernel says.";
    knocks_refused: counter, "Those that were refused: the process is gone.";
    knocks_accepted: counter, "Those that were accepted: the process is paused, or its datagrams are lost.";
    nacks_received: counter, "Helpers that said that they could not reach the target either.";
    links_unwatched: counter, "Links that may work one way only and were not looked at, because too many were.";
    suspicions_raised: counter, "Suspicions that began with this node's own probe.";
    suspicions_learned: counter, "Suspicions learned from others.";
    refutations: counter, "Times this node had to contradict an accusation.";
    deaths_declared: counter, "DEAD verdicts of this node.";
    deaths_learned: counter, "DEAD verdicts learned from others.";
    verdicts_withheld: counter, "Verdicts put off because this node distrusted itself.";
    stalls: counter, "Times the engine was called more than 100 ms late.";
    broadcasts_sent: counter, "Broadcasts that began here.";
    broadcasts_received: counter, "Broadcasts delivered here.";
    broadcasts_duplicate: counter, "Copies of broadcasts that were known already.";
    broadcasts_refused: counter, "Broadcasts refused or not passed on because a queue was full.";
    broadcasts_repaired: counter, "Broadcasts given to members that had missed them.";
    messages_sent: counter, "Messages to one node that began here.";
    messages_received: counter, "Messages delivered here.";
    messages_duplicate: counter, "Copies of messages that were delivered already.";
    messages_failed: counter, "Messages that nobody acknowledged in time.";
    messages_waiting: gauge, "Messages of this node that are not acknowledged yet.";
    syncs_started: counter, "Full-state exchanges begun by this node.";
    syncs_completed: counter, "Full-state exchanges begun by this node that were answered.";
    syncs_served: counter, "Full-state exchanges answered by this node.";
    digests_differing: counter, "Table digests received that differ from the own one.";
    members_refused: counter, "Members not taken because the table or the rate of new members was full.";
    conflicts: counter, "Claims by another living node to this node's name.";
    multicast_sent: counter, "Multicast announcements sent.";
    multicast_received: counter, "Multicast announcements of this cluster received.";
    multicast_ignored: counter, "Multicast datagrams of other clusters or with unusable addresses.";
    resolve_failures: counter, "Host names that could not be resolved, each try counted.";
    events_lost: counter, "Events that slow subscriptions lost.";
    log_lines_lost: counter, "Log lines that a slow logger lost; process-wide.";
    members: gauge, "Nodes in the table, the local one included.";
    members_unknown: gauge, "Nodes that are UNKNOWN.";
    members_alive: gauge, "Nodes that are ALIVE.";
    members_suspected: gauge, "Nodes that are SUSPECTED.";
    members_dead: gauge, "Nodes that are DEAD.";
    members_left: gauge, "Nodes that LEFT.";
    tombstones: gauge, "Removed runs that late gossip may not bring back.";
    update_queue: gauge, "Membership updates that are still passed on.";
    broadcast_queue: gauge, "Broadcasts that are still passed on.";
    links_one_way: gauge, "Links to members that work one way only.";
    probes_waiting: gauge, "Probe rounds without an answer yet.";
    health: gauge, "Own health score: 0 is healthy, 8 the worst.";
    sessions: gauge, "Sealed sessions of others that are known here.";
    keys: gauge, "Keys installed here.";
    subscriptions: gauge, "Open subscriptions.";
    election_sent: counter, "Messages of the election that this node sent.";
    election_ignored: counter, "Messages of the election that were not heard: of another configuration, of nobody who may say them, or too many.";
    quarantines: counter, "Times this lighthouse took no part in elections because it had been held up.";
}
