"""Processes of the demo are read, reported when they fail, and never left behind."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from orchestra.contract import Started
from orchestra.fleet import Fleet, MemberError
from orchestra.languages import Language
from orchestra.timeline import Timeline

LISTENS = """
import signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('{"event":"started","node":"x","address":"127.0.0.1:5","generation":1}', flush=True)
for line in iter(sys.stdin.readline, "never"):
    pass
"""
BABBLES = "print('once upon a time', flush=True); input()"
FAILS = "import sys; sys.exit('no such day')"


def language(folder: Path, program: str) -> Language:
    file = folder / "member.py"
    file.write_text(program, encoding="utf-8")
    return Language("python", "", (sys.executable, str(file)))


def test_no_process_is_left_behind(tmp_path: Path, timeline: Timeline) -> None:
    async def go() -> int:
        fleet = Fleet(timeline, "test")
        try:
            member = await fleet.start("x", language(tmp_path, LISTENS))
            assert await fleet.listening(member) == Started("x", "127.0.0.1:5", 1)
        finally:
            await fleet.end()
        assert not member.running
        return member.process.pid

    pid = asyncio.run(go())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize(
    ("program", "says"),
    [
        (FAILS, "python-1 did not start: exit code 1"),
        (BABBLES, "python-1 did not start: not JSON: 'once upon a time"),
    ],
)
def test_a_member_that_does_not_start_is_told(
    tmp_path: Path, timeline: Timeline, program: str, says: str
) -> None:
    async def go() -> None:
        fleet = Fleet(timeline, "test")
        try:
            member = await fleet.start("python-1", language(tmp_path, program))
            await fleet.listening(member)
        finally:
            await fleet.end()

    with pytest.raises(MemberError, match=says):
        asyncio.run(go())
