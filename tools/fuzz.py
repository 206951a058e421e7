#!/usr/bin/env python3
"""Build the guided fuzzers and run them for a while: `make fuzz` (docs/fuzzing.md).

libFuzzer is linked by a crate and guided by the coverage that the compiler itself can write into
a program, by flags of the stable toolchain. So it takes a C++ compiler and nothing else.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

TREE = Path(__file__).resolve().parents[1]
HARNESS = TREE / "fuzz"
WORK = TREE / "build" / "fuzz"
TARGET_DIR = TREE / "target" / "fuzz"

# What part of the time each target gets.
SHARES = {"datagram": 1, "stream": 1, "tags": 1, "engine": 5}
# Longest input. A story of 300 inputs has room in it.
LONGEST = 4096
SECONDS_BETWEEN_LINES = 10.0
# What one input may take, seconds: a loop that does not end is found by it.
LONGEST_RUN_S = 20
# What is committed of each corpus, at most.
KEPT_BYTES = 200 << 10
KEPT_FILES = 400

# Counters at each edge and the operands of each comparison, for libFuzzer to look at.
COVERAGE = (
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
)
PROGRESS = re.compile(r"^#(\d+)\s.*\bcov: (\d+) ft: (\d+) corp: (\d+)/(\S+).*\bexec/s: (\d+)")


def lacking() -> str | None:
    """Say what this machine lacks."""
    if shutil.which("cargo") is None:
        return "cargo is not installed"
    if not any(shutil.which(name) for name in ("c++", "g++", "clang++")):
        return "a C++ compiler is not installed, and libFuzzer is written in C++"
    return None


def host() -> str:
    """Return the triple of this machine."""
    answer = subprocess.run(["rustc", "-vV"], capture_output=True, text=True, check=True)
    found = re.search(r"^host: (\S+)$", answer.stdout, re.MULTILINE)
    if found is None:
        raise SystemExit("rustc -vV does not name its host")
    return found[1]


def build(triple: str) -> Path:
    """Build all programs; naming the target keeps the flags away from build scripts."""
    env = os.environ | {"RUSTFLAGS": " ".join(COVERAGE), "CARGO_TARGET_DIR": str(TARGET_DIR)}
    words = ["cargo", "build", "--locked", "--profile", "fuzz", "-p", "seafoam-fuzz"]
    subprocess.run(
        [*words, "--features", "guided", "--target", triple], cwd=TREE, env=env, check=True
    )
    return TARGET_DIR / triple / "fuzz"


def folders(target: str) -> tuple[Path, list[Path]]:
    """Return where new inputs go, and where inputs come from beside it."""
    grown = WORK / target
    grown.mkdir(parents=True, exist_ok=True)
    committed = [HARNESS / "corpus" / target, HARNESS / "regressions" / target]
    return grown, [folder for folder in committed if folder.is_dir()]


def run(program: Path, target: str, seconds: int) -> bool:
    """Run one target; True where nothing was found."""
    grown, others = folders(target)
    prefix = WORK / f"{target}-"
    words = [
        *map(str, (program, grown, *others)),
        f"-max_total_time={seconds}",
        f"-max_len={LONGEST}",
        f"-timeout={LONGEST_RUN_S}",
        f"-artifact_prefix={prefix}",
        "-rss_limit_mb=2048",
    ]
    print(f"fuzz: {target} for {seconds} s", flush=True)
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, errors="replace") as process:
        tail: list[str] = []
        last = 0.0
        for line in process.stderr or ():
            progress = PROGRESS.match(line)
            if progress is None:
                tail = [*tail[-60:], line]
            elif time.monotonic() - last >= SECONDS_BETWEEN_LINES:
                last = time.monotonic()
                runs, edges, _, files, _, rate = progress.groups()
                print(f"  {runs} runs, {rate}/s, {edges} edges, {files} inputs kept", flush=True)
    if process.returncode == 0:
        done = next((line for line in reversed(tail) if line.startswith("Done ")), "done")
        print(f"  {target}: nothing found; {done.strip()}", flush=True)
        return True
    print("".join(tail))
    print(f"fuzz: {target} found something; the input is in the file that is named above.")
    print(f"Copy it to fuzz/regressions/{target}/ and run: make test ARGS='--only fuzz'")
    return False


def keep(program: Path, target: str) -> None:
    """Commit-worthy: the fewest inputs that reach what all of them reach, small ones first."""
    grown, others = folders(target)
    fresh = WORK / f"{target}.merged"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    words = [str(program), "-merge=1", f"-max_len={LONGEST}", *map(str, (fresh, grown, *others))]
    subprocess.run(words, check=True, stderr=subprocess.DEVNULL)
    committed = HARNESS / "corpus" / target
    shutil.rmtree(committed, ignore_errors=True)
    committed.mkdir(parents=True)
    room = KEPT_BYTES
    found = sorted(fresh.iterdir(), key=lambda path: (path.stat().st_size, path.name))
    # Small ones and large ones: a long story reaches what no short one does.
    chosen = found[:: max(1, -(-len(found) // KEPT_FILES))]
    for path in chosen:
        room -= path.stat().st_size
        if room >= 0:
            shutil.copyfile(path, committed / path.name[:16])
    count = len(list(committed.iterdir()))
    print(f"fuzz: {target}: {count} of {len(found)} inputs kept in {committed.relative_to(TREE)}")


def main() -> int:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=600, help="for all targets together")
    parser.add_argument("--target", choices=sorted(SHARES), help="one target alone")
    parser.add_argument("--keep", action="store_true", help="rewrite the corpus afterwards")
    asked = parser.parse_args()
    reason = lacking()
    if reason is not None:
        print(f"SKIP: {reason}")
        return 0
    programs = build(host())
    shares = {asked.target: 1} if asked.target else SHARES
    whole = sum(shares.values())
    clean = True
    for target, share in shares.items():
        seconds = max(1, asked.seconds * share // whole)
        clean &= run(programs / f"fuzz-{target}", target, seconds)
        if asked.keep:
            keep(programs / f"fuzz-{target}", target)
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
