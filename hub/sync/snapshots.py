"""One store's night: facts, captions and the store's rollups, in the caller's transaction.

`store_night` is what the sync calls for each store, and what `bin/bench snapshot` times. It
writes a handful of bulk statements whatever the history. A night older than the newest one
rebuilds the store's rollups from the facts instead (`hub.sync.rollups`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.engine import Connection

from hub.bulk import Prepared, upsert
from hub.clock import day_from
from hub.db import table_of
from hub.providers.tiktok import TikTokUser, TikTokVideo
from hub.sync.gains import Gains
from hub.sync.models import StoreDaily, StoreLatest, UserDaily, Video, VideoDaily, VideoLatest

COUNTS = ("view_count", "like_count", "comment_count", "share_count")

users, videos = table_of(UserDaily), table_of(Video)
facts, latest = table_of(VideoDaily), table_of(VideoLatest)
store_days, store_latest = table_of(StoreDaily), table_of(StoreLatest)

CAPTIONS = select(
    videos.c.id,
    videos.c.video_id,
    videos.c.caption,
    videos.c.duration,
    videos.c.removed_at.is_not(None).label("removed"),
).where(videos.c.store_id == bindparam("store"))
PRESENT = Prepared(CAPTIONS.where(videos.c.removed_at.is_(None)))
NAMED = CAPTIONS.where(videos.c.video_id.in_(bindparam("names", expanding=True)))


def _newest_before(column: Any, until: str, known: Any) -> Any:
    """What the store's newest day at or before a bound one says, of days where `known` is."""
    return (
        select(column)
        .where(
            store_days.c.store_id == bindparam("store"),
            store_days.c.day <= bindparam(until),
            known.is_not(None),
        )
        .order_by(store_days.c.day.desc())
        .limit(1)
        .scalar_subquery()
    )


def _latest(column: Any) -> Any:
    return select(column).where(store_latest.c.store_id == bindparam("store")).scalar_subquery()


# Everything a night must know of the nights before it, in one question.
BEFORE = Prepared(
    select(
        *(
            _newest_before(store_days.c.day, f"d{back}", store_days.c.tracked_videos).label(
                f"d{back}"
            )
            for back in (1, 7, 14, 30)
        ),
        _newest_before(store_days.c.followers, "d7", store_days.c.followers).label("followers"),
        _latest(store_latest.c.user_day).label("user_day"),
        _latest(store_latest.c.video_day).label("video_day"),
        _latest(store_latest.c.data_version).label("version"),
    )
)


class Before(NamedTuple):
    """The store's days that a night is compared with, and its rollups so far."""

    d1: int | None
    d7: int | None
    d14: int | None
    d30: int | None
    followers: int | None
    user_day: int | None
    video_day: int | None
    version: int | None


@dataclass(frozen=True)
class Night:
    """What was read of a store for one day. A part that was not read is None.

    `gone` are TikTok ids that were asked for and are no longer there.
    """

    store_id: int
    store_code: str
    day: int
    at: datetime
    user: TikTokUser | None = None
    videos: Sequence[TikTokVideo] | None = None
    gone: Sequence[str] = field(default=())


def store_night(connection: Connection, night: Night) -> None:
    """Write a store's night; the caller's transaction holds all of it or nothing."""
    backs = {f"d{back}": night.day - back for back in Gains.BACKS}
    before = Before(*BEFORE.rows(connection, store=night.store_id, **backs)[0])
    day_row: dict[str, Any] = {}
    latest_row: dict[str, Any] = {}
    again = night.day < max(before.user_day or 0, before.video_day or 0)
    if night.user is not None:
        day_row |= write_user(connection, night, night.user)
        latest_row |= user_latest(night, night.user, before.followers)
    if night.videos is not None:
        if before.video_day is not None and night.day <= before.video_day:
            again |= drop_unseen(connection, night, night.videos)
        part, weeks = write_videos(connection, night, night.videos, before)
        day_row |= part
        latest_row |= weeks
    write_day(connection, night, day_row)
    write_latest(connection, night, day_row | latest_row, (before.version or 0) + 1)
    if again:
        from hub.sync.rollups import rebuild_store

        rebuild_store(connection, night.store_id)


def write_user(connection: Connection, night: Night, user: TikTokUser) -> dict[str, Any]:
    """The account's row of the day; its part of the store's day."""
    row = {
        "store_code": night.store_code,
        "snapshot_date": day_from(night.day),
        "follower_count": user.follower_count,
        "following_count": user.following_count,
        "likes_count": user.likes_count,
        "video_count": user.video_count,
        "display_name": user.display_name,
        "avatar_url": user.avatar_url,
        "created_at": night.at,
    }
    upsert(connection, users, [row], key=("store_code", "snapshot_date"))
    return {
        "followers": user.follower_count,
        "likes": user.likes_count,
        "video_count": user.video_count,
    }


def user_latest(night: Night, user: TikTokUser, before: int | None) -> dict[str, Any]:
    has = user.follower_count
    return {
        "user_day": night.day,
        "followers_w": None if has is None or before is None else has - before,
        "user_synced_at": night.at,
    }


def write_videos(
    connection: Connection, night: Night, seen: Sequence[TikTokVideo], before: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Captions where they changed, the facts, each video's gains; (the day's part, the weeks)."""
    ids = write_captions(connection, night, seen)
    rows: list[dict[str, Any]] = [
        {
            "store_id": night.store_id,
            "day": night.day,
            "video_id": ids[video.id],
            "view_count": video.view_count,
            "like_count": video.like_count,
            "comment_count": video.comment_count,
            "share_count": video.share_count,
        }
        for video in seen
    ]
    upsert(connection, facts, rows, key=("store_id", "day", "video_id"), update=COUNTS)
    mark_gone(connection, night)
    born = {ids[video.id]: video.created_time for video in seen}
    gains = Gains.read(connection, night.store_id, night.day, born, before)
    views = {ids[video.id]: video.view_count for video in seen}
    grown = gains.all(views)
    upsert(
        connection,
        latest,
        [row | grown[row["video_id"]] for row in rows],
        key=("store_id", "video_id"),
    )
    part = sums(rows) | {"views_gained": gains.day_gain(grown)}
    weeks = {"views_w": gains.week(grown), "views_pw": gains.week_before()}
    return part, weeks | {"video_day": night.day, "video_synced_at": night.at}


def drop_unseen(connection: Connection, night: Night, seen: Sequence[TikTokVideo]) -> bool:
    """A day that is read again loses facts of videos that are no longer there; True if any."""
    there = {video.id for video in seen}
    stored = connection.execute(
        select(facts.c.video_id, videos.c.video_id.label("name"))
        .join(videos, videos.c.id == facts.c.video_id)
        .where(facts.c.store_id == night.store_id, facts.c.day == night.day)
    ).all()
    unseen = [row.video_id for row in stored if row.name not in there]
    if unseen:
        connection.execute(
            delete(facts).where(
                facts.c.store_id == night.store_id,
                facts.c.day == night.day,
                facts.c.video_id.in_(unseen),
            )
        )
    return bool(unseen)


def sums(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Sums of the day; None where no video had the count."""

    def total(name: str) -> int | None:
        known = [row[name] for row in rows if row[name] is not None]
        return sum(known) if known or not rows else None

    return {
        "tracked_videos": len(rows),
        "total_views": total("view_count"),
        "total_likes": total("like_count"),
        "total_comments": total("comment_count"),
        "total_shares": total("share_count"),
    }


def write_day(connection: Connection, night: Night, part: Mapping[str, Any]) -> None:
    """One part of the store's day; the other part of the row stays as it is."""
    if not part:
        return
    row = {"store_id": night.store_id, "day": night.day, "created_at": night.at, **part}
    upsert(connection, store_days, [row], key=("store_id", "day"), update=tuple(part))


def write_latest(
    connection: Connection, night: Night, changed: Mapping[str, Any], version: int
) -> None:
    row = {"store_id": night.store_id, "data_version": version, **changed}
    upsert(connection, store_latest, [row], key=("store_id",))


def write_captions(
    connection: Connection, night: Night, seen: Sequence[TikTokVideo]
) -> dict[str, int]:
    """Make or change rows of `videos` where something differs; TikTok id → our integer id."""
    if not seen:
        return {}
    known = {row[1]: row for row in PRESENT.rows(connection, store=night.store_id)}
    if unknown := [video.id for video in seen if video.id not in known]:
        known |= captions(connection, night.store_id, unknown)
    new = [video for video in seen if differs(known.get(video.id), video)]
    if not new:
        return {name: row[0] for name, row in known.items()}
    rows = [
        {
            "store_id": night.store_id,
            "video_id": video.id,
            "caption": video.caption,
            "created_time": video.created_time,
            "duration": video.duration,
            "cover_url": video.cover_url,
            "cover_fetched_at": night.at,
            "share_url": video.share_url,
            "first_seen": night.day,
            "removed_at": None,
        }
        for video in new
    ]
    kept = ("store_id", "video_id", "first_seen")
    upsert(
        connection,
        videos,
        rows,
        key=("store_id", "video_id"),
        update=[name for name in rows[0] if name not in kept],
    )
    made = captions(connection, night.store_id, [video.id for video in new])
    return {name: row[0] for name, row in (known | made).items()}


def captions(connection: Connection, store: int, names: Sequence[str]) -> dict[str, Any]:
    """Rows of `videos` by TikTok id, also of those that are gone."""
    bound = {"store": store, "names": names}
    return {row[1]: row for row in connection.execute(NAMED, bound).all()}


def differs(known: Any, video: TikTokVideo) -> bool:
    """Whether a video is new, back, or described anew. Its cover's address is a new one each
    time and dies within hours, so it is no reason to write."""
    return (
        known is None or known[2] != video.caption or known[3] != video.duration or bool(known[4])
    )


def mark_gone(connection: Connection, night: Night) -> None:
    if night.gone:
        connection.execute(
            update(videos)
            .where(
                videos.c.store_id == night.store_id,
                videos.c.video_id.in_(night.gone),
                videos.c.removed_at.is_(None),
            )
            .values(removed_at=night.at)
        )
