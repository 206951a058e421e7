"""Everything that the members reported, in order, and its live picture."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence

from rich.console import Console
from rich.text import Text

from orchestra.checker import Observation, Verdict, Wanted, judge
from orchestra.contract import Broadcast, Event, Left, Started, Status

# Lines that come within this time are drawn together, so that one member which sees seven nodes
# takes one line and not seven.
DRAW_EVERY_S = 0.05
STATUS_STYLES = {"alive": "green", "suspected": "yellow", "dead": "bold red", "left": "blue"}


class Timeline:
    """Takes events from all members, draws them, and wakes whoever waits for one."""

    def __init__(self, console: Console, styles: Mapping[str, str]) -> None:
        """Begin at zero seconds; `styles` gives the colour of each language."""
        self.record: list[Observation] = []
        self._console = console
        self._styles = styles
        self._language: dict[str, str] = {}
        self._begin = time.monotonic()
        self._drawn = 0
        self._changed = asyncio.Event()

    def now(self) -> float:
        """Seconds since the demo began."""
        return time.monotonic() - self._begin

    def introduce(self, node: str, language: str) -> None:
        """Tell which language a node is written in."""
        self._language[node] = language

    def add(self, observer: str, event: Event) -> None:
        """Take one event."""
        self.record.append(Observation(self.now(), observer, event))
        self._changed.set()

    def say(self, text: str, style: str = "bold") -> None:
        """Draw a line of the demo itself."""
        self.draw()
        self._line(self.now(), "", "", Text(text, style))

    def hear(self, node: str, text: str) -> None:
        """Draw what a member wrote to its standard error."""
        self._line(self.now(), self._language[node], node, Text(text, "dim"))

    def draw(self) -> None:
        """Draw what came since the last time."""
        fresh = self.record[self._drawn :]
        self._drawn = len(self.record)
        for at, observer, text in condensed(fresh):
            self._line(at, self._language[observer], observer, text)

    async def draw_forever(self) -> None:
        """Keep the picture current."""
        while True:
            self.draw()
            await asyncio.sleep(DRAW_EVERY_S)

    async def until(
        self, title: str, wanted: Sequence[Wanted], seconds: float, since: int = 0
    ) -> Verdict:
        """Wait until everything wanted was seen after the record's entry `since`."""
        end = self.now() + seconds
        while True:
            self._changed.clear()
            verdict = judge(title, wanted, self.record[since:])
            rest = end - self.now()
            if verdict.passed or rest <= 0:
                return verdict
            await self._change(rest)

    async def until_true(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until a condition holds; it is looked at after each event."""
        end = self.now() + seconds
        while not condition():
            self._changed.clear()
            rest = end - self.now()
            if rest <= 0:
                return False
            await self._change(rest)
        return True

    def wake(self) -> None:
        """Make whoever waits look again: something else than an event has happened."""
        self._changed.set()

    async def _change(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except asyncio.TimeoutError:
            return

    def _line(self, at: float, language: str, node: str, text: Text) -> None:
        line = Text(f"{at:6.2f} s  ", "dim")
        style = self._styles.get(language, "")
        line.append(f"{language:<7} {node:<9} ", style)
        self._console.print(line + text, soft_wrap=True)


def condensed(observations: Sequence[Observation]) -> list[tuple[float, str, Text]]:
    """Say each observation in words, joining those of one observer that differ in the node only."""
    lines: list[tuple[float, str, Text]] = []
    by_status: dict[tuple[str, str], Text] = {}
    for observation in observations:
        at, observer, event = observation.at, observation.observer, observation.event
        if isinstance(event, Status):
            if event.node == observer:
                continue
            key = (observer, event.status)
            if key in by_status:
                by_status[key].append(f" {event.node}")
                continue
            word = Text(f"{event.status:<9}", STATUS_STYLES.get(event.status, ""))
            by_status[key] = Text("sees ") + word + Text(f" {event.node}")
            lines.append((at, observer, by_status[key]))
        elif isinstance(event, Broadcast):
            text = Text("hears ") + Text(f"{event.text!r}", "magenta") + f" from {event.origin}"
            lines.append((at, observer, text))
        elif isinstance(event, Started):
            text = Text(f"listens on {event.address}, generation {event.generation}")
            lines.append((at, observer, text))
        elif isinstance(event, Left):
            lines.append((at, observer, Text("has left", STATUS_STYLES["left"])))
    return lines
