"""Statements that are made once and run often: a store's night, bulk upserts, plain changes."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import Table, bindparam, update
from sqlalchemy import exc as errors
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect

# The text, what puts a row's values in order (None: by name), converters and constants by name.
Form = tuple[str, Callable[[Mapping[str, Any]], Any] | None, dict[str, Any], dict[str, Any]]


def in_order(names: Sequence[str]) -> Callable[[Mapping[str, Any]], Any] | None:
    """What makes a tuple of a row's values, or None where the driver takes names."""
    if not names:
        return None
    if len(names) == 1:
        return lambda row: (row[names[0]],)
    return itemgetter(*names)


def told_as_sqlalchemy(statement: str, error: sqlite3.Error) -> errors.DBAPIError:
    """The driver's error as SQLAlchemy's of the same name, which is what everybody catches."""
    kind = getattr(errors, type(error).__name__, errors.DBAPIError)
    return cast(errors.DBAPIError, kind(statement, None, error))


class Prepared:
    """A Core statement compiled once and handed to the driver as it is.

    Compiling, caching and parameter handling of Core cost more than a small statement itself;
    a store's night is made of small ones. Values are converted where their type asks for it.
    No `expanding` parameters. Results come as the driver gives them.
    """

    def __init__(self, statement: Any, names: Sequence[str] = ()) -> None:
        self.statement = statement
        self.names = list(names) or None
        self.compiled: dict[str, Form] = {}

    def form(self, dialect: Dialect) -> Form:
        """The text, what puts parameters in order, converters by name, constants by name."""
        if dialect.name not in self.compiled:
            compiled = self.statement.compile(dialect=dialect, column_keys=self.names)
            converters = {
                name: convert
                for name, bound in compiled.binds.items()
                if (convert := bound.type.dialect_impl(dialect).bind_processor(dialect))
            }
            constants = {
                name: value for name, value in compiled.params.items() if value is not None
            }
            order = in_order(compiled.positiontup or ())
            self.compiled[dialect.name] = str(compiled), order, converters, constants
        return self.compiled[dialect.name]

    def run(self, connection: Connection, *rows: Mapping[str, Any]) -> int:
        """Execute with the parameters of each of `rows`; how many rows it touched."""
        text_, values = self.bound(connection.dialect, rows)
        if connection.dialect.name != "sqlite" or connection.engine.echo:
            given = values[0] if len(values) == 1 else values
            return connection.exec_driver_sql(text_, given).rowcount
        cursor = connection.connection.cursor()
        try:  # SQLite has no round trip: half of a small write would be its wrapping
            if len(values) == 1:
                cursor.execute(text_, values[0])
            else:
                cursor.executemany(text_, values)
            return int(cursor.rowcount)
        except sqlite3.Error as error:
            raise told_as_sqlalchemy(text_, error) from error
        finally:
            cursor.close()

    def rows(self, connection: Connection, **parameters: Any) -> list[tuple[Any, ...]]:
        """What a SELECT gives, read by the driver's own cursor."""
        text_, values = self.bound(connection.dialect, (parameters,))
        if connection.engine.echo:  # DB_LOGGING
            return [tuple(row) for row in connection.exec_driver_sql(text_, values[0])]
        cursor = connection.connection.cursor()
        try:
            cursor.execute(text_, values[0])
            return cast(list[tuple[Any, ...]], cursor.fetchall())
        except Exception:  # asked again the long way, for its errors are those of SQLAlchemy
            return [tuple(row) for row in connection.exec_driver_sql(text_, values[0])]
        finally:
            cursor.close()

    def bound(self, dialect: Dialect, rows: Sequence[Mapping[str, Any]]) -> tuple[str, list[Any]]:
        """The statement's text and its parameters in the driver's form."""
        text_, order, converters, constants = self.form(dialect)
        values: list[Any] = [{**constants, **row} for row in rows] if constants else list(rows)
        if converters:
            values = [
                {**row, **{name: convert(row[name]) for name, convert in converters.items()}}
                for row in values
            ]
        if order:
            values = [order(row) for row in values]
        return text_, values


@lru_cache(maxsize=256)
def _upsert(
    dialect: str,
    table: Table,
    names: tuple[str, ...],
    key: tuple[str, ...],
    update: tuple[str, ...],
) -> Prepared:
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    statement = insert(table)
    if not update:
        return Prepared(statement.on_conflict_do_nothing(index_elements=list(key)), names)
    changed = {name: statement.excluded[name] for name in update}
    return Prepared(statement.on_conflict_do_update(index_elements=list(key), set_=changed), names)


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    key: Sequence[str],
    update: Sequence[str] | None = None,
) -> None:
    """Insert `rows` or, where `key` is already there, set `update` (default: all other columns).

    One statement, a list of rows with the same names; an empty `update` leaves rows alone that
    are there. Python-side defaults of columns that are not named do not apply.
    """
    if not rows:
        return
    names = tuple(rows[0])
    if update is None:
        update = [name for name in names if name not in key]
    _upsert(connection.dialect.name, table, names, tuple(key), tuple(update)).run(connection, *rows)


@lru_cache(maxsize=256)
def _change(table: Table, where: tuple[str, ...], names: tuple[str, ...]) -> Prepared:
    found = [
        table.c[name] == bindparam(f"where_{name}", type_=table.c[name].type) for name in where
    ]
    values = {name: bindparam(f"set_{name}", type_=table.c[name].type) for name in names}
    return Prepared(update(table).where(*found).values(values))


def change(
    connection: Connection, table: Table, where: Mapping[str, Any], values: Mapping[str, Any]
) -> int:
    """UPDATE the rows whose columns equal `where`; how many there were."""
    given = {f"where_{name}": value for name, value in where.items()}
    given |= {f"set_{name}": value for name, value in values.items()}
    return _change(table, tuple(where), tuple(values)).run(connection, given)
