"""The queue door of sync, its lines of the cron table, and its sweeper."""

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial

from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import Connection

from hub import jobs, work
from hub.access import settings
from hub.clock import day_number, iso, today
from hub.config import Settings
from hub.db import begin, db, epoch, reading, table_of
from hub.log import logger
from hub.schedule import Entry
from hub.sync import batch, logs, rollups, runs
from hub.sync.items import give_up, items
from hub.sync.models import DayTotal, StoreDaily, SyncItem, SyncRun
from hub.work import LIVE, QUEUED

WAKE_AGAIN = 5.0  # seconds until a run that nobody works on is announced again
REPAIR_EVERY = 30.0
_repaired = 0.0


def sync_batch(run_id: int) -> None:
    batch.work_run(run_id)


def fire(job: str, connection: Connection, slot: datetime) -> Callable[[], None]:
    """Start a nightly run in the transaction that takes its slot; waking follows the commit."""
    run_id = runs.create(connection, job, trigger="schedule", actor="schedule", slot=slot)
    return partial(runs.wake, run_id)


def skip(job: str, connection: Connection, slot: datetime) -> None:
    connection.execute(insert(logs.table), [logs.skipped_slot_row(job, iso(slot) or "")])


def entry(name: str, job: str, cron: Callable[[Settings], str]) -> Entry:
    return Entry(name, cron, partial(fire, job), partial(skip, job))


CRON = [
    entry("refresh_tokens", "refresh_tokens", lambda config: config.cron_token_refresh),
    entry("sync_user_daily", "user", lambda config: config.cron_sync_user_daily),
    entry("sync_video_daily", "video", lambda config: config.cron_sync_video_daily),
]


def sweep_items() -> None:
    """Take back expired leases; give up what killed its worker again and again."""
    with reading(), db.engine.connect() as connection:
        if not connection.execute(
            select(func.count()).select_from(SyncItem).where(SyncItem.state.in_(LIVE))
        ).scalar():
            return
    with begin() as connection:
        back, poison = work.sweep(connection, items)
        for row in poison:
            give_up(connection, row, "crashed", "Given up: it ended its worker again and again")
        runs.drop_cancelled(connection)
    if back or poison:
        logger.warning("work was taken back", extra={"requeued": back, "given_up": len(poison)})


def sweep_runs() -> None:
    """Announce runs that nobody works on; end runs whose items have all ended."""
    with reading(), db.engine.connect() as connection:
        live = connection.execute(
            select(
                SyncRun.id, (epoch() - func.coalesce(SyncRun.woken_at, 0.0)).label("quiet")
            ).where(SyncRun.state.in_(LIVE))
        ).all()
        waiting = {
            run_id
            for (run_id,) in connection.execute(
                select(SyncItem.run_id)
                .where(SyncItem.state == QUEUED, SyncItem.run_id.in_([run.id for run in live]))
                .distinct()
            )
        }
    for run in live:
        if run.id in waiting:
            wake_again(run.id, run.quiet)
        else:
            runs.end_if_complete(run.id)


def wake_again(run_id: int, quiet: float) -> None:
    """Announce a run again `quiet` seconds after the last time, unless jobs wait already."""
    if quiet < WAKE_AGAIN or queue_is_busy():
        return
    with begin() as connection:
        connection.execute(update(SyncRun).where(SyncRun.id == run_id).values(woken_at=epoch()))
    runs.wake(run_id)


def queue_is_busy() -> bool:
    """Whether jobs wait for a worker already; Redis away counts as busy."""
    try:
        return bool(Queue("sync", connection=jobs.redis(), serializer=JSONSerializer).count)
    except RedisError:
        return True


def repair_day_totals() -> None:
    """Recompute days whose total does not count as many stores as have a row (last week)."""
    global _repaired
    if time.monotonic() - _repaired < REPAIR_EVERY:
        return
    _repaired = time.monotonic()
    since = day_number(today(settings().tz)) - 7
    days = table_of(StoreDaily)
    with reading(), db.engine.connect() as connection:
        if connection.execute(select(SyncRun.id).where(SyncRun.state.in_(LIVE)).limit(1)).first():
            return  # the run's own end recomputes its day
        have = connection.execute(
            select(days.c.day, func.count(), DayTotal.stores)
            .outerjoin(DayTotal, DayTotal.day == days.c.day)
            .where(days.c.day >= since)
            .group_by(days.c.day, DayTotal.stores)
        ).all()
    for day, stores, counted in have:
        if stores != counted:
            with begin() as connection:
                rollups.recompute_day_total(connection, day)


SWEEPERS: list[Callable[[], None]] = [sweep_items, sweep_runs, repair_day_totals]
