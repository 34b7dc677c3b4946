"""Sync tests try again at once: a pause between two tries is a setting, not a rule."""

from collections.abc import Generator
from typing import Any

import pytest

from hub.sync import calls
from tests.sync.world import working


@pytest.fixture(autouse=True)
def _no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "FIRST_PAUSE", 0.01)


@pytest.fixture
def worker(redis: Any, app: Any) -> Generator[None]:
    """A real worker on the real queue of this test's app."""
    with working(app, redis.url):
        yield
