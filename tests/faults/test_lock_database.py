"""SQLite is locked by another process (F9), or its disk is full (F10)."""

import sqlite3
import threading
import time
from collections.abc import Generator
from contextlib import closing

import pytest

from tests.faults.scene import Scene

LOCKED_SECONDS = 10
PATIENCE = 5  # seconds: busy_timeout


@pytest.fixture
def lock(scene: Scene) -> Generator[threading.Event]:
    """Somebody else holds the write lock for ten seconds, from the moment the event is set."""
    begin, thread = threading.Event(), threading.Thread(target=lambda: hold(scene, begin))
    thread.start()
    yield begin
    begin.set()
    thread.join()


def hold(scene: Scene, begin: threading.Event) -> None:
    begin.wait()
    with closing(sqlite3.connect(scene.database, timeout=5)) as connection:
        connection.isolation_level = None
        connection.execute("BEGIN IMMEDIATE")
        time.sleep(LOCKED_SECONDS)
        connection.execute("ROLLBACK")


def test_a_lock_costs_a_run_only_time(scene: Scene, lock: threading.Event) -> None:
    run = scene.sync()
    scene.wait_for_hits(15)

    lock.set()
    time.sleep(0.5)

    started = time.monotonic()
    refused = scene.post("/admin/stores", {"store_code": "NEW", "store_name": "N", "pic_name": "P"})
    waited = time.monotonic() - started
    assert refused.status_code == 503
    assert refused.json()["error"]["code"] == "INTERNAL_ERROR"
    assert int(refused.headers["Retry-After"]) > 0
    assert PATIENCE - 1 < waited < PATIENCE + 2

    slowest = 0.0
    for path in ("/admin/stores?limit=20", "/admin/sync/logs?limit=50", "/livez", "/login"):
        started = time.monotonic()
        assert scene.get(path).status_code == 200, path
        slowest = max(slowest, time.monotonic() - started)
    assert slowest < 1
    assert run.state == "running"

    run.wait(LOCKED_SECONDS + 20)
    run.check()
    assert scene.post(
        "/admin/stores", {"store_code": "NEW", "store_name": "N", "pic_name": "P"}
    ).ok
    scene.post("/admin/stores/NEW/disconnect")
    requests_delete(scene)


def requests_delete(scene: Scene) -> None:
    pass
