"""POST /admin/sync/run: each example of spec 003 through HTTP, Redis, a worker and the sandbox."""

import re
from typing import Any

import pytest

from hub.stores.models import DISABLED, ERROR, NEED_RECONNECT
from hub.sync import runs
from hub.sync.models import SyncItem, UserDaily
from tests.people import add_store
from tests.stores.spec import assert_like, refusal
from tests.sync.spec import NOT_FOUND, ONE_STORE, STARTED, TOTALS
from tests.sync.world import VIDEOS, account, change, connect, item, log_lines, rows, scalar

CODE = "store_jakarta_01"
USER_SENTENCE = r"User stats synced successfully: \d+ followers, 8 videos"
VIDEO_SENTENCE = "Video stats synced successfully: 8 videos"
JOB_RULE = "job must be one of: all, user, video, refresh_tokens"


# Access always ends before the next renewal, whatever the hour these tests run at.
@pytest.fixture
def settings() -> dict[str, Any]:
    return {"cron_token_refresh": "0 0 29 2 *"}


def run(api: Any, **body: Any) -> Any:
    return api().post("/admin/sync/run", json=body)


def data(answer: Any) -> Any:
    assert answer.status_code == 200, answer.json
    assert answer.json["success"] is True
    return answer.json["data"]


def test_one_store_user(worker: None, sandbox: Any, api: Any) -> None:
    connect(sandbox, CODE)
    answer = run(api, store_code=CODE, job="user")
    assert_like(answer.json, ONE_STORE)
    got = data(answer)
    assert re.fullmatch(USER_SENTENCE, got["message"])
    assert (got["success"], got["storeCode"], got["recordsProcessed"]) == (True, CODE, 1)
    assert 0 < got["duration"] < 20_000
    assert [row.store_code for row in rows(UserDaily)] == [CODE]


def test_one_store_video(worker: None, sandbox: Any, api: Any) -> None:
    connect(sandbox, CODE)
    got = data(run(api, store_code=CODE, job="video"))
    assert (got["success"], got["message"]) == (True, VIDEO_SENTENCE)
    assert got["recordsProcessed"] == VIDEOS


def test_one_store_all(worker: None, sandbox: Any, api: Any) -> None:
    connect(sandbox, CODE)
    got = data(run(api, store_code=CODE, job="all"))
    assert re.fullmatch(f"{USER_SENTENCE}; {VIDEO_SENTENCE}", got["message"])
    assert got["recordsProcessed"] == 1 + VIDEOS
    assert data(run(api, store_code=CODE))["message"] == got["message"], "all is the default"


def test_one_store_refresh_tokens(worker: None, sandbox: Any, api: Any) -> None:
    connect(sandbox, CODE)
    got = data(run(api, store_code=CODE, job="refresh_tokens"))
    assert (got["success"], got["message"]) == (True, "Token refreshed successfully")
    assert [call["kind"] for call in sandbox.log("oauth/token")] == ["refresh_token"]


def test_a_token_that_lives_long_is_left_alone(
    worker: None, sandbox: Any, api: Any, settings: Any
) -> None:
    connect(sandbox, CODE)
    settings_of(api).cron_token_refresh = "* * * * *"
    got = data(run(api, store_code=CODE, job="refresh_tokens"))
    assert (got["success"], got["message"]) == (True, "Token is still valid")
    assert sandbox.log("oauth/token") == []
    assert data(run(api, job="refresh_tokens")) == {
        "refresh_tokens": {"total": 1, "refreshed": 0, "failed": 0}
    }


def settings_of(api: Any) -> Any:
    return api().application.extensions["settings"]


def test_all_stores(worker: None, sandbox: Any, api: Any, db: Any) -> None:
    connect(sandbox, "one", "two", "three", "broken-garbage")
    connect(sandbox, "four", scopes=("user.info.basic", "user.info.stats"))
    add_store("never"), add_store("gone")
    db.session.commit()
    api().delete("/admin/stores/gone")
    got = data(run(api, job="all"))
    assert_like({"success": True, "data": got}, {"success": True, "data": TOTALS})
    assert got == {
        "refresh_tokens": {"total": 6, "refreshed": 5, "failed": 0},
        "user_sync": {"total": 6, "successful": 4, "failed": 1, "skipped": 1},
        "video_sync": {
            "total": 6, "successful": 3, "failed": 1, "skipped": 2, "totalVideos": 3 * VIDEOS
        },
    }  # fmt: skip


@pytest.mark.parametrize(("body", "parts"), [
    ({"job": "user"}, ["user_sync"]),
    ({"job": "video"}, ["video_sync"]),
    ({"job": "refresh_tokens"}, ["refresh_tokens"]),
    ({}, ["refresh_tokens", "user_sync", "video_sync"]),
])  # fmt: skip
def test_only_the_parts_that_ran(
    body: Any, parts: list[str], worker: None, sandbox: Any, api: Any
) -> None:
    connect(sandbox, "one", "two")
    got = data(run(api, **body))
    assert list(got) == parts
    assert_like(got, {part: TOTALS[part] for part in parts})
    assert all(part["total"] == 2 for part in got.values())


def test_an_empty_body_syncs_everything(worker: None, sandbox: Any, api: Any) -> None:
    connect(sandbox, "one")
    assert list(data(api().post("/admin/sync/run"))) == [*TOTALS]


def test_no_store_at_all(worker: None, api: Any) -> None:
    got = data(run(api, job="user"))
    assert got == {"user_sync": {"total": 0, "successful": 0, "failed": 0, "skipped": 0}}


def test_log_lines_of_each_part_and_of_the_run(worker: None, sandbox: Any, api: Any) -> None:
    connect(sandbox, CODE)
    run(api, store_code=CODE, job="all")
    lines = log_lines()
    assert [(line.store_code, line.job_name, line.status) for line in lines] == [
        (CODE, "refresh_tokens", "SUCCESS"),
        (CODE, "sync_user_daily", "SUCCESS"),
        (CODE, "sync_video_daily", "SUCCESS"),
        (None, "sync_all", "SUCCESS"),
    ]
    assert re.fullmatch(USER_SENTENCE, lines[1].message)
    assert lines[3].message == "Synced 1/1 stores, 0 failed, 0 skipped"
    assert all(line.raw_error is None and line.duration_ms >= 0 for line in lines)


def test_the_job_line_says_failed_from_a_tenth_on(worker: None, sandbox: Any, api: Any) -> None:
    connect(sandbox, "a1", "b-garbage")
    run(api, job="user")
    job_line = next(line for line in log_lines() if line.store_code is None)
    assert (job_line.job_name, job_line.status) == ("sync_user_daily", "FAILED")
    assert job_line.message == "Synced 1/2 stores, 1 failed, 0 skipped"
    failed = next(line for line in log_lines() if line.store_code == "b-garbage")
    assert (failed.status, failed.message) == (
        "FAILED", "TikTok answered with something that cannot be read"
    )  # fmt: skip
    assert failed.raw_error.startswith("bad_response: ")


def test_a_store_that_was_never_connected(worker: None, api: Any, db: Any) -> None:
    add_store(CODE)
    db.session.commit()
    got = data(run(api, store_code=CODE))
    assert got["success"] is False
    assert got["message"] == "Skipped: no TikTok account is connected"
    assert got["recordsProcessed"] == 0
    skipped = [line for line in log_lines() if line.store_code == CODE]
    assert [(line.job_name, line.status, line.cause) for line in skipped] == [
        ("refresh_tokens", "SKIPPED", "not_connected"),
        ("sync_user_daily", "SKIPPED", "not_connected"),
        ("sync_video_daily", "SKIPPED", "not_connected"),
    ]


@pytest.mark.parametrize(("status", "cause", "message"), [
    (NEED_RECONNECT, "need_reconnect", "Skipped: the owner must allow access again"),
    (DISABLED, "disabled", "Skipped: the account is switched off"),
])  # fmt: skip
def test_a_store_that_stopped_is_skipped(
    status: str, cause: str, message: str, worker: None, sandbox: Any, api: Any
) -> None:
    connect(sandbox, CODE)
    change(CODE, status=status)
    got = data(run(api, store_code=CODE))
    assert (got["success"], got["message"]) == (False, message)
    assert rows(SyncItem)[0].cause == cause
    assert sandbox.log() == []
    assert account(CODE).status == status


def test_an_account_in_error_is_tried(worker: None, sandbox: Any, api: Any) -> None:
    connect(sandbox, CODE)
    change(CODE, status=ERROR, failed_nights=4, last_failed_day=1, cause="timeout")
    assert data(run(api, store_code=CODE))["success"] is True
    row = account(CODE)
    assert (row.status, row.cause, row.failed_nights) == ("CONNECTED", None, 0)


def test_a_store_that_already_runs(queue: Any, redis: Any, sandbox: Any, api: Any) -> None:
    [store] = connect(sandbox, CODE)
    first = runs.start("user", trigger="api", actor="test", stores=[store.id])
    got = data(run(api, store_code=CODE, job="all"))
    assert got["success"] is False
    assert got["message"] == "Skipped: a sync of this store is already running"
    skipped = [line for line in log_lines() if line.store_code == CODE]
    assert {line.cause for line in skipped} == {"already_running"}
    assert len(skipped) == 3
    assert rows(SyncItem, run_id=first)[0].state == "queued"


def test_a_provider_failure_is_sync_failed(worker: None, sandbox: Any, api: Any) -> None:
    connect(sandbox, CODE)
    sandbox.post("/_faults", fault="500", endpoint="user/info", times=0)
    answer = run(api, store_code=CODE, job="user")
    assert answer.status_code == 500
    assert answer.json == refusal("SYNC_FAILED", "TikTok had an error of its own")
    assert len(sandbox.log("user/info")) == 4


def test_a_failure_that_ends_the_access_is_sync_failed_once(
    worker: None, sandbox: Any, api: Any
) -> None:
    connect(sandbox, CODE)
    sandbox.post("/_world/remove", handle=CODE)
    answer = run(api, store_code=CODE, job="user")
    assert (answer.status_code, answer.json["error"]["code"]) == (500, "SYNC_FAILED")
    assert (account(CODE).status, account(CODE).cause) == (NEED_RECONNECT, "access_expired")
    again = data(run(api, store_code=CODE, job="user"))
    assert (again["success"], again["message"]) == (
        False, "Skipped: the owner must allow access again"
    )  # fmt: skip


def test_a_failed_renewal_is_told(worker: None, sandbox: Any, api: Any) -> None:
    """The other parts went well with the old access: the message must still say what failed."""
    connect(sandbox, CODE)
    sandbox.post("/_faults", fault="500", endpoint="oauth/token", times=0)
    answer = run(api, store_code=CODE, job="all")
    assert answer.status_code == 500
    assert answer.json["error"]["message"].startswith("TikTok had an error of its own")
    assert rows(UserDaily)


@pytest.mark.parametrize("late", [False, True])
def test_a_missing_scope_is_left_out_by_name(
    late: bool, worker: None, sandbox: Any, api: Any
) -> None:
    """`late`: the permission was taken back after the consent, the call finds out."""
    if late:
        connect(sandbox, CODE)
        sandbox.post("/_faults", fault="scope_missing", endpoint="video/list")
    else:
        connect(sandbox, CODE, scopes=("user.info.basic", "user.info.stats"))
    got = data(run(api, store_code=CODE, job="all"))
    assert got["success"] is True
    assert re.fullmatch(
        f"{USER_SENTENCE}; Videos left out: video.list was not granted", got["message"]
    )
    assert got["recordsProcessed"] == 1
    assert "video.list" not in account(CODE).scopes.split(",")
    calls = len(sandbox.log("video/list"))
    alone = data(run(api, store_code=CODE, job="video"))
    assert (alone["success"], alone["message"]) == (
        False, "Videos left out: video.list was not granted"
    )  # fmt: skip
    assert len(sandbox.log("video/list")) == calls, "what is not granted is not asked for"
    assert account(CODE).status == "CONNECTED"


def test_unknown_stores_and_jobs(api: Any, app: Any) -> None:
    for code in ("nobody", "x" * 300, "' OR 1=1"):
        answer = run(api, store_code=code)
        assert (answer.status_code, answer.json) == (404, refusal(*NOT_FOUND))
    for job in ("users", "", None, 7, ["all"], {"a": 1}):
        answer = run(api, job=job)
        assert (answer.status_code, answer.json) == (400, refusal("INVALID_REQUEST", JOB_RULE))
    for code in ("", 7, ["a"]):
        answer = run(api, store_code=code)
        assert (answer.status_code, answer.json["error"]["code"]) == (400, "INVALID_REQUEST")
    assert scalar("SELECT count(*) FROM sync_runs") == 0


def test_an_archived_store_is_unknown(api: Any, db: Any) -> None:
    add_store(CODE)
    db.session.commit()
    api().delete(f"/admin/stores/{CODE}")
    assert run(api, store_code=CODE).json == refusal(*NOT_FOUND)


@pytest.mark.parametrize(("sent", "status"), [
    ({"data": "job=all", "content_type": "application/x-www-form-urlencoded"}, 415),
    ({"data": "job: all", "content_type": "text/plain"}, 415),
    ({"data": "{", "content_type": "application/json"}, 400),
    ({"json": ["all"]}, 400),
])  # fmt: skip
def test_it_refuses_other_bodies(sent: Any, status: int, api: Any) -> None:
    answer = api().post("/admin/sync/run", **sent)
    assert (answer.status_code, answer.json["error"]["code"]) == (status, "INVALID_REQUEST")
    assert scalar("SELECT count(*) FROM sync_runs") == 0


@pytest.mark.parametrize("key", [None, "wrong-key"])
def test_it_needs_a_key(key: str | None, api: Any) -> None:
    answer = api(key).post("/admin/sync/run", json={})
    assert (answer.status_code, answer.json["error"]["code"]) == (401, "UNAUTHORIZED")
    assert scalar("SELECT count(*) FROM sync_runs") == 0


@pytest.mark.parametrize("prefer", ["respond-async", "wait=5, Respond-Async"])
def test_prefer_respond_async(prefer: str, queue: Any, sandbox: Any, api: Any) -> None:
    connect(sandbox, CODE)
    for body in ({}, {"store_code": CODE, "job": "video"}):
        answer = api().post("/admin/sync/run", json=body, headers={"Prefer": prefer})
        assert answer.status_code == 202
        assert_like(answer.json, STARTED)
        url = answer.json["data"]["status_url"]
        assert answer.headers["Location"] == url
        assert api().get(url).json["data"]["state"] == "queued"
        queue.run()
        assert api().get(url).json["data"]["state"] == "done"


@pytest.mark.parametrize("settings", [{"sync_wait_seconds": 0}])
def test_no_patience_is_202(settings: Any, queue: Any, sandbox: Any, api: Any) -> None:
    connect(sandbox, CODE)
    answer = run(api, job="all")
    assert (answer.status_code, answer.json["data"]["state"]) == (202, "queued")
    queue.run()
    assert item(runs.find(answer.json["data"]["run_id"])).state == "done"
