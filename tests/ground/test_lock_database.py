"""SQLite has one writer: who waits longer than its patience is told so (F9)."""

import threading
import time
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import OperationalError

from hub import db as database_module
from hub.db import begin, db, is_away, reading
from hub.schedule import ScheduleSlot
from tests.people import add_store


@pytest.fixture
def _impatient(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """50 ms instead of 5 s, for connections made from now on."""
    monkeypatch.setattr(database_module, "BUSY_MILLISECONDS", 50)
    db.engine.dispose()


def hold(app: Any, held: threading.Event, over: threading.Event) -> None:
    with app.app_context(), begin() as connection:
        connection.execute(insert(ScheduleSlot).values(job="j", slot=database_module.datetime.now(
            database_module.UTC), state="fired"))  # fmt: skip
        held.set()
        over.wait(10)


@pytest.fixture
def _locked(app: Any, _impatient: None) -> Any:
    held, over = threading.Event(), threading.Event()
    thread = threading.Thread(target=hold, args=(app, held, over))
    thread.start()
    held.wait(5)
    yield
    over.set()
    thread.join()


@pytest.mark.usefixtures("_locked")
def test_a_writer_gives_up_with_an_error_that_is_understood() -> None:
    start = time.monotonic()
    with pytest.raises(OperationalError) as failed, begin():
        pass
    assert is_away(failed.value)
    assert time.monotonic() - start < 2


@pytest.mark.usefixtures("_locked")
def test_a_reader_goes_on() -> None:
    with reading(), db.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM stores").scalar() == 0


@pytest.mark.usefixtures("_locked")
def test_a_request_is_503_and_a_read_goes_on(api: Any) -> None:
    answer = api().post("/admin/sync/run", json={})
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "INTERNAL_ERROR")
    assert int(answer.headers["Retry-After"]) > 0
    assert api().get("/admin/sync/runs").status_code == 200


def test_without_a_lock_it_starts(api: Any, queue: Any, db: Any) -> None:
    add_store("one")
    db.session.commit()
    answer = api().post("/admin/sync/run", json={}, headers={"Prefer": "respond-async"})
    assert answer.status_code == 202
