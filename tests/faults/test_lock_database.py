"""SQLite is locked by another process (F9), or its disk is full (F10)."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import requests

from tests.faults.scene import ADMIN, DEFAULTS, QUICK, Scene, copy_data
from tests.installation import Sandbox
from tests.servers import wait_for

LOCKED_SECONDS = 10
PATIENCE = 5  # seconds: busy_timeout
EXPIRED = "toko-expired-1"  # its first access is dead on arrival: a sync renews it
STORE = {"store_code": "NEW", "store_name": "New", "pic_name": "PIC"}


@pytest.fixture(scope="module")
def hub_settings() -> dict[str, Any]:
    return dict(DEFAULTS)


class Lock:
    """Somebody else holds the write lock for ten seconds, from `take()` on."""

    def __init__(self, database: Path) -> None:
        self.database, self.taken = database, Event()
        self.thread = Thread(target=self.hold)

    def take(self) -> None:
        self.thread.start()
        assert self.taken.wait(5)

    def hold(self) -> None:
        with closing(sqlite3.connect(self.database, timeout=5)) as connection:
            connection.isolation_level = None
            connection.execute("BEGIN IMMEDIATE")
            self.taken.set()
            time.sleep(LOCKED_SECONDS)
            connection.execute("ROLLBACK")


@pytest.fixture
def lock(scene: Scene) -> Generator[Lock]:
    one = Lock(scene.database)
    yield one
    if one.thread.ident:
        one.thread.join()


def seconds_of(scene: Scene, path: str) -> float:
    started = time.monotonic()
    assert scene.get(path).status_code == 200, path
    return time.monotonic() - started


def check_refusal(answer: requests.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.json()["error"]["code"] == "INTERNAL_ERROR"
    assert int(answer.headers["Retry-After"]) > 0


def test_a_lock_costs_a_run_only_time(scene: Scene, lock: Lock) -> None:
    run = scene.sync()
    scene.wait_for_hits(15)
    lock.take()
    started = time.monotonic()

    check_refusal(scene.post("/admin/stores", STORE))

    assert PATIENCE - 1 < time.monotonic() - started < PATIENCE + 2
    pages = ("/admin/stores?limit=20", "/admin/sync/logs?limit=50", "/livez", "/login")
    assert max(seconds_of(scene, path) for path in pages) < 1
    assert run.state == "running"
    run.wait(LOCKED_SECONDS + 20)
    run.check()
    assert max(run.items("attempts").values()) <= 2
    assert "a thread of the batch failed" not in scene.hub.output
    assert scene.post("/admin/stores", STORE).status_code == 201
    address = f"{scene.hub.url}/admin/stores/{STORE['store_code']}"
    assert requests.delete(address, headers=ADMIN, timeout=10).ok


def test_a_lock_loses_no_renewed_access(scene: Scene, lock: Lock) -> None:
    """TikTok has turned the pair, and the new one cannot be stored for ten seconds."""
    scene.connect(EXPIRED)
    scene.codes.append(EXPIRED)
    slow = {"fault": "slow", "endpoint": "oauth/token", "handle": EXPIRED, "seconds": 2}
    scene.sandbox.post("/_faults", **slow)
    run = scene.sync()
    scene.wait_for_fault()

    lock.take()

    run.wait(LOCKED_SECONDS + 30)
    run.check()
    assert refreshes(scene) == 1
    pending = "SELECT store_code FROM store_accounts WHERE refresh_lease_until IS NOT NULL"
    assert scene.sql(pending) == []


def refreshes(scene: Scene) -> int:
    calls = scene.sandbox.log("oauth/token")
    return sum(call["handle"] == EXPIRED for call in calls)


@pytest.fixture
def small_disk(tmp_path: Path) -> Generator[Path]:
    """A file system of 24 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    if sys.platform != "linux" or os.getuid() != 0:
        pytest.skip("F10, a full disk, was not tried: it needs root on Linux (tmpfs)")
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("F10, a full disk, was not tried: no tmpfs may be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def fill(place: Path) -> Path:
    """Take all that is left."""
    ballast = place / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            return ballast


def test_a_full_disk_refuses_writes_and_recovers(
    connected: Path, running_scene: Scene, small_disk: Path
) -> None:
    sandbox: Sandbox = running_scene.sandbox
    sandbox.reset()
    copy_data(connected, small_disk / "hub")
    scene = Scene(small_disk / "hub", sandbox, QUICK | {"log_level": "fatal"})
    scene.start()
    try:
        run = scene.sync()
        scene.wait_for_hits(15)
        ballast = fill(small_disk)

        def refused() -> bool:
            answer = scene.post("/admin/stores", STORE)
            if answer.ok:  # into what its file had left
                STORE["store_code"] += "-"
                return False
            check_refusal(answer)
            return True

        wait_for(refused, 20, "a full disk refuses nothing")
        assert scene.get("/livez").status_code == 200
        assert scene.get("/admin/stores?limit=5").status_code == 200
        time.sleep(3)

        ballast.unlink()

        run.wait(30)
        assert scene.sql("PRAGMA integrity_check") == [("ok",)]
        assert scene.post("/admin/stores", STORE).status_code == 201
        run.check()
    finally:
        scene.hub.stop()
        shutil.rmtree(small_disk / "hub", ignore_errors=True)
