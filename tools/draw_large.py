#!/usr/bin/env python3
"""Draw the table of large clusters of docs/scale.md as a chart.

Each figure is shown in percent of its own at a hundred nodes, against the number of nodes.

usage: draw_large.py

Each size is a run of its own (the largest takes all of a machine's memory), so the table, and not
one run, is what the chart is made of.
"""

from __future__ import annotations

import math
import re
import sys
from pathlib import Path

TREE = Path(__file__).resolve().parents[1]
PAGE = TREE / "docs" / "scale.md"
CHART = TREE / "docs" / "charts" / "large.svg"
HEADING = "## Thousands in virtual time"
BASE = 100
# What is drawn, and where it stands: the column, and which of its numbers.
FIGURES = {
    "datagrams at rest": (2, 0),
    "bytes at rest": (2, 1),
    "a broadcast to all": (3, 0),
    "killed process known to all": (4, 0),
    "silent host known to all": (5, 0),
}


def rows(page: str) -> dict[int, dict[str, float]]:
    """The figures of each size."""
    part = page.partition(HEADING)[2].partition("\n## ")[0]
    found = {}
    for line in part.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        size = re.match(r"[\d ]+", cells[0])
        if line.startswith("|") and size and size[0].strip():
            figures = {}
            for name, (column, place) in FIGURES.items():
                figures[name] = float(re.findall(r"\d+(?:\.\d+)?", cells[column])[place])
            found[int(size[0].replace(" ", ""))] = figures
    return found


def lines(sizes: dict[int, dict[str, float]]) -> dict[str, list[tuple[float, float]]]:
    """The points of each line."""
    base = sizes[BASE]
    return {
        name: [(math.log10(n), 100 * sizes[n][name] / base[name]) for n in sorted(sizes)]
        for name in FIGURES
    }


def main() -> int:
    """Draw it."""
    import pygal
    from pygal.style import Style

    sizes = rows(PAGE.read_text(encoding="utf-8"))
    style = Style(font_family="sans-serif", background="white", plot_background="white")
    chart = pygal.XY(
        style=style,
        width=900,
        height=420,
        js=(),
        disable_xml_declaration=True,
        truncate_legend=-1,
        legend_at_bottom=True,
    )
    chart.title = f"in percent of the figure at {BASE} nodes"
    chart.x_title = "nodes"
    chart.x_labels = [{"value": power, "label": f"{10**power}"} for power in (1, 2, 3, 4)]
    for name, points in lines(sizes).items():
        chart.add(name, points)
    CHART.write_text(chart.render(is_unicode=True) + "\n", encoding="utf-8")
    print(f"{CHART.relative_to(TREE)}: {len(sizes)} sizes, {min(sizes)} to {max(sizes)} nodes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
