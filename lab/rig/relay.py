"""The network of the demo: every datagram and stream between nodes goes through it, and can be cut.

A node listens on 127.A.B.n and advertises 127.A.C.n, where the relay listens for it. What node a
sends to b's advertised address leaves the relay from a's advertised address: both see the addresses
that they know, and the relay knows both ends of everything. No root, no hook in the engine.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Collection, Iterable
from functools import partial

PORT = 7946
CHUNK = 65536


class Relay:
    """All links of one cluster on loopback."""

    def __init__(self) -> None:
        """Take a part of 127.0.0.0/8 that no other demo on this machine uses."""
        self._room = 2 + os.getpid() % 250
        self._part = 2 * ((os.getpid() // 250) % 120)
        self._numbers: dict[str, int] = {}
        self._doors: dict[int, asyncio.DatagramTransport] = {}
        self._servers: list[asyncio.AbstractServer] = []
        self._streams: set[asyncio.Task[None]] = set()
        self._passes: Callable[[str, str], bool] = lambda sender, receiver: True
        self.dropped = 0

    def listen_ip(self, name: str) -> str:
        """Where the node itself listens."""
        return f"127.{self._room}.{self._part}.{self._numbers[name]}"

    def advertised(self, name: str) -> str:
        """Where the others reach it."""
        return f"127.{self._room}.{self._part + 1}.{self._numbers[name]}"

    async def open(self, names: Iterable[str]) -> None:
        """Listen for each of these nodes."""
        loop = asyncio.get_running_loop()
        for number, name in enumerate(names, 1):
            self._numbers[name] = number
            door, _ = await loop.create_datagram_endpoint(
                partial(_Door, self, name), (self.advertised(name), PORT)
            )
            self._doors[number] = door

            def accept(
                reader: asyncio.StreamReader, writer: asyncio.StreamWriter, to: str = name
            ) -> None:
                task = asyncio.ensure_future(self._stream(reader, writer, to))
                self._streams.add(task)
                task.add_done_callback(self._streams.discard)

            self._servers.append(await asyncio.start_server(accept, self.advertised(name), PORT))

    async def close(self) -> None:
        """Release all sockets."""
        for server in self._servers:
            server.close()
        for door in self._doors.values():
            door.close()
        for task in self._streams:
            task.cancel()
        await asyncio.gather(*self._streams, return_exceptions=True)

    def cut(self, *sides: Collection[str]) -> None:
        """Let nothing pass between these sides."""
        self._passes = lambda sender, receiver: any(
            sender in side and receiver in side for side in sides
        )

    def heal(self) -> None:
        """Let everything pass."""
        self._passes = lambda sender, receiver: True

    def datagram(self, data: bytes, source: str, to: str) -> None:
        """Pass a datagram on from the sender's advertised address."""
        sender = self._name(source)
        if sender is None or not self._passes(sender, to):
            self.dropped += 1
            return
        self._doors[self._numbers[sender]].sendto(data, (self.listen_ip(to), PORT))

    def _name(self, ip: str) -> str | None:
        return next((name for name in self._numbers if self.listen_ip(name) == ip), None)

    async def _stream(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, to: str
    ) -> None:
        sender = self._name(writer.get_extra_info("peername")[0])
        with contextlib.closing(writer):
            if sender is None:
                return
            try:
                onward = await asyncio.open_connection(
                    self.listen_ip(to), PORT, local_addr=(self.advertised(sender), 0)
                )
            except OSError:
                _refuse(writer)
                return
            with contextlib.closing(onward[1]):
                await asyncio.gather(
                    self._pump(reader, onward[1], sender, to),
                    self._pump(onward[0], writer, to, sender),
                )

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sender: str, to: str
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                if self._passes(sender, to):
                    writer.write(data)
                    await writer.drain()
            writer.write_eof()


def _refuse(writer: asyncio.StreamWriter) -> None:
    """End a connection as the kernel of a process that is gone does: by a reset."""
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")


class _Door(asyncio.DatagramProtocol):
    def __init__(self, relay: Relay, to: str) -> None:
        self._relay = relay
        self._to = to

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._relay.datagram(data, addr[0], self._to)
