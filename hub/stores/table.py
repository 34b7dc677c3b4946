"""Rows as CSV: the same columns as the JSON, safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from flask import Response, request

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def wants_table(given: str | None) -> bool:
    """`?format=csv`, else what `Accept` prefers."""
    if given is not None:
        return given == "csv"
    kinds = ["application/json", "text/csv"]
    return request.accept_mimetypes.best_match(kinds, "application/json") == "text/csv"


def cell(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula is shown as text (OWASP CSV injection)."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def as_table(keys: Sequence[str], rows: Sequence[dict[str, Any]], name: str) -> Response:
    """CSV with a head line; what is not known is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(keys)
    writer.writerows([cell(row[key]) for key in keys] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text.getvalue(), headers=headers, content_type="text/csv; charset=utf-8")
