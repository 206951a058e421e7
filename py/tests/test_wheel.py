"""One wheel for every Python: what it holds, and that it works.

SEAFOAM_WHEEL names the one that is tried (`make wheels`); without it the module as it is built for
these tests is packed into one, which differs in how much it is optimised.
"""

from __future__ import annotations

import email
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
import seafoam
from support import SECONDS, TREE

PACKAGE = TREE / "py" / "python" / "seafoam"
VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
GIVEN = os.environ.get("SEAFOAM_WHEEL")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if GIVEN:
        return Path(GIVEN)
    into = tmp_path_factory.mktemp("wheel")
    command = ["maturin", "build", "--quiet", "--locked", "-m", str(TREE / "py" / "Cargo.toml")]
    subprocess.run([*command, "--out", str(into)], check=True, cwd=TREE)
    (made,) = into.glob("seafoam-*.whl")
    return made


def interpreter(version: str) -> str | None:
    """Find a Python on the search path, or among those that pyenv installed."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates = sorted(root.glob(f"versions/{version}.*/bin/python{version}"))
    return next(map(str, candidates), None) or shutil.which(f"python{version}")


PROGRAM = """
import asyncio, sys
import seafoam
from seafoam import blocking

own = dict(listen_port=0, multicast_enabled=False, cluster_name=f"wheel-{sys.version_info[:2]}")
seen = []

async def main():
    async with seafoam.Cluster(name="one", **own) as one:
        events = one.events(kinds="broadcast")
        one.on_broadcast(lambda origin, data: seen.append(data))
        seed = one.local_node().address
        with blocking.Cluster(name="two", initial_hosts=[seed], **own) as two:
            two.ready(2, timeout=20)
            await one.ready(2, timeout=20)
            two.broadcast("hello")
            async for event in events:
                match event:
                    case seafoam.BroadcastEvent(origin=origin, bytes=b"hello"):
                        print(origin.name)
                        break
        while not seen:
            await asyncio.sleep(0.001)

asyncio.run(main())
try:
    seafoam.Cluster(listen_port="many")
except ValueError as error:
    print(error.code)
print(seafoam.__file__, *sys.version_info[:2])
"""


Answers = dict[str, "Future[tuple[Path, subprocess.CompletedProcess[str]]]"]


@pytest.fixture(scope="module")
def answers(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answers]:
    """Try all of them at once: most of it is pip that starts."""
    found = {version: python for version in VERSIONS if (python := interpreter(version))}
    folders = {version: tmp_path_factory.mktemp(f"python{version}") for version in found}
    with ThreadPoolExecutor() as pool:
        yield {
            version: pool.submit(try_on, python, wheel, folders[version])
            for version, python in found.items()
        }


def try_on(python: str, wheel: Path, folder: Path) -> tuple[Path, subprocess.CompletedProcess[str]]:
    target = folder / "site"
    # The new Python's own pip judges whether the wheel is for it, where it has one.
    has_pip = subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False)
    pip = [python if has_pip.returncode == 0 else sys.executable, "-m", "pip", "install"]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-index"]
    subprocess.run([*pip, *quiet, "--no-compile", "--target", str(target), str(wheel)], check=True)
    done = subprocess.run(
        [python, "-W", "error", "-c", PROGRAM],
        env={**os.environ, "PYTHONPATH": str(target)},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=SECONDS * 2,
        check=False,
    )
    return target, done


@pytest.mark.parametrize("version", VERSIONS)
def test_it_works_on_every_python(answers: Answers, version: str) -> None:
    if version not in answers:
        pytest.skip(f"Python {version} is not at hand")
    target, done = answers[version].result()
    assert (done.returncode, done.stderr) == (0, "")
    place = target / "seafoam" / "__init__.py"
    assert done.stdout == f"two\ninvalid_config\n{place} {version.replace('.', ' ')}\n"


def test_it_is_for_every_python(wheel: Path) -> None:
    _, version, python, abi, platform = wheel.stem.split("-")
    assert (version, python, abi) == (seafoam.__version__, "cp310", "abi3")
    assert "linux" in platform
    if GIVEN:
        assert "manylinux2014" in platform


def test_it_is_small(wheel: Path) -> None:
    # What is made here is a debug build, a quarter larger than what `make wheels` makes for users.
    assert wheel.stat().st_size < (2_000_000 if GIVEN else 2_500_000)


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
