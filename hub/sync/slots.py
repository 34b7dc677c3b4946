"""How many stores are worked on at a time, over the whole service.

`SYNC_CONCURRENCY` and `VIDEO_SYNC_CONCURRENCY` are counted in Redis as leases, so a killed
worker's slots come back. With Redis away each worker keeps its share for itself.
"""

import secrets
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from redis.exceptions import RedisError

from hub.sync.lanes import RETRY_REDIS, Stopped

# KEYS: holders. ARGV: limit, lease, member. 1 when taken.
TAKE = """
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then return 0 end
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[3])
redis.call('PEXPIRE', KEYS[1], math.ceil(tonumber(ARGV[2]) * 1000))
return 1
"""
# KEYS: holders. ARGV: lease, members…
PROLONG = """
local t = redis.call('TIME')
local till = t[1] + t[2] / 1000000 + tonumber(ARGV[1])
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], till, ARGV[i]) end
redis.call('PEXPIRE', KEYS[1], math.ceil(tonumber(ARGV[1]) * 1000))
"""
POLL = 0.02


class Slots:
    """`with slots.one(stop):` waits for a slot and holds it; `prolong()` is the heartbeat."""

    def __init__(self, redis: Any, name: str, limit: int, lease: float, share: int) -> None:
        self.redis = redis
        self.key = f"slots:{name}"
        self.limit = limit
        self.lease = lease
        self.held: set[str] = set()
        self.local = threading.Semaphore(max(1, limit // max(1, share)))
        self._take = redis.register_script(TAKE)
        self._prolong = redis.register_script(PROLONG)
        self._away_until = 0.0

    @contextmanager
    def one(self, stop: Callable[[], bool]) -> Generator[None]:
        member = secrets.token_hex(8)  # process ids repeat from machine to machine
        kind = self._wait(member, stop)
        try:
            yield
        finally:
            self._give(kind, member)

    def _wait(self, member: str, stop: Callable[[], bool]) -> str:
        while not stop():
            taken = self._ask(
                lambda: self._take(keys=[self.key], args=[self.limit, self.lease, member])
            )
            if taken is None and self.local.acquire(timeout=POLL):
                return "local"
            if taken:
                self.held.add(member)
                return "redis"
            time.sleep(POLL)
        raise Stopped

    def _give(self, kind: str, member: str) -> None:
        if kind == "local":
            self.local.release()
            return
        self.held.discard(member)
        self._ask(lambda: self.redis.zrem(self.key, member))

    def prolong(self) -> None:
        if members := list(self.held):
            self._ask(lambda: self._prolong(keys=[self.key], args=[self.lease, *members]))

    def _ask(self, question: Callable[[], Any]) -> Any:
        if time.monotonic() < self._away_until:
            return None
        try:
            return question()
        except RedisError:
            self._away_until = time.monotonic() + RETRY_REDIS
            return None
