"""What a run of the lab found, as a table for people."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rig.stage import Figures


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that so large a share of all does not exceed."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


def rows(figures: Sequence[Figures]) -> list[tuple[str, str, str, str, str, str]]:
    """Scene, what, count, median, worst or p99, goal."""
    found = []
    for each in figures:
        for name, values in each.values.items():
            goal = each.goals.get(name)
            worst = max(values)
            verdict = "" if goal is None else f"{goal:.2f}" + (" MISSED" if worst > goal else "")
            found.append(
                (
                    each.scene,
                    name,
                    str(len(values)),
                    f"{quantile(values, 0.5):.2f}",
                    f"{worst:.2f}",
                    verdict,
                )
            )
        for note in each.notes:
            found.append((each.scene, note, "", "", "", ""))
    return found


HEADINGS = ("scene", "what", "times", "median, s", "worst, s", "goal, s")


def markdown(figures: Sequence[Figures]) -> str:
    """The table as it stands in documents."""
    lines = [HEADINGS, tuple("---" for _ in HEADINGS), *rows(figures)]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)
