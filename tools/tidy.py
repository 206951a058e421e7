#!/usr/bin/env python3
"""Hold the sources against the rules of the house. Each rule counts as one check."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from sources import Tree  # the path above makes it importable
from tidyrules.rules import RULES, Finding, Rule, Source

TREE = Path(__file__).resolve().parents[1]


def load(tree: Tree) -> list[Source]:
    """Read every text file of the project."""
    texts = ((path, tree.text(path)) for path in tree.files)
    return [Source(path, text, path in tree.generated) for path, text in texts if text is not None]


def findings(rule: Rule, sources: Sequence[Source]) -> list[Finding]:
    """Return everything that breaks a rule."""
    return [finding for source in sources for finding in rule(source)]


def main(top: Path = TREE) -> int:
    """Print what breaks a rule, then how many rules hold."""
    sources = load(Tree(top))
    if not sources:
        print("no file to look at")
        return 1
    broken = 0
    for rule in RULES:
        found = findings(rule, sources)
        broken += bool(found)
        for finding in found:
            print(f"{finding}  ({rule.__name__})")
    print(f"{len(RULES) - broken} passed, {broken} failed")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
