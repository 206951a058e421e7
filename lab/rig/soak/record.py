"""What a soak saw, as it is kept, judged and drawn: times are nanoseconds of CLOCK_MONOTONIC."""

from __future__ import annotations

import json
from collections.abc import Iterable
from copy import copy
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from rig.history import SECOND


@dataclass(frozen=True)
class Sample:
    """One look at a process: KiB, counts, and the processor time that it had so far."""

    at: int
    name: str
    rss: int
    fds: int
    threads: int
    cpu: float


@dataclass
class Span:
    """A time in which one thing was done. In a calm one nobody has a reason to be called DEAD."""

    what: str
    calm: bool
    begin: int
    end: int = 0


@dataclass(frozen=True)
class Death:
    """A node was called DEAD by another while its process ran."""

    at: int
    by: str
    node: str


@dataclass(frozen=True)
class Recovery:
    """How long after a disturbance all saw all, were VALID and named one leader."""

    what: str
    seconds: float
    lacking: str = ""  # what was missing when the bound had passed


@dataclass(frozen=True)
class Calm:
    """One node in a calm phase: what it should have got, what it got, what its counters say."""

    number: int
    name: str
    heard: int
    heard_wanted: int
    got: int
    got_wanted: int
    counters: dict[str, int]


@dataclass
class Record:
    """Everything that is judged, beside the history of leadership."""

    seed: int
    minutes: float
    begin: int
    end: int = 0
    about: dict[str, str] = field(default_factory=dict)
    steady: list[str] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    loads: list[tuple[int, float]] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    deaths: list[Death] = field(default_factory=list)
    recoveries: list[Recovery] = field(default_factory=list)
    calms: list[Calm] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def count(self, what: str, more: int = 1) -> None:
        """Add to a total."""
        self.totals[what] = self.totals.get(what, 0) + more

    def of(self, name: str) -> list[Sample]:
        """The samples of one process."""
        return [each for each in self.samples if each.name == name]

    def minute(self, at: int) -> float:
        """Minutes since the begin."""
        return (at - self.begin) / SECOND / 60

    def so_far(self, end: int) -> Record:
        """A copy that does not grow while the soak goes on."""
        copies = {it.name: copy(getattr(self, it.name)) for it in fields(self)}
        return Record(**{**copies, "end": end})

    def write(self, path: Path) -> None:
        """Keep it as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".new")
        beside.write_text(json.dumps(asdict(self)) + "\n", encoding="utf-8")
        beside.replace(path)


def read(path: Path) -> Record:
    """What was kept."""
    document = json.loads(path.read_text(encoding="utf-8"))
    record = Record(**document)
    record.samples = [Sample(**each) for each in document["samples"]]
    record.loads = [(at, load) for at, load in document["loads"]]
    record.spans = [Span(**each) for each in document["spans"]]
    record.deaths = [Death(**each) for each in document["deaths"]]
    record.recoveries = [Recovery(**each) for each in document["recoveries"]]
    record.calms = [Calm(**each) for each in document["calms"]]
    return record


def within(spans: Iterable[Span], at: int) -> Span | None:
    """The span that this moment belongs to."""
    return next((each for each in spans if each.begin <= at < each.end), None)
