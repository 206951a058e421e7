"""Starts and closes without number: nothing of them stays behind, and nobody hangs."""

from __future__ import annotations

import asyncio
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest
import seafoam
from seafoam import EventKind, blocking
from support import SECONDS, own, python

CYCLES = 200

# Prints what the process holds after a few cycles, and after all of them.
TORTURE = """
import asyncio, gc, os, sys, threading, time
import seafoam
from pathlib import Path

own = dict(listen_port=0, multicast_enabled=False, cluster_name=f"cycles-{os.getpid()}")

def holds():
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    kinds = [Path("/proc/self/task"), Path("/proc/self/fd")]
    return [*(len(list(kind.iterdir())) for kind in kinds), pages * os.sysconf("SC_PAGE_SIZE")]

def blocking_cycle():
    cluster = seafoam.blocking.Cluster.start(**own)
    events = cluster.events(initial=True)
    handle = cluster.on_event(lambda event: None)
    assert next(events).node.name == cluster.local_node().name
    cluster.broadcast(b"x" * 256)
    cluster.close()
    assert isinstance(list(events)[-1], seafoam.ClosedEvent)

async def asyncio_cycle():
    async with await seafoam.Cluster.start(**own) as cluster:
        events = cluster.events(initial=True)
        handle = cluster.on_event(lambda event: None)
        assert (await events.__anext__()).node.name == cluster.local_node().name
        cluster.broadcast(b"x" * 256)

async def asyncio_cycles(count):
    for _ in range(count):
        await asyncio_cycle()

def cycles(count):
    if sys.argv[1] == "blocking":
        for _ in range(count):
            blocking_cycle()
    else:
        asyncio.run(asyncio_cycles(count))

def settled(before):
    # The engine's thread and its sockets end a moment after its last cluster.
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        after = holds()
        if after[0] <= before[0] and after[1] <= before[1]:
            break
        threading.Event().wait(0.01)
    return after

cycles(40)
before = holds()
cycles(int(sys.argv[2]))
print(*before)
print(*settled(before))
"""


@pytest.mark.parametrize("kind", ["asyncio", "blocking"])
def test_cycles_leave_nothing_behind(kind: str) -> None:
    done = python(TORTURE, kind, str(CYCLES))
    assert done.returncode == 0, done.stderr
    before, after = ([int(word) for word in line.split()] for line in done.stdout.splitlines())
    threads, descriptors, resident = (new - old for new, old in zip(after, before, strict=True))
    assert threads <= 1, (before, after)
    assert descriptors <= 1, (before, after)
    assert resident < CYCLES * 2_000, (before, after)  # bytes; any cluster has far more


def test_fifty_clusters_in_one_process() -> None:
    with ExitStack() as stack:
        config = own()
        clusters = [stack.enter_context(blocking.Cluster(name="n0", **config))]
        seed = clusters[0].local_node().address
        for number in range(1, 50):
            node = blocking.Cluster(name=f"n{number}", initial_hosts=seed, **config)
            clusters.append(stack.enter_context(node))
        for cluster in clusters:
            cluster.ready(50, timeout=SECONDS)
        names = [(task / "comm").read_text().strip() for task in Path("/proc/self/task").iterdir()]
        assert names.count("seafoam") == 1  # one engine thread, however many clusters
        heard = [cluster.events(kinds=EventKind.BROADCAST) for cluster in clusters[1:]]
        clusters[0].broadcast("all")
        for events in heard:
            event = events.next(SECONDS)
            assert isinstance(event, seafoam.BroadcastEvent)
            assert event.bytes == b"all"
        for cluster in clusters:
            cluster.close()


def test_close_from_another_thread_while_readers_wait() -> None:
    for _ in range(20):
        assert ends_of_waits() == ["ClosedEvent", "ClosedEvent", "closed"]


def ends_of_waits() -> list[str]:
    cluster = blocking.Cluster.start(**own())
    ends: list[str] = []
    waiting = threading.Barrier(4)

    def iterate() -> None:
        events = cluster.events(kinds=EventKind.MESSAGE)
        waiting.wait(SECONDS)
        ends.extend(type(event).__name__ for event in events)

    def batches() -> None:
        events = cluster.events(kinds=EventKind.MESSAGE)
        waiting.wait(SECONDS)
        ends.extend(type(event).__name__ for event in events.next_batch(SECONDS))

    def ready() -> None:
        waiting.wait(SECONDS)
        with pytest.raises(seafoam.SeafoamError) as caught:
            cluster.ready(9, timeout=SECONDS)
        ends.append(str(caught.value.code))

    threads = [threading.Thread(target=target) for target in (iterate, batches, ready)]
    for thread in threads:
        thread.start()
    waiting.wait(SECONDS)
    cluster.close()
    for thread in threads:
        thread.join(SECONDS)
        assert not thread.is_alive()
    return sorted(ends)


def test_close_from_another_thread_while_a_task_waits() -> None:
    async def main(cluster: seafoam.Cluster) -> list[seafoam.Event]:
        closer = threading.Thread(target=lambda: asyncio.run(cluster.close()))
        events = cluster.events(kinds=EventKind.MESSAGE)
        reader = asyncio.ensure_future(collect(events))
        await asyncio.sleep(0)
        closer.start()
        read = await asyncio.wait_for(reader, SECONDS)
        await asyncio.to_thread(closer.join)
        return read

    async def collect(events: seafoam.Events) -> list[seafoam.Event]:
        return [event async for event in events]

    async def once() -> list[seafoam.Event]:
        return await main(await seafoam.Cluster.start(**own()))

    for _ in range(10):
        assert [type(event) for event in asyncio.run(once())] == [seafoam.ClosedEvent]
