"""One job: a cluster of one peer is started, measured, and ended."""

from __future__ import annotations

import json
import os
import select
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from benchpeers.peers import Peer
from benchpeers.room import Room, cpu_seconds, rss_kib

# How long any answer may take: a start waits a minute for all to see all, as does a death.
PATIENCE = 200.0
DEATH = 60
SETTLE = 4.0
# Nodes of a fleet do not beat in one moment: the longest heartbeat of the peers, in milliseconds.
SPREAD = 1000


@dataclass(frozen=True)
class Job:
    """A peer, a size, and which of the measurements: `main`, `rest`, `silent` or `harsh`."""

    peer: Peer
    nodes: int
    kind: str
    # Seconds of each rest.
    rest: float


class Runner:
    """The process of a peer, which answers commands."""

    def __init__(self, room: Room, command: tuple[str, ...]) -> None:
        """Start it in the room, as a session of its own."""
        self.process = subprocess.Popen(
            room.command(*command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.session = self.process.pid
        self.text = b""

    def ask(self, command: str, patience: float = PATIENCE) -> dict[str, Any]:
        """Give a command and return the answer; RuntimeError says what went wrong."""
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("no pipes")
        self.process.stdin.write(f"{command}\n".encode())
        self.process.stdin.flush()
        until = time.monotonic() + patience
        while b"\n" not in self.text:
            left = until - time.monotonic()
            if left <= 0:
                raise RuntimeError(f"no answer to {command!r} in {patience:.0f} s")
            ready, _, _ = select.select([self.process.stdout], [], [], left)
            more = os.read(self.process.stdout.fileno(), 65_536) if ready else b""
            if ready and not more:
                raise RuntimeError(f"ended at {command!r}")
            self.text += more
        line, _, self.text = self.text.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"{command!r}: {answer['error']}")
        return answer

    def end(self) -> None:
        """End it and what it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.session, signal.SIGKILL)
        self.process.wait()


@contextmanager
def busy() -> Iterator[None]:
    """Keep every core busy."""
    loop = (sys.executable, "-c", "while True: pass")
    loads = [subprocess.Popen(loop) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for load in loads:
            load.kill()
            load.wait()


def run(job: Job, own: bool) -> dict[str, Any]:
    """Run one job; what it found, or `failed` with the reason."""
    began = time.monotonic()
    found: dict[str, Any] = {"peer": job.peer.name, "nodes": job.nodes, "kind": job.kind}
    with Room(own) as room:
        runner = Runner(room, job.peer.command)
        try:
            _measure(job, room, runner, found)
        except (RuntimeError, OSError, ValueError) as error:
            found["failed"] = str(error)
        finally:
            runner.end()
    found["took_s"] = round(time.monotonic() - began, 1)
    found["load"] = round(os.getloadavg()[0], 2)
    return found


def _measure(job: Job, room: Room, runner: Runner, found: dict[str, Any]) -> None:
    runner.ask("deaths")
    base = rss_kib(runner.session)
    spread = f" {SPREAD}" if job.kind == "rest" else ""
    started = runner.ask(f"start {job.nodes}{spread}")
    if job.kind == "rest":
        time.sleep(SETTLE)
        found["cpu_spread_s_per_minute"] = _rest(job, room, runner)[0]
        return
    found["start_s"] = started["start_s"]
    found["converge_s"] = started["converge_s"]
    found["complete"] = started["complete"]
    if started["converge_s"] is None and job.kind != "main":
        found["failed"] = "not all saw all"
        return
    if job.kind == "silent":
        time.sleep(SETTLE)
        room.silence(started["port"])
        death = runner.ask(f"kill {DEATH}")
        found |= {"silent_first_s": death["first_s"], "silent_all_s": death["all_s"]}
    elif job.kind == "harsh":
        _harsh(job, room, runner, found)
    else:
        _main(job, room, runner, found, base)


def _main(job: Job, room: Room, runner: Runner, found: dict[str, Any], base: int) -> None:
    casts = [runner.ask("broadcast 100") for _ in range(3)]
    times = [cast["all_s"] for cast in casts if cast["all_s"] is not None]
    found["broadcast_s"] = statistics.median(times) if len(times) > 1 else None
    found["broadcast_missed"] = sum(cast["missed"] for cast in casts)
    time.sleep(SETTLE)
    found["cpu_s_per_minute"], sent = _rest(job, room, runner)
    if sent:
        found["datagrams_per_s"] = sent["sent_udp"][0]
        found["bytes_per_s"] = sent["sent_udp"][1] + sent["sent_tcp"][1]
    found["rss_kib_per_node"] = (rss_kib(runner.session) - base) / job.nodes
    found["false_deaths"] = runner.ask("deaths")["deaths"]
    death = runner.ask(f"kill {DEATH}")
    found |= {"kill_first_s": death["first_s"], "kill_all_s": death["all_s"]}


def _rest(job: Job, room: Room, runner: Runner) -> tuple[float, dict[str, tuple[float, float]]]:
    """Processor seconds a minute and node, and packets and bytes a second and node."""
    cpu, traffic, began = cpu_seconds(runner.session), room.traffic(), time.monotonic()
    time.sleep(job.rest)
    share = 1 / (job.nodes * (time.monotonic() - began))
    sent = {
        name: ((packets - traffic[name][0]) * share, (size - traffic[name][1]) * share)
        for name, (packets, size) in room.traffic().items()
    }
    return (cpu_seconds(runner.session) - cpu) * share * 60, sent


def _harsh(job: Job, room: Room, runner: Runner, found: dict[str, Any]) -> None:
    time.sleep(SETTLE)

    def deaths() -> int:
        return int(runner.ask("deaths")["deaths"])

    if room.name:
        for percent in (5, 20):
            before = deaths()
            room.lose(percent)
            time.sleep(job.rest)
            room.lose(0)
            found[f"false_deaths_{percent}"] = deaths() - before
            time.sleep(SETTLE)
    before = deaths()
    with busy():
        time.sleep(job.rest)
        found["false_deaths_busy"] = deaths() - before
