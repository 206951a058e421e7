#!/usr/bin/env python3
"""Make the headers whose words come from include/seafoam-api.json: words.hpp and settings.hpp.

usage: generate.py [--check]
Without arguments it rewrites them; with --check it compares them with the committed ones.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from textwrap import wrap
from typing import Any

TREE = Path(__file__).resolve().parents[1]
INCLUDE = TREE / "include"
MANIFEST = json.loads((INCLUDE / "seafoam-api.json").read_text(encoding="utf-8"))
WIDTH = 100
HEAD = """\
// SPDX-License-Identifier: Apache-2.0
// Made by cpp/generate.py from seafoam-api.json; not to be edited.
"""

# Table of the manifest, type here, function of the C library that names a value, what it is.
ENUMERATIONS = (
    ("error_codes", "ErrorCode", "seafoam_code_name", "What a call came to."),
    ("node_statuses", "NodeStatus", "seafoam_status_name", "What a process believes of a node."),
    ("node_ranks", "NodeRank", "seafoam_rank_name", "The role of a node."),
    ("event_kinds", "EventKind", "seafoam_event_kind_name", "What an event is about."),
    ("log_levels", "LogLevel", "seafoam_log_level_name", "How grave a log line is."),
    (
        "validity_states",
        "ValidityState",
        "seafoam_validity_state_name",
        "Whether this side of a partition may act.",
    ),
    (
        "validity_bases",
        "ValidityBasis",
        "seafoam_validity_basis_name",
        "Where the list of lighthouses comes from.",
    ),
    (
        "term_qualities",
        "TermQuality",
        "seafoam_term_quality_name",
        "How far a lease's term can be trusted.",
    ),
    (
        "link_directions",
        "LinkDirection",
        "seafoam_link_direction_name",
        "Which way a link works.",
    ),
    (
        "hints",
        "Hint",
        "seafoam_hint_name",
        "What the kernel of a silent node's host did with a TCP connection.",
    ),
    ("leader_scopes", "LeaderScope", None, "For whom a leader leads."),
    ("profiles", "Profile", None, "A set of timing defaults."),
)
# The type of a configuration value by its shape, and how it becomes a text.
SHAPES = {
    "text": ("std::string_view", "value"),
    "integer": ("std::int64_t", "std::to_string(value)"),
    "bool": ("detail::Flag", "value.text()"),
    "list of text": ("const detail::List&", "value.text()"),
    "list of integer": ("const std::vector<std::int64_t>&", "detail::joined(value)"),
    "map of text to text": ("const Tags&", "detail::joined(value)"),
}
WORD_KEYS = {"log_level": "LogLevel", "leader_scope": "LeaderScope", "profile": "Profile"}


def comment(text: str, indent: str = "") -> str:
    """A text as a documentation comment."""
    lines = [line for part in text.split("\n") for line in wrap(part, WIDTH - len(indent) - 4)]
    return "".join(f"{indent}/// {line}\n" for line in lines)


def enumeration(table: str, kind: str, namer: str | None, doc: str) -> str:
    """One enumeration with the function that names its values."""
    rows: list[dict[str, Any]] = list(MANIFEST[table])
    if table == "error_codes":
        rows.insert(0, {"name": "ok", "number": 0, "doc": "The call did what it was asked to."})
    text = comment(f"{doc} Later versions may add values.")
    text += f"enum class {kind} : std::int32_t {{\n"
    for row in rows:
        text += comment(row["doc"], "  ") + f"  {row['name']} = {row['number']},\n"
    text += "};\n\n"
    text += comment(f"Its word, such as `{rows[-1]['name']}`; `?` for a number that is none.")
    text += f"inline std::string_view name({kind} value) noexcept {{\n"
    if namer is None:
        text += "  switch (value) {\n"
        for row in rows:
            text += f'  case {kind}::{row["name"]}:\n    return "{row["name"]}";\n'
        text += '  }\n  return "?";\n}\n'
    else:
        text += f"  return {namer}(static_cast<int>(value));\n}}\n"
    text += f"inline std::ostream& operator<<(std::ostream& out, {kind} value) {{\n"
    return text + "  return out << name(value);\n}\n"


def words() -> str:
    """The enumerations and constants."""
    text = HEAD + "#ifndef SEAFOAM_WORDS_HPP\n#define SEAFOAM_WORDS_HPP\n\n"
    text += "#include <cstdint>\n#include <ostream>\n#include <string_view>\n\n"
    text += '#include "../seafoam.h"\n\nnamespace seafoam {\n\n'
    text += "\n".join(enumeration(*row) for row in ENUMERATIONS) + "\n"
    constants = MANIFEST["constants"]
    text += comment("`Node::ping_millis` of a node that was not pinged yet.")
    text += f"inline constexpr double ping_no_data = {constants['PING_NO_DATA']};\n"
    text += comment("`Node::ping_millis` of a node whose last ping timed out.")
    text += f"inline constexpr double ping_timed_out = {constants['PING_TIMED_OUT']};\n"
    text += comment("`Node::datacenter` of a node that was not assigned to one.")
    text += f"inline constexpr std::uint8_t datacenter_none = {constants['DATACENTER_NONE']};\n\n"
    text += comment("Bounds; each is named with its unit, those without count things.")
    text += "namespace limits {\n"
    for name, value in MANIFEST["limits"].items():
        text += f"inline constexpr std::int64_t {name} = {value};\n"
    return text + "}  // namespace limits\n\n}  // namespace seafoam\n\n#endif\n"


def setter(row: dict[str, Any], prefix: str, result: str, tail: str) -> str:
    """The setter of one key, for a configuration or for a running cluster."""
    name = row["name"]
    if row["shape"] == "word":
        kind, text = WORD_KEYS[name], "seafoam::name(value)"
    else:
        kind, text = SHAPES[row["shape"]]
    default = f"default `{row['default']}`" if row["default"] else "no default"
    when = "can be changed while the cluster runs" if row["live"] else "fixed at start"
    doc = comment(f"{row['doc']}\nTakes {row['accepts']}; {default}; {when}.", "  ")
    back = "" if result == "void" else "return "
    body = f'self().set("{name}", {text});'
    return f"{doc}  {result} {prefix}{name}({kind} value){tail} {{\n    {back}{body}\n  }}\n"


def base(name: str, doc: str, setters: str, const: str) -> str:
    """A base class that its heir's `set` gives life to."""
    return (
        f"{comment(doc)}template <class Self> class {name} {{\npublic:\n{setters}\n"
        f"protected:\n  ~{name}() = default;\n\nprivate:\n"
        f"  {const}Self& self(){' const' if const else ''} {{\n"
        f"    return static_cast<{const}Self&>(*this);\n  }}\n}};\n"
    )


def settings() -> str:
    """The setters of all configuration keys."""
    text = HEAD + "#ifndef SEAFOAM_SETTINGS_HPP\n#define SEAFOAM_SETTINGS_HPP\n\n"
    text += '#include "values.hpp"\n#include "words.hpp"\n\nnamespace seafoam {\n\n'
    keys = {row["name"]: row for row in MANIFEST["config_keys"]}
    typed = "\n".join(setter(row, "", "Self&", "") for row in keys.values())
    text += base("ConfigSetters", "One setter for each key of the configuration.", typed, "")
    # Tags have a call of their own, which takes any text.
    live = [keys[row["key"]] for row in MANIFEST["setters"] if row["key"] != "tags"]
    typed = "\n".join(setter(row, "set_", "void", " const") for row in live)
    doc = "One setter for each key that a cluster can change."
    text += "\n" + base("LiveSetters", doc, typed, "const ")
    return text + "\n}  // namespace seafoam\n\n#endif\n"


def main(argv: list[str]) -> int:
    """Write or compare both files."""
    made = {"words.hpp": words(), "settings.hpp": settings()}
    stale = 0
    for name, text in made.items():
        path = INCLUDE / "seafoam" / name
        current = path.read_text(encoding="utf-8") if path.exists() else ""
        if argv == ["--check"]:
            if current != text:
                stale += 1
                print(f"include/seafoam/{name} is not what the manifest makes: cpp/generate.py")
        elif current != text:
            path.write_text(text, encoding="utf-8")
    print(f"{len(made) - stale} passed, {stale} failed")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
