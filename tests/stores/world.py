"""Rows that store tests start from, and an owner who agrees at the sandbox."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
from flask_sqlalchemy.record_queries import get_recorded_queries

from hub.clock import day_number, now, today
from hub.db import db
from hub.oauth import Tokens
from hub.stores.handover import connect_account
from hub.stores.models import Store
from hub.sync.models import StoreDaily, StoreLatest, UserDaily, Video, VideoDaily
from tests.people import add_store

ALL = ("user.info.basic", "user.info.stats", "video.list")
ZONE = "Asia/Jakarta"


def tokens(identifier: str, scopes: tuple[str, ...] = ALL, **more: Any) -> Tokens:
    given = {
        "access_token": f"act.{identifier}",
        "refresh_token": f"rft.{identifier}",
        "access_expires_at": now() + timedelta(hours=2),
        "refresh_expires_at": now() + timedelta(days=180),
        "account_id": identifier,
        "scopes": scopes,
    }
    return Tokens(**(given | more))


def add_connected(code: str, scopes: tuple[str, ...] = ALL, **fields: Any) -> Store:
    """A store whose account is connected, by the verb the callback uses."""
    store = add_store(code, **fields)
    db.session.commit()
    connect_account(code, tokens(f"open-{code}", scopes))
    return store


def add_days(store: Store, days: int = 3, videos: int = 2, last: date | None = None) -> None:
    """`days` days of numbers up to `last` (today), and what the lists show of the newest."""
    last = last or today(ZONE)
    known = [Video(store_id=store.id, video_id=f"v{n}", caption=f"Video {n}",
                   first_seen=day_number(last) - days) for n in range(videos)]  # fmt: skip
    db.session.add_all(known)
    db.session.flush()
    for back in range(days):
        day = last - timedelta(days=back)
        number = day_number(day)
        db.session.add(
            UserDaily(
                store_code=store.store_code,
                snapshot_date=day,
                follower_count=5000 - back,
                following_count=100,
                likes_count=10000,
                video_count=50,
                display_name="Toko",
                avatar_url="https://cdn.test/a.png",
            )
        )
        db.session.add(StoreDaily(store_id=store.id, day=number, followers=5000 - back))
        counts = {"view_count": 1000 - back, "like_count": 50, "comment_count": 10}
        db.session.add_all(
            VideoDaily(store_id=store.id, day=number, video_id=video.id, share_count=5, **counts)
            for video in known
        )
    db.session.add(StoreLatest(store_id=store.id, user_day=day_number(last),
                               video_day=day_number(last), followers=5000, likes=10000,
                               video_count=50, tracked_videos=videos, total_views=1000 * videos,
                               data_version=days))  # fmt: skip
    db.session.commit()


def count_queries(app: Any) -> list[int]:
    """How many statements each request from now on makes, without the key's guard's."""
    seen: list[int] = []

    @app.after_request
    def count(answer: Any) -> Any:
        made = [query.statement for query in get_recorded_queries()]
        seen.append(sum(said.startswith("SELECT") and "blocks" not in said for said in made))
        return answer

    return seen


def agree(
    address: str, handle: str, *, decision: str = "agree", scopes: tuple[str, ...] = ()
) -> str:
    """What an owner does at TikTok; the path and query that TikTok sends the browser back to."""
    form = {"handle": handle, "decision": decision, "scopes": list(scopes)}
    answer = requests.post(address, data=form, allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text[:500]
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"
