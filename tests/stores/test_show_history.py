"""GET /admin/stores/<store_code>/user-stats, /video-stats and /accounts."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from hub.clock import day_number, now, today
from hub.stores.accounts import account_of
from hub.stores.models import Store
from hub.sync.models import StoreLatest, Video
from tests.stores.spec import ACCOUNTS, USER_STATS, VIDEO_STATS, assert_like
from tests.stores.world import ZONE, add_connected, add_days, count_queries

URL = "/admin/stores/jkt/"


@pytest.fixture
def store(app: Any, clock: Any) -> Store:
    store = add_connected("jkt")
    add_days(store, days=40)
    return store


def dates(answer: Any) -> list[str]:
    return list(dict.fromkeys(row["snapshotDate"] for row in answer.json["data"]))


def test_user_stats_answer_as_the_spec(database: str, store: Store, api: Any) -> None:
    answer = api().get(URL + "user-stats?days=7")
    assert_like(answer.json, USER_STATS)
    assert answer.json["count"] == 7
    expected = [(today(ZONE) - timedelta(days=back)).isoformat() for back in range(7)]
    assert dates(answer) == expected


def test_video_stats_answer_as_the_spec(database: str, store: Store, db: Any, api: Any) -> None:
    answer = api().get(URL + "video-stats?days=7").json
    assert_like(answer, VIDEO_STATS)
    assert answer["count"] == 14
    first, video = answer["data"][0], db.session.query(Video).order_by(Video.id).first()
    assert first["id"] == video.id * 100000 + day_number(today(ZONE))
    assert (first["videoId"], first["description"]) == ("v0", "Video 0")


@pytest.mark.parametrize("part", ["user-stats", "video-stats"])
def test_days_count_back_from_today_in_the_zone(
    part: str, clock: Any, store: Store, api: Any
) -> None:
    assert len(dates(api().get(URL + part))) == 30
    assert dates(api().get(URL + part + "?days=1")) == ["2026-11-24"]
    assert len(dates(api().get(URL + part + "?days=365"))) == 40
    clock.shift(timedelta(hours=14, minutes=5))  # 00:05 in Jakarta, the day before in UTC
    assert dates(api().get(URL + part + "?days=1")) == []


@pytest.mark.parametrize("part", ["user-stats", "video-stats"])
@pytest.mark.parametrize("days", ["0", "366", "", "abc", "7.5", "-1", "1e2", "٧"])
def test_bad_days_are_refused(part: str, days: str, store: Store, api: Any) -> None:
    answer = api().get(URL + part, query_string={"days": days})
    assert answer.status_code == 400
    assert answer.json["error"]["message"] == "days must be a whole number from 1 to 365"


@pytest.mark.parametrize(("query", "accept"), [("?format=csv", "*/*"), ("", "text/csv")])
@pytest.mark.parametrize(
    ("part", "like"), [("user-stats", USER_STATS), ("video-stats", VIDEO_STATS)]
)
def test_it_answers_csv(
    query: str, accept: str, part: str, like: Any, db: Any, store: Store, api: Any
) -> None:
    db.session.execute(update(Video).values(caption='=HYPERLINK("x")'))
    answer = api().get(URL + part + query, headers={"Accept": accept})
    assert answer.content_type == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert list(rows[0]) == list(like["data"][0])
    assert {row.get("description") for row in rows} <= {None, '\'=HYPERLINK("x")'}
    plain = api().get(URL + part).json["data"]
    assert [row["id"] for row in rows] == [str(row["id"]) for row in plain]


def test_another_format_is_refused(store: Store, api: Any) -> None:
    assert api().get(URL + "user-stats?format=xml").status_code == 400


@pytest.mark.parametrize("part", ["user-stats", "video-stats"])
def test_unchanged_data_is_304_before_it_is_read(
    part: str, app: Any, db: Any, store: Store, api: Any
) -> None:
    seen = count_queries(app)
    tag = api().get(URL + part).headers["ETag"]
    same = api().get(URL + part, headers={"If-None-Match": tag})
    assert (same.status_code, same.data, seen[1]) == (304, b"", 1)
    csv_same = api().get(URL + part, headers={"If-None-Match": tag, "Accept": "text/csv"})
    assert csv_same.status_code == 200
    db.session.execute(update(StoreLatest).values(data_version=StoreLatest.data_version + 1))
    assert api().get(URL + part, headers={"If-None-Match": tag}).status_code == 200


def test_accounts_answer_as_the_spec(database: str, db: Any, store: Store, api: Any) -> None:
    account_of("jkt").last_sync_time = now()
    assert_like(api().get(URL + "accounts").json, ACCOUNTS)


def test_an_account_without_usable_tokens_is_not_valid(clock: Any, store: Store, api: Any) -> None:
    assert api().get(URL + "accounts").json["data"][0]["hasValidToken"] is True
    clock.shift(timedelta(days=200))  # the refresh token is over
    assert api().get(URL + "accounts").json["data"][0]["hasValidToken"] is False


def test_tokens_appear_nowhere(store: Store, api: Any) -> None:
    for path in ("/admin/stores", "/admin/stores/jkt", URL + "accounts"):
        text = api().get(path).text
        assert "act." not in text
        assert "v1." not in text
