"""What must be seen, and by whom: pure functions over what was recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from orchestra.contract import Broadcast, Event, Status


@dataclass(frozen=True)
class Observation:
    """One event as one member reported it, seconds after the demo began."""

    at: float
    observer: str
    event: Event


@dataclass(frozen=True)
class Wanted:
    """An event that one member must report."""

    observer: str
    what: str
    matches: Callable[[Event], bool] = field(repr=False, compare=False)

    def seen_at(self, record: Iterable[Observation]) -> float | None:
        """When it was first reported, or None."""
        for observation in record:
            if observation.observer == self.observer and self.matches(observation.event):
                return observation.at
        return None

    def __str__(self) -> str:
        """Say who did not report what."""
        return f"{self.observer}: {self.what}"


@dataclass(frozen=True)
class Verdict:
    """How one part of the demo went; `times` are those of what was seen."""

    title: str
    wanted: int
    times: tuple[float, ...] = ()
    missing: tuple[str, ...] = ()
    figures: dict[str, float] = field(default_factory=dict)
    reached: bool = True

    @property
    def passed(self) -> bool:
        """Whether all of it was seen."""
        return self.reached and not self.missing


def judge(title: str, wanted: Sequence[Wanted], record: Sequence[Observation]) -> Verdict:
    """Hold what was recorded against what was wanted."""
    seen = [(want, want.seen_at(record)) for want in wanted]
    times = tuple(at for _, at in seen if at is not None)
    missing = tuple(str(want) for want, at in seen if at is None)
    return Verdict(title, len(wanted), times, missing)


def never(title: str, violations: Sequence[str], watched: int) -> Verdict:
    """Judge what must not have happened to `watched` things."""
    return Verdict(title, watched, (0.0,) * (watched - len(violations)), tuple(violations))


def sees(observer: str, node: str, status: str, newer_than: int = -1) -> Wanted:
    """`observer` sees `node` in this status, in a generation above `newer_than`."""

    def matches(event: Event) -> bool:
        return (
            isinstance(event, Status)
            and (event.node, event.status) == (node, status)
            and event.generation > newer_than
        )

    since = f" in a generation after {newer_than}" if newer_than >= 0 else ""
    return Wanted(observer, f"{node} {status}{since}", matches)


def hears(observer: str, origin: str, text: str) -> Wanted:
    """`observer` receives this broadcast."""
    sent = Broadcast(origin, text)
    return Wanted(observer, f"broadcast {text!r} of {origin}", lambda event: event == sent)


def wrong_broadcasts(sent: Sequence[Broadcast], record: Sequence[Observation]) -> list[str]:
    """Deliveries that break a promise: to the origin, more than once, or of what nobody sent."""
    counts: dict[tuple[str, Broadcast], int] = {}
    for observation in record:
        if isinstance(observation.event, Broadcast):
            key = (observation.observer, observation.event)
            counts[key] = counts.get(key, 0) + 1
    wrong = []
    for (observer, event), count in counts.items():
        what = f"broadcast {event.text!r} of {event.origin}"
        if event not in sent:
            wrong.append(f"{observer}: {what}, which nobody sent")
        elif observer == event.origin:
            wrong.append(f"{observer}: its own {what}")
        elif count > 1:
            wrong.append(f"{observer}: {what}, {count} times")
    return wrong


def wrong_deaths(killed: Mapping[str, int], record: Sequence[Observation]) -> list[str]:
    """Nodes declared dead although they lived or left; `killed` has the generations that died."""
    wrong = []
    for observation in record:
        event = observation.event
        if not isinstance(event, Status) or event.status != "dead":
            continue
        if killed.get(event.node) != event.generation:
            wrong.append(f"{observation.observer}: {event.node} dead at {observation.at:.2f} s")
    return wrong
