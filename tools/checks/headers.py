#!/usr/bin/env python3
"""Compile the public headers under every language standard that users have.

usage: headers.py C_COMPILER CXX_COMPILER
A control program with a plain mistake goes first: a compiler that accepts it would prove nothing
about the headers.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
INCLUDE = TREE / "include"
C_STANDARDS = ("c99", "c11", "c17")
CXX_STANDARDS = ("c++11", "c++17", "c++20")
# The C++ layer over the C header asks for a newer standard than the C header itself.
HPP_STANDARDS = ("c++17", "c++20")
STRICT = ("-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only")
CONTROL = "int main(void) { int unused; return 0; }\n"


@dataclass(frozen=True)
class Case:
    """One compilation."""

    compiler: str
    language: str
    standard: str
    source: str
    must_fail: bool = False

    @property
    def name(self) -> str:
        """What to call it in a report."""
        return f"{self.compiler} -std={self.standard}: {self.source.splitlines()[0]}"


def cases(c_compiler: str, cxx_compiler: str, has_hpp: bool) -> list[Case]:
    """Return all compilations for a pair of compilers."""
    # Included twice: a header that is not guarded shows itself.
    c_source = '#include "seafoam.h"\n#include "seafoam.h"\nint main(void) { return 0; }\n'
    listed = [
        Case(c_compiler, "c", "c11", CONTROL, must_fail=True),
        Case(cxx_compiler, "c++", "c++17", CONTROL, must_fail=True),
    ]
    listed += [Case(c_compiler, "c", standard, c_source) for standard in C_STANDARDS]
    listed += [Case(cxx_compiler, "c++", standard, c_source) for standard in CXX_STANDARDS]
    if has_hpp:
        hpp = c_source.replace("seafoam.h", "seafoam.hpp")
        listed += [Case(cxx_compiler, "c++", standard, hpp) for standard in HPP_STANDARDS]
    return listed


def compiles(case: Case) -> tuple[bool, str]:
    """Tell whether a compiler takes the program, and what it said."""
    done = subprocess.run(
        [case.compiler, f"-std={case.standard}", *STRICT, "-x", case.language, f"-I{INCLUDE}", "-"],
        input=case.source,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode == 0, done.stderr


def main(argv: list[str]) -> int:
    """Compile all cases and print the counts."""
    if len(argv) != 2:
        print(__doc__)
        return 2
    failed = 0
    listed = cases(argv[0], argv[1], (INCLUDE / "seafoam.hpp").exists())
    for case in listed:
        taken, said = compiles(case)
        if taken == case.must_fail:
            failed += 1
            print(f"FAILED {case.name}\n{said}")
    print(f"{len(listed) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
