"""A job that runs in one process of many, and whose late writes a database refuses.

Configuration: SEAFOAM_* for the cluster, PG* for the database, JOB for the row. ../README.md says
what it prints, and what PAUSE_BEFORE is for.
"""

from __future__ import annotations

import json
import os
import signal

import psycopg
import seafoam
from seafoam.blocking import Cluster, Tenure

JOB = os.environ["JOB"]
PAUSE_BEFORE = int(os.environ.get("PAUSE_BEFORE", "0"))


def say(event: str, term: int) -> None:
    """Print one event."""
    print(json.dumps({"event": event, "term": term}), flush=True)


def lead(tenure: Tenure, database: psycopg.Connection) -> None:
    """Write for as long as this process leads."""
    say("leads", tenure.term)
    writes = 0
    while not tenure.wait_lost(0.05):  # the work of one turn stands here
        writes += 1
        if writes == PAUSE_BEFORE:
            # What a full disk, a debugger or a busy host may do at any moment, this one too.
            os.kill(os.getpid(), signal.SIGSTOP)
        done = database.execute(
            "UPDATE job SET fence = %s, runs = runs + 1 WHERE name = %s AND fence <= %s",
            (tenure.term, JOB, tenure.term),
        )
        say("wrote" if done.rowcount == 1 else "refused", tenure.term)
        if done.rowcount == 0:
            break  # another leads: its term was there first
    say("ends", tenure.term)


def main() -> None:
    """Stand, again and again."""
    with psycopg.connect(autocommit=True) as database, Cluster() as cluster:
        # snippet
        while True:
            with cluster.leadership() as tenure:  # until this node leads
                lead(tenure, database)  # until tenure.wait_lost() or not tenure.held()
        # end


if __name__ == "__main__":
    try:
        main()
    except seafoam.SeafoamError as failure:
        raise SystemExit(f"job: {failure}") from None
