"""The cron table, the elected scheduler that fires it, and the sweeper.

Any number of scheduler processes may run: one leads by a lease row. A slot is its planned
instant; (job, slot) is unique, so it fires once whoever fires it. Of several missed slots the
newest runs late, if at most a day old; the others are logged as skipped.
"""

import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from croniter import croniter
from flask import Flask
from sqlalchemy import Float, Integer, String, UniqueConstraint, func, insert, or_, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from hub import db as database
from hub.access import settings
from hub.clock import now
from hub.config import Settings
from hub.db import Base, UTCDateTime, epoch, one_of
from hub.log import logger

CATCH_UP = timedelta(hours=24)
SKIPPED_AT_MOST = 400  # older missed slots than these are not listed one by one
LEADER = "scheduler"
LEADER_LEASE = 10.0


class Lease(Base):
    """A named lease: who holds it until when (database time)."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    owner: Mapped[str] = mapped_column(String(80), default="")
    lease_until: Mapped[float] = mapped_column(Float, default=0)
    fence: Mapped[int] = mapped_column(Integer, default=0)


class ScheduleSlot(Base):
    """A planned instant of a job and what became of it."""

    __tablename__ = "schedule_slots"
    __table_args__ = (
        UniqueConstraint("job", "slot"),
        one_of("state", ("installed", "fired", "skipped")),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    job: Mapped[str] = mapped_column(String(80))
    slot: Mapped[datetime] = mapped_column(UTCDateTime)
    state: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)


@dataclass(frozen=True)
class Entry:
    """A line of the cron table: `fire` starts the work inside the transaction that takes the slot
    and returns what to do after its commit; `skip` leaves a trace of a slot that was missed."""

    name: str
    cron: Callable[[Settings], str]
    fire: Callable[[Connection, datetime], Callable[[], None]]
    skip: Callable[[Connection, datetime], None]


# Filled by `create_app` (the only place that knows all rooms).
TABLE: list[Entry] = []
SWEEPERS: list[Callable[[], None]] = []


def next_slot(cron: str, after: datetime, zone: str) -> datetime:
    """The first planned instant after `after`, in UTC."""
    planned = croniter(cron, after.astimezone(ZoneInfo(zone)), max_years_between_matches=50)
    moment: datetime = planned.get_next(datetime)
    while is_repeated(cron, moment, zone):
        moment = planned.get_next(datetime)
    return moment.astimezone(UTC)


def last_slot(cron: str, until: datetime, zone: str) -> datetime:
    """The newest planned instant at or before `until`, in UTC."""
    local = (until + timedelta(microseconds=1)).astimezone(ZoneInfo(zone))
    planned = croniter(cron, local, max_years_between_matches=50)
    moment: datetime = planned.get_prev(datetime)
    while is_repeated(cron, moment, zone):
        moment = planned.get_prev(datetime)
    return moment.astimezone(UTC)


def is_repeated(cron: str, moment: datetime, zone: str) -> bool:
    """Whether a job of fixed hours met the hour that the clocks repeat in autumn a second time."""
    second = moment.astimezone(UTC).astimezone(ZoneInfo(zone)).fold == 1
    return second and "*" not in cron.split()[1]


def missed_slots(cron: str, after: datetime, until: datetime, zone: str) -> list[datetime]:
    """Planned instants in (after, until], newest first, at most SKIPPED_AT_MOST."""
    found: list[datetime] = []
    moment = last_slot(cron, until, zone)
    while moment > after and len(found) < SKIPPED_AT_MOST:
        found.append(moment)
        moment = last_slot(cron, moment - timedelta(seconds=1), zone)
    return found


def lead(owner: str) -> bool:
    """Take or prolong the leadership; True while it is ours.

    A leader of this machine whose process is gone is not waited for.
    """
    with database.begin() as connection:
        there = connection.execute(select(Lease.owner).where(Lease.name == LEADER)).scalar()
        if there is None:
            made = {"name": LEADER, "owner": owner, "lease_until": epoch() + LEADER_LEASE}
            connection.execute(insert(Lease).values(fence=1, **made))
            return True
        free = [Lease.owner == owner, Lease.lease_until < epoch()]
        if is_gone(there):
            free.append(Lease.owner == there)
        mine = connection.execute(
            update(Lease)
            .where(Lease.name == LEADER, or_(*free))
            .values(owner=owner, lease_until=epoch() + LEADER_LEASE, fence=Lease.fence + 1)
        )
    return bool(mine.rowcount)


def is_gone(owner: str) -> bool:
    """Whether `host:pid` is a process of this machine that has ended."""
    host, _, pid = owner.rpartition(":")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def step_down(owner: str) -> None:
    """Hand the leadership back at an orderly end, so that the next one need not wait."""
    with database.begin() as connection:
        connection.execute(
            update(Lease)
            .where(Lease.name == LEADER, Lease.owner == owner)
            .values(owner="", lease_until=0.0)
        )


def fire_due(entry: Entry) -> None:
    """Fire the newest slot that has passed, once; older missed ones are logged as skipped."""
    config = settings()
    cron, present = entry.cron(config), now()
    try:
        with database.begin() as connection:
            handled = connection.execute(
                select(func.max(ScheduleSlot.slot)).where(ScheduleSlot.job == entry.name)
            ).scalar()
            if handled is None:  # nothing before the installation counts as missed
                take_slot(connection, entry.name, present, "installed")
                return
            missed = missed_slots(cron, handled, present, config.tz)
            if not missed:
                return
            after = handle_missed(connection, entry, missed, present)
    except IntegrityError:
        return  # another scheduler took the slot in the same moment
    after()


def handle_missed(
    connection: Connection, entry: Entry, missed: list[datetime], present: datetime
) -> Callable[[], None]:
    newest, *older = missed
    for slot in reversed(older):
        take_slot(connection, entry.name, slot, "skipped")
        entry.skip(connection, slot)
    if present - newest > CATCH_UP:
        take_slot(connection, entry.name, newest, "skipped")
        entry.skip(connection, newest)
        return lambda: None
    take_slot(connection, entry.name, newest, "fired")
    return entry.fire(connection, newest)


def take_slot(connection: Connection, job: str, slot: datetime, state: str) -> None:
    connection.execute(insert(ScheduleSlot).values(job=job, slot=slot, state=state, at=now()))


def sweep() -> None:
    """Each sweeper on its own: one that fails does not hold up the others."""
    for sweeper in SWEEPERS:
        try:
            sweeper()
        except SQLAlchemyError:
            logger.exception("sweeper failed, it tries again", extra={"sweeper": sweeper.__name__})


def tick(owner: str) -> bool:
    """One round: lead, fire what is due, sweep. True when this process leads."""
    if not lead(owner):
        return False
    if settings().cron_enabled:
        for entry in TABLE:
            fire_due(entry)
    sweep()
    return True


def run_scheduler(app: Flask, stopped: Callable[[], bool]) -> None:
    """The scheduler process: a round each `SWEEP_SECONDS` until `stopped()`."""
    owner = f"{socket.gethostname()}:{os.getpid()}"
    with app.app_context():
        pause = min(settings().sweep_seconds, LEADER_LEASE / 3)
        while not stopped():
            try:
                tick(owner)
            except SQLAlchemyError:
                logger.exception("the scheduler could not use the database, it tries again")
            wait_until = time.monotonic() + pause
            while not stopped() and time.monotonic() < wait_until:
                time.sleep(0.1)
        try:
            step_down(owner)
        except SQLAlchemyError:
            logger.warning("the leadership ends by its lease")
