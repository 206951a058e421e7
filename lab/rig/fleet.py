"""The processes: started, told what to do, held up, killed, and never left behind."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rig.history import Heard, History, Tenure, Verdict, Woke, now

TOP = Path(__file__).resolve().parents[2]
AGENTS = TOP / "lab" / "agents"
# A fleet starts while other work may keep the machine busy.
START_S = 20.0
END_S = 6.0


class AgentError(Exception):
    """An agent did not do what its contract says, or what was waited for did not come."""


@dataclass(frozen=True)
class Cast:
    """One node of a cluster."""

    name: str
    language: str
    lighthouse: bool = False
    eligible: bool = True


def built() -> Path:
    """Where `make -C lab agents` puts programs."""
    return Path(os.environ.get("CARGO_TARGET_DIR", TOP / "target")) / "lab"


def command(language: str) -> list[str]:
    """How the agent in a language is started."""
    commands: Mapping[str, list[str]] = {
        "python": [sys.executable, str(AGENTS / "agent.py")],
        "node": [shutil.which("node") or "node", "--expose-gc", str(AGENTS / "agent.mjs")],
        "c": [str(built() / "agent-c")],
        "go": [str(built() / "agent-go")],
        "cpp": [str(built() / "agent-cpp")],
        "rust": [str(built() / "agent-rust")],
    }
    return commands[language]


def languages() -> list[str]:
    """Those whose agents are there; Go takes part where it is installed."""
    known = ("c", "go", "python", "node", "cpp", "rust")
    return [each for each in known if Path(command(each)[-1]).is_file()]


@dataclass
class Agent:
    """One running process of one node."""

    cast: Cast
    process: Process
    run: int
    started: bool = False

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.process.returncode is None

    def tell(self, word: str) -> None:
        """Write a command to its standard input."""
        if self.process.stdin is None or not self.running:
            raise AgentError(f"{self.cast.name} has ended and cannot be told {word!r}")
        self.process.stdin.write(f"{word}\n".encode())

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)


class Fleet:
    """All processes of one cluster and what they report."""

    def __init__(
        self,
        history: History,
        settings: Callable[[Cast], Mapping[str, str]],
        inside: Callable[[str], Sequence[str]] = lambda name: (),
        tell: Callable[[str, str], None] = lambda name, text: None,
        worked: Callable[[str, dict[str, object]], bool] = lambda name, row: False,
    ) -> None:
        """Give each node its settings, and the command that its namespace asks for.

        What agents say of their work goes to `worked`, which tells whether it knows the event.
        """
        self.history = history
        self.agents: dict[str, Agent] = {}
        self._all: list[Agent] = []
        self._settings = settings
        self._inside = inside
        self._tell = tell
        self._worked = worked
        self._changed = asyncio.Event()
        self._readers: set[asyncio.Task[None]] = set()
        self.complaints: list[str] = []
        # What agents wrote to standard error, with the name of the agent.
        self.errors: list[tuple[str, str]] = []

    async def start(self, *cast: Cast) -> None:
        """Start processes, and wait until each listens."""
        fresh = [await self._spawn(each) for each in cast]
        self._all += fresh
        await self.until("they listen", lambda: all(each.started for each in fresh), START_S)

    async def _spawn(self, cast: Cast) -> Agent:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("SEAFOAM_")}
        process = await asyncio.create_subprocess_exec(
            *(*self._inside(cast.name), *command(cast.language)),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env={**kept, "SEAFOAM_NAME": cast.name, **self._settings(cast)},
            start_new_session=True,  # Ctrl-C is for the whole, which ends them in order
        )
        agent = Agent(cast, process, process.pid)
        self.agents[cast.name] = agent
        self.history.nodes[cast.name] = cast.language + (" lighthouse" * cast.lighthouse)
        for read in (self._read(agent), self._read_errors(agent)):
            task = asyncio.ensure_future(read)
            self._readers.add(task)
            task.add_done_callback(self._readers.discard)
        return agent

    def kill(self, *names: str) -> None:
        """End processes as a crash does."""
        for name in names:
            self.agents[name].signal(signal.SIGKILL)

    async def ended(self, *names: str) -> None:
        """Wait until processes are gone."""
        for name in names:
            await asyncio.wait_for(self.agents[name].process.wait(), END_S)

    async def restart(self, *names: str) -> None:
        """Start nodes again that ended."""
        await self.ended(*names)
        await self.start(*(self.agents[name].cast for name in names))

    async def until(self, what: str, condition: Callable[[], bool], seconds: float) -> float:
        """Wait until something holds; return how long it took."""
        begin = now()
        end = begin + int(seconds * 1e9)
        while not condition():
            rest = (end - now()) / 1e9
            dead = [it.cast.name for it in self.agents.values() if not it.running]
            if rest <= 0 or self.complaints:
                told = "; ".join(self.complaints)
                raise AgentError(
                    f"not within {seconds:.1f} s: {what}"
                    + (f"; {told}" if told else "")
                    + (f"; ended: {', '.join(dead)}" if dead else "")
                )
            self._changed.clear()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._changed.wait(), rest)
        return (now() - begin) / 1e9

    async def quit(self) -> list[str]:
        """Ask all to end; return who did not, or not cleanly."""
        running = [each for each in self.agents.values() if each.running]
        for each in running:
            each.tell("quit")
        for each in running:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(each.process.wait(), END_S)
        return [
            f"{each.cast.name} did not end cleanly: {each.process.returncode}"
            for each in running
            if each.process.returncode != 0
        ]

    async def end(self) -> None:
        """Leave no process behind, whatever has happened."""
        for each in self._all:
            each.signal(signal.SIGKILL)
        for each in self._all:
            await each.process.wait()
        if self._readers:
            await asyncio.wait(self._readers, timeout=2.0)

    async def _read(self, agent: Agent) -> None:
        assert agent.process.stdout is not None
        while line := await agent.process.stdout.readline():
            if not line.endswith(b"\n"):
                break  # it was killed amid a line
            try:
                self._take(agent, json.loads(line))
            except (ValueError, KeyError) as error:
                self.complaints.append(f"{agent.cast.name} said {line!r}: {error!r}")
            self._changed.set()
        for tenure in self.history.tenures:
            if tenure.run == agent.run:
                tenure.ended = True  # with its process
        self._changed.set()

    async def _read_errors(self, agent: Agent) -> None:
        assert agent.process.stderr is not None
        while line := await agent.process.stderr.readline():
            text = line.decode(errors="replace").rstrip()
            self.errors.append((agent.cast.name, text))
            self._tell(agent.cast.name, text)

    def _take(self, agent: Agent, row: dict[str, object]) -> None:
        history, node = self.history, agent.cast.name
        match row["event"]:
            case "started":
                agent.started = True
                self._worked(node, row)
            case "lead":
                term, begin, end = _number(row, "term"), _number(row, "from"), _number(row, "to")
                told = Tenure(node, agent.run, term, begin, end, bool(row["ended"]))
                if history.lead(told):
                    self._tell(node, f"LEADS in term {term}")
                elif told.ended:
                    self._tell(node, f"leads no more, after {(end - begin) / 1e9:.2f} s")
            case "valid":
                history.verdicts.append(Verdict(_number(row, "at"), node, bool(row["valid"])))
                if row["valid"] or len([it for it in history.verdicts if it.node == node]) > 1:
                    self._tell(node, "is VALID" if row["valid"] else "is INVALID")
            case "leader":
                leader = row["leader"]
                history.heard.append(
                    Heard(_number(row, "at"), node, None if leader is None else str(leader))
                )
            case "woke":
                gap, leads = _number(row, "gap"), bool(row["leads"])
                history.woke.append(Woke(_number(row, "at"), node, gap, leads))
                word = "true" if leads else "false"
                self._tell(node, f"wakes after {gap / 1e9:.2f} s, is_leader() is {word}")
            case "resigned":
                history.resigned.append((_number(row, "at"), node))
            case "error":
                self._tell(node, str(row["text"]))
            case other if not self._worked(node, row):
                raise ValueError(f"no such event: {other}")


def _number(row: dict[str, object], key: str) -> int:
    value = row[key]
    if not isinstance(value, int):
        raise ValueError(f"{key} is no number")
    return value
