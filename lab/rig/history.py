"""What the agents reported, and how it is kept: times are nanoseconds of CLOCK_MONOTONIC."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

SECOND = 1_000_000_000


def now() -> int:
    """Read the clock that all agents on this machine read."""
    return time.monotonic_ns()


def slept() -> int:
    """How long this machine was suspended since its start, in nanoseconds."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) - time.monotonic_ns()


@dataclass
class Tenure:
    """One node led in this term: is_leader() was true at `begin`, at `end`, and between."""

    node: str
    run: int
    term: int
    begin: int
    end: int
    ended: bool = False


@dataclass(frozen=True)
class Write:
    """The register answered a write: `late` ones were held up on their way."""

    at: int
    node: str
    term: int
    accepted: bool
    late: bool


@dataclass(frozen=True)
class Verdict:
    """is_valid() of a node changed."""

    at: int
    node: str
    valid: bool


@dataclass(frozen=True)
class Heard:
    """leader() of a node changed."""

    at: int
    node: str
    leader: str | None


@dataclass(frozen=True)
class Woke:
    """A process that was held up for `gap` asked is_leader() for the first time again."""

    at: int
    node: str
    gap: int
    leads: bool


@dataclass(frozen=True)
class Mark:
    """What was done to the cluster: a word for programs, a text for people."""

    at: int
    what: str
    text: str


@dataclass
class History:
    """Everything that happened in one run of one cluster."""

    begin: int = field(default_factory=now)
    suspended: int = field(default_factory=slept)
    nodes: dict[str, str] = field(default_factory=dict)
    tenures: list[Tenure] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    woke: list[Woke] = field(default_factory=list)
    resigned: list[tuple[int, str]] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)

    def mark(self, what: str, text: str) -> Mark:
        """Record that something was done, now."""
        mark = Mark(now(), what, text)
        self.marks.append(mark)
        return mark

    def lead(self, told: Tenure) -> bool:
        """Take a report; true where it is the first one of a tenure."""
        for known in reversed(self.tenures):
            if (known.node, known.run, known.term, known.begin) == (
                told.node,
                told.run,
                told.term,
                told.begin,
            ):
                known.end, known.ended = max(known.end, told.end), told.ended
                return False
        self.tenures.append(told)
        return True

    def is_valid(self, node: str) -> bool:
        """What a node said last."""
        return next((it.valid for it in reversed(self.verdicts) if it.node == node), False)

    def leader_of(self, node: str) -> str | None:
        """Whom a node named last."""
        return next((it.leader for it in reversed(self.heard) if it.node == node), None)

    def leading(self) -> Tenure | None:
        """The tenure of the highest term, where it goes on."""
        last = max(self.tenures, key=lambda each: each.term, default=None)
        return None if last is None or last.ended else last

    def after(self, at: int) -> list[Tenure]:
        """Tenures that began later than this, the first one first."""
        return sorted((it for it in self.tenures if it.begin > at), key=lambda it: it.begin)

    def write(self, path: Path) -> None:
        """Keep it as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        document = {**asdict(self), "suspended_after": slept()}
        path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
