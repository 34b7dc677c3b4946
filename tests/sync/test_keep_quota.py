"""Lanes and slots with a real Redis: never more than allowed, whatever happens to Redis."""

import multiprocessing
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Generator
from contextlib import suppress
from typing import Any

import pytest
from redis import Redis

from hub.config import load_settings
from hub.errors import ProviderError
from hub.jobs import connect
from hub.sync import calls, lanes, slots
from hub.sync.calls import Caller
from hub.sync.lanes import USER, Lane, Stopped
from hub.sync.slots import Slots
from tests.installation import SETTINGS
from tests.servers import RedisServer, redis_server

WINDOW = 0.6
LIMIT = 20


def never() -> bool:
    return False


@pytest.fixture(autouse=True)
def _short_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "WINDOW", WINDOW)
    monkeypatch.setattr(lanes, "RECOVERY", 2.0)
    for module in (lanes, slots):
        monkeypatch.setattr(module, "RETRY_REDIS", 0.3)


@pytest.fixture
def own_redis() -> Generator[RedisServer]:
    """One that a test may break."""
    with redis_server() as server:
        yield server


def client(server: RedisServer) -> Redis:
    return connect(load_settings(**SETTINGS | {"redis_url": server.url}))


def lane(server: RedisServer, limit: int = LIMIT) -> Lane:
    return Lane(client(server), USER, limit, longest_call=5.0)


def crowd(many: int, action: Callable[[], None]) -> None:
    threads = [threading.Thread(target=action) for _ in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


def busiest(starts: list[float], window: float) -> int:
    """The most that began within any window."""
    starts = sorted(starts)
    return max(at - bisect_left(starts, one - window) + 1 for at, one in enumerate(starts))


# Lanes


def call_often(url: str, until: float, starts: Any) -> None:
    """A process of its own: a dozen threads that call as fast as they may."""
    redis = Redis.from_url(url)
    mine = Lane(redis, USER, LIMIT, longest_call=5.0)

    def go() -> None:
        while time.time() < until:
            with suppress(Stopped), mine.place(lambda: time.time() > until):
                starts.put(time.time())
                time.sleep(0.02)

    crowd(12, go)


def test_two_processes_never_exceed_the_quota(redis: RedisServer) -> None:
    """The other side may count a call when it was sent or when it answered: no window of any
    position holds more than the quota."""
    fork = multiprocessing.get_context("fork")
    starts, until = fork.Queue(), time.time() + 2.5
    workers = [
        fork.Process(target=call_often, args=(redis.url, until, starts), daemon=True)
        for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    found: list[float] = []
    while any(worker.is_alive() for worker in workers) or not starts.empty():
        with suppress(Exception):
            found.append(starts.get(timeout=0.1))
    for worker in workers:
        worker.join(5)
    assert busiest(found, WINDOW) <= LIMIT
    assert len(found) >= 0.75 * LIMIT * 2.5 / (WINDOW + 0.02), "and it is used"


def test_a_call_in_flight_counts(redis: RedisServer) -> None:
    """One that takes longer than a window still holds its place, and a window more after it."""
    mine = lane(redis, limit=1)
    over, got = threading.Event(), []

    def slow() -> None:
        with mine.place(never):
            over.wait(10)
            got.append(time.monotonic())

    thread = threading.Thread(target=slow)
    thread.start()
    time.sleep(2 * WINDOW)
    with pytest.raises(Stopped), mine.place(lambda: True):
        pass
    over.set()
    thread.join()
    with mine.place(never):
        assert time.monotonic() - got[0] >= WINDOW * 0.95


def test_a_refusal_halves_the_lane_and_it_recovers(redis: RedisServer) -> None:
    mine = lane(redis)

    def room() -> int:
        """How many may go at this moment."""
        client(redis).delete(mine.places)
        count = 0
        with suppress(Stopped):
            while count < 2 * LIMIT:
                with mine.place(lambda: True):
                    count += 1
        return count

    assert room() == LIMIT
    mine.slow_down(0.2)
    assert room() == 0, "it pauses"
    time.sleep(0.25)
    assert LIMIT * 0.5 <= room() <= LIMIT * 0.75
    mine.slow_down(0)
    assert LIMIT * 0.25 <= room() <= LIMIT * 0.5
    time.sleep(1.7)
    assert room() == LIMIT


def test_without_redis_a_process_keeps_a_tenth(own_redis: RedisServer) -> None:
    mine = lane(own_redis)
    own_redis.kill()
    starts: list[float] = []
    until = time.time() + 2.2 * WINDOW

    def go() -> None:
        while time.time() < until:
            with suppress(Stopped), mine.place(lambda: time.time() > until):
                starts.append(time.time())

    crowd(6, go)
    assert busiest(starts, WINDOW) == LIMIT // 10
    own_redis.restart()
    time.sleep(0.35)
    client(own_redis).delete(mine.places)
    start = time.monotonic()
    for _ in range(LIMIT):
        with mine.place(never):
            pass
    assert time.monotonic() - start < WINDOW, "the whole quota is back"
    assert mine.used() == LIMIT


def test_without_redis_a_refusal_pauses_too(own_redis: RedisServer) -> None:
    mine = lane(own_redis)
    own_redis.kill()
    mine.slow_down(0.3)
    start = time.monotonic()
    with mine.place(never):
        assert time.monotonic() - start >= 0.25
    assert mine.used() is None


def test_lanes_of_endpoints_are_apart(redis: RedisServer) -> None:
    found = lanes.lanes(client(redis), 1, 5.0)
    for one in (*lanes.ENDPOINTS, lanes.TOKEN):
        with found[one].place(lambda: True):
            pass


# Calls


class Answers:
    """A call that fails as told, then works."""

    def __init__(self, *failures: ProviderError) -> None:
        self.failures = list(failures)
        self.sent = 0

    def __call__(self) -> str:
        self.sent += 1
        if self.failures:
            raise self.failures.pop(0)
        return "ok"


def caller(server: RedisServer) -> Caller:
    return Caller(lanes.lanes(client(server), LIMIT, 5.0), never)


def busy(seconds: float | None = None) -> ProviderError:
    return ProviderError("rate_limited", "pause", status=429, retry_after=seconds)


def trouble(permanent: bool = False) -> ProviderError:
    return ProviderError("provider_error", "their error", permanent=permanent)


def test_at_most_four_tries(redis: RedisServer) -> None:
    answers = Answers(*(trouble() for _ in range(9)))
    with pytest.raises(ProviderError) as failed:
        caller(redis).call(USER, answers)
    assert (answers.sent, failed.value.tries) == (4, 4)


def test_what_cannot_help_is_not_tried_again(redis: RedisServer) -> None:
    answers = Answers(trouble(permanent=True))
    with pytest.raises(ProviderError):
        caller(redis).call(USER, answers)
    assert answers.sent == 1


def test_a_429_is_not_a_try(redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Lane, "slow_down", lambda self, pause: None)
    answers = Answers(*(busy() for _ in range(6)), trouble(), busy(), trouble(), trouble())
    assert caller(redis).call(USER, answers) == "ok"
    assert answers.sent == 11


def test_retry_after_is_obeyed(redis: RedisServer) -> None:
    start = time.monotonic()
    assert caller(redis).call(USER, Answers(busy(0.4))) == "ok"
    assert time.monotonic() - start >= 0.35


def test_nothing_but_429_fails_after_five_minutes(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert calls.LIMITED_AT_MOST == 300
    monkeypatch.setattr(calls, "LIMITED_AT_MOST", 0.2)
    with pytest.raises(ProviderError) as failed:
        caller(redis).call(USER, Answers(*(busy(0.05) for _ in range(99))))
    assert failed.value.cause == "rate_limited"


def test_a_shutdown_ends_waits(redis: RedisServer) -> None:
    over = threading.Event()
    waiting = Caller(lanes.lanes(client(redis), LIMIT, 5.0), over.is_set)
    over.set()
    with pytest.raises(Stopped):
        waiting.call(USER, Answers(busy(60)))


# Slots


def hold_slots(url: str, until: float, running: Any, most: Any) -> None:
    mine = Slots(Redis.from_url(url), "user", 5, lease=5, share=2)

    def go() -> None:
        while time.time() < until:
            with suppress(Stopped), mine.one(lambda: time.time() > until):
                with running.get_lock():
                    running.value += 1
                    most.value = max(most.value, running.value)
                time.sleep(0.01)
                with running.get_lock():
                    running.value -= 1

    crowd(8, go)


def test_slots_are_bound_over_two_processes(redis: RedisServer) -> None:
    fork = multiprocessing.get_context("fork")
    running, most = fork.Value("i", 0), fork.Value("i", 0)
    until = time.time() + 0.8
    workers = [
        fork.Process(target=hold_slots, args=(redis.url, until, running, most), daemon=True)
        for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(10)
    assert most.value == 5
    assert client(redis).zcard("slots:user") == 0, "all were given back"


def test_slots_of_a_killed_worker_come_back(redis: RedisServer) -> None:
    dead = Slots(client(redis), "user", 1, lease=0.3, share=1)
    held = dead.one(never)
    held.__enter__()
    mine = Slots(client(redis), "user", 1, lease=0.3, share=1)
    start = time.monotonic()
    with mine.one(never):
        assert 0.2 < time.monotonic() - start < 2


def test_a_heartbeat_keeps_a_slot(redis: RedisServer) -> None:
    mine = Slots(client(redis), "user", 1, lease=0.3, share=1)
    other = Slots(client(redis), "user", 1, lease=0.3, share=1)
    with mine.one(never):
        until = time.monotonic() + 0.7
        while time.monotonic() < until:
            mine.prolong()
            time.sleep(0.05)
            assert other._take(keys=[other.key], args=[1, 0.3, "other"]) == 0
    with other.one(never):
        pass


def test_without_redis_a_worker_keeps_its_share(own_redis: RedisServer) -> None:
    mine = Slots(client(own_redis), "user", 6, lease=5, share=3)
    own_redis.kill()
    inside, most = [0], [0]
    lock = threading.Lock()

    def go() -> None:
        with mine.one(never):
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            time.sleep(0.05)
            with lock:
                inside[0] -= 1

    crowd(8, go)
    assert most[0] == 2
