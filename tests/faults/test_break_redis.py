"""Redis dies empty (F5) or hangs (F6): it only wakes workers, so nothing is lost."""

import signal
import time
from collections.abc import Generator
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import RedisError

from tests.faults.scene import Scene, kill, until
from tests.servers import wait_for

ANSWERS_WITHIN = 2.0
STARTS_WITHIN = 10


@pytest.fixture(scope="module")
def hub_settings() -> dict[str, Any]:
    return {"admin_rate_limit": "1000/minute"}  # the limiter asks Redis, too


@pytest.fixture
def hung(scene: Scene) -> Generator[int]:
    """Redis stands still until the test has it go on."""
    pid = scene.pids["redis"]
    kill(pid, signal.SIGSTOP)
    yield pid
    kill(pid, signal.SIGCONT)


def forget_everything(scene: Scene, before: int) -> None:
    """The restarted server, without what its file kept."""
    wait_for(lambda: scene.pids["redis"] not in (None, before), 5, "Redis is not back")
    server = Redis.from_url(scene.redis_url)

    def flushed() -> bool:
        try:
            return bool(server.flushall())
        except RedisError:
            return False

    wait_for(flushed, 5, "Redis does not answer")


def test_a_run_goes_on_with_an_empty_redis(scene: Scene) -> None:
    run = scene.sync()
    scene.wait_for_hits(15)
    before = scene.pids["redis"]

    kill(before)
    forget_everything(scene, before)

    run.wait(30)
    run.check()


def test_work_that_waited_in_redis_is_not_lost(scene: Scene) -> None:
    """The workers stand still, so the run's wake-up is still in Redis when it is emptied."""
    for worker in scene.pids["workers"]:
        kill(worker, signal.SIGSTOP, whole=True)
    try:
        run = scene.sync()
        before = scene.pids["redis"]
        kill(before)
        forget_everything(scene, before)
        assert run.state == "queued"
    finally:
        for worker in scene.pids["workers"]:
            kill(worker, signal.SIGCONT, whole=True)

    began = until(STARTS_WITHIN, lambda: run.state != "queued", "it does not start")
    print(f"started {began:.1f} s after Redis came back empty")
    run.wait(30)
    run.check()


def test_a_run_is_accepted_while_redis_hangs(scene: Scene, hung: int) -> None:
    started = time.monotonic()
    run = scene.sync()
    answered = time.monotonic() - started
    health = scene.get("/health").json()

    kill(hung, signal.SIGCONT)

    began = until(STARTS_WITHIN, lambda: run.state != "queued", "it does not start")
    print(f"accepted in {answered:.2f} s, started {began:.1f} s after Redis came back")
    assert answered < ANSWERS_WITHIN
    assert health["status"] == "degraded"
    run.wait(30)
    run.check()


@pytest.mark.usefixtures("hung")
def test_everything_answers_while_redis_hangs(scene: Scene) -> None:
    for path in ("/livez", "/admin/stores?limit=5", "/admin/sync/runs", "/login", "/health"):
        started = time.monotonic()
        answer = scene.get(path)
        assert answer.status_code == 200, path
        assert time.monotonic() - started < ANSWERS_WITHIN, path
