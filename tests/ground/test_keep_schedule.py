"""The cron table, its slots, missed ones, and who leads (hub/schedule.py)."""

import os
import socket
import subprocess
import threading
from collections import Counter
from contextvars import Context
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from hub import schedule
from hub.clock import now
from hub.db import begin, db, epoch
from hub.schedule import (
    Lease,
    ScheduleSlot,
    last_slot,
    lead,
    missed_slots,
    next_slot,
    step_down,
    tick,
)
from hub.sync.models import SyncLog, SyncRun

JOBS = ("refresh_tokens", "sync_user_daily", "sync_video_daily")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# When


@pytest.mark.parametrize(("cron", "zone", "after", "following"), [
    ("0 2 * * *", "UTC", "2026-01-24 02:00", "2026-01-25 02:00"),
    ("0 2 * * *", "UTC", "2026-01-24 01:59:59.999", "2026-01-24 02:00"),
    ("0 2 * * *", "Asia/Jakarta", "2026-01-24 18:00", "2026-01-24 19:00"),
    ("0 2 * * *", "Asia/Jakarta", "2026-01-24 19:00", "2026-01-25 19:00"),
    ("*/5 * * * *", "UTC", "2026-01-24 23:58", "2026-01-25 00:00"),
    ("0 0 29 2 *", "UTC", "2026-01-24 00:00", "2028-02-29 00:00"),
    ("0 0 29 2 *", "Asia/Jakarta", "2028-02-29 00:00", "2032-02-28 17:00"),
    ("0 0 31 * *", "UTC", "2026-01-31 00:00", "2026-03-31 00:00"),
    ("0 4 * * *", "Europe/Berlin", "2026-03-28 12:00", "2026-03-29 02:00"),
    ("0 4 * * *", "Europe/Berlin", "2026-10-24 12:00", "2026-10-25 03:00"),
    ("30 2 * * 1-5", "America/New_York", "2026-11-24 08:00", "2026-11-25 07:30"),
])  # fmt: skip
def test_the_next_slot(cron: str, zone: str, after: str, following: str) -> None:
    assert next_slot(cron, utc(after), zone) == utc(following)


@pytest.mark.parametrize(("cron", "zone", "until", "newest"), [
    ("0 2 * * *", "UTC", "2026-01-24 02:00", "2026-01-24 02:00"),
    ("0 2 * * *", "UTC", "2026-01-24 02:00:00.000001", "2026-01-24 02:00"),
    ("0 2 * * *", "UTC", "2026-01-24 01:59:59.5", "2026-01-23 02:00"),
    ("0 2 * * *", "UTC", "2026-01-24 01:59:59.999999", "2026-01-23 02:00"),
    ("0 2 * * *", "Asia/Jakarta", "2026-01-24 18:59", "2026-01-23 19:00"),
    ("0 0 29 2 *", "UTC", "2026-01-24 00:00", "2024-02-29 00:00"),
    ("* * * * *", "UTC", "2026-01-24 00:00:30", "2026-01-24 00:00"),
    ("0 4 * * *", "Europe/Berlin", "2026-03-29 02:00", "2026-03-29 02:00"),
    ("0 4 * * *", "Europe/Berlin", "2026-10-25 02:59", "2026-10-24 02:00"),
])  # fmt: skip
def test_the_newest_slot(cron: str, zone: str, until: str, newest: str) -> None:
    assert last_slot(cron, utc(until), zone) == utc(newest)


@pytest.mark.parametrize("cron", ["30 2 * * *", "0 2 * * *", "0 3 * * *"])
@pytest.mark.parametrize(("around", "days"), [("2026-03-27 12:00", 4), ("2026-10-23 12:00", 4)])
def test_a_change_of_the_clocks_gives_each_day_one_slot(cron: str, around: str, days: int) -> None:
    """Berlin skips 02:00-03:00 in March and has it twice in October: one run a day all the same,
    whether looked at forwards or backwards."""
    begin_, end = utc(around), utc(around) + timedelta(days=days)
    forwards, moment = [], begin_
    while (moment := next_slot(cron, moment, "Europe/Berlin")) <= end:
        forwards.append(moment)
    assert len(forwards) == days, forwards
    assert missed_slots(cron, begin_, end, "Europe/Berlin") == forwards[::-1]


def test_an_hourly_job_runs_in_both_hours_of_the_same_name() -> None:
    found = missed_slots("30 * * * *", utc("2026-10-24 23:00"), utc("2026-10-25 03:00"),
                         "Europe/Berlin")  # fmt: skip
    assert [slot.hour for slot in found] == [2, 1, 0, 23]


def test_missed_slots_are_newest_first_and_bounded() -> None:
    until = utc("2026-01-24 12:00")
    found = missed_slots("0 * * * *", utc("2026-01-24 08:00"), until, "UTC")
    assert [slot.hour for slot in found] == [12, 11, 10, 9]
    many = missed_slots("* * * * *", until - timedelta(days=30), until, "UTC")
    assert (len(many), many[0]) == (schedule.SKIPPED_AT_MOST, until)
    assert missed_slots("0 2 * * *", until, until, "UTC") == []


# What runs

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"cron_enabled": True, "tz": "UTC"}


@pytest.fixture
def installed(app: Any, queue: Any) -> None:
    """A Hub whose scheduler has started on 24 Nov 2026, 03:00 UTC, and leads."""
    assert tick("me")


def slots(state: str) -> list[tuple[str, str]]:
    with begin() as connection:
        found = connection.execute(
            select(ScheduleSlot).where(ScheduleSlot.state == state).order_by(ScheduleSlot.slot)
        )
        return [(row.job, f"{row.slot:%d %H:%M}") for row in found]


def runs() -> list[tuple[str, str, str]]:
    with begin() as connection:
        found = connection.execute(select(SyncRun.__table__).order_by(SyncRun.id))  # type: ignore[arg-type]
        return [(row.job, f"{row.slot:%d %H:%M}", row.trigger) for row in found]


@pytest.mark.usefixtures("installed")
def test_nothing_before_the_installation_counts() -> None:
    assert runs() == []
    assert [job for job, _ in slots("installed")] == [*JOBS]
    assert tick("me")
    assert runs() == []


@pytest.mark.usefixtures("installed")
def test_each_slot_fires_once(clock: Any) -> None:
    clock.move_to(utc("2026-11-25 00:59:59"))
    tick("me")
    assert runs() == []
    clock.move_to(utc("2026-11-25 01:00:00"))
    for _ in range(3):
        tick("me")
    assert runs() == [("refresh_tokens", "25 01:00", "schedule")]
    clock.move_to(utc("2026-11-25 03:30"))
    tick("me")
    assert runs()[1:] == [("user", "25 02:00", "schedule"), ("video", "25 03:00", "schedule")]


@pytest.mark.usefixtures("installed")
def test_of_missed_slots_the_newest_runs_late_once(clock: Any) -> None:
    clock.move_to(utc("2026-11-28 01:30"))
    for _ in range(2):
        tick("me")
    assert sorted(runs()) == [
        ("refresh_tokens", "28 01:00", "schedule"),
        ("user", "27 02:00", "schedule"),
        ("video", "27 03:00", "schedule"),
    ]
    skipped = slots("skipped")
    assert [slot for job, slot in skipped if job == "refresh_tokens"] == [
        "25 01:00", "26 01:00", "27 01:00"
    ]  # fmt: skip
    with begin() as connection:
        lines = connection.execute(select(SyncLog.__table__)).all()  # type: ignore[arg-type]
    assert Counter((line.job_name, line.status, line.store_code) for line in lines if
                   line.status == "SKIPPED") == {
        ("refresh_tokens", "SKIPPED", None): 3,
        ("sync_user_daily", "SKIPPED", None): 2,
        ("sync_video_daily", "SKIPPED", None): 2,
    }  # fmt: skip
    assert "Skipped: the slot of 2026-11-25T01:00:00.000Z was missed" in {x.message for x in lines}


@pytest.mark.usefixtures("installed")
def test_a_slot_older_than_a_day_does_not_run(clock: Any, app: Any) -> None:
    app.extensions["settings"].cron_sync_user_daily = "0 2 25 * *"
    clock.move_to(utc("2026-11-26 02:00:01"))
    tick("me")
    assert "user" not in {job for job, _, _ in runs()}
    assert ("sync_user_daily", "25 02:00") in slots("skipped")


@pytest.mark.usefixtures("installed")
def test_exactly_a_day_late_still_runs(clock: Any, app: Any) -> None:
    app.extensions["settings"].cron_sync_user_daily = "0 2 25 * *"
    clock.move_to(utc("2026-11-26 01:59:59"))
    tick("me")
    assert ("user", "25 02:00", "schedule") in runs()


@pytest.mark.usefixtures("installed")
def test_a_clock_that_jumps_back_fires_nothing_twice(clock: Any) -> None:
    clock.move_to(utc("2026-11-25 04:00"))
    tick("me")
    before = runs()
    clock.move_to(utc("2026-11-24 00:30"))
    tick("me")
    clock.move_to(utc("2026-11-25 04:01"))
    tick("me")
    assert runs() == before


@pytest.mark.usefixtures("installed")
def test_cron_can_be_switched_off(clock: Any, app: Any) -> None:
    app.extensions["settings"].cron_enabled = False
    clock.move_to(utc("2026-11-25 04:00"))
    assert tick("me")
    assert runs() == []


def test_two_schedulers_fire_each_minute_once(
    database: str, app: Any, queue: Any, clock: Any
) -> None:
    """F19, also when both believe that they lead."""
    for name in ("cron_token_refresh", "cron_sync_user_daily", "cron_sync_video_daily"):
        setattr(app.extensions["settings"], name, "* * * * *")
    for entry in schedule.TABLE:
        schedule.fire_due(entry)
    errors: list[Exception] = []

    def go(together: threading.Barrier) -> None:
        with app.app_context():
            together.wait()
            try:
                for entry in schedule.TABLE:
                    schedule.fire_due(entry)
            except Exception as error:
                errors.append(error)

    for minute in range(1, 4):
        clock.move_to(utc("2026-11-24 03:00:05") + timedelta(minutes=minute))
        together = threading.Barrier(2)
        threads = [threading.Thread(target=Context().run, args=(go, together)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert errors == []
    assert Counter(runs()) == {
        (job, f"24 03:0{minute}", "schedule"): 1
        for job in ("refresh_tokens", "user", "video")
        for minute in (1, 2, 3)
    }


def test_one_leads_and_the_other_takes_over_after_the_lease(database: str, app: Any) -> None:
    assert lead("one")
    assert lead("one")
    assert not lead("two")
    with begin() as connection:
        left = connection.execute(select(Lease.lease_until - epoch())).scalar_one()
        assert 0 < left <= schedule.LEADER_LEASE
        connection.execute(update(Lease).values(lease_until=epoch() - 0.001))
    assert lead("two")
    assert not lead("one")


def test_a_leader_of_this_machine_that_died_is_not_waited_for(app: Any) -> None:
    dead = subprocess.Popen(["true"])
    dead.wait()
    assert lead(f"{socket.gethostname()}:{dead.pid}")
    assert lead("two")


def test_a_leader_that_lives_is_waited_for(app: Any) -> None:
    assert lead(f"{socket.gethostname()}:{os.getpid()}")
    assert not lead("two")


def test_who_steps_down_is_followed_at_once(app: Any) -> None:
    lead("one")
    assert lead("one")
    step_down("two")
    assert not lead("two")
    step_down("one")
    assert lead("two")


def test_a_sweeper_that_fails_holds_up_nobody(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.exc import OperationalError

    swept: list[str] = []

    def broken() -> None:
        raise OperationalError("x", None, Exception("locked"))

    monkeypatch.setattr(schedule, "SWEEPERS", [broken, lambda: swept.append("second")])
    schedule.sweep()
    assert swept == ["second"]


@pytest.mark.usefixtures("app")
def test_the_status_page_of_the_api(api: Any, clock: Any) -> None:
    answer = api().get("/admin/sync/status")
    assert [job["nextRun"] for job in answer.json["data"]["jobs"]] == [
        "2026-11-25T01:00:00.000Z", "2026-11-25T02:00:00.000Z", "2026-11-25T03:00:00.000Z"
    ]  # fmt: skip
    assert now().day == 24
    db.session.remove()
