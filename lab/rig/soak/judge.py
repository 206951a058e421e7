"""What must be true of a soak; pure functions that say what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import linear_regression, median

from rig.history import SECOND
from rig.soak.record import Record, Sample, within

WARM_UP = 0.2  # of the run
WINDOW_S = 120.0
# A garbage collector lets memory rise and fall: the least of each window is what is held. Agents
# collect in each calm phase, of which a window has one.
RSS_SHARE, RSS_KIB = 0.05, 1024
# The runtime of Go adds a thread when more calls than before wait in C at once, and keeps it.
GO, GO_THREADS = "-go", 2
RECOVERY_S = 30.0
ACCUSERS = 2
# Packets that no node of the cluster sends to another one at any time.
NEVER = (
    "dropped_malformed",
    "dropped_version",
    "dropped_unknown_kind",
    "dropped_foreign_cluster",
    "dropped_unsealed",
    "dropped_forged",
    "dropped_oversized",
    "dropped_sessions_full",
)
# And those that trouble brings: a restart, a key that is not here yet, an answer that came late.
NOT_IN_CALM = (
    *NEVER,
    "dropped_sealed",
    "dropped_inbound",
    "dropped_rate_limited",
    "streams_refused",
    "messages_failed",
    "broadcasts_refused",
    "lagged",
    "failed",
    "unconfirmed",
)


@dataclass(frozen=True)
class Growth:
    """One figure of one process: its first and last third after the warm-up."""

    name: str
    what: str
    first: float
    last: float
    slope: float  # an hour
    allowed: float

    @property
    def flat(self) -> bool:
        """Whether the last third stays below what is allowed."""
        return self.last <= self.allowed


def problems(record: Record) -> list[str]:
    """Everything that a soak demands and that was not so."""
    return [
        *record.failures,
        *grown(record),
        *slow_recoveries(record),
        *false_deaths(record),
        *calms(record),
    ]


def grown(record: Record) -> list[str]:
    """A process that holds more at the end than in the beginning."""
    found = []
    for each in growths(record):
        if not each.flat:
            found.append(
                f"{each.name}: {each.what} grew from {each.first:.0f} to {each.last:.0f}, "
                f"allowed are {each.allowed:.0f} (slope {each.slope:+.1f} an hour)"
            )
    if not record.samples:
        found.append("no process was sampled: nothing was tried")
    return found


def growths(record: Record) -> list[Growth]:
    """All figures of all processes that lived for the whole run."""
    found = []
    for name in record.steady:
        samples = warm(record, record.of(name))
        resting = [each for each in samples if at_rest(record, each.at)]
        if len(resting) < 2:
            continue
        found.append(_growth(record, name, "RSS in KiB", lows(samples, _rss), RSS_SHARE, RSS_KIB))
        spare = GO_THREADS if name.endswith(GO) else 0
        for what, value, more in (("fds", _fds, 0), ("threads", _threads, spare)):
            points = lows(resting, value)
            found.append(_growth(record, name, what, points, 0.0, more))
    return found


def _rss(sample: Sample) -> float:
    return sample.rss


def _fds(sample: Sample) -> float:
    return sample.fds


def _threads(sample: Sample) -> float:
    return sample.threads


def warm(record: Record, samples: Sequence[Sample]) -> list[Sample]:
    """Those after the warm-up."""
    begin = record.begin + WARM_UP * (record.end - record.begin)
    return [each for each in samples if each.at >= begin]


def at_rest(record: Record, at: int) -> bool:
    """Whether the cluster was whole then, and did its usual work."""
    span = within(record.spans, at)
    return span is not None and span.what == "calm"


def lows(samples: Sequence[Sample], value: Callable[[Sample], float]) -> list[tuple[int, float]]:
    """The least value of each window."""
    windows: dict[int, list[Sample]] = {}
    for each in samples:
        windows.setdefault(int((each.at - samples[0].at) / SECOND / WINDOW_S), []).append(each)
    return [(each[0].at, min(value(it) for it in each)) for each in windows.values()]


def _growth(
    record: Record,
    name: str,
    what: str,
    points: Sequence[tuple[int, float]],
    share: float,
    more: float,
) -> Growth:
    warmed = record.begin + WARM_UP * (record.end - record.begin)
    third = (record.end - warmed) / 3
    early = [value for at, value in points if at < warmed + third] or [points[0][1]]
    late = [value for at, value in points if at >= warmed + 2 * third] or [points[-1][1]]
    hours = [(at - record.begin) / SECOND / 3600 for at, _ in points]
    slope = linear_regression(hours, [it for _, it in points]).slope if len(set(hours)) > 1 else 0.0
    first, last = median(early), median(late)
    return Growth(name, what, first, last, slope, first * (1 + share) + more)


def slow_recoveries(record: Record) -> list[str]:
    """A disturbance after which the cluster was not whole in time."""
    return [
        f"after {each.what}: not whole within {RECOVERY_S:.0f} s but after {each.seconds:.1f} s; "
        f"lacking was: {each.lacking}"
        for each in record.recoveries
        if each.seconds > RECOVERY_S
    ]


def false_deaths(record: Record) -> list[str]:
    """A living process that two others called DEAD while nothing was done to anybody."""
    found = []
    for span in record.spans:
        if not span.calm:
            continue
        accusers: dict[str, set[str]] = {}
        for each in record.deaths:
            if span.begin <= each.at < span.end:
                accusers.setdefault(each.node, set()).add(each.by)
        for node, by in accusers.items():
            if len(by) >= ACCUSERS:
                found.append(
                    f"{node} lived and was called DEAD by {', '.join(sorted(by))} in {span.what} "
                    f"at minute {record.minute(span.begin):.1f}"
                )
    return found


def calms(record: Record) -> list[str]:
    """Something that did not arrive in a calm phase, or a counter that has to stand still there."""
    found = []
    for each in record.calms:
        where = f"{each.name} in calm {each.number}"
        if each.heard != each.heard_wanted:
            found.append(f"{where}: {each.heard} broadcasts of {each.heard_wanted} were delivered")
        if each.got != each.got_wanted:
            found.append(f"{where}: {each.got} messages of {each.got_wanted} were delivered")
        found += [
            f"{where}: {counter} rose by {value}"
            for counter, value in each.counters.items()
            if value and counter in NOT_IN_CALM
        ]
    if not record.calms:
        found.append("there was no calm phase: deliveries were not tried")
    return found
