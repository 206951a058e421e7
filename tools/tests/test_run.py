"""The runner as a whole: real commands, exit codes, the closing line, what is left behind."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from testrun import cli
from testrun.counts import Reader, plain
from testrun.model import Need, Step, go_since, tool
from testrun.steps import BUDGET_MINUTES, STEPS, core_tests

TOOLS = Path(__file__).resolve().parents[1]
GOOD = "print('2 passed, 0 failed')"
BAD = "print('1 passed, 1 failed'); raise SystemExit(1)"

Run = Callable[..., tuple[int, str]]


def step(name: str, code: str, reads: Reader = plain, **more: object) -> Step:
    """Return a step that runs a line of Python."""
    return Step(name, "unit", (sys.executable, "-c", code), reads, **more)  # type: ignore[arg-type]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return a caller of the command line on steps of the test's own."""

    def call(*steps: Step, argv: tuple[str, ...] = ()) -> tuple[int, str]:
        out = io.StringIO()
        status = cli.main(argv, steps=steps, tree=tmp_path, out=out)
        return status, out.getvalue()

    return call


def last(output: str) -> str:
    """Return the closing line."""
    assert output.endswith("\n")
    return output.splitlines()[-1]


def test_all_good(run: Run) -> None:
    status, output = run(step("a", GOOD), step("b", "pass", reads=None))
    assert status == 0
    assert last(output) == "3 passed, 0 failed"


def test_the_end_of_the_output_says_which_test_failed(run: Run) -> None:
    code = "print('FAILED it_waits\\n' * 9 + 'x.c:7: CHECK(a == b)'); " + BAD
    _, output = run(step("a", code))
    assert output.splitlines()[-4:] == [
        "failed: unit/a: 1 of 2 tests failed",
        "    FAILED it_waits",
        "    x.c:7: CHECK(a == b)",
        "1 passed, 1 failed",
    ]


def test_one_failing_step_fails_the_run_and_the_others_still_run(run: Run) -> None:
    status, output = run(step("a", BAD), step("b", GOOD))
    assert status == 1
    assert last(output) == "3 passed, 1 failed"
    assert "failed: unit/a: 1 of 2 tests failed" in output


def test_stops_at_first_failure_if_asked(run: Run) -> None:
    status, output = run(step("a", BAD), step("b", GOOD), argv=("--no-keep-going",))
    assert status == 1
    assert last(output) == "1 passed, 1 failed"


def test_output_without_summary_is_no_pass(run: Run) -> None:
    status, output = run(step("a", "print('everything is fine')"), step("b", GOOD))
    assert status == 1
    assert last(output) == "2 passed, 1 failed"
    assert "printed no test summary" in output


def test_runner_that_ran_nothing_is_no_pass(run: Run) -> None:
    status, output = run(step("a", "print('0 passed, 0 failed')"))
    assert status == 1
    assert last(output) == "0 passed, 1 failed"


def test_command_that_does_not_exist_fails(run: Run) -> None:
    status, output = run(Step("a", "unit", ("no-such-program-here",), None))
    assert status == 1
    assert last(output) == "0 passed, 1 failed"


def test_lacking_tool_is_a_skip_counted_apart(run: Run) -> None:
    lacking = step("a", GOOD, needs=(tool("no-such-program-here"),))
    status, output = run(lacking, step("b", GOOD))
    assert status == 0
    assert last(output) == "2 passed, 0 failed, 1 skipped"
    assert "no-such-program-here is not installed" in output


@pytest.mark.parametrize(
    ("answer", "met"),
    [("go1.23.0", True), ("go1.26.8", True), ("go1.19.8", False), ("devel", False), ("", False)],
)
def test_go_that_is_too_old_is_not_there(tmp_path: Path, answer: str, met: bool) -> None:
    program = tmp_path / "go"
    program.write_text(f"#!/bin/sh\necho '{answer}'\n")
    program.chmod(0o700)
    assert go_since(23).met({"PATH": str(tmp_path)}) is met
    program.unlink()
    assert not go_since(23).met({"PATH": str(tmp_path)})


def test_run_in_which_all_is_skipped_proves_nothing(run: Run) -> None:
    setup = step("setup", "pass", reads=None, always=True)
    never = step("a", GOOD, needs=(Need("not today", lambda _env: False),))
    status, output = run(setup, never)
    assert status == 1
    assert last(output) == "1 passed, 1 failed, 1 skipped"


def test_absent_files_fail_unless_tolerated(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = (step("a", GOOD, where=("no/such/*.file",)), step("b", GOOD))
    monkeypatch.setattr(cli, "TOLERATE_ABSENT", True)
    status, output = run(*steps)
    assert (status, last(output)) == (0, "2 passed, 0 failed, 1 skipped")
    assert "not in this tree yet: no/such/*.file" in output
    assert run(*steps, argv=("--strict",))[0] == 1
    monkeypatch.setattr(cli, "TOLERATE_ABSENT", False)
    status, output = run(*steps)
    assert (status, last(output)) == (1, "2 passed, 1 failed")


def test_deadline_reaches_children_of_the_command(run: Run, tmp_path: Path) -> None:
    mark = tmp_path / "child.pid"
    code = (
        "import subprocess, sys, pathlib;"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
        f"pathlib.Path({str(mark)!r}).write_text(str(child.pid));"
        "print('7 passed, 0 failed', flush=True); child.wait()"
    )
    status, output = run(step("a", code, timeout_s=3.0))
    assert status == 1
    assert last(output) == "7 passed, 1 failed"
    assert "timed out after 3 s" in output
    assert ends(int(mark.read_text()))


def test_deadline_counts_even_if_the_command_then_ends_well(run: Run) -> None:
    code = (
        "import signal, sys, time;"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0));"
        "print('7 passed, 0 failed', flush=True); time.sleep(600)"
    )
    status, output = run(step("a", code, timeout_s=2.0))
    assert (status, last(output)) == (1, "7 passed, 1 failed")


def ends(pid: int, within_s: float = 5.0) -> bool:
    """Tell whether a process is gone, or only waits to be reaped, before a deadline."""
    state = Path("/proc", str(pid), "stat")
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            if state.read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.05)
    return False


def test_failing_step_shows_its_tail_and_keeps_its_whole_log(run: Run, tmp_path: Path) -> None:
    code = "[print('line', n) for n in range(300)]; raise SystemExit(4)"
    _, output = run(step("a b", code, reads=None))
    assert "| line 299" in output
    assert "line 12\n" not in output
    log = (tmp_path / "build" / "test-logs" / "unit-a-b.log").read_text()
    assert "line 12\n" in log


def test_steps_have_no_input_and_the_tools_of_the_project(run: Run, tmp_path: Path) -> None:
    code = (
        "import os, sys; assert sys.stdin.read() == '';"
        f"assert os.environ['PATH'].startswith({str(tmp_path / '.venv' / 'bin')!r});"
        "assert 'MAKEFLAGS' not in os.environ"
    )
    os.environ["MAKEFLAGS"] = "-j9"
    try:
        status, output = run(step("a", code, reads=None))
    finally:
        del os.environ["MAKEFLAGS"]
    assert status == 0, output


def test_only_picks_by_part_or_glob_and_keeps_what_always_runs(run: Run) -> None:
    steps = (step("setup", GOOD, always=True), step("alpha", GOOD), step("beta", GOOD))
    for pattern in ("alp", "unit/al*"):
        _, output = run(*steps, argv=("--only", pattern))
        assert last(output) == "4 passed, 0 failed"
    assert run(*steps, argv=("--only", "gamma"))[0] == cli.USAGE_ERROR


def test_overspent_budget_shows(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "BUDGET_MINUTES", {"unit": 0.0})
    _, output = run(step("a", GOOD))
    assert "OVER" in output


def test_declared_steps_are_well_formed() -> None:
    labels = [one.label for one in STEPS]
    assert len(set(labels)) == len(labels)
    assert len({one.log_name for one in STEPS}) == len(STEPS)
    assert {one.room for one in STEPS} <= BUDGET_MINUTES.keys()
    assert sum(BUDGET_MINUTES.values()) <= 25.0
    scripts = [w for one in STEPS for w in one.argv(TOOLS.parent) if w.startswith("tools/")]
    assert scripts
    assert all((TOOLS.parent / script).exists() for script in scripts)


def test_engine_tests_leave_out_only_what_has_its_own_step(tmp_path: Path) -> None:
    tests = tmp_path / "core" / "tests"
    (tests / "parity").mkdir(parents=True)
    for name in ("net_join.rs", "manifest.rs", "wire.rs", "parity/main.rs", "parity/part.rs"):
        (tests / name).touch()
    argv = core_tests(tmp_path)
    assert [argv[i + 1] for i, word in enumerate(argv) if word == "--test"] == ["parity", "wire"]


def test_starts_with_the_standard_library_alone() -> None:
    script = TOOLS / "run_tests.py"
    done = subprocess.run(
        [sys.executable, "-S", "-E", str(script), "--list"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[0] == "builds/setup"
