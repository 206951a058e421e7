"""What is told of the peers is what was measured, and whoever is best is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from benchpeers import report
from benchpeers.report import Cell, Measure

SECONDS = Measure("kill_all_s", "killed")
DEATHS = Measure("false_deaths", "called dead", count=True)


def run(peer: str, nodes: int = 100, **figures: float | None) -> dict[str, Any]:
    return {"peer": peer, "nodes": nodes, "kind": "main", **figures}


def row(**middles: float) -> dict[str, Cell]:
    return {name: Cell((value,), 0) for name, value in middles.items()}


def test_pages_say_what_the_data_say() -> None:
    runs = json.loads(report.DATA.read_text())["runs"]
    page, front = report.PAGE.read_text(), report.FRONT.read_text()
    assert "\n".join(report.tables(runs)) in page
    brief = report.brief(runs)
    assert "\n".join(brief) in front
    assert len(brief) == 2 + len(report.FRONT_KEYS)


def test_each_row_of_the_front_page_is_a_measure() -> None:
    assert set(report.FRONT_KEYS) <= {measure.key for measure in report.MEASURES}


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (Cell((1.0, 3.0, 2.0), 0), "2 (1 to 3)"),
        (Cell((2.0, 2.0), 0), "2"),
        (Cell((2.0, 4.0), 1), "3 (2 to 4), 1 never"),
        (Cell((2.0,), 2), "never"),
        (Cell((), 0), ""),
        (Cell((0.0123,), 0), "0.012"),
        (Cell((1234.5,), 0), "1234"),
    ],
)
def test_a_cell_shows_middle_spread_and_what_never_happened(cell: Cell, text: str) -> None:
    assert cell.text() == text


@pytest.mark.parametrize(
    ("measure", "cells", "said"),
    [
        (SECONDS, row(seafoam=1.0, foca=11.0, kinship=9.0), "seafoam, kinship takes 9 times"),
        (SECONDS, row(seafoam=3.0, foca=1.5), "**foca**: seafoam takes 2 times"),
        (SECONDS, row(seafoam=1.0), ""),
        (SECONDS, {**row(foca=1.0), "seafoam": Cell((), 3)}, ""),
        # One's own variants do not win over oneself.
        (SECONDS, {**row(seafoam=2.0, foca=4.0), "seafoam-slow": Cell((1.0,), 0)},
         "seafoam, foca takes 2 times"),
        (DEATHS, row(seafoam=0.0, foca=0.0), "equal"),
        (DEATHS, row(seafoam=0.0, smudge=7.0), "seafoam with 0"),
        (DEATHS, row(seafoam=2.0, foca=1.0), "**foca** with 1"),
    ],
)  # fmt: skip
def test_the_best_is_named(measure: Measure, cells: dict[str, Cell], said: str) -> None:
    assert report.verdict(cells, measure) == said


def test_figures_are_kept_apart_by_size_and_peer() -> None:
    runs = [
        run("foca", 10, kill_all_s=1.0),
        run("foca", 100, kill_all_s=5.0),
        run("foca", 100, kill_all_s=None),
        run("seafoam", 100, kill_all_s=2.0),
        run("seafoam", 100, silent_all_s=3.0),
    ]
    found = report.cells(runs)
    assert found[100, "kill_all_s", "foca"] == Cell((5.0,), 1)
    assert found[10, "kill_all_s", "foca"] == Cell((1.0,), 0)
    assert found[100, "kill_all_s", "seafoam"] == Cell((2.0,), 0)
    lines = report.brief(runs)
    assert lines[0] == "| 100 nodes | seafoam | foca |"
    assert "| killed node: all others report it dead, s | 2 | 5 |" in lines
    assert "| silent host: all others report it dead, s | 3 |  |" in lines


def test_only_what_stands_between_the_markers_changes(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- measured: x -->\nold\n<!-- end -->\nb\n<!-- measured: y -->\n")
    report.put(page, "x", ["new", "lines"])
    assert page.read_text() == (
        "a\n<!-- measured: x -->\nnew\nlines\n<!-- end -->\nb\n<!-- measured: y -->\n"
    )
