#!/usr/bin/env python3
"""Measure how events reach each language, one after the other, and write the table and the chart.

usage: bench_bindings.py [--from FILE] [LANGUAGE...]

Each language has a bench of its own that prints one JSON object a line: `language`, `measure`,
`unit`, `values` (one a run), and where something is compared, `peer` and `peer_values`. This runs
them, keeps all lines in build/bench-bindings.jsonl, and replaces what stands between the markers in
docs/measurements.md. With --from nothing runs: the lines of an earlier run are drawn again.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pygal
from pygal.style import Style

TREE = Path(__file__).resolve().parents[1]
PAGE = TREE / "docs" / "measurements.md"
CHART = TREE / "docs" / "charts" / "bindings.svg"
LINES = TREE / "build" / "bench-bindings.jsonl"
BLOCK = re.compile(r"(<!-- measured: bindings -->\n).*?(<!-- end -->)", re.DOTALL)

# In this order; each builds what it needs.
COMMANDS: dict[str, tuple[str, ...]] = {
    "c": ("make", "--no-print-directory", "-C", "ffi-c/tests", "bench"),
    "c++": ("make", "--no-print-directory", "-C", "cpp", "bench"),
    "go": ("make", "--no-print-directory", "-C", "go", "bench"),
    "python": ("py/bench/run.sh",),
    "node": ("npm", "--prefix", "node", "run", "--silent", "bench"),
}
NAMES = {"c": "C", "c++": "C++", "go": "Go", "python": "Python", "node": "Node"}


@dataclass(frozen=True)
class Wanted:
    """What a figure must reach: its median, and its median beside the peer's."""

    least: float | None = None
    most: float | None = None
    ratio: float | None = None

    def met(self, middle: float, ratio: float | None) -> bool:
        """Tell whether the figure reaches all of it."""
        return (
            (self.least is None or middle >= self.least)
            and (self.most is None or middle <= self.most)
            and (self.ratio is None or (ratio is not None and ratio >= self.ratio))
        )


LATENCY = Wanted(most=200)
MEMORY = Wanted(most=128 * 1024)
# Each measure in words, and what is wanted of it; in the order of the table.
MEASURES: dict[tuple[str, str], tuple[str, Wanted | None]] = {
    ("c", "throughput_next_batch"): ("`seafoam_events_next_batch`", Wanted(least=10e6)),
    ("c", "throughput_next_batch_deep"): ("the same, 50 000 waiting", Wanted(least=10e6)),
    ("c", "publish_ns"): ("publishing what is read so", None),
    ("c", "throughput_next"): ("`seafoam_events_next`", None),
    ("c", "throughput_next_with_fd"): ("the same, with its descriptor", None),
    ("c", "callback_overhead_ns"): ("callback, above the empty one", Wanted(most=50)),
    ("c", "callback_overhead_deep_ns"): ("the same, 50 000 waiting", None),
    ("c", "callback_overhead_event_ns"): ("callback for any event", None),
    ("c++", "throughput_next_batch"): ("`next_batch`", None),
    ("c++", "throughput_range_for"): ("range-for", None),
    ("go", "throughput_range"): ("`for range`, published meanwhile", Wanted(least=5e6)),
    ("go", "throughput_range_wall"): ("the same, by the clock on the wall", Wanted(least=5e6)),
    ("go", "throughput_range_waiting"): ("`for range`, events that wait", Wanted(least=5e6)),
    ("go", "throughput_range_waiting_wall"): (
        "the same, by the clock on the wall",
        Wanted(least=5e6),
    ),
    ("python", "throughput_async_for"): ("`async for`", Wanted(least=2.5e6, ratio=1.5)),
    ("python", "throughput_async_for_wall"): (
        "the same, by the clock on the wall",
        Wanted(least=2.5e6, ratio=1.5),
    ),
    ("python", "throughput_async_batches"): ("`async for batch`", None),
    ("python", "throughput_async_batches_wall"): ("the same, by the clock on the wall", None),
    ("python", "throughput_blocking_for"): ("`for`, in a thread", Wanted(least=4e6)),
    ("python", "throughput_blocking_for_wall"): (
        "the same, by the clock on the wall",
        Wanted(least=4e6),
    ),
    ("node", "throughput_for_await"): ("`for await`", Wanted(least=1.5e6)),
}
for each_language in COMMANDS:
    MEASURES |= {
        (each_language, "latency_p50_us"): ("from publishing to the reader, median", LATENCY),
        (each_language, "latency_p99_us"): ("the same, p99", None),
        (each_language, "memory_per_subscription_bytes"): ("an idle subscription", MEMORY),
    }
MEASURES |= {
    ("python", "latency_p50_us_blocking"): ("from publishing to a thread, median", LATENCY),
    ("python", "latency_p99_us_blocking"): ("the same, p99", None),
    ("python", "memory_per_subscription_bytes_blocking"): ("an idle one of threads", MEMORY),
}


def figures(text: str) -> list[dict[str, Any]]:
    """Pick the lines that are figures out of what a bench printed."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def measure(languages: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Run the benches; what they say beside their figures goes to stderr."""
    for language in languages:
        load = os.getloadavg()[0]
        print(f"bench: {NAMES[language]}, load {load:.1f}", file=sys.stderr, flush=True)
        command = COMMANDS[language]
        done = subprocess.run(command, cwd=TREE, stdout=subprocess.PIPE, text=True, check=True)
        found = figures(done.stdout)
        if not found:
            raise SystemExit(f"bench: {' '.join(command)} printed no figure")
        for line in found:
            print(f"  {line['measure']}: {shown(line)}", file=sys.stderr, flush=True)
            yield {**line, "load": round(load, 1)}


def number(value: float, unit: str) -> str:
    """Write a figure with three digits that count."""
    if unit == "events/s":
        value, unit = value / 1e6, "M/s"
    elif unit == "bytes" and abs(value) >= 1024:
        value, unit = value / 1024, "KiB"
    value = max(value, 0.0)  # memory that was there already
    digits = 0 if value == 0 else max(0, 2 - math.floor(math.log10(value)))
    return f"{value:.{min(digits, 2)}f} {'µs' if unit == 'us' else unit}"


def shown(line: dict[str, Any]) -> str:
    """Write the median, and what the runs were between."""
    values, unit = line["values"], line["unit"]
    low, high = number(min(values), unit), number(max(values), unit)
    if low.split(" ")[1] == high.split(" ")[1]:
        low = low.split(" ")[0]
    return f"{number(statistics.median(values), unit)} ({low} to {high})"


def ratio_of(line: dict[str, Any]) -> float | None:
    """Return how the median stands to the peer's, where both are rates."""
    if "peer_values" not in line or line["unit"] != "events/s":
        return None
    return float(statistics.median(line["values"]) / statistics.median(line["peer_values"]))


def wish(wanted: Wanted | None, unit: str) -> str:
    """Write what is wanted."""
    if wanted is None:
        return ""
    parts = []
    if wanted.least is not None:
        parts.append(f"{number(wanted.least, unit)} or more")
    if wanted.most is not None:
        parts.append(f"{number(wanted.most, unit)} or less")
    if wanted.ratio is not None:
        parts.append(f"{wanted.ratio:g} times the other")
    return ", ".join(parts)


def rows(lines: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    """Make the rows of the table, in its order; a measure without a place is refused."""
    known = {(line["language"], line["measure"]): line for line in lines}
    if unplaced := known.keys() - MEASURES.keys():
        raise SystemExit(f"bench: no row is planned for {sorted(unplaced)}")
    for language in COMMANDS:
        for key, (what, wanted) in MEASURES.items():
            if key[0] != language or key not in known:
                continue
            line = known[key]
            ratio = ratio_of(line)
            beside = ""
            if "peer_values" in line:
                middle = number(statistics.median(line["peer_values"]), line["unit"])
                beside = f"{line['peer']}: {middle}"
            met = ""
            if wanted is not None:
                met = "yes" if wanted.met(statistics.median(line["values"]), ratio) else "**no**"
            factor = "" if ratio is None else f"{ratio:.2f}"
            words = (NAMES[language], what, shown(line), beside, factor)
            yield (*words, wish(wanted, line["unit"]), met)


def table(lines: list[dict[str, Any]], day: str) -> str:
    """Write the block between the markers."""
    head = ("language", "way", "median (five runs)", "beside it", "ratio", "wanted", "met")
    loads = [line["load"] for line in lines]
    text = f"Measured on {day}; load average while it ran {min(loads)} to {max(loads)} on "
    text += f"{os.cpu_count()} cores.\n\n"
    for row in (head, ("---",) * len(head), *rows(lines)):
        text += f"| {' | '.join(row)} |\n"
    return f"{text}\n![Events per second in each language](charts/{CHART.name})\n\n"


def chart(lines: list[dict[str, Any]]) -> bytes:
    """Draw the rates and what they stand beside."""
    style = Style(background="white", plot_background="white", font_family="sans-serif")
    bars = pygal.HorizontalBar(
        style=style,
        js=[],
        print_values=True,
        print_values_position="center",
        value_formatter=lambda value: f"{value:.1f}",
        title="Broadcasts of 64 bytes, million events a second (median of five runs)",
        legend_at_bottom=True,
        legend_at_bottom_columns=3,
        logarithmic=False,
        truncate_label=-1,
        truncate_legend=-1,
        disable_xml_declaration=True,
        width=900,
        height=560,
    )
    known = {(line["language"], line["measure"]): line for line in lines}
    # The first from above is drawn last.
    rates = [key for key in MEASURES if key in known and known[key]["unit"] == "events/s"][::-1]
    for key in rates:
        if MEASURES[key][1] is None or key[1].endswith(("_deep", "_wall")):
            continue
        title = f"{NAMES[key[0]]} {MEASURES[key][0].replace('`', '')}"
        bars.add(title, [statistics.median(known[key]["values"]) / 1e6])
    # Neither names made by chance, nor scripts from elsewhere.
    text = str(bars.render())
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "bindings", text)
    return re.sub(r"<script.*?</script>|<!--.*?-->", "", text, flags=re.DOTALL).encode() + b"\n"


def main() -> int:
    """Measure, or read what was measured, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--from", dest="source", type=Path, help="lines of an earlier run")
    parser.add_argument("languages", nargs="*", choices=[*COMMANDS, []])
    given = parser.parse_args()
    languages = given.languages or list(COMMANDS)
    if given.source:
        lines = figures(given.source.read_text(encoding="utf-8"))
    else:
        lines = list(measure(languages))
        LINES.parent.mkdir(exist_ok=True)
        LINES.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    if set(languages) != set(COMMANDS):
        print("bench: not all languages were measured: the page stays as it is", file=sys.stderr)
        return 0
    text = PAGE.read_text(encoding="utf-8")
    if len(BLOCK.findall(text)) != 1:
        raise SystemExit(f"bench: {PAGE.name} has no place for the table")
    block = table(lines, datetime.now(timezone.utc).date().isoformat())
    PAGE.write_text(BLOCK.sub(lambda at: at[1] + block + at[2], text), encoding="utf-8")
    CHART.parent.mkdir(exist_ok=True)
    CHART.write_bytes(chart(lines))
    print(f"bench: {PAGE.relative_to(TREE)} and {CHART.relative_to(TREE)} are rewritten")
    return 0


if __name__ == "__main__":
    sys.exit(main())
