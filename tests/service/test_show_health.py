"""GET /health, /api/health, /livez, /ready."""

import os
import socket
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from rq.utils import now as rq_now
from rq.utils import utcformat
from sqlalchemy import delete, insert, text

from hub.db import epoch
from hub.schedule import Lease, lead, step_down
from tests.stores.spec import assert_like
from tests.stores.world import add_connected

HERE = f"{socket.gethostname()}:{os.getpid()}"
SPEC = {
    "status": "healthy",
    "timestamp": "2026-01-24T09:00:00.000Z",
    "uptime": 3600,
    "version": "1.0.0",
    "requestId": "abc123",
    "checks": {"database": "ok", "encryption": "ok", "scheduler": "enabled"},
    "responseTime": 5,
}
GONE = 2**22 + 1  # no process has this number


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"cron_enabled": True}


@pytest.fixture
def leader(app: Any) -> None:
    lead(HERE)
    lead(HERE)


@pytest.fixture
def add_worker(redis: Any) -> Callable[..., None]:
    """A worker as RQ writes it."""
    client = Redis.from_url(redis.url)

    def add(name: str = "one", host: str = "far", pid: int = 1, age: float = 0.0) -> None:
        beat = utcformat(rq_now() - timedelta(seconds=age))
        row = {"last_heartbeat": beat, "hostname": host, "pid": pid}
        client.hset(f"rq:worker:{name}", mapping=row)
        client.sadd("rq:workers", f"rq:worker:{name}")

    return add


@pytest.fixture
def whole(leader: None, add_worker: Any) -> None:
    """Everything is there."""
    add_worker()


@pytest.mark.redis
@pytest.mark.parametrize("path", ["/health", "/api/health"])
def test_it_answers_as_the_spec(path: str, database: str, whole: None, api: Any) -> None:
    answer = api(None).get(path, headers={"X-Request-Id": "abc123"})
    assert answer.status_code == 200
    assert_like(answer.json, SPEC)
    assert answer.json["status"] == "healthy"
    assert answer.json["requestId"] == "abc123"
    assert answer.json["checks"] == SPEC["checks"] | {"redis": "ok", "workers": "ok"}


@pytest.mark.redis
def test_it_is_degraded_while_redis_is_away(leader: None, redis: Any, api: Any) -> None:
    redis.kill()
    try:
        answer = api(None).get("/health")
    finally:
        redis.restart()
    assert (answer.status_code, answer.json["status"]) == (200, "degraded")
    assert answer.json["checks"] | {"redis": "away", "workers": "unknown"} == answer.json["checks"]


@pytest.mark.redis
def test_it_answers_within_a_second_while_redis_hangs(whole: None, hanging: Any, api: Any) -> None:
    with hanging():
        for _ in range(3):
            began = time.monotonic()
            answer = api(None).get("/health")
            assert time.monotonic() - began < 1
            assert answer.json["checks"]["redis"] == "away"
    time.sleep(1.1)  # the one that still waited has given up
    assert api(None).get("/health").json["status"] == "healthy"


@pytest.mark.redis
def test_it_is_degraded_without_a_worker(leader: None, redis: Any, api: Any) -> None:
    answer = api(None).get("/health").json
    assert (answer["status"], answer["checks"]["workers"]) == ("degraded", "none")


@pytest.mark.redis
@pytest.mark.parametrize("worker", [{"age": 60.0}, {"host": socket.gethostname(), "pid": GONE}])
def test_it_counts_only_workers_that_live(
    worker: dict[str, Any], leader: None, add_worker: Any, api: Any
) -> None:
    add_worker(**worker)
    assert api(None).get("/health").json["checks"]["workers"] == "none"


@pytest.mark.redis
def test_it_misses_one_of_two_workers(leader: None, add_worker: Any, api: Any, app: Any) -> None:
    (app.extensions["settings"].hub_data_dir / "run.json").write_text("{}")
    add_worker()
    answer = api(None).get("/health").json
    assert (answer["status"], answer["checks"]["workers"]) == ("degraded", "1 of 2")


@pytest.mark.redis
def test_it_leaves_the_timeouts_of_our_connections_alone(whole: None, app: Any, api: Any) -> None:
    api(None).get("/health")
    pool = app.extensions["redis"].connection_pool
    assert pool.connection_kwargs["socket_timeout"] == 1.0


@pytest.mark.parametrize("owner", ["stepped down", "dead", "late"])
def test_it_misses_the_scheduler(owner: str, leader: None, api: Any, db: Any) -> None:
    if owner == "stepped down":
        step_down(HERE)
    else:
        db.session.execute(delete(Lease))
        held = {"dead": (f"{socket.gethostname()}:{GONE}", 9.0), "late": ("far:1", -6.0)}[owner]
        row = insert(Lease).values(
            name="scheduler", owner=held[0], lease_until=epoch() + held[1], fence=1
        )
        db.session.execute(row)
    answer = api(None).get("/health").json
    assert (answer["status"], answer["checks"]["scheduler"]) == ("degraded", "away")


def test_it_is_unhealthy_without_the_key_of_stored_access(api: Any, db: Any) -> None:
    add_connected("JKT001")
    db.session.execute(
        text("UPDATE store_accounts SET encrypted_refresh_token = 'v1.deadbeef.x.y'")
    )
    answer = api(None).get("/health")
    assert (answer.status_code, answer.json["status"]) == (503, "unhealthy")
    assert answer.json["checks"]["encryption"] == "key deadbeef is missing"
    assert api(None).get("/ready").status_code == 503


def test_it_is_unhealthy_without_tables(api: Any, db: Any) -> None:
    db.session.execute(text("DROP TABLE alembic_version"))
    answer = api(None).get("/health")
    assert (answer.status_code, answer.json["checks"]["database"]) == (503, "not migrated")


def test_it_is_unhealthy_without_its_file(api: Any, db: Any, app: Any) -> None:
    break_database(app, db)
    answer = api(None).get("/health")
    assert (answer.status_code, answer.json["status"]) == (503, "unhealthy")
    ready = api(None).get("/ready")
    assert (ready.status_code, ready.json["status"]) == (503, "not ready")
    assert api(None).get("/livez").status_code == 200


def break_database(app: Any, db: Any) -> None:
    """Instead of its file there is a folder: it cannot be opened."""
    db.session.remove()
    db.engine.dispose()
    folder: Path = app.extensions["settings"].hub_data_dir
    for part in folder.glob("hub.sqlite3*"):
        part.unlink()
    (folder / "hub.sqlite3").mkdir()


def test_it_is_ready_and_not_kept_by_caches(api: Any) -> None:
    for path in ("/ready", "/livez", "/health"):
        answer = api(None).get(path)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
