"""The report of a soak: tables and charts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median

import pygal
from pygal.style import Style

from rig.history import SECOND
from rig.soak.judge import RECOVERY_S, WARM_UP, growths
from rig.soak.record import Record, Sample

BEGIN, END = "<!-- soak: begin -->", "<!-- soak: end -->"
COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b", "#888888")
POINTS = 240  # of a line; more than that no eye tells apart
CPU_S = 60.0
Rows = list[tuple[str, ...]]


def tables(record: Record) -> list[tuple[str, tuple[str, ...], Rows]]:
    """Title, headings and rows of all that was measured."""
    return [
        (
            "Processes that lived for the whole run",
            ("process", "figure", "first third", "last third", "allowed", "an hour", "verdict"),
            [
                (
                    each.name,
                    each.what,
                    f"{each.first:.0f}",
                    f"{each.last:.0f}",
                    f"{each.allowed:.0f}",
                    f"{each.slope:+.1f}",
                    "flat" if each.flat else "GREW",
                )
                for each in growths(record)
            ],
        ),
        (
            f"Whole again, seconds (bound {RECOVERY_S:.0f})",
            ("after", "times", "median", "worst"),
            _recoveries(record),
        ),
        ("Calm phases", ("what", "count"), _calms(record)),
        (
            "In all",
            ("what", "count"),
            [(key, str(it)) for key, it in sorted(record.totals.items())],
        ),
    ]


def _recoveries(record: Record) -> Rows:
    found: Rows = []
    for what in dict.fromkeys(each.what for each in record.recoveries):
        seconds = [each.seconds for each in record.recoveries if each.what == what]
        found.append((what, str(len(seconds)), f"{median(seconds):.1f}", f"{max(seconds):.1f}"))
    return found


def _calms(record: Record) -> Rows:
    numbers = {each.number for each in record.calms}
    rows = [
        ("phases", len(numbers)),
        ("broadcasts to be delivered", sum(each.heard_wanted for each in record.calms)),
        ("delivered", sum(each.heard for each in record.calms)),
        ("messages to be delivered", sum(each.got_wanted for each in record.calms)),
        ("delivered", sum(each.got for each in record.calms)),
    ]
    totals: dict[str, int] = {}
    for each in record.calms:
        for counter, value in each.counters.items():
            totals[counter] = totals.get(counter, 0) + value
    rows += [(counter, value) for counter, value in totals.items() if value]
    calm = [it for it in record.spans if it.calm]
    dead = [it for it in record.deaths if any(s.begin <= it.at < s.end for s in calm)]
    rows.append(("living ones called DEAD in calm, each caller counted", len(dead)))
    rows.append(("the same amid trouble", len(record.deaths) - len(dead)))
    return [(what, str(count)) for what, count in rows]


def markdown(record: Record, found: Sequence[str]) -> str:
    """All of it as it stands in documents."""
    minutes = (record.end - record.begin) / SECOND / 60
    load = median(it for _, it in record.loads) if record.loads else 0.0
    lines = [
        f"{minutes:.0f} minutes, seed {record.seed}, {record.about.get('nodes', '?')} nodes in "
        f"{record.about.get('languages', '?')}; load of the machine {load:.1f} (median).",
        "",
        f"**{verdict(found)}{':' if found else '.'}**",
        "",
        *(f"- {each}" for each in found[:40]),
        *([""] if found else []),
    ]
    for title, headings, rows in tables(record):
        lines += [f"### {title}", ""]
        for row in (headings, tuple("---" for _ in headings), *rows):
            lines.append("| " + " | ".join(row) + " |")
        lines.append("")
    return "\n".join(lines)


def verdict(found: Sequence[str]) -> str:
    """How it ended, in a few words."""
    if not found:
        return "Every demand was met"
    return "One demand was not met" if len(found) == 1 else f"{len(found)} demands were not met"


def put(path: Path, text: str) -> None:
    """Write the report between its two marks."""
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def draw(record: Record, folder: Path, prefix: str) -> None:
    """Write one chart for each figure."""
    folder.mkdir(parents=True, exist_ok=True)
    figures: list[tuple[str, str, Callable[[Sample], float]]] = [
        ("rss", "Resident memory, MiB", lambda each: each.rss / 1024),
        ("fds", "Open file descriptors", lambda each: each.fds),
        ("threads", "Threads", lambda each: each.threads),
    ]
    for word, title, value in figures:
        begin = WARM_UP * record.minute(record.end)
        chart = _chart(f"{title} (judged from minute {begin:.0f} on)")
        for name in record.steady:
            points = [(record.minute(it.at), value(it)) for it in record.of(name)]
            chart.add(name, _thin(points))
        (folder / f"{prefix}-{word}.svg").write_bytes(chart.render())
    chart = _chart("Processor time, per cent of one core")
    for name in record.steady:
        chart.add(name, _thin(_shares(record, record.of(name))))
    (folder / f"{prefix}-cpu.svg").write_bytes(chart.render())


def _shares(record: Record, samples: Sequence[Sample]) -> list[tuple[float, float]]:
    """The processor time of each minute."""
    marks: list[Sample] = []
    for each in samples:
        if not marks or (each.at - marks[-1].at) / SECOND >= CPU_S:
            marks.append(each)
    return [
        (record.minute(b.at), round(100 * (b.cpu - a.cpu) * SECOND / (b.at - a.at), 2))
        for a, b in pairwise(marks)
    ]


def _thin(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    step = max(len(points) // POINTS, 1)
    return [(round(at, 2), round(value, 2)) for at, value in points[::step]]


def _chart(title: str) -> pygal.XY:
    return pygal.XY(
        title=title,
        x_title="minutes",
        width=1100,
        height=420,
        include_x_axis=True,
        style=Style(colors=COLOURS, background="white", plot_background="white"),
        show_dots=False,
        legend_at_bottom=True,
        js=[],  # one file that needs nothing from elsewhere
    )
