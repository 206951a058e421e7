#!/usr/bin/env python3
"""Run the programs that README.md shows, one of each language, as one cluster.

Each must meet the others, say hello, hear a broadcast, and leave in order.
"""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE

from rich.console import Console

from orchestra import contract
from orchestra.checker import hears, sees
from orchestra.fleet import Fleet, MemberError, environment
from orchestra.languages import Language, languages
from orchestra.timeline import Timeline

DEADLINE_S = 20.0
HOST = "host"
WELCOME = "welcome"


async def greet(fleet: Fleet, timeline: Timeline, cluster_name: str, guest: Language) -> str:
    """Run one program; return what is wrong, or nothing.

    The host answers its hello: so it hears one however late it comes.
    """
    seed = await fleet.listening(fleet.members[HOST])
    variables = environment(cluster_name) | {
        "SEAFOAM_NAME": guest.name,
        "SEAFOAM_LISTEN_PORT": "0",
        "SEAFOAM_INITIAL_HOSTS": seed.address,
    }
    process = await asyncio.create_subprocess_exec(*guest.command, stdout=PIPE, env=variables)
    try:
        came = await timeline.until(guest.name, [hears(HOST, guest.name, "hello")], DEADLINE_S)
        fleet.members[HOST].tell(contract.broadcast(WELCOME))
        output, _ = await asyncio.wait_for(process.communicate(), DEADLINE_S)
    finally:
        if process.returncode is None:
            process.kill()
    left = await timeline.until(guest.name, [sees(HOST, guest.name, "left")], DEADLINE_S)
    missing = [*came.missing, *left.missing]
    if process.returncode != 0:
        missing.append(f"exit code {process.returncode}")
    if f"{HOST} says {WELCOME}\n" not in output.decode():
        missing.append(f"heard no {WELCOME!r} but {output.decode()!r}")
    return "; ".join(missing)


async def run() -> int:
    """Run all programs one after the other; return the exit code."""
    console = Console(highlight=False)
    cluster_name = f"hello-{os.getpid()}"
    timeline = Timeline(console, {each.name: each.style for each in languages()})
    fleet = Fleet(timeline, cluster_name)
    failed = 0
    try:
        await fleet.start(HOST, languages()[0])
        for guest in languages("hello"):
            wrong = await greet(fleet, timeline, cluster_name, guest)
            failed += wrong != ""
            console.print(f"{guest.name}: {wrong or 'ok'}", style="red" if wrong else "green")
    finally:
        await fleet.end()
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(run()))
    except (MemberError, OSError, asyncio.TimeoutError) as error:
        sys.exit(f"hello: {error!r}")
