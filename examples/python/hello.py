#!/usr/bin/env python3
"""The program of README.md: says hello to whoever else is there, and hears one."""

from __future__ import annotations

import asyncio

import seafoam


async def hello() -> None:
    """Meet, talk, leave."""
    # snippet
    async with seafoam.Cluster() as cluster:  # configured by SEAFOAM_...; leaves at the end
        events = cluster.events()
        await cluster.ready(2, timeout=10)  # until somebody else is there
        cluster.broadcast("hello")
        async for event in events:
            match event:
                case seafoam.StatusEvent(node=node, status=status):
                    print(f"{node.name} is {status}")
                case seafoam.BroadcastEvent(origin=origin, bytes=data):
                    print(f"{origin.name} says {data.decode()}")
                    break
    # end


if __name__ == "__main__":
    asyncio.run(hello())
