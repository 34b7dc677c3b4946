"""Reading `sync_logs`, newest first."""

from typing import Any

from sqlalchemy import select

from hub.db import db, reading
from hub.sync import logs


def read_logs(limit: int, store_code: str | None = None, offset: int = 0) -> list[dict[str, Any]]:
    """At most `limit` lines, of one store if given (its code as stored)."""
    query = select(logs.table).order_by(logs.table.c.run_time.desc(), logs.table.c.id.desc())
    if store_code is not None:
        query = query.where(logs.table.c.store_code == store_code)
    with reading(), db.engine.connect() as connection:
        rows = connection.execute(query.limit(limit).offset(offset)).mappings().all()
    return [dict(row) for row in rows]
