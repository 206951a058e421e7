"""Run kinship with `Config.lan()`, sealed with one key as its authors recommend, on one loop.

The protocol with the program that measures is in bench/peers/README.md.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import kinship

PATIENCE = 60.0


class Swarm:
    """The nodes of one cluster in this process, and what they have seen."""

    def __init__(self, plain: bool) -> None:
        """Start empty."""
        self.security: dict[str, Any] = {"keys": [base64.b64encode(os.urandom(32)).decode()]}
        if plain:
            self.security = {"insecure_plaintext": True}
        self.nodes: list[kinship.Cluster] = []
        self.readers: list[asyncio.Task[None]] = []
        self.others: list[int] = []
        self.heard: set[int] = set()
        self.victim = -1
        self.down: set[int] = set()
        self.deaths = 0

    async def read(self, number: int, node: kinship.Cluster) -> None:
        """Note what one node reports."""
        own = f"n{number}"
        async for event in node.events():
            if isinstance(event, kinship.UserMessage):
                self.heard.add(number)
                continue
            member = getattr(event, "member", None)
            if member is None or member.name == own:
                continue
            if isinstance(event, kinship.MemberJoined):
                self.others[number] += 1
            elif isinstance(event, kinship.MemberDead):
                self.others[number] -= 1
                if int(member.name[1:]) == self.victim:
                    self.down.add(number)
                elif number != self.victim:
                    self.deaths += 1

    async def start(self, nodes: int, spread: float) -> dict[str, Any]:
        """Start all, evenly over `spread` seconds; the seconds until all see all."""
        began = time.monotonic()
        self.others = [0] * nodes
        seeds: list[str] = []
        port = 0
        for number in range(nodes):
            await asyncio.sleep(began + spread * number / nodes - time.monotonic())
            config = kinship.Config.lan(
                name=f"n{number}", bind="127.0.0.1:0", seeds=seeds, cluster="peers", **self.security
            )
            node = kinship.Cluster(config)
            # Subscribed after the start: who is known by then is counted from the list.
            await node.start()
            self.readers.append(asyncio.ensure_future(self.read(number, node)))
            self.others[number] += len(node.members()) - 1
            self.nodes.append(node)
            seeds = seeds or [node.local.addr]
            port = int(node.local.addr.rpartition(":")[2])
        started = time.monotonic()

        def complete() -> int:
            return sum(len(node.members()) >= nodes for node in self.nodes)

        converge = await wait(started, PATIENCE, lambda: complete() == nodes, 0.01)
        return {
            "start_s": started - began,
            "converge_s": converge,
            "complete": complete(),
            "port": port,
        }

    async def broadcast(self, size: int) -> dict[str, Any]:
        """Send from the first node to all others."""
        self.heard = set()
        began = time.monotonic()
        await self.nodes[0].broadcast(b"x" * size)
        others = len(self.nodes) - 1
        took = await wait(began, 10, lambda: len(self.heard - {0}) == others)
        return {"all_s": took, "missed": others - len(self.heard - {0})}

    async def kill(self, seconds: float) -> dict[str, Any]:
        """End the last node without leave."""
        victim = self.nodes.pop()
        others = len(self.nodes)
        self.victim = others
        began = time.monotonic()
        closing = asyncio.ensure_future(victim.close())
        first = await wait(began, seconds, lambda: bool(self.down))
        took = await wait(began, seconds, lambda: len(self.down - {others}) == others)
        await closing
        missed = others - len(self.down - {others})
        return {"first_s": first, "all_s": took, "missed": missed}


async def wait(
    began: float, most: float, done: Callable[[], bool], every: float = 0.001
) -> float | None:
    """Wait until `done`, or until the time is over; the seconds it took."""
    while not done():
        if time.monotonic() - began > most:
            return None
        await asyncio.sleep(every)
    return time.monotonic() - began


async def main() -> None:
    """Answer commands until standard input ends."""
    swarm = Swarm(plain="plain" in sys.argv[1:])
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        word, _, rest = line.strip().partition(" ")
        if word == "start":
            nodes, _, spread = rest.partition(" ")
            answer = await swarm.start(int(nodes), int(spread or 0) / 1000)
        elif word == "broadcast":
            answer = await swarm.broadcast(int(rest))
        elif word == "kill":
            answer = await swarm.kill(float(rest))
        else:
            answer = {"deaths": swarm.deaths}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
