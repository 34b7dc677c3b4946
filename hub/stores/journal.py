"""The log of a store in words: what a line of `sync_logs` says to people, in both languages."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from hub.db import db, table_of
from hub.sync.causes import describe
from hub.sync.history import read_logs
from hub.sync.models import SyncItem, SyncLog
from hub.text import _, duration, exact, lazy_gettext
from hub.work import LIVE

items = table_of(SyncItem)
USER = re.compile(r"(\d+|unknown) followers, (\d+|unknown) videos")
VIDEOS = re.compile(r": (\d+) videos$")
# what a job did, when it went well and when it did not
DONE: dict[str, Any] = {
    "refresh_tokens": lazy_gettext("Access renewed"),
    "sync_user_daily": lazy_gettext("Account numbers read"),
    "sync_video_daily": lazy_gettext("Videos read"),
}
NOT_DONE: dict[str, Any] = {
    "refresh_tokens": lazy_gettext("Access not renewed"),
    "sync_user_daily": lazy_gettext("Account numbers not read"),
    "sync_video_daily": lazy_gettext("Videos not read"),
}
LOOKS = {"SUCCESS": ("ok", "ok"), "FAILED": ("bad", "bad"), "SKIPPED": ("idle", "pause")}


@dataclass(frozen=True)
class Entry:
    """A line: drawing, what happened, what more is known, when."""

    tone: str
    symbol: str
    title: str
    text: str
    at: datetime


def read_journal(code: str, limit: int, offset: int = 0) -> list[Entry]:
    """Newest first."""
    return [entry_of(row) for row in read_logs(limit, code, offset)]


def count_entries(code: str) -> int:
    wanted = select(func.count()).select_from(SyncLog).where(SyncLog.store_code == code)
    return db.session.scalar(wanted) or 0


def entry_of(row: Mapping[str, Any]) -> Entry:
    done = row["status"] == "SUCCESS"
    tone, symbol = LOOKS.get(row["status"], ("warn", "warn"))
    title = (DONE if done else NOT_DONE).get(row["job_name"], row["job_name"])
    return Entry(tone, symbol, str(title), counts(row) if done else why(row), row["run_time"])


def why(row: Mapping[str, Any]) -> str:
    return str(describe(row["cause"]).title) if row["cause"] else str(row["message"] or "")


def counts(row: Mapping[str, Any]) -> str:
    """The counts of a sentence of spec 003, and how long it took."""
    said, text = row["message"] or "", []
    if found := USER.search(said):
        text.append(_("%(followers)s followers, %(videos)s videos",
                      followers=known(found[1]), videos=known(found[2])))  # fmt: skip
    elif found := VIDEOS.search(said):
        text.append(_("%(count)s videos", count=known(found[1])))
    if row["duration_ms"] is not None:
        text.append(duration(row["duration_ms"] / 1000))
    return ", ".join(text)


def live_item(store_id: int) -> Row[Any] | None:
    """The sync of a store that is under way or waits its turn."""
    wanted = select(items).where(items.c.store_id == store_id, items.c.state.in_(LIVE))
    return db.session.execute(wanted.order_by(items.c.state.desc(), items.c.id).limit(1)).first()


def find_item(run_id: int, store_id: int) -> Row[Any] | None:
    """What became of a store in a run."""
    wanted = select(items).where(items.c.run_id == run_id, items.c.store_id == store_id)
    return db.session.execute(wanted).first()


def known(figures: str) -> str:
    return exact(int(figures)) if figures.isdigit() else _("no data")
