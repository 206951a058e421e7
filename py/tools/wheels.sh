#!/usr/bin/env bash
# Build what is published, into dist/: a wheel for every Linux since glibc 2.17 and every Python since 3.10, and the
# sources. Then try both: the wheel on every Python at hand, the sources by building them.
set -euo pipefail
cd "$(dirname "$0")/../.."
PATH="$PWD/.venv/bin:$PATH"
pip() { python -m pip --quiet --disable-pip-version-check "$@"; }

pip install --requirement tools/requirements-wheels.txt
rm -rf dist/seafoam-*

echo "wheels: the wheel"
# A folder of its own: zig as linker would otherwise have everything built again each time.
CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/wheels" \
  maturin build --release --locked --zig --compatibility manylinux2014 -m py/Cargo.toml --out dist
wheel=$(ls dist/seafoam-*.whl)
auditwheel show "$wheel" | tee build/wheel-platform.txt
grep -q 'manylinux_2_17_' build/wheel-platform.txt || {
  echo "wheels: $wheel needs more than manylinux2014 has" >&2
  exit 1
}

echo "wheels: the sources"
maturin sdist -m py/Cargo.toml --out dist
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# As a user builds it, but with the tools that are here: away from this folder and its git.
CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}/wheels-sdist" \
  pip wheel --no-deps --no-build-isolation --wheel-dir "$scratch" dist/seafoam-*.tar.gz
pip install --no-deps --no-index --target "$scratch/site" "$scratch"/seafoam-*.whl
(cd "$scratch" && PYTHONPATH="$scratch/site" python -m seafoam)

echo "wheels: the wheel on every Python"
SEAFOAM_WHEEL="$PWD/$wheel" pytest -q py/tests/test_wheel.py
ls -l dist
