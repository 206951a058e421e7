"""Find the functions of a file and their lengths, as far as can be told without a compiler."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tidyrules.mask import mask

_RUST = re.compile(r"\bfn\s+(?:r#)?(?P<name>\w+)")
_GO = re.compile(r"^func\b(?:\s*\([^)]*\))?\s*(?P<name>\w+)", re.MULTILINE)
_NOT_FUNCTIONS = frozenset({"if", "for", "while", "switch", "catch", "with", "await"})
_AFTER_PARAMETERS = re.compile(
    r"\)\s*(?:(?:const|noexcept|override|final|mutable)\s*)*"  # C++
    r"(?:->\s*[\w:<>*&,\s]+|:\s*[\w<>\[\]|.,\s]+)?$"  # C++ and TypeScript results
)
# The callback of a test group holds tests; it is a chapter, not a function.
_GROUP = re.compile(
    r"\b(?:describe|suite)(?:\.\w+)?\((?:[^(){}]|\{[^{}]*\})*"
    r"(?:async\s*)?(?:\([^()]*\)\s*=>|function\s*\w*\s*\([^()]*\))\s*$"
)
_LOOK_BACK = 400


@dataclass(frozen=True)
class Function:
    """A function and the lines that it takes."""

    name: str
    line: int
    lines: int


def functions(text: str, suffix: str) -> list[Function]:
    """Return the functions of a file; none for a language that is not known."""
    if suffix in {".py", ".pyi"}:
        return list(_python(text))
    masked = mask(text, suffix)
    if suffix == ".rs":
        return list(_named(masked, _RUST))
    if suffix == ".go":
        return list(_named(masked, _GO))
    if suffix in {".c", ".h", ".cc", ".cpp", ".hpp", ".js", ".mjs", ".cjs", ".ts", ".mts"}:
        return list(_braced(masked))
    return []


def _python(text: str) -> Iterator[Function]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            end = node.end_lineno or node.lineno
            yield Function(node.name, node.lineno, end - node.lineno + 1)


def _named(masked: str, header: re.Pattern[str]) -> Iterator[Function]:
    """Functions that a keyword announces; the body opens at the first brace outside parentheses."""
    for match in header.finditer(masked):
        opened = _body(masked, match.end())
        if opened is not None:
            yield _function(masked, match["name"], match.start(), opened)


def _body(masked: str, start: int) -> int | None:
    depth = 0
    for position in range(start, len(masked)):
        char = masked[position]
        if char in "([":
            depth += 1
        elif char in ")]":
            depth -= 1
        elif depth == 0 and char == ";":
            return None
        elif depth == 0 and char == "{":
            return position
    return None


def _braced(masked: str) -> Iterator[Function]:
    """Functions that only their shape announces: parameters or an arrow before a brace."""
    for match in re.finditer(r"\{", masked):
        before = masked[max(0, match.start() - _LOOK_BACK) : match.start()]
        if _GROUP.search(before):
            continue
        if before.rstrip().endswith("=>"):
            yield _function(masked, "(arrow)", match.start(), match.start())
            continue
        after = _AFTER_PARAMETERS.search(before)
        if after is None:
            continue
        name = _name_before(before[: after.start()])
        if name not in _NOT_FUNCTIONS:
            yield _function(masked, name or "(unnamed)", match.start(), match.start())


def _name_before(before: str) -> str:
    """Return the word before the parenthesis that was left open, with the parameters taken off."""
    depth = 1
    for position in range(len(before) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(before[position], 0)
        if depth == 0:
            words = re.findall(r"(\w+)\s*$", before[:position])
            return words[0] if words else ""
    return ""


def _function(masked: str, name: str, start: int, opened: int) -> Function:
    depth = 0
    end = len(masked)
    for match in re.compile(r"[{}]").finditer(masked, opened):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            end = match.start()
            break
    return Function(name, masked.count("\n", 0, start) + 1, masked.count("\n", start, end) + 1)
