"""How a migration runs: one transaction, views dropped first and made again last.

SQLite rebuilds a table to change it, and dropping the old one would delete rows that refer to
it: foreign keys are off before BEGIN and checked at the end (DESIGN §2).
"""

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection, text

from hub.db import Base, UTCDateTime, db, drop_views, make_views


def render_item(kind: str, thing: Any, autogen: Any) -> str | bool:
    if kind == "type" and isinstance(thing, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        render_item=render_item,
        compare_type=True,
    )
    with context.begin_transaction():
        drop_views(connection)
        context.run_migrations()
        make_views(connection)
        if connection.dialect.name == "sqlite":
            broken = connection.execute(text("PRAGMA foreign_key_check")).all()
            if broken:
                raise RuntimeError(f"the migration would break {len(broken)} references")


def main() -> None:
    with current_app.app_context():
        engine = db.engine
        sqlite = engine.dialect.name == "sqlite"
        with engine.connect() as connection:
            if sqlite:
                connection.connection.execute("PRAGMA foreign_keys=OFF")
            else:
                connection.execute(text("SELECT pg_advisory_lock(48751)"))
            try:
                run(connection)
            except BaseException:
                connection.rollback()  # else the unlock below would hide what went wrong
                raise
            finally:
                if sqlite:
                    connection.connection.execute("PRAGMA foreign_keys=ON")
                else:
                    connection.execute(text("SELECT pg_advisory_unlock(48751)"))
                connection.commit()


main()
