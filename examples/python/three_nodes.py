#!/usr/bin/env python3
"""Three nodes in one process meet, hear a broadcast, and see one of them leave.

It exits with 0 only if all of that was seen in time.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from uuid import uuid4

import seafoam

SECONDS = 20.0
NAMES = ("anna", "bert", "carl")


async def expect(
    events: seafoam.Events, reader: str, what: str, is_it: Callable[[seafoam.Event], bool]
) -> None:
    """Print events of one node until the wanted one was among them."""

    async def read() -> None:
        async for event in events:
            match event:
                case seafoam.StatusEvent(node, status, previous):
                    print(f"{reader} sees {node.name}: {previous} -> {status}")
                case seafoam.BroadcastEvent(origin=origin, bytes=text):
                    print(f"{reader} hears {origin.name}: {text.decode()}")
                case _:
                    print(f"{reader}: {event}")
            if is_it(event):
                return
        raise RuntimeError(f"the events of {reader} ended before {what}")

    try:
        await asyncio.wait_for(read(), SECONDS)
    except asyncio.TimeoutError:
        raise RuntimeError(f"{reader} did not see {what} within {SECONDS} s") from None


def says(text: bytes) -> Callable[[seafoam.Event], bool]:
    """Tell whether an event is this broadcast."""
    return lambda event: isinstance(event, seafoam.BroadcastEvent) and event.bytes == text


def is_status(name: str, status: seafoam.NodeStatus) -> Callable[[seafoam.Event], bool]:
    """Tell whether an event says this of a node."""

    def is_it(event: seafoam.Event) -> bool:
        if not isinstance(event, seafoam.StatusEvent):
            return False
        return (event.node.name, event.status) == (name, status)

    return is_it


async def main() -> None:
    """Let the nodes live."""
    cluster_name = f"three-nodes-{uuid4()}"
    async with AsyncExitStack() as stack:
        nodes: list[seafoam.Cluster] = []
        for name in NAMES:
            cluster = seafoam.Cluster(
                cluster_name=cluster_name,
                name=name,
                listen_port=0,
                multicast_enabled=False,
                initial_hosts=[node.local_node().address for node in nodes],
            )
            nodes.append(await stack.enter_async_context(cluster))
        for node in nodes:
            await node.ready(len(NAMES), timeout=SECONDS)
        print("members:", ", ".join(node.name for node in nodes[0].healthy_nodes()))

        anna, bert, carl = nodes
        readers = [(bert.events(), "bert"), (carl.events(), "carl")]
        anna.broadcast("hello from anna")
        for events, reader in readers:
            await expect(events, reader, "the broadcast", says(b"hello from anna"))

        events = anna.events()
        await carl.leave()
        left = is_status("carl", seafoam.NodeStatus.LEFT)
        await expect(events, "anna", "carl leave", left)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except (seafoam.SeafoamError, RuntimeError) as error:
        sys.exit(f"three_nodes: {error}")
    print("three_nodes: all was seen")
