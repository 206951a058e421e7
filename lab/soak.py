#!/usr/bin/env python3
"""One cluster in several languages under work and trouble, for minutes or hours: it must stay flat.

Needs root for the network namespaces; without it, it says so and ends with 0.
"""

from __future__ import annotations

import argparse
import asyncio
import platform
import random
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from lab import INTERRUPTED, install
from rig import netns
from rig.checker import problems as problems_of_leading
from rig.fleet import TOP, AgentError, Cast, languages
from rig.history import SECOND, History, now
from rig.show import Show
from rig.soak import judge, paper
from rig.soak.phases import CALM, TROUBLE, play
from rig.soak.record import Record, read
from rig.soak.ship import Ship

SHORT_MIN, LONG_MIN = 10.0, 120.0
HOUSES, MOVERS = 3, 6
PROGRESS_S = 15.0
KEPT_S = 300.0  # what was seen is written so often: a machine that stops takes minutes, not hours
END_S = 180.0  # a phase that has begun may take so long beyond the end


def main(argv: Sequence[str]) -> int:
    """Soak for as long as was asked for; return the exit code."""
    arguments = _arguments(argv)
    console = Console(highlight=False)
    if arguments.report is not None:
        record = read(arguments.report)
        return _conclude(console, record, arguments.out, arguments.docs)
    install(console)
    lacking = netns.missing()
    if lacking is not None:
        console.print(f"SKIP: {lacking}", style="yellow")
        return 0
    spoken = languages()
    if len(spoken) < 2:
        console.print("the agents are not there; `make -C lab agents` builds them", style="red")
        return 1
    console.print(f"soak: {arguments.minutes:.0f} minutes, seed {arguments.seed}")
    with tempfile.TemporaryDirectory(prefix="seafoam-soak-") as folder:
        history = History()
        record = Record(arguments.seed, arguments.minutes, history.begin)
        cast = _cast(spoken)
        record.steady = [each.name for each in cast if each.name.startswith("steady")]
        ship = Ship(cast, Path(folder), history, Show(console, history), record)
        try:
            asyncio.run(_run(ship, arguments))
        except (KeyboardInterrupt, asyncio.CancelledError):
            record.write(arguments.out / "record.json")
            text = "interrupted; processes and namespaces are gone, --report judges what was seen"
            console.print(text, style="red")
            return INTERRUPTED
    record.about = {
        "nodes": str(len(cast)),
        "languages": ", ".join(spoken),
        "machine": f"{platform.system()} {platform.release()}",
    }
    history.write(arguments.out / "history.json")
    record.failures += problems_of_leading(history)
    record.totals["tenures"] = len(history.tenures)
    return _conclude(console, record, arguments.out, arguments.docs)


def _cast(spoken: Sequence[str]) -> list[Cast]:
    """Lighthouses, one node of each language that lives throughout, and those that come and go."""
    houses = [
        Cast(f"house-{number}", spoken[number % len(spoken)], lighthouse=True)
        for number in range(1, HOUSES + 1)
    ]
    steady = [Cast(f"steady-{language}", language) for language in spoken]
    movers = [Cast(f"mover-{at}", spoken[at % len(spoken)]) for at in range(1, MOVERS + 1)]
    return [*houses, *steady, *movers]


async def _run(ship: Ship, arguments: argparse.Namespace) -> None:
    task = asyncio.current_task()
    if task is not None:
        for ending in (signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(ending, task.cancel)
    chance = random.Random(arguments.seed)
    beside: list[asyncio.Task[None]] = []
    ship.show.quiet = True  # agents: what they do is told in figures
    try:
        await ship.open()
        ship.record.begin = now()
        end = ship.record.begin + int(arguments.minutes * 60 * SECOND)
        beside = [
            asyncio.create_task(run)
            for run in (
                ship.watch(),
                ship.work(random.Random(chance.random())),
                _tell(ship, end),
                _keep(ship, arguments.out),
            )
        ]
        ship.works = True
        await asyncio.wait_for(_rounds(ship, chance, end), arguments.minutes * 60 + END_S)
        ship.record.failures += await ship.fleet.quit()
    except asyncio.TimeoutError:
        ship.fail(f"not finished in time: {ship.word}")
    except (AgentError, netns.NetworkError) as error:
        ship.fail(str(error))
    finally:
        ship.record.end = now()
        for each in beside:
            each.cancel()
        ship.thaw_all()
        await ship.close()
        _logged(ship)


async def _rounds(ship: Ship, chance: random.Random, end: int) -> None:
    await play(ship, CALM, chance)
    while now() < end:
        ship.record.count("rounds")
        order = chance.sample(TROUBLE, len(TROUBLE))
        for number, phase in enumerate(order):
            if now() < end:
                await play(ship, phase, chance)
            if number == len(order) // 2 and now() < end:
                await play(ship, CALM, chance)
        await play(ship, CALM, chance)
    last = {name: ship.hands[name].state for name in ship.running()}
    for counter in judge.NEVER:
        for name, state in last.items():
            if state and state[counter]:
                ship.fail(f"{name}: {counter} is {state[counter]} at the end")


def _logged(ship: Ship) -> None:
    """What an agent wrote to its standard error; resignations may come too late."""
    for name, text in ship.fleet.errors:
        if not text.startswith(("resign:", "transfer")):
            ship.record.failures.append(f"{name} wrote: {text}")


async def _tell(ship: Ship, end: int) -> None:
    while True:
        await asyncio.sleep(PROGRESS_S)
        left = max(end - now(), 0) / SECOND / 60
        totals = ship.record.totals
        newest = {name: ship.record.of(name)[-1] for name in ship.record.steady}
        sizes = " ".join(
            f"{name.partition('-')[2]} {it.rss / 1024:.1f} MiB {it.fds} fds {it.threads} threads"
            for name, it in newest.items()
        )
        ship.show.act(
            f"{ship.word}: {left:.1f} min left; {totals.get('broadcasts', 0)} broadcasts, "
            f"{totals.get('send done', 0)} messages, {totals.get('kill -9', 0)} kills, "
            f"{totals.get('rotations of the key', 0)} rotations, "
            f"{len(ship.record.failures)} broken; {sizes}"
        )


async def _keep(ship: Ship, out: Path) -> None:
    while True:
        await asyncio.sleep(KEPT_S)
        # A copy, written by a thread: hours of samples take a second, and the rig must not wait.
        await asyncio.to_thread(ship.record.so_far(now()).write, out / "record.json")


def _conclude(console: Console, record: Record, out: Path, docs: bool) -> int:
    found = judge.problems(record)
    record.write(out / "record.json")
    paper.draw(record, out, "soak")
    text = paper.markdown(record, found)
    (out / "report.md").write_text(text, encoding="utf-8")
    if docs:
        paper.draw(record, TOP / "docs" / "charts", "soak")
        paper.put(TOP / "docs" / "soak.md", text)
    for title, headings, rows in paper.tables(record):
        table = Table(title=title, title_justify="left")
        for heading in headings:
            table.add_column(heading)
        for row in rows:
            table.add_row(*row)
        console.print(table)
    for each in found:
        console.print(f"broken: {each}", style="bold red", soft_wrap=True)
    console.print(f"seed {record.seed}; record.json, history.json, report.md, charts: {out}")
    console.print(paper.verdict(found), style="bold red" if found else "bold green")
    return 1 if found else 0


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, help="how long; 10, with --long 120")
    parser.add_argument("--long", action="store_true", help="two hours; writes docs/soak.md")
    parser.add_argument("--seed", type=int, help="of the order of things; a new one by default")
    parser.add_argument("--docs", action="store_true", help="write docs/soak.md and its charts")
    parser.add_argument("--report", type=Path, metavar="RECORD", help="only judge and draw again")
    parser.add_argument("--out", type=Path, default=TOP / "build" / "soak", metavar="FOLDER")
    arguments = parser.parse_args(argv)
    if arguments.minutes is None:
        arguments.minutes = LONG_MIN if arguments.long else SHORT_MIN
    if arguments.minutes < 1:
        parser.error("--minutes takes 1 or more")
    if arguments.seed is None:
        arguments.seed = random.SystemRandom().randrange(10**6)
    arguments.docs = arguments.docs or arguments.long
    return arguments


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
