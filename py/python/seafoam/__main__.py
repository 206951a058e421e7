"""`python -m seafoam`: the version, and whether two nodes on this machine find each other."""

from __future__ import annotations

import asyncio
import sys
from typing import Any
from uuid import uuid4

import seafoam

SECONDS = 10.0


async def check() -> None:
    """Start two nodes on loopback, let them meet and talk, and let one leave."""
    own: dict[str, Any] = {
        "cluster_name": f"self-check-{uuid4()}",
        "listen_ip": "127.0.0.1",
        "listen_port": 0,
        "multicast_enabled": False,
    }
    async with seafoam.Cluster(name="one", **own) as one:
        seen = one.events(kinds=[seafoam.EventKind.STATUS, seafoam.EventKind.BROADCAST])
        seeds = [one.local_node().address]
        async with seafoam.Cluster(name="two", initial_hosts=seeds, **own) as two:
            await one.ready(2, timeout=SECONDS)
            await two.ready(2, timeout=SECONDS)
            print(f"joined: {', '.join(node.name for node in one.healthy_nodes())}")
            two.broadcast("hello")
            async for event in seen:
                if isinstance(event, seafoam.BroadcastEvent):
                    print(f"one hears {event.origin.name}: {event.bytes.decode()}")
                    break
        async for event in seen:
            if isinstance(event, seafoam.StatusEvent):
                print(f"{event.node.name}: {event.previous} -> {event.status}")
                if (event.node.name, event.status) == ("two", seafoam.NodeStatus.LEFT):
                    return
        raise RuntimeError("the events ended before node two was seen to leave")


def main() -> int:
    """Run the self-check; the exit code says whether it passed."""
    print(f"seafoam {seafoam.__version__}")
    try:
        asyncio.run(asyncio.wait_for(check(), 3 * SECONDS))
    except (seafoam.SeafoamError, asyncio.TimeoutError, RuntimeError) as error:
        print(f"self-check failed: {error}")
        return 1
    print("self-check passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
