"""The web services and other programs of examples/python, each in a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import seafoam
from seafoam import NodeStatus, blocking
from support import SECONDS, TREE, own

EXAMPLES = TREE / "examples" / "python"

# A socket in a folder: there is no port that another program could take.
SERVICES = {
    "fastapi": lambda path: [
        *("-m", "uvicorn", "fastapi_app:app", "--app-dir", str(EXAMPLES)),
        *("--uds", str(path), "--log-level", "warning"),
    ],
    "flask": lambda path: [str(EXAMPLES / "flask_app.py"), f"unix://{path}", "0"],
}


@contextmanager
def service(kind: str, path: Path, peer: blocking.Cluster) -> Iterator[subprocess.Popen[bytes]]:
    config = {
        "SEAFOAM_NAME": kind,
        "SEAFOAM_CLUSTER_NAME": peer.get("cluster_name"),
        "SEAFOAM_INITIAL_HOSTS": peer.local_node().address,
        "SEAFOAM_LISTEN_PORT": "0",
        "SEAFOAM_MULTICAST_ENABLED": "false",
    }
    with subprocess.Popen(
        [sys.executable, *SERVICES[kind](path)], env={**os.environ, **config}
    ) as child:
        try:
            yield child
        finally:
            child.kill()


@pytest.mark.parametrize("kind", SERVICES)
def test_a_web_service_is_a_member(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "s"
    with (
        blocking.Cluster(name="peer", **own()) as peer,
        peer.events(kinds="status", timeout=SECONDS) as seen,
        service(kind, path, peer) as child,
        httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), base_url="http://it") as client,
    ):
        wait_for(seen, kind, NodeStatus.ALIVE)
        until_it_serves(path)
        until_health_is(client, 200, {"healthy": 2})
        members = client.get("/members").json()
        assert {member["name"]: member["status"] for member in members} == {
            kind: "alive",
            "peer": "alive",
        }
        assert members[1]["address"] == peer.local_node().address
        peer.leave()
        until_health_is(client, 503, {"healthy": 1})
        child.send_signal(signal.SIGTERM)
        assert child.wait(SECONDS) in (0, -signal.SIGTERM)


@pytest.mark.parametrize("kind", SERVICES)
def test_a_web_service_leaves_when_it_ends(kind: str, tmp_path: Path) -> None:
    with (
        blocking.Cluster(name="peer", **own()) as peer,
        peer.events(kinds="status", timeout=SECONDS) as seen,
        service(kind, tmp_path / "s", peer) as child,
    ):
        wait_for(seen, kind, NodeStatus.ALIVE)
        until_it_serves(tmp_path / "s")
        child.send_signal(signal.SIGTERM)
        wait_for(seen, kind, NodeStatus.LEFT)  # and not DEAD


def until_it_serves(path: Path) -> None:
    deadline = time.monotonic() + SECONDS
    with socket.socket(socket.AF_UNIX) as probe:
        while probe.connect_ex(str(path)) != 0:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def until_health_is(client: httpx.Client, status: int, body: dict[str, int]) -> None:
    deadline = time.monotonic() + SECONDS
    while ((health := client.get("/health")).status_code, health.json()) != (status, body):
        assert time.monotonic() < deadline, health.json()
        time.sleep(0.02)


def wait_for(seen: blocking.Events, name: str, status: NodeStatus) -> None:
    for event in seen:
        if isinstance(event, seafoam.StatusEvent) and event.node.name == name:
            assert event.status is not NodeStatus.DEAD
            if event.status is status:
                return
    raise AssertionError("the events ended")


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_any_loop(backend: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / "any_loop.py"), backend],
        capture_output=True,
        text=True,
        timeout=SECONDS * 2,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "two hears hello\nand nothing else\n"
