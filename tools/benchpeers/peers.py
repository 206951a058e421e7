"""Who takes part, and how each is built."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
HOME = TREE / "bench" / "peers"
BUILT = TREE / "build" / "peers"
SMUDGE = "https://github.com/clockworksoul/smudge"
SMUDGE_COMMIT = "936065ee451b9a935a5f0fbcb1c289e312468cbc"


@dataclass(frozen=True)
class Peer:
    """One of those who are compared."""

    name: str
    # What makes it, and the command of its runner.
    kind: str
    command: tuple[str, ...]
    settings: str
    # More nodes than this are not tried: they take longer than anybody waits, or all memory.
    most: int = 300


def _rust(name: str, *words: str) -> tuple[str, ...]:
    return (str(BUILT / "cargo" / "release" / name), *words)


_PYTHON = (str(BUILT / "venv" / "bin" / "python"), str(HOME / "kinship" / "runner.py"))
_FAST = "probes every 300 ms with 150 ms to answer"

PEERS = (
    Peer("seafoam", "rust", _rust("seafoam"), "defaults", most=1000),
    Peer("hashicorp", "memberlist", (str(BUILT / "hashicorp"),), "`DefaultLANConfig()`"),
    Peer("foca", "rust", _rust("foca"), "`Config::new_lan(nodes)`"),
    Peer("memberlist", "rust", _rust("memberlist"), "`Options::lan()`"),
    Peer(
        "chitchat",
        "rust",
        _rust("chitchat"),
        "gossip every second, `FailureDetectorConfig` default",
    ),
    Peer("kinship", "python", _PYTHON, "`Config.lan()`, sealed with one key"),
    Peer("smudge", "smudge", (str(BUILT / "smudge"),), "defaults, one process a node", most=100),
    Peer("seafoam-sealed", "rust", _rust("seafoam", "sealed"), "defaults and a key", most=1000),
    Peer("seafoam-slow", "rust", _rust("seafoam", "slow"), "a heartbeat of a second", most=1000),
    Peer("hashicorp-fast", "memberlist", (str(BUILT / "hashicorp"), "fast"), _FAST),
    Peer("foca-fast", "rust", _rust("foca", "fast"), f"{_FAST}, suspects dead after 1.2 s"),
    Peer("memberlist-fast", "rust", _rust("memberlist", "fast"), _FAST),
    Peer("chitchat-fast", "rust", _rust("chitchat", "fast"), "gossip every 200 ms"),
)
BY_NAME = {peer.name: peer for peer in PEERS}
# Those of one's own, and those tuned, come last.
USUAL = tuple(peer.name for peer in PEERS[:7])


def _run(*words: str, where: Path = TREE) -> None:
    environment = {**os.environ, "CARGO_TARGET_DIR": str(BUILT / "cargo"), "GOFLAGS": "-mod=mod"}
    environment["GOWORK"] = "off"
    done = subprocess.run(words, cwd=where, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip()[-600:]}")


def _build_rust() -> None:
    # Not --locked: what the engine depends on may have changed since; the peers stay as they are.
    _run("cargo", "build", "--release", where=HOME / "rust")


def _build_memberlist() -> None:
    _run("go", "build", "-o", str(BUILT / "hashicorp"), ".", where=HOME / "go" / "memberlist")


def _build_smudge() -> None:
    source = BUILT / "smudge-source"
    if not source.is_dir():
        _run("git", "clone", "--quiet", os.environ.get("SMUDGE_GIT", SMUDGE), str(source))
    _run("git", "-C", str(source), "checkout", "--quiet", SMUDGE_COMMIT)
    _run("go", "build", "-o", str(BUILT / "smudge"), ".", where=HOME / "go" / "smudge")


def _build_python() -> None:
    if not Path(_PYTHON[0]).exists():
        _run(sys.executable, "-m", "venv", str(BUILT / "venv"))
    pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    _run(_PYTHON[0], *pip, "--requirement", str(HOME / "kinship" / "requirements.txt"))


_BUILDERS: dict[str, Callable[[], None]] = {
    "rust": _build_rust,
    "memberlist": _build_memberlist,
    "smudge": _build_smudge,
    "python": _build_python,
}


def build(names: list[str]) -> list[Peer]:
    """Build what these need; return those that could be built, and say why the others not."""
    BUILT.mkdir(parents=True, exist_ok=True)
    failed: set[str] = set()
    for kind in dict.fromkeys(BY_NAME[name].kind for name in names):
        print(f"bench-peers: building for {kind}", flush=True)
        try:
            _BUILDERS[kind]()
        except (RuntimeError, OSError) as error:
            failed.add(kind)
            print(f"SKIP all of {kind}: {error}", flush=True)
    return [BY_NAME[name] for name in names if BY_NAME[name].kind not in failed]
