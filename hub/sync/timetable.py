"""When the nightly jobs run next, and whether one runs now."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from hub.access import settings
from hub.clock import now
from hub.db import db, reading
from hub.schedule import last_slot, next_slot
from hub.sync.jobs import CRON
from hub.sync.models import SyncRun
from hub.work import LIVE

JOB_OF = {
    "refresh_tokens": "refresh_tokens",
    "sync_user_daily": "user",
    "sync_video_daily": "video",
}


@dataclass(frozen=True)
class Line:
    """A job of the schedule."""

    name: str
    job: str
    schedule: str
    next_run: datetime
    last_run: datetime
    running: bool


def timetable() -> list[Line]:
    """The three jobs; `running` counts any run of that job, whoever started it."""
    config, present = settings(), now()
    with reading(), db.engine.connect() as connection:
        live = set(connection.execute(select(SyncRun.job).where(SyncRun.state.in_(LIVE))).scalars())
    return [
        Line(
            entry.name,
            JOB_OF[entry.name],
            entry.cron(config),
            next_slot(entry.cron(config), present, config.tz),
            last_slot(entry.cron(config), present, config.tz),
            bool(live & {JOB_OF[entry.name], "all"}),
        )
        for entry in CRON
    ]
