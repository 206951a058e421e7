"""What is done to the cluster of a soak, in rounds of random order. Each phase leaves it whole."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from rig.fleet import AgentError
from rig.history import SECOND, now
from rig.soak.judge import NOT_IN_CALM
from rig.soak.record import Calm
from rig.soak.ship import Hand, Ship
from rig.stage import fresh_key

CALM_S = 25.0
QUIET_S = 3.0
HORIZON_S = 11.0  # whoever missed a broadcast asks for it within 10 s
REPAIR_S = 14.0
CYCLES = 500
LEFT_S = 10.0
# What calm phases tell of beside what is judged there.
TOLD = (
    "dropped_replayed",
    "dropped_unknown_session",
    "events_lost",
    "stalls",
    "broadcasts_repaired",
    "suspicions_raised",
)
GONE_S = 30.0
Play = Callable[[Ship, random.Random], Awaitable[None]]


@dataclass(frozen=True)
class Phase:
    """One thing that is done; nobody may be called DEAD in one that is calm."""

    name: str
    calm: bool
    play: Play


async def calm(ship: Ship, chance: random.Random) -> None:
    """Usual work, of which everything has to arrive."""
    ship.works = False
    await ship.drained()
    await asyncio.sleep(HORIZON_S)  # what was sent amid trouble has come by then, or never does
    names = ship.running()
    await ship.ask(names, "state")
    before = {name: _counts(ship.hands[name]) for name in names}
    ship.works = True
    await asyncio.sleep(CALM_S)
    ship.works = False
    await ship.drained()
    end = now() + int(REPAIR_S * SECOND)
    while True:
        await asyncio.sleep(QUIET_S)
        await ship.ask(names, "state")
        after = {name: _counts(ship.hands[name]) for name in names}
        number = 1 + sum(each.what == "calm" for each in ship.record.spans[:-1])
        found = [_delivered(number, name, before, after) for name in names]
        if now() > end or all(it.heard == it.heard_wanted for it in found):
            break
    ship.record.calms += found
    ship.works = True


def _counts(hand: Hand) -> dict[str, int]:
    if hand.state is None:
        raise AgentError("no state was told")
    own = {"acknowledged": hand.sent, "failed": hand.failed, "unconfirmed": hand.unconfirmed}
    return {**hand.state, **own}


def _delivered(
    number: int, name: str, before: dict[str, dict[str, int]], after: dict[str, dict[str, int]]
) -> Calm:
    def rose(node: str, counter: str) -> int:
        return after[node][counter] - before[node][counter]

    wanted = sum(rose(other, "broadcasts_sent") for other in after if other != name)
    seen = (*NOT_IN_CALM, *TOLD)
    counters = {counter: rose(name, counter) for counter in seen}
    acknowledged = rose(name, "acknowledged")
    return Calm(
        number, name, rose(name, "heard"), wanted, rose(name, "got"), acknowledged, counters
    )


async def loss(ship: Ship, chance: random.Random) -> None:
    """A share of all packets is lost."""
    percent = chance.randint(5, 20)
    ship.act("loss", f"{percent} % of all packets are lost")
    ship.network.lose(percent)
    await asyncio.sleep(chance.uniform(20, 30))
    await _heal(ship, "loss")


async def cut(ship: Ship, chance: random.Random) -> None:
    """A few nodes, no more than one lighthouse among them, are cut off."""
    house = chance.choice(ship.houses)
    few = chance.sample(ship.plain, chance.randint(2, len(ship.plain) // 2))
    few = [*few, house] if chance.random() < 0.5 else few
    ship.act("cut", f"cut: {' '.join(few)} | all others")
    ship.network.split(few, ship.others(*few))
    await asyncio.sleep(chance.uniform(6, 20))
    await _heal(ship, "cut")


async def _heal(ship: Ship, what: str) -> None:
    mark = ship.act("heal", "heal")
    ship.network.heal()
    await ship.whole(what, mark)


def mortal(ship: Ship) -> list[str]:
    """Those that need not live for the whole run, no more than one lighthouse at a time."""
    return [each for each in ship.names if each not in ship.record.steady]


def _victims(ship: Ship, chance: random.Random, most: int) -> list[str]:
    chosen = chance.sample(mortal(ship), chance.randint(1, most))
    houses = [each for each in chosen if each in ship.houses]
    return [each for each in chosen if each not in houses[1:]]


async def crash(ship: Ship, chance: random.Random) -> None:
    """Some are killed, the leader among them at times, and come back after some seconds."""
    victims = _victims(ship, chance, 3)
    leading = ship.history.leading()
    if leading is not None and leading.node in mortal(ship) and chance.random() < 0.5:
        victims = [*victims[:-1], leading.node] if leading.node not in victims else victims
    ship.kill(*victims)
    for name in victims:
        await asyncio.sleep(chance.uniform(0, 5))
        await ship.restart(name)
        ship.record.count("kill -9")
    await ship.whole("kill -9 and restart", ship.history.marks[-1])


async def pause(ship: Ship, chance: random.Random) -> None:
    """One is held up for some seconds."""
    name = chance.choice(_victims(ship, chance, 3))
    ship.freeze(name)
    await asyncio.sleep(chance.uniform(1, 15))
    await ship.whole("SIGSTOP", ship.thaw(name))
    ship.record.count("SIGSTOP")


async def leave(ship: Ship, chance: random.Random) -> None:
    """Some leave: the others see LEFT. They come back."""
    victims = _victims(ship, chance, 2)
    ship.act("leave", f"{' '.join(victims)} leave")
    runs = {name: ship.hands[name].generation for name in victims}
    for name in victims:
        ship.fleet.agents[name].tell("quit")
    await ship.fleet.ended(*victims)
    for name in victims:
        code = ship.fleet.agents[name].process.returncode
        if code != 0:
            ship.fail(f"{name} did not end cleanly: {code}")

    def seen() -> bool:
        return all(
            ship.hands[other].view.get(name, (0, ""))[1] == "left"
            for other in ship.running()
            for name in runs
        )

    try:
        await ship.until("all see LEFT", seen, LEFT_S)
    except AgentError:
        for other in ship.running():
            for name in runs:
                status = ship.hands[other].view.get(name, (0, "nothing"))[1]
                if status != "left":
                    ship.fail(f"{name} left, {other} sees it as {status} after {LEFT_S:.0f} s")
    await asyncio.sleep(chance.uniform(0, 4))
    await ship.restart(*victims)
    ship.record.count("leave", len(victims))
    await ship.whole("leave and rejoin", ship.history.marks[-1])


async def rotate(ship: Ship, chance: random.Random) -> None:
    """A new key for all, under work: installed, used, and the old one taken away."""
    key, names = fresh_key(), ship.running()
    old = ship.keys[0]
    ids = await ship.ask(names, "install", old)  # one that is there: its id
    fresh = await ship.ask(names, "install", key)
    ship.act("rotate", f"rotate: key {fresh[0]} in place of {ids[0]}")
    ship.keys = [key, old]
    await ship.ask([chance.choice(names)], "rotate", fresh[0])
    await ship.ask(names, "retire", ids[0])
    ship.keys = [key]
    ship.record.count("rotations of the key")
    await ship.whole("rotation of the key", ship.history.marks[-1])


async def missed(ship: Ship, chance: random.Random) -> None:
    """One that is cut off misses a new key; it is heard again when it is given that by hand."""
    name = chance.choice([each for each in mortal(ship) if each not in ship.houses])
    others = ship.others(name)
    ship.act("cut", f"cut: {name} | all others, which take a new key")
    ship.network.split([name], others)
    await ship.until(
        f"all see {name} as dead",
        lambda: all(ship.hands[it].view[name][1] == "dead" for it in others),
        GONE_S,
    )
    key, old = fresh_key(), ship.keys[0]
    ids = await ship.ask(others, "install", old)
    fresh = await ship.ask(others, "install", key)
    await ship.ask([chance.choice(others)], "rotate", fresh[0])
    await ship.ask(others, "retire", ids[0])
    ship.keys = [key]
    ship.network.heal()
    await asyncio.sleep(chance.uniform(1, 5))
    ship.record.count("rotations of the key")
    mark = ship.act("key", f"{name} is given the key that it missed")
    for what, text in (("install", key), ("use", fresh[0]), ("retire", ids[0])):
        await ship.ask([name], what, text)
    await ship.whole("a missed key", mark)


async def cycle(ship: Ship, chance: random.Random) -> None:
    """Those that live on start other clusters and close them."""
    ship.act("cycle", f"{CYCLES} other clusters come and go in each of {len(ship.record.steady)}")
    await ship.ask(ship.record.steady, "cycle", str(CYCLES), seconds=120.0)
    ship.record.count("clusters that came and went", CYCLES * len(ship.record.steady))


async def hand_over(ship: Ship, chance: random.Random) -> None:
    """The leader resigns, or hands over."""
    leading = ship.leading()
    heir = chance.choice([each for each in ship.running() if each != leading.node])
    word = chance.choice(["resign", f"transfer {heir}"])
    mark = ship.act(word, f"{leading.node}: {word}")
    ship.fleet.agents[leading.node].tell(word)
    await ship.successor(mark)
    ship.record.count("resignations and transfers")
    await ship.whole("resign or transfer", mark)


TROUBLE = [
    Phase("loss", False, loss),
    Phase("cut", False, cut),
    Phase("kill -9", False, crash),
    Phase("SIGSTOP", False, pause),
    Phase("leave", False, leave),
    Phase("key rotation", True, rotate),
    Phase("missed key", False, missed),
    Phase("other clusters", True, cycle),
    Phase("hand over", True, hand_over),
]
CALM = Phase("calm", True, calm)


async def play(ship: Ship, phase: Phase, chance: random.Random) -> None:
    """Do one thing, and note when."""
    with ship.span(phase.name, phase.calm):
        await phase.play(ship, chance)
