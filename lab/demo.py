#!/usr/bin/env python3
"""Show one leader in a cluster of many languages: elected, killed, cut off, healed.

Exits with 0 only if every promise was kept. Leases run for one second here (the default is three),
so that it is over soon.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import math
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from rig.checker import problems
from rig.fleet import AgentError, Cast, Fleet, languages
from rig.history import SECOND, History, Mark, Tenure
from rig.register import Register
from rig.relay import PORT, Relay
from rig.show import Show

LEASE_MILLIS = 1000
DEADLINE_S = 90.0
INTERRUPTED = 130
ELECT_S = 20.0  # nothing is promised under load from others; what was seen is printed
HEAL_S = 15.0
PAUSE_S = 1.5  # for the eye: the timeline shows a tenure as more than a dot
# Of the machine, not of the engine: agents look each 5 ms, and may wait for a core.
SLACK_S = 0.5
# 5 s of evidence, and how long a beacon travels on: docs/protocol.md.
EVIDENCE_S, TRAVEL_S = 5.0, 0.25


class Demo:
    """The play: one cluster, and what is done to it."""

    def __init__(self, console: Console, folder: Path, spoken: Sequence[str]) -> None:
        """One candidate of each language, and three lighthouses."""
        self.history = History()
        self.show = Show(console, self.history)
        self._relay = Relay()
        self._register = Register(folder / "register", self.history.writes.append)
        self._folder = folder
        eligible = [Cast(f"{each}-1", each) for each in spoken]
        houses = [
            Cast(f"house-{number}", spoken[number % len(spoken)], lighthouse=True, eligible=False)
            for number in range(1, 4)
        ]
        self.cast = [*houses, *eligible]
        self.fleet = Fleet(self.history, self._settings, tell=self.show.say)
        self.failures: list[str] = []

    def _settings(self, cast: Cast) -> Mapping[str, str]:
        houses = [each.name for each in self.cast if each.lighthouse]
        state = self._folder / cast.name
        state.mkdir(exist_ok=True)
        return {
            "SEAFOAM_CLUSTER_NAME": self._folder.name,
            "SEAFOAM_LISTEN_IP": self._relay.listen_ip(cast.name),
            "SEAFOAM_LISTEN_PORT": str(PORT),
            "SEAFOAM_ADVERTISE_ADDRESS": f"{self._relay.advertised(cast.name)}:{PORT}",
            "SEAFOAM_LIGHTHOUSES": ",".join(
                f"{house}={self._relay.advertised(house)}:{PORT}" for house in houses
            ),
            "SEAFOAM_IS_LIGHTHOUSE": str(cast.lighthouse).lower(),
            "SEAFOAM_LEADER_ELIGIBLE": str(cast.eligible).lower(),
            "SEAFOAM_LEADER_LEASE_MILLIS": str(LEASE_MILLIS),
            "SEAFOAM_MULTICAST_ENABLED": "false",
            "SEAFOAM_STATE_DIR": str(state),
            "SEAFOAM_LOG_LEVEL": "error",
            "LAB_REGISTER": str(self._register.path),
        }

    async def play(self) -> None:
        """Go through all acts."""
        await self._register.open()
        await self._relay.open(each.name for each in self.cast)
        await self._begin()
        await self._crash()
        await self._cut()
        self.show.quiet = True  # how they part is not the matter
        self.failures += await self.fleet.quit()

    async def end(self) -> None:
        """Leave nothing behind."""
        await self.fleet.end()
        await self._register.close()
        await self._relay.close()

    async def _begin(self) -> None:
        told = ", ".join(each.name for each in self.cast)
        self.act("start", f"{len(self.cast)} nodes start, three are lighthouses: {told}")
        await self.fleet.start(*self.cast)
        await self._all_agree("all are VALID and name one leader", ELECT_S)
        await asyncio.sleep(PAUSE_S)

    async def _crash(self) -> None:
        before = self._leading()
        mark = self.act(f"kill {before.node}", f"kill -9 {before.node}, which leads")
        self.fleet.kill(before.node)
        await self.fleet.ended(before.node)
        await self.fleet.until("a successor", lambda: bool(self._elected(mark.at)), ELECT_S)
        after = self._elected(mark.at)[0]
        self.expect(after.term > before.term, f"the successor's term {after.term} is not higher")
        took = (after.begin - mark.at) / SECOND
        self.show.act(f"successor after {took:.2f} s: {after.node}, term {after.term}")
        await self._all_agree("all name the successor", ELECT_S)
        self.act(f"restart {before.node}", f"{before.node} starts again")
        await self.fleet.restart(before.node)
        await self._all_agree("it is back", ELECT_S)
        await asyncio.sleep(PAUSE_S)

    async def _cut(self) -> None:
        before = self._leading()
        alive = [each for each in self.cast if self.fleet.agents[each.name].running]
        houses = [each.name for each in alive if each.lighthouse]
        minority = [before.node, houses[0]]
        majority = [each.name for each in alive if each.name not in minority]
        text = f"cut: {' '.join(minority)} | {' '.join(majority)}"
        mark = self.act("cut", text)
        self._relay.cut(minority, majority)
        promise = EVIDENCE_S + TRAVEL_S * math.ceil(math.log2(len(self.cast)))

        def decided() -> bool:
            valid = any(self.history.is_valid(each) for each in minority)
            return not valid and bool(self._elected(mark.at))

        await self.fleet.until("minority INVALID, majority has a leader", decided, ELECT_S)
        after = self._elected(mark.at)[0]
        lost = before.end  # reports went on into the same object
        self.expect(after.node in majority, f"{after.node} of the minority was elected")
        self.expect(after.term > before.term, f"term {after.term} is not above {before.term}")
        self.expect(
            before.ended and lost < after.begin, f"{before.node} led on beside {after.node}"
        )
        down, up = ((at - mark.at) / SECOND for at in (lost, after.begin))
        self.show.act(
            f"{before.node} led until {down:.2f} s after the cut, {after.node} from {up:.2f} s on"
        )
        for node in minority:
            last = [it for it in self.history.verdicts if it.node == node][-1]
            took = (last.at - mark.at) / SECOND
            self.show.act(f"{node} INVALID {took:.2f} s after the cut (promised: {promise:.2f} s)")
            self.expect(took <= promise + SLACK_S, f"{node} INVALID only after {took:.2f} s")
        for node in majority:
            invalid = [it for it in self.history.verdicts if it.node == node and it.at > mark.at]
            self.expect(not invalid, f"{node} of the majority did not stay VALID")
        await self._heal(minority)

    async def _heal(self, minority: Sequence[str]) -> None:
        mark = self.act("heal", "heal")
        self._relay.heal()
        await self._all_agree("all are VALID and name one leader", HEAL_S)
        again = [it for it in self.history.verdicts if it.at > mark.at and it.node in minority]
        took = max((it.at - mark.at) / SECOND for it in again)
        self.show.act(f"all are VALID again after {took:.2f} s, and follow {self._leading().node}")

    async def _all_agree(self, what: str, seconds: float) -> None:
        def agree() -> bool:
            leading = self.history.leading()
            running = [name for name, it in self.fleet.agents.items() if it.running]
            return leading is not None and all(
                self.history.is_valid(name) and self.history.leader_of(name) == leading.node
                for name in running
            )

        await self.fleet.until(what, agree, seconds)

    def _leading(self) -> Tenure:
        leading = self.history.leading()
        if leading is None:
            raise AgentError("nobody leads any more")
        return leading

    def _elected(self, since: int) -> list[Tenure]:
        return self.history.after(since)

    def act(self, what: str, text: str) -> Mark:
        """Tell people and the history what is done now."""
        self.show.act(text)
        return self.history.mark(what, text)

    def expect(self, holds: bool, otherwise: str) -> None:
        """Note a promise that was broken."""
        if not holds:
            self.failures.append(otherwise)


def main(argv: Sequence[str]) -> int:
    """Run the demo, judge what was seen, return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the history there")
    parser.add_argument("--languages", default=",".join(languages()), metavar="LIST")
    arguments = parser.parse_args(argv)
    console = Console(highlight=False)
    spoken = [each for each in languages() if each in arguments.languages.split(",")]
    if len(spoken) < 2:
        console.print("the agents are not there; `make -C lab agents` builds them", style="red")
        return 1
    with tempfile.TemporaryDirectory(prefix="seafoam-demo-") as folder:
        demo = Demo(console, Path(folder), spoken)
        try:
            asyncio.run(_run(demo))
        except (KeyboardInterrupt, asyncio.CancelledError):
            console.print("interrupted; every node was ended", style="red")
            return INTERRUPTED
    if arguments.json is not None:
        demo.history.write(arguments.json)
    return _conclude(console, demo)


async def _run(demo: Demo) -> None:
    task = asyncio.current_task()
    if task is not None:  # SIGTERM ends the demo as Ctrl-C does
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        await asyncio.wait_for(demo.play(), DEADLINE_S)
    except asyncio.TimeoutError:
        demo.failures.append(f"not finished within {DEADLINE_S:.0f} s")
    except AgentError as error:
        demo.failures.append(str(error))
    finally:
        demo.show.quiet = True
        await demo.end()


def _conclude(console: Console, demo: Demo) -> int:
    demo.show.timeline()
    wrong = demo.failures + problems(demo.history)
    for each in wrong:
        console.print(f"broken: {each}", style="bold red")
    history = demo.history
    accepted = sum(each.accepted for each in history.writes)
    console.print(
        f"{len(history.nodes)} nodes, {len(history.tenures)} tenures, never two leaders at an "
        f"instant, terms rise; {accepted} of {len(history.writes)} fenced writes accepted"
        if not wrong
        else f"{len(wrong)} promises broken",
        style="bold red" if wrong else "bold green",
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        sys.exit(main(sys.argv[1:]))
