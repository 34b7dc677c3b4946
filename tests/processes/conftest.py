"""Real processes: every test here starts `bin/run` as a person does."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from tests.running import RunningHub, living, start_hub

QUIET: dict[str, Any] = {
    "cron_enabled": "false",
    "workers": "2",
    "web_processes": "1",
    "log_level": "warn",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.redis)


@pytest.fixture
def run(tmp_path: Path) -> Generator[Callable[..., RunningHub]]:
    """`run()` starts a Hub and waits until it is ready; all are gone at the end."""
    started: list[RunningHub] = []

    def start(*, wait: bool = True, folder: Path = tmp_path / "hub", **settings: Any) -> RunningHub:
        hub = start_hub(folder, **QUIET | settings)
        started.append(hub)
        if wait:
            hub.wait_until_ready()
        return hub

    yield start
    for hub in started:
        family = hub.family()
        hub.stop()
        assert not living(family)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Generator[RunningHub]:
    """One Hub for all tests of a file that leave it whole."""
    one = start_hub(tmp_path_factory.mktemp("hub"), **QUIET)
    try:
        one.wait_until_ready()
        yield one
    finally:
        one.stop()
