"""The home page and the API documentation in a real Chromium."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import Console, assert_accessible, assert_no_sideways_scroll, shot
from tests.browser.conftest import browser_type_launch_args, chromium, console  # noqa: F401
from tests.browser.gallery import served
from tests.installation import KEY

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium() is None, reason="no chromium on PATH: bin/setup --browser"),
]


@pytest.fixture
def address(app: Any) -> Iterator[str]:
    with served(app) as address:
        yield address


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize("path", ["/", "/docs"])
def test_it_is_accessible_silent_and_never_scrolls_sideways(
    path: str,
    language: str,
    page: Page,
    console: Console,  # noqa: F811
    address: str,
) -> None:
    page.goto(f"{address}{path}?lang={language}")
    page.wait_for_load_state("networkidle")
    expect(page.locator("html")).to_have_attribute("lang", language)
    assert_accessible(page)
    assert_no_sideways_scroll(page, 320)
    shot(page, f"service{path.replace('/', '-')}-{language}")


def test_the_home_page_leads_to_the_documentation(
    page: Page,
    console: Console,  # noqa: F811
    address: str,
) -> None:
    page.goto(address)
    page.get_by_role("link", name="Read the API documentation").click()
    expect(page.get_by_text("/admin/stores/{store_code}", exact=True).first).to_be_visible()


def test_an_endpoint_is_tried_with_the_key(
    page: Page,
    console: Console,  # noqa: F811
    address: str,
) -> None:
    page.goto(f"{address}/docs")
    page.get_by_role("button", name="Authorize").first.click()
    page.locator(".modal-ux input[type=text]").fill(KEY)
    page.locator(".modal-ux").get_by_role("button", name="Apply credentials").click()
    page.locator(".modal-ux").get_by_role("button", name="Close").last.click()
    status = page.locator(".opblock", has_text="The schedule and its next runs")
    status.locator(".opblock-summary-control").click()
    status.get_by_role("button", name="Try it out").click()
    status.get_by_role("button", name="Execute").click()
    live = status.locator(".live-responses-table .response").first
    expect(live.locator(".response-col_status")).to_contain_text("200")
    expect(live).to_contain_text('"timezone": "Asia/Jakarta"')
