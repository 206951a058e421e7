"""Where the `member` program of each language is, and how it is run."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

TREE = Path(__file__).resolve().parents[3]
EXAMPLES = TREE / "examples"


@dataclass(frozen=True)
class Language:
    """A language, the colour of its members, and how to start one; the last word is a file."""

    name: str
    style: str
    command: tuple[str, ...]

    @property
    def program(self) -> Path:
        """The file that must be there."""
        return Path(self.command[-1])


def languages() -> tuple[Language, ...]:
    """All languages, in the order in which their members start."""
    target = TREE / os.environ.get("CARGO_TARGET_DIR", "target")
    return (
        Language("rust", "dark_orange", (str(target / "debug" / "member"),)),
        Language("c", "cyan", (str(target / "examples-c" / "member"),)),
        Language("python", "yellow", (sys.executable, str(EXAMPLES / "python" / "member.py"))),
        Language("node", "green", ("node", str(EXAMPLES / "node" / "member.mjs"))),
    )
