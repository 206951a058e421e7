"""What a person sees: progress, then a table, the time budget and the closing line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

from testrun.counts import Counts, plain_text
from testrun.model import MINUTE, Outcome, Result, Step

TAIL_LINES = 40
EVIDENCE_LINES, EVIDENCE_WIDTH = 3, 160
_HEADINGS = ("room", "step", "result", "passed", "failed", "skipped", "seconds")

# How the runners of this project's languages name what failed. A log of which somebody keeps the
# end alone must still say which test it was.
_EVIDENCE = re.compile(
    r"FAILED|--- FAIL|^not ok|^\u2716|panicked at|CHECK\(|REQUIRE\(|AssertionError|assertion failed"
    r"|(?:Address|Leak|Thread)Sanitizer|runtime error|DATA RACE|exit status|^error"
)


class Screen:
    """Progress. A terminal gets a running clock; a log gets one line a step."""

    def __init__(self, out: TextIO) -> None:
        """Write to `out`."""
        self._out = out
        self._live = out.isatty()
        self._head = ""
        self._shown = -1

    def begin(self, number: int, total: int, step: Step) -> None:
        """Announce a step before it starts, so that a hang names itself."""
        width = len(str(total))
        self._head = f"[{number:>{width}}/{total}] {step.label:<36}"
        self._shown = -1
        self._out.write(self._head)
        self._out.flush()

    def tick(self, elapsed: float) -> None:
        """Move the clock of the running step."""
        if self._live and int(elapsed) != self._shown:
            self._shown = int(elapsed)
            self._out.write(f"\r{self._head} {self._shown:>5} s")
            self._out.flush()

    def end(self, result: Result, log: Path) -> None:
        """Close the line of a step, and show the tail of a failing one."""
        start = f"\r{self._head}" if self._live else ""
        detail = result.reason or _brief(result.counts)
        self._out.write(f"{start} {result.seconds:>7.1f} s  {result.outcome.value}  {detail}\n")
        if result.outcome is Outcome.FAILED and log.exists():
            self._out.write(tail(log))
        self._out.flush()

    def say(self, text: str) -> None:
        """Write a block of lines."""
        self._out.write(f"{text}\n")
        self._out.flush()


def tail(log: Path) -> str:
    """Return the last lines of a log, indented, under the name of the file."""
    lines = log.read_text(errors="replace").splitlines()
    left_out = len(lines) - TAIL_LINES
    head = f"    --- {log.parent.name}/{log.name}"
    if left_out > 0:
        head += f" ({left_out} lines above)"
    return "\n".join([head, *(f"    | {line}" for line in lines[-TAIL_LINES:])]) + "\n"


def evidence(log: Path) -> list[str]:
    """Return the first lines of a log that name a failure, cut to a width, without repetitions."""
    if not log.exists():
        return []
    lines = (line.strip() for line in plain_text(log.read_text(errors="replace")).splitlines())
    told = (line for line in lines if _EVIDENCE.search(line) and not line.startswith("$ "))
    found = dict.fromkeys(line[:EVIDENCE_WIDTH] for line in told)
    return list(found)[:EVIDENCE_LINES]


def failure(result: Result, log: Path) -> str:
    """Return what failed, and the lines of its log that say so."""
    head = f"{result.step.label}: {result.reason}"
    return "\n".join([head, *(f"    {line}" for line in evidence(log))])


def table(results: Sequence[Result]) -> str:
    """Return all steps with their counts."""
    rows = [_HEADINGS, *(_row(result) for result in results)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEADINGS))]
    lines = []
    for row in rows:
        words = [cell.ljust(width) for cell, width in zip(row[:3], widths[:3], strict=True)]
        numbers = [cell.rjust(width) for cell, width in zip(row[3:], widths[3:], strict=True)]
        lines.append("  ".join([*words, *numbers]).rstrip())
    lines.insert(1, "-" * max(map(len, lines)))
    return "\n".join(lines)


def budget(results: Sequence[Result], minutes: Mapping[str, float]) -> str:
    """Return the time used in each room against what it may use."""
    lines = ["time budget       used   allowed"]
    for room, allowed in minutes.items():
        used = sum(result.seconds for result in results if result.step.room == room) / MINUTE
        lines.append(_budget_row(room, used, allowed))
    used = sum(result.seconds for result in results) / MINUTE
    lines.append(_budget_row("total", used, sum(minutes.values())))
    return "\n".join(lines)


def total(results: Sequence[Result]) -> Counts:
    """Return the sum over all steps."""
    return sum((result.counts for result in results), Counts())


def proved_nothing(results: Sequence[Result]) -> bool:
    """Tell whether no check ran at all; getting ready (steps that always run) is not a check."""
    return not any(result.counts.executed for result in results if not result.step.always)


def _row(result: Result) -> tuple[str, ...]:
    counts = result.counts
    return (
        result.step.room,
        result.step.name,
        result.outcome.value,
        str(counts.passed),
        str(counts.failed),
        str(counts.skipped),
        f"{result.seconds:.1f}",
    )


def _budget_row(room: str, used: float, allowed: float) -> str:
    over = "  OVER" if used > allowed else ""
    return f"  {room:<11} {used:>6.1f} m  {allowed:>6.1f} m{over}"


def _brief(counts: Counts) -> str:
    return "" if counts == Counts(passed=1) else counts.line()
