"""Claimable work: rows that a worker takes by compare-and-set, holds by a lease and ends once.

`lease_until` is the database's own time (`hub.db.epoch`). Each claim raises `fence`; every later
write says `WHERE fence = :mine`, so a worker that lost its lease cannot write. Terminal states
never change. See docs/decisions/0003-database-is-the-truth.md.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Float,
    Integer,
    String,
    Table,
    Update,
    and_,
    bindparam,
    or_,
    select,
    update,
)
from sqlalchemy.engine import Connection, Row
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Mapped, mapped_column

from hub.bulk import change
from hub.db import epoch, is_away
from hub.log import logger

Result = TypeVar("Result")

QUEUED, RUNNING = "queued", "running"
DONE, FAILED, SKIPPED, CANCELLED = "done", "failed", "skipped", "cancelled"
LIVE = (QUEUED, RUNNING)
TERMINAL = (DONE, FAILED, SKIPPED, CANCELLED)
STATES = (*LIVE, *TERMINAL)

FREE: dict[str, Any] = {"lease_until": None, "owner": None}
MAX_ATTEMPTS = 5  # a row that kills its worker so often is poison
INSIST_SECONDS, INSIST_PAUSE = 60.0, 0.25


class Claimable:
    """Mixin of a work row. The table also has an index that begins with `state`."""

    state: Mapped[str] = mapped_column(String(20), default=QUEUED, nullable=False)
    lease_until: Mapped[float | None] = mapped_column(Float)
    owner: Mapped[str | None] = mapped_column(String(64))
    fence: Mapped[int] = mapped_column(Integer, default=0, nullable=False)
    attempts: Mapped[int] = mapped_column(Integer, default=0, nullable=False)


class LeaseLost(Exception):
    """Somebody else has the row by now: nothing of this attempt may be written."""


def claiming(
    table: Table,
    *,
    where: ColumnElement[bool],
    order: Iterable[Any] = (),
    limit: int = 1,
    values: Mapping[str, Any] | None = None,
) -> Update:
    """The statement that takes up to `limit` queued rows; made once, executed for each claim.

    Two workers never get the same row: SQLite serialises writers, PostgreSQL skips locked rows.
    """
    free = (  # a CTE: PostgreSQL may run a plain subquery again for each row, past its limit
        select(table.c.id)
        .where(table.c.state == QUEUED, where)
        .order_by(*order)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("free")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    return (
        update(table)
        .where(table.c.id.in_(select(free.c.id)), table.c.state == QUEUED)
        .values(
            state=RUNNING,
            owner=bindparam("claimer"),
            lease_until=epoch() + bindparam("lease", type_=Float()),
            fence=table.c.fence + 1,
            attempts=table.c.attempts + 1,
            **(values or {}),
        )
        .returning(*table.c)
    )


def claim(
    connection: Connection, statement: Update, owner: str, lease: float, **values: Any
) -> list[Row[Any]]:
    """Execute a `claiming` statement; each row comes back whole with its new fence."""
    return list(connection.execute(statement, {"claimer": owner, "lease": lease, **values}).all())


def heartbeat(connection: Connection, table: Table, owner: str, lease: float) -> int:
    """Prolong every lease this owner still holds; the number of them."""
    held = and_(table.c.owner == owner, table.c.state == RUNNING)
    return connection.execute(
        update(table).where(held).values(lease_until=epoch() + lease)
    ).rowcount


def finish(
    connection: Connection, table: Table, row_id: Any, fence: int, state: str, **values: Any
) -> None:
    """End a row, or hand it back (`state` queued). Raises `LeaseLost` when it is not ours any more.

    To be called first in the transaction that stores the result.
    """
    mine = {"id": row_id, "fence": fence, "state": RUNNING}
    if change(connection, table, mine, {"state": state, **FREE, **values}) != 1:
        raise LeaseLost(f"{table.name} {row_id}")


def release(connection: Connection, table: Table, owner: str) -> int:
    """Hand back all that this owner holds (a shutdown): not counted as an attempt."""
    held = and_(table.c.owner == owner, table.c.state == RUNNING)
    back = update(table).where(held)
    return connection.execute(
        back.values(state=QUEUED, lease_until=None, owner=None, attempts=table.c.attempts - 1)
    ).rowcount


def sweep(connection: Connection, table: Table) -> tuple[int, list[Row[Any]]]:
    """Take back expired leases: (how many went back to the queue, rows given up as poison)."""
    expired = and_(
        table.c.state == RUNNING,
        or_(table.c.lease_until.is_(None), table.c.lease_until < epoch()),
    )
    poison = connection.execute(
        update(table)
        .where(expired, table.c.attempts >= MAX_ATTEMPTS)
        .values(state=FAILED, **FREE)
        .returning(*table.c)
    ).all()
    back = connection.execute(update(table).where(expired).values(state=QUEUED, **FREE))
    return back.rowcount, list(poison)


def insist(transaction: Callable[[], Result], stopped: Callable[[], bool]) -> Result:
    """Do a whole transaction again while the database is locked, away or full (F7, F9).

    What was fetched is too dear to be fetched again for that; whether it comes too late is for
    the transaction's own fence to say. Raises the last error after a minute or a stop.
    """
    deadline = time.monotonic() + INSIST_SECONDS
    while True:
        try:
            return transaction()
        except OperationalError as error:
            if not is_away(error) or stopped() or time.monotonic() > deadline:
                raise
            logger.warning("the database is away, it is tried again", extra={"error": str(error)})
        time.sleep(INSIST_PAUSE)
