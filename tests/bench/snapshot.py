"""A night of 15,000 video rows: `store_night`, the function the sync calls, once per store.

Against one raw executemany of the bare facts in the same database and run, and against reading
and adding row by row with the ORM (a tenth of the rows, scaled). Bounds: issue 3.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from hub.db import begin, db, table_of
from hub.providers.tiktok import TikTokUser, TikTokVideo
from hub.stores.models import Store
from hub.sync.models import VideoDaily
from hub.sync.snapshots import Night, store_night
from tests.bench import report
from tests.installation import make_app, make_schema
from tests.servers import postgres

STORES, VIDEOS, EARLIER, REPEATS = 300, 50, 8, 5
FIRST_DAY = 20_000
BOUNDS = {"sqlite": 12.0, "postgresql": 9.0}
FACTS = "store_id, day, video_id, view_count, like_count, comment_count, share_count"
RAW = (
    f"INSERT INTO video_daily ({FACTS}) VALUES ({{marks}}) ON CONFLICT (store_id, day, video_id)"
    " DO UPDATE SET view_count = excluded.view_count, like_count = excluded.like_count,"
    " comment_count = excluded.comment_count, share_count = excluded.share_count"
)


def night(store: int, day: int) -> Night:
    at = datetime(1970, 1, 1, 3, tzinfo=UTC) + timedelta(days=day)
    made = [
        TikTokVideo(
            id=str(7_300_000_000_000_000_000 + store * 1000 + number),
            caption=f"Promo {number} toko {store}",
            created_time=at - timedelta(days=30 + number + day - FIRST_DAY),
            duration=30,
            cover_url=f"https://cdn.example.com/{store}/{number}.jpg?x-expires={day}",
            share_url=None,
            view_count=1000 * number + 37 * day + store,
            like_count=40 * number + day,
            comment_count=number,
            share_count=number // 2,
        )
        for number in range(VIDEOS)
    ]
    user = TikTokUser(f"open{store}", None, "Toko", None, None, 5000 + day, 10, 90_000, VIDEOS)
    return Night(store, f"S{store:04d}", day, at, user, made)


def fill() -> None:
    with begin() as connection:
        rows = [{"store_code": f"S{at:04d}", "store_name": "Toko", "pic_name": "PIC", "tags": []}
                for at in range(1, STORES + 1)]  # fmt: skip
        connection.execute(insert(Store), rows)
    for day in range(FIRST_DAY, FIRST_DAY + EARLIER):
        by_function(day)


def by_function(day: int) -> float:
    """Seconds of a night as the sync writes it: a transaction a store."""
    nights = [night(store, day) for store in range(1, STORES + 1)]
    start = time.perf_counter()
    for one in nights:
        with begin() as connection:
            store_night(connection, one)
    return time.perf_counter() - start


def fact_rows(day: int) -> list[tuple[Any, ...]]:
    with db.engine.connect() as connection:
        keys = connection.execute(
            select(VideoDaily.store_id, VideoDaily.video_id).where(VideoDaily.day == FIRST_DAY)
        ).all()
    return [(store, day, video, day + video, video, 3, 1) for store, video in keys]


def by_raw(day: int) -> float:
    rows = fact_rows(day)
    mark = "?" if db.engine.dialect.name == "sqlite" else "%s"
    statement = RAW.format(marks=", ".join([mark] * 7))
    with db.engine.connect() as connection, connection.begin():
        cursor = connection.connection.cursor()
        start = time.perf_counter()
        cursor.executemany(statement, rows)
        cursor.close()
        connection.commit()
        return time.perf_counter() - start


def by_orm(day: int) -> float:
    """Select, then add or change, row by row; a tenth of the rows, times ten."""
    rows = fact_rows(day)[::10]
    start = time.perf_counter()
    with Session(db.engine) as session:
        for store, when, video, views, likes, comments, shares in rows:
            found = session.get(VideoDaily, (store, when, video))
            if found is None:
                found = VideoDaily(store_id=store, day=when, video_id=video)
                session.add(found)
            found.view_count, found.like_count = views, likes
            found.comment_count, found.share_count = comments, shares
            session.flush()
        session.commit()
    return 10 * (time.perf_counter() - start)


def measure(app: Flask) -> None:
    with app.app_context():
        fill()
        ways: dict[str, Callable[[int], float]] = {
            "function": by_function, "raw": by_raw, "orm": by_orm,
        }  # fmt: skip
        took: dict[str, list[float]] = {name: [] for name in ways}
        day = FIRST_DAY + EARLIER
        for _ in range(REPEATS):
            for name, way in ways.items():
                took[name].append(way(day if name == "function" else day + 1000 + len(took["orm"])))
                with db.engine.begin() as connection:  # each way writes a day of its own
                    table = table_of(VideoDaily)
                    connection.execute(table.delete().where(table.c.day > day + 500))
            day += 1
        middle = {name: statistics.median(values) for name, values in took.items()}
        kind = db.engine.dialect.name
        ratio = middle["function"] / middle["raw"]
        report(
            "snapshot",
            database=kind,
            rows=STORES * VIDEOS,
            function_s=round(middle["function"], 3),
            raw_s=round(middle["raw"], 3),
            orm_s=round(middle["orm"], 2),
            times_raw=round(ratio, 2),
            bound=BOUNDS[kind],
            orm_times_function=round(middle["orm"] / middle["function"], 1),
            holds=ratio <= BOUNDS[kind] and middle["orm"] >= 5 * middle["function"],
        )
        db.engine.dispose()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        make_schema(Path(folder))
        measure(make_app(Path(folder), hub_env="development"))
    with postgres() as server, tempfile.TemporaryDirectory() as folder:
        url = server.create_database()
        make_schema(Path(folder), database_url=url)
        measure(make_app(Path(folder), hub_env="development", database_url=url))


if __name__ == "__main__":
    main()
