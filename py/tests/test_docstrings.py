"""Everything public says what it does: shapes, units, errors."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Iterator
from types import ModuleType

import pytest
import seafoam
from seafoam import blocking, sim

SHORTEST = 12


def members(name: str, owner: object) -> Iterator[tuple[str, object]]:
    """Yield what a public class has of its own and of its hidden bases."""
    if not inspect.isclass(owner):
        return
    for base in owner.__mro__:
        if not base.__module__.startswith("seafoam"):
            continue
        for key, value in vars(base).items():
            if key.startswith("_"):
                continue
            if isinstance(value, enum.Enum) or not (callable(value) or hasattr(value, "__get__")):
                continue
            yield f"{name}.{key}", value


def public(module: ModuleType) -> dict[str, object]:
    """Return every public item of a module by name, with those of its classes."""
    names = getattr(module, "__all__", None) or [
        key
        for key, value in vars(module).items()
        if getattr(value, "__module__", "") == module.__name__
    ]
    found: dict[str, object] = {}
    for name in names:
        value = getattr(module, name)
        if name.startswith("_") or not (callable(value) or isinstance(value, ModuleType)):
            continue
        found[f"{module.__name__}.{name}"] = value
        found.update(members(f"{module.__name__}.{name}", value))
    return found


ITEMS = {**public(seafoam), **public(blocking), **public(sim)}


def text_of(item: object) -> str:
    """Return the docstring that was written for the item itself."""
    return (item.__doc__ or "") if hasattr(item, "__doc__") else ""


@pytest.mark.parametrize("name", ITEMS)
def test_it_is_described(name: str) -> None:
    text = text_of(ITEMS[name])
    assert len(text) >= SHORTEST, f"{name} has no docstring: {text!r}"


# What fails with more than the codes that any call may have (`closed`, `forked`).
FAIL = (
    *("ready", "leave", "ping_node", "send", "resign", "transfer_leadership", "add_node"),
    *("remove_node", "update_node_status", "touch_node", "broadcast", "set_tags", "why", "get"),
    *("set", "events", "on_event", "broadcast_with_receipt"),
)


@pytest.mark.parametrize("call", FAIL)
@pytest.mark.parametrize("cls", [seafoam.Cluster, blocking.Cluster])
def test_it_says_how_it_fails(cls: type[object], call: str) -> None:
    text = text_of(getattr(cls, call))
    codes = {str(code) for code in seafoam.ErrorCode}
    assert any(f"`{code}`" in text for code in codes), f"{call} names no error: {text!r}"


def test_there_is_something_to_check() -> None:
    assert len(ITEMS) > 200
    for name in (
        "seafoam.Cluster.broadcast",
        "seafoam.blocking.Cluster.ready",
        "seafoam.Node.port",
    ):
        assert name in ITEMS


class _Bare:
    def call(self) -> None:
        pass


def test_the_check_can_fail() -> None:
    assert not text_of(_Bare.call)
