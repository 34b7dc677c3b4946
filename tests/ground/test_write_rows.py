"""Upserts, read-only transactions and instants on both databases (hub/db.py)."""

import threading
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import insert, select

from hub.bulk import upsert
from hub.db import begin, db, reading, table_of
from hub.schedule import ScheduleSlot
from hub.sync.models import DayTotal, VideoDaily

pytestmark = pytest.mark.usefixtures("database", "app")
facts, slots = table_of(VideoDaily), table_of(ScheduleSlot)
KEY = ("store_id", "day", "video_id")


def fact(video: int, views: int | None, likes: int | None = 1) -> dict[str, Any]:
    return {"store_id": 1, "day": 2, "video_id": video, "view_count": views, "like_count": likes}


def stored() -> dict[int, tuple[int | None, int | None]]:
    with begin() as connection:
        found = connection.execute(select(facts))
        return {row.video_id: (row.view_count, row.like_count) for row in found}


@pytest.mark.parametrize("many", [1, 3])
def test_an_upsert_inserts_then_updates(many: int) -> None:
    with begin() as connection:
        upsert(connection, facts, [fact(n, 10 + n) for n in range(many)], key=KEY)
        upsert(connection, facts, [fact(n, None, 5) for n in range(many)], key=KEY)
    assert stored() == dict.fromkeys(range(many), (None, 5))


@pytest.mark.parametrize("many", [1, 3])
def test_an_upsert_updates_only_what_it_is_told(many: int) -> None:
    with begin() as connection:
        upsert(connection, facts, [fact(n, 1, 1) for n in range(many)], key=KEY)
        rows = [fact(n, 2, 2) for n in range(many + 1)]
        upsert(connection, facts, rows, key=KEY, update=("view_count",))
        upsert(connection, facts, [fact(n, 9, 9) for n in range(many)], key=KEY, update=())
        upsert(connection, facts, [], key=KEY)
    assert stored() == {**dict.fromkeys(range(many), (2, 1)), many: (2, 2)}


def test_an_upsert_of_instants_and_truth_values() -> None:
    """Types that need converting take the slower way: it must be the same on both."""
    at = datetime(2026, 11, 24, 3, 0, 0, 123456, tzinfo=UTC)
    rows = [{"day": n, "stores": n, "complete": True, "updated_at": at} for n in range(2)]
    totals = table_of(DayTotal)
    with begin() as connection:
        upsert(connection, totals, rows, key=("day",))
        upsert(connection, totals, [row | {"complete": False} for row in rows], key=("day",))
        found = connection.execute(select(totals).order_by(totals.c.day)).all()
    assert [(row.complete, row.updated_at, row.followers) for row in found] == [
        (False, at, None)
    ] * 2


def test_an_instant_comes_back_in_utc() -> None:
    moment = datetime(2026, 11, 24, 10, tzinfo=timezone(timedelta(hours=7)))
    with begin() as connection:
        connection.execute(insert(slots).values(job="j", slot=moment, state="fired", at=moment))
        back = connection.execute(select(slots.c.slot)).scalar_one()
    assert back == moment
    assert back.utcoffset() == timedelta(0)


def test_a_failed_transaction_leaves_nothing() -> None:
    with pytest.raises(ZeroDivisionError), begin() as connection:  # noqa: PT012
        upsert(connection, facts, [fact(1, 1)], key=KEY)
        raise ZeroDivisionError
    assert stored() == {}


def test_readers_do_not_wait_for_a_writer(app: Any) -> None:
    with begin() as connection:
        upsert(connection, facts, [fact(1, 1)], key=KEY)
        seen: list[Any] = []

        def read() -> None:
            with app.app_context(), reading(), db.engine.connect() as other:
                seen.extend(other.execute(select(facts)).all())
                seen.append("read")

        thread = threading.Thread(target=read)
        thread.start()
        thread.join(3)
        assert seen == ["read"]
