"""No doubt is ever resolved in favour of a pass."""

from __future__ import annotations

import itertools

import pytest
from testrun.counts import Counts, plain
from testrun.judge import judge


@pytest.mark.parametrize(
    ("status", "output", "expected"),
    [
        (0, "2 passed, 0 failed\n", Counts(2)),
        (0, "2 passed, 1 failed\n", Counts(2, 1)),
        (1, "2 passed, 1 failed\n", Counts(2, 1)),
        (1, "2 passed, 0 failed\n", Counts(2, 1)),
        (-9, "2 passed, 0 failed\n", Counts(2, 1)),
        (0, "0 passed, 0 failed\n", Counts(0, 1)),
        (0, "0 passed, 0 failed, 4 skipped\n", Counts(0, 1, 4)),
        (0, "fine, trust me\n", Counts(0, 1)),
        (101, "", Counts(0, 1)),
    ],
)
def test_verdict_of_counted_step(status: int, output: str, expected: Counts) -> None:
    counts, reason = judge(plain, status, output)
    assert counts == expected
    assert bool(reason) == bool(expected.failed)


def test_step_without_counts_is_one_check() -> None:
    assert judge(None, 0, "9 passed, 9 failed") == (Counts(1), "")
    assert judge(None, 3, "") == (Counts(0, 1), "exit code 3")
    assert judge(None, -6, "") == (Counts(0, 1), "killed by signal 6")


def test_nonzero_exit_never_passes_and_a_pass_always_ran_something() -> None:
    outputs = [
        f"{p} passed, {f} failed, {s} skipped\n"
        for p, f, s in itertools.product(range(3), repeat=3)
    ]
    for status, output in itertools.product((-11, 0, 1, 101), ["", "hm\n", *outputs]):
        counts, _ = judge(plain, status, output)
        if status:
            assert counts.failed
        if not counts.failed:
            assert counts.passed
