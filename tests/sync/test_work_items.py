"""How runs and items live and end: skipped doubles, cancel, retry, poison, nights that failed."""

import threading
from contextvars import Context
from typing import Any

import pytest
from sqlalchemy import update

from hub import work
from hub.clock import day_number, today
from hub.db import begin, epoch
from hub.errors import Invalid, NotFound
from hub.jobs import connect as connect_redis
from hub.stores.accounts import disconnect
from hub.stores.models import CONNECTED, ERROR, NEED_RECONNECT
from hub.stores.stores import archive_store
from hub.stores.tokens import stop_account
from hub.sync import batch, items, jobs, runs
from hub.sync.batch import Batch
from hub.sync.jobs import sweep_items, sweep_runs, sync_batch
from hub.sync.models import DayTotal, SyncItem, SyncRun, UserDaily, VideoDaily
from tests.sync.world import (
    VIDEOS,
    account,
    all_runs,
    change,
    connect,
    facts,
    finish,
    item,
    log_lines,
    rows,
    sync,
)

pytestmark = pytest.mark.usefixtures("queue")
TABLE = items.items


# Access always ends before the next renewal, whatever the hour these tests run at.
@pytest.fixture
def settings() -> dict[str, Any]:
    return {"cron_token_refresh": "0 0 29 2 *"}


def start(job: str, *stores: Any) -> int:
    return runs.start(job, trigger="api", actor="test", stores=[store.id for store in stores])


def states(run_id: int) -> list[tuple[str, str | None]]:
    return [(row.state, row.cause) for row in rows(SyncItem, run_id=run_id)]


# Starting


@pytest.mark.parametrize(("first", "second", "busy"), [
    ("all", "all", True), ("all", "user", True), ("user", "all", True),
    ("refresh_tokens", "all", True), ("user", "user", True), ("user", "video", False),
])  # fmt: skip
def test_a_store_has_one_live_item_of_a_kind(
    first: str, second: str, busy: bool, database: str, sandbox: Any
) -> None:
    one, two = connect(sandbox, "one", "two")
    first_id = start(first, one)
    second_id = start(second, one, two)
    wanted = ("skipped", "already_running") if busy else ("queued", None)
    assert states(second_id) == [wanted, ("queued", None)]
    assert states(first_id) == [("queued", None)]
    assert finish(first_id).outcome == "success"
    assert finish(second_id).state == "done"


def test_starting_in_the_same_moment(database: str, sandbox: Any, app: Any) -> None:
    [one] = connect(sandbox, "one")
    store, together = one.id, threading.Barrier(5)

    def go() -> None:
        with app.app_context():
            together.wait()
            runs.start("all", trigger="api", actor="test", stores=[store])

    threads = [threading.Thread(target=Context().run, args=(go,)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(row.state for row in rows(SyncItem)) == ["queued", *["skipped"] * 4]
    assert sorted(row.state for row in all_runs()) == [*["done"] * 4, "queued"]


def test_two_workers_share_a_run(database: str, sandbox: Any, app: Any) -> None:
    stores = connect(sandbox, *(f"s{n}" for n in range(12)))
    run_id = start("all", *stores)

    def work_() -> None:
        with app.app_context():
            sync_batch(run_id)

    threads = [threading.Thread(target=Context().run, args=(work_,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    run = runs.find(run_id)
    assert (run.state, run.outcome) == ("done", "success")
    assert [row.fence for row in rows(SyncItem)] == [1] * 12
    assert len(sandbox.log("user/info")) == 12
    assert len(rows(VideoDaily)) == 12 * VIDEOS
    job_lines = [line for line in log_lines() if line.store_code is None]
    assert len(job_lines) == 1, "ended once though two tried"
    [total] = rows(DayTotal)
    assert (total.stores, total.tracked_videos) == (12, 12 * VIDEOS)


def test_a_run_ends_once(database: str, sandbox: Any) -> None:
    [one] = connect(sandbox, "one")
    run = sync("user", "one")
    assert runs.end_if_complete(run.id) is False
    with begin() as connection:
        assert runs.end(connection, run.id) is False
    assert runs.find(run.id).finished_at == run.finished_at
    assert len([line for line in log_lines() if line.store_code is None]) == 1
    del one


# Cancelling and trying again


def test_cancel_ends_what_waits_and_lets_work_finish(database: str, sandbox: Any) -> None:
    stores = connect(sandbox, "one", "two", "three")
    run_id = start("user", *stores)
    run = runs.begin_run(run_id)
    worker = Batch(run)
    taken = worker.claim()
    assert taken is not None
    runs.cancel(run_id, "ana@hub.test")
    assert [state for state, _ in states(run_id)] == ["running", "cancelled", "cancelled"]
    assert runs.find(run_id).state == "running"
    worker.perform(taken)
    runs.end_if_complete(run_id)
    ended = runs.find(run_id)
    assert (ended.state, ended.cancelled_by) == ("cancelled", "ana@hub.test")
    assert [state for state, _ in states(run_id)] == ["done", "cancelled", "cancelled"]
    assert len(rows(UserDaily)) == 1
    [line] = [line for line in log_lines() if line.store_code is None]
    assert line.message.endswith("cancelled by ana@hub.test")


def test_a_cancelled_run_does_not_begin_a_killed_workers_store_again(sandbox: Any) -> None:
    [one] = connect(sandbox, "one")
    run_id = start("user", one)
    taken = Batch(runs.begin_run(run_id)).claim()
    assert taken is not None
    runs.cancel(run_id, "ana@hub.test")
    lose_lease(taken)
    sweep_items()
    assert [state for state, _ in states(run_id)] == ["cancelled"]
    runs.end_if_complete(run_id)
    assert runs.find(run_id).state == "cancelled"
    assert rows(UserDaily) == []


def test_cancel_where_it_makes_no_sense(sandbox: Any) -> None:
    stores = connect(sandbox, "one")
    run_id = start("user", *stores)
    runs.cancel(run_id, "ana")
    assert runs.find(run_id).state == "cancelled"
    with pytest.raises(Invalid):
        runs.cancel(run_id, "ana")
    with pytest.raises(Invalid):
        runs.cancel(sync("user", "one").id, "ana")
    with pytest.raises(NotFound):
        runs.cancel(10_000, "ana")
    finish(run_id)
    assert runs.find(run_id).state == "cancelled", "a worker that comes late changes nothing"


def test_retry_failed_takes_the_failed_ones_only(sandbox: Any) -> None:
    stores = connect(sandbox, "fine", "broken", "worse")
    sandbox.post("/_faults", fault="html", handle="broken", endpoint="user/info")
    sandbox.post("/_faults", fault="html", handle="worse", endpoint="user/info")
    first = finish(start("user", *stores))
    assert (first.state, first.outcome) == ("done", "partial")
    again = finish(runs.retry_failed(first.id, "ana"))
    assert (again.total, again.outcome, again.trigger, again.retry_of) == (
        2, "success", "retry", first.id
    )  # fmt: skip
    assert again.job == "user"
    with pytest.raises(Invalid, match="No store failed"):
        runs.retry_failed(again.id, "ana")
    with pytest.raises(NotFound):
        runs.retry_failed(10_000, "ana")
    running = start("user", *stores)
    with pytest.raises(Invalid, match="has not ended"):
        runs.retry_failed(running, "ana")


# Leases


def lose_lease(row: Any) -> None:
    with begin() as connection:
        connection.execute(
            update(TABLE).where(TABLE.c.id == row.id).values(lease_until=epoch() - 1)
        )


def test_a_worker_that_lost_its_lease_stores_nothing(database: str, sandbox: Any) -> None:
    [one] = connect(sandbox, "one")
    run_id = start("all", one)
    worker = Batch(runs.begin_run(run_id))
    late = worker.claim()
    assert late is not None
    lose_lease(late)
    sweep_items()
    other = Batch(runs.find(run_id))
    second = other.claim()
    assert second is not None
    assert second.fence == late.fence + 1
    worker.perform(late)
    assert (rows(UserDaily), rows(VideoDaily), log_lines()) == ([], [], [])
    assert states(run_id) == [("running", None)]
    other.perform(second)
    runs.end_if_complete(run_id)
    assert runs.find(run_id).outcome == "success"
    assert len(rows(VideoDaily)) == VIDEOS
    assert len(log_lines()) == 3, "account, videos, run: the late one had renewed the access"


def test_a_killed_worker_is_made_up_for(sandbox: Any, queue: Any) -> None:
    """Its lease ends, the sweeper takes the item back and wakes a worker."""
    [one] = connect(sandbox, "one")
    run_id = start("user", one)
    lost = Batch(runs.begin_run(run_id)).claim()
    assert lost is not None
    queue.clear()
    with begin() as connection:
        connection.execute(update(SyncRun).values(woken_at=0))
    sweep_items()
    sweep_runs()
    assert (queue, states(run_id)) == ([], [("running", None)]), "its lease still holds"
    lose_lease(lost)
    sweep_items()
    assert states(run_id) == [("queued", None)]
    runs.wake(run_id)
    queue.run()
    assert runs.find(run_id).outcome == "success"


def test_poison_fails_the_item_and_counts(database: str, sandbox: Any) -> None:
    [one, two] = connect(sandbox, "one", "two")
    run_id = start("all", one, two)
    for _ in range(work.MAX_ATTEMPTS):
        worker = Batch(runs.begin_run(run_id))
        taken = worker.claim()
        assert taken is not None
        assert taken.store_id == one.id
        lose_lease(taken)
        sweep_items()
    assert states(run_id) == [("failed", "crashed"), ("queued", None)]
    run = finish(run_id)
    assert (run.state, run.outcome) == ("done", "partial")
    for part in ("user_sync", "video_sync"):
        counted = run.totals[part]
        assert (counted["successful"], counted["failed"], counted["skipped"]) == (1, 1, 0)
    crashed = [line for line in log_lines() if line.store_code == "one"]
    assert [(line.job_name, line.status, line.cause) for line in crashed] == [
        ("sync_user_daily", "FAILED", "crashed"), ("sync_video_daily", "FAILED", "crashed")
    ]  # fmt: skip


def test_the_sweeper_ends_a_run_that_nobody_ended(sandbox: Any) -> None:
    [one] = connect(sandbox, "one")
    run_id = start("user", one)
    worker = Batch(runs.begin_run(run_id))
    taken = worker.claim()
    assert taken is not None
    worker.perform(taken)
    assert runs.find(run_id).state == "running"
    sweep_runs()
    assert runs.find(run_id).state == "done"


# Stores that change meanwhile (F22)


def during(name: str, monkeypatch: pytest.MonkeyPatch, action: Any) -> None:
    """Do something between the reading of a store and the writing."""
    real = items.read_parts

    def read(*given: Any) -> None:
        real(*given)
        action()

    monkeypatch.setattr(items, "read_parts", read)


@pytest.mark.parametrize("what", ["archived", "disconnected"])
def test_a_store_that_leaves_during_its_sync(
    what: str, database: str, sandbox: Any, monkeypatch: pytest.MonkeyPatch, db: Any
) -> None:
    connect(sandbox, "one")

    def leave() -> None:
        if what == "archived":
            archive_store("one")
        else:
            disconnect("one")
        db.session.remove()

    during(what, monkeypatch, leave)
    run = sync("all", "one")
    cause = "archived" if what == "archived" else "not_connected"
    assert (item(run).state, item(run).cause, item(run).records) == ("skipped", cause, 0)
    assert all(not found for found in facts().values())
    assert account("one").status == (CONNECTED if what == "archived" else "NOT_CONNECTED")
    if what == "disconnected":
        assert account("one").encrypted_access_token is None
    assert {line.status for line in log_lines(store_code="one")} == {"SKIPPED"}


def test_an_owner_who_takes_access_away_during_a_good_sync(
    sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(sandbox, "one")
    change("one", status=ERROR, failed_nights=3, cause="timeout")

    def remove() -> None:
        with begin() as connection:
            stop_account(connection, account("one").id, "authorization_removed", None)

    during("removed", monkeypatch, remove)
    assert item(sync("user", "one")).state == "done"
    assert (account("one").status, account("one").cause) == (
        NEED_RECONNECT, "authorization_removed"
    )  # fmt: skip


def test_an_owner_who_connects_again_during_a_sync_that_fails(
    sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The failure belongs to the old access: the store is read again with the new one."""
    connect(sandbox, "one")
    sandbox.post("/_faults", fault="token_invalid", endpoint="user/info", times=2)
    again = [True]

    def reconnect() -> None:
        if again:
            again.clear()
            connect(sandbox, "one")

    during("reconnected", monkeypatch, reconnect)
    assert item(sync("user", "one")).state == "done"
    assert account("one").status == CONNECTED


# Nights that failed


def night_of(day: int, monkeypatch: pytest.MonkeyPatch) -> None:
    real = today("Asia/Jakarta")
    monkeypatch.setattr(runs, "day_number", lambda date: day_number(real) + day)


def test_three_failed_nights_are_an_error(sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(sandbox, "one")
    sandbox.post("/_faults", fault="html", endpoint="user/info", times=0)
    for night, status in ((0, CONNECTED), (1, CONNECTED), (2, ERROR)):
        night_of(night, monkeypatch)
        sync("user", "one")
        sync("user", "one")  # however often it is tried
        row = account("one")
        assert (row.status, row.failed_nights) == (status, night + 1)
    assert row.cause == "bad_response"
    sandbox.post("/_faults/reset")
    sync("user", "one")
    row = account("one")
    assert (row.status, row.failed_nights, row.cause) == (CONNECTED, 0, None)


def test_a_success_of_one_part_does_not_hide_the_other(
    sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At night accounts and videos are read by runs of their own."""
    connect(sandbox, "one")
    sandbox.post("/_faults", fault="html", endpoint="video/list", times=0)
    for night, status in ((0, CONNECTED), (1, CONNECTED), (2, ERROR)):
        night_of(night, monkeypatch)
        assert sync("user", "one").outcome == "success"
        assert sync("video", "one").outcome == "failed"
        assert (account("one").status, account("one").failed_nights) == (status, night + 1)
    sync("user", "one")
    assert account("one").status == ERROR, "its videos still fail"
    sandbox.post("/_faults/reset")
    sync("video", "one")
    assert (account("one").status, account("one").failed_nights) == (CONNECTED, 0)


def test_a_success_between_counts_from_the_start(
    sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(sandbox, "one")
    for night in range(5):
        night_of(night, monkeypatch)
        if night != 2:
            sandbox.post("/_faults", fault="html", endpoint="user/info")
        sync("user", "one")
    assert (account("one").status, account("one").failed_nights) == (CONNECTED, 2)


def test_missing_permission_is_no_failed_night(sandbox: Any) -> None:
    connect(sandbox, "one", scopes=("user.info.basic",))
    run = sync("all", "one")
    assert (item(run).state, item(run).cause) == ("skipped", "missing_scope")
    assert (account("one").failed_nights, account("one").status) == (0, CONNECTED)


def test_an_access_that_stays_refused_needs_its_owner(sandbox: Any) -> None:
    connect(sandbox, "one")
    sandbox.post("/_faults", fault="token_invalid", endpoint="user/info", times=0)
    run = sync("user", "one")
    assert (item(run).state, item(run).cause) == ("failed", "access_expired")
    assert (account("one").status, account("one").cause) == (NEED_RECONNECT, "access_expired")
    assert len(sandbox.log("user/info")) == 2
    assert len(sandbox.log("oauth/token")) == 1, "one refresh, one retry, no loop"
    assert account("one").failed_nights == 0


def test_access_that_ends_in_the_second_part_ends_the_account(sandbox: Any) -> None:
    """The account part failed for another cause: the dead access still decides."""
    connect(sandbox, "one")
    sandbox.post("/_faults", fault="html", endpoint="user/info", times=0)
    sandbox.post("/_faults", fault="token_invalid", endpoint="video/list", times=0)
    sync("all", "one")
    assert account("one").status == NEED_RECONNECT


def test_other_stores_go_on(sandbox: Any) -> None:
    connect(sandbox, "one", "two-revoked", "three")
    run = sync("all")
    assert run.outcome == "partial"
    assert [row.state for row in rows(SyncItem)] == ["done", "failed", "done"]
    assert run.totals["user_sync"] == {"total": 3, "successful": 2, "failed": 1, "skipped": 0}


def test_our_own_failure_is_tried_again_and_given_up(
    sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(sandbox, "one")
    monkeypatch.setattr(batch.time, "sleep", lambda seconds: None)

    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(items, "store_night", broken)
    run = sync("user", "one")
    assert (item(run).state, item(run).cause, item(run).attempts) == ("failed", "internal_error", 5)
    assert (run.state, run.outcome) == ("done", "failed")
    assert run.totals["user_sync"] == {"total": 1, "successful": 0, "failed": 1, "skipped": 0}
    assert rows(UserDaily) == []


def test_day_totals_are_repaired(sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(sandbox, "one")
    sync("user", "one")
    with begin() as connection:
        connection.execute(update(DayTotal).values(stores=7))
    monkeypatch.setattr(jobs, "_repaired", -1e9)
    jobs.repair_day_totals()
    assert rows(DayTotal)[0].stores == 1


def test_a_hung_queue_does_not_hold_a_start(sandbox: Any, app: Any) -> None:
    """Redis is away (nobody listens there): the row is written, the sweeper will wake."""
    del app.extensions["queue"]
    app.extensions["redis"] = connect_redis(app.extensions["settings"])
    [one] = connect(sandbox, "one")
    run_id = start("user", one)
    assert states(run_id) == [("queued", None)]
