"""The lines of the contract are read right, and other lines are refused."""

from __future__ import annotations

import pytest

from orchestra.contract import Broadcast, ContractError, Event, Left, Started, Status, parse


@pytest.mark.parametrize(
    ("line", "event"),
    [
        (
            '{"event":"started","node":"a","address":"[::1]:99","generation":7}',
            Started("a", "[::1]:99", 7),
        ),
        (
            '{"event":"status","node":"b","status":"dead","previous":"alive","generation":8}',
            Status("b", "dead", "alive", 8),
        ),
        ('{"event":"broadcast","origin":"b","text":"hé\\n"}', Broadcast("b", "hé\n")),
        ('{"event":"left"}\n', Left()),
    ],
)
def test_lines_of_the_contract(line: str, event: Event) -> None:
    assert parse(line) == event


def test_the_port_is_the_last_part_of_the_address() -> None:
    assert Started("a", "[::1]:99", 7).port == 99


@pytest.mark.parametrize(
    "line",
    [
        "hello",
        "[]",
        '{"event":"other"}',
        '{"event":"started","node":"a","address":"nowhere","generation":7}',
        '{"event":"started","node":"a","address":"h:1"}',
        '{"event":"status","node":"b","status":3,"previous":"alive","generation":8}',
        '{"event":"status","node":"b","status":"dead","previous":"alive","generation":true}',
        '{"event":"broadcast","origin":"b"}',
    ],
)
def test_other_lines_are_refused(line: str) -> None:
    with pytest.raises(ContractError):
        parse(line)
