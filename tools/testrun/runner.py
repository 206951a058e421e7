"""Run the steps in order and collect their results."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from testrun import process
from testrun.counts import Counts
from testrun.judge import judge
from testrun.model import Outcome, Result, Step
from testrun.report import Screen

LOG_FOLDER = Path("build", "test-logs")

# Variables of an outer make would make an inner one believe that it shares a job server with it;
# colours would hide the summaries; an outer toolchain's wrapper would judge a different tree than
# ours.
_DROPPED = (
    "MAKEFLAGS",
    "MFLAGS",
    "MAKELEVEL",
    "MAKEOVERRIDES",
    "FORCE_COLOR",
    "PYTHONPATH",
    "PYTHONHOME",
)


@dataclass(frozen=True)
class Settings:
    """How to run."""

    tree: Path
    tolerate_absent: bool
    keep_going: bool = True


def step_environment(tree: Path, base: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the steps: the project's own tools before the machine's."""
    env = {key: value for key, value in base.items() if key not in _DROPPED}
    venv = tree / ".venv"
    local = [venv / "bin", tree / "node" / "node_modules" / ".bin"]
    env["PATH"] = os.pathsep.join([*map(str, local), env.get("PATH", os.defpath)])
    env["VIRTUAL_ENV"] = str(venv)
    env["CARGO_TERM_COLOR"] = "never"
    env["NO_COLOR"] = "1"
    if env.get("CI"):
        # A clean clone never comes back to its incremental state, so writing it is only a cost.
        env.setdefault("CARGO_INCREMENTAL", "0")
    return env


def run_all(steps: Sequence[Step], settings: Settings, screen: Screen) -> list[Result]:
    """Run every step, or stop at the first failure if so asked."""
    env = step_environment(settings.tree, os.environ)
    logs = settings.tree / LOG_FOLDER
    logs.mkdir(parents=True, exist_ok=True)
    for step in steps:
        # A step that is skipped now must not show the log of an older run.
        (logs / step.log_name).unlink(missing_ok=True)
    results: list[Result] = []
    for number, step in enumerate(steps, start=1):
        screen.begin(number, len(steps), step)
        log = logs / step.log_name
        result = run_step(step, settings, env, log, screen)
        results.append(result)
        screen.end(result, log)
        if result.outcome is Outcome.FAILED and not settings.keep_going:
            break
    return results


def run_step(
    step: Step, settings: Settings, env: Mapping[str, str], log: Path, screen: Screen
) -> Result:
    """Run one step, unless the machine or the tree lacks what it needs."""
    absent = step.absent(settings.tree)
    if absent is not None:
        if settings.tolerate_absent:
            return Result(
                step, Outcome.SKIPPED, Counts(skipped=1), reason=f"not in this tree yet: {absent}"
            )
        return Result(step, Outcome.FAILED, Counts(failed=1), reason=f"missing: {absent}")
    for need in step.needs:
        if not need.met(env):
            return Result(step, Outcome.SKIPPED, Counts(skipped=1), reason=need.reason)
    ended = process.run(
        step.argv(settings.tree),
        cwd=settings.tree,
        env={**env, **step.env},
        log=log,
        timeout_s=step.timeout_s,
        tick=screen.tick,
    )
    counts, reason = judge(step.reads, ended.status, log.read_text(errors="replace"))
    if ended.timed_out:
        reason = f"timed out after {step.timeout_s:.0f} s"
        if not counts.failed:
            counts += Counts(failed=1)
    outcome = Outcome.FAILED if counts.failed else Outcome.PASSED
    return Result(step, outcome, counts, ended.seconds, reason)
