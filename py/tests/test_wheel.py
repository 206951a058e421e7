"""What the wheel in dist/ holds; `make wheels` builds it."""

from __future__ import annotations

import email
import zipfile
from pathlib import Path

import pytest
import seafoam
from support import TREE

PACKAGE = TREE / "py" / "python" / "seafoam"


@pytest.fixture
def wheel() -> Path:
    wheels = sorted((TREE / "dist").glob("seafoam-*.whl"), key=lambda path: path.stat().st_mtime)
    if not wheels:
        pytest.skip("no wheel in dist/: make wheels")
    return wheels[-1]


def test_one_wheel_serves_every_python(wheel: Path) -> None:
    _, version, python, abi, platform = wheel.stem.split("-")
    assert (version, python, abi) == (seafoam.__version__, "cp310", "abi3")
    assert "linux" in platform


def test_it_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size < 2_000_000


def test_it_holds_the_package_and_nothing_else(wheel: Path) -> None:
    expected = {path.name for path in PACKAGE.glob("*.py*") if path.suffix in {".py", ".pyi"}}
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
        packed = {Path(name).name for name in names if name.startswith("seafoam/")}
        assert len(packed) == len(names)
        assert packed == expected | {"py.typed", "_native.abi3.so"}
        module = archive.read("seafoam/_native.abi3.so")
        assert b"publish_now" not in module  # the door for measurements
        about = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = email.message_from_bytes(archive.read(about))
    assert metadata["Requires-Python"] == ">=3.10"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata.get_all("Requires-Dist") is None
