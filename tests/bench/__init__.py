"""Benchmarks. Each module here runs as `python -m tests.bench.<name>` and calls `report()`.

A benchmark times what the product runs; nothing here is a timed test.
"""

import json
import sys
from typing import Any


def report(bench: str, **figures: Any) -> None:
    """One JSON line on stdout: {"bench": …, figures}. Names end in their unit (wall_s, rows)."""
    sys.stdout.write(json.dumps({"bench": bench, **figures}) + "\n")
    sys.stdout.flush()
