"""Several loops, one after the other and at the same time."""

from __future__ import annotations

import asyncio
import gc
import threading
from pathlib import Path

import seafoam
from seafoam import EventKind
from support import SECONDS, joined, next_of, run


def test_a_loop_in_each_thread() -> None:
    failures: list[BaseException] = []

    async def talk() -> None:
        async with joined(2) as (one, two):
            heard = two.events(kinds=EventKind.BROADCAST)
            for number in range(20):
                one.broadcast(f"{number}")
                await next_of(heard, seafoam.BroadcastEvent)

    def live() -> None:
        try:
            run(talk())
        except BaseException as error:  # noqa: BLE001 - told by the main thread
            failures.append(error)

    threads = [threading.Thread(target=live) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS * 3)
        assert not thread.is_alive()
    assert failures == []


def test_a_cluster_outlives_its_loop() -> None:
    stack = joined(2)
    opened = asyncio.new_event_loop()
    one, two = opened.run_until_complete(stack.__aenter__())
    heard = two.events(kinds=EventKind.BROADCAST)
    one.broadcast("first")
    first = opened.run_until_complete(next_of(heard, seafoam.BroadcastEvent))
    opened.close()

    async def later() -> None:
        one.broadcast("second")
        second = await next_of(heard, seafoam.BroadcastEvent)
        assert (first.bytes, second.bytes) == (b"first", b"second")
        await stack.__aexit__(None, None, None)

    run(later())


def test_loops_leave_no_descriptors_behind() -> None:
    async def once() -> None:
        async with joined(1) as (one,):
            await one.ready(1)

    run(once())
    gc.collect()
    before = _descriptors()
    for _ in range(5):
        run(once())
    gc.collect()
    assert _descriptors() <= before + 1


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
