"""What the tests share: clusters of their own on loopback, the manifest, and subprocesses."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import seafoam
from seafoam import blocking

TREE = Path(__file__).resolve().parents[2]
MANIFEST: dict[str, Any] = json.loads((TREE / "include" / "seafoam-api.json").read_text())

# Long enough for a busy machine; nothing waits for all of it unless it fails.
SECONDS = 20.0

# What makes the loops of `run` where it is not asyncio itself.
new_loop: Callable[[], asyncio.AbstractEventLoop] | None = None

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T], seconds: float = SECONDS * 2) -> T:
    """Run a test's coroutine with a deadline."""

    async def limited() -> T:
        return await asyncio.wait_for(main, seconds)

    if sys.version_info >= (3, 11) and new_loop is not None:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            return runner.run(limited())
    return asyncio.run(limited())


def own(**more: object) -> dict[str, Any]:
    """Return the configuration of a cluster that meets no other one."""
    return {
        "cluster_name": f"test-{uuid4()}",
        "listen_port": 0,
        "multicast_enabled": False,
        **more,
    }


@asynccontextmanager
async def joined(count: int, **more: object) -> AsyncIterator[list[seafoam.Cluster]]:
    """Start nodes n0, n1 and so on, which all know each other when this returns."""
    config = own(**more)
    async with AsyncExitStack() as stack:
        clusters: list[seafoam.Cluster] = []
        for number in range(count):
            seeds = [cluster.local_node().address for cluster in clusters]
            cluster = seafoam.Cluster(name=f"n{number}", initial_hosts=seeds, **config)
            clusters.append(await stack.enter_async_context(cluster))
        for cluster in clusters:
            await cluster.ready(count, timeout=SECONDS)
        yield clusters


def joined_blocking(stack: ExitStack, count: int, **more: object) -> list[blocking.Cluster]:
    """Start nodes n0, n1 and so on, which all know each other when this returns."""
    config = own(**more)
    clusters: list[blocking.Cluster] = []
    for number in range(count):
        seeds = [cluster.local_node().address for cluster in clusters]
        cluster = blocking.Cluster(name=f"n{number}", initial_hosts=seeds, **config)
        clusters.append(stack.enter_context(cluster))
    for cluster in clusters:
        cluster.ready(count, timeout=SECONDS)
    return clusters


async def next_of(events: seafoam.Events, kind: type[T]) -> T:
    """Return the next event of a class, before the deadline."""
    while True:
        event = await asyncio.wait_for(events.__anext__(), SECONDS)
        if isinstance(event, kind):
            return event


async def status_of(events: seafoam.Events, name: str, status: seafoam.NodeStatus) -> None:
    """Wait until a node is seen in a status, before the deadline."""
    while True:
        event = await next_of(events, seafoam.StatusEvent)
        if (event.node.name, event.status) == (name, status):
            return


def python(
    source: str, *arguments: str, seconds: float = SECONDS * 2
) -> subprocess.CompletedProcess[str]:
    """Run a program in an interpreter of its own to its end."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(source), *arguments],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
