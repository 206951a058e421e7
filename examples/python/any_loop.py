#!/usr/bin/env python3
"""Seafoam under trio, or whatever anyio runs on: the blocking cluster, its waits in threads.

`seafoam.Cluster` needs asyncio (or uvloop). With any other loop use `seafoam.blocking.Cluster`:
calls that do not wait are made as they are, the others in a worker thread. A wait for events gets a
limit, so that a cancelled task is not held up by it for longer.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

import anyio
import seafoam
from anyio import to_thread
from seafoam import blocking

if TYPE_CHECKING:
    from typing_extensions import Unpack

SLICE_SECONDS = 0.2
"""The longest that a cancelled task waits for its thread."""


@asynccontextmanager
async def member(**config: Unpack[seafoam.Options]) -> AsyncIterator[blocking.Cluster]:
    """Be a member inside of this scope; leave at its end, even where it is cancelled."""
    cluster = blocking.Cluster(**config)
    await to_thread.run_sync(cluster.start)
    try:
        yield cluster
    finally:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(cluster.__exit__, None, None, None)


async def each(events: blocking.Events) -> AsyncGenerator[seafoam.Event, None]:
    """Yield what happens, until the cluster is closed."""
    while True:
        for event in await to_thread.run_sync(events.next_batch, SLICE_SECONDS):
            yield event
            if isinstance(event, seafoam.ClosedEvent):
                return


async def main() -> None:
    """Let two nodes meet and talk."""
    own = partial(
        member, cluster_name=f"any-loop-{uuid4()}", listen_port=0, multicast_enabled=False
    )
    async with own(name="one") as one:
        seed = one.local_node().address
        async with own(name="two", initial_hosts=seed) as two:
            for cluster in (one, two):
                await to_thread.run_sync(partial(cluster.ready, 2, timeout=10))
            async with aclosing(each(two.events(kinds="broadcast"))) as heard:
                one.broadcast("hello")
                with anyio.fail_after(10):
                    async for event in heard:
                        if isinstance(event, seafoam.BroadcastEvent):
                            print(f"two hears {event.bytes.decode()}")
                            break
                with anyio.move_on_after(SLICE_SECONDS / 2):  # cancelled in the middle of a wait
                    async for event in heard:
                        print(f"unexpected: {event}")
                print("and nothing else")


if __name__ == "__main__":
    anyio.run(main, backend=sys.argv[1] if len(sys.argv) > 1 else "asyncio")
