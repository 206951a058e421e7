"""Where the engine's threads and an event loop meet: one eventfd a loop.

The engine rings a token and writes to the eventfd; the loop reads it and calls what belongs to the
token. No thread of the engine ever enters the interpreter.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from seafoam._native import Pending, WakeHub


class LoopHub:
    """The tokens of one loop. It does not keep the loop alive."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to listen, for as long as the loop lives."""
        self.native = WakeHub()
        self._calls: dict[int, Callable[[], object]] = {}
        self._next = 0
        loop.add_reader(self.native.fileno(), self._rung)

    def add(self, call: Callable[[], object]) -> int:
        """Return a token; `call` runs on the loop each time that it is rung. It must not raise."""
        self._next += 1
        self._calls[self._next] = call
        return self._next

    def discard(self, token: int) -> None:
        """Forget a token; ringing it does nothing any more."""
        self._calls.pop(token, None)

    def _rung(self) -> None:
        for token in self.native.take():
            call = self._calls.get(token)
            if call is not None:
                call()


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, LoopHub] = WeakKeyDictionary()


def running_hub() -> LoopHub:
    """Return the hub of the running loop."""
    loop = asyncio.get_running_loop()
    hub = _hubs.get(loop)
    if hub is None:
        hub = _hubs[loop] = LoopHub(loop)
    return hub


async def result(pending: Pending) -> Any:  # noqa: ANN401 - the caller knows what it asked for
    """Wait for a result of the engine. When the task is cancelled, the operation is given up."""
    try:
        done = pending.take()
        while done is None:
            await _arrival(pending)
            done = pending.take()
        return done[0]
    finally:
        pending.give_up()


async def _arrival(pending: Pending) -> None:
    hub = running_hub()
    arrived = asyncio.get_running_loop().create_future()

    def rung() -> None:
        if not arrived.done():
            arrived.set_result(None)

    token = hub.add(rung)
    try:
        pending.wake(hub.native, token)
        await arrived
    finally:
        hub.discard(token)
