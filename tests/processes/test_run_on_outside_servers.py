"""`bin/run` with a PostgreSQL and a Redis that others look after."""

from collections.abc import Callable
from urllib.request import urlopen

import psycopg
import pytest

from tests.running import RunningHub
from tests.servers import postgres, redis_server


@pytest.mark.postgres
def test_it_uses_what_it_is_given(run: Callable[..., RunningHub]) -> None:
    with postgres() as server, redis_server() as redis:
        database = server.create_database()

        hub = run(database_url=database, redis_url=redis.url)

        assert hub.pids["redis"] is None
        with urlopen(hub.url + "/livez", timeout=5) as answer:
            assert answer.status == 200
        with psycopg.connect(database) as connection:
            assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
        assert not (hub.folder / "redis").exists()
        assert not (hub.folder / "hub.sqlite3").exists()
        assert hub.stop() == 0
