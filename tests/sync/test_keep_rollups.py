"""Rollups equal the facts whatever the nights were: a property, checked in three ways.

Re-runs, late days, days without a store, videos that vanish, come back or have no counts: our own
check, a model written for this test, and sums by plain SQL say the same as what is stored.
"""

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from hub.db import begin
from hub.sync import rollups
from hub.sync.models import DayTotal, StoreDaily, StoreLatest, Video, VideoLatest
from tests.sync.nights import FIRST, Model, user, video, write
from tests.sync.world import Shop, rows, shop

VIDEOS = {"a": -200, "b": -200, "c": 3, "d": 16, "e": 24}  # name → day of birth
CODES = ("S1", "S2")
TABLES = ("video_daily", "video_latest", "videos", "store_daily", "store_latest", "day_total",
          "tiktok_user_daily")  # fmt: skip

count = st.one_of(st.none(), st.integers(0, 2**40))
seen = st.dictionaries(st.sampled_from([*VIDEOS]), st.tuples(count, count, count, count))
account = st.tuples(count, count, count)
nights = st.lists(
    st.tuples(
        st.sampled_from(CODES),
        st.integers(0, 32),
        st.one_of(st.none(), seen, seen, seen),
        st.one_of(st.none(), account),
    ),
    max_size=14,
)
C = (10, 1, 1, 1)


@pytest.fixture
def stores(database: str, app: Any) -> dict[str, Shop]:
    return {code: shop(code) for code in CODES}


def empty() -> None:
    with begin() as connection:
        for table in TABLES:
            connection.execute(text(f"DELETE FROM {table}"))


def play(stores: dict[str, Shop], played: list[Any]) -> dict[str, Model]:
    """Write the nights as the sync does, and tell them to the model."""
    born = {name: FIRST + day for name, day in VIDEOS.items()}
    models = {code: Model(born=dict(born)) for code in CODES}
    for code, at, videos, numbers in played:
        if videos is None and numbers is None:
            continue
        day, model = FIRST + at, models[code]
        there = [
            video(name, views, born[name], like_count=likes, comment_count=said, share_count=shared)
            for name, (views, likes, said, shared) in (videos or {}).items()
        ]
        gone = [name for name in VIDEOS if name not in (videos or {})]
        given_user = None
        if numbers is not None:
            given_user = user(numbers[0], likes_count=numbers[1], video_count=numbers[2])
        write(stores[code], day, *there, account=given_user, only_account=videos is None, gone=gone)
        model.night(day, videos, numbers)
    with begin() as connection:
        for day in rollups.all_days(connection):
            rollups.recompute_day_total(connection, day)
    return models


def check(stores: dict[str, Shop], models: dict[str, Model]) -> None:
    for code, model in models.items():
        store = stores[code].id
        names = {row.id: row.video_id for row in rows(Video, store_id=store)}
        assert {
            row.day: [row.followers, row.likes, row.video_count, row.tracked_videos,
                      row.total_views, row.total_likes, row.total_comments, row.total_shares,
                      row.views_gained]
            for row in rows(StoreDaily, store_id=store)
        } == model.store_daily()  # fmt: skip
        assert {
            names[row.video_id]: [row.day, row.view_count, row.like_count, row.comment_count,
                                  row.share_count, row.growth_1d, row.growth_7d, row.growth_30d]
            for row in rows(VideoLatest, store_id=store)
        } == model.video_latest()  # fmt: skip
        found = rows(StoreLatest, store_id=store)
        stored = [
            [row.user_day, row.followers, row.followers_w, row.video_day, row.tracked_videos,
             row.total_views, row.views_w, row.views_pw]
            for row in found
        ]  # fmt: skip
        assert stored == ([model.store_latest()] if model.facts or model.users else [])
        with begin() as connection:
            assert rollups.differences(connection, store) == []
    check_by_sql()


def check_by_sql() -> None:
    """Sums that need no rule of ours."""
    with begin() as connection:
        wrong = connection.execute(text(
            "SELECT d.store_id, d.day FROM store_daily d LEFT JOIN"
            " (SELECT store_id, day, count(*) n, sum(view_count) v, sum(like_count) l"
            " FROM video_daily GROUP BY store_id, day) f"
            " ON f.store_id = d.store_id AND f.day = d.day WHERE d.tracked_videos IS NOT NULL AND"
            " (d.tracked_videos <> coalesce(f.n, 0) OR coalesce(d.total_views, -1) <>"
            " coalesce(f.v, CASE WHEN f.n IS NULL THEN 0 ELSE -1 END))"
        )).all()  # fmt: skip
        assert wrong == []
        totals = connection.execute(text(
            "SELECT day, count(*), sum(followers), sum(total_views), sum(views_gained)"
            " FROM store_daily GROUP BY day ORDER BY day"
        )).all()  # fmt: skip
    assert [tuple(row) for row in totals] == [
        (row.day, row.stores, row.followers, row.total_views, row.views_gained)
        for row in rows(DayTotal)
    ]


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(nights)
@example([("S1", 0, {"a": C}, None), ("S1", 0, {}, None)])
@example([("S1", 5, {"a": C, "b": C}, None), ("S1", 5, {"b": C}, None), ("S1", 6, {"b": C}, None)])
@example([("S1", 9, {"a": C}, C[:3]), ("S1", 8, {"a": C}, C[:3]), ("S1", 1, {"a": C}, C[:3])])
@example([("S1", 2, {"a": C}, None), ("S1", 9, {"a": C, "c": C}, None), ("S1", 16, {"a": C}, None)])
@example([("S1", 2, {"a": (None, 1, 1, 1)}, None), ("S1", 9, {"a": C}, None), ("S1", 16, {}, None)])
def test_rollups_equal_the_facts(stores: dict[str, Shop], played: list[Any]) -> None:
    empty()
    check(stores, play(stores, played))


@pytest.mark.usefixtures("clock")
def test_a_rebuild_changes_nothing_and_mends_what_is_broken(stores: dict[str, Shop]) -> None:
    played = [("S1", day, {"a": (day * 10, 1, 1, 1), "b": C}, (5, 5, 5)) for day in (0, 1, 3, 20)]
    models = play(stores, played)
    with begin() as connection:
        rollups.rebuild_store(connection, stores["S1"].id)
    check(stores, models)
    with begin() as connection:
        connection.execute(text("UPDATE store_daily SET total_views = 1"))
        connection.execute(text("UPDATE video_latest SET growth_7d = 1"))
        connection.execute(text("DELETE FROM store_latest"))
        assert len(rollups.differences(connection, stores["S1"].id)) >= 3
        rollups.rebuild_store(connection, stores["S1"].id)
    check(stores, models)
