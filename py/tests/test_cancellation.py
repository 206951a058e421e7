"""A task that is cancelled takes no event along, and gives its operation up."""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections.abc import Callable, Coroutine
from contextlib import ExitStack, suppress
from typing import Any

import pytest
import seafoam
from seafoam import EventKind
from support import SECONDS, joined, own, run


def test_no_event_is_lost_by_cancelling_a_reader() -> None:
    async def main() -> None:
        async with joined(2) as (one, two):
            events = two.events(kinds=EventKind.BROADCAST)
            got: list[bytes] = []

            async def read() -> None:
                async for event in events:
                    if isinstance(event, seafoam.BroadcastEvent):
                        got.append(event.bytes)

            sent = []
            for number in range(40):
                reader = asyncio.ensure_future(read())
                if number % 2:
                    await asyncio.sleep(0)  # it waits already, or has not begun
                sent.append(f"{number}".encode())
                one.broadcast(sent[-1])
                if number % 3 == 0:
                    await asyncio.sleep(0.002)
                reader.cancel()
                with suppress(asyncio.CancelledError):
                    await reader
            async with _deadline(events):
                while len(got) < len(sent):  # none may be left to wait for
                    event = await events.__anext__()
                    if isinstance(event, seafoam.BroadcastEvent):
                        got.append(event.bytes)
            assert sorted(got) == sorted(sent)

    run(main())


class _deadline:  # noqa: N801 - reads as a word
    """Ends a subscription late, so that a test that lost an event fails and does not hang."""

    def __init__(self, events: seafoam.Events) -> None:
        self.events = events

    async def __aenter__(self) -> None:
        self.task = asyncio.ensure_future(self._end())

    async def __aexit__(self, *error: object) -> None:
        self.task.cancel()

    async def _end(self) -> None:
        await asyncio.sleep(SECONDS)
        await self.events.aclose()


def test_waiting_with_a_limit_keeps_the_subscription() -> None:
    async def main() -> None:
        async with joined(2) as (one, two):
            events = two.events(kinds=EventKind.BROADCAST)
            for _ in range(3):
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(events.__anext__(), 0.01)
            one.broadcast("after")
            event = await asyncio.wait_for(events.__anext__(), SECONDS)
            assert isinstance(event, seafoam.BroadcastEvent)
            assert event.bytes == b"after"

    run(main())


def test_breaking_out_keeps_what_follows() -> None:
    async def main() -> None:
        async with joined(3) as (one, two, three):
            events = three.events(initial=True)
            names: list[str] = []
            while len(names) < 3:
                async for event in events:  # a new loop for each event, and one batch for all
                    if isinstance(event, seafoam.StatusEvent):
                        names.append(event.node.name)
                    break
            assert sorted(names) == ["n0", "n1", "n2"]
            assert one.is_closed() is two.is_closed() is False

    run(main())


def test_a_cancelled_wait_is_given_up() -> None:
    async def main() -> None:
        async with seafoam.Cluster(**own()) as cluster:
            waiting = [asyncio.ensure_future(cluster.ready(2, timeout=None)) for _ in range(10)]
            await asyncio.sleep(0)
            for task in waiting:
                task.cancel()
            done = await asyncio.gather(*waiting, return_exceptions=True)
            assert all(isinstance(one, asyncio.CancelledError) for one in done)
            await cluster.ready(1, timeout=SECONDS)

    run(main())


def test_a_cancelled_start_leaves_nothing_behind() -> None:
    async def main() -> None:
        config = own()
        async with seafoam.Cluster(**config) as cluster:
            port = cluster.local_node().port
        again = {**config, "listen_port": port}
        for _ in range(10):
            task = asyncio.ensure_future(seafoam.Cluster.start(**again))
            await asyncio.sleep(0)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await (await task).close()
        assert await asyncio.wait_for(_port_of_a_start(again), SECONDS) == port

    run(main())


async def _port_of_a_start(config: dict[str, Any]) -> int:
    """The port is free as soon as the last one that was given up is gone."""
    while True:
        try:
            async with seafoam.Cluster(**config) as cluster:
                return cluster.local_node().port
        except seafoam.SeafoamError as error:
            if error.code is not seafoam.ErrorCode.ADDRESS_IN_USE:
                raise
        await asyncio.sleep(0.01)


def test_leaving_the_scope_closes_even_when_it_is_cancelled() -> None:
    async def main() -> None:
        inside = asyncio.Event()
        cluster = seafoam.Cluster(**own())

        async def hold() -> None:
            async with cluster:
                inside.set()
                await asyncio.sleep(SECONDS)

        task = asyncio.ensure_future(hold())
        await asyncio.wait_for(inside.wait(), SECONDS)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert cluster.is_closed()

    run(main())


async def within(seconds: float, wait: Coroutine[Any, Any, object]) -> None:
    if sys.version_info >= (3, 11):
        async with asyncio.timeout(seconds):
            await wait
    else:
        await asyncio.wait_for(wait, seconds)


def test_a_timeout_ends_every_wait() -> None:
    async def main() -> None:
        async with joined(1) as (one,):
            events = one.events(kinds=EventKind.MESSAGE)
            silent = stack.enter_context(socket.socket(type=socket.SOCK_DGRAM))
            silent.bind(("127.0.0.1", 0))  # and never read
            waits: list[Callable[[], Coroutine[Any, Any, object]]] = [
                lambda: one.ready(9, timeout=None),
                lambda: _all(events),
                lambda: one.ping_node(f"127.0.0.1:{silent.getsockname()[1]}"),
            ]
            for wait in waits:
                begun = time.monotonic()
                with pytest.raises(asyncio.TimeoutError):
                    await within(0.05, wait())
                assert time.monotonic() - begun < 1.0
            await one.ready(1)  # and nothing is broken by it
            await one.close()
            assert [type(event) for event in await _all(events)] == [seafoam.ClosedEvent]

    with ExitStack() as stack:
        run(main())


def test_a_cancelled_task_stops_and_the_subscription_goes_on() -> None:
    async def main() -> None:
        async with joined(2) as (one, two):
            events = two.events(kinds=EventKind.BROADCAST)
            for number in range(3):
                task = asyncio.ensure_future(_all(events))
                await asyncio.sleep(0.01)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                one.broadcast(f"{number}")
                event = await asyncio.wait_for(events.__anext__(), SECONDS)
                assert isinstance(event, seafoam.BroadcastEvent)
                assert event.bytes == f"{number}".encode()

    run(main())


async def _all(events: seafoam.Events) -> list[seafoam.Event]:
    return [event async for event in events]
