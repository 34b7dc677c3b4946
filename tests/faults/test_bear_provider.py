"""TikTok refuses, fails, hangs, drips and talks rubbish (F12, F13, F14): one run, all at once.

Each of these stores has its own trouble; the others are fine and must not notice.
"""

from collections import Counter
from collections.abc import Generator
from typing import Any

import pytest

from tests.faults.scene import CODES, Run, Scene

CALL_SECONDS = 2  # PROVIDER_TIMEOUT_SECONDS of this file
ENDLESS = 0
# store → its fault (endpoint, fault, more) and the cause its item must end with
TROUBLES: dict[str, tuple[str, str, dict[str, Any], str]] = {
    CODES[1]: ("video/list", "garbage", {}, "bad_response"),
    CODES[2]: ("user/info", "html", {}, "bad_response"),
    CODES[3]: ("video/list", "wrong_types", {}, "bad_response"),
    CODES[4]: ("user/info", "nan", {}, "bad_response"),
    CODES[5]: ("video/list", "truncated", {}, "bad_response"),
    CODES[6]: ("user/info", "gzip_bomb", {}, "bad_response"),
    CODES[7]: ("video/list", "big", {"megabytes": 5}, "bad_response"),
    CODES[8]: ("user/info", "bad_charset", {}, "bad_response"),
    CODES[9]: ("video/list", "hang", {"seconds": 8}, "timeout"),
    CODES[10]: ("user/info", "drip", {"seconds": 1}, "timeout"),
    CODES[11]: ("video/list", "stall", {"seconds": 8}, "timeout"),
    CODES[12]: ("user/info", "500", {}, "provider_error"),
    CODES[13]: ("video/list", "503", {}, "provider_error"),
}
FINE = [code for code in CODES if code not in TROUBLES]
TRIES = 4


@pytest.fixture(scope="module")
def hub_settings() -> dict[str, Any]:
    return {
        "provider_timeout_seconds": CALL_SECONDS,
        "tiktok_rate_per_minute": 6000,  # so that a lane that was slowed down recovers in seconds
        "sync_concurrency": 30,
        "video_sync_concurrency": 20,
    }


@pytest.fixture(scope="module")
def sandbox_settings() -> dict[str, Any]:
    return {"latency_ms": 50}


def make_troubles(scene: Scene) -> None:
    for code, (endpoint, fault, more, _) in TROUBLES.items():
        scene.sandbox.post(
            "/_faults", fault=fault, endpoint=endpoint, handle=code, times=ENDLESS, **more
        )


Troubled = tuple[Run, float, list[Any], list[Any]]


def facts(scene: Scene) -> list[tuple[Any, ...]]:
    """All that was ever stored of the stores that will be in trouble."""
    marks = ", ".join(f"'{code}'" for code in TROUBLES)
    return scene.sql(
        f"SELECT * FROM tiktok_video_daily WHERE store_code IN ({marks}) ORDER BY id"
    ) + scene.sql(f"SELECT * FROM tiktok_user_daily WHERE store_code IN ({marks}) ORDER BY id")


def test_a_429_storm_fails_nothing(scene: Scene) -> None:
    """Fifteen 429s on each endpoint, some with Retry-After: it slows down, nobody fails."""
    for endpoint in ("user/info", "video/list"):
        scene.sandbox.post("/_faults", fault="429", endpoint=endpoint, times=10, retry_after=1)
        scene.sandbox.post("/_faults", fault="429", endpoint=endpoint, times=5, after=20)
    run = scene.sync()
    seconds = run.wait(90)
    run.check()
    calls = scene.sandbox.get("/_log/summary")["endpoints"]
    refused = sum(calls[name]["n429_scripted"] for name in ("user/info", "video/list"))
    assert refused == 30
    assert all(calls[name]["n"] <= 2 * len(CODES) + 15 for name in calls)  # no storm of retries
    print(f"storm of {refused}: {seconds:.1f} s")


def test_a_burst_of_500_is_waited_out(scene: Scene) -> None:
    for endpoint in ("user/info", "video/list"):
        scene.sandbox.post("/_faults", fault="500", endpoint=endpoint, times=15, after=5)
    run = scene.sync()
    run.wait(60)
    run.check()
    calls = scene.sandbox.get("/_log/summary")["endpoints"]
    # every refused call is made again once: no storm of retries
    assert calls["user/info"]["n"] <= len(CODES) + 15


@pytest.fixture(scope="module")
def troubled(running_scene: Scene) -> Generator[Troubled]:
    """A good run, then one with every trouble."""
    running_scene.sync().wait(30)
    before = facts(running_scene)
    make_troubles(running_scene)
    run = running_scene.sync()
    seconds = run.wait(60)
    yield run, seconds, before, facts(running_scene)
    running_scene.sandbox.reset()


def test_each_trouble_has_its_cause(troubled: Troubled) -> None:
    run, *_ = troubled
    causes = {code: cause for code, cause in run.items("cause").items() if cause}
    assert causes == {code: cause for code, (*_, cause) in TROUBLES.items()}
    assert run.state == "done"
    assert {run.items("state")[code] for code in TROUBLES} == {"failed"}
    run.check_logs(dict(causes))


def test_the_others_do_not_notice(troubled: Troubled) -> None:
    run, *_ = troubled
    assert {run.items("state")[code] for code in FINE} == {"done"}
    assert max(run.items("duration_ms")[code] for code in FINE) < 1000 * CALL_SECONDS * TRIES


def test_it_gives_up_in_time(troubled: Troubled) -> None:
    """Four calls of two seconds and the pauses between them (0.5, 1, 2 s and a fifth)."""
    run, *_ = troubled
    longest = max(run.items("duration_ms")[code] for code in TROUBLES) / 1000
    assert longest < TRIES * (CALL_SECONDS + 1) + 1.2 * (0.5 + 1 + 2)
    print(f"longest item: {longest:.1f} s")


def test_it_tries_at_most_four_times(troubled: Troubled) -> None:
    run, *_ = troubled
    calls = Counter(
        (call["handle"], call["endpoint"])
        for call in run.scene.sandbox.log()
        if call["fault"] and call["endpoint"] != "oauth/token"
    )
    assert {handle for handle, _ in calls} == set(TROUBLES)
    assert max(calls.values()) <= TRIES
    for code in (CODES[9], CODES[12], CODES[13]):  # worth another try
        assert calls[code, TROUBLES[code][0]] == TRIES


def test_what_was_stored_before_stays(troubled: Troubled) -> None:
    """A broken part stores nothing; the part that was read is there, whole."""
    run, _, before, after = troubled
    assert len(after) == len(before)
    assert {row[0] for row in after} == {row[0] for row in before}
    for code, (endpoint, *_) in TROUBLES.items():
        part = "user_state" if endpoint == "user/info" else "video_state"
        assert run.items(part)[code] == "failed"
        other = "video_state" if endpoint == "user/info" else "user_state"
        assert run.items(other)[code] == "success"
