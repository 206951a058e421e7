#!/usr/bin/env python3
"""Run seafoam and its peers in alternation, and write docs/benchmarks.md.

usage: bench_peers.py [--peers NAMES] [--nodes SIZES] [--runs N] [--quick] [--minutes M] [--add]

Builds what is needed, then does one job after the other: never two at a time, every peer once
before any has its next turn. All results go to docs/benchmarks.json; the tables and charts are made
from it. With --report nothing runs. With --minutes no job begins that would not end in time.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

from benchpeers import jobs, report, room
from benchpeers.peers import BY_NAME, USUAL, build

# How long a job takes before one like it has been seen: starting, waiting for a death, settling.
GUESS_S = {"main": 30.0, "rest": 10.0, "silent": 30.0, "harsh": 25.0}


# Larger clusters take minutes.
USUAL_SIZE = 100


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Measure seafoam beside its peers.")
    parser.add_argument("--peers", default=",".join(USUAL), help="or `all`: " + ",".join(BY_NAME))
    parser.add_argument("--nodes", default="10,100,300", help="sizes of the clusters")
    parser.add_argument("--harsh", default="100", help="sizes that also see losses, silent hosts")
    parser.add_argument("--kinds", default="main,rest,silent,harsh", help="what is measured")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--few", type=int, help="runs of what takes long; --runs unless given")
    parser.add_argument("--rest", type=float, default=30, help="seconds of each rest")
    parser.add_argument("--quick", action="store_true", help="one run, rests of 10 s")
    parser.add_argument("--minutes", type=float, help="begin nothing that would not end by then")
    parser.add_argument("--add", action="store_true", help="keep the runs of before")
    parser.add_argument("--report", action="store_true", help="only write tables and charts again")
    parser.add_argument("--dry", action="store_true", help="print results, write nothing")
    chosen = parser.parse_args()
    chosen.peers = list(BY_NAME) if chosen.peers == "all" else chosen.peers.split(",")
    unknown = [name for name in chosen.peers if name not in BY_NAME]
    if unknown:
        parser.error(f"no peer {unknown[0]!r}: choose from {', '.join(BY_NAME)}")
    chosen.nodes = [int(size) for size in chosen.nodes.split(",") if size]
    chosen.harsh = [int(size) for size in chosen.harsh.split(",") if size]
    if chosen.quick:
        chosen.runs, chosen.rest = 1, 10.0
    return chosen


def plan(chosen: argparse.Namespace) -> list[jobs.Job]:
    """All jobs in their order: rounds; in each all sizes and kinds; in each all peers."""
    peers = build(chosen.peers)
    wanted = chosen.kinds.split(",")
    kinds = [(kind, size) for size in chosen.nodes for kind in ("main", "rest")]
    kinds += [(kind, size) for size in chosen.harsh for kind in ("silent", "harsh")]
    few = chosen.runs if chosen.few is None else chosen.few
    return [
        jobs.Job(peer, size, kind, chosen.rest)
        for turn in range(chosen.runs)
        for kind, size in kinds
        if kind in wanted and (turn < few or (kind in {"main", "rest"} and size <= USUAL_SIZE))
        for peer in peers
        if size <= peer.most
    ]


def guess(job: jobs.Job, done: list[dict[str, Any]]) -> float:
    """How long a job will take: as its like did, else a guess."""
    like = [
        run["took_s"]
        for run in done
        if (run["peer"], run["nodes"], run["kind"]) == (job.peer.name, job.nodes, job.kind)
    ]
    rests = 3 if job.kind == "harsh" else job.kind in {"main", "rest"}
    return float(like[-1]) if like else GUESS_S[job.kind] + rests * job.rest


def measure(chosen: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Do the jobs; show each as it ends and hand it on."""
    why_not = room.missing()
    if why_not:
        print(f"SKIP losses, silent hosts and counts of packets: {why_not}", flush=True)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    all_jobs = [job for job in plan(chosen) if job.kind != "silent" or not why_not]
    began = time.monotonic()
    done: list[dict[str, Any]] = []
    for number, job in enumerate(all_jobs, 1):
        spent = time.monotonic() - began
        if chosen.minutes and spent + guess(job, done) > chosen.minutes * 60:
            continue
        label = f"{spent:5.0f} s  {number}/{len(all_jobs)}"
        print(f"{label}  {job.kind:6} {job.nodes:4}  {job.peer.name:14}", end=" ", flush=True)
        found = jobs.run(job, own=not why_not)
        done.append(found)
        shown = {
            name: value for name, value in found.items() if name not in {"peer", "nodes", "kind"}
        }
        print(
            " ".join(f"{name}={report.short(value)}" for name, value in shown.items()), flush=True
        )
        yield found


def main() -> int:
    """Measure, and write what came out."""
    chosen = parse()
    kept: dict[str, Any] = {"runs": []}
    if (chosen.add or chosen.report) and report.DATA.exists():
        kept = json.loads(report.DATA.read_text())
    if not chosen.report:
        kept["measured"] = datetime.now(timezone.utc).strftime("%Y-%m-%d")
        kept["machine"] = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"
        for found in measure(chosen):
            kept["runs"].append(found)
            # After each, so that what was measured stays when this is stopped.
            if not chosen.dry:
                report.DATA.write_text(json.dumps(kept, indent=1) + "\n")
    if chosen.dry:
        return 0
    report.write(kept)
    return 0


if __name__ == "__main__":
    sys.exit(main())
