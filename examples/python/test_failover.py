"""Tests of a program's own logic against cuts and crashes, in virtual time: run them by pytest.

`Worker` is such a program: whoever leads runs the jobs, and stamps each with the term of its lease.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from seafoam import LeaderEvent, NodeStatus, StatusEvent, sim


class Store:
    """Takes a job's result unless one of a later term was there before."""

    def __init__(self) -> None:
        self.term = 0
        self.done: list[tuple[int, str]] = []

    def write(self, term: int, by: str) -> bool:
        if term < self.term:
            return False
        self.term = term
        self.done.append((term, by))
        return True


class Worker:
    """What runs beside each member."""

    def __init__(self, member: sim.Member, store: Store) -> None:
        self.member = member
        self.store = store

    def turn(self) -> None:
        lease = self.member.lease() if self.member.is_running() else None
        if lease is not None:
            self.store.write(lease.term, self.member.name)


def turns(cluster: sim.Cluster, store: Store) -> Callable[[float], None]:
    """Return a function that lets time pass while all workers take their turns."""
    workers = [Worker(member, store) for member in cluster]

    def run(seconds: float) -> None:
        end = cluster.now + seconds
        while cluster.now < end:
            cluster.advance(0.1)
            for worker in workers:
                worker.turn()

    return run


@pytest.mark.parametrize("seed", range(5))
def test_jobs_go_on_when_the_leader_dies(seed: int) -> None:
    with sim.Cluster(nodes=5, seed=seed, lighthouses=3) as cluster:
        store = Store()
        run = turns(cluster, store)
        first = cluster.run_until(cluster.leader)
        run(2.0)
        cluster.crash(first)
        run(5.0)
        by = [name for _, name in store.done]
        assert by[0] == first.name
        assert by[-1] != first.name
        assert [term for term, _ in store.done] == sorted(term for term, _ in store.done)


def test_a_leader_that_is_cut_off_stops_before_the_next_one_begins() -> None:
    with sim.Cluster(nodes=5, seed=7, lighthouses=3, loss=0.05) as cluster:
        first = cluster.run_until(cluster.leader)
        cluster.cut(first)
        second = cluster.run_until(lambda: cluster.leader() not in (None, first), timeout=10)
        assert second
        assert not first.is_leader()
        told = [e.leader for e in first.events() if isinstance(e, LeaderEvent)]
        assert None in told, cluster.story()
        cluster.heal()
        cluster.settle()
        assert sum(member.is_leader() for member in cluster) == 1


def test_everybody_hears_of_a_death_within_three_seconds() -> None:
    with sim.Cluster(nodes=["db", "web", "cache"], seed=3) as cluster:
        began = cluster.now
        cluster.vanish("cache")
        cluster.advance(3.0)
        for name in ("db", "web"):
            seen = cluster[name].events(kinds="status", since=began)
            assert NodeStatus.DEAD in [e.status for e in seen if isinstance(e, StatusEvent)]


def test_the_events_are_those_of_a_real_cluster() -> None:
    with sim.Cluster(nodes=4, lighthouses=3) as cluster:
        leader = cluster.run_until(cluster.leader)
        last = leader.events(kinds="leader")[-1]
        assert isinstance(last, LeaderEvent)
        assert last.leader is not None
        assert last.leader.name == leader.name
        lease = leader.lease()
        assert lease is not None
        assert lease.term == last.term
