"""One run a slot, whatever the number of schedulers, whoever dies (F19, R4)."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.faults.scene import Run, Scene, kill
from tests.running import free_port
from tests.servers import ROOT, wait_for

STARTS = 25  # seconds that the hub and a second scheduler may need before the first slot
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def hub_settings() -> dict[str, Any]:
    """A clock on which a minute begins `STARTS` seconds from now."""
    ahead = (60 - datetime.now(UTC).timestamp() % 60 - STARTS) % 60
    return {
        "cron_enabled": "true",
        "cron_sync_user_daily": "* * * * *",
        "cron_sync_video_daily": "0 3 31 12 *",
        "cron_token_refresh": "0 3 31 12 *",
        "hub_clock_offset": round(ahead),
    }


@pytest.fixture
def second(running_scene: Scene) -> Generator[Callable[[], subprocess.Popen[bytes]]]:
    """`second()` starts another scheduler on the same data, as on another machine."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        scene = running_scene
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        given = scene.settings | scene.sandbox.settings | {
            "hub_data_dir": scene.folder, "redis_url": scene.redis_url, "port": free_port(),
        }  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "worker.py", "schedule"],
            cwd=ROOT,
            env=kept | {name.upper(): str(value) for name, value in given.items()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def clock(scene: Scene) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=float(scene.settings["hub_clock_offset"]))


def wait_for_minute(scene: Scene, less: float = 0.0) -> datetime:
    """Sleep to the next full minute of the hub's clock, or `less` seconds before it."""
    present = clock(scene)
    slot = present.replace(second=0, microsecond=0) + MINUTE
    time.sleep(max(0.0, (slot - present).total_seconds() - less))
    return slot


def leader(scene: Scene) -> int:
    owner = scene.sql("SELECT owner FROM leases WHERE name = 'scheduler'")[0][0]
    return int(owner.rpartition(":")[2] or 0)


def runs_of(scene: Scene, slot: datetime) -> list[int]:
    planned = slot.strftime("%Y-%m-%d %H:%M:%S")
    rows = scene.sql("SELECT id FROM sync_runs WHERE slot LIKE ? ORDER BY id", planned + "%")
    return [row[0] for row in rows]


def test_a_slot_is_fired_once_although_the_leader_dies_over_it(
    scene: Scene, second: Callable[[], subprocess.Popen[bytes]]
) -> None:
    first, other = scene.pids["scheduler"], second()
    slot = wait_for_minute(scene, less=1.0)
    assert leader(scene) == first
    assert other.poll() is None
    assert runs_of(scene, slot) == []

    kill(first)  # `other` and whom the supervisor starts instead both want to lead
    wait_for(lambda: runs_of(scene, slot), 15, "nobody took over")
    late = (clock(scene) - slot).total_seconds()

    assert leader(scene) not in (0, first)
    wait_for(lambda: scene.pids["scheduler"] not in (None, first), 5, "it is not back")
    time.sleep(3)  # all had a round since
    assert len(runs_of(scene, slot)) == 1
    print(f"slot fired {late:.1f} s late after kill -9 of the leader")
    run = Run(scene, runs_of(scene, slot)[0], clock(scene))
    run.wait(20)
    assert set(run.items("state").values()) == {"done"}


def test_two_schedulers_make_up_for_a_missed_slot_once(
    scene: Scene, second: Callable[[], subprocess.Popen[bytes]]
) -> None:
    """Stopped for more than two nights; the newest slot is less than a day old and runs late,
    the older ones are skipped and logged."""
    scene.hub.stop()
    stopped = clock(scene)
    away = timedelta(days=2, hours=5)
    last = stopped + away - timedelta(hours=3)  # three hours before the next start
    scene.start(
        cron_sync_user_daily=f"{last.minute} {last.hour} * * *",
        hub_clock_offset=round(float(scene.settings["hub_clock_offset"]) + away.total_seconds()),
    )
    second()

    slots = [(last - timedelta(days=back)).replace(second=0, microsecond=0) for back in (2, 1, 0)]
    missed = [slot for slot in slots if slot > stopped]
    wait_for(lambda: runs_of(scene, missed[-1]), 10, "the missed slot does not run")
    led = leader(scene)
    kill(led)
    wait_for(lambda: leader(scene) not in (0, led), 10, "nobody took over")
    time.sleep(2)

    assert len(missed) == 3
    states = scene.sql("SELECT slot, state FROM schedule_slots WHERE job = 'sync_user_daily'")
    found = {slot[:16]: state for slot, state in states}
    assert [found.get(f"{slot:%Y-%m-%d %H:%M}") for slot in missed] == ["skipped"] * 2 + ["fired"]
    assert [len(runs_of(scene, slot)) for slot in missed] == [0, 0, 1]
    told = scene.sql(
        "SELECT message FROM sync_logs WHERE status = 'SKIPPED' AND cause = 'missed' ORDER BY id"
    )
    assert len(told) == 2
