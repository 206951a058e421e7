"""Promises that only the whole record can show to be broken, and verdicts in general."""

from __future__ import annotations

import pytest

from orchestra.checker import Observation, judge, sees, wrong_broadcasts, wrong_deaths
from orchestra.contract import Broadcast, Event, Status

SENT = Broadcast("a", "hello")


def record(*entries: tuple[str, Event]) -> list[Observation]:
    return [Observation(at, who, event) for at, (who, event) in enumerate(entries)]


def test_once_each_is_right() -> None:
    assert wrong_broadcasts([SENT], record(("b", SENT), ("c", SENT))) == []


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ([("b", SENT), ("b", SENT)], "b: broadcast 'hello' of a, 2 times"),
        ([("a", SENT)], "a: its own broadcast 'hello' of a"),
        (
            [("b", Broadcast("a", "hullo"))],
            "b: broadcast 'hullo' of a, which nobody sent",
        ),
    ],
)
def test_other_deliveries_are_wrong(entries: list[tuple[str, Event]], says: str) -> None:
    assert wrong_broadcasts([SENT], record(*entries)) == [says]


def test_only_the_killed_generation_may_be_dead() -> None:
    entries = record(
        ("a", Status("b", "dead", "suspected", 5)),
        ("a", Status("b", "dead", "suspected", 6)),
        ("a", Status("c", "dead", "left", 1)),
        ("a", Status("c", "left", "alive", 1)),
    )
    assert wrong_deaths({"b": 5}, entries) == ["a: b dead at 1.00 s", "a: c dead at 2.00 s"]


def test_an_older_generation_is_no_return() -> None:
    want = sees("a", "b", "alive", newer_than=5)
    assert want.seen_at(record(("a", Status("b", "alive", "dead", 5)))) is None
    assert want.seen_at(record(("b", Status("b", "alive", "dead", 6)))) is None
    assert want.seen_at(record(("a", Status("b", "alive", "dead", 6)))) == 0


def test_a_verdict_counts_and_names_what_is_missing() -> None:
    wanted = [sees("a", "b", "alive"), sees("b", "a", "alive")]
    verdict = judge("meet", wanted, record(("a", Status("b", "alive", "unknown", 1))))
    assert (verdict.wanted, verdict.times, verdict.missing) == (2, (0,), ("b: a alive",))
    assert not verdict.passed
