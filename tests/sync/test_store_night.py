"""`snapshots.store_night` on both databases: what one night leaves behind."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from hub.clock import day_from
from hub.db import begin
from hub.sync import rollups
from hub.sync.models import (
    DayTotal,
    StoreDaily,
    StoreLatest,
    UserDaily,
    Video,
    VideoDaily,
    VideoLatest,
)
from tests.sync.nights import FIRST, moment, user, video, write
from tests.sync.world import Shop, rows, shop

SPEC_COLUMNS = [
    "id", "store_code", "snapshot_date", "video_id", "view_count", "like_count", "comment_count",
    "share_count", "description", "created_at",
]  # fmt: skip


@pytest.fixture
def store(database: str, app: Any) -> Shop:
    return shop("toko_satu")


def growth(name: str) -> list[int | None]:
    [known] = rows(Video, video_id=name)
    [row] = rows(VideoLatest, video_id=known.id)
    return [row.growth_1d, row.growth_7d, row.growth_30d]


def latest() -> Any:
    [row] = rows(StoreLatest)
    return row


def test_a_first_night(store: Shop) -> None:
    write(store, FIRST, video("a", 100), video("b", 50, like_count=None), account=user(5000))
    [person] = rows(UserDaily)
    assert (person.store_code, person.snapshot_date) == ("toko_satu", day_from(FIRST))
    assert (person.follower_count, person.following_count, person.likes_count) == (5000, 7, 900)
    assert (person.video_count, person.display_name, person.avatar_url) == (
        3, "Toko", "https://cdn/a"
    )  # fmt: skip
    assert [tuple(row)[3:] for row in rows(VideoDaily)] == [(100, 10, 5, 2), (50, None, 5, 2)]
    [day] = rows(StoreDaily)
    assert (day.followers, day.tracked_videos, day.total_views, day.total_likes) == (
        5000,
        2,
        150,
        10,
    )
    assert day.views_gained is None
    assert (latest().user_day, latest().video_day, latest().data_version) == (FIRST, FIRST, 1)
    captions = rows(Video)
    assert [(row.caption, row.first_seen, row.removed_at) for row in captions] == [
        ("Video a", FIRST, None), ("Video b", FIRST, None)
    ]  # fmt: skip


def test_a_rerun_of_a_day_overwrites_it(store: Shop) -> None:
    write(store, FIRST, video("a", 100), video("b", 10), account=user(5000))
    write(store, FIRST, video("a", 130), video("b", None), account=user(5001))
    assert [row.view_count for row in rows(VideoDaily)] == [130, None]
    assert [row.follower_count for row in rows(UserDaily)] == [5001]
    [day] = rows(StoreDaily)
    assert (day.total_views, day.followers, day.tracked_videos) == (130, 5001, 2)
    assert latest().data_version == 2


def test_a_rerun_without_a_video_takes_it_out_of_the_day(store: Shop) -> None:
    write(store, FIRST, video("a", 90), video("b", 10))
    write(store, FIRST + 1, video("a", 100), video("b", 20))
    write(store, FIRST + 1, video("a", 110), gone=["b"])
    assert [(row.day, row.view_count) for row in rows(VideoDaily)] == [
        (FIRST, 90), (FIRST, 10), (FIRST + 1, 110)
    ]  # fmt: skip
    last = {row.video_id: row.day for row in rows(VideoLatest)}
    assert sorted(last.values()) == [FIRST, FIRST + 1]


def test_each_part_leaves_the_other_alone(store: Shop) -> None:
    write(store, FIRST, account=user(5000), only_account=True)
    write(store, FIRST, video("a", 100))
    [day] = rows(StoreDaily)
    assert (day.followers, day.total_views) == (5000, 100)
    write(store, FIRST + 1, video("a", 110))
    assert (latest().user_day, latest().video_day) == (FIRST, FIRST + 1)
    assert (latest().followers, latest().total_views) == (5000, 110)
    assert rows(StoreDaily)[1].followers is None


def test_nulls_stay_null(store: Shop) -> None:
    nothing = {"like_count": None, "comment_count": None, "share_count": None}
    write(store, FIRST, video("a", None, **nothing), account=user(None, likes_count=None))
    [fact], [day] = rows(VideoDaily), rows(StoreDaily)
    assert [fact.view_count, fact.like_count, fact.comment_count, fact.share_count] == [None] * 4
    assert (day.total_views, day.total_shares, day.followers, day.tracked_videos) == (
        None, None, None, 1
    )  # fmt: skip
    assert rows(UserDaily)[0].follower_count is None
    assert growth("a") == [None, None, None]


def test_no_video_is_a_zero_that_was_counted(store: Shop) -> None:
    write(store, FIRST)
    [day] = rows(StoreDaily)
    assert (day.tracked_videos, day.total_views) == (0, 0)
    assert rollups_differ(store) == []


def test_the_largest_counts_fit(store: Shop) -> None:
    write(store, FIRST, video("a", 2**63 - 1, share_count=2**63 - 1), account=user(2**63 - 1))
    assert rows(VideoDaily)[0].share_count == 2**63 - 1
    assert rows(UserDaily)[0].follower_count == 2**63 - 1


def rollups_differ(store: Shop) -> list[str]:
    with begin() as connection:
        return rollups.differences(connection, store.id)


def test_captions_are_written_only_when_they_differ(store: Shop) -> None:
    write(store, FIRST, video("a", 100), video("b"))
    before = rows(Video)
    write(store, FIRST + 1, video("a", 101), video("b"))
    assert rows(Video) == before, "each write would renew cover_fetched_at"
    write(store, FIRST + 2, video("a", 101, caption="New"), video("b"))
    after = {row.video_id: row for row in rows(Video)}
    assert (after["a"].caption, after["a"].first_seen) == ("New", FIRST)
    assert after["a"].cover_fetched_at == moment(FIRST + 2, 4)
    assert after["b"] == next(row for row in before if row.video_id == "b")


def test_a_video_that_is_gone_and_comes_back(store: Shop) -> None:
    write(store, FIRST, video("a"), video("b", 50))
    write(store, FIRST + 1, video("a"), gone=["b"])
    [gone] = rows(Video, video_id="b")
    assert gone.removed_at == moment(FIRST + 1, 4)
    assert [row.day for row in rows(VideoDaily, video_id=gone.id)] == [FIRST]
    write(store, FIRST + 2, video("a"), gone=["b"])
    assert rows(Video, video_id="b")[0].removed_at == moment(FIRST + 1, 4), "the first time counts"
    write(store, FIRST + 3, video("a"), video("b", 70))
    [back] = rows(Video, video_id="b")
    assert (back.id, back.removed_at, back.first_seen) == (gone.id, None, FIRST)
    assert growth("b")[0] == 20, "compared with the last row at or before yesterday"


def test_growth_compares_with_the_last_row_at_or_before(store: Shop) -> None:
    for day, views in ((0, 100), (22, 300), (23, 310), (29, 390), (30, 400)):
        write(store, FIRST + day, video("a", views))
    assert growth("a") == [10, 90, 300]
    write(store, FIRST + 38, video("a", 500))  # seven days earlier is a gap: day 30 counts
    assert growth("a") == [100, 100, 400]
    [week] = [latest().views_w]
    assert week == 100


def test_a_video_younger_than_the_window_gained_all_its_views(store: Shop) -> None:
    write(store, FIRST, video("old", 100, born=FIRST - 200))
    write(store, FIRST + 10, video("old", 200, born=FIRST - 200), video("new", 40, born=FIRST + 9))
    assert growth("new") == [40, 40, 40]
    assert growth("old") == [100, 100, None], "it was not followed thirty days ago"


def test_a_video_followed_late_has_no_growth_yet(store: Shop) -> None:
    write(store, FIRST, video("a", 100))
    write(store, FIRST + 1, video("a", 100), video("late", 5000, born=FIRST - 200))
    assert growth("late") == [None, None, None]
    assert rows(StoreDaily)[1].views_gained == 0
    write(store, FIRST + 2, video("a", 100), video("late", 5001, born=FIRST - 200))
    assert growth("late")[0] == 1


def test_a_gap_is_not_a_jump(store: Shop) -> None:
    for day, views in ((0, 100), (1, 110), (3, 500), (4, 505)):
        write(store, FIRST + day, video("a", views))
    assert [row.views_gained for row in rows(StoreDaily)] == [None, 10, None, 5]


def test_a_late_day_leaves_the_newest_as_it_is(store: Shop) -> None:
    write(store, FIRST, video("a", 100), account=user(5000))
    write(store, FIRST + 2, video("a", 300), account=user(5200))
    before = latest()
    write(store, FIRST + 1, video("a", 180), video("b", 10), account=user(9999))
    after = latest()
    for name in ("user_day", "video_day", "followers", "total_views", "tracked_videos"):
        assert getattr(after, name) == getattr(before, name), name
    assert after.data_version > before.data_version
    assert [row.views_gained for row in rows(StoreDaily)] == [None, 80, 120]
    assert growth("a")[0] == 120
    assert rollups_differ(store) == []


def test_a_day_of_the_network_is_computed_whole(store: Shop, app: Any) -> None:
    other = shop("toko_dua")
    for one, views in ((store, 100), (other, 11)):
        write(one, FIRST, video("a", views), account=user(5000))
    for _ in range(2):
        with begin() as connection:
            rollups.recompute_day_total(connection, FIRST)
        [total] = rows(DayTotal)
        assert (total.stores, total.followers, total.total_views) == (2, 10_000, 111)
    write(other, FIRST, video("a", 50), account=user(None))
    with begin() as connection:
        rollups.recompute_day_total(connection, FIRST)
        rollups.recompute_day_total(connection, FIRST + 1)
    [total] = rows(DayTotal)
    assert (total.stores, total.followers, total.total_views) == (2, 5000, 150)


def test_a_night_is_all_or_nothing(store: Shop) -> None:
    write(store, FIRST, video("a", 100), account=user(5000))
    before = [rows(model) for model in (UserDaily, Video, VideoDaily, StoreDaily, StoreLatest)]
    broken = video("b", "not a number")  # type: ignore[arg-type]
    with pytest.raises(Exception, match=r".+"):
        write(store, FIRST + 1, video("a", 101), broken, account=user(5001))
    assert [
        rows(model) for model in (UserDaily, Video, VideoDaily, StoreDaily, StoreLatest)
    ] == before  # fmt: skip


def test_the_view_has_the_columns_of_the_spec(store: Shop) -> None:
    write(store, FIRST, video("a", 100), video("b", None), account=user(5000))
    write(store, FIRST + 1, video("a", 101, caption="Newer"), account=user(5000))
    with begin() as connection:
        found = connection.execute(
            text("SELECT * FROM tiktok_video_daily ORDER BY snapshot_date, video_id")
        )
        assert list(found.keys()) == SPEC_COLUMNS
        read = [dict(row) for row in found.mappings()]
    ids = {row.video_id: row.id for row in rows(Video)}
    assert [row["id"] for row in read] == [
        ids["a"] * 100_000 + FIRST, ids["b"] * 100_000 + FIRST, ids["a"] * 100_000 + FIRST + 1
    ]  # fmt: skip
    assert [as_date(row["snapshot_date"]) for row in read] == [
        day_from(FIRST), day_from(FIRST), day_from(FIRST + 1)
    ]  # fmt: skip
    assert [(row["video_id"], row["view_count"], row["like_count"]) for row in read] == [
        ("a", 100, 10), ("b", None, 10), ("a", 101, 10)
    ]  # fmt: skip
    assert {row["store_code"] for row in read} == {"toko_satu"}
    assert [row["description"] for row in read] == ["Newer", "Video b", "Newer"]
    assert all(row["created_at"] is not None for row in read)


def as_date(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)
