#!/usr/bin/env python3
"""Prove that the engine alone depends on nothing that opens sockets or draws entropy.

The same question is asked of the full engine, where the answer must be the opposite: if the check
cannot see tokio there, it would not see it here either.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
PACKAGE = "seafoam"
BANNED = frozenset({"tokio", "mio", "socket2", "if-addrs", "getrandom"})
MUST_BE_SEEN = frozenset({"tokio", "mio", "socket2"})


def packages(listing: str) -> set[str]:
    """Return the names in the output of `cargo tree --prefix none --format {p}`."""
    return {line.split()[0] for line in listing.splitlines() if line.strip()}


def dependencies(*options: str) -> set[str]:
    """Ask cargo for the normal dependencies of the engine under these options."""
    base = ["cargo", "tree", "--locked", "-p", PACKAGE, "-e", "normal"]
    shape = ["--prefix", "none", "--format", "{p}"]
    done = subprocess.run(
        [*base, *options, *shape], cwd=TREE, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"cargo tree failed:\n{done.stderr}")
    return packages(done.stdout)


def problems(bare: set[str], full: set[str]) -> tuple[list[str], list[str]]:
    """Return what is wrong with the bare engine, and what is wrong with this check itself."""
    of_bare = [f"the engine alone depends on {name}" for name in sorted(bare & BANNED)]
    of_check = [f"cannot see {name} in the full engine" for name in sorted(MUST_BE_SEEN - full)]
    if PACKAGE not in bare:
        of_check.append(f"cannot see {PACKAGE} in its own tree")
    return of_bare, of_check


def main() -> int:
    """Print each problem, then the counts."""
    verdicts = problems(dependencies("--no-default-features"), dependencies())
    for problem in (problem for verdict in verdicts for problem in verdict):
        print(problem)
    failed = sum(1 for verdict in verdicts if verdict)
    print(f"{len(verdicts) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
