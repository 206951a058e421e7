"""Blank out comments and literals, so that a rule about code does not stumble over prose.

Each character becomes a space and line ends stay, so positions and line numbers hold in the masked
text.
"""

from __future__ import annotations

import re

_STRING = r'"(?:\\.|[^"\\])*"'
_SINGLE = r"'(?:\\.|[^'\\\n])*'"
_LINE = r"//[^\n]*"
_BLOCK = r"/\*"

_RUST = re.compile(
    rf"""{_LINE} | {_BLOCK}
    | \b[bc]?r(?P<hashes>\#*)"(?:.|\n)*?"(?P=hashes)
    | \b[bc]{_STRING} | {_STRING}
    | '(?:\\(?:u\{{[^}}]*\}}|x..|.)|[^\\'\n])'   # a character; a lifetime has no closing quote
    """,
    re.VERBOSE | re.DOTALL,
)
_C = re.compile(
    rf'{_LINE}|{_BLOCK}|\bR"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"|{_STRING}|{_SINGLE}', re.DOTALL
)
_GO = re.compile(rf"{_LINE}|{_BLOCK}|`[^`]*`|{_STRING}|{_SINGLE}", re.DOTALL)
_JS = re.compile(rf"{_LINE}|{_BLOCK}|`|{_STRING}|{_SINGLE}|/", re.DOTALL)
_JS_REGEX = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*")
# What may stand before a regular expression but not before a division.
_JS_BEFORE_REGEX = re.compile(r"(?:^|[(,=:\[!&|?{};+\-*%~^<>]|\b(?:return|typeof|case|await))\s*$")

TOKENS = {
    ".rs": _RUST,
    ".c": _C,
    ".h": _C,
    ".cc": _C,
    ".cpp": _C,
    ".hpp": _C,
    ".go": _GO,
    ".js": _JS,
    ".mjs": _JS,
    ".cjs": _JS,
    ".ts": _JS,
    ".mts": _JS,
}


def mask(text: str, suffix: str) -> str:
    """Return the text with comments and literals blank, or as it is for an unknown language."""
    tokens = TOKENS.get(suffix)
    if tokens is None:
        return text
    out: list[str] = []
    done = 0
    while (match := tokens.search(text, done)) is not None:
        end = _end(text, match, nested=tokens is _RUST)
        out.append(text[done : match.start()])
        if end is None:
            out.append(match[0])
            end = match.end()
        else:
            out.append(re.sub(r"[^\n]", " ", text[match.start() : end]))
        done = end
    out.append(text[done:])
    return "".join(out)


def _end(text: str, match: re.Match[str], *, nested: bool) -> int | None:
    """Return where a comment or literal ends, or None if the match is neither."""
    token = match[0]
    if token == "/*":
        return _block_end(text, match.start(), nested=nested)
    if token == "`":
        return _template_end(text, match.start())
    if token == "/":
        if not _JS_BEFORE_REGEX.search(text[max(0, match.start() - 80) : match.start()]):
            return None
        regex = _JS_REGEX.match(text, match.start())
        return regex.end() if regex else None
    return match.end()


def _block_end(text: str, start: int, *, nested: bool) -> int:
    depth = 0
    for edge in re.compile(r"/\*|\*/").finditer(text, start):
        if edge[0] == "/*":
            depth = depth + 1 if nested else 1
        else:
            depth -= 1
            if depth == 0:
                return edge.end()
    return len(text)


def _template_end(text: str, start: int) -> int:
    """Return the end of a template literal, whose placeholders may hold templates again."""
    position = start + 1
    while position < len(text):
        if text[position] == "`":
            return position + 1
        if text[position] == "\\":
            position += 2
        elif text.startswith("${", position):
            position = _placeholder_end(text, position + 2)
        else:
            position += 1
    return len(text)


def _placeholder_end(text: str, position: int) -> int:
    depth = 1
    while position < len(text) and depth:
        if text[position] == "`":
            position = _template_end(text, position)
            continue
        depth += {"{": 1, "}": -1}.get(text[position], 0)
        position += 1
    return position
