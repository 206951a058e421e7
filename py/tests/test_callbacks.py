"""Callbacks: on the loop's thread, or on one of Python's; they may do everything."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from contextlib import ExitStack
from queue import Queue

import pytest
import seafoam
from seafoam import EventKind, NodeStatus, blocking
from support import SECONDS, joined, joined_blocking, own, run


def test_asyncio_calls_on_the_thread_of_the_loop() -> None:
    async def main() -> None:
        async with joined(2) as (one, two):
            calls: asyncio.Queue[tuple[str, object, int]] = asyncio.Queue()
            here = threading.get_ident()

            def heard(origin: seafoam.Node, data: bytes) -> None:
                calls.put_nowait((origin.name, data, threading.get_ident()))

            def seen(node: seafoam.Node, status: NodeStatus) -> None:
                calls.put_nowait((node.name, status, threading.get_ident()))

            one.on_status(seen)
            two.on_broadcast(heard)
            one.broadcast("hello")
            assert await asyncio.wait_for(calls.get(), SECONDS) == ("n0", b"hello", here)
            await two.leave()
            while True:
                call = await asyncio.wait_for(calls.get(), SECONDS)
                if call == ("n1", NodeStatus.LEFT, here):
                    return

    run(main())


def test_asyncio_callbacks_may_do_everything(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with joined(2) as (one, two):
            done = asyncio.Event()
            calls: list[str] = []

            def inside(event: seafoam.Event) -> None:
                calls.append(str(event.kind))
                two.all_nodes()
                two.stats()
                other.remove()
                two.on_event(lambda _: calls.append("new"), kinds=EventKind.BROADCAST)
                two.broadcast("answer")
                done.set()
                raise ValueError("on purpose")

            handle = two.on_event(inside, kinds=[EventKind.BROADCAST])
            other = two.on_event(lambda _: calls.append("removed"), kinds=EventKind.MESSAGE)
            answers = one.events(kinds=EventKind.BROADCAST)
            for expected in ("first", "second"):  # it stays after it raised
                done.clear()
                one.broadcast(expected)
                await asyncio.wait_for(done.wait(), SECONDS)
                await asyncio.wait_for(answers.__anext__(), SECONDS)
            handle.remove()
            handle.remove()
            assert repr(handle) == "<seafoam.CallbackHandle ended>"
            assert calls.count("broadcast") == 2
            assert "removed" not in calls

    with caplog.at_level(logging.ERROR, logger="seafoam"):
        run(main())
    raised = [record for record in caplog.records if record.exc_info]
    assert len(raised) == 2
    assert "a callback raised on a broadcast event; it stays" in raised[0].getMessage()


def test_asyncio_none_begins_after_removal() -> None:
    async def main() -> None:
        async with joined(2) as (one, two):
            calls: list[bytes] = []
            handle = two.on_broadcast(lambda _, data: calls.append(data))
            events = two.events(kinds=EventKind.BROADCAST)
            one.broadcast("one")
            await asyncio.wait_for(events.__anext__(), SECONDS)
            handle.remove()
            before = list(calls)
            one.broadcast("two")
            await asyncio.wait_for(events.__anext__(), SECONDS)
            await asyncio.sleep(0)
            assert calls == before
            assert two.stats()["subscriptions"] == 1

    run(main())


def test_asyncio_none_begins_after_close() -> None:
    async def main() -> None:
        async with joined(2) as (one, two):
            calls: list[str] = []

            def slow(event: seafoam.Event) -> None:
                time.sleep(0.05)
                calls.append(str(event.kind))

            quick: list[str] = []
            two.on_event(lambda event: quick.append(str(event.kind)))
            two.on_event(slow)
            heard = two.events(kinds=EventKind.BROADCAST)._reader.subscription
            for number in range(60):
                one.broadcast(f"{number}")
            arrived = 0
            while arrived < 60:  # without the loop's turn, which would be the callbacks' too
                arrived += len(heard.drain() or ())
            await two.close()
            before = list(calls)
            assert quick == ["broadcast"] * 60 + ["closed"]  # what waited was not lost
            assert 0 < len(before) < 61  # the slow one would have taken three seconds
            await asyncio.sleep(0.2)  # time for some more calls
            assert calls == before
            await one.close()  # nobody is left to acknowledge that it leaves

    run(main())


def test_asyncio_a_callback_needs_a_loop() -> None:
    cluster = run(seafoam.Cluster.start(**own()))
    with pytest.raises(RuntimeError, match="no running event loop"):
        cluster.on_event(print)
    run(cluster.close())


def test_asyncio_many_events_do_not_hold_the_loop() -> None:
    async def main() -> None:
        async with joined(2) as (one, two):
            finished = asyncio.Event()
            turns = {"callback": 0, "loop": 0}

            def slow(event: seafoam.Event) -> None:
                turns["callback"] += 1
                if turns["callback"] == 200:
                    finished.set()

            counter = two.events(kinds=EventKind.BROADCAST)
            waiting = two.events(kinds=EventKind.BROADCAST)._reader.subscription
            for number in range(200):
                one.broadcast(f"{number}")
            for _ in range(200):
                await asyncio.wait_for(counter.__anext__(), SECONDS)
            assert waiting.has_events()
            two.on_event(slow, kinds=EventKind.BROADCAST)
            for number in range(200):
                one.broadcast(f"{number}")
            while not finished.is_set():
                turns["loop"] += 1
                await asyncio.sleep(0)
            assert turns["callback"] == 200
            assert turns["loop"] > 3

    run(main())


def test_blocking_calls_on_one_thread_of_pythons() -> None:
    with ExitStack() as stack:
        one, two = joined_blocking(stack, 2)
        calls: Queue[tuple[object, str]] = Queue()

        def told(value: object) -> None:
            calls.put((value, threading.current_thread().name))

        two.on_broadcast(lambda origin, data: told((origin.name, data)))
        one.on_status(lambda node, status: told((node.name, status)))
        one.broadcast("hello")
        assert calls.get(timeout=SECONDS) == (("n0", b"hello"), "seafoam-callbacks")
        two.leave()
        while calls.get(timeout=SECONDS) != (("n1", NodeStatus.LEFT), "seafoam-callbacks"):
            pass


def test_blocking_callbacks_may_do_everything(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="seafoam"), ExitStack() as stack:
        one, two = joined_blocking(stack, 2)
        calls: Queue[str] = Queue()

        def inside(event: seafoam.Event) -> None:
            two.all_nodes()
            two.broadcast("answer")
            if isinstance(event, seafoam.BroadcastEvent) and event.bytes == b"last":
                handle.remove()
                two.close()
            calls.put("called")
            raise ValueError("on purpose")

        handle = two.on_event(inside, kinds=EventKind.BROADCAST)
        for text in ("first", "second", "last"):
            one.broadcast(text)
            assert calls.get(timeout=SECONDS) == "called"
        assert two.is_closed()
        one.close()  # nobody is left to acknowledge that it leaves
    assert len([record for record in caplog.records if record.exc_info]) == 3


def test_blocking_removal_waits_for_a_running_call() -> None:
    with ExitStack() as stack:
        one, two = joined_blocking(stack, 2)
        begun, end = threading.Event(), threading.Event()
        finished: list[bool] = []

        def slow(event: seafoam.Event) -> None:
            begun.set()
            end.wait(SECONDS)
            finished.append(True)

        handle = two.on_event(slow, kinds=EventKind.BROADCAST)
        one.broadcast("x")
        assert begun.wait(SECONDS)
        threading.Timer(0.1, end.set).start()
        handle.remove()
        assert finished == [True]


def test_blocking_close_detaches_from_a_call_that_hangs() -> None:
    with ExitStack() as stack:
        one, two = joined_blocking(stack, 2)
        begun, end = threading.Event(), threading.Event()

        def hang(event: seafoam.Event) -> None:
            begun.set()
            end.wait(SECONDS)

        two.on_event(hang, kinds=EventKind.BROADCAST)
        one.broadcast("x")
        assert begun.wait(SECONDS)
        clock = time.monotonic()
        two.close()
        assert 0.5 < time.monotonic() - clock < 2.0
        end.set()
        one.close()  # nobody is left to acknowledge that it leaves


def test_blocking_none_begins_after_close() -> None:
    with ExitStack() as stack:
        one, two = joined_blocking(stack, 2)
        calls: list[str] = []

        def slow(event: seafoam.Event) -> None:
            time.sleep(0.05)
            calls.append(str(event.kind))

        two.on_event(slow)
        heard = two.events(kinds=EventKind.BROADCAST)
        for number in range(60):
            one.broadcast(f"{number}")
        for _ in range(60):
            assert heard.next(SECONDS) is not None
        two.close()
        time.sleep(0.1)  # the running call ends; it would take three seconds to call them all
        before = list(calls)
        assert 0 < len(before) < 61
        time.sleep(0.2)  # time for some more calls
        assert calls == before
        one.close()  # nobody is left to acknowledge that it leaves


def test_blocking_the_thread_lives_as_long_as_there_are_callbacks() -> None:
    with blocking.Cluster(**own()) as cluster:
        handles = [cluster.on_event(print, kinds=EventKind.MESSAGE) for _ in range(3)]
        dispatcher = cluster._dispatcher
        assert dispatcher is not None
        assert _has_thread(dispatcher)
        for handle in handles:
            handle.remove()
        dispatcher.join()
        assert not _has_thread(dispatcher)
        again = cluster.on_event(print, kinds=EventKind.MESSAGE)
        assert _has_thread(dispatcher)
        again.remove()


def _has_thread(dispatcher: blocking._Dispatcher) -> bool:
    return dispatcher._thread is not None
