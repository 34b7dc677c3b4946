"""Rows as CSV: the same columns as the JSON, safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Sequence
from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def cell(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula is shown as text (OWASP CSV injection)."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def as_table(keys: Sequence[str], rows: Sequence[dict[str, Any]]) -> str:
    """CSV with a head line; what is not known is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(keys)
    writer.writerows([cell(row[key]) for key in keys] for row in rows)
    return text.getvalue()
