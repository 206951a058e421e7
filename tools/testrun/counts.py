"""Read the counts of tests out of what the test runners print.

The rule everywhere: what cannot be read is not a pass. A reader returns None when the output holds
no summary at all, and the judge (`judge.py`) turns that into a failure.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Counts:
    """Numbers of tests."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Counts) -> Counts:
        """Sum of two."""
        return Counts(
            self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped
        )

    @property
    def executed(self) -> int:
        """Tests that ran to a verdict."""
        return self.passed + self.failed

    def line(self) -> str:
        """Return the closing line of a run, readable by people and by machines."""
        text = f"{self.passed} passed, {self.failed} failed"
        return f"{text}, {self.skipped} skipped" if self.skipped else text


# None as the whole reader means: the step is one check, judged by its exit code alone.
Reader = Callable[[str], "Counts | None"] | None

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_CARGO_TEST = re.compile(
    r"^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;", re.MULTILINE
)
_NEXTEST = re.compile(r"^\s*Summary \[.*?\]\s+(\d+)(?:/\d+)? tests? run: (.*)$", re.MULTILINE)
_NEXTEST_PART = re.compile(r"(\d+) (passed|failed|timed out|exec failed|skipped)")
_PYTEST = re.compile(
    r"^=*\s*((?:\d+ [a-z]+(?:, )?)+|no tests ran) in [\d.]+s(?: \([^)]*\))?\s*=*$", re.MULTILINE
)
_PYTEST_PART = re.compile(r"(\d+) ([a-z]+)")
_NODE = re.compile(r"^(?:#|\u2139) (pass|fail|cancelled|skipped|todo) (\d+)$", re.MULTILINE)
# `go test -v`: a line for each test, subtests indented, and one for each package.
_GO = re.compile(r"^ *--- (PASS|FAIL|SKIP): ", re.MULTILINE)
_GO_PACKAGE = re.compile(r"^(ok|FAIL)\s+\S+\s+(?:\(cached\)|[\d.]+s|\[[^\]]+\])", re.MULTILINE)
_PLAIN = re.compile(
    r"^(?:[\w-]+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$", re.MULTILINE
)


def plain_text(output: str) -> str:
    """Return the output without colours and with bare line ends."""
    return _ANSI.sub("", output).replace("\r\n", "\n").replace("\r", "\n")


def _sum(found: list[Counts]) -> Counts | None:
    return sum(found, Counts()) if found else None


def cargo(output: str) -> Counts | None:
    """Read `cargo test` (one summary a test binary) or `cargo nextest`."""
    text = plain_text(output)
    found = [Counts(int(m[1]), int(m[2]), int(m[3])) for m in _CARGO_TEST.finditer(text)]
    for summary in _NEXTEST.finditer(text):
        parts = _tally(_NEXTEST_PART, summary[2])
        failed = parts.get("failed", 0) + parts.get("timed out", 0) + parts.get("exec failed", 0)
        found.append(Counts(parts.get("passed", 0), failed, parts.get("skipped", 0)))
    return _sum(found)


def pytest(output: str) -> Counts | None:
    """Read pytest's closing line. An expected failure proves nothing, so it counts as skipped."""
    found = []
    for summary in _PYTEST.finditer(plain_text(output)):
        parts = _tally(_PYTEST_PART, summary[1])
        known = {"passed", "xpassed", "failed", "error", "errors", "skipped", "xfailed"}
        if summary[1] != "no tests ran" and not known & parts.keys():
            continue
        found.append(
            Counts(
                parts.get("passed", 0) + parts.get("xpassed", 0),
                parts.get("failed", 0) + parts.get("error", 0) + parts.get("errors", 0),
                parts.get("skipped", 0) + parts.get("xfailed", 0),
            )
        )
    return _sum(found)


def node(output: str) -> Counts | None:
    """Read the totals of `node --test`, from its TAP or its spec reporter."""
    parts: dict[str, int] = {}
    for match in _NODE.finditer(plain_text(output)):
        parts[match[1]] = parts.get(match[1], 0) + int(match[2])
    if "pass" not in parts or "fail" not in parts:
        return None
    return Counts(
        parts["pass"],
        parts["fail"] + parts.get("cancelled", 0),
        parts.get("skipped", 0) + parts.get("todo", 0),
    )


def go(output: str) -> Counts | None:
    """Read `go test -v`. A package that fails without a failed test (no build, a crash) counts."""
    text = plain_text(output)
    packages = [match[1] for match in _GO_PACKAGE.finditer(text)]
    if not packages:
        return None
    verdicts = [match[1] for match in _GO.finditer(text)]
    failed = max(verdicts.count("FAIL"), packages.count("FAIL"))
    return Counts(verdicts.count("PASS"), failed, verdicts.count("SKIP"))


def plain(output: str) -> Counts | None:
    """Read lines of our own: `N passed, N failed[, N skipped]`, alone on a line."""
    return _sum(
        [Counts(int(m[1]), int(m[2]), int(m[3] or 0)) for m in _PLAIN.finditer(plain_text(output))]
    )


def _tally(pattern: re.Pattern[str], text: str) -> dict[str, int]:
    parts: dict[str, int] = {}
    for match in pattern.finditer(text):
        parts[match[2]] = parts.get(match[2], 0) + int(match[1])
    return parts
