"""The processes of the demo: started, told what to do, and never left behind."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass, field

from orchestra.contract import ContractError, Started, parse
from orchestra.languages import Language
from orchestra.timeline import Timeline

START_S = 15.0
DRAIN_S = 2.0


class MemberError(Exception):
    """A member did not do what the contract says."""


@dataclass
class Member:
    """One running process."""

    name: str
    language: Language
    process: Process
    readers: list[asyncio.Task[None]]
    started: Started | None = None
    complaints: list[str] = field(default_factory=list)

    @property
    def running(self) -> bool:
        """Whether the process has not ended."""
        return self.process.returncode is None

    def tell(self, command: str) -> None:
        """Write a line to its standard input."""
        if self.process.stdin is None or not self.running:
            raise MemberError(f"{self.name} has ended and cannot be told {command!r}")
        self.process.stdin.write(f"{command}\n".encode())

    def kill(self) -> None:
        """End it as a crash does: it cannot tell anybody."""
        if self.running:
            self.process.send_signal(signal.SIGKILL)

    async def ended(self, seconds: float) -> int | None:
        """Wait for its end; return its exit code, or None where it goes on."""
        try:
            return await asyncio.wait_for(self.process.wait(), seconds)
        except asyncio.TimeoutError:
            return None


class Fleet:
    """All processes, also those that were killed."""

    def __init__(self, timeline: Timeline, cluster_name: str) -> None:
        """Start with none; what they report goes to the timeline."""
        self.members: dict[str, Member] = {}
        self._all: list[Member] = []
        self._timeline = timeline
        self._environment = environment(cluster_name)

    async def start(
        self, name: str, language: Language, *, port: int = 0, join: str | None = None
    ) -> Member:
        """Start a process; `started()` says when it listens."""
        words = [*language.command, "--name", name, "--port", str(port)]
        if join is not None:
            words += ["--join", join]
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=self._environment,
            start_new_session=True,  # Ctrl-C is for the demo, which ends them in order
        )
        self._timeline.introduce(name, language.name)
        member = Member(name, language, process, [])
        self._all.append(member)
        self.members[name] = member
        member.readers = [
            asyncio.create_task(self._read(member)),
            asyncio.create_task(self._read_errors(member)),
        ]
        return member

    async def listening(self, member: Member) -> Started:
        """Wait until the member has said that it listens."""

        def decided() -> bool:
            return member.started is not None or bool(member.complaints) or not member.running

        await self._timeline.until_true(decided, START_S)
        if member.started is None:
            why = "; ".join(member.complaints) or f"exit code {member.process.returncode}"
            raise MemberError(f"{member.name} did not start: {why}")
        return member.started

    def complaints(self) -> list[str]:
        """Lines of members that break the contract."""
        return [f"{member.name}: {text}" for member in self._all for text in member.complaints]

    async def end(self) -> None:
        """Leave no process behind, whatever has happened."""
        for member in self._all:
            member.kill()
        await asyncio.gather(*(member.process.wait() for member in self._all))
        readers = [reader for member in self._all for reader in member.readers]
        if readers:
            _, late = await asyncio.wait(readers, timeout=DRAIN_S)
            for reader in late:
                reader.cancel()

    async def _read(self, member: Member) -> None:
        if member.process.stdout is None:
            return
        async for line in member.process.stdout:
            try:
                event = parse(line.decode())
            except (ContractError, UnicodeDecodeError) as error:
                member.complaints.append(str(error))
                self._timeline.wake()
                continue
            if isinstance(event, Started):
                member.started = event
            self._timeline.add(member.name, event)
        await member.process.wait()
        self._timeline.wake()

    async def _read_errors(self, member: Member) -> None:
        if member.process.stderr is None:
            return
        async for line in member.process.stderr:
            self._timeline.hear(member.name, line.decode(errors="replace").rstrip())


def environment(cluster_name: str) -> dict[str, str]:
    """Loopback, no multicast, and nothing that the caller has set for clusters of its own."""
    inherited = {key: text for key, text in os.environ.items() if not key.startswith("SEAFOAM_")}
    return inherited | {
        "SEAFOAM_CLUSTER_NAME": cluster_name,
        "SEAFOAM_LISTEN_IP": "127.0.0.1",
        "SEAFOAM_MULTICAST_ENABLED": "false",
        "SEAFOAM_LOG_LEVEL": "warn",
    }
