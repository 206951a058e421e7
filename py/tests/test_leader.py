"""One leader: three lighthouses of one process elect, and elect again."""

from __future__ import annotations

from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any

import pytest
import seafoam
import seafoam.blocking
from seafoam import ErrorCode, EventKind, NodeRank, TermQuality
from support import SECONDS, joined, joined_blocking, next_of, own, run

# Nobody listens at these ports: the nodes find each other by their seed.
LIGHTHOUSES: dict[str, Any] = {
    "lighthouses": ["n0=127.0.0.1:1", "n1=127.0.0.1:2", "n2=127.0.0.1:3"],
    "leader_lease_millis": 3000,
}


async def leader_of(events: seafoam.Events, above: int) -> tuple[str, int]:
    while True:
        event = await next_of(events, seafoam.LeaderEvent)
        if event.leader is not None and event.term > above:
            return event.leader.name, event.term


def test_one_leads_and_its_successor_has_a_higher_term() -> None:
    async def main() -> None:
        async with joined(3, **LIGHTHOUSES) as clusters:
            by_name = {cluster.local_node().name: cluster for cluster in clusters}
            events = clusters[0].events(kinds=[EventKind.LEADER], initial=True)
            name, term = await leader_of(events, 0)
            leader = by_name.pop(name)
            assert leader.is_leader()
            lease = leader.lease()
            assert lease is not None
            assert lease.term == term
            assert 0 < lease.remaining_millis < 3000
            assert lease.term_quality is TermQuality.CLOCK_FLOOR
            known = clusters[0].leader()
            assert known is not None
            assert (known.name, known.rank) == (name, NodeRank.LEADER)
            for other in by_name.values():
                assert not other.is_leader()
                assert other.lease() is None
                with pytest.raises(seafoam.SeafoamError) as caught:
                    await other.resign()
                assert caught.value.code is ErrorCode.NOT_LEADER
            heir = next(iter(by_name))
            await leader.transfer_leadership(heir)
            assert not leader.is_leader()
            assert (await leader_of(events, term))[0] == heir
            await by_name[heir].resign()
            assert not by_name[heir].is_leader()

    run(main())


def test_threads_have_it_too() -> None:
    with ExitStack() as stack:
        clusters = joined_blocking(stack, 3, **LIGHTHOUSES)
        name, term = "", 0
        for event in clusters[0].events(kinds=[EventKind.LEADER], initial=True, timeout=SECONDS):
            if isinstance(event, seafoam.LeaderEvent) and event.leader is not None:
                name, term = event.leader.name, event.term
                break
        leader = next(it for it in clusters if it.local_node().name == name)
        lease = leader.lease()
        assert lease is not None
        assert lease.term >= term
        leader.resign()
        assert not leader.is_leader()


LISTS = (
    [*LIGHTHOUSES["lighthouses"], "n3=127.0.0.1:4"],
    [*LIGHTHOUSES["lighthouses"][1:], "n3=127.0.0.1:4"],
)


def test_a_lighthouse_is_added_and_one_removed(tmp_path: Path) -> None:
    async def main() -> None:
        config = own(lighthouses=LIGHTHOUSES["lighthouses"], leader_lease_millis=1000)
        async with AsyncExitStack() as stack:
            clusters: list[seafoam.Cluster] = []
            for name in ("n0", "n1", "n2", "n3"):
                seeds = [cluster.local_node().address for cluster in clusters]
                state = str(tmp_path / name)
                cluster = seafoam.Cluster(name=name, initial_hosts=seeds, state_dir=state, **config)
                clusters.append(await stack.enter_async_context(cluster))
            for cluster in clusters:
                await cluster.ready(4, timeout=SECONDS)
            by_name = {cluster.local_node().name: cluster for cluster in clusters}
            events = clusters[1].events(kinds=[EventKind.LEADER], initial=True)
            name, term = await leader_of(events, 0)
            other = next(cluster for it, cluster in by_name.items() if it != name)
            with pytest.raises(seafoam.SeafoamError) as caught:
                other.set_lighthouses(LISTS[0])
            assert caught.value.code is ErrorCode.NOT_LEADER
            for entries in LISTS:
                await relist(by_name[name], entries, other)
                name, term = await leader_of(events, term)
                assert by_name[name].get("lighthouses") == ",".join(entries)

    run(main())


async def relist(leader: seafoam.Cluster, entries: list[str], other: seafoam.Cluster) -> None:
    """Ask until every lighthouse was heard: until then it is busy."""
    while True:
        try:
            return leader.set_lighthouses(entries)
        except seafoam.SeafoamError as error:
            if error.code is not ErrorCode.BUSY:
                raise
        await other.ping_node(leader.local_node())


def test_threads_add_a_lighthouse_too(tmp_path: Path) -> None:
    with ExitStack() as stack:
        state = str(tmp_path / "n0")
        config = {"lighthouses": ["n0=127.0.0.1:1"], "leader_lease_millis": 1000}
        first = seafoam.blocking.Cluster(name="n0", state_dir=state, **own(**config))
        stack.enter_context(first)
        events = first.events(kinds=[EventKind.LEADER], initial=True, timeout=SECONDS)
        assert any(isinstance(it, seafoam.LeaderEvent) and it.leader for it in events)
        with pytest.raises(seafoam.SeafoamError) as caught:
            first.set_lighthouses(["n0=127.0.0.1:1", "n1=127.0.0.1:2"])
        assert caught.value.code is ErrorCode.INVALID_CONFIG
        assert "start it first" in str(caught.value)
        first.set_lighthouses("n0=127.0.0.1:1")  # as it is
