#!/usr/bin/env python3
"""Write the Python files that follow from the tables of the engine.

The module must be built first: its tables are what is written. `--check` compares only.
"""

from __future__ import annotations

import argparse
import importlib.machinery
import importlib.util
import sys
import textwrap
from pathlib import Path
from types import ModuleType

PACKAGE = Path(__file__).resolve().parents[1] / "python" / "seafoam"
NOTE = "Made by py/tools/generate.py from the tables of the engine: do not edit."
DOCS = {
    "NodeStatus": "What this process believes about a node.",
    "NodeRank": "The role of a node.",
    "EventKind": "What an event is about.",
    "LinkDirection": "Which way a link works, seen from this node.",
    "ErrorCode": "What kind of failure a SeafoamError is.",
    "LogLevel": "How grave a log line is; as a threshold: this level and everything graver.",
    "ValidityState": "Whether this side of a partition may act.",
    "ValidityBasis": "Where the list of lighthouses comes from.",
    "TermQuality": "How far the term of a lease can be trusted to rise after a loss of all state.",
    "LeaderScope": "How wide the rule of a leader reaches.",
    "Profile": "A set of timing defaults.",
    "Hint": "What the kernel of a silent node's host did with a TCP connection.",
}
TYPES = {
    "int": "int | str",
    "bool": "bool | str",
    "text": "str",
    "ip": "IPv4Address | IPv6Address | str",
    "rule": "int | str",
    "texts": "Collection[str] | str",
    "ints": "Collection[int] | str",
    "map": "Mapping[str, str] | str",
    "word": "IntEnum | str",
    "path": "PathLike[str] | str",
}


def native() -> ModuleType:
    """Load the native module by itself: the package around it needs what is written here."""
    suffixes = tuple(importlib.machinery.EXTENSION_SUFFIXES)
    paths = [path for path in PACKAGE.glob("_native*") if path.name.endswith(suffixes)]
    if not paths:
        sys.exit("build the module first: maturin develop -m py/Cargo.toml")
    loader = importlib.machinery.ExtensionFileLoader("seafoam._native", str(paths[0]))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    if spec is None:
        sys.exit(f"{paths[0]} is not a module")
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def words(module: ModuleType) -> str:
    """Return the source of the enumerations."""
    lines = [
        '"""The numbered words of seafoam.',
        "",
        NOTE,
        '"""',
        "",
        "from enum import IntEnum",
        "",
        "",
        "class Word(IntEnum):",
        '    """A numbered word: compares as its number, prints as the word."""',
        "",
        "    def __str__(self) -> str:",
        '        """Return the lower-case word that every language prints."""',
        "        return self.name.lower()",
        "",
        "    def __format__(self, spec: str, /) -> str:",
        '        """Format the word."""',
        "        return format(str(self), spec)",
    ]
    for name, rows in module.vocabularies().items():
        lines += ["", "", f"class {name}(Word):", f'    """{DOCS[name]}"""', ""]
        for member, number, _, doc in rows:
            lines += [f"    {member} = {number}", f'    """{doc}"""']
    return "\n".join(lines) + "\n"


def docstring(*paragraphs: str) -> list[str]:
    """Return the lines of a docstring at the depth of a class body."""
    wrapped = ("\n\n".join(textwrap.fill(text, 94) for text in paragraphs)).split("\n")
    inner = [f"    {line}".rstrip() for line in wrapped]
    return [f'    """{inner[0].strip()}', *inner[1:], '    """']


def options(module: ModuleType) -> str:
    """Return the source of the keyword arguments and of the setters."""
    keys = module.config_keys()
    lines = [
        '"""The configuration as keyword arguments and setters.',
        "",
        NOTE,
        '"""',
        "",
        "from __future__ import annotations",
        "",
        "from collections.abc import Collection, Mapping",
        "from enum import IntEnum",
        "from ipaddress import IPv4Address, IPv6Address",
        "from os import PathLike",
        "from typing import TypedDict",
        "",
        "",
        "class Options(TypedDict, total=False):",
        '    """Keyword arguments of a cluster. None stands for not given.',
        "",
        "    What is not given comes from the key's environment variable, then from its default.",
        '    """',
        "",
    ]
    for key in keys:
        default = f" Default: {key.default}." if key.default else ""
        about = f"Environment: {key.environment}.{default}"
        lines += [f"    {key.name}: {TYPES[key.shape]} | None", *docstring(key.doc, about)]
    lines += [
        "",
        "",
        "class LiveSetters:",
        '    """Setters of what can be changed while the cluster runs."""',
        "",
        "    __slots__ = ()",
        "",
        "    def set(self, key: str, value: object) -> None:",
        '        """Change a configuration value by the name of its key."""',
        "        raise NotImplementedError",
    ]
    for key in keys:
        if not key.live or key.shape == "map":
            continue
        lines += [
            "",
            f"    def set_{key.name}(self, value: {TYPES[key.shape]}) -> None:",
            f'        """Change `{key.name}`, at run time."""',
            f'        self.set("{key.name}", value)',
        ]
    return "\n".join(lines) + "\n"


def files() -> dict[Path, str]:
    """Return what should be in each generated file."""
    module = native()
    return {PACKAGE / "_words.py": words(module), PACKAGE / "_options.py": options(module)}


def main() -> int:
    """Write the files, or tell which ones are stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    check = parser.parse_args().check
    stale = {path: text for path, text in files().items() if _old(path) != text}
    for path, text in stale.items():
        if not check:
            path.write_text(text, encoding="utf-8")
        print(f"{path.name}: {'is stale' if check else 'written'}")
    return 1 if check and stale else 0


def _old(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
