"""The twin of `seafoam.Cluster` for threads: the same names, and what waits blocks its thread.

Every wait of the main thread ends within 200 ms of Ctrl-C.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar, overload

from seafoam import _callbacks, _exit
from seafoam._callbacks import JOIN_SECONDS, CallbackHandle
from seafoam._errors import SeafoamError, SeafoamTimeoutError
from seafoam._keyring import BlockingKeyring as Keyring
from seafoam._log import records
from seafoam._native import ClusterBase, Events, Node, Receipt, Subscription, WakeHub
from seafoam._options import LiveSetters
from seafoam._tenure import Standing
from seafoam._words import EventKind, NodeStatus

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from seafoam import Event
    from seafoam._options import Options

__all__ = ["CallbackHandle", "Cluster", "Events", "Keyring", "Leadership", "Tenure"]

C = TypeVar("C", bound="Cluster")
C_co = TypeVar("C_co", bound="Cluster", covariant=True)
Payload = bytes | bytearray | memoryview | str
Kinds = Iterable[EventKind | int | str] | EventKind | int | str


class _StartNew(Protocol[C_co]):
    def __call__(self, **config: Unpack[Options]) -> C_co:
        """Make a cluster and start it."""


class _Start:
    """`Cluster.start(**config)` makes and starts one; `cluster.start()` starts it."""

    @overload
    def __get__(self, instance: None, owner: type[C]) -> _StartNew[C]: ...
    @overload
    def __get__(self, instance: C, owner: type[C]) -> Callable[[], C]: ...
    def __get__(self, instance: C | None, owner: type[C]) -> object:
        if instance is not None:
            return lambda: _start(instance)
        return lambda **config: _start(owner(**config))


def _start(cluster: C) -> C:
    _exit.prepare()
    cluster._start().wait()
    return cluster


class Cluster(ClusterBase, LiveSetters):
    """One node's membership in one cluster, for threads.

    `with seafoam.blocking.Cluster(listen_port=0) as cluster:` starts it, leaves, and closes. The
    keyword arguments are the configuration keys; a value that is refused raises here already. Any
    thread may make any call. After `close` every call raises `closed`, in a forked child `forked`.
    """

    _dispatcher: _Dispatcher | None = None
    # Held for a moment, by whoever installs the first callback.
    _guard = threading.Lock()

    if TYPE_CHECKING:

        def __init__(self, **config: Unpack[Options]) -> None:
            """Check the configuration; nothing is started yet."""

    start = _Start()

    def __enter__(self) -> Self:
        """Start, unless it was started before."""
        if not self._is_started():
            self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave, then close."""
        try:
            self.leave()
        except SeafoamError as error:
            records.debug("leaving before close: %s", error)
        finally:
            self.close()

    def ready(self, min_members: int, *, valid: bool = False, timeout: float | None = 30.0) -> None:
        """Wait until so many members are healthy, this one included (and `is_valid()` is true).

        Raises `timeout` saying how many there were and which lighthouses are missing, and at once
        `not_valid` where the configuration can never make it true. None waits without a limit.
        """
        self._ready(min_members, valid, timeout).wait()

    def leave(self, timeout: float | None = 5.0) -> None:
        """Tell the peers that this node leaves: they see LEFT. Reads go on to work until `close`.

        Raises `timeout` where no peer acknowledged in time; the node takes no part all the same.
        """
        self._leave(timeout).wait()

    def close(self) -> None:
        """Release everything, in under a second. Subscriptions end. May be called twice.

        Callbacks get what waits for them, for at most one second, unless called from inside of one;
        none begins afterwards. Without `leave` before, the peers see a crash.
        """
        pending = self._close()
        if pending is not None:
            pending.wait()
        if self._dispatcher is not None:
            self._dispatcher.join()

    def ping_node(self, node: Node | str) -> float:
        """Return the round trip to a node, or to any address, in milliseconds.

        Raises `timeout` after two seconds, `unknown_node`, `resolve_failed`, `busy`.
        """
        millis: float = self._ping_node(node).wait()
        return millis

    @overload
    def broadcast(self, bytes: Payload) -> str: ...
    @overload
    def broadcast(self, bytes: Payload, *, receipt: Literal[False]) -> str: ...
    @overload
    def broadcast(
        self, bytes: Payload, *, receipt: Literal[True], timeout: float | None = 5.0
    ) -> Receipt: ...
    def broadcast(
        self, bytes: Payload, *, receipt: bool = False, timeout: float | None = 5.0
    ) -> str | Receipt:
        """Send a payload to every other healthy member, each of which gets it at most once.

        Returns its label (`ip:port:index`) at once. With `receipt` it waits for the receipt, as
        `broadcast_with_receipt` does; `timeout` counts there alone. Raises `payload_too_large`
        beyond `max_broadcast_bytes`, and `busy` where the queue is full; then nothing was sent.
        """
        if receipt:
            return self.broadcast_with_receipt(bytes, timeout)
        return super().broadcast(bytes)

    def broadcast_with_receipt(self, bytes: Payload, timeout: float | None = 5.0) -> Receipt:
        """Broadcast, and wait until every member that was healthy then has confirmed it.

        The wait ends too where whoever is missing is dead or gone, or after `timeout` seconds (None
        waits without a limit): who is missing is in the receipt, and no error. Raises
        `payload_too_large`, and `busy` where the queue is full or 64 receipts are awaited.
        """
        receipt: Receipt = self._broadcast_with_receipt(bytes, timeout).wait()
        return receipt

    def send(self, node: Node | str, bytes: Payload) -> None:
        """Send a payload of at most 64 KiB to one node, or to any address: a MessageEvent there.

        It arrives at most once; done when the node has it. Raises `payload_too_large`, `busy`,
        `unknown_node`, `resolve_failed`, and `timeout` after five seconds without an answer.
        """
        self._send(node, bytes).wait()

    def resign(self) -> None:
        """Give the lease up; from the call on this node does not lead.

        Done when a majority of the lighthouses knows. Raises `not_leader`.
        """
        self._resign().wait()

    def keyring(self) -> Keyring:
        """Return the keys that seal this cluster's traffic."""
        return Keyring(self._keyring())

    def transfer_leadership(self, node: Node | str) -> None:
        """Give the lease up in favour of another node; done when that one leads.

        Raises `not_leader`, `unknown_node`, `invalid_config` for a node that is not alive or not
        eligible, and `timeout` where it did not come to lead within 3 s: then this node does not
        lead any more either.
        """
        self._transfer_leadership(node).wait()

    def leadership(self, *, timeout: float | None = None, resign: bool = True) -> Leadership:
        """Lead inside of a block: `with cluster.leadership() as tenure:`.

        The block is entered when this node leads, at once where it does already; entering raises
        `timeout` where it does not within `timeout` seconds (None waits without a limit), at once
        `not_valid` where nobody can ever lead here, and `closed`. A thread cannot be interrupted:
        ask `tenure.held()`, or `tenure.wait_lost(seconds)` instead of sleeping, and let the store
        refuse lower terms than `tenure.term`. Leaving the block gives the lead up, unless `resign`
        is false.
        """
        return Leadership(self, timeout, resign)

    def events(
        self,
        kinds: Kinds | None = None,
        capacity: int | None = None,
        initial: bool = False,
        timeout: float | None = None,
    ) -> Events:
        """Open a subscription that begins with this call.

        `kinds` limits it (LAGGED and CLOSED always come), `capacity` is how many events may wait,
        and with `initial` the present members come first, as STATUS from UNKNOWN. An iteration
        raises `timeout` where no event came within `timeout` seconds; None waits without a limit.
        Raises `invalid_config` for a capacity out of range, and `busy` where 1024 are open.
        """
        return self._subscribe_blocking(kinds, capacity, initial, timeout)

    def on_event(
        self, callback: Callable[[Event], object], kinds: Kinds | None = None
    ) -> CallbackHandle:
        """Call `callback(event)` for each event of these kinds, on one thread for all callbacks.

        One that raises is logged and stays. The handle removes it. Raises `busy` where 1024 are
        installed, and TypeError for a coroutine function.
        """
        _callbacks.plain_function(callback)
        subscription = self._subscribe(kinds, None, False)
        with self._guard:
            if self._dispatcher is None:
                self._dispatcher = _Dispatcher()
        return self._dispatcher.install(subscription, callback)

    def on_status(self, callback: Callable[[Node, NodeStatus], object]) -> CallbackHandle:
        """Call `callback(node, status)` at each change of a status, on the callbacks' thread."""
        return self.on_event(_callbacks.status_call(callback), _callbacks.STATUS)

    def on_broadcast(self, callback: Callable[[Node, bytes], object]) -> CallbackHandle:
        """Call `callback(origin, bytes)` for each broadcast, on the callbacks' thread."""
        return self.on_event(_callbacks.broadcast_call(callback), _callbacks.BROADCAST)


class Tenure(Standing):
    """One tenure of this node, for threads."""

    def wait_lost(self, timeout: float | None = None) -> bool:
        """Wait until this tenure is over, for so many seconds at most; tell whether it is."""
        return self._cluster._deposed(self.term).wait_for(timeout) is not None

    def resign(self) -> None:
        """Give this tenure up, and no later one; nothing happens where it is over.

        Done when a majority of the lighthouses knows, so that another can lead at once.
        """
        self._cluster._step_down(self.term).wait()


class Leadership:
    """`with cluster.leadership() as tenure:`, see `Cluster.leadership`. May be used again."""

    def __init__(self, cluster: ClusterBase, timeout: float | None, resign: bool) -> None:
        """Keep what it is about; nothing happens before it is entered."""
        self._cluster = cluster
        self._timeout = timeout
        self._resign = resign
        self._tenure: Tenure | None = None

    def __enter__(self) -> Tenure:
        """Wait until this node leads."""
        if self._tenure is not None:
            raise RuntimeError("this block is entered already: call leadership() for another")
        done = self._cluster._elected(0).wait_for(self._timeout)
        if done is None:
            raise SeafoamTimeoutError(f"this node did not come to lead within {self._timeout} s")
        self._tenure = Tenure(self._cluster, done[0])
        return self._tenure

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the lead up."""
        tenure, self._tenure = self._tenure, None
        if tenure is not None and self._resign:
            tenure.resign()


class _Dispatcher:
    """The thread that calls the callbacks of one cluster. It lives while there are any."""

    def __init__(self) -> None:
        self._hub = WakeHub()
        self._changed = threading.Condition()
        self._handles: dict[int, CallbackHandle] = {}
        self._next = 0
        self._thread: threading.Thread | None = None
        self._running: CallbackHandle | None = None

    def install(
        self, subscription: Subscription, call: Callable[[Event], object]
    ) -> CallbackHandle:
        """Begin to call."""
        handle = CallbackHandle(subscription, call, self._forget)
        with self._changed:
            self._next += 1
            token = self._next
            self._handles[token] = handle
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="seafoam-callbacks", daemon=True
                )
                self._thread.start()
                _exit.join_at_exit(self)
        subscription.wake(self._hub, token)
        return handle

    def join(self) -> None:
        """Wait for the end of the thread, at most a second, unless called on it; then detach."""
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(JOIN_SECONDS)
            with self._changed:
                late = list(self._handles.values())
            for handle in late:
                handle.detach()

    def _forget(self, handle: CallbackHandle) -> None:
        with self._changed:
            for token in [token for token, other in self._handles.items() if other is handle]:
                del self._handles[token]
            self._hub.ring(0)  # the thread looks whether it is still needed
            if self._thread is not threading.current_thread():
                self._changed.wait_for(lambda: self._running is not handle, JOIN_SECONDS)

    def _run(self) -> None:
        while True:
            for token in self._hub.wait():
                self._turn(token)
            with self._changed:
                if not self._handles:
                    self._thread = None
                    return

    def _turn(self, token: int) -> None:
        with self._changed:
            self._running = handle = self._handles.get(token)
        if handle is None:
            return
        try:
            if handle.turn():
                self._hub.ring(token)
        finally:
            with self._changed:
                self._running = None
                self._changed.notify_all()
