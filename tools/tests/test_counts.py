"""Every runner's summary is read right, and what is no summary is not read at all."""

from __future__ import annotations

import pytest
from testrun import counts
from testrun.counts import Counts, Reader

CARGO = """
running 3 tests
test a ... ok
test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
     Running tests/b.rs
test result: ok. 4 passed; 0 failed; 0 ignored; 0 measured; 2 filtered out; finished in 0.10s
"""
CARGO_EMPTY = """
running 0 tests

test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
"""
PYTEST_LONG = "=== 2 failed, 3 passed, 1 skipped, 4 warnings in 61.20s (0:01:01) ==="
PLAIN_TWO = "abi: 5 passed, 1 failed\r\nhpp: 2 passed, 0 failed, 3 skipped\n"
NEXTEST = (
    "     Summary [   0.509s] 12 tests run: 9 passed (1 slow), 2 failed, 1 timed out, 3 skipped\n"
)
NODE_TAP = "# tests 7\n# suites 1\n# pass 4\n# fail 1\n# cancelled 1\n# skipped 1\n# todo 0\n"
NODE_SPEC = "\u2139 tests 2\n\u2139 pass 2\n\u2139 fail 0\n\u2139 cancelled 0\n\u2139 skipped 0\n"


GO_OK = (
    "=== RUN   TestA\n--- PASS: TestA (0.00s)\n    --- PASS: TestA/b (0.00s)\n"
    "--- SKIP: TestC (0.00s)\n"
    "PASS\nok  \tseafoam\t0.412s\n?   \tseafoam/x\t[no test files]\n"
)
GO_FAILED = (
    "--- FAIL: TestA (0.00s)\n    a_test.go:3: no\n--- PASS: TestB (0.01s)\n"
    "FAIL\nFAIL\tseafoam\t0.4s\n"
)
GO_NO_BUILD = "# seafoam [seafoam.test]\n./a.go:1:1: no\nFAIL\tseafoam [build failed]\nFAIL\n"


@pytest.mark.parametrize(
    ("reader", "output", "expected"),
    [
        (counts.cargo, CARGO, Counts(5, 1, 1)),
        (counts.cargo, CARGO_EMPTY, Counts()),
        (counts.cargo, NEXTEST, Counts(9, 3, 3)),
        (counts.pytest, "===== 3 passed in 0.12s =====", Counts(3)),
        (counts.pytest, PYTEST_LONG, Counts(3, 2, 1)),
        (counts.pytest, "1 passed, 1 xfailed, 1 xpassed, 2 errors in 0.12s", Counts(2, 2, 1)),
        (counts.pytest, "\x1b[32m\x1b[1m3 passed\x1b[0m\x1b[32m in 0.01s\x1b[0m", Counts(3)),
        (counts.pytest, "===== no tests ran in 0.01s =====", Counts()),
        (counts.node, NODE_TAP, Counts(4, 2, 1)),
        (counts.node, NODE_SPEC, Counts(2)),
        (counts.node, NODE_SPEC + NODE_TAP, Counts(6, 2, 1)),
        (counts.go, GO_OK, Counts(2, 0, 1)),
        (counts.go, GO_FAILED, Counts(1, 1)),
        (counts.go, GO_NO_BUILD, Counts(0, 1)),
        (counts.go, GO_OK + GO_NO_BUILD, Counts(2, 1, 1)),
        (counts.plain, "5 passed, 0 failed", Counts(5)),
        (counts.plain, PLAIN_TWO, Counts(7, 1, 3)),
    ],
)
def test_reads_summary(reader: Reader, output: str, expected: Counts) -> None:
    assert reader is not None
    assert reader(f"building\n{output}\nbye\n") == expected


@pytest.mark.parametrize(
    "reader", [counts.cargo, counts.pytest, counts.node, counts.go, counts.plain]
)
@pytest.mark.parametrize(
    "output",
    [
        "",
        "all is well\n",
        "error: could not compile `seafoam`\n",
        "I think that 5 passed, 0 failed or so\n",
        "5 deselected in 0.10s\n",
        "# pass 3\n",
    ],
)
def test_reads_nothing_where_nothing_is(reader: Reader, output: str) -> None:
    assert reader is not None
    assert reader(output) is None


def test_closing_line_names_skips_only_if_there_are_any() -> None:
    assert Counts(3, 0, 0).line() == "3 passed, 0 failed"
    assert Counts(3, 1, 2).line() == "3 passed, 1 failed, 2 skipped"
