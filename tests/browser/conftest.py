"""A real Chromium: the one on PATH (playwright's own download is not used)."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.axe import Console

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = pytest.mark.skip(reason="no chromium on PATH: bin/setup --browser installs it")
    for item in items:
        if "tests/browser/" not in item.nodeid:
            continue
        item.add_marker(pytest.mark.browser)
        if chromium() is None:
            item.add_marker(missing)


def chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": chromium(), "args": ARGS}


@pytest.fixture
def console(page: Page) -> Iterator[Console]:
    """Fails the test for anything that the console says; `console.expect(part)` allows one."""
    heard = Console(page)
    yield heard
    assert not heard.unexpected(), heard.unexpected()
