"""What people see while it runs, and the timeline at the end."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.text import Text

from rig.history import SECOND, History, now

WIDTH = 72
STYLES = {
    "python": "cyan",
    "node": "green",
    "c": "yellow",
    "go": "blue",
    "cpp": "magenta",
    "rust": "red",
}
LEADS, VALID, INVALID, GONE = "█", "─", "·", " "


class Show:
    """Lines with relative times, coloured by language."""

    def __init__(self, console: Console, history: History) -> None:
        """Times count from the history's begin."""
        self._console = console
        self._history = history
        self.quiet = False

    def say(self, name: str, text: str) -> None:
        """Tell what a node did; drawn red where it is trouble."""
        if self.quiet:
            return
        style = "bold green" if "LEADS" in text else "bold red" if "INVALID" in text else ""
        self._line(name, Text(text, style))

    def act(self, text: str) -> None:
        """Tell what is done to the cluster."""
        self._line("", Text(text, "bold"))

    def _line(self, name: str, text: Text) -> None:
        at = (now() - self._history.begin) / SECOND
        line = Text(f"{at:6.2f} s  ", "dim")
        line.append(f"{name:<10} ", _style(self._history.nodes, name))
        self._console.print(line + text, soft_wrap=True)

    def timeline(self) -> None:
        """Draw who led when, node by node."""
        history = self._history
        begin, end = history.begin, now()
        columns = max(min(WIDTH, self._console.width - 14), 20)

        def column(at: int) -> int:
            return min(max((at - begin) * columns // (end - begin), 0), columns - 1)

        ruler = [" "] * columns
        for number, mark in enumerate(history.marks, 1):
            ruler[column(mark.at)] = str(number)
        self._console.print()
        self._console.print(Text(f"{'':<11}" + "".join(ruler), "bold"), soft_wrap=True)
        for name in history.nodes:
            row = [GONE] * columns
            verdicts = [it for it in history.verdicts if it.node == name]
            ends = [it.at for it in verdicts[1:]] + [end]
            for verdict, until in zip(verdicts, ends, strict=False):
                for at in range(column(verdict.at), column(until) + 1):
                    row[at] = VALID if verdict.valid else INVALID
            for mark in history.marks:
                if mark.what == f"kill {name}":
                    back = next((it.at for it in verdicts if it.at > mark.at), end)
                    for at in range(column(mark.at), column(back)):
                        row[at] = GONE
            for tenure in history.tenures:
                if tenure.node == name:
                    for at in range(column(tenure.begin), column(tenure.end) + 1):
                        row[at] = LEADS
            style = _style(history.nodes, name)
            self._console.print(Text(f"{name:<11}", style) + "".join(row), soft_wrap=True)
        self._below(
            f"{LEADS} is_leader()  {VALID} VALID  {INVALID} not VALID; "
            f"0 to {(end - begin) / SECOND:.1f} s"
        )
        for number, mark in enumerate(history.marks, 1):
            self._below(f"{number}  {(mark.at - begin) / SECOND:6.2f} s  {mark.text}")
        for tenure in sorted(history.tenures, key=lambda each: each.begin):
            first, last = ((at - begin) / SECOND for at in (tenure.begin, tenure.end))
            self._below(f"{first:6.2f} to {last:6.2f} s  {tenure.node:<8} term {tenure.term}")

    def _below(self, text: str) -> None:
        self._console.print(f"{'':<11}{text}", style="dim", soft_wrap=True)


def _style(nodes: Mapping[str, str], name: str) -> str:
    return STYLES.get(nodes.get(name, "").partition(" ")[0], "")
