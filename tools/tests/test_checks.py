"""The checks that are programs of their own can fail."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from checks import c_format, engine_tree, headers

Repository = Callable[[dict[str, str]], Path]
FULL = {"seafoam", "tokio", "mio", "socket2", "libc"}


def test_cargo_listing_is_read() -> None:
    listing = "seafoam v0.1.0 (somewhere)\ntokio v1.54.1\n\nlibc v0.2.1 (*)\n"
    assert engine_tree.packages(listing) == {"seafoam", "tokio", "libc"}


def test_engine_tree_passes_only_a_clean_engine() -> None:
    assert engine_tree.problems({"seafoam", "libc"}, FULL) == ([], [])
    of_bare, of_check = engine_tree.problems({"seafoam", "mio", "tokio"}, FULL)
    assert len(of_bare) == 2
    assert not of_check


def test_engine_tree_doubts_itself() -> None:
    assert engine_tree.problems({"seafoam"}, {"seafoam"})[1]
    assert engine_tree.problems(set(), FULL)[1]


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("#pragma once\nint seafoam(void);\n", 0),
        ("int seafoam(void) { int unused; return 0; }\n", 1),
        ("struct seafoam_not_guarded { int a; };\n", 1),
        (None, 1),
    ],
)
def test_headers_are_really_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, header: str | None, status: int
) -> None:
    if header is not None:
        (tmp_path / "seafoam.h").write_text(header)
    monkeypatch.setattr(headers, "INCLUDE", tmp_path)
    assert headers.main(["gcc", "g++"]) == status


def test_headers_check_doubts_a_compiler_that_takes_everything() -> None:
    assert headers.main(["true", "true"]) == 1


@pytest.mark.skipif(shutil.which("clang-format") is None, reason="clang-format is not installed")
def test_c_format_sees_and_mends(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    top = repository(
        {"a.c": "int  f( void ){return 0;}\n", ".clang-format": "BasedOnStyle: LLVM\n"}
    )
    monkeypatch.setattr(c_format, "TREE", top)
    assert c_format.main([]) == 1
    assert c_format.main(["--fix"]) == 0
    assert c_format.main([]) == 0


def test_engine_tree_exit_code_follows_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_tree, "dependencies", lambda *options: FULL)
    assert engine_tree.main() == 1
    bare = {"seafoam"}
    monkeypatch.setattr(engine_tree, "dependencies", lambda *options: bare if options else FULL)
    assert engine_tree.main() == 0
