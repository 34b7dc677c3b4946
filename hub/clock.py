"""The one clock. Everything that asks for the time asks here.

`HUB_CLOCK_OFFSET` shifts it (rehearsals of tomorrow); leases do not use it: they live on the
database's own time (`hub.db.epoch`), so a shifted or jumping clock never frees or holds work.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_offset = timedelta()


def set_offset(seconds: float) -> None:
    """Shift the clock by `seconds` from now on; called once by `create_app`."""
    global _offset
    _offset = timedelta(seconds=seconds)


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC) + _offset


def today(zone: str) -> date:
    """The calendar day in `zone` (an IANA name); snapshot days are counted in `TZ`."""
    return now().astimezone(ZoneInfo(zone)).date()


def iso(moment: datetime | None) -> str | None:
    """ISO 8601 with milliseconds and Z, the form of the Hub family ("2026-01-24T09:00:00.000Z")."""
    if moment is None:
        return None
    return (
        moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
    )


EPOCH = date(1970, 1, 1)


def day_number(day: date) -> int:
    """Days since 1970-01-01: the integer form of a snapshot day in the narrow tables."""
    return (day - EPOCH).days


def day_from(number: int) -> date:
    """The calendar day of a `day_number`."""
    return EPOCH + timedelta(days=number)
