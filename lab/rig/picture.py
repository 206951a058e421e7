"""The timeline of a history as a chart: who led when, who was not VALID, what was done."""

from __future__ import annotations

from pathlib import Path

import pygal
from pygal.style import Style

from rig.history import SECOND, History

COLOURS = ("#d62728", "#1f77b4", "#444444")
# The library's own rule for lines that react to the mouse would make all of them thin.
WIDTHS = "inline:.serie-0 .line{stroke-width:4!important}"
WIDTHS += ".serie-1 .line{stroke-width:10!important}"


def draw(history: History, path: Path) -> None:
    """Write an SVG: one row a node, seconds from left to right."""
    names = list(history.nodes)
    rows = {name: len(names) - number for number, name in enumerate(names)}

    def at(moment: int) -> float:
        return round((moment - history.begin) / SECOND, 3)

    ends = [it.end for it in history.tenures] + [it.at for it in history.verdicts]
    last = at(max([*ends, *(mark.at for mark in history.marks)]))
    chart = pygal.XY(
        title="Who led when",
        x_title="seconds",
        width=1600,
        height=90 + 34 * len(names),
        range=(0, len(names) + 1),
        xrange=(0, last),
        style=Style(colors=COLOURS, background="white", plot_background="white"),
        show_dots=False,
        show_y_guides=False,
        legend_at_bottom=True,
        allow_interruptions=True,
        css=["file://style.css", "file://graph.css", WIDTHS],
        js=[],  # one file that needs nothing from elsewhere
    )
    chart.y_labels = [{"label": name, "value": row} for name, row in rows.items()]
    invalid = [
        (name, begin, end) for name in names for begin, end in _not_valid(history, name, last, at)
    ]
    chart.add("not VALID", _lines(rows, invalid))
    led = [(it.node, at(it.begin), at(it.end)) for it in history.tenures]
    chart.add("is_leader()", _lines(rows, led))
    acts = [{"value": (at(mark.at), 0.2), "label": mark.text} for mark in history.marks]
    chart.add("what was done", acts, stroke=False, show_dots=True, dots_size=3)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(chart.render())


def _lines(
    rows: dict[str, int], spans: list[tuple[str, float, float]]
) -> list[tuple[float, int] | None]:
    points: list[tuple[float, int] | None] = []
    for name, begin, end in spans:
        points += [(begin, rows[name]), (end, rows[name]), None]
    return points


def _not_valid(history: History, name: str, last: float, at: object) -> list[tuple[float, float]]:
    assert callable(at)
    spans = []
    since: float | None = None
    for verdict in history.verdicts:
        if verdict.node != name:
            continue
        if since is not None:
            spans.append((since, at(verdict.at)))
        since = None if verdict.valid else at(verdict.at)
    if since is not None:
        spans.append((since, last))
    return spans
