"""Rollups again from the facts: after a late day, by `flask rollups rebuild`, to check them.

The same rules as a night (`hub.sync.gains.Gains`), over one store's facts in memory.
`day_total` is always recomputed whole, never incremented.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.engine import Connection

from hub.bulk import upsert
from hub.clock import day_from, day_number, now
from hub.db import table_of
from hub.stores.models import USABLE, Store, StoreAccount
from hub.sync.gains import LOOK_BACK, Gains
from hub.sync.models import (
    DayTotal,
    StoreDaily,
    StoreLatest,
    UserDaily,
    Video,
    VideoDaily,
    VideoLatest,
)
from hub.sync.snapshots import sums

facts, latest = table_of(VideoDaily), table_of(VideoLatest)
days, newest, totals = table_of(StoreDaily), table_of(StoreLatest), table_of(DayTotal)
TOTALS = ("followers", "likes", "video_count", "tracked_videos", "total_views", "total_likes",
          "total_comments", "total_shares", "views_gained")  # fmt: skip
USER_PART, VIDEO_PART = TOTALS[:3], TOTALS[3:]


class History:
    """The facts of one store in memory."""

    def __init__(self, connection: Connection, store: int) -> None:
        self.rows: dict[int, list[dict[str, Any]]] = {}
        self.views: dict[int, dict[int, int | None]] = {}
        self.of_video: dict[int, tuple[list[int], list[int | None]]] = {}
        read = select(facts).where(facts.c.store_id == store).order_by(facts.c.day)
        for row in connection.execute(read).mappings():
            self.rows.setdefault(row["day"], []).append(dict(row))
            self.views.setdefault(row["day"], {})[row["video_id"]] = row["view_count"]
            seen, counts = self.of_video.setdefault(row["video_id"], ([], []))
            seen.append(row["day"])
            counts.append(row["view_count"])
        for day in without_videos(connection, store):
            self.rows.setdefault(day, [])
        self.days = sorted(self.rows)
        born = select(Video.id, Video.created_time).where(Video.store_id == store)
        self.born = {row.id: row.created_time for row in connection.execute(born)}

    def gains(self, day: int) -> Gains:
        references = {back: self.reference(day - back) for back in Gains.BACKS}
        return Gains(day, self.born, references, self.views, self.last_before)

    def day_gain(self, day: int) -> int | None:
        gains, views = self.gains(day), self.views.get(day, {})
        grown = {
            video: {"growth_1d": gains.gain(video, count, 1)} for video, count in views.items()
        }
        return gains.day_gain(grown)

    def reference(self, until: int) -> int | None:
        at = bisect_right(self.days, until)
        return self.days[at - 1] if at else None

    def last_before(self, video: int, until: int) -> int | None:
        seen, counts = self.of_video.get(video, ([], []))
        at = bisect_right(seen, until)
        return counts[at - 1] if at and seen[at - 1] >= until - LOOK_BACK else None


def without_videos(connection: Connection, store: int) -> Sequence[int]:
    """Days on which the store was read and had no video: no fact can say so."""
    return (
        connection.execute(
            select(days.c.day).where(days.c.store_id == store, days.c.tracked_videos == 0)
        )
        .scalars()
        .all()
    )


def rebuild_store(connection: Connection, store: int) -> None:
    """Make `store_daily`, `store_latest` and `video_latest` of one store again from its facts."""
    history = History(connection, store)
    computed = computed_days(connection, store, history)
    connection.execute(
        delete(days).where(days.c.store_id == store, days.c.day.not_in(list(computed)))
    )
    upsert(connection, days, list(computed.values()), key=("store_id", "day"), update=TOTALS)
    connection.execute(delete(latest).where(latest.c.store_id == store))
    upsert(connection, latest, computed_videos(history), key=("store_id", "video_id"))
    row = {"store_id": store, "data_version": 1, **computed_latest(connection, store, history)}
    kept = [name for name in row if name not in ("store_id", "data_version")]
    upsert(connection, newest, [row], key=("store_id",), update=kept)
    connection.execute(
        newest.update()
        .where(newest.c.store_id == store)
        .values(data_version=newest.c.data_version + 1)
    )


def computed_days(
    connection: Connection, store: int, history: History
) -> dict[int, dict[str, Any]]:
    """Every day of a store as the facts say it: day → row of `store_daily`."""
    found: dict[int, dict[str, Any]] = {}
    for user in user_days(connection, store):
        row = empty_day(store, day_number(user.snapshot_date), user.created_at)
        row |= {
            "followers": user.follower_count,
            "likes": user.likes_count,
            "video_count": user.video_count,
        }
        found[row["day"]] = row
    for day in history.days:
        row = found.setdefault(day, empty_day(store, day, None))
        row |= sums(history.rows[day])
        row["views_gained"] = history.day_gain(day)
    return found


def user_days(connection: Connection, store: int) -> Sequence[Any]:
    return connection.execute(
        select(
            UserDaily.snapshot_date,
            UserDaily.created_at,
            UserDaily.follower_count,
            UserDaily.likes_count,
            UserDaily.video_count,
        )
        .join(Store, Store.store_code == UserDaily.store_code)
        .where(Store.id == store)
        .order_by(UserDaily.snapshot_date)
    ).all()


def empty_day(store: int, day: int, at: datetime | None) -> dict[str, Any]:
    made = at or datetime.combine(day_from(day), time(3), UTC)
    return {"store_id": store, "day": day, "created_at": made, **dict.fromkeys(TOTALS)}


def computed_videos(history: History) -> list[dict[str, Any]]:
    """`video_latest` of every video: its last row, and its gains as of that day."""
    last: dict[int, dict[str, Any]] = {}
    for day in history.days:
        for row in history.rows[day]:
            last[row["video_id"]] = row
    by_day: dict[int, Gains] = {}
    for video, row in last.items():
        gains = by_day.get(row["day"])
        if gains is None:
            gains = by_day[row["day"]] = history.gains(row["day"])
        row |= gains.all({video: row["view_count"]})[video]
    return list(last.values())


def computed_latest(connection: Connection, store: int, history: History) -> dict[str, Any]:
    """`store_latest` without its times: the newest of each part and the last weeks."""
    row: dict[str, Any] = dict.fromkeys((*TOTALS, "user_day", "video_day", "views_w", "views_pw",
                                         "followers_w"))  # fmt: skip
    if users := user_days(connection, store):
        user = users[-1]
        day = day_number(user.snapshot_date)
        row |= {"user_day": day, "followers": user.follower_count, "likes": user.likes_count,
                "video_count": user.video_count,
                "followers_w": followers_gained(users, day)}  # fmt: skip
    if history.days:
        day = history.days[-1]
        gains = history.gains(day)
        grown = gains.all(history.views.get(day, {}))
        row |= sums(history.rows[day])
        row |= {"video_day": day, "views_gained": gains.day_gain(grown),
                "views_w": gains.week(grown), "views_pw": gains.week_before()}  # fmt: skip
    return row


def followers_gained(users: Sequence[Any], day: int) -> int | None:
    now_has = users[-1].follower_count
    before = [
        user.follower_count
        for user in users
        if day_number(user.snapshot_date) <= day - 7 and user.follower_count is not None
    ]
    return None if now_has is None or not before else now_has - before[-1]


def recompute_day_total(connection: Connection, day: int) -> None:
    """The network's day, whole; called in the transaction that ends a run or a single sync."""
    sums_of = [func.sum(days.c[name]).label(name) for name in TOTALS]
    row = connection.execute(
        select(func.count().label("stores"), *sums_of).where(days.c.day == day)
    ).one()
    if row.stores == 0:
        connection.execute(delete(totals).where(totals.c.day == day))
        return
    values = {name: None if value is None else int(value) for name, value in row._mapping.items()}
    complete = missing_stores(connection, day) == 0
    upsert(
        connection,
        totals,
        [{"day": day, **values, "complete": complete, "updated_at": now()}],
        key=("day",),
    )


def missing_stores(connection: Connection, day: int) -> int:
    """Connected stores that have no row on a day."""
    there = select(days.c.store_id).where(days.c.day == day)
    return (
        connection.execute(
            select(func.count())
            .select_from(StoreAccount)
            .join(Store, Store.store_code == StoreAccount.store_code)
            .where(
                StoreAccount.status.in_(USABLE),
                Store.archived_at.is_(None),
                Store.id.not_in(there),
            )
        ).scalar()
        or 0
    )


def all_days(connection: Connection) -> list[int]:
    return sorted(connection.execute(select(days.c.day).distinct()).scalars())


def differences(connection: Connection, store: int) -> list[str]:
    """Where a store's rollups differ from its facts, in words; empty when all is right."""
    history = History(connection, store)
    found: list[str] = []
    stored = {
        row["day"]: row
        for row in connection.execute(select(days).where(days.c.store_id == store)).mappings()
    }
    expected = computed_days(connection, store, history)
    for day in sorted(stored.keys() | expected.keys()):
        found += compare(f"store_daily {store} {day_from(day)}", stored.get(day), expected.get(day))
    known = select(latest).where(latest.c.store_id == store)
    there = {row["video_id"]: row for row in connection.execute(known).mappings()}
    want = {row["video_id"]: row for row in computed_videos(history)}
    for video in sorted(there.keys() | want.keys()):
        found += compare(f"video_latest {video}", there.get(video), want.get(video))
    row = connection.execute(select(newest).where(newest.c.store_id == store)).mappings().first()
    if row is not None or history.days:
        found += compare(f"store_latest {store}", row, computed_latest(connection, store, history))
    return found


def compare(name: str, stored: Any, expected: Mapping[str, Any] | None) -> list[str]:
    if stored is None or expected is None:
        return [f"{name}: {'missing' if stored is None else 'has no fact'}"]
    return [
        f"{name}.{key}: is {stored[key]}, facts say {value}"
        for key, value in expected.items()
        if key != "created_at" and stored[key] != value
    ]
