"""Login, forgot, invitation and account in a browser: the way in, and one's own settings."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from hub.db import db
from hub.users.invites import make_invite
from hub.users.people import create_user
from tests.browser.axe import Console, assert_accessible, assert_no_sideways_scroll, shot
from tests.browser.gallery import served
from tests.browser.live import log_in
from tests.people import OMAR, PASSWORD, add_person


@pytest.fixture
def address(app: Any) -> Iterator[str]:
    with served(app) as url:
        yield url


def look_at(page: Page, name: str) -> None:
    """Both widths as pictures, both themes by axe, no sideways scroll."""
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        shot(page, f"{name}-{width}")
    assert_accessible(page)
    assert_no_sideways_scroll(page)


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize("path", ["/login", "/forgot"])
def test_pages_before_the_login(
    page: Page, console: Console, address: str, path: str, language: str
) -> None:
    page.set_extra_http_headers({"Accept-Language": language})
    page.goto(address + path)
    expect(page.locator("html")).to_have_attribute("lang", language)
    look_at(page, f"{path[1:]}-{language}")


def test_a_wrong_login_is_told_beside_the_form(page: Page, console: Console, address: str) -> None:
    add_person(OMAR)
    console.expect("401")
    page.goto(f"{address}/login")
    page.get_by_label("Email").fill(OMAR.email)
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("Email or password is not right.")).to_be_visible()
    expect(page.get_by_label("Email")).to_have_value(OMAR.email)
    look_at(page, "login-wrong")


def test_an_invitation_leads_in_once(page: Page, console: Console, address: str) -> None:
    user = create_user("nina@example.com", "ops", name="Nina")
    db.session.flush()
    link = make_invite(user)
    db.session.commit()
    path = "/i/" + link.rsplit("/", 1)[1]
    page.goto(address + path)
    look_at(page, "invite")
    for field in page.locator("input[type=password]").all():
        field.fill(PASSWORD + " of Nina")
    page.locator("main button[type=submit], main button:not([type])").first.click()
    expect(page.get_by_role("button", name="Log out").first).to_be_attached()
    console.expect("404")
    page.goto(address + path)
    expect(page.locator("h1")).to_contain_text("There is nothing at this address")


def test_the_account_changes_language_and_keeps_it(
    page: Page, console: Console, address: str
) -> None:
    log_in(page, address, OMAR)
    page.goto(f"{address}/account")
    look_at(page, "account")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("button", name="Bahasa Indonesia").first.click()
    expect(page.locator("html")).to_have_attribute("lang", "id")
    expect(page).to_have_url(f"{address}/account")
    look_at(page, "account-id")
