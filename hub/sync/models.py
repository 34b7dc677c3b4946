"""Facts, rollups, runs and their items, logs. Schema: performance.md §3, DESIGN.md §3.

Days in the narrow tables are whole numbers since 1970-01-01 (`hub.clock.day_number`), counted
in `TZ`. Counts are null where TikTok gave none, never 0.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from hub.clock import now
from hub.db import Base, Json, UTCDateTime, one_of, view
from hub.work import STATES, Claimable

JOBS = ("all", "user", "video", "refresh_tokens")
TRIGGERS = ("schedule", "api", "page", "cli", "retry", "connect")
RUN_STATES = ("queued", "running", "done", "failed", "cancelled")
PARTS = ("success", "failed", "skipped")
LIVE_ITEM = text("state IN ('queued', 'running')")
RUNNING_ITEM = text("state = 'running'")


class UserDaily(Base):
    """Numbers of an account on a day (spec 003); a rerun of the day overwrites."""

    __tablename__ = "tiktok_user_daily"
    __table_args__ = (
        UniqueConstraint("store_code", "snapshot_date"),
        Index("ix_tiktok_user_daily_snapshot_date", "snapshot_date"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    store_code: Mapped[str] = mapped_column(ForeignKey("stores.store_code"))
    snapshot_date: Mapped[date] = mapped_column(Date)
    follower_count: Mapped[int | None] = mapped_column(BigInteger)
    following_count: Mapped[int | None] = mapped_column(BigInteger)
    likes_count: Mapped[int | None] = mapped_column(BigInteger)
    video_count: Mapped[int | None] = mapped_column(BigInteger)
    display_name: Mapped[str | None] = mapped_column(String(255))
    avatar_url: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)


class Video(Base):
    """Caption and dates, once a video. `cover_url` lives about six hours (`cover_fetched_at`)."""

    __tablename__ = "videos"
    __table_args__ = (UniqueConstraint("store_id", "video_id"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    video_id: Mapped[str] = mapped_column(String(255))
    caption: Mapped[str | None] = mapped_column(Text)
    created_time: Mapped[datetime | None] = mapped_column(UTCDateTime)
    duration: Mapped[int | None] = mapped_column(Integer)
    cover_url: Mapped[str | None] = mapped_column(Text)
    cover_fetched_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    share_url: Mapped[str | None] = mapped_column(Text)
    first_seen: Mapped[int] = mapped_column(Integer)
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class VideoDaily(Base):
    """The facts: counts of a video on a day. `video_id` is `videos.id`."""

    __tablename__ = "video_daily"
    __table_args__ = (
        Index("ix_video_daily_day", "day", "store_id", "video_id").ddl_if(dialect="postgresql"),
        {"sqlite_with_rowid": False},
    )

    store_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    day: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    video_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    view_count: Mapped[int | None] = mapped_column(BigInteger)
    like_count: Mapped[int | None] = mapped_column(BigInteger)
    comment_count: Mapped[int | None] = mapped_column(BigInteger)
    share_count: Mapped[int | None] = mapped_column(BigInteger)


class VideoLatest(Base):
    """The newest counts of a video and its gain in views over 1, 7 and 30 days.

    A gain compares with the last row at or before that day; a video younger than the window
    gained all its views; null where it is older but was not followed then. Kept by store: a
    store's videos are few enough to sort, and a night changes all of them.
    """

    __tablename__ = "video_latest"
    __table_args__ = (
        Index("ix_video_latest_growth_7d", "growth_7d"),
        {"sqlite_with_rowid": False},
    )

    store_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    video_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    day: Mapped[int] = mapped_column(Integer)
    view_count: Mapped[int | None] = mapped_column(BigInteger)
    like_count: Mapped[int | None] = mapped_column(BigInteger)
    comment_count: Mapped[int | None] = mapped_column(BigInteger)
    share_count: Mapped[int | None] = mapped_column(BigInteger)
    growth_1d: Mapped[int | None] = mapped_column(BigInteger)
    growth_7d: Mapped[int | None] = mapped_column(BigInteger)
    growth_30d: Mapped[int | None] = mapped_column(BigInteger)


class Totals:
    """Sums over the videos followed on a day, and the account's own numbers."""

    followers: Mapped[int | None] = mapped_column(BigInteger)
    likes: Mapped[int | None] = mapped_column(BigInteger)
    video_count: Mapped[int | None] = mapped_column(BigInteger)
    tracked_videos: Mapped[int | None] = mapped_column(Integer)
    total_views: Mapped[int | None] = mapped_column(BigInteger)
    total_likes: Mapped[int | None] = mapped_column(BigInteger)
    total_comments: Mapped[int | None] = mapped_column(BigInteger)
    total_shares: Mapped[int | None] = mapped_column(BigInteger)
    # Views gained since the day before; null when that day is missing: a gap is not a jump.
    views_gained: Mapped[int | None] = mapped_column(BigInteger)


class StoreDaily(Totals, Base):
    """A store's day. The account part or the video part is null until it was read."""

    __tablename__ = "store_daily"
    __table_args__ = (
        Index("ix_store_daily_day_store_id", "day", "store_id"),
        {"sqlite_with_rowid": False},
    )

    store_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    day: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)


class StoreLatest(Totals, Base):
    """The newest of each part of a store, its last weeks, and the version of its data (ETag)."""

    __tablename__ = "store_latest"

    store_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    user_day: Mapped[int | None] = mapped_column(Integer)
    video_day: Mapped[int | None] = mapped_column(Integer)
    views_w: Mapped[int | None] = mapped_column(BigInteger, index=True)
    views_pw: Mapped[int | None] = mapped_column(BigInteger)
    followers_w: Mapped[int | None] = mapped_column(BigInteger)
    user_synced_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    video_synced_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    data_version: Mapped[int] = mapped_column(Integer, default=0)


class DayTotal(Totals, Base):
    """The whole network on a day: always recomputed, never incremented.

    `stores` have a row that day; `complete` when every connected store has one.
    """

    __tablename__ = "day_total"

    day: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    stores: Mapped[int] = mapped_column(Integer, default=0)
    complete: Mapped[bool] = mapped_column(Boolean, default=False)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)


class SyncRun(Base):
    """One sync: of all stores or of one. `slot` is the planned instant of a scheduled run."""

    __tablename__ = "sync_runs"
    __table_args__ = (
        one_of("job", JOBS),
        one_of("state", RUN_STATES),
        UniqueConstraint("job", "slot"),
        Index("ix_sync_runs_state", "state"),
        Index("ix_sync_runs_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    job: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20), default="queued")
    trigger: Mapped[str] = mapped_column(String(20))
    actor: Mapped[str] = mapped_column(String(320), default="")
    store_code: Mapped[str | None] = mapped_column(String(50))
    slot: Mapped[datetime | None] = mapped_column(UTCDateTime)
    day: Mapped[int] = mapped_column(Integer)
    total: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    cancelled_by: Mapped[str | None] = mapped_column(String(320))
    retry_of: Mapped[int | None] = mapped_column(Integer)
    error: Mapped[str | None] = mapped_column(Text)
    woken_at: Mapped[float | None] = mapped_column(Float)
    outcome: Mapped[str | None] = mapped_column(String(10))
    totals: Mapped[Any | None] = mapped_column(Json)


class SyncItem(Claimable, Base):
    """One store of a run. At any time one running item a store, whatever the run."""

    __tablename__ = "sync_items"
    __table_args__ = (
        one_of("state", STATES),
        Index("ix_sync_items_run_id_state", "run_id", "state"),
        Index("ix_sync_items_state_lease_until", "state", "lease_until"),
        Index(
            "uq_sync_items_live",
            "store_id",
            "job",
            unique=True,
            sqlite_where=LIVE_ITEM,
            postgresql_where=LIVE_ITEM,
        ),
        Index(
            "uq_sync_items_running",
            "store_id",
            unique=True,
            sqlite_where=RUNNING_ITEM,
            postgresql_where=RUNNING_ITEM,
        ),
        Index("ix_sync_items_store_id", "store_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("sync_runs.id"))
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    job: Mapped[str] = mapped_column(String(20))
    cause: Mapped[str | None] = mapped_column(String(40))
    message: Mapped[str | None] = mapped_column(Text)
    detail: Mapped[str | None] = mapped_column(Text)
    trying_again: Mapped[bool] = mapped_column(Boolean, default=False)
    refresh_state: Mapped[str | None] = mapped_column(String(10))
    user_state: Mapped[str | None] = mapped_column(String(10))
    video_state: Mapped[str | None] = mapped_column(String(10))
    followers: Mapped[int | None] = mapped_column(BigInteger)
    videos: Mapped[int | None] = mapped_column(Integer)
    records: Mapped[int] = mapped_column(Integer, default=0)
    duration_ms: Mapped[int | None] = mapped_column(Integer)
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class SyncLog(Base):
    """What a sync did, a line per store and part, and one per run (spec 003)."""

    __tablename__ = "sync_logs"
    __table_args__ = (
        Index("ix_sync_logs_run_time", "run_time"),
        Index("ix_sync_logs_store_code_run_time", "store_code", "run_time"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    store_code: Mapped[str | None] = mapped_column(String(50))
    job_name: Mapped[str] = mapped_column(String(100))
    status: Mapped[str] = mapped_column(String(50))
    message: Mapped[str | None] = mapped_column(Text)
    raw_error: Mapped[str | None] = mapped_column(Text)
    duration_ms: Mapped[int | None] = mapped_column(Integer)
    run_time: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    run_id: Mapped[int | None] = mapped_column(Integer)
    cause: Mapped[str | None] = mapped_column(String(40))


SELECT_VIDEO_DAILY = """
SELECT v.id * 100000 + f.day AS id, s.store_code AS store_code, {day} AS snapshot_date,
       v.video_id AS video_id, f.view_count AS view_count, f.like_count AS like_count,
       f.comment_count AS comment_count, f.share_count AS share_count,
       v.caption AS description, d.created_at AS created_at
  FROM video_daily f
  JOIN videos v ON v.id = f.video_id
  JOIN stores s ON s.id = f.store_id
  LEFT JOIN store_daily d ON d.store_id = f.store_id AND d.day = f.day
"""

view(
    "tiktok_video_daily",
    sqlite=SELECT_VIDEO_DAILY.format(day="date(f.day * 86400, 'unixepoch')"),
    postgresql=SELECT_VIDEO_DAILY.format(day="DATE '1970-01-01' + f.day").replace(
        "v.id * 100000", "v.id::bigint * 100000"
    ),
)
