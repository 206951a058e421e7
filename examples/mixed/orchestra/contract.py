"""What a `member` program says and understands, the same in every language; see ../../README.md."""

from __future__ import annotations

import json
from dataclasses import dataclass

LEAVE = "leave"
QUIT = "quit"


class ContractError(Exception):
    """A line of a member that the contract does not know."""


@dataclass(frozen=True)
class Started:
    """The first line: the member listens."""

    node: str
    address: str
    generation: int

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.address.rpartition(":")[2])


@dataclass(frozen=True)
class Status:
    """A node has another status for this member."""

    node: str
    status: str
    previous: str
    generation: int


@dataclass(frozen=True)
class Broadcast:
    """This member received a payload."""

    origin: str
    text: str


@dataclass(frozen=True)
class Left:
    """This member has left, as it was told to."""


Event = Started | Status | Broadcast | Left


def broadcast(text: str) -> str:
    """Tell a member to broadcast this text."""
    return f"broadcast {text}"


def parse(line: str) -> Event:
    """Read one line of a member's standard output."""
    try:
        row = json.loads(line)
    except ValueError as error:
        raise ContractError(f"not JSON: {line!r}") from error
    if not isinstance(row, dict):
        raise ContractError(f"not an object: {line!r}")
    kind = row.get("event")
    if kind == "started":
        address = _text(row, "address")
        if not address.rpartition(":")[2].isdigit():
            raise ContractError(f"address without a port: {line!r}")
        return Started(_text(row, "node"), address, _number(row, "generation"))
    if kind == "status":
        node, status, previous = (_text(row, key) for key in ("node", "status", "previous"))
        return Status(node, status, previous, _number(row, "generation"))
    if kind == "broadcast":
        return Broadcast(_text(row, "origin"), _text(row, "text"))
    if kind == "left":
        return Left()
    raise ContractError(f"unknown event: {line!r}")


def _text(row: dict[str, object], key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str):
        raise ContractError(f"{key} is no text in {row}")
    return value


def _number(row: dict[str, object], key: str) -> int:
    value = row.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ContractError(f"{key} is no whole number in {row}")
    return value
