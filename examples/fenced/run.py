#!/usr/bin/env python3
"""Run the fenced job of each language as two processes at a database that is made for it.

The first leads, writes, and is stopped right before a write. The second leads after it. When the
first goes on, its write comes too late and must be refused. Then the second is killed, and the
first leads again, with a higher term. The last line counts languages: passed, failed, skipped.
"""

from __future__ import annotations

import json
import os
import pwd
import queue
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seafoam.blocking import Cluster

HERE = Path(__file__).resolve().parent
# Far more than anything takes on a busy machine.
SECONDS = 30.0
LEASE_MILLIS = 1000


class AbsentError(Exception):
    """What the machine lacks."""


@dataclass(frozen=True)
class Database:
    """A server of PostgreSQL at a socket in a folder."""

    programs: Path
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """Return what libpq and its like read."""
        return {"PGHOST": str(self.folder), "PGUSER": "postgres", "PGDATABASE": "postgres"}

    def ask(self, sql: str) -> str:
        """Run statements, and return what the last one selects."""
        done = subprocess.run(
            [self.programs / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql],
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=True,
            timeout=SECONDS,
        )
        return done.stdout.strip()


def programs() -> Path:
    """Return the folder of the server's programs, as Debian and its like lay them out."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        raise AbsentError("PostgreSQL is not installed (make setup does it where it may)")
    return found[-1].parent


def as_server() -> dict[str, Any]:
    """Return how to run the server, which refuses to be root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise AbsentError("there is no user that PostgreSQL could run as")


@contextmanager
def database() -> Iterator[Database]:
    """Make a database, and take it away again."""
    where = programs()
    rights = as_server()
    with tempfile.TemporaryDirectory(prefix="fenced-") as name:
        folder = Path(name)
        if rights:
            os.chown(folder, rights["user"], rights["group"])
        data = str(folder / "data")
        initdb = str(where / "initdb")
        made = [initdb, "-D", data, "-A", "trust", "-U", "postgres", "--no-sync"]
        subprocess.run(
            made, check=True, stdout=subprocess.DEVNULL, cwd=folder, timeout=SECONDS, **rights
        )
        # Nobody but this folder's readers reaches it, and nothing of it is worth a sync.
        options = ["-k", name, "-c", "listen_addresses=", "-c", "fsync=off"]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [where / "postgres", "-D", data, *options], stderr=log, cwd=folder, **rights
            )
        try:
            it = Database(where, folder)
            ready = [str(where / "pg_isready"), "--quiet", "--host", name]
            for _ in range(int(SECONDS * 10)):
                if subprocess.run(ready, check=False).returncode == 0:
                    break
                if server.poll() is not None:
                    break
                threading.Event().wait(0.1)
            it.ask((HERE / "schema.sql").read_text(encoding="utf-8"))
            yield it
        finally:
            server.send_signal(signal.SIGQUIT)  # at once
            server.wait(SECONDS)


class Job:
    """One process of a job, whose lines are read as they come."""

    def __init__(self, command: Sequence[str], environment: dict[str, str]) -> None:
        """Start it."""
        self._seen: list[dict[str, Any]] = []
        self._lines: queue.Queue[str] = queue.Queue()
        self.process = subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def until(self, event: str, above: int = 0) -> int:
        """Return the term of the next event of this kind in a term above this one."""
        while True:
            try:
                line = self._lines.get(timeout=SECONDS)
            except queue.Empty:
                raise AssertionError(f"no {event} came, but {self._seen[-5:]}") from None
            if not line:
                raise AssertionError(f"it ended before {event}, after {self._seen[-5:]}")
            self._seen.append(json.loads(line))
            term = int(self._seen[-1]["term"])
            if self._seen[-1]["event"] == event and term > above:
                return term

    def told(self, event: str) -> list[int]:
        """Return the terms of the events of this kind that were read so far."""
        return [int(line["term"]) for line in self._seen if line["event"] == event]

    def wait_stopped(self) -> None:
        """Wait until it has stopped itself."""
        state = Path(f"/proc/{self.process.pid}/stat")
        for _ in range(int(SECONDS * 100)):
            if state.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "T":
                return
            threading.Event().wait(0.01)
        raise AssertionError("it does not stop itself")

    def kill(self) -> None:
        """End it as a crash does."""
        self.process.kill()
        self.process.wait(SECONDS)


def free_port() -> int:
    """Return a port that nobody has now, below those that kernels give to outgoing connections."""
    for port in random.sample(range(20_000, 32_000), 100):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken, suppress(OSError):
            taken.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


def play(language: str, command: Sequence[str], store: Database) -> str:
    """Let two processes of one language take turns; return what there is to say."""
    port = free_port()
    common = {
        "cluster_name": f"fenced-{language}-{os.getpid()}",
        "lighthouses": f"127.0.0.1:{port}",
        "leader_lease_millis": str(LEASE_MILLIS),
        "multicast_enabled": "false",
        "log_level": "error",
    }
    environment = {f"SEAFOAM_{key.upper()}": value for key, value in common.items()}
    environment |= {**store.environment, "JOB": language, "SEAFOAM_LISTEN_PORT": "0"}
    store.ask(f"INSERT INTO job (name) VALUES ('{language}')")
    with ExitStack() as stack:
        # The lighthouse: it votes, and leaves the work to the others.
        lighthouse = Cluster(**common, listen_port=port, leader_eligible=False)
        stack.callback(lighthouse.close)
        lighthouse.start()
        first = Job(command, {**environment, "PAUSE_BEFORE": "3"})
        stack.callback(first.kill)
        stale = first.until("wrote")
        second = Job(command, environment)
        stack.callback(second.kill)
        first.wait_stopped()
        fresh = second.until("wrote", above=stale)
        first.process.send_signal(signal.SIGCONT)
        assert first.until("refused") == stale, "another term was refused"
        fence = int(store.ask(f"SELECT fence FROM job WHERE name = '{language}'"))
        assert fence == fresh, f"the row has term {fence}, not {fresh}"
        second.kill()
        third = first.until("wrote", above=fresh)
        assert first.told("wrote").count(stale) == 2, "it wrote after it was stopped"
    return f"term {stale} is refused after {fresh}; {third} follows the crash"


def commands(built: Path) -> dict[str, list[str]]:
    """Return how to run the job in each language."""
    return {
        "python": [sys.executable, str(HERE / "python" / "job.py")],
        "node": ["node", str(HERE / "node" / "job.mjs")],
        "go": [str(built / "job-go")],
        "c": [str(built / "job-c")],
        "cpp": [str(built / "job-cpp")],
    }


def main(built: Path, languages: Sequence[str]) -> int:
    """Play all languages at once, and count."""
    known = commands(built)
    failed = 0
    try:
        with database() as store, ThreadPoolExecutor() as pool:
            turns = {each: pool.submit(play, each, known[each], store) for each in languages}
            for language, turn in turns.items():
                try:
                    print(f"{language:7} {turn.result()}")
                except (AssertionError, OSError, subprocess.SubprocessError) as error:
                    failed += 1
                    print(f"{language:7} FAILED: {error}")
    except AbsentError as reason:
        print(f"SKIP {reason}")
        print(f"0 passed, 0 failed, {len(languages)} skipped")
        return 0
    skipped = len(known) - len(languages)
    print(f"{len(languages) - failed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
