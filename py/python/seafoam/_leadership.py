"""To lead, as an idiom: a block that is entered when elected, and over when the lead is lost."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import TYPE_CHECKING

from seafoam._errors import LeadershipLost
from seafoam._loop import LoopHub, result, running_hub
from seafoam._tenure import Standing

if TYPE_CHECKING:
    from seafoam._native import ClusterBase, Pending


class Tenure(Standing):
    """One tenure of this node, for asyncio."""

    async def wait_lost(self) -> None:
        """Wait until this tenure is over, for whatever reason; at once where it is."""
        await result(self._cluster._deposed(self.term))

    async def resign(self) -> None:
        """Give this tenure up, and no later one; nothing happens where it is over.

        Done when a majority of the lighthouses knows, so that another can lead at once.
        """
        await result(self._cluster._step_down(self.term))


class Leadership:
    """`async with cluster.leadership() as tenure:`, see `Cluster.leadership`. May be used again."""

    def __init__(self, cluster: ClusterBase, resign: bool) -> None:
        """Keep what it is about; nothing happens before it is entered."""
        self._cluster = cluster
        self._resign = resign
        self._inside: _Inside | None = None

    async def __aenter__(self) -> Tenure:
        """Wait until this node leads."""
        if self._inside is not None:
            raise RuntimeError("this block is entered already: call leadership() for another")
        lease = await result(self._cluster._elected(0))
        tenure = Tenure(self._cluster, lease)
        self._inside = _Inside(tenure, self._cluster._deposed(tenure.term))
        return tenure

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the lead up; where the block was cancelled for its loss, raise LeadershipLost."""
        inside, self._inside = self._inside, None
        if inside is None:
            return
        was_lost = inside.leave(error)
        if was_lost:
            raise LeadershipLost(inside.tenure.term) from error
        if self._resign:
            await inside.tenure.resign()


class _Inside:
    """The task of a block: cancelled once when the tenure is over, as `asyncio.timeout` does it."""

    def __init__(self, tenure: Tenure, pending: Pending) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("leadership() is for a task: there is none here")
        self.tenure = tenure
        self._task = task
        self._pending = pending
        self._cancelled = False
        # By which the own cancellation is known where Python does not count them (3.10).
        self._mark = f"the lead of term {tenure.term} was lost"
        self._before = task.cancelling() if hasattr(task, "cancelling") else 0
        self._hub: LoopHub = running_hub()
        self._token = self._hub.add(self._rung)
        pending.wake(self._hub.native, self._token)

    def _rung(self) -> None:
        if not self._cancelled:
            self._cancelled = True
            self._task.cancel(self._mark)

    def leave(self, error: BaseException | None) -> bool:
        """Stop to watch; tell whether this very cancellation is what ended the block."""
        self._hub.discard(self._token)
        self._pending.give_up()
        if not self._cancelled:
            return False
        own = isinstance(error, asyncio.CancelledError)
        if hasattr(self._task, "uncancel"):
            # Somebody else cancelled the task too where more requests are left than were before.
            return self._task.uncancel() <= self._before and own
        return own and error is not None and error.args == (self._mark,)


Tenure.__module__ = Leadership.__module__ = "seafoam"
