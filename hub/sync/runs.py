"""Runs: start, wait, cancel, retry, end. A run has one item a store; its rows are the truth.

A store that another run is already working on, or waiting to, is skipped (`already_running`).
"""

import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, insert, select, update
from sqlalchemy.engine import Connection, Row

from hub.access import settings
from hub.clock import day_number, now, today
from hub.db import begin, db, epoch, reading, serialise, table_of
from hub.errors import Invalid, NotFound
from hub.jobs import enqueue
from hub.stores.models import Store
from hub.sync import logs, rollups
from hub.sync.models import JOBS, SyncItem, SyncRun
from hub.sync.parts import PARTS_OF, Part
from hub.work import CANCELLED, DONE, FAILED, LIVE, QUEUED, RUNNING, SKIPPED

runs, items = table_of(SyncRun), table_of(SyncItem)
BAD_SHARE = 10  # per cent of failures from which a run's log line says FAILED (R26)
WAIT_POLL = 0.05
JOB_NAMES = {"refresh_tokens": "refresh_tokens", "user": "user_sync", "video": "video_sync"}


def conflicting(job: str) -> tuple[str, ...]:
    """Jobs that would do the same work on a store at the same time."""
    return JOBS if job == "all" else (job, "all")


def create(
    connection: Connection,
    job: str,
    *,
    trigger: str,
    actor: str,
    stores: Iterable[int] | None = None,
    store_code: str | None = None,
    slot: datetime | None = None,
    retry_of: int | None = None,
) -> int:
    """Write a run and its items in the caller's transaction; the new run's id.

    `stores` are store ids, None means all that are not archived.
    """
    if job not in JOBS:
        raise Invalid(f"job must be one of: {', '.join(JOBS)}", field="job")
    serialise(connection, "sync_runs")
    ids = list(stores) if stores is not None else all_stores(connection)
    busy = busy_stores(connection, job, ids)
    run_id: int = connection.execute(
        insert(runs)
        .values(
            job=job,
            state=QUEUED,
            trigger=trigger,
            actor=actor,
            store_code=store_code,
            slot=slot,
            day=day_number(today(settings().tz)),
            total=len(ids),
            retry_of=retry_of,
            created_at=now(),
            woken_at=epoch(),
        )
        .returning(runs.c.id)
    ).scalar_one()
    if ids:
        connection.execute(insert(items), [new_item(run_id, one, job, one in busy) for one in ids])
    if busy:
        log_busy(connection, run_id, job, busy)
    if len(busy) == len(ids):
        end(connection, run_id)
    return run_id


def all_stores(connection: Connection) -> list[int]:
    return list(
        connection.execute(
            select(Store.id).where(Store.archived_at.is_(None)).order_by(Store.id)
        ).scalars()
    )


def busy_stores(connection: Connection, job: str, ids: Sequence[int]) -> set[int]:
    live = select(items.c.store_id).where(
        items.c.state.in_(LIVE), items.c.job.in_(conflicting(job))
    )
    return set(connection.execute(live).scalars()) & set(ids)


def new_item(run_id: int, store_id: int, job: str, busy: bool) -> dict[str, Any]:
    item: dict[str, Any] = {
        "run_id": run_id,
        "store_id": store_id,
        "job": job,
        "state": SKIPPED if busy else QUEUED,
        "cause": "already_running" if busy else None,
        "message": logs.SKIPPED["already_running"] if busy else None,
        "finished_at": now() if busy else None,
    }
    for part in ("refresh", "user", "video"):
        item[f"{part}_state"] = "skipped" if busy and part in PARTS_OF[job] else None
    return item


def log_busy(connection: Connection, run_id: int, job: str, busy: set[int]) -> None:
    message = logs.SKIPPED["already_running"]
    codes = connection.execute(select(Store.store_code).where(Store.id.in_(busy))).scalars()
    rows = [
        logs.part_row(Part(part, "skipped", message, "already_running"), code, run_id)
        for code in codes
        for part in PARTS_OF[job]
    ]
    connection.execute(insert(logs.table), rows)


def start(
    job: str,
    *,
    trigger: str,
    actor: str,
    stores: Iterable[int] | None = None,
    store_code: str | None = None,
    retry_of: int | None = None,
) -> int:
    """Write a run, commit, wake the workers; the run's id."""
    with begin() as connection:
        run_id = create(
            connection,
            job,
            trigger=trigger,
            actor=actor,
            stores=stores,
            store_code=store_code,
            retry_of=retry_of,
        )
    wake(run_id)
    return run_id


def start_store(store_code: str, job: str, trigger: str, actor: str) -> int:
    """Sync one store; raises `NotFound` (STORE_NOT_FOUND) for a store that is not there."""
    with reading(), db.engine.connect() as connection:
        store = connection.execute(
            select(Store.id, Store.store_code).where(
                Store.store_code == store_code, Store.archived_at.is_(None)
            )
        ).one_or_none()
    if store is None:
        raise NotFound("Store not found", code="STORE_NOT_FOUND")
    return start(job, trigger=trigger, actor=actor, stores=[store.id], store_code=store.store_code)


def wake(run_id: int) -> None:
    """One job a worker, so that all of them take part; the sweeper makes up for a lost one."""
    from hub.sync.jobs import sync_batch

    run = find(run_id)
    if run.state not in LIVE:
        return
    for _ in range(min(settings().workers, max(1, run.total))):
        if not enqueue("sync", sync_batch, run_id):
            break


def find(run_id: int) -> Row[Any]:
    """A run's row; raises `NotFound`."""
    with reading(), db.engine.connect() as connection:
        run = connection.execute(select(runs).where(runs.c.id == run_id)).one_or_none()
    if run is None:
        raise NotFound("Run not found")
    return run


def wait(run_id: int, seconds: float) -> Row[Any]:
    """The run once it has ended, or as it is after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        run = find(run_id)
        if run.state not in LIVE or time.monotonic() >= deadline:
            return run
        time.sleep(WAIT_POLL)


def cancel(run_id: int, actor: str) -> None:
    """Nothing new is begun; stores in work are finished. Raises `Invalid` once it has ended."""
    with begin() as connection:
        found = connection.execute(
            update(runs)
            .where(runs.c.id == run_id, runs.c.state.in_(LIVE), runs.c.cancelled_at.is_(None))
            .values(cancelled_at=now(), cancelled_by=actor)
        )
        if found.rowcount != 1:
            there = connection.execute(select(runs.c.state).where(runs.c.id == run_id)).scalar()
            if there is None:
                raise NotFound("Run not found")
            raise Invalid("This run has already ended or is being cancelled")
        connection.execute(
            update(items)
            .where(items.c.run_id == run_id, items.c.state == QUEUED)
            .values(state=CANCELLED, finished_at=now())
        )
        end(connection, run_id)


def drop_cancelled(connection: Connection) -> None:
    """Stores of a run that is being cancelled are not begun again when their worker died."""
    cancelled = select(runs.c.id).where(runs.c.state.in_(LIVE), runs.c.cancelled_at.is_not(None))
    connection.execute(
        update(items)
        .where(items.c.state == QUEUED, items.c.run_id.in_(cancelled))
        .values(state=CANCELLED, finished_at=now())
    )


def retry_failed(run_id: int, actor: str, trigger: str = "retry") -> int:
    """A new run over the stores that failed; raises `Invalid` when there is none."""
    run = find(run_id)
    with reading(), db.engine.connect() as connection:
        failed = list(
            connection.execute(
                select(items.c.store_id)
                .where(items.c.run_id == run_id, items.c.state == FAILED)
                .order_by(items.c.id)
            ).scalars()
        )
    if run.state in LIVE:
        raise Invalid("This run has not ended yet")
    if not failed:
        raise Invalid("No store failed in this run")
    return start(
        run.job,
        trigger=trigger,
        actor=actor,
        stores=failed,
        store_code=run.store_code,
        retry_of=run_id,
    )


def counts(connection: Connection, run_id: int) -> dict[str, int]:
    """Items of a run by state."""
    rows = connection.execute(
        select(items.c.state, func.count()).where(items.c.run_id == run_id).group_by(items.c.state)
    )
    return {row[0]: row[1] for row in rows}


def end_if_complete(run_id: int) -> bool:
    """End a run none of whose items is live; True when this call ended it."""
    with reading(), db.engine.connect() as connection:
        live = counts(connection, run_id)
    if any(live.get(state) for state in LIVE):
        return False
    with begin() as connection:
        return end(connection, run_id)


def end(connection: Connection, run_id: int) -> bool:
    """The last transaction of a run: totals, the network's day, the job's log line."""
    by_state = counts(connection, run_id)
    if any(by_state.get(state) for state in LIVE):
        return False
    at = now()
    ended = connection.execute(
        update(runs)
        .where(runs.c.id == run_id, runs.c.state.in_(LIVE))
        .values(
            state=case((runs.c.cancelled_at.is_not(None), CANCELLED), else_=DONE),
            outcome=outcome(by_state),
            finished_at=at,
            started_at=func.coalesce(runs.c.started_at, at),
            totals=totals(connection, run_id),
        )
        .returning(runs)
    ).one_or_none()
    if ended is None:
        return False
    if ended.job != "refresh_tokens":
        for day in (ended.day, ended.day + 1):  # a late day changes what the next one gained
            rollups.recompute_day_total(connection, day)
    log_end(connection, ended, by_state)
    return True


def outcome(by_state: dict[str, int]) -> str:
    if not by_state.get(FAILED):
        return "success"
    return "partial" if by_state.get(DONE) else "failed"


def log_end(connection: Connection, run: Row[Any], by_state: dict[str, int]) -> None:
    done, failed, skipped = (by_state.get(state, 0) for state in (DONE, FAILED, SKIPPED))
    took = round((run.finished_at - (run.started_at or run.created_at)).total_seconds() * 1000)
    message = f"Synced {done}/{run.total} stores, {failed} failed, {skipped} skipped"
    if run.job == "refresh_tokens":
        part = run.totals["refresh_tokens"]
        message = "Refreshed {refreshed}/{total} tokens, {failed} failed".format(**part)
    if run.state == CANCELLED:
        message += f", cancelled by {run.cancelled_by}"
    status = "FAILED" if failed * 100 > BAD_SHARE * max(1, run.total) else "SUCCESS"
    connection.execute(insert(logs.table), [logs.job_row(run, run.job, status, message, took)])


def totals(connection: Connection, run_id: int) -> dict[str, Any]:
    """The parts that ran, as spec 003 gives them (`data` of POST /admin/sync/run)."""
    columns = {"refresh": items.c.refresh_state, "user": items.c.user_state,
               "video": items.c.video_state}  # fmt: skip
    sums = [
        func.sum(case((column == state, 1), else_=0)).label(f"{part}_{state}")
        for part, column in columns.items()
        for state in ("success", "failed", "skipped")
    ]
    row = connection.execute(
        select(
            func.count().label("total"),
            func.min(items.c.job).label("job"),
            func.coalesce(func.sum(items.c.videos), 0).label("videos"),
            *sums,
        ).where(items.c.run_id == run_id)
    ).one()
    job = row.job or connection.execute(select(runs.c.job).where(runs.c.id == run_id)).scalar()
    found: dict[str, Any] = {}
    for part in PARTS_OF[job or "all"]:
        got = {state: int(getattr(row, f"{part}_{state}") or 0) for state in
               ("success", "failed", "skipped")}  # fmt: skip
        if part == "refresh":
            found["refresh_tokens"] = {"total": row.total, "refreshed": got["success"],
                                       "failed": got["failed"]}  # fmt: skip
            continue
        found[f"{part}_sync"] = {"total": row.total, "successful": got["success"],
                                 "failed": got["failed"], "skipped": got["skipped"]}  # fmt: skip
    if "video_sync" in found:
        found["video_sync"]["totalVideos"] = int(row.videos)
    return found


def begin_run(run_id: int) -> Row[Any]:
    """Mark a run as running on its first batch; its row."""
    with begin() as connection:
        connection.execute(
            update(runs)
            .where(runs.c.id == run_id, runs.c.state == QUEUED)
            .values(state=RUNNING, started_at=now())
        )
    return find(run_id)
