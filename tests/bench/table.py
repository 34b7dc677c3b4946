"""JSON lines of benchmarks as a plain table."""

from collections.abc import Iterable
from typing import Any


def cell(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "-"}[value]
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def table(rows: list[dict[str, Any]]) -> str:
    """One table of rows with any keys; numbers to the right."""
    names = list(dict.fromkeys(name for row in rows for name in row if name != "bench"))
    cells = [names, *([cell(row.get(name, "")) for name in names] for row in rows)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(names))]
    numeric = [all(isinstance(row.get(name, 0), int | float) for row in rows) for name in names]
    return "\n".join(
        "  ".join(
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in cells
    )


def tables(rows: Iterable[dict[str, Any]]) -> str:
    """One table for each benchmark, under its name."""
    by_bench: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_bench.setdefault(str(row.get("bench", "?")), []).append(row)
    return "\n\n".join(f"{name}\n{table(group)}" for name, group in by_bench.items())
