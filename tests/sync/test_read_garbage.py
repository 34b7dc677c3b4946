"""Garbage, hanging and refusing providers (F12-F14): the right cause, and earlier rows untouched.

Each fault hits a store that has a good day already, over a socket to the sandbox.
"""

import resource
import time
from typing import Any

import pytest

from hub.providers.tiktok import TikTok, VideoPage
from hub.sync.models import StoreDaily, UserDaily, Video, VideoDaily
from tests.sync.world import VIDEOS, account, change, connect, facts, item, rows, sync

pytestmark = pytest.mark.usefixtures("queue")
CODE = "toko"
UNREADABLE = "bad_response"


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"provider_timeout_seconds": 3}


@pytest.fixture(autouse=True)
def yesterday(sandbox: Any, app: Any) -> None:
    """A store with a good day, and today a new video list to read whole."""
    connect(sandbox, CODE)
    assert sync("all", CODE).outcome == "success"
    sandbox.post("/_log/reset")


def memory() -> int:
    """Peak in MB of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


@pytest.mark.parametrize("endpoint", ["user/info", "video/list"])
@pytest.mark.parametrize(("fault", "cause"), [
    ("html", UNREADABLE), ("garbage", UNREADABLE), ("truncated", UNREADABLE),
    ("empty", UNREADABLE), ("bad_charset", UNREADABLE), ("wrong_types", UNREADABLE),
    ("nan", UNREADABLE), ("huge", UNREADABLE), ("negative", UNREADABLE),
    ("fraction", UNREADABLE), ("big", UNREADABLE), ("gzip_bomb", UNREADABLE),
])  # fmt: skip
def test_what_cannot_be_read_fails_the_store_and_keeps_its_days(
    fault: str, cause: str, endpoint: str, sandbox: Any
) -> None:
    before, peak = facts(), memory()
    sandbox.post("/_faults", fault=fault, endpoint=endpoint, times=0)
    run = sync("user" if endpoint == "user/info" else "video", CODE)
    assert (item(run).state, item(run).cause) == ("failed", cause)
    assert facts() == before
    assert len(sandbox.log(endpoint)) == 1, "trying again cannot help"
    assert memory() - peak < 50
    assert account(CODE).status == "CONNECTED"
    sandbox.post("/_faults/reset")
    assert sync("all", CODE).outcome == "success"


@pytest.mark.parametrize(("fault", "cause"), [
    ({"fault": "500"}, "provider_error"), ({"fault": "503"}, "provider_error"),
    ({"fault": "html", "status": 502}, "provider_error"), ({"fault": "cut"}, "unreachable"),
])  # fmt: skip
def test_trouble_of_theirs_is_tried_four_times(fault: Any, cause: str, sandbox: Any) -> None:
    before = facts()
    sandbox.post("/_faults", endpoint="user/info", times=0, **fault)
    run = sync("user", CODE)
    assert (item(run).state, item(run).cause) == ("failed", cause)
    assert len(sandbox.log("user/info")) == 4
    assert facts() == before


@pytest.mark.parametrize("fault", ["500", "cut"])
def test_trouble_that_passes_fails_nothing(fault: str, sandbox: Any) -> None:
    for endpoint in ("user/info", "video/list"):
        sandbox.post("/_faults", fault=fault, endpoint=endpoint, times=3)
    assert sync("all", CODE).outcome == "success"


@pytest.mark.parametrize("fault", [
    {"fault": "hang", "seconds": 30}, {"fault": "drip"}, {"fault": "stall", "seconds": 30}
])  # fmt: skip
def test_a_slow_answer_ends_at_the_deadline(fault: Any, sandbox: Any, app: Any) -> None:
    app.extensions["settings"].provider_timeout_seconds = 0.3
    before = facts()
    sandbox.post("/_faults", endpoint="user/info", times=0, **fault)
    start = time.monotonic()
    run = sync("user", CODE)
    took = time.monotonic() - start
    sandbox.post("/_faults/reset")
    assert (item(run).state, item(run).cause) == ("failed", "timeout")
    assert 4 * 0.3 <= took < 4 * 0.3 + 1.5
    assert facts() == before


def test_a_good_account_stays_when_the_videos_fail(sandbox: Any) -> None:
    before = facts(but=("tiktok_user_daily", "store_daily"))
    sandbox.post("/_faults", fault="html", endpoint="video/list", times=0)
    run = sync("all", CODE)
    found = item(run)
    assert (found.state, found.user_state, found.video_state) == ("failed", "success", "failed")
    assert found.cause == UNREADABLE
    assert facts(but=("tiktok_user_daily", "store_daily")) == before
    assert rows(UserDaily)[0].created_at > rows(Video)[0].cover_fetched_at


def test_a_bad_second_page_writes_no_half_store(sandbox: Any) -> None:
    """A failure in any call of the video part leaves all of it as it was."""
    before = facts()
    sandbox.post("/_faults", fault="truncated", endpoint="video/query", times=0)
    sandbox.post("/_faults", fault="negative", endpoint="video/list", times=0)
    sync("video", CODE)
    assert facts() == before


def test_a_cursor_that_stands_still(sandbox: Any, db: Any) -> None:
    for model in (VideoDaily, Video):
        db.session.execute(model.__table__.delete())
    db.session.commit()
    sandbox.post("/_faults", fault="cursor_stuck", endpoint="video/list", times=0)
    run = sync("video", CODE)
    assert (item(run).state, item(run).cause) == ("failed", UNREADABLE)
    assert len(sandbox.log("video/list")) == 2
    assert rows(VideoDaily) == []


@pytest.mark.parametrize("fault", ["null_counts", "missing_counts"])
def test_counts_that_are_not_there_are_stored_as_null(fault: str, sandbox: Any) -> None:
    sandbox.post("/_faults", fault=fault, times=0)
    assert sync("all", CODE).outcome == "success"
    [user] = rows(UserDaily)
    assert [user.follower_count, user.following_count, user.likes_count, user.video_count] == [
        None
    ] * 4
    counts = {(row.view_count, row.like_count, row.comment_count) for row in rows(VideoDaily)}
    assert counts == {(None, None, None)}
    [day] = rows(StoreDaily)
    assert (day.followers, day.total_views, day.tracked_videos) == (None, None, VIDEOS)


def test_digits_are_counts(sandbox: Any) -> None:
    before = [row.follower_count for row in rows(UserDaily)]
    sandbox.post("/_faults", fault="digits", times=0)
    assert sync("all", CODE).outcome == "success"
    after = [row.follower_count for row in rows(UserDaily)]
    assert isinstance(after[0], int)
    assert after[0] >= before[0]


@pytest.mark.parametrize("pause", [None, 1])
def test_a_429_is_waited_for_and_fails_nothing(pause: int | None, sandbox: Any, redis: Any) -> None:
    sandbox.post("/_faults", fault="429", endpoint="user/info", times=1, retry_after=pause)
    start = time.monotonic()
    run = sync("user", CODE)
    assert run.outcome == "success"
    assert time.monotonic() - start >= 0.9
    assert [call["status"] for call in sandbox.log("user/info")] == [429, 200]


def test_a_private_account_keeps_its_videos(sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is visible at once: the videos are not called gone."""
    before = facts()
    monkeypatch.setattr(TikTok, "video_list", lambda *_: VideoPage([], None, False))
    monkeypatch.setattr(TikTok, "video_query", lambda *_: [])
    run = sync("video", CODE)
    assert (item(run).state, item(run).cause) == ("failed", "account_private")
    assert facts() == before


def test_an_answer_for_another_account_is_not_stored(sandbox: Any) -> None:
    before = facts()
    change(CODE, account_identifier="another")
    run = sync("user", CODE)
    assert (item(run).state, item(run).cause) == ("failed", UNREADABLE)
    assert facts() == before
