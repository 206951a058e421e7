#!/usr/bin/env python3
"""One member of a mixed cluster, told what to do by lines on standard input.

Each event becomes one line of JSON on standard output. ../README.md has the contract, which the
programs of this name in the other languages keep as well.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from typing import Any

import seafoam


def say(event: str, **fields: object) -> None:
    """Print one event."""
    print(json.dumps({"event": event, **fields}), flush=True)


async def tell(events: seafoam.Events) -> None:
    """Print what happens."""
    async for event in events:
        match event:
            case seafoam.StatusEvent(node=node, status=status, previous=previous):
                say(
                    "status",
                    node=node.name,
                    status=str(status),
                    previous=str(previous),
                    generation=node.generation,
                )
            case seafoam.BroadcastEvent(origin=origin, bytes=text):
                say("broadcast", origin=origin.name, text=text.decode(errors="replace"))
            case _:
                pass  # later versions know more kinds


async def obey(cluster: seafoam.Cluster) -> None:
    """Carry commands out until `quit` or the end of the input."""
    # A thread waits for the lines: a loop can watch pipes, but not every kind of input.
    while line := await asyncio.to_thread(sys.stdin.readline):
        command, _, text = line.rstrip("\r\n").partition(" ")
        try:
            match command:
                case "broadcast":
                    cluster.broadcast(text)
                case "leave":
                    await cluster.leave()
                    say("left")
                case "quit":
                    return
                case _:
                    print(f"member: no such command: {command}", file=sys.stderr)
        except seafoam.SeafoamError as error:
            print(f"member: {command}: {error}", file=sys.stderr)


async def main(config: dict[str, Any]) -> None:
    """Live as one member."""
    async with seafoam.Cluster(**config) as cluster:
        events = cluster.events(initial=True)
        local = cluster.local_node()
        say("started", node=local.name, address=local.address, generation=local.generation)
        teller = asyncio.ensure_future(tell(events))
        await obey(cluster)
    await teller  # what happened until the end is told too


def arguments() -> dict[str, Any]:
    """Return the configuration that the arguments give."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", help="name of this node")
    parser.add_argument("--port", help="UDP and TCP port; 0 takes any free one")
    parser.add_argument("--join", action="append", metavar="HOST:PORT", help="a known member")
    given = parser.parse_args()
    return {"name": given.name, "listen_port": given.port, "initial_hosts": given.join}


if __name__ == "__main__":
    try:
        asyncio.run(main(arguments()))
    except seafoam.SeafoamError as failure:
        sys.exit(f"member: {failure}")
