"""The command line of the test run."""

from __future__ import annotations

import argparse
import fnmatch
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from testrun import report
from testrun.counts import Counts
from testrun.model import Step
from testrun.runner import LOG_FOLDER, Settings, run_all
from testrun.steps import BUDGET_MINUTES, STEPS, TOLERATE_ABSENT

TREE = Path(__file__).resolve().parents[2]
USAGE_ERROR = 2


def parser() -> argparse.ArgumentParser:
    """Return the options."""
    made = argparse.ArgumentParser(prog="run_tests", description="Run every check of the project.")
    made.add_argument(
        "--only",
        metavar="PATTERN",
        action="append",
        help="only steps whose room/name holds PATTERN or matches it as a glob; may be repeated. "
        "Steps build on earlier ones: a narrow choice judges what the last build left.",
    )
    made.add_argument("--list", action="store_true", help="name the steps and stop")
    made.add_argument(
        "--keep-going",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="go on after a failing step (default: %(default)s)",
    )
    made.add_argument(
        "--strict",
        action="store_true",
        help="count a step whose files are not in the tree as failed",
    )
    return made


def chosen(steps: Sequence[Step], patterns: Sequence[str] | None) -> list[Step]:
    """Return the steps that the patterns name, and the ones that always run."""
    if not patterns:
        return list(steps)
    named = {
        step.label
        for step in steps
        for pattern in patterns
        if pattern in step.label or fnmatch.fnmatchcase(step.label, pattern)
    }
    return [step for step in steps if step.always or step.label in named] if named else []


def main(
    argv: Sequence[str] | None = None,
    *,
    steps: Sequence[Step] = STEPS,
    tree: Path = TREE,
    out: TextIO | None = None,
) -> int:
    """Run and return the exit code: nonzero if and only if something failed."""
    options = parser().parse_args(argv)
    screen = report.Screen(out or sys.stdout)
    picked = chosen(steps, options.only)
    if not picked:
        screen.say(f"no step matches {options.only}; see --list")
        return USAGE_ERROR
    if options.list:
        screen.say("\n".join(step.label for step in picked))
        return 0
    settings = Settings(
        tree=tree,
        tolerate_absent=TOLERATE_ABSENT and not options.strict,
        keep_going=options.keep_going,
    )
    results = run_all(picked, settings, screen)
    counts = report.total(results)
    screen.say("")
    screen.say(report.table(results))
    screen.say("")
    screen.say(report.budget(results, BUDGET_MINUTES))
    logs = tree / LOG_FOLDER
    reasons = [report.failure(r, logs / r.step.log_name) for r in results if r.counts.failed]
    if report.proved_nothing(results):
        counts += Counts(failed=1)
        reasons.append("no step executed a check")
    screen.say("")
    screen.say("".join(f"failed: {reason}\n" for reason in reasons) + counts.line())
    return 1 if counts.failed else 0
