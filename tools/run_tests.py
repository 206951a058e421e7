#!/usr/bin/env python3
"""Run every check of the project: the whole of `make test`.

Standard library only, because it runs before `make setup` has made an environment:
setting up is its first step.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from testrun.cli import main  # the path above makes it importable

if __name__ == "__main__":
    sys.exit(main())
