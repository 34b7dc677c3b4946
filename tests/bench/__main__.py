"""`bin/bench [NAME…]`: each benchmark in a process of its own, then one table of them all."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.bench.table import tables

FOLDER = Path(__file__).parent
NOT_A_BENCH = ("__init__", "__main__", "table")


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in NOT_A_BENCH)


def run(name: str) -> tuple[int, list[dict[str, Any]]]:
    """Its exit status and what it reported; all its output is shown as it comes."""
    rows = []
    command = [sys.executable, "-m", f"tests.bench.{name}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            print(line, end="", flush=True)
            try:
                rows.append(dict(json.loads(line)))
            except (ValueError, TypeError):
                continue  # words for people
    return process.returncode, rows


def main() -> int:
    asked = sys.argv[1:] or names()
    if unknown := sorted(set(asked) - set(names())):
        print(f"bench: unknown {', '.join(unknown)}; there are: {', '.join(names()) or 'none'}")
        return 2
    failed, rows = [], []
    for name in asked:
        status, reported = run(name)
        rows += reported
        failed += [name] if status else []
    print(f"\n{tables(rows)}")
    if failed:
        print(f"\nfailed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
