"""Callbacks: what asyncio's and the threads' way of calling them have in common."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from seafoam._log import records
from seafoam._native import BroadcastEvent, Node, StatusEvent, Subscription
from seafoam._words import EventKind, NodeStatus

if TYPE_CHECKING:
    from seafoam import Event

# How long closing waits for callbacks that have events left.
JOIN_SECONDS = 1.0
# How many calls in a row hold the loop, or the thread, before others get their turn, and how long.
_TURN = 64
_TURN_SECONDS = 0.005

F = TypeVar("F", bound=Callable[..., object])


class CallbackHandle:
    """Keeps a callback installed: `remove` ends it; letting go of the handle does not.

    None begins after `remove` returned. From another thread it waits for a running call, at most
    one second; from inside of the callback it does not wait.
    """

    __slots__ = ("__weakref__", "_call", "_ended", "_forget", "_ready", "_subscription")

    def __init__(
        self,
        subscription: Subscription,
        call: Callable[[Event], object],
        forget: Callable[[CallbackHandle], None],
    ) -> None:
        """Not for programs: `on_event` and its like make handles."""
        self._subscription = subscription
        self._call = call
        self._forget = forget
        self._ready: Iterator[Event] = iter(())
        self._ended = False

    @property
    def ended(self) -> bool:
        """Whether it was removed, or its cluster was closed: it is not called any more."""
        return self._ended

    def remove(self) -> None:
        """Remove the callback. May be called twice, and from inside of the callback."""
        self._ended = True
        self._subscription.close()
        self._forget(self)

    def turn(self) -> bool:
        """Call the callback for events that wait; True where more of them wait."""
        end = monotonic() + _TURN_SECONDS
        for _ in range(_TURN):
            if self._ended:
                return False
            event = next(self._ready, None)
            if event is None:
                events = self._subscription.drain(_TURN)
                if events is None:
                    self._ended = True
                    self._forget(self)
                    return False
                if not events:
                    return False
                self._ready = iter(events)
                continue
            try:
                self._call(event)
            except Exception:  # noqa: BLE001 - the program's own, of any kind; it is logged
                records.exception("a callback raised on a %s event; it stays installed", event.kind)
            if monotonic() > end:
                break
        return True

    def detach(self) -> None:
        """Begin no call any more; a running one goes on, and nobody waits for it."""
        self._ended = True
        self._subscription.close()

    def __repr__(self) -> str:
        """Show whether it is installed."""
        return f"<seafoam.CallbackHandle {'ended' if self._ended else 'installed'}>"


CallbackHandle.__module__ = "seafoam"


def plain_function(call: F) -> F:
    """Refuse what would never run, or never be awaited."""
    if not callable(call):
        raise TypeError(f"a callback is callable, not {type(call).__name__}")
    if inspect.iscoroutinefunction(call):
        raise TypeError(
            "a callback is a plain function, not a coroutine function: "
            "for coroutines use `async for event in cluster.events()`"
        )
    return call


def status_call(call: Callable[[Node, NodeStatus], object]) -> Callable[[Event], object]:
    """Return what unpacks status events for a callback."""
    plain_function(call)

    def unpack(event: Event) -> None:
        if isinstance(event, StatusEvent):
            call(event.node, event.status)

    return unpack


def broadcast_call(call: Callable[[Node, bytes], object]) -> Callable[[Event], object]:
    """Return what unpacks broadcasts for a callback."""
    plain_function(call)

    def unpack(event: Event) -> None:
        if isinstance(event, BroadcastEvent):
            call(event.origin, event.bytes)

    return unpack


STATUS = (EventKind.STATUS,)
BROADCAST = (EventKind.BROADCAST,)
