"""One refresh for twenty that ask (F15), and what a kill in the middle of one leaves (F16)."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.faults.scene import Scene, kill
from tests.servers import wait_for

EXPIRED, REVOKED, KILLED = "toko-expired-1", "toko-revoked-1", "toko-expired-2"
UNHEARD, LATE = "toko-unheard", "toko-late"
CALL_SECONDS = 3


@pytest.fixture(scope="module")
def hub_settings() -> dict[str, Any]:
    return {"provider_timeout_seconds": CALL_SECONDS, "web_threads": 24}


@pytest.fixture(scope="module")
def sandbox_settings() -> dict[str, Any]:
    return {"access_seconds": 7200}  # ends before the next night: each sync of `all` renews it


@pytest.fixture(scope="module", autouse=True)
def _more_stores(running_scene: Scene) -> None:
    for code in (EXPIRED, REVOKED, KILLED, UNHEARD, LATE):
        running_scene.connect(code)


def sync_store(scene: Scene, code: str, job: str = "all") -> requests.Response:
    return scene.post("/admin/sync/run", {"store_code": code, "job": job})


def refreshes(scene: Scene, code: str) -> int:
    calls = scene.sandbox.log("oauth/token")
    return sum(call["handle"] == code and call["kind"] == "refresh_token" for call in calls)


def account(scene: Scene, code: str) -> tuple[Any, ...]:
    return scene.sql("SELECT status, cause FROM store_accounts WHERE store_code = ?", code)[0]


def storm(scene: Scene, code: str) -> list[requests.Response]:
    """Twenty at once, of different jobs: user and video may run side by side."""
    jobs = ["user", "video", "all", "user", "video"] * 4
    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(lambda job: sync_store(scene, code, job), jobs))


def test_twenty_syncs_of_an_expired_access_refresh_once(scene: Scene) -> None:
    scene.sandbox.post("/_log/reset")

    answers = storm(scene, EXPIRED)

    assert {answer.status_code for answer in answers} == {200}
    worked = [answer.json()["data"] for answer in answers if answer.json()["data"]["success"]]
    assert worked
    assert refreshes(scene, EXPIRED) == 1
    assert account(scene, EXPIRED) == ("CONNECTED", None)


def test_twenty_syncs_of_a_dead_access_refresh_once(scene: Scene) -> None:
    scene.sandbox.post("/_log/reset")

    answers = storm(scene, REVOKED)

    assert {answer.status_code for answer in answers} <= {200, 500}
    assert not any(answer.ok and answer.json()["data"]["success"] for answer in answers)
    assert refreshes(scene, REVOKED) == 1
    assert account(scene, REVOKED) == ("NEED_RECONNECT", "access_expired")
    calls = Counter(call["endpoint"] for call in scene.sandbox.log() if call["handle"] == REVOKED)
    assert sum(calls.values()) <= 4  # no loop
    assert sync_store(scene, REVOKED).json()["data"]["success"] is False
    assert refreshes(scene, REVOKED) == 1


def test_a_kill_between_reply_and_commit_is_told(scene: Scene) -> None:
    """TikTok has turned the pair, its answer is still under way: kill -9 of all workers."""
    fault = {"fault": "hang", "endpoint": "oauth/token", "handle": KILLED}
    scene.sandbox.post("/_faults", **fault, late=True, seconds=20)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(sync_store, scene, KILLED)
        scene.wait_for_fault()
        time.sleep(0.5)
        for worker in scene.pids["workers"]:
            kill(worker, whole=True)
        failed = answer.result(60)

    assert failed.status_code == 500, failed.text
    assert failed.json()["error"]["code"] == "SYNC_FAILED"
    assert account(scene, KILLED) == ("NEED_RECONNECT", "refresh_interrupted")
    logged = scene.sql(
        "SELECT status, cause FROM sync_logs WHERE store_code = ? ORDER BY id", KILLED
    )
    assert ("FAILED", "refresh_interrupted") in logged
    shown = scene.get(f"/admin/stores/{KILLED}").text
    assert "NEED_RECONNECT" in shown


def test_a_kill_before_tiktok_heard_of_it_heals(scene: Scene) -> None:
    """The refresh was begun but nothing turned: the next try renews it."""
    code = UNHEARD
    fault = {"fault": "hang", "endpoint": "oauth/token", "handle": code}
    scene.sandbox.post("/_faults", **fault, seconds=20)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(sync_store, scene, code)
        scene.wait_for_fault()
        for worker in scene.pids["workers"]:
            kill(worker, whole=True)
        healed = answer.result(60)

    assert healed.json()["data"]["success"] is True
    assert account(scene, code) == ("CONNECTED", None)


def test_a_reply_that_was_lost_is_told(scene: Scene) -> None:
    """No kill: TikTok turns the pair and answers 500. The next try finds the old one dead."""
    code = LATE
    scene.sandbox.post("/_faults", fault="500", endpoint="oauth/token", handle=code, late=True)

    answer = sync_store(scene, code)

    assert answer.status_code == 500
    wait_for(lambda: account(scene, code)[0] == "NEED_RECONNECT", 5, "nobody was told")
    assert account(scene, code) == ("NEED_RECONNECT", "refresh_interrupted")
