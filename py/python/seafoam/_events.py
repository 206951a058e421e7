"""Subscriptions for asyncio."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Iterator
from types import AsyncGeneratorType, TracebackType
from typing import TYPE_CHECKING, cast

from seafoam._loop import LoopHub, running_hub
from seafoam._native import Subscription

if TYPE_CHECKING:
    from seafoam import Event


class _Reader:
    """What waits in a subscription.

    It outlives the generators that read it: an event that no reader was given is still here when
    one of them is cancelled.
    """

    __slots__ = (
        "__weakref__",
        "_arrived",
        "_handed_over",
        "_hub",
        "_token",
        "ended",
        "ready",
        "subscription",
    )

    def __init__(self, subscription: Subscription) -> None:
        self.subscription = subscription
        self.ready: Iterator[Event] = iter(())
        self.ended = False
        self._handed_over = False
        self._arrived: asyncio.Future[None] | None = None
        self._hub: LoopHub | None = None
        self._token = 0

    def __del__(self) -> None:
        if self._hub is not None:
            self._hub.discard(self._token)

    async def fill(self) -> bool:
        """Wait until events are ready; False after the last one."""
        if self._handed_over:
            # Events that are there already never suspend a reader: without this a saturated
            # subscription would starve every other task of the loop.
            self._handed_over = False
            await asyncio.sleep(0)
        while not self.ended:
            events = self.subscription.drain()
            if events is None:
                self.ended = True
            elif events:
                self.ready = iter(events)
                self._handed_over = True
                return True
            else:
                await self._wait()
        return False

    async def _wait(self) -> None:
        if self._arrived is not None:
            raise RuntimeError(
                "another task waits for these events: open a subscription for each reader"
            )
        hub = running_hub()
        self._arrived = asyncio.get_running_loop().create_future()
        try:
            if hub is not self._hub:
                self._listen(hub)
            await self._arrived
        finally:
            self._arrived = None

    def _listen(self, hub: LoopHub) -> None:
        if self._hub is not None:
            self._hub.discard(self._token)
        self._hub = hub
        reader = weakref.ref(self)  # the hub must not keep a subscription that nobody reads

        def rung() -> None:
            alive = reader()
            if alive is not None:
                alive.rung()

        self._token = hub.add(rung)
        self.subscription.wake(hub.native, self._token)

    def close(self) -> None:
        """End it, for whoever waits too."""
        self.ended = True
        self.ready = iter(())
        self.subscription.close()
        self.rung()

    def rung(self) -> None:
        """Wake the reader that waits."""
        if self._arrived is not None and not self._arrived.done():
            self._arrived.set_result(None)


class Events:
    """A subscription that began when it was opened. Iterate over it: `async for event in events`.

    One task reads it at a time; open another one for another reader. Whoever is cancelled, or
    leaves the loop early, takes no event along: iterating again goes on with the next one. A slow
    reader gets a LaggedEvent that says how much it missed; ClosedEvent is the last.

    As an async context manager, or by `aclose`, it ends before its cluster does.
    """

    __slots__ = ("__weakref__", "_reader", "_single")

    def __init__(self, subscription: Subscription) -> None:
        """Not for programs: `Cluster.events` opens subscriptions."""
        self._reader = _Reader(subscription)
        self._single: AsyncGeneratorType[Event, None] | None = None

    def __aiter__(self) -> AsyncIterator[Event]:
        """Iterate event by event."""
        return self._events()

    def __anext__(self) -> Awaitable[Event]:
        """Wait for the next event."""
        return self._events().__anext__()

    def batches(self) -> AsyncIterator[list[Event]]:
        """Iterate over lists of the events that wait: the fastest way to read many."""
        return _batches(self._reader)

    async def aclose(self) -> None:
        """End the subscription. May be called twice; a task that waits in it stops."""
        self._reader.close()

    async def __aenter__(self) -> Events:
        """Return the subscription itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the subscription."""
        await self.aclose()

    def _events(self) -> AsyncGeneratorType[Event, None]:
        # A cancelled generator is finished for good: the next reader gets a new one.
        if self._single is None or self._single.ag_frame is None:
            # A generator function makes this very type, which its annotation cannot say.
            self._single = cast("AsyncGeneratorType[Event, None]", _single(self._reader))
        return self._single


Events.__module__ = "seafoam"


# The generators hold the reader and not the subscription object: without a cycle, a subscription
# that nobody holds any more ends at once.


async def _single(reader: _Reader) -> AsyncGenerator[Event, None]:
    while True:
        for event in reader.ready:
            yield event
        if not await reader.fill():
            return


async def _batches(reader: _Reader) -> AsyncGenerator[list[Event], None]:
    while True:
        events = list(reader.ready)
        if events:
            yield events
        if not await reader.fill():
            return
