"""The process around a cluster: import, Ctrl-C, fork, and the end of the interpreter."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import seafoam
from support import SECONDS, python

# Ctrl-C is answered within 200 ms; the rest is for the end of the interpreter on a busy machine.
CTRL_C_SECONDS = 0.2 + 1.3

# What a shell starts in the background ignores Ctrl-C, and so do its children.
LISTENS = "signal.signal(signal.SIGINT, signal.default_int_handler)"
BLOCKED = {
    "events": "for event in cluster.events(kinds='message'): pass",
    "next": "cluster.events(kinds='message').next()",
    "ready": "cluster.ready(9, timeout=None)",
}


@contextlib.contextmanager
def running(source: str) -> Iterator[subprocess.Popen[str]]:
    """Run a program that says "waiting"; killed where it does not end in time."""
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(source)], stdout=subprocess.PIPE, text=True
    ) as child:
        guard = threading.Timer(SECONDS, child.kill)
        guard.start()
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == "waiting\n"
            yield child
        finally:
            guard.cancel()


@pytest.mark.parametrize("wait", BLOCKED)
def test_ctrl_c_ends_a_wait(wait: str) -> None:
    source = f"""
    import time, signal, seafoam
    {LISTENS}
    cluster = seafoam.blocking.Cluster.start(listen_port=0, multicast_enabled=False)
    try:
        print("waiting", flush=True)
        {BLOCKED[wait]}
    except KeyboardInterrupt:
        print(time.monotonic(), flush=True)
    cluster.close()
    """
    with running(source) as child:
        assert child.stdout is not None
        time.sleep(0.15)  # into the wait, and out of step with its slices
        sent = time.monotonic()
        child.send_signal(signal.SIGINT)
        caught = float(child.stdout.readline())
        assert child.wait(SECONDS) == 0
    # Monotonic time is one clock for all processes of a machine. 200 ms, and a busy machine.
    assert 0.0 <= caught - sent < 0.2 + 0.2


def test_ctrl_c_ends_asyncio() -> None:
    source = f"""
    import asyncio, signal, seafoam
    {LISTENS}
    async def main():
        async with seafoam.Cluster(listen_port=0, multicast_enabled=False) as cluster:
            print("waiting", flush=True)
            async for event in cluster.events(kinds="message"):
                pass
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        print("interrupted")
    """
    with running(source) as child:
        assert child.stdout is not None
        sent = time.monotonic()
        child.send_signal(signal.SIGINT)
        assert child.stdout.readline() == "interrupted\n"
        assert child.wait(SECONDS) == 0
        assert time.monotonic() - sent < CTRL_C_SECONDS


BUSY = """
import asyncio, sys, threading, time
import seafoam

config = dict(listen_port=0, multicast_enabled=False, heartbeat_millis=20,
              cluster_name=sys.argv[1], log_level="all")

def storm(cluster):
    while True:
        try:
            cluster.broadcast("x")
        except seafoam.SeafoamError as error:
            if error.code is not seafoam.ErrorCode.BUSY:
                return

def read(events):
    for event in events:
        pass
"""

ENDS = {
    "asyncio": """
async def main():
    one = await seafoam.Cluster.start(name="a", **config)
    seed = one.local_node().address
    two = await seafoam.Cluster.start(name="b", initial_hosts=seed, **config)
    await one.ready(2)
    two.on_event(lambda event: None)
    tasks = [asyncio.ensure_future(drain(two.events())) for _ in range(3)]
    threading.Thread(target=storm, args=(one,), daemon=True).start()
    await asyncio.sleep(0.05)
    keep.extend([one, two])

async def drain(events):
    async for event in events:
        pass

keep = []
asyncio.run(main())
""",
    "threads": """
one = seafoam.blocking.Cluster.start(name="a", **config)
seed = one.local_node().address
two = seafoam.blocking.Cluster.start(name="b", initial_hosts=seed, **config)
one.ready(2)
two.on_event(lambda event: None)
for _ in range(3):
    threading.Thread(target=read, args=(two.events(),), daemon=True).start()
threading.Thread(target=storm, args=(one,), daemon=True).start()
time.sleep(0.05)
""",
}


# Each kind of end so often, and so many of them at once.
RUNS = 50
AT_ONCE = 4


@pytest.mark.parametrize("end", ENDS)
def test_the_interpreter_ends_with_busy_clusters(end: str) -> None:
    def once(number: int) -> subprocess.CompletedProcess[str]:
        return python(BUSY + ENDS[end], f"end-{end}-{os.getpid()}-{number}", seconds=SECONDS)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for number, done in enumerate(pool.map(once, range(RUNS))):
            assert (done.returncode, done.stdout) == (0, ""), f"run {number}: {done.stderr}"


def test_a_forked_child() -> None:
    done = python(
        """
        import os, sys, seafoam
        from seafoam import blocking
        own = dict(listen_port=0, multicast_enabled=False, cluster_name=f"fork-{os.getpid()}")
        parent = blocking.Cluster.start(name="parent", **own)
        events = parent.events()
        handle = parent.on_event(lambda event: None, kinds="message")
        seafoam.log("info", "before")

        def forked(call):
            try:
                call()
            except seafoam.SeafoamError as error:
                return error.code is seafoam.ErrorCode.FORKED
            return False

        if (child := os.fork()) == 0:
            calls = [parent.local_node, parent.all_nodes, parent.stats, parent.events, parent.leave,
                     parent.close, lambda: parent.broadcast("x"), lambda: next(events),
                     lambda: events.next(timeout=1), lambda: parent.ping_node("parent"),
                     lambda: parent.on_event(print), lambda: parent.ready(1)]
            failed = [number for number, call in enumerate(calls) if not forked(call)]
            assert failed == [], failed
            assert not parent.is_leader() and parent.is_closed()
            with blocking.Cluster(name="child", **own) as fresh:
                fresh.on_event(lambda event: None)
                assert fresh.local_node().name == "child"
            del parent, events, handle, fresh
            sys.exit(7)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 7, status
        assert [node.name for node in parent.all_nodes()] == ["parent"]
        parent.close()
        print("done")
        """
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


def test_a_forked_child_joins_its_parent() -> None:
    done = python(
        """
        import os, sys, seafoam
        from seafoam import blocking
        own = dict(listen_port=0, multicast_enabled=False, cluster_name=f"fork-{os.getpid()}")
        parent = blocking.Cluster.start(name="parent", **own)
        seen = parent.events(kinds="status", timeout=20)
        seed = parent.local_node().address
        if (child := os.fork()) == 0:
            with blocking.Cluster(name="child", initial_hosts=seed, **own) as fresh:
                fresh.ready(2, timeout=20)
            os._exit(7)
        for event in seen:
            if isinstance(event, seafoam.StatusEvent) and event.node.name == "child":
                if event.status is seafoam.NodeStatus.LEFT:
                    break
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 7, status
        parent.close()
        print("done")
        """
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


def test_import_takes_less_than_30_ms() -> None:
    # The processor's time, which on an idle machine is the time that passes: what else this one
    # does must not count. Both kinds of run take turns.
    empty, loaded = [], []
    for _ in range(9):
        empty.append(_processor_seconds("pass"))
        loaded.append(_processor_seconds("import seafoam"))
    assert min(loaded) - min(empty) < 0.030


def _processor_seconds(source: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", source], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_import_loads_neither_asyncio_nor_logging() -> None:
    done = python(
        "import sys, seafoam; print(sorted({'asyncio', 'logging', 'threading'} & set(sys.modules)))"
    )
    assert done.stdout == "[]\n"


def test_the_module_checks_itself() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "seafoam"],
        capture_output=True,
        text=True,
        timeout=SECONDS * 2,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stdout + done.stderr
    assert lines[0] == f"seafoam {seafoam.__version__}"
    assert lines[1] == "joined: one, two"
    assert lines[2] == "one hears two: hello"
    assert lines[3] == "two: alive -> left"
    assert lines[-1] == "self-check passed"
