"""The cluster of a soak: what its nodes see of one another, and the work that they are given."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import signal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rig.fleet import AgentError, Cast
from rig.history import SECOND, History, Mark, Write, now
from rig.show import Show
from rig.soak import proc
from rig.soak.judge import RECOVERY_S
from rig.soak.record import Death, Record, Recovery, Span
from rig.stage import Stage

SAMPLE_S = 3.0
TICK_S = 1.0
BROADCASTS = 3  # a second and node
SEND_TICKS, RECEIPT_TICKS, TAG_TICKS = 3, 10, 15
BACKLOG = 2  # commands that an agent has not answered: it gets no more of them
LOST_S = 150.0  # a cluster that is not whole after this is given up


@dataclass
class Hand:
    """What is known of one agent beside its lead."""

    generation: int = 0
    view: dict[str, tuple[int, str]] = field(default_factory=dict)
    waiting: list[tuple[str, str]] = field(default_factory=list)
    done: list[tuple[str, bool, str]] = field(default_factory=list)
    state: dict[str, int] | None = None
    sent: int = 0  # messages to it that were acknowledged
    failed: int = 0  # commands of the usual work
    unconfirmed: int = 0


class Ship(Stage):
    """A stage whose agents work, and are watched."""

    def __init__(
        self, cast: Sequence[Cast], folder: Path, history: History, show: Show, record: Record
    ) -> None:
        """Nothing is started yet."""
        self.record = record
        self.hands = {each.name: Hand() for each in cast}
        self.stopped: set[str] = set()
        self.works = False
        self.word = "start"
        self._ticks = 0
        super().__init__(cast, folder, history, show)

    def settings(self, cast: Cast) -> Mapping[str, str]:
        """The environment of a node that works."""
        return {**super().settings(cast), "LAB_WORK": "1"}

    def written(self, write: Write) -> None:
        """Keep the first one of writes that are alike: a run of hours has hundreds of thousands."""
        self.record.count("fenced writes")
        last = self.history.writes[-1] if self.history.writes else None
        if last is None or (last.node, last.term, last.accepted, last.late) != (
            write.node,
            write.term,
            write.accepted,
            write.late,
        ):
            self.history.writes.append(write)

    def worked(self, name: str, row: dict[str, object]) -> bool:
        """Take what an agent says of its work."""
        hand = self.hands[name]
        match row:
            case {"event": "started", "generation": int(generation)}:
                self.hands[name] = Hand(generation)
            case {
                "event": "status",
                "at": int(at),
                "node": str(node),
                "generation": int(generation),
                "status": str(status),
            }:
                before = hand.view.get(node, (0, ""))
                hand.view[node] = (generation, status)
                if status == "dead" and before[1] != "dead":
                    self._dead(at, name, node, generation)
            case {"event": "did", "what": str(what), "ok": bool(ok), "text": str(text)}:
                self._did(hand, what, ok, text)
            case {"event": "state", "stats": dict(stats)}:
                counts = {key: row[key] for key in ("heard", "got", "lagged", "taken", "missed")}
                hand.state = {_snake(key): int(it) for key, it in {**counts, **stats}.items()}
            case _:
                return False
        return True

    def _dead(self, at: int, by: str, node: str, generation: int) -> None:
        agent = self.fleet.agents.get(node)
        lives = agent is not None and agent.running and node not in self.stopped
        if lives and self.hands[node].generation == generation:
            self.record.deaths.append(Death(at, by, node))

    def _did(self, hand: Hand, what: str, ok: bool, text: str) -> None:
        expected, argument = hand.waiting.pop(0)
        if expected != what:
            self.fleet.complaints.append(f"{what} was answered instead of {expected}")
        hand.done.append((what, ok, text))
        if what not in ("broadcast", "send", "receipt", "tags"):
            return
        hand.done.pop()
        self.record.count(f"{what} done" if ok else f"{what} failed")
        hand.failed += not ok
        if ok and what == "broadcast":
            self.record.count("broadcasts", BROADCASTS)
        if ok and what == "send":
            self.hands[argument].sent += 1
        if ok and what == "receipt":
            missing = int(text.split()[1])
            hand.unconfirmed += missing
            self.record.count("receipts with somebody missing", missing > 0)

    def running(self) -> list[str]:
        """Those whose process runs and is not held up."""
        return [
            name
            for name, agent in self.fleet.agents.items()
            if agent.running and agent.started and name not in self.stopped
        ]

    def order(self, name: str, what: str, argument: str = "") -> None:
        """Tell an agent what to do; it answers in the order in which it was told."""
        self.hands[name].waiting.append((what, argument))
        self.fleet.agents[name].tell(f"{what} {argument}".strip())

    async def ask(
        self, names: Sequence[str], what: str, argument: str = "", seconds: float = 30.0
    ) -> list[str]:
        """Tell agents to do something, and wait until they did; return their answers."""
        for name in names:
            self.hands[name].done.clear()
            self.order(name, what, argument)

        def answered() -> bool:
            return all(any(it[0] == what for it in self.hands[name].done) for name in names)

        await self.until(f"{what} is answered", answered, seconds)
        texts = []
        for name in names:
            _, ok, text = next(it for it in self.hands[name].done if it[0] == what)
            if not ok:
                self.fail(f"{name}: {what} failed: {text}")
            texts.append(text)
        return texts

    async def drained(self) -> None:
        """Wait until everybody has answered everything."""
        names = self.running()
        await self.until(
            "all commands are answered", lambda: not any(self.hands[it].waiting for it in names)
        )

    def fail(self, text: str) -> None:
        """Note what must not be, with its minute."""
        text = f"minute {self.record.minute(now()):.1f}: {text}"
        self.record.failures.append(text)
        self.show.act(f"BROKEN: {text}")

    def lacking(self) -> list[str]:
        """What is missing until all see all, are VALID and name one leader."""
        names = self.running()
        found = []
        for name in names:
            view = self.hands[name].view
            for other in names:
                generation, status = view.get(other, (0, "nothing"))
                if status != "alive" or generation != self.hands[other].generation:
                    run = "" if generation == self.hands[other].generation else " of another run"
                    found.append(f"{name} sees {other} as {status}{run}")
            if not self.history.is_valid(name):
                found.append(f"{name} is not VALID")
        leading = self.history.leading()
        if leading is None:
            found.append("nobody leads")
        else:
            for name in names:
                heard = self.history.leader_of(name)
                if heard != leading.node:
                    found.append(f"{name} names {heard} as leader, not {leading.node}")
        return found

    async def whole(self, what: str, since: Mark) -> None:
        """Wait until the cluster is whole again after something that ended at this mark."""
        late = ""
        with contextlib.suppress(AgentError):
            await self.until("whole", lambda: not self.lacking(), RECOVERY_S)
        if lacking := self.lacking():
            late = "; ".join(lacking[:4])
            self.show.act(f"not whole after {RECOVERY_S:.0f} s: {late}")
            await self.until(f"whole after {what}: {late}", lambda: not self.lacking(), LOST_S)
        seconds = (now() - since.at) / SECOND
        self.record.recoveries.append(Recovery(what, seconds, late))
        self.show.act(f"{what}: all see all after {seconds:.1f} s")

    @contextlib.contextmanager
    def span(self, what: str, calm: bool) -> Iterator[Span]:
        """Note what is done from now until the end of the block."""
        self.word = what
        span = Span(what, calm, now())
        self.record.spans.append(span)
        try:
            yield span
        finally:
            span.end = now()

    def freeze(self, name: str) -> None:
        """Hold a process up; nobody may say then that it lives."""
        self.stopped.add(name)
        self.stop(name)

    def thaw(self, name: str) -> Mark:
        """Let it go on."""
        mark = self.cont(name)
        self.stopped.discard(name)
        return mark

    async def work(self, chance: random.Random) -> None:
        """Give everybody something to do, each second, for as long as there is work."""
        while True:
            await asyncio.sleep(TICK_S)
            self._ticks += 1
            if not self.works:
                continue
            names = self.running()
            for number, name in enumerate(names):
                if len(self.hands[name].waiting) > BACKLOG:
                    self.record.count("ticks that an agent was too busy for")
                    continue
                turn = self._ticks + number
                self.order(name, "broadcast", str(BROADCASTS))
                if turn % SEND_TICKS == 0 and len(names) > 1:
                    self.order(name, "send", chance.choice([it for it in names if it != name]))
                if turn % RECEIPT_TICKS == 0:
                    self.order(name, "receipt")
                if turn % TAG_TICKS == 0:
                    self.order(name, "tags", str(self._ticks))

    async def watch(self) -> None:
        """Sample the processes that live for the whole run."""
        while True:
            for name in self.record.steady:
                agent = self.fleet.agents.get(name)
                if agent is None or not agent.started:
                    continue
                try:
                    self.record.samples.append(proc.look(name, agent.process.pid))
                except OSError as error:
                    self.fail(f"{name} is gone: {error}")
                    return
            self.record.loads.append((now(), proc.load()))
            await asyncio.sleep(SAMPLE_S)

    def thaw_all(self) -> None:
        """Let nobody wait for a signal that never comes."""
        for name in [*self.stopped]:
            self.fleet.agents[name].signal(signal.SIGCONT)
            self.stopped.discard(name)


def _snake(word: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", word).lower()
