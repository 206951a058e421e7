"""Run one command with a deadline, its output in a file, and nothing of it left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

GRACE_S = 5.0
POLL_S = 0.2


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    seconds: float
    timed_out: bool


def run(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    log: Path,
    timeout_s: float,
    tick: Callable[[float], None],
) -> Ended:
    """Run to the end or to the deadline; `tick` is called with the seconds so far.

    The command gets a session of its own, so that a deadline reaches its children too: a test that
    hangs is usually a grandchild of the command that was started.
    """
    started = time.monotonic()
    with log.open("wb") as sink:
        sink.write(f"$ {' '.join(argv)}\n".encode())
        sink.flush()
        try:
            child = subprocess.Popen(
                argv,
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            sink.write(f"cannot start: {error}\n".encode())
            return Ended(127, 0.0, timed_out=False)
        try:
            timed_out = _wait(child, started, timeout_s, tick)
        finally:
            _end_group(child)
    return Ended(child.returncode, time.monotonic() - started, timed_out)


def _wait(
    child: subprocess.Popen[bytes], started: float, timeout_s: float, tick: Callable[[float], None]
) -> bool:
    while True:
        elapsed = time.monotonic() - started
        tick(elapsed)
        if elapsed >= timeout_s:
            return child.poll() is None
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(min(POLL_S, timeout_s - elapsed))
            return False


def _end_group(child: subprocess.Popen[bytes]) -> None:
    """End what is left of the command: politely first, as it may have files to remove."""
    if child.poll() is None:
        _signal(child.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(GRACE_S)
    _signal(child.pid, signal.SIGKILL)
    child.wait()


def _signal(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
