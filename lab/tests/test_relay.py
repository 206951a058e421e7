"""The relay of the demo: who sent what is kept, and a cut lets nothing pass between its sides."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from rig.relay import PORT, Relay

DEADLINE_S = 10.0


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    made = Relay()
    await made.open(["a", "b"])
    yield made
    await made.close()


def door(relay: Relay, name: str) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.settimeout(DEADLINE_S)
    made.bind((relay.listen_ip(name), PORT))
    return made


async def receive(door: socket.socket) -> tuple[bytes, tuple[str, int]]:
    data, (ip, port) = await asyncio.to_thread(door.recvfrom, 100)
    return data, (ip, port)


async def test_a_datagram_comes_from_the_advertised_address(relay: Relay) -> None:
    with door(relay, "a") as a, door(relay, "b") as b:
        a.sendto(b"hello", (relay.advertised("b"), PORT))
        assert await receive(b) == (b"hello", (relay.advertised("a"), PORT))


async def test_a_cut_drops_and_a_heal_passes(relay: Relay) -> None:
    with door(relay, "a") as a, door(relay, "b") as b:
        relay.cut(["a"], ["b"])
        a.sendto(b"lost", (relay.advertised("b"), PORT))
        for _ in range(1000):
            if relay.dropped:
                break
            await asyncio.sleep(DEADLINE_S / 1000)
        relay.heal()
        a.sendto(b"hello", (relay.advertised("b"), PORT))
        assert (await receive(b))[0] == b"hello"


async def test_a_stream_arrives_from_the_advertised_address(relay: Relay) -> None:
    seen: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(writer.get_extra_info("peername")[0])
        writer.write((await reader.read()) + b" you")
        writer.close()

    server = await asyncio.start_server(answer, relay.listen_ip("b"), PORT)
    reader, writer = await asyncio.open_connection(
        relay.advertised("b"), PORT, local_addr=(relay.listen_ip("a"), 0)
    )
    writer.write(b"hello")
    writer.write_eof()
    assert await asyncio.wait_for(reader.read(), DEADLINE_S) == b"hello you"
    assert seen == [relay.advertised("a")]
    writer.close()
    server.close()
