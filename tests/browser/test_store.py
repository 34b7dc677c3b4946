"""One store in a browser: its periods, its videos, a sync from the press of the button on."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from hub.db import db
from hub.oauth import Tokens
from hub.stores.accounts import account_of, mark_reconnect
from hub.stores.handover import connect_account
from hub.stores.models import Store
from tests.analytics.world import add_fresh, add_video, fill
from tests.browser.axe import Console, assert_accessible, assert_no_sideways_scroll, shot
from tests.browser.gallery import served
from tests.browser.live import asked_after, at_ten, log_in
from tests.clients import Waiting
from tests.installation import Sandbox
from tests.people import OMAR, SARI, add_store
from tests.stores.world import ALL, add_connected, tokens


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"hub_clock_offset": at_ten()}


@pytest.fixture
def address(app: Any) -> Iterator[str]:
    store = add_fresh("JKT001", store_name="Batik Sekar Arum", tags=["Pekalongan"])
    for n in range(30):
        add_video(store, f"Proses cap malam hari, bagian {n}", gained=n)
    with served(app) as url:
        yield url


def open_store(page: Page, address: str, person: Any, code: str = "JKT001") -> Page:
    log_in(page, address, person)
    page.goto(f"{address}/dashboard/stores/{code}")
    return page


@pytest.mark.parametrize("person", [OMAR, SARI], ids=["ops", "store"])
def test_it_is_accessible_silent_and_never_scrolls_sideways(
    page: Page, console: Console, address: str, person: Any
) -> None:
    open_store(page, address, person)
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        for chart in page.locator("[data-figure]").all():
            chart.scroll_into_view_if_needed()
            expect(chart).to_have_attribute("data-drawn", "light")
        shot(page, f"store-{person.role}-{width}")
    assert_accessible(page)
    assert_no_sideways_scroll(page)


def test_it_shows_what_is_wrong_and_how_it_goes_on(
    page: Page, console: Console, address: str
) -> None:
    mark_reconnect(account_of("JKT001"), "access_expired")
    fill(add_connected("GAP1"), missing=(4, 5, 9))
    db.session.commit()
    open_store(page, address, SARI)
    expect(page.get_by_role("link", name="Connect TikTok account")).to_be_visible()
    shot(page, "store-stopped")
    assert_accessible(page)
    page.context.clear_cookies()
    open_store(page, address, OMAR, "GAP1")
    expect(page.get_by_text("3 missing")).to_be_visible()
    shot(page, "store-gap")
    assert_no_sideways_scroll(page)


def test_it_changes_period_and_order_in_place(page: Page, console: Console, address: str) -> None:
    open_store(page, address, OMAR)
    page.get_by_role("navigation", name="Period").get_by_text("7 days").click()
    expect(page.locator("#h-followers")).to_have_text("Followers grew by 60")
    expect(page).to_have_url(re.compile("days=7"))
    videos = page.locator("#videos")
    expect(videos.locator("tbody tr").first).to_contain_text("bagian 29")
    videos.get_by_role("link", name="Gained, 7 days").click()
    expect(videos.locator("tbody tr").first).to_contain_text("bagian 0")
    videos.get_by_role("navigation", name="Pages").get_by_text("Next").click()
    expect(videos.locator(".pager")).to_contain_text("11 to 20 of 30 videos")
    page.reload()
    expect(page.locator("#h-followers")).to_have_text("Followers grew by 60")
    expect(page.locator("#videos .pager")).to_contain_text("11 to 20 of 30 videos")


def connect_to(sandbox: Sandbox, code: str) -> Store:
    """A store whose owner agreed at the sandbox."""
    (grant,) = sandbox.post("/_world/grants", handles=[code])["grants"]
    store = add_store(code)
    db.session.commit()
    pair: Tokens = tokens(
        grant["open_id"],
        ALL,
        access_token=grant["access_token"],
        refresh_token=grant["refresh_token"],
    )
    connect_account(code, pair)
    return store


def test_it_shows_a_sync_until_the_new_numbers_are_there(
    page: Page, console: Console, sandbox: Sandbox, queue: Waiting, app: Any
) -> None:
    connect_to(sandbox, "new-1")
    with served(app) as address:
        open_store(page, address, OMAR, "new-1")
        expect(page.get_by_text("No numbers yet")).to_be_visible()
        page.get_by_role("button", name="Sync now").click()
        expect(page.get_by_text("Sync is waiting for its turn.")).to_be_visible()
        shot(page, "store-syncing")
        assert queue.run() >= 1  # what a worker does
        expect(page.get_by_text("Toko new-1 is synced.")).to_be_visible()
        expect(page.locator("#videos tbody tr")).to_have_count(8)
        expect(page.locator("#store .status").first).to_have_text("Fresh")
        assert asked_after(page, lambda: None) == []


def test_it_makes_a_link_from_the_page(page: Page, console: Console, address: str) -> None:
    open_store(page, address, OMAR)
    page.get_by_label("More actions").click()
    page.get_by_role("button", name="Make connect link").click()
    link = page.get_by_label("Link", exact=True).input_value()
    page.context.clear_cookies()
    page.goto(link.replace("http://localhost", address))
    expect(page.get_by_text("Batik Sekar Arum").first).to_be_visible()


def test_it_is_there_in_indonesian(page: Page, console: Console, address: str) -> None:
    open_store(page, address, OMAR)
    page.get_by_role("button", name="Bahasa Indonesia").click()
    expect(page.locator("html")).to_have_attribute("lang", "id")
    expect(page.get_by_role("heading", name="Akun dan kesehatan")).to_be_visible()
    shot(page, "store-id")
    assert_no_sideways_scroll(page)
