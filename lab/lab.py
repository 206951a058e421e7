#!/usr/bin/env python3
"""Real processes in network namespaces under real cuts, stops, crashes and losses.

Needs root; without it, it says so and ends with 0. The history of everything that every node said
is kept as JSON, checked as a whole, and drawn.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from rig import netns
from rig.checker import problems
from rig.fleet import TOP, AgentError, Cast, languages
from rig.history import History
from rig.picture import draw
from rig.report import HEADINGS, markdown, rows
from rig.scenes import SCENES, Scene
from rig.show import Show
from rig.stage import Figures, Stage

INTERRUPTED = 130
HOUSES, PLAIN = 5, 3
SCENE_S = 300.0
LONG_SCENE_S = 1200.0


def main(argv: Sequence[str]) -> int:
    """Run the scenes that were asked for; return the exit code."""
    arguments = _arguments(argv)
    console = Console(highlight=False)
    install(console)
    lacking = netns.missing()
    if lacking is not None:
        console.print(f"SKIP: {lacking}", style="yellow")
        return 0
    spoken = languages()
    if len(spoken) < 2:
        console.print("the agents are not there; `make -C lab agents` builds them", style="red")
        return 1
    chosen = [
        each
        for each in SCENES
        if (each.name in arguments.only if arguments.only else arguments.long or not each.long_only)
    ]
    with tempfile.TemporaryDirectory(prefix="seafoam-lab-") as folder:
        history = History()
        stage = Stage(_cast(spoken), Path(folder), history, Show(console, history))
        figures: list[Figures] = []
        try:
            asyncio.run(_run(stage, chosen, arguments.long, figures))
        except (KeyboardInterrupt, asyncio.CancelledError):
            console.print("interrupted; processes and namespaces are gone", style="red")
            return INTERRUPTED
    return _conclude(console, history, figures, arguments.out)


def install(console: Console) -> None:
    """Install what is missing, where that is possible, and say so."""
    absent = [
        package
        for tool, package in (("ip", "iproute2"), ("nft", "nftables"))
        if shutil.which(tool) is None
    ]
    if not absent or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    console.print(f"lab: installing system packages: {' '.join(absent)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *absent]):
        subprocess.run(["apt-get", *words], check=False, capture_output=True, env=environment)


def _cast(spoken: Sequence[str]) -> list[Cast]:
    """Five lighthouses and three others, in turns in all languages; each may lead."""
    houses = [
        Cast(f"house-{number}", spoken[number % len(spoken)], lighthouse=True)
        for number in range(1, HOUSES + 1)
    ]
    plain = [Cast(f"plain-{at}", spoken[(at + HOUSES) % len(spoken)]) for at in range(1, PLAIN + 1)]
    return [*houses, *plain]


async def _run(stage: Stage, chosen: Sequence[Scene], long: bool, figures: list[Figures]) -> None:
    task = asyncio.current_task()
    if task is not None:
        for ending in (signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(ending, task.cancel)
    begin = time.monotonic()
    figures.append(stage.figures)
    try:
        await stage.open()
        for number, scene in enumerate(chosen, 1):
            elapsed = time.monotonic() - begin
            text = f"--- {number}/{len(chosen)} {scene.name}: {scene.says} ({elapsed:.0f} s so far)"
            stage.show.act(text)
            stage.figures = Figures(scene.name)
            figures.append(stage.figures)
            limit = LONG_SCENE_S if long else SCENE_S
            await asyncio.wait_for(scene.play(stage, long), limit)
        stage.show.quiet = True  # how they part is not the matter
        stage.figures.failures += await stage.fleet.quit()
    except asyncio.TimeoutError:
        stage.figures.failures.append("not finished in time")
    except (AgentError, netns.NetworkError) as error:
        stage.figures.failures.append(str(error))
    finally:
        stage.show.quiet = True
        await stage.close()


def _conclude(console: Console, history: History, figures: Sequence[Figures], out: Path) -> int:
    history.write(out / "history.json")
    draw(history, out / "timeline.svg")
    (out / "report.md").write_text(markdown(figures), encoding="utf-8")
    table = Table(title="seafoam under real faults", title_justify="left")
    for heading in HEADINGS:
        table.add_column(heading)
    for row in rows(figures):
        table.add_row(*row)
    console.print(table)
    wrong = [f"{each.scene}: {text}" for each in figures for text in each.failures]
    wrong += problems(history)
    for text in wrong:
        console.print(f"broken: {text}", style="bold red")
    accepted = sum(each.accepted for each in history.writes)
    console.print(
        f"{len(history.tenures)} tenures, {len(history.writes)} fenced writes, "
        f"{len(history.writes) - accepted} refused; history.json, timeline.svg, report.md: {out}"
    )
    console.print(
        f"{len(wrong)} promises broken" if wrong else "every promise was kept",
        style="bold red" if wrong else "bold green",
    )
    return 1 if wrong else 0


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    names = [each.name for each in SCENES]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help=f"words of {', '.join(names)}")
    parser.add_argument("--long", action="store_true", help="all scenes, at length")
    parser.add_argument("--out", type=Path, default=TOP / "build" / "lab", metavar="FOLDER")
    arguments = parser.parse_args(argv)
    arguments.only = arguments.only.replace(",", " ").split()
    unknown = [name for name in arguments.only if name not in names]
    if unknown:
        parser.error(f"no such scene: {', '.join(unknown)}; there are {', '.join(names)}")
    return arguments


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
