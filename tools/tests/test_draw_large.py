"""The chart of large clusters shows what the table of the page says."""

from __future__ import annotations

import draw_large
import pytest

PAGE = """
## Thousands in virtual time

| nodes | KiB | at rest | broadcast | killed | silent |
| --- | --- | --- | --- | --- | --- |
| 100 | | 4.00, 200.0 | 45, 46 (0) | 0.50, 1.12 | 1.5, 2.4 |
| 10 000 (`--trials 3`) | 2219 | 4.00, 210.0 | 90, 215 (0) | 0.75, 0.91 | 1.5, 1.8 |

## Another

| 7 | 1 | 1, 1 | 1 | 1 | 1 |
"""


def test_rows_are_those_of_the_one_table() -> None:
    sizes = draw_large.rows(PAGE)
    assert sorted(sizes) == [100, 10_000]
    assert sizes[10_000]["bytes at rest"] == 210.0


def test_lines_are_percent_of_a_hundred_nodes() -> None:
    lines = draw_large.lines(draw_large.rows(PAGE))
    assert lines["bytes at rest"] == [(2.0, 100.0), (4.0, pytest.approx(105.0))]
    assert lines["a broadcast to all"][1][1] == pytest.approx(200.0)
    assert lines["killed process known to all"][1][1] == pytest.approx(150.0)


def test_the_page_itself_goes_up_to_ten_thousand_and_is_flat_at_rest() -> None:
    sizes = draw_large.rows(draw_large.PAGE.read_text(encoding="utf-8"))
    assert max(sizes) == 10_000
    for name in ("datagrams at rest", "bytes at rest"):
        assert {percent for _, percent in draw_large.lines(sizes)[name]} == {100.0}
