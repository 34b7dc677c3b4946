"""Quota lanes: one per TikTok endpoint, a sliding minute shared by all processes through Redis.

A call holds its place from before it is sent until a minute and a quarter second after it came
back, since TikTok may count it any time in between: zero 429s by our own fault. A 429 all the
same halves the lane, which recovers within a minute. With Redis away each process keeps a tenth
of the quota for itself. Source: providers.md B.7, performance.md §4.
"""

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from redis.exceptions import RedisError

WINDOW = 60.25
RECOVERY = 60.0
AWAY_SHARE = 10
RETRY_REDIS = 5.0
LONGEST_WAIT = 2.0

USER, LIST, QUERY, TOKEN = "user/info", "video/list", "video/query", "oauth/token"
ENDPOINTS = (USER, LIST, QUERY)

# KEYS: places, trouble. ARGV: limit, window, longest call, recovery, member.
# Returns "0" when the call may go, else the seconds to wait.
TAKE = """
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
local trouble = redis.call('HMGET', KEYS[2], 'at', 'factor', 'pause')
local limit = tonumber(ARGV[1])
if trouble[3] and tonumber(trouble[3]) > now then return tostring(trouble[3] - now) end
if trouble[1] then
  local healed = tonumber(trouble[2]) + (now - tonumber(trouble[1])) / tonumber(ARGV[4])
  if healed < 1 then limit = math.max(1, math.floor(limit * healed)) end
end
local window = tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
if redis.call('ZCARD', KEYS[1]) < limit then
  redis.call('ZADD', KEYS[1], now + tonumber(ARGV[3]), ARGV[5])
  redis.call('PEXPIRE', KEYS[1], math.ceil((window + tonumber(ARGV[3])) * 1000))
  return '0'
end
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return tostring(math.max(0.01, first[2] + window - now))
"""
# KEYS: places. ARGV: member. The place is held for a window from the call's end on.
GIVE = """
local t = redis.call('TIME')
redis.call('ZADD', KEYS[1], 'XX', t[1] + t[2] / 1000000, ARGV[1])
"""
# KEYS: trouble. ARGV: pause, recovery. Halves what the lane may do now.
SLOW = """
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
local trouble = redis.call('HMGET', KEYS[1], 'at', 'factor')
local factor = 1
if trouble[1] then
  factor = math.min(1, trouble[2] + (now - trouble[1]) / tonumber(ARGV[2]))
end
redis.call('HSET', KEYS[1], 'at', now, 'factor', factor / 2, 'pause', now + tonumber(ARGV[1]))
redis.call('EXPIRE', KEYS[1], 600)
"""


class Stopped(Exception):
    """A wait was ended by a shutdown."""


class Local:
    """A sliding window of this process alone."""

    def __init__(self, limit: int) -> None:
        self.limit = max(1, limit)
        self.ends: deque[tuple[float, str]] = deque()  # when a call came back, and its name
        self.flying = 0
        self.pause = 0.0
        self.lock = threading.Lock()

    def take(self) -> float:
        with self.lock:
            present = time.monotonic()
            self._forget(present)
            if self.pause > present:
                return self.pause - present
            if len(self.ends) + self.flying < self.limit:
                self.flying += 1
                return 0.0
            return max(0.01, self.ends[0][0] + WINDOW - present) if self.ends else 0.05

    def give(self, member: str) -> None:
        with self.lock:
            self.flying -= 1
        self.note(member)

    def note(self, member: str) -> None:
        """Remember a call that came back, whoever gave it its place."""
        with self.lock:
            present = time.monotonic()
            self._forget(present)
            self.ends.append((present, member))

    def past(self) -> dict[str, float]:
        """How many seconds ago each call of the window came back."""
        with self.lock:
            present = time.monotonic()
            self._forget(present)
            return {member: present - end for end, member in self.ends}

    def _forget(self, present: float) -> None:
        while self.ends and self.ends[0][0] <= present - WINDOW:
            self.ends.popleft()

    def slow(self, pause: float) -> None:
        with self.lock:
            self.pause = time.monotonic() + pause


class Lane:
    """The calls to one endpoint. `with lane.place(stop):` waits for a place and holds it."""

    def __init__(self, redis: Any, endpoint: str, limit: int, longest_call: float) -> None:
        self.redis = redis
        self.endpoint = endpoint
        self.limit = limit
        self.longest_call = longest_call
        self.local = Local(limit // AWAY_SHARE)
        self.places, self.trouble = f"lane:{endpoint}", f"lane:{endpoint}:trouble"
        self._take = redis.register_script(TAKE)
        self._give = redis.register_script(GIVE)
        self._slow = redis.register_script(SLOW)
        self._away_until = 0.0
        self._lost = False

    @contextmanager
    def place(self, stop: Callable[[], bool]) -> Generator[None]:
        member = secrets.token_hex(8)  # process ids repeat from machine to machine
        held = self._wait(member, stop)
        try:
            yield
        finally:
            if held == "local":
                self.local.give(member)
            else:
                self.local.note(member)
                self._ask(self._give, [self.places], [member])

    def _wait(self, member: str, stop: Callable[[], bool]) -> str:
        while True:
            arguments = [self.limit, WINDOW, self.longest_call, RECOVERY, member]
            answer = self._ask(self._take, [self.places, self.trouble], arguments)
            kind = "local" if answer is None else "redis"
            pause = self.local.take() if answer is None else float(answer)
            if pause <= 0:
                return kind
            if stop():
                raise Stopped
            time.sleep(min(pause, LONGEST_WAIT))

    def slow_down(self, pause: float) -> None:
        """TikTok said 429: wait `pause` seconds, then go on at half the pace."""
        if self._ask(self._slow, [self.trouble], [pause, RECOVERY]) is None:
            self.local.slow(pause)

    def used(self) -> int | None:
        """Calls of the present window; None while Redis is away."""
        try:
            present = self.redis.time()
            return int(self.redis.zcount(self.places, present[0] - WINDOW, "+inf"))
        except RedisError:
            return None

    def _ask(self, script: Any, keys: list[str], arguments: list[Any]) -> Any:
        """Run a script; None while Redis is away (asked again after a few seconds)."""
        if time.monotonic() < self._away_until:
            return None
        try:
            if self._lost:
                self._tell()
            answer = script(keys=keys, args=arguments)
            return b"" if answer is None else answer
        except RedisError:
            self._lost = True
            self._away_until = time.monotonic() + RETRY_REDIS
            return None

    def _tell(self) -> None:
        """Redis is back, maybe empty: tell it what this process has called meanwhile."""
        if past := self.local.past():
            seconds, micros = self.redis.time()
            present = seconds + micros / 1_000_000
            self.redis.zadd(self.places, {member: present - ago for member, ago in past.items()})
        self._lost = False


def lanes(redis: Any, per_minute: int, longest_call: float) -> dict[str, Lane]:
    """A lane for each endpoint; token calls are paced too, their quota is not published."""
    return {
        endpoint: Lane(redis, endpoint, per_minute, longest_call)
        for endpoint in (*ENDPOINTS, TOKEN)
    }
