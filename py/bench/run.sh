#!/usr/bin/env bash
# Build the package with its doors for measurements, apart from the one that is worked with, and measure it.
# Prints one JSON object a line; arguments go to events.py.
set -euo pipefail
cd "$(dirname "$0")/../.."
site=build/bench-python/site
PATH="$PWD/.venv/bin:$PATH"
rm -rf build/bench-python
maturin build --quiet --release --locked --features bench -m py/Cargo.toml --out build/bench-python >&2
python -m pip install --quiet --disable-pip-version-check --no-deps --no-index --target "$site" build/bench-python/*.whl
PYTHONPATH="$site" python py/bench/events.py "$@"
