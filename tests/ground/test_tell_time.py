"""The one clock (hub/clock.py) and the database's own (hub.db.epoch)."""

import time
from collections.abc import Generator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from hub import clock as hub_clock
from hub.clock import day_from, day_number, iso, now, today
from hub.db import begin, epoch


@pytest.fixture(autouse=True)
def unshifted() -> Generator[None]:
    """The offset belongs to the process: an app of another file may have left one."""
    hub_clock.set_offset(0)
    yield
    hub_clock.set_offset(0)


def test_the_day_is_counted_in_the_zone(clock: Any) -> None:
    clock.move_to(datetime(2026, 11, 24, 17, 30, tzinfo=UTC))
    assert today("UTC") == date(2026, 11, 24)
    assert today("Asia/Jakarta") == date(2026, 11, 25)
    assert today("America/New_York") == date(2026, 11, 24)


def test_the_offset_shifts_it(clock: Any) -> None:
    before = now()
    hub_clock.set_offset(86_400)
    assert timedelta(days=1) <= now() - before < timedelta(days=1, seconds=1)
    assert today("Asia/Jakarta") == date(2026, 11, 25)


def test_days_as_numbers() -> None:
    assert day_number(date(1970, 1, 1)) == 0
    assert day_number(date(2028, 2, 29)) == 21_243
    assert day_from(21_243) == date(2028, 2, 29)


def test_instants_in_json() -> None:
    moment = datetime(2026, 1, 24, 9, 0, 0, 1_999, tzinfo=UTC)
    assert iso(moment) == "2026-01-24T09:00:00.001Z"
    jakarta = moment.astimezone(hub_clock.ZoneInfo("Asia/Jakarta"))
    assert iso(jakarta) == "2026-01-24T09:00:00.001Z"
    assert iso(None) is None


def test_the_database_has_its_own(database: str, app: Any) -> None:
    hub_clock.set_offset(86_400)
    with begin() as connection:
        first = connection.execute(select(epoch())).scalar_one()
        assert abs(first - time.time()) < 2
        time.sleep(0.01)
        assert connection.execute(select(epoch())).scalar_one() > first, "also inside a transaction"
