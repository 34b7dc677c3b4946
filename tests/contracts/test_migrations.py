"""The migrations are one line, end at the models, and lose no row of a filled database."""

import re
import shutil
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, select, text

from hub.db import Base, db, make_views
from tests.installation import make_app
from tests.servers import ROOT, Postgres
from tests.stores.world import add_connected, add_days

FOLDER = ROOT / "migrations"
REBUILD = '''
"""rebuild the tables that others refer to"""
import sqlalchemy as sa
from alembic import op
revision = "zzzz"
down_revision = "{head}"
def upgrade():
    sqlite = op.get_bind().dialect.name == "sqlite"  # PostgreSQL alters in place
    for table in ("stores", "users", "videos"):
        with op.batch_alter_table(table, recreate="always" if sqlite else "never") as batch:
            batch.add_column(sa.Column("added", sa.Integer()))
def downgrade():
    pass
'''
PG = {
    "columns": """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
               pg_get_expr(d.adbin, d.adrelid), a.attidentity
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v')
          AND a.attnum > 0 AND NOT a.attisdropped""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    "indexes": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "views": "SELECT viewname, definition FROM pg_views WHERE schemaname = 'public'",
}


def schema_of(connection: Connection) -> set[tuple[Any, ...]]:
    """Everything the database says of itself, without Alembic's own table."""
    if connection.dialect.name == "sqlite":
        rows = connection.execute(text("SELECT type, name, tbl_name, sql FROM sqlite_master"))
        found = {(kind, name, table, plain(sql)) for kind, name, table, sql in rows}
    else:
        found = {
            (kind, *row) for kind, query in PG.items() for row in connection.execute(text(query))
        }
    return {row for row in found if not any("alembic_version" in str(part) for part in row)}


def plain(sql: str | None) -> Any:
    """A statement whatever its blanks, quotes and the order of its parts."""
    words = re.sub(r"\s+", " ", (sql or "").replace('"', "")).strip()
    head, _, inside = words.partition("(")
    if not words.upper().startswith("CREATE TABLE"):
        return words
    parts, depth, part = [], 0, ""
    for sign in inside.rpartition(")")[0]:
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0:
            parts.append(part.strip())
            part = ""
        else:
            part += sign
    return (head.strip(), inside.rpartition(")")[2].strip(), *sorted([*parts, part.strip()]))


def test_they_are_one_line() -> None:
    scripts = ScriptDirectory(str(FOLDER))
    assert len(scripts.get_heads()) == len(scripts.get_bases()) == 1
    line = list(scripts.walk_revisions())
    assert len(line) == len(list((FOLDER / "versions").glob("*.py")))
    assert all(not revision.is_merge_point for revision in line)


def test_they_end_at_the_models(database: str, app: Any, tmp_path: Path) -> None:
    with db.engine.connect() as connection:
        migrated = schema_of(connection)
    made = made_schema(database, tmp_path / "made")
    assert migrated - made == set()
    assert made - migrated == set()
    assert len(made) > 30


def made_schema(database: str, folder: Path) -> set[tuple[Any, ...]]:
    """The schema of `create_all` and the views, in an empty database of the same kind."""
    if database:
        with db.engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        return fill_schema()
    with make_app(folder).app_context():
        try:
            return fill_schema()
        finally:
            db.engine.dispose()


def fill_schema() -> set[tuple[Any, ...]]:
    with db.engine.begin() as connection:
        Base.metadata.create_all(connection)
        make_views(connection)
        return schema_of(connection)


def test_the_comparison_sees_what_autogenerate_does_not(database: str, app: Any) -> None:
    """CHECKs, partial and expression indexes, views."""
    with db.engine.begin() as connection:
        before = schema_of(connection)
        connection.execute(text("CREATE INDEX ix_new ON stores (lower(store_name)) WHERE id > 1"))
        connection.execute(text("CREATE VIEW new_view AS SELECT 1 AS one"))
        changed = schema_of(connection) - before
    assert {"ix_new", "new_view"} <= {str(part) for row in changed for part in row}


@pytest.fixture
def filled(database: str, app: Any) -> dict[str, int]:
    """Rows in tables that refer to each other; how many in each."""
    add_days(add_connected("JKT001"))
    add_days(add_connected("BDG002"))
    db.session.commit()
    return count_rows()


def count_rows() -> dict[str, int]:
    with db.engine.connect() as connection:
        return {
            name: connection.scalar(select(func.count()).select_from(table)) or 0
            for name, table in Base.metadata.tables.items()
        }


def test_a_rebuild_loses_no_row(filled: dict[str, int], tmp_path: Path) -> None:
    """On SQLite dropping the old table would delete what refers to it."""
    folder = tmp_path / "migrations"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    head = ScriptDirectory(str(FOLDER)).get_current_head()
    (folder / "versions" / "zzzz_rebuild.py").write_text(REBUILD.format(head=head))
    db.session.remove()
    flask_migrate.upgrade(directory=str(folder))
    assert count_rows() == filled
    assert {name for name, count in filled.items() if count} >= {
        "stores", "store_accounts", "videos", "video_daily", "store_daily", "tiktok_user_daily",
    }  # fmt: skip
    with db.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM tiktok_video_daily")) == 12


def test_a_filled_database_goes_from_the_first_to_the_newest(
    postgres: Postgres, tmp_path: Path
) -> None:
    """Rows of the first schema are all there at the end, on both databases."""
    for url in ("", postgres.create_database()):
        folder = tmp_path / (url.rpartition("/")[2] or "lite")
        with make_app(folder, database_url=url).app_context():
            flask_migrate.upgrade(directory=str(FOLDER), revision="0001")
            with db.engine.begin() as connection:
                fill_first(connection)
            flask_migrate.upgrade(directory=str(FOLDER))
            with db.engine.connect() as connection:
                for table in ("stores", "videos", "video_daily"):
                    assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 1, table
            db.engine.dispose()
        if url:
            postgres.drop_database(url)


def fill_first(connection: Connection) -> None:
    """A store, a video and a day, as the first schema holds them."""
    connection.execute(
        text(
            "INSERT INTO stores (id, store_code, store_name, pic_name, tags, created_at,"
            " updated_at) VALUES (1, 'A1', 'A', 'P', '[]', '2026-01-01', '2026-01-01')"
        )
    )
    connection.execute(
        text(
            "INSERT INTO videos (id, store_id, video_id, caption, first_seen)"
            " VALUES (1, 1, 'v', 'c', 20000)"
        )
    )
    connection.execute(
        text(
            "INSERT INTO video_daily (day, video_id, store_id, view_count) VALUES (20000, 1, 1, 5)"
        )
    )
