"""The end of the demo: a table for people, a file for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from orchestra.checker import Verdict

# Missing lines shown per part; the file has all of them.
SHOWN = 12


def passed(verdicts: Sequence[Verdict]) -> bool:
    """Whether everything was seen."""
    return bool(verdicts) and all(verdict.passed for verdict in verdicts)


def figures(verdicts: Sequence[Verdict]) -> dict[str, float]:
    """All measurements, by name."""
    return {name: value for verdict in verdicts for name, value in verdict.figures.items()}


def show(console: Console, verdicts: Sequence[Verdict]) -> None:
    """Draw the table, and below it what was missing and from whom."""
    table = Table(title="seafoam: one cluster in many languages", title_justify="left")
    table.add_column("what")
    table.add_column("wanted", justify="right")
    table.add_column("seen", justify="right")
    table.add_column("verdict")
    table.add_column("figures", no_wrap=True)
    for verdict in verdicts:
        table.add_row(
            verdict.title,
            str(verdict.wanted) if verdict.reached else "-",
            str(len(verdict.times)) if verdict.reached else "-",
            _word(verdict),
            "\n".join(_figure(name, value) for name, value in verdict.figures.items()),
        )
    console.print(table)
    for verdict in verdicts:
        for line in verdict.missing[:SHOWN]:
            console.print(f"{verdict.title}: {line}", style="red", highlight=False)
        if len(verdict.missing) > SHOWN:
            console.print(f"{verdict.title}: and {len(verdict.missing) - SHOWN} more", style="red")


def write(path: Path, verdicts: Sequence[Verdict]) -> None:
    """Write verdicts and figures as JSON."""
    parts = [
        {
            "what": verdict.title,
            "wanted": verdict.wanted,
            "seen": len(verdict.times),
            "passed": verdict.passed,
            "missing": list(verdict.missing),
        }
        for verdict in verdicts
    ]
    measured = {name: round(value, 4) for name, value in figures(verdicts).items()}
    document = {"passed": passed(verdicts), "figures": measured, "parts": parts}
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _word(verdict: Verdict) -> str:
    if not verdict.reached:
        return "[yellow]not reached[/]"
    return "[green]ok[/]" if verdict.passed else "[bold red]FAILED[/]"


def _figure(name: str, value: float) -> str:
    """`leave_millis` 12.3 as `leave 12.3 ms`."""
    words, _, unit = name.rpartition("_")
    short, digits = {"seconds": ("s", 2), "millis": ("ms", 1)}[unit]
    return f"{words.replace('_', ' ')} {value:.{digits}f} {short}"
