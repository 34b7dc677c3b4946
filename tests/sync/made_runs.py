"""Runs as rows, in any state, for what pages show of them."""

import re
from collections.abc import Sequence
from datetime import timedelta
from html import unescape
from typing import Any

from sqlalchemy import insert

from hub.clock import day_number, now, today
from hub.db import begin, db
from hub.sync.models import SyncItem, SyncRun
from hub.work import LIVE
from tests.people import add_store

Items = Sequence[tuple[str, str] | tuple[str, str, dict[str, Any]]]


def add_run(items: Items, state: str = "done", **values: Any) -> int:
    """A run over stores, each (code, state[, columns]); its id. It began a minute ago."""
    ids = {code: add_store(code).id for code, *_ in items}
    db.session.commit()
    at = now()
    ended = None if state in LIVE else at
    row = {
        "job": "all", "state": state, "trigger": "page", "actor": "ana@hub.test",
        "total": len(items), "day": day_number(today("Asia/Jakarta")),
        "created_at": at - timedelta(seconds=61), "started_at": at - timedelta(seconds=60),
        "finished_at": ended, "outcome": None if ended is None else "success",
    } | values  # fmt: skip
    with begin() as connection:
        run_id: int = connection.execute(
            insert(SyncRun).values(**row).returning(SyncRun.id)
        ).scalar_one()
        for code, item_state, *more in items:
            over = item_state not in LIVE
            columns = {"finished_at": at if over else None} | (more[0] if more else {})
            connection.execute(
                insert(SyncItem).values(
                    run_id=run_id, store_id=ids[code], job=row["job"], state=item_state, **columns
                )
            )
    return run_id


def text_of(answer: Any) -> str:
    """The words of a page, without its mark-up and doubled spaces."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())
