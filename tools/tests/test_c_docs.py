"""The check of the headers sees what is not documented."""

from __future__ import annotations

from pathlib import Path

import pytest
from checks import c_docs

COMMENT = """\
/**
 * Does it.
 *
 * Ownership: free it. Threads: any.
 * Errors: none.
 */
"""
DECLARATION = "seafoam_code seafoam_do(seafoam_node **node, seafoam_error **error);\n"


def header(comment: str) -> str:
    return f'extern "C" {{\n\n{comment}{DECLARATION}'


def test_what_is_documented_passes() -> None:
    assert list(c_docs.c_complaints(header(COMMENT))) == []


@pytest.mark.parametrize("word", ["Ownership", "Threads", "Errors"])
def test_what_a_comment_leaves_out_is_seen(word: str) -> None:
    assert len(list(c_docs.c_complaints(header(COMMENT.replace(word, "Else"))))) == 1


def test_no_comment_and_no_function_are_seen() -> None:
    assert len(list(c_docs.c_complaints(header("\n")))) == 1
    assert len(list(c_docs.c_complaints("nothing"))) == 1


def test_a_constant_without_a_comment_is_seen() -> None:
    text = header(COMMENT) + "\n\n#define SEAFOAM_LOOSE 1\n"
    assert len(list(c_docs.c_complaints(text))) == 1


def test_a_function_that_the_page_leaves_out_is_seen() -> None:
    assert len(list(c_docs.page_complaints(header(COMMENT), "`seafoam_other`"))) == 1
    assert list(c_docs.page_complaints(header(COMMENT), "`seafoam_do`")) == []


@pytest.mark.parametrize(
    ("code", "complaints"),
    [
        ("class Loose {\n", 1),
        ("/// Told.\nclass Told {\npublic:\n  int loose() const {\n", 1),
        ("/// Told.\nclass Told {\nprivate:\n  int hidden() const {\n", 0),
        ("namespace detail {\nclass Hidden {\n} // namespace detail\n", 0),
    ],
)
def test_what_is_public_in_cpp_is_documented(code: str, complaints: int) -> None:
    assert len(list(c_docs.hpp_complaints(Path("a.hpp"), "\n" + code))) == complaints
