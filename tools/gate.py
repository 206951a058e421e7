#!/usr/bin/env python3
"""Count the instructions of what an engine does most, and compare them with what they were.

Callgrind counts, so other work on the machine changes nothing. What may: the compiler, the C
library and, through its choice of memory routines, the processor. So the counts are compared with
some margin, and written again (BLESS=1) when the toolchain is another.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

TREE = Path(__file__).resolve().parents[1]
BASELINE = TREE / "bench" / "gate.json"
# A count may be so many times what it was.
MARGIN = 1.05
NAMES = ("decode", "apply", "encode", "seal", "open", "heartbeat", "heartbeat-sealed")
_BUILD = "cargo build --quiet --locked --profile gate -p seafoam-bench --bin gate"
# The C library picks its memory routines by the processor; without these it picks the same on most.
_PLAIN = "glibc.cpu.hwcaps=-AVX2,-AVX512F,-AVX512VL,-AVX512BW,-ERMS,-FSRM,-RTM,-MOVBE"


def program() -> Path:
    """Build what is measured, and return where it is."""
    subprocess.run(_BUILD.split(), cwd=TREE, check=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR", TREE / "target"))
    return target / "gate" / "gate"


def count(gate: Path, name: str) -> int:
    """Return the instructions of one round."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        command = [
            *("valgrind", "--tool=callgrind", "--quiet", f"--callgrind-out-file={out}"),
            *("--collect-atstart=no", "--toggle-collect=*between_marks*", str(gate), name),
        ]
        environment = {"PATH": os.environ.get("PATH", ""), "GLIBC_TUNABLES": _PLAIN}
        ran = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        return total(out.read_text(encoding="utf-8")) // int(ran.stdout)


def total(profile: str) -> int:
    """Return the sum at the end of callgrind's file."""
    found = re.search(r"^(?:totals|summary): (\d+)", profile, re.MULTILINE)
    if found is None or int(found[1]) == 0:
        message = "nothing was counted: the marks were not found in the program"
        raise ValueError(message)
    return int(found[1])


def report(counts: Mapping[str, int], before: Mapping[str, int]) -> list[str]:
    """Print the table, and return what is above its margin or was not measured before."""
    bad = []
    print(f"{'one round of':<18} {'instructions':>12} {'baseline':>12} {'ratio':>7}")
    for name, now in counts.items():
        was = before.get(name)
        if was is None:
            bad.append(f"{name} is not in the baseline")
        elif now > was * MARGIN:
            bad.append(f"{name} takes {now / was:.3f} times as many instructions as before")
        shown = ("-", "-") if was is None else (f"{was}", f"{now / was:.3f}")
        print(f"{name:<18} {now:>12} {shown[0]:>12} {shown[1]:>7}")
    return bad


def main() -> int:
    """Measure, compare, or write down."""
    if shutil.which("valgrind") is None:
        print("SKIP: valgrind is not installed")
        return 0
    gate = program()
    counts = {name: count(gate, name) for name in NAMES}
    before: dict[str, int] = {}
    if BASELINE.exists():
        before = json.loads(BASELINE.read_text(encoding="utf-8"))
    bad = report(counts, before)
    if os.environ.get("BLESS"):
        BASELINE.write_text(json.dumps(counts, indent=2) + "\n", encoding="utf-8")
        print(f"written to {BASELINE.relative_to(TREE)}")
        return 0
    for line in bad:
        print(f"FAIL: {line} (margin {MARGIN}; BLESS=1 takes the new counts)")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
