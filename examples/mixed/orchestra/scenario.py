"""The parts of the demo, in order. The first one that fails ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median

from orchestra import contract
from orchestra.checker import (
    Observation,
    Verdict,
    Wanted,
    hears,
    judge,
    never,
    sees,
    wrong_broadcasts,
    wrong_deaths,
)
from orchestra.contract import Broadcast, Started
from orchestra.fleet import Fleet, Member, MemberError
from orchestra.languages import Language
from orchestra.timeline import Timeline

JOINED = "all join, each sees each"
TALKED = "a broadcast from each language"
SUSPECTED = "kill -9: suspected, then dead"
RETURNED = "restarted: alive in a new generation"
PARTED = "leaves: left"
ENDED = "all quit with exit code 0"
ONCE = "no broadcast twice or to its origin"
SPARED = "nobody else declared dead"


@dataclass(frozen=True)
class Deadlines:
    """How long each part may take, seconds: far beyond what it takes on a loaded machine."""

    join: float = 15.0
    talk: float = 10.0
    death: float = 20.0
    back: float = 15.0
    leave: float = 10.0
    end: float = 12.0


@dataclass(frozen=True)
class Cast:
    """Who plays what."""

    seed: str
    speakers: tuple[str, ...]
    victim: str
    leaver: str


class Scenario:
    """Goes through the parts and keeps their verdicts."""

    def __init__(
        self,
        fleet: Fleet,
        timeline: Timeline,
        languages: Sequence[Language],
        deadlines: Deadlines | None = None,
    ) -> None:
        """Two members of each language: while one is killed or leaves, the other watches."""
        self.verdicts: list[Verdict] = []
        self._deadlines = deadlines or Deadlines()
        self._fleet = fleet
        self._timeline = timeline
        self._crew = {f"{each.name}-{number}": each for number in (1, 2) for each in languages}
        first, last = languages[0].name, languages[-1].name
        leaver = languages[1 % len(languages)].name
        self._cast = Cast(
            seed=f"{first}-1",
            speakers=tuple(f"{each.name}-1" for each in languages),
            victim=f"{last}-2",
            leaver=f"{leaver}-2",
        )
        self._sent: list[Broadcast] = []
        self._killed: dict[str, int] = {}

    async def play(self) -> None:
        """Go through all parts; a part that fails is the last."""
        parts: tuple[tuple[str, Callable[[], Awaitable[Verdict]]], ...] = (
            (JOINED, self._join),
            (TALKED, self._talk),
            (SUSPECTED, self._kill),
            (RETURNED, self._restart),
            (PARTED, self._leave),
            (ENDED, self._quit),
        )
        for title, part in parts:
            if all(verdict.passed for verdict in self.verdicts):
                self._timeline.say(f"-- {title}")
                self.verdicts.append(await self._guarded(title, part))

    async def _guarded(self, title: str, part: Callable[[], Awaitable[Verdict]]) -> Verdict:
        try:
            return await part()
        except MemberError as error:
            return Verdict(title, 1, missing=(str(error),))

    def conclude(self) -> list[Verdict]:
        """Every verdict; behind them those on the whole record and on parts not reached."""
        titles = (JOINED, TALKED, SUSPECTED, RETURNED, PARTED, ENDED)
        reached = {verdict.title for verdict in self.verdicts}
        verdicts = [*self.verdicts]
        verdicts += [Verdict(title, 0, reached=False) for title in titles if title not in reached]
        record = self._timeline.record
        heard = sum(isinstance(entry.event, Broadcast) for entry in record)
        wrong = wrong_broadcasts(self._sent, record)
        verdicts.append(never(ONCE, wrong, max(heard, len(wrong))))
        deaths = wrong_deaths(self._killed, record)
        verdicts.append(never(SPARED, deaths, max(len(self._crew), len(deaths))))
        complaints = self._fleet.complaints()
        if complaints:
            verdicts.append(never("every line as the contract has it", complaints, len(complaints)))
        return verdicts

    async def _join(self) -> Verdict:
        begin = self._timeline.now()
        seed_language = self._crew[self._cast.seed]
        seed = await self._fleet.start(self._cast.seed, seed_language)
        address = (await self._fleet.listening(seed)).address
        rest = [(name, each) for name, each in self._crew.items() if name != self._cast.seed]
        members = [await self._fleet.start(name, each, join=address) for name, each in rest]
        listening = [await self._fleet.listening(member) for member in members]
        wanted = [
            sees(observer, node, "alive")
            for observer in self._crew
            for node in self._crew
            if node != observer
        ]
        verdict = await self._timeline.until(JOINED, wanted, self._deadlines.join)
        record = self._timeline.record
        last = max(_started_at(record, each) for each in listening)
        return _with(
            verdict,
            join_seconds=max(verdict.times, default=last) - last,
            start_and_join_seconds=max(verdict.times, default=begin) - begin,
        )

    async def _talk(self) -> Verdict:
        wanted: list[Wanted] = []
        sent_at: dict[Wanted, float] = {}
        for speaker in self._cast.speakers:
            text = f"hello from {speaker}"
            self._sent.append(Broadcast(speaker, text))
            for listener in self._crew:
                if listener != speaker:
                    want = hears(listener, speaker, text)
                    wanted.append(want)
                    sent_at[want] = self._timeline.now()
            self._fleet.members[speaker].tell(contract.broadcast(text))
        verdict = await self._timeline.until(TALKED, wanted, self._deadlines.talk)
        record = self._timeline.record
        seen = [(want, want.seen_at(record)) for want in wanted]
        millis = [(at - sent_at[want]) * 1000 for want, at in seen if at is not None]
        if not millis:
            return verdict
        return _with(
            verdict,
            broadcast_median_millis=median(millis),
            broadcast_max_millis=max(millis),
        )

    async def _kill(self) -> Verdict:
        victim = self._cast.victim
        member = self._fleet.members[victim]
        self._killed[victim] = (await self._fleet.listening(member)).generation
        since = len(self._timeline.record)
        begin = self._timeline.now()
        member.kill()
        self._timeline.say(f"   kill -9 {victim}", "bold red")
        others = self._others(victim)
        suspected = [sees(other, victim, "suspected") for other in others]
        dead = [sees(other, victim, "dead") for other in others]
        verdict = await self._timeline.until(
            SUSPECTED, [*suspected, *dead], self._deadlines.death, since
        )
        record = self._timeline.record[since:]
        suspicions = judge(SUSPECTED, suspected, record).times
        deaths = judge(SUSPECTED, dead, record).times
        if not suspicions or not deaths:
            return verdict
        return _with(
            verdict,
            first_suspected_seconds=min(suspicions) - begin,
            first_dead_seconds=min(deaths) - begin,
            dead_everywhere_seconds=max(deaths) - begin,
        )

    async def _restart(self) -> Verdict:
        victim = self._cast.victim
        before = await self._fleet.listening(self._fleet.members[victim])
        seed = await self._fleet.listening(self._fleet.members[self._cast.seed])
        since = len(self._timeline.record)
        language = self._crew[victim]
        member = await self._fleet.start(victim, language, port=before.port, join=seed.address)
        started = await self._fleet.listening(member)
        listening = _started_at(self._timeline.record[since:], started)
        others = self._others(victim)
        wanted = [sees(other, victim, "alive", before.generation) for other in others]
        wanted += [sees(victim, other, "alive") for other in others]
        verdict = await self._timeline.until(RETURNED, wanted, self._deadlines.back, since)
        return _with(verdict, return_seconds=max(verdict.times, default=listening) - listening)

    async def _leave(self) -> Verdict:
        leaver = self._cast.leaver
        since = len(self._timeline.record)
        begin = self._timeline.now()
        self._fleet.members[leaver].tell(contract.LEAVE)
        wanted = [sees(other, leaver, "left") for other in self._others(leaver)]
        own = Wanted(leaver, "has left", lambda event: isinstance(event, contract.Left))
        verdict = await self._timeline.until(PARTED, [*wanted, own], self._deadlines.leave, since)
        return _with(verdict, leave_millis=(max(verdict.times, default=begin) - begin) * 1000)

    async def _quit(self) -> Verdict:
        begin = self._timeline.now()
        members = [member for member in self._fleet.members.values() if member.running]
        for member in members:
            member.tell(contract.QUIT)
        codes = await asyncio.gather(*(member.ended(self._deadlines.end) for member in members))
        missing = tuple(
            _unclean(member, code) for member, code in zip(members, codes, strict=True) if code != 0
        )
        clean = (self._timeline.now(),) * (len(members) - len(missing))
        verdict = Verdict(ENDED, len(self._crew), clean, missing)
        return _with(verdict, quit_seconds=self._timeline.now() - begin)

    def _others(self, name: str) -> list[str]:
        return [other for other in self._crew if other != name]


def _unclean(member: Member, code: int | None) -> str:
    return f"{member.name}: " + ("still runs" if code is None else f"exit code {code}")


def _started_at(record: Sequence[Observation], started: Started) -> float:
    return next(entry.at for entry in record if entry.event == started)


def _with(verdict: Verdict, **figures: float) -> Verdict:
    return replace(verdict, figures=figures)
