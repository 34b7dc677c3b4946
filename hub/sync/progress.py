"""How far a run is: the run object of CONTRACT §4, and what pages show of it."""

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Connection, Row

from hub.clock import iso, now
from hub.db import db, reading, table_of
from hub.sync import runs
from hub.sync.models import SyncItem, SyncRun
from hub.sync.runs import items
from hub.sync.runs import runs as runs_table
from hub.work import CANCELLED, DONE, FAILED, LIVE, QUEUED, RUNNING, SKIPPED

ETA_FROM = 5  # per cent; before that a guess would be a lie


def causes(connection: Connection, run_ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """Why stores failed or were skipped, most frequent first, by run."""
    rows = connection.execute(
        select(
            items.c.run_id,
            items.c.cause,
            func.count().label("count"),
            func.max(items.c.message).label("message"),
        )
        .where(
            items.c.run_id.in_(run_ids),
            items.c.cause.is_not(None),
            items.c.state.in_((FAILED, SKIPPED)),
        )
        .group_by(items.c.run_id, items.c.cause)
        .order_by(func.count().desc(), items.c.cause)
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.run_id, []).append(
            {"cause": row.cause, "count": row.count, "message": row.message}
        )
    return found


def counts_of(connection: Connection, run_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    rows = connection.execute(
        select(items.c.run_id, items.c.state, func.count())
        .where(items.c.run_id.in_(run_ids))
        .group_by(items.c.run_id, items.c.state)
    )
    found: dict[int, dict[str, int]] = {}
    for run_id, state, number in rows:
        found.setdefault(run_id, {})[state] = number
    return found


def eta_seconds(run: Row[Any], processed: int) -> int | None:
    """Seconds until the end at the pace so far, rounded up; None before 5 % and once ended."""
    if run.state not in LIVE or run.started_at is None or not processed:
        return None
    if processed * 100 < ETA_FROM * run.total:
        return None
    spent = max(0.0, (now() - run.started_at).total_seconds())
    return int(math.ceil(spent / processed * (run.total - processed)))  # noqa: RUF046


def as_json(
    run: Row[Any], by_state: dict[str, int], why: list[dict[str, Any]], totals: Any
) -> dict[str, Any]:
    """The run object. `processed` counts stores that ended, whatever became of them."""
    processed = sum(number for state, number in by_state.items() if state not in LIVE)
    return {
        "id": run.id,
        "job": run.job,
        "state": run.state,
        "outcome": run.outcome,
        "trigger": run.trigger,
        "actor": run.actor,
        "storeCode": run.store_code,
        "createdAt": iso(run.created_at),
        "startedAt": iso(run.started_at),
        "finishedAt": iso(run.finished_at),
        "processed": processed,
        "total": run.total,
        "percent": 100 * processed // run.total if run.total else 100,
        "etaSeconds": eta_seconds(run, processed),
        "successful": by_state.get(DONE, 0),
        "failed": by_state.get(FAILED, 0),
        "skipped": by_state.get(SKIPPED, 0),
        "cancelled": by_state.get(CANCELLED, 0),
        "queued": by_state.get(QUEUED, 0),
        "running": by_state.get(RUNNING, 0),
        "causes": why,
        "totals": totals,
        "retryOf": run.retry_of,
        "cancelledBy": run.cancelled_by,
        "error": run.error,
    }


def describe(rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """Run objects of several rows with three queries, however many they are."""
    ids = [row.id for row in rows]
    if not ids:
        return []
    with reading(), db.engine.connect() as connection:
        by_state, why = counts_of(connection, ids), causes(connection, ids)
        totals = {
            row.id: row.totals if row.totals is not None else runs.totals(connection, row.id)
            for row in rows
        }
    return [
        as_json(row, by_state.get(row.id, {}), why.get(row.id, []), totals[row.id]) for row in rows
    ]


def show(run_id: int) -> dict[str, Any]:
    """One run object; raises `NotFound`."""
    return describe([runs.find(run_id)])[0]


def list_runs(
    limit: int, offset: int, state: str | None = None, stores: Any = None
) -> tuple[list[dict[str, Any]], int]:
    """Newest first, with the number of all; `stores` limits to runs of one store of those codes."""
    where = [] if state is None else [SyncRun.state == state]
    if stores is not None:
        where.append(SyncRun.store_code.in_(stores))
    with reading(), db.engine.connect() as connection:
        total = connection.execute(select(func.count()).select_from(SyncRun).where(*where)).scalar()
        rows = connection.execute(
            select(runs_table).where(*where).order_by(SyncRun.id.desc()).limit(limit).offset(offset)
        ).all()
    return describe(rows), int(total or 0)


def live_runs() -> list[dict[str, Any]]:
    """Runs that have not ended, oldest first."""
    with reading(), db.engine.connect() as connection:
        rows = connection.execute(
            select(runs_table).where(SyncRun.state.in_(LIVE)).order_by(SyncRun.id)
        ).all()
    return describe(rows)


def usual_seconds(job: str) -> float | None:
    """The median duration of the last thirty ended runs of a job over all stores."""
    with reading(), db.engine.connect() as connection:
        rows = connection.execute(
            select(SyncRun.started_at, SyncRun.finished_at)
            .where(
                SyncRun.job == job,
                SyncRun.state == DONE,
                SyncRun.store_code.is_(None),
                SyncRun.finished_at > now() - timedelta(days=60),
            )
            .order_by(SyncRun.id.desc())
            .limit(30)
        ).all()
    spans = sorted((row.finished_at - row.started_at).total_seconds() for row in rows)
    return spans[len(spans) // 2] if spans else None


def item_of(run_id: int) -> Row[Any]:
    """The only item of a single-store run."""
    with reading(), db.engine.connect() as connection:
        return connection.execute(select(table_of(SyncItem)).where(SyncItem.run_id == run_id)).one()
