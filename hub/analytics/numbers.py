"""Numbers over time as rows. Only rollups are read, so no read grows with the history.

Days are day numbers in `TZ`; a day without a value is None, never 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import aliased

from hub.db import db
from hub.sync.models import DayTotal, StoreDaily, SyncRun

WEEK = 7


@dataclass(frozen=True)
class Series:
    """Equal steps of a day from `first` on; `before` is the same length, the period before."""

    first: int
    values: list[float | None]
    before: list[float | None]

    @property
    def last(self) -> int:
        return self.first + len(self.values) - 1

    @property
    def known(self) -> list[float]:
        return [value for value in self.values if value is not None]

    @property
    def gaps(self) -> list[tuple[int, int]]:
        """Stretches without a value, as first and last day."""
        found: list[tuple[int, int]] = []
        for day, value in enumerate(self.values, self.first):
            if value is not None:
                continue
            if found and found[-1][1] == day - 1:
                found[-1] = (found[-1][0], day)
            else:
                found.append((day, day))
        return found


def network_days(first: int, last: int) -> dict[int, Row[Any]]:
    """Rows of `day_total` by day."""
    wanted = select(DayTotal.__table__).where(DayTotal.day.between(first, last))
    return {row.day: row for row in db.session.execute(wanted)}


def store_days(store_id: int, first: int, last: int) -> dict[int, Row[Any]]:
    """Rows of `store_daily` of one store by day."""
    wanted = select(StoreDaily.__table__).where(
        StoreDaily.store_id == store_id, StoreDaily.day.between(first, last)
    )
    return {row.day: row for row in db.session.execute(wanted)}


def series(days: dict[int, Row[Any]], column: str, last: int, length: int) -> Series:
    """A column over the `length` days up to `last`, and over the days before them."""

    def read(until: int) -> list[float | None]:
        return [
            getattr(days[day], column) if day in days else None
            for day in range(until - length + 1, until + 1)
        ]

    return Series(last - length + 1, read(last), read(last - length))


def since_known(found: Series) -> Series:
    """Without the days before the first value: what was not followed yet is no gap."""
    at = next((n for n, value in enumerate(found.values) if value is not None), 0)
    return Series(found.first + at, found.values[at:], found.before[at:])


def network_changes(first: int, last: int) -> dict[int, Row[Any]]:
    """How followers and videos changed from day to day, like for like.

    Only stores with both days count, so a store that joins or stops is no jump.
    """
    day, before = aliased(StoreDaily), aliased(StoreDaily)
    wanted = (
        select(
            day.day,
            func.sum(day.followers - before.followers).label("followers"),
            func.sum(day.video_count - before.video_count).label("videos"),
        )
        .join(before, (before.store_id == day.store_id) & (before.day == day.day - 1))
        .where(day.day.between(first, last))
        .group_by(day.day)
    )
    rows: Sequence[Any] = db.session.execute(wanted).all()
    return {row.day: row for row in rows}


def total(values: Sequence[float | None]) -> float | None:
    """The sum of what is known; None when nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def week_curves(store_ids: Sequence[int], last: int) -> dict[int, list[float | None]]:
    """Views gained on each of the last 7 days, by store id; one query."""
    found: dict[int, list[float | None]] = {store: [None] * WEEK for store in store_ids}
    wanted = select(StoreDaily.store_id, StoreDaily.day, StoreDaily.views_gained).where(
        StoreDaily.store_id.in_(list(found)), StoreDaily.day.between(last - WEEK + 1, last)
    )
    for store, day, views in db.session.execute(wanted):
        found[store][day - (last - WEEK + 1)] = views
    return found


def last_runs() -> list[Row[Any]]:
    """The newest ended run of each job over all stores, of the last 60 runs."""
    wanted = (
        select(SyncRun.__table__)
        .where(SyncRun.store_code.is_(None), SyncRun.finished_at.is_not(None))
        .order_by(SyncRun.id.desc())
        .limit(60)
    )
    newest: dict[str, Row[Any]] = {}
    for run in db.session.execute(wanted):
        newest.setdefault(run.job, run)
    return sorted(newest.values(), key=lambda run: run.id)
