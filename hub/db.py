"""The database: one set of models for SQLite and PostgreSQL, and the rules of its sessions.

Writers begin IMMEDIATE on SQLite, so a read that later writes is never refused for a stale
snapshot; `reading()` marks work that only reads (deferred). Bulk writes are one Core
`upsert` statement with a list of rows.
"""

import sqlite3
import uuid
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, cast

from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    JSON,
    CheckConstraint,
    DateTime,
    Engine,
    Float,
    MetaData,
    String,
    Table,
    event,
    inspect,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from hub.config import Settings

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

BUSY_MILLISECONDS = 5000


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)


db = SQLAlchemy(model_class=Base)
migrations = Migrate()

# Views by name: SQL for people. Outside the metadata; `migrate` drops and makes them.
VIEWS: dict[str, Mapping[str, str]] = {}


def view(name: str, *, sqlite: str, postgresql: str) -> None:
    """Register a view with its text in both dialects."""
    VIEWS[name] = {"sqlite": sqlite, "postgresql": postgresql}


class UTCDateTime(TypeDecorator[datetime]):
    """An aware instant, stored in UTC on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def table_of(model: type[Base]) -> Table:
    """The Core table of a model: bulk statements speak to it, never to the ORM."""
    return cast(Table, model.__table__)


Json = JSON().with_variant(JSONB(), "postgresql")


def one_of(column: str, words: Iterable[str]) -> CheckConstraint:
    """A CHECK instead of a native enum, named after its column."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def new_id() -> str:
    return str(uuid.uuid4())


def id_type() -> String:
    """A UUID as text: the same form in both databases, URLs and JSON."""
    return String(36)


class epoch(FunctionElement[float]):
    """The database's own time in seconds since 1970; what leases live on."""

    type = Float()
    inherit_cache = True


@compiles(epoch, "sqlite")
def epoch_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(epoch, "postgresql")
def epoch_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    return "extract(epoch from clock_timestamp())"


_only_reads: ContextVar[bool] = ContextVar("only_reads", default=False)


@contextmanager
def reading() -> Generator[None]:
    """Transactions begun inside only read: DEFERRED on SQLite, so they never wait for a writer."""
    token = _only_reads.set(True)
    try:
        yield
    finally:
        _only_reads.reset(token)


def set_reading(only_reads: bool) -> None:
    """The same for one request; `create_app` calls it before each."""
    _only_reads.set(only_reads)


def engine_options(settings: Settings, processes: int = 1) -> dict[str, Any]:
    """Options of the engine; `DB_POOL_SIZE` counts for the whole service."""
    share = max(2, settings.db_pool_size // max(1, processes))
    options: dict[str, Any] = {"echo": settings.db_logging, "pool_timeout": 5}
    if settings.sqlite:
        # As many connections as threads ask for: a file has no server that could run out.
        connect: dict[str, Any] = {"timeout": BUSY_MILLISECONDS / 1000, "check_same_thread": False}
        return options | {"connect_args": connect, "pool_size": share, "max_overflow": 50}
    connect = {
        "connect_timeout": 5,
        "application_name": "hub",
        "options": "-c timezone=utc -c lock_timeout=5s -c statement_timeout=60s"
        " -c idle_in_transaction_session_timeout=120s",
    }
    return options | {
        "connect_args": connect,
        "pool_size": share,
        "max_overflow": 10,
        "pool_pre_ping": True,
        "pool_recycle": 1800,
    }


def prepare_engine(engine: Engine) -> None:
    """SQLite's pragmas and the BEGIN of each transaction (WAL, 5 s of patience, foreign keys)."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.execute("PRAGMA cache_size=-16000")
        cursor.execute("PRAGMA wal_autocheckpoint=4000")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        raw = connection.connection.driver_connection
        assert raw is not None
        try:
            raw.execute("BEGIN" if _only_reads.get() else "BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:  # told as SQLAlchemy tells all others
            raise OperationalError("BEGIN", None, error) from error


def init_db(app: Flask, settings: Settings) -> None:
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    processes = settings.workers + settings.web_processes + 1
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(settings, processes)
    if settings.sqlite:
        settings.hub_data_dir.mkdir(parents=True, exist_ok=True)
    db.init_app(app)
    migrations.init_app(app, db, directory=app.root_path + "/../migrations", render_as_batch=True)
    with app.app_context():
        prepare_engine(db.engine)


def begin() -> Any:
    """A write transaction on a connection of its own: `with begin() as connection`.

    SQLite has one writer: what this request's session holds so far is committed first.
    """
    if db.session.registry.has() and db.session().in_transaction():
        db.session.commit()
    return db.engine.begin()


def serialise(connection: Connection, name: str) -> None:
    """Let one transaction at a time past this point, until it ends (SQLite: as ever)."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": name})


class ForeignTables(Exception):
    """The database already holds tables of our names that are not ours."""


def refuse_foreign_tables() -> None:
    """Stop before a migration would touch another program's tables of the same names."""
    inspector = inspect(db.engine)
    there = set(inspector.get_table_names())
    if "alembic_version" in there:
        return
    clash = sorted(there & set(Base.metadata.tables))
    if clash:
        raise ForeignTables(
            f"this database already holds tables that Hub did not make: {', '.join(clash)}. "
            "Give Hub a database of its own (DATABASE_URL), or rename those tables first."
        )


def make_views(connection: Connection) -> None:
    for name, forms in VIEWS.items():
        connection.execute(text(f"CREATE VIEW {name} AS {forms[connection.dialect.name]}"))


def drop_views(connection: Connection) -> None:
    for name in VIEWS:
        connection.execute(text(f"DROP VIEW IF EXISTS {name}"))


AWAY = ("locked", "busy", "disk is full", "disk i/o", "unable to open", "readonly")


def is_away(error: OperationalError) -> bool:
    """Whether the database is locked, away or full (503), rather than asked something wrong."""
    if error.connection_invalidated or db.engine.dialect.name == "postgresql":
        return True
    return any(word in str(error.orig).lower() for word in AWAY)


def migrate() -> None:
    """Upgrade to the newest schema; refuses foreign tables, makes the views anew."""
    import flask_migrate

    refuse_foreign_tables()
    flask_migrate.upgrade(directory=migrations.directory)
