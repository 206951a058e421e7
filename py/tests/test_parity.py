"""The package offers what the manifest lists: nothing missing, nothing extra, nothing else."""

from __future__ import annotations

import inspect
import subprocess
import sys
from enum import IntEnum
from typing import Any, get_type_hints

import pytest
import seafoam
from seafoam import _native, blocking
from seafoam._options import LiveSetters, Options
from support import MANIFEST, TREE

ENUMERATIONS = {
    "error_codes": seafoam.ErrorCode,
    "event_kinds": seafoam.EventKind,
    "hints": seafoam.Hint,
    "leader_scopes": seafoam.LeaderScope,
    "link_directions": seafoam.LinkDirection,
    "log_levels": seafoam.LogLevel,
    "node_ranks": seafoam.NodeRank,
    "node_statuses": seafoam.NodeStatus,
    "profiles": seafoam.Profile,
    "term_qualities": seafoam.TermQuality,
    "validity_bases": seafoam.ValidityBasis,
    "validity_states": seafoam.ValidityState,
}
RECORDS: dict[str, Any] = {
    "node_fields": seafoam.Node,
    "lease_fields": seafoam.Lease,
    "validity_fields": seafoam.Validity,
    "why_fields": seafoam.Why,
    "receipt_fields": seafoam.Receipt,
}
CLASSES = [seafoam.Cluster, blocking.Cluster]
# What Python adds to the calls of every language.
OWN_CALLS = {"settings"}
# Names of arguments that Python has in another way.
OWN_ARGUMENTS = {"start": {"config"}}
# What Python adds: a receipt is asked for by an argument too, and a lead may be kept.
MORE_ARGUMENTS = {"broadcast": {"receipt", "timeout"}, "leadership": {"resign"}}


def fields(rows: list[dict[str, str]]) -> tuple[str, ...]:
    return tuple(row["name"] for row in rows)


@pytest.mark.parametrize("table", ENUMERATIONS)
def test_every_word_has_its_number(table: str) -> None:
    words = {str(member): member.value for member in ENUMERATIONS[table]}
    assert words == {row["name"]: row["number"] for row in MANIFEST[table]}


def test_no_vocabulary_is_missing() -> None:
    made = {value for value in vars(seafoam).values() if isinstance(value, type)}
    made = {value for value in made if issubclass(value, IntEnum) and value is not seafoam.Word}
    assert made == set(ENUMERATIONS.values())
    assert set(_native.vocabularies()) == {enumeration.__name__ for enumeration in made}


def test_a_word_prints_as_in_every_language() -> None:
    assert f"{seafoam.NodeStatus.DEAD}" == "dead"
    assert f"{seafoam.NodeStatus.DEAD:>6}" == "  dead"
    assert int(seafoam.NodeStatus.DEAD) == 3


def test_every_event_kind_has_its_class_and_fields() -> None:
    classes = {}
    for row in MANIFEST["event_kinds"]:
        name = f"{row['name'].title()}Event"
        classes[name] = fields(row["fields"])
    made = {name: cls.__match_args__ for name, cls in vars(_native).items() if name in classes}
    assert made == classes
    union = {cls.__name__ for cls in seafoam.Event.__args__}
    assert union == set(classes)
    assert all(getattr(seafoam, name) is getattr(_native, name) for name in classes)


@pytest.mark.parametrize("table", RECORDS)
def test_every_record_has_its_fields(table: str) -> None:
    expected = fields(MANIFEST[table])
    assert RECORDS[table].__match_args__ == expected
    assert all(hasattr(RECORDS[table], field) for field in expected)


def test_every_configuration_key() -> None:
    shared = ("name", "environment", "default", "accepts", "live", "available", "secret", "doc")
    rows = [{field: getattr(key, field) for field in shared} for key in seafoam.CONFIG_KEYS]
    assert rows == [{field: row[field] for field in shared} for row in MANIFEST["config_keys"]]
    assert list(Options.__annotations__) == [row["name"] for row in MANIFEST["config_keys"]]


@pytest.mark.parametrize("key", MANIFEST["config_keys"], ids=lambda key: str(key["name"]))
def test_every_key_is_a_keyword_argument(key: dict[str, Any]) -> None:
    given: dict[str, Any] = {key["name"]: key["default"] or None}
    assert isinstance(seafoam.Cluster(**given), seafoam.Cluster)
    given[key["name"]] = object()
    with pytest.raises(seafoam.SeafoamError):
        seafoam.Cluster(**given)


def test_every_setter() -> None:
    expected = {row["name"] for row in MANIFEST["setters"]}
    for cls in CLASSES:
        assert {name for name in dir(cls) if name.startswith("set_")} == expected
    generated = {name for name in vars(LiveSetters) if name.startswith("set_")}
    assert generated == expected - {"set_tags"}


@pytest.mark.parametrize("cls", CLASSES)
def test_every_call(cls: type[Any]) -> None:
    expected = {row["name"] for row in MANIFEST["cluster_calls"] if row["callable"]}
    setters = {row["name"] for row in MANIFEST["setters"]}
    made = {name for name in dir(cls) if not name.startswith("_")}
    assert made - OWN_CALLS == expected | setters


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize("row", MANIFEST["cluster_calls"], ids=lambda row: str(row["name"]))
def test_every_argument(cls: type[Any], row: dict[str, Any]) -> None:
    if not row["callable"]:
        assert not hasattr(cls, row["name"])
        return
    expected = {argument["name"] for argument in row["arguments"]}
    if row["name"] in OWN_ARGUMENTS:
        assert expected == OWN_ARGUMENTS[row["name"]]
        return
    made = set(inspect.signature(getattr(cls, row["name"])).parameters) - {"self"}
    if cls is blocking.Cluster and row["name"] in ("events", "leadership"):
        made.remove("timeout")  # which asyncio limits by itself
    assert made == expected | MORE_ARGUMENTS.get(row["name"], set())


@pytest.mark.parametrize("row", MANIFEST["cluster_calls"], ids=lambda row: str(row["name"]))
def test_what_waits_is_a_coroutine(row: dict[str, Any]) -> None:
    if not row["callable"] or row["name"] == "start":
        return
    call = getattr(seafoam.Cluster, row["name"])
    assert inspect.iscoroutinefunction(call) == row["waits"]
    assert not inspect.iscoroutinefunction(getattr(blocking.Cluster, row["name"]))


def test_every_process_call() -> None:
    for row in MANIFEST["process_calls"]:
        if row["name"] == "version":
            assert seafoam.__version__ == MANIFEST["version"]
            continue
        call = getattr(seafoam, row["name"])
        expected = {argument["name"] for argument in row["arguments"]}
        assert set(inspect.signature(call).parameters) == expected


def test_constants() -> None:
    assert {name: getattr(seafoam, name) for name in MANIFEST["constants"]} == MANIFEST["constants"]


def test_everything_listed_can_be_loaded() -> None:
    assert all(getattr(seafoam, name) is not None for name in seafoam.__all__)
    assert set(seafoam.__all__) <= set(dir(seafoam))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = seafoam.nonsense


def test_annotations_can_be_read() -> None:
    assert get_type_hints(seafoam.SeafoamError)["code"] is seafoam.ErrorCode


def test_generated_files_are_current() -> None:
    script = TREE / "py" / "tools" / "generate.py"
    done = subprocess.run(
        [sys.executable, script, "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, ""), f"run {script.name}: {done.stdout}"
