"""Write a C file that defines every function of the public header, with empty bodies.

Compiled with debug information, it is the header's interface and nothing else: what the abigail
tools are asked to look at. The library's own debug information has all of Rust in it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

HEADER = Path(__file__).resolve().parents[2] / "include" / "seafoam.h"
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
FUNCTION = re.compile(r"^(?:[\w ]+?[ *]+)(seafoam_\w+)\((?:[^;{}])*\);$", re.MULTILINE)


def stubs(header: str) -> str:
    """Return the file."""
    code = COMMENT.sub("", header).split('extern "C" {', 1)[1]
    found = list(FUNCTION.finditer(code))
    bodies = [f"{each[0].strip().removesuffix(';')} {{ abort(); }}" for each in found]
    if len(bodies) != len(set(re.findall(r"\bseafoam_\w+(?=\()", code))):
        raise SystemExit("the header has functions that were not recognised")
    # Structs that programs find in memory of their own stand in no function's arguments.
    structs = re.findall(r"^\} (seafoam_\w+);$", COMMENT.sub("", header), re.MULTILINE)
    bodies += [f"void holds_{name}(const {name} *held) {{ abort(); }}" for name in structs]
    unused = '#pragma GCC diagnostic ignored "-Wunused-parameter"'
    return "\n".join(["#include <stdlib.h>", '#include "seafoam.h"', unused, *bodies, ""])


if __name__ == "__main__":
    sys.stdout.write(stubs(HEADER.read_text(encoding="utf-8")))
