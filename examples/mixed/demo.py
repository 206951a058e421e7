#!/usr/bin/env python3
"""Run one cluster of Rust, C, Python, Node and Go (where it is installed); check what each sees.

Exits with 0 only if every member saw everything that it should, in time.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from orchestra import summary
from orchestra.checker import Verdict
from orchestra.fleet import Fleet
from orchestra.languages import Language, languages
from orchestra.scenario import Scenario
from orchestra.timeline import Timeline

DEADLINE_S = 60.0
INTERRUPTED = 130


def main(argv: Sequence[str]) -> int:
    """Parse the command line, run the demo, return the exit code."""
    chosen, json_file = _arguments(argv)
    console = Console(highlight=False)
    absent = [each for each in chosen if not each.program.is_file()]
    for each in absent:
        console.print(f"{each.name}: {each.program} is not there", style="red", highlight=False)
    if absent:
        console.print("`make -C examples mixed` builds what is missing")
        return 1
    try:
        verdicts = asyncio.run(_run(console, chosen))
    except (KeyboardInterrupt, asyncio.CancelledError):
        console.print("interrupted; every member was ended", style="red")
        return INTERRUPTED
    summary.show(console, verdicts)
    if json_file is not None:
        summary.write(json_file, verdicts)
    return 0 if summary.passed(verdicts) else 1


async def _run(console: Console, chosen: Sequence[Language]) -> list[Verdict]:
    timeline = Timeline(console, {each.name: each.style for each in chosen})
    fleet = Fleet(timeline, f"demo-{os.getpid()}")
    scenario = Scenario(fleet, timeline, chosen)
    _end_on_sigterm()
    drawing = asyncio.create_task(timeline.draw_forever())
    try:
        await asyncio.wait_for(scenario.play(), DEADLINE_S)
    except asyncio.TimeoutError:
        timeline.say(f"not finished within {DEADLINE_S:.0f} s", "bold red")
    finally:
        drawing.cancel()
        await fleet.end()
        timeline.draw()
    return scenario.conclude()


def _end_on_sigterm() -> None:
    """Make SIGTERM end the demo as Ctrl-C does: in order, with no process left behind."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


def _arguments(argv: Sequence[str]) -> tuple[list[Language], Path | None]:
    every = {each.name: each for each in languages()}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument(
        "--languages",
        default=",".join(every),
        metavar="LIST",
        help="which languages take part (default: %(default)s)",
    )
    arguments = parser.parse_args(argv)
    names = arguments.languages.split(",")
    unknown = [name for name in names if name not in every]
    if unknown:
        parser.error(f"no such language: {', '.join(unknown)}; there are {', '.join(every)}")
    if len(set(names)) < 2:
        parser.error("a mixed cluster takes two languages at least")
    return [each for each in every.values() if each.name in names], arguments.json


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
