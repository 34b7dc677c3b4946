"""Sealed texts in the database, of every room: whose key is missing, and sealing them anew."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from flask import current_app
from sqlalchemy import Connection, Table, func, inspect, or_, select, update

from hub.crypto import KeyRing, SealBroken
from hub.db import Base, begin, db, reading
from hub.oauth import TokenHolder

SEALED = ("encrypted_access_token", "encrypted_refresh_token")
FIRST, LENGTH = 4, 8  # where the key's id stands in `v1.<key id>.…`
BATCH = 200  # rows of one transaction: a stop in between loses nothing


class Resealed(NamedTuple):
    """How many texts were sealed anew, and how many could not be opened."""

    done: int
    failed: int


def keys() -> KeyRing:
    ring: KeyRing = current_app.extensions["keys"]
    return ring


def holders(connection: Connection) -> Iterator[Table]:
    """Tables whose rows hold sealed tokens, as far as they exist already."""
    for mapper in Base.registry.mappers:
        if not issubclass(mapper.class_, TokenHolder):
            continue
        table = mapper.local_table
        if isinstance(table, Table) and inspect(connection).has_table(table.name):
            yield table


def missing_keys(connection: Connection) -> list[str]:
    """Ids of keys that sealed stored tokens and are not in the ring: nobody can open those."""
    used: set[str] = set()
    for table in holders(connection):
        for name in SEALED:
            part = func.substr(table.c[name], FIRST, LENGTH)
            used |= set(connection.scalars(select(part).where(table.c[name] != "").distinct()))
    return sorted(used - set(keys().keys))


def reseal_all() -> Resealed:
    """Seal everything with the active key. May be stopped and started again at any time."""
    done = failed = 0
    with reading(), db.engine.connect() as connection:
        tables = list(holders(connection))
    for table in tables:
        last = None
        while rows := read_batch(table, last):
            last = rows[-1]
            one = reseal_rows(table, rows)
            done, failed = done + one.done, failed + one.failed
    return Resealed(done, failed)


def read_batch(table: Table, last: Any) -> list[Any]:
    """Ids of the next rows after `last` that another key sealed."""
    old = [
        (table.c[name] != "") & (func.substr(table.c[name], FIRST, LENGTH) != keys().active)
        for name in SEALED
    ]
    wanted = select(table.c.id).where(or_(*old)).order_by(table.c.id).limit(BATCH)
    with reading(), db.engine.connect() as connection:
        if last is not None:
            wanted = wanted.where(table.c.id > last)
        return list(connection.scalars(wanted))


def reseal_rows(table: Table, ids: list[Any]) -> Resealed:
    """One transaction. A pair that was refreshed meanwhile is sealed with the active key anyway."""
    done = failed = 0
    with begin() as connection:
        columns = [table.c.id, *(table.c[name] for name in SEALED)]
        rows = connection.execute(select(*columns).where(table.c.id.in_(ids)).with_for_update())
        for row in rows.mappings().all():
            try:
                new = {name: reseal(table, row["id"], name, row[name]) for name in SEALED}
            except SealBroken:
                failed += 1
                continue
            connection.execute(update(table).where(table.c.id == row["id"]).values(**new))
            done += 1
    return Resealed(done, failed)


def reseal(table: Table, row: object, column: str, sealed: str | None) -> str | None:
    if not sealed or sealed.split(".")[1:2] == [keys().active]:
        return sealed
    plain = keys().open(sealed, table=table.name, row=row, column=column)
    return keys().seal(plain, table=table.name, row=row, column=column)
