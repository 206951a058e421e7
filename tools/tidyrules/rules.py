"""One function a rule: a file goes in, what is wrong with it comes out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tidyrules.functions import functions
from tidyrules.mask import mask

MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 70
SOURCES = frozenset(
    {".rs", ".py", ".pyi", ".js", ".mjs", ".cjs", ".ts", ".mts", ".c", ".h", ".cc", ".cpp", ".hpp"}
    | {".go", ".sh"}
)
UNSAFE_ROOMS = ("fork/src/", "fork/tests/", "ffi-c/src/", "ffi-c/tests/", "py/src/", "node/src/")
# Everything below makes two runs of one seed differ, or lets the engine touch the machine.
PROTO_BANS = re.compile(
    r"\b(?:Instant::now|SystemTime::now|HashMap|HashSet|RandomState|thread_rng|rand::rng|OsRng|getrandom"
    r"|UdpSocket|TcpStream|TcpListener|tokio|socket2|std::thread|std::fs|std::env)\b"
)
UPWARD = re.compile(r"\b(?:crate|super)::(?:runtime|cluster|events)\b")
UNFINISHED = re.compile(r"\b(?:todo|unimplemented)!")
MACHINE_PATH = re.compile(
    r"(?<![\w.~$}/-])/(?:home|root|Users|work|workspace)/[\w.]|\b[A-Z]:\\{1,2}(?:Users|work)\b"
)
REGISTRY_HOST = re.compile(
    r"\b(?:crates\.io|pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|deb\.debian\.org|proxy\.golang\.org"
    r"|sum\.golang\.org|repo1?\.maven\.(?:apache\.)?org)\b"
)
# Cargo writes the name of its index into every entry of its lock file; there is no way to leave it
# out.
HOSTS_ALLOWED = frozenset({Path("Cargo.lock"), Path("bench/peers/rust/Cargo.lock")})


@dataclass(frozen=True)
class Source:
    """One file as the rules see it."""

    path: Path
    text: str
    generated: bool = False

    @property
    def code(self) -> str:
        """The text without comments and literals."""
        return mask(self.text, self.path.suffix)

    def under(self, *folders: str) -> bool:
        """Tell whether the file lies in one of the folders."""
        return self.path.as_posix().startswith(folders)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong."""

    path: Path
    line: int
    text: str

    def __str__(self) -> str:
        """Show it in the form that editors can jump to."""
        return f"{self.path.as_posix()}:{self.line}: {self.text}"


Rule = Callable[[Source], Iterator[Finding]]


def file_length(source: Source) -> Iterator[Finding]:
    """No source file over 500 lines."""
    lines = len(source.text.splitlines())
    if source.path.suffix in SOURCES and not source.generated and lines > MAX_FILE_LINES:
        yield Finding(source.path, MAX_FILE_LINES, f"{lines} lines; at most {MAX_FILE_LINES}")


def function_length(source: Source) -> Iterator[Finding]:
    """No function over 70 lines."""
    if source.generated:
        return
    for function in functions(source.text, source.path.suffix):
        if function.lines > MAX_FUNCTION_LINES:
            text = f"{function.name} takes {function.lines} lines; at most {MAX_FUNCTION_LINES}"
            yield Finding(source.path, function.line, text)


def machine_path(source: Source) -> Iterator[Finding]:
    """No path that only one machine has."""
    yield from _each(source, source.text, MACHINE_PATH, "path of one machine")


def registry_host(source: Source) -> Iterator[Finding]:
    """No host of a package registry: users may have mirrors of their own."""
    if source.path not in HOSTS_ALLOWED:
        yield from _each(source, source.text, REGISTRY_HOST, "host of a package registry")


def unfinished(source: Source) -> Iterator[Finding]:
    """Nothing that panics because it was never written."""
    if source.path.suffix == ".rs":
        yield from _each(source, source.code, UNFINISHED, "unfinished code")


def unsafe_rooms(source: Source) -> Iterator[Finding]:
    """Unsafe code only where a foreign language is at the other side."""
    if source.path.suffix == ".rs" and not source.under(*UNSAFE_ROOMS):
        yield from _each(source, source.code, re.compile(r"\bunsafe\b"), "unsafe outside a binding")


def deterministic_engine(source: Source) -> Iterator[Finding]:
    """No clock, entropy, hash order, socket or file in the engine."""
    if source.path.suffix == ".rs" and source.under("core/src/proto"):
        yield from _each(source, source.code, PROTO_BANS, "not deterministic, banned in proto")


def layers(source: Source) -> Iterator[Finding]:
    """The words and the engine know nothing of what is built on them."""
    if source.path.suffix == ".rs" and source.under("core/src/proto", "core/src/api"):
        yield from _each(source, source.code, UPWARD, "a lower layer uses a higher one")


RULES: tuple[Rule, ...] = (
    file_length,
    function_length,
    machine_path,
    registry_host,
    unfinished,
    unsafe_rooms,
    deterministic_engine,
    layers,
)


def _each(source: Source, text: str, pattern: re.Pattern[str], complaint: str) -> Iterator[Finding]:
    for match in pattern.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        yield Finding(source.path, line, f"{complaint}: {match[0]}")
