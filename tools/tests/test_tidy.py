"""Each rule sees what it forbids and nothing else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tidyrules import rules
from tidyrules.functions import functions
from tidyrules.mask import mask
from tidyrules.rules import Source

TOOLS = Path(__file__).resolve().parents[1]
Repository = Callable[[dict[str, str]], Path]

# Written apart, or this file would break the rules that it tests.
HOME = "/" + "home/somebody/seafoam"
HOST = "pypi" + ".org"
BODY = "    step();\n"


def broken(rule: rules.Rule, name: str, text: str, *, generated: bool = False) -> list[int]:
    """Return the lines at which a rule finds something."""
    return [finding.line for finding in rule(Source(Path(name), text, generated))]


def test_mask_keeps_positions() -> None:
    text = 'a(); // todo!()\nlet s = "un\\"safe { "; b();\n'
    masked = mask(text, ".rs")
    assert len(masked) == len(text)
    assert masked.count("\n") == 2
    assert masked.index("b()") == text.index("b()")
    assert "todo" not in masked
    assert "{" not in masked


@pytest.mark.parametrize(
    ("suffix", "text", "left"),
    [
        (".rs", "x/* a /* b */ c */y", "xy"),
        (".rs", "x r#\"a\" {\"#y", "xy"),
        (".rs", "fn f<'a>(c: &'a u8) -> char {'{'}", "fnf<'a>(c:&'au8)->char{}"),
        (".rs", r"m('\'', b'\\', '\u{7b}')y", "m(,b,)y"),
        (".c", 'x"}"/* { */y\'{\'', "xy"),
        (".cpp", 'x R"z( {" )z"y', "xy"),
        (".js", "x = a / b / c; y", "x=a/b/c;y"),
        (".js", "x = /[/{]\\/{/g.test(y)", "x=.test(y)"),
        (".js", "x`a ${ `${{}}{` } {`y", "xy"),
        (".go", "x`{`y", "xy"),
        (".txt", "// stays", "//stays"),
    ],
)  # fmt: skip
def test_mask_knows_languages(suffix: str, text: str, left: str) -> None:
    assert mask(text, suffix).replace(" ", "") == left


@pytest.mark.parametrize(
    ("suffix", "before", "after", "name"),
    [
        (".rs", "pub fn long<T: Into<[u8; 4]>>(t: T) -> u8\nwhere T: Copy {\n", "}\n", "long"),
        (".py", "async def long() -> None:\n", "", "long"),
        (".c", "static int long_one(int a,\n  int (*f)(int)) {\n", "}\n", "long_one"),
        (
            ".cpp",
            "auto C::long_one(int a) const noexcept -> std::vector<int> {\n",
            "}\n",
            "long_one",
        ),
        (".js", "export async function long() {\n", "}\n", "long"),
        (".js", "class A {\n long(a = f({})) {\n", "}\n}\n", "long"),
        (".js", "const long = async (a) => {\n", "}\n", "(arrow)"),
        (".ts", "function long(a: string): Promise<void> {\n", "}\n", "long"),
        (".go", "func (c *C) long(a struct{}) (int, error) {\n", "}\n", "long"),
    ],
)
def test_long_functions_are_found(suffix: str, before: str, after: str, name: str) -> None:
    body = "    step()\n" if suffix == ".py" else BODY
    for lines, expected in ((10, []), (80, [name])):
        text = f"{before}{body * lines}{after}"
        found = [f.name for f in functions(text, suffix) if f.lines > rules.MAX_FUNCTION_LINES]
        assert found == expected


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".rs", f"mod tests {{\n{BODY * 80}}}\n"),
        (".rs", f"trait A {{ fn f(&self) -> [u8; 4]; }}\nstatic A: B = B {{\n{BODY * 80}}};\n"),
        (".js", f"describe('it', () => {{\n{BODY * 80}}})\n"),
        (".js", f"if (a(b)) {{\n{BODY * 80}}}\n"),
        (".c", f"struct s {{\n{BODY * 80}}};\n"),
        (".cpp", f"namespace a {{\n{BODY * 80}}}\n"),
    ],
)
def test_other_long_blocks_are_no_functions(suffix: str, text: str) -> None:
    assert not [f for f in functions(text, suffix) if f.lines > rules.MAX_FUNCTION_LINES]


def test_rule_on_functions_uses_the_bound() -> None:
    def text(lines: int) -> str:
        return "fn f() {\n" + BODY * (lines - 2) + "}\n"

    assert broken(rules.function_length, "a.rs", text(70)) == []
    assert broken(rules.function_length, "a.rs", text(71)) == [1]
    assert broken(rules.function_length, "a.rs", text(71), generated=True) == []


def test_rule_on_files_uses_the_bound() -> None:
    assert broken(rules.file_length, "a.rs", "\n" * 500) == []
    assert broken(rules.file_length, "a.rs", "\n" * 501) == [500]
    assert broken(rules.file_length, "a.md", "\n" * 501) == []
    assert broken(rules.file_length, "a.h", "\n" * 501, generated=True) == []


@pytest.mark.parametrize(
    ("rule", "name", "text", "lines"),
    [
        (rules.machine_path, "a.md", f"x\nsee {HOME}", [2]),
        (rules.machine_path, "a.py", "C:" + "\\Users\\me", [1]),
        (rules.machine_path, "a.md", "https://a.example/" + "home/x and lib/" + "work/y", []),
        (rules.registry_host, "node/package-lock.json", f"https://{HOST}/x", [1]),
        (rules.registry_host, "Cargo.lock", "crates" + ".io-index", []),
        (rules.registry_host, "a.md", "the registry of Python", []),
        (rules.unfinished, "core/src/a.rs", "\nfn f() { todo!() }", [2]),
        (rules.unfinished, "core/src/a.rs", "// todo!()", []),
        (rules.unsafe_rooms, "core/src/a.rs", "unsafe { f() }", [1]),
        (rules.unsafe_rooms, "core/src/a.rs", "#![forbid(unsafe_code)] // unsafe", []),
        (rules.unsafe_rooms, "ffi-c/src/abi.rs", "unsafe { f() }", []),
        (rules.unsafe_rooms, "py/src/lib.rs", "unsafe { f() }", []),
        (rules.deterministic_engine, "core/src/proto/a.rs", "let t = Instant::now();", [1]),
        (
            rules.deterministic_engine,
            "core/src/proto/a.rs",
            "\nuse std::collections::HashMap;",
            [2],
        ),
        (rules.deterministic_engine, "core/src/proto/a.rs", "use tokio::net;", [1]),
        (rules.deterministic_engine, "core/src/proto/a.rs", "// a HashMap would differ\n", []),
        (rules.deterministic_engine, "core/src/runtime/a.rs", "let t = Instant::now();", []),
        (rules.layers, "core/src/api/a.rs", "use crate::runtime::Driver;", [1]),
        (rules.layers, "core/src/runtime/a.rs", "use crate::cluster::Cluster;", []),
    ],
)
def test_rule_sees_what_it_forbids(
    rule: rules.Rule, name: str, text: str, lines: list[int]
) -> None:
    assert broken(rule, name, text) == lines


def tidy(top: Path) -> subprocess.CompletedProcess[str]:
    """Run the command on another tree."""
    code = f"import sys, pathlib; sys.path.insert(0, {str(TOOLS)!r}); import tidy"
    call = f"{code}; sys.exit(tidy.main(pathlib.Path({str(top)!r})))"
    return subprocess.run([sys.executable, "-c", call], capture_output=True, text=True, check=False)


def test_command_passes_a_tidy_tree(repository: Repository) -> None:
    done = tidy(repository({"core/src/lib.rs": "fn f() {}\n", ".gitignore": "/junk/\n"}))
    assert done.returncode == 0
    assert done.stdout == f"{len(rules.RULES)} passed, 0 failed\n"


def test_command_fails_and_names_the_place(repository: Repository) -> None:
    done = tidy(repository({"core/src/lib.rs": "\nfn f() { todo!() }\n"}))
    assert done.returncode == 1
    assert "core/src/lib.rs:2: unfinished code: todo!" in done.stdout
    assert done.stdout.endswith(f"{len(rules.RULES) - 1} passed, 1 failed\n")


def test_command_leaves_ignored_and_generated_files_alone(repository: Repository) -> None:
    long = "\n" * 600
    files = {
        ".gitignore": "/junk/\n",
        ".gitattributes": "made.h linguist-generated\n",
        "junk/a.c": long,
        "made.h": long,
    }
    assert tidy(repository(files)).returncode == 0


def test_command_fails_where_there_is_nothing_to_see(repository: Repository) -> None:
    assert tidy(repository({})).returncode == 1
