"""Every test begins without configuration from the machine's environment."""

import os

import pytest


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SEAFOAM_")]:
        monkeypatch.delenv(name)
