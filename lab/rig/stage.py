"""One cluster in namespaces, and what scenes do with it and say of it."""

from __future__ import annotations

import asyncio
import base64
import math
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rig.fleet import AgentError, Cast, Fleet
from rig.history import SECOND, History, Mark, Tenure, Write, now
from rig.netns import PORT, Network
from rig.register import Register
from rig.show import Show

LEASE_S = 3.0  # the default
RECORD_S = LEASE_S * 1.001 / 0.999 + 0.02  # how long a lighthouse holds a lease: docs/leadership.md
PATIENCE_S = 40.0
BREATH_S = 0.05  # between two tenures of one node that goes on in a new term
# Of the machine: agents look each 5 ms, and may wait for a core.
SLACK_S = 0.5
# 5 s of evidence, and how long a beacon travels on: docs/protocol.md.
EVIDENCE_S, TRAVEL_S = 5.0, 0.25


@dataclass
class Figures:
    """What one scene measured, and what of it was promised or wanted."""

    scene: str
    values: dict[str, list[float]] = field(default_factory=dict)
    goals: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def fresh_key() -> str:
    """A new key as configurations have it."""
    return base64.b64encode(os.urandom(32)).decode()


class Stage:
    """The cluster of all scenes: lighthouses that may lead, and plain nodes that may too."""

    def __init__(self, cast: Sequence[Cast], folder: Path, history: History, show: Show) -> None:
        """Nothing is started yet."""
        self.cast = list(cast)
        self.houses = [each.name for each in cast if each.lighthouse]
        self.plain = [each.name for each in cast if not each.lighthouse]
        self.names = [each.name for each in cast]
        self.history = history
        self.show = show
        self.network = Network()
        self.figures = Figures("start")
        self._folder = folder
        self._register = Register(folder / "register", self.written)
        self.keys = [fresh_key()]  # the first one seals
        self.fleet = Fleet(history, self.settings, self.network.inside, show.say, self.worked)
        self.validity_s = EVIDENCE_S + TRAVEL_S * math.ceil(math.log2(len(self.cast)))

    def written(self, write: Write) -> None:
        """Keep a write that the register answered."""
        self.history.writes.append(write)

    def worked(self, name: str, row: dict[str, object]) -> bool:
        """Take what an agent says of its work; in the lab they have none."""
        return False

    def settings(self, cast: Cast) -> Mapping[str, str]:
        """The environment of a node."""
        state = self._folder / cast.name
        state.mkdir(exist_ok=True)
        return {
            "SEAFOAM_CLUSTER_NAME": self._folder.name,
            "SEAFOAM_LISTEN_IP": self.network.ip(cast.name),
            "SEAFOAM_LISTEN_PORT": str(PORT),
            "SEAFOAM_KEYS": ",".join(self.keys),
            "SEAFOAM_LIGHTHOUSES": ",".join(
                f"{house}={self.network.ip(house)}:{PORT}" for house in self.houses
            ),
            "SEAFOAM_IS_LIGHTHOUSE": str(cast.lighthouse).lower(),
            "SEAFOAM_MULTICAST_ENABLED": "false",
            "SEAFOAM_STATE_DIR": str(state),
            "SEAFOAM_LOG_LEVEL": "error",
            "LAB_REGISTER": str(self._register.path),
        }

    async def open(self) -> None:
        """Start everything, and wait for the first leader."""
        await self._register.open()
        self.network.up(self.names)
        self.act("start", f"{len(self.cast)} nodes, lighthouses {' '.join(self.houses)}")
        await self.fleet.start(*self.cast)
        # At its very first start a lighthouse has to hear of the others before it votes.
        files = [self._folder / each / "term" for each in self.houses]
        await self.until("lighthouses have files", lambda: all(it.is_file() for it in files))
        await self.settle()

    async def close(self) -> None:
        """Leave neither processes nor namespaces behind."""
        self.network.down()
        await self.fleet.end()
        await self._register.close()

    def act(self, what: str, text: str) -> Mark:
        """Tell people and the history what is done now."""
        self.show.act(text)
        return self.history.mark(what, text)

    def expect(self, holds: bool, otherwise: str) -> None:
        """Note a promise that was broken."""
        if not holds:
            self.figures.failures.append(otherwise)
            self.show.act(f"BROKEN: {otherwise}")

    def measure(self, name: str, seconds: float, goal: float | None = None) -> None:
        """Note a figure; a goal is wanted, not promised."""
        self.figures.values.setdefault(name, []).append(seconds)
        if goal is not None:
            self.figures.goals[name] = goal
        self.show.act(f"{name}: {seconds:.2f} s")

    def leading(self) -> Tenure:
        """The tenure that goes on."""
        leading = self.history.leading()
        if leading is None:
            raise AgentError("nobody leads any more")
        return leading

    def others(self, *names: str) -> list[str]:
        """All nodes but these."""
        return [each for each in self.names if each not in names]

    def rotated(self, first: str) -> list[str]:
        """The lighthouses in their order, from this one on."""
        at = self.houses.index(first)
        return self.houses[at:] + self.houses[:at]

    async def successor(self, since: Mark) -> Tenure:
        """Wait for the first tenure after this."""
        await self.until("a leader", lambda: bool(self.history.after(since.at)))
        return self.history.after(since.at)[0]

    async def until(
        self, what: str, condition: Callable[[], bool], seconds: float = PATIENCE_S
    ) -> float:
        """Wait until something holds."""
        return await self.fleet.until(what, condition, seconds)

    async def settle(self, but: Sequence[str] = ()) -> float:
        """Wait until all (but these) are VALID and name the one who leads."""
        names = self.others(*but)

        def settled() -> bool:
            leading = self.history.leading()
            return leading is not None and all(
                self.history.is_valid(name) and self.history.leader_of(name) == leading.node
                for name in names
            )

        return await self.until("all are VALID and name one leader", settled)

    async def heal(self) -> None:
        """Let everything pass, and see the cluster whole again."""
        mark = self.act("heal", "heal")
        self.network.heal()
        await self.settle()
        again = [it for it in self.history.verdicts if it.at > mark.at and it.valid]
        if again:
            took = max((it.at - mark.at) / SECOND for it in again)
            self.measure("all VALID after the heal", took, goal=4.0)
            self.expect(took <= 4.0 + SLACK_S, f"VALID only {took:.2f} s after the heal")

    async def lead_from(self, names: Sequence[str]) -> Tenure:
        """See to it that one of these leads."""
        leading = self.leading()
        if leading.node in names:
            return leading
        mark = self.act("transfer", f"{leading.node} hands over to {names[0]}")
        self.fleet.agents[leading.node].tell(f"transfer {names[0]}")
        heir = await self.successor(mark)
        self.expect(heir.node == names[0], f"{heir.node} was not meant")
        await self.settle()
        return heir

    async def resign(self) -> tuple[Tenure, Tenure, Mark]:
        """Let the leader resign; return both tenures."""
        before = self.leading()
        mark = self.act("resign", f"{before.node} resigns")
        self.fleet.agents[before.node].tell("resign")
        return before, await self.successor(mark), mark

    async def steady(self, what: str, seconds: float) -> None:
        """Watch for some time: nobody else may come to lead."""
        before = self.leading()
        begin = now()
        while (left := seconds - (now() - begin) / SECOND) > 0:
            await asyncio.sleep(min(left, 30.0))
            if seconds > 60 and left > 30:
                self.show.act(f"{what}: {left - 30:.0f} s left")
        fresh = self.history.after(begin)
        led = before
        changes = 0
        for each in fresh:
            changes += each.node != led.node or each.begin - led.end > BREATH_S * SECOND
            led = each
        text = f"{changes} changes of the leader in {seconds:.0f} s"
        if len(fresh) > changes:
            # It met a lighthouse that lost its term, as all have at their very first start.
            text += f", which went on in a new term {len(fresh) - changes} times"
        self.figures.notes.append(text)
        self.show.act(f"{what}: {text}")
        names = ", ".join(each.node for each in fresh)
        self.expect(not changes and not led.ended, f"{what}: the lead changed: {names}")

    def stop(self, name: str) -> Mark:
        """Hold a process up."""
        mark = self.act(f"stop {name}", f"SIGSTOP {name}")
        self.fleet.agents[name].signal(signal.SIGSTOP)
        return mark

    def cont(self, name: str) -> Mark:
        """Let it go on."""
        mark = self.act(f"cont {name}", f"SIGCONT {name}")
        self.fleet.agents[name].signal(signal.SIGCONT)
        return mark

    def kill(self, *names: str) -> Mark:
        """End processes as a crash does."""
        mark = self.act(f"kill {' '.join(names)}", f"kill -9 {' '.join(names)}")
        self.fleet.kill(*names)
        return mark

    async def restart(self, *names: str) -> None:
        """Start processes again."""
        self.act(f"restart {' '.join(names)}", f"{' '.join(names)} again")
        await self.fleet.restart(*names)
