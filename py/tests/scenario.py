"""One reader of the scenario list (scenarios/README.md), for both kinds of cluster."""

# What the two kinds of cluster return is told apart by their drivers alone.
# ruff: noqa: ANN401

from __future__ import annotations

import asyncio
import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeVar
from uuid import uuid4

import seafoam
from seafoam import blocking
from support import TREE

FORMAT = 2
LIST: dict[str, Any] = json.loads((TREE / "scenarios" / "scenarios.json").read_text("utf-8"))
SCENARIOS: dict[str, dict[str, Any]] = {entry["name"]: entry for entry in LIST["scenarios"]}
CONTROLS: dict[str, dict[str, Any]] = {entry["name"]: entry for entry in LIST["controls"]}
DEADLINE = LIST["deadline_millis"] / 1000

Step = dict[str, Any]
T = TypeVar("T")


def line_of(event: seafoam.Event) -> str | None:
    """Return the event as the list writes it, or None for kinds that it leaves out."""
    match event:
        case seafoam.StatusEvent(node=node, status=status, previous=previous):
            return f"status {node.name} {previous}>{status}"
        case seafoam.BroadcastEvent(origin=origin, bytes=data):
            return f"broadcast {origin.name} {data.hex() or '-'}"
        case seafoam.MessageEvent(sender=sender, bytes=data):
            return f"message {sender.name} {data.hex() or '-'}"
        case seafoam.NodeEvent(node=node):
            tags = ",".join(f"{name}={value}" for name, value in sorted(node.tags.items()))
            return f"node {node.name} {tags or '-'}"
        case seafoam.ConflictEvent(node=node):
            return f"conflict {node.name}"
        case seafoam.DatacenterEvent(number=number, lost=lost):
            return f"datacenter {number} {'lost' if lost else 'back'}"
        case seafoam.LaggedEvent(missed=missed):
            return f"lagged {missed}"
        case seafoam.ClosedEvent(error=None):
            return "closed"
        case seafoam.ClosedEvent(error=error):
            return f"closed {str(error).partition(':')[0]}"
        case _:
            return None


def subject_of(line: str) -> str:
    """Return whom a line is about: LAGGED sorts before all nodes, CLOSED behind them."""
    kind, _, rest = line.partition(" ")
    return {"lagged": "", "closed": "~"}.get(kind) or rest.partition(" ")[0]


def normalised(lines: Iterable[str]) -> list[str]:
    """Leave SUSPECTED out, and put the lines of one subject together, in the order of subjects."""
    held: dict[str, str] = {}
    kept: list[str] = []
    for line in lines:
        if not line.startswith("status "):
            kept.append(line)
            continue
        _, subject, change = line.split(" ")
        previous, _, now = change.partition(">")
        before = held.pop(subject, previous) if previous == "suspected" else previous
        if now == "suspected":
            held[subject] = before
        elif now != before:
            kept.append(f"status {subject} {before}>{now}")
    return sorted(kept, key=subject_of)


def payload_of(step: Step) -> str | bytes:
    """Return what a step sends."""
    if "text" in step:
        return str(step["text"])
    return bytes.fromhex(step["hex"]) if "hex" in step else b"x" * int(step["fill"])


class Driver(ABC):
    """How the steps are made with one kind of cluster."""

    @abstractmethod
    def start(self, config: dict[str, Any]) -> Any:
        """Start a node."""

    @abstractmethod
    def call(self, call: Callable[..., Any], *given: Any, **named: Any) -> Any:
        """Make a call of a cluster, and wait for what it promises."""

    @abstractmethod
    def next(self, events: Any, seconds: float) -> seafoam.Event | None:
        """Return the next event; None where none came in time or none will come."""

    @abstractmethod
    def end(self) -> None:
        """Release what the driver itself holds."""


class Blocking(Driver):
    """Steps as a program with threads makes them."""

    def start(self, config: dict[str, Any]) -> blocking.Cluster:
        return blocking.Cluster.start(**config)

    def call(self, call: Callable[..., Any], *given: Any, **named: Any) -> Any:
        return call(*given, **named)

    def next(self, events: blocking.Events, seconds: float) -> seafoam.Event | None:
        return events.next(seconds)

    def end(self) -> None:
        pass


class Asyncio(Driver):
    """Steps as a program with an event loop makes them."""

    def __init__(
        self, new_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
    ) -> None:
        self._loop = new_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def start(self, config: dict[str, Any]) -> seafoam.Cluster:
        return self._run(seafoam.Cluster.start(**config))

    def call(self, call: Callable[..., Any], *given: Any, **named: Any) -> Any:
        async def made() -> Any:
            result = call(*given, **named)
            return await result if asyncio.iscoroutine(result) else result

        return self._run(made())

    def next(self, events: seafoam.Events, seconds: float) -> seafoam.Event | None:
        async def one() -> seafoam.Event | None:
            try:
                return await asyncio.wait_for(events.__anext__(), seconds)
            except (StopAsyncIteration, asyncio.TimeoutError):
                return None

        return self._run(one())

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, made: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(made, self._loop).result(2 * DEADLINE)


class Stream:
    """One subscription, what was read of it, and how far the steps have looked."""

    def __init__(self, driver: Driver, events: Any) -> None:
        self._driver = driver
        self._events = events
        self._seen: dict[str, int] = {}
        self.lines: list[str] = []

    def read(self, seconds: float) -> bool:
        """Take one event in; False where there was none."""
        event = self._driver.next(self._events, seconds)
        if event is None:
            return False
        line = line_of(event)
        if line is not None:
            self.lines.append(line)
        return True

    def until(self, done: Callable[[], bool]) -> bool:
        """Read until something holds."""
        deadline = time.monotonic() + DEADLINE
        while not done():
            left = deadline - time.monotonic()
            if left <= 0 or not self.read(left):
                return done()
        return True

    def find(self, line: str) -> None:
        """Wait for a line behind the last one that was found about the same subject."""
        subject = subject_of(line)
        begin = self._seen.get(subject, 0)

        def found() -> bool:
            return line in self.lines[begin:]

        assert self.until(found), f"{line!r} did not come; seen: {self.lines}"
        self._seen[subject] = self.lines.index(line, begin) + 1


class Run:
    """One scenario, from its first step to the comparison."""

    def __init__(self, scenario: dict[str, Any], driver: Driver) -> None:
        self.scenario = scenario
        self.driver = driver
        self.group = f"{scenario['name']}-{uuid4()}"
        self.clusters: dict[str, Any] = {}
        self.addresses: dict[str, str] = {}
        self.streams: dict[str, Stream] = {}

    def all(self) -> None:
        """Make every step, then compare."""
        try:
            for number, step in enumerate(self.scenario["steps"], start=1):
                try:
                    self.step(step)
                except AssertionError as error:
                    raise AssertionError(f"step {number} {step}: {error}") from None
            for name, lines in self.scenario["expect"].items():
                self.compare(name, lines)
        finally:
            for cluster in self.clusters.values():
                self.driver.call(cluster.close)
        for name, stream in self.streams.items():
            while stream.read(DEADLINE):
                pass
            closed = [line.startswith("closed") for line in stream.lines]
            assert closed.index(True) == len(closed) - 1, f"{name} ended wrongly: {stream.lines}"
        for names in self.scenario.get("same", []):
            first, *others = [self.streams[name].lines for name in names]
            assert all(other == first for other in others), f"{names} differ: {first} {others}"

    def compare(self, name: str, lines: list[str]) -> None:
        stream = self.streams[name]
        stream.until(lambda: len(normalised(stream.lines)) >= len(lines))
        while stream.read(0):
            pass
        assert normalised(stream.lines) == normalised(lines), name

    def step(self, step: Step) -> None:
        """Make one step; where it names an error, exactly that one must come."""
        make = getattr(self, f"do_{step['do']}")
        failure = None
        try:
            make(step)
        except seafoam.SeafoamError as error:
            failure = error
        if failure is None:
            assert "error" not in step, "did not fail"
            return
        assert str(failure.code) == step.get("error"), f"failed with {failure}"
        missing = [text for text in step.get("says", []) if text not in failure.message]
        assert not missing, f"{failure.message!r} does not say {missing}"

    def do_start(self, step: Step) -> None:
        node = step["node"]
        config = {
            "name": node,
            "cluster_name": self.group,
            "listen_port": "0",
            "multicast_enabled": "false",
            "initial_hosts": ",".join(self.addresses[seed] for seed in step.get("join", [])),
            **self.scenario.get("config", {}),
            **self.scenario["nodes"][node],
            **step.get("config", {}),
        }
        cluster = self.driver.start(config)
        self.clusters[node] = cluster
        self.addresses[node] = cluster.local_node().address
        self.open(node, node, initial=True)

    def open(self, node: str, name: str, **options: Any) -> None:
        events = self.driver.call(self.clusters[node].events, **options)
        self.streams[name] = Stream(self.driver, events)

    def do_subscribe(self, step: Step) -> None:
        options = {key: step[key] for key in ("kinds", "capacity", "initial") if key in step}
        self.open(step["node"], step["as"], **options)

    def do_await(self, step: Step) -> None:
        self.streams[step["on"]].find(step["line"])

    def do_ready(self, step: Step) -> None:
        seconds = step.get("within_millis", DEADLINE * 1000) / 1000
        self.made(step, "ready", step["members"], timeout=seconds)

    def do_healthy(self, step: Step) -> None:
        names = [node.name for node in self.made(step, "healthy_nodes")]
        assert names == step["names"]

    def do_broadcast(self, step: Step) -> None:
        self.made(step, "broadcast", payload_of(step))

    def do_send(self, step: Step) -> None:
        self.made(step, "send", step["target"], payload_of(step))

    def do_set_tags(self, step: Step) -> None:
        self.made(step, "set_tags", step["tags"])

    def do_leave(self, step: Step) -> None:
        self.made(step, "leave", timeout=DEADLINE)

    def do_close(self, step: Step) -> None:
        self.made(step, "close")

    def do_set(self, step: Step) -> None:
        self.made(step, "set", step["key"], step["value"])

    def do_add_node(self, step: Step) -> None:
        self.made(step, "add_node", step.get("address") or self.addresses[step["target"]])

    def do_remove_node(self, step: Step) -> None:
        self.made(step, "remove_node", step["target"])

    def do_ping_node(self, step: Step) -> None:
        assert self.made(step, "ping_node", step["target"]) >= 0

    def do_update_node_status(self, step: Step) -> None:
        self.made(step, "update_node_status", step["target"], step["status"])

    def do_call(self, step: Step) -> None:
        self.made(step, step["call"])

    def made(self, step: Step, name: str, *given: Any, **named: Any) -> Any:
        return self.driver.call(getattr(self.clusters[step["node"]], name), *given, **named)
