"""Reading a store's videos: the list on the first day, list and query side by side afterwards."""

from typing import Any

import pytest

from hub.providers.tiktok import TikTok, TikTokVideo, VideoPage
from hub.sync import reading, runs
from hub.sync.models import Video, VideoDaily
from tests.sync.nights import FIRST, video
from tests.sync.world import VIDEOS, connect, item, rows, sync

pytestmark = pytest.mark.usefixtures("queue")
CODE = "toko"


def test_what_is_stored_is_what_the_sandbox_says(database: str, sandbox: Any, app: Any) -> None:
    connect(sandbox, CODE, "dua")
    assert sync("all").outcome == "success"
    for code in (CODE, "dua"):
        truth = sandbox.get(f"/_world/totals?handles={code}")["accounts"][code]
        [store] = [shop for shop in connect(sandbox, code) if shop.code == code]
        counts = rows(VideoDaily, store_id=store.id)
        assert len(counts) == truth["videos"] == VIDEOS
        for name, key in (("view_count", "views"), ("like_count", "likes"),
                          ("comment_count", "comments"), ("share_count", "shares")):  # fmt: skip
            mine = sum(getattr(row, name) for row in counts)
            assert truth[key] * 0.99 <= mine <= truth[key], "counts grow by the second"


class World:
    """An account with more videos than a page holds, told by the client's own methods."""

    def __init__(self, many: int) -> None:
        self.videos = [video(f"v{n:03d}", 100 + n, FIRST - n) for n in range(many)]
        self.listed: list[int | None] = []
        self.asked: list[str] = []

    def video_list(self, tiktok: TikTok, token: str, cursor: int | None = None) -> VideoPage:
        self.listed.append(cursor)
        start = 0 if cursor is None else 10_000 - cursor
        page = self.videos[start : start + 20]
        return VideoPage(page, 10_000 - start - 20, start + 20 < len(self.videos))

    def video_query(self, tiktok: TikTok, token: str, ids: list[str]) -> list[TikTokVideo]:
        self.asked += ids
        assert 0 < len(ids) <= 20
        return [one for one in self.videos if one.id in ids]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, sandbox: Any, app: Any) -> World:
    made = World(50)
    monkeypatch.setattr(TikTok, "video_list", lambda *a: made.video_list(*a))
    monkeypatch.setattr(TikTok, "video_query", lambda *a: made.video_query(*a))
    connect(sandbox, CODE)
    return made


def on_day(monkeypatch: pytest.MonkeyPatch, day: int) -> Any:
    monkeypatch.setattr(runs, "day_number", lambda date: FIRST + day)
    run = sync("video", CODE)
    assert (item(run).state, item(run).cause) == ("done", None)
    return item(run)


def test_the_first_day_lists_all(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert on_day(monkeypatch, 1).videos == 50
    assert (world.listed, world.asked) == ([None, 9980, 9960], [])


def test_later_days_list_one_page_and_ask_for_the_rest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_day(monkeypatch, 1)
    world.listed.clear()
    assert on_day(monkeypatch, 2).videos == 50
    assert world.listed == [None]
    assert len(world.asked) == len(set(world.asked)) == 30
    assert len(rows(VideoDaily, day=20_002)) == 50


@pytest.mark.parametrize("new", [1, 20, 25])
def test_new_videos_are_found(new: int, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    on_day(monkeypatch, 1)
    world.videos[:0] = [video(f"new{n}", 1, FIRST + 1) for n in range(new)]
    assert on_day(monkeypatch, 2).videos == 50 + new
    assert {row.removed_at for row in rows(Video)} == {None}


@pytest.mark.parametrize("lost", [[0], [3, 19], [20], [45, 49], [5, 25]])
def test_vanished_videos_are_found(
    lost: list[int], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_day(monkeypatch, 1)
    names = {world.videos[at].id for at in lost}
    world.videos = [one for one in world.videos if one.id not in names]
    assert on_day(monkeypatch, 2).videos == 50 - len(lost)
    assert {row.video_id for row in rows(Video) if row.removed_at is not None} == names
    world.asked.clear()
    on_day(monkeypatch, 3)
    assert not names & set(world.asked), "who is gone is not asked for each night"


def test_once_a_week_the_whole_list_finds_who_came_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_day(monkeypatch, 0)
    back = world.videos.pop(40)
    on_day(monkeypatch, 1)
    assert [row.video_id for row in rows(Video) if row.removed_at] == [back.id]
    world.videos.insert(40, back)
    for day in range(2, 9):
        on_day(monkeypatch, day)
    assert [row.video_id for row in rows(Video) if row.removed_at] == []


def test_a_list_without_end_is_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_PAGES", 2)
    run = sync("video", CODE)
    assert (item(run).state, item(run).cause) == ("failed", "bad_response")
    assert rows(VideoDaily) == []
