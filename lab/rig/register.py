"""The store that a leader writes to: it refuses terms below the highest that it saw."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from rig.history import Write, now


class Register:
    """A Unix socket, which no cut of a network touches; one line is one write."""

    def __init__(self, path: Path, heard: Callable[[Write], None]) -> None:
        """Each write and its fate go to `heard`."""
        self.path = path
        self.highest = 0
        self._heard = heard
        self._server: asyncio.AbstractServer | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def open(self) -> None:
        """Take writes from now on."""
        self._server = await asyncio.start_unix_server(self._serve, self.path)

    async def close(self) -> None:
        """Take none any more."""
        if self._server is not None:
            self._server.close()
        for writer in self._open:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while line := await reader.readline():
                how, node, term = line.decode().split()
                self._take(how == "late", node, int(term))
        except ConnectionError:
            pass  # the agent was killed
        finally:
            self._open.discard(writer)
            writer.close()

    def _take(self, late: bool, node: str, term: int) -> None:
        accepted = term >= self.highest
        self.highest = max(self.highest, term)
        self._heard(Write(now(), node, term, accepted, late))
