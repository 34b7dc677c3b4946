"""A store's numbers day by day, as spec 003 lists them. Facts and captions are read apart."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from hub.access import settings
from hub.clock import day_from, day_number, iso, today
from hub.db import db
from hub.errors import NotFound
from hub.stores.models import Store
from hub.stores.stores import NOT_FOUND
from hub.sync.models import StoreDaily, StoreLatest, UserDaily, Video, VideoDaily

USER_KEYS = [
    "id", "storeCode", "snapshotDate", "followerCount", "followingCount", "likesCount",
    "videoCount", "displayName", "avatarUrl", "createdAt",
]  # fmt: skip
VIDEO_KEYS = [
    "id", "storeCode", "snapshotDate", "videoId", "viewCount", "likeCount", "commentCount",
    "shareCount", "description", "createdAt",
]  # fmt: skip
IDS_A_DAY = 100_000  # id of a video's day = videos.id * 100000 + day (stable, DESIGN §3)


def first_day(days: int) -> date:
    """`days` calendar days back from today in `TZ`; 1 is today only."""
    return today(settings().tz) - timedelta(days=days - 1)


def find_version(code: str, *, archived: bool = False) -> tuple[Store, str]:
    """The store and a name for what is known of it today, for an ETag. Raises `NotFound`."""
    found = db.session.execute(
        select(Store, StoreLatest.data_version)
        .outerjoin(StoreLatest, StoreLatest.store_id == Store.id)
        .where(func.lower(Store.store_code) == code.lower())
    ).first()
    if found is None or (found[0].archived_at is not None and not archived):
        raise NotFound(NOT_FOUND, code="STORE_NOT_FOUND")
    store, version = found
    return store, f"{store.id}.{version or 0}.{today(settings().tz)}"


def user_stats(store: Store, days: int) -> list[dict[str, Any]]:
    """Days of an account, newest first."""
    last = today(settings().tz)
    found = db.session.execute(
        select(UserDaily.__table__)
        .where(
            UserDaily.store_code == store.store_code,
            UserDaily.snapshot_date.between(first_day(days), last),
        )
        .order_by(UserDaily.snapshot_date.desc())
    )
    return [
        {
            "id": row.id,
            "storeCode": row.store_code,
            "snapshotDate": row.snapshot_date.isoformat(),
            "followerCount": row.follower_count,
            "followingCount": row.following_count,
            "likesCount": row.likes_count,
            "videoCount": row.video_count,
            "displayName": row.display_name,
            "avatarUrl": row.avatar_url,
            "createdAt": iso(row.created_at),
        }
        for row in found
    ]


def video_stats(store: Store, days: int) -> list[dict[str, Any]]:
    """Days of each video, newest day first; a caption is read once a video, not once a row."""
    last = day_number(today(settings().tz))
    first = day_number(first_day(days))
    facts = db.session.execute(
        select(
            VideoDaily.day,
            VideoDaily.video_id,
            VideoDaily.view_count,
            VideoDaily.like_count,
            VideoDaily.comment_count,
            VideoDaily.share_count,
        )
        .where(VideoDaily.store_id == store.id, VideoDaily.day.between(first, last))
        .order_by(VideoDaily.day.desc(), VideoDaily.video_id)
    ).all()
    videos = captions(store)
    dates = {day: (day_from(day).isoformat(), iso(at)) for day, at in written(store, first, last)}
    found = []
    for day, video, views, likes, comments, shares in facts:
        video_id, caption = videos[video]
        snapshot, created = dates.get(day) or (day_from(day).isoformat(), None)
        found.append(
            {
                "id": video * IDS_A_DAY + day,
                "storeCode": store.store_code,
                "snapshotDate": snapshot,
                "videoId": video_id,
                "viewCount": views,
                "likeCount": likes,
                "commentCount": comments,
                "shareCount": shares,
                "description": caption,
                "createdAt": created,
            }
        )
    return found


def captions(store: Store) -> dict[int, tuple[str, str | None]]:
    """Their id and the caption of every video of a store, by `videos.id`."""
    found = db.session.execute(
        select(Video.id, Video.video_id, Video.caption).where(Video.store_id == store.id)
    )
    return {key: (video_id, caption) for key, video_id, caption in found}


def written(store: Store, first: int, last: int) -> list[tuple[int, datetime]]:
    """When each day's rows were written first."""
    found = db.session.execute(
        select(StoreDaily.day, StoreDaily.created_at).where(
            StoreDaily.store_id == store.id, StoreDaily.day.between(first, last)
        )
    )
    return [(day, at) for day, at in found]
