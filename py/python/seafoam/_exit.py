"""The end of the interpreter: clusters close while there is still one to come back to."""

from __future__ import annotations

import atexit
import weakref
from typing import Protocol

from seafoam import _log, _native


class Joinable(Protocol):
    """A thread of ours that calls the program."""

    def join(self) -> None:
        """Wait for its end, within bounds."""


_threads: weakref.WeakSet[Joinable] = weakref.WeakSet()
_registered = False


def prepare() -> None:
    """Make sure that the end of the interpreter finds nothing running. Called before a start."""
    global _registered
    _log.start()
    if not _registered:
        _registered = True
        atexit.register(_end)


def join_at_exit(thread: Joinable) -> None:
    """Have the end of the interpreter wait for a thread, after the clusters are closed."""
    _threads.add(thread)


def _end() -> None:
    _native.close_all()
    for thread in list(_threads):
        thread.join()
    _log.stop()
