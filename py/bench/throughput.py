#!/usr/bin/env python3
"""How many events a second reach Python, beside an asyncio.Queue that a thread feeds.

Needs a module built for it: maturin develop --release --features bench -m py/Cargo.toml
A native thread publishes broadcasts of 64 bytes as fast as they are read ("reader alone": before
they are read, which leaves the cost of making an event out of the figure). Its peer is what a
program would write instead: a thread that hands 256 items at a time to the loop, and
`await queue.get()`. All take turns in one process, so that what else the machine does falls on
all of them.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import seafoam
from seafoam import EventKind, _native

# What only a module built for measuring has, and no stub lists.
_doors: Any = _native

CAPACITY = 65_536
CHUNK = 256
AHEAD = 128
WAITING = 32_768


async def single(cluster: seafoam.Cluster, count: int) -> None:
    """Read `async for event in events`."""
    async with cluster.events(kinds=EventKind.BROADCAST, capacity=CAPACITY) as events:
        _doors.publish(cluster, events._reader.subscription, count)
        left = count
        async for event in events:
            if not isinstance(event, seafoam.BroadcastEvent):
                raise RuntimeError(f"events were lost: {event}")
            left -= 1
            if not left:
                return


async def batched(cluster: seafoam.Cluster, count: int) -> None:
    """Read `async for batch in events.batches()`."""
    async with cluster.events(kinds=EventKind.BROADCAST, capacity=CAPACITY) as events:
        _doors.publish(cluster, events._reader.subscription, count)
        left = count
        async for batch in events.batches():
            left -= len(batch)
            if left <= 0:
                return


async def reader_alone(cluster: seafoam.Cluster, count: int) -> float:
    """Read single events that were published before, and return the seconds of reading."""
    seconds = 0.0
    async with cluster.events(kinds=EventKind.BROADCAST, capacity=CAPACITY) as events:
        for _ in range(count // WAITING):
            _doors.publish_now(cluster, WAITING)
            begun = time.perf_counter()
            left = WAITING
            async for _ in events:
                left -= 1
                if not left:
                    break
            seconds += time.perf_counter() - begun
    return seconds


async def queue(cluster: seafoam.Cluster, count: int) -> None:
    """Read an asyncio.Queue that is woken once per 256 items; the cluster has no part in it."""
    items: asyncio.Queue[bytes] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    ahead = threading.Semaphore(AHEAD)

    def put(chunk: list[bytes]) -> None:
        for item in chunk:
            items.put_nowait(item)
        ahead.release()

    def feed() -> None:
        for _ in range(count // CHUNK):
            ahead.acquire()
            loop.call_soon_threadsafe(put, [bytes(64) for _ in range(CHUNK)])

    thread = threading.Thread(target=feed)
    thread.start()
    for _ in range(count // CHUNK * CHUNK):
        await items.get()
    thread.join()


async def main(count: int, rounds: int) -> None:
    """Measure all of them, in turns."""
    ways: dict[str, Callable[[seafoam.Cluster, int], Awaitable[None]]] = {
        "async for event": single,
        "async for batch": batched,
        "asyncio.Queue": queue,
    }
    rates: dict[str, list[float]] = {name: [] for name in [*ways, "  reader alone"]}
    async with seafoam.Cluster(listen_port=0, multicast_enabled=False) as cluster:
        for _ in range(rounds):
            for name, way in ways.items():
                begun = time.perf_counter()
                await way(cluster, count)
                rates[name].append(count / (time.perf_counter() - begun))
            rates["  reader alone"].append(count / await reader_alone(cluster, count))
    for name, measured in rates.items():
        low, middle, high = min(measured), statistics.median(measured), max(measured)
        print(f"{name:16} {middle:>12,.0f} items/s   ({low:,.0f} to {high:,.0f})")
    ratio = statistics.median(rates["async for event"]) / statistics.median(rates["asyncio.Queue"])
    print(f"async for event : asyncio.Queue = {ratio:.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=512 * 1024)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    asyncio.run(main(given.count, given.rounds))
