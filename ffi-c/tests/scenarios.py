"""Write the list of scenarios as tables for C and C++, in the form of scenario.h.

usage: scenarios.py LIST > HEADER
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

FORMAT = 2
# What a step says in words of its own, and where it goes.
TEXTS = ("line", "address", "call", "key", "target")
PRINTABLE = range(0x20, 0x7F)


def quoted(text: str | bytes | None) -> str:
    """Write a C string; octal escapes, because hexadecimal ones do not end."""
    if text is None:
        return "NULL"
    data = text.encode() if isinstance(text, str) else text
    plain = (chr(b) if b in PRINTABLE and chr(b) not in '"\\?' else f"\\{b:03o}" for b in data)
    return f'"{"".join(plain)}"'


def word(prefix: str, text: str) -> str:
    """Name the constant of a word."""
    return f"SEAFOAM_{prefix}{text.upper()}"


class Tables:
    """The text of the header; lists become arrays with names of their own."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._count = 0

    def array(self, of: str, items: list[str]) -> str:
        """Add an array and return its name."""
        self._count += 1
        name = f"table_{self._count}"
        self.lines.append(f"static const {of} {name}[] = {{{', '.join(items)}}};")
        return name

    def texts(self, texts: list[str] | None) -> str:
        """Add a list of texts."""
        if texts is None:
            return "NULL"
        return self.array("char* const", [*map(quoted, texts), "NULL"])

    def settings(self, scenario: dict[str, Any], step: dict[str, Any]) -> str:
        """Add what a start sets; what is set later counts."""
        node = step["node"]
        parts = (scenario.get("config", {}), scenario["nodes"][node], step.get("config", {}))
        pairs = [("name", node), *(pair for part in parts for pair in part.items())]
        return self.pairs(pairs)

    def pairs(self, pairs: list[tuple[str, str]]) -> str:
        """Add a list of pairs of texts."""
        rows = [f"{{{quoted(key)}, {quoted(value)}}}" for key, value in pairs]
        return self.array("struct setting", [*rows, "{NULL, NULL}"])

    def step(self, scenario: dict[str, Any], step: dict[str, Any]) -> str:
        """Write one step."""
        adds_known = step["do"] == "add_node" and "target" in step
        text = next((step[key] for key in TEXTS if key in step and not adds_known), None)
        kinds = [f"SEAFOAM_EVENT_BIT({word('EVENT_', kind)})" for kind in step.get("kinds", [])]
        data = payload(step)
        settings = "NULL"
        if step["do"] == "start":
            settings = self.settings(scenario, step)
        elif step["do"] == "set_tags":
            settings = self.pairs(list(step["tags"].items()))
        fields = (
            f"DO_{step['do'].upper()}",
            quoted(step.get("node")),
            quoted(step.get("as", step.get("on"))),
            quoted(text),
            quoted(step.get("value", step["target"] if adds_known else None)),
            self.texts(step.get("join", step.get("names"))),
            settings,
            quoted(data),
            str(len(data or b"")),
            " | ".join(kinds) or "0",
            word("STATUS_", step["status"]) if "status" in step else "-1",
            str(int(step.get("initial", -1))),
            str(step.get("members", step.get("capacity", -1))),
            str(step.get("within_millis", -1)),
            word("", step.get("error", "ok")),
            self.texts(step.get("says", [])),
        )
        return f"{{{', '.join(fields)}}}"

    def scenario(self, scenario: dict[str, Any]) -> str:
        """Write one scenario."""
        # A capacity of 0 stands for the default here: there is nothing to refuse.
        steps = [
            self.step(scenario, step) for step in scenario["steps"] if step.get("capacity") != 0
        ]
        expect = scenario["expect"].items()
        rows = [f"{{{quoted(stream)}, {self.texts(lines)}}}" for stream, lines in expect]
        same = "NULL"
        if "same" in scenario:
            groups = [self.texts(group) for group in scenario["same"]]
            same = self.array("char* const* const", [*groups, "NULL"])
        fields = (
            quoted(scenario["name"]),
            self.array("struct step", steps),
            str(len(steps)),
            self.array("struct expectation", [*rows, "{NULL, NULL}"]),
            same,
        )
        return f"{{{', '.join(fields)}}}"


def payload(step: dict[str, Any]) -> bytes | None:
    """Return what a step sends."""
    if step["do"] not in {"broadcast", "send"}:
        return None
    if "text" in step:
        return str(step["text"]).encode()
    return bytes.fromhex(step["hex"]) if "hex" in step else b"x" * int(step["fill"])


def size(scenario: dict[str, Any]) -> int:
    """Return how many nodes and streams there are; subjects of lines are fewer."""
    opened = sum(step["do"] == "subscribe" for step in scenario["steps"])
    return int(len(scenario["nodes"]) + opened + 2)


def header(listed: dict[str, Any]) -> str:
    """Write all tables."""
    if listed["format"] != FORMAT:
        raise SystemExit(f"the list has format {listed['format']}, and {FORMAT} is known")
    tables = Tables()
    for name in ("scenarios", "controls"):
        rows = [tables.scenario(each) for each in listed[name]]
        tables.lines.append(f"static const struct scenario {name}[] = {{{', '.join(rows)}}};")
    cases = [
        f"{{{quoted(case['what'])}, {tables.texts(case['lines'])}, {tables.texts(case['gives'])}}}"
        for case in listed["normalisation"]
    ]
    tables.lines.append(f"static const struct normalisation cases[] = {{{', '.join(cases)}}};")
    most = max(size(each) for name in ("scenarios", "controls") for each in listed[name])
    deadline = listed["deadline_millis"]
    tables.lines.append(f"enum {{ DEADLINE_MILLIS = {deadline}, MOST = {most + 1} }};")
    return '#include "scenario.h"\n\n' + "\n".join(tables.lines) + "\n"


if __name__ == "__main__":
    print(header(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))), end="")
