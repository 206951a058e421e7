"""The gate of instructions lets through what it should, and nothing else."""

from __future__ import annotations

import gate
import pytest


def test_the_sum_is_found_and_none_is_an_error() -> None:
    assert gate.total("events: Ir\nfn=(1)\n1 5\n\ntotals: 51200\n") == 51200
    for nothing in ("", "events: Ir\n", "totals: 0\n"):
        with pytest.raises(ValueError, match="marks"):
            gate.total(nothing)


@pytest.mark.parametrize(
    ("now", "bad"), [(1000, 0), (500, 0), (int(1000 * gate.MARGIN), 0), (1100, 1)]
)
def test_more_than_the_margin_fails(now: int, bad: int) -> None:
    assert len(gate.report({"open": now}, {"open": 1000})) == bad


def test_what_was_never_measured_fails() -> None:
    assert gate.report({"open": 1, "new": 1}, {"open": 1}) == ["new is not in the baseline"]
