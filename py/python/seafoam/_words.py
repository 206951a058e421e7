"""The numbered words of seafoam.

Made by py/tools/generate.py from the tables of the engine: do not edit.
"""

from enum import IntEnum


class Word(IntEnum):
    """A numbered word: compares as its number, prints as the word."""

    def __str__(self) -> str:
        """Return the lower-case word that every language prints."""
        return self.name.lower()

    def __format__(self, spec: str, /) -> str:
        """Format the word."""
        return format(str(self), spec)


class NodeStatus(Word):
    """What this process believes about a node."""

    UNKNOWN = 0
    """Named by the user but not heard of yet."""
    ALIVE = 1
    """Answers, or is vouched for by others."""
    SUSPECTED = 2
    """Does not answer; it still counts as healthy and may refute."""
    DEAD = 3
    """Did not answer or refute in time."""
    LEFT = 5
    """Said itself that it leaves."""


class NodeRank(Word):
    """The role of a node."""

    NORMAL = 0
    """No role beside membership."""
    LEADER = 1
    """Holds the lease to lead its scope."""
    LIGHTHOUSE = 2
    """Must be included for the cluster to count as valid; votes on the leader."""


class EventKind(Word):
    """What an event is about."""

    STATUS = 1
    """A node's status changed."""
    BROADCAST = 2
    """Another member broadcast a payload."""
    MESSAGE = 3
    """Another member sent a payload to this node alone."""
    LEADER = 4
    """A leader was elected, renewed its tenure elsewhere, or was lost."""
    VALIDITY = 5
    """The cluster became valid or stopped being so."""
    NODE = 6
    """A node's tags, address or datacenter changed."""
    CONFLICT = 7
    """Two living nodes use one name."""
    LINK = 8
    """A link works in one direction only, or in both again."""
    MERGED = 9
    """Members that were dead came back together."""
    DATACENTER = 10
    """A whole datacenter was lost or came back."""
    LAGGED = 11
    """This subscription was too slow and lost its oldest events."""
    CLOSED = 12
    """The cluster was closed; nothing follows."""


class LinkDirection(Word):
    """Which way a link works, seen from this node."""

    INBOUND = 1
    """The node is heard here, but does not hear this node."""
    OUTBOUND = 2
    """The node hears this node, but is not heard here."""
    BOTH = 3
    """The link works both ways again."""


class ErrorCode(Word):
    """What kind of failure a SeafoamError is."""

    INVALID_CONFIG = 1
    """A configuration key is unknown, or its value is outside what it accepts."""
    ADDRESS_IN_USE = 2
    """Another socket holds the address and port to listen on."""
    INVALID_ADDRESS = 3
    """A text is not an address, or the address cannot be used here."""
    RESOLVE_FAILED = 4
    """A host name has no address at the moment."""
    UNKNOWN_NODE = 5
    """No node of that name or address is in the table."""
    PAYLOAD_TOO_LARGE = 6
    """The payload is longer than the limit; nothing was sent."""
    NOT_LEADER = 7
    """The call needs this node to be the leader, and it is not."""
    NOT_VALID = 8
    """The call needs a valid cluster, and it is not."""
    NOT_AVAILABLE = 9
    """This build of the engine does not offer that yet; nothing was changed."""
    TIMEOUT = 10
    """The deadline passed before the condition was met."""
    BUSY = 11
    """A bounded queue is full; try again later."""
    CONFLICT = 12
    """Another living node uses this node's name."""
    CLOSED = 13
    """The cluster handle was closed before the call."""
    FORKED = 14
    """The handle belongs to the parent process; start a new cluster in the child."""
    KEY_REQUIRED = 15
    """Listening beyond loopback needs a key, or `insecure`."""
    BAD_KEY = 16
    """A key has the wrong length or encoding, or its id is taken."""
    INTERNAL = 17
    """A defect in seafoam; the cluster was closed and the host is unharmed."""


class LogLevel(Word):
    """How grave a log line is; as a threshold: this level and everything graver."""

    ALL = 0
    """As a threshold: everything."""
    TRACE = 1
    """Each datagram."""
    DEBUG = 2
    """Each decision."""
    INFO = 3
    """What an operator wants to know."""
    WARN = 4
    """Something is wrong and is worked around."""
    ERROR = 5
    """Something failed."""
    FATAL = 6
    """The cluster cannot go on."""
    OFF = 7
    """As a threshold: nothing."""


class ValidityState(Word):
    """Whether this side of a partition may act."""

    FALLBACK = 0
    """Plain membership: no lighthouse is configured or learned, or `fallback` is set."""
    FORMING = 1
    """Not enough lighthouses were seen yet."""
    VALID = 2
    """Enough lighthouses are included."""
    INVALID = 3
    """Too few lighthouses are included."""


class ValidityBasis(Word):
    """Where the list of lighthouses comes from."""

    LISTED = 0
    """The configured list, the same on every node."""
    LEARNED = 1
    """Flags of nodes that were seen; good for validity, not for elections."""


class TermQuality(Word):
    """How far the term of a lease can be trusted to rise after a loss of all state."""

    DURABLE = 0
    """The term floor is kept on disk."""
    CLOCK_FLOOR = 1
    """The term floor comes from the wall clock: weaker."""


class LeaderScope(Word):
    """How wide the rule of a leader reaches."""

    GLOBAL = 0
    """One leader for the whole cluster."""
    DATACENTER = 1
    """One leader for each datacenter."""


class Profile(Word):
    """A set of timing defaults."""

    FAST = 0
    """Detection in two seconds: servers and containers."""
    PATIENT = 1
    """Spares machines that are migrated or oversubscribed."""
    ONE_SECOND = 2
    """Bare metal that never pauses."""


class Hint(Word):
    """What the kernel of a silent node's host did with a TCP connection."""

    NONE = 0
    """No connection was tried, or its outcome is not known yet."""
    SILENT = 1
    """Nothing came back: the host is dead, or the network is cut."""
    HUNG = 2
    """It was accepted: the process is paused, or its datagrams are lost."""
    GONE = 3
    """It was refused: the process is gone."""
