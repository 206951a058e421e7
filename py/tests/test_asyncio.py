"""The cluster for asyncio: nodes meet, talk, crash and leave."""

from __future__ import annotations

import asyncio
import time

import pytest
import seafoam
from seafoam import EventKind, NodeStatus
from support import SECONDS, joined, next_of, own, run, status_of


def test_join_broadcast_and_leave() -> None:
    async def main() -> None:
        async with joined(2) as (one, two):
            assert {node.name for node in one.healthy_nodes()} == {"n0", "n1"}
            heard = two.events(kinds=[EventKind.BROADCAST])
            seen = one.events()
            label = one.broadcast("hello")
            event = await next_of(heard, seafoam.BroadcastEvent)
            assert event.bytes == b"hello"
            assert event.origin.name == "n0"
            assert event.label == label == f"{one.local_node().address}:{event.index}"
            await two.leave()
            await status_of(seen, "n1", NodeStatus.LEFT)
            left = one.node("n1")
            assert left is not None
            assert left.status is NodeStatus.LEFT

    run(main())


def test_close_without_leave_looks_like_a_crash() -> None:
    async def main() -> None:
        async with joined(3, heartbeat_millis=100, suspicion_floor_millis=300) as clusters:
            seen = clusters[0].events(kinds=EventKind.STATUS)
            await clusters[2].close()
            await status_of(seen, "n2", NodeStatus.DEAD)
            why = clusters[0].why("n2")
            assert why.node.status is NodeStatus.DEAD
            assert why.source in {"n0", "n1"}
            assert why.accuser in {"n0", "n1"}
            assert seafoam.Hint.GONE in why.witness_hints
            assert isinstance(why.own_hint, seafoam.Hint)
            assert len(why.witnesses) == len(why.witness_hints) == len(why.witness_millis)
            assert max(why.witness_millis) <= why.suspected_millis <= why.heard_millis
            assert why.since_millis <= why.suspected_millis
            assert set(why.helpers_failed + why.helpers_silent) <= {"n1"}

    run(main())


def test_a_receipt_names_those_who_have_a_broadcast() -> None:
    async def main() -> None:
        async with joined(3, heartbeat_millis=100, suspicion_floor_millis=300) as clusters:
            one, _, three = clusters
            whole = await one.broadcast_with_receipt("all?", timeout=SECONDS)
            assert [node.name for node in whole.confirmed] == ["n1", "n2"]
            assert whole.missing == []
            assert whole.is_complete
            assert whole.label.startswith(f"{one.local_node().address}:")
            await three.close()
            # Ends when the crash is known, long before the time is up.
            part = await one.broadcast(b"all?", receipt=True, timeout=SECONDS)
            assert [node.name for node in part.confirmed] == ["n1"]
            assert [node.name for node in part.missing] == ["n2"]
            assert not part.is_complete
            assert one.broadcast("to all", receipt=False) > ""

    run(main())


def test_the_ways_to_start() -> None:
    async def main() -> None:
        made = await seafoam.Cluster.start(**own())
        held = seafoam.Cluster(**own())
        assert await held.start() is held
        async with made, held:
            assert made.local_node().status is NodeStatus.ALIVE
            assert held.local_node().port > 0
        assert made.is_closed()
        assert held.is_closed()

    run(main())


def test_ping() -> None:
    async def main() -> None:
        async with joined(2) as (one, two):
            for target in ("n1", two.local_node().address, two.local_node()):
                assert 0.0 < await one.ping_node(target) < SECONDS * 1000
            with pytest.raises(seafoam.SeafoamError) as caught:
                await one.ping_node("nobody")
            assert caught.value.code is seafoam.ErrorCode.UNKNOWN_NODE

    run(main())


def test_reads_and_settings() -> None:
    async def main() -> None:
        async with joined(2) as (one, two):
            local = one.local_node()
            assert (local.name, local.ip, local.age_millis) == ("n0", "127.0.0.1", 0)
            assert one.node("n0") == one.node(local) == one.node(local.address)
            assert one.node("nobody") is None
            assert len(set(one.all_nodes() + two.all_nodes())) >= 2
            assert one.leader() is None
            assert one.lease() is None
            assert one.validity().state is seafoam.ValidityState.FALLBACK
            assert one.stats()["members"] == 2
            one.set_heartbeat_millis(250)
            one.set("max_broadcast_bytes", "12")
            assert (one.get("heartbeat_millis"), one.get("max_broadcast_bytes")) == ("250", "12")
            assert one.settings()["heartbeat_millis"] == "250"
            one.touch_node("n1")
            owners = [cluster.owner("key") for cluster in (one, two)]
            assert None not in owners
            assert len({node.name for node in owners if node}) == 1
            assert {node.name for node in one.owners(b"key", 5)} == {"n0", "n1"}
            assert one.owner("key", tags={"role": "cache"}) is None

    run(main())


def test_nodes_that_are_added_and_removed() -> None:
    async def main() -> None:
        config = own()
        async with seafoam.Cluster(name="a", **config) as one:
            async with seafoam.Cluster(name="b", **config) as two:
                added = one.add_node(two.local_node().address)
                assert added.status is NodeStatus.UNKNOWN
                await one.ready(2, timeout=SECONDS)
            seen = one.events(initial=True)
            await status_of(seen, "b", NodeStatus.LEFT)
            assert one.remove_node("b").name == "b"
            assert one.node("b") is None

    run(main())


def test_an_accusation_is_refuted() -> None:
    async def main() -> None:
        async with joined(2) as (one, _):
            seen = one.events(kinds="status")
            one.update_node_status("n1", NodeStatus.SUSPECTED)
            await status_of(seen, "n1", NodeStatus.SUSPECTED)
            await status_of(seen, "n1", NodeStatus.ALIVE)

    run(main())


def test_a_subscription_begins_at_the_call() -> None:
    async def main() -> None:
        async with joined(2) as (one, two):
            before = two.events(kinds=EventKind.BROADCAST)
            one.broadcast("early")
            assert (await next_of(before, seafoam.BroadcastEvent)).bytes == b"early"
            after = two.events(kinds=EventKind.BROADCAST)
            one.broadcast("late")
            assert (await next_of(after, seafoam.BroadcastEvent)).bytes == b"late"
            assert (await next_of(before, seafoam.BroadcastEvent)).bytes == b"late"

    run(main())


def test_initial_events_bring_the_present() -> None:
    async def main() -> None:
        async with joined(2) as (one, _):
            events = one.events(initial=True)
            names: set[str] = set()
            while names != {"n0", "n1"}:
                event = await next_of(events, seafoam.StatusEvent)
                assert event.previous is NodeStatus.UNKNOWN
                names.add(event.node.name)

    run(main())


def test_matching_and_showing_events() -> None:
    async def main() -> None:
        async with joined(2) as (one, two):
            heard, again = two.events(kinds=["broadcast"]), two.events(kinds=[2])
            one.broadcast(bytearray(b"x"))
            event = await heard.__anext__()
            match event:
                case seafoam.BroadcastEvent(seafoam.Node(name="n0"), index, bytes=b"x"):
                    assert index == event.index
                case _:
                    pytest.fail(f"no match: {event!r}")
            assert event == await again.__anext__()
            assert event.kind is EventKind.BROADCAST
            assert "status=NodeStatus.ALIVE" in repr(event)
            assert repr(event).startswith("BroadcastEvent(origin=Node(name='n0', address='127.0.")
            with pytest.raises(AttributeError):
                event.index = 7  # type: ignore[misc]

    run(main())


def test_batches() -> None:
    async def main() -> None:
        async with joined(2) as (one, two), two.events(kinds=EventKind.BROADCAST) as heard:
            sent = [one.broadcast(f"{number}") for number in range(20)]
            labels: list[str] = []
            async for batch in heard.batches():
                for event in batch:
                    assert isinstance(event, seafoam.BroadcastEvent)
                    labels.append(event.label)
                if len(labels) == len(sent):
                    break
            assert sorted(labels) == sorted(sent)

    run(main())


def test_a_slow_reader_learns_what_it_missed() -> None:
    async def main() -> None:
        async with joined(2, heartbeat_millis=50) as (one, two):
            slow = two.events(kinds=EventKind.BROADCAST, capacity=2)
            quick = two.events(kinds=EventKind.BROADCAST)
            for number in range(10):
                one.broadcast(f"{number}")
            for _ in range(10):
                await next_of(quick, seafoam.BroadcastEvent)
            first = await slow.__anext__()
            assert isinstance(first, seafoam.LaggedEvent)
            assert first.missed == 8
            rest = [await next_of(slow, seafoam.BroadcastEvent) for _ in range(2)]
            assert len({event.label for event in rest}) == 2
            assert two.stats()["events_lost"] == 8

    run(main())


def test_aclose_ends_a_reader_that_waits() -> None:
    async def main() -> None:
        async with seafoam.Cluster(**own()) as cluster:
            events = cluster.events(kinds=EventKind.MESSAGE)
            assert cluster.stats()["subscriptions"] == 1
            reader = asyncio.ensure_future(_collect(events))
            await asyncio.sleep(0)
            await events.aclose()
            await events.aclose()
            assert await asyncio.wait_for(reader, SECONDS) == []
            assert cluster.stats()["subscriptions"] == 0

    run(main())


async def _collect(events: seafoam.Events) -> list[seafoam.Event]:
    return [event async for event in events]


def test_a_subscription_that_nobody_holds_ends() -> None:
    async def main() -> None:
        async with joined(2) as (one, two):
            async for _ in two.events(initial=True):
                break
            # The loop finishes what `break` left; no event tells of that.
            while two.stats()["subscriptions"]:  # noqa: ASYNC110
                await asyncio.sleep(0)
            one.broadcast("to nobody")

    run(main())


def test_one_reader_at_a_time() -> None:
    async def main() -> None:
        async with seafoam.Cluster(**own()) as cluster:
            events = cluster.events(kinds=EventKind.MESSAGE)
            waiting = asyncio.ensure_future(_collect(events))
            await asyncio.sleep(0)
            with pytest.raises(RuntimeError, match="another task waits"):
                await events.batches().__anext__()
            await events.aclose()
            await waiting

    run(main())


def test_close_takes_less_than_a_second() -> None:
    async def main() -> None:
        async with joined(3) as clusters:
            streams = [cluster.events() for cluster in clusters for _ in range(10)]
            readers = [asyncio.ensure_future(_collect(stream)) for stream in streams]
            await asyncio.sleep(0)
            for cluster in clusters:
                begun = time.monotonic()
                await cluster.close()
                assert time.monotonic() - begun < 1.0
            for collected in await asyncio.wait_for(asyncio.gather(*readers), SECONDS):
                assert isinstance(collected[-1], seafoam.ClosedEvent)

    run(main())


def test_many_pings_at_once() -> None:
    async def main() -> None:
        async with joined(2) as (one, _):
            times = await asyncio.gather(*(one.ping_node("n1") for _ in range(50)))
            assert all(0.0 < millis < SECONDS * 1000 for millis in times)

    run(main())
