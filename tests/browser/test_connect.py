"""A PIC on a phone: the link, TikTok's consent, the page that says it is done."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from hub.db import db
from hub.stores.links import make_link
from tests.browser.axe import Console, assert_accessible, assert_no_sideways_scroll, shot
from tests.browser.gallery import served
from tests.people import add_store

CODE = "jkt"


@pytest.fixture
def address(app: Any, queue: Any) -> Iterator[str]:
    with served(app) as url:
        app.extensions["settings"].public_url = url
        app.extensions["settings"].tiktok_redirect_uri = f"{url}/auth/tiktok/callback"
        yield url


def look_at(page: Page, name: str) -> None:
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        shot(page, f"{name}-{width}")
    assert_accessible(page)
    assert_no_sideways_scroll(page)


@pytest.mark.parametrize("language", ["en", "id"])
def test_a_link_leads_to_a_connected_store(
    page: Page, console: Console, address: str, sandbox: Any, language: str
) -> None:
    store = add_store(CODE, store_name="Batik Sekar Arum")
    db.session.commit()
    link = urlsplit(make_link(store, "ana@hub.test").url).path
    page.set_extra_http_headers({"Accept-Language": language})
    page.goto(address + link)
    expect(page.locator("h1")).to_contain_text("Batik Sekar Arum")
    look_at(page, f"connect-link-{language}")
    page.locator("form[action^='/c/'] button").click()
    page.locator("[name=handle]").fill("toko-satu")
    page.locator("button[value=agree]").click()
    done = {"en": "Successfully connected!", "id": "Berhasil terhubung"}[language]
    expect(page.locator("h1")).to_contain_text(done)
    look_at(page, f"connect-done-{language}")
    console.expect("404")
    page.goto(address + link)
    expect(page.locator("h1")).to_be_visible()
    look_at(page, f"connect-closed-{language}")


def test_a_refusal_changes_nothing_and_says_so(
    page: Page, console: Console, address: str, sandbox: Any
) -> None:
    add_store(CODE)
    db.session.commit()
    page.goto(f"{address}/connect/tiktok")
    look_at(page, "connect-ask")
    page.goto(f"{address}/connect/tiktok?store_code={CODE}")
    console.expect("400")
    page.locator("button[value=refuse]").click()
    expect(page.locator("h1")).to_contain_text("Connection failed")
    look_at(page, "connect-failed")


def test_another_account_waits_for_a_yes(
    page: Page, console: Console, address: str, sandbox: Any
) -> None:
    """The page of the question sends no referrer: its form must be taken all the same."""
    add_store(CODE)
    db.session.commit()
    for handle in ("toko-satu", "toko-dua"):
        page.goto(f"{address}/connect/tiktok?store_code={CODE}")
        page.locator("[name=handle]").fill(handle)
        page.locator("button[value=agree]").click()
    look_at(page, "connect-confirm")
    page.get_by_role("button", name="Replace account").click()
    expect(page.locator("h1")).to_contain_text("Successfully connected!")
