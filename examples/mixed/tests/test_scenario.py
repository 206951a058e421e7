"""The demo passes when all was seen, and fails when any one thing was not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from orchestra import scenario as parts
from orchestra import summary
from orchestra.checker import Verdict
from orchestra.contract import Broadcast, Event, Left, Status
from orchestra.languages import Language
from orchestra.scenario import Deadlines, Scenario
from orchestra.timeline import Timeline
from played import Keep, PlayedFleet

SHORT = Deadlines(*(0.02,) * 6)
Play = Callable[..., list[Verdict]]


@pytest.fixture
def play(timeline: Timeline, languages: tuple[Language, ...]) -> Play:
    def run(keep: Keep, exit_codes: dict[str, int] | None = None) -> list[Verdict]:
        async def go() -> list[Verdict]:
            fleet = PlayedFleet(timeline, keep)
            fleet.exit_codes = exit_codes or {}
            scenario = Scenario(fleet, timeline, languages, SHORT)
            await scenario.play()
            return scenario.conclude()

        return asyncio.run(go())

    return run


def everything(_observer: str, _event: Event) -> bool:
    return True


def missing(verdicts: list[Verdict]) -> dict[str, tuple[str, ...]]:
    return {verdict.title: verdict.missing for verdict in verdicts if verdict.missing}


def test_a_perfect_cluster_passes(play: Play) -> None:
    verdicts = play(everything)
    assert summary.passed(verdicts), missing(verdicts)
    wanted = {verdict.title: verdict.wanted for verdict in verdicts}
    assert wanted[parts.JOINED] == 8 * 7
    assert wanted[parts.TALKED] == wanted[parts.ONCE] == 4 * 7
    assert wanted[parts.SUSPECTED] == 7 + 7
    assert wanted[parts.RETURNED] == 7 + 7
    assert wanted[parts.PARTED] == 7 + 1
    assert wanted[parts.ENDED] == 8


@pytest.mark.parametrize(
    ("observer", "lost", "part", "says"),
    [
        ("c-2", Status("rust-1", "alive", "unknown", 1), parts.JOINED, "c-2: rust-1 alive"),
        (
            "python-2",
            Broadcast("node-1", "hello from node-1"),
            parts.TALKED,
            "python-2: broadcast 'hello from node-1' of node-1",
        ),
        (
            "c-1",
            Status("node-2", "suspected", "unknown", 8),
            parts.SUSPECTED,
            "c-1: node-2 suspected",
        ),
        ("rust-2", Status("node-2", "dead", "unknown", 8), parts.SUSPECTED, "rust-2: node-2 dead"),
        (
            "node-1",
            Status("node-2", "alive", "unknown", 9),
            parts.RETURNED,
            "node-1: node-2 alive in a generation after 8",
        ),
        ("node-2", Status("c-2", "left", "unknown", 6), parts.PARTED, "node-2: c-2 left"),
        ("c-2", Left(), parts.PARTED, "c-2: has left"),
    ],
)
def test_one_event_less_is_missed(
    play: Play, observer: str, lost: Event, part: str, says: str
) -> None:
    verdicts = play(lambda who, event: (who, event) != (observer, lost))
    assert not summary.passed(verdicts)
    assert missing(verdicts) == {part: (says,)}


def test_what_follows_a_failed_part_is_not_reached(play: Play) -> None:
    verdicts = play(lambda _who, event: not isinstance(event, Broadcast))
    reached = {verdict.title: verdict.reached for verdict in verdicts}
    assert reached[parts.JOINED]
    assert reached[parts.TALKED]
    assert not reached[parts.SUSPECTED]
    assert not reached[parts.ENDED]


def test_a_bad_exit_code_is_missed(play: Play) -> None:
    verdicts = play(everything, exit_codes={"python-1": 3})
    assert missing(verdicts) == {parts.ENDED: ("python-1: exit code 3",)}
