#!/usr/bin/env python3
"""Print a C++ program that holds the headers against include/seafoam-api.json.

Each call, setter, field, number and name of the manifest must be there with its types, which the
compiler tells; what the headers have beyond it must be named here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from generate import ENUMERATIONS, WORD_KEYS

INCLUDE = Path(__file__).resolve().parents[1] / "include"
MANIFEST: dict[str, Any] = json.loads((INCLUDE / "seafoam-api.json").read_text(encoding="utf-8"))

ENUMS = {kind: table for table, kind, _, _ in ENUMERATIONS}
# Types by the shapes of the manifest. As arguments: an expression of what a user would pass.
ARGUMENTS = {
    "Config": "any<const Config&>()",
    "u32": "std::uint32_t{1}",
    "u32 or none": "std::optional<std::uint32_t>()",
    "u8 or none": "std::optional<std::uint8_t>()",
    "bool": "true",
    "duration": "std::chrono::seconds(1)",
    "text": 'std::string_view("t")',
    "bytes or text": 'std::string_view("t")',
    "node argument": "any<const Node&>()",
    "NodeStatus": "NodeStatus::alive",
    "NodeRank or none": "std::optional<NodeRank>()",
    "LogLevel": "LogLevel::warn",
    "set of EventKind": "EventKinds{EventKind::status, EventKind::leader}",
    "map of text to text": "Tags()",
    "function of Event": "any<void (*)(const Event&)>()",
    "function of Node and NodeStatus": "any<void (*)(const Node&, NodeStatus)>()",
    "function of Node and bytes": "any<void (*)(const Node&, std::string_view)>()",
    "function of LogLevel and text, or none": "Logger()",
}
RESULTS = {
    "nothing": "void",
    "bool": "bool",
    "f64": "double",
    "text": "std::string",
    "text or none": "std::optional<std::string>",
    "u8": "std::uint8_t",
    "u8 or none": "std::uint8_t",
    "u16": "std::uint16_t",
    "u32": "std::uint32_t",
    "u64": "std::uint64_t",
    "Node or none": "std::optional<Node>",
    "Lease or none": "std::optional<Lease>",
    "list of Node": "std::vector<Node>",
    "list of KeyInfo": "std::vector<KeyInfo>",
    "list of MemberKeys": "std::vector<MemberKeys>",
    "list of text": "std::vector<std::string>",
    "list of Hint": "std::vector<Hint>",
    "list of u64": "std::vector<std::uint64_t>",
    "map of text to text": "Tags",
    "bytes": "std::string_view",
    "idiom of the language": "Leadership",
}
# Texts are views where the library keeps them, on the thing that they are asked of.
VIEWS = {"text": "std::string_view", "text or none": "std::optional<std::string_view>"}
# Public names that the manifest does not have: ways that do not throw, and what C++ asks for.
CLUSTER_EXTRA = {
    "try_start",
    "try_ready",
    "try_leave",
    "try_ping_node",
    "try_broadcast",
    "on_leadership",
    "raw",
}
PROCESS_EXTRA = {"version_number", "flush_log"}
NODE_EXTRA = {"is_healthy", "raw"}
EVENT_EXTRA = {"kind", "raw"}


def same(expression: str, wanted: str) -> str:
    """The expression compiles and has this type."""
    return f"static_assert(std::is_same_v<decltype({expression}), {wanted}>);"


def result(shape: str) -> str:
    """The type of a result of this shape."""
    return RESULTS.get(shape, shape)


def call(row: dict[str, Any], on: str) -> str:
    """A call with arguments of its shapes gives a result of its shape."""
    arguments = ", ".join(ARGUMENTS[argument["shape"]] for argument in row["arguments"])
    wanted = result(row["returns"])
    if row["name"] == "version":
        wanted = VIEWS["text"]  # static
    return same(f"{on}{row['name']}({arguments})", wanted)


def types() -> Iterator[str]:
    """What the compiler decides."""
    for row in MANIFEST["cluster_calls"]:
        on = "Cluster::" if row["name"] == "start" else "any<const Cluster&>()."
        yield call(row, on)
    for row in MANIFEST["keyring_calls"]:
        # `use` is no reserved word here.
        yield call({**row, "name": row["name"].removesuffix("_key")}, "any<const Keyring&>().")
    for row in MANIFEST["process_calls"]:
        yield call(row, "seafoam::")
    for row in MANIFEST["config_keys"]:
        kind = WORD_KEYS.get(row["name"], "")
        value = f"any<{kind}>()" if kind else CONFIG_VALUES[row["shape"]]
        yield same(f"any<Config&>().{row['name']}({value})", "Config&")
    for row in MANIFEST["setters"]:
        key = next(key for key in MANIFEST["config_keys"] if key["name"] == row["key"])
        kind = WORD_KEYS.get(row["key"], "")
        value = f"any<{kind}>()" if kind else CONFIG_VALUES[key["shape"]]
        yield same(f"any<const Cluster&>().{row['name']}({value})", "void")
    for table, kind in (("key_info", "KeyInfo"), ("member_keys", "MemberKeys")):
        for row in MANIFEST[f"{table}_fields"]:
            yield same(f"{kind}::{row['name']}", result(row["shape"]))
    yield from fields()


def fields() -> Iterator[str]:
    """Fields of snapshots and events."""
    for row in MANIFEST["node_fields"]:
        wanted = VIEWS.get(row["shape"], result(row["shape"]))
        yield same(f"any<const Node&>().{row['name']}()", wanted)
    for table, kind in (
        ("lease", "Lease"),
        ("validity", "Validity"),
        ("why", "Why"),
        ("receipt", "Receipt"),
    ):
        for row in MANIFEST[f"{table}_fields"]:
            yield same(f"{kind}::{row['name']}", result(row["shape"]))
    for event in MANIFEST["event_kinds"]:
        if event["name"] == "validity":
            assert event["fields"] == MANIFEST["validity_fields"], "one type for both"
            yield same("any<const Event&>().validity()", "std::optional<Validity>")
            continue
        for row in event["fields"]:
            shape = row["shape"].removesuffix(" or none")
            wanted = f"std::optional<{VIEWS.get(shape, result(shape))}>"
            if event["name"] == "closed":
                wanted = "std::optional<Error>"  # the text with its code
            wanted = wanted.replace("<bytes>", "<std::string_view>")
            yield same(f"any<const Event&>().{row['name']}()", wanted)


CONFIG_VALUES = {
    "text": '"t"',
    "integer": "9999",
    "bool": "true",
    "list of text": '{"a", "b"}',
    "list of integer": "{1, 2}",
    "map of text to text": '{{"a", "b"}}',
}


def numbers() -> Iterator[str]:
    """Values of enumerations and constants."""
    for kind, table in ENUMS.items():
        for row in MANIFEST[table]:
            value = f"{kind}::{row['name']}"
            yield f"static_assert(static_cast<int>({value}) == {row['number']});"
    for name, value in MANIFEST["constants"].items():
        yield f"static_assert(std::equal_to<>()(seafoam::{name.lower()}, {value}));"
    for name, value in MANIFEST["limits"].items():
        yield f"static_assert(seafoam::limits::{name} == {value});"


def names() -> Iterator[str]:
    """What only a running program tells: the words of values, and the rows of the statistics."""
    for kind, table in ENUMS.items():
        for row in MANIFEST[table]:
            yield f'  CHECK(name({kind}::{row["name"]}) == "{row["name"]}");'


def public_names(header: str, opening: str) -> set[str]:
    """Functions of the public part of a class, by the shape of our sources."""
    text = (INCLUDE / "seafoam" / header).read_text(encoding="utf-8")
    body = text[text.index(opening) :]
    body = body[: body.index("\n}")]
    if "public:" in body:
        body = body[body.index("public:") :].split("\nprivate:")[0]
    body = re.sub(r"//.*", "", body)
    # Members stand two blanks deep, and what is inside of them deeper; a constructor has no type.
    found = re.findall(r"^  (?! )(?!explicit)[\w:<>,&* ]+[ &*](\w+)\(", body, re.MULTILINE)
    return set(found)


def check_extras() -> None:
    """Raise where a header has a name that neither the manifest nor this file has."""
    calls = {row["name"] for row in MANIFEST["cluster_calls"]}
    event_fields = {row["name"] for kind in MANIFEST["event_kinds"] for row in kind["fields"]}
    event_fields -= {row["name"] for row in MANIFEST["validity_fields"]}
    wanted = (
        ("cluster.hpp", "class Cluster :", calls | CLUSTER_EXTRA),
        ("node.hpp", "class Node {", {row["name"] for row in MANIFEST["node_fields"]} | NODE_EXTRA),
        ("event.hpp", "class Event {", event_fields | {"validity"} | EVENT_EXTRA),
    )
    for header, opening, names_wanted in wanted:
        found = public_names(header, opening)
        assert found == names_wanted, f"{header}: {sorted(found ^ names_wanted)}"
    text = (INCLUDE / "seafoam" / "process.hpp").read_text(encoding="utf-8")
    found = set(re.findall(r"^inline .*?(\w+)\(", text, re.MULTILINE))
    process = {row["name"] for row in MANIFEST["process_calls"]} | PROCESS_EXTRA
    assert found == process, f"process.hpp: {sorted(found ^ process)}"
    setters = (INCLUDE / "seafoam" / "settings.hpp").read_text(encoding="utf-8")
    found = set(re.findall(r"^  Self& (\w+)\(.*value\)", setters, re.MULTILINE))
    keys = {row["name"] for row in MANIFEST["config_keys"]}
    assert found == keys, f"settings.hpp: {sorted(found ^ keys)}"


def check_layouts() -> None:
    """Raise where a struct of seafoam.h has a layout that nothing holds against the library's."""
    text = (INCLUDE / "seafoam.h").read_text(encoding="utf-8")
    held = (INCLUDE.parent / "ffi-c" / "abi" / "layout.h").read_text(encoding="utf-8")
    structs = set(re.findall(r"^\} (\w+);", text, re.MULTILINE))
    assert len(structs) == len(re.findall(r"\b(?:struct|union)\b[^;(]*\{", text)), "named alike"
    loose = sorted(name for name in structs if f"sizeof({name})" not in held)
    assert not loose, f"layouts that nothing holds against the library's: {loose}"
    assert re.search(r"typedef struct seafoam_cluster seafoam_cluster;", text), "it was read"


PROGRAM = """\
#include <functional>
#include <type_traits>

#include "nodes.hpp"

using namespace seafoam;

template <class T> T any();

{types}
{numbers}

static void words_equal_the_tables() {{
{names}
}}

static void statistics_equal_the_table() {{
  const std::vector<std::pair<std::string_view, bool>> wanted{{{stats}}};
  const auto rows = nodes::start("parity", "a").stats().rows();
  REQUIRE(rows.size() == wanted.size());
  for (std::size_t i = 0; i < rows.size(); i++) {{
    CHECK(rows[i].name == wanted[i].first && rows[i].is_counter == wanted[i].second);
  }}
}}

static void the_version_is_that_of_the_manifest() {{
  CHECK(seafoam::version() == "{version}");
}}

int main() {{
  RUN(words_equal_the_tables);
  RUN(statistics_equal_the_table);
  RUN(the_version_is_that_of_the_manifest);
  check::passed += {compiled}; // the assertions above, which the compiler took
  return check::report();
}}
"""


def main() -> None:
    """Print the program."""
    check_extras()
    check_layouts()
    type_checks, number_checks = list(types()), list(numbers())
    stats = ", ".join(
        f'{{"{row["name"]}", {str(row["kind"] == "counter").lower()}}}' for row in MANIFEST["stats"]
    )
    print(
        PROGRAM.format(
            types="\n".join(type_checks),
            numbers="\n".join(number_checks),
            names="\n".join(names()),
            stats=stats,
            version=MANIFEST["version"],
            compiled=len(type_checks) + len(number_checks),
        )
    )


if __name__ == "__main__":
    main()
