"""The overview in a browser: what is wrong, one button, the chart's measures."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from hub.db import db
from hub.stores.accounts import account_of, mark_reconnect
from tests.analytics.world import add_fresh, fill
from tests.browser.axe import Console, assert_accessible, assert_no_sideways_scroll, shot
from tests.browser.gallery import served
from tests.browser.live import at_ten, log_in
from tests.people import ANA, add_store
from tests.stores.world import add_connected

WIDTHS = (390, 1280)


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"hub_clock_offset": at_ten()}


@pytest.fixture
def address(app: Any) -> Iterator[str]:
    for n in range(6):
        add_fresh(f"F{n}")
    fill(add_connected("L1", store_name="Batik dengan nama yang panjang sekali"), behind=1)
    add_fresh("S1", pic_name="Dimas Prasetyo")
    mark_reconnect(account_of("S1"), "access_expired")
    add_store("N1")
    db.session.commit()
    with served(app) as url:
        yield url


@pytest.fixture
def overview(page: Page, console: Console, address: str) -> Page:
    log_in(page, address, ANA)
    page.goto(f"{address}/dashboard")
    return page


def test_it_is_accessible_silent_and_never_scrolls_sideways(overview: Page) -> None:
    for width in WIDTHS:
        overview.set_viewport_size({"width": width, "height": 900})
        overview.locator("[data-figure]").scroll_into_view_if_needed()
        expect(overview.locator("[data-figure]")).to_have_attribute("data-drawn", "light")
        shot(overview, f"overview-{width}")
    assert_accessible(overview)
    assert_no_sideways_scroll(overview)


def test_it_changes_the_measure_in_place_and_in_the_address(overview: Page) -> None:
    overview.get_by_role("navigation", name="Measure").get_by_text("Followers").click()
    expect(overview.locator("#trend h2")).to_have_text("Followers: 35.0K in 7 stores")
    expect(overview).to_have_url(re.compile(r"metric=followers"))
    expect(overview.locator("#trend [data-figure]")).to_have_attribute("data-drawn", "light")
    overview.reload()
    expect(overview.locator("#trend h2")).to_contain_text("Followers")
    overview.get_by_text("Show as table").click()
    expect(overview.locator("#trend tbody tr")).to_have_count(20)


def test_it_leads_from_a_cause_to_its_stores(overview: Page) -> None:
    row = overview.get_by_role("row", name=re.compile("Access expired"))
    expect(row).to_contain_text("Dimas Prasetyo")
    row.get_by_role("link", name="1 store").click()
    expect(overview.locator("tbody tr")).to_have_count(1)
    expect(overview.locator("tbody tr")).to_contain_text("Toko S1")


def test_it_makes_links_with_one_button(overview: Page, console: Console) -> None:
    overview.get_by_role("row", name=re.compile("Access expired")).get_by_role("button").click()
    expect(overview.get_by_role("heading", level=1)).to_have_text("1 link is ready")
    assert_accessible(overview)
    assert_no_sideways_scroll(overview)


def test_it_is_there_in_indonesian(overview: Page) -> None:
    overview.get_by_role("button", name="Bahasa Indonesia").click()
    expect(overview.locator("html")).to_have_attribute("lang", "id")
    expect(overview.get_by_role("heading", level=1)).to_contain_text("toko sudah update")
    shot(overview, "overview-id")
    assert_no_sideways_scroll(overview)


def test_it_works_without_script(browser: Any, address: str) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    log_in(page, address, ANA)
    page.goto(f"{address}/dashboard?metric=videos")
    expect(page.locator("#trend h2")).to_contain_text("Videos: 350 in 7 stores")
    page.get_by_role("button", name="Try now").click()
    expect(page.get_by_text("Sync of 1 store started")).to_be_visible()
