"""The idiom of leading: entered when elected, over when lost, whatever the cause."""

# ruff: noqa: PT012 - what a whole block raises at its end is what is tested

from __future__ import annotations

import asyncio
import pickle
import threading
import time
from contextlib import ExitStack
from typing import Any

import pytest
import seafoam
from seafoam import ErrorCode, LeadershipLost, blocking
from support import SECONDS, joined, joined_blocking, own, run

# Nobody listens at these ports: the nodes find each other by their seed.
LISTED = ["n0=127.0.0.1:1", "n1=127.0.0.1:2", "n2=127.0.0.1:3"]
THREE: dict[str, Any] = {"lighthouses": LISTED, "leader_lease_millis": 1000}
ALONE: dict[str, Any] = {"lighthouses": LISTED[:1], "leader_lease_millis": 500}


async def for_ever() -> None:
    await asyncio.get_running_loop().create_future()


async def entered(clusters: list[seafoam.Cluster]) -> tuple[seafoam.Cluster, seafoam.Tenure]:
    """Return whoever of them comes to lead first, with its tenure, which is kept."""

    async def enter(cluster: seafoam.Cluster) -> tuple[seafoam.Cluster, seafoam.Tenure]:
        async with cluster.leadership(resign=False) as tenure:
            return cluster, tenure

    tasks = [asyncio.ensure_future(enter(cluster)) for cluster in clusters]
    done, rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED, timeout=SECONDS)
    for task in rest:
        task.cancel()
    return done.pop().result()


def test_leaving_the_block_gives_the_lead_up() -> None:
    async def main() -> None:
        async with joined(1, **ALONE) as (cluster,):
            async with cluster.leadership() as tenure:
                assert cluster.is_leader()
                assert tenure.held()
                lease = tenure.lease()
                assert lease is not None
                assert (lease.term, lease.term_quality) == (tenure.term, tenure.term_quality)
                assert "held" in repr(tenure)
            assert not cluster.is_leader()
            assert not tenure.held()
            await tenure.wait_lost()
            await tenure.resign()
            async with cluster.leadership(resign=False) as kept:
                assert kept.term > tenure.term
                await tenure.resign()  # of a tenure that is over
                assert kept.held()
            assert cluster.is_leader()
            assert kept.held()

    run(main())


def test_a_loss_cancels_the_block_and_says_so() -> None:
    async def main() -> None:
        async with joined(1, **ALONE) as (cluster,):
            with pytest.raises(LeadershipLost) as caught:
                async with cluster.leadership() as tenure:
                    await cluster.resign()
                    await for_ever()
            assert caught.value.code is ErrorCode.NOT_LEADER
            assert caught.value.term == tenure.term
            assert str(tenure.term) in caught.value.message
            assert pickle.loads(pickle.dumps(caught.value)).term == tenure.term
            task = asyncio.current_task()
            assert task is not None
            if hasattr(task, "cancelling"):
                assert task.cancelling() == 0
            await asyncio.sleep(0)  # the task goes on

    run(main())


def test_a_transfer_and_a_close_end_the_block() -> None:
    async def main() -> None:
        async with joined(3, **THREE) as clusters:
            leader, _ = await entered(clusters)
            heir = next(cluster for cluster in clusters if cluster is not leader)
            with pytest.raises(LeadershipLost):
                async with leader.leadership() as tenure:
                    await leader.transfer_leadership(heir.local_node())
                    await for_ever()
            with pytest.raises(LeadershipLost):
                async with heir.leadership() as next_tenure:
                    assert next_tenure.term > tenure.term
                    await heir.close()
                    await for_ever()
            with pytest.raises(seafoam.SeafoamError) as caught:
                async with heir.leadership():
                    pass
            assert caught.value.code is ErrorCode.CLOSED

    run(main())


def test_the_lighthouses_go_and_the_block_ends_within_the_lease() -> None:
    async def main() -> None:
        async with joined(3, **THREE) as clusters:
            leader, tenure = await entered(clusters)
            with pytest.raises(LeadershipLost):
                async with leader.leadership():
                    for cluster in clusters:
                        if cluster is not leader:
                            await cluster.close()
                    cut = time.monotonic()
                    await for_ever()
            assert time.monotonic() - cut < 4
            assert not leader.is_leader()
            assert not tenure.held()

    run(main())


def test_an_outer_cancellation_stays_one() -> None:
    async def main() -> None:
        async with joined(1, **ALONE) as (cluster,):
            inside = asyncio.Event()

            async def block(then: str) -> None:
                async with cluster.leadership(resign=False):
                    inside.set()
                    if then == "both":
                        await cluster.resign()
                    await for_ever()

            # Inside of the block, and while it waits to be entered.
            for then in ("inside", "waiting"):
                inside.clear()
                task = asyncio.ensure_future(block(then))
                if then == "inside":
                    await asyncio.wait_for(inside.wait(), SECONDS)
                else:
                    await cluster.resign()
                    await asyncio.sleep(0)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            # A timeout around it, whose own cancellation must come out as such.
            with pytest.raises((TimeoutError, asyncio.TimeoutError)) as caught:
                await asyncio.wait_for(block("inside"), 2)
            assert not isinstance(caught.value, seafoam.SeafoamError)

    run(main())


def test_errors_of_the_block_come_out_and_the_lead_is_given_up() -> None:
    async def main() -> None:
        async with joined(1, **ALONE) as (cluster,):
            with pytest.raises(ZeroDivisionError):
                async with cluster.leadership():
                    _ = 1 // 0
            assert not cluster.is_leader()
            leadership = cluster.leadership()
            async with leadership:
                with pytest.raises(RuntimeError, match="entered already"):
                    await leadership.__aenter__()
            async with leadership:  # one after the other is fine
                assert cluster.is_leader()

    run(main())


def test_never_two_are_inside() -> None:
    async def main() -> None:
        inside: list[str] = []
        turns: list[int] = []
        enough = asyncio.Event()

        async def candidate(cluster: seafoam.Cluster) -> None:
            while not enough.is_set():
                try:
                    async with cluster.leadership() as tenure:
                        inside.append(cluster.local_node().name)
                        assert len(inside) == 1, inside
                        turns.append(tenure.term)
                        try:
                            await asyncio.sleep(0.1)
                        finally:
                            inside.pop()
                    if len(turns) > 3:
                        enough.set()
                except LeadershipLost:
                    continue

        async with joined(3, **THREE) as clusters:
            tasks = [asyncio.ensure_future(candidate(cluster)) for cluster in clusters]
            await asyncio.wait_for(enough.wait(), SECONDS)
            for task in tasks:
                task.cancel()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
            for outcome in outcomes:
                assert outcome is None or isinstance(outcome, asyncio.CancelledError), outcome
        assert turns == sorted(set(turns))

    run(main())


def test_whoever_can_never_lead_is_told_at_once() -> None:
    async def main() -> None:
        async with seafoam.Cluster(**own()) as cluster:
            with pytest.raises(seafoam.SeafoamError) as caught:
                async with cluster.leadership():
                    pass
            assert caught.value.code is ErrorCode.NOT_VALID

    run(main())


def test_threads_have_it_too() -> None:
    with ExitStack() as stack:
        (cluster,) = joined_blocking(stack, 1, **ALONE)
        with cluster.leadership(timeout=SECONDS) as tenure:
            assert tenure.held()
            assert not tenure.wait_lost(0.01)
            waiter: list[bool] = []
            thread = threading.Thread(target=lambda: waiter.append(tenure.wait_lost(SECONDS)))
            thread.start()
            cluster.resign()
            thread.join(SECONDS)
            assert waiter == [True]
            assert not tenure.held()
        with pytest.raises(seafoam.SeafoamTimeoutError) as late, cluster.leadership(timeout=0.01):
            pass
        assert late.value.code is ErrorCode.TIMEOUT
        with cluster.leadership(resign=False) as kept:
            assert kept.term > tenure.term
        assert kept.held()
        with cluster.leadership():
            pass
        assert not cluster.is_leader()


def test_threads_see_the_end_by_the_clock_and_by_close() -> None:
    with ExitStack() as stack:
        clusters = joined_blocking(stack, 3, **THREE)
        while not any(cluster.is_leader() for cluster in clusters):
            time.sleep(0.01)
        leader = next(cluster for cluster in clusters if cluster.is_leader())
        with leader.leadership(timeout=SECONDS) as tenure:
            for cluster in clusters:
                if cluster is not leader:
                    cluster.close()
            assert tenure.wait_lost(4)
            assert not leader.is_leader()
        leader.close()
        assert tenure.wait_lost(0)
        assert not tenure.held()
        with pytest.raises(seafoam.SeafoamError) as closed, leader.leadership():
            pass
        assert closed.value.code is ErrorCode.CLOSED
    with blocking.Cluster(**own()) as plain:
        with pytest.raises(seafoam.SeafoamError) as never, plain.leadership():
            pass
        assert never.value.code is ErrorCode.NOT_VALID
