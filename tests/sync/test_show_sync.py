"""GET /admin/sync/status, logs and runs, cancel and retry-failed over HTTP."""

from typing import Any

import pytest

from hub.sync import runs
from hub.sync.batch import Batch
from tests.people import add_store
from tests.stores.spec import assert_like, refusal
from tests.sync.spec import LOG_LINE, NOT_FOUND, RUN_KEYS, STARTED, STATUS
from tests.sync.world import VIDEOS, connect, finish, shop, sync

pytestmark = pytest.mark.usefixtures("queue")
CODE = "store_jakarta_01"


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"tz": "UTC", "cron_enabled": True}


def data(answer: Any) -> Any:
    assert answer.status_code == 200, answer.json
    assert answer.json["success"] is True
    return answer.json["data"]


# Status


def test_the_status(api: Any, clock: Any) -> None:
    answer = api().get("/admin/sync/status")
    assert_like(answer.json, STATUS)
    assert data(answer) == {
        "enabled": True,
        "timezone": "UTC",
        "jobs": [
            {"name": "refresh_tokens", "schedule": "0 1 * * *",
             "nextRun": "2026-11-25T01:00:00.000Z", "running": False},
            {"name": "sync_user_daily", "schedule": "0 2 * * *",
             "nextRun": "2026-11-25T02:00:00.000Z", "running": False},
            {"name": "sync_video_daily", "schedule": "0 3 * * *",
             "nextRun": "2026-11-25T03:00:00.000Z", "running": False},
        ],
        "currentRun": None,
    }  # fmt: skip


def test_the_status_of_a_running_job(sandbox: Any, api: Any) -> None:
    connect(sandbox, CODE)
    runs.start("user", trigger="api", actor="test")
    got = data(api().get("/admin/sync/status"))
    assert [job["running"] for job in got["jobs"]] == [False, True, False]
    assert got["currentRun"]["job"] == "user"
    runs.start("all", trigger="api", actor="test")


@pytest.mark.parametrize("settings", [{"tz": "Asia/Jakarta", "cron_enabled": False}])
def test_the_status_when_switched_off(settings: Any, api: Any) -> None:
    got = data(api().get("/admin/sync/status"))
    assert (got["enabled"], got["timezone"]) == (False, "Asia/Jakarta")
    assert {job["nextRun"] for job in got["jobs"]} == {None}


# Logs


def test_the_logs(sandbox: Any, api: Any) -> None:
    connect(sandbox, CODE, "other")
    sync("user", CODE)
    sync("user", "other")
    answer = api().get("/admin/sync/logs")
    lines = data(answer)
    assert answer.json["count"] == len(lines) == 4
    assert_like(lines[1], LOG_LINE)
    assert list(LOG_LINE) == list(lines[0])
    assert [(line["storeCode"], line["jobName"]) for line in lines] == [
        (None, "sync_user_daily"), ("other", "sync_user_daily"),
        (None, "sync_user_daily"), (CODE, "sync_user_daily"),
    ]  # fmt: skip
    assert lines[0]["message"] == "Synced 1/1 stores, 0 failed, 0 skipped"
    assert lines[0]["rawError"] is None
    only = data(api().get(f"/admin/sync/logs?store_code={CODE}"))
    assert [line["storeCode"] for line in only] == [CODE]
    assert data(api().get(f"/admin/stores/{CODE}/sync-logs")) == only
    assert len(data(api().get("/admin/sync/logs?limit=3"))) == 3
    assert len(data(api().get(f"/admin/stores/{CODE}/sync-logs?limit=1"))) == 1


def test_the_logs_of_a_store_without_any(api: Any, db: Any) -> None:
    add_store(CODE)
    db.session.commit()
    assert api().get(f"/admin/stores/{CODE}/sync-logs").json["count"] == 0


@pytest.mark.parametrize("path", ["/admin/sync/logs", f"/admin/stores/{CODE}/sync-logs"])
def test_the_limit_of_logs(path: str, api: Any, db: Any) -> None:
    add_store(CODE)
    db.session.commit()
    for good in ("1", "500", "007"):
        assert api().get(f"{path}?limit={good}").status_code == 200
    for bad in ("0", "501", "-1", "", "x", "1.5", "1e2", "٣", "%20", "99999999999999999999"):
        answer = api().get(f"{path}?limit={bad}")
        assert (answer.status_code, answer.json["error"]["code"]) == (400, "INVALID_REQUEST"), bad
        assert answer.json["error"]["message"].startswith("limit must be a whole number from 1")


def test_the_logs_of_an_unknown_store(api: Any) -> None:
    for path in ("/admin/sync/logs?store_code=nobody", "/admin/stores/nobody/sync-logs"):
        answer = api().get(path)
        assert (answer.status_code, answer.json) == (404, refusal(*NOT_FOUND))
    assert api().get("/admin/sync/logs?store_code=").status_code == 400


# Runs


def test_a_run(sandbox: Any, api: Any) -> None:
    connect(sandbox, "one", "two", "three-garbage")
    shop("never")
    run = sync("all")
    got = data(api().get(f"/admin/sync/runs/{run.id}"))
    assert set(got) >= RUN_KEYS
    wanted = {
        "id": run.id, "job": "all", "state": "done", "outcome": "partial", "trigger": "api",
        "processed": 4, "total": 4, "percent": 100, "etaSeconds": None, "successful": 2,
        "failed": 1, "skipped": 1, "cancelled": 0,
    }  # fmt: skip
    assert {key: got[key] for key in wanted} == wanted
    assert [(one["cause"], one["count"]) for one in got["causes"]] == [
        ("bad_response", 1), ("not_connected", 1)
    ]  # fmt: skip
    assert all(one["message"] for one in got["causes"])
    assert got["totals"]["video_sync"]["totalVideos"] == 2 * VIDEOS
    assert got["createdAt"] <= got["startedAt"] <= got["finishedAt"]


def test_a_run_in_work(sandbox: Any, api: Any) -> None:
    connect(sandbox, *(f"s{n}" for n in range(3)))
    run_id = runs.start("user", trigger="cli", actor="cli")
    got = data(api().get(f"/admin/sync/runs/{run_id}"))
    assert (got["state"], got["processed"], got["percent"], got["etaSeconds"]) == (
        "queued", 0, 0, None
    )  # fmt: skip
    worker = Batch(runs.begin_run(run_id))
    for done in (1, 2):
        taken = worker.claim()
        assert taken is not None
        worker.perform(taken)
        got = data(api().get(f"/admin/sync/runs/{run_id}"))
        assert (got["state"], got["processed"], got["percent"]) == (
            "running",
            done,
            done * 100 // 3,
        )
        assert got["etaSeconds"] >= 0
        assert got["totals"]["user_sync"]["successful"] == done


def test_a_run_of_no_store_is_whole(api: Any) -> None:
    run = runs.find(runs.start("user", trigger="api", actor="test"))
    got = data(api().get(f"/admin/sync/runs/{run.id}"))
    assert (got["state"], got["percent"], got["total"]) == ("done", 100, 0)


def test_runs_newest_first(sandbox: Any, api: Any) -> None:
    connect(sandbox, CODE)
    ids = [sync("user").id for _ in range(3)]
    answer = api().get("/admin/sync/runs?limit=2")
    assert [run["id"] for run in data(answer)] == ids[:0:-1]
    assert (answer.json["count"], answer.json["total"]) == (2, 3)
    assert [run["id"] for run in data(api().get("/admin/sync/runs?offset=2"))] == [ids[0]]
    assert data(api().get("/admin/sync/runs?state=running")) == []
    assert len(data(api().get("/admin/sync/runs?state=done"))) == 3
    for bad in ("state=asleep", "limit=0", "limit=101", "offset=-1", "state="):
        answer = api().get(f"/admin/sync/runs?{bad}")
        assert (answer.status_code, answer.json["error"]["code"]) == (400, "INVALID_REQUEST"), bad


def test_an_unchanged_answer_is_304(sandbox: Any, api: Any) -> None:
    connect(sandbox, CODE)
    run = sync("user")
    for path in ("/admin/sync/logs", "/admin/sync/runs", f"/admin/sync/runs/{run.id}"):
        first = api().get(path)
        again = api().get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("run_id", ["7", "0", "-1", "abc", "1.5", "٣", "99999999999999999999"])
def test_a_run_that_is_not_there(run_id: str, api: Any) -> None:
    for answer in (
        api().get(f"/admin/sync/runs/{run_id}"),
        api().post(f"/admin/sync/runs/{run_id}/cancel"),
        api().post(f"/admin/sync/runs/{run_id}/retry-failed"),
    ):
        assert (answer.status_code, answer.json) == (404, refusal("NOT_FOUND", "Run not found"))


def test_cancel(sandbox: Any, api: Any) -> None:
    connect(sandbox, "one", "two")
    run_id = runs.start("user", trigger="api", actor="test")
    got = data(api().post(f"/admin/sync/runs/{run_id}/cancel"))
    assert (got["state"], got["cancelled"], got["processed"]) == ("cancelled", 2, 2)
    assert got["cancelledBy"] == "root key"
    answer = api().post(f"/admin/sync/runs/{run_id}/cancel")
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "INVALID_REQUEST")


def test_retry_failed(sandbox: Any, api: Any) -> None:
    connect(sandbox, "one", "two")
    sandbox.post("/_faults", fault="html", handle="two", endpoint="user/info")
    run = sync("user")
    answer = api().post(f"/admin/sync/runs/{run.id}/retry-failed")
    assert answer.status_code == 202
    assert_like(answer.json, STARTED)
    again = finish(answer.json["data"]["run_id"])
    assert (again.total, again.outcome) == (1, "success")
    answer = api().post(f"/admin/sync/runs/{again.id}/retry-failed")
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize(("method", "path"), [
    ("GET", "/admin/sync/status"), ("GET", "/admin/sync/logs"), ("GET", "/admin/sync/runs"),
    ("GET", "/admin/sync/runs/1"), ("POST", "/admin/sync/runs/1/cancel"),
    ("POST", "/admin/sync/runs/1/retry-failed"), ("GET", f"/admin/stores/{CODE}/sync-logs"),
])  # fmt: skip
def test_they_need_a_key(method: str, path: str, api: Any) -> None:
    answer = api(None).open(path, method=method)
    assert (answer.status_code, answer.json["error"]["code"]) == (401, "UNAUTHORIZED")
