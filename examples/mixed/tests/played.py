"""A cluster without processes: what its members report is what perfect ones would."""

from __future__ import annotations

from asyncio.subprocess import Process
from collections.abc import Callable
from typing import cast

from orchestra.contract import Broadcast, Event, Left, Started, Status
from orchestra.fleet import Fleet, Member
from orchestra.languages import Language
from orchestra.timeline import Timeline

Keep = Callable[[str, Event], bool]


class PlayedMember(Member):
    """A member that lives in the test and not in a process."""

    fleet: PlayedFleet

    @property
    def running(self) -> bool:
        return self.name in self.fleet.alive

    def tell(self, command: str) -> None:
        word, _, text = command.partition(" ")
        if word == "broadcast":
            self.fleet.to_others(self.name, Broadcast(self.name, text))
        elif word == "leave":
            self.fleet.status_to_others(self, "left")
            self.fleet.report(self.name, Left())
        else:
            self.fleet.alive.remove(self.name)

    def kill(self) -> None:
        self.fleet.alive.remove(self.name)
        self.fleet.status_to_others(self, "suspected")
        self.fleet.status_to_others(self, "dead")

    async def ended(self, seconds: float) -> int | None:
        return self.fleet.exit_codes.get(self.name, 0)


class PlayedFleet(Fleet):
    """Reports to the timeline whatever `keep` lets pass."""

    def __init__(self, timeline: Timeline, keep: Keep) -> None:
        super().__init__(timeline, "played")
        self.timeline = timeline
        self.keep = keep
        self.alive: list[str] = []
        self.exit_codes: dict[str, int] = {}
        self.generation = 0

    async def start(
        self, name: str, language: Language, *, port: int = 0, join: str | None = None
    ) -> Member:
        self.timeline.introduce(name, language.name)
        member = PlayedMember(name, language, cast("Process", None), [])
        member.fleet = self
        self.generation += 1
        started = Started(name, f"127.0.0.1:{port or 1000 + self.generation}", self.generation)
        self.members[name] = member
        self.report(name, started)
        member.started = started
        for other in self.alive:
            self.report(name, self._status(other, "alive"))
        self.alive.append(name)
        self.status_to_others(member, "alive")
        return member

    def report(self, observer: str, event: Event) -> None:
        if isinstance(event, Started) or self.keep(observer, event):
            self.timeline.add(observer, event)

    def to_others(self, name: str, event: Event) -> None:
        for other in self.alive:
            if other != name:
                self.report(other, event)

    def status_to_others(self, member: Member, status: str) -> None:
        self.to_others(member.name, self._status(member.name, status))

    def _status(self, node: str, status: str) -> Status:
        started = self.members[node].started
        assert started is not None
        return Status(node, status, "unknown", started.generation)
