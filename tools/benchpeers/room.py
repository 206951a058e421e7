"""A network namespace for one run: its counters, its losses, and the processes in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any

# Counts what is sent, before anything is lost; losses are at the receiver.
TABLE = """
table inet peers {
  counter sent_udp { }
  counter sent_tcp { }
  chain sent {
    type filter hook output priority 0;
    oifname "lo" meta l4proto udp counter name "sent_udp"
    oifname "lo" meta l4proto tcp counter name "sent_tcp"
  }
  chain got { type filter hook input priority 0; }
}
"""


def missing() -> str | None:
    """Say why there can be no namespaces here; installs nft where it may."""
    if os.geteuid() != 0:
        return "not root"
    if shutil.which("ip") is None:
        return "no ip (package iproute2)"
    if shutil.which("nft") is None:
        print("bench-peers: installing nftables, which loses and counts packets", flush=True)
        words = ("apt-get", "install", "-y", "-qq", "--no-install-recommends", "nftables")
        subprocess.run(words, capture_output=True)
    return None if shutil.which("nft") else "no nft (package nftables)"


class Room:
    """A namespace that ends with the block; without rights, the machine's own loopback."""

    def __init__(self, own: bool) -> None:
        """Prepare a namespace if it may be an `own` one."""
        self.name = f"sfpeers-{os.getpid()}" if own else None

    def __enter__(self) -> Room:
        """Make it, with its loopback up."""
        if self.name:
            subprocess.run(("ip", "netns", "del", self.name), capture_output=True)
            subprocess.run(("ip", "netns", "add", self.name), check=True)
            subprocess.run(("ip", "-n", self.name, "link", "set", "lo", "up"), check=True)
            self.nft(TABLE)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove it."""
        if self.name:
            subprocess.run(("ip", "netns", "del", self.name), capture_output=True)

    def command(self, *words: str) -> tuple[str, ...]:
        """What runs `words` in here."""
        return ("ip", "netns", "exec", self.name, *words) if self.name else words

    def nft(self, rules: str) -> None:
        """Feed rules to the packet filter."""
        subprocess.run(self.command("nft", "-f", "-"), input=rules, text=True, check=True)

    def lose(self, percent: int) -> None:
        """Lose so much of all that arrives from now on; 0 heals."""
        rules = "flush chain inet peers got\n"
        if percent:
            dropped = f"numgen random mod 100 < {percent} drop"
            rules += f"add rule inet peers got meta l4proto {{ udp, tcp }} {dropped}\n"
        self.nft(rules)

    def silence(self, port: int) -> None:
        """Lose all from and to a port: its host neither answers nor refuses."""
        words = (f"{protocol} {end}port" for protocol in ("udp", "tcp") for end in "sd")
        self.nft("".join(f"add rule inet peers got {word} {port} drop\n" for word in words))

    def traffic(self) -> dict[str, tuple[int, int]]:
        """Packets and bytes of IP sent so far, by protocol."""
        if not self.name:
            return {}
        listed = subprocess.run(
            self.command("nft", "-j", "list", "counters"), capture_output=True, check=True
        )
        found: list[dict[str, Any]] = json.loads(listed.stdout)["nftables"]
        counters = [entry["counter"] for entry in found if "counter" in entry]
        return {entry["name"]: (entry["packets"], entry["bytes"]) for entry in counters}


def processes(session: int) -> list[Path]:
    """The processes of one session."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session:
            found.append(stat.parent)
    return found


def cpu_seconds(session: int) -> float:
    """Processor time of all threads of a session, from the scheduler's nanoseconds."""
    total = 0
    for process in processes(session):
        for thread in process.glob("task/*/schedstat"):
            try:
                total += int(thread.read_text().split()[0])
            except OSError:
                continue
    return total / 1e9


def rss_kib(session: int) -> int:
    """Resident memory of a session."""
    total = 0
    for process in processes(session):
        try:
            lines = (process / "status").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
    return total
