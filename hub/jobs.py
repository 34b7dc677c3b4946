"""Queues. The row is written and committed first; Redis only wakes a worker with its id.

Redis away means nothing is lost: the sweeper enqueues again (`hub.schedule`). Jobs take ids
only, bodies are JSON, and a job's deadline is its lease, not RQ's (`job_timeout=-1`).
"""

import multiprocessing
import os
from collections.abc import Callable
from typing import Any

from flask import Flask, current_app
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from hub.config import Settings
from hub.log import logger

QUEUES = ("sync",)
DEFAULT_SOCKET = "redis/redis.sock"

# Made before a worker forks: the work horse never hears SIGTERM, it looks at this.
_stop = multiprocessing.get_context("fork").Event()
_parent = 0


def connect(settings: Settings) -> Redis:
    """A client with the timeouts that keep a hung Redis from holding anybody (250 ms, 1 s)."""
    return Redis.from_url(
        settings.redis_url or "redis://127.0.0.1:6379",
        socket_connect_timeout=0.25,
        socket_timeout=1.0,
        retry_on_timeout=False,
        retry=None,
    )


def init_jobs(app: Flask, settings: Settings) -> None:
    app.extensions["redis"] = connect(settings)


def redis() -> Any:
    return current_app.extensions["redis"]


def enqueue(queue: str, function: Callable[..., Any], *ids: int | str) -> bool:
    """Wake a worker; False when Redis could not be told (the sweeper will)."""
    waiting = current_app.extensions.get("queue")  # tests look at what was asked for
    if waiting is not None:
        waiting.append((function, *ids))
        return True
    name = f"{function.__module__}.{function.__qualname__}"
    try:
        Queue(queue, connection=redis(), serializer=JSONSerializer).enqueue(
            name, *ids, job_timeout=-1, result_ttl=0, failure_ttl=86400
        )
    except RedisError as error:
        logger.warning("Redis is away, work waits for the sweeper", extra={"error": str(error)})
        return False
    return True


def ask_to_stop() -> None:
    """SIGTERM reached the worker's parent: the horse stops claiming."""
    _stop.set()


def remember_parent() -> None:
    """Called in the worker's parent before it forks."""
    global _parent
    _parent = os.getpid()


def orphaned() -> bool:
    """Whether this horse's parent is gone (kill -9): somebody else takes over."""
    return bool(_parent) and _parent not in (os.getpid(), os.getppid())


def should_stop() -> bool:
    """Each claim loop asks this before it takes the next row."""
    return _stop.is_set() or orphaned()
