"""Rate limits: headers on every answer, 429, Redis away and back."""

import time
from typing import Any

import pytest

from tests.clients import KeyClient
from tests.installation import make_app

ADMIN = "/admin/stores"
CASES = [
    ("GET", ADMIN, 200),
    ("HEAD", ADMIN, 200),
    ("GET", f"{ADMIN}?limit=0", 400),
    ("GET", f"{ADMIN}/none", 404),
    ("GET", "/admin/nothing", 404),
    ("PUT", ADMIN, 405),
    ("GET", "/auth/url", 400),
    ("POST", "/auth/url", 405),
    ("GET", "/connect/tiktok", 200),
    ("POST", "/connect/tiktok", 405),
    ("GET", "/auth/tiktok/callback", 400),
]


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"admin_rate_limit": "5/minute", "oauth_rate_limit": "3/minute"}


def limits_of(answer: Any) -> tuple[int, int, int]:
    names = ("Limit", "Remaining", "Reset")
    return tuple(int(answer.headers[f"X-RateLimit-{name}"]) for name in names)  # type: ignore[return-value]


@pytest.mark.parametrize(("method", "path", "status"), CASES)
def test_it_stands_on_every_answer(method: str, path: str, status: int, api: Any) -> None:
    answer = api().open(path, method=method)
    limit, remaining, reset = limits_of(answer)
    assert answer.status_code == status
    assert (limit, remaining) == ((5, 4) if path.startswith("/admin") else (3, 2))
    assert 50 <= reset - time.time() <= 61
    assert "Retry-After" not in answer.headers


@pytest.mark.parametrize("key", [None, "wrong"])
def test_it_stands_on_refused_keys(key: str | None, api: Any) -> None:
    answer = api(key).get(ADMIN)
    assert answer.status_code == 401
    assert limits_of(answer)[:2] == (5, 4)


def test_it_refuses_beyond_the_limit(api: Any) -> None:
    for _ in range(5):
        assert api().get(ADMIN).status_code == 200
    answer = api().get("/admin/sync/status")
    assert answer.status_code == 429
    assert answer.json == {
        "success": False,
        "error": {"code": "RATE_LIMIT_EXCEEDED", "message": "Too many requests"},
    }
    assert limits_of(answer)[1] == 0
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert api().get("/auth/url").status_code == 400


def test_it_counts_what_no_door_answers(api: Any) -> None:
    for _ in range(5):
        api().get("/admin/nothing")
    assert api().get(ADMIN).status_code == 429


def test_it_counts_the_three_oauth_addresses_together(api: Any) -> None:
    for path in ("/auth/url", "/connect/tiktok", "/auth/tiktok/callback"):
        assert api(None).get(path).status_code in (200, 400)
    answer = api(None).get("/connect/tiktok")
    assert (answer.status_code, answer.mimetype) == (429, "text/html")


def test_it_counts_each_address_for_itself(app: Any, api: Any) -> None:
    app.extensions["settings"].trusted_proxies = "127.0.0.1/32"
    for _ in range(5):
        api().get(ADMIN, headers={"X-Forwarded-For": "192.0.2.1"})
    assert api().get(ADMIN, headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 429
    assert api().get(ADMIN, headers={"X-Forwarded-For": "192.0.2.2"}).status_code == 200


def test_it_lets_other_addresses_alone(api: Any) -> None:
    for _ in range(6):
        answer = api(None).get("/livez")
    assert answer.status_code == 200
    assert "X-RateLimit-Limit" not in answer.headers


def test_it_asks_browsers_preflight_without_counting(api: Any) -> None:
    for _ in range(6):
        answer = api(None).open(ADMIN, method="OPTIONS")
    assert answer.status_code == 204
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


@pytest.mark.redis
def test_it_shares_the_count_with_other_processes(redis: Any, api: Any, app: Any) -> None:
    config = app.extensions["settings"]
    other = KeyClient(
        make_app(config.hub_data_dir, redis_url=redis.url, admin_rate_limit="5/minute"), None
    )
    api().get(ADMIN)
    assert limits_of(other.get(ADMIN))[1] == 3


@pytest.mark.redis
def test_it_counts_here_while_redis_hangs_and_comes_back(
    hanging: Any, api: Any, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.limits.PAUSE", 0.3)
    assert limits_of(api().get(ADMIN))[1] == 4
    with hanging():
        assert timed(api) < 1
        assert timed(api) < 0.1
        assert limits_of(api().get(ADMIN))[1] == 2
    time.sleep(0.4)  # Redis may have done the hit that nobody waited for
    assert limits_of(api().get(ADMIN))[1] in (2, 3)


@pytest.mark.redis
def test_it_counts_here_while_redis_is_away(redis: Any, api: Any) -> None:
    redis.kill()
    try:
        assert timed(api) < 1
        assert limits_of(api().get(ADMIN))[1] == 3
    finally:
        redis.restart()


def timed(api: Any) -> float:
    began = time.monotonic()
    assert api().get(ADMIN).status_code == 200
    return time.monotonic() - began
