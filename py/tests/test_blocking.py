"""The twin for threads: the same names, and what waits blocks its thread."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack

import pytest
import seafoam
from seafoam import EventKind, NodeStatus, blocking
from support import SECONDS, joined_blocking, own


def status_of(events: blocking.Events, name: str, status: NodeStatus) -> None:
    for event in events:
        match event:
            case seafoam.StatusEvent(node=node, status=seen) if (node.name, seen) == (name, status):
                return
            case _:
                pass
    pytest.fail("the events ended")


def test_join_broadcast_crash_and_leave() -> None:
    with ExitStack() as stack:
        timing = {"heartbeat_millis": 100, "suspicion_floor_millis": 300}
        one, two, three = joined_blocking(stack, 3, **timing)
        heard = two.events(kinds=EventKind.BROADCAST, timeout=SECONDS)
        seen = one.events(kinds=EventKind.STATUS, timeout=SECONDS)
        label = one.broadcast(memoryview(b"hello"))
        event = next(heard)
        assert isinstance(event, seafoam.BroadcastEvent)
        assert (event.bytes, event.label) == (b"hello", label)
        assert 0.0 < one.ping_node("n1") < SECONDS * 1000
        three.close()
        status_of(seen, "n2", NodeStatus.DEAD)
        two.leave()
        status_of(seen, "n1", NodeStatus.LEFT)


def test_a_receipt_names_those_who_have_a_broadcast() -> None:
    with ExitStack() as stack:
        timing = {"heartbeat_millis": 100, "suspicion_floor_millis": 300}
        one, _, three = joined_blocking(stack, 3, **timing)
        match one.broadcast("all?", receipt=True, timeout=SECONDS):
            case seafoam.Receipt(label, confirmed, missing):
                assert label.startswith(f"{one.local_node().address}:")
                assert [node.name for node in confirmed] == ["n1", "n2"]
                assert missing == []
        three.close()
        # Ends when the crash is known, long before the time is up.
        part = one.broadcast_with_receipt(b"all?", SECONDS)
        assert [node.name for node in part.confirmed] == ["n1"]
        assert [node.name for node in part.missing] == ["n2"]
        with pytest.raises(seafoam.SeafoamError) as caught:
            one.broadcast_with_receipt("x" * 257)
        assert caught.value.code is seafoam.ErrorCode.PAYLOAD_TOO_LARGE
    with pytest.raises(seafoam.SeafoamError) as closed:
        one.broadcast("x", receipt=True)
    assert closed.value.code is seafoam.ErrorCode.CLOSED


def test_the_ways_to_start() -> None:
    made = blocking.Cluster.start(**own())
    held = blocking.Cluster(**own())
    assert held.start() is held
    with made, held:
        assert made.local_node().status is NodeStatus.ALIVE
    assert made.is_closed()
    assert held.is_closed()


def test_an_iteration_with_a_limit() -> None:
    with blocking.Cluster(**own()) as cluster:
        events = cluster.events(kinds=EventKind.MESSAGE, timeout=0.05)
        for _ in range(2):  # the subscription goes on
            with pytest.raises(seafoam.SeafoamTimeoutError, match=r"no event came within 0\.05 s"):
                next(events)
        assert events.next(timeout=0.01) is None
        assert events.next_batch(timeout=0.01) == []


def test_batches_and_single_events() -> None:
    with ExitStack() as stack:
        one, two = joined_blocking(stack, 2)
        with two.events(kinds=EventKind.BROADCAST) as heard:
            sent = {one.broadcast(f"{number}") for number in range(10)}
            got: set[str] = set()
            while got != sent:
                event = heard.next(timeout=SECONDS)
                assert isinstance(event, seafoam.BroadcastEvent)
                batch = [event, *heard.next_batch(timeout=0)]
                got |= {each.label for each in batch if isinstance(each, seafoam.BroadcastEvent)}
        rest = list(heard)
        assert [type(event) for event in rest] == [seafoam.ClosedEvent]


def test_threads_share_a_subscription() -> None:
    with ExitStack() as stack:
        one, two = joined_blocking(stack, 2)
        heard = two.events(kinds=EventKind.BROADCAST)
        got: list[str] = []

        def read() -> None:
            got.extend(event.label for event in heard if isinstance(event, seafoam.BroadcastEvent))

        threads = [threading.Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        counter = two.events(kinds=EventKind.BROADCAST, timeout=SECONDS)
        sent = [one.broadcast(f"{number}") for number in range(50)]
        for _ in sent:
            next(counter)
        heard.close()
        for thread in threads:
            thread.join(SECONDS)
            assert not thread.is_alive()
        assert sorted(got) == sorted(sent)


def test_close_ends_every_wait_within_a_second() -> None:
    with ExitStack() as stack:
        one, two = joined_blocking(stack, 2)
        ends: list[object] = []

        def read() -> None:
            ends.append(list(one.events())[-1])

        def wait() -> None:
            try:
                one.ready(9, timeout=None)
            except seafoam.SeafoamError as error:
                ends.append(error.code)

        threads = [threading.Thread(target=target) for target in (read, read, wait)]
        for thread in threads:
            thread.start()
        while one.stats()["subscriptions"] < 2:
            time.sleep(0.001)
        begun = time.monotonic()
        one.close()
        assert time.monotonic() - begun < 1.0
        for thread in threads:
            thread.join(SECONDS)
            assert not thread.is_alive()
        assert len(ends) == 3
        assert seafoam.ErrorCode.CLOSED in ends
        two.close()  # nobody is left to acknowledge that it leaves


def test_clusters_of_several_threads() -> None:
    failures: list[BaseException] = []

    def live() -> None:
        try:
            with ExitStack() as stack:
                one, two = joined_blocking(stack, 2)
                heard = two.events(kinds=EventKind.BROADCAST, timeout=SECONDS)
                one.broadcast("x")
                next(heard)
        except BaseException as error:  # noqa: BLE001 - told by the main thread
            failures.append(error)

    threads = [threading.Thread(target=live) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS * 2)
    assert failures == []
