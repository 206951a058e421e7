#!/usr/bin/env python3
"""Compare the C and C++ sources with .clang-format; with --fix, rewrite them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sources import Tree  # the path above makes it importable

TREE = Path(__file__).resolve().parents[2]
SUFFIXES = frozenset({".c", ".h", ".cc", ".cpp", ".hpp"})


def main(argv: list[str]) -> int:
    """Check or fix each file, and print the counts."""
    tree = Tree(TREE)
    files = [path for path in tree.written() if path.suffix in SUFFIXES]
    how = ["-i"] if argv == ["--fix"] else ["--dry-run", "--Werror"]
    failed = 0
    for path in files:
        done = subprocess.run(["clang-format", *how, str(path)], cwd=tree.top, check=False)
        failed += done.returncode != 0
    print(f"{len(files) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
