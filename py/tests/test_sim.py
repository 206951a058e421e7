"""Clusters in virtual time: `seafoam.sim`."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest
import seafoam
from seafoam import (
    BroadcastEvent,
    MessageEvent,
    NodeEvent,
    NodeStatus,
    SeafoamError,
    SeafoamLookupError,
    SeafoamTimeoutError,
    SeafoamValueError,
    StatusEvent,
    sim,
)
from support import SECONDS, TREE, python


def statuses(member: sim.Member, of: str, since: float = 0.0) -> list[NodeStatus]:
    """Return what a node was told of another one's status."""
    seen = member.events("status", since=since)
    return [e.status for e in seen if isinstance(e, StatusEvent) and e.node.name == of]


def test_nodes_know_each_other_and_see_a_death() -> None:
    with sim.Cluster(nodes=4, seed=1) as cluster:
        assert [node.name for node in cluster["n2"].all_nodes()] == ["n0", "n1", "n2", "n3"]
        assert cluster["n2"].local_node().name == "n2"
        began = cluster.now
        cluster.crash("n3")
        cluster.advance(3)
        assert cluster.now == pytest.approx(began + 3)
        for member in cluster.running():
            assert statuses(member, "n3", began)[-1] is NodeStatus.DEAD
            dead = member.node("n3")
            assert dead is not None
            assert dead.status is NodeStatus.DEAD
            assert dead.age_millis >= 1000
        assert [node.name for node in cluster["n0"].healthy_nodes()] == ["n0", "n1", "n2"]
        assert cluster["n0"].why("n3").since_millis > 0
        cluster.restart("n3")
        cluster.settle()
        assert statuses(cluster["n0"], "n3")[-1] is NodeStatus.ALIVE


def test_the_same_calls_give_the_same_events() -> None:
    def story(seed: int) -> tuple[int, str]:
        with sim.Cluster(nodes=5, seed=seed, lighthouses=3, loss=0.1) as cluster:
            cluster.crash(cluster.run_until(cluster.leader))
            cluster.advance(10)
            return cluster.fingerprint(), cluster.story(10_000)

    assert story(4) == story(4)
    assert story(4) != story(5)


def test_a_cut_makes_the_minority_invalid_and_heals() -> None:
    with sim.Cluster(nodes=5, seed=2, lighthouses=3) as cluster:
        cluster.cut(["n0", "n3"])
        cluster.run_until(lambda: not cluster["n3"].is_valid(), timeout=7)
        verdict = cluster["n3"].validity()
        assert (verdict.seen, verdict.needed) == (["n0"], 2)
        assert cluster["n4"].is_valid()
        assert statuses(cluster["n4"], "n3")[-1] is NodeStatus.DEAD
        cluster.heal()
        cluster.settle(timeout=20)
        assert cluster["n3"].is_valid()


def test_one_way() -> None:
    with sim.Cluster(nodes=2, seed=2) as cluster:
        cluster.cut("n0", "n1", one_way=True)
        cluster["n1"].broadcast("there")
        cluster["n0"].broadcast("back")
        cluster.advance(1)
        assert len(cluster["n0"].events("broadcast")) == 1
        assert cluster["n1"].events("broadcast") == []


def test_leadership() -> None:
    with sim.Cluster(nodes=5, seed=1, lighthouses=["n1", "n2", "n4"]) as cluster:
        first = cluster.run_until(cluster.leader, timeout=10)
        lease = first.lease()
        assert lease is not None
        assert 0 < lease.remaining_millis <= 3000
        heir = next(member for member in cluster if member != first)
        with pytest.raises(SeafoamError) as refused:
            heir.resign()
        assert refused.value.code is seafoam.ErrorCode.NOT_LEADER
        handed = first.transfer_leadership(heir)
        cluster.run_until(handed.done, timeout=3)
        assert cluster.leader() == heir
        cluster.advance(1)
        assert {node.leader().name for node in cluster} == {heir.name}  # type: ignore[union-attr]
        resigned = heir.resign()
        cluster.run_until(resigned.done, timeout=3)
        assert not heir.is_leader()


def test_payloads() -> None:
    with sim.Cluster(nodes=["a", "b", "c"], config={"tags": {"role": "cache"}}) as cluster:
        a, b = cluster["a"], cluster["b"]
        label = a.broadcast(b"high tide")
        sent = a.send("b", "for you")
        assert not sent.done()
        cluster.run_until(sent.done, timeout=2)
        cluster.advance(1)
        match b.events(["broadcast", "message"]):
            case [BroadcastEvent(label=seen, bytes=b"high tide"), MessageEvent(bytes=b"for you")]:
                assert seen == label
            case [MessageEvent(bytes=b"for you"), BroadcastEvent(label=seen, bytes=b"high tide")]:
                assert seen == label
            case other:
                pytest.fail(f"{other}")
        a.set_tags({"role": "store"})
        cluster.advance(1)
        assert [e.node.tags for e in b.events("node") if isinstance(e, NodeEvent)] == [
            {"role": "store"}
        ]
        assert b.node(a).tags == {"role": "store"}  # type: ignore[union-attr]
        with pytest.raises(SeafoamLookupError):
            a.send("nobody", "")


def test_a_node_leaves_and_a_node_comes() -> None:
    with sim.Cluster(nodes=3, configs={"n1": {"datacenter": 4}}) as cluster:
        cluster["n1"].leave()
        cluster.run_until(lambda: not cluster["n1"].is_running(), timeout=6)
        assert statuses(cluster["n0"], "n1")[-1] is NodeStatus.LEFT
        assert len(cluster) == 3
        added = cluster.add("n9", {"datacenter": 7})
        cluster.settle()
        assert cluster["n0"].node("n9").datacenter == 7  # type: ignore[union-attr]
        assert (added.settings()["datacenter"], cluster["n0"].settings()["datacenter"]) == (
            "7",
            "255",
        )
        assert "n9" in cluster
        assert "n5" not in cluster
        assert [member.name for member in cluster.running()] == ["n0", "n2", "n9"]


def test_a_stopped_process_is_spared_and_a_host_that_vanished_is_not() -> None:
    with sim.Cluster(nodes=5, seed=3) as cluster:
        cluster.pause("n4", 5)
        cluster.vanish("n3")
        cluster.advance(8)
        assert NodeStatus.DEAD not in statuses(cluster["n0"], "n4")
        assert statuses(cluster["n0"], "n3")[-1] is NodeStatus.DEAD


def test_sealed_traffic_and_a_stranger() -> None:
    key, other = seafoam.generate_key(), seafoam.generate_key()
    made = sim.Cluster(nodes=3, config={"keys": [key]}, configs={"n2": {"keys": [other]}})
    made.advance(10)
    assert [node.name for node in made["n0"].healthy_nodes()] == ["n0", "n1"]
    assert not made["n2"].node("n0")


def test_time_that_runs_out_tells_what_was_seen() -> None:
    def never() -> bool:
        return False

    with sim.Cluster(nodes=3) as cluster:
        cluster.crash("n2")
        with pytest.raises(
            SeafoamTimeoutError, match=r"never did not become true within 4\.000 s"
        ) as e:
            cluster.run_until(never, timeout=4)
        assert "n2 does not run: it was killed at" in str(e.value)
        assert "n0  status: n2 is dead" in str(e.value)
        with pytest.raises(ZeroDivisionError):
            cluster.run_until(lambda: 1 // 0)


def test_a_dead_node_answers_nothing() -> None:
    with sim.Cluster(nodes=3) as cluster:
        sent = cluster["n1"].send("n2", "late")
        cluster.crash("n1")
        for call in (cluster["n1"].all_nodes, cluster["n1"].validity, cluster["n1"].leave):
            with pytest.raises(SeafoamError, match="closed: n1 does not run: it was killed") as e:
                call()
            assert e.value.code is seafoam.ErrorCode.CLOSED
        with pytest.raises(SeafoamError, match="closed"):
            sent.done()
        assert not cluster["n1"].is_leader()
        assert not cluster["n1"].is_valid()
        assert repr(cluster["n1"]) == "<seafoam.sim.Member n1, not running>"
        assert cluster["n1"].events("status"), "what it saw stays"


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"nodes": 0}, "0 nodes are refused: it takes 1 to 1000"),
        ({"nodes": ["a", "a"]}, "two nodes are called"),
        ({"nodes": ["white space"]}, "name"),
        ({"nodes": 2, "lighthouses": ["n7"]}, "n7.* is none of the nodes: they are n0, n1"),
        ({"nodes": 2, "configs": {"n7": {}}}, "is none of the nodes"),
        ({"config": {"listen_port": 1}}, "listen_port is not taken by a simulated cluster"),
        ({"config": {"heartbeat_millis": 1}}, "heartbeat_millis"),
        ({"config": {"hartbeat": 1}}, "hartbeat"),
    ],
)
def test_what_is_refused(arguments: dict[str, object], match: str) -> None:
    with pytest.raises(SeafoamValueError, match=match):
        sim.Cluster(**arguments)  # type: ignore[arg-type]


def test_what_is_refused_later() -> None:
    with sim.Cluster(nodes=2) as cluster:
        with pytest.raises(SeafoamLookupError, match='"n5" is none of the nodes: they are n0, n1'):
            cluster["n5"]
        with pytest.raises(SeafoamValueError, match="n0 is on both sides"):
            cluster.cut(["n0", "n1"], "n0")
        with pytest.raises(SeafoamValueError, match="restart it instead"):
            cluster.add("n1")
        for seconds in (-1.0, float("nan"), float("inf")):
            with pytest.raises(ValueError, match="seconds = "):
                cluster.advance(seconds)
        with pytest.raises(ValueError, match="loss = 2"):
            cluster.set_loss(2)
        with pytest.raises(SeafoamValueError, match="a delay from"):
            cluster.set_delay(2, 1)
        with pytest.raises(ValueError, match="lighthouses = 3 of 2"):
            sim.Cluster(nodes=2, lighthouses=3)
        assert cluster.now < 5, "nothing of it let time pass"


def test_events_stay() -> None:
    with sim.Cluster(nodes=3, seed=1) as cluster:
        assert cluster["n0"].events() == cluster["n0"].events() != []
        assert cluster["n0"].events(since=cluster.now + 1) == []
        assert cluster.timeline("leader") == []
        first, last = cluster.timeline()[0], cluster.timeline()[-1]
        assert first.node in cluster
        assert 0 <= first.seconds <= last.seconds <= cluster.now
        assert [seen.event for seen in cluster.timeline() if seen.node == "n1"] == (
            cluster["n1"].events()
        )


def test_threads_may_look_on() -> None:
    with sim.Cluster(nodes=20) as cluster:
        stop, looks = threading.Event(), list[float]()

        def look() -> None:
            while not stop.is_set():
                looks.append(cluster.now)
                assert len(cluster["n0"].all_nodes()) == 20

        onlooker = threading.Thread(target=look)
        onlooker.start()
        cluster.advance(60)
        stop.set()
        onlooker.join(SECONDS)
        assert looks == sorted(looks)
        assert looks[-1] <= cluster.now


def test_ctrl_c_ends_a_long_advance() -> None:
    done = python("""
        import os, signal, threading, time
        from seafoam import sim

        cluster = sim.Cluster(nodes=30)
        threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        try:
            cluster.advance(1e6)
        except KeyboardInterrupt:
            print("interrupted")
    """)
    assert (done.stdout, done.stderr) == ("interrupted\n", "")


def test_a_program_that_does_not_test_does_not_load_it() -> None:
    done = python("""
        import sys, seafoam
        assert "seafoam.sim" not in sys.modules
        assert "sim" in dir(seafoam) and not hasattr(seafoam, "SimCluster")
        assert seafoam.sim is sys.modules["seafoam.sim"]
        print("fine")
    """)
    assert (done.stdout, done.stderr) == ("fine\n", "")


def test_the_example() -> None:
    example = TREE / "examples" / "python" / "test_failover.py"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(example)],
        capture_output=True,
        text=True,
        timeout=SECONDS * 3,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "8 passed" in done.stdout
