#!/usr/bin/env python3
"""Find public items of the headers for C and C++ that are not documented as they should be.

In C every type, constant and function has a comment; a function says which threads may call it, how
it fails where it can, and whose its results are where it gives any away. In C++ every class and
function has one, but constructors, operators, and overloads of what was documented right above.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
HEADER = Path("include/seafoam.h")
PAGE = Path("docs/c.md")
FUNCTION = re.compile(
    r"(?P<comment>/\*\*(?:(?!\*/).)*\*/)?\s*^(?P<result>[a-z][\w ]*?[ *]+)(?P<name>seafoam_\w+)\("
    r"(?P<arguments>[^;{}]*)\);$",
    re.MULTILINE | re.DOTALL,
)
ITEM = re.compile(
    r"^(?:typedef .*?\b(?P<type>seafoam_\w+)\b.*;|  (?P<constant>SEAFOAM_\w+) = .*,"
    r"|#define (?P<macro>SEAFOAM_\w+)\b.*)$"
)
# Constants that come in groups: the first of a group has the comment, or the introduction.
GROUPED = re.compile(r"SEAFOAM_(H|LIMIT_\w+|ENV_\w+|DEFAULT_\w+|VERSION_(MAJOR|MINOR|PATCH))")
# An argument through which the caller is given something to free.
GIVEN = re.compile(r"(?<!const )\b(?:seafoam_(?!error\b)\w+|char) \*\*")
METHOD = re.compile(
    r"^ {0,2}(?! )(?:template <[^>]*>\s*)?(?:static |inline |constexpr |explicit )*"
    r"(?!return\b|using\b|throw\b|friend\b|struct\b|if\b|for\b)(?P<result>[\w:<>,&* ]+?[&* ]+)"
    r"(?P<name>\w+)\([^;]*$"
)
CLASS = re.compile(
    r"^(?:template <[^>]*> )?(?:enum class|class|struct) (?:\[\[\w+\]\] )?(?P<name>\w+)[^;]*$"
)


def untold(found: re.Match[str]) -> Iterator[str]:
    """Say what the comment of a function leaves out."""
    comment, arguments = found["comment"], found["arguments"]
    if comment is None:
        yield "has no comment"
        return
    text = comment.lower()
    if "threads" not in text:
        yield "does not say which threads may call it"
    if "seafoam_error **error" in arguments and "errors" not in text:
        yield "does not say how it fails"
    is_pointer = "*" in found["result"] and not found["name"].endswith("_free")
    if (is_pointer or GIVEN.search(arguments)) and "ownership" not in text:
        yield "does not say whose its result is"


def c_complaints(text: str) -> Iterator[str]:
    """Go through the header for C."""
    functions = list(FUNCTION.finditer(text.split('extern "C" {')[-1]))
    for found in functions:
        for what in untold(found):
            yield f"{HEADER}: {found['name']} {what}"
    if not functions:
        yield f"{HEADER}: no function was found"
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        item = ITEM.match(line)
        name = next(filter(None, item.groups()), "") if item else ""
        if not name or GROUPED.fullmatch(name):
            continue
        before = lines[number - 2].strip()
        if not before.endswith("*/") and not (name in before or before.startswith("#define")):
            yield f"{HEADER}:{number}: {name} has no comment"


def hpp_complaints(path: Path, text: str) -> Iterator[str]:
    """Go through one header for C++: what is public, outside of `detail`."""
    hidden, public, last = False, True, ""
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        if line.startswith(("namespace detail", "} // namespace detail")):
            hidden = line.startswith("namespace")
        if line.strip() in {"public:", "private:", "protected:"}:
            public = line.strip() == "public:"
        item = CLASS.match(line)
        if item:
            public = not line.startswith("class")
        item = item or (METHOD.match(line) if public else None)
        if hidden or item is None or "operator" in line or "= delete" in line:
            continue
        documented = lines[number - 2].strip().startswith(("///", "template", "//"))
        if not documented and item["name"] != last:
            yield f"{path}:{number}: {item['name']} has no comment"
        last = item["name"]


def page_complaints(header: str, page: str) -> Iterator[str]:
    """Find functions that the page of the language does not name."""
    for found in FUNCTION.finditer(header.split('extern "C" {')[-1]):
        if f"`{found['name']}`" not in page:
            yield f"{PAGE}: {found['name']} is not named"


def main() -> int:
    """Check all headers and print the counts."""
    header = (TREE / HEADER).read_text(encoding="utf-8")
    wrong = list(c_complaints(header))
    wrong += page_complaints(header, (TREE / PAGE).read_text(encoding="utf-8"))
    paths = sorted((TREE / "include" / "seafoam").glob("*.hpp"))
    for path in paths:
        wrong += hpp_complaints(path.relative_to(TREE), path.read_text(encoding="utf-8"))
    for line in wrong:
        print(line)
    print(f"{len(paths) + 1 if not wrong else 0} passed, {len(wrong)} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
