"""The log arrives at `logging`, or at the program's own logger."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from queue import Empty, Queue

import pytest
import seafoam
from seafoam import LogLevel
from support import SECONDS, python


@pytest.fixture(autouse=True)
def threshold() -> Iterator[None]:
    before = seafoam.log_level()
    yield
    seafoam.set_log_level(before)
    seafoam.set_logger(None)


class Collector(logging.Handler):
    """Hands records over to the test."""

    def __init__(self) -> None:
        super().__init__(level=1)
        self.records: Queue[logging.LogRecord] = Queue()

    def emit(self, record: logging.LogRecord) -> None:
        self.records.put(record)


def test_levels_are_those_of_logging() -> None:
    logger, collector = logging.getLogger("seafoam"), Collector()
    before = logger.level
    logger.addHandler(collector)
    logger.setLevel(1)
    try:
        seafoam.set_log_level(LogLevel.ALL)
        expected = {"trace": 5, "debug": 10, "info": 20, "warn": 30, "error": 40, "fatal": 50}
        for word, number in expected.items():
            seafoam.log(word, f"a {word} line")
            record = collector.records.get(timeout=SECONDS)
            while record.getMessage() != f"a {word} line":
                record = collector.records.get(timeout=SECONDS)
            assert record.levelno == number
    finally:
        logger.removeHandler(collector)
        logger.setLevel(before)


def test_the_programs_own_logger() -> None:
    lines: Queue[tuple[LogLevel, str]] = Queue()
    seafoam.set_logger(lambda level, text: lines.put((level, text)))
    seafoam.set_log_level("warn")
    assert seafoam.log_level() is LogLevel.WARN
    seafoam.log(LogLevel.INFO, "not this")
    seafoam.log(LogLevel.WARN, "this")
    assert lines.get(timeout=SECONDS) == (LogLevel.WARN, "this")
    with pytest.raises(Empty):
        lines.get_nowait()


def test_a_logger_that_raises_stays(caplog: pytest.LogCaptureFixture) -> None:
    lines: Queue[str] = Queue()

    def fail(level: LogLevel, text: str) -> None:
        lines.put(text)
        raise ValueError("on purpose")

    with caplog.at_level(logging.ERROR, logger="seafoam"):
        seafoam.set_logger(fail)
        for text in ("one", "two"):
            seafoam.log(LogLevel.ERROR, text)
            assert lines.get(timeout=SECONDS) == text
    assert "the logger failed" in caplog.text


def test_what_is_refused() -> None:
    with pytest.raises(TypeError, match="a logger is callable"):
        seafoam.set_logger("print")  # type: ignore[arg-type]
    with pytest.raises(seafoam.SeafoamError, match="one of all, trace"):
        seafoam.log("loud", "text")
    with pytest.raises(seafoam.SeafoamError, match="one of all, trace"):
        seafoam.set_log_level(99)


def test_lines_at_the_end_are_not_lost() -> None:
    done = python(
        """
        import logging, seafoam
        logging.basicConfig(format="%(name)s %(levelname)s %(message)s")
        with seafoam.blocking.Cluster(listen_port=0, multicast_enabled=False):
            for number in range(100):
                seafoam.log("warn", f"line {number}")
        """
    )
    assert done.returncode == 0
    lines = [line for line in done.stderr.splitlines() if " line " in line]
    assert lines == [f"seafoam WARNING line {number}" for number in range(100)]
