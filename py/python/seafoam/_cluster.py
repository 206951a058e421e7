"""The cluster for asyncio."""

from __future__ import annotations

import asyncio
import time
import weakref
from collections.abc import Callable, Coroutine, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, overload

from seafoam import _callbacks, _exit
from seafoam._callbacks import CallbackHandle
from seafoam._errors import SeafoamError
from seafoam._events import Events
from seafoam._keyring import Keyring
from seafoam._leadership import Leadership
from seafoam._log import records
from seafoam._loop import LoopHub, result, running_hub
from seafoam._native import ClusterBase, Node, Receipt, Subscription
from seafoam._options import LiveSetters
from seafoam._words import EventKind, NodeStatus

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from seafoam import Event
    from seafoam._options import Options

# How soon closing looks again whether all callbacks have ended.
_LOOK_AGAIN_SECONDS = 0.001

C = TypeVar("C", bound="Cluster")
C_co = TypeVar("C_co", bound="Cluster", covariant=True)
Payload = bytes | bytearray | memoryview | str
Kinds = Iterable[EventKind | int | str] | EventKind | int | str


class _StartNew(Protocol[C_co]):
    def __call__(self, **config: Unpack[Options]) -> Coroutine[Any, Any, C_co]:
        """Make a cluster and start it."""


class _Start:
    """`await Cluster.start(**config)` makes and starts one; `await cluster.start()` starts it."""

    @overload
    def __get__(self, instance: None, owner: type[C]) -> _StartNew[C]: ...
    @overload
    def __get__(self, instance: C, owner: type[C]) -> Callable[[], Coroutine[Any, Any, C]]: ...
    def __get__(self, instance: C | None, owner: type[C]) -> object:
        if instance is not None:
            return lambda: _start(instance)
        return lambda **config: _start(owner(**config))


async def _start(cluster: C) -> C:
    _exit.prepare()
    await result(cluster._start())
    return cluster


class Cluster(ClusterBase, LiveSetters):
    """One node's membership in one cluster, for asyncio.

    `async with seafoam.Cluster(listen_port=0) as cluster:` starts it, leaves, and closes. The
    keyword arguments are the configuration keys; a value that is refused raises here already. What
    waits is a coroutine, everything else is a plain call that never waits. After `close` every
    call raises `closed`, in a forked child `forked`.
    """

    _installed: weakref.WeakSet[CallbackHandle] | None = None

    if TYPE_CHECKING:

        def __init__(self, **config: Unpack[Options]) -> None:
            """Check the configuration; nothing is started yet."""

    start = _Start()

    async def __aenter__(self) -> Self:
        """Start, unless it was started before."""
        if not self._is_started():
            await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave, then close."""
        try:
            await self.leave()
        except SeafoamError as error:
            records.debug("leaving before close: %s", error)
        finally:
            await self.close()

    async def ready(
        self, min_members: int, *, valid: bool = False, timeout: float | None = 30.0
    ) -> None:
        """Wait until so many members are healthy, this one included (and `is_valid()` is true).

        Raises `timeout` saying how many there were and which lighthouses are missing, and at once
        `not_valid` where the configuration can never make it true. None waits without a limit.
        """
        await result(self._ready(min_members, valid, timeout))

    async def leave(self, timeout: float | None = 5.0) -> None:
        """Tell the peers that this node leaves: they see LEFT. Reads go on to work until `close`.

        Raises `timeout` where no peer acknowledged in time; the node takes no part all the same.
        """
        await result(self._leave(timeout))

    async def close(self) -> None:
        """Release everything, in under a second. Subscriptions end. May be called twice.

        Callbacks get what waits for them, for at most one second; none begins afterwards. Without
        `leave` before, the peers see a crash.
        """
        pending = self._close()
        if pending is not None:
            await result(pending)
            await _last_calls(self._installed or ())

    async def ping_node(self, node: Node | str) -> float:
        """Return the round trip to a node, or to any address, in milliseconds.

        Raises `timeout` after two seconds, `unknown_node`, `resolve_failed`, `busy`.
        """
        millis: float = await result(self._ping_node(node))
        return millis

    @overload
    def broadcast(self, bytes: Payload) -> str: ...
    @overload
    def broadcast(self, bytes: Payload, *, receipt: Literal[False]) -> str: ...
    @overload
    def broadcast(
        self, bytes: Payload, *, receipt: Literal[True], timeout: float | None = 5.0
    ) -> Coroutine[Any, Any, Receipt]: ...
    def broadcast(
        self, bytes: Payload, *, receipt: bool = False, timeout: float | None = 5.0
    ) -> str | Coroutine[Any, Any, Receipt]:
        """Send a payload to every other healthy member, each of which gets it at most once.

        Returns its label (`ip:port:index`) at once. With `receipt` it gives a coroutine that waits,
        as `broadcast_with_receipt` does; `timeout` counts there alone. Raises `payload_too_large`
        beyond `max_broadcast_bytes`, and `busy` where the queue is full; then nothing was sent.
        """
        if receipt:
            return self.broadcast_with_receipt(bytes, timeout)
        return super().broadcast(bytes)

    async def broadcast_with_receipt(self, bytes: Payload, timeout: float | None = 5.0) -> Receipt:
        """Broadcast, and wait until every member that was healthy then has confirmed it.

        The wait ends too where whoever is missing is dead or gone, or after `timeout` seconds (None
        waits without a limit): who is missing is in the receipt, and no error. Raises
        `payload_too_large`, and `busy` where the queue is full or 64 receipts are awaited.
        """
        receipt: Receipt = await result(self._broadcast_with_receipt(bytes, timeout))
        return receipt

    async def send(self, node: Node | str, bytes: Payload) -> None:
        """Send a payload of at most 64 KiB to one node, or to any address: a MessageEvent there.

        It arrives at most once; done when the node has it. Raises `payload_too_large`, `busy`,
        `unknown_node`, `resolve_failed`, and `timeout` after five seconds without an answer.
        """
        await result(self._send(node, bytes))

    async def resign(self) -> None:
        """Give the lease up; from the call on this node does not lead.

        Done when a majority of the lighthouses knows. Raises `not_leader`.
        """
        await result(self._resign())

    def keyring(self) -> Keyring:
        """Return the keys that seal this cluster's traffic."""
        return Keyring(self._keyring())

    async def transfer_leadership(self, node: Node | str) -> None:
        """Give the lease up in favour of another node; done when that one leads.

        Raises `not_leader`, `unknown_node`, `invalid_config` for a node that is not alive or not
        eligible, and `timeout` where it did not come to lead within 3 s: then this node does not
        lead any more either.
        """
        await result(self._transfer_leadership(node))

    def leadership(self, *, resign: bool = True) -> Leadership:
        """Lead inside of a block: `async with cluster.leadership() as tenure:`.

        The block is entered when this node leads, at once where it does already. When that very
        tenure is over, whatever the cause, the block's task is cancelled where it waits, as
        `asyncio.timeout` does it, and `LeadershipLost` is raised at the end of the block. Leaving
        the block gives the lead up, unless `resign` is false. What runs without awaiting is not
        interrupted: ask `tenure.held()`, and let the store refuse lower terms than `tenure.term`.

        Entering raises at once `not_valid` where nobody can ever lead here, and `closed`.
        """
        return Leadership(self, resign)

    def events(
        self, kinds: Kinds | None = None, capacity: int | None = None, initial: bool = False
    ) -> Events:
        """Open a subscription that begins with this call.

        `kinds` limits it (LAGGED and CLOSED always come), `capacity` is how many events may wait,
        and with `initial` the present members come first, as STATUS from UNKNOWN.
        Raises `invalid_config` for a capacity out of range, and `busy` where 1024 are open.
        """
        return Events(self._subscribe(kinds, capacity, initial))

    def on_event(
        self, callback: Callable[[Event], object], kinds: Kinds | None = None
    ) -> CallbackHandle:
        """Call `callback(event)` for each event of these kinds, on the running loop's thread.

        One that raises is logged and stays. The handle removes it. Raises `busy` where 1024 are
        installed, and TypeError for a coroutine function.
        """
        _callbacks.plain_function(callback)
        handle = _install(running_hub(), self._subscribe(kinds, None, False), callback)
        if self._installed is None:
            self._installed = weakref.WeakSet()
        self._installed.add(handle)
        return handle

    def on_status(self, callback: Callable[[Node, NodeStatus], object]) -> CallbackHandle:
        """Call `callback(node, status)` at each change of a status, on the loop's thread."""
        return self.on_event(_callbacks.status_call(callback), _callbacks.STATUS)

    def on_broadcast(self, callback: Callable[[Node, bytes], object]) -> CallbackHandle:
        """Call `callback(origin, bytes)` for each broadcast, on the loop's thread."""
        return self.on_event(_callbacks.broadcast_call(callback), _callbacks.BROADCAST)


Cluster.__module__ = "seafoam"


def _install(
    hub: LoopHub, subscription: Subscription, call: Callable[[Event], object]
) -> CallbackHandle:
    loop = asyncio.get_running_loop()
    handle = CallbackHandle(subscription, call, lambda _: hub.discard(token))

    def turn() -> None:
        if handle.turn():
            loop.call_soon(turn)

    # The hub serves everyone on the loop: the program's code gets a turn of its own.
    token = hub.add(lambda: loop.call_soon(turn))
    subscription.wake(hub.native, token)
    return handle


async def _last_calls(installed: Iterable[CallbackHandle]) -> None:
    """Let callbacks have what waits for them, for a while; none begins after this has ended."""
    handles = list(installed)
    deadline = time.monotonic() + _callbacks.JOIN_SECONDS
    try:
        # Their loops may be others than this one, so there is no asyncio.Event to wait for.
        while not all(handle.ended for handle in handles) and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
    finally:
        for handle in handles:
            handle.detach()
