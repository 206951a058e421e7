"""The register: it takes a term for as long as no higher one was seen."""

from __future__ import annotations

import asyncio
from pathlib import Path

from rig.history import Write
from rig.register import Register

DEADLINE_S = 10.0


async def test_terms_below_the_highest_are_refused(tmp_path: Path) -> None:
    taken: asyncio.Queue[Write] = asyncio.Queue()
    register = Register(tmp_path / "register", taken.put_nowait)
    await register.open()
    _, writer = await asyncio.open_unix_connection(tmp_path / "register")
    writer.write(b"write a 16\nwrite b 17\nlate a 16\nwrite b 17\n")
    seen = [await asyncio.wait_for(taken.get(), DEADLINE_S) for _ in range(4)]
    assert [(it.node, it.term, it.accepted, it.late) for it in seen] == [
        ("a", 16, True, False),
        ("b", 17, True, False),
        ("a", 16, False, True),
        ("b", 17, True, False),
    ]
    writer.close()
    await register.close()
