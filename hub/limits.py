"""Rate limits of the JSON families and the OAuth addresses, by the caller's address.

Counted in Redis over all processes (sliding window), in this process alone while Redis is away.
Doors carry a mark (`limit`); what no door answers under their addresses (404, 405) counts too.
"""

import math
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from flask import Blueprint, Flask, Response, current_app, g, request
from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

from hub.access import client_ip, settings
from hub.config import Settings
from hub.errors import TooMany
from hub.log import logger

Door = TypeVar("Door")

# Settings by the address of requests that found no door.
UNMATCHED = (
    ("/admin", "admin_rate_limit"),
    ("/auth", "oauth_rate_limit"),
    ("/connect/tiktok", "oauth_rate_limit"),
)
TIMEOUTS: dict[str, Any] = {"socket_connect_timeout": 0.25, "socket_timeout": 0.25, "retry": None}
PAUSE = 5.0  # seconds until Redis is asked again after it did not answer

_blueprints: dict[str, str] = {}  # last part of a blueprint's name: setting


def limit(name: str) -> Any:
    """Mark a blueprint or a view: the setting `name` bounds it, with one count for all marked."""

    def mark(door: Door) -> Door:
        if isinstance(door, Blueprint):
            _blueprints[door.name] = name
        else:
            door.limit = name  # type: ignore[attr-defined]
        return door

    return mark


@dataclass(frozen=True)
class Window:
    """What an answer says about its limit; `reset` in unix seconds."""

    amount: int
    remaining: int
    reset: float
    allowed: bool


class Counter:
    """Counts requests. A hung Redis costs one caller 250 ms each PAUSE; the others do not wait."""

    def __init__(self, shared: Storage) -> None:
        self.shared = MovingWindowRateLimiter(shared)
        self.own = MovingWindowRateLimiter(MemoryStorage())
        self.away_until = 0.0

    def count(self, item: RateLimitItem, *key: str) -> Window:
        present = time.monotonic()
        if present < self.away_until:
            return self.ask(self.own, item, *key)
        if self.away_until:  # it was away: one request tries, others do not wait with it
            self.away_until = present + PAUSE
        try:
            window = self.ask(self.shared, item, *key)
        except RedisError as error:
            self.away_until = time.monotonic() + PAUSE
            logger.warning("Redis is away, limits count per process", extra={"error": str(error)})
            return self.ask(self.own, item, *key)
        self.away_until = 0.0
        return window

    @staticmethod
    def ask(by: MovingWindowRateLimiter, item: RateLimitItem, *key: str) -> Window:
        allowed = by.hit(item, *key)
        stats = by.get_window_stats(item, *key)
        return Window(item.amount, max(0, stats.remaining), stats.reset_time, allowed)


def init_limits(app: Flask) -> None:
    config: Settings = app.extensions["settings"]
    app.extensions["limits"] = Counter(make_storage(config.redis_url))
    app.before_request(check_limit)
    app.after_request(tell_limit)


def make_storage(redis_url: str) -> Storage:
    if not redis_url:
        return MemoryStorage()
    uri = f"redis+{redis_url}" if redis_url.startswith("unix://") else redis_url
    return storage_from_string(uri, **TIMEOUTS)  # type: ignore[return-value]


@lru_cache
def read_limit(text: str) -> tuple[RateLimitItem, ...]:
    """`100/minute;1000/hour` as windows; none for `off`."""
    return () if text.strip() == "off" else tuple(parse_many(text))


def check_limit() -> None:
    """Count this request; beyond a limit it is refused before anything of it is read."""
    name = limit_of_request()
    if name is None or request.method == "OPTIONS":
        return
    counter: Counter = current_app.extensions["limits"]
    windows = [
        counter.count(item, name, client_ip()) for item in read_limit(getattr(settings(), name))
    ]
    if not windows:
        return
    g.window = min(windows, key=lambda window: (window.allowed, window.remaining / window.amount))
    if not g.window.allowed:
        raise TooMany("Too many requests", retry_after=seconds_left(g.window))


def limit_of_request() -> str | None:
    """The setting that bounds this request, if any."""
    if request.endpoint is None:
        return limit_of_path(request.path)
    view = current_app.view_functions.get(request.endpoint)
    if name := getattr(view, "limit", None):
        return str(name)
    names = (_blueprints.get(name.rpartition(".")[2]) for name in request.blueprints)
    return next((name for name in names if name), None)


def limit_of_path(path: str) -> str | None:
    for prefix, name in UNMATCHED:
        if path == prefix or path.startswith(prefix + "/"):
            return name
    return None


def seconds_left(window: Window) -> int:
    return max(1, math.ceil(window.reset - time.time()))


def tell_limit(response: Response) -> Response:
    """`X-RateLimit-*` on every answer that was counted, whatever its status."""
    window: Window | None = g.get("window")
    if window:
        response.headers["X-RateLimit-Limit"] = str(window.amount)
        response.headers["X-RateLimit-Remaining"] = str(window.remaining)
        response.headers["X-RateLimit-Reset"] = str(math.ceil(window.reset))
    return response
