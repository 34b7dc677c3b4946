"""One store's night: facts, captions and the store's rollups, in the caller's transaction.

`store_night` is what the sync calls for each store, and what `bin/bench snapshot` times. It
writes a handful of bulk statements whatever the history. A night older than the newest one
rebuilds the store's rollups from the facts instead (`hub.sync.rollups`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.engine import Connection

from hub.clock import day_from, day_number
from hub.db import upsert
from hub.providers.tiktok import TikTokUser, TikTokVideo
from hub.sync.models import StoreDaily, StoreLatest, UserDaily, Video, VideoDaily, VideoLatest

COUNTS = ("view_count", "like_count", "comment_count", "share_count")
LOOK_BACK = 60  # days that a video may have been missing before a comparison
WINDOWS = {"growth_1d": 1, "growth_7d": 7, "growth_30d": 30}

users, videos = UserDaily.__table__, Video.__table__
facts, latest = VideoDaily.__table__, VideoLatest.__table__
store_days, store_latest = StoreDaily.__table__, StoreLatest.__table__

KNOWN = select(videos.c.id, videos.c.video_id, videos.c.caption, videos.c.duration,
               videos.c.created_time, videos.c.removed_at, videos.c.cover_url).where(
    videos.c.store_id == bindparam("store"),
    videos.c.video_id.in_(bindparam("ids", expanding=True)),
)  # fmt: skip


def _reference(back: str) -> Any:
    """The store's newest day with videos at or before a bound day."""
    return (
        select(func.max(store_days.c.day))
        .where(
            store_days.c.store_id == bindparam("store"),
            store_days.c.day <= bindparam(back),
            store_days.c.tracked_videos.is_not(None),
        )
        .scalar_subquery()
    )


REFERENCES = select(_reference("d1"), _reference("d7"), _reference("d14"), _reference("d30"))
VIEWS_ON = select(facts.c.day, facts.c.video_id, facts.c.view_count).where(
    facts.c.store_id == bindparam("store"), facts.c.day.in_(bindparam("days", expanding=True))
)
LAST_BEFORE = (
    select(facts.c.view_count)
    .where(
        facts.c.store_id == bindparam("store"),
        facts.c.video_id == bindparam("video"),
        facts.c.day <= bindparam("until"),
        facts.c.day >= bindparam("since"),
    )
    .order_by(facts.c.day.desc())
    .limit(1)
)
FOLLOWERS_BEFORE = (
    select(store_days.c.followers)
    .where(
        store_days.c.store_id == bindparam("store"),
        store_days.c.day <= bindparam("until"),
        store_days.c.followers.is_not(None),
    )
    .order_by(store_days.c.day.desc())
    .limit(1)
)
NEWEST = select(
    store_latest.c.user_day, store_latest.c.video_day, store_latest.c.data_version
).where(store_latest.c.store_id == bindparam("store"))


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
    newest = connection.execute(NEWEST, {"store": night.store_id}).one_or_none()
    changed: dict[str, Any] = {}
    if night.user is not None:
        changed |= write_user(connection, night, night.user)
    if night.videos is not None:
        changed |= write_videos(connection, night, night.videos)
    version = (newest.data_version if newest else 0) + 1
    write_latest(connection, night, changed, version)
    newest_day = max(newest.user_day or 0, newest.video_day or 0) if newest else 0
    if night.day < newest_day:
        from hub.sync.rollups import rebuild_store

        rebuild_store(connection, night.store_id)


def write_user(connection: Connection, night: Night, user: TikTokUser) -> dict[str, Any]:
    """The account's row of the day and its part of the store's day."""
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
    part = {
        "followers": user.follower_count,
        "likes": user.likes_count,
        "video_count": user.video_count,
    }
    write_day(connection, night, part)
    before = connection.execute(
        FOLLOWERS_BEFORE, {"store": night.store_id, "until": night.day - 7}
    ).scalar()
    gained = None if None in (before, user.follower_count) else user.follower_count - before  # type: ignore[operator]
    return part | {"user_day": night.day, "followers_w": gained, "user_synced_at": night.at}


def write_videos(
    connection: Connection, night: Night, seen: Sequence[TikTokVideo]
) -> dict[str, Any]:
    """Captions where they changed, the facts, each video's gains, the store's sums."""
    ids = write_captions(connection, night, seen)
    rows = [
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
    born = {ids[video.id]: birthday(video.created_time) for video in seen}
    gains = Gains.read(connection, night.store_id, night.day, born)
    views = {ids[video.id]: video.view_count for video in seen}
    fresh = [row | gains.of(row["video_id"], row["view_count"]) for row in rows]
    upsert(connection, latest, fresh, key=("video_id",))
    part = sums(rows) | {"views_gained": gains.day_gain(views)}
    write_day(connection, night, part)
    weeks = {"views_w": gains.week(views), "views_pw": gains.week_before()}
    return part | weeks | {"video_day": night.day, "video_synced_at": night.at}


def birthday(created: datetime | None) -> int | None:
    return None if created is None else day_number(created.date())


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
    ids = [video.id for video in seen]
    wanted = {"store": night.store_id, "ids": ids}
    known = {row.video_id: row for row in connection.execute(KNOWN, wanted)} if ids else {}
    new = [video for video in seen if differs(known.get(video.id), video)]
    if not new:
        return {name: row.id for name, row in known.items()}
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
    return {row.video_id: row.id for row in connection.execute(KNOWN, wanted)}


def differs(known: Any, video: TikTokVideo) -> bool:
    """Whether a video is new, back, or described anew. A cover's signature changes each time."""
    return (
        known is None
        or known.removed_at is not None
        or known.caption != video.caption
        or known.duration != video.duration
        or path_of(known.cover_url) != path_of(video.cover_url)
    )


def path_of(url: str | None) -> str | None:
    return url.partition("?")[0] if url else url


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


class Gains:
    """What videos gained since earlier days: compared with the last row at or before that day.

    `days` maps how many days back to the store's day that is compared with, `views` a day to its
    videos' views, `born` a video to its first day; `last_before(video, day)` finds what a single
    video had when it was missing on that day. One set of rules for a night and for a rebuild.
    """

    BACKS = (1, 7, 14, 30)

    def __init__(
        self,
        day: int,
        born: Mapping[int, int | None],
        days: Mapping[int, int | None],
        views: Mapping[int, Mapping[int, int | None]],
        last_before: Callable[[int, int], int | None],
    ) -> None:
        self.day, self.born, self.days, self.views = day, born, days, views
        self.last_before = last_before

    @classmethod
    def read(
        cls, connection: Connection, store: int, day: int, born: Mapping[int, int | None]
    ) -> "Gains":
        bound = {f"d{back}": day - back for back in cls.BACKS}
        found = connection.execute(REFERENCES, {"store": store, **bound}).one()
        days = dict(zip(cls.BACKS, found, strict=True))
        views: dict[int, dict[int, int | None]] = {}
        if wanted := sorted({one for one in days.values() if one is not None}):
            for row in connection.execute(VIEWS_ON, {"store": store, "days": wanted}):
                views.setdefault(row[0], {})[row[1]] = row[2]

        def last_before(video: int, until: int) -> int | None:
            bound = {"store": store, "video": video, "until": until, "since": until - LOOK_BACK}
            return connection.execute(LAST_BEFORE, bound).scalar()

        return cls(day, born, days, views, last_before)

    def base(self, video: int, back: int) -> int | None:
        """Views at or before `day - back`; 0 for a video younger than that; None if unknown."""
        reference = self.days[back]
        there = self.views.get(reference, {}) if reference is not None else {}
        if video in there:
            return there[video]
        if self.is_younger(video, back):
            return 0
        return None if reference is None else self.last_before(video, reference)

    def gain(self, video: int, views: int | None, back: int) -> int | None:
        base = self.base(video, back)
        return None if views is None or base is None else views - base

    def of(self, video: int, views: int | None) -> dict[str, int | None]:
        return {name: self.gain(video, views, back) for name, back in WINDOWS.items()}

    def day_gain(self, seen: Mapping[int, int | None]) -> int | None:
        """Views gained since yesterday; None when yesterday is missing: a gap is not a jump."""
        if self.days[1] != self.day - 1:
            return None
        return total(self.gain(video, views, 1) for video, views in seen.items())

    def week(self, seen: Mapping[int, int | None]) -> int | None:
        if self.days[7] is None:
            return None
        return total(self.gain(video, views, 7) for video, views in seen.items())

    def week_before(self) -> int | None:
        """What the videos of seven days ago had gained in the week before that."""
        if self.days[7] is None or self.days[14] is None:
            return None
        then, earlier = self.views.get(self.days[7], {}), self.views.get(self.days[14], {})
        return total(
            views - (earlier.get(video) or 0)
            for video, views in then.items()
            if views is not None and (video in earlier or self.is_younger(video, 14))
        )

    def is_younger(self, video: int, back: int) -> bool:
        born = self.born.get(video)
        return born is not None and born >= self.day - back


def total(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
