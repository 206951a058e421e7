"""Clusters in virtual time, for the tests of programs.

The nodes run the very engine that real ones run, in this thread, without sockets and without
waiting: a test advances the clock, cuts the network, kills nodes, and reads what each of them saw.

    with sim.Cluster(nodes=5, seed=1, lighthouses=3) as cluster:
        first = cluster.run_until(cluster.leader)
        cluster.crash(first)
        second = cluster.run_until(cluster.leader, timeout=5)
        assert second != first

Everything follows from the arguments, the seed and the calls: the same test sees the same events at
the same moments on every machine. Times are seconds from the beginning. A node is named by its
name, by the `Member` that stands for it, or by a `Node` that another one saw.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from seafoam import _native
from seafoam._native import Lease, Node, SimTicket, Validity, Why
from seafoam._words import EventKind, NodeStatus

if TYPE_CHECKING:
    from typing_extensions import Self

    from seafoam import Event
    from seafoam._options import Options

__all__ = ["Cluster", "Member", "Pending", "Seen"]

T = TypeVar("T")
Payload = bytes | bytearray | memoryview | str
Kinds = Iterable[EventKind | int | str] | EventKind | int | str


class Seen(NamedTuple):
    """One event of a timeline."""

    seconds: float
    """When, from the beginning on."""
    node: str
    """Name of the node that saw it."""
    event: Event
    """What."""


class Pending:
    """A call of a node that takes virtual time: advance the clock, then look."""

    __slots__ = ("_native", "_ticket")

    def __init__(self, native: _native.SimCluster, ticket: SimTicket) -> None:
        """Made by the calls of a `Member`."""
        self._native = native
        self._ticket = ticket

    def done(self) -> bool:
        """Return whether it is done; false while it goes on.

        Raises what became of it where it failed: `timeout`, or `closed` where the node ended.
        """
        return self._native.outcome(self._ticket)


class Member:
    """One node of a simulated cluster: the calls of `seafoam.Cluster`, none of which waits.

    Of a node that does not run every call but the reads of its past raises `closed`.
    """

    __slots__ = ("_name", "_native")

    def __init__(self, native: _native.SimCluster, name: str) -> None:
        """Made by the cluster: `cluster["n1"]`."""
        self._native = native
        self._name = name

    @property
    def name(self) -> str:
        """Its name in the cluster."""
        return self._name

    def __repr__(self) -> str:
        """Return the name and whether it runs."""
        return f"<seafoam.sim.Member {self.name}{'' if self.is_running() else ', not running'}>"

    def __eq__(self, other: object) -> bool:
        """Compare: the same node of the same cluster."""
        if not isinstance(other, Member):
            return NotImplemented
        return self._native is other._native and self.name == other.name

    def __hash__(self) -> int:
        """Hash the name."""
        return hash(self.name)

    def is_running(self) -> bool:
        """Return whether its process runs: it was not killed and has not left."""
        return self._native.is_running(self.name)

    def events(self, kinds: Kinds | None = None, *, since: float = 0.0) -> list[Event]:
        """Return the events that it saw from a moment on, oldest first, its earlier processes too.

        They stay: reading twice gives them twice. Of all nodes together the last 65536 are kept;
        where some are not, the list begins with a `LaggedEvent`.
        """
        return self._native.events(self.name, kinds, since)

    def all_nodes(self) -> list[Node]:
        """Return every node in its table, in the order of names, itself included."""
        return self._native.all_nodes(self.name)

    def healthy_nodes(self) -> list[Node]:
        """Return those that are ALIVE or SUSPECTED, itself included."""
        return self._native.healthy_nodes(self.name)

    def node(self, node: Member | Node | str) -> Node | None:
        """Return what it believes of another node, or None where it does not list it."""
        return self._native.node(self.name, _named(node))

    def local_node(self) -> Node:
        """Return itself, as it is now."""
        found = self._native.node(self.name, self.name)
        assert found is not None, "a node lists itself"
        return found

    def leader(self) -> Node | None:
        """Return the leader as this node heard of it, or None."""
        return self._native.leader_of(self.name)

    def is_leader(self) -> bool:
        """Return whether it leads at this instant, by its own clock; false if it does not run."""
        return self._native.is_leader(self.name)

    def lease(self) -> Lease | None:
        """Return its own lease at this instant, or None where it does not lead."""
        return self._native.lease(self.name)

    def validity(self) -> Validity:
        """Return whether its side may act, and what is missing."""
        return self._native.validity(self.name)

    def is_valid(self) -> bool:
        """Return true in VALID only, by its own clock; false where it does not run."""
        return self._native.is_valid(self.name)

    def why(self, node: Member | Node | str) -> Why:
        """Return why it suspects a node or holds it dead. Raises `unknown_node`."""
        return self._native.why(self.name, _named(node))

    def stats(self) -> dict[str, int]:
        """Return its counters and gauges by name; those of sockets are 0."""
        return self._native.stats(self.name)

    def settings(self) -> dict[str, str]:
        """Return the texts of all its configuration values, by key."""
        return self._native.settings(self.name)

    def set(self, key: str, value: object) -> None:
        """Change a configuration value that can be changed at run time. Raises `invalid_config`."""
        self._native.set(self.name, key, value)

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Replace its tags. Raises `invalid_config`."""
        self._native.set(self.name, "tags", tags)

    def broadcast(self, bytes: Payload) -> str:
        """Send a payload to every other healthy member, and return its label.

        Raises `payload_too_large` and `busy`.
        """
        return self._native.broadcast(self.name, bytes)

    def send(self, node: Member | Node | str, bytes: Payload) -> Pending:
        """Send a payload to one node; done when that one has it.

        Raises `unknown_node`, `payload_too_large` and `busy`.
        """
        return Pending(self._native, self._native.send(self.name, _named(node), bytes))

    def resign(self) -> Pending:
        """Give its lease up. Raises `not_leader`."""
        return Pending(self._native, self._native.resign(self.name))

    def transfer_leadership(self, node: Member | Node | str) -> Pending:
        """Give its lease up in favour of another node; done when that one leads.

        Raises `not_leader`, `unknown_node`, and `invalid_config` for a node that is not eligible.
        """
        return Pending(self._native, self._native.transfer_leadership(self.name, _named(node)))

    def update_node_status(self, node: Member | Node | str, status: NodeStatus | int | str) -> None:
        """State a node's status: DEAD and SUSPECTED are accusations that it may refute.

        Raises `unknown_node` and `invalid_config`.
        """
        self._native.update_node_status(self.name, _named(node), status)

    def leave(self) -> None:
        """Tell the others that it leaves; when enough of them know, in 5 s at most, it ends."""
        self._native.leave(self.name)


Members = Member | Node | str | Iterable[Member | Node | str]


class Cluster:
    """A cluster of virtual nodes on a virtual network, with a clock that the test advances.

    `with sim.Cluster(nodes=3) as cluster:` begins with nodes that know each other (and are VALID,
    where there are lighthouses); without `with`, or with `settle=False`, they have only just been
    started. Nothing happens between two calls that let time pass: `advance`, `run_until`, `settle`.
    """

    def __init__(
        self,
        nodes: int | Iterable[str] = 3,
        *,
        seed: int = 0,
        lighthouses: int | Collection[str] = 0,
        loss: float = 0.0,
        delay: tuple[float, float] | None = None,
        disks: bool = False,
        config: Options | Mapping[str, object] | None = None,
        configs: Mapping[str, Options | Mapping[str, object]] | None = None,
        settle: bool = True,
    ) -> None:
        """Start all nodes at one moment.

        `nodes` is how many there are, called n0, n1 and so on, or their names: 1000 at most.
        `lighthouses` is how many of them are, the first ones, or which. `config` takes the keyword
        arguments of `seafoam.Cluster` but those of addresses, seeds, multicast and files, which the
        simulated network decides; `configs` what single nodes have beside it. The environment is
        not read. Traffic is plain unless there are `keys`. `loss` and `delay` are as in
        `set_loss` and `set_delay`. `disks` gives each host one, as `state_dir` does.

        Raises `invalid_config`.
        """
        names = [f"n{number}" for number in range(nodes)] if isinstance(nodes, int) else [*nodes]
        lights = names[:lighthouses] if isinstance(lighthouses, int) else [*lighthouses]
        if isinstance(lighthouses, int) and not 0 <= lighthouses <= len(names):
            raise ValueError(f"lighthouses = {lighthouses} of {len(names)} nodes")
        self._config = dict(config or {})
        own = {name: {**self._config, **more} for name, more in (configs or {}).items()}
        self._native = _native.SimCluster(names, lights, seed, self._config, own, disks)
        self._settles = settle
        if loss:
            self.set_loss(loss)
        if delay is not None:
            self.set_delay(*delay)

    def __enter__(self) -> Self:
        """Let time pass until all know each other, unless `settle` is false."""
        if self._settles:
            self.settle()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing: there is nothing to release but memory."""

    def __repr__(self) -> str:
        """Return how many nodes run, and the time."""
        running, nodes = len(self._native.running()), len(self)
        return f"<seafoam.sim.Cluster {running} of {nodes} nodes run, {self.now:.3f} s>"

    def __len__(self) -> int:
        """Return how many nodes there are, running or not."""
        return len(self._native.names())

    def __iter__(self) -> Iterator[Member]:
        """Iterate over all nodes, running or not, in the order in which they were made."""
        return iter([Member(self._native, name) for name in self._native.names()])

    def __contains__(self, node: object) -> bool:
        """Return whether there is a node of this name."""
        return isinstance(node, str) and node in self._native.names()

    def __getitem__(self, node: str) -> Member:
        """Return the node of this name. Raises `unknown_node`."""
        self._native.is_running(node)
        return Member(self._native, node)

    # Time.

    @property
    def now(self) -> float:
        """Seconds that have passed since the beginning."""
        return self._native.now()

    def advance(self, seconds: float) -> None:
        """Let so much time pass."""
        self._native.advance(seconds)

    def run_until(self, condition: Callable[[], T | None], timeout: float = 60.0) -> T:
        """Let time pass until a condition returns something true, and return that.

        It is called at once, whenever something happened, and every 10 ms at least. Raises
        `SeafoamTimeoutError` after `timeout` seconds, with the last events and what does not run.
        """
        end = self.now + timeout
        while True:
            value = condition()
            if value:
                return value
            if self.now >= end:
                name = getattr(condition, "__qualname__", type(condition).__qualname__)
                raise self._native.timed_out(f"{name} did not become true", timeout)
            self._native.step(end)

    def settle(self, timeout: float = 60.0) -> None:
        """Let time pass until all running nodes know each other ALIVE, and are VALID.

        The latter where there are lighthouses. Raises `SeafoamTimeoutError` after so many seconds.
        """
        end = self.now + timeout
        while not self._native.is_settled():
            if self.now >= end:
                raise self._native.timed_out("the nodes did not come to agree", timeout)
            self._native.step(end)

    # What there is, and what was seen.

    def running(self) -> list[Member]:
        """Return the nodes that run."""
        return [Member(self._native, name) for name in self._native.running()]

    def leader(self) -> Member | None:
        """Return the node that leads at this instant, by its own clock, or None."""
        name = self._native.leading()
        return None if name is None else Member(self._native, name)

    def timeline(self, kinds: Kinds | None = None, *, since: float = 0.0) -> list[Seen]:
        """Return the events that all nodes saw from a moment on, in their order; 65536 at most."""
        return [Seen(*seen) for seen in self._native.timeline(kinds, since)]

    def story(self, events: int = 40) -> str:
        """Return the last events in a line each, for the messages of assertions."""
        return "\n".join(self._native.lines(events))

    def fingerprint(self) -> int:
        """Return a number that is equal for runs that were equal, packet by packet."""
        return self._native.fingerprint()

    # What happens to the nodes.

    def add(self, name: str, config: Options | Mapping[str, object] | None = None) -> Member:
        """Start one more node; `config` is what it has beside that of all.

        Raises `invalid_config`, also where the name is taken.
        """
        self._native.add(name, {**self._config, **(config or {})})
        return Member(self._native, name)

    def crash(self, node: Member | Node | str) -> None:
        """Kill a node's process: its host refuses connections. Nothing where it does not run.

        Raises `unknown_node`.
        """
        self._native.crash(_named(node))

    def vanish(self, node: Member | Node | str) -> None:
        """Take a node's whole host away, until it is restarted: nothing answers there.

        Raises `unknown_node`.
        """
        self._native.vanish(_named(node))

    def restart(
        self,
        node: Member | Node | str,
        config: Options | Mapping[str, object] | None = None,
    ) -> None:
        """Start a node again, with nothing of what it knew; where it runs it is killed first.

        It runs with what it ran with before, or, where `config` is given, with that beside the one
        of all. Raises `unknown_node` and `invalid_config`.
        """
        given = None if config is None else {**self._config, **config}
        self._native.restart(_named(node), given)

    def pause(self, node: Member | Node | str, seconds: float) -> None:
        """Stop a node's process for so long, from now on, as SIGSTOP does. No time passes here.

        Raises `unknown_node` and `closed`.
        """
        self._native.pause(_named(node), seconds)

    # What happens to the network.

    def cut(self, left: Members, right: Members | None = None, *, one_way: bool = False) -> None:
        """Cut every way between two groups, beside the cuts that there are.

        Without `right` it is all other nodes that there are now. With `one_way` what goes from the
        left to the right is cut, and what goes back arrives. Raises `unknown_node`, and
        `invalid_config` for a node on both sides.
        """
        some = _names(left)
        others = (
            [name for name in self._native.names() if name not in some]
            if right is None
            else _names(right)
        )
        self._native.cut(some, others, one_way)

    def heal(self) -> None:
        """Mend every cut."""
        self._native.heal()

    def set_loss(self, loss: float, tcp_loss: float | None = None) -> None:
        """Lose such a share of all datagrams, 0 to 1 in steps of 0.001, from now on.

        `tcp_loss` is that of the segments of TCP, which are repeated; the same where not given.
        """
        self._native.set_loss(loss, loss if tcp_loss is None else tcp_loss)

    def set_delay(self, least: float, most: float) -> None:
        """Let packets take from `least` to `most` seconds one way; 0.0002 to 0.002 at first."""
        self._native.set_delay(least, most)


def _named(node: Member | Node | str) -> str:
    return node if isinstance(node, str) else node.name


def _names(nodes: Members) -> list[str]:
    if isinstance(nodes, (str, Member, Node)):
        return [_named(nodes)]
    return [_named(node) for node in nodes]
