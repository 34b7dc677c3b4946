"""The list of stores in a browser: search, tabs, ticks, adding one."""

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
from tests.people import OMAR, add_store
from tests.stores.world import add_connected

LONG = "Toko Oleh-oleh Khas Pegunungan Bersaudara Sejahtera Abadi Nan Jauh di Mato"


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"hub_clock_offset": at_ten()}


@pytest.fixture
def address(app: Any) -> Iterator[str]:
    add_fresh("F1", store_name="Batik Sekar", tags=["Jawa Tengah", "Batik"])
    fill(add_connected("L1", store_name=LONG, pic_name=LONG), behind=1)
    add_fresh("S1", store_name="Kopi Lereng", pic_name="Dimas Prasetyo")
    mark_reconnect(account_of("S1"), "access_expired")
    db.session.commit()
    for n in range(30):
        add_store(f"N{n:02}")
    db.session.commit()
    with served(app) as url:
        yield url


@pytest.fixture
def stores(page: Page, console: Console, address: str) -> Page:
    log_in(page, address, OMAR)
    page.goto(f"{address}/dashboard/stores")
    return page


@pytest.mark.parametrize("path", ["", "?q=zzz", "/new", "/F1/edit", "/F1/archive", "/F1/log"])
def test_it_is_accessible_silent_and_never_scrolls_sideways(stores: Page, path: str) -> None:
    stores.goto(stores.url + path)
    for width in (390, 1280):
        stores.set_viewport_size({"width": width, "height": 900})
        assert_no_sideways_scroll(stores, width)
        shot(stores, f"stores{re.sub('[^a-z]', '-', path)}-{width}")
    assert_accessible(stores)
    assert_no_sideways_scroll(stores)


def test_it_searches_while_typing_and_keeps_the_address(stores: Page) -> None:
    stores.get_by_label("Name, code, PIC or contact").press_sequentially("batik", delay=40)
    expect(stores.locator("tbody tr")).to_have_count(1)
    expect(stores).to_have_url(re.compile(r"\?q=batik$"))
    expect(stores.get_by_label("Name, code, PIC or contact")).to_be_focused()
    stores.get_by_role("link", name="Clear filters").click()
    expect(stores.locator("tbody tr")).to_have_count(25)
    stores.go_back()
    expect(stores.locator("tbody tr")).to_have_count(1)


def test_it_combines_tab_order_and_page(stores: Page) -> None:
    stores.get_by_role("navigation", name="State").get_by_text("Never connected").click()
    expect(stores.locator(".pager")).to_contain_text("1 to 25 of 30 stores")
    stores.get_by_label("Order").select_option("store_name")
    expect(stores).to_have_url(re.compile("state=never_connected.*sort=store_name"))
    stores.get_by_role("navigation", name="Pages").get_by_text("Next").click()
    expect(stores.locator("tbody tr")).to_have_count(5)
    expect(stores.locator("tbody tr").first).to_contain_text("Toko N25")


def test_it_acts_on_what_is_ticked(stores: Page) -> None:
    stores.get_by_label("Select Kopi Lereng").check()
    stores.get_by_label("Select Toko N00").check()
    bar = stores.get_by_role("region", name="Selected stores")
    expect(bar).to_contain_text("2 stores selected")
    shot(stores, "stores-ticked")
    bar.get_by_role("button", name="Make reconnect links").click()
    expect(stores.get_by_role("heading", level=1)).to_have_text("2 links are ready")
    shot(stores, "links")
    assert_accessible(stores)
    assert_no_sideways_scroll(stores)


def test_it_adds_a_store_and_says_what_is_wrong(stores: Page, console: Console) -> None:
    console.expect("422")
    stores.get_by_role("link", name="Add store").click()
    stores.get_by_label("Code").fill("S1")
    stores.get_by_label("Name of the store").fill("Warung Baru")
    stores.get_by_role("button", name="Add store").click()
    expect(stores.get_by_label("Person in charge")).to_have_attribute("aria-invalid", "true")
    expect(stores.get_by_role("alert")).to_be_focused()
    stores.get_by_label("Person in charge").fill("Sari")
    stores.get_by_role("button", name="Add store").click()
    expect(stores.get_by_text("already has this code").first).to_be_visible()
    assert_accessible(stores)
    stores.get_by_label("Code").fill("W1")
    stores.get_by_role("button", name="Add store").click()
    expect(stores.get_by_role("heading", level=1)).to_have_text("Warung Baru")
    expect(stores.get_by_text("Store added.")).to_be_visible()


def test_it_archives_with_undo(stores: Page) -> None:
    stores.goto(stores.url + "/F1")
    stores.get_by_label("More actions").click()
    stores.get_by_role("link", name="Archive").click()
    stores.get_by_role("button", name="Archive store").click()
    expect(stores.get_by_text("Batik Sekar is archived.")).to_be_visible()
    stores.get_by_role("button", name="Undo").click()
    expect(stores.get_by_role("heading", level=1)).to_have_text("Batik Sekar")


def test_it_works_without_script(browser: Any, address: str) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    log_in(page, address, OMAR)
    page.goto(f"{address}/dashboard/stores")
    page.get_by_label("Name, code, PIC or contact").fill("kopi")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_label("Select Kopi Lereng").check()
    page.locator("noscript button").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("1 link is ready")
