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


def languages(program: str = "member") -> tuple[Language, ...]:
    """All languages with their program of this name, in the order in which members start."""
    target = TREE / os.environ.get("CARGO_TARGET_DIR", "target")
    python = EXAMPLES / "python" / f"{program}.py"
    node = EXAMPLES / "node" / f"{program}.mjs"
    every = (
        Language("rust", "dark_orange", (str(target / "debug" / program),)),
        Language("c", "cyan", (str(target / "examples-c" / program),)),
        Language("python", "yellow", (sys.executable, str(python))),
        Language("node", "green", ("node", str(node))),
    )
    # The one language that setup does not ask for: it takes part where it could be built.
    go = Language("go", "bright_blue", (str(target / "examples-go" / program),))
    return (*every, go) if go.program.is_file() else every
