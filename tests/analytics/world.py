"""Numbers over many days that pages start from, and a count of what a request asks the database."""

from collections.abc import Collection, Generator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from hub.clock import day_number, today
from hub.db import db
from hub.stores.models import Store
from hub.sync.models import StoreDaily, StoreLatest, Video, VideoLatest
from hub.sync.rollups import recompute_day_total
from tests.stores.world import ZONE, add_connected

GAIN, FOLLOWERS, STEP = 100, 5000, 10  # views a day, followers now, followers a day


def this_day() -> int:
    return day_number(today(ZONE))


def fill(store: Store, days: int = 20, *, missing: Collection[int] = (), behind: int = 0,
         gain: int = GAIN) -> None:  # fmt: skip
    """`days` days up to `behind` days ago; `missing` are days ago that never came."""
    last = this_day() - behind
    for ago in range(behind, days):
        if ago in missing:
            continue
        known_before = ago + 1 < days and ago + 1 not in missing
        db.session.add(
            StoreDaily(
                store_id=store.id, day=this_day() - ago, followers=FOLLOWERS - STEP * ago,
                likes=10_000, video_count=50 - ago // 7, tracked_videos=2,
                total_views=100_000 - gain * ago, total_likes=5_000, total_comments=300,
                total_shares=200, views_gained=gain if known_before else None,
            )
        )  # fmt: skip
    db.session.merge(
        StoreLatest(
            store_id=store.id, user_day=last, video_day=last, followers=FOLLOWERS, likes=10_000,
            video_count=50, tracked_videos=2, total_views=100_000, total_likes=5_000,
            total_comments=300, total_shares=200, views_w=7 * gain, views_pw=350,
            followers_w=70, data_version=1,
        )
    )  # fmt: skip
    db.session.commit()
    with db.engine.begin() as connection:
        for ago in range(days):
            recompute_day_total(connection, this_day() - ago)


def add_fresh(code: str, **fields: Any) -> Store:
    """A connected store with twenty complete nights."""
    store = add_connected(code, **fields)
    fill(store)
    return store


def add_video(store: Store, name: str, *, gained: int, **more: Any) -> None:
    """A video with its newest counts."""
    video = Video(store_id=store.id, video_id=name, caption=name, first_seen=1, **more)
    db.session.add(video)
    db.session.flush()
    db.session.add(
        VideoLatest(video_id=video.id, store_id=store.id, day=this_day(), view_count=1000,
                    like_count=60, comment_count=30, share_count=10, growth_7d=gained)
    )  # fmt: skip
    db.session.commit()


@contextmanager
def counted() -> Generator[list[str]]:
    """Every SELECT that is sent meanwhile."""
    sent: list[str] = []

    def hear(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", hear)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", hear)
