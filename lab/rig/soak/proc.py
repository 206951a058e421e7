"""What the kernel says of a process."""

from __future__ import annotations

import os
from pathlib import Path

from rig.history import now
from rig.soak.record import Sample

TICKS = os.sysconf("SC_CLK_TCK")
PAGE_KIB = os.sysconf("SC_PAGE_SIZE") // 1024


def load() -> float:
    """Processes that want to run, on average over a minute."""
    return float(Path("/proc/loadavg").read_text().split()[0])


def look(name: str, pid: int) -> Sample:
    """One sample; OSError where the process is gone."""
    folder = Path("/proc") / str(pid)
    # The name of the program stands in parentheses and may have anything in it.
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    user, system, threads = int(fields[11]), int(fields[12]), int(fields[17])
    resident = int((folder / "statm").read_text().split()[1])
    fds = sum(1 for _ in (folder / "fd").iterdir())
    return Sample(now(), name, resident * PAGE_KIB, fds, threads, (user + system) / TICKS)
