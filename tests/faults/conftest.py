"""Faults: `bin/run`, the sandbox over a socket, real signals. One hub a file, put together again
between its tests; `hub_settings` and `sandbox_settings` are to be overridden in a file."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.faults.scene import CODES, QUICK, Scene, copy_data
from tests.installation import start_sandbox
from tests.running import living

# Access for ten days: no run renews it. Who kills in the middle of a renewal means to (F16).
LASTING = {"access_seconds": 10 * 86400}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            for name in ("slow", "fault", "redis"):
                item.add_marker(getattr(pytest.mark, name))


@pytest.fixture(scope="session")
def connected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a hub whose stores all went through the consent page."""
    with start_sandbox(**LASTING) as sandbox:
        scene = Scene(tmp_path_factory.mktemp("connected"), sandbox, dict(QUICK))
        scene.start()
        try:
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(scene.connect, CODES))
        finally:
            assert scene.hub.stop() == 0
    return scene.folder


@pytest.fixture(scope="module")
def hub_settings() -> dict[str, Any]:
    return {}


@pytest.fixture(scope="module")
def sandbox_settings() -> dict[str, Any]:
    return {}


@pytest.fixture(scope="module")
def running_scene(
    connected: Path,
    hub_settings: dict[str, Any],
    sandbox_settings: dict[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Generator[Scene]:
    folder = tmp_path_factory.mktemp("faults") / "hub"
    copy_data(connected, folder)
    # 30 videos: the first day two pages of the list, later a page and a query
    usual = LASTING | {"latency_ms": 250, "videos": 30}
    with start_sandbox(**usual | sandbox_settings) as sandbox:
        scene = Scene(folder, sandbox, QUICK | hub_settings)
        scene.start()
        try:
            yield scene
        finally:
            family = scene.hub.family()
            scene.hub.stop()
            assert not living(family)


@pytest.fixture
def scene(running_scene: Scene) -> Scene:
    """The file's hub, whole again, and a sandbox without faults."""
    running_scene.sandbox.reset()
    running_scene.wait_until_whole()
    return running_scene
