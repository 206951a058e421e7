"""Which files the project consists of, as git sees it."""

from __future__ import annotations

import subprocess
from functools import cached_property
from pathlib import Path

GENERATED = "linguist-generated"


class Tree:
    """The files of a work tree: tracked ones, and new ones that are not ignored."""

    def __init__(self, top: Path) -> None:
        """Look at the work tree whose top folder is `top`."""
        self.top = top

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """All files, relative to the top."""
        listed = self._git("ls-files", "-z", "--cached", "--others", "--exclude-standard")
        paths = {Path(name) for name in listed.split("\0") if name}
        return tuple(sorted(path for path in paths if (self.top / path).is_file()))

    @cached_property
    def generated(self) -> frozenset[Path]:
        """Files that a tool writes, as .gitattributes declares them."""
        names = "\0".join(map(str, self.files))
        answer = self._git("check-attr", "-z", "--stdin", GENERATED, stdin=names)
        fields = answer.split("\0")
        states = zip(fields[0::3], fields[2::3], strict=False)
        return frozenset(Path(name) for name, state in states if state == "set")

    def written(self) -> list[Path]:
        """Files that people write."""
        return [path for path in self.files if path not in self.generated]

    def text(self, path: Path) -> str | None:
        """Return the text of a file, or None for one that is not text."""
        try:
            return (self.top / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return None

    def _git(self, *words: str, stdin: str | None = None) -> str:
        done = subprocess.run(
            ["git", *words], cwd=self.top, input=stdin, capture_output=True, text=True, check=True
        )
        return done.stdout
