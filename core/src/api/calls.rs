//! The calls that every language offers: names and shapes, for the manifest and its parity tests.

/// One call of the surface.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// Name; `PascalCase` in Go, `camelCase` in Node.
    pub name: &'static str,
    /// Name and shape of each argument, in order.
    pub arguments: &'static [(&'static str, &'static str)],
    /// Shape of the result.
    pub returns: &'static str,
    /// Whether it waits: a `Pending` in Rust, a coroutine or promise elsewhere.
    pub waits: bool,
    /// Whether the engine behind it stands. Where not, it answers `not_available`, or as a cluster
    /// without a leader and without validity does.
    pub available: bool,
    /// Whether every language has it in this version.
    pub callable: bool,
    /// What it does.
    pub doc: &'static str,
}

macro_rules! calls {
    ($($name:ident($($argument:ident: $shape:literal),*) -> $returns:literal, $how:ident, $state:ident, $doc:literal;)*) => {
        &[$(Call {
            name: stringify!($name),
            arguments: &[$((stringify!($argument), $shape)),*],
            returns: $returns,
            waits: calls!(@waits $how),
            available: calls!(@available $state),
            callable: calls!(@callable $state),
            doc: $doc,
        },)*]
    };
    (@waits waits) => { true };
    (@waits now) => { false };
    (@available stands) => { true };
    (@available later) => { false };
    (@available absent) => { false };
    (@callable stands) => { true };
    (@callable later) => { true };
    (@callable absent) => { false };
}

/// The calls of a cluster. Beside them there is `set_<key>` for each key that can be changed while
/// the cluster runs.
pub const CLUSTER_CALLS: &[Call] = calls! {
    start(config: "Config") -> "Cluster", waits, stands,
        "Binds, begins probing, joins in the background.";
    ready(min_members: "u32", valid: "bool", timeout: "duration") -> "nothing", waits, stands,
        "Waits until the view has so many healthy members, and with `valid` until it is valid too.";
    leave(timeout: "duration") -> "nothing", waits, stands,
        "Tells the peers that this node leaves.";
    close() -> "nothing", waits, stands,
        "Releases everything in under a second.";
    is_closed() -> "bool", now, stands,
        "Whether the cluster was closed or closed itself.";
    local_node() -> "Node", now, stands,
        "This node.";
    all_nodes() -> "list of Node", now, stands,
        "Every node in the table, in the order of their names.";
    healthy_nodes() -> "list of Node", now, stands,
        "The nodes that are ALIVE or SUSPECTED, the local one included.";
    node(name: "text") -> "Node or none", now, stands,
        "The node of this name or address.";
    add_node(address: "text") -> "Node", now, stands,
        "Adds a node: UNKNOWN until it answers.";
    remove_node(node: "node argument") -> "Node", now, stands,
        "Forgets a node, here alone, and returns it.";
    ping_node(node: "node argument") -> "f64", waits, stands,
        "Round trip in milliseconds.";
    update_node_status(node: "node argument", status: "NodeStatus", rank: "NodeRank or none", datacenter: "u8 or none") -> "nothing", now, stands,
        "States a peer's status: an accusation that it may refute, or a probe.";
    touch_node(node: "node argument") -> "nothing", now, stands,
        "Sets a node's local timestamp to now.";
    broadcast(bytes: "bytes or text") -> "text", now, stands,
        "Sends a payload to every other healthy member; returns its label.";
    broadcast_with_receipt(bytes: "bytes or text", timeout: "duration") -> "Receipt", waits, stands,
        "As broadcast, and tells which members confirmed it and which did not.";
    leader() -> "Node or none", now, stands,
        "The leader as this node knows it.";
    is_leader() -> "bool", now, stands,
        "Whether this node leads at this instant.";
    lease() -> "Lease or none", now, stands,
        "The own lease.";
    resign() -> "nothing", waits, stands,
        "Gives the lease up.";
    transfer_leadership(node: "node argument") -> "nothing", waits, stands,
        "Hands the lead to another node.";
    validity() -> "Validity", now, stands,
        "Whether this side of a partition may act, and what is missing.";
    is_valid() -> "bool", now, stands,
        "True in VALID only.";
    events(kinds: "set of EventKind", capacity: "u32 or none", initial: "bool") -> "Events", now, stands,
        "An independent subscription that begins at the call.";
    on_event(kinds: "set of EventKind", callback: "function of Event") -> "CallbackHandle", now, stands,
        "Calls back for each event of these kinds.";
    on_status(callback: "function of Node and NodeStatus") -> "CallbackHandle", now, stands,
        "Calls back at each change of a status.";
    on_broadcast(callback: "function of Node and bytes") -> "CallbackHandle", now, stands,
        "Calls back for each broadcast.";
    stats() -> "Stats", now, stands,
        "Counters and gauges.";
    set_tags(tags: "map of text to text") -> "nothing", now, stands,
        "Replaces the tags of this node; all members see them.";
    send(node: "node argument", bytes: "bytes or text") -> "nothing", waits, stands,
        "Sends a payload of at most 64 KiB to one node, which gets it at most once.";
    why(node: "node argument") -> "Why", now, stands,
        "Why a node is suspected or dead.";
    owner(key: "bytes or text", tags: "map of text to text") -> "Node or none", now, stands,
        "The healthy member that owns a key, by rendezvous hashing.";
    owners(key: "bytes or text", count: "u32", tags: "map of text to text") -> "list of Node", now, stands,
        "The best owners of a key, best first.";
    get(key: "text") -> "text", now, stands,
        "The text of a configuration value as it is now.";
    set(key: "text", value: "text") -> "nothing", now, stands,
        "Changes a configuration value that can be changed at run time.";
    keyring() -> "Keyring", now, stands,
        "The keys that seal this cluster's traffic.";
    leadership() -> "idiom of the language", now, stands,
        "Entered when elected, ended when lost.";
};

/// The calls of a cluster's keyring. In C they are `seafoam_cluster_keyring_<name>`; `use` is `use_key`
/// where the language keeps the word for itself.
pub const KEYRING_CALLS: &[Call] = calls! {
    list() -> "list of KeyInfo", now, stands,
        "The keys of this node, that which seals first.";
    install(key: "text") -> "text", now, stands,
        "Adds a key that opens but does not seal yet; returns its id.";
    use_key(key_id: "text") -> "nothing", now, stands,
        "Seals with an installed key from now on, here alone.";
    retire(key_id: "text") -> "nothing", now, stands,
        "Takes an installed key away, here alone.";
    reload() -> "list of KeyInfo", now, stands,
        "Reads keys_file again and takes its keys in place of the present ones.";
    report(timeout: "duration") -> "list of MemberKeys", waits, stands,
        "Asks every member which keys it has.";
    rotate(key_id: "text", timeout: "duration") -> "list of MemberKeys", waits, stands,
        "Seals with an installed key in the whole cluster, once every ALIVE member has it.";
};

/// The functions beside a cluster: they belong to the process.
pub const PROCESS_CALLS: &[Call] = calls! {
    version() -> "text", now, stands,
        "Version of the library.";
    generate_key() -> "text", now, stands,
        "A new key for `keys` or a `keys_file`: 32 random bytes in base64.";
    local_ip() -> "text or none", now, stands,
        "This machine's address: global before private before link-local, IPv6 before IPv4.";
    now_millis() -> "u64", now, stands,
        "The wall clock in milliseconds since the epoch.";
    log(level: "LogLevel", text: "text") -> "nothing", now, stands,
        "Logs a line among those of seafoam.";
    log_level() -> "LogLevel", now, stands,
        "The threshold of the log.";
    set_log_level(level: "LogLevel") -> "nothing", now, stands,
        "Sets the threshold of the log, process-wide.";
    set_logger(logger: "function of LogLevel and text, or none") -> "nothing", now, stands,
        "Sets what takes the log lines; none restores standard error.";
};
