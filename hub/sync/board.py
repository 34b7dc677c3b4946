"""Runs as pages draw them: state, counts that add up, pace, time left.

Every list takes a constant number of queries. `codes` limits to runs of single stores (the
stores a person in charge sees); None means all.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.engine import Connection, Row

from hub.clock import now
from hub.db import db, reading
from hub.listing import Listing
from hub.stores.models import Store
from hub.sync import progress, wording
from hub.sync import runs as verbs
from hub.sync.models import SyncRun
from hub.users.models import User
from hub.work import CANCELLED, DONE, FAILED, LIVE, QUEUED, RUNNING, SKIPPED

runs, items = verbs.runs, verbs.items


@dataclass(frozen=True)
class RunView:
    """A run as pages draw it. The seven counts add up to `total`."""

    row: Row[Any]
    counts: Mapping[str, int]
    trying: int
    who: str
    canceller: str
    store_name: str | None

    @property
    def live(self) -> bool:
        return self.row.state in LIVE

    @property
    def state(self) -> str:
        """A key of `hub.text.STATES`."""
        if self.live and self.row.cancelled_at:
            return "cancelling"
        if self.row.state != DONE:
            return str(self.row.state)
        return {"partial": "partial", "failed": "failed"}.get(self.row.outcome or "", "done")

    @property
    def total(self) -> int:
        return int(self.row.total)

    @property
    def done(self) -> int:
        return self.counts.get(DONE, 0)

    @property
    def failed(self) -> int:
        return self.counts.get(FAILED, 0)

    @property
    def skipped(self) -> int:
        return self.counts.get(SKIPPED, 0)

    @property
    def cancelled(self) -> int:
        return self.counts.get(CANCELLED, 0)

    @property
    def working(self) -> int:
        return self.counts.get(RUNNING, 0) - self.trying

    @property
    def waiting(self) -> int:
        return self.counts.get(QUEUED, 0)

    @property
    def processed(self) -> int:
        """Stores that were looked at and ended; a cancelled one was never looked at."""
        return self.done + self.failed + self.skipped

    @property
    def percent(self) -> int:
        return 100 * self.processed // self.total if self.total else 100

    @property
    def seconds(self) -> float | None:
        """How long it took, or takes so far."""
        if self.row.started_at is None:
            return None
        end = self.row.finished_at or now()
        return max(0.0, float((end - self.row.started_at).total_seconds()))

    @property
    def per_minute(self) -> int | None:
        seconds = self.seconds
        return round(self.processed * 60 / seconds) if self.processed and seconds else None

    @property
    def left(self) -> int | None:
        """Seconds until the end, rounded up to 5 s or whole minutes; None while unknown."""
        if self.state != RUNNING:
            return None
        eta = progress.eta_seconds(self.row, self.processed)
        if eta is None:
            return None
        step = 5 if eta < 55 else 60
        return max(step, math.ceil(eta / step) * step)

    @property
    def near(self) -> datetime | None:
        """The end as a clock time, rounded up to the minute."""
        eta = progress.eta_seconds(self.row, self.processed)
        if eta is None:
            return None
        end = now() + timedelta(seconds=eta + 59)
        return end.replace(second=0, microsecond=0)


def of_stores(codes: Sequence[str] | None) -> list[ColumnElement[bool]]:
    return [] if codes is None else [SyncRun.store_code.in_(codes)]


def find_runs(
    *where: ColumnElement[bool], limit: int | None = None, offset: int = 0
) -> list[RunView]:
    """Runs, newest first."""
    with reading(), db.engine.connect() as connection:
        rows = connection.execute(
            select(runs).where(*where).order_by(SyncRun.id.desc()).limit(limit).offset(offset)
        ).all()
        return draw(connection, rows)


def draw(connection: Connection, rows: Sequence[Row[Any]]) -> list[RunView]:
    """Views of run rows with three queries, however many they are."""
    if not rows:
        return []
    counts, trying = count_items(connection, [row.id for row in rows])
    names = people(connection, {row.actor for row in rows} | {row.cancelled_by for row in rows})
    found = connection.execute(
        select(Store.store_code, Store.store_name).where(
            Store.store_code.in_({row.store_code for row in rows if row.store_code})
        )
    )
    stores = {row.store_code: row.store_name for row in found}
    return [
        RunView(
            row,
            counts.get(row.id, {}),
            trying.get(row.id, 0),
            wording.started_by(row.trigger, row.actor, names),
            names.get((row.cancelled_by or "").lower(), row.cancelled_by or ""),
            stores.get(row.store_code, row.store_code) if row.store_code else None,
        )
        for row in rows
    ]


def count_items(
    connection: Connection, ids: Sequence[int]
) -> tuple[dict[int, dict[str, int]], dict[int, int]]:
    """Items by run and state; and how many of a run's running ones are tried again."""
    again = func.sum(case((items.c.trying_again & (items.c.state == RUNNING), 1), else_=0))
    rows = connection.execute(
        select(items.c.run_id, items.c.state, func.count(), again)
        .where(items.c.run_id.in_(ids))
        .group_by(items.c.run_id, items.c.state)
    )
    counts: dict[int, dict[str, int]] = {}
    trying: dict[int, int] = {}
    for run_id, state, number, tried in rows:
        counts.setdefault(run_id, {})[state] = number
        trying[run_id] = trying.get(run_id, 0) + int(tried or 0)
    return counts, trying


def people(connection: Connection, actors: set[Any]) -> dict[str, str]:
    """Names of those actors that are people, by email in small letters."""
    emails = {actor.lower() for actor in actors if actor and "@" in actor}
    rows = connection.execute(
        select(User.email, User.display_name).where(func.lower(User.email).in_(emails))
    )
    return {row.email.lower(): row.display_name or row.email for row in rows}


def live_runs(codes: Sequence[str] | None) -> list[RunView]:
    """Runs that have not ended; those of all stores first."""
    found = find_runs(SyncRun.state.in_(LIVE), *of_stores(codes))
    return sorted(found, key=lambda run: (run.row.store_code is not None, run.row.id))


def last_run(codes: Sequence[str] | None) -> RunView | None:
    """The newest run that ended: of all stores, or for a person in charge of one of theirs."""
    whole = [SyncRun.store_code.is_(None)] if codes is None else of_stores(codes)
    return next(iter(find_runs(SyncRun.state.not_in(LIVE), *whole, limit=1)), None)


def ended_runs(rows: Listing, job: str, codes: Sequence[str] | None) -> list[RunView]:
    """A page of the runs that ended; `rows` learns how many there are."""
    where = [SyncRun.state.not_in(LIVE), *of_stores(codes)]
    where += [SyncRun.job == job] if job else []
    with reading(), db.engine.connect() as connection:
        rows.count(connection.execute(select(func.count(SyncRun.id)).where(*where)).scalar() or 0)
    return find_runs(*where, limit=rows.per_page, offset=rows.offset)


def last_of_jobs(names: Sequence[str]) -> dict[str, RunView]:
    """The newest run of all stores of each job, live or not."""
    newest = (
        select(func.max(SyncRun.id))
        .where(SyncRun.job.in_(names), SyncRun.store_code.is_(None), SyncRun.retry_of.is_(None))
        .group_by(SyncRun.job)
    )
    return {run.row.job: run for run in find_runs(SyncRun.id.in_(newest))}
