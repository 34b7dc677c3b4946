"""A worker dies or stands still in the middle of a run (F1, F2, F3)."""

import signal
import sqlite3
import time
from collections import Counter
from contextlib import closing

from tests.faults.scene import Scene, kill
from tests.running import family, living
from tests.servers import wait_for

REFUSED = "a late write was refused"


def test_it_takes_up_what_a_killed_worker_held(scene: Scene) -> None:
    run = scene.sync()
    scene.wait_for_hits(15)

    kill(scene.pids["workers"][0], whole=True)

    assert "running" in run.items("state").values()  # it died in the middle
    run.wait(20)
    run.check()
    assert max(run.items("attempts").values()) == 2
    asked = Counter(call["handle"] for call in scene.sandbox.log("user/info"))
    assert set(asked) == set(scene.codes)
    assert max(asked.values()) <= 2


def test_it_ends_a_run_after_workers_and_scheduler_were_killed(scene: Scene) -> None:
    run = scene.sync()
    scene.wait_for_hits(15)
    pids = scene.pids

    for victim in (pids["scheduler"], *pids["workers"]):
        kill(victim, whole=True)

    run.wait(25)
    run.check()


def test_an_orphan_stops_and_writes_nothing_twice(scene: Scene) -> None:
    for code in scene.codes[:6]:  # whoever works on one of these is in a call for long
        scene.sandbox.post("/_faults", fault="slow", seconds=8, handle=code)
    run = scene.sync()
    scene.wait_for_hits(12)
    parent = scene.pids["workers"][0]
    horse = {mark for mark in family(parent) if not mark.startswith(f"{parent}@")}
    assert horse

    kill(parent)

    wait_for(lambda: not living(horse), 5, "the orphan lives on")
    run.wait(25)
    run.check()


def test_the_fence_keeps_out_who_wakes_up_late(scene: Scene) -> None:
    seen = scene.hub.output.count(REFUSED)
    run = scene.sync()
    scene.wait_for_hits(15)
    worker = scene.pids["workers"][0]
    stop_between_writes(scene, worker)
    held = [code for code, state in run.items("state").items() if state == "running"]

    time.sleep(2 * scene.settings["lease_seconds"])
    run.wait(20)
    kill(worker, signal.SIGCONT, whole=True)

    assert held
    wait_for(lambda: len(family(worker)) == 1, 10, "the late one goes on")
    run.check()
    assert scene.hub.output.count(REFUSED) > seen


def stop_between_writes(scene: Scene, pid: int) -> None:
    """SIGSTOP a worker, but not while it holds the only write lock of SQLite."""
    for _ in range(20):
        kill(pid, signal.SIGSTOP, whole=True)
        try:
            with closing(sqlite3.connect(scene.database, timeout=0.3)) as connection:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("ROLLBACK")
            return
        except sqlite3.OperationalError:
            kill(pid, signal.SIGCONT, whole=True)
            time.sleep(0.05)
    raise AssertionError("it always writes")
