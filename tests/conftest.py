"""All fixtures that every room shares: app, db, as_, api, queue, clock, sandbox, the servers, and
`database` (a test that asks for it runs on both). A file changes settings by its own `settings`."""

import shutil
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from redis import Redis

from hub.db import db as hub_db
from tests.clients import Browser, KeyClient, Waiting
from tests.installation import KEY, Sandbox, copy_database, make_app, make_schema, start_sandbox
from tests.people import Person, add_person
from tests.servers import Postgres, RedisServer, redis_server
from tests.servers import postgres as postgres_server


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("empty")
    make_schema(folder)
    return folder / "hub.sqlite3"


@pytest.fixture(scope="session")
def postgres() -> Generator[Postgres]:
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def empty_postgres(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    url = postgres.create_database()
    make_schema(tmp_path_factory.mktemp("empty-pg"), database_url=url)
    return url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Generator[str]:
    """Where the app keeps its rows: once SQLite (""), once a migrated PostgreSQL database."""
    if request.param == "sqlite":
        yield ""
        return
    server: Postgres = request.getfixturevalue("postgres")
    url = copy_database(server, request.getfixturevalue("empty_postgres"))
    yield url
    server.drop_database(url)


@pytest.fixture(scope="session")
def running_redis() -> Generator[RedisServer]:
    with redis_server() as server:
        yield server


@pytest.fixture
def redis(running_redis: RedisServer) -> RedisServer:
    """A real, empty Redis that the app uses: work really waits in it."""
    Redis.from_url(running_redis.url).flushall()
    return running_redis


@pytest.fixture(scope="session")
def running_sandbox() -> Generator[Sandbox]:
    with start_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    """The providers' stand-in over a real socket, without faults; the app speaks to it."""
    running_sandbox.reset()
    return running_sandbox


@pytest.fixture
def settings() -> dict[str, Any]:
    """Settings of a file's app that differ from tests/installation.py; to be overridden there."""
    return {}


@pytest.fixture
def app(
    request: pytest.FixtureRequest, tmp_path: Path, settings: dict[str, Any], empty_sqlite: Path
) -> Generator[Flask]:
    """An installation with an empty database, its context pushed; work is recorded in `queue`."""
    asked = {name: request.getfixturevalue(name) for name in ("database", "redis", "sandbox")
             if name in request.fixturenames}  # fmt: skip
    given: dict[str, Any] = {"database_url": asked.get("database", "")}
    if "redis" in asked:
        given["redis_url"] = asked["redis"].url
    if "sandbox" in asked:
        given |= asked["sandbox"].settings
    if not given["database_url"]:
        shutil.copy(empty_sqlite, tmp_path / "hub.sqlite3")
    app = make_app(tmp_path, **given | settings)
    if "redis" not in asked or "queue" in request.fixturenames:
        app.extensions["queue"] = Waiting()
    with app.app_context():
        yield app
        hub_db.session.remove()
        hub_db.engine.dispose()


@pytest.fixture
def db(app: Flask) -> Any:
    return hub_db


@pytest.fixture
def queue(app: Flask) -> Waiting:
    """What was enqueued: `assert queue == [(sync_batch, run.id)]`, then `queue.run()`."""
    return app.extensions["queue"]  # type: ignore[no-any-return]


@pytest.fixture
def as_(app: Flask) -> Callable[[Person | None], Browser]:
    """`as_(ANA)`: her browser, logged in; `as_(None)`: a stranger's."""

    def open_browser(person: Person | None) -> Browser:
        browser = Browser(app, app.response_class)
        if person:
            browser.log_in(add_person(person))
        return browser

    return open_browser


@pytest.fixture
def api(app: Flask) -> Callable[..., KeyClient]:
    """`api()`: a script with the root key; `api("other")`: with that one; `api(None)`: none."""
    return lambda key=KEY: KeyClient(app, key)


@pytest.fixture
def clock() -> Generator[Any]:
    """Tuesday 24 Nov 2026, 10:00 in Jakarta; `clock.shift(3600)`, `clock.move_to(…)`."""
    with time_machine.travel(datetime(2026, 11, 24, 3, tzinfo=UTC), tick=True) as traveller:
        yield traveller
