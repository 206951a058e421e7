"""What came out, as tables and charts in docs/benchmarks.md."""

from __future__ import annotations

import re
import statistics
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchpeers.peers import BY_NAME, PEERS, TREE, USUAL

DATA = TREE / "docs" / "benchmarks.json"
PAGE = TREE / "docs" / "benchmarks.md"
FRONT = TREE / "README.md"
CHARTS = TREE / "docs" / "charts"
BLOCK = r"(<!-- measured: {} -->\n).*?(<!-- end -->)"
OURS = "seafoam"
# What the front page shows of all that.
FRONT_NODES = 100
FRONT_KEYS = (
    "converge_s",
    "broadcast_s",
    "kill_all_s",
    "silent_all_s",
    "false_deaths_20",
    "bytes_per_s",
    "cpu_spread_s_per_minute",
    "rss_kib_per_node",
)


@dataclass(frozen=True)
class Measure:
    """One row of a table; less is better in all of them."""

    key: str
    text: str
    # Whether a number of zero is as good as it can be, so that no ratio is told.
    count: bool = False
    chart: str | None = None
    # What it is called where the row above it is not there.
    alone: str | None = None


MEASURES = (
    Measure("converge_s", "last start until all see all, s", chart="converge"),
    Measure("broadcast_s", "100-byte broadcast until all others have it, s", chart="broadcast"),
    Measure("broadcast_missed", "others that missed one of three broadcasts", count=True),
    Measure("kill_first_s", "killed node: first other reports it dead, s"),
    Measure("kill_all_s", "killed node: all others report it dead, s", chart="kill"),
    Measure("silent_first_s", "silent host: first other reports it dead, s"),
    Measure("silent_all_s", "silent host: all others report it dead, s", chart="silent"),
    Measure("false_deaths", "live nodes called dead, nothing lost", count=True),
    Measure("false_deaths_5", "live nodes called dead, 5 % lost", count=True),
    Measure("false_deaths_20", "live nodes called dead, 20 % lost", count=True),
    Measure("false_deaths_busy", "live nodes called dead, all cores busy", count=True),
    Measure("datagrams_per_s", "datagrams a second and node at rest"),
    Measure("bytes_per_s", "bytes of IP a second and node at rest", chart="bytes"),
    Measure("cpu_s_per_minute", "processor seconds a minute and node at rest", chart="cpu"),
    Measure(
        "cpu_spread_s_per_minute",
        "the same, of nodes that were started over a second",
        chart="cpu-spread",
        alone="processor seconds a minute and node at rest",
    ),
    Measure("rss_kib_per_node", "memory a node, KiB", chart="memory"),
)


@dataclass(frozen=True)
class Cell:
    """The values of one peer for one measure."""

    values: tuple[float, ...]
    # Runs in which it did not happen at all.
    never: int

    @property
    def middle(self) -> float | None:
        """The median, where it happened in most runs."""
        if not self.values or self.never > len(self.values):
            return None
        return statistics.median(self.values)

    def text(self) -> str:
        """As it stands in the table."""
        if self.middle is None:
            return "never" if self.never else ""
        low, high = short(min(self.values)), short(max(self.values))
        spread = f" ({low} to {high})" if len(self.values) > 1 and low != high else ""
        return short(self.middle) + spread + (f", {self.never} never" if self.never else "")


def short(value: object) -> str:
    """A number with three digits."""
    if not isinstance(value, float):
        return str(value)
    if value and abs(value) < 0.0995:
        return f"{value:.2g}"
    return f"{value:.0f}" if abs(value) >= 99.5 else f"{value:.3g}"


def cells(runs: Iterable[dict[str, Any]]) -> dict[tuple[int, str, str], Cell]:
    """Collect values by size, measure and peer."""
    found: dict[tuple[int, str, str], list[float | None]] = defaultdict(list)
    for run in runs:
        for measure in MEASURES:
            if measure.key in run:
                found[run["nodes"], measure.key, run["peer"]].append(run[measure.key])
    result = {}
    for place, values in found.items():
        numbers = tuple(float(value) for value in values if value is not None)
        result[place] = Cell(numbers, len(values) - len(numbers))
    return result


def verdict(row: dict[str, Cell], measure: Measure) -> str:
    """Who is best, and what seafoam takes of that."""
    middles = {name: cell.middle for name, cell in row.items() if name in BY_NAME}
    others = {
        name: value
        for name, value in middles.items()
        if value is not None and not name.startswith(OURS)
    }
    own = middles.get(OURS)
    if own is None or not others:
        return ""
    best = min(others, key=lambda name: others[name])
    if measure.count:
        if own <= others[best]:
            return f"seafoam with {short(own)}" if own < others[best] else "equal"
        return f"**{best}** with {short(others[best])}"
    if own <= others[best]:
        again = f", {best} takes {short(others[best] / own)} times" if own else ""
        return f"seafoam{again}"
    ratio = f": seafoam takes {short(own / others[best])} times" if others[best] else ""
    return f"**{best}**{ratio}"


def tables(runs: list[dict[str, Any]]) -> list[str]:
    """One table a size."""
    found = cells(runs)
    lines: list[str] = []
    for size in sorted({run["nodes"] for run in runs}):
        names = [
            peer.name for peer in PEERS if any(k[0] == size and k[2] == peer.name for k in found)
        ]
        lines += ["", f"### {size} nodes", ""]
        lines.append("| figure | " + " | ".join(names) + " | best |")
        lines.append("| --- |" + " --- |" * (len(names) + 1))
        for measure in MEASURES:
            row = {
                name: found[size, measure.key, name]
                for name in names
                if (size, measure.key, name) in found
            }
            if row:
                texts = [row[name].text() if name in row else "" for name in names]
                lines.append(f"| {measure.text} | {' | '.join(texts)} | {verdict(row, measure)} |")
        counts: dict[str, int] = defaultdict(int)
        for run in runs:
            if run["nodes"] == size and run["kind"] == "main":
                counts[run["peer"]] += 1
        lines += ["", "Runs: " + ", ".join(f"{name} {counts[name]}" for name in names) + "."]
        failed = {
            (run["peer"], run["kind"], run["failed"])
            for run in runs
            if run["nodes"] == size and "failed" in run
        }
        lines += [f"Failed: {peer}, {kind}: {why}." for peer, kind, why in sorted(failed)]
    return lines


def brief(runs: list[dict[str, Any]]) -> list[str]:
    """Medians of a hundred nodes, for the front page."""
    found = cells(run for run in runs if run["nodes"] == FRONT_NODES)
    names = [name for name in USUAL if any(peer == name for _, _, peer in found)]
    lines = [f"| {FRONT_NODES} nodes | {' | '.join(names)} |", "| --- |" + " --- |" * len(names)]
    for measure in MEASURES:
        if measure.key in FRONT_KEYS:
            row = [found.get((FRONT_NODES, measure.key, name), Cell((), 0)) for name in names]
            texts = [short(cell.middle) if cell.middle is not None else cell.text() for cell in row]
            lines.append(f"| {measure.alone or measure.text} | {' | '.join(texts)} |")
    return lines


def charts(runs: list[dict[str, Any]]) -> list[str]:
    """Draw the charts; what shows them."""
    import pygal
    from pygal.style import Style

    found = cells(runs)
    sizes = sorted({run["nodes"] for run in runs})
    lines: list[str] = []
    for measure in MEASURES:
        if not measure.chart:
            continue
        at = [
            size for size in sizes if any((size, measure.key, peer.name) in found for peer in PEERS)
        ]
        if not at:
            continue
        style = Style(font_family="sans-serif", background="white", plot_background="white")
        chart = pygal.Bar(
            style=style,
            logarithmic=True,
            width=900,
            height=420,
            js=(),
            disable_xml_declaration=True,
        )
        chart.title = f"{measure.text} (logarithmic; less is better)"
        chart.x_labels = [f"{size} nodes" for size in at]
        for peer in PEERS:
            values = [found.get((size, measure.key, peer.name), Cell((), 0)).middle for size in at]
            if any(value is not None for value in values):
                chart.add(peer.name, values)
        path = CHARTS / f"peers-{measure.chart}.svg"
        path.write_text(chart.render(is_unicode=True) + "\n")
        lines += ["", f"![{measure.text}](charts/{path.name})"]
    return lines


def write(kept: dict[str, Any]) -> None:
    """Put it all into the page, and the least of it into the front page."""
    runs: list[dict[str, Any]] = kept["runs"]
    loads = [run["load"] for run in runs] or [0.0]
    head = (
        f"Measured on {kept['measured']}: {kept['machine']}; load average while it ran "
        f"{min(loads):.1f} to {max(loads):.1f}, the cluster's own and the busy loops included. "
        "Median (least to most) of the runs."
    )
    put(PAGE, "peers", [head, *tables(runs), *charts(runs), ""])
    put(FRONT, "peers-brief", brief(runs))


def put(page: Path, name: str, lines: list[str]) -> None:
    """Replace what stands between the markers of this name."""
    text = "\n".join(lines)
    place = re.compile(BLOCK.format(name), re.DOTALL)
    page.write_text(place.sub(lambda found: f"{found[1]}{text}\n{found[2]}", page.read_text()))
