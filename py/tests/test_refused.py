"""What is refused, and in which words: nothing bad starts, and every error names what it takes."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
import seafoam
from seafoam import ErrorCode, blocking
from support import joined, own, run

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"listen_port": -1}, 'listen_port = "-1" is refused: it takes a whole number from 0 to 65535'),
    ({"listen_port": 70000}, "it takes a whole number from 0 to 65535"),
    ({"listen_port": "many"}, 'listen_port = "many" is refused'),
    ({"listen_port": 1.5}, "listen_port takes text, a whole number, a truth value"),
    ({"listen_ip": "here"}, 'listen_ip = "here" is refused: it takes an IPv4 or IPv6 address'),
    ({"listen_ip": b"127.0.0.1"}, "a list or a map, not bytes"),
    ({"multicast_enabled": "perhaps"}, "it takes true or false"),
    ({"initial_hosts": ["a,b"]}, "an item of the list contains a comma"),
    ({"initial_hosts": ["a b"]}, 'initial_hosts = "a b" is refused: it takes a comma list'),
    ({"tags": {"a=b": "c"}}, 'tags: "a=b" = "c" contains a separator (= or ,)'),
    ({"tags": {"a": "b,c"}}, "contains a separator"),
    ({"tags": {"a": "b" * 600}}, "512 bytes at most"),
    ({"name": "two words"}, 'name = "two words" is refused: it takes 1 to 64 bytes'),
    ({"name": "\ud800"}, "name takes text that can be encoded as UTF-8"),
    ({"cluster_name": ""}, "a text of 1 to 255 bytes"),
    ({"log_level": "loud"}, "one of all, trace, debug, info, warn, error, fatal, off"),
    ({"nonsense": 1}, '"nonsense" is not a configuration key; the keys are cluster_name'),
    ({"nonsense": None}, '"nonsense" is not a configuration key'),
]


@pytest.mark.parametrize(("given", "text"), REFUSED, ids=lambda case: str(case)[:30])
@pytest.mark.parametrize("cls", [seafoam.Cluster, blocking.Cluster])
def test_a_bad_value_never_makes_a_cluster(
    cls: Callable[..., object], given: dict[str, Any], text: str
) -> None:
    with pytest.raises(seafoam.SeafoamError) as caught:
        cls(**given)
    assert caught.value.code is ErrorCode.INVALID_CONFIG
    assert isinstance(caught.value, ValueError)
    assert text in caught.value.message
    assert str(caught.value) == f"invalid_config: {caught.value.message}"


def test_a_secret_is_never_shown() -> None:
    for given in ("secret value\n", ["secret,value"], object()):
        with pytest.raises(seafoam.SeafoamError) as caught:
            seafoam.Cluster(keys=given, nonsense=1)  # type: ignore[arg-type, call-arg]
        assert "secret" not in str(caught.value)


def test_values_of_every_kind_are_understood(tmp_path: Path) -> None:
    cluster = seafoam.Cluster(
        listen_ip=IPv4Address("127.0.0.1"),
        listen_port="0",
        multicast_enabled=False,
        initial_hosts=("127.0.0.1:7", "localhost"),
        prefer_datacenters=[1, 2],
        log_level=seafoam.LogLevel.WARN,
        profile="patient",
        state_dir=tmp_path,
        tags={"role": "cache"},
        name=None,
    )
    assert repr(cluster) == "<seafoam.Cluster not started>"


def test_the_environment_is_checked_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEAFOAM_HEARTBEAT_MILLIS", "fast")
    cluster = blocking.Cluster(**own())
    with pytest.raises(seafoam.SeafoamValueError, match="SEAFOAM_HEARTBEAT_MILLIS"):
        cluster.start()


def test_code_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEAFOAM_HEARTBEAT_MILLIS", "700")
    monkeypatch.setenv("SEAFOAM_MIN_PING_TIME", "70")
    with blocking.Cluster(heartbeat_millis=600, **own()) as cluster:
        assert cluster.get("heartbeat_millis") == "600"
        assert cluster.get("min_ping_time_millis") == "70"


def test_values_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(seafoam.SeafoamError) as caught:
        blocking.Cluster.start(
            leader_scope="datacenter", lighthouses=["127.0.0.1:1", "127.0.0.1:2@3"], **own()
        )
    assert caught.value.code is ErrorCode.INVALID_CONFIG
    assert '"127.0.0.1:1" in lighthouses has no @datacenter' in caught.value.message


def test_listening_beyond_loopback_needs_a_key() -> None:
    with pytest.raises(seafoam.SeafoamError, match=r"listen_ip = 0\.0\.0\.0 is beyond") as caught:
        blocking.Cluster.start(listen_ip="0.0.0.0", **own())
    assert caught.value.code is ErrorCode.KEY_REQUIRED


def test_a_port_that_is_taken() -> None:
    with blocking.Cluster(**own()) as first:
        taken = {**own(), "listen_port": first.local_node().port}
        with pytest.raises(seafoam.SeafoamError) as caught:
            blocking.Cluster.start(**taken)
    assert caught.value.code is ErrorCode.ADDRESS_IN_USE


def test_nothing_works_before_the_start() -> None:
    cluster = seafoam.Cluster(**own())
    for call in (cluster.local_node, cluster.stats, cluster.events, cluster.all_nodes):
        with pytest.raises(seafoam.SeafoamError, match="was not started") as caught:
            call()
        assert caught.value.code is ErrorCode.CLOSED
    assert (cluster.is_leader(), cluster.is_valid(), cluster.is_closed()) == (False, False, False)
    run(cluster.close())


def test_a_cluster_starts_once() -> None:
    with blocking.Cluster(**own()) as cluster:
        with pytest.raises(seafoam.SeafoamError, match="started before") as caught:
            cluster.start()
        assert caught.value.code is ErrorCode.BUSY


def test_everything_is_refused_after_close() -> None:
    async def main() -> None:
        cluster = await seafoam.Cluster.start(**own())
        events = cluster.events()
        await cluster.close()
        await cluster.close()
        assert isinstance(await events.__anext__(), seafoam.ClosedEvent)
        with pytest.raises(StopAsyncIteration):
            await events.__anext__()
        assert cluster.is_closed()
        assert repr(cluster) == "<seafoam.Cluster closed>"
        for call in (cluster.local_node, cluster.stats, cluster.events, cluster.settings):
            with pytest.raises(seafoam.SeafoamError) as caught:
                call()
            assert caught.value.code is ErrorCode.CLOSED
        with pytest.raises(seafoam.SeafoamError):
            await cluster.ping_node("127.0.0.1:9")
        with pytest.raises(seafoam.SeafoamError) as receipt:
            await cluster.broadcast("x", receipt=True)
        assert receipt.value.code is ErrorCode.CLOSED
        assert not cluster.is_leader()

    run(main())


WRONG_TYPES: list[tuple[Callable[[seafoam.Cluster], object], str]] = [
    (lambda it: it.broadcast(7), "bytes takes bytes or str, not int"),  # type: ignore[call-overload]
    (lambda it: it.node(7), "a node is a Node, or its name"),  # type: ignore[arg-type]
    (lambda it: it.owner(None), "key takes bytes or str"),  # type: ignore[arg-type]
    (lambda it: it.on_event(7), "a callback is callable"),  # type: ignore[arg-type]
    (lambda it: it.on_event(coroutine), "a callback is a plain function"),
    (lambda it: it.events(kinds=[1.5]), "kinds takes a EventKind"),  # type: ignore[list-item]
]


async def coroutine(event: seafoam.Event) -> None:
    """Never runs."""


def test_arguments_of_calls() -> None:
    async def main() -> None:
        async with seafoam.Cluster(**own()) as cluster:
            for call, text in WRONG_TYPES:
                with pytest.raises(TypeError, match=text):
                    call(cluster)
            refused: list[tuple[Callable[[], object], ErrorCode, str]] = [
                (lambda: cluster.broadcast("x" * 257), ErrorCode.PAYLOAD_TOO_LARGE, "256"),
                (lambda: cluster.events(kinds="noise"), ErrorCode.INVALID_CONFIG, "one of status"),
                (lambda: cluster.events(kinds=99), ErrorCode.INVALID_CONFIG, 'kinds = "99"'),
                (lambda: cluster.events(capacity=0), ErrorCode.INVALID_CONFIG, "capacity = 0"),
                (lambda: cluster.add_node("a b"), ErrorCode.INVALID_ADDRESS, "a b"),
                (lambda: cluster.remove_node("nobody"), ErrorCode.UNKNOWN_NODE, "nobody"),
                (lambda: cluster.touch_node("nobody"), ErrorCode.UNKNOWN_NODE, "nobody"),
                (lambda: cluster.why("nobody"), ErrorCode.UNKNOWN_NODE, "nobody"),
                (lambda: cluster.set("name", "x"), ErrorCode.INVALID_CONFIG, "fixed when"),
                (lambda: cluster.set("nonsense", 1), ErrorCode.INVALID_CONFIG, "nonsense"),
                (lambda: cluster.get("nonsense"), ErrorCode.INVALID_CONFIG, "nonsense"),
                (lambda: cluster.set_heartbeat_millis(1), ErrorCode.INVALID_CONFIG, "from 10"),
                (lambda: cluster.set_tags({"a": "b,c"}), ErrorCode.INVALID_CONFIG, "a comma"),
                (
                    lambda: cluster.update_node_status("nobody", "sad"),
                    ErrorCode.INVALID_CONFIG,
                    "status",
                ),
            ]
            for refusal, code, text in refused:
                with pytest.raises(seafoam.SeafoamError) as caught:
                    refusal()
                assert (caught.value.code, text in caught.value.message) == (code, True)
            with pytest.raises(seafoam.SeafoamError, match="257") as large:
                await cluster.broadcast_with_receipt("x" * 257)
            assert large.value.code is ErrorCode.PAYLOAD_TOO_LARGE
            with pytest.raises(seafoam.SeafoamError, match=r"timeout = -2 is refused"):
                await cluster.broadcast("x", receipt=True, timeout=-2)
            with pytest.raises(seafoam.SeafoamError, match=r"timeout = -1 is refused"):
                await cluster.leave(-1)
            with pytest.raises(seafoam.SeafoamError, match=r"timeout = NaN is refused"):
                await cluster.ready(1, timeout=float("nan"))
            with pytest.raises(seafoam.SeafoamTimeoutError) as late:
                await cluster.ready(2, timeout=0.05)
            assert isinstance(late.value, TimeoutError)
            with pytest.raises(seafoam.SeafoamError) as not_leader:
                await cluster.resign()
            assert not_leader.value.code is ErrorCode.NOT_LEADER

    run(main())


def test_claims_of_a_peer_cannot_be_forged() -> None:
    async def main() -> None:
        async with joined(2) as (one, _):
            with pytest.raises(seafoam.SeafoamError, match="its own claims"):
                one.update_node_status("n1", seafoam.NodeStatus.ALIVE, rank="leader")

    run(main())


def test_an_error_survives_copies() -> None:
    with pytest.raises(seafoam.SeafoamError) as caught:
        seafoam.Cluster(listen_port=-1)
    for twin in (copy.copy(caught.value), pickle.loads(pickle.dumps(caught.value))):
        assert type(twin) is seafoam.SeafoamValueError
        assert (twin.code, str(twin)) == (caught.value.code, str(caught.value))


def test_every_code_has_an_exception() -> None:
    assert set(seafoam._errors.EXCEPTIONS) == set(ErrorCode)
    assert set(seafoam._errors.EXCEPTIONS.values()) == {
        seafoam.SeafoamError,
        seafoam.SeafoamTimeoutError,
        seafoam.SeafoamValueError,
        seafoam.SeafoamLookupError,
    }
