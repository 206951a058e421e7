"""The scenes of the lab. Each finds a cluster that is whole, and leaves it whole."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from rig.history import SECOND
from rig.stage import LEASE_S, RECORD_S, SLACK_S, Stage

Play = Callable[[Stage, bool], Awaitable[None]]


@dataclass(frozen=True)
class Scene:
    """One fault, by name; `long_only` ones are left out of the short form."""

    name: str
    says: str
    play: Play
    long_only: bool = False


async def cut(stage: Stage, long: bool) -> None:
    """The leader and a minority of lighthouses on one side."""
    for _ in range(5 if long else 1):
        await _cut(stage)


async def _cut(stage: Stage) -> None:
    before = stage.leading()
    few = len(stage.houses) // 2 - (before.node in stage.houses)
    minority = [before.node, *[it for it in stage.houses if it != before.node][:few]]
    minority += [it for it in stage.plain if it != before.node][:1]
    majority = stage.others(*minority)
    mark = stage.act("cut", f"cut: {' '.join(minority)} | {' '.join(majority)}")
    stage.network.split(minority, majority)
    after = await stage.successor(mark)
    stage.expect(after.node in majority, f"{after.node} of the minority was elected")
    stage.expect(before.end < after.begin, f"{before.node} led on beside {after.node}")
    stage.measure("the leader of the minority leads on for", (before.end - mark.at) / SECOND)
    stage.measure("leader of the majority after the cut", (after.begin - mark.at) / SECOND)
    stage.expect(before.end - mark.at <= (LEASE_S + SLACK_S) * SECOND, "it led on past its lease")

    def all_invalid() -> bool:
        return not any(stage.history.is_valid(name) for name in minority)

    await stage.until("the minority is INVALID", all_invalid)
    last = max(it.at for it in stage.history.verdicts if it.node in minority)
    took = (last - mark.at) / SECOND
    stage.measure("minority INVALID after the cut", took, goal=stage.validity_s)
    promised = stage.validity_s + SLACK_S
    stage.expect(took <= promised, f"INVALID only after {took:.2f} s")
    for name in majority:
        lost = [it for it in stage.history.verdicts if it.node == name and it.at > mark.at]
        stage.expect(not lost, f"{name} of the majority did not stay VALID")
    await stage.heal()


async def deaf(stage: Stage, long: bool) -> None:
    """Nothing reaches the leader; what it says arrives."""
    await _one_way(stage, "deaf", stage.network.deafen)


async def mute(stage: Stage, long: bool) -> None:
    """Nothing of the leader arrives; it hears the others."""
    await _one_way(stage, "mute", stage.network.mute)


async def _one_way(stage: Stage, how: str, apply: Callable[[str], None]) -> None:
    before = stage.leading()
    mark = stage.act(how, f"{before.node}, which leads, is {how}")
    apply(before.node)
    after = await stage.successor(mark)
    led, found = (before.end - mark.at) / SECOND, (after.begin - mark.at) / SECOND
    stage.measure(f"{how}: leads on for", led, goal=LEASE_S)
    stage.measure(f"{how}: another leads after", found, goal=LEASE_S + RECORD_S)
    stage.expect(led <= LEASE_S + SLACK_S, f"{how}: it led on for {led:.2f} s, past its lease")
    bound = LEASE_S + RECORD_S + SLACK_S
    stage.expect(found <= bound, f"{how}: nobody led for {found:.2f} s")
    await stage.heal()


async def bridge(stage: Stage, long: bool) -> None:
    """Two halves that do not reach each other, and one node that reaches both."""
    leading = await stage.lead_from(stage.houses)
    stage.network.links(_bridged(stage, leading.node))
    await stage.steady("bridge", 60.0 if long else 12.0)
    await stage.heal()


def _bridged(stage: Stage, leader: str) -> set[tuple[str, str]]:
    order = stage.rotated(leader)
    middle, one, two = order[2], order[:2], order[3:]
    one, two = [*one, *stage.plain[:1]], [*two, *stage.plain[1:]]
    stage.act("bridge", f"{' '.join(one)} | {middle} | {' '.join(two)}; {middle} reaches all")
    return {(a, b) for side in (one, two) for a in (*side, middle) for b in (*side, middle)}


async def ring(stage: Stage, long: bool) -> None:
    """Each lighthouse reaches its two neighbours only; every node sees another majority."""
    count = len(stage.houses)
    joined = {(stage.houses[at], stage.houses[(at + 1) % count]) for at in range(count)}
    for number, name in enumerate(stage.plain):
        joined |= {(name, stage.houses[(number + step) % count]) for step in range(3)}
    leading = await stage.lead_from(stage.houses)
    stage.act("ring", f"majorities ring; {leading.node} leads")
    stage.network.links(joined)
    await stage.steady("ring", 60.0 if long else 12.0)
    await stage.heal()


async def howard(stage: Stage, long: bool) -> None:
    """Howard and Abraham: 1, 2, 3 reach each other, 4 reaches 2 only, 5 reaches 3 only."""
    leading = await stage.lead_from(stage.houses)
    order = stage.rotated(leading.node)
    three, one, two, four, five = order  # server 3 is the leader
    mesh = [one, two, three, *stage.plain]
    joined = {(a, b) for a in mesh for b in mesh} | {(four, two), (five, three)}
    stage.act("howard", f"{one} {two} {three} and 4-2 {four}-{two}, 5-3 {five}-{three}")
    stage.network.links(joined)
    await stage.steady("4-2, 5-3", 600.0 if long else 20.0)
    await stage.heal()


async def pause(stage: Stage, long: bool) -> None:
    """The leader stands still for longer than its lease, and goes on."""
    for _ in range(10 if long else 2):
        await _pause(stage)
    text = "first is_leader() after waking false, late write refused, each time"
    stage.figures.notes.append(text)


async def _pause(stage: Stage) -> None:
    before = stage.leading()
    mark = stage.stop(before.node)
    after = await stage.successor(mark)
    took = (after.begin - mark.at) / SECOND
    stage.measure("successor of a stopped leader", took, goal=RECORD_S + 0.5)
    await stage.until(
        "the successor wrote", lambda: any(it.term == after.term for it in stage.history.writes)
    )
    awake = stage.cont(before.node)

    def told() -> bool:
        return any(it.at > awake.at for it in stage.history.woke) and any(
            it.late and it.at > awake.at for it in stage.history.writes
        )

    await stage.until("it wakes, and its late write arrives", told)
    woke = next(it for it in stage.history.woke if it.at > awake.at)
    late = next(it for it in stage.history.writes if it.late and it.at > awake.at)
    stage.expect(woke.node == before.node and not woke.leads, "it led when it woke")
    stage.expect(not late.accepted, f"its late write with term {late.term} was taken")
    await stage.settle()


async def after_bridge(stage: Stage, long: bool) -> None:
    """The leader, a lighthouse, stands still in the very moment in which a bridge heals."""
    for _ in range(12):
        leading = await stage.lead_from(stage.houses)
        stage.network.links(_bridged(stage, leading.node))
        await asyncio.sleep(
            2 * LEASE_S
        )  # until those who do not see the leader ask again and again
        stage.act("heal", "heal")
        stage.network.heal()
        await _pause(stage)


async def blink(stage: Stage, long: bool) -> None:
    """The leader stands still for a second, less than its lease: it leads on."""
    before = stage.leading()
    mark = stage.stop(before.node)
    await asyncio.sleep(1.0)
    stage.cont(before.node)
    await stage.steady("after a second's stop", 5.0)
    others = [it for it in stage.history.after(mark.at) if it.node != before.node]
    stage.expect(not others, "a stop of a second changed the leader")
    await stage.settle()


async def crash(stage: Stage, long: bool) -> None:
    """A lighthouse ends, then as many as a majority can spare; the leader leads on."""
    leading = stage.leading()
    spare = [it for it in stage.houses if it != leading.node]
    for count in (1, (len(stage.houses) - 1) // 2):
        gone = spare[:count]
        stage.kill(*gone)
        await stage.fleet.ended(*gone)
        await stage.steady(f"{count} of {len(stage.houses)} lighthouses killed", 6.0)
        await stage.restart(*gone)
        await stage.settle()


async def restart(stage: Stage, long: bool) -> None:
    """All lighthouses end and start again: nobody leads until their silence is over."""
    term = stage.leading().term
    mark = stage.kill(*stage.houses)
    await stage.restart(*stage.houses)
    back = stage.history.marks[-1]
    after = await stage.successor(mark)
    stage.expect(after.term > term, f"term {after.term} is not above {term}")
    waited = (after.begin - back.at) / SECOND
    stage.measure("leader after all lighthouses started again", waited)
    stage.expect(waited >= LEASE_S - SLACK_S, f"elected after {waited:.2f} s, in their silence")
    await stage.settle()


async def loss(stage: Stage, long: bool) -> None:
    """A fifth of all packets is lost: validity holds, and what holds always holds."""
    seconds = 60.0 if long else 20.0
    mark = stage.act("loss", "20 % of all packets are lost")
    stage.network.lose(20)
    await asyncio.sleep(seconds)
    changes = len(stage.history.after(mark.at))
    invalid = [it for it in stage.history.verdicts if it.at > mark.at and not it.valid]
    text = f"{changes} changes of the leader in {seconds:.0f} s, {len(invalid)} times not VALID"
    stage.figures.notes.append(text)
    stage.show.act(f"20 % loss: {text}")
    stage.expect(not invalid, f"not VALID at 20 % loss: {', '.join(it.node for it in invalid)}")
    await stage.heal()


async def loss10(stage: Stage, long: bool) -> None:
    """A tenth of all packets is lost, for ten minutes: the leader stays."""
    stage.act("loss", "10 % of all packets are lost")
    stage.network.lose(10)
    await stage.steady("10 % loss", 600.0)
    await stage.heal()


async def resign(stage: Stage, long: bool) -> None:
    """The leader resigns: another leads at once."""
    for _ in range(20 if long else 5):
        _, after, mark = await stage.resign()
        stage.measure("another leads after resign()", (after.begin - mark.at) / SECOND, goal=0.5)
        await stage.settle()


async def failover(stage: Stage, long: bool) -> None:
    """The leader ends with -9, again and again."""
    chance = random.Random(7)
    for _ in range(20 if long else 8):
        # A leader renews each third of a lease: how much of it is left is a matter of chance.
        await asyncio.sleep(LEASE_S / 3 * (1 + chance.random()))
        before = stage.leading()
        mark = stage.kill(before.node)
        after = await stage.successor(mark)
        stage.measure("successor after kill -9", (after.begin - mark.at) / SECOND)
        stage.expect(after.term > before.term, f"term {after.term} is not above {before.term}")
        await stage.restart(before.node)
        await stage.settle()
    stage.figures.goals["successor after kill -9"] = 3.5  # 99 of 100; half of them in 2.8 s


SCENES = [
    Scene("cut", "clean cut, the leader in the minority", cut),
    Scene("deaf", "nothing reaches the leader", deaf),
    Scene("mute", "nothing of the leader arrives", mute),
    Scene("bridge", "two halves and a bridge node", bridge),
    Scene("ring", "majorities ring", ring),
    Scene("howard", "Howard and Abraham's 4-2, 5-3", howard),
    Scene("pause", "SIGSTOP beyond the lease, then SIGCONT", pause),
    Scene("blink", "SIGSTOP for a second", blink),
    Scene("crash", "a lighthouse, then a minority, killed", crash),
    Scene("restart", "all lighthouses restarted", restart),
    Scene("loss", "20 % loss", loss),
    Scene("resign", "resign()", resign),
    Scene("failover", "the leader killed, again and again", failover),
    Scene("after_bridge", "SIGSTOP as a bridge heals", after_bridge, long_only=True),
    Scene("loss10", "10 % loss for 10 minutes", loss10, long_only=True),
]
