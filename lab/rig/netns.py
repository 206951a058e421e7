"""A network of namespaces on one bridge, whose links can be cut one way or both, and lose packets.

Each node has a namespace with one end of a veth pair; the other end is a port of a bridge in a
namespace of its own. All rules are in the bridge's forward hook, so the nodes notice nothing but
what a cable does. Namespaces have names with the process id of the lab, and go with it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Collection, Iterable
from pathlib import Path

PREFIX = "seafoam-lab"
PORT = 7946
PER_MILLE = 1000


class NetworkError(Exception):
    """A command of the network failed."""


def missing() -> str | None:
    """What this machine lacks for such a network; None where nothing is missing."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    absent = [tool for tool in ("ip", "nft") if shutil.which(tool) is None]
    if absent:
        return f"not installed: {', '.join(absent)} (packages iproute2, nftables)"
    name = f"{PREFIX}-{os.getpid()}-try"
    try:
        _run("ip", "netns", "add", name)
        _run("ip", "-n", name, "link", "add", "br0", "type", "bridge")
        table = "table bridge f { chain cut { type filter hook forward priority 0; "
        table += "numgen random mod 1000 < 1 drop; }; }"
        _run("ip", "netns", "exec", name, "nft", "-f", "-", text=table)
    except NetworkError as error:
        return str(error)
    finally:
        subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)
    return None


def sweep() -> None:
    """Remove what an earlier lab left that was ended by force."""
    listed = _run("ip", "netns", "list")
    for name, pid in re.findall(rf"^({PREFIX}-(\d+)-\S+)", listed, re.MULTILINE):
        if not Path(f"/proc/{pid}").exists():
            _run("ip", "netns", "del", name)


class Network:
    """All links of one cluster."""

    def __init__(self) -> None:
        """Begin without any node."""
        self._numbers: dict[str, int] = {}
        self._bridge = f"{PREFIX}-{os.getpid()}-bridge"
        self._dropped: set[tuple[str, str]] = set()
        self._loss = 0

    def up(self, names: Iterable[str]) -> None:
        """Lay a link for each of these nodes."""
        sweep()
        _run("ip", "netns", "add", self._bridge)
        _run("ip", "-n", self._bridge, "link", "add", "br0", "type", "bridge")
        _run("ip", "-n", self._bridge, "link", "set", "br0", "up")
        for number, name in enumerate(names, 1):
            self._numbers[name] = number
            space, port = self._space(name), self._port(name)
            _run("ip", "netns", "add", space)
            pair = ("type", "veth", "peer", "name", port, "netns", self._bridge)
            _run("ip", "link", "add", "eth0", "netns", space, *pair)
            _run("ip", "-n", self._bridge, "link", "set", port, "master", "br0", "up")
            _run("ip", "-n", space, "addr", "add", f"{self.ip(name)}/24", "dev", "eth0")
            _run("ip", "-n", space, "link", "set", "lo", "up")
            _run("ip", "-n", space, "link", "set", "eth0", "up")
        self._apply()

    def down(self) -> None:
        """Remove all namespaces, as far as they are there."""
        for space in [*(self._space(name) for name in self._numbers), self._bridge]:
            subprocess.run(["ip", "netns", "del", space], check=False, capture_output=True)

    def ip(self, name: str) -> str:
        """The address of a node."""
        return f"10.77.0.{self._numbers[name]}"

    def inside(self, name: str) -> list[str]:
        """The words before a command that shall run in a node's namespace; the pid stays."""
        return ["ip", "netns", "exec", self._space(name)]

    def split(self, *sides: Collection[str]) -> None:
        """Let packets pass within each side only."""
        joined = {(a, b) for side in sides for a in side for b in side}
        self.links(joined)

    def links(self, joined: Collection[tuple[str, str]]) -> None:
        """Let packets pass between these pairs only, both ways."""
        both = {*joined, *((b, a) for a, b in joined)}
        self._dropped = {pair for pair in self._pairs() if pair not in both}
        self._apply()

    def deafen(self, name: str) -> None:
        """Let nothing reach a node; what it sends arrives."""
        self._dropped = {pair for pair in self._pairs() if pair[1] == name}
        self._apply()

    def mute(self, name: str) -> None:
        """Let nothing of a node arrive; it hears the others."""
        self._dropped = {pair for pair in self._pairs() if pair[0] == name}
        self._apply()

    def lose(self, percent: int) -> None:
        """Lose this share of all packets, at random."""
        self._loss = percent
        self._apply()

    def heal(self) -> None:
        """Let everything pass."""
        self._dropped = set()
        self._loss = 0
        self._apply()

    def _pairs(self) -> Iterable[tuple[str, str]]:
        return ((a, b) for a in self._numbers for b in self._numbers if a != b)

    def _apply(self) -> None:
        # Who has an address is no secret of a cut: without it one way would soon become both.
        rules = ["ether type arp accept"]
        if self._dropped:
            pairs = ", ".join(
                f'"{self._port(a)}" . "{self._port(b)}"' for a, b in sorted(self._dropped)
            )
            rules.append(f"iifname . oifname {{ {pairs} }} drop")
        if self._loss:
            rules.append(f"numgen random mod {PER_MILLE} < {self._loss * PER_MILLE // 100} drop")
        # One transaction: there is no moment at which neither the old nor the new rules hold.
        chain = "\n".join(["type filter hook forward priority 0;", *rules])
        text = f"flush ruleset\ntable bridge f {{\nchain cut {{\n{chain}\n}}\n}}\n"
        _run("ip", "netns", "exec", self._bridge, "nft", "-f", "-", text=text)

    def _space(self, name: str) -> str:
        return f"{PREFIX}-{os.getpid()}-{self._numbers[name]}"

    def _port(self, name: str) -> str:
        return f"port{self._numbers[name]}"


def _run(*words: str, text: str | None = None) -> str:
    done = subprocess.run(words, input=text, text=True, capture_output=True, check=False)
    if done.returncode != 0:
        raise NetworkError(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout
