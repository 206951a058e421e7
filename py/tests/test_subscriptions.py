"""Many subscriptions: bounded, independent, and none in the way of another or of the engine."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from itertools import pairwise

import seafoam
from seafoam import ErrorCode, EventKind, NodeStatus, blocking
from support import SECONDS, joined_blocking

EVENTS = 100_000
CAPACITY = 1024


def storm(cluster: blocking.Cluster, count: int) -> None:
    """Broadcast the numbers from 0 on, as fast as they are taken."""
    for number in range(count):
        while True:
            try:
                cluster.broadcast(number.to_bytes(4, "big"))
                break
            except seafoam.SeafoamError as error:
                if error.code is not ErrorCode.BUSY:
                    raise
                time.sleep(0.001)  # until the queue has passed some on


def numbers(events: list[seafoam.Event]) -> list[int]:
    return [int.from_bytes(e.bytes, "big") for e in events if isinstance(e, seafoam.BroadcastEvent)]


def test_who_does_not_read_holds_nobody_up_and_learns_the_present() -> None:
    with ExitStack() as stack:
        # Large datagrams, so that the way between the two is not what takes the time.
        one, two, third = joined_blocking(stack, 3, heartbeat_millis=50, max_datagram_bytes=65_000)
        idle = two.events(capacity=CAPACITY)
        idle_statuses = two.events(kinds=EventKind.STATUS, capacity=1)
        busy = two.events(kinds=EventKind.BROADCAST, capacity=1_048_576)
        got: list[int] = []

        def read() -> None:
            while len(got) < EVENTS and (batch := busy.next_batch(SECONDS)):
                got.extend(numbers(batch))

        reader = threading.Thread(target=read)
        reader.start()
        storm(one, EVENTS)
        reader.join(SECONDS)
        assert sorted(got) == list(range(EVENTS))  # each once, and none lost
        third.leave()
        wait_for_status(two, "n2", NodeStatus.LEFT)

        late = idle.next_batch(SECONDS)
        while not any(isinstance(e, seafoam.StatusEvent) and e.node.name == "n2" for e in late):
            late += idle.next_batch(SECONDS)
        lagged = [event.missed for event in late if isinstance(event, seafoam.LaggedEvent)]
        assert lagged == [EVENTS - CAPACITY]
        assert numbers(late) == got[-CAPACITY:]  # the newest, in the order of the other reader

        last = idle_statuses.next_batch(SECONDS)[-1]
        assert isinstance(last, seafoam.StatusEvent)
        assert (last.node.name, last.status) == ("n2", NodeStatus.LEFT)


def wait_for_status(cluster: blocking.Cluster, name: str, status: NodeStatus) -> None:
    with cluster.events(kinds=EventKind.STATUS, initial=True, timeout=SECONDS) as events:
        for event in events:
            assert isinstance(event, seafoam.StatusEvent)
            if (event.node.name, event.status) == (name, status):
                return


def test_every_last_status_survives_the_smallest_capacity() -> None:
    with ExitStack() as stack:
        one, two = joined_blocking(stack, 2)
        events = two.events(capacity=1)
        for number in range(50):
            one.broadcast(f"{number}")
        for _ in range(10):
            two.update_node_status("n0", NodeStatus.DEAD)
            with two.events(kinds=EventKind.STATUS, initial=True, timeout=SECONDS) as seen:
                for event in seen:
                    assert isinstance(event, seafoam.StatusEvent)
                    if (event.node.name, event.status) == ("n0", NodeStatus.ALIVE):
                        break
        one.leave()
        wait_for_status(two, "n0", NodeStatus.LEFT)
        assert two.stats()["events_lost"] == 49
        two.close()
        everything = list(events)
        statuses = [event for event in everything if isinstance(event, seafoam.StatusEvent)]
        assert statuses[-1].status is NodeStatus.LEFT
        # What was left out between two of them shows in neither.
        assert all(left.status == right.previous for left, right in pairwise(statuses))
        assert isinstance(everything[-1], seafoam.ClosedEvent)


def test_a_subscription_ends_alone() -> None:
    with ExitStack() as stack:
        one, two = joined_blocking(stack, 2)
        first = two.events(kinds=EventKind.BROADCAST)
        second = two.events(kinds=EventKind.BROADCAST)
        one.broadcast("both")
        assert numbers_of(first) == numbers_of(second)
        first.close()
        one.broadcast("one")
        heard = second.next(SECONDS)
        assert isinstance(heard, seafoam.BroadcastEvent)
        assert heard.bytes == b"one"
        assert [type(event) for event in first] == [seafoam.ClosedEvent]
        assert first.next(0) is None


def numbers_of(events: blocking.Events) -> bytes:
    event = events.next(SECONDS)
    assert isinstance(event, seafoam.BroadcastEvent)
    return event.bytes
