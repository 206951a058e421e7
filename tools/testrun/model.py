"""What a step is, and what running it gave."""

from __future__ import annotations

import enum
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from testrun.counts import Counts, Reader

MINUTE = 60.0

Command = Sequence[str] | Callable[[Path], Sequence[str]]


class Outcome(enum.Enum):
    """How a step ended."""

    PASSED = "pass"
    FAILED = "FAIL"
    SKIPPED = "skip"


@dataclass(frozen=True)
class Need:
    """Something a machine may lack without the project being at fault."""

    reason: str
    met: Callable[[Mapping[str, str]], bool]


def tool(name: str) -> Need:
    """Need a program on the search path of the steps."""
    return Need(
        f"{name} is not installed",
        lambda env: shutil.which(name, path=env.get("PATH")) is not None,
    )


def go_since(minor: int) -> Need:
    """Need Go 1.`minor` or later: distributions carry ones that are older by years."""

    def met(env: Mapping[str, str]) -> bool:
        program = shutil.which("go", path=env.get("PATH"))
        if program is None:
            return False
        asked = [program, "env", "GOVERSION"]
        answer = subprocess.run(asked, capture_output=True, text=True, check=False, env=dict(env))
        found = re.match(r"go1\.(\d+)", answer.stdout)
        return found is not None and int(found[1]) >= minor

    return Need(f"go 1.{minor} is not installed", met)


def root() -> Need:
    """Need the rights of the superuser."""
    return Need("needs root", lambda _env: os.geteuid() == 0)


@dataclass(frozen=True)
class Step:
    """One command of the test run, and how to judge it.

    `where` names files or folders (globs allowed) of this repository without which the step has no
    subject. That is a different thing from `needs`: what the repository lacks is a failure, what
    the machine lacks is a skip.
    """

    name: str
    room: str
    command: Command
    reads: Reader
    where: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float = 5 * MINUTE
    always: bool = False

    @property
    def label(self) -> str:
        """Name that `--only` is matched against."""
        return f"{self.room}/{self.name}"

    @property
    def log_name(self) -> str:
        """File name of its log."""
        kept = "".join(c if c.isalnum() else "-" for c in self.label.lower())
        return f"{kept}.log"

    def argv(self, tree: Path) -> list[str]:
        """Return the command line as it stands for this tree."""
        return list(self.command(tree) if callable(self.command) else self.command)

    def absent(self, tree: Path) -> str | None:
        """Return the first entry of `where` that the tree lacks."""
        for pattern in self.where:
            if not any(tree.glob(pattern)):
                return pattern
        return None


@dataclass(frozen=True)
class Result:
    """What came of one step."""

    step: Step
    outcome: Outcome
    counts: Counts
    seconds: float = 0.0
    reason: str = ""
