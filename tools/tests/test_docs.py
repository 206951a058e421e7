"""The check of the documentation sees what it should, and mends it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from checks import docs

Repository = Callable[[dict[str, str]], Path]

API = json.dumps({"error_codes": [{"name": "busy", "number": 3, "doc": "Full | later."}]})
TABLE = "| word | number | meaning |\n| --- | --- | --- |\n| `busy` | 3 | Full \\| later. |\n"
PROGRAM = (
    "fn main() {\n    // snippet\n    go();\n    if on {\n        stop();\n    }\n    // end\n}\n"
)
SHOWN = "```rust\ngo();\nif on {\n    stop();\n}\n```\n"


@pytest.fixture
def check(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], tuple[Path, int]]:
    def run(page: str) -> tuple[Path, int]:
        files = {"include/seafoam-api.json": API, "a.rs": PROGRAM, "page.md": page}
        monkeypatch.setattr(docs, "TREE", repository(files))
        return docs.TREE / "page.md", docs.main([])

    return run


Check = Callable[[str], tuple[Path, int]]


def block(kind: str, name: str, body: str) -> str:
    return f"# Page\n\n<!-- {kind}: {name} -->\n{body}<!-- end -->\n"


@pytest.mark.parametrize(
    ("kind", "name", "right"), [("table", "errors", TABLE), ("program", "a.rs", SHOWN)]
)
def test_a_stale_block_is_seen_and_mended(check: Check, kind: str, name: str, right: str) -> None:
    assert check(block(kind, name, right))[1] == 0
    page, status = check(block(kind, name, "old\n"))
    assert status == 1
    assert docs.main(["--fix"]) == 0
    assert page.read_text() == block(kind, name, right)
    assert docs.main([]) == 0


@pytest.mark.parametrize(
    "page",
    [
        block("table", "nonsense", ""),
        block("program", "absent.rs", ""),
        block("table", "errors", TABLE) + "[gone](docs/gone.md#there)\n",
        "# No block at all\n",
    ],
)
def test_what_leads_nowhere_is_seen(check: Check, page: str) -> None:
    assert check(page)[1] == 1


def test_links_elsewhere_and_in_code_are_left_alone(check: Check) -> None:
    links = "[a](https://example.org) [b](page.md#x) [c](#y) `[d](gone.md)`\n"
    assert check(block("table", "errors", TABLE) + links)[1] == 0
