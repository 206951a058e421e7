"""The steps of the test run, in order. Adding a check means adding an entry here and nowhere else.

Order matters: what takes longest to fail comes after what fails fast, and what uses a build comes
after it.
"""

from __future__ import annotations

from pathlib import Path

from testrun.counts import cargo, go, node, plain, pytest
from testrun.model import MINUTE, Need, Step, go_since, tool

# While the rooms of the house are still being built, a step whose files are not there is skipped.
# Set this to False and such a step fails, so that a folder which disappears cannot take its checks
# with it unseen.
TOLERATE_ABSENT = False

# What each room may use on a machine with two cores, from a clean clone. The report prints use
# against it.
BUDGET_MINUTES = {
    "builds": 11.0,
    "lint": 1.0,
    "unit": 3.0,
    "bindings": 5.0,
    "simulator": 3.0,
    "network": 2.0,
}

FFI = ("ffi-c/Cargo.toml",)
PY = ("py/Cargo.toml",)
CPP = ("cpp/Makefile",)
NODE = ("node/package.json",)
GO = ("go/go.mod",)
PY_PACKAGE = ("py/python/seafoam/__init__.py",)

# These two packages link against an interpreter that loads them, so only maturin and napi build
# them; clippy and rustdoc still see them.
_NOT_LINKED = ("--exclude", "seafoam-py", "--exclude", "seafoam-node")
_MODULES = ("-p", "seafoam-py", "-p", "seafoam-node")
# The race detector and cgo need a C compiler too.
_GO_NEEDS = (go_since(23), tool("gcc"))
_DENY_DOC_WARNINGS = {"RUSTDOCFLAGS": "-D warnings"}


def core_tests(tree: Path) -> list[str]:
    """Return the command for the tests of the engine that have no step of their own.

    Cargo can pick integration tests by name but not leave any out, so they are listed: `net_*`
    opens sockets and `manifest` compares a generated file.
    """
    tests = tree / "core" / "tests"
    names = {path.stem for path in tests.glob("*.rs")}
    names |= {path.parent.name for path in tests.glob("*/main.rs")}
    named = sorted(name for name in names if not name.startswith("net_") and name != "manifest")
    picks = [word for name in named for word in ("--test", name)]
    return ["cargo", "test", "--locked", "--no-fail-fast", "-p", "seafoam", "--lib", *picks]


def _python(name: str, *paths: str) -> Step:
    """Strict types over one tree of Python."""
    return Step(
        f"types of {name}",
        "lint",
        ("mypy", "--strict", *paths),
        reads=None,
        where=paths,
        timeout_s=2 * MINUTE,
    )


def _three_nodes(language: str, *where: str, needs: tuple[Need, ...] = ()) -> Step:
    """Run the same small program in one language: three nodes meet, and one leaves."""
    return Step(
        f"three_nodes {language}",
        "network",
        ("make", "-C", "examples", f"three_nodes-{language}"),
        reads=None,
        where=("examples/Makefile", *where),
        needs=needs,
        timeout_s=1 * MINUTE,
    )


_BUILDS = (
    Step(
        "setup",
        "builds",
        ("make", "--no-print-directory", "setup"),
        reads=None,
        timeout_s=10 * MINUTE,
        always=True,
    ),
    Step(
        "engine without runtime",
        "builds",
        ("cargo", "build", "--locked", "-p", "seafoam", "--no-default-features"),
        reads=None,
        timeout_s=5 * MINUTE,
    ),
    Step(
        "engine tree without tokio",
        "builds",
        ("python3", "tools/checks/engine_tree.py"),
        reads=plain,
        timeout_s=1 * MINUTE,
    ),
    Step(
        "library for C",
        "builds",
        ("cargo", "build", "--locked", "--release", "-p", "seafoam-ffi"),
        reads=None,
        where=FFI,
        timeout_s=8 * MINUTE,
    ),
    Step(
        "examples",
        "builds",
        ("cargo", "build", "--locked", "--workspace", *_NOT_LINKED, "--examples", "--bins"),
        reads=None,
        where=("examples/rust",),
        timeout_s=8 * MINUTE,
    ),
    Step(
        "python module",
        "builds",
        ("maturin", "develop", "--locked", "-m", "py/Cargo.toml"),
        reads=None,
        where=PY,
        timeout_s=8 * MINUTE,
    ),
    Step(
        "node addon",
        "builds",
        ("npm", "--prefix", "node", "run", "build"),
        reads=None,
        where=NODE,
        timeout_s=8 * MINUTE,
    ),
)

# Most of what clippy and the generated files take is compiling: they count as builds.
_LINT = (
    Step("tools", "lint", ("pytest", "tools/tests"), reads=pytest, timeout_s=2 * MINUTE),
    Step("tidy", "lint", ("python3", "tools/tidy.py"), reads=plain, timeout_s=1 * MINUTE),
    Step("rust format", "lint", ("cargo", "fmt", "--all", "--check"), reads=None),
    Step(
        "clippy",
        "builds",
        (
            *("cargo", "clippy", "--locked", "--workspace", *_NOT_LINKED, "--all-targets"),
            *("--features", "seafoam-bench/table", "--", "-D", "warnings"),
        ),
        reads=None,
        timeout_s=8 * MINUTE,
    ),
    Step(
        "clippy of the modules",
        "builds",
        # Without their host they have no tests, and what only the host calls looks unused there.
        ("cargo", "clippy", "--locked", *_MODULES, "--", "-D", "warnings"),
        reads=None,
        where=(*PY, *NODE),
        timeout_s=8 * MINUTE,
    ),
    Step("ruff", "lint", ("ruff", "check", "."), reads=None),
    Step("python format", "lint", ("ruff", "format", "--check", "."), reads=None),
    Step(
        "documentation",
        "lint",
        ("python3", "tools/checks/docs.py"),
        reads=plain,
        timeout_s=1 * MINUTE,
    ),
    Step(
        "documentation of c and c++",
        "lint",
        ("python3", "tools/checks/c_docs.py"),
        reads=plain,
        where=("include/seafoam.h",),
        timeout_s=1 * MINUTE,
    ),
    Step(
        "c format",
        "lint",
        ("python3", "tools/checks/c_format.py"),
        reads=plain,
        where=("ffi-c/**/*.c",),
        timeout_s=1 * MINUTE,
    ),
    _python("tools", "tools"),
    _python("python package", "py/python"),
    _python("python tests", "py/tests"),
    _python("python bench", "py/bench"),
    _python("python examples", "examples/python"),
    _python("mixed example", "examples/mixed"),
    _python("lab", "lab"),
    _python("fenced example", "examples/fenced/run.py"),
    _python("c++ generators", "cpp"),
    _python("c generators", "ffi-c"),
    Step(
        "stubs match module",
        "lint",
        ("python3", "-m", "mypy.stubtest", "seafoam._native"),
        reads=None,
        where=("py/python/seafoam/_native.pyi",),
        timeout_s=2 * MINUTE,
    ),
    Step(
        "types of node",
        "lint",
        ("npm", "--prefix", "node", "run", "typecheck"),
        reads=None,
        where=NODE,
        timeout_s=2 * MINUTE,
    ),
    Step(
        "node style",
        "lint",
        ("npm", "--prefix", "node", "run", "lint"),
        reads=None,
        where=("node/biome.json",),
        timeout_s=1 * MINUTE,
    ),
    Step(
        "header is current",
        "builds",
        ("cargo", "test", "--locked", "-p", "seafoam-ffi", "--test", "header"),
        reads=cargo,
        where=("ffi-c/tests/header.rs",),
    ),
    Step(
        "manifest is current",
        "builds",
        ("cargo", "test", "--locked", "-p", "seafoam", "--test", "manifest"),
        reads=cargo,
        where=("core/tests/manifest.rs",),
    ),
)

_UNIT = (
    Step("engine", "unit", core_tests, reads=cargo, where=("core/src/proto",)),
    Step(
        "fuzz",
        "unit",
        ("cargo", "test", "--locked", "--no-fail-fast", "-p", "seafoam-fuzz"),
        reads=cargo,
        where=("fuzz/corpus/engine",),
        timeout_s=4 * MINUTE,
    ),
    Step(
        "allocations",
        "unit",
        ("cargo", "test", "--locked", "-p", "seafoam-bench"),
        reads=cargo,
        where=("bench/tests",),
        timeout_s=3 * MINUTE,
    ),
    Step(
        "model of the election",
        "unit",
        ("cargo", "test", "--locked", "-p", "seafoam-model"),
        reads=cargo,
        where=("model/Cargo.toml",),
        timeout_s=5 * MINUTE,
    ),
    Step(
        "doc examples",
        "unit",
        ("cargo", "test", "--locked", "--doc", "-p", "seafoam"),
        reads=cargo,
        where=("core/src/cluster.rs",),
    ),
    Step(
        "docs of engine",
        "unit",
        ("cargo", "doc", "--locked", "--no-deps", "-p", "seafoam"),
        reads=None,
        env=_DENY_DOC_WARNINGS,
    ),
    Step(
        "docs of C library",
        "unit",
        ("cargo", "doc", "--locked", "--no-deps", "-p", "seafoam-ffi"),
        reads=None,
        where=FFI,
        env=_DENY_DOC_WARNINGS,
    ),
)

_BINDINGS = (
    Step(
        "checker of the mixed example",
        "bindings",
        ("pytest", "examples/mixed"),
        reads=pytest,
        where=("examples/mixed",),
    ),
    Step(
        "checker of the lab",
        "bindings",
        ("pytest", "lab"),
        reads=pytest,
        where=("lab/tests",),
    ),
    Step(
        "c",
        "bindings",
        ("make", "-j2", "-C", "ffi-c/tests", "check"),
        reads=plain,
        where=("ffi-c/tests/Makefile",),
    ),
    Step(
        "header with gcc",
        "bindings",
        ("python3", "tools/checks/headers.py", "gcc", "g++"),
        reads=plain,
        where=("include/seafoam.h",),
        needs=(tool("gcc"), tool("g++")),
        timeout_s=2 * MINUTE,
    ),
    Step(
        "header with clang",
        "bindings",
        ("python3", "tools/checks/headers.py", "clang", "clang++"),
        reads=plain,
        where=("include/seafoam.h",),
        needs=(tool("clang"), tool("clang++")),
        timeout_s=2 * MINUTE,
    ),
    Step(
        "c under valgrind",
        "bindings",
        ("make", "-C", "ffi-c/tests", "valgrind"),
        reads=None,
        where=("ffi-c/tests/Makefile",),
        needs=(tool("valgrind"),),
    ),
    Step(
        "c with sanitizers",
        "bindings",
        ("make", "-j2", "-C", "ffi-c/tests", "sanitize"),
        reads=plain,
        where=("ffi-c/tests/Makefile",),
        needs=(tool("gcc"),),
    ),
    Step(
        "interface of c",
        "bindings",
        ("make", "-C", "ffi-c/tests", "abi"),
        reads=plain,
        where=("ffi-c/abi/check.sh",),
        needs=(tool("abidw"), tool("gcc")),
        timeout_s=1 * MINUTE,
    ),
    Step(
        "layouts of c",
        "bindings",
        ("cargo", "test", "--locked", "-p", "seafoam-ffi", "--lib"),
        reads=cargo,
        where=("ffi-c/src/layout.rs",),
    ),
    Step(
        "c example under valgrind",
        "bindings",
        ("make", "-C", "examples/c", "valgrind"),
        reads=None,
        where=("examples/c/Makefile",),
        needs=(tool("valgrind"),),
        timeout_s=2 * MINUTE,
    ),
    Step(
        "event loops in c",
        "bindings",
        ("make", "--no-print-directory", "-C", "examples/c", "loops"),
        reads=plain,
        where=("examples/c/epoll.c",),
        timeout_s=2 * MINUTE,
    ),
    Step(
        "c++",
        "bindings",
        ("make", "-j2", "-C", "cpp", "check"),
        reads=plain,
        where=CPP,
        needs=(tool("g++"),),
    ),
    Step(
        "c++ under valgrind",
        "bindings",
        ("make", "-j2", "-C", "cpp", "valgrind"),
        reads=plain,
        where=CPP,
        needs=(tool("g++"), tool("valgrind")),
    ),
    Step(
        "c++ with sanitizers",
        "bindings",
        ("make", "-j2", "-C", "cpp", "sanitize"),
        reads=plain,
        where=CPP,
        needs=(tool("g++"),),
    ),
    Step(
        "installed for c and c++",
        "bindings",
        ("packaging/c/check.sh",),
        reads=plain,
        where=("packaging/c/check.sh",),
        needs=(tool("g++"), tool("cmake"), tool("pkg-config")),
        timeout_s=2 * MINUTE,
    ),
    Step("python", "bindings", ("pytest", "py/tests"), reads=pytest, where=("py/tests",)),
    Step("node", "bindings", ("npm", "--prefix", "node", "test"), reads=node, where=NODE),
    Step(
        "go",
        "bindings",
        ("make", "--no-print-directory", "-C", "go", "check"),
        reads=go,
        where=GO,
        needs=_GO_NEEDS,
    ),
)

_SIMULATOR = (
    Step(
        "cluster in virtual time",
        "simulator",
        ("cargo", "test", "--locked", "-p", "seafoam-sim"),
        reads=cargo,
        where=("sim/Cargo.toml",),
        timeout_s=3 * MINUTE,
    ),
)

_NETWORK = (
    Step(
        "engine on sockets",
        "network",
        (
            *("cargo", "test", "--locked", "--no-fail-fast", "-p", "seafoam"),
            *("--test", "net_*", "--", "--test-threads=1"),
        ),
        reads=cargo,
        where=("core/tests/net_*.rs",),
        timeout_s=3 * MINUTE,
    ),
    Step(
        "forked child",
        "network",
        ("cargo", "test", "--locked", "-p", "seafoam-fork", "--", "--test-threads=1"),
        reads=cargo,
        where=("fork/tests",),
        timeout_s=2 * MINUTE,
    ),
    Step(
        "mixed languages",
        "network",
        ("make", "--no-print-directory", "demo"),
        reads=None,
        where=("examples/mixed", "lab/demo.py"),
        timeout_s=4 * MINUTE,
    ),
    Step(
        "programs of the readme",
        "network",
        ("make", "-C", "examples", "hello"),
        reads=None,
        where=("examples/mixed",),
        timeout_s=2 * MINUTE,
    ),
    Step(
        "a database fences a leader",
        "network",
        ("make", "--no-print-directory", "-C", "examples/fenced", "check"),
        reads=plain,
        where=("examples/fenced/Makefile",),
        timeout_s=3 * MINUTE,
    ),
    _three_nodes("rust"),
    _three_nodes("c", *FFI),
    _three_nodes("cpp", "examples/cpp"),
    _three_nodes("python", *PY_PACKAGE),
    _three_nodes("node", *NODE),
    _three_nodes("go", *GO, "examples/go", needs=_GO_NEEDS),
)

STEPS: tuple[Step, ...] = (*_BUILDS, *_LINT, *_UNIT, *_BINDINGS, *_SIMULATOR, *_NETWORK)
