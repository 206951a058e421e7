"""What one tenure tells, for asyncio and for threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seafoam._native import ClusterBase, Lease
    from seafoam._words import TermQuality


class Standing:
    """One tenure of this node."""

    def __init__(self, cluster: ClusterBase, lease: Lease) -> None:
        """Keep what it is about; `leadership()` makes one."""
        self._cluster = cluster
        self._term = lease.term
        self._term_quality = lease.term_quality

    @property
    def term(self) -> int:
        """The fencing token: higher than that of every tenure before, of any node.

        Send it along with what must not happen twice, and let the store refuse lower ones.
        """
        return self._term

    @property
    def term_quality(self) -> TermQuality:
        """How far the term can be trusted to rise after a loss of all state."""
        return self._term_quality

    def lease(self) -> Lease | None:
        """Return the lease as it is at this instant, or None where this tenure is over."""
        lease = None if self._cluster.is_closed() else self._cluster.lease()
        return lease if lease is not None and lease.term == self._term else None

    def held(self) -> bool:
        """Tell whether this tenure still runs: the clock is read at each call."""
        return self.lease() is not None

    def __repr__(self) -> str:
        """Return the term, and whether it still runs."""
        return f"<tenure of term {self._term}, {'held' if self.held() else 'over'}>"
