"""What the tests share."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from orchestra.languages import Language
from orchestra.timeline import Timeline


@pytest.fixture
def languages() -> tuple[Language, ...]:
    return tuple(Language(name, "", ("/none",)) for name in ("rust", "c", "python", "node"))


@pytest.fixture
def timeline(languages: tuple[Language, ...]) -> Timeline:
    console = Console(file=io.StringIO(), width=200)
    return Timeline(console, {each.name: each.style for each in languages})
