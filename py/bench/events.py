#!/usr/bin/env python3
"""What an event costs on its way into Python: one JSON object a line, five runs of each measure.

Needs a package that was built for it: py/bench/run.sh builds one apart and runs this.

- `throughput_...`: events a second that a native thread publishes (broadcasts of 64 bytes) as fast
  as they are read, by the reading thread's own processor time, what wakes it included. What else
  the machine does falls on nobody. `..._wall` is the same runs by the clock on the wall.
- `latency_...`: from the moment before an event is published until the program has it, one each
  200 microseconds.
- `memory_per_subscription_bytes...`: what a process grows by for each idle subscription.

A peer is what a program would write without seafoam, in turns with it: for asyncio a thread that
hands 256 items at a time to an asyncio.Queue, for threads a queue.SimpleQueue.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import queue
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import seafoam
from seafoam import EventKind, _native, blocking

# What only a module built for measuring has, and no stub lists.
_doors: Any = _native

ROUNDS = 5
CAPACITY = 65_536
CHUNK = 256
AHEAD = 128
PACE_MICROS = 200
PINGS = 2_000
IDLE = 500
OWN: dict[str, Any] = {"listen_port": 0, "multicast_enabled": False, "log_level": "off"}
WANTED: dict[str, Any] = {"kinds": EventKind.BROADCAST, "capacity": CAPACITY}

Run = tuple[float, float]
"""A rate by the reading thread's own time, and by the clock on the wall."""


class Stopwatch:
    """Both clocks, from now on."""

    def __init__(self) -> None:
        """Begin."""
        self._own, self._wall = time.thread_time(), time.perf_counter()

    def rates(self, count: int) -> Run:
        """Return how many a second there were."""
        return count / (time.thread_time() - self._own), count / (time.perf_counter() - self._wall)


def lost(event: object) -> RuntimeError:
    """Return what to raise on anything but a broadcast: the figure would be of something else."""
    return RuntimeError(f"not a broadcast: {event}")


async def async_for(cluster: seafoam.Cluster, count: int) -> Run:
    """Read `async for event in events`."""
    async with cluster.events(**WANTED) as events:
        watch = Stopwatch()
        _doors.publish(cluster, events._reader.subscription, count)
        left = count
        async for event in events:
            if not isinstance(event, seafoam.BroadcastEvent):
                raise lost(event)
            left -= 1
            if not left:
                break
        return watch.rates(count)


async def async_batches(cluster: seafoam.Cluster, count: int) -> Run:
    """Read `async for batch in events.batches()`, and each event of it."""
    async with cluster.events(**WANTED) as events:
        watch = Stopwatch()
        _doors.publish(cluster, events._reader.subscription, count)
        left = count
        async for batch in events.batches():
            for event in batch:
                if not isinstance(event, seafoam.BroadcastEvent):
                    raise lost(event)
                left -= 1
            if not left:
                break
        return watch.rates(count)


async def asyncio_queue(_cluster: seafoam.Cluster, count: int) -> Run:
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
    watch = Stopwatch()
    thread.start()
    for _ in range(count):
        item = await items.get()
        if not isinstance(item, bytes):
            raise lost(item)
    rates = watch.rates(count)
    thread.join()
    return rates


def blocking_for(cluster: blocking.Cluster, count: int) -> Run:
    """Read `for event in events`."""
    with cluster.events(**WANTED) as events:
        watch = Stopwatch()
        _doors.publish(cluster, events, count)
        left = count
        for event in events:
            if not isinstance(event, seafoam.BroadcastEvent):
                raise lost(event)
            left -= 1
            if not left:
                break
        return watch.rates(count)


def simple_queue(_cluster: blocking.Cluster, count: int) -> Run:
    """Read a queue.SimpleQueue that a thread fills; the cluster has no part in it."""
    items: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def feed() -> None:
        for _ in range(count):
            items.put(bytes(64))

    thread = threading.Thread(target=feed)
    watch = Stopwatch()
    thread.start()
    for _ in range(count):
        item = items.get()
        if not isinstance(item, bytes):
            raise lost(item)
    rates = watch.rates(count)
    thread.join()
    return rates


def micros(sent: list[int], received: list[int]) -> tuple[float, float]:
    """Return the median and the 99th of a hundred."""
    took = sorted((at - begun) / 1000 for begun, at in zip(sent, received, strict=True))
    return statistics.median(took), took[len(took) * 99 // 100]


async def latency_async(cluster: seafoam.Cluster) -> tuple[float, float]:
    """Read `async for event in events`."""
    received: list[int] = []
    async with cluster.events(**WANTED) as events:
        _doors.publish_paced(cluster, PINGS, PACE_MICROS)
        async for _ in events:
            received.append(_doors.clock())
            if len(received) == PINGS:
                break
    return micros(_doors.sent(), received)


async def latency_call_soon(_cluster: seafoam.Cluster) -> tuple[float, float]:
    """Have a thread call `call_soon_threadsafe`; the cluster has no part in it."""
    sent: list[int] = []
    received: list[int] = []
    done = asyncio.Event()
    loop = asyncio.get_running_loop()

    def arrive() -> None:
        received.append(_doors.clock())
        if len(received) == PINGS:
            done.set()

    def feed() -> None:
        for _ in range(PINGS):
            time.sleep(PACE_MICROS / 1e6)
            sent.append(_doors.clock())
            loop.call_soon_threadsafe(arrive)

    threading.Thread(target=feed).start()
    await done.wait()
    return micros(sent, received)


def latency_blocking(cluster: blocking.Cluster) -> tuple[float, float]:
    """Read `for event in events`."""
    received: list[int] = []
    with cluster.events(**WANTED) as events:
        _doors.publish_paced(cluster, PINGS, PACE_MICROS)
        for _ in events:
            received.append(_doors.clock())
            if len(received) == PINGS:
                break
    return micros(_doors.sent(), received)


def latency_simple_queue(_cluster: blocking.Cluster) -> tuple[float, float]:
    """Read a queue.SimpleQueue that a thread fills; the cluster has no part in it."""
    sent: list[int] = []
    received: list[int] = []
    items: queue.SimpleQueue[None] = queue.SimpleQueue()

    def feed() -> None:
        for _ in range(PINGS):
            time.sleep(PACE_MICROS / 1e6)
            sent.append(_doors.clock())
            items.put(None)

    threading.Thread(target=feed).start()
    for _ in range(PINGS):
        items.get()
        received.append(_doors.clock())
    return micros(sent, received)


MEMORY = """
import gc, os
from pathlib import Path
import seafoam
from seafoam import blocking

def resident():
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

def grown(cluster):
    kept = [cluster.events()]
    before = resident()
    kept.extend(cluster.events() for _ in range({idle}))
    print((resident() - before) / {idle})

{run}
"""

RUNS = {
    "": """
import asyncio
async def main():
    async with seafoam.Cluster(listen_port=0, multicast_enabled=False) as cluster:
        grown(cluster)
asyncio.run(main())
""",
    "_blocking": """
with blocking.Cluster(listen_port=0, multicast_enabled=False) as cluster:
    grown(cluster)
""",
}


def memory(run: str) -> float:
    """Return the bytes that a new process grows by for each subscription that is open."""
    source = MEMORY.format(idle=IDLE, run=run)
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, check=True)
    return float(done.stdout)


def show(
    measure: str, unit: str, values: list[float], peer: str = "", peers: Sequence[float] = ()
) -> None:
    """Print one line."""
    line: dict[str, Any] = {"language": "python", "measure": measure, "unit": unit}
    line["values"] = [round(value, 3) for value in values]
    if peer:
        line |= {"peer": peer, "peer_values": [round(value, 3) for value in peers]}
    print(json.dumps(line), flush=True)


def show_pairs(
    measures: tuple[str, str], unit: str, own: list[Run], peer: str, peers: list[Run]
) -> None:
    """Print a line for each figure of a pair."""
    for place, measure in enumerate(measures):
        theirs = [run[place] for run in peers]
        show(measure, unit, [run[place] for run in own], peer, theirs)


async def in_asyncio(count: int) -> None:
    """Measure `seafoam.Cluster`."""
    peer = "asyncio.Queue per 256"
    async with seafoam.Cluster(**OWN) as cluster:
        ways: list[Callable[[seafoam.Cluster, int], Awaitable[Run]]]
        ways = [async_for, async_batches, asyncio_queue]
        runs = [[await way(cluster, count) for way in ways] for _ in range(ROUNDS)]
        single, batches, queues = (list(column) for column in zip(*runs, strict=True))
        names = ("throughput_async_for", "throughput_async_for_wall")
        show_pairs(names, "events/s", single, peer, queues)
        names = ("throughput_async_batches", "throughput_async_batches_wall")
        show_pairs(names, "events/s", batches, peer, queues)
        delays = [await latency_async(cluster) for _ in range(ROUNDS)]
        peers = [await latency_call_soon(cluster) for _ in range(ROUNDS)]
        names = ("latency_p50_us", "latency_p99_us")
        show_pairs(names, "us", delays, "call_soon_threadsafe of a thread", peers)


def in_threads(count: int) -> None:
    """Measure `seafoam.blocking.Cluster`."""
    with blocking.Cluster(**OWN) as cluster:
        runs = [(blocking_for(cluster, count), simple_queue(cluster, count)) for _ in range(ROUNDS)]
        own, peers = (list(column) for column in zip(*runs, strict=True))
        names = ("throughput_blocking_for", "throughput_blocking_for_wall")
        show_pairs(names, "events/s", own, "queue.SimpleQueue", peers)
        delays = [latency_blocking(cluster) for _ in range(ROUNDS)]
        peers = [latency_simple_queue(cluster) for _ in range(ROUNDS)]
        names = ("latency_p50_us_blocking", "latency_p99_us_blocking")
        show_pairs(names, "us", delays, "queue.SimpleQueue", peers)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=512 * 1024)
    given = parser.parse_args()
    asyncio.run(in_asyncio(given.count // CHUNK * CHUNK))
    in_threads(given.count // CHUNK * CHUNK)
    for suffix, run in RUNS.items():
        sizes = [memory(run) for _ in range(ROUNDS)]
        show(f"memory_per_subscription_bytes{suffix}", "bytes", sizes)
