#!/usr/bin/env python3
"""A node that says when it leads; ../README.md has the contract of all agents."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time

import seafoam
from seafoam import blocking

from work import Work, say

SAMPLE_S = 0.005
GAP_NS = 1_000_000_000  # a sample later than this: the process was held up
REPORT_NS = 20_000_000
LOOK_NS = 20_000_000


class Register:
    """The store that takes writes with a term; nothing happens where there is none."""

    def __init__(self, path: str | None) -> None:
        """Connect, for good: the path is no network."""
        self._socket = None
        if path:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._socket.connect(path)

    def write(self, how: str, name: str, term: int) -> None:
        """Send a write, without waiting for its fate: the register keeps the log."""
        if self._socket is not None:
            self._socket.sendall(f"{how} {name} {term}\n".encode())


class Watch:
    """What is_leader() and its like said, sample after sample."""

    def __init__(self, cluster: blocking.Cluster, register: Register) -> None:
        """Begin without having seen anything."""
        self._cluster = cluster
        self._register = register
        self._name = cluster.local_node().name
        self._term = 0  # of the interval that is open, 0: none
        self._from = self._to = self._told = self._looked = 0
        self._valid: bool | None = None
        self._leader: str | None = ""
        self._last = time.monotonic_ns()

    def sample(self) -> None:
        """Look once. A tenure begins after the first yes, and ends before the last one."""
        before, term, after = self._ask()
        if after - self._last > GAP_NS:
            held = self._term
            if after - before > GAP_NS:  # stopped between two of the calls: ask afresh
                before, term, after = self._ask()
            say("woke", at=after, gap=after - self._last, leads=bool(term))
            if held:  # what a thread does that was held up between question and effect
                self._register.write("late", self._name, held)
        self._last = after
        if self._term and term != self._term:
            self._tell(ended=True)
            self._term = 0
        if term:
            if not self._term:
                self._term, self._from = term, after
            self._to = max(before, self._from)
            if after - self._told > REPORT_NS:
                self._tell(ended=False)
                self._told = after
                self._register.write("write", self._name, term)
        self._look(after)

    def _ask(self) -> tuple[int, int, int]:
        before = time.monotonic_ns()
        leads = self._cluster.is_leader()
        lease = self._cluster.lease() if leads else None
        return before, lease.term if lease else 0, time.monotonic_ns()

    def _tell(self, ended: bool) -> None:
        fields = {"term": self._term, "from": self._from, "to": self._to, "ended": ended}
        say("lead", **fields)

    def _look(self, now: int) -> None:
        valid = self._cluster.is_valid()
        if valid != self._valid:
            self._valid = valid
            say("valid", at=now, valid=valid)
        if now - self._looked > LOOK_NS:
            self._looked = now
            node = self._cluster.leader()
            leader = node.name if node else None
            if leader != self._leader:
                self._leader = leader
                say("leader", at=now, leader=leader)


def obey(cluster: blocking.Cluster, work: Work, ended: threading.Event) -> None:
    """Carry commands out until `quit` or the end of the input."""
    for line in sys.stdin:
        command, _, name = line.strip().partition(" ")
        if command == "quit":
            break
        if work.obey(command, name):
            continue
        try:
            asked = time.monotonic_ns()
            if command == "transfer":
                cluster.transfer_leadership(name)
            else:
                cluster.resign()
            say("resigned", at=asked)
        except seafoam.SeafoamError as error:
            say("error", text=str(error))
    ended.set()


def main() -> None:
    """Live as one node, configured by SEAFOAM_... of the environment."""
    with blocking.Cluster() as cluster:
        local = cluster.local_node()
        say("started", at=time.monotonic_ns(), node=local.name, generation=local.generation)
        watch = Watch(cluster, Register(os.environ.get("LAB_REGISTER")))
        work = Work(cluster, "LAB_WORK" in os.environ)
        ended = threading.Event()
        threading.Thread(target=obey, args=(cluster, work, ended), daemon=True).start()
        while not ended.wait(SAMPLE_S):
            watch.sample()


if __name__ == "__main__":
    main()
