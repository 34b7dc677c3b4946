"""The videos of a store with their newest counts; one query a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, case, func, select

from hub.clock import day_from
from hub.db import db
from hub.listing import Listing
from hub.sync.models import Video, VideoLatest

SORTS = ("gained", "views", "likes", "comments", "shares", "posted")


@dataclass(frozen=True)
class VideoLine:
    row: Row[Any]

    @property
    def engagement(self) -> float | None:
        row = self.row
        if not row.view_count:
            return None
        acts = (row.like_count or 0) + (row.comment_count or 0) + (row.share_count or 0)
        return float(acts / row.view_count)

    @property
    def last_seen(self) -> Any:
        return day_from(self.row.day)


def find_videos(store_id: int, page: Listing) -> list[VideoLine]:
    """A page of videos; those that are gone from TikTok gained nothing and come last."""
    total = select(func.count()).select_from(VideoLatest).where(VideoLatest.store_id == store_id)
    page.count(db.session.scalar(total) or 0)
    by: Any = {
        "gained": case((Video.removed_at.is_(None), VideoLatest.growth_7d)),
        "views": VideoLatest.view_count,
        "likes": VideoLatest.like_count,
        "comments": VideoLatest.comment_count,
        "shares": VideoLatest.share_count,
        "posted": Video.created_time,
    }[page.sort]
    way = by.asc() if page.order == "asc" else by.desc()
    found: Sequence[Any] = db.session.execute(
        select(
            Video.video_id,
            Video.caption,
            Video.created_time,
            Video.duration,
            Video.share_url,
            Video.removed_at,
            VideoLatest.day,
            VideoLatest.view_count,
            VideoLatest.like_count,
            VideoLatest.comment_count,
            VideoLatest.share_count,
            VideoLatest.growth_7d,
        )
        .join(VideoLatest, VideoLatest.video_id == Video.id)
        .where(VideoLatest.store_id == store_id)
        .order_by(way.nulls_last(), Video.id.desc())
        .limit(page.per_page)
        .offset(page.offset)
    ).all()
    return [VideoLine(row) for row in found]
