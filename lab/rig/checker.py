"""What must be true of every history; pure functions that return what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from rig.history import SECOND, History, Tenure, slept


def problems(history: History) -> list[str]:
    """Everything that breaks a promise which holds at all times."""
    found = two_leaders(history) + terms(history.tenures) + register(history) + wakings(history)
    if slept() - history.suspended > SECOND // 1000:
        found.append("this machine was suspended meanwhile: the clock of the agents did not count")
    if not history.tenures:
        found.append("nobody led at any time: nothing was tried")
    return found


def two_leaders(history: History) -> list[str]:
    """Two nodes of which each saw is_leader() true at one and the same instant."""
    ordered = sorted(history.tenures, key=lambda each: (each.begin, each.end))
    found = []
    longest: Tenure | None = None  # that reaches furthest of those that began earlier
    for each in ordered:
        if longest is not None and each.begin <= longest.end:
            both = (min(each.end, longest.end) - each.begin) / 1e6
            found.append(
                f"two leaders for {both:.1f} ms from {_at(history, each.begin)}: "
                f"{_who(longest)} and {_who(each)}"
            )
        if longest is None or each.end > longest.end:
            longest = each
    return found


def terms(tenures: Sequence[Tenure]) -> list[str]:
    """A term that is not above that of the tenure before it."""
    ordered = sorted(tenures, key=lambda each: each.begin)
    return [
        f"the term does not rise: {_who(earlier)}, then {_who(later)}"
        for earlier, later in pairwise(ordered)
        if later.term <= earlier.term
    ]


def register(history: History) -> list[str]:
    """Two owners of one token, a token that falls, or a good write that was refused."""
    found = []
    owners: dict[int, str] = {}
    highest = 0
    for write in history.writes:
        if write.accepted:
            owner = owners.setdefault(write.term, write.node)
            if owner != write.node:
                found.append(f"token {write.term} was taken from {owner} and from {write.node}")
            if write.term < highest:
                found.append(f"token {write.term} of {write.node} was taken after {highest}")
        elif write.term >= highest:
            found.append(f"token {write.term} of {write.node} was refused after {highest}")
        highest = max(highest, write.term)
    return found


def wakings(history: History) -> list[str]:
    """A process that led when it was held up for longer than its lease, and leads when it wakes.

    A history with shorter stops only has none: whether the lease outlasted the stop is a matter of
    the tenure, which goes on then.
    """
    found = []
    for woke in history.woke:
        stopped = woke.at - woke.gap
        held = [it for it in history.tenures if it.node == woke.node and it.end <= woke.at]
        others = [
            it for it in history.tenures if it.node != woke.node and stopped < it.begin < woke.at
        ]
        if held and others and woke.leads:
            found.append(f"{woke.node} led when it woke, although {_who(others[0])} did meanwhile")
    return found


def _who(tenure: Tenure) -> str:
    return f"{tenure.node} (term {tenure.term})"


def _at(history: History, at: int) -> str:
    return f"{(at - history.begin) / SECOND:.3f} s"
