"""Turn an exit code and an output into a verdict. Every doubt counts as a failure."""

from __future__ import annotations

from testrun.counts import Counts, Reader


def judge(reads: Reader, status: int, output: str) -> tuple[Counts, str]:
    """Return the counts of a finished command and, if it failed, why.

    The invariant: a nonzero exit always has at least one failure, and a pass always has at least
    one executed test.
    """
    if reads is None:
        if status == 0:
            return Counts(passed=1), ""
        return Counts(failed=1), exit_text(status)
    read = reads(output)
    if read is None:
        why = exit_text(status) if status else "printed no test summary"
        return Counts(failed=1), why
    if read.failed:
        return read, f"{read.failed} of {read.executed} tests failed"
    if status:
        return read + Counts(failed=1), f"{exit_text(status)}, though no test failed"
    if read.executed == 0:
        return read + Counts(failed=1), "its runner executed no test"
    return read, ""


def exit_text(status: int) -> str:
    """Describe an exit code as subprocess gives it: negative for a signal."""
    return f"killed by signal {-status}" if status < 0 else f"exit code {status}"
