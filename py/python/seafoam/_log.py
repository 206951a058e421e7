"""The log: lines of the engine become records of `logging`, or calls of the program's own logger.

The engine's threads never run Python. A thread of this module takes the lines; it begins with the
first cluster, or with the first line of the program's own.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable

from seafoam import _native
from seafoam._words import LogLevel

Logger = Callable[[LogLevel, str], object]

_LEVELS = {
    LogLevel.ALL: 1,
    LogLevel.TRACE: 5,
    LogLevel.DEBUG: logging.DEBUG,
    LogLevel.INFO: logging.INFO,
    LogLevel.WARN: logging.WARNING,
    LogLevel.ERROR: logging.ERROR,
    LogLevel.FATAL: logging.CRITICAL,
}
_STOP_SECONDS = 1.0

records = logging.getLogger("seafoam")


class _Pump:
    """The thread that takes the lines, and where they go."""

    def __init__(self) -> None:
        self.target: Logger | None = None
        self._guard = threading.Lock()
        self._reader: _native.LogReader | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Take the log over, once a process."""
        with self._guard:
            if self._thread is not None:
                return
            self._reader = _native.LogReader()
            self._thread = threading.Thread(
                target=self._run, args=(self._reader,), name="seafoam-log", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """Hand over what waits, and give the log back."""
        with self._guard:
            reader, thread = self._reader, self._thread
            self._reader = self._thread = None
        if reader is not None and thread is not None:
            reader.close()
            thread.join(_STOP_SECONDS)

    def _run(self, reader: _native.LogReader) -> None:
        while lines := reader.drain():
            for level, text in lines:
                self._hand_over(level, text)

    def _hand_over(self, level: LogLevel, text: str) -> None:
        target = self.target
        if target is None:
            records.log(_LEVELS.get(level, logging.INFO), "%s", text)
            return
        try:
            target(level, text)
        except Exception:  # noqa: BLE001 - the program's own, of any kind; it is logged
            records.exception("the logger failed on a line; it stays installed")


_pump = _Pump()


def start() -> None:
    """Begin to hand lines over; further calls do nothing."""
    _pump.start()


def stop() -> None:
    """Hand over what waits, and end the thread."""
    _pump.stop()


def set_logger(logger: Logger | None) -> None:
    """Send the log, process-wide, to `logger(level, text)` instead of `logging`; None restores it.

    It is called on a thread of this package. A logger that raises loses that line and stays.
    """
    if logger is not None and not callable(logger):
        raise TypeError(f"a logger is callable as f(level, text), not {type(logger).__name__}")
    _pump.target = logger
    start()


def log(level: LogLevel | int | str, text: str) -> None:
    """Log a line among those of seafoam."""
    start()
    _native.log(level, text)


def _begin_again() -> None:
    """In a forked child the thread is gone, and its lock may be held for ever."""
    global _pump
    target = _pump.target
    _pump = _Pump()
    _pump.target = target


os.register_at_fork(after_in_child=_begin_again)
