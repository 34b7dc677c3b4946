"""A Redis that hangs: its process is stopped, its socket stays open."""

import os
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager

import pytest

from tests.servers import RedisServer


@pytest.fixture
def hanging(redis: RedisServer) -> Callable[[], Generator[None]]:
    """`with hanging():` nothing that asks Redis is answered."""

    @contextmanager
    def stop() -> Generator[None]:
        os.kill(redis.process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(redis.process.pid, signal.SIGCONT)

    return stop
