#!/usr/bin/env python3
"""Compare what the documentation shows with what it shows it of; with --fix, rewrite it.

Tables stand between `<!-- table: NAME -->` and `<!-- end -->` and come from the manifest. Programs
stand between `<!-- program: FILE -->` and `<!-- end -->` and are cut out of files that are compiled
and run, from a comment `snippet` to a comment `end`. Links must lead to files that are there.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sources import Tree  # the path above makes it importable

TREE = Path(__file__).resolve().parents[2]
MANIFEST = Path("include/seafoam-api.json")
BLOCK = re.compile(
    r"^<!-- (?P<kind>table|program): (?P<name>\S+) -->\n(?P<body>.*?)^<!-- end -->$",
    re.MULTILINE | re.DOTALL,
)
LINK = re.compile(r"\[[^\]\n]*\]\((?P<target>[^)\s]+)\)")
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
SNIPPET = re.compile(
    r"^[ \t]*(?://|#|/\*) snippet\b[^\n]*\n(?P<code>.*?)^[ \t]*(?://|#|/\*) end\b", re.M | re.S
)
FENCES = {".rs": "rust", ".c": "c", ".cpp": "cpp", ".py": "python", ".mjs": "js", ".go": "go"}

Row = dict[str, Any]
Table = Callable[[Row], Iterator[tuple[str, ...]]]


class UnknownBlockError(Exception):
    """A block whose source is not there."""


def _code(text: object) -> str:
    return f"`{text}`" if text not in ("", None) else ""


def _config(api: Row) -> Iterator[tuple[str, ...]]:
    yield "key", "environment", "default", "takes", "changes at run time", "meaning"
    for key in api["config_keys"]:
        live = "yes" if key["live"] else ""
        words = (_code(key["name"]), _code(key["environment"]), _code(key["default"]))
        yield *words, key["accepts"], live, key["doc"]


def _stats(api: Row) -> Iterator[tuple[str, ...]]:
    yield "name", "kind", "meaning"
    for row in api["stats"]:
        yield _code(row["name"]), row["kind"], row["doc"]


def _events(api: Row) -> Iterator[tuple[str, ...]]:
    yield "kind", "number", "fields", "meaning"
    for row in api["event_kinds"]:
        fields = ", ".join(f"{_code(field['name'])} {field['shape']}" for field in row["fields"])
        yield _code(row["name"]), str(row["number"]), fields, row["doc"]


def _node(api: Row) -> Iterator[tuple[str, ...]]:
    yield "field", "shape"
    for row in api["node_fields"]:
        yield _code(row["name"]), row["shape"]


def _calls(api: Row, key: str = "cluster_calls") -> Iterator[tuple[str, ...]]:
    yield "call", "returns", "waits", "meaning"
    for row in api[key]:
        words = ", ".join(f"{each['name']}: {each['shape']}" for each in row["arguments"])
        waits = "yes" if row["waits"] else ""
        yield _code(f"{row['name']}({words})"), row["returns"], waits, row["doc"]


# Of a declaration in the header for C: the first sentence of its comment, and its name.
C_FUNCTION = re.compile(
    r"/\*\*\n \* (?P<doc>(?:(?!\*/)[^.]|\.(?=\S))+)\.(?:(?!\*/).)*\*/\n"
    r"(?P<result>[a-z][\w ]*?[ *]+)(?P<name>seafoam_\w+)\((?P<arguments>[^;]*)\);",
    re.DOTALL,
)


def _c_functions(api: Row) -> Iterator[tuple[str, ...]]:
    """Every function of the header, which has them all from the tables that `api` has."""
    yield "function", "what it does"
    text = (TREE / MANIFEST).with_name("seafoam.h").read_text(encoding="utf-8")
    for found in C_FUNCTION.finditer(text):
        yield _code(found["name"]), " ".join(found["doc"].replace("\n *", " ").split()) + "."


def _words(key: str) -> Table:
    def table(api: Row) -> Iterator[tuple[str, ...]]:
        yield "word", "number", "meaning"
        for row in api[key]:
            yield _code(row["name"]), str(row["number"]), row["doc"]

    return table


TABLES: dict[str, Table] = {
    "c-functions": _c_functions,
    "config": _config,
    "stats": _stats,
    "events": _events,
    "node": _node,
    "calls": _calls,
    "process-calls": lambda api: _calls(api, "process_calls"),
    "errors": _words("error_codes"),
    "statuses": _words("node_statuses"),
    "ranks": _words("node_ranks"),
    "profiles": _words("profiles"),
    "log-levels": _words("log_levels"),
}


def table(api: Row, name: str) -> str:
    """Draw one table of the manifest."""
    if name not in TABLES:
        raise UnknownBlockError(f"no table {name}; there are {', '.join(sorted(TABLES))}")
    header, *rows = TABLES[name](api)
    lines = [header, ("---",) * len(header), *rows]
    cells = ([cell.replace("|", "\\|") for cell in line] for line in lines)
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)


def program(top: Path, name: str) -> str:
    """Cut the part that readers should see out of a program."""
    path = top / name
    found = SNIPPET.search(path.read_text(encoding="utf-8")) if path.is_file() else None
    if found is None:
        raise UnknownBlockError(f"{name} has no part from `snippet` to `end`")
    code = textwrap.dedent(found["code"]).rstrip()
    return f"```{FENCES[path.suffix]}\n{code}\n```\n"


def renewed(text: str, top: Path, api: Row) -> str:
    """Return a page with all of its blocks as they should be."""

    def block(found: re.Match[str]) -> str:
        kind, name = found["kind"], found["name"]
        body = table(api, name) if kind == "table" else program(top, name)
        return f"<!-- {kind}: {name} -->\n{body}<!-- end -->"

    return BLOCK.sub(block, text)


def dead_links(text: str, page: Path, top: Path) -> list[str]:
    """Links of a page that lead to no file."""
    targets = (found["target"] for found in LINK.finditer(CODE.sub("", text)))
    local = (target.partition("#")[0] for target in targets if "://" not in target)
    return [each for each in local if each and not (top / page.parent / each).exists()]


def complaints(page: Path, top: Path, api: Row, fix: bool) -> Iterator[str]:
    """Say what is wrong with one page, and mend what can be mended."""
    text = (top / page).read_text(encoding="utf-8")
    try:
        right = renewed(text, top, api)
    except UnknownBlockError as error:
        yield str(error)
        return
    if right != text and fix:
        (top / page).write_text(right, encoding="utf-8")
    elif right != text:
        yield "not what its sources say now; `make bless` rewrites it"
    for link in dead_links(text, page, top):
        yield f"the link to {link} leads nowhere"


def main(argv: list[str]) -> int:
    """Check or fix each page, and print the counts."""
    pages = [path for path in Tree(TREE).files if path.suffix == ".md"]
    api: Row = json.loads((TREE / MANIFEST).read_text(encoding="utf-8"))
    blocks = failed = 0
    for page in pages:
        wrong = list(complaints(page, TREE, api, fix=argv == ["--fix"]))
        for line in wrong:
            print(f"{page}: {line}")
        failed += bool(wrong)
        blocks += len(BLOCK.findall((TREE / page).read_text(encoding="utf-8")))
    if blocks == 0:
        print("no page has a generated block: nothing was compared")
        failed += 1
    print(f"{max(len(pages) - failed, 0)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
